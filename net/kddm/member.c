// SPDX-License-Identifier: GPL-2.0-only
/*
 * Membership: from the publications that TIPC reports to sessions with nodes,
 * and from these to ordered transitions.  member.h has the roles, the handshake
 * and the locks.
 *
 * A publication (publication.c) is a struct kddm_node on member->nodes.  One of
 * each id, the first, is also in kn->nodes and has a session; another node that
 * publishes the same id is refused, and remembered in case the first goes.
 * What withdraws and publishes again, or has to begin a new session, gets a new
 * struct kddm_node.
 *
 * Three contexts change things: the topology thread (publications), the
 * receiving threads (HELLO, lost messages), and the worker (transitions, new
 * sessions).
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/netlink.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include "member_int.h"
#include "topology.h"
#include "transport.h"

#define HELLO_INTERVAL	HZ		/* between repeated HELLOs */
#define SETTLE_TIMEOUT	(5 * HZ)	/* for nodes that do not answer */

/* Nodes and sessions */

void kddm_member_todo(struct kddm_member *m, struct kddm_node *node)
{
	lockdep_assert_held(&m->lock);
	if (list_empty(&node->todo)) {
		refcount_inc(&node->ref);
		list_add_tail(&node->todo, &m->todo);
	}
	queue_work(m->wq, &m->work);
}

/*
 * Begin a session with a publication whose id has none.  Returns true if it
 * has begun; the caller then sends a HELLO.  On lack of memory, the repetition
 * of HELLOs tries again.
 */
static bool begin(struct kddm_member *m, struct kddm_node *node)
{
	const struct kddm_past *past = xa_load(&m->past, node->id);
	struct kddm_net *kn = m->kn;

	lockdep_assert_held(&m->lock);
	if (m->closing || !node->online || node->ended || node->link ||
	    xa_load(&kn->nodes, node->id))
		return false;
	if (!++m->sessions)
		m->sessions = 1;
	node->session = m->sessions;
	if (past)
		node->past = *past;
	refcount_inc(&node->ref);
	if (xa_err(xa_store(&kn->nodes, node->id, node, GFP_ATOMIC))) {
		refcount_dec(&node->ref);
		return false;
	}
	WRITE_ONCE(m->max_id, max(m->max_id, node->id));
	kddm_node_set_link(node, KDDM_LINK_NEW);
	/* It stays when they leave: their messages may still be there. */
	if (++m->peers > m->most_peers) {
		m->most_peers = m->peers;
		kddm_transport_room(kn, m->peers);
	}
	queue_delayed_work(m->wq, &m->hello, HELLO_INTERVAL);
	return true;
}

static struct kddm_node *begin_next(struct kddm_member *m)
{
	struct kddm_node *node;

	lockdep_assert_held(&m->lock);
	list_for_each_entry(node, &m->nodes, list) {
		if (begin(m, node)) {
			refcount_inc(&node->ref);
			return node;
		}
	}
	return NULL;
}

void kddm_member_begin(struct kddm_member *m)
{
	struct kddm_node *node;

	for (;;) {
		spin_lock(&m->lock);
		node = begin_next(m);
		spin_unlock(&m->lock);
		if (!node)
			return;
		kddm_transport_hello(m->kn, node, KDDM_HELLO_ANSWER);
		kddm_node_put(node);
	}
}

bool kddm_member_end(struct kddm_member *m, struct kddm_node *node,
		     bool forever)
{
	bool ended = false;

	spin_lock(&m->lock);
	if (forever && node->link != KDDM_LINK_DOWN)
		node->ended = true;
	if (node->link != KDDM_LINK_NONE && node->link != KDDM_LINK_DOWN) {
		kddm_node_set_link(node, KDDM_LINK_DOWN);
		m->peers--;
		ended = true;
	}
	spin_unlock(&m->lock);
	if (!ended)
		return false;
	/* Before the worker makes room for a new session. */
	if (m->kn->peer_down)
		m->kn->peer_down(m->kn, node->id);
	spin_lock(&m->lock);
	kddm_member_todo(m, node);
	spin_unlock(&m->lock);
	kddm_transport_wake(m->kn, node);
	return true;
}

