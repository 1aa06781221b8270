// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every state of small clusters, in the kernel: what
 * tools/testing/kddm/sim/explore does for larger ones in user space, with the
 * same model and the same invariants, on this architecture and by this
 * compiler.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include "search.h"

#define ALL	(MODEL_GET | MODEL_GRAB | MODEL_NOCREATE | MODEL_REMOVE)
#define MORE	(ALL | MODEL_TRY | MODEL_DOWNGRADE | MODEL_DROP | MODEL_FAIL)

/**
 * struct space - a space to search
 * @desc: its name
 * @cfg: the cluster
 * @hops: see struct search
 * @states: how many states it has at least; less means that the model sleeps
 * @room: and at most
 */
struct space {
	const char		*desc;
	struct model_cfg	cfg;
	bool			hops;
	size_t			states;
	size_t			room;
};

static const struct space spaces[] = {
	{
		.desc = "2 nodes, all operations",
		.cfg = {
			.nodes = 2, .users = 1, .stride = 1, .max_hops = 6,
			.max_removed = 2, .ops = MORE | MODEL_FORGET,
		},
		.hops = true, .states = 5000, .room = 30000,
	},
	{
		.desc = "2 nodes, all operations, first touch at home",
		.cfg = {
			.nodes = 2, .users = 1, .stride = 1, .max_hops = 6,
			.max_removed = 2, .touch_home = true,
			.ops = MORE | MODEL_FORGET,
		},
		.hops = true, .states = 3000, .room = 30000,
	},
	{
		.desc = "2 nodes, all operations, never a short cut",
		.cfg = {
			.nodes = 2, .users = 1, .stride = 1, .max_hops = 6,
			.max_removed = 2,
			.ops = ALL | MODEL_FORGET | MODEL_SLOW,
		},
		.hops = true, .states = 1000, .room = 20000,
	},
	{
		.desc = "2 nodes, all operations, a hold time",
		.cfg = {
			.nodes = 2, .users = 1, .stride = 1, .max_hops = 6,
			.max_removed = 2,
			.ops = MORE | MODEL_FORGET | MODEL_HOLD,
		},
		.hops = true, .states = 10000, .room = 50000,
	},
	{
		.desc = "2 nodes, 2 users, who may be killed",
		.cfg = {
			.nodes = 2, .users = 2, .stride = 1, .max_hops = 6,
			.max_removed = 1,
			.ops = MODEL_GET | MODEL_GRAB | MODEL_REMOVE |
			       MODEL_KILL | MODEL_FORGET,
		},
		.states = 5000, .room = 40000,
	},
	{
		.desc = "2 nodes, one of which fails, home moves",
		.cfg = {
			.nodes = 2, .users = 1, .stride = 1, .max_hops = 6,
			.max_removed = 1, .max_crash = 1, .max_moves = 1,
			.ops = MODEL_GET | MODEL_GRAB | MODEL_REMOVE |
			       MODEL_FORGET,
		},
		.hops = true, .states = 5000, .room = 50000,
	},
	{
		.desc = "2 nodes with replicas, one of which fails",
		.cfg = {
			.nodes = 2, .users = 1, .stride = 1, .max_hops = 6,
			.max_removed = 1, .max_crash = 1, .replicas = 2,
			.ops = MODEL_GET | MODEL_GRAB | MODEL_REMOVE,
		},
		.hops = true, .states = 3000, .room = 40000,
	},
	{
		.desc = "3 nodes, one of which fails",
		.cfg = {
			.nodes = 3, .users = 1, .stride = 1, .max_hops = 8,
			.max_crash = 1, .ops = MODEL_GET | MODEL_GRAB,
		},
		.hops = true, .states = 10000, .room = 60000,
	},
	{
		.desc = "3 nodes, get and grab",
		.cfg = {
			.nodes = 3, .users = 1, .stride = 1, .max_hops = 8,
			.ops = MODEL_GET | MODEL_GRAB,
		},
		.hops = true, .states = 2000, .room = 10000,
	},
	{
		.desc = "3 nodes, get and grab, a hold time",
		.cfg = {
			.nodes = 3, .users = 1, .stride = 1, .max_hops = 8,
			.ops = MODEL_GET | MODEL_GRAB | MODEL_HOLD,
		},
		.hops = true, .states = 5000, .room = 20000,
	},
};

KUNIT_ARRAY_PARAM_DESC(space, spaces, desc);

static void explore(struct kunit *test)
{
	const struct space *space = test->param_value;
	struct search *s = vzalloc(sizeof(*s));
	int err;

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->cfg = &space->cfg;
	s->hops = space->hops;
	s->max_states = space->room;
	s->max_bytes = space->room * 64;
	s->max_edges = space->room * 6;
	err = search_init(s);
	if (!err)
		err = search_run(s);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ_MSG(test, err, 0, "node %u: %s (%d)", s->error_node,
			    s->error ? s->error : "no room", s->error_no);
	KUNIT_EXPECT_GE(test, s->states, space->states);
	KUNIT_EXPECT_GT(test, s->rest, (size_t)0);
	KUNIT_EXPECT_LE(test, (int)s->most_hops[1], space->cfg.nodes - 1);
	search_free(s);
	vfree(s);
}

static struct kunit_case explore_cases[] = {
	KUNIT_CASE_PARAM(explore, space_gen_params),
	{}
};

static struct kunit_suite explore_suite = {
	.name = "kddm-explore",
	.test_cases = explore_cases,
};

kunit_test_suite(explore_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("Exhaustive search of small KDDM clusters");
MODULE_LICENSE("GPL");
