/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects: the coherence machine at work.
 *
 * Locks of an object
 * ------------------
 *
 * obj->lock (spin lock) protects the fields of struct kddm_obj, and with them
 * the short way through get, grab and put: look-up, lock, kddm_co_hit(),
 * unlock.
 *
 * obj->busy, set and cleared under obj->lock, gives its holder the object to
 * itself for a longer time, in which it may sleep: to allocate, to call the
 * linker, to step the machine and queue the messages of each step.  While it is
 * set, everyone else keeps away from all fields but @lock, @pins and @dead.
 * Messages are queued while busy, so that they leave in the order of the steps,
 * and sent (kddm_kick()) afterwards.
 *
 * Order: set table lock > busy > obj->lock > locks of the transport's queues.
 * Nothing waits for the network or for a user while it is busy.
 *
 * An object is freed, after a grace period, by the last one who leaves it in a
 * state that the machine can forget.
 */
#ifndef _NET_KDDM_OBJECT_H
#define _NET_KDDM_OBJECT_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include "coherence.h"
#include "set.h"
#include "transport.h"

/**
 * struct kddm_obj - an object, as far as this node has to do with it
 * @lock: protects all fields, see above
 * @pins: who else uses the object and does not want it freed
 * @home: the object's home
 * @busy: somebody steps the machine
 * @dead: no longer in the table
 * @orphan: whoever made the local request was killed
 * @leave: and got what they wanted: put it
 * @co: state of the protocol
 * @set: the set, which outlives the object
 * @id: the object's id
 * @data: set->size bytes if kddm_co_has_data()
 * @waiters: local users that wait, first in first out
 * @rcu: for freeing; nobody waits then
 */
struct kddm_obj {
	spinlock_t		lock;	/* see above */
	u16			pins;
	u16			home;
	bool			busy;
	bool			dead;
	u8			orphan : 1,
				leave : 1;
	struct kddm_co		co;
	struct kddm_set		*set;
	u64			id;
	void			*data;
	union {
		struct list_head	waiters;
		struct rcu_head		rcu;
	};
};

extern const struct kddm_channel_ops kddm_obj_channel_ops;

int kddm_objects_init(void);
void kddm_objects_exit(void);

/*
 * kddm_get() or (@grab) kddm_grab() that gives up after @timeout jiffies, with
 * -ETIMEDOUT.
 */
struct kddm_obj *kddm_obj_take(struct kddm_set *set, u64 id, bool grab,
			       unsigned int flags, long timeout);

/* Node @id is no longer possible: tell every object of @set. */
void kddm_objects_node_down(struct kddm_set *set, u16 id);
/* End the waits of all local users with @err. */
void kddm_objects_cancel(struct kddm_set *set, int err);
/* Free all objects; nobody uses the set any more. */
void kddm_objects_free(struct kddm_set *set);

#endif /* _NET_KDDM_OBJECT_H */
