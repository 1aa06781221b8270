// SPDX-License-Identifier: GPL-2.0-only
/*
 * Those who go halfway: callers who gather, senders in the middle of a message,
 * nodes with calls that they have passed on.
 */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "rpc.h"

static atomic_t waiting, cancelled, served;
static bool enough;

static bool reaches(atomic_t *count, int value)
{
	unsigned long end = jiffies + SOON;

	while (atomic_read(count) < value && time_before(jiffies, end))
		schedule_timeout_uninterruptible(1);
	return atomic_read(count) == value;
}

/* A caller who is killed while it gathers */

static int wait_handler(struct kddm_request *req)
{
	atomic_inc(&waiting);
	if (!kddm_request_wait(req, LONG))
		return -ETIME;
	atomic_inc(&cancelled);
	return -ECANCELED;
}

static struct kddm_svc waits = {
	.name		= "test-gone",
	.handler	= wait_handler,
};

static int gatherer(struct job *job)
{
	DECLARE_BITMAP(nodes, KDDM_NODE_IDS);
	struct kddm_reply reply;
	struct kddm_gather *g;
	int rc;

	if (kddm_nodes(test_net[A], nodes) != NODES)
		return -ENOTCONN;
	g = kddm_call_many(test_net[A], nodes, &waits, 0, NULL, LONG);
	if (IS_ERR(g))
		return PTR_ERR(g);
	rc = job->nr ? kddm_gather_next(g, &reply) : kddm_gather_wait(g);
	kddm_gather_end(g);
	return rc;
}

void test_gather_kill(void)
{
	struct job job = { .fn = gatherer };
	unsigned long start = jiffies;

	atomic_set(&waiting, 0);
	atomic_set(&cancelled, 0);
	if (!CHECK_EQ(kddm_svc_register(&waits), 0))
		return;
	/* While it waits for all, and for the next one. */
	for (job.nr = 0; job.nr < 2; job.nr++) {
		job_start(&job);
		CHECK(reaches(&waiting, NODES * (job.nr + 1)));
		job_kill(&job);
		CHECK_EQ(job_end(&job), -EINTR);
		CHECK(reaches(&cancelled, NODES * (job.nr + 1)));
	}
	CHECK(time_before(jiffies, start + SOON));
	kddm_svc_unregister(&waits);
}

/* A sender who is killed in the middle of a message */

#define HALVES	(KDDM_SVC_BYTES / KDDM_MESSAGE_MAX)	/* and no room then */
#define ROUNDS	10		/* at most, until there are so many */
#define EARLY	(9 * HZ)	/* rpc.rst: it is dropped after 10 seconds */
#define LATE	(20 * HZ)	/* up to 5 more, some for slow machines */

static int count_handler(struct kddm_request *req)
{
	atomic_inc(&served);
	return 0;
}

/* Requests of test_half() that came whole. */
static atomic_t whole;

static int whole_handler(struct kddm_request *req)
{
	atomic_inc(&whole);
	return 0;
}

static struct kddm_svc large = {
	.name		= "test-half",
	.handler	= whole_handler,
	.max_request	= KDDM_MESSAGE_MAX,
};

static struct kddm_svc flood = {
	.name		= "test-flood",
	.handler	= count_handler,
};

/* Keeps what is sent to C waiting for its turn. */
static int flooder(struct job *job)
{
	void *buf = kvzalloc(KDDM_MESSAGE, GFP_KERNEL);
	struct kddm_pack req;

	kddm_pack_init(&req, buf, buf ? KDDM_MESSAGE : 0);
	kddm_pack_room(&req, KDDM_MESSAGE);
	while (!READ_ONCE(enough)) {
		if (kddm_cast(test_net[job->nr], test_id(C), &flood, 0, &req))
			schedule_timeout_uninterruptible(1);
		cond_resched();
	}
	kvfree(buf);
	return 0;
}

/* The first part goes; no more once there is no room to send. */
static int half_sender(struct job *job)
{
	struct kddm_pack req;

	while (!fatal_signal_pending(current))
		schedule_timeout_killable(1);
	kddm_pack_init(&req, job->arg, KDDM_MESSAGE_MAX);
	kddm_pack_room(&req, KDDM_MESSAGE_MAX);
	return kddm_cast(test_net[A], test_id(C), &large, 0, &req);
}

/*
 * Kill some on the way; some may not have sent a part, and others all, if there
 * happened to be room.
 */
