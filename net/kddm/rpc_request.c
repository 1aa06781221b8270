// SPDX-License-Identifier: GPL-2.0-only
/*
 * A request to a client's service: from its first part to its answer.
 *
 * It is found by the first caller's id and number as long as it is not answered
 * (a cast only while parts of it are missing).  Whoever answers does so once:
 * the worker when the handler has returned, kddm_request_reply() for a request
 * that was deferred, or whoever drops a request that has not begun.  The
 * handler's own request stays for the handler until it has returned, whoever
 * answers it.
 *
 * A request that is answered after its node has stopped is just freed.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/net_namespace.h>
#include "rpc_int.h"

#define PART_TIMEOUT	(10 * HZ)	/* between two parts of a request */
#define SEND_TIMEOUT	(5 * HZ)	/* of a reply or request in parts */

/* Where requests are found */

static struct hlist_head *table_list(struct kddm_rpc *rpc, u16 origin, u32 id)
{
	return &rpc->requests[(id + origin) % RPC_LISTS];
}

static struct kddm_request *table_find(struct kddm_rpc *rpc, u16 origin, u32 id)
{
	struct kddm_request *req;

	lockdep_assert_held(&rpc->lock);
	hlist_for_each_entry(req, table_list(rpc, origin, id), hash) {
		if (req->id == id && req->node->id == origin)
			return req;
	}
	return NULL;
}

/* With a reference, or NULL. */
static struct kddm_request *request_get(struct kddm_rpc *rpc, u16 origin,
					u32 id, u32 token)
{
	struct kddm_request *req;

	spin_lock(&rpc->lock);
	req = table_find(rpc, origin, id);
	if (req && req->token == token)
		refcount_inc(&req->ref);
	else
		req = NULL;
	spin_unlock(&rpc->lock);
	return req;
}

static int table_add(struct kddm_request *req)
{
	struct kddm_rpc *rpc = req->rpc;
	int rc = 0;

	spin_lock(&rpc->lock);
	if (table_find(rpc, req->node->id, req->id))
		rc = -EBADMSG;
	else
		hlist_add_head(&req->hash,
			       table_list(rpc, req->node->id, req->id));
	spin_unlock(&rpc->lock);
	return rc;
}

static void table_del(struct kddm_request *req)
{
	spin_lock(&req->rpc->lock);
	hlist_del_init(&req->hash);
	spin_unlock(&req->rpc->lock);
}

/* The service stays as long as any of its requests. */
void kddm_request_put(struct kddm_request *req)
{
	struct kddm_rpc_service *svc = &req->sn->rs->base;

	if (!refcount_dec_and_test(&req->ref))
		return;
	kddm_node_put(req->node);
	put_net(req->net);
	kfree(req->spare);
	kvfree(req->reply.buf);
	kddm_svc_net_put(req->sn);
	kddm_rpc_put(req->rpc);
	kvfree(req);
	kddm_rpc_service_put(svc);
}

bool kddm_request_mark(struct kddm_request *req)
{
	if (test_and_set_bit(0, &req->cancelled))
		return false;
	wake_up_all(&req->wait);
	return true;
}

/* Answers */

/* It is nobody's any more, and does not count; true to who is first. */
static bool leave(struct kddm_request *req)
{
	struct kddm_svc_net *sn = req->sn;

	if (WARN_ON_ONCE(test_and_set_bit(0, &req->answered)))
		return false;
	table_del(req);
	spin_lock(&sn->rs->lock);
	list_del_init(&req->all);
	spin_unlock(&sn->rs->lock);
	kddm_svc_uncount(sn, req->peer, req->parts.total);
	return true;
}

static void send_reply(struct kddm_request *req, int err)
{
	struct kddm_rpc_msg m = {
		.id = req->id,
		.token = req->token,
		.origin = req->node->id,
		.total = req->reply.len,
		.data = req->reply.buf,
	};
	const bool never = false;

	if (!err)
		err = req->reply.err;
	if (!err)
		err = kddm_rpc_post(req->rpc, req->node->id, KDDM_WIRE_REPLY,
				    &m, jiffies + SEND_TIMEOUT, &never);
	if (err)
		kddm_rpc_error(req->rpc, req->node->id, &m,
			       clamp(err, -MAX_ERRNO, -1));
}

static void answer(struct kddm_request *req, int err)
{
	struct kddm_rpc *rpc = req->rpc;
	int life;

	if (!leave(req))
		return;
	life = srcu_read_lock(&rpc->life);
	/* Another session with this node has calls of its own. */
	if (req->call && !READ_ONCE(req->unheard) && !READ_ONCE(rpc->down) &&
	    kddm_node_link(req->node) != KDDM_LINK_DOWN)
		send_reply(req, err);
	srcu_read_unlock(&rpc->life, life);
	kddm_request_put(req);
}

