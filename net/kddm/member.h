/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Membership: which nodes there are, and in which state.
 *
 * A node that has its transport up publishes the TIPC service KDDM_TIPC_ONLINE,
 * and KDDM_TIPC_POSSIBLE once it can serve sets; instance is the node id.  Both
 * types are reserved (below TIPC_RESERVED_TYPES), so that only a kernel can
 * publish them.  The topology server of TIPC reports publications and
 * withdrawals; there are no state messages of our own, but one: HELLO.
 *
 * HELLO
 * -----
 *
 * Publications travel on another link of TIPC than messages, with no order
 * between the two, so two nodes learn of each other at different times.  Each
 * sends a HELLO when it sees the other's publication; a HELLO from an address
 * not (yet) published is dropped.  The side that sees the publication last gets
 * through, is answered, and answers in turn: the handshake has three ways.
 *
 * From a peer's HELLO on, we accept its messages.  We send it messages when a
 * HELLO of its shows that it has had ours (it repeats our incarnation and
 * session), or when it sends us a message itself, which shows the same.  What
 * is sent to a node whose handshake is under way waits in its backlog.  So no
 * message between nodes that see each other is lost.
 *
 * Each meeting of two nodes is a session, numbered by either side.  It ends
 * when TIPC withdraws the publication, when a message was lost, or when the
 * peer begins another one (it lost sight of us, we not of it).
 *
 * States
 * ------
 *
 * A single ordered worker hands out the transitions, one step at a time:
 * offline -> online -> possible and back, never offline from possible directly,
 * even if TIPC reports the two withdrawals the other way round.  It may lag
 * behind: a node can be sent to, and is in kddm_node_set(), from the moment its
 * handshake is done, and cannot be sent to from the moment its session ends.
 *
 * Locks
 * -----
 *
 * kn->lock (start and stop) is outermost.  member->lock (spin lock) protects
 * the list of publications, the queue of the worker, and the membership part
 * of struct kddm_node; the xarray lock of kn->nodes and a channel's lock nest
 * inside it.  Notifiers, hooks and sends happen outside.
 */
#ifndef _NET_KDDM_MEMBER_H
#define _NET_KDDM_MEMBER_H

#include <linux/kddm_node.h>
#include <linux/list.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include "main.h"

#define KDDM_TIPC_ONLINE	24
#define KDDM_TIPC_POSSIBLE	25

enum kddm_node_state {
	KDDM_NODE_OFFLINE,
	KDDM_NODE_ONLINE,
	KDDM_NODE_POSSIBLE
};

/**
 * enum kddm_link - how far the session with a node is
 * @KDDM_LINK_NONE: a publication that has no session (another of the same id
 *	has it, or the last one ended and will not begin again)
 * @KDDM_LINK_NEW: the node is published; messages to it wait
 * @KDDM_LINK_HELLO: it has said HELLO: its messages are accepted
 * @KDDM_LINK_UP: it has had our HELLO too: messages to it are sent
 * @KDDM_LINK_DOWN: ended; nothing goes or comes
 */
enum kddm_link {
	KDDM_LINK_NONE,
	KDDM_LINK_NEW,
	KDDM_LINK_HELLO,
	KDDM_LINK_UP,
	KDDM_LINK_DOWN
};

/**
 * struct kddm_peer_chan - one channel to one peer
 * @seq: last number sent; written by the drainer
 * @rcvd: last number received in order; written by the receiving thread under
 *	the channel's lock
 * @acked: highest of our numbers that the peer has confirmed; written by the
 *	receiving thread under the channel's lock
 * @confirmed: the @rcvd that we last told the peer; written by the drainer
 * @waiting: the drainer waits for credit; under the channel's lock
 * @parted: the session has ended, and @rcvd is final; under the channel's lock
 * @owed: something came some time ago, and has not been confirmed
 * @sent: messages that are kept until they are confirmed; the same
 * @backlog: messages that wait for credit, for the handshake, or for TIPC's
 *	congestion to end; the drainer's
 * @bytes: in @backlog; the drainer's
 * @ready: place in the channel's list of peers that the drainer should look at
 */
struct kddm_peer_chan {
	u32			seq;
	u32			rcvd;
	u32			acked;
	u32			confirmed;
	bool			waiting;
	bool			parted;
	bool			owed;
	struct list_head	sent;
	struct list_head	backlog;
	size_t			bytes;
	struct list_head	ready;
};

/**
 * struct kddm_past - what a node is told of the last session that has ended
 * @session: its number for it, 0: there was none
 * @incarnation: its incarnation then
 * @rcvd: last number received from it in order, on each channel
 */
struct kddm_past {
	u16	session;
	u32	incarnation;
	u32	rcvd[KDDM_CHANNELS];
};

