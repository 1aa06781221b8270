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
#include "desc.h"
#include "main.h"

#define KDDM_SETS_GONE	256	/* destroyed sets that are remembered */

/**
 * struct kddm_sets - the sets of one node
 * @table: struct kddm_set by id; writers hold @lock, readers RCU
 * @lock: protects the table and kddm_set.users; a leaf among sleeping locks
 * @handles: of all sets, also of those that were destroyed under their users
 * @idle: woken when there are none left
 * @gen: counts changes of the table, for dumps
 * @gone: ids of the last sets that were destroyed: whoever has not heard of it
 *	yet must not make them known here once more; under @lock
 * @next_gone: where the next one goes
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
	u32			gone[KDDM_SETS_GONE];
	u32			next_gone;
	struct kddm_shrink	*shrink;
};

/**
 * struct kddm_set - a set on one node
 * @kn: the node
 * @objs: struct kddm_obj by id; writers hold the xarray lock, readers RCU
 * @id: see bucket.h; the same on all nodes
 * @size: bytes of each object
 * @flags: KDDM_SET_*
 * @hold: minimum hold time in ms
 * @lost_timeout: ms to wait for a lost object
 * @replicas: nodes that hold what was put, 0 or 1: the owner alone
 * @hold_ticks: the hold time in jiffies
 * @hold_due: jiffies when @hold_work comes, 0: never; xarray lock of @objs
 * @hold_work: see object_hold.c
 * @name: NUL-terminated
 * @linker: provides the objects' memory and first contents
 * @priv: the linker's own, see kddm_set_priv()
 * @prefetches: kddm_prefetch() under way
 * @users: opened handles; protected by sets->lock
 * @mark: who is about to destroy it: nobody opens it then; protected by
 *	sets->lock
 * @sure: its descriptor has been seen in its bucket since this node was apart;
 *	protected by sets->lock
 * @dead: no new requests: the node stops or the set is destroyed
 * @ref: one for the table, one for each handle and for whoever looks at it
 * @rcu: for freeing
 * @last: place among those that shrink.c has to free
 * @home: node that is home to all objects, or %KDDM_ANY_NODE
 * @storing: held while the linker stores an object, for another node as well:
 *	what was put last is stored last.  Before an object is busy
 * @held: messages that wait for the end of a change of the view
 * @lost: messages that have not arrived, see kddm_obj_keep_lost()
 * @nr_lost: how many
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
	u32				lost_timeout;
	u8				replicas;
	u32				hold_ticks;
	unsigned long			hold_due;
	struct delayed_work		hold_work;
	char				name[KDDM_SET_NAME_LEN + 1];
	const struct kddm_linker	*linker;
	void				*priv;
	atomic_t			prefetches;
	int				users;
	struct kddm_set_mark		mark;
	bool				sure;
	bool				dead;
	refcount_t			ref;
	union {
		struct rcu_head		rcu;
		struct llist_node	last;
	};
	u16				home;
	struct mutex			storing;	/* see above */
	struct list_head		held;
	struct list_head		lost;
	unsigned int			nr_lost;
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

/*
 * Notifier actions; data is the struct kddm_set.  Each node is told of the sets
 * that it comes to know, and of those that it knew.
 */
#define KDDM_SET_CREATED	1
#define KDDM_SET_DESTROYED	2

int kddm_set_register_notifier(struct notifier_block *nb);
int kddm_set_unregister_notifier(struct notifier_block *nb);

int kddm_sets_init(void);
void kddm_sets_exit(void);
/* With the namespace: kn->sets. */
int kddm_sets_alloc(struct kddm_net *kn);
void kddm_sets_free(struct kddm_net *kn);
int kddm_sets_start(struct kddm_net *kn);
/*
 * No new requests; ends the waits of local users and waits until all handles
 * are closed.  Returns 0; or -EBUSY or -EINTR: then kddm_sets_revive() makes
 * all as it was, once the node runs again.
 */
int kddm_sets_quiesce(struct kddm_net *kn);
void kddm_sets_revive(struct kddm_net *kn);
/* After that: what local users hold to write is no longer of this node. */
void kddm_sets_forsake(struct kddm_net *kn);
/* After quiesce; no message and no membership change comes any more. */
void kddm_sets_stop(struct kddm_net *kn);

/*
 * Have a set on this node.  @sure: the descriptor is in its bucket, which the
 * caller holds; then other sets of that name are gone, and so is an old mark.
 * Returns the set with a reference, or -ENOENT (not @sure: it was destroyed),
 * -ENODEV (no such linker), -ENOMEM, or an error of the linker.
 */
struct kddm_set *kddm_set_learn(struct kddm_net *kn,
				const struct kddm_set_desc *desc, bool sure);
/* A handle: 0, -ENOENT (destroyed), -EBUSY (about to be). */
int kddm_set_hold(struct kddm_set *set);
/*
 * The same of a set that is sure and known here, by name or, if @name is NULL,
 * by id; or NULL.
 */
struct kddm_set *kddm_set_hold_known(struct kddm_net *kn, const char *name,
				     u32 id);
/* The set's id, or 0 if this node does not know it. */
u32 kddm_set_id_of(struct kddm_net *kn, const char *name);
/*
 * Before a destruction: 0, -ENOENT (not known here), -EBUSY (has users, and not
 * @force).  Nobody opens the set until the mark is lifted.
 */
int kddm_set_prepare(struct kddm_net *kn, u32 id, bool force,
		     const struct kddm_set_mark *mark);
/* Lift the mark if it is this one. */
void kddm_set_abort(struct kddm_net *kn, u32 id,
		    const struct kddm_set_mark *mark);
/* Whether somebody is about to destroy the set. */
bool kddm_set_doomed(struct kddm_set *set);
/* Whether a set of this id was destroyed not long ago. */
bool kddm_set_gone(struct kddm_net *kn, u32 id);
/* The set is no more: forget it. */
void kddm_set_retire(struct kddm_set *set);
/* What the bucket says of a set has to be asked for again. */
void kddm_sets_doubt(struct kddm_net *kn);

/* With a reference, or NULL. */
struct kddm_set *kddm_set_find(struct kddm_net *kn, u32 id);
struct kddm_set *kddm_set_get(struct kddm_set *set);
void kddm_set_unref(struct kddm_set *set);
/* Next set with an id of at least *@id, with a reference; for dumps. */
struct kddm_set *kddm_set_next(struct kddm_net *kn, u32 *id);
/*
 * Call @fn for each set of the node, in the order of ids; it may sleep.  An
 * error of its ends this, and is returned.
 */
int kddm_sets_each(struct kddm_net *kn,
		   int (*fn)(struct kddm_set *set, void *arg), void *arg);
/* Objects at home here that still have to be judged, of all sets. */
u64 kddm_sets_suspects(struct kddm_net *kn);
/* Objects for whose contents there is memory here, of all sets. */
u64 kddm_sets_objects(struct kddm_net *kn);
u64 kddm_set_hits(const struct kddm_set *set);

#endif /* _NET_KDDM_SET_H */
