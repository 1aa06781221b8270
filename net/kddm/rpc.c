// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls and casts between nodes; rpc.h says what they promise.
 *
 * A call stands on the stack of its caller and in a table by its number.  The
 * numbers go up, so that a late reply finds no other call; an xarray of such
 * numbers would make and free its nodes for each call.  A call is ended by
 * whoever takes it out of there: the reply, the end of the session with the
 * node, the transport that could not send it, or the caller itself (time is up,
 * killed).  All but the caller wake the caller afterwards; often that is the
 * caller who has received the reply, see kddm_wait().
 *
 * A request is a copy of the message and a work item, unless the service is
 * "direct": then it is handled where it is received.  Requests of an ordered
 * service go through a serial queue, of which each such service has one in each
 * namespace: a queue is a list, and one work item that empties it.
 */
#include <linux/crc32.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include "member.h"
#include "rpc.h"
#include "trace.h"
#include "transport.h"

#define RPC_CHAN	0
#define RPC_RUNNING	128		/* handlers at a time, per namespace */
#define CALL_LISTS	64
#define HDR		sizeof(struct kddm_wire_hdr)

static LIST_HEAD(services);
static DEFINE_SPINLOCK(services_lock);
static u32 services_gen;	/* counts changes of the list */

/**
 * struct kddm_rpc - RPC of one namespace
 * @calls_lock: protects @calls and @next
 * @calls: struct call, by the last bits of the number
 * @next: the number of the next call
 * @lock: protects @queues, the lists in them, and @shut
 * @queues: struct queue, one for each ordered service that was called
 * @shut: no new calls
 * @wq: runs the handlers
 */
struct kddm_rpc {
	spinlock_t		calls_lock;	/* see above */
	struct hlist_head	calls[CALL_LISTS];
	u32			next;
	spinlock_t		lock;		/* see above */
	struct list_head	queues;
	bool			shut;
	struct workqueue_struct	*wq;
};

/**
 * struct call - a call that waits for its reply
 * @list: place in the table
 * @dst: where it went
 * @service: id of the service
 * @since: jiffies when it began
 * @id: its number
 * @reply: the caller's buffer
 * @max: room in @reply
 * @result: bytes of reply or error, valid when @wait is done
 * @wait: for the end, if it is by somebody else than the caller
 */
struct call {
	struct hlist_node	list;
	u16			dst;
	u32			service;
	unsigned long		since;
	u32			id;
	void			*reply;
	size_t			max;
	int			result;
	struct kddm_waiter	wait;
};

/**
 * struct queue - the serial queue of an ordered service
 * @list: place in kddm_rpc.queues
 * @service: its id
 * @requests: first in, first out
 * @work: empties it
 * @kn: the namespace
 */
struct queue {
	struct list_head	list;
	u32			service;
	struct list_head	requests;
	struct work_struct	work;
	struct kddm_net		*kn;
};

/**
 * struct request - a request to a service of this node
 * @list: place in a serial queue
 * @work: runs it, unless ordered
 * @kn: the namespace
 * @node: who sent it
 * @svc: the service
 * @call: wants a reply
 * @id: number of the call
 * @max: room for the reply at the caller
 * @len: bytes in @data
 * @data: request
 */
struct request {
	struct list_head	list;
	struct work_struct	work;
	struct kddm_net		*kn;
	struct kddm_node	*node;
	struct kddm_rpc_service	*svc;
	bool			call;
	u32			id;
	u32			max;
	u32			len;
	u8			data[] __aligned(8);
};

/* Registry */

static struct kddm_rpc_service *service_get(u32 id)
{
	struct kddm_rpc_service *svc;

	spin_lock(&services_lock);
	list_for_each_entry(svc, &services, list) {
		if (svc->id == id) {
			refcount_inc(&svc->users);
			spin_unlock(&services_lock);
			return svc;
		}
	}
	spin_unlock(&services_lock);
	return NULL;
}

