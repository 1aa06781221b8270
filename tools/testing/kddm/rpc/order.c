// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who runs when: workers, order, bounds.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include "rpc.h"

#define WORKERS		3
#define JOBS		12
#define CASTS		25
#define KEYS		4

/* Workers */

static atomic_t inside, most;

static void enter(void)
{
	int now = atomic_inc_return(&inside), old = atomic_read(&most);

	while (now > old && !atomic_try_cmpxchg(&most, &old, now))
		;
}

static int busy_handler(struct kddm_request *req)
{
	unsigned long end = jiffies + SOON;

	enter();
	/* Until all that may be are inside, and a little longer. */
	while (atomic_read(&most) < WORKERS && time_before(jiffies, end))
		schedule_timeout_uninterruptible(1);
	schedule_timeout_uninterruptible(HZ / 20);
	atomic_dec(&inside);
	return answer(req, argument(req));
}

static struct kddm_svc busy = {
	.name		= "test-workers",
	.handler	= busy_handler,
	.workers	= WORKERS,
};

static int busy_job(struct job *job)
{
	return ask(job->nr & 1 ? A : C, B, &busy, 0, job->nr, LONG);
}

void test_workers(void)
{
	struct job *jobs = kzalloc_objs(*jobs, JOBS);
	int i;

	if (!jobs || !CHECK_EQ(kddm_svc_register(&busy), 0))
		goto free;
	atomic_set(&inside, 0);
	atomic_set(&most, 0);
	for (i = 0; i < JOBS; i++) {
		jobs[i].fn = busy_job;
		jobs[i].nr = i;
		job_start(&jobs[i]);
	}
	for (i = 0; i < JOBS; i++)
		CHECK_EQ(job_end(&jobs[i]), i);
	CHECK_EQ(atomic_read(&most), WORKERS);
	kddm_svc_unregister(&busy);
free:
	kfree(jobs);
}

/* Order */

static struct {
	spinlock_t	lock;		/* the rest */
	u32		last[NODES][KEYS];
	bool		busy[NODES][KEYS];
	u32		wrong, served;
} seen;

static int order_handler(struct kddm_request *req)
{
	bool by_key = kddm_request_key(req) < KEYS;
	u32 key = by_key ? kddm_request_key(req) : 0;
	u32 nr = argument(req);
	int src = 0;

	while (src < NODES - 1 && test_id(src) != kddm_request_src(req))
		src++;
	enter();
	spin_lock(&seen.lock);
	seen.wrong += seen.busy[src][key] || nr != seen.last[src][key] + 1;
	seen.last[src][key] = nr;
	seen.busy[src][key] = true;
	spin_unlock(&seen.lock);
	schedule_timeout_uninterruptible(get_random_u32_below(3));
	spin_lock(&seen.lock);
	seen.busy[src][key] = false;
	seen.served++;
	spin_unlock(&seen.lock);
	atomic_dec(&inside);
	return 0;
}

static struct kddm_svc by_peer = {
	.name		= "test-by-peer",
	.handler	= order_handler,
	.workers	= 8,
	.order		= KDDM_ORDER_PEER,
};

static struct kddm_svc by_key = {
	.name		= "test-by-key",
	.handler	= order_handler,
	.workers	= 8,
	.order		= KDDM_ORDER_KEY,
};

static void send(int from, struct kddm_svc *svc, u32 key, u32 nr)
{
	struct kddm_pack req;
	u8 buf[4];

	kddm_pack_init(&req, buf, sizeof(buf));
	kddm_pack_u32(&req, nr);
	CHECK_EQ(kddm_cast(test_net[from], test_id(C), svc, key, &req), 0);
}

static void order(struct kddm_svc *svc, int keys)
{
	unsigned long end = jiffies + LONG;
	int i, k;

	memset(&seen, 0, sizeof(seen));
	spin_lock_init(&seen.lock);
	atomic_set(&inside, 0);
	atomic_set(&most, 0);
	if (!CHECK_EQ(kddm_svc_register(svc), 0))
		return;
	for (i = 1; i <= CASTS; i++) {
		for (k = 0; k < keys; k++) {
			/* Without an order by key the key says nothing. */
			send(A, svc, keys > 1 ? k : KEYS + i, i);
			send(C, svc, keys > 1 ? k : KEYS + i, i);
		}
	}
	while (READ_ONCE(seen.served) < 2 * keys * CASTS &&
	       time_before(jiffies, end))
		schedule_timeout_uninterruptible(1);
	CHECK_EQ(seen.served, 2 * keys * CASTS);
	CHECK_EQ(seen.wrong, 0);
	/* But those that need not wait do not. */
	CHECK(atomic_read(&most) > 1);
	CHECK(atomic_read(&most) <= 2 * keys);
	kddm_svc_unregister(svc);
}

void test_peer_order(void)
{
	order(&by_peer, 1);
}

void test_key_order(void)
{
	order(&by_key, KEYS);
}

/* Bounds */

static int stuck_handler(struct kddm_request *req)
{
	kddm_request_wait(req, LONG);
	return 0;
}

static struct kddm_svc stuck = {
	.name		= "test-bound",
	.handler	= stuck_handler,
	.workers	= 1,
	.max_request	= KDDM_MESSAGE_MAX,
};

static int idle_handler(struct kddm_request *req)
{
	return answer(req, argument(req));
}

static struct kddm_svc other = {
	.name		= "test-other",
	.handler	= idle_handler,
};

void test_bound(void)
{
	struct kddm_pack req;
	unsigned long start;
	void *buf;
	int i;

	buf = kvzalloc(KDDM_MESSAGE_MAX, GFP_KERNEL);
	if (!buf || !CHECK_EQ(kddm_svc_register(&stuck), 0) ||
	    !CHECK_EQ(kddm_svc_register(&other), 0))
		goto free;
	for (i = 0; i < KDDM_SVC_PENDING; i++)
		CHECK_EQ(kddm_cast(test_net[A], test_id(B), &stuck, 0, NULL),
			 0);
	CHECK_EQ(ask(A, B, &stuck, 0, 0, LONG), -EBUSY);
	/* That is A's matter alone, and that service's. */
	CHECK_EQ(ask(C, B, &stuck, 0, 0, HZ / 10), -ETIMEDOUT);
	CHECK_EQ(ask(A, B, &other, 0, 9, LONG), 9);
	/* Bytes are bounded, too. */
	kddm_pack_init(&req, buf, KDDM_MESSAGE_MAX);
	kddm_pack_room(&req, KDDM_MESSAGE_MAX);
	for (i = 0; i < KDDM_SVC_BYTES / KDDM_MESSAGE_MAX; i++)
		CHECK_EQ(kddm_cast(test_net[C], test_id(B), &stuck, 0, &req),
			 0);
	CHECK_EQ(ask(C, B, &stuck, 0, 0, LONG), -EBUSY);
	kddm_svc_unregister(&other);
	start = jiffies;
	kddm_svc_unregister(&stuck);
	CHECK(time_before(jiffies, start + SOON));
free:
	kvfree(buf);
}
