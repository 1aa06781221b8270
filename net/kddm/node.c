// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nodes: what there is to know of them, and who is told when it changes.
 *
 * The sessions with them are member.c's business.
 */
#include <linux/bits.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <kunit/visibility.h>
#include "member.h"
#include "trace.h"

static BLOCKING_NOTIFIER_HEAD(add_chain);
static BLOCKING_NOTIFIER_HEAD(remove_chain);
static BLOCKING_NOTIFIER_HEAD(refusal_chain);

struct kddm_node *kddm_node_new(u16 id, u32 addr, u32 port, gfp_t gfp)
{
	struct kddm_node *node = kzalloc(sizeof(*node), gfp);
	int i;

	if (!node)
		return NULL;
	node->id = id;
	node->addr = addr;
	node->port[0] = port;
	for (i = 0; i < KDDM_CHANNELS; i++) {
		INIT_LIST_HEAD(&node->chan[i].sent);
		INIT_LIST_HEAD(&node->chan[i].backlog);
		INIT_LIST_HEAD(&node->chan[i].ready);
	}
	INIT_LIST_HEAD(&node->list);
	INIT_LIST_HEAD(&node->todo);
	INIT_LIST_HEAD(&node->bye);
	refcount_set(&node->ref, 1);
	return node;
}

int kddm_member_next(u8 state, bool up, bool possible, u8 *next)
{
	switch (state) {
	case KDDM_NODE_OFFLINE:
		if (!up)
			return -ENOENT;
		*next = KDDM_NODE_ONLINE;
		return KDDM_ADD_ONLINE;
	case KDDM_NODE_ONLINE:
		if (up && !possible)
			return -ENOENT;
		*next = up ? KDDM_NODE_POSSIBLE : KDDM_NODE_OFFLINE;
		return up ? KDDM_ADD_POSSIBLE : KDDM_REMOVE_ONLINE;
	case KDDM_NODE_POSSIBLE:
		if (up && possible)
			return -ENOENT;
		*next = KDDM_NODE_ONLINE;
		return KDDM_REMOVE_POSSIBLE;
	}
	return -ENOENT;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_member_next);

/* Notifiers */

void kddm_node_report(struct kddm_net *kn, const struct kddm_node *node,
		      u8 change)
{
	struct kddm_node_event ev = {
		.net = kn->net,
		.kn = kn,
		.id = node->id,
		.incarnation = node->incarnation,
		.change = change,
	};
	bool add = change == KDDM_ADD_ONLINE || change == KDDM_ADD_POSSIBLE;

	trace_kddm_node_change(&ev);
	if (kn->node_change && node->id != kn->self)
		kn->node_change(kn, &ev);
	blocking_notifier_call_chain(add ? &add_chain : &remove_chain, change,
				     &ev);
}

int kddm_register_add_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_register(&add_chain, nb);
}
EXPORT_SYMBOL_GPL(kddm_register_add_notifier);

int kddm_unregister_add_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_unregister(&add_chain, nb);
}
EXPORT_SYMBOL_GPL(kddm_unregister_add_notifier);

int kddm_register_remove_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_register(&remove_chain, nb);
}
EXPORT_SYMBOL_GPL(kddm_register_remove_notifier);

int kddm_unregister_remove_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_unregister(&remove_chain, nb);
}
EXPORT_SYMBOL_GPL(kddm_unregister_remove_notifier);

int kddm_register_refusal_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_register(&refusal_chain, nb);
}

int kddm_unregister_refusal_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_unregister(&refusal_chain, nb);
}

void kddm_node_refused(struct kddm_net *kn, u16 id, u32 addr, u8 why,
		       u8 version)
{
	struct kddm_refusal_event ev = {
		.kn = kn, .id = id, .addr = addr, .why = why,
		.version = version,
	};

	blocking_notifier_call_chain(&refusal_chain, why, &ev);
}

/* Clients */

static int client_add(struct notifier_block *nb, unsigned long action,
		      void *data)
{
	struct kddm_node_client *client;

	client = container_of(nb, struct kddm_node_client, add);
	client->change(client, data);
	return NOTIFY_DONE;
}

static int client_remove(struct notifier_block *nb, unsigned long action,
			 void *data)
{
	struct kddm_node_client *client;

	client = container_of(nb, struct kddm_node_client, remove);
	client->change(client, data);
	return NOTIFY_DONE;
}

int kddm_node_register(struct kddm_node_client *client)
{
	int rc;

	/* Not the rest of them, which may be in use if this is an error. */
	client->add.notifier_call = client_add;
	client->add.priority = client->priority;
	client->remove.notifier_call = client_remove;
	client->remove.priority = -client->priority;
	rc = blocking_notifier_chain_register(&add_chain, &client->add);
	if (rc)
		return rc;
	rc = blocking_notifier_chain_register(&remove_chain, &client->remove);
	if (rc)
		blocking_notifier_chain_unregister(&add_chain, &client->add);
	return rc;
}
EXPORT_SYMBOL_GPL(kddm_node_register);

void kddm_node_unregister(struct kddm_node_client *client)
{
	blocking_notifier_chain_unregister(&remove_chain, &client->remove);
	blocking_notifier_chain_unregister(&add_chain, &client->add);
}
EXPORT_SYMBOL_GPL(kddm_node_unregister);

/* Questions */

static u8 state_of(const struct kddm_node *node)
{
	u8 link = kddm_node_link(node);

	if (link != KDDM_LINK_HELLO && link != KDDM_LINK_UP)
		return KDDM_NODE_OFFLINE;
	return max_t(u8, READ_ONCE(node->state), KDDM_NODE_ONLINE);
}

enum kddm_node_state kddm_node_state(struct kddm_net *kn, u16 id)
{
	u8 state = KDDM_NODE_OFFLINE;
	struct kddm_node *node;

	rcu_read_lock();
	node = xa_load(&kn->nodes, id);
	if (node)
		state = state_of(node);
	rcu_read_unlock();
	return state;
}
EXPORT_SYMBOL_GPL(kddm_node_state);

u32 kddm_node_incarnation(struct kddm_net *kn, u16 id)
{
	struct kddm_node *node;
	u32 incarnation = 0;

	rcu_read_lock();
	node = xa_load(&kn->nodes, id);
	if (node && state_of(node) != KDDM_NODE_OFFLINE)
		incarnation = READ_ONCE(node->incarnation);
	rcu_read_unlock();
	return incarnation;
}
EXPORT_SYMBOL_GPL(kddm_node_incarnation);

struct kddm_node *kddm_node_next(struct kddm_net *kn, struct kddm_node *node)
{
	unsigned long id = node ? node->id + 1 : 0;

	if (node)
		kddm_node_put(node);
	rcu_read_lock();
	xa_for_each_start(&kn->nodes, id, node, id)
		if (refcount_inc_not_zero(&node->ref))
			break;
	rcu_read_unlock();
	return node;
}

int kddm_node_set(struct kddm_net *kn, enum kddm_node_state min, u64 *set)
{
	struct kddm_node *node;
	unsigned long id;
	int nr = 0;

	memset(set, 0, KDDM_MAX_NODES / 8);
	rcu_read_lock();
	xa_for_each(&kn->nodes, id, node) {
		if (state_of(node) < min)
			continue;
		set[id / 64] |= BIT_ULL(id % 64);
		nr++;
	}
	rcu_read_unlock();
	return nr;
}
EXPORT_SYMBOL_GPL(kddm_node_set);
