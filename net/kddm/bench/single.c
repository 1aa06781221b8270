// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bench: cases in which this node does one operation after the other.
 *
 * Before each round, other nodes bring the objects into the state that the case
 * wants.  Only the operation itself is timed, not the put that follows, unless
 * that is the operation.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include "bench.h"

#define AHEAD	SZ_4M	/* bytes of prefetches ahead of who reads */

static u64 since(ktime_t start)
{
	return ktime_to_ns(ktime_sub(ktime_get(), start));
}

/* What the objects of this round contain, beside their id. */
static u32 stamp(const struct bench *b)
{
	return b->round * 7919;
}

static int peer_do(struct bench *b, u32 i, enum bench_do todo, u32 with)
{
	struct bench_order o = {
		.todo = todo,
		.first = bench_first(b),
		.count = b->count,
		.stamp = with,
	};
	s64 ret = bench_order(b, b->peer[i], &o);

	return ret < 0 ? ret : ret == b->count ? 0 : -EPROTO;
}

/* One operation of this node, timed; @value: what a get is to find. */

static int do_get(struct bench *b, u64 id, u32 value)
{
	ktime_t start = ktime_get();
	struct kddm_obj *obj = kddm_get(b->set, id, 0);

	bench_times_add(&b->kddm, since(start));
	return IS_ERR(obj) ? PTR_ERR(obj) : bench_check(obj, value);
}

static int do_grab(struct bench *b, u64 id, u32 value)
{
	ktime_t start = ktime_get();
	struct kddm_obj *obj = kddm_grab(b->set, id, 0);

	bench_times_add(&b->kddm, since(start));
	return IS_ERR(obj) ? PTR_ERR(obj) : bench_check(obj, value);
}

static int do_remove(struct bench *b, u64 id, u32 value)
{
	ktime_t start = ktime_get();
	int err = kddm_remove(b->set, id);

	bench_times_add(&b->kddm, since(start));
	return err;
}

/* The put is what takes long: it returns when the others have the contents. */
static int do_write(struct bench *b, u64 id, u32 value)
{
	ktime_t start = ktime_get();
	int err = bench_write(b->set, id, value);

	bench_times_add(&b->kddm, since(start));
	return err;
}

/* @step: how the value goes up from one object to the next */
static int all_objects(struct bench *b,
		       int (*one)(struct bench *b, u64 id, u32 value),
		       u32 value, u32 step)
{
	u32 first = bench_first(b);
	int err = 0;
	u32 i;

	for (i = first; !err && i < first + b->count; i++) {
		err = one(b, i, value + i * step);
		err = err ?: bench_stop(b);
		cond_resched();
	}
	return err;
}

static int new_objects(struct bench *b,
		       int (*one)(struct bench *b, u64 id, u32 value))
{
	return all_objects(b, one, 0, 0);
}

static int old_objects(struct bench *b,
		       int (*one)(struct bench *b, u64 id, u32 value))
{
	return all_objects(b, one, stamp(b), 1);
}

/* This node has the only copies. */
static int own_all(struct bench *b)
{
	u32 first = bench_first(b);
	int err = 0;
	u32 i;

	for (i = first; !err && i < first + b->count; i++) {
		err = bench_write(b->set, i, stamp(b) + i);
		err = err ?: bench_stop(b);
	}
	return err;
}

/* The first peer owns the objects, others have copies: so many in all. */
static int spread(struct bench *b, u32 copies)
{
	int err;
	u32 i;

	err = peer_do(b, 0, BENCH_DO_GRAB, stamp(b));
	for (i = 1; !err && i < copies; i++)
		err = peer_do(b, i, BENCH_DO_GET, stamp(b));
	return err;
}

int bench_get_first(struct bench *b)
{
	return new_objects(b, do_get);
}

int bench_get_owner(struct bench *b)
{
	return spread(b, 1) ?: old_objects(b, do_get);
}

/*
 * The second peer grabs from the first, which it knows as the owner since it
 * got a copy there.  So this node, if it is home, and the first peer, if that
 * is, go on to take the first peer for the owner.
 */
int bench_get_forward(struct bench *b)
{
	int err;

	err = spread(b, 2);
	if (!err)
		err = peer_do(b, 1, BENCH_DO_GRAB, stamp(b));
	return err ?: old_objects(b, do_get);
}

int bench_grab_first(struct bench *b)
{
	return new_objects(b, do_grab);
}

int bench_grab_local(struct bench *b)
{
	return own_all(b) ?: old_objects(b, do_grab);
}

int bench_grab_remote(struct bench *b)
{
	return spread(b, b->copies) ?: old_objects(b, do_grab);
}

int bench_grab_both(struct bench *b)
{
	struct kddm_obj *obj;
	int err;
	u32 i;

	err = spread(b, b->copies);
	for (i = 0; !err && i < b->count; i++) {
		obj = kddm_get(b->set, i, 0);
		if (IS_ERR(obj))
			return PTR_ERR(obj);
		err = bench_check(obj, stamp(b) + i);
	}
	return err ?: old_objects(b, do_grab);
}

int bench_replicas(struct bench *b)
{
	return own_all(b) ?: old_objects(b, do_write);
}

int bench_remove_local(struct bench *b)
{
	return own_all(b) ?: old_objects(b, do_remove);
}

int bench_remove_remote(struct bench *b)
{
	return spread(b, b->copies) ?: old_objects(b, do_remove);
}

int bench_rpc(struct bench *b)
{
	ktime_t start;
	int err = 0;
	u32 i;

	for (i = 0; !err && i < b->count; i++) {
		start = ktime_get();
		err = bench_echo_call(b, b->peer[0], b->raw.buf, b->size);
		bench_times_add(&b->kddm, since(start));
		err = err ?: bench_stop(b);
		cond_resched();
	}
	return err;
}

/* Objects that are asked for at a time, and ahead of that. */
static u32 chunk(const struct bench *b)
{
	return clamp(AHEAD / 2 / b->size, 8, 128);
}

/* Hints that more is wanted; that enough is under way is no error. */
static int ahead(struct bench *b, u32 first)
{
	u32 last = min(first + chunk(b), b->count);
	int err = 0;

	if (first < last)
		err = kddm_prefetch_range(b->set, first, last - first, false);
	return err == -EAGAIN ? 0 : err;
}

int bench_stream(struct bench *b)
{
	struct kddm_obj *obj;
	ktime_t begin, start;
	int err;
	u32 i;

	err = spread(b, 1);
	begin = ktime_get();
	start = begin;
	if (!err)
		err = ahead(b, 0);
	for (i = 0; !err && i < b->count; i++) {
		if (i % chunk(b) == 0)
			err = ahead(b, i + chunk(b));
		if (err)
			break;
		obj = kddm_get(b->set, i, 0);
		if (IS_ERR(obj))
			return PTR_ERR(obj);
		err = bench_check(obj, stamp(b) + i) ?: bench_stop(b);
		bench_times_note(&b->kddm, since(start), 1);
		start = ktime_get();
		cond_resched();
	}
	bench_times_count(&b->kddm, since(begin), i);
	return err;
}

/* Write all, have the first peer read all: a single time for each object. */
int bench_produce(struct bench *b)
{
	ktime_t start = ktime_get();
	int err;
	u64 ns;

	err = own_all(b);
	if (!err)
		err = peer_do(b, 0, BENCH_DO_GET, stamp(b));
	ns = since(start);
	bench_times_note(&b->kddm, ns, b->count);
	bench_times_count(&b->kddm, ns, b->count);
	return err;
}
