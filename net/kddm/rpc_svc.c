// SPDX-License-Identifier: GPL-2.0-only
/*
 * Services of clients: who runs when.
 *
 * A service has a struct kddm_svc_net on each node that was asked for it, made
 * with the first request.  A request that is complete waits there until there
 * is a worker; of those that have an order, one for each lane is in turn
 * (rpc_lane.c).
 *
 * While a node joins, nothing is begun: what comes is held, within the bounds
 * that hold anyway.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "rpc_int.h"

/* Registration */

int kddm_svc_register(struct kddm_svc *svc)
{
	struct kddm_rpc_svc *rs;
	int rc = -ENOMEM;

	if (!kddm_svc_valid(svc))
		return -EINVAL;
	rs = kzalloc_obj(*rs);
	if (!rs)
		return -ENOMEM;
	rs->base.name = svc->name;
	rs->base.ordered = svc->order != KDDM_ORDER_NONE;
	rs->base.client = true;
	rs->svc = svc;
	spin_lock_init(&rs->lock);
	INIT_LIST_HEAD(&rs->nets);
	/* Each node counts its workers. */
	rs->wq = alloc_workqueue("kddm_%s", WQ_UNBOUND, 0, svc->name);
	if (!rs->wq)
		goto free;
	svc->priv = rs;
	rc = kddm_rpc_register(&rs->base);
	if (rc)
		goto destroy;
	return 0;

destroy:
	svc->priv = NULL;
	destroy_workqueue(rs->wq);
free:
	kfree(rs);
	return rc;
}
EXPORT_SYMBOL_GPL(kddm_svc_register);

void kddm_svc_unregister(struct kddm_svc *svc)
{
	struct kddm_rpc_svc *rs = svc->priv;
	struct kddm_svc_net *sn, *next;

	kddm_rpc_withdraw(&rs->base);
	spin_lock(&rs->lock);
	rs->gone = true;
	spin_unlock(&rs->lock);
	kddm_svc_cancel(rs, NULL, -EOPNOTSUPP);
	kddm_rpc_idle(&rs->base);
	destroy_workqueue(rs->wq);
	/* Nobody but us knows them any more. */
	list_for_each_entry_safe(sn, next, &rs->nets, list) {
		list_del_init(&sn->list);
		kddm_svc_net_put(sn);
	}
	svc->priv = NULL;
	kfree(rs);
}
EXPORT_SYMBOL_GPL(kddm_svc_unregister);

/* A service on a node */

static struct kddm_svc_net *net_find(struct kddm_rpc_svc *rs,
				     struct kddm_rpc *rpc)
{
	struct kddm_svc_net *sn;

	lockdep_assert_held(&rs->lock);
	list_for_each_entry(sn, &rs->nets, list) {
		if (sn->rpc == rpc)
			return sn;
	}
	return NULL;
}

static struct kddm_svc_net *net_new(struct kddm_rpc_svc *rs,
				    struct kddm_rpc *rpc)
{
	struct kddm_svc_net *sn = kzalloc_obj(*sn);

	if (!sn)
		return NULL;
	refcount_set(&sn->ref, 1);
	sn->rs = rs;
	refcount_inc(&rpc->ref);
	sn->rpc = rpc;
	INIT_LIST_HEAD(&sn->list);
	INIT_LIST_HEAD(&sn->ready);
	INIT_LIST_HEAD(&sn->lanes_ready);
	INIT_LIST_HEAD(&sn->all);
	xa_init(&sn->peers);
	return sn;
}

struct kddm_svc_net *kddm_svc_net_get(struct kddm_rpc_svc *rs,
				      struct kddm_rpc *rpc)
{
	struct kddm_svc_net *sn, *fresh = NULL;

	spin_lock(&rs->lock);
	sn = net_find(rs, rpc);
	if (!sn) {
		spin_unlock(&rs->lock);
		fresh = net_new(rs, rpc);
		spin_lock(&rs->lock);
		sn = net_find(rs, rpc);
	}
	/* Nobody looks for it any more when the node is shut. */
	if (!sn && fresh && !READ_ONCE(rpc->shut)) {
		list_add(&fresh->list, &rs->nets);
		sn = fresh;
		fresh = NULL;
	}
	if (sn)
		refcount_inc(&sn->ref);
	spin_unlock(&rs->lock);
	if (fresh)
		kddm_svc_net_put(fresh);
	return sn;
}

void kddm_svc_net_put(struct kddm_svc_net *sn)
{
	struct kddm_svc_peer *peer;
	unsigned long id;

	if (!refcount_dec_and_test(&sn->ref))
		return;
	xa_for_each(&sn->peers, id, peer)
		kfree(peer);
	xa_destroy(&sn->peers);
	kddm_rpc_put(sn->rpc);
	kfree(sn);
}

/* What a peer may have here */

static struct kddm_svc_peer *peer_get(struct kddm_svc_net *sn, u16 src)
{
	struct kddm_svc_peer *fresh, *peer = xa_load(&sn->peers, src);
	void *old;

	if (peer)
		return peer;
	fresh = kzalloc_obj(*fresh);
	if (!fresh)
		return NULL;
	old = xa_cmpxchg(&sn->peers, src, NULL, fresh, GFP_KERNEL);
	if (!old)
		return fresh;
	kfree(fresh);
	return xa_is_err(old) ? NULL : old;
}

int kddm_svc_count(struct kddm_svc_net *sn, u16 src, u32 bytes,
		   struct kddm_svc_peer **peer)
{
	struct kddm_svc_peer *p = peer_get(sn, src);
	int rc = 0;

	if (!p)
		return -ENOMEM;
	spin_lock(&sn->rs->lock);
	if (!kddm_svc_peer_add(p, bytes))
		rc = -EBUSY;
	spin_unlock(&sn->rs->lock);
	*peer = p;
	return rc;
}

