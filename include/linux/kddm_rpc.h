/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RPC for clients: services, calls, casts.
 *
 * A client on each node registers a service; any node that includes it calls
 * it on any node.  A message is written with kddm_pack_...() and read with
 * kddm_unpack_...(), see <linux/kddm_pack.h>.
 *
 * Clients include <linux/kddm.h>.
 */
#ifndef _LINUX_KDDM_RPC_H
#define _LINUX_KDDM_RPC_H

#include <linux/kddm_pack.h>
#include <linux/types.h>

struct kddm_gather;
struct kddm_request;
struct net;

#define KDDM_NODE_IDS		1024	/* node ids are below; bits of a mask */
#define KDDM_SVC_NAME_LEN	16	/* characters, without the final NUL */
#define KDDM_SVC_WORKERS	128	/* most workers of a service */
#define KDDM_SVC_PENDING	256	/* requests of one node at another */
#define KDDM_SVC_BYTES		16777216 /* bytes of all these */
#define KDDM_MESSAGE		65536	/* bytes that go in one piece */
#define KDDM_MESSAGE_MAX	4194304	/* bytes of a message in parts */

#define KDDM_DEFERRED		1	/* see struct kddm_svc */

/**
 * enum kddm_order - which requests of a service wait for each other
 * @KDDM_ORDER_NONE: none: they run as there are workers, begun in the order in
 *	which they came
 * @KDDM_ORDER_PEER: those of one caller node run one at a time, in the order
 *	in which they were sent
 * @KDDM_ORDER_KEY: those of one caller node with one key do
 *
 * A request is over, in this sense, when its handler has returned.
 */
enum kddm_order {
	KDDM_ORDER_NONE,
	KDDM_ORDER_PEER,
	KDDM_ORDER_KEY
};

/**
 * struct kddm_svc - a service
 * @name: 1 to %KDDM_SVC_NAME_LEN characters; its hash is the id on the wire
 * @handler: serves a request.  Returns 0: the reply is what was packed into
 *	kddm_reply_room(), or empty; a negative error number, which the caller
 *	gets; or %KDDM_DEFERRED: kddm_request_reply() will be called, or has
 *	been.
 *	What a cast's handler returns is ignored, unless that is %KDDM_DEFERRED.
 *	Context: a worker; may sleep, and call other services, but see @workers
 * @workers: handlers that run at a time on a node, 1 to %KDDM_SVC_WORKERS, or 0
 *	for 8.  A handler that waits for a service whose handlers wait for this
 *	one can use up the workers of both: then nothing goes on before the
 *	calls time out
 * @order: enum kddm_order
 * @max_request: most bytes of a request, up to %KDDM_MESSAGE_MAX, or 0 for
 *	%KDDM_MESSAGE
 * @max_reply: most bytes of a reply, up to %KDDM_MESSAGE_MAX, or 0 for
 *	%KDDM_MESSAGE
 * @early: serve already while the node joins; requests of other services wait
 *	until it is a running node
 * @priv: used by KDDM
 *
 * A node that has %KDDM_SVC_PENDING requests waiting or running at a service
 * of another, or %KDDM_SVC_BYTES in them, gets -EBUSY for the next one.  What
 * it forwards counts as its own.
 */
struct kddm_svc {
	const char		*name;
	int			(*handler)(struct kddm_request *req);
	unsigned int		workers;
	enum kddm_order		order;
	u32			max_request;
	u32			max_reply;
	bool			early;
	void			*priv;
};

/**
 * kddm_svc_register() - offer a service on all nodes of this kernel
 * @svc: the service; stays until unregistered
 *
 * Context: may sleep.
 * Return: 0, -EINVAL (name, handler, or numbers), -EEXIST (a service of this
 * name, or one whose name has the same hash), -ENOMEM.
 */
int kddm_svc_register(struct kddm_svc *svc);

/**
 * kddm_svc_unregister() - withdraw a service
 * @svc: the service
 *
 * Callers whose requests wait get -EOPNOTSUPP; those that run, or are deferred,
 * are cancelled (see kddm_request_cancelled()), and waited for.  When this
 * returns no handler runs, and none will, so that the module that has it can
 * go.  KDDM holds no reference to the module: whoever registers unregisters.
 *
 * Context: may sleep; not from a handler of @svc.
 */
void kddm_svc_unregister(struct kddm_svc *svc);

