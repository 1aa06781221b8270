// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ownership of an object is on its way from one node to another when the
 * link between them fails: both live, and nothing may be lost.
 *
 * That a message is on its way takes a receiver that does not take it: what
 * node C asks for is made at its home, by a linker that does not return while
 * the test wants.  Nothing else is received there meanwhile.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>
#include "client.h"

enum { A, B, C };

/* Objects; two of them go over one channel, should there be up to six. */
#define MOVED	1		/* is on its way */
#define SLOW	(MOVED + 60)	/* is not made before the test says so */
#define OWN	3		/* of who is cut off */

static struct kddm_set *set[NODES];
static DECLARE_COMPLETION(begun);
static DECLARE_COMPLETION(go_on);

static int slow_first_touch(struct kddm_set *s, u64 id, void *data)
{
	if (id != SLOW)
		return 0;
	complete(&begun);
	wait_for_completion_timeout(&go_on, 60 * HZ);
	return 0;
}

static const struct kddm_linker slow_linker = {
	.owner		= THIS_MODULE,
	.name		= "client-slow",
	.first_touch	= slow_first_touch,
};

/* Whether a node has lost sight of another one. */
static bool gone[NODES][NODES];

static int index_of(u16 id)
{
	int i = 0;

	while (i < NODES && kddm_self(client_net[i]) != id)
		i++;
	return i;
}

static void note(struct kddm_node_client *client,
		 const struct kddm_node_event *ev)
{
	int of = 0, node = index_of(ev->id);

	while (of < NODES && client_net[of] != ev->net)
		of++;
	if (of < NODES && node < NODES)
		WRITE_ONCE(gone[of][node], ev->change == KDDM_REMOVE_ONLINE);
}

static struct kddm_node_client client = { .change = note };

/* What a thread does meanwhile; it returns the value that it has found. */
struct visitor {
	struct task_struct	*task;
	int			node;
	u64			id;
};

static int use(void *arg)
{
	struct visitor *u = arg;
	struct kddm_obj *obj = kddm_grab(set[u->node], u->id, 0);
	int value;

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	value = *(u32 *)kddm_data(obj);
	return kddm_put(obj) ?: value;
}

static void begin(struct visitor *u, int node, u64 id)
{
	u->node = node;
	u->id = id;
	u->task = kthread_run(use, u, "kddm_use/%d", node);
	if (CHECK_EQ(PTR_ERR_OR_ZERO(u->task), 0))
		get_task_struct(u->task);
}

static int end(struct visitor *u)
{
	int value;

	if (IS_ERR(u->task))
		return PTR_ERR(u->task);
	value = kthread_stop(u->task);
	put_task_struct(u->task);
	return value;
}

static bool is_out_of_sight(int node, int of)
{
	return READ_ONCE(gone[of][node]);
}

/* From @from to @to, which is home and takes nothing; node B is cut off. */
static void lose(int from, int to, struct visitor *slow, struct visitor *moved)
{
	int other = from == B ? to : from;

	CHECK_EQ(client_put(kddm_grab(set[B], OWN, 0), 1), 0);
	CHECK_EQ(client_put(kddm_grab(set[from], MOVED, 0), 7), 0);
	begin(slow, C, SLOW);
	CHECK(wait_for_completion_timeout(&begun, 10 * HZ));
	begin(moved, to, MOVED);
	CHECK(client_await(client_waits, set[from], MOVED));
	client_cut(set, B, OWN);
	CHECK(client_await(is_out_of_sight, B, other));
	CHECK(client_await(is_out_of_sight, other, B));
	/* What comes now is of a session that has ended. */
	complete(&go_on);
}

/* The node that was to get it is cut off, and home. */
static void to_who_is_apart(void)
{
	struct visitor slow, moved;

	lose(A, B, &slow, &moved);
	CHECK_EQ(client_value(set[A], MOVED), -EHOSTDOWN);	/* no home */
	CHECK_EQ(client_link(B, true), 0);
	CHECK_EQ(end(&moved), 7);
	CHECK_EQ(client_value(set[A], MOVED), 7);
	CHECK_EQ(client_value(set[C], MOVED), 7);
	end(&slow);
}

/* The node that has sent it is cut off; the other one asks again meanwhile. */
static void from_who_is_apart(void)
{
	struct visitor slow, moved;

	lose(B, A, &slow, &moved);
	CHECK_EQ(client_link(B, true), 0);
	/* Waits until B serves. */
	CHECK_EQ(client_value(set[B], OWN), 1);
	CHECK_EQ(client_value(set[A], MOVED), 7);
	CHECK_EQ(client_value(set[B], MOVED), 7);
	end(&moved);
	end(&slow);
}

static void in_set(const char *title, int home, void (*test)(void))
{
	struct kddm_set_attr attr = {
		.name = "lost", .size = 64, .linker = slow_linker.name,
		.home = kddm_self(client_net[home]),
		.flags = KDDM_SET_TOUCH_HOME,
	};

	client_begin(title);
	reinit_completion(&begun);
	reinit_completion(&go_on);
	if (!client_open(set, &attr)) {
		test();
		client_close(set, attr.name);
	}
	client_end();
}

void client_test_lost(void)
{
	if (kddm_linker_register(&slow_linker))
		return;
	if (kddm_node_register(&client))
		goto unregister;
	in_set("what was on its way to who is apart", B, to_who_is_apart);
	in_set("what was on its way from who is apart", A, from_who_is_apart);
	kddm_node_unregister(&client);
unregister:
	kddm_linker_unregister(&slow_linker);
}
