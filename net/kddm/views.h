/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Views at work: the machine of viewchange.h with the membership layer below
 * it and recovery above it.
 *
 * Messages of the machine travel on channel 0 and are handled by whoever
 * receives there.  Marks travel on the channels of objects, behind the last
 * message of the old view: from the moment at which they are queued until the
 * new view is served, what objects send is held back (object_recover.c).
 *
 * A node serves its view, or the view changes (what is here can be used, what
 * has to be asked for waits), or it is suspended: those whom it can reach are
 * no quorum, and nothing can be used.
 *
 * Locks
 * -----
 *
 * views->lock (mutex) protects the machine; messages are queued under it, in
 * the order of its steps.  It nests inside nothing but kn->lock, and nothing
 * that waits for another node is done under it.
 *
 * views->gate (rwlock) is read-held while a message of an object is queued, and
 * write-held while that begins or ends to be held back.  The locks of the
 * transport's queues nest inside it.
 */
#ifndef _NET_KDDM_VIEWS_H
#define _NET_KDDM_VIEWS_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include "main.h"
#include "member.h"
#include "view.h"
#include "viewchange.h"

/**
 * enum kddm_service - whether a node serves
 * @KDDM_SUSPENDED: no; callers wait
 * @KDDM_CHANGING: what is here
 * @KDDM_SERVING: yes
 */
enum kddm_service {
	KDDM_SUSPENDED,
	KDDM_CHANGING,
	KDDM_SERVING
};

/**
 * enum kddm_stage - how far replicas are, after a change of the view
 * @KDDM_CHANGED: they may be where they were, or nowhere
 * @KDDM_RESTORED: they are where they belong, and may be elsewhere
 * @KDDM_REFRESHED: and they are nowhere else
 */
enum kddm_stage {
	KDDM_CHANGED,
	KDDM_RESTORED,
	KDDM_REFRESHED
};

struct kddm_views;

/**
 * struct kddm_views_ops - what the layer above does for views
 * @recover: objects are to agree with the latest view; ends with
 *	kddm_views_recovered(), or when kddm_views_in() says so
 * @resume: what was held back may leave: called with the gate write-locked
 * @wake: callers need not wait for the end of a suspension any more
 */
struct kddm_views_ops {
	void (*recover)(struct kddm_views *v);
	void (*resume)(struct kddm_views *v);
	void (*wake)(struct kddm_views *v);
};

/**
 * struct kddm_view_peer - what is known of a node's part in a change
 * @session: our number of the meeting that the machine knows of
 * @mark: epoch of its marks
 * @marks: bit mask of the channels on which they have come
 * @reported: epoch in which it has reported all that it had to
 * @staged: epoch in which it has reached @stage
 * @stage: enum kddm_stage
 */
struct kddm_view_peer {
	u16	session;
	u32	mark;
	u32	marks;
	u32	reported;
	u32	staged;
	u8	stage;
};

/**
 * struct kddm_views - views of one node
 * @kn: the node
 * @ops: the layer above
 * @lock: see above
 * @vc: the machine
 * @step: what the machine has to send; under @lock
 * @in: a message that is being read; under @lock
 * @out: one that is being made, perhaps before @in is done with; under @lock
 * @peer: by node id; under @lock
 * @service: enum kddm_service; written under @lock
 * @started: the machine runs
 * @stopped: it does not any more
 * @epoch: of the latest view that was committed; written under @lock
 * @recovering: epoch of the recovery that is under way, or 0
 * @base: of the view that it follows, for claims
 * @apart: this node was no member of that one
 * @astray: the lineage of views that this node is to join and has not yet
 *	served, or 0: @base and @apart stay what they are
 * @sound: epoch of the latest view that was committed while it was not
 * @members: of the latest view that was committed; RCU
 * @served: members of the latest view that was served here; RCU
 * @restored: members of the latest one to which replicas were fit; RCU
 * @stage: enum kddm_stage that all members have reached
 * @calm: read-held while another node's part in recovery is done
 * @ref: incarnations of the nodes that objects may have to do with
 * @wait: woken when @service, or what recovery waits for, changes
 * @gate: see above
 * @frozen: messages of objects are held back; under @gate
 * @held_lock: protects @held and the lists of the sets
 * @held: messages that belong to no set here
 * @parked: local users wait for the end of the suspension
 * @work: recovery
 * @wq: runs it
 * @info_lock: protects @awaited
 * @awaited: who is awaited, for those who ask
 * @await: the same, being made; under @lock
 * @phase: of the machine, for those who ask
 * @attempt: epoch of the change that is under way, or 0
 * @frozen_at: when messages began to be held back
 * @change_us: for how long they were in the latest change
 * @recovered: objects judged here in the latest recovery
 * @recovery_us: how long that took
 */