static void service_put(struct kddm_rpc_service *svc)
{
	if (refcount_dec_and_test(&svc->users))
		complete(&svc->idle);
}

static u32 service_id(const char *name)
{
	return crc32_le(~0, (const u8 *)name, strlen(name));
}

int kddm_rpc_register(struct kddm_rpc_service *svc)
{
	size_t len = strnlen(svc->name, KDDM_RPC_NAME_LEN + 1);
	struct kddm_rpc_service *other;
	int rc = 0;

	if (!len || len > KDDM_RPC_NAME_LEN)
		return -EINVAL;
	svc->id = service_id(svc->name);
	refcount_set(&svc->users, 1);
	init_completion(&svc->idle);
	spin_lock(&services_lock);
	list_for_each_entry(other, &services, list) {
		if (other->id == svc->id)
			rc = -EEXIST;
	}
	if (!rc) {
		list_add_tail(&svc->list, &services);
		services_gen++;
	}
	spin_unlock(&services_lock);
	return rc;
}
EXPORT_SYMBOL_GPL(kddm_rpc_register);

void kddm_rpc_unregister(struct kddm_rpc_service *svc)
{
	spin_lock(&services_lock);
	list_del(&svc->list);
	services_gen++;
	spin_unlock(&services_lock);
	service_put(svc);
	wait_for_completion(&svc->idle);
}
EXPORT_SYMBOL_GPL(kddm_rpc_unregister);

u32 kddm_rpc_info(unsigned int nr, struct kddm_rpc_info *info)
{
	struct kddm_rpc_service *svc;
	u32 gen;

	memset(info, 0, sizeof(*info));
	spin_lock(&services_lock);
	gen = services_gen;
	list_for_each_entry(svc, &services, list) {
		if (nr--)
			continue;
		strscpy(info->name, svc->name);
		info->id = svc->id;
		info->ordered = svc->ordered;
		break;
	}
	spin_unlock(&services_lock);
	return gen;
}

/* Calls */

static struct kddm_msg *rpc_msg(u8 type, const struct kddm_rpc_msg *m,
				gfp_t gfp)
{
	struct kddm_msg *msg;

	msg = kddm_msg_alloc(kddm_wire_rpc_size(m->len), 0, gfp);
	if (!msg)
		return NULL;
	msg->type = type;
	kddm_wire_put_rpc(msg->buf + HDR, msg->len - HDR, m);
	return msg;
}

static void call_end(struct call *call, int result)
{
	call->result = result;
	kddm_wake(&call->wait);
}

static struct hlist_head *call_list(struct kddm_rpc *rpc, u32 id)
{
	return &rpc->calls[id % CALL_LISTS];
}

static struct call *call_find(struct kddm_rpc *rpc, u32 id)
{
	struct call *call;

	lockdep_assert_held(&rpc->calls_lock);
	hlist_for_each_entry(call, call_list(rpc, id), list) {
		if (call->id == id)
			return call;
	}
	return NULL;
}

/* Take call @id out, if it went to @dst: then it is ours to end. */
static struct call *call_take(struct kddm_rpc *rpc, u32 id, u16 dst)
{
	struct call *call;

	spin_lock(&rpc->calls_lock);
	call = call_find(rpc, id);
	if (call && call->dst == dst)
		hlist_del(&call->list);
	else
		call = NULL;
	spin_unlock(&rpc->calls_lock);
	return call;
}

/* End all calls to @dst, or all if it is KDDM_NODE_NONE. */
static void calls_end(struct kddm_rpc *rpc, u16 dst, int err)
{
	struct hlist_node *next;
	struct call *call;
	int i;

	spin_lock(&rpc->calls_lock);
	for (i = 0; i < CALL_LISTS; i++) {
		hlist_for_each_entry_safe(call, next, &rpc->calls[i], list) {
			if (dst != KDDM_NODE_NONE && call->dst != dst)
				continue;
			/* Whoever waits for it may be gone afterwards. */
			hlist_del(&call->list);
			call_end(call, err);
		}
	}
	spin_unlock(&rpc->calls_lock);
}

