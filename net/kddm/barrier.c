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
#include <linux/sched/signal.h>
#include "barrier.h"
#include "main.h"
#include "member.h"

#define LOOK	max(HZ / 50, 1)
#define LOOKS	200		/* then the other node asks again */

static int barrier_handler(struct kddm_request *req)
{
	struct kddm_unpack *args = kddm_request_args(req);
	u16 id = kddm_unpack_u16(args);
	u32 incarnation = kddm_unpack_u32(args);
	u8 change = kddm_unpack_u8(args);
	unsigned int looks = LOOKS;
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
		if (!--looks)
			return -EBUSY;
	} while (!kddm_request_wait(req, LOOK));
	return -ECANCELED;
}

static struct kddm_svc barrier = {
	.name		= "kddm-barrier",
	.handler	= barrier_handler,
	.workers	= 32,
};

/* Errors of nodes that go, or may go, or have too much to do. */
static bool is_passing(int err)
{
	switch (err) {
	case -EHOSTDOWN:
	case -ENOTCONN:
	case -ESHUTDOWN:
	case -ECANCELED:	/* while it looked */
	case -EOPNOTSUPP:	/* its module is about to be unloaded */
	case -EBUSY:
		return true;
	default:
		return false;
	}
}

/* Ask @nodes, and leave those in there that have not said: 0 or an error. */
static int ask(struct net *net, unsigned long *nodes,
	       const struct kddm_pack *req, long timeout)
{
	DECLARE_BITMAP(open, KDDM_NODE_IDS) = { };
	struct kddm_reply reply;
	struct kddm_gather *all;
	int err;

	all = kddm_call_many(net, nodes, &barrier, 0, req, timeout);
	if (IS_ERR(all))
		return PTR_ERR(all);
	while ((err = kddm_gather_next(all, &reply)) > 0) {
		err = reply.err;
		if (is_passing(err)) {
			__set_bit(reply.node, open);
			err = 0;
		}
		kddm_reply_free(&reply);
		if (err)
			break;
	}
	kddm_gather_end(all);
	bitmap_copy(nodes, open, KDDM_NODE_IDS);
	return err;
}

/*
 * A node that goes does not count once it has gone, but it may stay: a stop
 * fails if there are users.  So may that of this node, which ends all calls.
 * Returns how many of @nodes are to be asked again, or an error.
 */
static int again(struct net *net, unsigned long *nodes)
{
	DECLARE_BITMAP(possible, KDDM_NODE_IDS);
	int err;

	if (bitmap_empty(nodes, KDDM_NODE_IDS))
		return 0;
	if (schedule_timeout_killable(LOOK) && fatal_signal_pending(current))
		return -EINTR;
	err = kddm_nodes(net, possible);
	if (err < 0)
		return err;
	bitmap_and(nodes, nodes, possible, KDDM_NODE_IDS);
	return bitmap_weight(nodes, KDDM_NODE_IDS);
}

int kddm_node_barrier(struct net *net, const struct kddm_node_event *ev,
		      long timeout)
{
	DECLARE_BITMAP(nodes, KDDM_NODE_IDS);
	unsigned long end = jiffies + timeout;
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
	do {
		err = ask(net, nodes, &req, max_t(long, end - jiffies, 0));
		if (!err)
			err = again(net, nodes);
	} while (err > 0);
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
