// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client of TIPC's topology server, over a kernel socket, as a program in
 * user space would be one.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/tipc.h>
#include <net/sock.h>
#include "main.h"
#include "topology.h"

/* What a subscription is for: first byte of its usr_handle. */
#define HANDLE_EVENTS	1
#define HANDLE_SYNC	2

#define SYNC_TIMEOUT	(10 * HZ)

/**
 * struct kddm_topology - a connection
 * @kn: the namespace
 * @ops: who gets the events
 * @sock: connected to the server
 * @task: reads the events
 * @synced: the end of a subscription made for that has been reported
 * @closing: the end of the connection is our own wish
 */
struct kddm_topology {
	struct kddm_net			*kn;
	const struct kddm_topology_ops	*ops;
	struct socket			*sock;
	struct task_struct		*task;
	struct completion		synced;
	bool				closing;
};

static void handle(struct kddm_topology *t, const struct tipc_event *ev)
{
	if (ev->s.usr_handle[0] == HANDLE_SYNC) {
		if (ev->event == TIPC_SUBSCR_TIMEOUT)
			complete(&t->synced);
		return;
	}
	if (ev->event != TIPC_PUBLISHED && ev->event != TIPC_WITHDRAWN)
		return;
	/* Nobody of ours publishes a range. */
	if (ev->found_lower != ev->found_upper)
		return;
	t->ops->event(t->kn, ev->s.seq.type, ev->event == TIPC_PUBLISHED,
		      ev->found_lower, ev->port.node, ev->port.ref);
}

static int thread(void *data)
{
	struct kddm_topology *t = data;
	struct tipc_event ev;
	struct msghdr m;
	struct kvec iov;
	int n;

	while (!kthread_should_stop()) {
		m = (struct msghdr){ };
		iov.iov_base = &ev;
		iov.iov_len = sizeof(ev);
		n = kernel_recvmsg(t->sock, &m, &iov, 1, sizeof(ev), 0);
		if (n == sizeof(ev)) {
			handle(t, &ev);
			continue;
		}
		if (n == -ENOMEM || n == -EAGAIN) {
			schedule_timeout_interruptible(1);
			continue;
		}
		if (!READ_ONCE(t->closing))
			t->ops->lost(t->kn);
		break;
	}
	return 0;
}

static int subscribe(struct kddm_topology *t, u32 type, u32 lower, u32 upper,
		     u32 timeout, char handle)
{
	struct tipc_subscr sub = {
		.seq.type = type,
		.seq.lower = lower,
		.seq.upper = upper,
		.timeout = timeout,
		.filter = TIPC_SUB_PORTS,
		.usr_handle[0] = handle,
	};
	struct kvec iov = { .iov_base = &sub, .iov_len = sizeof(sub) };
	struct msghdr m = { };
	int rc;

	rc = kernel_sendmsg(t->sock, &m, &iov, 1, sizeof(sub));
	return rc < 0 ? rc : 0;
}

int kddm_topology_subscribe(struct kddm_topology *t, u32 type, u32 lower,
			    u32 upper)
{
	return subscribe(t, type, lower, upper, TIPC_WAIT_FOREVER,
			 HANDLE_EVENTS);
}

int kddm_topology_sync(struct kddm_topology *t)
{
	long left;
	int rc;

	/* Events come in order: the end of this one is behind them all. */
	reinit_completion(&t->synced);
	rc = subscribe(t, TIPC_TOP_SRV, 0, 0, 1, HANDLE_SYNC);
	if (rc)
		return rc;
	left = wait_for_completion_killable_timeout(&t->synced, SYNC_TIMEOUT);
	if (left < 0)
		return -EINTR;
	return left ? 0 : -ETIMEDOUT;
}

static int dial(struct kddm_topology *t)
{
	struct sockaddr_tipc addr = {
		.family = AF_TIPC,
		.addrtype = TIPC_SERVICE_ADDR,
		.addr.name.name.type = TIPC_TOP_SRV,
		.addr.name.name.instance = TIPC_TOP_SRV,
	};
	struct task_struct *task;
	int rc;

	rc = sock_create_kern(t->kn->net, AF_TIPC, SOCK_SEQPACKET, 0,
			      &t->sock);
	if (rc)
		return rc;
	rc = kernel_connect(t->sock, (struct sockaddr_unsized *)&addr,
			    sizeof(addr), 0);
	if (rc)
		return rc;
	task = kthread_create(thread, t, "kddm_topology");
	if (IS_ERR(task))
		return PTR_ERR(task);
	/* It ends by itself when the connection does. */
	t->task = get_task_struct(task);
	wake_up_process(task);
	return 0;
}

struct kddm_topology *kddm_topology_open(struct kddm_net *kn,
					 const struct kddm_topology_ops *ops)
{
	struct kddm_topology *t;
	int rc;

	t = kzalloc_obj(*t);
	if (!t)
		return ERR_PTR(-ENOMEM);
	t->kn = kn;
	t->ops = ops;
	init_completion(&t->synced);
	rc = dial(t);
	if (rc) {
		kddm_topology_close(t);
		return ERR_PTR(rc);
	}
	return t;
}

void kddm_topology_close(struct kddm_topology *t)
{
	if (!t)
		return;
	if (t->task) {
		WRITE_ONCE(t->closing, true);
		kernel_sock_shutdown(t->sock, SHUT_RDWR);
		kthread_stop_put(t->task);
	}
	if (t->sock)
		sock_release(t->sock);
	kfree(t);
}
