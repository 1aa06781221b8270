/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RPC of KDDM itself: calls (with reply) and casts (without) to services
 * registered by name, over channel 0.  Handlers run in a workqueue and may
 * sleep, unless they are "direct".  A call to a node that goes down ends at
 * once with -EHOSTDOWN.  Clients have more, see linux/kddm_rpc.h.
 *
 * Requests of a service that is "ordered" run one at a time on each node;
 * services do not wait for each other.  A node that has KDDM_RPC_PENDING
 * requests waiting or running at another gets -EBUSY for the next one.
 *
 * Locks: see rpc_int.h.
 */
#ifndef _NET_KDDM_RPC_H
#define _NET_KDDM_RPC_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include "main.h"

#define KDDM_RPC_NAME_LEN	16
#define KDDM_RPC_PENDING	256	/* requests of one node at another */

/**
 * struct kddm_rpc_service - a service
 * @name: up to 16 characters; its hash is the id on the wire
 * @handler: @req of @len bytes came from @src; writes at most @max bytes to
 *	@reply and returns their number, or a negative error number, which the
 *	caller gets.  A cast has @max 0, and what is returned is ignored.
 *	Context: workqueue, or the caller's own for a call to the own node; may
 *	sleep.
 * @ordered: requests of the service run one at a time, in order of arrival
 *	(calls to the own node excepted)
 * @direct: as @ordered, and the handler runs where messages are received, in
 *	the channel's thread or in a task that waits for one.  That is faster;
 *	but nothing else is received meanwhile, so it must be short, and must
 *	not wait for a message: not call a service, nor get an object.  Its
 *	@req is not aligned
 * @urgent: handlers of other services may wait for what its handler does: it
 *	runs beside them, however many they are, as long as the caller's node
 *	does not have too many requests here
 * @owner: module that has @handler; it unregisters before it goes
 * @client: it is that of a client, see struct kddm_rpc_svc; @handler is NULL
 * @id: hash of @name; filled in when registered
 * @list: place in the registry
 * @users: one for the registry, one for each request
 * @idle: nobody uses it any more
 */
struct kddm_rpc_service {
	const char		*name;
	int (*handler)(struct kddm_net *kn, u16 src, const void *req,
		       size_t len, void *reply, size_t max);
	bool			ordered;
	bool			direct;
	bool			urgent;
	struct module		*owner;
	bool			client;
	u32			id;
	struct list_head	list;
	refcount_t		users;
	struct completion	idle;
};

/**
 * kddm_rpc_register() - offer a service on all nodes of this kernel
 * @svc: the service; stays until unregistered
 *
 * Return: 0, -EINVAL (name), -EEXIST (a service of this name, or one whose name
 * has the same hash).
 */
int kddm_rpc_register(struct kddm_rpc_service *svc);

/**
 * kddm_rpc_unregister() - withdraw a service
 * @svc: the service
 *
 * Waits until no handler of @svc runs.
 *
 * Context: may sleep; not from a handler of @svc.
 */
void kddm_rpc_unregister(struct kddm_rpc_service *svc);

/**
 * struct kddm_rpc_info - what can be told of a service
 * @name: NUL-terminated
 * @id: on the wire
 * @ordered: requests run one at a time
 */
struct kddm_rpc_info {
	char	name[KDDM_RPC_NAME_LEN + 1];
	u32	id;
	bool	ordered;
};

/**
 * kddm_rpc_info() - look at the services one after the other
 * @nr: which, from 0
 * @info: where to; an empty name if there are not so many
 *
 * Return: a number that changes with the services.
 */
u32 kddm_rpc_info(unsigned int nr, struct kddm_rpc_info *info);

/* The service of this id and a reference, or NULL; for the files of RPC. */
struct kddm_rpc_service *kddm_rpc_get(u32 id);

struct seq_file;

/* The calls that wait for their replies, for people; @kn runs. */
void kddm_rpc_show(struct kddm_net *kn, struct seq_file *m);

/**
 * kddm_rpc_call() - call a service on a node and wait for the reply
 * @kn: the namespace
 * @dst: node id; the own node's handler is called directly
 * @svc: the service; needs not be registered here
 * @req: request
 * @len: bytes of @req, at most %KDDM_MAX_RPC
 * @reply: where to put the reply
 * @max: room in @reply, bytes
 * @timeout: jiffies
 *
 * Context: may sleep; a fatal signal ends the wait.
 * Return: bytes of the reply, or: the handler's error, -EHOSTDOWN (not online,
 * or went down), -ETIMEDOUT, -EINTR (killed), -EMSGSIZE, -ENOMEM, -EBUSY (too
 * many requests there), -EOPNOTSUPP (no such service there), -ESHUTDOWN (the
 * own node stops).
 */
int kddm_rpc_call(struct kddm_net *kn, u16 dst,
		  const struct kddm_rpc_service *svc, const void *req,
		  size_t len, void *reply, size_t max, long timeout);

/**
 * kddm_rpc_cast() - send a request without reply
 * @kn: the namespace
 * @dst: node id; the own node's handler is called directly
 * @svc: the service
 * @req: request
 * @len: bytes of @req, at most %KDDM_MAX_RPC
 *
 * Context: may sleep.
 * Return: 0, -EMSGSIZE, -ENOMEM, -ESHUTDOWN.  Whether it arrives, is not known.
 */
int kddm_rpc_cast(struct kddm_net *kn, u16 dst,
		  const struct kddm_rpc_service *svc, const void *req,
		  size_t len);

/**
 * kddm_rpc_start() - begin to serve a namespace
 * @kn: the namespace, with transport up
 *
 * Return: 0 or -ENOMEM.
 */
int kddm_rpc_start(struct kddm_net *kn);

/**
 * kddm_rpc_open() - let the services of clients begin
 * @kn: the namespace, which is a running node by now
 *
 * Requests that came while the node joined have waited for this.
 */
void kddm_rpc_open(struct kddm_net *kn);

/**
 * kddm_rpc_hush() - end the calls of clients
 * @kn: the namespace
 * @hush: let no more begin; or let them again
 *
 * Calls end with -ESHUTDOWN.  The node wants to stop, and may not be able to.
 */
void kddm_rpc_hush(struct kddm_net *kn, bool hush);

/**
 * kddm_rpc_shut() - end all calls, and let no more begin
 * @kn: the namespace
 *
 * Calls end with -ESHUTDOWN.  Returns when no handler runs, but for those of
 * clients: their requests are cancelled, and what they answer goes nowhere.
 */
void kddm_rpc_shut(struct kddm_net *kn);

/**
 * kddm_rpc_stop() - free everything
 * @kn: the namespace; shut, and its receiving threads are gone
 */
void kddm_rpc_stop(struct kddm_net *kn);

#endif /* _NET_KDDM_RPC_H */
