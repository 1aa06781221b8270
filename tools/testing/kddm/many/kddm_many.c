// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many objects on one node: whether anything stands still for long.
 *
 * The module opens a set on the first node that this kernel hosts.  A word
 * written to its parameter "run" does one thing with all objects, and prints a
 * line: how long each operation took on average and at most, and by how much a
 * thread of real-time priority on each CPU, which sleeps for a millisecond at a
 * time, was late at most.  The latter shows what keeps a CPU to itself, in
 * whatever context.
 *
 * create, read, walk, remove (every second object)
 * spin	   nothing of KDDM, for some time: what this machine does by itself
 * begin   only watch ...
 * end	   ... until now
 * close   let go of the set, so that it can be destroyed
 */
#define pr_fmt(fmt) "kddm_many: " fmt

#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/kddm.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <net/net_namespace.h>

#define SET_NAME	"kddm-many"
#define PERIOD		NSEC_PER_MSEC
#define LONG		(10 * NSEC_PER_MSEC)
#define MAX_CPUS	16

static ulong count = 200000;
module_param(count, ulong, 0444);
MODULE_PARM_DESC(count, "number of objects");

static uint size = 64;
module_param(size, uint, 0444);
MODULE_PARM_DESC(size, "bytes of an object, 8 to 65536");

static uint spin_ms = 3000;
module_param(spin_ms, uint, 0444);
MODULE_PARM_DESC(spin_ms, "milliseconds that \"spin\" takes");

static struct net *net;
static struct kddm_set *set;
static struct task_struct *watcher[MAX_CPUS];
static u64 latest[MAX_CPUS];		/* ns, each written by one thread */
static unsigned int often[MAX_CPUS];	/* late by LONG or more */
static ktime_t began;

/* The threads that watch */

static int watch(void *arg)
{
	long cpu = (long)arg;
	ktime_t due;
	s64 late;

	while (!kthread_should_stop()) {
		due = ktime_add_ns(ktime_get(), PERIOD);
		set_current_state(TASK_INTERRUPTIBLE);
		schedule_hrtimeout(&due, HRTIMER_MODE_ABS);
		late = ktime_to_ns(ktime_sub(ktime_get(), due));
		if (late > (s64)READ_ONCE(latest[cpu]))
			WRITE_ONCE(latest[cpu], late);
		if (late >= LONG)
			WRITE_ONCE(often[cpu], often[cpu] + 1);
	}
	return 0;
}

static void stop_watchers(void)
{
	int cpu;

	for (cpu = 0; cpu < MAX_CPUS; cpu++)
		if (watcher[cpu])
			kthread_stop(watcher[cpu]);
}

static int start_watchers(void)
{
	struct task_struct *task;
	int cpu;

	for_each_online_cpu(cpu) {
		if (cpu >= MAX_CPUS)
			break;
		task = kthread_create(watch, (void *)(long)cpu,
				      "kddm-watch/%d", cpu);
		if (IS_ERR(task)) {
			stop_watchers();
			return PTR_ERR(task);
		}
		kthread_bind(task, cpu);
		sched_set_fifo(task);
		watcher[cpu] = task;
		wake_up_process(task);
	}
	return 0;
}

/* One thing, from begin() to end() */

static void begin(void)
{
	int cpu;

	for (cpu = 0; cpu < MAX_CPUS; cpu++) {
		WRITE_ONCE(latest[cpu], 0);
		WRITE_ONCE(often[cpu], 0);
	}
	began = ktime_get();
}

static void end(const char *what, u64 ops, u64 longest)
{
	u64 ns = ktime_to_ns(ktime_sub(ktime_get(), began)), late = 0;
	unsigned int n = 0;
	int cpu;

	for (cpu = 0; cpu < MAX_CPUS; cpu++) {
		late = max(late, READ_ONCE(latest[cpu]));
		n += READ_ONCE(often[cpu]);
	}
	pr_info("%s: %llu operations in %llu ms, %llu ns each, longest %llu us; late %llu us at most, %u times 10000 us\n",
		what, ops, div_u64(ns, NSEC_PER_MSEC),
		ops ? div64_u64(ns, ops) : 0, div_u64(longest, NSEC_PER_USEC),
		div_u64(late, NSEC_PER_USEC), n);
}

