// SPDX-License-Identifier: GPL-2.0-only
/*
 * Views: members in order, errors, and where placement puts the keys.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include "../coherence.h"
#include "../view.h"

#define KEYS	16384

static struct kddm_view *new_view(struct kunit *test, u16 cap)
{
	struct kddm_view *v;

	v = kunit_kzalloc(test, kddm_view_size(cap), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, v);
	kddm_view_init(v, cap);
	return v;
}

static void add(struct kunit *test, struct kddm_view *v, u16 id)
{
	KUNIT_EXPECT_EQ(test, kddm_view_add(v, id, 100 + id), 0);
}

static void is_sorted(struct kunit *test, const struct kddm_view *v)
{
	u16 i;

	for (i = 1; i < v->nr; i++)
		KUNIT_EXPECT_LT(test, v->m[i - 1].id, v->m[i].id);
}

static void members(struct kunit *test)
{
	struct kddm_view *v = new_view(test, 4);

	KUNIT_EXPECT_NULL(test, kddm_view_find(v, 7));
	add(test, v, 7);
	add(test, v, KDDM_MAX_NODES - 1);
	add(test, v, 0);
	add(test, v, 8);
	KUNIT_EXPECT_EQ(test, v->nr, 4);
	is_sorted(test, v);
	KUNIT_ASSERT_NOT_NULL(test, kddm_view_find(v, 8));
	KUNIT_EXPECT_EQ(test, kddm_view_find(v, 8)->incarnation, 108U);
	KUNIT_EXPECT_NULL(test, kddm_view_find(v, 9));
	KUNIT_EXPECT_NOT_NULL(test, kddm_view_find(v, 0));
	KUNIT_EXPECT_NOT_NULL(test, kddm_view_find(v, KDDM_MAX_NODES - 1));
}

static void errors(struct kunit *test)
{
	struct kddm_view *v = new_view(test, 2);

	add(test, v, 3);
	KUNIT_EXPECT_EQ(test, kddm_view_add(v, 3, 103), -EEXIST);
	KUNIT_EXPECT_EQ(test, kddm_view_add(v, 3, 1), -EEXIST);
	KUNIT_EXPECT_EQ(test, kddm_view_add(v, KDDM_MAX_NODES, 1), -EINVAL);
	add(test, v, 1);
	KUNIT_EXPECT_EQ(test, kddm_view_add(v, 3, 103), -EEXIST);
	KUNIT_EXPECT_EQ(test, kddm_view_add(v, 2, 102), -ENOSPC);
	KUNIT_EXPECT_EQ(test, v->nr, 2);
	is_sorted(test, v);
}

/* What changes the view gives it a new epoch, what fails does not. */
static void epochs(struct kunit *test)
{
	struct kddm_view *v = new_view(test, 2);
	u32 epoch = v->epoch;

	add(test, v, 3);
	KUNIT_EXPECT_EQ(test, v->epoch, ++epoch);
	KUNIT_EXPECT_EQ(test, kddm_view_add(v, 3, 103), -EEXIST);
	KUNIT_EXPECT_EQ(test, v->epoch, epoch);
}

static void empty_has_no_home(struct kunit *test)
{
	struct kddm_view *v = new_view(test, 1);

	KUNIT_EXPECT_NULL(test, kddm_view_home(v, 0));
	add(test, v, 5);
	KUNIT_ASSERT_NOT_NULL(test, kddm_view_home(v, 0));
	KUNIT_EXPECT_EQ(test, kddm_view_home(v, 0)->id, 5);
}

static void order_does_not_matter(struct kunit *test)
{
	struct kddm_view *up = new_view(test, 9), *down = new_view(test, 9);
	u64 key;
	u16 id;

	for (id = 0; id < 9; id++) {
		add(test, up, id * 3);
		add(test, down, 24 - id * 3);
	}
	for (key = 0; key < KEYS; key++)
		KUNIT_ASSERT_EQ(test, kddm_view_home(up, key)->id,
				kddm_view_home(down, key)->id);
}

/* The same view, but for one member. */
static struct kddm_view *without(struct kunit *test, const struct kddm_view *v,
				 u16 id)
{
	struct kddm_view *to = new_view(test, v->nr);
	u16 i;

	for (i = 0; i < v->nr; i++)
		if (v->m[i].id != id)
			add(test, to, v->m[i].id);
	return to;
}

