// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bench: hits, from some CPUs at the same time.
 *
 * Each CPU has a thread of its own, and an object of its own.  The reference is
 * what a kernel without KDDM would do at least: a look-up in an xarray, and a
 * read lock that may sleep.  BENCH_BATCH operations are timed together, since
 * one of them takes no longer than to read the clock.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include "bench.h"

#define OBJECTS	256	/* in both tables */
#define APART	(OBJECTS / KDDM_BENCH_CPUS_MAX)

/* What the reference looks up; a cache line of its own, as objects have. */
struct bare {
	struct rw_semaphore	sem;
	u32			value;
} ____cacheline_aligned_in_smp;

enum todo { BARE, GET, GRAB };

/**
 * struct local - what the threads share
 * @b: the case
 * @table: struct bare by number
 * @todo: what they do
 * @ready: threads that have come to the start
 * @halt: no more is wanted
 */
struct local {
	struct bench	*b;
	struct xarray	table;
	enum todo	todo;
	atomic_t	ready;
	bool		halt;
};

/**
 * struct runner - a thread
 * @l: what they share
 * @task: the thread, with a reference
 * @cpu: its place among them
 * @ns: time of each batch
 * @nr: batches that were timed
 * @err: 0, or how it failed
 * @done: it has come to its end
 */
struct runner {
	struct local		*l;
	struct task_struct	*task;
	u32			cpu;
	u64			*ns;
	u32			nr;
	int			err;
	struct completion	done;
};

static int bare_batch(struct local *l, u32 id)
{
	struct bare *bare;
	int i;

	for (i = 0; i < BENCH_BATCH; i++) {
		rcu_read_lock();
		bare = xa_load(&l->table, id);
		rcu_read_unlock();
		if (!bare)
			return -ENOENT;
		down_read(&bare->sem);
		OPTIMIZER_HIDE_VAR(bare);
		up_read(&bare->sem);
	}
	return 0;
}

static int get_batch(struct local *l, u32 id)
{
	struct kddm_obj *obj;
	int i;

	for (i = 0; i < BENCH_BATCH; i++) {
		obj = kddm_get(l->b->set, id, 0);
		if (IS_ERR(obj))
			return PTR_ERR(obj);
		kddm_put(obj);
	}
	return 0;
}

static int grab_batch(struct local *l, u32 id)
{
	struct kddm_obj *obj;
	int i;

	for (i = 0; i < BENCH_BATCH; i++) {
		obj = kddm_grab(l->b->set, id, 0);
		if (IS_ERR(obj))
			return PTR_ERR(obj);
		kddm_put(obj);
	}
	return 0;
}

static int batch(struct local *l, u32 id)
{
	switch (l->todo) {
	case BARE:
		return bare_batch(l, id);
	case GET:
		return get_batch(l, id);
	default:
		return grab_batch(l, id);
	}
}

/* All begin when the last has come. */
static void start_together(struct local *l)
{
	atomic_inc(&l->ready);
	while (atomic_read(&l->ready) < l->b->cpus && !READ_ONCE(l->halt))
		cond_resched();
}

static int run(void *data)
{
	struct runner *r = data;
	struct local *l = r->l;
	u32 id = r->cpu * APART;
	ktime_t start;

	start_together(l);
	while (!r->err && r->nr < l->b->count && !READ_ONCE(l->halt)) {
		start = ktime_get();
		r->err = batch(l, id);
		r->ns[r->nr++] = ktime_to_ns(ktime_sub(ktime_get(), start));
		cond_resched();
	}
	complete(&r->done);
	return 0;
}

static int runner_start(struct runner *r, struct local *l, u32 i, u32 cpu)
{
	struct task_struct *task;

	r->l = l;
	r->cpu = i;
	init_completion(&r->done);
	r->ns = kvcalloc(l->b->count, sizeof(*r->ns), GFP_KERNEL);
	if (!r->ns)
		return -ENOMEM;
	task = kthread_create(run, r, "kddm_bench/%u", cpu);
	if (IS_ERR(task))
		return PTR_ERR(task);
	kthread_bind(task, cpu);
	r->task = get_task_struct(task);
	wake_up_process(task);
	return 0;
}

