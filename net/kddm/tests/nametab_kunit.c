// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of names: a name has one id as long as a node uses it, who is gone
 * uses none, ids lead to the table and do not come back soon, and no byte that
 * another node could have written wrong is taken for right.
 */
#include <asm/byteorder.h>
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include "../nametab.h"

#define SEED	12345
#define ID_MAX	0x7fffffff

static const struct kddm_member_id node1 = { .id = 1, .incarnation = 11 };
static const struct kddm_member_id node2 = { .id = 2, .incarnation = 22 };
static const struct kddm_member_id again1 = { .id = 1, .incarnation = 12 };

static struct kddm_nametab *new_table(struct kunit *test)
{
	struct kddm_nametab *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	return t;
}

/* The @i-th name that belongs into table @nr. */
static void name_in(char *name, u32 nr, u32 i)
{
	u32 n;

	for (n = 0;; n++) {
		snprintf(name, KDDM_NAME_LEN + 1, "name-%u", n);
		if (kddm_nametab_of_name(name) == nr && !i--)
			return;
	}
}

static int enter(struct kddm_nametab *t, u32 nr, u32 i,
		 const struct kddm_member_id *who)
{
	char name[KDDM_NAME_LEN + 1];

	name_in(name, nr, i);
	return kddm_nametab_enter(t, nr, SEED, KDDM_NAME_LINKER, name, who);
}

static int count(const struct kddm_nametab *t)
{
	return kddm_nametab_count(t);
}

static int users(const struct kddm_nametab *t, int id)
{
	return kddm_nametab_users(t, id, NULL, 0);
}

/* Gone is who is the node of @arg, in whichever life. */
static bool is_node(u32 id, const struct kddm_member_id *who, void *arg)
{
	return who->id == *(u16 *)arg;
}

static bool nobody(u32 id, const struct kddm_member_id *who, void *arg)
{
	return false;
}

static void zero_is_empty(struct kunit *test)
{
	struct kddm_nametab *t = new_table(test);
	u32 nr;

	KUNIT_EXPECT_EQ(test, (int)sizeof(*t), KDDM_NAMETAB_SIZE);
	for (nr = 0; nr < KDDM_NAMETABS; nr++)
		KUNIT_EXPECT_EQ(test, kddm_nametab_check(t, nr), 0);
	KUNIT_EXPECT_EQ(test, count(t), 0);
	KUNIT_EXPECT_EQ(test, users(t, 16), 0);
	KUNIT_EXPECT_FALSE(test, kddm_nametab_stale(t, nobody, NULL));
}

/* Known values: all machines have to agree. */
static void names_have_their_table(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kddm_nametab_of_name("demo"), 11u);
	KUNIT_EXPECT_EQ(test, kddm_nametab_of_name("abcdefghijklmnop"), 14u);
}

static void which_names_are_right(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, kddm_nametab_name_ok(0, "a"));
	KUNIT_EXPECT_TRUE(test, kddm_nametab_name_ok(1, "abcdefghijklmnop"));
	KUNIT_EXPECT_FALSE(test, kddm_nametab_name_ok(0, ""));
	KUNIT_EXPECT_FALSE(test, kddm_nametab_name_ok(0, "abcdefghijklmnopq"));
	KUNIT_EXPECT_FALSE(test, kddm_nametab_name_ok(0, "a b"));
	KUNIT_EXPECT_FALSE(test, kddm_nametab_name_ok(0, "a\x7f"));
	KUNIT_EXPECT_FALSE(test, kddm_nametab_name_ok(0, "a\xc3"));
	KUNIT_EXPECT_FALSE(test, kddm_nametab_name_ok(KDDM_NAME_KINDS, "a"));
}

