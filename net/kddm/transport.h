/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transport: ordered, flow-controlled messages over TIPC SOCK_RDM sockets, one
 * socket and one receiving thread per channel.
 *
 * Queueing a message (kddm_send(), kddm_send_many()) never sleeps and keeps the
 * order of the calls for each (channel, destination), so that callers may queue
 * under the lock that gave the message its place.  kddm_kick() then sends what
 * is queued, right in the caller's context; it may sleep and is called without
 * locks.
 *
 * The drainer
 * -----------
 *
 * One task at a time is a channel's drainer; the others leave what they have
 * queued to it.  It never waits: a message that has no credit, or meets
 * congestion in TIPC, goes to the peer's backlog, and everything for that peer
 * behind it.  Acks, the end of congestion, and changes of the session make the
 * peer "ready", which means that the drainer looks at its backlog again.
 *
 * A drainer serves others as well, but not for ever: after some messages a work
 * item takes over.
 *
 * What stands in line for the same node one behind the other leaves in one
 * datagram, up to a limit of bytes.  Nothing waits for that: it happens when
 * more is queued before a kick, or while the drainer is busy.
 *
 * A long message can leave past the queue, from where its data are, if nothing
 * is queued: who sends it is the drainer meanwhile.
 *
 * Credits: at most KDDM_WINDOW messages to a peer on a channel are unconfirmed.
 * Each message confirms what came before it; a receiver that has nothing to
 * send does so by a CREDIT after a quarter of the window, or some time.  The
 * socket's receive buffer has room for the windows of all peers, so that TIPC
 * drops nothing.
 *
 * Bounds: a peer that takes nothing any more loses its session when too much
 * waits for it; callers whose messages are not answered one by one ask
 * kddm_transport_full() before they make more.
 *
 * Receiving
 * ---------
 *
 * A channel's thread receives, unless a task that waits for a message has taken
 * its place, see kddm_wait().
 *
 * Of a long datagram only the beginning is received at first.  If it is one
 * message of an object, the rest is received to where the layer above wants it
 * (kddm_rx_data()); else it follows at once.
 *
 * Locks
 * -----
 *
 * Who receives holds the channel's rx_lock (mutex), which is only ever tried
 * for; the callbacks of struct kddm_channel_ops are called with it held.
 *
 * A channel's lock (spin lock, innermost, never with interrupts or softirqs)
 * protects its queue, its list of ready peers, and who is the drainer.  What
 * only the drainer touches (sequence numbers sent, backlogs) has no lock: the
 * drainer becomes and ceases to be one under the channel's lock.
 */
#ifndef _NET_KDDM_TRANSPORT_H
#define _NET_KDDM_TRANSPORT_H

#include <linux/list.h>
#include <linux/mempool.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include "main.h"

struct kddm_node;

#define KDDM_WINDOW	256	/* messages unconfirmed, per peer and channel */
#define KDDM_QUEUE_MAX	SZ_16M	/* bytes that wait, see kddm_transport_full() */
#define KDDM_BACKLOG_MAX SZ_64M	/* bytes for one peer that takes nothing */

/* Why a datagram is dropped; each has its counter in struct kddm_stats. */
enum kddm_drop {
	KDDM_DROP_MALFORMED,
	KDDM_DROP_FOREIGN,
	KDDM_DROP_STALE,
	KDDM_DROP_REFUSED,
	KDDM_DROP_GAP,
	KDDM_DROP_BUSY
};

/**
 * struct kddm_msg - a message on its way out
 * @list: place in a queue
 * @dst: destination, unless @nwords
 * @chan: channel
 * @type: enum kddm_wire_type
 * @keep: it is to come back if it was lost, see struct kddm_channel_ops
 * @session: if @keep, our number of the meeting in which it was sent
 * @nwords: words of @targets, or 0
 * @len: bytes in @buf; the transport fills in the header at its beginning
 * @seq: if @keep, the number that it was sent as
 * @incarnation: if @keep, that of the node that it was sent to
 * @targets: node set of a message for many, behind @buf
 * @pool: where it came from, or NULL
 * @buf: header and body
 */
