/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nodes that come and go, for clients.
 *
 * Clients include <linux/kddm.h>.
 */
#ifndef _LINUX_KDDM_NODE_H
#define _LINUX_KDDM_NODE_H

#include <linux/notifier.h>
#include <linux/types.h>

struct kddm_net;
struct net;

/**
 * enum kddm_node_change - the transitions that are told
 * @KDDM_ADD_ONLINE: offline to online: it can be called
 * @KDDM_ADD_POSSIBLE: online to possible: it serves sets
 * @KDDM_REMOVE_POSSIBLE: possible to online
 * @KDDM_REMOVE_ONLINE: online to offline
 */
enum kddm_node_change {
	KDDM_ADD_ONLINE,
	KDDM_ADD_POSSIBLE,
	KDDM_REMOVE_POSSIBLE,
	KDDM_REMOVE_ONLINE
};

/**
 * struct kddm_node_event - a transition
 * @net: the namespace whose node saw it
 * @kn: the same, for KDDM itself
 * @id: the node, which may be the own one
 * @incarnation: of that node
 * @change: enum kddm_node_change
 */
struct kddm_node_event {
	struct net	*net;
	struct kddm_net	*kn;
	u16		id;
	u32		incarnation;
	u8		change;
};

/**
 * struct kddm_node_client - who is told
 * @change: a node has come or gone.  Context: a worker of the node that saw it,
 *	which tells one transition after the other; may sleep, and call
 *	services, but must not start or stop a node, wait for another
 *	transition, or call kddm_node_barrier()
 * @priority: of a node that comes, those with a higher number hear first; of
 *	one that goes, last.  So what others build on is there as long as they
 * @add: used by KDDM
 * @remove: used by KDDM
 *
 * A node is never offline from possible directly, nor possible from offline.
 */
struct kddm_node_client {
	void			(*change)(struct kddm_node_client *client,
					  const struct kddm_node_event *ev);
	int			priority;
	struct notifier_block	add;
	struct notifier_block	remove;
};

/**
 * kddm_node_register() - be told of transitions from now on
 * @client: in all namespaces; stays until unregistered
 *
 * Context: may sleep.
 * Return: 0, or -EEXIST (it is registered).
 */
int kddm_node_register(struct kddm_node_client *client);

/**
 * kddm_node_unregister() - be told no more
 * @client: registered; @client->change does not run when this returns
 *
 * Context: may sleep; not from @client->change.
 */
void kddm_node_unregister(struct kddm_node_client *client);

/**
 * kddm_node_barrier() - wait until all have reacted to a transition
 * @net: the namespace
 * @ev: the transition
 * @timeout: jiffies
 *
 * Returns when all clients on all possible nodes have been told of @ev, or of a
 * later transition in the same direction, and have returned.  A node that came
 * and has gone again is waited for in vain: wait for its removal instead.
 *
 * Context: may sleep; a fatal signal ends it.  Not from
 * &kddm_node_client.change.
 * Return: 0, -ENOTCONN (the namespace is not a running node, or stops),
 * -ETIMEDOUT, -EINTR, -ENOMEM.  Another node that goes meanwhile does not
 * count; one that is about to is waited for, since its stop may fail.
 */
int kddm_node_barrier(struct net *net, const struct kddm_node_event *ev,
		      long timeout);

#endif /* _LINUX_KDDM_NODE_H */
