/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of RPC share; rpc.h and linux/kddm_rpc.h have the roles.
 *
 * rpc.c		registry; what comes from other nodes; life
 * rpc_call.c		calls: those who wait for replies
 * rpc_serve.c		requests of services of KDDM itself
 * rpc_client.c		calls of clients
 * rpc_svc.c		services of clients: who runs when
 * rpc_lane.c		of those that have an order
 * rpc_bounds.c		pure: what they may ask for, and what a peer may have
 * rpc_request.c	their requests: from the first part to the answer
 * rpc_parts.c, rpc_pack.c	pure: messages in parts, pack and unpack
 * rpc_place.c		pure: where a forwarded call is
 *
 * Locks
 * -----
 *
 * rpc->calls_lock protects the table of calls and what is in a call there;
 * kddm_gather.lock nests inside.
 *
 * kddm_rpc_svc.lock (one for each service of clients) protects its lists, and
 * which state a request is in; the registry's lock is outside of it.
 *
 * rpc->lock protects the serial queues, and the table of requests.  It nests
 * inside nothing, and nothing inside it but wait queues.
 *
 * rpc->life (SRCU) is read-held by who answers a request of a client's service,
 * or cancels one of many calls, since that may come after the node has stopped.
 */
#ifndef _NET_KDDM_RPC_INT_H
#define _NET_KDDM_RPC_INT_H

#include <linux/kddm_rpc.h>
#include <linux/list.h>
#include <linux/mempool.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include "member.h"
#include "rpc.h"
#include "rpc_bounds.h"
#include "rpc_parts.h"
#include "rpc_place.h"
#include "transport.h"

#define RPC_CHAN	0
#define RPC_HDR		sizeof(struct kddm_wire_hdr)
#define RPC_LISTS	64		/* of a table */

/**
 * struct kddm_rpc - RPC of one namespace
 * @kn: the namespace; not to be used once @down
 * @ref: one for the namespace, one for each request and each svc_net
 * @calls_lock: protects @calls and @next
 * @calls: struct kddm_rpc_call, by the last bits of the number
 * @next: the number of the next call
 * @lock: protects @queues, the lists in them, and @requests
 * @queues: struct queue, one for each ordered service of KDDM that was called
 * @requests: struct kddm_request, by origin and number
 * @shut: no new calls
 * @hush: no new calls of clients
 * @open: requests of clients' services need not wait for the node any more
 * @life: see above
 * @down: nothing can be sent any more; who has @life sees it in time
 * @wq: runs the handlers of KDDM itself
 * @urgent: the same, of urgent services
 * @reserve: messages for when there is no memory
 * @reap: drops requests that are not completed
 */
struct kddm_rpc {
	struct kddm_net		*kn;
	refcount_t		ref;
	spinlock_t		calls_lock;	/* see above */
	struct hlist_head	calls[RPC_LISTS];
	u32			next;
	spinlock_t		lock;		/* see above */
	struct list_head	queues;
	struct hlist_head	requests[RPC_LISTS];
	bool			shut;
	bool			hush;
	bool			open;
	struct srcu_struct	life;		/* see above */
	bool			down;
	struct workqueue_struct	*wq;
	struct workqueue_struct	*urgent;
	mempool_t		*reserve;
	struct delayed_work	reap;
};

/**
 * struct kddm_rpc_call - a call that waits for its reply
 * @list: place in the table
 * @dst: where it went
 * @place: who has it now, as far as that is known
 * @client: of a client: any node that knows @token may reply
 * @service: id of the service
 * @since: jiffies when it began
 * @id: its number
 * @token: see struct kddm_wire_rpc
 * @reply: the caller's buffer; if @client, made when the reply comes
 * @max: most bytes of the reply
 * @parts: of a reply in parts
 * @parted: it has begun
 * @result: bytes of reply or error, valid when it is over
 * @wait: for the end, if it is by somebody else than the caller
 * @gather: the calls that it is one of, or NULL; then @wait is not used
 * @done: place among those of @gather that are over
 */
struct kddm_rpc_call {
	struct hlist_node	list;
	u16			dst;
	struct kddm_place	place;
	bool			client;
	bool			parted;
	u32			service;
	unsigned long		since;
	u32			id;
	u32			token;
	void			*reply;
	size_t			max;
	struct kddm_parts	parts;
	int			result;
	struct kddm_waiter	wait;
	struct kddm_gather	*gather;
	struct list_head	done;
};

/**
 * struct kddm_rpc_svc - a service of a client
 * @base: place in the registry
 * @svc: what the client has said
 * @wq: runs its handlers
 * @lock: see above
 * @nets: struct kddm_svc_net
 * @gone: it is being unregistered
 */
struct kddm_rpc_svc {
	struct kddm_rpc_service	base;
	const struct kddm_svc	*svc;
	struct workqueue_struct	*wq;
	spinlock_t		lock;		/* see above */
	struct list_head	nets;
	bool			gone;
};