static void kill_senders(void *buf)
{
	struct job job = { .fn = half_sender, .arg = buf };
	int tries, killed = 0;

	for (tries = 0; tries < 50 && killed < HALVES; tries++) {
		job_start(&job);
		job_kill(&job);
		killed += job_end(&job) == -EINTR;
	}
}

static int one_call(void)
{
	u8 byte = 0;
	struct kddm_pack req;

	kddm_pack_init(&req, &byte, 1);
	kddm_pack_u8(&req, 1);
	return kddm_call(test_net[A], test_id(C), &large, 0, &req, NULL, LONG);
}

/* As one_call(), when all that came whole is done with, and takes no room. */
static int late_call(void)
{
	int before, rc;

	do {
		before = atomic_read(&whole);
		rc = one_call();
		if (rc == -EBUSY)
			schedule_timeout_uninterruptible(HZ);
	} while (rc == -EBUSY && atomic_read(&whole) != before);
	return rc;
}

/* Send halves until C has all that A may have there: what it says then. */
static int send_halves(void *buf)
{
	struct job job = { .fn = flooder, .nr = A };
	int rc = 0, rounds;

	for (rounds = 0; rounds < ROUNDS && !rc; rounds++) {
		enough = false;
		job_start(&job);
		kill_senders(buf);
		WRITE_ONCE(enough, true);
		CHECK_EQ(job_end(&job), 0);
		rc = late_call();
	}
	return rc;
}

void test_half(void)
{
	void *buf = kvzalloc(KDDM_MESSAGE_MAX, GFP_KERNEL);
	unsigned long start = jiffies, sent;
	int rc, busy = 0;

	if (!buf || !CHECK_EQ(kddm_svc_register(&large), 0))
		goto free;
	CHECK_EQ(kddm_svc_register(&flood), 0);
	CHECK_EQ(send_halves(buf), -EBUSY);
	sent = jiffies;
	/* They take up all that A may have at C, until they are dropped. */
	while ((rc = one_call()) == -EBUSY &&
	       time_before(jiffies, sent + LATE + LONG)) {
		busy++;
		schedule_timeout_uninterruptible(HZ / 10);
	}
	test_note("dropped after %u ms", jiffies_to_msecs(jiffies - start));
	CHECK_EQ(rc, 0);
	CHECK(busy);
	CHECK(time_after(jiffies, start + EARLY));
	CHECK(time_before(jiffies, sent + LATE));
	kddm_svc_unregister(&flood);
	kddm_svc_unregister(&large);
free:
	kvfree(buf);
}

/* A node that dies with calls that it has passed on */

static int pass_handler(struct kddm_request *req)
{
	if (test_node(req) == B)
		return kddm_forward(req, test_id(C), 0);
	atomic_inc(&served);
	return 0;
}

static struct kddm_svc passed = {
	.name		= "test-passed",
	.handler	= pass_handler,
	.workers	= 16,
};

#define CALLERS	16

/* Until B is gone: the first error is that. */
static int passed_caller(struct job *job)
{
	int rc;

	do {
		rc = kddm_call(test_net[A], test_id(B), &passed, 0, NULL, NULL,
			       LONG);
		if (rc == -EBUSY)
			schedule_timeout_uninterruptible(1);
	} while (!rc || rc == -EBUSY);
	return rc;
}

/*
 * The script cuts B off.  What B sends to C waits for its turn then, so that A
 * has heard from B where its calls go, and nothing from C: whoever waits for C
 * alone waits for ever.
 */
void test_forwarder_dying(void)
{
	struct job floods[2], jobs[CALLERS];
	unsigned long start = jiffies;
	int i;

	atomic_set(&served, 0);
	if (!CHECK_EQ(kddm_svc_register(&passed), 0))
		return;
	CHECK_EQ(kddm_svc_register(&flood), 0);
	enough = false;
	for (i = 0; i < ARRAY_SIZE(floods); i++) {
		floods[i] = (struct job) { .fn = flooder, .nr = B };
		job_start(&floods[i]);
	}
	for (i = 0; i < CALLERS; i++) {
		jobs[i] = (struct job) { .fn = passed_caller, .nr = i };
		job_start(&jobs[i]);
	}
	test_note("running");
	for (i = 0; i < CALLERS; i++)
		CHECK_EQ(job_end(&jobs[i]), -EHOSTDOWN);
	CHECK(time_before(jiffies, start + LONG - HZ));
	WRITE_ONCE(enough, true);
	for (i = 0; i < ARRAY_SIZE(floods); i++)
		job_end(&floods[i]);
	kddm_svc_unregister(&flood);
	kddm_svc_unregister(&passed);
}
