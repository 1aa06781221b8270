// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the pure parts of RPC: pack and unpack, messages in parts,
 * where a forwarded call is.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/kddm_pack.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "../rpc_parts.h"
#include "../rpc_place.h"
#include "../wire.h"

#define ROOM	64

/* Pack and unpack */

static void pack_all(struct kddm_pack *p)
{
	kddm_pack_u8(p, 0xfe);
	kddm_pack_u16(p, 0x1234);
	kddm_pack_u32(p, 0xdeadbeef);
	kddm_pack_u64(p, 0x0123456789abcdefULL);
	kddm_pack_s32(p, -2);
	kddm_pack_s64(p, -3);
	kddm_pack_bool(p, true);
	kddm_pack_str(p, "name");
	kddm_pack_blob(p, "blob", 4);
	kddm_pack_bytes(p, "end", 3);
}

#define ALL	(1U + 2 + 4 + 8 + 4 + 8 + 1 + 2 + 4 + 4 + 4 + 3)

/* Reads it; how much of it was what it should be. */
static int unpack_all(struct kddm_unpack *u)
{
	const char *blob;
	char str[8];
	int good = 0;
	u8 end[3];
	u32 len;

	good += kddm_unpack_u8(u) == 0xfe;
	good += kddm_unpack_u16(u) == 0x1234;
	good += kddm_unpack_u32(u) == 0xdeadbeef;
	good += kddm_unpack_u64(u) == 0x0123456789abcdefULL;
	good += kddm_unpack_s32(u) == -2;
	good += kddm_unpack_s64(u) == -3;
	good += kddm_unpack_bool(u);
	kddm_unpack_str(u, str, sizeof(str));
	good += !strcmp(str, "name");
	blob = kddm_unpack_blob(u, &len);
	good += len == 4 && blob && !memcmp(blob, "blob", 4);
	kddm_unpack_bytes(u, end, sizeof(end));
	good += !memcmp(end, "end", 3);
	return good;
}

static void test_there_and_back(struct kunit *test)
{
	struct kddm_unpack u;
	struct kddm_pack p;
	u8 buf[ROOM];

	kddm_pack_init(&p, buf, sizeof(buf));
	pack_all(&p);
	KUNIT_ASSERT_EQ(test, p.err, 0);
	KUNIT_ASSERT_EQ(test, p.len, ALL);
	kddm_unpack_init(&u, buf, p.len);
	KUNIT_EXPECT_EQ(test, unpack_all(&u), 10);
	KUNIT_EXPECT_EQ(test, kddm_unpack_end(&u), 0);
}

/* The same bytes on every machine. */
static void test_bytes(struct kunit *test)
{
	static const u8 want[] = {
		0xfe, 0x34, 0x12, 0xef, 0xbe, 0xad, 0xde,
		0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01,
		0xfe, 0xff, 0xff, 0xff,
		0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1,
		4, 0, 'n', 'a', 'm', 'e', 4, 0, 0, 0, 'b', 'l', 'o', 'b',
		'e', 'n', 'd',
	};
	struct kddm_pack p;
	u8 buf[ROOM];

	kddm_pack_init(&p, buf, sizeof(buf));
	pack_all(&p);
	KUNIT_ASSERT_EQ(test, p.len, (u32)sizeof(want));
	KUNIT_EXPECT_MEMEQ(test, buf, want, sizeof(want));
}

/* With too little room nothing is written behind, and the error stays. */
static void test_no_room(struct kunit *test)
{
	struct kddm_pack p;
	u8 buf[ROOM];
	u32 room, i;

	for (room = 0; room < ALL; room++) {
		memset(buf, 0xa5, sizeof(buf));
		kddm_pack_init(&p, buf, room);
		pack_all(&p);
		KUNIT_EXPECT_EQ(test, p.err, -EMSGSIZE);
		KUNIT_EXPECT_LE(test, p.len, room);
		for (i = p.len; i < sizeof(buf); i++)
			KUNIT_ASSERT_EQ(test, buf[i], 0xa5);
		kddm_pack_u8(&p, 1);
		KUNIT_EXPECT_EQ(test, p.err, -EMSGSIZE);
		KUNIT_EXPECT_NULL(test, kddm_pack_room(&p, 0));
	}
	kddm_pack_init(&p, buf, sizeof(buf));
	kddm_pack_blob(&p, buf, 0xffffffff);
	KUNIT_EXPECT_EQ(test, p.err, -EMSGSIZE);
}

