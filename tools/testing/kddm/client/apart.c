// SPDX-License-Identifier: GPL-2.0-only
/*
 * Users of a node that is cut off.
 *
 * The port of node B on the test's bridge goes down; A and C, which are two of
 * three, go on.  B's writers keep what they hold, and are told at the end
 * whether it still counts.
 *
 * Then A is cut off, where some ask for objects that do not exist yet.  They do
 * when A is back, or did: C had made them, and has gone.  B has seen them.
 *
 * Then B is cut off where somebody reads.  When it is back the others do not
 * wait for that reader, what it reads counts for nobody else, and an object
 * that was B's and has been removed does not come back with it.
 */
#include <linux/err.h>
#include <linux/kthread.h>
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

int client_link(int node, bool up)
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
	if (!CHECK_EQ(client_link(B, false), 0))
		goto put;
	others();
	CHECK_EQ(client_link(B, true), 0);
	back_again(obj);
	return;

put:
	while (--id >= KEPT)
		kddm_put(obj[id]);
}

/* Each asks on node A for an object, and returns the error. */
static int asker(void *id)
{
	struct kddm_obj *obj = kddm_get(set[A], (unsigned long)id, 0);

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	kddm_put(obj);
	return 0;
}

#define ASKED	8		/* objects 1 to 8; A is to be home to some */
#define OWN	9		/* what A has itself */

bool client_waits(struct kddm_set *s, u64 id)
{
	struct kddm_obj *obj = kddm_get(s, id, KDDM_NOWAIT);

	if (!IS_ERR(obj))
		kddm_put(obj);
	return obj == ERR_PTR(-EAGAIN);
}

/*
 * What nodes of one kernel send to each other goes past their links, until TIPC
 * has heard that these are down.
 */
void client_cut(struct kddm_set *s[NODES], int node, u64 own)
{
	CHECK_EQ(client_link(node, false), 0);
	/* It serves nothing, not even what it is the owner of. */
	CHECK(client_await(client_waits, s[node], own));
}

/* C makes the objects, B has seen them, C has written once more and goes. */
static void lose(void)
{
	u64 id;

	for (id = 1; id <= ASKED; id++) {
		CHECK_EQ(client_put(kddm_grab(set[C], id, 0), 1), 0);
		CHECK_EQ(client_value(set[B], id), 1);
		CHECK_EQ(client_put(kddm_grab(set[C], id, 0), 2), 0);
	}
	client_cut(set, C, ASKED);
	/* The call ends when C is found to be gone; B goes on alone. */
	CHECK_EQ(kddm_push(set[B], 1, kddm_self(client_net[C])), -EHOSTDOWN);
	CHECK_EQ(client_value(set[B], 1), -EIO);
}

static void ask_apart(void)
{
	struct task_struct *task[ASKED + 1];
	unsigned long id;

	CHECK_EQ(client_put(kddm_grab(set[A], OWN, 0), 1), 0);
	client_cut(set, A, OWN);
	for (id = 1; id <= ASKED; id++) {
		task[id] = kthread_run(asker, (void *)id, "kddm_ask/%lu", id);
		if (CHECK_EQ(PTR_ERR_OR_ZERO(task[id]), 0))
			get_task_struct(task[id]);
	}
	lose();
	CHECK_EQ(client_link(A, true), 0);
	for (id = 1; id <= ASKED; id++) {
		if (IS_ERR(task[id]))
			continue;
		CHECK_EQ(kthread_stop(task[id]), -EIO);
		put_task_struct(task[id]);
	}
	CHECK_EQ(client_link(C, true), 0);
	for (id = 1; id <= ASKED; id++) {
		/* Waits until C serves, which has brought them back. */
		CHECK_EQ(client_value(set[C], id), 2);
		CHECK_EQ(client_value(set[A], id), 2);
	}
}

#define IN_USE	1		/* on B, all the time */
#define GONE	2		/* B's; C had a copy, and removes it */

/* The reader on B has what it had, and neither A nor C waits for it. */
static void goes_on(struct kddm_obj *reader, u32 value)
{
	CHECK_EQ(client_put(kddm_grab(set[A], IN_USE, 0), value), 0);
	CHECK_EQ(client_value(set[C], IN_USE), value);
	CHECK_EQ(*(u32 *)kddm_data(reader), 1);
}

static void read_apart(void)
{
	struct kddm_obj *reader;

	CHECK_EQ(client_put(kddm_grab(set[A], IN_USE, 0), 1), 0);
	CHECK_EQ(client_put(kddm_grab(set[B], GONE, 0), 1), 0);
	CHECK_EQ(client_value(set[C], GONE), 1);
	CHECK_EQ(client_put(kddm_grab(set[B], OWN, 0), 1), 0);
	CHECK_EQ(client_put(kddm_grab(set[C], OWN + 1, 0), 1), 0);
	reader = kddm_get(set[B], IN_USE, 0);
	if (!CHECK_EQ(PTR_ERR_OR_ZERO(reader), 0))
		return;
	client_cut(set, B, OWN);
	/* Waits until A and C go on. */
	goes_on(reader, 2);
	CHECK_EQ(kddm_remove(set[C], GONE), 0);
	CHECK_EQ(client_link(B, true), 0);
	CHECK_EQ(client_value(set[B], OWN), 1);
	goes_on(reader, 3);
	/* Nor does the next change of the view make it count. */
	client_cut(set, C, OWN + 1);
	CHECK_EQ(client_link(C, true), 0);
	CHECK_EQ(client_value(set[C], OWN + 1), 1);
	goes_on(reader, 4);
	CHECK_EQ(kddm_put(reader), 0);
	CHECK_EQ(client_value(set[B], IN_USE), 4);
	CHECK_EQ(client_value(set[A], GONE), -ENOENT);
	CHECK_EQ(client_value(set[B], GONE), -ENOENT);
}

static void in_set(const char *title, u16 home, void (*test)(void))
{
	struct kddm_set_attr attr = {
		.name = "apart", .size = 64, .home = home,
	};

	client_begin(title);
	if (!client_open(set, &attr)) {
		test();
		client_close(set, attr.name);
	}
	client_end();
}

void client_test_apart(void)
{
	in_set("a writer whose node is apart", kddm_self(client_net[A]),
	       writer_apart);
	in_set("users of a node that is apart, and will be home",
	       KDDM_ANY_NODE, ask_apart);
	in_set("a reader whose node is apart", kddm_self(client_net[C]),
	       read_apart);
}