void kddm_requests_drop(struct list_head *list, int err)
{
	struct kddm_request *req, *next;

	list_for_each_entry_safe(req, next, list, tmp) {
		list_del_init(&req->tmp);
		if (kddm_svc_drop(req))
			answer(req, err);
		kddm_request_put(req);
	}
}

void kddm_request_work(struct work_struct *work)
{
	struct kddm_request *req = container_of(work, struct kddm_request,
						work);
	struct kddm_svc_lane *lane = req->lane;
	struct kddm_svc_net *sn = req->sn;
	int rc = -ECANCELED;

	if (!kddm_request_cancelled(req))
		rc = sn->rs->svc->handler(req);
	if (rc != KDDM_DEFERRED)
		answer(req, min(rc, 0));
	kddm_svc_ran(sn, lane);
	kddm_request_put(req);
}

/* What comes */

static struct kddm_request *request_new(struct kddm_rpc *rpc,
					struct kddm_svc_net *sn,
					struct kddm_node *node,
					const struct kddm_rpc_msg *m, bool call)
{
	bool ordered = sn->rs->svc->order != KDDM_ORDER_NONE;
	struct kddm_request *req;

	req = kvmalloc(struct_size(req, data, m->total), GFP_KERNEL);
	if (!req)
		return NULL;
	memset(req, 0, sizeof(*req));
	if (ordered) {
		req->spare = kzalloc_obj(*req->spare);
		if (!req->spare)
			goto free;
	}
	req->net = maybe_get_net(rpc->kn->net);
	if (!req->net)
		goto free;
	refcount_set(&req->ref, 1);
	refcount_inc(&sn->ref);
	req->sn = sn;
	refcount_inc(&rpc->ref);
	req->rpc = rpc;
	req->node = node;
	req->hops = m->hops;
	req->call = call;
	req->id = m->id;
	req->token = m->token;
	req->key = m->key;
	req->max = m->max;
	req->since = jiffies;
	INIT_HLIST_NODE(&req->hash);
	INIT_LIST_HEAD(&req->all);
	INIT_LIST_HEAD(&req->queue);
	INIT_LIST_HEAD(&req->tmp);
	INIT_WORK(&req->work, kddm_request_work);
	init_waitqueue_head(&req->wait);
	kddm_unpack_init(&req->args, req->data, m->total);
	memcpy(req->data, m->data, m->len);
	return req;

free:
	kfree(req->spare);
	kvfree(req);
	return NULL;
}

static void coming(struct kddm_rpc *rpc)
{
	if (!READ_ONCE(rpc->shut))
		queue_delayed_work(rpc->wq, &rpc->reap, PART_TIMEOUT / 2);
}

/* It counts, and can be found; takes over the reference to @node if it can. */
static int request_begin(struct kddm_rpc *rpc, struct kddm_svc_net *sn,
			 struct kddm_node *node, u16 from, bool call,
			 const struct kddm_rpc_msg *m)
{
	struct kddm_rpc_svc *rs = sn->rs;
	struct kddm_at_msg at = {
		.id = m->id, .token = m->token, .node = rpc->kn->self,
		.hops = m->hops,
	};
	struct kddm_svc_peer *peer;
	struct kddm_request *req;
	int rc;

	/* Whoever sends it answers for it, whatever the first caller is. */
	rc = kddm_svc_count(sn, from, m->total, &peer);
	if (rc)
		return rc;
	rc = -ENOMEM;
	req = request_new(rpc, sn, node, m, call);
	if (!req)
		goto uncount;
	req->from = from;
	req->peer = peer;
	rc = kddm_parts_begin(&req->parts, m->total, m->len,
			      kddm_svc_max_request(rs->svc));
	if (rc >= 0 && (call || rc))
		rc = table_add(req);
	if (rc < 0)
		goto put;
	/* From now on others may drop it. */
	refcount_inc(&req->ref);
	rc = kddm_svc_add(req);
	if (rc)
		goto unhash;
	if (m->hops && call)
		kddm_rpc_tell(rpc, node->id, KDDM_WIRE_AT, &at);
	if (kddm_parts_complete(&req->parts))
		kddm_svc_enqueue(req);
	else
		coming(rpc);
	kddm_request_put(req);
	return 0;

unhash:
	table_del(req);
	kddm_request_put(req);
put:
	/* These stay the caller's. */
	refcount_inc(&node->ref);
	refcount_inc(&rs->base.users);
	kddm_request_put(req);
uncount:
	kddm_svc_uncount(sn, peer, m->total);
	return rc;
}