/**
 * struct kddm_svc_net - a client's service on one node
 * @list: place in kddm_rpc_svc.nets
 * @ref: one for that, one for each request
 * @rs: the service
 * @rpc: the node
 * @running: handlers that run
 * @ready: requests that wait for a worker, unless they are ordered
 * @lanes_ready: lanes whose first request does
 * @lanes: struct kddm_svc_lane, by caller and key
 * @all: requests
 * @peers: struct kddm_svc_peer
 */
struct kddm_svc_net {
	struct list_head	list;
	refcount_t		ref;
	struct kddm_rpc_svc	*rs;
	struct kddm_rpc		*rpc;
	unsigned int		running;
	struct list_head	ready;
	struct list_head	lanes_ready;
	struct hlist_head	lanes[RPC_LISTS];
	struct list_head	all;
	struct xarray		peers;
};

/**
 * struct kddm_svc_lane - requests that run one after the other
 * @list: place in kddm_svc_net.lanes
 * @ready: place in kddm_svc_net.lanes_ready
 * @requests: that wait
 * @src: first caller
 * @key: theirs
 * @busy: one runs
 */
struct kddm_svc_lane {
	struct hlist_node	list;
	struct list_head	ready;
	struct list_head	requests;
	u16			src;
	u32			key;
	bool			busy;
};

/**
 * enum kddm_req_state - where a request stands
 * @KDDM_REQ_COMING: parts are missing
 * @KDDM_REQ_WAITING: for a worker, or its turn, or the node
 * @KDDM_REQ_RUNNING: its handler was begun, or it is deferred
 * @KDDM_REQ_DROPPED: it will not
 */
enum kddm_req_state {
	KDDM_REQ_COMING,
	KDDM_REQ_WAITING,
	KDDM_REQ_RUNNING,
	KDDM_REQ_DROPPED
};

/**
 * struct kddm_request - a request to a client's service
 * @ref: one until it is answered, one for the worker, one for each user
 * @sn: service and node
 * @rpc: the node
 * @net: its namespace, with a reference
 * @node: the first caller, with a reference
 * @from: who sent it here
 * @hops: times that it was forwarded
 * @call: wants a reply
 * @unheard: the caller does not wait for it any more
 * @state: enum kddm_req_state; under kddm_rpc_svc.lock
 * @peer: where it is counted; under kddm_rpc_svc.lock
 * @cancelled: see kddm_request_cancelled(); set once
 * @answered: once
 * @id: number of the call
 * @token: of the call
 * @key: of the caller
 * @max: most bytes of the reply
 * @since: jiffies when the last part came
 * @hash: place in kddm_rpc.requests
 * @all: place in kddm_svc_net.all
 * @queue: place in kddm_svc_net.ready or in a lane
 * @tmp: place in a list of those that are being cancelled
 * @lane: where it waits, or NULL
 * @spare: a lane for it, if there is none yet
 * @work: runs the handler
 * @wait: for @cancelled
 * @parts: what has come
 * @args: for the handler
 * @reply: for the handler
 * @data: the request
 */
struct kddm_request {
	refcount_t		ref;
	struct kddm_svc_net	*sn;
	struct kddm_rpc		*rpc;
	struct net		*net;
	struct kddm_node	*node;
	u16			from;
	u16			hops;
	bool			call;
	bool			unheard;
	u8			state;
	struct kddm_svc_peer	*peer;
	unsigned long		cancelled;
	unsigned long		answered;
	u32			id;
	u32			token;
	u32			key;
	u32			max;
	unsigned long		since;
	struct hlist_node	hash;
	struct list_head	all;
	struct list_head	queue;
	struct list_head	tmp;
	struct kddm_svc_lane	*lane;
	struct kddm_svc_lane	*spare;
	struct work_struct	work;
	wait_queue_head_t	wait;
	struct kddm_parts	parts;
	struct kddm_unpack	args;
	struct kddm_pack	reply;
	u8			data[] __aligned(8);
};

/* rpc.c */

u32 kddm_rpc_id(const char *name);
void kddm_rpc_put(struct kddm_rpc *rpc);
void kddm_rpc_service_put(struct kddm_rpc_service *svc);
/* The two halves of kddm_rpc_unregister(). */
void kddm_rpc_withdraw(struct kddm_rpc_service *svc);
void kddm_rpc_idle(struct kddm_rpc_service *svc);
/* Call @fn for each client's service, with the registry's lock. */
void kddm_rpc_each(void (*fn)(struct kddm_rpc_svc *rs, void *arg), void *arg);
/* A message with room for @len of payload, or NULL. */
struct kddm_msg *kddm_rpc_msg(u8 type, const struct kddm_rpc_msg *m,
			      gfp_t gfp);
/* The same without payload, always: from the reserve if need be. */
struct kddm_msg *kddm_rpc_note(struct kddm_rpc *rpc, u8 type,
			       const struct kddm_rpc_msg *m);
/* Send it; to the own node, too. */
void kddm_rpc_xmit(struct kddm_rpc *rpc, u16 dst, struct kddm_msg *msg);
/*
 * Send a payload of m->total bytes at m->data, in parts if it is large, until
 * @end (jiffies): 0, -ENOMEM, -EBUSY, -EINTR, -ETIMEDOUT; -ECANCELED if *@stop
 * becomes true meanwhile.
 */
