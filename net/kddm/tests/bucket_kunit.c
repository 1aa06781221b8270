// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buckets of descriptors: what is entered is found again, a full one is full,
 * ids lead to the bucket and do not come back soon, and no byte that another
 * node could have written wrong is taken for right.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include "../bucket.h"
#include "../coherence.h"

#define SEED	12345

static struct kddm_bucket *new_bucket(struct kunit *test)
{
	struct kddm_bucket *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, b);
	return b;
}

/* The @i-th name that belongs into bucket @nr. */
static void name_in(char *name, u32 nr, u32 i)
{
	u32 n;

	for (n = 0;; n++) {
		snprintf(name, KDDM_SET_NAME_LEN + 1, "set-%u", n);
		if (kddm_bucket_of_name(name) == nr && !i--)
			return;
	}
}

static struct kddm_set_desc a_set(u32 nr, u32 i)
{
	struct kddm_set_desc desc = {
		.size = 64, .flags = KDDM_SET_TOUCH_HOME, .hold = 7,
		.lost_timeout = 8, .replicas = 3,
		.home = KDDM_ANY_NODE, .linker = "memory",
	};

	name_in(desc.name, nr, i);
	return desc;
}

/* The first @n sets. */
static void fill(struct kunit *test, struct kddm_bucket *b, u32 nr, u32 n)
{
	char name[KDDM_SET_NAME_LEN + 1];
	struct kddm_set_desc desc = a_set(nr, 0);
	u32 i = 0, k;

	for (k = 0; i < n; k++) {
		snprintf(name, sizeof(name), "set-%u", k);
		if (kddm_bucket_of_name(name) != nr)
			continue;
		strscpy(desc.name, name);
		KUNIT_ASSERT_EQ(test, kddm_bucket_add(b, nr, SEED, &desc), i);
		i++;
	}
}

static void zero_is_empty(struct kunit *test)
{
	struct kddm_bucket *b = new_bucket(test);
	u32 nr;

	for (nr = 0; nr < KDDM_BUCKETS; nr++)
		KUNIT_EXPECT_EQ(test, kddm_bucket_check(b, nr), 0);
	KUNIT_EXPECT_EQ(test, kddm_bucket_count(b), 0);
	KUNIT_EXPECT_EQ(test, kddm_bucket_find(b, "demo", 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, kddm_bucket_find(b, NULL, 0), -ENOENT);
}

/* Known values: all machines have to agree. */
static void names_have_their_bucket(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kddm_bucket_of_name("demo"), 31);
	KUNIT_EXPECT_EQ(test, kddm_bucket_of_name("abcdefghijklmnop"), 44);
}

static void what_is_entered_is_found(struct kunit *test)
{
	const struct kddm_set_mark mark = { .node = 3, .incarnation = 9 };
	struct kddm_bucket *b = new_bucket(test);
	struct kddm_set_desc in = a_set(5, 0), out;
	int i;

	in.home = 17;
	KUNIT_ASSERT_EQ(test, kddm_bucket_add(b, 5, SEED, &in), 0);
	KUNIT_EXPECT_EQ(test, kddm_bucket_of_id(in.id), 5);
	KUNIT_EXPECT_EQ(test, kddm_bucket_check(b, 5), 0);
	i = kddm_bucket_find(b, in.name, 0);
	KUNIT_ASSERT_EQ(test, i, 0);
	KUNIT_EXPECT_EQ(test, kddm_bucket_find(b, NULL, in.id), 0);
	kddm_bucket_mark(b, i, &mark);
	memset(&out, 0xff, sizeof(out));
	kddm_bucket_get(b, i, &out);
	KUNIT_EXPECT_EQ(test, out.id, in.id);
	KUNIT_EXPECT_EQ(test, out.size, in.size);
	KUNIT_EXPECT_EQ(test, out.flags, in.flags);
	KUNIT_EXPECT_EQ(test, out.hold, in.hold);
	KUNIT_EXPECT_EQ(test, out.lost_timeout, in.lost_timeout);
	KUNIT_EXPECT_EQ(test, out.replicas, in.replicas);
	KUNIT_EXPECT_EQ(test, out.home, in.home);
	KUNIT_EXPECT_STREQ(test, out.name, in.name);
	KUNIT_EXPECT_STREQ(test, out.linker, in.linker);
	KUNIT_EXPECT_EQ(test, out.mark.node, 3);
	KUNIT_EXPECT_EQ(test, out.mark.incarnation, 9);
}