struct kddm_msg {
	struct list_head	list;
	u16			dst;
	u16			chan;
	u8			type;
	bool			keep;
	u16			session;
	u16			nwords;
	u32			len;
	u32			seq;
	u32			incarnation;
	u64			*targets;
	mempool_t		*pool;
	u8			buf[] __aligned(8);
};

/**
 * struct kddm_channel_ops - what a layer above does with a channel's messages
 * @rx: a message that passed all checks of header, address and incarnation;
 *	@body has @len bytes and is gone after the call; kddm_rx_missing() says
 *	how many at its end are not there yet.  Runs in the channel's
 *	thread or in kddm_wait(); may sleep but holds up the channel meanwhile,
 *	so it must not wait for a message.  Returns 0,
 *	-EBADMSG (counted as malformed), -EBUSY (counted as busy), or another
 *	error (counted as stale).  -ECONNRESET ends the session, too.
 * @undeliverable: @msg could not be sent to @dst, which is not online; called
 *	without locks.  Returns true if it keeps @msg, which is for @dst alone;
 *	else @msg is freed after the call
 * @lost: @msg was sent in an earlier session and has not arrived at @msg->dst,
 *	which is there again in the same life, @msg->incarnation; called without
 *	locks.  Returns true if it keeps @msg, as above
 *
 * What they queue on the same channel is sent afterwards: when all messages of
 * a datagram have been handed up, their answers leave together.
 */
struct kddm_channel_ops {
	int (*rx)(struct kddm_net *kn, const struct kddm_hdr *h,
		  const void *body, size_t len);
	bool (*undeliverable)(struct kddm_net *kn, u16 dst,
			      struct kddm_msg *msg);
	bool (*lost)(struct kddm_net *kn, struct kddm_msg *msg);
};

/**
 * struct kddm_peer_ops - what the membership layer does for the transport
 * @hello: a HELLO has come from @addr:@port on channel 0; returns 0 or, to
 *	have it counted as dropped, enum kddm_drop + 1
 * @confirmed: the first counted message of a peer that has said HELLO is here;
 *	returns false if the session is not what it seemed
 * @version: a datagram of @version, another one than ours of the protocol, has
 *	come from @addr:@port; returns false if that is no node's address
 * @failed: a message to or from @node was lost; the session cannot go on
 */
struct kddm_peer_ops {
	int (*hello)(struct kddm_net *kn, const struct kddm_hdr *h, u32 addr,
		     u32 port, const void *body, size_t len);
	bool (*confirmed)(struct kddm_net *kn, struct kddm_node *node,
			  const struct kddm_hdr *h);
	bool (*version)(struct kddm_net *kn, u32 addr, u32 port, u8 version);
	void (*failed)(struct kddm_net *kn, struct kddm_node *node);
};

/**
 * kddm_msg_alloc() - make a message
 * @len: bytes of header and body, at most %KDDM_MSG_MAX
 * @nwords: room for a node set of so many words, or 0
 * @gfp: how
 *
 * Return: the message, which kddm_send() or kddm_msg_free() takes, or NULL.
 */
struct kddm_msg *kddm_msg_alloc(size_t len, u16 nwords, gfp_t gfp);
void kddm_msg_free(struct kddm_msg *msg);
/* The same of all in a list, which is empty then. */
void kddm_msg_free_all(struct list_head *list);

/**
 * kddm_msg_reserved() - take a message from a reserve
 * @pool: of elements that have room for a struct kddm_msg and @len bytes; stays
 *	until the transport has stopped
 * @len: bytes of header and body
 *
 * Context: any; waits for nothing.
 * Return: as kddm_msg_alloc().
 */
struct kddm_msg *kddm_msg_reserved(mempool_t *pool, size_t len);

/**
 * kddm_send() - queue a message
 * @kn: the namespace
 * @dst: another node
 * @chan: channel
 * @msg: the message, with @type set and the body in place; taken over
 *
 * Context: any task; spin locks may be held.
 */
void kddm_send(struct kddm_net *kn, u16 dst, u16 chan, struct kddm_msg *msg);

