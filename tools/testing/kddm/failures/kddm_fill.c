// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many objects on all nodes of this kernel, so that there is something to
 * recover, and how long users wait meanwhile.
 *
 * Object i is written by the node (i modulo nodes), and read by the next one,
 * so that for each node that fails there are objects of which a copy is left.
 * When "filled" is 1, two threads go on: one has the first two nodes take an
 * object from each other, the other one reads on the first node what is there.
 * "said" tells how long each has taken at most since it was read last.
 */
#define pr_fmt(fmt) "kddm_fill: " fmt

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kddm.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/net_namespace.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include "../nodes.h"

#define SET_NAME	"kddm-fill"
#define MAX_NODES	32

static ulong count = 10000;
module_param(count, ulong, 0444);
MODULE_PARM_DESC(count, "number of objects");

static ushort home = KDDM_ANY_NODE;
module_param(home, ushort, 0444);
MODULE_PARM_DESC(home, "id of the node that is home to all objects");

static int filled;
module_param(filled, int, 0444);
MODULE_PARM_DESC(filled, "0: not yet, 1: all are there, -1: failed");

struct filler {
	struct task_struct	*task;
	struct kddm_set		*set;
	int			nr;
	int			err;
	struct completion	written;
};

static struct net *nets[MAX_NODES];
static struct filler fillers[MAX_NODES];
static int nnodes;
static struct task_struct *remote, *local;
static atomic_t longest_remote, longest_local;	/* us */
static atomic_long_t remotes, locals;

static int touch(struct kddm_set *set, u64 id, bool write)
{
	struct kddm_obj *obj;

	obj = write ? kddm_grab(set, id, KDDM_INTR) :
		      kddm_get(set, id, KDDM_INTR);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	if (write)
		*(u64 *)kddm_data(obj) = id;
	kddm_put(obj);
	return 0;
}

/* All objects whose number is @which modulo the number of nodes. */
static int touch_all(struct filler *f, int which, bool write)
{
	u64 id;
	int err = 0;

	for (id = which; !err && id < count; id += nnodes) {
		err = touch(f->set, id, write);
		cond_resched();
		if (kthread_should_stop())
			err = -EINTR;
	}
	return err;
}

static void wait_for_stop(void)
{
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 10);
}

static int fill(void *arg)
{
	struct filler *f = arg;
	int before = (f->nr + nnodes - 1) % nnodes;

	allow_signal(SIGINT);
	f->err = touch_all(f, f->nr, true);
	complete_all(&f->written);
	if (!f->err)
		f->err = wait_for_completion_killable(&fillers[before].written);
	if (!f->err)
		f->err = touch_all(f, before, false);
	smp_store_release(&f->nr, -1);	/* pairs with wait_filled() */
	wait_for_stop();
	return 0;
}

static void note(atomic_t *longest, ktime_t start)
{
	int us = ktime_us_delta(ktime_get(), start);

	if (us > atomic_read(longest))
		atomic_set(longest, us);
}

/* Behind the last object, so that it is nobody else's. */
static int go_remote(void *unused)
{
	ktime_t start;
	int n = 0;

	allow_signal(SIGINT);
	while (!kthread_should_stop()) {
		start = ktime_get();
		if (!touch(fillers[n].set, count, true)) {
			note(&longest_remote, start);
			atomic_long_inc(&remotes);
		}
		n = !n;
		usleep_range(100, 200);
	}
	return 0;
}

static int go_local(void *unused)
{
	ktime_t start;

	allow_signal(SIGINT);
	while (!kthread_should_stop()) {
		start = ktime_get();
		if (!touch(fillers[0].set, count + 1, false)) {
			note(&longest_local, start);
			atomic_long_inc(&locals);
		}
		usleep_range(100, 200);
	}
	return 0;
}

/* Wait for the fillers; then the others begin. */
static int go(void *unused)
{
	int i, err = 0;

	for (i = 0; i < nnodes; i++) {
		/* pairs with fill() */
		while (smp_load_acquire(&fillers[i].nr) >= 0 &&
		       !kthread_should_stop())
			msleep(20);
		err = err ?: fillers[i].err;
	}
	err = err ?: touch(fillers[0].set, count + 1, true);
	if (err)
		pr_err("error %d\n", err);
	WRITE_ONCE(filled, err ? -1 : 1);
	return go_remote(NULL);
}

static int said_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer,
			  "remote %ld, longest %d us, local %ld, longest %d us\n",
			  atomic_long_xchg(&remotes, 0),
			  atomic_xchg(&longest_remote, 0),
			  atomic_long_xchg(&locals, 0),
			  atomic_xchg(&longest_local, 0));
}

static const struct kernel_param_ops said_ops = { .get = said_get };
module_param_cb(said, &said_ops, NULL, 0444);
MODULE_PARM_DESC(said, "how many operations, and how long they took at most");

/* Life */

static void stop(struct task_struct *task)
{
	if (IS_ERR_OR_NULL(task))
		return;
	send_sig(SIGINT, task, 1);
	kthread_stop(task);
	put_task_struct(task);
}

static struct task_struct *run(int (*fn)(void *), void *arg, const char *name)
{
	struct task_struct *task = kthread_create(fn, arg, "%s", name);

	if (!IS_ERR(task)) {
		get_task_struct(task);
		wake_up_process(task);
	}
	return task;
}

static void cleanup(void)
{
	int i;

	stop(remote);
	stop(local);
	for (i = 0; i < nnodes; i++)
		stop(fillers[i].task);
	for (i = 0; i < nnodes; i++)
		if (!IS_ERR_OR_NULL(fillers[i].set))
			kddm_set_close(fillers[i].set);
	for (i = 0; i < nnodes; i++) {
		kddm_set_destroy(nets[i], SET_NAME, false);
		put_net(nets[i]);
	}
}

static int start(void)
{
	struct kddm_set_attr attr = {
		.name = SET_NAME, .size = 64, .home = home,
	};
	struct filler *f;
	int i;

	for (i = 0; i < nnodes; i++) {
		f = &fillers[i];
		f->nr = i;
		init_completion(&f->written);
		f->set = i ? kddm_set_open(nets[i], SET_NAME) :
			     kddm_set_create(nets[i], &attr);
		if (IS_ERR(f->set))
			return PTR_ERR(f->set);
	}
	for (i = 0; i < nnodes; i++) {
		fillers[i].task = run(fill, &fillers[i], "kddm_fill");
		if (IS_ERR(fillers[i].task))
			return PTR_ERR(fillers[i].task);
	}
	remote = run(go, NULL, "kddm_remote");
	local = run(go_local, NULL, "kddm_local");
	return PTR_ERR_OR_ZERO(remote) ?: PTR_ERR_OR_ZERO(local);
}

static int __init kddm_fill_init(void)
{
	int err;

	nnodes = kddm_find_nodes(nets, MAX_NODES);
	if (nnodes < 2 || count < nnodes) {
		pr_err("%d nodes, %lu objects\n", nnodes, count);
		err = -EINVAL;
	} else {
		err = start();
	}
	if (err)
		cleanup();
	return err;
}

static void __exit kddm_fill_exit(void)
{
	cleanup();
}

module_init(kddm_fill_init);
module_exit(kddm_fill_exit);
MODULE_DESCRIPTION("Objects for KDDM to recover");
MODULE_LICENSE("GPL");