static void long_names(struct kunit *test)
{
	struct kddm_bucket *b = new_bucket(test);
	struct kddm_set_desc in = a_set(0, 0), out;
	u32 nr;

	strscpy(in.name, "abcdefghijklmnop");
	strscpy(in.linker, "ponmlkjihgfedcba");
	nr = kddm_bucket_of_name(in.name);
	KUNIT_ASSERT_EQ(test, kddm_bucket_add(b, nr, SEED, &in), 0);
	KUNIT_EXPECT_EQ(test, kddm_bucket_check(b, nr), 0);
	KUNIT_EXPECT_EQ(test, kddm_bucket_find(b, in.name, 0), 0);
	KUNIT_EXPECT_EQ(test, kddm_bucket_find(b, "abcdefghijklmno", 0),
			-ENOENT);
	kddm_bucket_get(b, 0, &out);
	KUNIT_EXPECT_STREQ(test, out.name, in.name);
	KUNIT_EXPECT_STREQ(test, out.linker, in.linker);
}

static void a_full_one_is_full(struct kunit *test)
{
	struct kddm_set_desc more = a_set(5, KDDM_BUCKET_MAX);
	struct kddm_bucket *b = new_bucket(test);

	fill(test, b, 5, KDDM_BUCKET_MAX);
	KUNIT_EXPECT_EQ(test, kddm_bucket_check(b, 5), 0);
	KUNIT_EXPECT_EQ(test, kddm_bucket_count(b), KDDM_BUCKET_MAX);
	KUNIT_EXPECT_EQ(test, kddm_bucket_add(b, 5, SEED, &more), -ENOSPC);
	kddm_bucket_del(b, 7);
	KUNIT_EXPECT_EQ(test, kddm_bucket_check(b, 5), 0);
	KUNIT_EXPECT_EQ(test, kddm_bucket_add(b, 5, SEED, &more),
			KDDM_BUCKET_MAX - 1);
	KUNIT_EXPECT_EQ(test, kddm_bucket_check(b, 5), 0);
}

/* Whichever goes, the others stay. */
static void others_stay(struct kunit *test)
{
	struct kddm_bucket *b = new_bucket(test);
	struct kddm_set_desc set[3];
	u32 gone, i;

	for (gone = 0; gone < 3; gone++) {
		memset(b, 0, sizeof(*b));
		fill(test, b, 9, 3);
		for (i = 0; i < 3; i++)
			kddm_bucket_get(b, i, &set[i]);
		kddm_bucket_del(b, gone);
		KUNIT_EXPECT_EQ(test, kddm_bucket_check(b, 9), 0);
		for (i = 0; i < 3; i++)
			KUNIT_EXPECT_EQ(test, kddm_bucket_find(b, set[i].name,
							       0) < 0,
					i == gone);
	}
}

/* Ids go up, go around at the end, and spare one that is in use. */
static void ids_do_not_come_back(struct kunit *test)
{
	struct kddm_bucket *b = new_bucket(test);
	struct kddm_set_desc desc = a_set(63, 0);
	u32 first, i;

	fill(test, b, 63, 1);
	kddm_bucket_get(b, 0, &desc);
	first = desc.id;
	for (i = 1; i < 1000; i++) {
		kddm_bucket_del(b, 0);
		KUNIT_ASSERT_EQ(test, kddm_bucket_add(b, 63, i, &desc), 0);
		KUNIT_ASSERT_EQ(test, desc.id, first + i * KDDM_BUCKETS);
	}
	b->last = cpu_to_le32(U32_MAX / KDDM_BUCKETS);
	kddm_bucket_del(b, 0);
	KUNIT_ASSERT_EQ(test, kddm_bucket_add(b, 63, 0, &desc), 0);
	KUNIT_EXPECT_EQ(test, desc.id, KDDM_BUCKETS + 63);
	b->last = cpu_to_le32(U32_MAX / KDDM_BUCKETS);
	desc = a_set(63, 1);
	KUNIT_ASSERT_EQ(test, kddm_bucket_add(b, 63, 0, &desc), 1);
	KUNIT_EXPECT_EQ(test, desc.id, 2 * KDDM_BUCKETS + 63);
}

/* The highest seed gives an id as well. */
static void any_seed_will_do(struct kunit *test)
{
	static const u32 seed[] = { 0, 1, U32_MAX, U32_MAX / KDDM_BUCKETS };
	struct kddm_bucket *b = new_bucket(test);
	struct kddm_set_desc desc = a_set(1, 0);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(seed); i++) {
		memset(b, 0, sizeof(*b));
		KUNIT_EXPECT_EQ(test, kddm_bucket_add(b, 1, seed[i], &desc),
				0);
		KUNIT_EXPECT_GE(test, desc.id, KDDM_BUCKETS);
		KUNIT_EXPECT_EQ(test, kddm_bucket_of_id(desc.id), 1);
		KUNIT_EXPECT_EQ(test, kddm_bucket_check(b, 1), 0);
	}
}

/**
 * struct broken - one field that is wrong
 * @desc: what is wrong
 * @at: where, in a bucket
 * @len: bytes
 * @value: what stands there, little-endian
 */
