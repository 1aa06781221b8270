/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the membership layer share; member.h has the roles and the
 * locks.
 */
#ifndef _NET_KDDM_MEMBER_INT_H
#define _NET_KDDM_MEMBER_INT_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include "member.h"

struct kddm_peer_ops;
struct kddm_topology;
struct kddm_topology_ops;

/**
 * struct kddm_member - membership of one namespace
 * @kn: the namespace
 * @lock: see member.h
 * @nodes: all publications, struct kddm_node.list
 * @todo: nodes that the worker should look at, with a reference
 * @self: the own node
 * @rival: TIPC address of another node that publishes our id, or 0
 * @online: our id is published
 * @closing: no new sessions: the node stops or has lost its id
 * @busy: the worker is at it
 * @sessions: number of the last session
 * @max_id: highest id seen
 * @past: struct kddm_past by node id; written by the worker
 * @byes: nodes that could not be told yet, see kddm_member_tell()
 * @peers: sessions there are
 * @most_peers: and ever were
 * @topology: reports publications
 * @wq: ordered, runs @work and @hello
 * @work: transitions
 * @hello: repeats HELLOs that got no answer
 * @settled: woken when sessions or transitions advance
 */
struct kddm_member {
	struct kddm_net		*kn;
	spinlock_t		lock;	/* see member.h */
	struct list_head	nodes;
	struct list_head	todo;
	struct kddm_node	*self;
	u32			rival;
	bool			online;
	bool			closing;
	bool			busy;
	u16			sessions;
	u16			max_id;
	struct xarray		past;
	struct list_head	byes;
	unsigned int		peers;
	unsigned int		most_peers;
	struct kddm_topology	*topology;
	struct workqueue_struct	*wq;
	struct work_struct	work;
	struct delayed_work	hello;
	wait_queue_head_t	settled;
};

/* hello.c: what the transport reports */
extern const struct kddm_peer_ops kddm_hello_peer_ops;

/* publication.c: what the topology server reports */
extern const struct kddm_topology_ops kddm_publication_ops;

/* Have the worker look at a node; with the lock. */
void kddm_member_todo(struct kddm_member *m, struct kddm_node *node);

/*
 * End a session.  @forever: do not begin another one with this publication.
 * Returns false if there is none to end.  Context: may sleep.
 */
bool kddm_member_end(struct kddm_member *m, struct kddm_node *node,
		     bool forever);
/* Begin the sessions that can begin. */
void kddm_member_begin(struct kddm_member *m);
/* Withdraw, and meet nobody any more; false if that was so already. */
bool kddm_member_withdraw(struct kddm_member *m);
/* Send a HELLO to a node whose session has ended, again if it has to be. */
void kddm_member_tell(struct kddm_member *m, struct kddm_node *node, u32 flags);

static inline void kddm_node_set_link(struct kddm_node *node,
				      enum kddm_link link)
{
	/* Pairs with kddm_node_link(): what was written before is seen. */
	smp_store_release(&node->link, link);
}

#endif /* _NET_KDDM_MEMBER_INT_H */
