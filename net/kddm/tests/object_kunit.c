// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an object takes beside its data: printed, and bounded.
 *
 * On 64 bit it is 96 bytes for what every object has, in clusters of whatever
 * size; only the few that others share, or wait for, have an extension.
 */
#include <kunit/test.h>
#include <linux/math.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include "../coherence.h"
#include "../object.h"

#define OBJECT_BYTES	96
#define NODES		1024

/* Without what the debugging of locks, if it is on, has in each lock. */
static void object_bytes(struct kunit *test)
{
	size_t lock = round_up(sizeof(spinlock_t), sizeof(u64));
	size_t bytes = sizeof(struct kddm_obj) - lock + sizeof(u64);

	kunit_info(test, "%zu bytes per object, %zu of them its state; with the lock of this kernel %zu",
		   bytes, sizeof(struct kddm_co), sizeof(struct kddm_obj));
	KUNIT_EXPECT_LE(test, bytes, OBJECT_BYTES);
}

/* One node set for the copies, one for the acks. */
static void extension_bytes(struct kunit *test)
{
	size_t few = kddm_co_ext_size(1, 1);
	size_t many = kddm_co_ext_size(NODES / 64, 1);

	kunit_info(test, "shared, with a request in line: %zu bytes more among 64 nodes, %zu among %d",
		   few, many, NODES);
	KUNIT_EXPECT_LE(test, few, OBJECT_BYTES);
	KUNIT_EXPECT_LE(test, many, few + 2 * NODES / 8);
}

static struct kunit_case object_cases[] = {
	KUNIT_CASE(object_bytes),
	KUNIT_CASE(extension_bytes),
	{}
};

static struct kunit_suite object_suite = {
	.name = "kddm-object",
	.test_cases = object_cases,
};

kunit_test_suite(object_suite);

MODULE_DESCRIPTION("KUnit tests of the size of KDDM objects");
MODULE_LICENSE("GPL");
