// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ends requests before their time: callers and nodes that go, services
 * that are withdrawn, memory that is short.
 */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "rpc.h"

static atomic_t waiting, cancelled;

static bool reaches(atomic_t *count, int value)
{
	unsigned long end = jiffies + SOON;

	while (atomic_read(count) < value && time_before(jiffies, end))
		schedule_timeout_uninterruptible(1);
	return atomic_read(count) == value;
}

static void begin(struct kddm_svc *svc)
{
	atomic_set(&waiting, 0);
	atomic_set(&cancelled, 0);
	CHECK_EQ(kddm_svc_register(svc), 0);
}

/* Answers at once if asked with 1, else waits for the end. */
static int handler(struct kddm_request *req)
{
	if (argument(req) == 1)
		return answer(req, test_node(req));
	atomic_inc(&waiting);
	if (!kddm_request_wait(req, LONG))
		return -ETIME;
	atomic_inc(&cancelled);
	return -ECANCELED;
}

static struct kddm_svc svc = {
	.name		= "test-ending",
	.handler	= handler,
	.workers	= 4,
};

/* A handler that takes no notice costs the caller its time, and no more. */
static int deaf_handler(struct kddm_request *req)
{
	schedule_timeout_uninterruptible(3 * HZ);
	return 0;
}

static struct kddm_svc deaf = {
	.name		= "test-deaf",
	.handler	= deaf_handler,
};

void test_cancel_time(void)
{
	unsigned long start;

	begin(&svc);
	CHECK_EQ(ask(A, B, &svc, 0, 0, 2 * HZ), -ETIMEDOUT);
	CHECK(reaches(&cancelled, 1));
	CHECK_EQ(ask(A, B, &svc, 0, 1, LONG), B);
	kddm_svc_unregister(&svc);
	begin(&deaf);
	start = jiffies;
	CHECK_EQ(ask(A, B, &deaf, 0, 0, HZ / 10), -ETIMEDOUT);
	CHECK(time_before(jiffies, start + 2 * HZ));
	kddm_svc_unregister(&deaf);
}

static int waiter(struct job *job)
{
	return ask(A, B, &svc, 0, 0, LONG);
}

void test_cancel_kill(void)
{
	struct job jobs[6];
	int i;

	begin(&svc);
	for (i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = (struct job) { .fn = waiter, .nr = i };
		job_start(&jobs[i]);
	}
	CHECK(reaches(&waiting, svc.workers));
	for (i = 0; i < ARRAY_SIZE(jobs); i++)
		job_kill(&jobs[i]);
	for (i = 0; i < ARRAY_SIZE(jobs); i++)
		CHECK_EQ(job_end(&jobs[i]), -EINTR);
	/* Those that waited for a worker were not begun for nothing. */
	CHECK(reaches(&cancelled, atomic_read(&waiting)));
	CHECK_EQ(ask(A, B, &svc, 0, 1, LONG), B);
	kddm_svc_unregister(&svc);
}

/* Deferred */

static struct kddm_request *kept;
static struct work_struct later;

static void answer_later(struct work_struct *work)
{
	kddm_pack_u32(kddm_reply_room(kept, 4), 77);
	kddm_request_reply(kept, 0);
}

static int defer_handler(struct kddm_request *req)
{
	kept = req;
	switch (argument(req)) {
	case 0:
		queue_work(system_dfl_wq, &later);
		break;
	case 1:
		/* Before the handler returns. */
		kddm_request_reply(req, -EXDEV);
		break;
	default:
		atomic_inc(&waiting);
		break;
	}
	return KDDM_DEFERRED;
}

static struct kddm_svc defer = {
	.name		= "test-defer",
	.handler	= defer_handler,
	.workers	= 1,
};

static void unregister_work(struct work_struct *work)
{
	kddm_svc_unregister(&defer);
}

void test_deferred(void)
{
	struct work_struct work;
	int i;

	INIT_WORK(&later, answer_later);
	INIT_WORK_ONSTACK(&work, unregister_work);
	begin(&defer);
	for (i = 0; i < 20; i++) {
		CHECK_EQ(ask(A, B, &defer, 0, 0, LONG), 77);
		CHECK_EQ(ask(C, B, &defer, 0, 1, LONG), -EXDEV);
	}
	flush_work(&later);
	/* When the caller is gone. */
	CHECK_EQ(ask(A, B, &defer, 0, 2, HZ), -ETIMEDOUT);
	CHECK_EQ(atomic_read(&waiting), 1);
	CHECK(kddm_request_wait(kept, SOON));
	kddm_pack_u32(kddm_reply_room(kept, 4), 1);
	kddm_request_reply(kept, 0);
	/* Whoever withdraws the service waits for it. */
	CHECK_EQ(ask(A, B, &defer, 0, 2, HZ), -ETIMEDOUT);
	queue_work(system_dfl_wq, &work);
	schedule_timeout_uninterruptible(HZ / 10);
	CHECK(work_busy(&work));
	kddm_request_reply(kept, 0);
	flush_work(&work);
	destroy_work_on_stack(&work);
}

