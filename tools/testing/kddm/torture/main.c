// SPDX-License-Identifier: GPL-2.0-only
/*
 * Torture test of KDDM, in the manner of locktorture and rcutorture.
 *
 * Threads on every node that this kernel hosts (one node per network namespace)
 * do with a few objects whatever a client may do (operations.c), at random, and
 * check what they find (oracle.c).
 *
 * With busted=1 some writers only get the object that they write.  Such a test
 * must fail: it shows that the checks can.
 *
 * With faults=1 somebody makes allocations fail meanwhile: calls may then end
 * with -ENOMEM, where kddm.h says so.
 *
 * The linker "torture" is as "memory", but is told what is to be stored, which
 * has to be what the object holds.
 */
#define pr_fmt(fmt) "kddm_torture: " fmt

#include <linux/iopoll.h>
#include <linux/kddm.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/net_namespace.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <net/net_namespace.h>
#include "../nodes.h"
#include "torture.h"

struct torture torture = { .nobjects = 8, .size = 256 };

static int seconds = 60;
module_param(seconds, int, 0444);
MODULE_PARM_DESC(seconds, "how long the threads run");

module_param_named(nobjects, torture.nobjects, int, 0444);
MODULE_PARM_DESC(nobjects, "number of objects, 1 to 1024");

static int nthreads = 2;
module_param(nthreads, int, 0444);
MODULE_PARM_DESC(nthreads, "threads on each node, 1 to 16");

module_param_named(size, torture.size, int, 0444);
MODULE_PARM_DESC(size, "bytes of an object, 64 to 65536");

static ushort hold;
module_param(hold, ushort, 0444);
MODULE_PARM_DESC(hold, "minimum hold time in milliseconds");

static u8 replicas;
module_param(replicas, byte, 0444);
MODULE_PARM_DESC(replicas, "nodes that hold what was put, 0 to 8");

static ushort home = KDDM_ANY_NODE;
module_param(home, ushort, 0444);
MODULE_PARM_DESC(home, "id of the node that is home to all objects");

module_param_named(exclusive, torture.exclusive, bool, 0444);
MODULE_PARM_DESC(exclusive, "one holder in the cluster, also for reading");

static bool touch_home;
module_param(touch_home, bool, 0444);
MODULE_PARM_DESC(touch_home, "first contents are made on the home node");

static unsigned long seed;
module_param(seed, ulong, 0444);
MODULE_PARM_DESC(seed, "of the random choices; 0: choose one and print it");

static char *linker = "memory";
module_param(linker, charp, 0444);
MODULE_PARM_DESC(linker, "of the set: memory, torture, page (size=4096), file (touch_home=1)");

module_param_named(faults, torture.faults, bool, 0444);
MODULE_PARM_DESC(faults, "allocations are made to fail, which calls may tell");

module_param_named(busted, torture.busted, bool, 0444);
MODULE_PARM_DESC(busted, "write without the right to; the test must fail");

static int result = -1;
module_param(result, int, 0444);
MODULE_PARM_DESC(result, "-1: running, otherwise the number of errors");

#define ENOUGH		5000	/* operations for each kind to have come */
#define SET_NAME	"kddm-torture"

static const char * const count_names[NR_COUNTS] = {
	"gets", "grabs", "removes", "found nothing", "busy", "would wait",
	"found", "created", "new, to be filled", "upgrades",
	"of these atomic", "downgrades", "prefetches", "of ranges", "flushes",
	"flushes to a node", "flushes of all", "walked", "pushes", "syncs",
	"removes by id", "values", "killed", "interrupted",
	"stored", "timeouts",
	"takes without memory", "upgrades without memory",
	"prefetches without memory", "flushes without memory",
	"calls without memory"
};

static struct net *nets[MAX_NODES];
static struct kddm_set *sets[MAX_NODES];
static struct task_struct *controller;

/* The linker */

/* Who stores is no thread of the test. */
static struct thread store = { .node = -1 };
static atomic_t instances;
static atomic_long_t stored;

static int torture_instantiate(struct kddm_set *set)
{
	atomic_inc(&instances);
	return 0;
}

static void torture_uninstantiate(struct kddm_set *set)
{
	atomic_dec(&instances);
}

static int torture_sync(struct kddm_set *set, u64 id, const void *buf, u32 len)
{
	if (len != torture.size || id >= torture.nobjects)
		torture_error(&store, id, "%u bytes are to be stored", len);
	else
		oracle_stores(&store, id, buf);
	atomic_long_inc(&stored);
	return 0;
}

/* No owner: the set, which goes with the module, must not keep it. */
static const struct kddm_linker torture_linker = {
	.name		= "torture",
	.instantiate	= torture_instantiate,
	.uninstantiate	= torture_uninstantiate,
	.sync		= torture_sync,
};

/* Life */

static int torture_thread(void *data)
{
	struct thread *t = data;

	signals_allow();
	while (!kthread_should_stop()) {
		torture_operation(t);
		torture_dawdle(t);
		cond_resched();
	}
	return 0;
}

/*
 * Whether a test of so many operations in which it never came was none.  The
 * rarest one is less than three of a thousand.
 */
static bool must_come(enum count k, u64 operations)
{
	/* Whoever makes allocations fail knows how many did. */
	return k < (torture.stores ? TIMEOUTS : STORED) && !torture.busted &&
	       operations >= ENOUGH;
}

