/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection to TIPC's topology server, which reports who publishes the
 * services of membership.
 */
#ifndef _NET_KDDM_TOPOLOGY_H
#define _NET_KDDM_TOPOLOGY_H

#include <linux/types.h>

struct kddm_net;
struct kddm_topology;

/**
 * struct kddm_topology_ops - what the membership layer does with the reports
 * @event: node id @id is published (@up) or no longer published under @type,
 *	by the socket @addr:@port
 * @list: from here to @listed everything that is published is reported once
 *	more, as far as the server has memory for that
 * @listed: the end of that; it can be missing
 * @lost: the server cannot be reached any more; no event comes
 *
 * An event that the server had no memory for is missing, unless a list has it
 * later.
 */
struct kddm_topology_ops {
	void (*event)(struct kddm_net *kn, u32 type, bool up, u32 id, u32 addr,
		      u32 port);
	void (*list)(struct kddm_net *kn);
	void (*listed)(struct kddm_net *kn);
	void (*lost)(struct kddm_net *kn);
};

/**
 * kddm_topology_open() - connect to the topology server
 * @kn: the namespace
 * @ops: called by a thread of the connection; may sleep
 *
 * Return: the connection, or an ERR_PTR().
 */
struct kddm_topology *kddm_topology_open(struct kddm_net *kn,
					 const struct kddm_topology_ops *ops);

/**
 * kddm_topology_subscribe() - ask for events
 * @t: the connection
 * @type: service type
 * @lower: lowest instance
 * @upper: highest instance
 *
 * Return: 0 or an error of TIPC.
 */
int kddm_topology_subscribe(struct kddm_topology *t, u32 type, u32 lower,
			    u32 upper);

/**
 * kddm_topology_sync() - wait for what the server knows already
 * @t: the connection
 *
 * When it returns, there has been an event for everything that was published
 * before the subscriptions were made, as far as the server had memory for it.
 *
 * Return: 0, -EINTR (killed), -ETIMEDOUT, or an error of TIPC.
 */
int kddm_topology_sync(struct kddm_topology *t);

/**
 * kddm_topology_close() - disconnect and free
 * @t: the connection; may be NULL
 */
void kddm_topology_close(struct kddm_topology *t);

#endif /* _NET_KDDM_TOPOLOGY_H */
