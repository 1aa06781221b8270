/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects: the coherence machine at work.
 *
 * object.c       look-up, life, and what concerns all objects of a set
 * object_step.c  the loop around the machine, and its actions
 * object_msg.c   messages from and to other nodes
 * object_user.c  local users: get, grab, put and their kin
 * object_ops.c   what is made of these: prefetch, push, sync, walk
 * object_move.c  flush, and how all objects leave a node
 * object_hold.c  clock and timer of the minimum hold time
 * object_recover.c  what a change of the view does
 * object_replica.c  who keeps what was put
 *
 * Locks of an object
 * ------------------
 *
 * The gate (gate.h) is the short way through get, grab and put: look-up, and
 * one atomic operation.  It is open only while nobody has anything else to do
 * with the object.  Who takes obj->lock shuts it (kddm_obj_acquire()), and what
 * is in the object is true; who lets go of it can open it (kddm_obj_release()),
 * or leave that to who comes next.
 *
 * obj->lock (spin lock) protects the fields of struct kddm_obj, and with them
 * the way through get, grab and put while the gate is shut: look-up, lock,
 * kddm_co_hit() or kddm_co_leave(), unlock.
 *
 * obj->busy, set and cleared under obj->lock, gives its holder the object to
 * itself for a longer time, in which it may sleep: to allocate, to call the
 * linker, to step the machine and queue the messages of each step.  While it is
 * set, everyone else keeps away from all fields but @lock, @pins and @dead;
 * whoever is inside the object may read its data and version as well.
 * Messages are queued while busy, so that they leave in the order of the steps,
 * and sent (kddm_kick()) afterwards.
 *
 * Order: set table lock > busy > obj->lock > locks of the transport's queues.
 * Nothing waits for the network or for a user while it is busy.
 *
 * An object is freed, after a grace period, by the last one who leaves it in a
 * state that the machine can forget; or with its set, of which nobody has a
 * reference any more.
 *
 * Memory
 * ------
 *
 * @data is allocated before a request leaves, so that its caller is told when
 * there is none, and what comes finds its place.  What the linker cannot take
 * in when it comes is kept as it came (@raw), for other nodes and for the next
 * try.
 */
#ifndef _NET_KDDM_OBJECT_H
#define _NET_KDDM_OBJECT_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include "coherence.h"
#include "recover.h"
#include "set.h"
#include "transport.h"

struct kddm_views;

/**
 * struct kddm_obj - an object, as far as this node has to do with it
 * @lock: protects all fields, see above
 * @pins: who else uses the object and does not want it freed
 * @home: the object's home
 * @busy: somebody steps the machine
 * @dead: no longer in the table
 * @orphan: whoever made the local request was killed
 * @leave: and got what they wanted: put it
 * @fill: the first contents are to be made
 * @fresh: they have been left to the local writer
 * @used: somebody has entered since memory was last short
 * @adrift: the verdict of recovery is awaited
 * @stale: the local writer has lost the object to others
 * @forsaken: the same, since this node leaves the cluster by force
 * @raw: @data is a struct kddm_raw: no contents could be made of it yet, or
 *	(@co.backup) none are to be
 * @away: the contents are not in memory, but where the linker has stored them
 * @since: jiffies when this node grabbed it, for the hold time
 * @co: state of the protocol
 * @set: the set, which outlives the object
 * @id: the object's id
 * @data: the linker's, or a struct kddm_raw; there if kddm_co_has_data(), but
 *	for those that are @away
 * @waiters: local users that wait, first in first out
 * @rcu: for freeing; nobody waits then
 */
struct kddm_obj {
	spinlock_t		lock;	/* see above */
	u16			pins;
	u16			home;
	bool			busy;
	bool			dead;
	u16			orphan : 1,
				leave : 1,
				fill : 1,
				fresh : 1,
				used : 1,
				adrift : 1,
				stale : 1,
				forsaken : 1,
				raw : 1,
				away : 1;
	u32			since;
	struct kddm_co		co;
	struct kddm_set		*set;
	u64			id;
	void			*data;
	union {
		struct list_head	waiters;
		struct rcu_head		rcu;
	};
};

/**
 * struct kddm_raw - contents as they came
 * @len: bytes
 * @err: why nothing could be made of them, until somebody is told
 * @buf: the contents
 */
struct kddm_raw {
	u32	len;
	int	err;
	u8	buf[] __aligned(8);
};