/* Say where a message goes: to one node, or to all of a set. */
void kddm_msg_aim(struct kddm_msg *msg, u16 dst, u16 chan);
void kddm_msg_aim_many(struct kddm_msg *msg, const u64 *targets, u16 nwords,
		       u16 chan);
/* Queue it, as kddm_send() and kddm_send_many() do, which are both. */
void kddm_msg_queue(struct kddm_net *kn, struct kddm_msg *msg);

/**
 * kddm_send_many() - queue a message to many
 * @kn: the namespace
 * @targets: set of node ids without the own one; copied
 * @nwords: words in @targets, no more than @msg was made for
 * @chan: channel
 * @msg: as in kddm_send(), at most a page
 *
 * Context: any task; spin locks may be held.
 */
void kddm_send_many(struct kddm_net *kn, const u64 *targets, u16 nwords,
		    u16 chan, struct kddm_msg *msg);

/**
 * kddm_send_claim() - begin to send a message past the queue
 * @kn: the namespace
 * @chan: channel
 *
 * What is queued from now on leaves after it.
 *
 * Context: any task; spin locks may be held.
 * Return: true: kddm_send_claimed() must follow, soon; false: something is
 * queued already, or being sent.
 */
bool kddm_send_claim(struct kddm_net *kn, u16 chan);

/**
 * kddm_send_claimed() - send a message past the queue
 * @kn: the namespace
 * @dst: another node
 * @chan: channel, claimed by kddm_send_claim()
 * @msg: the message, but for its end; stays the caller's
 * @data: its end
 * @len: bytes of @data
 *
 * Context: may sleep, but waits for no peer and calls nobody back: the caller
 * may have what struct kddm_channel_ops would need.  Others have left to the
 * caller what they queued meanwhile: a kddm_kick() is due.
 * Return: 0, or an error: it was not sent and is to be queued as any other.
 */
int kddm_send_claimed(struct kddm_net *kn, u16 dst, u16 chan,
		      struct kddm_msg *msg, const void *data, u32 len);

/**
 * kddm_transport_full() - whether too much waits to be sent
 * @kn: the namespace
 * @chan: channel
 *
 * Context: any.
 * Return: true if what can wait, or fail, should not be queued now.
 */
bool kddm_transport_full(struct kddm_net *kn, u16 chan);

/**
 * kddm_kick() - send what is queued
 * @kn: the namespace
 * @chan: channel
 *
 * Context: may sleep (but does not wait for a peer); no locks held.
 */
void kddm_kick(struct kddm_net *kn, u16 chan);
/* The same for all channels. */
void kddm_kick_all(struct kddm_net *kn);

/**
 * struct kddm_waiter - a task that waits for what a message will bring
 * @task: the task
 * @done: the wait is over
 *
 * A completion for one waiter, on its stack.  It needs no lock: who ends the
 * wait sets @done and wakes the task by name, and nobody has to be woken if it
 * is the waiting task itself that has received the message, see kddm_wait().
 */
struct kddm_waiter {
	struct task_struct	*task;
	bool			done;
};

/* In the task that is going to wait, before others can see @w. */
static inline void kddm_waiter_init(struct kddm_waiter *w)
{
	w->task = current;
	w->done = false;
}

/* Is the wait over?  What was written before kddm_wake() is seen then. */
static inline bool kddm_waiter_done(const struct kddm_waiter *w)
{
	/* Pairs with kddm_wake(). */
	return smp_load_acquire(&w->done);
}

/**
 * kddm_wake() - end a wait, once
 * @w: the waiter; not to be touched afterwards
 *
 * Context: any; spin locks may be held.
 */
void kddm_wake(struct kddm_waiter *w);

/**
 * kddm_wait() - wait, and receive meanwhile
 * @kn: the namespace
 * @chan: the channel on which the message will come that ends the wait
 * @w: the waiter
 * @state: %TASK_KILLABLE or %TASK_INTERRUPTIBLE
 * @timeout: jiffies, or %MAX_SCHEDULE_TIMEOUT
 *
 * The caller may receive messages in place of the channel's thread, its own and
 * those of others.  The answer then finds the task that waits for it without a
 * detour; this saves one of three switches of tasks in a round trip.
 *
 * Context: may sleep; not from a callback of struct kddm_channel_ops.
 * Return: 0; -EINTR (killed, or a signal) or -ETIMEDOUT: then the caller has to
 * make sure that nobody ends the wait any more before it leaves @w.
 */