/* Only the keys of the member that is not there are elsewhere. */
static void only_its_keys_move(struct kunit *test)
{
	struct kddm_view *v = new_view(test, 8), *rest;
	u16 *home = kunit_kzalloc(test, KEYS * sizeof(*home), GFP_KERNEL);
	u16 id, now;
	u64 key;

	KUNIT_ASSERT_NOT_NULL(test, home);
	for (id = 0; id < 8; id++)
		add(test, v, id);
	for (key = 0; key < KEYS; key++)
		home[key] = kddm_view_home(v, key)->id;
	for (id = 0; id < 8; id++) {
		rest = without(test, v, id);
		for (key = 0; key < KEYS; key++) {
			now = kddm_view_home(rest, key)->id;
			if (home[key] == id)
				KUNIT_ASSERT_TRUE(test, now != id);
			else
				KUNIT_ASSERT_EQ(test, now, home[key]);
		}
	}
}

/* The rank begins with home, has nobody twice, and is stable. */
static void rank(struct kunit *test)
{
	struct kddm_view *v = new_view(test, 8), *rest;
	u16 id[KDDM_REPLICAS_MAX], less[KDDM_REPLICAS_MAX], i;
	u64 key;

	KUNIT_EXPECT_EQ(test, kddm_view_rank(v, 1, id, 3), 0);
	for (i = 0; i < 8; i++)
		add(test, v, 3 * i);
	rest = without(test, v, 9);
	KUNIT_EXPECT_EQ(test, kddm_view_rank(rest, 1, less, 8), 7);
	for (key = 0; key < KEYS; key++) {
		u16 a, b;

		KUNIT_ASSERT_EQ(test, kddm_view_rank(v, key, id, 4), 4);
		KUNIT_ASSERT_EQ(test, id[0], kddm_view_home(v, key)->id);
		KUNIT_ASSERT_EQ(test, kddm_view_rank(rest, key, less, 3), 3);
		for (a = 0, b = 0; b < 3; a++) {
			KUNIT_ASSERT_TRUE(test, a == 0 || id[a] != id[a - 1]);
			if (id[a] == 9)
				continue;
			KUNIT_ASSERT_EQ(test, id[a], less[b]);
			b++;
		}
	}
}

/**
 * struct spread - keys and members that should not conspire
 * @desc: name
 * @members: how many
 * @id_step: distance of their ids
 * @shift: the keys are multiples of 1 << @shift
 */
struct spread {
	const char	*desc;
	u16		members;
	u16		id_step;
	u8		shift;
};

static const struct spread spreads[] = {
	{ "2 members", 2, 1, 0 },
	{ "3 members", 3, 1, 0 },
	{ "8 members", 8, 1, 0 },
	{ "16 members, ids far apart", 16, 64, 0 },
	{ "8 members, keys of pages", 8, 1, 12 },
	{ "8 members, keys in the upper half", 8, 1, 40 },
};

KUNIT_ARRAY_PARAM_DESC(spread, spreads, desc);

/* Each member is home of its share of the keys, give or take an eighth. */
static void balance(struct kunit *test)
{
	const struct spread *p = test->param_value;
	struct kddm_view *v = new_view(test, 16);
	int share = KEYS / p->members, count[16] = { };
	u64 key;
	u16 i;

	for (i = 0; i < p->members; i++)
		add(test, v, i * p->id_step);
	for (key = 0; key < KEYS; key++)
		count[kddm_view_home(v, key << p->shift)->id / p->id_step]++;
	for (i = 0; i < p->members; i++) {
		KUNIT_EXPECT_GT(test, count[i], share - share / 8);
		KUNIT_EXPECT_LT(test, count[i], share + share / 8);
	}
}

static struct kunit_case view_cases[] = {
	KUNIT_CASE(members),
	KUNIT_CASE(errors),
	KUNIT_CASE(epochs),
	KUNIT_CASE(empty_has_no_home),
	KUNIT_CASE(order_does_not_matter),
	KUNIT_CASE(only_its_keys_move),
	KUNIT_CASE(rank),
	KUNIT_CASE_PARAM(balance, spread_gen_params),
	{}
};

static struct kunit_suite view_suite = {
	.name = "kddm-view",
	.test_cases = view_cases,
};

kunit_test_suite(view_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests of KDDM views");
MODULE_LICENSE("GPL");