struct kddm_views {
	struct kddm_net			*kn;
	const struct kddm_views_ops	*ops;
	struct mutex			lock;		/* see above */
	struct kddm_vc			*vc;
	struct kddm_vc_out		step;
	struct kddm_vc_msg		*in;
	struct kddm_vc_msg		*out;
	struct kddm_view_peer		*peer;
	int				service;
	bool				started;
	bool				stopped;
	u32				epoch;
	u32				recovering;
	u32				base;
	bool				apart;
	u64				astray;
	u32				sound;
	struct kddm_view __rcu		*members;
	struct kddm_view __rcu		*served;
	struct kddm_view __rcu		*restored;
	u8				stage;
	struct rw_semaphore		calm;
	u32				*ref;
	wait_queue_head_t		wait;
	rwlock_t			gate;		/* see above */
	bool				frozen;
	spinlock_t			held_lock;	/* see above */
	struct list_head		held;
	bool				parked;
	struct work_struct		work;
	struct workqueue_struct		*wq;
	spinlock_t			info_lock;	/* see above */
	struct kddm_vc_set		awaited;
	struct kddm_vc_set		await;
	u8				phase;
	u32				attempt;
	ktime_t				frozen_at;
	u32				change_us;
	unsigned long			recovered;
	u32				recovery_us;
};

static inline bool kddm_suspended(const struct kddm_views *v)
{
	return READ_ONCE(v->service) == KDDM_SUSPENDED;
}

/* Make them: 0 or -ENOMEM. */
int kddm_views_init(struct kddm_net *kn, const struct kddm_views_ops *ops);
/*
 * Take part; the node is possible.  Waits for some seconds until a view is
 * served here.  Returns 0 even if there is none, or -EINTR.
 */
int kddm_views_start(struct kddm_net *kn);
/* Whether the view of this @epoch is served, and nothing is held back. */
bool kddm_views_open(struct kddm_net *kn, u32 epoch);
/* Leave the cluster, so that the others need no quorum for it. */
void kddm_views_leave(struct kddm_net *kn);
/* Take no more part; recovery ends soon. */
void kddm_views_halt(struct kddm_net *kn);
/* Wait for that; calls of RPC end by now. */
void kddm_views_stop(struct kddm_net *kn);
/* Free everything. */
void kddm_views_exit(struct kddm_net *kn);

/* A node is in reach, or is not any more. */
void kddm_views_node_change(struct kddm_net *kn,
			    const struct kddm_node_event *ev);
/* A mark has come on a channel of objects. */
int kddm_views_mark(struct kddm_net *kn, const struct kddm_hdr *h,
		    const void *body, size_t len);
/**
 * struct kddm_views_info - for those who ask
 * @epoch: of the latest view
 * @service: enum kddm_service
 * @members: of that view
 * @phase: enum kddm_vc_phase
 * @attempt: epoch of a change that is under way, or 0
 * @change_us: how long the latest change held requests back, in microseconds
 * @recovered: objects judged here in the latest recovery
 * @recovery_us: how long that took, in microseconds
 * @stage: enum kddm_stage
 */
struct kddm_views_info {
	u32	epoch;
	int	service;
	u16	members;
	u8	phase;
	u32	attempt;
	u32	change_us;
	unsigned long	recovered;
	u32	recovery_us;
	u8	stage;
};

/* False if the node has not come so far. */
bool kddm_views_info(const struct kddm_net *kn, struct kddm_views_info *info);
/* Whether that is a member of the latest view; from anywhere, as above. */
bool kddm_views_has(const struct kddm_net *kn, u16 id, u32 incarnation);
/* Who is awaited; false if the node has not come so far. */
bool kddm_views_awaited(const struct kddm_net *kn, struct kddm_vc_set *set);
/* For recovery: it waits for these. */
void kddm_views_await(struct kddm_views *v, const struct kddm_vc_set *set);
/* Whether an object's message of epoch @epoch counts here. */
bool kddm_views_current(const struct kddm_views *v, u32 epoch);
/* Whether @id is a member of the latest view. */
bool kddm_views_member(struct kddm_net *kn, u16 id);
/*
 * Wait until the node is in state @min, at most @timeout jiffies: 0; -EINTR or,
 * if @intr, -ERESTARTSYS; -ETIMEDOUT; -ESHUTDOWN if *@dead becomes true.
 */
int kddm_views_wait(struct kddm_net *kn, enum kddm_service min,
		    const bool *dead, bool intr, long timeout);
/* The same, until another view than that of @epoch is served. */
int kddm_views_wait_epoch(struct kddm_net *kn, u32 epoch, const bool *dead,
			  bool intr, long timeout);
/* For a recovery in epoch @epoch: 0; -EAGAIN: not yet; -ESTALE: no more. */
int kddm_views_in(struct kddm_views *v, u32 epoch);
/* Notifiers: the state of the service has changed; data is the kddm_views. */
int kddm_views_register_notifier(struct notifier_block *nb);
int kddm_views_unregister_notifier(struct notifier_block *nb);
/* What is known of objects agrees with the view of epoch @epoch. */
void kddm_views_recovered(struct kddm_views *v, u32 epoch);
/* All members have reached a stage; false if that was in an earlier view. */
bool kddm_views_staged(struct kddm_views *v, u32 epoch, enum kddm_stage stage);

#endif /* _NET_KDDM_VIEWS_H */