void kddm_member_tell(struct kddm_member *m, struct kddm_node *node, u32 flags)
{
	if (!kddm_transport_hello(m->kn, node, flags))
		return;
	spin_lock(&m->lock);
	if (list_empty(&node->bye) && !m->closing) {
		refcount_inc(&node->ref);
		node->bye_flags = flags;
		list_add_tail(&node->bye, &m->byes);
		queue_delayed_work(m->wq, &m->hello, HELLO_INTERVAL);
	}
	spin_unlock(&m->lock);
}

/* Say good-bye once more where it has not gone through, or (@drop) do not. */
static void tell_byes(struct kddm_member *m, bool drop)
{
	struct kddm_node *node, *next;
	LIST_HEAD(byes);

	spin_lock(&m->lock);
	list_splice_init(&m->byes, &byes);
	spin_unlock(&m->lock);
	list_for_each_entry_safe(node, next, &byes, bye) {
		spin_lock(&m->lock);
		list_del_init(&node->bye);
		spin_unlock(&m->lock);
		if (!drop)
			kddm_member_tell(m, node, node->bye_flags);
		kddm_node_put(node);
	}
}

/* Transitions */

/* Hand out one transition; false if there is none. */
static bool advance(struct kddm_member *m, struct kddm_node *node)
{
	u8 next;
	bool up;
	int rc;

	spin_lock(&m->lock);
	/* What was up, however shortly, was used: both ends are told. */
	up = node->link == KDDM_LINK_UP ||
	     (node->met && node->state == KDDM_NODE_OFFLINE);
	rc = kddm_member_next(node->state, up, node->possible, &next);
	if (rc >= 0)
		WRITE_ONCE(node->state, next);
	if (rc == KDDM_ADD_ONLINE)
		node->met = false;
	spin_unlock(&m->lock);
	if (rc < 0)
		return false;
	kddm_node_report(m->kn, node, rc);
	return true;
}

/* Whether the session is over, and everyone knows. */
static bool is_over(struct kddm_member *m, struct kddm_node *node)
{
	bool over;

	spin_lock(&m->lock);
	over = node != m->self && node->link == KDDM_LINK_DOWN &&
	       node->state == KDDM_NODE_OFFLINE && !node->met;
	spin_unlock(&m->lock);
	return over;
}

/* What the node will be told, when it is met again, of the session. */
static void remember(struct kddm_member *m, struct kddm_node *node)
{
	struct kddm_past *past, now = {
		.session = node->peer_session,
		.incarnation = node->incarnation,
	};

	kddm_transport_part(m->kn, node, now.rcvd);
	if (!now.session)	/* it has never answered */
		return;
	past = xa_load(&m->past, node->id);
	if (!past) {
		past = kzalloc_obj(*past, GFP_KERNEL | __GFP_NOFAIL);
		xa_store(&m->past, node->id, past, GFP_KERNEL | __GFP_NOFAIL);
	}
	spin_lock(&m->lock);
	*past = now;
	spin_unlock(&m->lock);
}

/*
 * The session is over: free its place, and put a fresh publication in place of
 * the old one if it can be met again.
 */
static void clear_place(struct kddm_member *m, struct kddm_node *node)
{
	struct kddm_node *fresh;

	fresh = kddm_node_new(node->id, node->addr, node->port[0],
			      GFP_KERNEL | __GFP_NOFAIL);
	spin_lock(&m->lock);
	if (xa_load(&m->kn->nodes, node->id) == node)
		xa_erase(&m->kn->nodes, node->id);
	else
		node = NULL;
	if (node && (node->online || node->possible) && !m->closing) {
		fresh->online = node->online;
		fresh->possible = node->possible;
		fresh->ended = node->ended;
		fresh->misfit = node->misfit;
		list_replace_init(&node->list, &fresh->list);
		fresh = NULL;
	} else if (node) {
		list_del_init(&node->list);
	}
	spin_unlock(&m->lock);
	if (node) {
		kddm_node_put(node);	/* of the list */
		kddm_node_put(node);	/* of kn->nodes */
	}
	if (fresh)
		kddm_node_put(fresh);
}