static void test_string_too_long(struct kunit *test)
{
	char *str = kunit_kzalloc(test, 0x10001, GFP_KERNEL);
	u8 *buf = kunit_kzalloc(test, 0x11000, GFP_KERNEL);
	struct kddm_pack p;

	KUNIT_ASSERT_NOT_NULL(test, str);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	memset(str, 'x', 0x10000);
	kddm_pack_init(&p, buf, 0x11000);
	kddm_pack_str(&p, str + 1);
	KUNIT_EXPECT_EQ(test, p.err, 0);
	KUNIT_EXPECT_EQ(test, p.len, 0x10001U);
	kddm_pack_init(&p, buf, 0x11000);
	kddm_pack_str(&p, str);
	KUNIT_EXPECT_EQ(test, p.err, -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, p.len, 0U);
}

/* A message that ends early, in a buffer of just its size. */
static void test_too_short(struct kunit *test)
{
	struct kddm_unpack u;
	struct kddm_pack p;
	u8 buf[ROOM];
	u8 *exact;
	u32 len;

	kddm_pack_init(&p, buf, sizeof(buf));
	pack_all(&p);
	for (len = 0; len < ALL; len++) {
		/* KASAN sees what reads behind it. */
		exact = kmemdup(buf, len ? len : 1, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, exact);
		kddm_unpack_init(&u, exact, len);
		KUNIT_EXPECT_LT(test, unpack_all(&u), 10);
		KUNIT_EXPECT_EQ(test, kddm_unpack_end(&u), -EBADMSG);
		/* All that is read from now on is zero. */
		KUNIT_EXPECT_EQ(test, kddm_unpack_u8(&u), 0);
		KUNIT_EXPECT_NULL(test, kddm_unpack_ref(&u, 0));
		kfree(exact);
	}
	kddm_unpack_init(&u, buf, ALL + 1);
	KUNIT_EXPECT_EQ(test, unpack_all(&u), 10);
	KUNIT_EXPECT_EQ(test, kddm_unpack_end(&u), -EBADMSG);
}

static void test_bad_values(struct kunit *test)
{
	static const u8 nul[] = { 3, 0, 'a', 0, 'b' };
	static const u8 huge[] = { 0xff, 0xff, 0xff, 0xff, 1 };
	struct kddm_unpack u;
	char str[4];
	u8 two = 2;
	u32 len;

	kddm_unpack_init(&u, &two, 1);
	KUNIT_EXPECT_FALSE(test, kddm_unpack_bool(&u));
	KUNIT_EXPECT_EQ(test, kddm_unpack_end(&u), -EBADMSG);
	kddm_unpack_init(&u, nul, sizeof(nul));
	kddm_unpack_str(&u, str, sizeof(str));
	KUNIT_EXPECT_EQ(test, kddm_unpack_end(&u), -EBADMSG);
	KUNIT_EXPECT_EQ(test, str[0], 0);
	/* It fits only without the NUL that ends it. */
	kddm_unpack_init(&u, "\4\0abcd", 6);
	kddm_unpack_str(&u, str, sizeof(str));
	KUNIT_EXPECT_EQ(test, kddm_unpack_end(&u), -EBADMSG);
	kddm_unpack_init(&u, "\3\0abc", 5);
	kddm_unpack_str(&u, str, sizeof(str));
	KUNIT_EXPECT_EQ(test, kddm_unpack_end(&u), 0);
	KUNIT_EXPECT_EQ(test, strcmp(str, "abc"), 0);
	kddm_unpack_init(&u, huge, sizeof(huge));
	KUNIT_EXPECT_NULL(test, kddm_unpack_blob(&u, &len));
	KUNIT_EXPECT_EQ(test, len, 0U);
}

/* Messages in parts */

struct begin_case {
	const char	*desc;
	u32		total, len, max;
	int		rc;
};

static const struct begin_case begin_cases[] = {
	{ "empty", 0, 0, 0, 0 },
	{ "in one", 100, 100, 100, 0 },
	{ "in two", 100, 60, 100, 40 },
	{ "the largest", KDDM_RPC_LARGE, KDDM_RPC_PART, KDDM_RPC_LARGE,
	  KDDM_RPC_LARGE - KDDM_RPC_PART },
	{ "more than is wanted", 101, 60, 100, -EMSGSIZE },
	{ "more than there may be", KDDM_RPC_LARGE + 1, 1, 0xffffffff,
	  -EBADMSG },
	{ "first part too long", 100, 101, 1000, -EBADMSG },
	{ "first part empty", 100, 0, 1000, -EBADMSG },
};

