// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls and casts of clients; linux/kddm_rpc.h says what they promise.
 *
 * A call to one node is on the caller's stack, and the caller holds the node's
 * gate while it waits: who stops the node ends the calls first.  Calls to many
 * are allocated together and end one by one, in whatever task; between the
 * client's questions nothing holds the node, whose stop ends them too.
 */
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "rpc_int.h"
#include "trace.h"

#define SEND_TIMEOUT	(5 * HZ)	/* of a cast in parts */

static_assert(KDDM_NODE_IDS == KDDM_MAX_NODES);
static_assert(KDDM_MESSAGE_MAX == KDDM_RPC_LARGE);
static_assert(KDDM_MESSAGE <= KDDM_MAX_RPC);
static_assert(KDDM_SVC_PENDING == KDDM_RPC_PENDING);

/**
 * struct kddm_gather - calls to many nodes
 * @net: the namespace
 * @rpc: of the node, with a reference
 * @end: jiffies when the time is up
 * @lock: protects the next two
 * @done: struct kddm_rpc_call, those that are over and were not asked for
 * @open: calls that are not over
 * @wait: woken when one is over
 * @nr: elements of @call
 * @call: the calls
 */
struct kddm_gather {
	struct net		*net;
	struct kddm_rpc		*rpc;
	unsigned long		end;
	spinlock_t		lock;		/* see above */
	struct list_head	done;
	unsigned int		open;
	wait_queue_head_t	wait;
	unsigned int		nr;
	struct kddm_rpc_call	call[];
};

/* Messages */

/* What a client wants to send; 0, or why it cannot be sent. */
static int fill_in(struct kddm_rpc_msg *m, const struct kddm_net *kn,
		   const struct kddm_svc *svc, u32 key,
		   const struct kddm_pack *req)
{
	*m = (struct kddm_rpc_msg) {
		.service = kddm_rpc_id(svc->name),
		.key = key,
		.origin = kn->self,
	};
	if (!req)
		return 0;
	if (req->err)
		return req->err;
	if (req->len > kddm_svc_max_request(svc))
		return -EMSGSIZE;
	m->total = req->len;
	m->data = req->buf;
	return 0;
}

static void call_init(struct kddm_rpc_call *call, u16 dst, u32 service,
		      const struct kddm_svc *svc)
{
	*call = (struct kddm_rpc_call) {
		.dst = dst,
		.place = kddm_place_of(dst),
		.client = true,
		.service = service,
		.since = jiffies,
		.token = get_random_u32() | 1,
		.max = kddm_svc_max_reply(svc),
	};
	INIT_LIST_HEAD(&call->done);
}

/* Send a call that is in the table; if that fails it is over. */
static void call_send(struct kddm_rpc *rpc, struct kddm_rpc_call *call,
		      const struct kddm_rpc_msg *what, unsigned long end)
{
	const bool never = false, *over = &never;
	struct kddm_rpc_msg m = *what;
	int rc;

	/* An error may come before the last part has gone. */
	if (!call->gather)
		over = &call->wait.done;
	m.id = call->id;
	m.token = call->token;
	m.max = call->max;
	trace_kddm_rpc_call(rpc->kn->self, call->dst, m.service, m.id, m.total);
	if (kddm_transport_full(rpc->kn, RPC_CHAN))
		rc = -EBUSY;
	else
		rc = kddm_rpc_post(rpc, call->dst, KDDM_WIRE_CALL, &m, end,
				   over);
	/* Some of it may have gone: whoever has that can forget it. */
	if (rc && kddm_call_cancel(rpc, call))
		kddm_call_end(call, rc);
}

static void reply_init(struct kddm_reply *reply,
		       const struct kddm_rpc_call *call)
{
	int result = call->result;

	reply->node = call->dst;
	reply->err = min(result, 0);
	reply->buf = call->reply;
	if (result < 0) {
		kvfree(reply->buf);
		reply->buf = NULL;
	}
	kddm_unpack_init(&reply->data, reply->buf, max(result, 0));
}

void kddm_reply_free(struct kddm_reply *reply)
{
	kvfree(reply->buf);
	reply->buf = NULL;
	kddm_unpack_init(&reply->data, NULL, 0);
}
EXPORT_SYMBOL_GPL(kddm_reply_free);

/* One node */

static int call_one(struct kddm_rpc *rpc, u16 node, const struct kddm_svc *svc,
		    const struct kddm_rpc_msg *m, struct kddm_reply *reply,
		    long timeout)
{
	unsigned long end = jiffies + timeout;
	struct kddm_rpc_call call;
	int rc;

	call_init(&call, node, m->service, svc);
	kddm_waiter_init(&call.wait);
	rc = kddm_call_add(rpc, &call);
	if (!rc)
		call_send(rpc, &call, m, end);
	else if (kddm_call_take(rpc, &call))
		kddm_call_end(&call, rc);
	rc = kddm_call_wait(rpc, &call, max_t(long, end - jiffies, 0));
	if (rc < 0)
		call.result = rc;
	trace_kddm_rpc_end(rpc->kn->self, node, m->service, call.id, rc);
	if (reply)
		reply_init(reply, &call);
	else
		kvfree(call.reply);
	return min(rc, 0);
}

