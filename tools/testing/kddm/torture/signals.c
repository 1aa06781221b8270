// SPDX-License-Identifier: GPL-2.0-only
/*
 * Torture test of KDDM: signals to threads that wait for an object.
 *
 * A thread that lets itself be disturbed gets a signal before its call, so that
 * it finds it as soon as it waits, or at some time during it, from another
 * thread.  It is SIGKILL, which ends all that is killable, or SIGINT, for
 * KDDM_INTR only.  No signal is left when the thread wants no more.
 */
#define pr_fmt(fmt) "kddm_torture: " fmt

#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>
#include "torture.h"

static struct task_struct *pest;

static void send(struct task_struct *task, u32 r)
{
	send_sig(r % 2 ? SIGKILL : SIGINT, task, 1);
}

void signals_allow(void)
{
	allow_signal(SIGKILL);
	allow_signal(SIGINT);
}

void signals_begin(struct thread *t)
{
	if (torture_chance(t, 50)) {
		send(current, torture_random(t, 2));
		return;
	}
	spin_lock(&t->lock);
	t->victim = true;
	spin_unlock(&t->lock);
}

void signals_end(struct thread *t)
{
	spin_lock(&t->lock);
	t->victim = false;
	spin_unlock(&t->lock);
	flush_signals(current);
}

static int disturb(void *unused)
{
	unsigned int i = 0;

	while (!kthread_should_stop()) {
		struct thread *t = &torture.threads[i % torture.nthreads];

		spin_lock(&t->lock);
		if (t->victim)
			send(t->task, i / torture.nthreads);
		spin_unlock(&t->lock);
		if (++i % torture.nthreads == 0)
			usleep_range(200, 2000);
		cond_resched();
	}
	return 0;
}

int signals_start(void)
{
	pest = kthread_run(disturb, NULL, "kddm_torture_pest");
	return PTR_ERR_OR_ZERO(pest);
}

void signals_stop(void)
{
	if (!IS_ERR_OR_NULL(pest))
		kthread_stop(pest);
	pest = NULL;
}