/**
 * struct kddm_obj_waiter - a local user that waits
 * @list: place in obj->waiters
 * @wait: when it is done, @err is valid, and @list is out of use
 * @grab: to write
 * @flags: KDDM_COF_*
 * @manual: the user makes the first contents
 * @push: the user is still inside, or has just left, and waits for replicas
 * @async: nobody waits (kddm_prefetch()); freed at the end, instead of woken
 * @kept: a valid copy has been here since kddm_upgrade() let go of it
 * @err: how it ended; 0: inside
 *
 * On the stack of the user, but for @async.
 */
struct kddm_obj_waiter {
	struct list_head	list;
	struct kddm_waiter	wait;
	bool			grab;
	u8			flags;
	bool			manual;
	bool			push;
	bool			async;
	bool			kept;
	int			err;
};

extern const struct kddm_channel_ops kddm_obj_channel_ops;

int kddm_objects_init(void);
void kddm_objects_exit(void);

/* Objects and channels: what concerns one object goes over one channel. */
static inline u16 kddm_obj_channel(u64 id)
{
	return 1 + id % (KDDM_CHANNELS - 1);
}

/* The id of the node that is home to an object of the set. */
u16 kddm_obj_home(struct kddm_set *set, u64 id);
/* The same, if it is a member; else KDDM_NODE_NONE. */
u16 kddm_obj_present_home(struct kddm_set *set, u64 id);
/* Who judges the object in a recovery: home, or where that is away a member. */
u16 kddm_obj_judge(struct kddm_set *set, u64 id);
/* The home, if a member, of the latest view that was served here. */
u16 kddm_obj_served_home(struct kddm_set *set, u64 id);
/* Whether this node was, in the view before the one that is agreed on. */
bool kddm_obj_old_home(struct kddm_set *set, u64 id);

/* For the files of objects alone: object.c */
struct kddm_co_env kddm_obj_env(const struct kddm_obj *obj);
/* The object, locked, or NULL. */
struct kddm_obj *kddm_obj_lock(struct kddm_set *set, u64 id);
/* The object, locked, made if this node does not know it; or -ENOMEM. */
struct kddm_obj *kddm_obj_lock_new(struct kddm_set *set, u64 id);
/* The same, whatever it takes. */
struct kddm_obj *kddm_obj_lock_sure(struct kddm_set *set, u64 id);
/* The lock, with the gate shut. */
void kddm_obj_acquire(struct kddm_obj *obj);
/* Unlock, with the gate open if that is possible. */
void kddm_obj_release(struct kddm_obj *obj);
/* From locked to busy, pinned and unlocked. */
void kddm_obj_begin(struct kddm_obj *obj);
/* The other end; @obj may be gone afterwards. */
void kddm_obj_end(struct kddm_obj *obj);
/* The first object with an id of at least *@id, busy; NULL at the end. */
struct kddm_obj *kddm_obj_next(struct kddm_set *set, unsigned long *id);
/* The same, locked. */
struct kddm_obj *kddm_obj_next_locked(struct kddm_set *set, unsigned long *id);

/* object_step.c; busy.  The errors are those of kddm_co_step(). */
/* An event and what follows from it at once. */
int kddm_obj_step(struct kddm_obj *obj, struct kddm_co_event *ev,
		  struct kddm_obj_msg *m);
/* The contents, which are away, are in memory again; or -ENOMEM, -EIO. */
int kddm_obj_recall(struct kddm_obj *obj);
/* They are zero; or -ENOMEM. */
int kddm_obj_blank(struct kddm_obj *obj);
/* Submit the requests of local users, as many as are answered at once. */
void kddm_obj_pump(struct kddm_obj *obj);
/* Both. */
int kddm_obj_event(struct kddm_obj *obj, struct kddm_co_event *ev,
		   struct kddm_obj_msg *m);
/* The end of a wait, after which @w is gone. */
void kddm_obj_wait_done(struct kddm_obj *obj, struct kddm_obj_waiter *w,
			int err);
/* The first who wants to get in. */
static inline struct kddm_obj_waiter *
kddm_obj_first(const struct kddm_obj *obj)
{
	struct kddm_obj_waiter *w;

	list_for_each_entry(w, &obj->waiters, list)
		if (!w->push)
			return w;
	return NULL;
}

/* Whoever waits for replicas is told. */
void kddm_obj_replicated(struct kddm_obj *obj, int err);

/* Whether the request of the first in the line is what the machine works on. */
static inline bool kddm_obj_under_way(const struct kddm_obj *obj)
{
	return !obj->orphan && (obj->co.want == KDDM_WANT_GET ||
				obj->co.want == KDDM_WANT_GRAB);
}