static void runner_end(struct runner *r)
{
	if (r->task) {
		wait_for_completion(&r->done);
		kthread_stop(r->task);
		put_task_struct(r->task);
	}
	kvfree(r->ns);
}

static int start_all(struct local *l, struct runner *runner)
{
	u32 i = 0, cpu;
	int err = 0;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		if (i == l->b->cpus)
			break;
		err = runner_start(&runner[i], l, i, cpu);
		if (err)
			break;
		i++;
	}
	cpus_read_unlock();
	return i == l->b->cpus ? 0 : err ?: -EINVAL;
}

/* Into @t: each batch, and all of them as fast as the slowest CPU was. */
static int take_times(struct local *l, struct runner *runner,
		      struct bench_times *t)
{
	u64 ns, longest = 0, ops = 0;
	u32 i, j;

	for (i = 0; i < l->b->cpus; i++) {
		if (runner[i].err)
			return runner[i].err;
		for (ns = 0, j = 0; j < runner[i].nr; j++) {
			bench_times_note(t, runner[i].ns[j], BENCH_BATCH);
			ns += runner[i].ns[j];
		}
		longest = max(longest, ns);
		ops += (u64)runner[i].nr * BENCH_BATCH;
	}
	bench_times_count(t, longest, ops);
	return 0;
}

static int phase(struct bench *b, enum todo what, struct bench_times *t)
{
	struct runner *runner;
	struct local *l = b->local;
	int err;
	u32 i;

	runner = kcalloc(b->cpus, sizeof(*runner), GFP_KERNEL);
	if (!runner)
		return -ENOMEM;
	l->todo = what;
	atomic_set(&l->ready, 0);
	WRITE_ONCE(l->halt, false);
	err = start_all(l, runner);
	for (i = 0; !err && i < b->cpus; i++)
		if (wait_for_completion_killable(&runner[i].done))
			err = -EINTR;
		else	/* for runner_end() */
			complete(&runner[i].done);
	if (err)
		WRITE_ONCE(l->halt, true);
	else
		err = take_times(l, runner, t);
	for (i = 0; i < b->cpus; i++)
		runner_end(&runner[i]);
	kfree(runner);
	return err ?: bench_stop(b);
}

int bench_local_bare(struct bench *b)
{
	return phase(b, BARE, &b->ref);
}

int bench_hit_get(struct bench *b)
{
	return phase(b, GET, &b->kddm);
}

int bench_hit_grab(struct bench *b)
{
	return phase(b, GRAB, &b->kddm);
}

void bench_local_close(struct bench *b)
{
	struct local *l = b->local;
	struct bare *bare;
	unsigned long id;

	xa_for_each(&l->table, id, bare)
		kfree(bare);
	xa_destroy(&l->table);
	kfree(l);
	b->local = NULL;
}

/* Both tables have the same ids, and this node owns all objects. */
int bench_local_open(struct bench *b)
{
	struct local *l = kzalloc_obj(*l);
	struct bare *bare;
	int err = 0;
	u32 i;

	if (!l)
		return -ENOMEM;
	l->b = b;
	xa_init(&l->table);
	b->local = l;
	for (i = 0; !err && i < OBJECTS; i++) {
		bare = kzalloc_obj(*bare);
		if (!bare) {
			err = -ENOMEM;
			break;
		}
		init_rwsem(&bare->sem);
		err = xa_err(xa_store(&l->table, i, bare, GFP_KERNEL));
		if (err)
			kfree(bare);
		else
			err = bench_write(b->set, i, i);
	}
	if (err)
		bench_local_close(b);
	return err;
}