int kddm_call(struct net *net, u16 node, const struct kddm_svc *svc, u32 key,
	      const struct kddm_pack *req, struct kddm_reply *reply,
	      long timeout)
{
	struct kddm_rpc_msg m;
	struct kddm_net *kn;
	int rc;

	if (reply) {
		*reply = (struct kddm_reply) { .node = node };
		kddm_unpack_init(&reply->data, NULL, 0);
	}
	if (node >= KDDM_NODE_IDS)
		return -EINVAL;
	kn = kddm_enter(net);
	if (IS_ERR(kn))
		return PTR_ERR(kn);
	rc = fill_in(&m, kn, svc, key, req);
	if (!rc)
		rc = call_one(kn->rpc, node, svc, &m, reply, timeout);
	kddm_exit(kn);
	if (reply)
		reply->err = rc;
	return rc;
}
EXPORT_SYMBOL_GPL(kddm_call);

static int cast_one(struct kddm_rpc *rpc, u16 node,
		    const struct kddm_rpc_msg *what)
{
	struct kddm_rpc_msg m = *what;
	const bool never = false;

	if (READ_ONCE(rpc->hush))
		return -ESHUTDOWN;
	if (kddm_transport_full(rpc->kn, RPC_CHAN))
		return -EBUSY;
	if (m.total > KDDM_MESSAGE)
		m.id = get_random_u32();
	return kddm_rpc_post(rpc, node, KDDM_WIRE_CAST, &m,
			     jiffies + SEND_TIMEOUT, &never);
}

int kddm_cast(struct net *net, u16 node, const struct kddm_svc *svc, u32 key,
	      const struct kddm_pack *req)
{
	struct kddm_rpc_msg m;
	struct kddm_net *kn;
	int rc;

	if (node >= KDDM_NODE_IDS)
		return -EINVAL;
	kn = kddm_enter(net);
	if (IS_ERR(kn))
		return PTR_ERR(kn);
	rc = fill_in(&m, kn, svc, key, req);
	if (!rc)
		rc = cast_one(kn->rpc, node, &m);
	kddm_exit(kn);
	return rc;
}
EXPORT_SYMBOL_GPL(kddm_cast);

/* Many nodes */

int kddm_cast_many(struct net *net, const unsigned long *nodes,
		   const struct kddm_svc *svc, u32 key,
		   const struct kddm_pack *req)
{
	struct kddm_net *kn = kddm_enter(net);
	struct kddm_rpc_msg m;
	unsigned int node;
	int rc, ret;

	if (IS_ERR(kn))
		return PTR_ERR(kn);
	ret = fill_in(&m, kn, svc, key, req);
	if (ret)
		goto exit;
	for_each_set_bit(node, nodes, KDDM_NODE_IDS) {
		rc = cast_one(kn->rpc, node, &m);
		ret = ret ?: rc;
	}
exit:
	kddm_exit(kn);
	return ret;
}
EXPORT_SYMBOL_GPL(kddm_cast_many);

void kddm_gather_done(struct kddm_rpc_call *call)
{
	struct kddm_gather *g = call->gather;

	/* The lock keeps whoever sees the last call end from freeing it. */
	spin_lock(&g->lock);
	list_add_tail(&call->done, &g->done);
	g->open--;
	wake_up_all(&g->wait);
	spin_unlock(&g->lock);
}

static struct kddm_gather *gather_new(struct net *net, struct kddm_rpc *rpc,
				      unsigned int nr, long timeout)
{
	struct kddm_gather *g = kvzalloc(struct_size(g, call, nr), GFP_KERNEL);

	if (!g)
		return NULL;
	g->net = net;
	refcount_inc(&rpc->ref);
	g->rpc = rpc;
	g->end = jiffies + timeout;
	spin_lock_init(&g->lock);
	INIT_LIST_HEAD(&g->done);
	init_waitqueue_head(&g->wait);
	g->nr = nr;
	g->open = nr;
	return g;
}

static void gather_send(struct kddm_gather *g, const unsigned long *nodes,
			const struct kddm_svc *svc,
			const struct kddm_rpc_msg *m)
{
	struct kddm_rpc_call *call = g->call;
	unsigned int node;
	int rc;

	for_each_set_bit(node, nodes, KDDM_NODE_IDS) {
		/* Somebody may have changed it since. */
		if (call == g->call + g->nr)
			break;
		call_init(call, node, m->service, svc);
		call->gather = g;
		rc = kddm_call_add(g->rpc, call);
		if (!rc)
			call_send(g->rpc, call, m, g->end);
		else if (kddm_call_take(g->rpc, call))
			kddm_call_end(call, rc);
		call++;
	}
	spin_lock(&g->lock);
	g->open -= g->call + g->nr - call;
	spin_unlock(&g->lock);
	g->nr = call - g->call;
}

