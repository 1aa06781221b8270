/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The coherence machine: who may read, who may write, who must give way.
 *
 * One struct kddm_co stands for one object on one node.  kddm_co_step() takes
 * it, an event (a call of a local user or a message of another node) and gives
 * back the changed state and a list of actions (messages to send, data to
 * install or drop, a local request to complete).  It takes no lock, sleeps
 * nowhere, allocates nothing and reads no clock: the same file is compiled into
 * the kernel and into tools/testing/kddm/sim, where every interleaving of small
 * clusters is visited.
 *
 * The protocol is invalidate-on-write with a dynamic distributed manager, after
 * Li and Hudak, "Memory Coherence in Shared Virtual Memory Systems", TOCS 7(4),
 * 1989.  Forwarded grabs reverse the path they took, as in Naimi, Trehel and
 * Arnold, "A log(N) distributed mutual exclusion algorithm based on path
 * reversal", JPDC 34, 1996: a node that waits for a grab is the end of the
 * trail for all who come later, and queues them.
 *
 * An object that does not exist is owned too: by its home at first, by the node
 * that removed it later.  The owner of nothing (KDDM_CO_VOID) answers a request
 * with a new object or with -ENOENT, so creation and removal are serialised by
 * the same queues as every other access.
 *
 * With replicas, what a writer leaves goes to some more nodes before anybody
 * else can see it (KDDM_CO_PUSH).  They keep it, unreadable, until something
 * newer comes; and while somebody writes they, and whoever held the latest copy
 * and is one of them, have what was put last.  So a node that fails takes
 * nothing along that somebody was told is safe.
 */
#ifndef _NET_KDDM_COHERENCE_H
#define _NET_KDDM_COHERENCE_H

#include <linux/types.h>

#define KDDM_MAX_NODES		1024
#define KDDM_NODE_NONE		0xffff

/* Actions that one step may return; a step with more to do sets out->more. */
#define KDDM_CO_MAX_ACTIONS	8

/**
 * enum kddm_co_state - what this node has of an object and waits for
 * @KDDM_CO_INVALID: no copy; requests follow the hint
 * @KDDM_CO_VOID: this node owns the absence of the object
 * @KDDM_CO_LOST: home lost the trail to the owner; every request gets
 *	-EOWNERDEAD
 * @KDDM_CO_SHARED: a valid copy, the owner is elsewhere
 * @KDDM_CO_DRAIN: invalidated, but local readers are still inside
 * @KDDM_CO_GET: no copy, a get is under way
 * @KDDM_CO_GRAB: no copy, a grab is under way; later requests queue here
 * @KDDM_CO_UPGRADE: a valid copy and a grab under way; requests queue here
 * @KDDM_CO_DRAIN_UPGRADE: as DRAIN, with a grab under way
 * @KDDM_CO_OWNER: the owner; nobody writes
 * @KDDM_CO_ACKS: the owner; a local user waits for acks and local readers
 * @KDDM_CO_WRITER: the owner; a local writer is inside
 * @KDDM_CO_FILL: the owner; the first contents are being made
 * @KDDM_CO_PUSH: the owner; its replicas are being brought up to date
 * @KDDM_CO_NR_STATES: how many states there are
 */
enum kddm_co_state {
	KDDM_CO_INVALID,
	KDDM_CO_VOID,
	KDDM_CO_LOST,
	KDDM_CO_SHARED,
	KDDM_CO_DRAIN,
	KDDM_CO_GET,
	KDDM_CO_GRAB,
	KDDM_CO_UPGRADE,
	KDDM_CO_DRAIN_UPGRADE,
	KDDM_CO_OWNER,
	KDDM_CO_ACKS,
	KDDM_CO_WRITER,
	KDDM_CO_FILL,
	KDDM_CO_PUSH,
	KDDM_CO_NR_STATES
};

/**
 * enum kddm_co_event_type - what can happen to an object on a node
 * @KDDM_EV_GET: a local user wants to read
 * @KDDM_EV_GRAB: a local user wants to write
 * @KDDM_EV_PUT: a local user ends its critical section
 * @KDDM_EV_REMOVE: the local writer destroys the object and ends its section
 * @KDDM_EV_DOWNGRADE: the local writer goes on as a reader
 * @KDDM_EV_DROP: the copy is no longer wanted here
 * @KDDM_EV_REPLICATE: the owner is to bring its replicas up to date
 * @KDDM_EV_FILLED: the first contents are there (KDDM_ACT_FILL), or @err
 * @KDDM_EV_GET_REQ: message: @origin wants to read
 * @KDDM_EV_GRAB_REQ: message: @origin wants to become the owner
 * @KDDM_EV_DATA: message from the owner: a copy to read
 * @KDDM_EV_OWN: message from the last owner: you own it now
 * @KDDM_EV_INVAL: message from the last owner: drop the copy, ack to @origin
 * @KDDM_EV_ACK: message: a sharer has dropped its copy, or the contents are
 *	kept; with KDDM_COF_TRY the copy stays, or the contents have to come
 *	again
 * @KDDM_EV_NAK: message: the request ends with @err; -EAGAIN: a get shall ask
 *	for the ownership; -EBUSY: it was not to wait
 * @KDDM_EV_REMOVED: message to home: the object is gone, take its absence back
 * @KDDM_EV_REPLICA: message from the owner: keep these contents, and ack
 * @KDDM_EV_RUN: go on with what the last step left (out->more)
 * @KDDM_EV_NR: how many event types there are
 */