/* Take @w out of the line. */
void kddm_obj_abandon(struct kddm_obj *obj, struct kddm_obj_waiter *w, int err);
void kddm_obj_free_data(struct kddm_obj *obj);
/* Free what was allocated for contents that will not come. */
void kddm_obj_trim_data(struct kddm_obj *obj);
/* The contents are no longer valid. */
void kddm_obj_drop_data(struct kddm_obj *obj);
/* Take the contents from a message; or keep them, and make nothing of them. */
void kddm_obj_install(struct kddm_obj *obj, struct kddm_obj_msg *m);
void kddm_obj_store(struct kddm_obj *obj, struct kddm_obj_msg *m);

/* object_hold.c; busy. */
/* Whether the hold time lasts. */
bool kddm_obj_held(const struct kddm_obj *obj);
/* It does so no more; whoever waits for that does not know yet. */
void kddm_obj_hold_end(struct kddm_obj *obj);
/* What a step says of it. */
void kddm_obj_hold_note(struct kddm_obj *obj, const struct kddm_co_out *out);
/* For a set that has @hold, before it has objects. */
void kddm_obj_hold_init(struct kddm_set *set);
/* For good; may sleep.  Who waits for the end of a hold time goes on to. */
void kddm_obj_hold_stop(struct kddm_set *set);

/* object_msg.c; busy. */
/* The contents for a message; returns what has to be freed afterwards. */
void *kddm_obj_contents(struct kddm_obj *obj, struct kddm_obj_msg *m);
void kddm_obj_act_send(struct kddm_obj *obj, const struct kddm_co_action *a,
		       const struct kddm_co_out *out);
void kddm_obj_act_inval(struct kddm_obj *obj, const struct kddm_co_action *a,
			const struct kddm_co_out *out);
void kddm_obj_act_replicate(struct kddm_obj *obj,
			    const struct kddm_co_action *a,
			    const struct kddm_co_out *out);

/* object_replica.c */
/* What @env says of replicas; @nodes has room for any node. */
void kddm_obj_replicas(const struct kddm_obj *obj, struct kddm_co_env *env,
		       const struct kddm_co_event *ev, u64 *nodes);
/*
 * After a change of the view: have those that should hold replicas now do so.
 * 0, or an error of @check, which is asked now and then.
 */
int kddm_objects_restore(struct kddm_set *set, int (*check)(void *arg),
			 void *arg);
/* And those that need not any more forget theirs. */
int kddm_objects_refresh(struct kddm_set *set, int (*check)(void *arg),
			 void *arg);

/* object_recover.c */
/* As kddm_send() and kddm_send_many(), or held back; @set may be NULL. */
void kddm_obj_send(struct kddm_net *kn, struct kddm_set *set, u16 dst,
		   u16 chan, struct kddm_msg *msg);
void kddm_obj_send_many(struct kddm_net *kn, struct kddm_set *set,
			const u64 *targets, u16 nwords, u16 chan,
			struct kddm_msg *msg);
/*
 * Send @msg, whose end are @len bytes at @data, past the queue.  False if that
 * cannot be done; then @msg is not to be sent, nor has it been.
 */
bool kddm_obj_send_past(struct kddm_net *kn, u16 dst, u16 chan,
			struct kddm_msg *msg, const void *data, u32 len);
/* Keep @msg, which cannot be sent now, with what is held back. */
void kddm_obj_hold_back(struct kddm_set *set, struct kddm_msg *msg);
/*
 * Keep @msg, the ownership that has not reached a node which is there again,
 * for the recovery that is to come.  False if there are too many.
 */
bool kddm_obj_keep_lost(struct kddm_set *set, struct kddm_msg *msg);
/* Take apart what this node has made itself, as kddm_wire_get_obj(). */
static inline int kddm_obj_read_msg(const struct kddm_msg *msg,
				    struct kddm_obj_msg *m)
{
	const size_t hdr = sizeof(struct kddm_wire_hdr);

	return kddm_wire_get_obj(msg->buf + hdr, msg->len - hdr, msg->type, m);
}

/* For struct kddm_views_ops. */
void kddm_objects_release(struct kddm_views *v);
void kddm_objects_unpark(struct kddm_views *v);

/**
 * struct kddm_change - a change of the view
 * @gone: nodes that are gone, or have begun another life
 * @nwords: words of @gone that matter
 * @apart: this node was apart
 * @report: tell @judge of an object: 0, or an error that ends it
 */
struct kddm_change {
	u64	gone[KDDM_MAX_NODES / 64];
	u16	nwords;
	bool	apart;
	int	(*report)(struct kddm_change *c, struct kddm_set *set, u64 id,
			  u16 judge, u8 what);
};

