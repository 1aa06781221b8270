// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the order of membership transitions: whatever TIPC reports, and
 * in whatever order, each node goes up and down one step at a time.
 */
#include <kunit/test.h>
#include "../member.h"

#define MAX_STEPS	16

enum report {
	UP,			/* a session with the node has begun */
	DOWN,			/* and has ended */
	POSSIBLE,		/* it publishes POSSIBLE */
	IMPOSSIBLE,		/* it does not any more */
	WORK,			/* the worker runs */
};

struct order_case {
	const char *desc;
	int nr;
	enum report report[MAX_STEPS];
	int nr_changes;
	enum kddm_node_change change[MAX_STEPS];
};

static const struct order_case order_cases[] = {
	{
		.desc = "nothing known, nothing to do",
		.nr = 1, .report = { WORK },
	},
	{
		.desc = "up",
		.nr = 2, .report = { UP, WORK },
		.nr_changes = 1, .change = { KDDM_ADD_ONLINE },
	},
	{
		.desc = "possible goes through online",
		.nr = 3, .report = { UP, POSSIBLE, WORK },
		.nr_changes = 2,
		.change = { KDDM_ADD_ONLINE, KDDM_ADD_POSSIBLE },
	},
	{
		.desc = "POSSIBLE is reported before ONLINE",
		.nr = 4, .report = { POSSIBLE, WORK, UP, WORK },
		.nr_changes = 2,
		.change = { KDDM_ADD_ONLINE, KDDM_ADD_POSSIBLE },
	},
	{
		.desc = "down goes through online",
		.nr = 6,
		.report = { UP, POSSIBLE, WORK, IMPOSSIBLE, DOWN, WORK },
		.nr_changes = 4,
		.change = { KDDM_ADD_ONLINE, KDDM_ADD_POSSIBLE,
			    KDDM_REMOVE_POSSIBLE, KDDM_REMOVE_ONLINE },
	},
	{
		.desc = "ONLINE is withdrawn before POSSIBLE",
		.nr = 7,
		.report = { UP, POSSIBLE, WORK, DOWN, WORK, IMPOSSIBLE, WORK },
		.nr_changes = 4,
		.change = { KDDM_ADD_ONLINE, KDDM_ADD_POSSIBLE,
			    KDDM_REMOVE_POSSIBLE, KDDM_REMOVE_ONLINE },
	},
	{
		.desc = "POSSIBLE is withdrawn alone",
		.nr = 5,
		.report = { UP, POSSIBLE, WORK, IMPOSSIBLE, WORK },
		.nr_changes = 3,
		.change = { KDDM_ADD_ONLINE, KDDM_ADD_POSSIBLE,
			    KDDM_REMOVE_POSSIBLE },
	},
	{
		.desc = "possible again after a stop that failed",
		.nr = 7,
		.report = { UP, POSSIBLE, WORK, IMPOSSIBLE, WORK, POSSIBLE,
			    WORK },
		.nr_changes = 4,
		.change = { KDDM_ADD_ONLINE, KDDM_ADD_POSSIBLE,
			    KDDM_REMOVE_POSSIBLE, KDDM_ADD_POSSIBLE },
	},
	{
		.desc = "gone before the worker ran: never there",
		.nr = 4, .report = { UP, POSSIBLE, DOWN, WORK },
	},
	{
		.desc = "down while never possible",
		.nr = 4, .report = { UP, WORK, DOWN, WORK },
		.nr_changes = 2,
		.change = { KDDM_ADD_ONLINE, KDDM_REMOVE_ONLINE },
	},
	{
		.desc = "down before possible was handed out",
		.nr = 5, .report = { UP, WORK, POSSIBLE, DOWN, WORK },
		.nr_changes = 2,
		.change = { KDDM_ADD_ONLINE, KDDM_REMOVE_ONLINE },
	},
};

KUNIT_ARRAY_PARAM_DESC(order, order_cases, desc);

static void test_order(struct kunit *test)
{
	const struct order_case *c = test->param_value;
	u8 state = KDDM_NODE_OFFLINE;
	bool up = false, possible = false;
	int i, rc, n = 0;

	for (i = 0; i < c->nr; i++) {
		switch (c->report[i]) {
		case UP:
		case DOWN:
			up = c->report[i] == UP;
			break;
		case POSSIBLE:
		case IMPOSSIBLE:
			possible = c->report[i] == POSSIBLE;
			break;
		case WORK:
			while ((rc = kddm_member_next(state, up, possible,
						      &state)) >= 0) {
				KUNIT_ASSERT_LT(test, n, c->nr_changes);
				KUNIT_EXPECT_EQ(test, rc, (int)c->change[n]);
				n++;
			}
			KUNIT_EXPECT_EQ(test, rc, -ENOENT);
			break;
		}
	}
	KUNIT_EXPECT_EQ(test, n, c->nr_changes);
}

/* From any state, under any wish: it arrives, by neighbouring states. */
static void test_steps(struct kunit *test)
{
	u8 state, next, want;
	int wish, from, n;

	for (wish = 0; wish < 4; wish++) {
		want = !(wish & 1) ? KDDM_NODE_OFFLINE :
		       wish & 2 ? KDDM_NODE_POSSIBLE : KDDM_NODE_ONLINE;
		for (from = 0; from <= KDDM_NODE_POSSIBLE; from++) {
			state = from;
			for (n = 0; n < 3; n++) {
				if (kddm_member_next(state, wish & 1, wish & 2,
						     &next) < 0)
					break;
				KUNIT_EXPECT_EQ(test, abs(next - state), 1);
				state = next;
			}
			KUNIT_EXPECT_EQ(test, state, want);
			KUNIT_EXPECT_LT(test, n, 3);
		}
	}
}

static struct kunit_case member_cases[] = {
	KUNIT_CASE_PARAM(test_order, order_gen_params),
	KUNIT_CASE(test_steps),
	{ }
};

static struct kunit_suite member_suite = {
	.name = "kddm-member",
	.test_cases = member_cases,
};

kunit_test_suite(member_suite);

MODULE_DESCRIPTION("Unit tests of KDDM's membership transitions");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