static struct kddm_node *next_todo(struct kddm_member *m)
{
	struct kddm_node *node;

	spin_lock(&m->lock);
	node = list_first_entry_or_null(&m->todo, struct kddm_node, todo);
	if (node)
		list_del_init(&node->todo);
	m->busy = node;
	spin_unlock(&m->lock);
	return node;
}

static void member_work(struct work_struct *work)
{
	struct kddm_member *m = container_of(work, struct kddm_member, work);
	struct kddm_node *node;

	while ((node = next_todo(m))) {
		while (advance(m, node))
			;
		if (is_over(m, node)) {
			remember(m, node);
			clear_place(m, node);
			kddm_member_begin(m);
		}
		kddm_node_put(node);
	}
	wake_up_all(&m->settled);
}

/* Once more to all who have not answered. */
static void hello_work(struct work_struct *work)
{
	struct kddm_member *m = container_of(to_delayed_work(work),
					     struct kddm_member, hello);
	struct kddm_node *node = NULL;
	u8 link;

	kddm_member_begin(m);
	tell_byes(m, false);
	while ((node = kddm_node_next(m->kn, node))) {
		link = kddm_node_link(node);
		if (link == KDDM_LINK_NEW || link == KDDM_LINK_HELLO) {
			kddm_transport_hello(m->kn, node, KDDM_HELLO_ANSWER);
			queue_delayed_work(m->wq, &m->hello, HELLO_INTERVAL);
		}
	}
}

/* The end of all */

/* End all sessions, for good. */
static void end_all(struct kddm_member *m)
{
	struct kddm_node *node = NULL;

	while ((node = kddm_node_next(m->kn, node)))
		if (node != m->self)
			kddm_member_end(m, node, true);
}

bool kddm_member_withdraw(struct kddm_member *m)
{
	bool was;

	spin_lock(&m->lock);
	was = m->closing;
	m->closing = true;
	spin_unlock(&m->lock);
	if (was)
		return false;
	tell_byes(m, true);
	kddm_transport_bind(m->kn, KDDM_TIPC_POSSIBLE, false);
	kddm_transport_bind(m->kn, KDDM_TIPC_ONLINE, false);
	end_all(m);
	return true;
}

/* Life of the layer */

int kddm_member_init(struct kddm_net *kn)
{
	struct kddm_member *m;
	int i, rc = -ENOMEM;

	m = kzalloc_obj(*m);
	if (!m)
		return -ENOMEM;
	m->kn = kn;
	spin_lock_init(&m->lock);
	INIT_LIST_HEAD(&m->nodes);
	INIT_LIST_HEAD(&m->todo);
	INIT_LIST_HEAD(&m->byes);
	INIT_WORK(&m->work, member_work);
	INIT_DELAYED_WORK(&m->hello, hello_work);
	init_waitqueue_head(&m->settled);
	m->max_id = kn->self;
	xa_init(&m->past);
	m->wq = alloc_ordered_workqueue("kddm_member", 0);
	if (!m->wq)
		goto free;
	m->self = kddm_node_new(kn->self, kddm_transport_addr(kn), 0,
				GFP_KERNEL);
	if (!m->self)
		goto destroy;
	for (i = 0; i < KDDM_CHANNELS; i++)
		m->self->port[i] = kddm_transport_port(kn, i);
	m->self->incarnation = kn->incarnation;
	rc = xa_err(xa_store(&kn->nodes, kn->self, m->self, GFP_KERNEL));
	if (rc)
		goto put;
	kn->member = m;
	kddm_transport_set_peer_ops(kn, &kddm_hello_peer_ops);
	return 0;

put:
	kddm_node_put(m->self);
destroy:
	destroy_workqueue(m->wq);
free:
	kfree(m);
	return rc;
}

