/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buckets: the objects of the set that says which sets there are.
 *
 * A bucket is an object of one page with the descriptors of those sets whose
 * names have the same hash.  A set's id carries the number of its bucket in its
 * low bits, so that the name and the id lead there; above are bits that count
 * up from a random number, so that the id of a set that is gone is not soon
 * another's.  A bucket that was never written is zero, which is an empty one.
 *
 * The functions are pure.  What is in a bucket comes from other nodes: nothing
 * else is done with it before kddm_bucket_check() has found it right.
 */
#ifndef _NET_KDDM_BUCKET_H
#define _NET_KDDM_BUCKET_H

#include <linux/sizes.h>
#include <linux/types.h>
#include "desc.h"

#define KDDM_BUCKETS		64	/* a power of two */
#define KDDM_BUCKET_SIZE	SZ_4K	/* bytes */
#define KDDM_BUCKET_MAX		63	/* sets in one */

/**
 * struct kddm_wire_desc - a descriptor in a bucket, or in a message
 * @id: of the set
 * @size: bytes of each object
 * @flags: KDDM_SET_*
 * @hold: minimum hold time in ms
 * @home: node that is home to all objects, or %KDDM_ANY_NODE
 * @marker: node that is about to destroy the set
 * @incarnation: of that node, 0 for none
 * @name: of the set; zeros behind it
 * @linker: name of the I/O linker; zeros behind it
 * @lost_timeout: ms to wait for a lost object
 * @replicas: nodes that hold what was put
 * @reserved: zero
 */
struct kddm_wire_desc {
	__le32	id;
	__le32	size;
	__le32	flags;
	__le32	hold;
	__le16	home;
	__le16	marker;
	__le32	incarnation;
	char	name[KDDM_SET_NAME_LEN];
	char	linker[KDDM_SET_NAME_LEN];
	__le32	lost_timeout;
	__u8	replicas;
	__u8	reserved[3];
};

/**
 * struct kddm_bucket - a bucket
 * @nr: descriptors in @desc
 * @last: of the id that was given last, what is above the bucket's number
 * @reserved: zero
 * @desc: descriptors, in no order; what is behind them counts for nothing
 */
struct kddm_bucket {
	__le32			nr;
	__le32			last;
	__le64			reserved[7];
	struct kddm_wire_desc	desc[KDDM_BUCKET_MAX];
};

u32 kddm_bucket_of_name(const char *name);
/* The bucket in which a set of this id is. */
static inline u32 kddm_bucket_of_id(u32 id)
{
	return id % KDDM_BUCKETS;
}

bool kddm_mark_same(const struct kddm_set_mark *a,
		    const struct kddm_set_mark *b);
void kddm_desc_to_wire(struct kddm_wire_desc *w,
		       const struct kddm_set_desc *desc);
bool kddm_desc_in_limits(const struct kddm_set_desc *desc);
int kddm_desc_from_wire(struct kddm_set_desc *desc,
			const struct kddm_wire_desc *w);

int kddm_bucket_check(const struct kddm_bucket *b, u32 nr);
u32 kddm_bucket_count(const struct kddm_bucket *b);
int kddm_bucket_find(const struct kddm_bucket *b, const char *name, u32 id);
void kddm_bucket_get(const struct kddm_bucket *b, u32 i,
		     struct kddm_set_desc *desc);
int kddm_bucket_add(struct kddm_bucket *b, u32 nr, u32 seed,
		    struct kddm_set_desc *desc);
void kddm_bucket_del(struct kddm_bucket *b, u32 i);
void kddm_bucket_mark(struct kddm_bucket *b, u32 i,
		      const struct kddm_set_mark *mark);

#endif /* _NET_KDDM_BUCKET_H */
