// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of services of KDDM itself.
 *
 * A request is a copy of the message and a work item, unless the service is
 * "direct": then it is handled where it is received.  Requests of an ordered
 * service go through a serial queue, of which each such service has one in each
 * namespace: a queue is a list, and one work item that empties it.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "rpc_int.h"

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

/* The handler writes right into the message.  Returns the reply. */
static struct kddm_msg *run_call(const struct request *r, const void *data)
{
	size_t room = kddm_wire_rpc_size(0);
	struct kddm_rpc_msg m = { .id = r->id, .origin = r->node->id };
	struct kddm_msg *msg;
	int rc;

	msg = kddm_msg_alloc(room + r->max, 0, GFP_KERNEL);
	if (!msg) {
		m.err = -ENOMEM;
		return kddm_rpc_note(r->kn->rpc, KDDM_WIRE_REPLY, &m);
	}
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
	kddm_wire_put_rpc(msg->buf + RPC_HDR, msg->len - RPC_HDR, &m);
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
	if (reply && kddm_node_link(r->node) != KDDM_LINK_DOWN)
		kddm_rpc_xmit(r->kn->rpc, r->node->id, reply);
	else
		kddm_msg_free(reply);
	kddm_node_put(r->node);
	kddm_rpc_service_put(r->svc);
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

int kddm_serve_accept(struct kddm_rpc *rpc, struct kddm_node *node,
		      struct kddm_rpc_service *svc, bool call,
		      const struct kddm_rpc_msg *m)
{
	struct kddm_net *kn = rpc->kn;
	struct request *r;
	int rc = -ENOMEM;

	if (m->max > KDDM_MAX_RPC)
		return -EBADMSG;
	if (atomic_inc_return(&node->requests) > KDDM_RPC_PENDING) {
		rc = -EBUSY;
		goto uncount;
	}
	if (svc->direct) {
		serve_at_once(kn, node, svc, call, m);
		return 0;
	}
	r = request_new(kn, node, svc, call, m);
	if (!r)
		goto uncount;
	if (!svc->ordered) {
		queue_work(svc->urgent ? rpc->urgent : rpc->wq, &r->work);
		return 0;
	}
	rc = enqueue(rpc, r);
	if (!rc)
		return 0;
	kvfree(r);
uncount:
	atomic_dec(&node->requests);
	return rc;
}

void kddm_serve_exit(struct kddm_rpc *rpc)
{
	struct queue *q, *next;

	list_for_each_entry_safe(q, next, &rpc->queues, list)
		kfree(q);
}
