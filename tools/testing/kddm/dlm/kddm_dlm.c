// SPDX-License-Identifier: GPL-2.0-only
/*
 * What "kddmctl bench case bounce" measures, with fs/dlm in place of KDDM.
 *
 * Nodes go one after the other around a ring of locks, one more than nodes;
 * each holds one until it has the next, and so waits for the node before it.
 * What they write is in the value block of the lock, 64 bytes that come and go
 * with it.  Hand-overs from one node to another are counted.
 *
 * The locks are used as cluster file systems use them: a lock that is let go of
 * stays with the node until a blocking AST says that another one wants it.
 *
 * The module measures when it is loaded, and prints one line; the lock space is
 * there until it is unloaded, since others may still go around.
 */
#define pr_fmt(fmt) "kddm_dlm: " fmt

#include <linux/completion.h>
#include <linux/dlm.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

static uint nodes = 2;
module_param(nodes, uint, 0444);
MODULE_PARM_DESC(nodes, "how many go around, 2 to 15");

static uint place;
module_param(place, uint, 0444);
MODULE_PARM_DESC(place, "where this node begins, 0 to nodes - 1");

static uint ms = 2000;
module_param(ms, uint, 0444);
MODULE_PARM_DESC(ms, "milliseconds, from the first hand-over");

#define NODES_MAX	15
#define VALUE		64		/* bytes of the value block */
#define TIMEOUT		(20 * HZ)

/**
 * struct ring_lock - a lock
 * @sb: what DLM has to say of it
 * @value: the value block
 * @lock: protects the next four
 * @mine: this node has it, for writing
 * @inside: and uses it
 * @wanted: another node does
 * @leaving: it is about to be let go of, in @sb
 * @done: what was asked for has come
 * @work: lets go of it, or sets @wanted
 */
struct ring_lock {
	struct dlm_lksb		sb;
	u32			value[VALUE / sizeof(u32)];
	spinlock_t		lock;	/* see above */
	bool			mine;
	bool			inside;
	bool			wanted;
	bool			leaving;
	struct completion	done;
	struct work_struct	work;
};

static dlm_lockspace_t *space;
static struct ring_lock ring[NODES_MAX + 1];

static void bast(void *arg, int mode);

static void ast(void *arg)
{
	struct ring_lock *l = arg;

	spin_lock_bh(&l->lock);
	if (!l->leaving) {
		l->mine = !l->sb.sb_status;
		l->inside = l->mine;
	}
	l->leaving = false;
	spin_unlock_bh(&l->lock);
	complete(&l->done);
}

static int convert(struct ring_lock *l, int mode)
{
	return dlm_lock(space, mode, &l->sb, DLM_LKF_CONVERT | DLM_LKF_VALBLK,
			NULL, 0, 0, ast, l, bast);
}

/* With the lock, which is let go of. */
static void leave(struct ring_lock *l)
	__releases(&l->lock)
{
	l->mine = false;
	l->wanted = false;
	l->leaving = true;
	reinit_completion(&l->done);
	spin_unlock_bh(&l->lock);
	if (convert(l, DLM_LOCK_NL))
		pr_err("cannot let go\n");
}

static void leave_work(struct work_struct *work)
{
	struct ring_lock *l = container_of(work, struct ring_lock, work);

	spin_lock_bh(&l->lock);
	if (l->mine && !l->inside) {
		leave(l);
		return;
	}
	l->wanted = true;
	spin_unlock_bh(&l->lock);
}

/* DLM holds a lock of its own, which a conversion needs. */
static void bast(void *arg, int mode)
{
	struct ring_lock *l = arg;

	queue_work(system_highpri_wq, &l->work);
}

static int wait(struct ring_lock *l)
{
	long left = wait_for_completion_killable_timeout(&l->done, TIMEOUT);

	return left < 0 ? left : left ? 0 : -ETIMEDOUT;
}

static int grab(struct ring_lock *l)
{
	int err;

	spin_lock_bh(&l->lock);
	while (l->leaving) {
		spin_unlock_bh(&l->lock);
		err = wait(l);
		if (err)
			return err;
		spin_lock_bh(&l->lock);
	}
	if (l->mine) {
		l->inside = true;
		spin_unlock_bh(&l->lock);
		return 0;
	}
	l->wanted = false;
	reinit_completion(&l->done);
	spin_unlock_bh(&l->lock);
	err = convert(l, DLM_LOCK_EX);
	return err ?: wait(l) ?: l->sb.sb_status;
}

static void put(struct ring_lock *l)
{
	spin_lock_bh(&l->lock);
	l->inside = false;
	if (l->wanted) {
		leave(l);
		return;
	}
	spin_unlock_bh(&l->lock);
}

static int go_around(void)
{
	u32 at = place, self = place + 1, handed = 0, grabs = 0;
	unsigned long limit = jiffies + TIMEOUT + msecs_to_jiffies(ms);
	struct ring_lock *held = NULL, *l;
	unsigned long end = 0;
	ktime_t start = 0;
	int err = 0;

	while (!end || time_before(jiffies, end)) {
		l = &ring[at];
		err = grab(l);
		if (err)
			break;
		grabs++;
		if (held)
			put(held);
		held = l;
		at = (at + 1) % (nodes + 1);
		if (l->value[0] && l->value[0] != self) {
			handed++;
			if (!end) {
				end = jiffies + msecs_to_jiffies(ms);
				start = ktime_get();
				handed = 0;
			}
		}
		l->value[0] = self;
		if (fatal_signal_pending(current))
			err = -EINTR;
		else if (time_after(jiffies, limit))
			err = -ETIMEDOUT;
		if (err)
			break;
		cond_resched();
	}
	if (held)
		put(held);
	if (!err)
		pr_info("%u hand-overs to this node in %llu us\n", handed,
			ktime_to_us(ktime_sub(ktime_get(), start)));
	else
		pr_err("error %d after %u grabs\n", err, grabs);
	return err;
}

static int open_lock(struct ring_lock *l, u32 nr)
{
	char name[8] = "";
	int err;

	spin_lock_init(&l->lock);
	init_completion(&l->done);
	INIT_WORK(&l->work, leave_work);
	l->sb.sb_lvbptr = (char *)l->value;
	l->leaving = true;
	snprintf(name, sizeof(name), "ring%u", nr);
	err = dlm_lock(space, DLM_LOCK_NL, &l->sb, DLM_LKF_VALBLK, name,
		       sizeof(name), 0, ast, l, bast);
	return err ?: wait(l) ?: l->sb.sb_status;
}

static void close_space(void)
{
	u32 i;

	dlm_release_lockspace(space, DLM_RELEASE_NO_EVENT);
	for (i = 0; i <= nodes; i++)
		if (ring[i].work.func)
			cancel_work_sync(&ring[i].work);
}

static int __init kddm_dlm_init(void)
{
	int err;
	u32 i;

	if (nodes < 2 || nodes > NODES_MAX || place >= nodes)
		return -EINVAL;
	err = dlm_new_lockspace("kddm", NULL, DLM_LSFL_SOFTIRQ, VALUE, NULL,
				NULL, NULL, &space);
	if (err)
		return err;
	for (i = 0; !err && i <= nodes; i++)
		err = open_lock(&ring[i], i);
	if (err)
		pr_err("no locks: %d\n", err);
	err = err ?: go_around();
	if (err)
		close_space();
	return err;
}

static void __exit kddm_dlm_exit(void)
{
	close_space();
}

module_init(kddm_dlm_init);
module_exit(kddm_dlm_exit);
MODULE_DESCRIPTION("Hand-overs of locks of fs/dlm between nodes");
MODULE_LICENSE("GPL");