/* Prune all objects of @set, and report those that need more. */
int kddm_objects_change(struct kddm_set *set, struct kddm_change *c);
/* The three parts in the recovery of an object, see recover.h. */
void kddm_obj_reset(struct kddm_set *set, u64 id, struct kddm_claim *claim);
/* 0 or -ENOMEM; to do it once more is no harm. */
int kddm_obj_settle(struct kddm_set *set, u64 id,
		    const struct kddm_verdict *v, u32 base,
		    const u64 *copies, u16 nwords);
/* At its home: @owner owns the object.  0 or -ENOMEM. */
int kddm_obj_trail(struct kddm_set *set, u64 id, u16 owner);

/*
 * object_user.c: put @w into the line of an object; a kick is due.  Returns the
 * object, which stays while @w is in line, or inside; or -ENOMEM, -ESHUTDOWN,
 * -EAGAIN (an @async one would have to wait).  While its home has only just
 * moved here it waits for at most @timeout jiffies, by @intr until any signal:
 * -ETIMEDOUT, -EINTR, -ERESTARTSYS.
 */
struct kddm_obj *kddm_obj_line_up(struct kddm_set *set, u64 id,
				  struct kddm_obj_waiter *w, bool intr,
				  long timeout);

/* object_trace.c: after a step, or a settlement; before it was in @before */
void kddm_obj_trace_step(const struct kddm_obj *obj, u8 before,
			 const struct kddm_co_event *ev);
void kddm_obj_trace_settled(const struct kddm_obj *obj, u8 before);
/* Home had it as lost, and has none from now on. */
void kddm_obj_trace_given_up(const struct kddm_obj *obj);

/* object_ops.c */
int kddm_obj_ops_init(void);
void kddm_obj_ops_exit(void);

/* object_move.c */
int kddm_obj_move_init(void);
void kddm_obj_move_exit(void);

/*
 * Give what this node owns to nodes that stay, as far as there are any.  Ends
 * when nothing is left; when nothing has moved for as long as a stop waits for
 * a view without the node; or with a fatal signal.
 */
void kddm_objects_hand_over(struct kddm_net *kn);

/*
 * kddm_get() or (@grab) kddm_grab() that gives up after @timeout jiffies, with
 * -ETIMEDOUT.
 */
struct kddm_obj *kddm_obj_take(struct kddm_set *set, u64 id, bool grab,
			       unsigned int flags, long timeout);

/*
 * kddm_put() that waits for the replicas for @timeout jiffies at most:
 * -ETIMEDOUT says that it is not known whether they have what was put.
 */
int kddm_obj_put(struct kddm_obj *obj, long timeout);

/* kddm_prefetch() with KDDM_COF_*, but for the kick. */
int kddm_obj_prefetch(struct kddm_set *set, u64 id, bool grab, u8 flags);

/* Whether contents can be left to the set's linker, on the objects' home. */
bool kddm_set_stores(const struct kddm_set *set);
/*
 * On that home: store the contents of an object that this node owns and nobody
 * uses, and free them; or -EBUSY, -ENOENT, or the linker's error.
 */
int kddm_obj_put_away(struct kddm_set *set, u64 id);
/* kddm_remove() that gives up as kddm_obj_take() does. */
int kddm_obj_remove(struct kddm_set *set, u64 id, long timeout);

/* Home, if it has the object as lost, has none from now on.  0 or an error. */
int kddm_obj_give_up(struct kddm_set *set, u64 id);

/* kddm_sync() that gives up as kddm_obj_take() does. */
int kddm_obj_sync(struct kddm_set *set, u64 id, long timeout);

/*
 * The contents of an object that is held, whatever its linker makes of them:
 * read returns how many bytes it has written to @buf, which has room for
 * set->size; write takes @len bytes, and returns 0 or an error of the linker.
 */
u32 kddm_obj_read(struct kddm_obj *obj, void *buf);
int kddm_obj_write(struct kddm_obj *obj, const void *buf, u32 len);

/* End the waits of all local users with @err. */
void kddm_objects_cancel(struct kddm_set *set, int err);
/*
 * The node leaves with writers inside: what they do is lost, and they are told
 * so when they leave.  What they hold stays theirs until the node is gone.
 */
void kddm_objects_forsake(struct kddm_set *set);
/* Free all objects; nobody uses the set any more. */
void kddm_objects_free(struct kddm_set *set);

#endif /* _NET_KDDM_OBJECT_H */