int kddm_wait(struct kddm_net *kn, u16 chan, struct kddm_waiter *w,
	      unsigned int state, long timeout);

/**
 * kddm_rx_missing() - what is still to be received of the present message
 * @kn: the namespace
 * @chan: channel
 *
 * Context: struct kddm_channel_ops.rx.
 * Return: bytes at the end of the body.
 */
u32 kddm_rx_missing(struct kddm_net *kn, u16 chan);

/**
 * kddm_rx_data() - copy data at the end of the present message
 * @kn: the namespace
 * @chan: channel
 * @to: where to, outside of the message, or @data: have it there as a whole
 * @data: inside the body, up to its end
 * @len: bytes
 *
 * What is missing is received to @to, so it can be asked for once.
 *
 * Context: struct kddm_channel_ops.rx; may sleep.
 */
void kddm_rx_data(struct kddm_net *kn, u16 chan, void *to, const void *data,
		  u32 len);

/**
 * kddm_transport_start() - open the sockets
 * @kn: the namespace
 * @extack: what went wrong, for humans
 *
 * Return: 0, -ENETDOWN (TIPC has no node address), -EAFNOSUPPORT (no TIPC),
 * -ENOMEM, or an error of TIPC.
 */
int kddm_transport_start(struct kddm_net *kn, struct netlink_ext_ack *extack);

/**
 * kddm_transport_listen() - start the receiving threads
 * @kn: the namespace; the layers above have said who takes what
 *
 * Return: 0 or -ENOMEM.  After an error, call kddm_transport_halt().
 */
int kddm_transport_listen(struct kddm_net *kn);

/**
 * kddm_transport_halt() - end the receiving threads
 * @kn: the namespace
 *
 * No callback of struct kddm_channel_ops comes any more from a thread.
 */
void kddm_transport_halt(struct kddm_net *kn);

/**
 * kddm_transport_stop() - free everything; no other call is under way
 * @kn: the namespace
 */
void kddm_transport_stop(struct kddm_net *kn);

/**
 * kddm_transport_set_ops() - say who takes a channel's messages
 * @kn: the namespace; before any node is met
 * @chan: channel
 * @ops: stays valid until kddm_transport_stop()
 */
void kddm_transport_set_ops(struct kddm_net *kn, u16 chan,
			    const struct kddm_channel_ops *ops);

/* For the membership layer alone. */
void kddm_transport_set_peer_ops(struct kddm_net *kn,
				 const struct kddm_peer_ops *ops);
/* Own TIPC address. */
u32 kddm_transport_addr(struct kddm_net *kn);
u32 kddm_transport_port(struct kddm_net *kn, u16 chan);
/* Publish or withdraw the own id as a service of TIPC, from channel 0. */
int kddm_transport_bind(struct kddm_net *kn, u32 type, bool publish);
/* Send a HELLO with @flags: 0, or -EAGAIN and the like. */
int kddm_transport_hello(struct kddm_net *kn, struct kddm_node *node,
			 u32 flags);
/* The session with @node has become up or down: look at what waits for it. */
void kddm_transport_wake(struct kddm_net *kn, struct kddm_node *node);
/*
 * The session with @node is over.  What it has received in it, of each channel,
 * is stored at @rcvd, and is final.
 */
void kddm_transport_part(struct kddm_net *kn, struct kddm_node *node,
			 u32 *rcvd);
/* A node of this @incarnation says what it has received in the last session. */
void kddm_transport_met(struct kddm_net *kn, u16 id, u32 incarnation,
			const struct kddm_hello *hello);
/* Make room for the windows of @peers nodes. */
void kddm_transport_room(struct kddm_net *kn, unsigned int peers);
/* Count and trace a drop. */
void kddm_drop(struct kddm_net *kn, u16 chan, u32 addr, u32 port, u32 len,
	       enum kddm_drop why);

#endif /* _NET_KDDM_TRANSPORT_H */
