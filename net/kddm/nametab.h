/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables of names: the objects of the set that says which names there are.
 *
 * A table is an object with the names that have the same hash, their ids, and
 * who uses them.  An id carries the number of its table in its low bits, so
 * that the name and the id lead there; above are bits that count up from a
 * random number, so that the id of a name that is gone is not soon another's.
 * A table that was never written is zero, which is an empty one.
 *
 * The functions are pure.  What is in a table comes from other nodes: nothing
 * else is done with it before kddm_nametab_check() has found it right.
 */
#ifndef _NET_KDDM_NAMETAB_H
#define _NET_KDDM_NAMETAB_H

#include <linux/kddm_name.h>
#include <linux/types.h>
#include "view.h"

#define KDDM_NAMETABS		16	/* a power of two */
#define KDDM_NAMETAB_SIZE	16384	/* bytes */
#define KDDM_NAMETAB_NAMES	64	/* in one */
#define KDDM_NAMETAB_USES	1232	/* of these, by nodes */
#define KDDM_NAME_KINDS		2

/**
 * struct kddm_wire_name - a name
 * @id: of it
 * @kind: enum kddm_name_kind
 * @reserved: zero
 * @name: zeros behind it
 */
struct kddm_wire_name {
	__le32	id;
	__u8	kind;
	__u8	reserved[3];
	char	name[KDDM_NAME_LEN];
};

/**
 * struct kddm_wire_use - a node uses a name
 * @id: of the name
 * @node: the node
 * @reserved: zero
 * @incarnation: of the node
 */
struct kddm_wire_use {
	__le32	id;
	__le16	node;
	__le16	reserved;
	__le32	incarnation;
};

/**
 * struct kddm_nametab - a table
 * @names: in @name
 * @uses: in @use
 * @last: of the id that was given last, what is above the table's number
 * @reserved: zero
 * @name: names, in no order, each with a use; what is behind them counts for
 *	nothing
 * @use: who uses them, by id and then by node
 */
struct kddm_nametab {
	__le32			names;
	__le32			uses;
	__le32			last;
	__le32			reserved[13];
	struct kddm_wire_name	name[KDDM_NAMETAB_NAMES];
	struct kddm_wire_use	use[KDDM_NAMETAB_USES];
};

u32 kddm_nametab_of_name(const char *name);
/* The table in which a name of this id is. */
static inline u32 kddm_nametab_of_id(u32 id)
{
	return id % KDDM_NAMETABS;
}

bool kddm_nametab_name_ok(u32 kind, const char *name);
int kddm_nametab_check(const struct kddm_nametab *t, u32 nr);
u32 kddm_nametab_count(const struct kddm_nametab *t);
/* The name at @i: NUL-terminated, with room for KDDM_NAME_LEN + 1. */
void kddm_nametab_get(const struct kddm_nametab *t, u32 i, u32 *id, u8 *kind,
		      char *name);
u32 kddm_nametab_users(const struct kddm_nametab *t, u32 id, u16 *node,
		       u32 max);
bool kddm_nametab_uses(const struct kddm_nametab *t, u32 id,
		       const struct kddm_member_id *who);

int kddm_nametab_enter(struct kddm_nametab *t, u32 nr, u32 seed, u8 kind,
		       const char *name, const struct kddm_member_id *who);
int kddm_nametab_restore(struct kddm_nametab *t, u32 nr, u32 id, u8 kind,
			 const char *name, const struct kddm_member_id *who);

/* Whether a use counts no more. */
typedef bool (*kddm_nametab_gone_t)(u32 id, const struct kddm_member_id *who,
				    void *arg);

bool kddm_nametab_stale(const struct kddm_nametab *t, kddm_nametab_gone_t gone,
			void *arg);
u32 kddm_nametab_prune(struct kddm_nametab *t, kddm_nametab_gone_t gone,
		       void *arg);

#endif /* _NET_KDDM_NAMETAB_H */