void test_unregister(void)
{
	unsigned long start = jiffies;
	struct job jobs[8];
	int i, gone = 0, rc;

	begin(&svc);
	for (i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = (struct job) { .fn = waiter, .nr = i };
		job_start(&jobs[i]);
	}
	CHECK(reaches(&waiting, svc.workers));
	kddm_svc_unregister(&svc);
	CHECK_EQ(atomic_read(&cancelled), svc.workers);
	for (i = 0; i < ARRAY_SIZE(jobs); i++) {
		rc = job_end(&jobs[i]);
		gone += rc == -EOPNOTSUPP;
		if (rc != -EOPNOTSUPP)
			CHECK_EQ(rc, -ECANCELED);
	}
	CHECK_EQ(gone, ARRAY_SIZE(jobs) - svc.workers);
	CHECK(time_before(jiffies, start + SOON));
}

/* Nodes that go */

/* The script stops A: it waits for nobody. */
void test_stop_caller(void)
{
	struct job jobs[3];
	int i;

	begin(&svc);
	for (i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = (struct job) { .fn = waiter, .nr = i };
		job_start(&jobs[i]);
	}
	CHECK(reaches(&waiting, ARRAY_SIZE(jobs)));
	test_note("running");
	for (i = 0; i < ARRAY_SIZE(jobs); i++)
		CHECK_EQ(job_end(&jobs[i]), -ESHUTDOWN);
	CHECK(reaches(&cancelled, ARRAY_SIZE(jobs)));
	kddm_svc_unregister(&svc);
}

/* The script stops B: those who have asked it hear of it. */
void test_stop_callee(void)
{
	struct job jobs[6];
	int i, rc;

	begin(&svc);
	for (i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = (struct job) { .fn = waiter, .nr = i };
		job_start(&jobs[i]);
	}
	CHECK(reaches(&waiting, svc.workers));
	test_note("running");
	for (i = 0; i < ARRAY_SIZE(jobs); i++) {
		rc = job_end(&jobs[i]);
		if (rc != -EHOSTDOWN)
			CHECK_EQ(rc, -ESHUTDOWN);
	}
	CHECK(reaches(&cancelled, svc.workers));
	kddm_svc_unregister(&svc);
}

static int wait_on_c(struct kddm_request *req)
{
	if (test_node(req) != C)
		return answer(req, 1);
	atomic_inc(&waiting);
	kddm_request_wait(req, LONG);
	return 0;
}

static struct kddm_svc on_c = {
	.name		= "test-dying",
	.handler	= wait_on_c,
};

/* The script cuts C off: the replies of the others are there all the same. */
void test_gather_dying(void)
{
	DECLARE_BITMAP(nodes, KDDM_NODE_IDS);
	unsigned long start = jiffies;
	struct kddm_reply reply;
	struct kddm_gather *g;
	int good = 0, down = 0;

	begin(&on_c);
	CHECK_EQ(kddm_nodes(test_net[A], nodes), NODES);
	g = kddm_call_many(test_net[A], nodes, &on_c, 0, NULL, LONG);
	CHECK(reaches(&waiting, 1));
	test_note("running");
	while (kddm_gather_next(g, &reply) > 0) {
		good += !reply.err;
		down += reply.err == -EHOSTDOWN &&
			reply.node == test_id(C);
		kddm_reply_free(&reply);
	}
	kddm_gather_end(g);
	CHECK_EQ(good, NODES - 1);
	CHECK_EQ(down, 1);
	CHECK(time_before(jiffies, start + LONG - HZ));
	kddm_svc_unregister(&on_c);
}

/* The gate */

static atomic_t too_early, early, on_time;

static int gate_handler(struct kddm_request *req)
{
	atomic_inc(kddm_self(kddm_request_net(req)) < 0 ? &too_early :
							  &on_time);
	return 0;
}

static int early_handler(struct kddm_request *req)
{
	if (kddm_self(kddm_request_net(req)) < 0)
		atomic_inc(&early);
	return 0;
}

static struct kddm_svc gated = {
	.name		= "test-gated",
	.handler	= gate_handler,
};

static struct kddm_svc ungated = {
	.name		= "test-ungated",
	.handler	= early_handler,
	.early		= true,
};