static void report(void)
{
	u64 sum[NR_COUNTS] = { };
	int i, k;

	for (i = 0; i < torture.nthreads; i++)
		for (k = 0; k < NR_COUNTS; k++)
			sum[k] += torture.threads[i].count[k];
	sum[STORED] = atomic_long_read(&stored);
	for (k = 0; k < NR_COUNTS; k++) {
		if (k < NOMEM_TAKES || torture.faults)
			pr_info("%s: %llu\n", count_names[k], sum[k]);
		if (sum[k] || !must_come(k, sum[GETS] + sum[GRABS]))
			continue;
		pr_err("none of: %s\n", count_names[k]);
		atomic_inc(&torture.errors);
	}
	pr_info("End of test: %s: %d errors, %d nodes, %d threads each, %d objects of %d bytes, seed %lu%s\n",
		atomic_read(&torture.errors) ? "FAILURE" : "SUCCESS",
		atomic_read(&torture.errors), torture.nnodes, nthreads,
		torture.nobjects, torture.size, seed,
		torture.busted ? ", busted" : "");
}

static void stop_threads(void)
{
	int i;

	signals_stop();
	for (i = 0; i < torture.nthreads; i++) {
		struct thread *t = &torture.threads[i];

		if (!IS_ERR_OR_NULL(t->task))
			kthread_stop(t->task);
		t->task = NULL;
	}
}

static int control(void *unused)
{
	unsigned long end = jiffies + seconds * HZ;

	while (!kthread_should_stop() && time_before(jiffies, end))
		schedule_timeout_interruptible(HZ / 10);
	stop_threads();
	report();
	WRITE_ONCE(result, atomic_read(&torture.errors));
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 10);
	return 0;
}

static int open_sets(void)
{
	struct kddm_set_attr attr = {
		.name = SET_NAME, .linker = linker, .size = torture.size,
		.home = home, .hold = hold, .replicas = replicas,
		.flags = (torture.exclusive ? KDDM_SET_EXCLUSIVE : 0) |
			 (touch_home ? KDDM_SET_TOUCH_HOME : 0),
	};
	int i;

	for (i = 0; i < torture.nnodes; i++) {
		sets[i] = i ? kddm_set_open(nets[i], SET_NAME) :
			kddm_set_create(nets[i], &attr);
		if (IS_ERR(sets[i]))
			return PTR_ERR(sets[i]);
	}
	return 0;
}

/* Also on nodes that never opened it; they may still be looking at it. */
static void destroy_set(void)
{
	int err, n;

	do {
		err = kddm_set_destroy(nets[0], SET_NAME, false);
		if (err && err != -ENOENT)
			pr_alert("destroying the set: %d\n", err);
		/* It must not go below its linker. */
	} while (read_poll_timeout(atomic_read, n, !n, 1000, USEC_PER_SEC,
				   false, &instances));
}

static void cleanup(void)
{
	int i;

	for (i = 0; i < torture.nnodes; i++)
		kddm_set_close(sets[i]);
	destroy_set();
	kddm_linker_unregister(&torture_linker);
	for (i = 0; i < torture.nnodes; i++)
		put_net(nets[i]);
	for (i = 0; torture.threads && i < torture.nthreads; i++)
		kvfree(torture.threads[i].value);
	kfree(torture.threads);
	oracle_exit();
}

static int start_threads(void)
{
	int i, err;

	for (i = 0; i < torture.nthreads; i++) {
		struct thread *t = &torture.threads[i];

		spin_lock_init(&t->lock);
		t->set = sets[i % torture.nnodes];
		t->node = torture.ids[i % torture.nnodes];
		prandom_seed_state(&t->rnd, seed + i);
		t->value = kvmalloc(torture.size, GFP_KERNEL);
		if (!t->value)
			return -ENOMEM;
		t->task = kthread_run(torture_thread, t, "kddm_torture/%d",
				      t->node);
		if (IS_ERR(t->task))
			return PTR_ERR(t->task);
	}
	err = signals_start();
	if (err)
		return err;
	controller = kthread_run(control, NULL, "kddm_torture");
	return PTR_ERR_OR_ZERO(controller);
}

static int start(void)
{
	int err;

	torture.nthreads = torture.nnodes * nthreads;
	torture.threads = kzalloc_objs(*torture.threads, torture.nthreads);
	if (!torture.threads)
		return -ENOMEM;
	err = oracle_init();
	if (!err)
		err = open_sets();
	if (!err)
		err = start_threads();
	if (err)
		stop_threads();
	return err;
}

static bool is_sane(void)
{
	return torture.nobjects >= 1 && torture.nobjects <= 1024 &&
	       nthreads >= 1 && nthreads <= 16 && torture.size >= 64 &&
	       torture.size <= KDDM_OBJ_SIZE_MAX && seconds >= 1;
}

static int __init kddm_torture_init(void)
{
	int i, err;

	if (!is_sane())
		return -EINVAL;
	torture.is_page = !strcmp(linker, "page");
	torture.stores = !strcmp(linker, torture_linker.name);
	if (!seed)
		seed = get_random_u32();
	torture.nnodes = kddm_find_nodes(nets, MAX_NODES);
	if (!torture.nnodes) {
		pr_err("no network namespace runs a KDDM node\n");
		return -ENOTCONN;
	}
	for (i = 0; i < torture.nnodes; i++)
		torture.ids[i] = kddm_self(nets[i]);
	pr_info("Start of test: %d nodes, %d s, seed %lu\n", torture.nnodes,
		seconds, seed);
	err = kddm_linker_register(&torture_linker);
	if (!err)
		err = start();
	if (err)
		cleanup();
	return err;
}

static void __exit kddm_torture_exit(void)
{
	kthread_stop(controller);
	cleanup();
}

module_init(kddm_torture_init);
module_exit(kddm_torture_exit);
MODULE_DESCRIPTION("Torture test of KDDM");
MODULE_LICENSE("GPL");