int kddm_rpc_post(struct kddm_rpc *rpc, u16 dst, u8 type,
		  const struct kddm_rpc_msg *m, unsigned long end,
		  const bool *stop);
void kddm_rpc_error(struct kddm_rpc *rpc, u16 dst, const struct kddm_rpc_msg *m,
		    int err);
/* An AT or a CANCEL. */
void kddm_rpc_tell(struct kddm_rpc *rpc, u16 dst, u8 type,
		   const struct kddm_at_msg *m);

/* rpc_call.c */

int kddm_call_add(struct kddm_rpc *rpc, struct kddm_rpc_call *call);
/* Take it out, if it is there: then it is ours to end. */
bool kddm_call_take(struct kddm_rpc *rpc, struct kddm_rpc_call *call);
/* Take it out and tell who has it. */
bool kddm_call_cancel(struct kddm_rpc *rpc, struct kddm_rpc_call *call);
void kddm_call_end(struct kddm_rpc_call *call, int result);
int kddm_call_wait(struct kddm_rpc *rpc, struct kddm_rpc_call *call,
		   long timeout);
/* End all calls at @dst, or all (of clients) if it is KDDM_NODE_NONE. */
void kddm_calls_end(struct kddm_rpc *rpc, u16 dst, bool clients, int err);
void kddm_call_undeliverable(struct kddm_rpc *rpc, u16 dst,
			     const struct kddm_rpc_msg *m);
int kddm_call_rx_reply(struct kddm_rpc *rpc, u16 src,
		       const struct kddm_rpc_msg *m);
int kddm_call_rx_part(struct kddm_rpc *rpc, u16 src,
		      const struct kddm_part_msg *m);
int kddm_call_rx_at(struct kddm_rpc *rpc, u16 src,
		    const struct kddm_at_msg *m);

/* rpc_client.c: one of a gather is over */
void kddm_gather_done(struct kddm_rpc_call *call);

/* rpc_serve.c */

int kddm_serve_accept(struct kddm_rpc *rpc, struct kddm_node *node,
		      struct kddm_rpc_service *svc, bool call,
		      const struct kddm_rpc_msg *m);
void kddm_serve_exit(struct kddm_rpc *rpc);

/* rpc_svc.c */

struct kddm_svc_net *kddm_svc_net_get(struct kddm_rpc_svc *rs,
				      struct kddm_rpc *rpc);
void kddm_svc_net_put(struct kddm_svc_net *sn);
/* Count a request of @src; 0, -EBUSY, -ENOMEM. */
int kddm_svc_count(struct kddm_svc_net *sn, u16 src, u32 bytes,
		   struct kddm_svc_peer **peer);
void kddm_svc_uncount(struct kddm_svc_net *sn, struct kddm_svc_peer *peer,
		      u32 bytes);
/* It is one of the service's now: 0, -EOPNOTSUPP, -ESHUTDOWN. */
int kddm_svc_add(struct kddm_request *req);
/* It is complete: it waits now, or runs. */
void kddm_svc_enqueue(struct kddm_request *req);
/* It shall not run; false if it does already. */
bool kddm_svc_drop(struct kddm_request *req);
/* Its handler has returned. */
void kddm_svc_ran(struct kddm_svc_net *sn, struct kddm_svc_lane *lane);
/* Cancel what a service has on a node, or (NULL) on all. */
void kddm_svc_cancel(struct kddm_rpc_svc *rs, struct kddm_rpc *rpc, int err);
/* The node serves now. */
void kddm_svc_open(struct kddm_rpc *rpc);
/* The node goes: nothing of it is left to run. */
void kddm_svc_shut(struct kddm_rpc *rpc);

/* rpc_lane.c; all with kddm_rpc_svc.lock */

/* A request waits in its lane now; it brings one if there is none. */
void kddm_lane_add(struct kddm_request *req);
/* It does not any more. */
void kddm_lane_del(struct kddm_request *req);
/* Take the one whose turn it is, or NULL; its lane is busy then. */
struct kddm_request *kddm_lane_next(struct kddm_svc_net *sn);
/* That one has run. */
void kddm_lane_ran(struct kddm_svc_net *sn, struct kddm_svc_lane *lane);

/* rpc_request.c */

int kddm_request_rx(struct kddm_rpc *rpc, struct kddm_node *from,
		    struct kddm_rpc_svc *rs, bool call,
		    const struct kddm_rpc_msg *m);
int kddm_request_rx_part(struct kddm_rpc *rpc, u16 src,
			 const struct kddm_part_msg *m);
int kddm_request_rx_cancel(struct kddm_rpc *rpc, u16 src,
			   const struct kddm_at_msg *m);
/* All of @list (by tmp, with references) are cancelled: drop what waits. */
void kddm_requests_drop(struct list_head *list, int err);
/* Mark it, once. */
bool kddm_request_mark(struct kddm_request *req);
void kddm_request_peer_down(struct kddm_rpc *rpc, u16 id);
void kddm_request_reap(struct work_struct *work);
void kddm_request_work(struct work_struct *work);
void kddm_request_put(struct kddm_request *req);

#endif /* _NET_KDDM_RPC_INT_H */