static bool enough;

static int gate_job(struct job *job)
{
	struct kddm_svc *svc = job->nr & 1 ? &ungated : &gated;
	int rc;

	/* -EBUSY: too many are held. */
	do {
		rc = kddm_call(test_net[A], test_id(C), svc, 0, NULL, NULL,
			       LONG);
		if (rc)
			schedule_timeout_uninterruptible(1);
	} while ((!rc || rc == -EHOSTDOWN || rc == -ESHUTDOWN ||
		  rc == -ECANCELED) && !READ_ONCE(enough));
	return rc;
}

/* Until C has been stopped and started so often. */
static bool restarts(unsigned int count)
{
	unsigned long end = jiffies + 6 * LONG;
	bool was = true, is;

	while (count && time_before(jiffies, end)) {
		schedule_timeout_uninterruptible(1);
		is = kddm_self(test_net[C]) >= 0;
		count -= is && !was;
		was = is;
	}
	return !count;
}

/* The script stops and starts C again and again. */
void test_gate(void)
{
	struct job jobs[4];
	int i;

	atomic_set(&too_early, 0);
	atomic_set(&early, 0);
	atomic_set(&on_time, 0);
	enough = false;
	begin(&gated);
	CHECK_EQ(kddm_svc_register(&ungated), 0);
	for (i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = (struct job) { .fn = gate_job, .nr = i };
		job_start(&jobs[i]);
	}
	test_note("running");
	CHECK(restarts(4));
	WRITE_ONCE(enough, true);
	for (i = 0; i < ARRAY_SIZE(jobs); i++)
		job_end(&jobs[i]);
	test_note("%d early, %d on time", atomic_read(&early),
		  atomic_read(&on_time));
	/* But those that it had begun when it was stopped. */
	CHECK(atomic_read(&too_early) * 20 < atomic_read(&early));
	CHECK(atomic_read(&early));
	CHECK(atomic_read(&on_time));
	kddm_svc_unregister(&ungated);
	kddm_svc_unregister(&gated);
}

/* Memory */

static int sized_handler(struct kddm_request *req)
{
	u32 len = argument(req);

	kddm_pack_room(kddm_reply_room(req, len), len);
	if (len % 3 == 1)
		return kddm_forward(req, test_id(C), 0);
	return 0;
}

static struct kddm_svc sized = {
	.name		= "test-sized",
	.handler	= sized_handler,
	.order		= KDDM_ORDER_PEER,
	.max_request	= KDDM_MESSAGE_MAX,
	.max_reply	= KDDM_MESSAGE_MAX,
};

static atomic_t whole, failed;

static u32 some_size(void)
{
	u32 most = get_random_u32_below(8) ? 500 : 150000;

	return 4 + 3 * get_random_u32_below(most);
}

static int faulty_call(void *buf)
{
	struct kddm_reply reply;
	struct kddm_pack req;
	u32 want = some_size();
	int rc;

	kddm_pack_init(&req, buf, 500000);
	kddm_pack_u32(&req, want - 1);
	kddm_pack_room(&req, some_size());
	rc = kddm_call(test_net[A], test_id(B), &sized, 0, &req, &reply, LONG);
	if (!rc && reply.data.len != want - 1)
		rc = -EBADMSG;
	kddm_reply_free(&reply);
	return rc;
}

static int faulty_job(struct job *job)
{
	void *buf = kvzalloc(500000, GFP_KERNEL | __GFP_NOFAIL);
	int rc = 0;

	while (!READ_ONCE(enough) && (!rc || rc == -ENOMEM)) {
		rc = faulty_call(buf);
		atomic_inc(rc ? &failed : &whole);
	}
	kvfree(buf);
	return rc == -ENOMEM ? 0 : rc;
}

/* The script has allocations fail in these tasks, and in workers. */
void test_faults(void)
{
	struct job jobs[4];
	int i;

	atomic_set(&whole, 0);
	atomic_set(&failed, 0);
	enough = false;
	begin(&sized);
	for (i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = (struct job) { .fn = faulty_job, .nr = i };
		job_start(&jobs[i]);
	}
	test_note("running");
	schedule_timeout_uninterruptible(15 * HZ);
	WRITE_ONCE(enough, true);
	for (i = 0; i < ARRAY_SIZE(jobs); i++)
		CHECK_EQ(job_end(&jobs[i]), 0);
	test_note("%d calls, %d without memory", atomic_read(&whole),
		  atomic_read(&failed));
	CHECK(atomic_read(&whole));
	CHECK(atomic_read(&failed));
	kddm_svc_unregister(&sized);
}