static int create(u64 id)
{
	return kddm_set_value(set, id, &id, sizeof(id));
}

static int read(u64 id)
{
	struct kddm_obj *obj = kddm_get(set, id, KDDM_NOCREATE);
	u64 value;

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	value = *(u64 *)kddm_data(obj);
	kddm_put(obj);
	return value == id ? 0 : -EILSEQ;
}

static int remove(u64 id)
{
	return id % 2 ? 0 : kddm_remove(set, id);
}

static int for_all(const char *what, int (*op)(u64 id))
{
	u64 id, longest = 0;
	ktime_t then, now;
	int err;

	begin();
	then = ktime_get();
	for (id = 0; id < count; id++) {
		err = op(id);
		if (err)
			return err;
		cond_resched();
		now = ktime_get();
		longest = max_t(u64, longest,
				ktime_to_ns(ktime_sub(now, then)));
		then = now;
	}
	end(what, count, longest);
	return 0;
}

static int seen(const struct kddm_obj_info *info, void *arg)
{
	u64 *nr = arg;

	(*nr)++;
	return 0;
}

static int walk(void)
{
	u64 nr = 0;
	int err;

	begin();
	err = kddm_walk(set, 0, seen, &nr);
	end("walk", nr, 0);
	return err;
}

/* As busy as an operation, and as ready to let others run. */
static int spin(void)
{
	ktime_t stop = ktime_add_ms(ktime_get(), spin_ms), then, now;
	u64 n = 0, longest = 0;

	begin();
	then = ktime_get();
	do {
		ndelay(300);
		cond_resched();
		now = ktime_get();
		longest = max_t(u64, longest,
				ktime_to_ns(ktime_sub(now, then)));
		then = now;
		n++;
	} while (ktime_before(now, stop));
	end("spin", n, longest);
	return 0;
}

static void close(void)
{
	kddm_set_close(set);
	set = ERR_PTR(-ESHUTDOWN);
}

static int run_set(const char *word, const struct kernel_param *kp)
{
	if (sysfs_streq(word, "spin"))
		return spin();
	if (sysfs_streq(word, "begin"))
		begin();
	else if (sysfs_streq(word, "end"))
		end("meanwhile", 0, 0);
	else if (IS_ERR(set))
		return PTR_ERR(set);
	else if (sysfs_streq(word, "create"))
		return for_all("create", create);
	else if (sysfs_streq(word, "read"))
		return for_all("read", read);
	else if (sysfs_streq(word, "remove"))
		return for_all("remove", remove);
	else if (sysfs_streq(word, "walk"))
		return walk();
	else if (sysfs_streq(word, "close"))
		close();
	else
		return -EINVAL;
	return 0;
}

static const struct kernel_param_ops run_ops = { .set = run_set };
module_param_cb(run, &run_ops, NULL, 0200);
MODULE_PARM_DESC(run, "create, read, walk, remove, spin, begin, end or close");

/* Life */

static struct net *find_node(void)
{
	struct net *n, *found = NULL;

	down_read(&net_rwsem);
	for_each_net(n) {
		if (kddm_self(n) >= 0)
			found = maybe_get_net(n);
		if (found)
			break;
	}
	up_read(&net_rwsem);
	return found;
}

static int __init many_init(void)
{
	struct kddm_set_attr attr = {
		.name = SET_NAME, .size = size, .home = KDDM_ANY_NODE,
	};
	int err;

	if (size < sizeof(u64))
		return -EINVAL;
	net = find_node();
	if (!net)
		return -ENOTCONN;
	set = kddm_set_create(net, &attr);
	err = PTR_ERR_OR_ZERO(set);
	if (err)
		goto put;
	err = start_watchers();
	if (!err)
		return 0;
	kddm_set_close(set);
	kddm_set_destroy(net, SET_NAME, true);
put:
	put_net(net);
	return err;
}

/* The set is left to whoever destroys it, and watches that. */
static void __exit many_exit(void)
{
	stop_watchers();
	kddm_set_close(set);
	put_net(net);
}

module_init(many_init);
module_exit(many_exit);

MODULE_DESCRIPTION("Stalls with many objects on one KDDM node");
MODULE_LICENSE("GPL");