/* The first caller of a request that was forwarded, or NULL. */
static struct kddm_node *origin_get(struct kddm_rpc *rpc,
				    const struct kddm_rpc_msg *m)
{
	struct kddm_node *node = kddm_node_get(rpc->kn, m->origin);
	u8 link;

	if (!node)
		return NULL;
	link = kddm_node_link(node);
	if ((m->origin == rpc->kn->self || link == KDDM_LINK_HELLO ||
	     link == KDDM_LINK_UP) &&
	    READ_ONCE(node->incarnation) == m->incarnation)
		return node;
	kddm_node_put(node);
	return NULL;
}

int kddm_request_rx(struct kddm_rpc *rpc, struct kddm_node *from,
		    struct kddm_rpc_svc *rs, bool call,
		    const struct kddm_rpc_msg *m)
{
	enum kddm_run run = kddm_run(rpc->kn);
	struct kddm_node *node = from;
	struct kddm_svc_net *sn;
	int rc;

	if (run != KDDM_RUNNING && run != KDDM_STARTING)
		return -ESHUTDOWN;
	if (m->total > kddm_svc_max_request(rs->svc))
		return -EMSGSIZE;
	if (m->hops) {
		node = origin_get(rpc, m);
		if (!node)
			return -EHOSTUNREACH;
	}
	sn = kddm_svc_net_get(rs, rpc);
	rc = -ENOMEM;
	if (sn) {
		rc = request_begin(rpc, sn, node, from->id, call, m);
		kddm_svc_net_put(sn);
	}
	if (node != from)
		kddm_node_put(rc ? node : from);
	return rc;
}

int kddm_request_rx_part(struct kddm_rpc *rpc, u16 src,
			 const struct kddm_part_msg *m)
{
	struct kddm_request *req;
	int rc = -ESTALE;

	req = request_get(rpc, m->origin, m->id, m->token);
	if (!req)
		return rc;
	if (req->from == src && !kddm_parts_complete(&req->parts))
		rc = kddm_parts_next(&req->parts, m->offset, m->len);
	if (rc < 0)
		goto put;
	/* Only who receives from @src comes here. */
	memcpy(req->data + m->offset, m->data, m->len);
	WRITE_ONCE(req->since, jiffies);
	if (!rc) {
		if (!req->call)
			table_del(req);
		kddm_svc_enqueue(req);
	}
	rc = 0;
put:
	kddm_request_put(req);
	return rc;
}

int kddm_request_rx_cancel(struct kddm_rpc *rpc, u16 src,
			   const struct kddm_at_msg *m)
{
	struct kddm_request *req = request_get(rpc, src, m->id, m->token);
	LIST_HEAD(list);

	/* It may have been answered, or be on its way to another node. */
	if (!req)
		return 0;
	WRITE_ONCE(req->unheard, true);
	if (kddm_request_mark(req)) {
		list_add(&req->tmp, &list);
		kddm_requests_drop(&list, -ECANCELED);
	} else {
		kddm_request_put(req);
	}
	return 0;
}

/* Those in the table of which @match is true. */
static void cancel_matching(struct kddm_rpc *rpc,
			    bool (*match)(const struct kddm_request *req,
					  unsigned long arg),
			    unsigned long arg, int err)
{
	struct kddm_request *req;
	LIST_HEAD(list);
	int i;

	spin_lock(&rpc->lock);
	for (i = 0; i < RPC_LISTS; i++) {
		hlist_for_each_entry(req, &rpc->requests[i], hash) {
			if (!match(req, arg) || !kddm_request_mark(req))
				continue;
			refcount_inc(&req->ref);
			list_add_tail(&req->tmp, &list);
		}
	}
	spin_unlock(&rpc->lock);
	kddm_requests_drop(&list, err);
}

/* The caller is gone, or who sends the rest. */
static bool is_of(const struct kddm_request *req, unsigned long id)
{
	return req->node->id == id ||
	       (req->from == id && READ_ONCE(req->state) == KDDM_REQ_COMING);
}

void kddm_request_peer_down(struct kddm_rpc *rpc, u16 id)
{
	cancel_matching(rpc, is_of, id, -EHOSTDOWN);
}

static bool is_late(const struct kddm_request *req, unsigned long now)
{
	return READ_ONCE(req->state) == KDDM_REQ_COMING &&
	       time_after(now, READ_ONCE(req->since) + PART_TIMEOUT);
}