void kddm_member_exit(struct kddm_net *kn)
{
	struct kddm_member *m = kn->member;
	struct kddm_past *past;
	unsigned long id;

	xa_for_each(&m->past, id, past)
		kfree(past);
	xa_destroy(&m->past);
	xa_erase(&kn->nodes, kn->self);
	kddm_node_put(m->self);
	destroy_workqueue(m->wq);
	kn->member = NULL;
	kfree(m);
}

/* Change what the worker reports of the own node. */
static void set_self(struct kddm_member *m, enum kddm_link link, bool possible)
{
	spin_lock(&m->lock);
	kddm_node_set_link(m->self, link);
	m->self->possible = possible;
	kddm_member_todo(m, m->self);
	spin_unlock(&m->lock);
}

static bool is_settled(struct kddm_member *m)
{
	struct kddm_node *node;
	bool ok;

	spin_lock(&m->lock);
	ok = list_empty(&m->todo) && !m->busy;
	list_for_each_entry(node, &m->nodes, list) {
		if (node->link == KDDM_LINK_NEW ||
		    node->link == KDDM_LINK_HELLO)
			ok = false;
	}
	spin_unlock(&m->lock);
	return ok;
}

/*
 * A node with another quorum policy that stays while we go, or -1.  The one
 * goes that comes later, and of two that come at the same time the one with the
 * higher id.
 */
static int find_misfit(struct kddm_member *m, u8 *policy)
{
	struct kddm_node *node;
	int found = -1;

	spin_lock(&m->lock);
	list_for_each_entry(node, &m->nodes, list) {
		if (!node->misfit ||
		    (!node->possible && node->id > m->kn->self))
			continue;
		found = node->id;
		*policy = node->misfit - 1;
		break;
	}
	spin_unlock(&m->lock);
	return found;
}

/* Until all nodes in sight are met; those that do not answer do not count. */
static int settle(struct kddm_member *m, long timeout)
{
	u8 policy;

	if (wait_event_killable_timeout(m->settled, is_settled(m),
					timeout) < 0)
		return -EINTR;
	if (READ_ONCE(m->closing))
		return -EADDRINUSE;
	return find_misfit(m, &policy) < 0 ? 0 : -EPROTO;
}

static int look_for_rival(struct kddm_member *m)
{
	int rc;

	rc = kddm_topology_subscribe(m->topology, KDDM_TIPC_ONLINE,
				     m->kn->self, m->kn->self);
	if (!rc)
		rc = kddm_topology_sync(m->topology);
	if (!rc && READ_ONCE(m->rival))
		rc = -EADDRINUSE;
	return rc;
}

static int go_online(struct kddm_member *m)
{
	u32 max = KDDM_MAX_NODES - 1;
	int rc;

	rc = kddm_transport_bind(m->kn, KDDM_TIPC_ONLINE, true);
	if (rc)
		return rc;
	spin_lock(&m->lock);
	m->online = true;
	spin_unlock(&m->lock);
	set_self(m, KDDM_LINK_UP, false);
	rc = kddm_topology_subscribe(m->topology, KDDM_TIPC_ONLINE, 0, max);
	if (!rc)
		rc = kddm_topology_subscribe(m->topology, KDDM_TIPC_POSSIBLE,
					     0, max);
	if (!rc)
		rc = kddm_topology_sync(m->topology);
	return rc ?: settle(m, SETTLE_TIMEOUT);
}

static void tell_why(struct kddm_member *m, int rc,
		     struct netlink_ext_ack *extack)
{
	static const char * const name[] = {
		"auto", "majority", "tiebreak", "none"
	};
	u32 rival = READ_ONCE(m->rival);
	int misfit = -1;
	u8 policy = 0;

