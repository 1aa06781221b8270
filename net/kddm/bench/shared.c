// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bench: cases in which several nodes are busy with the same objects at the
 * same time.  They go by the clock; what all of them have done counts, and the
 * single times are those of this node.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include "bench.h"

static unsigned long share_end(void)
{
	return jiffies + msecs_to_jiffies(BENCH_SHARE_MS);
}

/* @ops: what this node has done, or its error. */
static int end(struct bench *b, u32 nr, s64 ops, ktime_t begin)
{
	s64 ret;
	u32 i;

	for (i = 0; i < nr; i++) {
		ret = bench_part_end(b, i);
		if (ops >= 0)
			ops = ret < 0 ? ret : ops + ret;
	}
	if (ops < 0)
		return ops;
	bench_times_count(&b->kddm,
			  ktime_to_ns(ktime_sub(ktime_get(), begin)), ops);
	return bench_stop(b);
}

int bench_shared_bounce(struct bench *b)
{
	struct bench_order o = {
		.todo = BENCH_DO_BOUNCE,
		.count = b->copies,
		.ms = BENCH_SHARE_MS,
	};
	ktime_t begin = ktime_get();
	s64 ops;
	u32 i;

	for (i = 0; i < b->copies - 1; i++) {
		o.first = i + 1;
		bench_part_start(b, i, b->peer[i], &o);
	}
	ops = bench_bounce(b->set, 0, b->copies, b->self, share_end(),
			   &b->kddm);
	return end(b, b->copies - 1, ops, begin);
}

/* The first peer owns the object; this node and others read. */
int bench_shared_readers(struct bench *b)
{
	struct bench_order o = { .todo = BENCH_DO_GRAB, .count = 1 };
	ktime_t begin;
	s64 ops;
	u32 i;

	ops = bench_order(b, b->peer[0], &o);
	if (ops < 0)
		return ops;
	o.todo = BENCH_DO_READ;
	o.ms = BENCH_SHARE_MS;
	begin = ktime_get();
	for (i = 0; i < b->copies - 1; i++)
		bench_part_start(b, i, b->peer[i + 1], &o);
	ops = bench_read(b->set, 0, share_end(), &b->kddm);
	return end(b, b->copies - 1, ops, begin);
}