enum kddm_co_event_type {
	KDDM_EV_GET,
	KDDM_EV_GRAB,
	KDDM_EV_PUT,
	KDDM_EV_REMOVE,
	KDDM_EV_DOWNGRADE,
	KDDM_EV_DROP,
	KDDM_EV_REPLICATE,
	KDDM_EV_FILLED,
	KDDM_EV_GET_REQ,
	KDDM_EV_GRAB_REQ,
	KDDM_EV_DATA,
	KDDM_EV_OWN,
	KDDM_EV_INVAL,
	KDDM_EV_ACK,
	KDDM_EV_NAK,
	KDDM_EV_REMOVED,
	KDDM_EV_REPLICA,
	KDDM_EV_RUN,
	KDDM_EV_NR
};

/*
 * Flags of requests, of what a grab sends after itself (INVAL and ACK), and of
 * KDDM_EV_OWN and KDDM_EV_REPLICA; they travel in the message.
 */
#define KDDM_COF_NOCREATE	0x01	/* -ENOENT rather than a new object */
#define KDDM_COF_RECLAIM	0x02	/* home asks for the absence only */
#define KDDM_COF_TRY		0x04	/* -EBUSY rather than wait for a user */
#define KDDM_COF_CREATE		0x08	/* OWN: the object is new, fill it */
#define KDDM_COF_VOID		0x10	/* OWN, REPLICA: there is no object */
#define KDDM_COF_MANUAL		0x20	/* who grabs makes the first contents */
#define KDDM_COF_TOMB		0x40	/* OWN: see kddm_co.tomb */
#define KDDM_COF_ALL		0x7f

/* What a local request waits for: kddm_co.want */
enum kddm_co_want {
	KDDM_WANT_NONE,
	KDDM_WANT_GET,
	KDDM_WANT_GRAB,
	KDDM_WANT_RECLAIM
};

/**
 * struct kddm_co_req - a request in an object's queue
 * @seq: the requester's number for it
 * @node: who asked
 * @hops: how often it was forwarded
 * @grab: true for a grab, false for a get
 * @flags: KDDM_COF_NOCREATE, KDDM_COF_RECLAIM, KDDM_COF_TRY, KDDM_COF_MANUAL
 */
struct kddm_co_req {
	u32	seq;
	u16	node;
	u16	hops;
	u8	grab;
	u8	flags;
};

/**
 * struct kddm_co_ext - the part of the state that few objects need
 * @words: size of each node set in 64 bit words
 * @qcap: room for requests
 * @qlen: requests that wait, first in first out
 * @pad: zero
 * @bits: copyset (@words), acks (@words), then @qcap struct kddm_co_req
 *
 * An object needs one while other nodes hold copies, acks are due, or requests
 * wait.  The caller brings a spare along with each event; see kddm_co_step().
 *
 * The copyset (owner: who holds copies) stays as it was when ownership is
 * handed over, so that the actions of that step can refer to it.  The acks are
 * those still due in KDDM_CO_ACKS and KDDM_CO_PUSH; in KDDM_CO_GRAB and
 * KDDM_CO_UPGRADE they are
 * those that came before the ownership did.  In these three states the copyset
 * has the nodes whose users do not give way to a KDDM_COF_TRY.
 */
struct kddm_co_ext {
	u16	words;
	u16	qcap;
	u16	qlen;
	u16	pad;
	u64	bits[];
};

/* What a node has sent with the ownership, and may have back: kddm_co.sent */
enum kddm_sent {
	KDDM_SENT_NONE,
	KDDM_SENT_VOID,			/* an absence, or a new object */
	KDDM_SENT_DATA
};

