// SPDX-License-Identifier: GPL-2.0-only
/*
 * RPC: the registry of services, what comes from other nodes, what goes to
 * them, and the life of the layer.  rpc.h says what calls and casts promise,
 * rpc_int.h what is in which file.
 */
#include <linux/crc32.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "rpc_int.h"

#define RPC_RUNNING	128		/* handlers at a time, per namespace */
#define RESERVE		64		/* messages for when memory is short */
#define RESERVE_ROOM	256		/* bytes of each, all in all */

static LIST_HEAD(services);
static DEFINE_SPINLOCK(services_lock);
static u32 services_gen;	/* counts changes of the list */

/* Registry */

struct kddm_rpc_service *kddm_rpc_get(u32 id)
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

void kddm_rpc_service_put(struct kddm_rpc_service *svc)
{
	if (refcount_dec_and_test(&svc->users))
		complete(&svc->idle);
}

u32 kddm_rpc_id(const char *name)
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
	svc->id = kddm_rpc_id(svc->name);
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

void kddm_rpc_withdraw(struct kddm_rpc_service *svc)
{
	spin_lock(&services_lock);
	list_del(&svc->list);
	services_gen++;
	spin_unlock(&services_lock);
}

void kddm_rpc_idle(struct kddm_rpc_service *svc)
{
	kddm_rpc_service_put(svc);
	wait_for_completion(&svc->idle);
}

