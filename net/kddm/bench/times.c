// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bench: from single times to mean, percentiles and rate.
 */
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sort.h>
#include "bench.h"

#define PS_PER_NS	1000

int bench_times_init(struct bench_times *t, u32 max)
{
	memset(t, 0, sizeof(*t));
	t->ps = kvmalloc_array(max, sizeof(*t->ps), GFP_KERNEL);
	if (!t->ps)
		return -ENOMEM;
	t->max = max;
	return 0;
}

void bench_times_free(struct bench_times *t)
{
	kvfree(t->ps);
	t->ps = NULL;
}

void bench_times_reset(struct bench_times *t)
{
	t->nr = 0;
	t->ops = 0;
	t->ns = 0;
}

void bench_times_note(struct bench_times *t, u64 ns, u32 ops)
{
	if (t->nr < t->max)
		t->ps[t->nr++] = div_u64(ns * PS_PER_NS, ops);
}

void bench_times_count(struct bench_times *t, u64 ns, u64 ops)
{
	t->ns += ns;
	t->ops += ops;
}

void bench_times_add(struct bench_times *t, u64 ns)
{
	bench_times_note(t, ns, 1);
	bench_times_count(t, ns, 1);
}

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

void bench_times_figures(struct bench_times *t, struct bench_figures *f)
{
	u64 sum = 0;
	u32 i;

	memset(f, 0, sizeof(*f));
	f->ops = t->ops;
	f->rate = div64_u64(t->ops * NSEC_PER_SEC, max(t->ns, 1ULL));
	if (!t->nr)
		return;
	sort_nonatomic(t->ps, t->nr, sizeof(*t->ps), compare, NULL);
	for (i = 0; i < t->nr; i++)
		sum += t->ps[i];
	f->mean = div_u64(sum, t->nr);
	f->p50 = t->ps[t->nr / 2];
	f->p99 = t->ps[(u64)t->nr * 99 / 100];
	f->max = t->ps[t->nr - 1];
}