void kddm_svc_uncount(struct kddm_svc_net *sn, struct kddm_svc_peer *peer,
		      u32 bytes)
{
	spin_lock(&sn->rs->lock);
	peer->requests--;
	peer->bytes -= bytes;
	spin_unlock(&sn->rs->lock);
}

int kddm_svc_add(struct kddm_request *req)
{
	struct kddm_rpc_svc *rs = req->sn->rs;
	int rc = 0;

	spin_lock(&rs->lock);
	if (rs->gone)
		rc = -EOPNOTSUPP;
	else if (READ_ONCE(req->rpc->shut))
		rc = -ESHUTDOWN;
	else
		list_add_tail(&req->all, &req->sn->all);
	spin_unlock(&rs->lock);
	return rc;
}

/* Who runs next */

static void dispatch(struct kddm_svc_net *sn)
{
	struct kddm_rpc_svc *rs = sn->rs;
	struct kddm_request *req;

	lockdep_assert_held(&rs->lock);
	if (!READ_ONCE(sn->rpc->open) && !rs->svc->early)
		return;
	/* Whoever says so drops what waits. */
	if (rs->gone || READ_ONCE(sn->rpc->shut))
		return;
	while (sn->running < kddm_svc_workers(rs->svc)) {
		req = list_first_entry_or_null(&sn->ready, struct kddm_request,
					       queue);
		if (!req)
			req = kddm_lane_next(sn);
		if (!req)
			return;
		list_del_init(&req->queue);
		req->state = KDDM_REQ_RUNNING;
		sn->running++;
		/* For the worker. */
		refcount_inc(&req->ref);
		queue_work(rs->wq, &req->work);
	}
}

void kddm_svc_enqueue(struct kddm_request *req)
{
	struct kddm_svc_net *sn = req->sn;

	spin_lock(&sn->rs->lock);
	if (req->state != KDDM_REQ_COMING)
		goto unlock;
	req->state = KDDM_REQ_WAITING;
	if (sn->rs->svc->order == KDDM_ORDER_NONE)
		list_add_tail(&req->queue, &sn->ready);
	else
		kddm_lane_add(req);
	dispatch(sn);
unlock:
	spin_unlock(&sn->rs->lock);
}

bool kddm_svc_drop(struct kddm_request *req)
{
	struct kddm_svc_net *sn = req->sn;
	u8 state;

	spin_lock(&sn->rs->lock);
	state = req->state;
	if (state < KDDM_REQ_RUNNING)
		req->state = KDDM_REQ_DROPPED;
	if (state == KDDM_REQ_WAITING && req->lane)
		kddm_lane_del(req);
	else if (state == KDDM_REQ_WAITING)
		list_del_init(&req->queue);
	spin_unlock(&sn->rs->lock);
	return state < KDDM_REQ_RUNNING;
}

void kddm_svc_ran(struct kddm_svc_net *sn, struct kddm_svc_lane *lane)
{
	spin_lock(&sn->rs->lock);
	sn->running--;
	if (lane)
		kddm_lane_ran(sn, lane);
	dispatch(sn);
	spin_unlock(&sn->rs->lock);
}

/* What ends all */

static void mark_all(struct kddm_svc_net *sn, struct list_head *list)
{
	struct kddm_request *req;

	lockdep_assert_held(&sn->rs->lock);
	list_for_each_entry(req, &sn->all, all) {
		if (!kddm_request_mark(req))
			continue;
		refcount_inc(&req->ref);
		list_add_tail(&req->tmp, list);
	}
}

void kddm_svc_cancel(struct kddm_rpc_svc *rs, struct kddm_rpc *rpc, int err)
{
	struct kddm_svc_net *sn;
	LIST_HEAD(list);

	spin_lock(&rs->lock);
	list_for_each_entry(sn, &rs->nets, list) {
		if (!rpc || sn->rpc == rpc)
			mark_all(sn, &list);
	}
	spin_unlock(&rs->lock);
	kddm_requests_drop(&list, err);
}

static void open_one(struct kddm_rpc_svc *rs, void *arg)
{
	struct kddm_svc_net *sn;

	spin_lock(&rs->lock);
	sn = net_find(rs, arg);
	if (sn)
		dispatch(sn);
	spin_unlock(&rs->lock);
}

void kddm_svc_open(struct kddm_rpc *rpc)
{
	WRITE_ONCE(rpc->open, true);
	kddm_rpc_each(open_one, rpc);
}

/**
 * struct shut - what is left of a node's services
 * @rpc: the node
 * @requests: struct kddm_request, by tmp
 * @nets: struct kddm_svc_net
 */
struct shut {
	struct kddm_rpc		*rpc;
	struct list_head	requests;
	struct list_head	nets;
};

static void shut_one(struct kddm_rpc_svc *rs, void *arg)
{
	struct shut *shut = arg;
	struct kddm_svc_net *sn;

	spin_lock(&rs->lock);
	sn = net_find(rs, shut->rpc);
	if (sn) {
		mark_all(sn, &shut->requests);
		list_move(&sn->list, &shut->nets);
	}
	spin_unlock(&rs->lock);
}

void kddm_svc_shut(struct kddm_rpc *rpc)
{
	struct kddm_svc_net *sn, *next;
	struct shut shut = { .rpc = rpc };

	INIT_LIST_HEAD(&shut.requests);
	INIT_LIST_HEAD(&shut.nets);
	kddm_rpc_each(shut_one, &shut);
	kddm_requests_drop(&shut.requests, -ESHUTDOWN);
	list_for_each_entry_safe(sn, next, &shut.nets, list) {
		list_del_init(&sn->list);
		kddm_svc_net_put(sn);
	}
}