/**
 * struct kddm_node - a publication of a node, and our session with it
 * @id: node id
 * @state: enum kddm_node_state, as the notifiers know it; written by the worker
 * @link: enum kddm_link; written under the member lock
 * @addr: TIPC node address
 * @port: TIPC ports of its channels; the first from the publication, the
 *	others from HELLO
 * @incarnation: from HELLO
 * @session: our number for this meeting
 * @peer_session: the node's number for it, from HELLO
 * @past: of the session before; does not change once this one has begun
 * @tx: messages sent
 * @rx: messages accepted
 * @tx_bytes: bytes in the messages sent, headers included
 * @rx_bytes: bytes in those accepted
 * @rtt: smoothed time of a round trip in ns, 0: not known; see control.h
 * @requests: RPC requests of this node that are not yet answered
 * @chan: state of each channel
 * @online: it publishes ONLINE; member lock
 * @possible: it publishes POSSIBLE; member lock
 * @ended: not to be met again before the publication is withdrawn; member lock
 * @met: the session was up, and the worker has not told so yet; member lock
 * @misfit: its quorum policy plus 1, if it is not ours
 * @seen_online: the list of what is published that is under way has it as
 *	ONLINE; member lock
 * @seen_possible: the same of POSSIBLE; member lock
 * @missed_online: how many lists in a row have not had it as ONLINE; member
 *	lock
 * @missed_possible: the same of POSSIBLE; member lock
 * @list: place among all publications; member lock
 * @todo: place in the worker's queue; member lock
 * @bye: place among those who have to be told that they were refused or lost;
 *	member lock
 * @bye_flags: what they are told, KDDM_HELLO_*
 * @ref: one for @list, one for kn->nodes, one for each user
 * @rcu: for freeing
 */
struct kddm_node {
	u16			id;
	u8			state;
	u8			link;
	u32			addr;
	u32			port[KDDM_CHANNELS];
	u32			incarnation;
	u16			session;
	u16			peer_session;
	struct kddm_past	past;
	atomic64_t		tx;
	atomic64_t		rx;
	atomic64_t		tx_bytes;
	atomic64_t		rx_bytes;
	u32			rtt;
	atomic_t		requests;
	struct kddm_peer_chan	chan[KDDM_CHANNELS];
	bool			online;
	bool			possible;
	bool			ended;
	bool			met;
	u8			misfit;
	bool			seen_online;
	bool			seen_possible;
	u8			missed_online;
	u8			missed_possible;
	struct list_head	list;
	struct list_head	todo;
	struct list_head	bye;
	u32			bye_flags;
	refcount_t		ref;
	struct rcu_head		rcu;
};

/* The node with id @id and a reference, or NULL. */
static inline struct kddm_node *kddm_node_get(struct kddm_net *kn, u16 id)
{
	struct kddm_node *node;

	rcu_read_lock();
	node = xa_load(&kn->nodes, id);
	if (node && !refcount_inc_not_zero(&node->ref))
		node = NULL;
	rcu_read_unlock();
	return node;
}

static inline void kddm_node_put(struct kddm_node *node)
{
	if (refcount_dec_and_test(&node->ref))
		kfree_rcu(node, rcu);
}

/*
 * The node behind @node, or the first if that is NULL, with a reference, for
 * which that of @node is given back; NULL behind the last.
 */
struct kddm_node *kddm_node_next(struct kddm_net *kn, struct kddm_node *node);

/* For member.c: a publication, with one reference. */
struct kddm_node *kddm_node_new(u16 id, u32 addr, u32 port, gfp_t gfp);
/* For member.c: tell the hook and the notifiers of enum kddm_node_change. */
void kddm_node_report(struct kddm_net *kn, const struct kddm_node *node,
		      u8 change);

/* What the session is; what was written before it, is seen after. */
static inline u8 kddm_node_link(const struct kddm_node *node)
{
	/* Pairs with kddm_node_set_link(). */
	return smp_load_acquire(&node->link);
}

/**
 * kddm_member_init() - make the membership layer; nothing is published
 * @kn: the namespace, with transport up and own id set
 *
 * Return: 0 or -ENOMEM.
 */
int kddm_member_init(struct kddm_net *kn);

/**
 * kddm_member_start() - become online
 * @kn: the namespace; the layers above take messages already
 * @extack: what went wrong, for humans
 *
 * Returns when all nodes that TIPC knows have been met, or have not answered
 * for some seconds.  After an error, call kddm_member_stop() as well.
 *
 * Return: 0, -EADDRINUSE (the id is another node's), -EPROTO (another node is
 * set to another quorum policy), -EINTR, -ENOMEM, or an error of TIPC.
 */
int kddm_member_start(struct kddm_net *kn, struct netlink_ext_ack *extack);

/**
 * kddm_member_announce() - publish POSSIBLE
 * @kn: the namespace
 * @extack: what went wrong, for humans
 *
 * Waits, for some seconds at most, until all nodes that are in sight have been
 * met, so that they know us before others tell them of us.
 *
 * Return: 0, -EINTR, -EADDRINUSE, -EPROTO, or an error of TIPC.
 */
int kddm_member_announce(struct kddm_net *kn, struct netlink_ext_ack *extack);

/**
 * kddm_member_announced() - let the notifiers know that we are possible
 * @kn: the namespace; its clients can use it by now
 */
void kddm_member_announced(struct kddm_net *kn);

/**
 * kddm_member_retire() - withdraw POSSIBLE
 * @kn: the namespace
 */
