// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nodes that come and go: who is told when, and the barrier.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include "rpc.h"

#define SLOW	200		/* milliseconds that B takes to react */
#define EVENTS	64

/**
 * struct seen - what one client was told
 * @node: on which node: A, B or C
 * @high: the client of high priority
 * @change: what has become of C
 */
struct seen {
	int	node;
	bool	high;
	u8	change;
};

static struct seen seen[EVENTS];
static unsigned int nr_seen;
static DEFINE_SPINLOCK(seen_lock);
static struct kddm_node_event last;	/* of C, seen by A */
static atomic_t slow_done;

static void note(const struct kddm_node_event *ev, bool high)
{
	int node = 0;

	if (ev->id != test_id(C))
		return;
	while (node < C && test_net[node] != ev->net)
		node++;
	if (node == B && !high) {
		msleep(SLOW);
		atomic_inc(&slow_done);
	}
	spin_lock(&seen_lock);
	if (node == A)
		last = *ev;
	if (nr_seen < EVENTS)
		seen[nr_seen++] = (struct seen) { node, high, ev->change };
	spin_unlock(&seen_lock);
}

static void change_high(struct kddm_node_client *client,
			const struct kddm_node_event *ev)
{
	note(ev, true);
}

static void change_low(struct kddm_node_client *client,
		       const struct kddm_node_event *ev)
{
	note(ev, false);
}

static struct kddm_node_client high = {
	.change = change_high, .priority = 10,
};

static struct kddm_node_client low = {
	.change = change_low, .priority = -10,
};

/* Until A has been told, by both clients, of so many transitions. */
static bool a_has(unsigned int count)
{
	unsigned long end = jiffies + LONG;
	unsigned int found, i;

	do {
		schedule_timeout_uninterruptible(1);
		found = 0;
		spin_lock(&seen_lock);
		for (i = 0; i < nr_seen; i++)
			found += seen[i].node == A;
		spin_unlock(&seen_lock);
	} while (found < count && time_before(jiffies, end));
	return found == count;
}

/* What A or B was told, in order. */
static void check_order(int node)
{
	static const struct seen want[] = {
		{ .change = KDDM_REMOVE_POSSIBLE, .high = false },
		{ .change = KDDM_REMOVE_POSSIBLE, .high = true },
		{ .change = KDDM_REMOVE_ONLINE, .high = false },
		{ .change = KDDM_REMOVE_ONLINE, .high = true },
		{ .change = KDDM_ADD_ONLINE, .high = true },
		{ .change = KDDM_ADD_ONLINE, .high = false },
		{ .change = KDDM_ADD_POSSIBLE, .high = true },
		{ .change = KDDM_ADD_POSSIBLE, .high = false },
	};
	unsigned int i, n = 0;

	for (i = 0; i < nr_seen && n < ARRAY_SIZE(want); i++) {
		if (seen[i].node != node)
			continue;
		CHECK_EQ(seen[i].change, want[n].change);
		CHECK_EQ(seen[i].high, want[n].high);
		n++;
	}
	CHECK_EQ(n, ARRAY_SIZE(want));
}

/* The script stops C, and starts it again when "stopped" is told. */
void test_nodes(void)
{
	nr_seen = 0;
	atomic_set(&slow_done, 0);
	CHECK_EQ(kddm_node_register(&high), 0);
	CHECK_EQ(kddm_node_register(&low), 0);
	test_note("running");
	CHECK(a_has(4));
	CHECK_EQ(last.change, KDDM_REMOVE_ONLINE);
	/* B takes its time; the barrier waits for it. */
	CHECK_EQ(kddm_node_barrier(test_net[A], &last, LONG), 0);
	CHECK_EQ(atomic_read(&slow_done), 2);
	test_note("stopped");
	CHECK(a_has(8));
	CHECK_EQ(last.change, KDDM_ADD_POSSIBLE);
	CHECK_EQ(kddm_node_barrier(test_net[A], &last, LONG), 0);
	CHECK_EQ(atomic_read(&slow_done), 4);
	/* What has not come, and will not. */
	last.incarnation++;
	CHECK_EQ(kddm_node_barrier(test_net[A], &last, HZ / 5), -ETIMEDOUT);
	kddm_node_unregister(&low);
	kddm_node_unregister(&high);
	check_order(A);
	check_order(B);
}
