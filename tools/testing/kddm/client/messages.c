// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a call sends, as the table of Documentation/kddm/api.rst says: each call
 * is made alone, in a set whose home is known, and what all nodes send for it
 * is counted by a probe at the tracepoint kddm_msg_tx.
 *
 * Only requests, answers and objects count; what sessions and views need for
 * themselves goes on by its own clock.
 */
#define pr_fmt(fmt) "kddm_client: " fmt

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include "client.h"
#include "wire.h"

#define A	0		/* home of all objects */
#define B	1
#define C	2
#define QUIET	20		/* ms in which nothing more is sent */

static struct kddm_set *set[NODES];
static struct tracepoint *point;
static atomic_t sent;

static void probe(void *data, const struct kddm_hdr *h)
{
	switch (h->type) {
	case KDDM_WIRE_HELLO:
	case KDDM_WIRE_CREDIT:
	case KDDM_WIRE_VIEW:
	case KDDM_WIRE_MARK:
		break;
	default:
		atomic_inc(&sent);
	}
}

/* The tracepoint, if KDDM is built in. */
static void look(struct tracepoint *tp, void *priv)
{
	if (!strcmp(tp->name, "kddm_msg_tx"))
		point = tp;
}

/* The same, in a module: registration calls this for each that is loaded. */
static int look_in(struct notifier_block *nb, unsigned long what, void *data)
{
	struct module *mod = ((struct tp_module *)data)->mod;
	unsigned int i;

	if (what == MODULE_STATE_COMING)
		for (i = 0; i < mod->num_tracepoints; i++)
			look(tracepoint_ptr_deref(mod->tracepoints_ptrs + i),
			     NULL);
	return NOTIFY_OK;
}

static bool begin_to_count(void)
{
	struct notifier_block modules = { .notifier_call = look_in };

	point = NULL;
	for_each_kernel_tracepoint(look, NULL);
	if (!register_tracepoint_module_notifier(&modules))
		unregister_tracepoint_module_notifier(&modules);
	return point && !tracepoint_probe_register(point, probe, NULL);
}

static void end_to_count(void)
{
	tracepoint_probe_unregister(point, probe, NULL);
	tracepoint_synchronize_unregister();
}

static bool sent_all(int n)
{
	return atomic_read(&sent) >= n;
}

/* So many messages have been sent since the last time; no more follow. */
static void sends(int n, const char *what)
{
	client_await(sent_all, n);
	msleep(QUIET);
	client_check_eq(atomic_read(&sent), n, what);
	atomic_set(&sent, 0);
}

