/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What nodes say to each other in recovery: the bodies of the calls of the
 * service "kddm-recover", and of their replies.  All is little-endian.
 *
 * A request is a head, and as many entries of one kind as it says.  One that
 * kddm_recover_decode() has taken is right to the last entry: who reads it
 * needs no check but for what depends on the node's state.
 */
#ifndef _NET_KDDM_RECOVERY_WIRE_H
#define _NET_KDDM_RECOVERY_WIRE_H

#include <linux/types.h>
#include "recover.h"
#include "wire.h"

#define KDDM_RECOVERY_REPORTS	2000	/* objects in one message */
#define KDDM_RECOVERY_CASES	500	/* objects that are judged together */

enum recover_op {
	OP_REPORT = 1,
	OP_REPORTED,
	OP_PROBE,
	OP_SETTLE,
	OP_STAGE,
};

/* Opens each request; @nr entries follow, or it is the stage of OP_STAGE. */
struct wire_recover {
	__le32	op;
	__le32	epoch;
	__le32	set;
	__le16	nr;
	__le16	nwords;
} __packed;

struct wire_report {
	__le32	set;
	__le64	objid;
	__u8	what;
} __packed;

struct wire_id {
	__le64	objid;
} __packed;

#define CLAIM_KNOWN	0x01
#define CLAIM_TOMB	0x02
#define CLAIM_SENT	0x0c	/* enum kddm_sent */

struct wire_claim {
	__le64	version;
	__le32	base;
	__u8	kind;
	__u8	flags;
} __packed;

/* @nwords words of a node set follow. */
struct wire_verdict {
	__le64	objid;
	__le64	version;
	__le64	from;
	__le32	base;
	__le16	owner;
	__u8	kind;
	__u8	tomb;
	__le64	copies[];
} __packed;

static inline size_t kddm_verdict_size(u16 words)
{
	return sizeof(struct wire_verdict) + words * sizeof(__le64);
}

/* So many are judged together: their verdicts fit into a message. */
static inline u16 kddm_recovery_cases(u16 words)
{
	size_t most = (KDDM_MAX_RPC - sizeof(struct wire_recover)) /
		      kddm_verdict_size(words);

	return most < KDDM_RECOVERY_CASES ? most : KDDM_RECOVERY_CASES;
}

/**
 * struct kddm_recover_msg - a request that was found to be right
 * @op: enum recover_op
 * @epoch: of the view
 * @set: of the objects; not of OP_REPORT, where each has its own
 * @nr: entries; or the stage
 * @words: of the node set in each verdict
 * @entry: in the buffer that was decoded
 */
struct kddm_recover_msg {
	u32		op;
	u32		epoch;
	u32		set;
	u16		nr;
	u16		words;
	const void	*entry;
};

int kddm_recover_decode(const void *buf, size_t len,
			struct kddm_recover_msg *m);
void kddm_recover_get_report(const struct kddm_recover_msg *m, u16 i, u32 *set,
			     u64 *id, u8 *what);
u64 kddm_recover_get_id(const struct kddm_recover_msg *m, u16 i);
u64 kddm_recover_get_verdict(const struct kddm_recover_msg *m, u16 i,
			     struct kddm_verdict *v, u64 *copies);

void kddm_recover_head(struct wire_recover *w, u32 op, u32 epoch, u32 set);
size_t kddm_recover_len(const struct wire_recover *w);
void kddm_recover_put_report(struct wire_recover *w, u32 set, u64 id, u8 what);
void kddm_recover_put_id(struct wire_recover *w, u64 id);
void kddm_recover_put_verdict(struct wire_recover *w, u64 id,
			      const struct kddm_verdict *v, const u64 *copies);

void kddm_claim_put(struct wire_claim *w, const struct kddm_claim *claim);
int kddm_claim_get(const struct wire_claim *w, struct kddm_claim *claim);

#endif /* _NET_KDDM_RECOVERY_WIRE_H */