/**
 * struct kddm_co - one object on one node
 * @version: of the data; one higher with each writer and each new owner
 * @x: copyset, acks and queue, or NULL
 * @seq: number of this node's latest request
 * @inv_seq: DRAIN: the number to ack
 * @readers: local readers inside; or else, while the gate is open, see gate.h
 * @hint: probable owner, KDDM_NODE_NONE for "ask home"
 * @inv_owner: DRAIN: the node to ack to, if any
 * @asked: GET, GRAB and the like: the node to which the request was sent
 * @state: enum kddm_co_state
 * @want: enum kddm_co_want, the local request under way or queued
 * @wflags: flags of that request
 * @told: VOID away from home: home knows
 * @gone: GET, GRAB and DRAIN at home: the object was removed meanwhile
 * @turned: since our latest request, @hint was turned to the origin of a grab
 * @mine: FILL: for the local request, not for the first in the queue
 * @past: the copyset is of no more use once the last step is carried out
 * @backup: no valid copy, but the contents of @version are kept for recovery
 * @due: PUSH: the replicas have yet to be told
 * @removing: PUSH: that there is no object any more
 * @absent: no valid copy, because there was no object in @version
 * @stale: DRAIN: others have made the object their own while this node was
 *	apart, and do not wait for those who are inside; PUSH: a replica has
 *	to be told again
 * @sent: during recovery: enum kddm_sent, what was sent and has not arrived
 * @lent: and these contents are kept for that alone
 * @tomb: of the owner, and at home: another owner was given up, and may come
 *	back; home remembers the absence of such an object
 */
struct kddm_co {
	u64			version;
	struct kddm_co_ext	*x;
	u32			seq;
	u32			inv_seq;
	u32			readers;
	u16			hint;
	u16			inv_owner;
	u16			asked;
	u8			state;
	u8			want;
	u8			wflags;
	u16			told : 1,
				gone : 1,
				turned : 1,
				mine : 1,
				past : 1,
				backup : 1,
				due : 1,
				removing : 1,
				absent : 1,
				stale : 1,
				sent : 2,
				lent : 1,
				tomb : 1;
};

/**
 * struct kddm_co_env - what is fixed for an object on a node
 * @self: this node's id
 * @home: the id of the object's home
 * @max_hops: a grab that was forwarded this often has met a trail that no
 *	longer ends (its owner died) and is answered with -EOWNERDEAD; a get
 *	that was forwarded half as often has to grab; twice the number of nodes
 *	is plenty
 * @touch_home: home makes the first contents of what never existed, and not who
 *	asks for it
 * @hold: a node that has grabbed the object keeps it for a while, see
 *	enum kddm_co_hold
 * @keep: a node that has seen the object remembers that there is one
 * @keeper: this node keeps the contents of a copy that is no longer valid
 * @replicas: the other nodes that have to hold what is put, or NULL
 * @rwords: words in @replicas
 */
struct kddm_co_env {
	u16	self;
	u16	home;
	u16	max_hops;
	bool	touch_home;
	bool	hold;
	bool	keep;
	bool	keeper;
	const u64 *replicas;
	u16	rwords;
};

/**
 * struct kddm_co_event - one event
 * @type: enum kddm_co_event_type
 * @flags: KDDM_COF_*
 * @src: messages: the node that sent it
 * @origin: requests: who asked first; INVAL: whom to ack to
 * @hops: requests: how often forwarded so far
 * @seq: requests, OWN, DATA, NAK: number of the request that it is or answers;
 *	INVAL, ACK: number of the grab that invalidates; REPLICA, ACK: of the
 *	replication
 * @version: DATA, OWN, REPLICA: of the data (OWN: before the new owner's write)
 * @err: NAK: negative error number; FILLED: the same or 0
 * @need: OWN: nodes whose acks the new owner must wait for
 * @nwords: words in @need
 * @held: the hold time has begun and is not over
 * @spare: an empty extension that the machine may take, then set to NULL.  It
 *	must have as many @words as the cluster's ids need, and if the object
 *	has an extension, a larger @qcap than that one's @qlen.
 */
struct kddm_co_event {
	u8			type;
	u8			flags;
	u16			src;
	u16			origin;
	u16			hops;
	u32			seq;
	u64			version;
	int			err;
	const u64		*need;
	u16			nwords;
	bool			held;
	struct kddm_co_ext	*spare;
};

/**
 * enum kddm_co_hold - what a step means to the hold time: out->hold
 * @KDDM_HOLD_KEEP: nothing
 * @KDDM_HOLD_BEGIN: it begins: this node has become the owner for its own user
 * @KDDM_HOLD_END: there is none: this node makes the object for another one
 *
 * The machine has no clock.  Its caller notes when the hold time began, says
 * with each event whether it lasts (ev->held), and takes a KDDM_EV_RUN at its
 * end if something waits for that (out->held).  What is noted of an object that
 * this node does not own does not matter.
 */