void kddm_member_retire(struct kddm_net *kn);

/**
 * kddm_member_stop() - leave: withdraw ONLINE, end all sessions
 * @kn: the namespace
 *
 * All notifiers have been called when this returns, and no more will be.
 */
void kddm_member_stop(struct kddm_net *kn);

/**
 * kddm_member_exit() - free what kddm_member_init() made
 * @kn: the namespace; its receiving threads are gone
 */
void kddm_member_exit(struct kddm_net *kn);

/**
 * kddm_member_set_hook() - let the layer above know of transitions
 * @kn: the namespace
 * @hook: called by the ordered worker for each transition of another node,
 *	before the notifier chains; may sleep
 */
static inline void
kddm_member_set_hook(struct kddm_net *kn,
		     void (*hook)(struct kddm_net *kn,
				  const struct kddm_node_event *ev))
{
	kn->node_change = hook;
}

/**
 * kddm_node_state() - the state of a node
 * @kn: the namespace
 * @id: node id, may be the own one
 *
 * A node from which messages are accepted is at least online, even while the
 * notifiers have not been told.  Publications and messages travel separately:
 * a node may be possible in the eyes of another before it is in ours.
 *
 * Return: the state; offline for an unknown node.
 */
enum kddm_node_state kddm_node_state(struct kddm_net *kn, u16 id);

/**
 * kddm_node_incarnation() - the incarnation of a node
 * @kn: the namespace
 * @id: node id
 *
 * Return: the incarnation, or 0 if the node is offline.
 */
u32 kddm_node_incarnation(struct kddm_net *kn, u16 id);

/**
 * kddm_node_set() - the nodes that are at least in a state
 * @kn: the namespace
 * @min: the state
 * @set: where to, KDDM_MAX_NODES / 64 words; the own node is included
 *
 * Return: number of nodes in the set.
 */
int kddm_node_set(struct kddm_net *kn, enum kddm_node_state min, u64 *set);

/**
 * kddm_node_max_id() - the highest node id seen since the start
 * @kn: the namespace
 *
 * Return: the id.
 */
u16 kddm_node_max_id(struct kddm_net *kn);

/**
 * kddm_member_next() - the next transition of a node; pure
 * @state: enum kddm_node_state that the last transition led to
 * @up: there is a session with the node
 * @possible: the node publishes POSSIBLE
 * @next: where to store the state behind the transition
 *
 * Return: enum kddm_node_change, or -ENOENT if there is nothing to do.
 */
int kddm_member_next(u8 state, bool up, bool possible, u8 *next);

/**
 * kddm_member_told() - whether all clients here know of a transition
 * @kn: the namespace
 * @id: node id
 * @incarnation: of that node
 * @change: enum kddm_node_change
 *
 * A later transition of the node will do as well.
 *
 * Context: may sleep, as long as clients that are just being told take.
 * Return: true if so; they have returned.
 */
bool kddm_member_told(struct kddm_net *kn, u16 id, u32 incarnation, u8 change);

/**
 * enum kddm_refusal_why - why a node is refused
 * @KDDM_REFUSE_CLUSTER: it is of another cluster
 * @KDDM_REFUSE_QUORUM: it is set to another quorum policy
 * @KDDM_REFUSE_LOST: a message was lost
 * @KDDM_REFUSE_ID: another node has its id
 * @KDDM_REFUSE_VERSION: it speaks another protocol version
 */
enum kddm_refusal_why {
	KDDM_REFUSE_CLUSTER,
	KDDM_REFUSE_QUORUM,
	KDDM_REFUSE_LOST,
	KDDM_REFUSE_ID,
	KDDM_REFUSE_VERSION
};

/**
 * struct kddm_refusal_event - what notifiers of refusals get
 * @kn: the namespace that refuses
 * @id: the node
 * @addr: its TIPC address
 * @why: enum kddm_refusal_why
 * @version: of the protocol, if that is why
 */
struct kddm_refusal_event {
	struct kddm_net	*kn;
	u16		id;
	u32		addr;
	u8		why;
	u8		version;
};

/*
 * Told of each publication that is refused, with a struct kddm_refusal_event;
 * may sleep.
 */
int kddm_register_refusal_notifier(struct notifier_block *nb);
int kddm_unregister_refusal_notifier(struct notifier_block *nb);
/* For the membership layer. */
void kddm_node_refused(struct kddm_net *kn, u16 id, u32 addr, u8 why,
		       u8 version);

/*
 * Notifiers of KDDM itself, for all namespaces; clients have
 * linux/kddm_node.h.  The action is the transition, @data is struct
 * kddm_node_event.  The own node's transitions are reported too.  Called by an
 * ordered worker per namespace; they may sleep, but must not start or stop
 * KDDM, or wait for another transition.  Return: as the notifier chain's
 * functions.
 */
int kddm_register_add_notifier(struct notifier_block *nb);
int kddm_unregister_add_notifier(struct notifier_block *nb);
int kddm_register_remove_notifier(struct notifier_block *nb);
int kddm_unregister_remove_notifier(struct notifier_block *nb);

#endif /* _NET_KDDM_MEMBER_H */