void kddm_request_reap(struct work_struct *work)
{
	struct kddm_rpc *rpc = container_of(to_delayed_work(work),
					    struct kddm_rpc, reap);
	struct kddm_request *req;
	bool more = false;
	int i;

	cancel_matching(rpc, is_late, jiffies, -ETIMEDOUT);
	spin_lock(&rpc->lock);
	for (i = 0; i < RPC_LISTS; i++)
		hlist_for_each_entry(req, &rpc->requests[i], hash)
			more |= READ_ONCE(req->state) == KDDM_REQ_COMING;
	spin_unlock(&rpc->lock);
	if (more)
		coming(rpc);
}

/* For handlers */

u16 kddm_request_src(const struct kddm_request *req)
{
	return req->node->id;
}
EXPORT_SYMBOL_GPL(kddm_request_src);

struct net *kddm_request_net(const struct kddm_request *req)
{
	return req->net;
}
EXPORT_SYMBOL_GPL(kddm_request_net);

u32 kddm_request_key(const struct kddm_request *req)
{
	return req->key;
}
EXPORT_SYMBOL_GPL(kddm_request_key);

struct kddm_unpack *kddm_request_args(struct kddm_request *req)
{
	return &req->args;
}
EXPORT_SYMBOL_GPL(kddm_request_args);

struct kddm_pack *kddm_reply_room(struct kddm_request *req, u32 size)
{
	u32 most = min(req->max, kddm_svc_max_reply(req->sn->rs->svc));
	void *buf = NULL;

	kvfree(req->reply.buf);
	if (req->call && size <= most)
		buf = kvmalloc(size, GFP_KERNEL);
	kddm_pack_init(&req->reply, buf, buf ? size : 0);
	if (!buf)
		req->reply.err = !req->call || size > most ? -EMSGSIZE :
							     -ENOMEM;
	return &req->reply;
}
EXPORT_SYMBOL_GPL(kddm_reply_room);

void kddm_request_reply(struct kddm_request *req, int err)
{
	answer(req, min(err, 0));
}
EXPORT_SYMBOL_GPL(kddm_request_reply);

bool kddm_request_cancelled(const struct kddm_request *req)
{
	return test_bit(0, &req->cancelled);
}
EXPORT_SYMBOL_GPL(kddm_request_cancelled);

bool kddm_request_wait(struct kddm_request *req, long timeout)
{
	return wait_event_timeout(req->wait, kddm_request_cancelled(req),
				  timeout);
}
EXPORT_SYMBOL_GPL(kddm_request_wait);

/* Forwarding */

/* With rpc->life; 0, or why it does not go. */
static int may_forward(const struct kddm_request *req, u16 node)
{
	struct kddm_net *kn = req->rpc->kn;

	if (node >= KDDM_NODE_IDS)
		return -EINVAL;
	if (kddm_request_cancelled(req))
		return -ECANCELED;
	if (READ_ONCE(req->rpc->down) || kddm_run(kn) != KDDM_RUNNING)
		return -ESHUTDOWN;
	if (req->hops >= KDDM_RPC_HOPS)
		return -ELOOP;
	if (node != kn->self &&
	    kddm_node_state(kn, node) == KDDM_NODE_OFFLINE)
		return -EHOSTDOWN;
	return 0;
}

/*
 * The first caller hears where it goes before it goes there, so that it notices
 * if that node dies.
 */
static void forward(struct kddm_request *req, u16 node, u32 key)
{
	struct kddm_at_msg at = {
		.id = req->id, .token = req->token, .node = node,
		.hops = req->hops + 1,
	};
	struct kddm_rpc_msg m = {
		.service = req->sn->rs->base.id,
		.id = req->id,
		.token = req->token,
		.key = key,
		.incarnation = READ_ONCE(req->node->incarnation),
		.max = req->max,
		.total = req->parts.total,
		.origin = req->node->id,
		.hops = req->hops + 1,
		.data = req->data,
	};
	const bool never = false;
	int rc;

	if (req->call)
		kddm_rpc_tell(req->rpc, req->node->id, KDDM_WIRE_AT, &at);
	rc = kddm_rpc_post(req->rpc, node,
			   req->call ? KDDM_WIRE_CALL : KDDM_WIRE_CAST, &m,
			   jiffies + SEND_TIMEOUT, &never);
	if (rc && req->call)
		kddm_rpc_error(req->rpc, req->node->id, &m, rc);
}

int kddm_forward(struct kddm_request *req, u16 node, u32 key)
{
	struct kddm_rpc *rpc = req->rpc;
	int life, rc;

	life = srcu_read_lock(&rpc->life);
	rc = may_forward(req, node);
	if (!rc && leave(req))
		forward(req, node, key);
	srcu_read_unlock(&rpc->life, life);
	if (rc)
		return rc;
	kddm_request_put(req);
	return KDDM_DEFERRED;
}
EXPORT_SYMBOL_GPL(kddm_forward);