void kddm_rpc_unregister(struct kddm_rpc_service *svc)
{
	kddm_rpc_withdraw(svc);
	kddm_rpc_idle(svc);
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

void kddm_rpc_each(void (*fn)(struct kddm_rpc_svc *rs, void *arg), void *arg)
{
	struct kddm_rpc_service *svc;

	spin_lock(&services_lock);
	list_for_each_entry(svc, &services, list) {
		if (svc->client)
			fn(container_of(svc, struct kddm_rpc_svc, base), arg);
	}
	spin_unlock(&services_lock);
}

/* Messages */

struct kddm_msg *kddm_rpc_msg(u8 type, const struct kddm_rpc_msg *m,
			      gfp_t gfp)
{
	struct kddm_msg *msg;

	msg = kddm_msg_alloc(kddm_wire_rpc_size(m->len), 0, gfp);
	if (!msg)
		return NULL;
	msg->type = type;
	kddm_wire_put_rpc(msg->buf + RPC_HDR, msg->len - RPC_HDR, m);
	return msg;
}

/*
 * A few bytes that must go out.  Who receives must not wait for a message of
 * the reserve, which may be waiting for what is to be received; so if that is
 * empty, it waits for memory.
 */
static struct kddm_msg *small_msg(struct kddm_rpc *rpc, u8 type, size_t len)
{
	struct kddm_msg *msg;

	msg = kddm_msg_alloc(len, 0,
			     GFP_NOFS | __GFP_NORETRY | __GFP_NOWARN);
	if (!msg)
		msg = kddm_msg_reserved(rpc->reserve, len);
	if (!msg)
		msg = kddm_msg_alloc(len, 0, GFP_NOFS | __GFP_NOFAIL);
	msg->type = type;
	return msg;
}

struct kddm_msg *kddm_rpc_note(struct kddm_rpc *rpc, u8 type,
			       const struct kddm_rpc_msg *m)
{
	struct kddm_msg *msg = small_msg(rpc, type, kddm_wire_rpc_size(0));

	kddm_wire_put_rpc(msg->buf + RPC_HDR, msg->len - RPC_HDR, m);
	return msg;
}

static int rpc_rx(struct kddm_net *kn, const struct kddm_hdr *h,
		  const void *body, size_t len);

void kddm_rpc_xmit(struct kddm_rpc *rpc, u16 dst, struct kddm_msg *msg)
{
	struct kddm_net *kn = rpc->kn;
	struct kddm_hdr h = {
		.type = msg->type, .len = msg->len, .src = dst, .dst = dst,
	};

	if (dst != kn->self) {
		kddm_send(kn, dst, RPC_CHAN, msg);
		kddm_kick(kn, RPC_CHAN);
		return;
	}
	rpc_rx(kn, &h, msg->buf + RPC_HDR, msg->len - RPC_HDR);
	kddm_msg_free(msg);
}

/* Until there is room to send: 0, -EINTR, -ETIMEDOUT, -ECANCELED. */
static int wait_room(struct kddm_rpc *rpc, unsigned long end, const bool *stop)
{
	while (kddm_transport_full(rpc->kn, RPC_CHAN)) {
		if (READ_ONCE(*stop))
			return -ECANCELED;
		if (fatal_signal_pending(current))
			return -EINTR;
		if (time_after_eq(jiffies, end))
			return -ETIMEDOUT;
		schedule_timeout_killable(1);
	}
	return READ_ONCE(*stop) ? -ECANCELED : 0;
}

static int post_part(struct kddm_rpc *rpc, u16 dst, u8 type,
		     const struct kddm_rpc_msg *whole, u32 offset)
{
	struct kddm_part_msg m = {
		.id = whole->id,
		.token = whole->token,
		.offset = offset,
		.len = kddm_parts_cut(whole->total, offset, KDDM_RPC_PART),
		.origin = whole->origin,
		.reply = type == KDDM_WIRE_REPLY,
		.data = whole->data + offset,
	};
	struct kddm_msg *msg;

	msg = kddm_msg_alloc(RPC_HDR + sizeof(struct kddm_wire_part) + m.len,
			     0, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	msg->type = KDDM_WIRE_PART;
	kddm_wire_put_part(msg->buf + RPC_HDR, msg->len - RPC_HDR, &m);
	kddm_rpc_xmit(rpc, dst, msg);
	return m.len;
}

int kddm_rpc_post(struct kddm_rpc *rpc, u16 dst, u8 type,
		  const struct kddm_rpc_msg *m, unsigned long end,
		  const bool *stop)
{
	struct kddm_rpc_msg first = *m;
	struct kddm_msg *msg;
	u32 offset;
	int rc;

	first.len = m->total;
	if (m->total > KDDM_MESSAGE)
		first.len = KDDM_RPC_PART;
	msg = kddm_rpc_msg(type, &first, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	kddm_rpc_xmit(rpc, dst, msg);
	for (offset = first.len; offset < m->total; offset += rc) {
		rc = wait_room(rpc, end, stop);
		if (!rc)
			rc = post_part(rpc, dst, type, m, offset);
		if (rc < 0)
			return rc;
		cond_resched();
	}
	return 0;
}

void kddm_rpc_error(struct kddm_rpc *rpc, u16 dst, const struct kddm_rpc_msg *m,
		    int err)
{
	struct kddm_rpc_msg reply = {
		.id = m->id, .token = m->token, .err = err,
		.origin = m->hops ? m->origin : dst,
	};

	kddm_rpc_xmit(rpc, dst, kddm_rpc_note(rpc, KDDM_WIRE_REPLY, &reply));
}

void kddm_rpc_tell(struct kddm_rpc *rpc, u16 dst, u8 type,
		   const struct kddm_at_msg *m)
{
	bool at = type == KDDM_WIRE_AT;
	size_t len = at ? sizeof(struct kddm_wire_at) :
			  sizeof(struct kddm_wire_cancel);
	struct kddm_msg *msg = small_msg(rpc, type, RPC_HDR + len);

	if (at)
		kddm_wire_put_at(msg->buf + RPC_HDR, len, m);
	else
		kddm_wire_put_cancel(msg->buf + RPC_HDR, len, m);
	kddm_rpc_xmit(rpc, dst, msg);
}

/* What comes */

/* Takes over the reference to @node unless it fails. */
static int accept_request(struct kddm_rpc *rpc, struct kddm_node *node,
			  bool call, const struct kddm_rpc_msg *m)
{
	struct kddm_rpc_service *svc;
	struct kddm_rpc_svc *rs;
	int rc;

	if (READ_ONCE(rpc->shut))
		return -ESHUTDOWN;
	svc = kddm_rpc_get(m->service);
	if (!svc)
		return -EOPNOTSUPP;
	if (!svc->client) {
		/* No part of KDDM itself forwards, or sends so much. */
		if (m->token)
			rc = -EOPNOTSUPP;
		else if (m->hops || m->total > m->len)
			rc = -EBADMSG;
		else
			rc = kddm_serve_accept(rpc, node, svc, call, m);
	} else {
		rs = container_of(svc, struct kddm_rpc_svc, base);
		rc = kddm_request_rx(rpc, node, rs, call, m);
	}
	if (rc)
		kddm_rpc_service_put(svc);
	return rc;
}

static int rx_request(struct kddm_rpc *rpc, const struct kddm_hdr *h,
		      const struct kddm_rpc_msg *m)
{
	struct kddm_node *node = kddm_node_get(rpc->kn, h->src);
	bool call = h->type == KDDM_WIRE_CALL;
	int rc;

	if (!node)
		return -ESTALE;
	rc = m->hops || m->origin == h->src ?
	     accept_request(rpc, node, call, m) : -EBADMSG;
	if (!rc)
		return 0;
	kddm_node_put(node);
	if (!call || rc == -EBADMSG)
		return rc;
	/* The caller gets the error; only -EBUSY is one of ours, too. */
	kddm_rpc_error(rpc, h->src, m, rc);
	return rc == -EBUSY ? rc : 0;
}

static int rx_part(struct kddm_rpc *rpc, const struct kddm_hdr *h,
		   const void *body, size_t len)
{
	struct kddm_part_msg m;
	int rc;

	rc = kddm_wire_get_part(body, len, &m);
	if (rc)
		return rc;
	return m.reply ? kddm_call_rx_part(rpc, h->src, &m) :
			 kddm_request_rx_part(rpc, h->src, &m);
}

static int rx_note(struct kddm_rpc *rpc, const struct kddm_hdr *h,
		   const void *body, size_t len)
{
	struct kddm_at_msg m;
	int rc;

	if (h->type == KDDM_WIRE_AT) {
		rc = kddm_wire_get_at(body, len, &m);
		return rc ?: kddm_call_rx_at(rpc, h->src, &m);
	}
	rc = kddm_wire_get_cancel(body, len, &m);
	return rc ?: kddm_request_rx_cancel(rpc, h->src, &m);
}

static int rpc_rx(struct kddm_net *kn, const struct kddm_hdr *h,
		  const void *body, size_t len)
{
	struct kddm_rpc *rpc = kn->rpc;
	struct kddm_rpc_msg m;
	int rc;

	switch (h->type) {
	case KDDM_WIRE_VIEW:
		return kn->view_rx ? kn->view_rx(kn, h, body, len) : -ESTALE;
	case KDDM_WIRE_PART:
		return rx_part(rpc, h, body, len);
	case KDDM_WIRE_CANCEL:
	case KDDM_WIRE_AT:
		return rx_note(rpc, h, body, len);
	}
	rc = kddm_wire_get_rpc(body, len, h->type, &m);
	if (rc)
		return rc;
	if (h->type == KDDM_WIRE_REPLY)
		return kddm_call_rx_reply(rpc, h->src, &m);
	return rx_request(rpc, h, &m);
}

static bool rpc_undeliverable(struct kddm_net *kn, u16 dst,
			      struct kddm_msg *msg)
{
	struct kddm_rpc_msg m;

	if (msg->type != KDDM_WIRE_CALL ||
	    kddm_wire_get_rpc(msg->buf + RPC_HDR, msg->len - RPC_HDR,
			      msg->type, &m))
		return false;
	if (m.hops)
		kddm_rpc_error(kn->rpc, m.origin, &m, -EHOSTDOWN);
	else
		kddm_call_undeliverable(kn->rpc, dst, &m);
	return false;
}

static const struct kddm_channel_ops rpc_ops = {
	.rx		= rpc_rx,
	.undeliverable	= rpc_undeliverable,
};

static void rpc_peer_down(struct kddm_net *kn, u16 id)
{
	kddm_calls_end(kn->rpc, id, false, -EHOSTDOWN);
	kddm_request_peer_down(kn->rpc, id);
}

/* Life of the layer */

void kddm_rpc_put(struct kddm_rpc *rpc)
{
	if (!refcount_dec_and_test(&rpc->ref))
		return;
	cleanup_srcu_struct(&rpc->life);
	kfree(rpc);
}

static void rpc_init(struct kddm_rpc *rpc, struct kddm_net *kn)
{
	rpc->kn = kn;
	refcount_set(&rpc->ref, 1);
	spin_lock_init(&rpc->calls_lock);
	/* A reply to an earlier life of this node finds no call. */
	rpc->next = get_random_u32();
	spin_lock_init(&rpc->lock);
	INIT_LIST_HEAD(&rpc->queues);
	INIT_DELAYED_WORK(&rpc->reap, kddm_request_reap);
}

static bool alloc_queues(struct kddm_rpc *rpc)
{
	rpc->wq = alloc_workqueue("kddm_rpc", WQ_UNBOUND, RPC_RUNNING);
	rpc->urgent = alloc_workqueue("kddm_rpc_urgent", WQ_UNBOUND,
				      RPC_RUNNING);
	return rpc->wq && rpc->urgent;
}

static void free_queues(struct kddm_rpc *rpc)
{
	if (rpc->wq)
		destroy_workqueue(rpc->wq);
	if (rpc->urgent)
		destroy_workqueue(rpc->urgent);
}

int kddm_rpc_start(struct kddm_net *kn)
{
	struct kddm_rpc *rpc = kzalloc_obj(*rpc);

	if (!rpc)
		return -ENOMEM;
	if (!alloc_queues(rpc))
		goto destroy;
	rpc->reserve = mempool_create_kmalloc_pool(RESERVE, RESERVE_ROOM);
	if (!rpc->reserve)
		goto destroy;
	if (init_srcu_struct(&rpc->life))
		goto pool;
	rpc_init(rpc, kn);
	kn->rpc = rpc;
	kn->peer_down = rpc_peer_down;
	kddm_transport_set_ops(kn, RPC_CHAN, &rpc_ops);
	return 0;

pool:
	mempool_destroy(rpc->reserve);
destroy:
	free_queues(rpc);
	kfree(rpc);
	return -ENOMEM;
}

void kddm_rpc_open(struct kddm_net *kn)
{
	kddm_svc_open(kn->rpc);
}

void kddm_rpc_hush(struct kddm_net *kn, bool hush)
{
	struct kddm_rpc *rpc = kn->rpc;

	WRITE_ONCE(rpc->hush, hush);
	/* Either we see a call, or kddm_call_add() sees that it must not be. */
	smp_mb();
	if (hush)
		kddm_calls_end(rpc, KDDM_NODE_NONE, true, -ESHUTDOWN);
}

void kddm_rpc_shut(struct kddm_net *kn)
{
	struct kddm_rpc *rpc = kn->rpc;

	WRITE_ONCE(rpc->shut, true);
	/* As in kddm_rpc_hush(). */
	smp_mb();
	kddm_calls_end(rpc, KDDM_NODE_NONE, false, -ESHUTDOWN);
	flush_workqueue(rpc->wq);
	flush_workqueue(rpc->urgent);
	kddm_svc_shut(rpc);
	/* Who answers later than this finds nobody to send it. */
	WRITE_ONCE(rpc->down, true);
	synchronize_srcu(&rpc->life);
	/* Until now a forward to this node itself could begin anew. */
	cancel_delayed_work_sync(&rpc->reap);
}

void kddm_rpc_stop(struct kddm_net *kn)
{
	struct kddm_rpc *rpc = kn->rpc;

	kn->peer_down = NULL;
	free_queues(rpc);
	kddm_serve_exit(rpc);
	mempool_destroy(rpc->reserve);
	kn->rpc = NULL;
	kddm_rpc_put(rpc);
}
