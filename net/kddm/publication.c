// SPDX-License-Identifier: GPL-2.0-only
/*
 * Membership: what TIPC's topology server reports of the publications of nodes.
 *
 * It reports each once, when it comes and when it goes, and if it has no memory
 * for that it does not report it.  So it is asked from time to time for all
 * there are.  What was missed at its beginning is seen then.  What was missed
 * at its end is not in the list; but neither is what fails to be reported this
 * time, so it has to be missing in a few of them.
 *
 * All of it runs in the topology thread.
 */
#include <linux/list.h>
#include <linux/printk.h>
#include "member_int.h"
#include "topology.h"
#include "transport.h"

#define LISTS_MISSED	6	/* lists in a row that do not have it */

static struct kddm_node *publication(struct kddm_member *m, u16 id, u32 addr,
				     u32 port)
{
	struct kddm_node *node;

	lockdep_assert_held(&m->lock);
	list_for_each_entry(node, &m->nodes, list) {
		if (node->id == id && node->addr == addr &&
		    node->port[0] == port)
			return node;
	}
	return NULL;
}

/*
 * Another node publishes our id.  A node that starts gives way; of two that
 * have started where they could not see each other, the one with the lower
 * TIPC address stays.
 */
static void rival(struct kddm_member *m, bool up, u32 addr, u32 port)
{
	bool lost, news;

	spin_lock(&m->lock);
	news = up && m->rival != addr;
	if (up)
		m->rival = addr;
	else if (m->rival == addr)
		m->rival = 0;
	lost = up && m->online && addr < kddm_transport_addr(m->kn);
	spin_unlock(&m->lock);
	if (news) {
		kddm_drop(m->kn, 0, addr, port, 0, KDDM_DROP_REFUSED);
		kddm_node_refused(m->kn, m->kn->self, addr, KDDM_REFUSE_ID, 0);
	}
	if (lost && kddm_member_withdraw(m)) {
		pr_err("kddm: node %u: the id is in use by %x too, leaving the cluster\n",
		       m->kn->self, addr);
		WRITE_ONCE(m->kn->expelled, true);
	}
}

static bool has_place(struct kddm_member *m, u16 id)
{
	struct kddm_node *node;

	lockdep_assert_held(&m->lock);
	node = xa_load(&m->kn->nodes, id);
	return node && node->link != KDDM_LINK_DOWN;
}

/*
 * A publication is there.  Returns whether it is a new one of a node whose id
 * has a session.
 */
static bool note(struct kddm_member *m, struct kddm_node *node, u32 type)
{
	bool duplicate = false;

	lockdep_assert_held(&m->lock);
	if (type == KDDM_TIPC_ONLINE) {
		node->seen_online = true;
		node->missed_online = 0;
		if (node->online)
			return false;
		duplicate = !node->link && has_place(m, node->id);
		node->online = true;
		node->ended = false;
	} else {
		node->seen_possible = true;
		node->missed_possible = 0;
		if (node->possible)
			return false;
		node->possible = true;
		if (node->link == KDDM_LINK_UP)
			kddm_member_todo(m, node);
	}
	return duplicate;
}

/* A publication, the first of a node or another, or once more. */
static void published(struct kddm_member *m, u32 type, u16 id, u32 addr,
		      u32 port)
{
	struct kddm_node *node;
	bool duplicate;

	spin_lock(&m->lock);
	node = publication(m, id, addr, port);
	if (!node) {
		/* Nobody else adds one meanwhile. */
		spin_unlock(&m->lock);
		node = kddm_node_new(id, addr, port,
				     GFP_KERNEL | __GFP_NOFAIL);
		spin_lock(&m->lock);
		list_add_tail(&node->list, &m->nodes);
	}
	duplicate = note(m, node, type);
	spin_unlock(&m->lock);
	if (duplicate) {
		kddm_drop(m->kn, 0, addr, port, 0, KDDM_DROP_REFUSED);
		pr_notice_ratelimited("kddm: node %u: id %u is in use, refusing it to %x\n",
				      m->kn->self, id, addr);
		kddm_node_refused(m->kn, id, addr, KDDM_REFUSE_ID, 0);
	}
	kddm_member_begin(m);
}

