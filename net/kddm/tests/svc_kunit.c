// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of services of clients: what they may ask for, what a peer may
 * have at one, and which request is in turn.
 */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "../rpc_int.h"

/* What a service may ask for */

static int handler(struct kddm_request *req)
{
	return 0;
}

struct svc_case {
	const char	*desc;
	struct kddm_svc	svc;
	bool		valid;
};

static const struct svc_case svc_cases[] = {
	{ "name and handler", { "s", handler }, true },
	{ "no name", { NULL, handler }, false },
	{ "an empty name", { "", handler }, false },
	{ "the longest name", { "0123456789abcdef", handler }, true },
	{ "a longer name", { "0123456789abcdefg", handler }, false },
	{ "no handler", { "s" }, false },
	{ "the most workers", { "s", handler, KDDM_SVC_WORKERS }, true },
	{ "more workers", { "s", handler, KDDM_SVC_WORKERS + 1 }, false },
	{ "the last order", { "s", handler, .order = KDDM_ORDER_KEY }, true },
	{ "an order that is none",
	  { "s", handler, .order = KDDM_ORDER_KEY + 1 }, false },
	{ "the largest request",
	  { "s", handler, .max_request = KDDM_MESSAGE_MAX }, true },
	{ "a larger request",
	  { "s", handler, .max_request = KDDM_MESSAGE_MAX + 1 }, false },
	{ "the largest reply",
	  { "s", handler, .max_reply = KDDM_MESSAGE_MAX }, true },
	{ "a larger reply",
	  { "s", handler, .max_reply = KDDM_MESSAGE_MAX + 1 }, false },
};

KUNIT_ARRAY_PARAM_DESC(svc, svc_cases, desc);

static void test_valid(struct kunit *test)
{
	const struct svc_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, kddm_svc_valid(&c->svc), c->valid);
}

static void test_defaults(struct kunit *test)
{
	const struct kddm_svc none = { };
	const struct kddm_svc svc = {
		.workers = 1, .max_request = 2, .max_reply = 3,
		.order = KDDM_ORDER_KEY,
	};

	KUNIT_EXPECT_EQ(test, kddm_svc_workers(&none), 8);
	KUNIT_EXPECT_EQ(test, kddm_svc_max_request(&none), KDDM_MESSAGE);
	KUNIT_EXPECT_EQ(test, kddm_svc_max_reply(&none), KDDM_MESSAGE);
	KUNIT_EXPECT_EQ(test, kddm_svc_lane_key(&none, 9), 0);
	KUNIT_EXPECT_EQ(test, kddm_svc_workers(&svc), 1);
	KUNIT_EXPECT_EQ(test, kddm_svc_max_request(&svc), 2);
	KUNIT_EXPECT_EQ(test, kddm_svc_max_reply(&svc), 3);
	KUNIT_EXPECT_EQ(test, kddm_svc_lane_key(&svc, 9), 9);
}

/* What a peer may have */

struct peer_case {
	const char		*desc;
	struct kddm_svc_peer	has;
	u32			bytes;
	bool			ok;
};

static const struct peer_case peer_cases[] = {
	{ "the first", { 0, 0 }, 100, true },
	{ "an empty one", { 3, 100 }, 0, true },
	{ "the last", { KDDM_SVC_PENDING - 1, 0 }, 100, true },
	{ "one too many", { KDDM_SVC_PENDING, 0 }, 0, false },
	{ "the last byte", { 1, KDDM_SVC_BYTES - 1 }, 1, true },
	{ "an empty one when it is full", { 1, KDDM_SVC_BYTES }, 0, true },
	{ "a byte too many", { 1, KDDM_SVC_BYTES }, 1, false },
	{ "all at once", { 0, 0 }, KDDM_SVC_BYTES, true },
	{ "more than all", { 0, 0 }, KDDM_SVC_BYTES + 1, false },
	{ "so many that the sum is small", { 1, 2 }, U32_MAX, false },
};

KUNIT_ARRAY_PARAM_DESC(peer, peer_cases, desc);

static void test_peer(struct kunit *test)
{
	const struct peer_case *c = test->param_value;
	struct kddm_svc_peer p = c->has;

	KUNIT_EXPECT_EQ(test, kddm_svc_peer_add(&p, c->bytes), c->ok);
	KUNIT_EXPECT_EQ(test, p.requests, c->has.requests + c->ok);
	KUNIT_EXPECT_EQ(test, p.bytes,
			c->has.bytes + (c->ok ? c->bytes : 0));
}

/* Lanes: a random walk beside a simple model of them */

#define SRCS	3
#define KEYS	3
#define STEPS	3000
#define MOST	40	/* requests that wait or run */

struct lane_case {
	const char	*desc;
	enum kddm_order	order;
};

static const struct lane_case lane_cases[] = {
	{ "by peer", KDDM_ORDER_PEER },
	{ "by peer and key", KDDM_ORDER_KEY },
};

KUNIT_ARRAY_PARAM_DESC(lane, lane_cases, desc);

/**
 * struct walk - the lanes, and what they should be like
 * @svc: service
 * @rs: the same
 * @sn: and on a node
 * @node: callers
 * @req: requests that are there
 * @nr: how many
 * @waits: those of a lane that wait
 * @busy: one of a lane runs
 * @since: when it was a lane's turn, 0: it is not
 * @now: counts that
 * @last: number of the request that a lane has begun last
 * @id: of the last request
 * @dice: what happens next
 */