static void all_get_the_same(struct kunit *test)
{
	char name[KDDM_NAME_LEN + 1], got[KDDM_NAME_LEN + 1];
	struct kddm_nametab *t = new_table(test);
	u16 nodes[2] = { };
	u32 id;
	u8 kind;
	int a;

	a = enter(t, 5, 0, &node2);
	KUNIT_ASSERT_GT(test, a, 0);
	KUNIT_EXPECT_EQ(test, kddm_nametab_of_id(a), 5u);
	KUNIT_EXPECT_EQ(test, enter(t, 5, 0, &node1), a);
	KUNIT_EXPECT_EQ(test, enter(t, 5, 0, &node2), a);
	KUNIT_EXPECT_EQ(test, kddm_nametab_check(t, 5), 0);
	KUNIT_EXPECT_EQ(test, count(t), 1);
	kddm_nametab_get(t, 0, &id, &kind, got);
	name_in(name, 5, 0);
	KUNIT_EXPECT_EQ(test, (int)id, a);
	KUNIT_EXPECT_EQ(test, kind, KDDM_NAME_LINKER);
	KUNIT_EXPECT_STREQ(test, got, name);
	KUNIT_EXPECT_EQ(test, kddm_nametab_users(t, a, nodes, 2), 2u);
	KUNIT_EXPECT_EQ(test, nodes[0], 1);
	KUNIT_EXPECT_EQ(test, nodes[1], 2);
	KUNIT_EXPECT_TRUE(test, kddm_nametab_uses(t, a, &node1));
	KUNIT_EXPECT_FALSE(test, kddm_nametab_uses(t, a, &again1));
}

static void kinds_are_apart(struct kunit *test)
{
	struct kddm_nametab *t = new_table(test);
	u32 nr = kddm_nametab_of_name("demo");
	int a, b;

	a = kddm_nametab_enter(t, nr, SEED, KDDM_NAME_LINKER, "demo", &node1);
	b = kddm_nametab_enter(t, nr, SEED, KDDM_NAME_SERVICE, "demo", &node1);
	KUNIT_ASSERT_GT(test, a, 0);
	KUNIT_ASSERT_GT(test, b, 0);
	KUNIT_EXPECT_NE(test, a, b);
	KUNIT_EXPECT_EQ(test, kddm_nametab_check(t, nr), 0);
}

static void the_last_user_frees(struct kunit *test)
{
	struct kddm_nametab *t = new_table(test);
	u16 one = 1, two = 2;
	int a, b, c;

	a = enter(t, 5, 0, &node1);
	KUNIT_EXPECT_EQ(test, enter(t, 5, 0, &node2), a);
	b = enter(t, 5, 1, &node2);
	KUNIT_EXPECT_TRUE(test, kddm_nametab_stale(t, is_node, &one));
	KUNIT_EXPECT_EQ(test, kddm_nametab_prune(t, is_node, &one), 1u);
	KUNIT_EXPECT_FALSE(test, kddm_nametab_stale(t, is_node, &one));
	KUNIT_EXPECT_EQ(test, count(t), 2);
	KUNIT_EXPECT_EQ(test, kddm_nametab_check(t, 5), 0);
	KUNIT_EXPECT_EQ(test, users(t, a), 1);
	KUNIT_EXPECT_EQ(test, kddm_nametab_prune(t, is_node, &two), 2u);
	KUNIT_EXPECT_EQ(test, count(t), 0);
	KUNIT_EXPECT_EQ(test, kddm_nametab_check(t, 5), 0);
	c = enter(t, 5, 0, &node1);
	KUNIT_EXPECT_NE(test, c, a);
	KUNIT_EXPECT_NE(test, c, b);
}

/* Who was an earlier life of the same node is that no more. */
static void another_life(struct kunit *test)
{
	struct kddm_nametab *t = new_table(test);
	int a = enter(t, 5, 0, &node1);

	KUNIT_EXPECT_EQ(test, enter(t, 5, 0, &again1), a);
	KUNIT_EXPECT_TRUE(test, kddm_nametab_uses(t, a, &again1));
	KUNIT_EXPECT_FALSE(test, kddm_nametab_uses(t, a, &node1));
	KUNIT_EXPECT_EQ(test, users(t, a), 1);
}