static void withdrawn(struct kddm_member *m, u32 type, u16 id, u32 addr,
		      u32 port)
{
	struct kddm_node *node;
	bool gone = false;

	spin_lock(&m->lock);
	node = publication(m, id, addr, port);
	if (!node) {
		spin_unlock(&m->lock);
		return;
	}
	refcount_inc(&node->ref);
	if (type == KDDM_TIPC_ONLINE) {
		node->online = false;
	} else {
		node->possible = false;
		if (node->link == KDDM_LINK_UP)
			kddm_member_todo(m, node);
	}
	if (!node->online && !node->possible && !node->link) {
		list_del_init(&node->list);
		gone = true;
	}
	spin_unlock(&m->lock);
	if (type == KDDM_TIPC_ONLINE)
		kddm_member_end(m, node, false);
	if (gone)
		kddm_node_put(node);
	kddm_node_put(node);
}

/* Something that must have ended without a report: its type, or 0. */
static u32 find_missed(struct kddm_member *m, struct kddm_node **found)
{
	struct kddm_node *node;

	lockdep_assert_held(&m->lock);
	list_for_each_entry(node, &m->nodes, list) {
		*found = node;
		if (node->online && node->missed_online >= LISTS_MISSED)
			return KDDM_TIPC_ONLINE;
		if (node->possible && node->missed_possible >= LISTS_MISSED)
			return KDDM_TIPC_POSSIBLE;
	}
	return 0;
}

static void end_missed(struct kddm_member *m)
{
	struct kddm_node *node;
	u32 type, addr, port;
	u16 id;

	for (;;) {
		spin_lock(&m->lock);
		type = find_missed(m, &node);
		if (type) {
			id = node->id;
			addr = node->addr;
			port = node->port[0];
		}
		spin_unlock(&m->lock);
		if (!type)
			return;
		withdrawn(m, type, id, addr, port);
	}
}

/* The port by which a TIPC node published the id before @port, or 0. */
static u32 former_port(struct kddm_member *m, u16 id, u32 addr, u32 port)
{
	struct kddm_node *node;
	u32 former = 0;

	spin_lock(&m->lock);
	list_for_each_entry(node, &m->nodes, list) {
		if (node->id == id && node->addr == addr &&
		    node->port[0] != port && (node->online || node->possible))
			former = node->port[0];
	}
	spin_unlock(&m->lock);
	return former;
}

/* One KDDM is on a TIPC node: if it has begun anew, the old one is gone. */
static void end_former(struct kddm_member *m, u16 id, u32 addr, u32 port)
{
	u32 former;

	while ((former = former_port(m, id, addr, port))) {
		withdrawn(m, KDDM_TIPC_ONLINE, id, addr, former);
		withdrawn(m, KDDM_TIPC_POSSIBLE, id, addr, former);
	}
}

static void topology_event(struct kddm_net *kn, u32 type, bool up, u32 id,
			   u32 addr, u32 port)
{
	struct kddm_member *m = kn->member;

	if (addr == kddm_transport_addr(kn) &&
	    port == kddm_transport_port(kn, 0))
		return;
	if (id >= KDDM_MAX_NODES)
		return;
	if (id == kn->self) {
		if (type == KDDM_TIPC_ONLINE)
			rival(m, up, addr, port);
		return;
	}
	if (up) {
		end_former(m, id, addr, port);
		published(m, type, id, addr, port);
	} else {
		withdrawn(m, type, id, addr, port);
	}
}

static void topology_list(struct kddm_net *kn)
{
	struct kddm_member *m = kn->member;
	struct kddm_node *node;

	spin_lock(&m->lock);
	list_for_each_entry(node, &m->nodes, list) {
		node->seen_online = false;
		node->seen_possible = false;
	}
	spin_unlock(&m->lock);
}

static void topology_listed(struct kddm_net *kn)
{
	struct kddm_member *m = kn->member;
	struct kddm_node *node;

	spin_lock(&m->lock);
	list_for_each_entry(node, &m->nodes, list) {
		node->missed_online += node->online && !node->seen_online;
		node->missed_possible += node->possible && !node->seen_possible;
	}
	spin_unlock(&m->lock);
	end_missed(m);
}

static void topology_lost(struct kddm_net *kn)
{
	if (!kddm_member_withdraw(kn->member))
		return;
	pr_err("kddm: node %u: TIPC's topology server is gone, leaving the cluster\n",
	       kn->self);
	WRITE_ONCE(kn->expelled, true);
}

const struct kddm_topology_ops kddm_publication_ops = {
	.event	= topology_event,
	.list	= topology_list,
	.listed	= topology_listed,
	.lost	= topology_lost,
};
