// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls, casts, gathers: what comes back.
 */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/net_namespace.h>
#include "rpc.h"

enum {
	DO_ANSWER = 1000,	/* less: add one */
	DO_NOTHING,
	DO_FAIL,
	DO_TOO_MUCH,
	DO_LIE,
	DO_SLEEP,
	DO_SLEEP_ON_C,
	DO_ASK,
};

static atomic_t casts[NODES];
static struct kddm_svc svc;

static int handler(struct kddm_request *req)
{
	struct kddm_pack *reply;
	u32 what = argument(req);

	if (what < DO_ANSWER)
		return answer(req, what + 1);
	switch (what) {
	case DO_NOTHING:
		return 0;
	case DO_FAIL:
		return -ENOTTY;
	case DO_TOO_MUCH:
		kddm_reply_room(req, KDDM_MESSAGE + 1);
		return 0;
	case DO_LIE:
		reply = kddm_reply_room(req, 4);
		kddm_pack_u64(reply, 1);
		return 0;
	case DO_SLEEP_ON_C:
		if (test_node(req) != C)
			return answer(req, test_node(req));
		fallthrough;
	case DO_SLEEP:
		return kddm_request_wait(req, LONG) ? -ECANCELED : 0;
	case DO_ASK:
		return answer(req, ask(test_node(req), C, &svc, 0, 41, LONG));
	}
	return -EINVAL;
}

static struct kddm_svc svc = {
	.name		= "test-calls",
	.handler	= handler,
	.max_request	= 1000,
};

static struct kddm_svc nobody = {
	.name		= "test-nobody",
	.handler	= handler,
};

static int cast_handler(struct kddm_request *req)
{
	if (argument(req) == 7)
		atomic_inc(&casts[test_node(req)]);
	/* A cast has no reply, and no room for one. */
	return kddm_reply_room(req, 4)->err;
}

static struct kddm_svc cast_svc = {
	.name		= "test-casts",
	.handler	= cast_handler,
};

static void bad_services(void)
{
	struct kddm_svc bad = svc;

	bad.name = "";
	CHECK_EQ(kddm_svc_register(&bad), -EINVAL);
	bad.name = "seventeen letters";
	CHECK_EQ(kddm_svc_register(&bad), -EINVAL);
	bad.name = "test-calls";
	CHECK_EQ(kddm_svc_register(&bad), -EEXIST);
	bad.name = "test-bad";
	bad.handler = NULL;
	CHECK_EQ(kddm_svc_register(&bad), -EINVAL);
	bad.handler = handler;
	bad.workers = KDDM_SVC_WORKERS + 1;
	CHECK_EQ(kddm_svc_register(&bad), -EINVAL);
	bad.workers = 1;
	bad.max_reply = KDDM_MESSAGE_MAX + 1;
	CHECK_EQ(kddm_svc_register(&bad), -EINVAL);
}

void test_calls(void)
{
	struct kddm_reply reply;
	struct kddm_pack req;
	u8 buf[2];
	int i;

	if (!CHECK_EQ(kddm_svc_register(&svc), 0))
		return;
	bad_services();
	for (i = 0; i < 60; i++)
		CHECK_EQ(ask(i % NODES, (i + 1) % NODES, &svc, 0, i, LONG),
			 i + 1);
	CHECK_EQ(ask(A, B, &svc, 0, DO_NOTHING, LONG), -EBADMSG);
	CHECK_EQ(ask(A, B, &svc, 0, DO_FAIL, LONG), -ENOTTY);
	CHECK_EQ(ask(A, B, &svc, 0, DO_TOO_MUCH, LONG), -EMSGSIZE);
	CHECK_EQ(ask(A, B, &svc, 0, DO_LIE, LONG), -EMSGSIZE);
	CHECK_EQ(ask(A, B, &svc, 0, DO_ASK, LONG), 42);
	CHECK_EQ(ask(A, B, &nobody, 0, 1, LONG), -EOPNOTSUPP);
	CHECK_EQ(kddm_call(&init_net, test_id(B), &svc, 0, NULL, &reply, LONG),
		 -ENOTCONN);
	CHECK_EQ(kddm_call(test_net[A], 1000, &svc, 0, NULL, &reply, LONG),
		 -EHOSTDOWN);
	CHECK_EQ(kddm_call(test_net[A], 1024, &svc, 0, NULL, NULL, LONG),
		 -EINVAL);
	/* An empty request has no number in it: that is read as 0. */
	CHECK_EQ(kddm_call(test_net[A], test_id(B), &svc, 0, NULL, &reply,
			   LONG), 0);
	CHECK_EQ(kddm_unpack_u32(&reply.data), 1);
	kddm_reply_free(&reply);
	kddm_reply_free(&reply);
	CHECK_EQ(kddm_call(test_net[A], test_id(B), &svc, 0, NULL, NULL, LONG),
		 0);
	kddm_pack_init(&req, buf, sizeof(buf));
	kddm_pack_u32(&req, 1);
	CHECK_EQ(kddm_call(test_net[A], test_id(B), &svc, 0, &req, NULL, LONG),
		 -EMSGSIZE);
	kddm_svc_unregister(&svc);
	CHECK_EQ(ask(A, B, &svc, 0, 1, LONG), -EOPNOTSUPP);
}