/**
 * struct kddm_reply - a reply
 * @node: whom was asked
 * @err: 0, or the error of this call, see kddm_call(); the other members are
 *	empty then
 * @data: what was packed, ready to be read
 * @buf: where that is
 */
struct kddm_reply {
	u16			node;
	int			err;
	struct kddm_unpack	data;
	void			*buf;
};

/**
 * kddm_reply_free() - release a reply
 * @reply: from kddm_call() or kddm_gather_next(), even if that failed; may be
 *	released twice
 */
void kddm_reply_free(struct kddm_reply *reply);

/**
 * kddm_call() - call a service on a node and wait for the reply
 * @net: the namespace of the calling node
 * @node: node id, may be the own one
 * @svc: the service; its name and @svc->max_reply count, it needs not be
 *	registered here
 * @key: for %KDDM_ORDER_KEY, else ignored
 * @req: the request, or NULL for an empty one; above %KDDM_MESSAGE it goes in
 *	parts
 * @reply: where to put the reply, to be released with kddm_reply_free(), or
 *	NULL if nobody is interested
 * @timeout: jiffies
 *
 * A call whose caller is killed, or whose time is up, is cancelled: its handler
 * can see that.  One that ends with -EHOSTDOWN, -ETIMEDOUT, or -EINTR may have
 * been served or not.
 *
 * Context: may sleep; a fatal signal ends the wait.  The caller may receive and
 * handle messages for others meanwhile.
 * Return: 0, or: the handler's error, the error of @req, -ENOTCONN (the
 * namespace is not a running node), -EHOSTDOWN (not online, or went down; also
 * a node to which the call was forwarded), -ETIMEDOUT, -EINTR (killed),
 * -EMSGSIZE (request or reply is longer than the service says), -EBUSY (too
 * many requests), -EOPNOTSUPP (no such service there), -ESHUTDOWN (this node,
 * or the other one, stops), -ENOMEM (here or there), -EINVAL (@node).
 */
int kddm_call(struct net *net, u16 node, const struct kddm_svc *svc, u32 key,
	      const struct kddm_pack *req, struct kddm_reply *reply,
	      long timeout);

/**
 * kddm_cast() - send a request that has no reply
 * @net: the namespace of the sending node
 * @node: node id, may be the own one
 * @svc: the service
 * @key: see kddm_call()
 * @req: see kddm_call()
 *
 * Casts and calls of one task to one node arrive in the order in which they
 * were made.
 *
 * Context: may sleep.
 * Return: 0, the error of @req, -ENOTCONN, -EMSGSIZE, -EBUSY (too much waits to
 * be sent), -ENOMEM, -EINVAL (@node), -EINTR.  Whether it arrives is not known.
 */
int kddm_cast(struct net *net, u16 node, const struct kddm_svc *svc, u32 key,
	      const struct kddm_pack *req);

/**
 * kddm_cast_many() - send a request that has no reply to many nodes
 * @net: the namespace of the sending node
 * @nodes: bitmap of %KDDM_NODE_IDS
 * @svc: the service
 * @key: see kddm_call()
 * @req: see kddm_call()
 *
 * Context: may sleep.
 * Return: 0, or the first error of kddm_cast(); the others were sent it all the
 * same.
 */
int kddm_cast_many(struct net *net, const unsigned long *nodes,
		   const struct kddm_svc *svc, u32 key,
		   const struct kddm_pack *req);

/**
 * kddm_call_many() - call a service on many nodes at once
 * @net: the namespace of the calling node; the caller keeps a reference to it
 * @nodes: bitmap of %KDDM_NODE_IDS
 * @svc: see kddm_call()
 * @key: see kddm_call()
 * @req: see kddm_call(); not needed any more when this returns
 * @timeout: jiffies, for all calls together
 *
 * Context: may sleep.
 * Return: the calls, to be ended with kddm_gather_end(), or an ERR_PTR():
 * the error of @req, -ENOTCONN, -EMSGSIZE, -ENOMEM, -EINTR.  What goes wrong
 * with one node is told by its reply.
 */
struct kddm_gather *kddm_call_many(struct net *net, const unsigned long *nodes,
				   const struct kddm_svc *svc, u32 key,
				   const struct kddm_pack *req, long timeout);

/**
 * kddm_gather_next() - the next reply, whichever comes first
 * @g: from kddm_call_many()
 * @reply: where to put it, to be released with kddm_reply_free(); @reply->err
 *	is what kddm_call() would have returned
 *
 * Each node's reply comes once, one that does not answer in time with
 * -ETIMEDOUT.
 *
 * Context: may sleep; a fatal signal ends the wait.
 * Return: 1, 0 (there are no more), or -EINTR.
 */