	if (rc == -EPROTO)
		misfit = find_misfit(m, &policy);
	if (misfit >= 0)
		NL_SET_ERR_MSG_FMT(extack,
				   "node %d has quorum policy %s, not %s",
				   misfit, name[policy & 3],
				   name[m->kn->quorum & 3]);
	if (rc == -EADDRINUSE && rival)
		NL_SET_ERR_MSG_FMT(extack, "node id %u is in use by %x",
				   m->kn->self, rival);
	else if (rc == -EADDRINUSE)
		NL_SET_ERR_MSG(extack,
			       "put out of the cluster while it started");
}

int kddm_member_start(struct kddm_net *kn, struct netlink_ext_ack *extack)
{
	struct kddm_member *m = kn->member;
	struct kddm_topology *t;
	int rc;

	t = kddm_topology_open(kn, &kddm_publication_ops);
	if (IS_ERR(t)) {
		NL_SET_ERR_MSG(extack, "cannot reach TIPC's topology server");
		return PTR_ERR(t);
	}
	m->topology = t;
	rc = look_for_rival(m);
	if (!rc)
		rc = go_online(m);
	tell_why(m, rc, extack);
	return rc;
}

int kddm_member_announce(struct kddm_net *kn, struct netlink_ext_ack *extack)
{
	struct kddm_member *m = kn->member;
	int rc;

	rc = settle(m, SETTLE_TIMEOUT / 5);
	tell_why(m, rc, extack);
	if (rc)
		return rc;
	return kddm_transport_bind(kn, KDDM_TIPC_POSSIBLE, true);
}

void kddm_member_announced(struct kddm_net *kn)
{
	set_self(kn->member, KDDM_LINK_UP, true);
	flush_work(&kn->member->work);
}

void kddm_member_retire(struct kddm_net *kn)
{
	struct kddm_member *m = kn->member;

	kddm_transport_bind(kn, KDDM_TIPC_POSSIBLE, false);
	set_self(m, KDDM_LINK_UP, false);
	flush_work(&m->work);
}

void kddm_member_stop(struct kddm_net *kn)
{
	struct kddm_member *m = kn->member;
	struct kddm_node *node, *next;
	LIST_HEAD(nodes);

	kddm_member_withdraw(m);
	kddm_topology_close(m->topology);
	m->topology = NULL;
	cancel_delayed_work_sync(&m->hello);
	end_all(m);
	set_self(m, KDDM_LINK_DOWN, false);
	flush_work(&m->work);
	/* The worker has cleared all places; what is left has none. */
	spin_lock(&m->lock);
	list_splice_init(&m->nodes, &nodes);
	spin_unlock(&m->lock);
	list_for_each_entry_safe(node, next, &nodes, list) {
		list_del_init(&node->list);
		kddm_node_put(node);
	}
}

/* Has the worker come so far?  It may be just telling it. */
static bool has_come(struct kddm_member *m, u16 id, u32 incarnation, u8 change)
{
	u8 state = KDDM_NODE_OFFLINE;
	struct kddm_node *node;

	spin_lock(&m->lock);
	node = xa_load(&m->kn->nodes, id);
	if (node && node->incarnation == incarnation)
		state = node->state;
	spin_unlock(&m->lock);
	switch (change) {
	case KDDM_ADD_ONLINE:
		return state >= KDDM_NODE_ONLINE;
	case KDDM_ADD_POSSIBLE:
		return state >= KDDM_NODE_POSSIBLE;
	case KDDM_REMOVE_POSSIBLE:
		return state <= KDDM_NODE_ONLINE;
	default:
		return state == KDDM_NODE_OFFLINE;
	}
}

bool kddm_member_told(struct kddm_net *kn, u16 id, u32 incarnation, u8 change)
{
	if (!has_come(kn->member, id, incarnation, change))
		return false;
	flush_work(&kn->member->work);
	return true;
}

u16 kddm_node_max_id(struct kddm_net *kn)
{
	return READ_ONCE(kn->member->max_id);
}