void test_own(void)
{
	if (!CHECK_EQ(kddm_svc_register(&svc), 0))
		return;
	CHECK_EQ(ask(A, A, &svc, 0, 4, LONG), 5);
	CHECK_EQ(ask(C, C, &svc, 0, DO_FAIL, LONG), -ENOTTY);
	CHECK_EQ(ask(C, C, &svc, 0, DO_ASK, LONG), 42);
	CHECK_EQ(ask(B, B, &nobody, 0, 1, LONG), -EOPNOTSUPP);
	CHECK_EQ(ask(B, B, &svc, 0, DO_SLEEP, HZ / 20), -ETIMEDOUT);
	kddm_svc_unregister(&svc);
}

static bool all_cast(int count)
{
	unsigned long end = jiffies + LONG;

	while (time_before(jiffies, end)) {
		if (atomic_read(&casts[A]) == count &&
		    atomic_read(&casts[B]) == count &&
		    atomic_read(&casts[C]) == count)
			return true;
		schedule_timeout_uninterruptible(1);
	}
	return false;
}

void test_casts(void)
{
	DECLARE_BITMAP(nodes, KDDM_NODE_IDS);
	struct kddm_pack req;
	u8 buf[4];
	int i;

	if (!CHECK_EQ(kddm_svc_register(&cast_svc), 0))
		return;
	kddm_pack_init(&req, buf, sizeof(buf));
	kddm_pack_u32(&req, 7);
	for (i = 0; i < NODES; i++)
		atomic_set(&casts[i], 0);
	for (i = 0; i < NODES; i++)
		CHECK_EQ(kddm_cast(test_net[B], test_id(i), &cast_svc, 0,
				   &req), 0);
	CHECK(all_cast(1));
	CHECK_EQ(kddm_nodes(test_net[A], nodes), NODES);
	for (i = 0; i < 20; i++)
		CHECK_EQ(kddm_cast_many(test_net[A], nodes, &cast_svc, 0,
					&req), 0);
	CHECK(all_cast(21));
	CHECK_EQ(kddm_cast(&init_net, test_id(B), &cast_svc, 0, &req),
		 -ENOTCONN);
	kddm_svc_unregister(&cast_svc);
	CHECK_EQ(atomic_read(&casts[A]), 21);
}

/* Ask @what of all; how many say what they should (else @err). */
static int gather(u32 what, int err, long timeout, bool wait)
{
	DECLARE_BITMAP(nodes, KDDM_NODE_IDS);
	struct kddm_reply reply;
	struct kddm_gather *g;
	struct kddm_pack req;
	int good = 0, i, rc;
	u8 buf[4];

	kddm_pack_init(&req, buf, sizeof(buf));
	kddm_pack_u32(&req, what);
	kddm_nodes(test_net[A], nodes);
	/* And one that is not there. */
	set_bit(999, nodes);
	g = kddm_call_many(test_net[A], nodes, &svc, 0, &req, timeout);
	if (!CHECK_EQ(PTR_ERR_OR_ZERO(g), 0))
		return 0;
	if (wait)
		CHECK_EQ(kddm_gather_wait(g), 0);
	for (i = 0; (rc = kddm_gather_next(g, &reply)) > 0; i++) {
		if (reply.node == 999)
			CHECK_EQ(reply.err, -EHOSTDOWN);
		else if (reply.err)
			CHECK_EQ(reply.err, err);
		else
			good += !!kddm_unpack_u32(&reply.data) ||
				what == DO_SLEEP_ON_C;
		kddm_reply_free(&reply);
	}
	CHECK_EQ(rc, 0);
	CHECK_EQ(i, NODES + 1);
	CHECK_EQ(kddm_gather_next(g, &reply), 0);
	kddm_gather_end(g);
	return good;
}

void test_gather(void)
{
	DECLARE_BITMAP(nodes, KDDM_NODE_IDS);
	struct kddm_gather *g;
	int i;

	if (!CHECK_EQ(kddm_svc_register(&svc), 0))
		return;
	for (i = 0; i < 12; i++)
		CHECK_EQ(gather(i, 0, LONG, i & 1), NODES);
	CHECK_EQ(gather(DO_FAIL, -ENOTTY, LONG, false), 0);
	bitmap_zero(nodes, KDDM_NODE_IDS);
	g = kddm_call_many(test_net[A], nodes, &svc, 0, NULL, LONG);
	CHECK_EQ(PTR_ERR_OR_ZERO(g), 0);
	kddm_gather_end(g);
	CHECK_EQ(PTR_ERR_OR_ZERO(kddm_call_many(&init_net, nodes, &svc, 0,
						NULL, LONG)), -ENOTCONN);
	kddm_svc_unregister(&svc);
}

void test_gather_time(void)
{
	DECLARE_BITMAP(nodes, KDDM_NODE_IDS);
	unsigned long start = jiffies;
	struct kddm_gather *g;

	if (!CHECK_EQ(kddm_svc_register(&svc), 0))
		return;
	CHECK_EQ(gather(DO_SLEEP_ON_C, -ETIMEDOUT, 2 * HZ, false), NODES - 1);
	CHECK_EQ(gather(DO_SLEEP_ON_C, -ETIMEDOUT, 2 * HZ, true), NODES - 1);
	/* Whoever does not want them leaves at once. */
	kddm_nodes(test_net[A], nodes);
	g = kddm_call_many(test_net[A], nodes, &svc, 0, NULL, LONG);
	kddm_gather_end(g);
	kddm_svc_unregister(&svc);
	CHECK(time_before(jiffies, start + 2 * SOON));
}
