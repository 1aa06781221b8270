// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that are passed on.
 */
#include <linux/atomic.h>
#include <linux/crc32.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "rpc.h"

enum {
	ALONG = 100,	/* + n: n times to the next node, then answer */
	FOR_EVER = 200,
	NOWHERE,	/* to a node that is not there */
	TO_C_SLEEP,	/* by B to C, which waits */
	TO_B_FAIL,	/* by C to B, which fails */
	BACK,		/* to the first caller */
};

static atomic_t waiting, cancelled, served;

static int pass(struct kddm_request *req, int to)
{
	return kddm_forward(req, test_id(to), kddm_request_key(req) + 1);
}

static int handler(struct kddm_request *req)
{
	int me = test_node(req);
	u32 what = argument(req);

	if (what >= ALONG && what < FOR_EVER) {
		if (kddm_request_key(req) < what - ALONG)
			return pass(req, (me + 1) % NODES);
		atomic_inc(&served);
		return answer(req, me * 1000 + kddm_request_src(req));
	}
	switch (what) {
	case FOR_EVER:
		return pass(req, (me + 1) % NODES);
	case NOWHERE:
		return kddm_forward(req, 999, 0);
	case TO_C_SLEEP:
		if (me != C)
			return pass(req, me + 1);
		atomic_inc(&waiting);
		if (kddm_request_wait(req, LONG))
			atomic_inc(&cancelled);
		return -ECANCELED;
	case TO_B_FAIL:
		return me == B ? -EXDEV : pass(req, B);
	case BACK:
		return me == A ? answer(req, 17) : pass(req, A);
	}
	return -EINVAL;
}

static struct kddm_svc svc = {
	.name		= "test-forward",
	.handler	= handler,
};

static int sum_handler(struct kddm_request *req)
{
	struct kddm_unpack *args = kddm_request_args(req);

	if (test_node(req) != C)
		return pass(req, C);
	return answer(req, crc32_le(~0, args->buf, args->len));
}

static struct kddm_svc sum = {
	.name		= "test-fwd-large",
	.handler	= sum_handler,
	.max_request	= KDDM_MESSAGE_MAX,
};

static void large(void)
{
	u8 *buf = kvzalloc(1000000, GFP_KERNEL);
	struct kddm_reply reply;
	struct kddm_pack req;

	if (!buf || !CHECK_EQ(kddm_svc_register(&sum), 0))
		goto free;
	get_random_bytes(buf, 100000);
	kddm_pack_init(&req, buf, 1000000);
	kddm_pack_room(&req, 1000000);
	CHECK_EQ(kddm_call(test_net[A], test_id(B), &sum, 0, &req, &reply,
			   LONG), 0);
	CHECK_EQ(kddm_unpack_u32(&reply.data), crc32_le(~0, buf, 1000000));
	kddm_reply_free(&reply);
	kddm_svc_unregister(&sum);
free:
	kvfree(buf);
}

static int caller(struct job *job)
{
	int i, rc = 0;

	for (i = 0; i < 15 && !rc; i++)
		rc = ask(A, B, &svc, 0, ALONG + i % 6, LONG) !=
		     (B + i % 6) % NODES * 1000 + test_id(A);
	return rc;
}

void test_forward(void)
{
	struct kddm_pack req;
	struct job jobs[4];
	unsigned long end;
	int i, n;
	u8 buf[4];

	if (!CHECK_EQ(kddm_svc_register(&svc), 0))
		return;
	for (n = 0; n < 8; n++)
		CHECK_EQ(ask(A, B, &svc, 0, ALONG + n, LONG),
			 (B + n) % NODES * 1000 + test_id(A));
	CHECK_EQ(ask(A, A, &svc, 0, ALONG + 2, LONG),
		 C * 1000 + test_id(A));
	CHECK_EQ(ask(A, B, &svc, 0, BACK, LONG), 17);
	for (i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = (struct job) { .fn = caller, .nr = i };
		job_start(&jobs[i]);
	}
	for (i = 0; i < ARRAY_SIZE(jobs); i++)
		CHECK_EQ(job_end(&jobs[i]), 0);
	/* A cast is passed on, too. */
	atomic_set(&served, 0);
	kddm_pack_init(&req, buf, sizeof(buf));
	kddm_pack_u32(&req, ALONG + 4);
	CHECK_EQ(kddm_cast(test_net[A], test_id(B), &svc, 0, &req), 0);
	end = jiffies + LONG;
	while (!atomic_read(&served) && time_before(jiffies, end))
		schedule_timeout_uninterruptible(1);
	CHECK_EQ(atomic_read(&served), 1);
	kddm_svc_unregister(&svc);
	large();
}

void test_forward_ends(void)
{
	unsigned long start = jiffies;

	if (!CHECK_EQ(kddm_svc_register(&svc), 0))
		return;
	CHECK_EQ(ask(A, B, &svc, 0, FOR_EVER, LONG), -ELOOP);
	CHECK_EQ(ask(A, A, &svc, 0, FOR_EVER, LONG), -ELOOP);
	CHECK_EQ(ask(A, B, &svc, 0, NOWHERE, LONG), -EHOSTDOWN);
	CHECK_EQ(ask(A, C, &svc, 0, TO_B_FAIL, LONG), -EXDEV);
	kddm_svc_unregister(&svc);
	CHECK(time_before(jiffies, start + SOON));
}

static bool reaches(atomic_t *count, atomic_t *other, int value)
{
	unsigned long end = jiffies + SOON;

	do {
		if (other)
			value = atomic_read(other);
		if (atomic_read(count) == value)
			return true;
		schedule_timeout_uninterruptible(1);
	} while (time_before(jiffies, end));
	return false;
}

static int hold_job(struct job *job)
{
	return ask(A, job->nr, &svc, 0, TO_C_SLEEP, LONG);
}

void test_forward_cancel(void)
{
	struct job job = { .fn = hold_job };
	int i;

	if (!CHECK_EQ(kddm_svc_register(&svc), 0))
		return;
	atomic_set(&waiting, 0);
	atomic_set(&cancelled, 0);
	/* Forwarded once, or twice. */
	for (i = 0; i < 2; i++) {
		job.nr = i ? A : B;
		job_start(&job);
		CHECK(reaches(&waiting, NULL, i + 1));
		job_kill(&job);
		CHECK_EQ(job_end(&job), -EINTR);
		CHECK(reaches(&cancelled, NULL, i + 1));
	}
	/* Wherever it is just then. */
	for (i = 0; i < 20; i++)
		CHECK_EQ(ask(A, A, &svc, 0, TO_C_SLEEP, 1), -ETIMEDOUT);
	CHECK(reaches(&cancelled, &waiting, 0));
	kddm_svc_unregister(&svc);
}

/* The script cuts C off as soon as it waits. */
void test_forward_dying(void)
{
	struct job job = { .fn = hold_job, .nr = B };
	unsigned long start = jiffies;

	if (!CHECK_EQ(kddm_svc_register(&svc), 0))
		return;
	atomic_set(&waiting, 0);
	job_start(&job);
	CHECK(reaches(&waiting, NULL, 1));
	test_note("running");
	CHECK_EQ(job_end(&job), -EHOSTDOWN);
	CHECK(time_before(jiffies, start + LONG - HZ));
	kddm_svc_unregister(&svc);
}
