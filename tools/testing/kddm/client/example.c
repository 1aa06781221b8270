// SPDX-License-Identifier: GPL-2.0-only
/*
 * The example of Documentation/kddm/linker.rst: a linker whose object n is the
 * square of n until somebody writes it, and a client that uses it.
 */
#include <linux/err.h>
#include <linux/module.h>
#include "client.h"

static int square_first_touch(struct kddm_set *set, u64 id, void *data)
{
	if (id > U32_MAX)
		return -ERANGE;
	*(u64 *)data = id * id;
	return 0;
}

static const struct kddm_linker square = {
	.name		= "square",
	.owner		= THIS_MODULE,
	.first_touch	= square_first_touch,
};

/* Object @id of @set, plus one. */
static int next_value(struct kddm_set *set, u64 id, u64 *value)
{
	struct kddm_obj *obj = kddm_grab(set, id, 0);

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	*value = ++*(u64 *)kddm_data(obj);
	kddm_put(obj);
	return 0;
}

void client_test_example(void)
{
	struct kddm_set_attr attr = {
		.name = "squares", .linker = "square", .size = sizeof(u64),
		.home = KDDM_ANY_NODE,
	};
	struct kddm_set *set[NODES];
	u64 value = 0;

	client_begin("the example of the documentation");
	CHECK_EQ(kddm_linker_register(&square), 0);
	if (!client_open(set, &attr)) {
		CHECK_EQ(next_value(set[0], 12, &value), 0);
		CHECK_EQ(value, 145);
		CHECK_EQ(next_value(set[1], 12, &value), 0);
		CHECK_EQ(value, 146);
		if (sizeof(long) == 8)
			CHECK_EQ(next_value(set[2], 1ULL << 32, &value),
				 -ERANGE);
		client_close(set, attr.name);
	}
	kddm_linker_unregister(&square);
	client_end();
}