struct kddm_gather *kddm_call_many(struct net *net, const unsigned long *nodes,
				   const struct kddm_svc *svc, u32 key,
				   const struct kddm_pack *req, long timeout)
{
	struct kddm_net *kn = kddm_enter(net);
	struct kddm_gather *g;
	struct kddm_rpc_msg m;
	int rc;

	if (IS_ERR(kn))
		return ERR_CAST(kn);
	rc = fill_in(&m, kn, svc, key, req);
	if (rc) {
		g = ERR_PTR(rc);
		goto exit;
	}
	g = gather_new(net, kn->rpc, bitmap_weight(nodes, KDDM_NODE_IDS),
		       timeout);
	if (g)
		gather_send(g, nodes, svc, &m);
	else
		g = ERR_PTR(-ENOMEM);
exit:
	kddm_exit(kn);
	return g;
}
EXPORT_SYMBOL_GPL(kddm_call_many);

/* End all calls that are not over. */
static void gather_expire(struct kddm_gather *g, int err)
{
	struct kddm_rpc_call *call;
	bool up;
	int life;

	/* A node that stops ends them itself, and may have stopped. */
	life = srcu_read_lock(&g->rpc->life);
	up = !READ_ONCE(g->rpc->down);
	for (call = g->call; up && call < g->call + g->nr; call++) {
		if (kddm_call_cancel(g->rpc, call))
			kddm_call_end(call, err);
	}
	srcu_read_unlock(&g->rpc->life, life);
	wait_event(g->wait, !READ_ONCE(g->open));
}

static bool gather_ready(struct kddm_gather *g, bool any)
{
	return !READ_ONCE(g->open) ||
	       (any && !list_empty_careful(&g->done));
}

/* Wait for all, or for @any, at most until the time is up: 0 or -EINTR. */
static int gather_wait(struct kddm_gather *g, bool any)
{
	long rc, left = max_t(long, g->end - jiffies, 0);

	rc = wait_event_killable_timeout(g->wait, gather_ready(g, any), left);
	if (!rc)
		gather_expire(g, -ETIMEDOUT);
	return rc < 0 ? -EINTR : 0;
}

int kddm_gather_wait(struct kddm_gather *g)
{
	return gather_wait(g, false);
}
EXPORT_SYMBOL_GPL(kddm_gather_wait);

static struct kddm_rpc_call *gather_pop(struct kddm_gather *g)
{
	struct kddm_rpc_call *call;

	spin_lock(&g->lock);
	call = list_first_entry_or_null(&g->done, struct kddm_rpc_call, done);
	if (call)
		list_del_init(&call->done);
	spin_unlock(&g->lock);
	return call;
}

int kddm_gather_next(struct kddm_gather *g, struct kddm_reply *reply)
{
	struct kddm_rpc_call *call;
	int rc;

	*reply = (struct kddm_reply) { .node = KDDM_NODE_NONE };
	rc = gather_wait(g, true);
	if (rc)
		return rc;
	call = gather_pop(g);
	if (!call)
		return 0;
	reply_init(reply, call);
	call->reply = NULL;
	trace_kddm_rpc_end(g->rpc->kn->self, call->dst, call->service,
			   call->id, call->result);
	return 1;
}
EXPORT_SYMBOL_GPL(kddm_gather_next);

void kddm_gather_end(struct kddm_gather *g)
{
	struct kddm_rpc_call *call;

	if (IS_ERR_OR_NULL(g))
		return;
	gather_expire(g, -ECANCELED);
	/* Nor is anybody on the way out of kddm_gather_done(). */
	spin_lock(&g->lock);
	spin_unlock(&g->lock);
	for (call = g->call; call < g->call + g->nr; call++)
		kvfree(call->reply);
	kddm_rpc_put(g->rpc);
	kvfree(g);
}
EXPORT_SYMBOL_GPL(kddm_gather_end);

int kddm_nodes(struct net *net, unsigned long *nodes)
{
	struct kddm_net *kn = kddm_enter(net);
	u64 set[KDDM_MAX_NODES / 64];
	int nr;

	if (IS_ERR(kn))
		return PTR_ERR(kn);
	nr = kddm_node_set(kn, KDDM_NODE_POSSIBLE, set);
	kddm_exit(kn);
	bitmap_from_arr64(nodes, set, KDDM_NODE_IDS);
	return nr;
}
EXPORT_SYMBOL_GPL(kddm_nodes);
