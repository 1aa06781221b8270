// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lanes: requests that run one after the other.
 *
 * A lane is of one caller, or of one caller and key, as the service says.  It
 * lives as long as it has something.  Lanes whose turn it is wait in line, so
 * that one with much to do does not keep the others from a worker.
 */
#include <linux/export.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <kunit/visibility.h>
#include "rpc_int.h"

static struct kddm_svc_lane *lane_get(struct kddm_request *req)
{
	struct kddm_svc_net *sn = req->sn;
	u32 key = kddm_svc_lane_key(sn->rs->svc, req->key);
	struct kddm_svc_lane *lane;
	struct hlist_head *list;

	list = &sn->lanes[(req->node->id + key) % RPC_LISTS];
	hlist_for_each_entry(lane, list, list) {
		if (lane->src == req->node->id && lane->key == key)
			return lane;
	}
	lane = req->spare;
	req->spare = NULL;
	lane->src = req->node->id;
	lane->key = key;
	INIT_LIST_HEAD(&lane->ready);
	INIT_LIST_HEAD(&lane->requests);
	hlist_add_head(&lane->list, list);
	return lane;
}

/* It may have become ready, or empty. */
static void lane_update(struct kddm_svc_net *sn, struct kddm_svc_lane *lane)
{
	if (lane->busy)
		return;
	if (list_empty(&lane->requests)) {
		list_del_init(&lane->ready);
		hlist_del(&lane->list);
		kfree(lane);
	} else if (list_empty(&lane->ready)) {
		list_add_tail(&lane->ready, &sn->lanes_ready);
	}
}

void kddm_lane_add(struct kddm_request *req)
{
	req->lane = lane_get(req);
	list_add_tail(&req->queue, &req->lane->requests);
	lane_update(req->sn, req->lane);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_lane_add);

void kddm_lane_del(struct kddm_request *req)
{
	list_del_init(&req->queue);
	lane_update(req->sn, req->lane);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_lane_del);

struct kddm_request *kddm_lane_next(struct kddm_svc_net *sn)
{
	struct kddm_svc_lane *lane;
	struct kddm_request *req;

	lane = list_first_entry_or_null(&sn->lanes_ready, struct kddm_svc_lane,
					ready);
	if (!lane)
		return NULL;
	list_del_init(&lane->ready);
	req = list_first_entry(&lane->requests, struct kddm_request, queue);
	list_del_init(&req->queue);
	lane->busy = true;
	return req;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_lane_next);

void kddm_lane_ran(struct kddm_svc_net *sn, struct kddm_svc_lane *lane)
{
	lane->busy = false;
	lane_update(sn, lane);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_lane_ran);
