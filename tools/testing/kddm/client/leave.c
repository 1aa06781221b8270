// SPDX-License-Identifier: GPL-2.0-only
/*
 * A node that is stopped by force while its users hold objects.
 *
 * kddmctl stops node B.  What B's users write is lost, what they read and what
 * is idle goes on with A, who waits is told to go, and the node stops for good
 * when its users have closed the set.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/moduleparam.h>
#include <linux/umh.h>
#include <linux/workqueue.h>
#include "client.h"

enum { A, B, C };

/* Objects: what B does with them. */
#define WRITTEN	1		/* holds it to write */
#define IN_USE	2		/* is the owner, and reads it */
#define IDLE	3		/* is the owner */
#define AWAITED	4		/* waits for A, who writes it */

static char *kddmctl = "";
module_param(kddmctl, charp, 0400);
MODULE_PARM_DESC(kddmctl, "path of the program");

static struct kddm_set *set[NODES];

/* Somebody on B who wants what A holds. */
struct wish {
	struct work_struct	work;
	struct completion	done;
	long			err;
};

static void wish_work(struct work_struct *work)
{
	struct wish *w = container_of(work, struct wish, work);
	struct kddm_obj *obj = kddm_get(set[B], AWAITED, 0);

	w->err = PTR_ERR_OR_ZERO(obj);
	if (!IS_ERR(obj))
		kddm_put(obj);
	complete(&w->done);
}

/*
 * kddmctl on B, with what it has to say in the kernel log; returns as
 * call_usermodehelper().
 */
static int ctl(int wait, char *verb, char *word, char *value)
{
	char *env[2] = { "HOME=/" }, name[16];
	char *argv[10] = {
		"/bin/sh", "-c", "exec \"$0\" \"$@\" >/dev/kmsg 2>&1",
		kddmctl, "-n", name, verb, word, value, NULL
	};

	snprintf(name, sizeof(name), "k%d", B + 1);
	return call_usermodehelper(argv[0], argv, env, wait);
}

/* B is stopped once it has no users; it starts with the id it had. */
static void start_again(void)
{
	unsigned long end = jiffies + 60 * HZ;
	char id[8];
	int err;

	snprintf(id, sizeof(id), "%d", B + 1);
	do {
		msleep(100);
		err = ctl(UMH_WAIT_PROC, "start", "id", id);
	} while (err && time_before(jiffies, end));
	CHECK_EQ(err, 0);
}

static void stop_under(struct kddm_obj *written, struct kddm_obj *read,
		       struct wish *w)
{
	CHECK_EQ(ctl(UMH_WAIT_EXEC, "stop", "force", NULL), 0);
	CHECK(wait_for_completion_timeout(&w->done, 20 * HZ));
	CHECK_EQ(w->err, -ESHUTDOWN);
	/* As long as B is there, A waits. */
	CHECK_EQ(client_value(set[A], WRITTEN), -EIO);
	CHECK_EQ(client_value(set[A], IN_USE), 12);
	CHECK_EQ(client_value(set[C], IDLE), 13);
	CHECK_EQ(client_put(kddm_grab(set[A], IN_USE, 0), 22), 0);
	CHECK_EQ(kddm_self(client_net[B]), -ENOTCONN);
	CHECK_EQ(client_value(set[B], IDLE), -ESHUTDOWN);
	CHECK_EQ(*(u32 *)kddm_data(read), 12);
	CHECK_EQ(kddm_put(read), 0);
	CHECK_EQ(kddm_put(written), -ESTALE);
}

static void leave(struct wish *w)
{
	struct kddm_obj *written, *read, *held;

	CHECK_EQ(client_put(kddm_grab(set[A], WRITTEN, 0), 11), 0);
	CHECK_EQ(client_put(kddm_grab(set[B], IN_USE, 0), 12), 0);
	CHECK_EQ(client_put(kddm_grab(set[B], IDLE, 0), 13), 0);
	held = kddm_grab(set[A], AWAITED, 0);
	written = kddm_grab(set[B], WRITTEN, 0);
	read = kddm_get(set[B], IN_USE, 0);
	if (CHECK(!IS_ERR(held)) && CHECK(!IS_ERR(written)) &&
	    CHECK(!IS_ERR(read))) {
		*(u32 *)kddm_data(written) = 99;
		queue_work(system_dfl_long_wq, &w->work);
		msleep(100);
		stop_under(written, read, w);
		flush_work(&w->work);
		kddm_put(held);
	}
	kddm_set_close(set[B]);
	start_again();
	set[B] = kddm_set_open(client_net[B], "forced");
	if (!CHECK_EQ(PTR_ERR_OR_ZERO(set[B]), 0))
		return;
	CHECK_EQ(client_value(set[B], IN_USE), 22);
	CHECK_EQ(client_value(set[B], IDLE), 13);
}

void client_test_leave(void)
{
	struct kddm_set_attr attr = { .name = "forced", .size = 64 };
	struct wish w;

	attr.home = kddm_self(client_net[A]);
	INIT_WORK_ONSTACK(&w.work, wish_work);
	init_completion(&w.done);
	client_begin("a stop by force under users");
	if (!client_open(set, &attr)) {
		leave(&w);
		client_close(set, attr.name);
	}
	client_end();
	destroy_work_on_stack(&w.work);
}