static void what_was_dropped_comes_back(struct kunit *test)
{
	char name[KDDM_NAME_LEN + 1];
	struct kddm_nametab *t = new_table(test);
	u16 one = 1;
	int a, b;

	name_in(name, 5, 0);
	a = enter(t, 5, 0, &node1);
	kddm_nametab_prune(t, is_node, &one);
	KUNIT_EXPECT_EQ(test, kddm_nametab_restore(t, 5, a, KDDM_NAME_LINKER,
						   name, &node1), 0);
	KUNIT_EXPECT_TRUE(test, kddm_nametab_uses(t, a, &node1));
	KUNIT_EXPECT_EQ(test, kddm_nametab_check(t, 5), 0);
	/* And for the next node. */
	KUNIT_EXPECT_EQ(test, kddm_nametab_restore(t, 5, a, KDDM_NAME_LINKER,
						   name, &node2), 0);
	KUNIT_EXPECT_EQ(test, users(t, a), 2);
	/* The name has another id, or the id another name. */
	KUNIT_EXPECT_EQ(test, kddm_nametab_restore(t, 5, a + KDDM_NAMETABS,
						   KDDM_NAME_LINKER, name,
						   &node1), -ESTALE);
	name_in(name, 5, 1);
	KUNIT_EXPECT_EQ(test, kddm_nametab_restore(t, 5, a, KDDM_NAME_LINKER,
						   name, &node1), -ESTALE);
	/* Into a table that was lost: the next id is another one. */
	memset(t, 0, sizeof(*t));
	KUNIT_EXPECT_EQ(test, kddm_nametab_restore(t, 5, a, KDDM_NAME_LINKER,
						   name, &node1), 0);
	b = enter(t, 5, 2, &node1);
	KUNIT_EXPECT_GT(test, b, 0);
	KUNIT_EXPECT_NE(test, a, b);
	KUNIT_EXPECT_EQ(test, kddm_nametab_check(t, 5), 0);
}

static void a_full_one_is_full(struct kunit *test)
{
	struct kddm_nametab *t = new_table(test);
	struct kddm_member_id who = { .id = 0, .incarnation = 1 };
	u32 i;

	for (i = 0; i < KDDM_NAMETAB_NAMES; i++)
		KUNIT_ASSERT_GT(test, enter(t, 5, i, &who), 0);
	KUNIT_EXPECT_EQ(test, enter(t, 5, i, &who), -ENOSPC);
	KUNIT_EXPECT_EQ(test, kddm_nametab_check(t, 5), 0);
	for (; i < KDDM_NAMETAB_USES; i++) {
		who.id = i % 1000 + 1;
		KUNIT_ASSERT_GT(test, enter(t, 5, i / 1000, &who), 0);
	}
	who.id = 1001;
	KUNIT_EXPECT_EQ(test, enter(t, 5, 7, &who), -ENOSPC);
	KUNIT_EXPECT_EQ(test, kddm_nametab_check(t, 5), 0);
}

/* Ids go up, go around at the end, and are positive. */
static void ids_do_not_come_back(struct kunit *test)
{
	struct kddm_nametab *t = new_table(test);
	int first = enter(t, 15, 0, &node1), id, i;
	u16 one = 1;

	for (i = 1; i < 1000; i++) {
		kddm_nametab_prune(t, is_node, &one);
		id = enter(t, 15, 0, &node1);
		KUNIT_ASSERT_EQ(test, id, first + i * KDDM_NAMETABS);
	}
	t->last = cpu_to_le32(ID_MAX / KDDM_NAMETABS);
	id = enter(t, 15, 1, &node1);
	KUNIT_EXPECT_EQ(test, id, KDDM_NAMETABS + 15);
	KUNIT_EXPECT_EQ(test, kddm_nametab_check(t, 15), 0);
}

/**
 * struct broken - one field that is wrong
 * @desc: what is wrong
 * @at: where, in a table
 * @len: bytes
 * @value: what stands there, little-endian
 */
struct broken {
	const char	*desc;
	size_t		at;
	size_t		len;
	u64		value;
};

#define HEAD(field)	(offsetof(struct kddm_nametab, field))
#define NAME(field)	(offsetof(struct kddm_nametab, name) + \
			 offsetof(struct kddm_wire_name, field))
#define USE(field)	(offsetof(struct kddm_nametab, use) + \
			 offsetof(struct kddm_wire_use, field))

