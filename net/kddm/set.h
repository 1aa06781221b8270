/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets on this node: named collections of objects of one size.
 *
 * Which sets exist in the cluster is the catalog's business (catalog.h); here
 * is what this node has of them.
 */
#ifndef _NET_KDDM_SET_H
#define _NET_KDDM_SET_H

#include <linux/kddm.h>
#include <linux/llist.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include "main.h"

/**
 * struct kddm_sets - the sets of one node
 * @table: struct kddm_set by id; writers hold @lock, readers RCU
 * @lock: protects the table and kddm_set.users; a leaf among sleeping locks
 * @handles: of all sets, also of those that were destroyed under their users
 * @idle: woken when there are none left
 * @gen: counts changes of the table, for dumps
 * @shrink: gives memory back
 *
 * Lives as long as the namespace; empty while the node is stopped.
 */
struct kddm_sets {
	struct xarray		table;
	struct mutex		lock;	/* see above */
	atomic_t		handles;
	wait_queue_head_t	idle;
	u32			gen;
	struct kddm_shrink	*shrink;
};

/**
 * struct kddm_set_desc - what all nodes know of a set
 * @id: random, never 0
 * @size: bytes of each object
 * @flags: KDDM_SET_*
 * @hold: minimum hold time in ms
 * @name: NUL-terminated
 * @linker: name of the I/O linker, NUL-terminated
 * @home: node that is home to all objects, or %KDDM_ANY_NODE
 */
struct kddm_set_desc {
	u32			id;
	u32			size;
	u32			flags;
	u32			hold;
	char			name[KDDM_SET_NAME_LEN + 1];
	char			linker[KDDM_SET_NAME_LEN + 1];
	u16			home;
};

/**
 * struct kddm_set - a set on one node
 * @kn: the node
 * @objs: struct kddm_obj by id; writers hold the xarray lock, readers RCU
 * @id: random, never 0, the same on all nodes
 * @size: bytes of each object
 * @flags: KDDM_SET_*
 * @hold: minimum hold time in ms
 * @hold_ticks: the same in jiffies
 * @hold_due: jiffies when @hold_work comes, 0: never; xarray lock of @objs
 * @hold_work: see object_hold.c
 * @name: NUL-terminated
 * @linker: provides the objects' memory and first contents
 * @priv: the linker's own, see kddm_set_priv()
 * @prefetches: kddm_prefetch() under way
 * @users: opened handles; protected by sets->lock
 * @doomed: about to be destroyed: nobody opens it; protected by sets->lock
 * @dead: no new requests: the node stops or the set is destroyed
 * @ref: one for the table, one for each handle and for whoever looks at it
 * @rcu: for freeing
 * @last: place among those that shrink.c has to free
 * @home: node that is home to all objects, or %KDDM_ANY_NODE
 * @held: messages that wait for the end of a change of the view
 * @suspects: objects at home here that recovery has to judge, by id
 * @nr_suspects: how many
 * @hits: gets and grabs that sent nothing, per CPU
 * @stats: requests sent and forwarded, invalidations ordered, objects with
 *	memory for contents, entries that came or went
 */
struct kddm_set {
	struct kddm_net			*kn;
	struct xarray			objs;
	u32				id;
	u32				size;
	u32				flags;
	u32				hold;
	u32				hold_ticks;
	unsigned long			hold_due;
	struct delayed_work		hold_work;
	char				name[KDDM_SET_NAME_LEN + 1];
	const struct kddm_linker	*linker;
	void				*priv;
	atomic_t			prefetches;
	int				users;
	bool				doomed;
	bool				dead;
	refcount_t			ref;
	union {
		struct rcu_head		rcu;
		struct llist_node	last;
	};
	u16				home;
	struct list_head		held;
	struct xarray			suspects;
	atomic_long_t			nr_suspects;
	u64 __percpu			*hits;
	struct {
		atomic64_t	misses;
		atomic64_t	forwards;
		atomic64_t	invalidations;
		atomic64_t	objects;
		atomic_t	changes;
	} stats;
};

/* Notifier actions; data is the struct kddm_set.  Called on every node. */
#define KDDM_SET_CREATED	1
#define KDDM_SET_DESTROYED	2

int kddm_set_register_notifier(struct notifier_block *nb);
int kddm_set_unregister_notifier(struct notifier_block *nb);

/* A name can be printed, and is one word of 1 to KDDM_SET_NAME_LEN letters. */
bool kddm_name_ok(const char *name);

int kddm_sets_init(void);
void kddm_sets_exit(void);
/* With the namespace: kn->sets. */
int kddm_sets_alloc(struct kddm_net *kn);
void kddm_sets_free(struct kddm_net *kn);
int kddm_sets_start(struct kddm_net *kn);
/*
 * No new requests; ends the waits of local users and waits until all handles
 * are closed.  Returns 0, or -EBUSY or -EINTR, and then all is as before.
 */
int kddm_sets_quiesce(struct kddm_net *kn);
/* Give what this node owns to others, as far as there are any. */
void kddm_sets_hand_over(struct kddm_net *kn);
/* After quiesce; no message and no membership change comes any more. */
void kddm_sets_stop(struct kddm_net *kn);

/* 0, -EALREADY (known), -EEXIST (another set has the name), -ENOENT (linker) */
int kddm_set_add(struct kddm_net *kn, const struct kddm_set_desc *desc);
/* The set's id, or 0. */
u32 kddm_set_id(struct kddm_net *kn, const char *name);
/* Destruction in two steps: 0, -ENOENT, -EBUSY (has users, and not @force) */
int kddm_set_prepare(struct kddm_net *kn, u32 id, bool force);
void kddm_set_abort(struct kddm_net *kn, u32 id);
int kddm_set_commit(struct kddm_net *kn, u32 id);

/* With a reference, or NULL. */
struct kddm_set *kddm_set_find(struct kddm_net *kn, u32 id);
struct kddm_set *kddm_set_get(struct kddm_set *set);
void kddm_set_unref(struct kddm_set *set);
/* Next set with an id of at least *@id, with a reference; for dumps. */
struct kddm_set *kddm_set_next(struct kddm_net *kn, u32 *id);
u64 kddm_set_hits(const struct kddm_set *set);

#endif /* _NET_KDDM_SET_H */