KUNIT_ARRAY_PARAM_DESC(begin, begin_cases, desc);

static void test_begin(struct kunit *test)
{
	const struct begin_case *c = test->param_value;
	struct kddm_parts p;

	KUNIT_EXPECT_EQ(test, kddm_parts_begin(&p, c->total, c->len, c->max),
			c->rc);
	if (c->rc >= 0)
		KUNIT_EXPECT_EQ(test, kddm_parts_complete(&p), !c->rc);
}

static void test_next(struct kunit *test)
{
	struct kddm_parts p;

	KUNIT_ASSERT_EQ(test, kddm_parts_begin(&p, 100, 10, 100), 90);
	KUNIT_EXPECT_EQ(test, kddm_parts_next(&p, 10, 0), -EBADMSG);
	KUNIT_EXPECT_EQ(test, kddm_parts_next(&p, 0, 10), -EBADMSG);
	KUNIT_EXPECT_EQ(test, kddm_parts_next(&p, 11, 10), -EBADMSG);
	KUNIT_EXPECT_EQ(test, kddm_parts_next(&p, 10, 91), -EBADMSG);
	KUNIT_EXPECT_EQ(test, kddm_parts_next(&p, 10, 0xffffffff), -EBADMSG);
	KUNIT_EXPECT_EQ(test, kddm_parts_next(&p, 10, 40), 50);
	KUNIT_EXPECT_FALSE(test, kddm_parts_complete(&p));
	KUNIT_EXPECT_EQ(test, kddm_parts_next(&p, 10, 40), -EBADMSG);
	KUNIT_EXPECT_EQ(test, kddm_parts_next(&p, 50, 50), 0);
	KUNIT_EXPECT_TRUE(test, kddm_parts_complete(&p));
	KUNIT_EXPECT_EQ(test, kddm_parts_next(&p, 100, 1), -EBADMSG);
}

/* What one side cuts, the other takes, for every size around a limit. */
static void test_cut(struct kunit *test)
{
	struct kddm_parts p;
	u32 total, at, len;
	int left;

	for (total = 1; total < 70; total++) {
		len = kddm_parts_cut(total, 0, 16);
		left = kddm_parts_begin(&p, total, len, 70);
		for (at = len; at < total; at += len) {
			len = kddm_parts_cut(total, at, 16);
			KUNIT_ASSERT_TRUE(test, len <= 16);
			left = kddm_parts_next(&p, at, len);
			KUNIT_ASSERT_GE(test, left, 0);
		}
		KUNIT_EXPECT_EQ(test, left, 0);
		KUNIT_EXPECT_TRUE(test, kddm_parts_complete(&p));
	}
	KUNIT_EXPECT_EQ(test, kddm_parts_cut(5, 9, 16), 0U);
}

/* Where a call is: sent to 1, then passed on */

#define NONE	KDDM_NODE_NONE
#define ATS	4

/* What @src says: that @node has it, after so many @hops. */
struct at {
	u16	src;
	u16	node;
	u16	hops;
};

struct place_case {
	const char		*desc;
	int			nr;
	struct at		at[ATS];
	struct kddm_place	want;
	bool			look;	/* whether the last one is there */
};