static const struct broken broken_cases[] = {
	{ "more names than there is room for", HEAD(names), 4,
	  KDDM_NAMETAB_NAMES + 1 },
	{ "far more", HEAD(names), 4, ID_MAX },
	{ "one name more than there is", HEAD(names), 4, 3 },
	{ "one name less than is used", HEAD(names), 4, 1 },
	{ "more uses than there is room for", HEAD(uses), 4,
	  KDDM_NAMETAB_USES + 1 },
	{ "one use more than there is", HEAD(uses), 4, 5 },
	{ "a name that nobody uses", HEAD(uses), 4, 2 },
	{ "a count that is too high", HEAD(last), 4, ID_MAX },
	{ "what is reserved", HEAD(reserved) + 48, 4, 1 },
	{ "no id", NAME(id), 4, 0 },
	{ "an id below all others", NAME(id), 4, 5 },
	{ "a negative id", NAME(id), 4, 0x80000005 },
	{ "an id of another table", NAME(id), 4, 6 + KDDM_NAMETABS },
	{ "a kind that is none", NAME(kind), 1, KDDM_NAME_KINDS },
	{ "what is reserved in a name", NAME(reserved) + 2, 1, 1 },
	{ "no name", NAME(name), 1, 0 },
	{ "a name with a blank", NAME(name), 1, ' ' },
	{ "a name with an escape", NAME(name), 1, 27 },
	{ "a name of another table", NAME(name), 1, 'm' },
	{ "something behind the name", NAME(name) + 15, 1, 'x' },
	{ "a use of no name", USE(id), 4, 5 },
	{ "a use by no node", USE(node), 2, 1024 },
	{ "uses in a wrong order", USE(node), 2, 3 },
	{ "a use twice", USE(node), 2, 2 },
	{ "what is reserved in a use", USE(reserved), 2, 1 },
	{ "a use in no life", USE(incarnation), 4, 0 },
};

KUNIT_ARRAY_PARAM_DESC(broken, broken_cases, desc);

static void what_is_broken_is_refused(struct kunit *test)
{
	const struct broken *c = test->param_value;
	struct kddm_nametab *t = new_table(test);
	u8 *at = (u8 *)t + c->at;
	size_t i;

	enter(t, 5, 0, &node1);
	enter(t, 5, 0, &node2);
	enter(t, 5, 1, &node1);
	enter(t, 5, 1, &node2);
	KUNIT_ASSERT_EQ(test, kddm_nametab_check(t, 5), 0);
	for (i = 0; i < c->len; i++)
		at[i] = c->value >> (8 * i);
	KUNIT_EXPECT_EQ(test, kddm_nametab_check(t, 5), -EBADMSG);
}

static void nothing_is_there_twice(struct kunit *test)
{
	struct kddm_nametab *t = new_table(test);

	enter(t, 5, 0, &node1);
	enter(t, 5, 1, &node1);
	KUNIT_EXPECT_EQ(test, kddm_nametab_check(t, 6), -EBADMSG);
	memcpy(t->name[1].name, t->name[0].name, KDDM_NAME_LEN);
	KUNIT_EXPECT_EQ(test, kddm_nametab_check(t, 5), -EBADMSG);
}

static struct kunit_case nametab_cases[] = {
	KUNIT_CASE(zero_is_empty),
	KUNIT_CASE(names_have_their_table),
	KUNIT_CASE(which_names_are_right),
	KUNIT_CASE(all_get_the_same),
	KUNIT_CASE(kinds_are_apart),
	KUNIT_CASE(the_last_user_frees),
	KUNIT_CASE(another_life),
	KUNIT_CASE(what_was_dropped_comes_back),
	KUNIT_CASE(a_full_one_is_full),
	KUNIT_CASE(ids_do_not_come_back),
	KUNIT_CASE_PARAM(what_is_broken_is_refused, broken_gen_params),
	KUNIT_CASE(nothing_is_there_twice),
	{}
};

static struct kunit_suite nametab_suite = {
	.name = "kddm-names",
	.test_cases = nametab_cases,
};

kunit_test_suite(nametab_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests of KDDM tables of names");
MODULE_LICENSE("GPL");
