// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client of include/linux/kddm.h that tests it.
 *
 * The module runs its tests once, on three nodes that this kernel hosts (one
 * node per network namespace), and prints their results to the kernel log as
 * KTAP.  Since one task holds objects on several nodes at once, it sees what
 * happens to one holder while there is another.
 *
 * Afterwards the module keeps the set "kddm-client" open, and shows by its
 * parameter "peek" what is in object 1: user space can write it by kddmctl.
 */
#define pr_fmt(fmt) "kddm_client: " fmt

#include <linux/err.h>
#include <linux/module.h>
#include <linux/net_namespace.h>
#include <linux/string.h>
#include "../nodes.h"
#include "client.h"

#define SHARED	"kddm-client"

struct net *client_net[NODES];
static struct kddm_set *shared[NODES];
static unsigned int nodes, tests, bad;
static const char *test_name;
static bool test_bad;

bool client_check(bool ok, const char *what)
{
	if (ok)
		return true;
	pr_info("# %s: not true: %s\n", test_name, what);
	test_bad = true;
	return false;
}

bool client_check_eq(long a, long b, const char *what)
{
	if (a == b)
		return true;
	pr_info("# %s: not true: %s: %ld and %ld\n", test_name, what, a, b);
	test_bad = true;
	return false;
}

void client_begin(const char *name)
{
	test_name = name;
	test_bad = false;
}

void client_end(void)
{
	bad += test_bad;
	pr_info("%s %u %s\n", test_bad ? "not ok" : "ok", ++tests, test_name);
}

int client_open(struct kddm_set *set[NODES], struct kddm_set_attr *attr)
{
	int i;

	for (i = 0; i < NODES; i++) {
		set[i] = i ? kddm_set_open(client_net[i], attr->name) :
			     kddm_set_create(client_net[i], attr);
		if (IS_ERR(set[i]))
			break;
	}
	if (i == NODES)
		return 0;
	pr_info("# %s: set \"%s\" on node %d: %ld\n", test_name, attr->name, i,
		PTR_ERR(set[i]));
	test_bad = true;
	while (i--)
		kddm_set_close(set[i]);
	return -EINVAL;
}

void client_close(struct kddm_set *set[NODES], const char *name)
{
	int i;

	for (i = 0; i < NODES; i++)
		kddm_set_close(set[i]);
	CHECK_EQ(kddm_set_destroy(client_net[0], name, false), 0);
}

int client_put(struct kddm_obj *obj, u32 value)
{
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	*(u32 *)kddm_data(obj) = value;
	return kddm_put(obj);
}

long client_value(struct kddm_set *set, u64 id)
{
	struct kddm_obj *obj = kddm_get(set, id, KDDM_NOCREATE);
	long value;

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	value = *(u32 *)kddm_data(obj);
	CHECK_EQ(kddm_put(obj), 0);
	return value;
}

/* What object 1 of the shared set says, read on the last node. */
static int peek_get(char *buffer, const struct kernel_param *kp)
{
	struct kddm_obj *obj = kddm_get(shared[NODES - 1], 1, KDDM_NOCREATE);
	int len;

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	len = scnprintf(buffer, PAGE_SIZE, "%.*s\n",
			(int)kddm_set_size(shared[NODES - 1]),
			(char *)kddm_data(obj));
	kddm_put(obj);
	return len;
}

static const struct kernel_param_ops peek_ops = { .get = peek_get };
module_param_cb(peek, &peek_ops, NULL, 0400);
MODULE_PARM_DESC(peek, "object 1 of set " SHARED ", as text");

static void put_nets(void)
{
	while (nodes)
		put_net(client_net[--nodes]);
}

static int find_nodes(void)
{
	nodes = kddm_find_nodes(client_net, NODES);
	return nodes == NODES ? 0 : -ENOTCONN;
}

static int __init client_init(void)
{
	struct kddm_set_attr attr = {
		.name = SHARED, .size = 64, .home = KDDM_ANY_NODE,
	};
	int err = find_nodes();

	if (err) {
		pr_err("needs %d nodes, found %u\n", NODES, nodes);
		put_nets();
		return err;
	}
	pr_info("KTAP version 1\n");
	client_test_api();
	client_test_sets();
	client_test_linker();
	client_test_messages();
	client_test_names();
	client_test_example();
	client_test_apart();
	client_test_lost();
	client_test_leave();
	client_test_alien();
	pr_info("1..%u\n", tests);
	client_begin("shared set");
	err = client_open(shared, &attr);
	if (!err)
		err = kddm_set_value(shared[0], 1, "kernel", 6);
	if (err) {
		client_alien_exit();
		put_nets();
	}
	return err;
}

static void __exit client_exit(void)
{
	client_close(shared, SHARED);
	client_alien_exit();
	put_nets();
}

module_init(client_init);
module_exit(client_exit);

MODULE_DESCRIPTION("Test of the client interface of KDDM");
MODULE_LICENSE("GPL");
