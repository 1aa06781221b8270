// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client of include/linux/kddm.h that tests its RPC.
 *
 * The module runs most of its tests once, on three nodes that this kernel hosts
 * (one node per network namespace), and prints their results to the kernel log
 * as KTAP.  Those for which somebody has to do something to the nodes run when
 * their name is written to the parameter "run"; "running" tells when.
 */
#define pr_fmt(fmt) "kddm_rpc: " fmt

#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/net_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sort.h>
#include <linux/string.h>
#include "../nodes.h"
#include "rpc.h"

struct net *test_net[NODES];
static u16 ids[NODES];
static unsigned int nodes, tests;
static const char *test_name;
static bool test_bad;

u16 test_id(int node)
{
	return ids[node];
}

bool test_check(bool ok, const char *what)
{
	if (ok)
		return true;
	pr_info("# %s: not true: %s\n", test_name, what);
	test_bad = true;
	return false;
}

bool test_check_eq(long a, long b, const char *what)
{
	if (a == b)
		return true;
	pr_info("# %s: not true: %s: %ld and %ld\n", test_name, what, a, b);
	test_bad = true;
	return false;
}

void test_note(const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	pr_info("# %s: %pV\n", test_name, &vaf);
	va_end(args);
}

/* Jobs */

static int job_thread(void *data)
{
	struct job *job = data;

	allow_signal(SIGKILL);
	complete(&job->begun);
	job->rc = job->fn(job);
	complete(&job->done);
	/* The task stays until somebody has asked. */
	set_current_state(TASK_UNINTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_UNINTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

void job_start(struct job *job)
{
	init_completion(&job->begun);
	init_completion(&job->done);
	job->task = kthread_run(job_thread, job, "kddm_test/%d", job->nr);
	if (!IS_ERR(job->task))
		wait_for_completion(&job->begun);
}

void job_kill(struct job *job)
{
	if (!IS_ERR(job->task))
		send_sig(SIGKILL, job->task, 1);
}

int job_end(struct job *job)
{
	if (IS_ERR(job->task))
		return PTR_ERR(job->task);
	if (!wait_for_completion_timeout(&job->done, 2 * LONG)) {
		CHECK(!"a task hangs");
		wait_for_completion(&job->done);
	}
	kthread_stop(job->task);
	return job->rc;
}

/* Small messages */

s64 ask(int from, int to, const struct kddm_svc *svc, u32 key, u32 arg,
	long timeout)
{
	struct kddm_reply reply;
	struct kddm_pack req;
	u8 buf[4];
	s64 ret;

	kddm_pack_init(&req, buf, sizeof(buf));
	kddm_pack_u32(&req, arg);
	ret = kddm_call(test_net[from], test_id(to), svc, key, &req, &reply,
			timeout);
	if (!ret) {
		ret = kddm_unpack_u32(&reply.data);
		if (kddm_unpack_end(&reply.data))
			ret = -EBADMSG;
	}
	kddm_reply_free(&reply);
	return ret;
}

int answer(struct kddm_request *req, u32 value)
{
	kddm_pack_u32(kddm_reply_room(req, sizeof(u32)), value);
	return 0;
}

u32 argument(struct kddm_request *req)
{
	return kddm_unpack_u32(kddm_request_args(req));
}

int test_node(const struct kddm_request *req)
{
	int i;

	for (i = 0; i < NODES; i++) {
		if (test_net[i] == kddm_request_net(req))
			return i;
	}
	return -1;
}

/* The tests */

struct test {
	const char	*name;
	void		(*fn)(void);
	bool		asked;
};

static const struct test all[] = {
	{ "the example of the documentation", test_example },
	{ "calls: replies and errors", test_calls },
	{ "calls of the own node", test_own },
	{ "casts", test_casts },
	{ "replies of all nodes are gathered", test_gather },
	{ "a gather whose time is up", test_gather_time },
	{ "a gather whose caller is killed", test_gather_kill },
	{ "no more workers than declared", test_workers },
	{ "order by peer", test_peer_order },
	{ "order by peer and key", test_key_order },
	{ "requests of a peer are bounded", test_bound },
	{ "messages of 64 KiB, and in parts", test_large },
	{ "messages that are too large", test_too_large },
	{ "a call is forwarded", test_forward },
	{ "forwards that do not end well", test_forward_ends },
	{ "a forwarded call is cancelled", test_forward_cancel },
	{ "time is up: the handler sees it", test_cancel_time },
	{ "killed: the handler sees it", test_cancel_kill },
	{ "deferred replies", test_deferred },
	{ "a request whose parts stop coming", test_half },
	{ "a service is withdrawn while it is called", test_unregister },
	{ "stop-caller", test_stop_caller, true },
	{ "stop-callee", test_stop_callee, true },
	{ "gather-dying", test_gather_dying, true },
	{ "forward-dying", test_forward_dying, true },
	{ "forwarder-dying", test_forwarder_dying, true },
	{ "gate", test_gate, true },
	{ "faults", test_faults, true },
	{ "nodes", test_nodes, true },
	{ "barrier", test_barrier, true },
	{ "asker", test_asker, true },
};

static void run(const struct test *test)
{
	unsigned long start = jiffies;

	test_name = test->name;
	test_bad = false;
	test->fn();
	pr_info("%s %u %s # %u ms\n", test_bad ? "not ok" : "ok", ++tests,
		test->name, jiffies_to_msecs(jiffies - start));
}

static int run_set(const char *val, const struct kernel_param *kp)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		if (!all[i].asked || !sysfs_streq(val, all[i].name))
			continue;
		run(&all[i]);
		return test_bad ? -EIO : 0;
	}
	return -ENOENT;
}

static const struct kernel_param_ops run_ops = { .set = run_set };
module_param_cb(run, &run_ops, NULL, 0200);
MODULE_PARM_DESC(run, "run a test; the write fails if that does");

static void put_nets(void)
{
	while (nodes)
		put_net(test_net[--nodes]);
}

static int by_id(const void *a, const void *b)
{
	return kddm_self(*(struct net **)a) - kddm_self(*(struct net **)b);
}

static int find_nodes(void)
{
	int i;

	nodes = kddm_find_nodes(test_net, NODES);
	if (nodes < NODES)
		return -ENOTCONN;
	sort(test_net, NODES, sizeof(*test_net), by_id, NULL);
	for (i = 0; i < NODES; i++)
		ids[i] = kddm_self(test_net[i]);
	return 0;
}

static int __init rpc_init(void)
{
	int i, err = find_nodes();

	if (err) {
		pr_err("needs %d nodes, found %u\n", NODES, nodes);
		put_nets();
		return err;
	}
	pr_info("KTAP version 1\n");
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		if (!all[i].asked)
			run(&all[i]);
	}
	pr_info("1..%u\n", tests);
	return 0;
}

static void __exit rpc_exit(void)
{
	put_nets();
}

module_init(rpc_init);
module_exit(rpc_exit);

MODULE_DESCRIPTION("Test of the RPC of KDDM");
MODULE_LICENSE("GPL");