#define SENDS(n, call)							\
do {									\
	CHECK_EQ(call, 0);						\
	sends(n, #call);						\
} while (0)

/* Get or grab, and put: what each of the two sends. */
static void use(int n, int put, struct kddm_obj *obj, const char *what)
{
	if (!CHECK_EQ(PTR_ERR_OR_ZERO(obj), 0))
		return;
	sends(n, what);
	SENDS(put, kddm_put(obj));
}

#define GET(n, node, id)						\
	use(n, 0, kddm_get(set[node], id, 0), "get of " #id " on " #node)
#define GRAB(n, node, id)						\
	use(n, 0, kddm_grab(set[node], id, 0), "grab of " #id " on " #node)

static void first_touch(void)
{
	GRAB(0, A, 1);
	GET(0, A, 2);
	GRAB(2, B, 3);
	GET(4, B, 4);
	GET(2, A, 3);		/* home knows who has it */
}

static void touch_home(void)
{
	GET(2, B, 1);
	GRAB(2, C, 2);
	GET(0, A, 3);
}

static void gets_and_grabs(void)
{
	GRAB(0, A, 1);
	GET(2, B, 1);
	GET(0, B, 1);
	GET(2, C, 1);
	GRAB(4, A, 1);		/* by the owner, two copies */
	GRAB(2, B, 1);
	GRAB(3, C, 1);		/* one wrong hint: A had it when C lost it */
	GRAB(2, A, 1);		/* A has forwarded that, and knows */
	GET(3, B, 1);		/* but B had it when C got it */
	GRAB(4, C, 1);		/* one copy besides the owner's */
}

static void held(void)
{
	struct kddm_obj *obj;

	GRAB(0, A, 1);
	GET(2, B, 1);
	obj = kddm_get(set[B], 1, 0);
	if (!CHECK_EQ(PTR_ERR_OR_ZERO(obj), 0))
		return;
	SENDS(2, kddm_upgrade(obj, 0));
	SENDS(0, kddm_downgrade(obj));
	SENDS(0, kddm_put(obj));
	use(0, 0, kddm_find(set[B], 1), "find");
	obj = kddm_grab(set[B], 1, 0);
	if (CHECK_EQ(PTR_ERR_OR_ZERO(obj), 0))
		SENDS(3, kddm_remove_held(obj));
}

static void moves(void)
{
	GRAB(0, A, 1);
	SENDS(2, kddm_prefetch(set[C], 1, false));
	SENDS(4, kddm_push(set[A], 1, kddm_self(client_net[B])));
	SENDS(0, kddm_push(set[B], 1, kddm_self(client_net[B])));
	SENDS(0, kddm_flush(set[B], 1, KDDM_ANY_NODE));
	SENDS(0, kddm_flush(set[C], 1, KDDM_ANY_NODE));
	/* The owner did not hear that they have gone: C is told as well. */
	SENDS(6, kddm_flush(set[A], 1, kddm_self(client_net[B])));
	SENDS(2, kddm_prefetch(set[A], 1, true));
	SENDS(4, kddm_flush(set[A], 1, kddm_self(client_net[B])));
}

static int look_at(const struct kddm_obj_info *info, void *arg)
{
	(*(int *)arg)++;
	return 0;
}

/* By id: nobody holds it before, or afterwards. */
static void by_id(void)
{
	int seen = 0;
	u64 id;

	SENDS(0, kddm_set_value(set[A], 1, "one", 3));
	SENDS(2, kddm_set_value(set[B], 2, "two", 3));
	SENDS(0, kddm_remove(set[A], 1));
	GET(3, C, 2);		/* home forwards it */
	SENDS(2 + 2, kddm_remove(set[A], 2));
	for (id = 3; id < 6; id++)
		GRAB(2, B, id);
	SENDS(0, kddm_walk(set[B], 3, look_at, &seen));
	CHECK_EQ(seen, 3);
	/* A grab that is forwarded; and then home clears the trail. */
	SENDS(3 + 3, kddm_remove(set[C], 3));
	SENDS(2 * 3, kddm_prefetch_range(set[C], 4, 2, false));
	SENDS(0, kddm_flush_set(set[C], KDDM_ANY_NODE));
	SENDS(2 * 6, kddm_flush_set(set[B], kddm_self(client_net[A])));
}

static void syncs(void)
{
	GRAB(0, A, 1);
	SENDS(0, kddm_sync(set[A], 1));
	GRAB(2, B, 1);
	SENDS(2, kddm_sync(set[B], 1));
}

/* All three nodes keep what is written. */
static void replicas(void)
{
	int i;

	use(0, 4, kddm_grab(set[A], 1, 0), "grab by home");
	/* What they keep is not to be read. */
	for (i = 1; i < NODES; i++)
		use(2, 0, kddm_get(set[i], 1, 0), "get of a replica");
	use(4, 4, kddm_grab(set[B], 1, 0), "grab by a keeper");
}

static void sets(void)
{
	struct kddm_set *again;

	again = kddm_set_open(client_net[B], "client-messages");
	if (!CHECK_EQ(PTR_ERR_OR_ZERO(again), 0))
		return;
	sends(0, "open of a set that is known");
	kddm_set_close(again);
	sends(0, "close");
}

static int store(struct kddm_set *s, u64 id, const void *buf, u32 len)
{
	return 0;
}

static const struct kddm_linker linker = {
	.name = "client-stored",
	.owner = THIS_MODULE,
	.sync = store,
};

static bool quiet(void)
{
	atomic_set(&sent, 0);
	msleep(QUIET);
	return !atomic_read(&sent);
}

static void in_set(struct kddm_set_attr attr, void (*test)(void),
		   const char *name)
{
	attr.name = "client-messages";
	attr.size = 64;
	attr.home = kddm_self(client_net[A]);
	client_begin(name);
	if (!client_open(set, &attr)) {
		CHECK(client_await(quiet));
		test();
		client_close(set, attr.name);
	}
	client_end();
}

static void count_all(void)
{
	struct kddm_set_attr attr = { };

	in_set(attr, first_touch, "messages: first touch");
	in_set(attr, gets_and_grabs, "messages: get and grab");
	in_set(attr, held, "messages: of who holds an object");
	in_set(attr, moves, "messages: prefetch, push and flush");
	in_set(attr, by_id, "messages: by id, and of many");
	in_set(attr, sets, "messages: of a set");
	attr.linker = linker.name;
	in_set(attr, syncs, "messages: sync");
	attr.linker = NULL;
	attr.flags = KDDM_SET_TOUCH_HOME;
	in_set(attr, touch_home, "messages: touch at home");
	attr.flags = 0;
	attr.replicas = NODES;
	in_set(attr, replicas, "messages: replicas");
}

void client_test_messages(void)
{
	bool ok;

	client_begin("messages can be counted");
	ok = CHECK(begin_to_count());
	client_end();
	if (!ok)
		return;
	client_begin("messages: linker");
	ok = CHECK_EQ(kddm_linker_register(&linker), 0);
	client_end();
	if (ok) {
		count_all();
		kddm_linker_unregister(&linker);
	}
	end_to_count();
}