int kddm_gather_next(struct kddm_gather *g, struct kddm_reply *reply);

/**
 * kddm_gather_wait() - wait until all replies are there, or the time is up
 * @g: from kddm_call_many()
 *
 * kddm_gather_next() then gives them without waiting.
 *
 * Context: may sleep; a fatal signal ends the wait.
 * Return: 0 or -EINTR.
 */
int kddm_gather_wait(struct kddm_gather *g);

/**
 * kddm_gather_end() - end the calls
 * @g: from kddm_call_many(), or an ERR_PTR() or NULL, which are ignored
 *
 * Those that were not answered are cancelled.
 *
 * Context: may sleep.
 */
void kddm_gather_end(struct kddm_gather *g);

/**
 * kddm_nodes() - the nodes that can be asked
 * @net: the namespace
 * @nodes: bitmap of %KDDM_NODE_IDS, where to; the own node is included
 *
 * Return: how many, or -ENOTCONN.
 */
int kddm_nodes(struct net *net, unsigned long *nodes);

/*
 * In a handler, and until kddm_request_reply() for a request that is deferred.
 */

/**
 * kddm_request_src() - who asks
 * @req: the request
 *
 * Return: node id; of the first caller if it was forwarded.
 */
u16 kddm_request_src(const struct kddm_request *req);

/**
 * kddm_request_net() - which node is asked
 * @req: the request
 *
 * Return: its namespace, which stays as long as the request.
 */
struct net *kddm_request_net(const struct kddm_request *req);

/**
 * kddm_request_key() - the caller's key
 * @req: the request
 *
 * Return: the key.
 */
u32 kddm_request_key(const struct kddm_request *req);

/**
 * kddm_request_args() - what was packed by the caller
 * @req: the request
 *
 * Return: ready to be read, as long as the request.
 */
struct kddm_unpack *kddm_request_args(struct kddm_request *req);

/**
 * kddm_reply_room() - make room for the reply
 * @req: the request
 * @size: bytes
 *
 * What was packed before is dropped.  For a cast, and if the reply would be
 * longer than the caller or the service wants (-EMSGSIZE), or there is no
 * memory (-ENOMEM), what is packed is dropped, and the caller gets the error.
 *
 * Context: may sleep.
 * Return: where to pack the reply.
 */
struct kddm_pack *kddm_reply_room(struct kddm_request *req, u32 size);

/**
 * kddm_request_reply() - answer a request that was deferred
 * @req: the request; gone afterwards
 * @err: 0: the reply is what was packed; or a negative error number
 *
 * To be called exactly once for each request whose handler returned
 * %KDDM_DEFERRED, from whichever task, also before the handler returns; also
 * when the caller is gone, or the node has stopped, or for a cast.
 *
 * Context: may sleep.
 */
void kddm_request_reply(struct kddm_request *req, int err);

/**
 * kddm_forward() - have another node answer
 * @req: the request, of which nothing was packed into a reply
 * @node: node id
 * @key: see kddm_call(), there
 *
 * That node's service of the same name gets the request as if the first caller
 * had sent it, and answers to that one.
 *
 * Context: may sleep.
 * Return: %KDDM_DEFERRED, which the handler returns: the request is gone; or
 * -EHOSTDOWN (@node is not online), -ELOOP (forwarded too often), -ECANCELED,
 * -ESHUTDOWN, -ENOMEM, -EINVAL (@node): the request is still the handler's to
 * answer.
 */
int kddm_forward(struct kddm_request *req, u16 node, u32 key);

/**
 * kddm_request_cancelled() - whether nobody waits for the answer any more
 * @req: the request
 *
 * The caller was killed, or its time is up, or its node has gone, or this node
 * stops, or the service is withdrawn.  The request has to be answered all the
 * same.
 *
 * Return: true if so.
 */
bool kddm_request_cancelled(const struct kddm_request *req);

/**
 * kddm_request_wait() - wait until the request is cancelled
 * @req: the request
 * @timeout: jiffies
 *
 * A handler that waits for something else wakes up often enough to look, or
 * waits here.
 *
 * Context: may sleep.
 * Return: true if it is cancelled, false if the time is up.
 */
bool kddm_request_wait(struct kddm_request *req, long timeout);

#endif /* _LINUX_KDDM_RPC_H */
