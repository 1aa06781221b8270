// SPDX-License-Identifier: GPL-2.0-only
/*
 * A writer whose node is cut off while they are inside.
 *
 * The port of node B on the test's bridge goes down; A and C, which are two of
 * three, go on.  B's users keep what they hold, and are told at the end whether
 * it still counts.
 */
#include <linux/err.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/net_namespace.h>
#include "client.h"

enum { A, B, C };

/* Objects: what becomes of them while B is apart. */
#define KEPT	1		/* nothing */
#define PUT	2		/* made anew; B puts */
#define REMOVED	3		/* made anew; B removes */
#define READER	4		/* made anew; B goes on as a reader */
#define LAST	4

static struct kddm_set *set[NODES];

/* The port of a node, up or down. */
static int link(int node, bool up)
{
	struct net_device *dev;
	char name[IFNAMSIZ];
	int err = -ENODEV;

	snprintf(name, sizeof(name), "kp%d", kddm_self(client_net[node]));
	rtnl_lock();
	dev = __dev_get_by_name(&init_net, name);
	if (dev && up)
		err = dev_open(dev, NULL);
	else if (dev)
		err = 0;
	if (dev && !up)
		dev_close(dev);
	rtnl_unlock();
	return err;
}

/* What A and C do meanwhile. */
static void others(void)
{
	struct kddm_obj *obj;
	u64 id;

	for (id = KEPT; id <= LAST; id++) {
		obj = kddm_get(set[A], id, 0);
		if (CHECK_EQ(PTR_ERR_OR_ZERO(obj), -EIO))
			continue;
		if (!IS_ERR(obj))
			kddm_put(obj);
	}
	for (id = PUT; id <= LAST; id++) {
		CHECK_EQ(kddm_remove(set[C], id), 0);
		CHECK_EQ(client_put(kddm_grab(set[C], id, 0), 20 + id), 0);
		CHECK_EQ(client_value(set[A], id), 20 + id);
	}
}

static void back_again(struct kddm_obj *obj[])
{
	u64 id;

	/* Waits until B serves. */
	CHECK_EQ(client_value(set[B], LAST + 1), 1);
	CHECK_EQ(client_put(obj[KEPT], 11), 0);
	CHECK_EQ(client_put(obj[PUT], 12), -ESTALE);
	CHECK_EQ(kddm_remove_held(obj[REMOVED]), -ESTALE);
	CHECK_EQ(kddm_downgrade(obj[READER]), -ESTALE);
	CHECK_EQ(client_value(set[A], KEPT), 11);
	for (id = PUT; id <= LAST; id++) {
		CHECK_EQ(client_value(set[B], id), 20 + id);
		CHECK_EQ(client_put(kddm_grab(set[B], id, 0), 30 + id), 0);
		CHECK_EQ(client_value(set[C], id), 30 + id);
	}
}

static void writer_apart(void)
{
	struct kddm_obj *obj[LAST + 1] = { };
	u64 id;

	CHECK_EQ(client_put(kddm_grab(set[A], LAST + 1, 0), 1), 0);
	for (id = KEPT; id <= LAST; id++) {
		obj[id] = kddm_grab(set[B], id, 0);
		if (!CHECK_EQ(PTR_ERR_OR_ZERO(obj[id]), 0))
			goto put;
		*(u32 *)kddm_data(obj[id]) = 10;
	}
	if (!CHECK_EQ(link(B, false), 0))
		goto put;
	others();
	CHECK_EQ(link(B, true), 0);
	back_again(obj);
	return;

put:
	while (--id >= KEPT)
		kddm_put(obj[id]);
}

void client_test_apart(void)
{
	struct kddm_set_attr attr = { .name = "apart", .size = 64 };

	attr.home = kddm_self(client_net[A]);
	client_begin("a writer whose node is apart");
	if (!client_open(set, &attr)) {
		writer_apart();
		client_close(set, attr.name);
	}
	client_end();
}