struct walk {
	struct kddm_svc		svc;
	struct kddm_rpc_svc	rs;
	struct kddm_svc_net	sn;
	struct kddm_node	node[SRCS];
	struct kddm_request	*req[MOST];
	int			nr;
	int			waits[SRCS][KEYS];
	bool			busy[SRCS][KEYS];
	u32			since[SRCS][KEYS];
	u32			now;
	u32			last[SRCS][KEYS];
	u32			id;
	u32			dice;
};

static u32 roll(struct walk *w, u32 n)
{
	w->dice = w->dice * 1664525 + 1013904223;
	return (w->dice >> 8) % n;
}

static u32 key_of(struct walk *w, const struct kddm_request *req)
{
	return w->svc.order == KDDM_ORDER_KEY ? req->key / RPC_LISTS : 0;
}

/* It may be the turn of a lane now, or not any more. */
static void model(struct walk *w, u16 src, u32 key)
{
	bool turn = w->waits[src][key] && !w->busy[src][key];

	if (!turn)
		w->since[src][key] = 0;
	else if (!w->since[src][key])
		w->since[src][key] = ++w->now;
}

static void come(struct kunit *test, struct walk *w)
{
	struct kddm_request *req = kzalloc_obj(*req);
	u16 src = roll(w, SRCS);

	KUNIT_ASSERT_NOT_NULL(test, req);
	req->spare = kzalloc_obj(*req->spare);
	KUNIT_ASSERT_NOT_NULL(test, req->spare);
	req->sn = &w->sn;
	req->node = &w->node[src];
	/* Those of one caller are in one list. */
	req->key = roll(w, KEYS) * RPC_LISTS;
	req->id = ++w->id;
	req->state = KDDM_REQ_WAITING;
	w->req[w->nr++] = req;
	kddm_lane_add(req);
	w->waits[src][key_of(w, req)]++;
	model(w, src, key_of(w, req));
}

static void forget(struct walk *w, int i)
{
	kfree(w->req[i]->spare);
	kfree(w->req[i]);
	w->req[i] = w->req[--w->nr];
}

/* The lane whose turn it has been for the longest time is next. */
static bool begin(struct kunit *test, struct walk *w)
{
	struct kddm_request *req = kddm_lane_next(&w->sn);
	u32 first = U32_MAX, key;
	int i, k;
	u16 src;

	for (i = 0; i < SRCS; i++)
		for (k = 0; k < KEYS; k++)
			if (w->since[i][k])
				first = min(first, w->since[i][k]);
	KUNIT_ASSERT_EQ(test, !req, first == U32_MAX);
	if (!req)
		return false;
	src = req->node->id;
	key = key_of(w, req);
	KUNIT_EXPECT_EQ(test, w->since[src][key], first);
	KUNIT_EXPECT_FALSE(test, w->busy[src][key]);
	KUNIT_EXPECT_GT(test, req->id, w->last[src][key]);
	for (i = 0; i < w->nr; i++)
		if (w->req[i]->state == KDDM_REQ_WAITING &&
		    w->req[i]->lane == req->lane)
			KUNIT_EXPECT_GE(test, w->req[i]->id, req->id);
	w->last[src][key] = req->id;
	w->busy[src][key] = true;
	w->waits[src][key]--;
	model(w, src, key);
	req->state = KDDM_REQ_RUNNING;
	return true;
}

/* It has run, or it is dropped. */
static void end(struct walk *w, int i)
{
	struct kddm_request *req = w->req[i];
	u16 src = req->node->id;
	u32 key = key_of(w, req);

	if (req->state == KDDM_REQ_RUNNING) {
		w->busy[src][key] = false;
		kddm_lane_ran(&w->sn, req->lane);
	} else {
		w->waits[src][key]--;
		kddm_lane_del(req);
	}
	model(w, src, key);
	forget(w, i);
}

static void test_lanes(struct kunit *test)
{
	const struct lane_case *c = test->param_value;
	struct walk *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->svc.order = c->order;
	w->rs.svc = &w->svc;
	w->sn.rs = &w->rs;
	INIT_LIST_HEAD(&w->sn.lanes_ready);
	for (i = 0; i < SRCS; i++)
		w->node[i].id = i;
	for (i = 0; i < STEPS; i++) {
		if (w->nr < MOST && roll(w, 3))
			come(test, w);
		else if (roll(w, 2))
			begin(test, w);
		else if (w->nr)
			end(w, roll(w, w->nr));
	}
	do {
		for (i = w->nr - 1; i >= 0; i--)
			if (w->req[i]->state == KDDM_REQ_RUNNING)
				end(w, i);
	} while (begin(test, w));
	/* Nothing is left. */
	KUNIT_EXPECT_EQ(test, w->nr, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&w->sn.lanes_ready));
	for (i = 0; i < RPC_LISTS; i++)
		KUNIT_EXPECT_TRUE(test, hlist_empty(&w->sn.lanes[i]));
}

static struct kunit_case svc_kunit_cases[] = {
	KUNIT_CASE_PARAM(test_valid, svc_gen_params),
	KUNIT_CASE(test_defaults),
	KUNIT_CASE_PARAM(test_peer, peer_gen_params),
	KUNIT_CASE_PARAM(test_lanes, lane_gen_params),
	{ }
};

static struct kunit_suite svc_suite = {
	.name = "kddm-svc",
	.test_cases = svc_kunit_cases,
};

kunit_test_suite(svc_suite);

MODULE_DESCRIPTION("Unit tests of the services of KDDM's clients");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