static void rpc_peer_down(struct kddm_net *kn, u16 id)
{
	calls_end(kn->rpc, id, -EHOSTDOWN);
}

void kddm_rpc_show(struct kddm_net *kn, struct seq_file *m)
{
	struct kddm_rpc *rpc = kn->rpc;
	const struct call *call;
	int i;

	spin_lock(&rpc->calls_lock);
	for (i = 0; i < CALL_LISTS; i++)
		hlist_for_each_entry(call, &rpc->calls[i], list)
			seq_printf(m,
				   "call %u: service %08x, node %u, for %u ms\n",
				   call->id, call->service, call->dst,
				   jiffies_to_msecs(jiffies - call->since));
	spin_unlock(&rpc->calls_lock);
}

/* Somebody has taken it, and is just ending it. */
static int call_ended(struct kddm_net *kn, struct call *call)
{
	kddm_wait(kn, RPC_CHAN, &call->wait, TASK_UNINTERRUPTIBLE,
		  MAX_SCHEDULE_TIMEOUT);
	return call->result;
}

static int call_add(struct kddm_net *kn, struct call *call)
{
	struct kddm_rpc *rpc = kn->rpc;

	spin_lock(&rpc->calls_lock);
	do {
		call->id = rpc->next++;
	} while (call_find(rpc, call->id));
	hlist_add_head(&call->list, call_list(rpc, call->id));
	spin_unlock(&rpc->calls_lock);
	/* Either we see it, or kddm_rpc_shut() sees the call. */
	smp_mb();
	if (!READ_ONCE(rpc->shut))
		return 0;
	if (!call_take(rpc, call->id, call->dst))
		call_ended(kn, call);
	return -ESHUTDOWN;
}

static int call_wait(struct kddm_net *kn, struct call *call, long timeout)
{
	int rc;

	rc = kddm_wait(kn, RPC_CHAN, &call->wait, TASK_KILLABLE, timeout);
	if (!rc)
		return call->result;
	if (call_take(kn->rpc, call->id, call->dst))
		return rc;
	return call_ended(kn, call);
}

/* To the own node: without the network, by the handler that is here. */
static int call_self(struct kddm_net *kn, u32 id, const void *req, size_t len,
		     void *reply, size_t max)
{
	struct kddm_rpc_service *svc = service_get(id);
	int rc;

	if (!svc)
		return -EOPNOTSUPP;
	rc = svc->handler(kn, kn->self, req, len, reply, max);
	service_put(svc);
	if (rc > 0 && (size_t)rc > max)
		return -EMSGSIZE;
	return rc;
}

int kddm_rpc_call(struct kddm_net *kn, u16 dst,
		  const struct kddm_rpc_service *svc, const void *req,
		  size_t len, void *reply, size_t max, long timeout)
{
	struct kddm_rpc_msg m = {
		.service = service_id(svc->name),
		.max = min_t(size_t, max, KDDM_MAX_RPC),
		.len = len,
		.data = req,
	};
	struct call call = {
		.dst = dst,
		.service = m.service,
		.since = jiffies,
		.reply = reply,
		.max = max,
	};
	struct kddm_msg *msg;
	int rc;

	if (len > KDDM_MAX_RPC)
		return -EMSGSIZE;
	if (dst == kn->self)
		return call_self(kn, m.service, req, len, reply, m.max);
	if (kddm_transport_full(kn, RPC_CHAN))
		return -EBUSY;
	kddm_waiter_init(&call.wait);
	rc = call_add(kn, &call);
	if (rc)
		return rc;
	m.id = call.id;
	msg = rpc_msg(KDDM_WIRE_CALL, &m, GFP_KERNEL);
	trace_kddm_rpc_call(kn->self, dst, m.service, m.id, len);
	if (msg) {
		kddm_send(kn, dst, RPC_CHAN, msg);
		kddm_kick(kn, RPC_CHAN);
	} else if (call_take(kn->rpc, call.id, dst)) {
		return -ENOMEM;
	}
	rc = call_wait(kn, &call, timeout);
	trace_kddm_rpc_end(kn->self, dst, m.service, m.id, rc);
	return rc;
}
EXPORT_SYMBOL_GPL(kddm_rpc_call);