struct broken {
	const char	*desc;
	size_t		at;
	size_t		len;
	u64		value;
};

#define HEAD(field)	(offsetof(struct kddm_bucket, field))
#define DESC(field)	(offsetof(struct kddm_bucket, desc) + \
			 offsetof(struct kddm_wire_desc, field))

static const struct broken broken_cases[] = {
	{ "more sets than there is room for", HEAD(nr), 4,
	  KDDM_BUCKET_MAX + 1 },
	{ "far more", HEAD(nr), 4, U32_MAX },
	{ "one set more than there is", HEAD(nr), 4, 3 },
	{ "a count that is too high", HEAD(last), 4, U32_MAX },
	{ "what is reserved", offsetof(struct kddm_bucket, reserved) + 48, 8,
	  1 },
	{ "no id", DESC(id), 4, 0 },
	{ "an id below all others", DESC(id), 4, 5 },
	{ "an id of another bucket", DESC(id), 4, 6 + KDDM_BUCKETS },
	{ "no size", DESC(size), 4, 0 },
	{ "too large", DESC(size), 4, KDDM_OBJ_SIZE_MAX + 1 },
	{ "a flag too many", DESC(flags), 4, KDDM_SET_FLAGS + 1 },
	{ "a hold time that is too long", DESC(hold), 4,
	  KDDM_SET_HOLD_MAX + 1 },
	{ "too long a wait for what is lost", DESC(lost_timeout), 4,
	  KDDM_SET_LOST_MAX + 1 },
	{ "too many replicas", DESC(replicas), 1, KDDM_SET_REPLICAS_MAX + 1 },
	{ "a home that is no node", DESC(home), 2, KDDM_MAX_NODES },
	{ "a mark by no node", DESC(marker), 2, KDDM_MAX_NODES },
	{ "no name", DESC(name[0]), 1, 0 },
	{ "a name with a blank", DESC(name[1]), 1, ' ' },
	{ "a name of another bucket", DESC(name[0]), 1, 'S' },
	{ "something behind the name", DESC(name[15]), 1, 'x' },
	{ "no linker", DESC(linker[0]), 1, 0 },
	{ "a linker with an escape", DESC(linker[0]), 1, 27 },
	{ "something behind the linker", DESC(linker[15]), 1, 'x' },
	{ "what is reserved in a descriptor", DESC(reserved), 3, 1 },
};

static void broken_desc(const struct broken *c, char *desc)
{
	strscpy(desc, c->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(broken, broken_cases, broken_desc);

static void what_is_broken_is_refused(struct kunit *test)
{
	const struct broken *c = test->param_value;
	struct kddm_bucket *b = new_bucket(test);
	u8 *at = (u8 *)b + c->at;
	size_t i;

	fill(test, b, 5, 2);
	KUNIT_ASSERT_EQ(test, kddm_bucket_check(b, 5), 0);
	for (i = 0; i < c->len; i++)
		at[i] = c->value >> (8 * i);
	KUNIT_EXPECT_EQ(test, kddm_bucket_check(b, 5), -EBADMSG);
}

static void nothing_is_there_twice(struct kunit *test)
{
	struct kddm_bucket *b = new_bucket(test);

	fill(test, b, 5, 3);
	b->desc[2].id = b->desc[0].id;
	KUNIT_EXPECT_EQ(test, kddm_bucket_check(b, 5), -EBADMSG);
	memset(b, 0, sizeof(*b));
	fill(test, b, 5, 3);
	memcpy(b->desc[2].name, b->desc[0].name, KDDM_SET_NAME_LEN);
	KUNIT_EXPECT_EQ(test, kddm_bucket_check(b, 5), -EBADMSG);
	memset(b, 0, sizeof(*b));
	fill(test, b, 5, 3);
	KUNIT_EXPECT_EQ(test, kddm_bucket_check(b, 6), -EBADMSG);
}

static struct kunit_case bucket_cases[] = {
	KUNIT_CASE(zero_is_empty),
	KUNIT_CASE(names_have_their_bucket),
	KUNIT_CASE(what_is_entered_is_found),
	KUNIT_CASE(long_names),
	KUNIT_CASE(a_full_one_is_full),
	KUNIT_CASE(others_stay),
	KUNIT_CASE(ids_do_not_come_back),
	KUNIT_CASE(any_seed_will_do),
	KUNIT_CASE_PARAM(what_is_broken_is_refused, broken_gen_params),
	KUNIT_CASE(nothing_is_there_twice),
	{}
};

static struct kunit_suite bucket_suite = {
	.name = "kddm-bucket",
	.test_cases = bucket_cases,
};

kunit_test_suite(bucket_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests of KDDM buckets of descriptors");
MODULE_LICENSE("GPL");
