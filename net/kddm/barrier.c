// SPDX-License-Identifier: GPL-2.0-only
/*
 * The barrier of linux/kddm_node.h: all nodes are asked whether they have told
 * their clients of a transition.
 *
 * It is a service like those of clients.  A node that has not yet seen what it
 * is asked for looks again and again until it has, or nobody waits any more.
 */
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/kddm.h>
#include "barrier.h"
#include "main.h"
#include "member.h"

#define LOOK	max(HZ / 50, 1)

static int barrier_handler(struct kddm_request *req)
{
	struct kddm_unpack *args = kddm_request_args(req);
	u16 id = kddm_unpack_u16(args);
	u32 incarnation = kddm_unpack_u32(args);
	u8 change = kddm_unpack_u8(args);
	struct kddm_net *kn;
	bool told;

	if (kddm_unpack_end(args) || id >= KDDM_NODE_IDS ||
	    change > KDDM_REMOVE_ONLINE)
		return -EBADMSG;
	do {
		kn = kddm_enter(kddm_request_net(req));
		if (IS_ERR(kn))
			return PTR_ERR(kn);
		told = kddm_member_told(kn, id, incarnation, change);
		kddm_exit(kn);
		if (told)
			return 0;
	} while (!kddm_request_wait(req, LOOK));
	return -ECANCELED;
}

static struct kddm_svc barrier = {
	.name		= "kddm-barrier",
	.handler	= barrier_handler,
	.workers	= 32,
};

/* An error of a node that is a reason not to go on, or 0. */
static int verdict(const struct kddm_reply *reply)
{
	switch (reply->err) {
	case -EHOSTDOWN:	/* gone meanwhile */
	case -ENOTCONN:
		return 0;
	default:
		return reply->err;
	}
}

int kddm_node_barrier(struct net *net, const struct kddm_node_event *ev,
		      long timeout)
{
	DECLARE_BITMAP(nodes, KDDM_NODE_IDS);
	struct kddm_reply reply;
	struct kddm_gather *all;
	struct kddm_pack req;
	u8 buf[8];
	int err;

	err = kddm_nodes(net, nodes);
	if (err < 0)
		return err;
	kddm_pack_init(&req, buf, sizeof(buf));
	kddm_pack_u16(&req, ev->id);
	kddm_pack_u32(&req, ev->incarnation);
	kddm_pack_u8(&req, ev->change);
	all = kddm_call_many(net, nodes, &barrier, 0, &req, timeout);
	if (IS_ERR(all))
		return PTR_ERR(all);
	while ((err = kddm_gather_next(all, &reply)) > 0) {
		err = verdict(&reply);
		kddm_reply_free(&reply);
		if (err)
			break;
	}
	kddm_gather_end(all);
	return err;
}
EXPORT_SYMBOL_GPL(kddm_node_barrier);

int __init kddm_barrier_init(void)
{
	return kddm_svc_register(&barrier);
}

void kddm_barrier_exit(void)
{
	kddm_svc_unregister(&barrier);
}