int kddm_rpc_cast(struct kddm_net *kn, u16 dst,
		  const struct kddm_rpc_service *svc, const void *req,
		  size_t len)
{
	struct kddm_rpc_msg m = {
		.service = service_id(svc->name),
		.len = len,
		.data = req,
	};
	struct kddm_msg *msg;

	if (len > KDDM_MAX_RPC)
		return -EMSGSIZE;
	if (dst == kn->self) {
		call_self(kn, m.service, req, len, NULL, 0);
		return 0;
	}
	if (READ_ONCE(kn->rpc->shut))
		return -ESHUTDOWN;
	if (kddm_transport_full(kn, RPC_CHAN))
		return -EBUSY;
	msg = rpc_msg(KDDM_WIRE_CAST, &m, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	kddm_send(kn, dst, RPC_CHAN, msg);
	kddm_kick(kn, RPC_CHAN);
	return 0;
}
EXPORT_SYMBOL_GPL(kddm_rpc_cast);

/* Requests */

/* A few bytes, which tell the caller that there was no memory, for example. */
static struct kddm_msg *error_msg(u32 id, int err)
{
	struct kddm_rpc_msg m = { .id = id, .err = err };

	return rpc_msg(KDDM_WIRE_REPLY, &m, GFP_NOFS | __GFP_NOFAIL);
}

static void reply_error(struct kddm_net *kn, u16 dst, u32 id, int err)
{
	kddm_send(kn, dst, RPC_CHAN, error_msg(id, err));
	kddm_kick(kn, RPC_CHAN);
}

/* The handler writes right into the message.  Returns the reply. */
static struct kddm_msg *run_call(const struct request *r, const void *data)
{
	size_t room = kddm_wire_rpc_size(0);
	struct kddm_rpc_msg m = { .id = r->id };
	struct kddm_msg *msg;
	int rc;

	msg = kddm_msg_alloc(room + r->max, 0, GFP_KERNEL);
	if (!msg)
		return error_msg(r->id, -ENOMEM);
	rc = r->svc->handler(r->kn, r->node->id, data, r->len,
			     msg->buf + room, r->max);
	if (rc > 0 && rc > r->max)
		rc = -EMSGSIZE;
	if (rc < -MAX_ERRNO)
		rc = -EINVAL;
	m.len = max(rc, 0);
	m.err = min(rc, 0);
	msg->type = KDDM_WIRE_REPLY;
	msg->len = room + m.len;
	kddm_wire_put_rpc(msg->buf + HDR, msg->len - HDR, &m);
	return msg;
}

/* @data: the request itself; the rest of @r ends here. */
static void serve(const struct request *r, const void *data)
{
	struct kddm_msg *reply = NULL;

	if (r->call)
		reply = run_call(r, data);
	else
		r->svc->handler(r->kn, r->node->id, data, r->len, NULL, 0);
	/* Before the reply, which the caller may answer by the next call. */
	atomic_dec(&r->node->requests);
	/* Another session with this node has calls of its own. */
	if (reply && kddm_node_link(r->node) != KDDM_LINK_DOWN) {
		kddm_send(r->kn, r->node->id, RPC_CHAN, reply);
		kddm_kick(r->kn, RPC_CHAN);
	} else {
		kddm_msg_free(reply);
	}
	kddm_node_put(r->node);
	service_put(r->svc);
}

static void run(struct request *r)
{
	serve(r, r->data);
	kvfree(r);
}

static void request_work(struct work_struct *work)
{
	run(container_of(work, struct request, work));
}

static void queue_run(struct work_struct *work)
{
	struct queue *q = container_of(work, struct queue, work);
	struct kddm_rpc *rpc = q->kn->rpc;
	struct request *r;

	for (;;) {
		spin_lock(&rpc->lock);
		r = list_first_entry_or_null(&q->requests, struct request,
					     list);
		if (r)
			list_del(&r->list);
		spin_unlock(&rpc->lock);
		if (!r)
			return;
		run(r);
	}
}

static struct queue *queue_find(struct kddm_rpc *rpc, u32 service)
{
	struct queue *q;

	lockdep_assert_held(&rpc->lock);
	list_for_each_entry(q, &rpc->queues, list) {
		if (q->service == service)
			return q;
	}
	return NULL;
}

/* Only the receiving thread comes here, so nobody else adds a queue. */
static int enqueue(struct kddm_rpc *rpc, struct request *r)
{
	struct queue *q;

	spin_lock(&rpc->lock);
	q = queue_find(rpc, r->svc->id);
	spin_unlock(&rpc->lock);
	if (!q) {
		q = kzalloc_obj(*q);
		if (!q)
			return -ENOMEM;
		q->service = r->svc->id;
		q->kn = r->kn;
		INIT_LIST_HEAD(&q->requests);
		INIT_WORK(&q->work, queue_run);
		spin_lock(&rpc->lock);
		list_add_tail(&q->list, &rpc->queues);
		spin_unlock(&rpc->lock);
	}
	spin_lock(&rpc->lock);
	list_add_tail(&r->list, &q->requests);
	spin_unlock(&rpc->lock);
	queue_work(rpc->wq, &q->work);
	return 0;
}

static struct request *request_new(struct kddm_net *kn, struct kddm_node *node,
				   struct kddm_rpc_service *svc, bool call,
				   const struct kddm_rpc_msg *m)
{
	struct request *r = kvmalloc(struct_size(r, data, m->len), GFP_KERNEL);

	if (!r)
		return NULL;
	*r = (struct request) {
		.kn = kn, .node = node, .svc = svc, .call = call,
		.id = m->id, .max = m->max, .len = m->len,
	};
	INIT_WORK(&r->work, request_work);
	memcpy(r->data, m->data, m->len);
	return r;
}

/* As it came, without a copy. */
static void serve_at_once(struct kddm_net *kn, struct kddm_node *node,
			  struct kddm_rpc_service *svc, bool call,
			  const struct kddm_rpc_msg *m)
{
	const struct request r = {
		.kn = kn, .node = node, .svc = svc, .call = call,
		.id = m->id, .max = m->max, .len = m->len,
	};

	serve(&r, m->data);
}

static int accept_request(struct kddm_net *kn, struct kddm_node *node,
			  bool call, const struct kddm_rpc_msg *m)
{
	struct kddm_rpc *rpc = kn->rpc;
	struct kddm_rpc_service *svc;
	struct request *r;
	int rc = -ENOMEM;

	if (READ_ONCE(rpc->shut))
		return -ESHUTDOWN;
	svc = service_get(m->service);
	if (!svc)
		return -EOPNOTSUPP;
	if (atomic_inc_return(&node->requests) > KDDM_RPC_PENDING) {
		rc = -EBUSY;
		goto put;
	}
	if (svc->direct) {
		serve_at_once(kn, node, svc, call, m);
		return 0;
	}
	r = request_new(kn, node, svc, call, m);
	if (!r)
		goto put;
	if (!svc->ordered) {
		queue_work(rpc->wq, &r->work);
		return 0;
	}
	rc = enqueue(rpc, r);
	if (!rc)
		return 0;
	kvfree(r);
put:
	atomic_dec(&node->requests);
	service_put(svc);
	return rc;
}

static int rx_request(struct kddm_net *kn, const struct kddm_hdr *h,
		      const struct kddm_rpc_msg *m)
{
	struct kddm_node *node = kddm_node_get(kn, h->src);
	bool call = h->type == KDDM_WIRE_CALL;
	int rc;

	if (!node)
		return -ESTALE;
	rc = accept_request(kn, node, call, m);
	if (!rc)
		return 0;
	kddm_node_put(node);
	if (!call)
		return rc;
	/* The caller gets the error; only -EBUSY is one of ours, too. */
	reply_error(kn, h->src, m->id, rc);
	return rc == -EBUSY ? rc : 0;
}

static int rx_reply(struct kddm_net *kn, u16 src, const struct kddm_rpc_msg *m)
{
	struct call *call = call_take(kn->rpc, m->id, src);

	if (!call)
		return -ESTALE;		/* gave up, or never asked */
	if (m->err) {
		call_end(call, m->err);
	} else if (m->len > call->max) {
		call_end(call, -EMSGSIZE);
	} else {
		if (m->len)
			memcpy(call->reply, m->data, m->len);
		call_end(call, m->len);
	}
	return 0;
}

static int rpc_rx(struct kddm_net *kn, const struct kddm_hdr *h,
		  const void *body, size_t len)
{
	struct kddm_rpc_msg m;
	int rc;

	if (h->type == KDDM_WIRE_VIEW)
		return kn->view_rx ? kn->view_rx(kn, h, body, len) : -ESTALE;
	rc = kddm_wire_get_rpc(body, len, h->type, &m);
	if (rc)
		return rc;
	if (h->type == KDDM_WIRE_REPLY)
		return rx_reply(kn, h->src, &m);
	return rx_request(kn, h, &m);
}

static void rpc_undeliverable(struct kddm_net *kn, u16 dst,
			      const struct kddm_msg *msg)
{
	struct kddm_rpc_msg m;
	struct call *call;

	if (msg->type != KDDM_WIRE_CALL ||
	    kddm_wire_get_rpc(msg->buf + HDR, msg->len - HDR, msg->type, &m))
		return;
	call = call_take(kn->rpc, m.id, dst);
	if (call)
		call_end(call, -EHOSTDOWN);
}

static const struct kddm_channel_ops rpc_ops = {
	.rx		= rpc_rx,
	.undeliverable	= rpc_undeliverable,
};

/* Life of the layer */

int kddm_rpc_start(struct kddm_net *kn)
{
	struct kddm_rpc *rpc = kzalloc_obj(*rpc);

	if (!rpc)
		return -ENOMEM;
	rpc->wq = alloc_workqueue("kddm_rpc", WQ_UNBOUND, RPC_RUNNING);
	if (!rpc->wq) {
		kfree(rpc);
		return -ENOMEM;
	}
	spin_lock_init(&rpc->calls_lock);
	/* A reply to an earlier life of this node finds no call. */
	rpc->next = get_random_u32();
	spin_lock_init(&rpc->lock);
	INIT_LIST_HEAD(&rpc->queues);
	kn->rpc = rpc;
	kn->peer_down = rpc_peer_down;
	kddm_transport_set_ops(kn, RPC_CHAN, &rpc_ops);
	return 0;
}

void kddm_rpc_shut(struct kddm_net *kn)
{
	struct kddm_rpc *rpc = kn->rpc;

	WRITE_ONCE(rpc->shut, true);
	/* Either we see a call, or call_add() sees that it must not be. */
	smp_mb();
	calls_end(rpc, KDDM_NODE_NONE, -ESHUTDOWN);
	flush_workqueue(rpc->wq);
}

void kddm_rpc_stop(struct kddm_net *kn)
{
	struct kddm_rpc *rpc = kn->rpc;
	struct queue *q, *next;

	kn->peer_down = NULL;
	destroy_workqueue(rpc->wq);
	list_for_each_entry_safe(q, next, &rpc->queues, list)
		kfree(q);
	kn->rpc = NULL;
	kfree(rpc);
}
