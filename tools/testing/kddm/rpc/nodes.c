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
	struct kddm_node_event never;

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
	never = last;
	never.incarnation++;
	CHECK_EQ(kddm_node_barrier(test_net[A], &never, HZ / 5), -ETIMEDOUT);
	kddm_node_unregister(&low);
	kddm_node_unregister(&high);
	check_order(A);
	check_order(B);
}

/* Until a node has begun to stop. */
static bool stops(int node)
{
	unsigned long end = jiffies + LONG;

	while (kddm_self(test_net[node]) >= 0 && time_before(jiffies, end))
		schedule_timeout_uninterruptible(1);
	return kddm_self(test_net[node]) < 0;
}

/* A user on B. */
static struct kddm_set *open_on_b(void)
{
	struct kddm_set_attr attr = {
		.name = "test-user", .size = 4, .home = KDDM_ANY_NODE,
	};
	struct kddm_set *set = kddm_set_create(test_net[B], &attr);

	CHECK(!IS_ERR(set));
	return IS_ERR(set) ? NULL : set;
}

static int close_soon(struct job *job)
{
	msleep(SLOW);
	kddm_set_close(job->arg);
	return 0;
}

/*
 * The script stops B twice, the second time when "stays" is told.  At first B
 * has a user who does not go; what test_nodes() has seen of C is still so.
 */
void test_barrier(void)
{
	struct job job = { .fn = close_soon };

	job.arg = open_on_b();
	test_note("running");
	CHECK(stops(B));
	CHECK_EQ(kddm_node_barrier(test_net[B], &last, LONG), -ENOTCONN);
	/* B stays, so it is asked once more. */
	CHECK_EQ(kddm_node_barrier(test_net[A], &last, LONG), 0);
	CHECK_EQ(kddm_self(test_net[B]), test_id(B));
	test_note("stays");
	CHECK(stops(B));
	job_start(&job);
	/* B goes, and does not count. */
	CHECK_EQ(kddm_node_barrier(test_net[A], &last, LONG), 0);
	CHECK(kddm_self(test_net[B]) < 0);
	CHECK_EQ(job_end(&job), 0);
	CHECK_EQ(kddm_set_destroy(test_net[A], "test-user", false), 0);
}

/* C asks B to stop, which has a user, and is stopped before B has. */
void test_asker(void)
{
	struct kddm_set *set = open_on_b();

	test_note("running");
	CHECK(stops(B));
	CHECK(stops(C));
	msleep(SLOW);
	kddm_set_close(set);
}