static const struct place_case place_cases[] = {
	{ "nothing is heard", 0, { }, { 1, NONE, 0 }, false },
	{ "passed on: either may have it", 1, { { 1, 2, 1 } }, { 2, 1, 1 },
	  true },
	{ "and come there: one has it", 2, { { 1, 2, 1 }, { 2, 2, 1 } },
	  { 2, NONE, 1 }, true },
	{ "come there before it is passed on", 2, { { 2, 2, 1 }, { 1, 2, 1 } },
	  { 2, NONE, 1 }, false },
	{ "passed on twice", 2, { { 1, 2, 1 }, { 2, 3, 2 } }, { 3, 2, 2 },
	  true },
	{ "and come to the last", 3, { { 1, 2, 1 }, { 2, 3, 2 }, { 3, 3, 2 } },
	  { 3, NONE, 2 }, true },
	{ "the first is late", 3, { { 2, 3, 2 }, { 3, 3, 2 }, { 1, 2, 1 } },
	  { 3, NONE, 2 }, false },
	{ "the first is late, the last not there", 2,
	  { { 2, 3, 2 }, { 1, 2, 1 } }, { 3, 2, 2 }, false },
	{ "one between is late", 3, { { 1, 2, 1 }, { 2, 3, 2 }, { 2, 2, 1 } },
	  { 3, 2, 2 }, false },
	{ "there and back", 4,
	  { { 1, 2, 1 }, { 2, 2, 1 }, { 2, 1, 2 }, { 1, 1, 2 } },
	  { 1, NONE, 2 }, true },
	{ "back, as the first hears itself late", 3,
	  { { 2, 1, 2 }, { 1, 1, 2 }, { 1, 2, 1 } }, { 1, NONE, 2 }, false },
	{ "said twice", 3, { { 1, 2, 1 }, { 2, 2, 1 }, { 2, 2, 1 } },
	  { 2, NONE, 1 }, true },
	{ "two say to have passed it on: the first is believed", 2,
	  { { 1, 2, 1 }, { 5, 6, 1 } }, { 2, 1, 1 }, false },
	{ "passed on by whoever never had it", 2, { { 1, 2, 1 }, { 9, 8, 2 } },
	  { 8, 9, 2 }, true },
};

KUNIT_ARRAY_PARAM_DESC(place, place_cases, desc);

static bool hear(struct kddm_place *p, const struct at *at)
{
	struct kddm_at_msg m = { .node = at->node, .hops = at->hops };

	return kddm_place_hear(p, at->src, &m);
}

static void test_place(struct kunit *test)
{
	const struct place_case *c = test->param_value;
	struct kddm_place p = kddm_place_of(1);
	bool look = false;
	u16 n;
	int i;

	for (i = 0; i < c->nr; i++)
		look = hear(&p, &c->at[i]);
	KUNIT_EXPECT_EQ(test, p.at, c->want.at);
	KUNIT_EXPECT_EQ(test, p.via, c->want.via);
	KUNIT_EXPECT_EQ(test, p.hops, c->want.hops);
	KUNIT_EXPECT_EQ(test, look, c->look);
	for (n = 0; n < 10; n++)
		KUNIT_EXPECT_EQ(test, kddm_place_needs(&p, n),
				n == c->want.at || n == c->want.via);
}

/* From node to node, and back to one of them. */
static const u16 route[] = { 1, 2, 3, 2 };
#define STEPS	((int)ARRAY_SIZE(route) - 1)

/*
 * Every order in which 2 * STEPS messages can come; those of one node come in
 * their order.  Once all are there, it is known where the call is.
 */
static int all_orders(struct kunit *test, struct kddm_place p, u32 come)
{
	bool waits[4] = { };
	int i, orders = 0;

	if (come == (1 << 2 * STEPS) - 1) {
		KUNIT_EXPECT_EQ(test, p.at, route[STEPS]);
		KUNIT_EXPECT_EQ(test, p.via, NONE);
		KUNIT_EXPECT_EQ(test, p.hops, STEPS);
		return 1;
	}
	for (i = 0; i < 2 * STEPS; i++) {
		/* It comes somewhere, and then it is passed on from there. */
		const struct at at = { route[(i + 1) / 2],
				       route[i / 2 + 1], i / 2 + 1 };
		struct kddm_place after = p;

		if (come & 1 << i || waits[at.src])
			continue;
		waits[at.src] = true;
		hear(&after, &at);
		orders += all_orders(test, after, come | 1 << i);
	}
	return orders;
}

static void test_orders(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, all_orders(test, kddm_place_of(1), 0), 60);
}

static struct kunit_case rpc_kunit_cases[] = {
	KUNIT_CASE(test_there_and_back),
	KUNIT_CASE(test_bytes),
	KUNIT_CASE(test_no_room),
	KUNIT_CASE(test_string_too_long),
	KUNIT_CASE(test_too_short),
	KUNIT_CASE(test_bad_values),
	KUNIT_CASE_PARAM(test_begin, begin_gen_params),
	KUNIT_CASE(test_next),
	KUNIT_CASE(test_cut),
	KUNIT_CASE_PARAM(test_place, place_gen_params),
	KUNIT_CASE(test_orders),
	{ }
};

static struct kunit_suite rpc_suite = {
	.name = "kddm-rpc",
	.test_cases = rpc_kunit_cases,
};

kunit_test_suite(rpc_suite);

MODULE_DESCRIPTION("Unit tests of KDDM's RPC");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