enum kddm_co_hold {
	KDDM_HOLD_KEEP,
	KDDM_HOLD_BEGIN,
	KDDM_HOLD_END
};

/**
 * enum kddm_co_action_type - what the caller has to do, in this order
 * @KDDM_ACT_SEND: send message @msg to @dst
 * @KDDM_ACT_INVAL: send KDDM_EV_INVAL to every node in out->targets
 * @KDDM_ACT_REPLICATE: send KDDM_EV_REPLICA to every node in out->targets
 * @KDDM_ACT_REPLICATED: the replicas are up to date: whoever put is told
 * @KDDM_ACT_FILL: the object is new: give it its first contents, now or later,
 *	and say so by KDDM_EV_FILLED
 * @KDDM_ACT_INSTALL: take the data from the message being handled
 * @KDDM_ACT_DROP: the contents here, valid or kept, are of no more use
 * @KDDM_ACT_KEEP: the local copy is no longer valid, but to be kept
 * @KDDM_ACT_STORE: keep the data from the message being handled
 * @KDDM_ACT_DONE: the local request ends: @err, or 0 and the user is inside
 */
enum kddm_co_action_type {
	KDDM_ACT_SEND,
	KDDM_ACT_INVAL,
	KDDM_ACT_REPLICATE,
	KDDM_ACT_REPLICATED,
	KDDM_ACT_FILL,
	KDDM_ACT_INSTALL,
	KDDM_ACT_DROP,
	KDDM_ACT_KEEP,
	KDDM_ACT_STORE,
	KDDM_ACT_DONE
};

/**
 * struct kddm_co_action - one action
 * @type: enum kddm_co_action_type
 * @msg: SEND: the message, as the enum kddm_co_event_type it will be there
 * @flags: SEND: KDDM_COF_*
 * @data: SEND, REPLICATE: the object's data go with it.  At most one action of
 *	a step has this set.
 * @need: SEND of OWN: out->targets goes with it
 * @dst: SEND: to whom
 * @origin: as in struct kddm_co_event
 * @hops: as in struct kddm_co_event
 * @seq: as in struct kddm_co_event
 * @version: as in struct kddm_co_event
 * @err: SEND of NAK, DONE: the error
 */
struct kddm_co_action {
	u8	type;
	u8	msg;
	u8	flags;
	u8	data : 1,
		need : 1;
	u16	dst;
	u16	origin;
	u16	hops;
	u32	seq;
	u64	version;
	int	err;
};

/**
 * struct kddm_co_out - what a step returns
 * @nr: number of actions
 * @more: call again with KDDM_EV_RUN when these are carried out
 * @hold: enum kddm_co_hold
 * @held: a request waits for the end of the hold time: KDDM_EV_RUN is due then
 * @targets: node set for INVAL, REPLICATE and @need, in the object's extension;
 *	valid until the next step
 * @nwords: words in @targets
 * @freed: an extension that the machine no longer uses; the caller frees it
 * @act: the actions
 */
struct kddm_co_out {
	u8			nr;
	bool			more;
	u8			hold;
	bool			held;
	const u64		*targets;
	u16			nwords;
	struct kddm_co_ext	*freed;
	struct kddm_co_action	act[KDDM_CO_MAX_ACTIONS];
};

/* Bytes of an extension for ids below @words * 64 and @qcap requests. */
static inline size_t kddm_co_ext_size(u16 words, u16 qcap)
{
	return sizeof(struct kddm_co_ext) + 2 * (size_t)words * sizeof(u64) +
	       (size_t)qcap * sizeof(struct kddm_co_req);
}

void kddm_co_ext_init(struct kddm_co_ext *x, u16 words, u16 qcap);
struct kddm_co_req *kddm_co_queue(struct kddm_co_ext *x);
bool kddm_co_in_copyset(const struct kddm_co *co, u16 node);

void kddm_co_init(struct kddm_co *co, const struct kddm_co_env *env);
int kddm_co_step(struct kddm_co *co, const struct kddm_co_env *env,
		 struct kddm_co_event *ev, struct kddm_co_out *out);
bool kddm_co_hit(struct kddm_co *co, bool grab, bool held);
bool kddm_co_leave(struct kddm_co *co);
u32 kddm_co_open(const struct kddm_co *co);
void kddm_co_shut(struct kddm_co *co, u32 gate);
struct kddm_co_ext *kddm_co_shed(struct kddm_co *co);
bool kddm_co_forgettable(const struct kddm_co *co,
			 const struct kddm_co_env *env);

bool kddm_co_has_data(const struct kddm_co *co);
bool kddm_co_owns(const struct kddm_co *co);
const char *kddm_co_state_name(u8 state);
const char *kddm_co_event_name(u8 type);

#endif /* _NET_KDDM_COHERENCE_H */
