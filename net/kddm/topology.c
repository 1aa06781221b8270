// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client of TIPC's topology server, over a kernel socket, as a program in
 * user space would be one.
 *
 * The server may forget to report something, or hang up, when it finds no
 * memory for a report.  So the client dials again, and asks from time to time
 * for all that is published: by the same subscriptions once more, which end at
 * once.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/tipc.h>
#include <net/sock.h>
#include "main.h"
#include "topology.h"

/* What a subscription is for: first byte of its usr_handle. */
#define HANDLE_EVENTS	1
#define HANDLE_SYNC	2	/* the second byte: which attempt */
#define HANDLE_LISTED	3	/* the last of a list; the second byte: which */

#define AT_ONCE		1		/* ms until such a subscription ends */
#define SYNC_TRY	(4 * HZ)
#define SYNC_TIMEOUT	(12 * HZ)
#define LIST_INTERVAL	(10 * HZ)
#define LISTS_SOON	6		/* after a new connection */
#define SOON		HZ
#define DIAL_INTERVAL	(HZ / 10)
#define DIAL_TIMEOUT	(30 * HZ)
#define CONN_TIMEOUT	1000		/* ms */
#define MAX_SUBS	4

struct sub {
	u32	type;
	u32	lower;
	u32	upper;
};

/**
 * struct kddm_topology - a connection
 * @kn: the namespace
 * @ops: who gets the events
 * @lock: protects the next five; the thread reads @sock without it
 * @sock: connected to the server; replaced by the thread
 * @sub: what events are wanted of
 * @nr_subs: how many these are
 * @sync: number of the last attempt of a sync
 * @closing: the end of the connection is our own wish
 * @task: reads the events
 * @synced: the end of a subscription made for that has been reported
 * @alive: when the connection was known to be good, in jiffies; the thread's,
 *	as what follows
 * @next_list: when to ask for a list, in jiffies
 * @soon: so many lists come one soon after the other
 * @list: number of the last one
 */
struct kddm_topology {
	struct kddm_net			*kn;
	const struct kddm_topology_ops	*ops;
	struct mutex			lock;	/* sock, sub, sync, closing */
	struct socket			*sock;
	struct sub			sub[MAX_SUBS];
	unsigned int			nr_subs;
	u8				sync;
	bool				closing;
	struct task_struct		*task;
	struct completion		synced;
	unsigned long			alive;
	unsigned long			next_list;
	unsigned int			soon;
	u8				list;
};

/* What is sent */

static int send(struct kddm_topology *t, const struct sub *s, u32 timeout,
		u8 handle, u8 nr)
{
	struct tipc_subscr sub = {
		.seq.type = s->type,
		.seq.lower = s->lower,
		.seq.upper = s->upper,
		.timeout = timeout,
		.filter = TIPC_SUB_PORTS,
		.usr_handle = { handle, nr },
	};
	struct kvec iov = { .iov_base = &sub, .iov_len = sizeof(sub) };
	struct msghdr m = { .msg_flags = MSG_DONTWAIT };
	int rc;

	lockdep_assert_held(&t->lock);
	rc = kernel_sendmsg(t->sock, &m, &iov, 1, sizeof(sub));
	return rc < 0 ? rc : 0;
}

/* Has the connection come to its end?  The thread makes another one then. */
static bool is_end(int rc)
{
	return rc && rc != -EAGAIN && rc != -ENOMEM;
}

/* All that is wanted, once more; @last is what the last of them is for. */
static int send_all(struct kddm_topology *t, u32 timeout, u8 last, u8 nr)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < t->nr_subs && !rc; i++)
		rc = send(t, &t->sub[i], timeout,
			  i == t->nr_subs - 1 ? last : HANDLE_EVENTS, nr);
	return rc;
}

/* The thread */

/* If there is no memory for it now, then the next time. */
static int ask_for_list(struct kddm_topology *t)
{
	int rc;

	t->next_list = jiffies + (t->soon ? SOON : LIST_INTERVAL);
	t->list++;
	t->ops->list(t->kn);
	mutex_lock(&t->lock);
	rc = send_all(t, AT_ONCE, HANDLE_LISTED, t->list);
	mutex_unlock(&t->lock);
	return rc;
}

static void over(struct kddm_topology *t, const struct tipc_event *ev)
{
	u8 handle = ev->s.usr_handle[0], nr = ev->s.usr_handle[1];

	if (handle == HANDLE_SYNC && nr == READ_ONCE(t->sync))
		complete(&t->synced);
	if (handle != HANDLE_LISTED || nr != t->list)
		return;
	t->ops->listed(t->kn);
	if (t->soon)
		t->soon--;
}

static void handle(struct kddm_topology *t, const struct tipc_event *ev)
{
	if (ev->event == TIPC_SUBSCR_TIMEOUT)
		over(t, ev);
	if (ev->s.usr_handle[0] == HANDLE_SYNC ||
	    (ev->event != TIPC_PUBLISHED && ev->event != TIPC_WITHDRAWN))
		return;
	/* Nobody of ours publishes a range. */
	if (ev->found_lower != ev->found_upper)
		return;
	t->ops->event(t->kn, ev->s.seq.type, ev->event == TIPC_PUBLISHED,
		      ev->found_lower, ev->port.node, ev->port.ref);
}

static int dial(struct kddm_net *kn, struct socket **sock)
{
	struct sockaddr_tipc addr = {
		.family = AF_TIPC,
		.addrtype = TIPC_SERVICE_ADDR,
		.addr.name.name.type = TIPC_TOP_SRV,
		.addr.name.name.instance = TIPC_TOP_SRV,
	};
	int rc, timeout = CONN_TIMEOUT;

	rc = sock_create_kern(kn->net, AF_TIPC, SOCK_SEQPACKET, 0, sock);
	if (rc)
		return rc;
	rc = READ_ONCE((*sock)->ops)->setsockopt(*sock, SOL_TIPC,
						 TIPC_CONN_TIMEOUT,
						 KERNEL_SOCKPTR(&timeout),
						 sizeof(timeout));
	if (!rc)
		rc = kernel_connect(*sock, (struct sockaddr_unsized *)&addr,
				    sizeof(addr), 0);
	if (rc) {
		sock_release(*sock);
		*sock = NULL;
		return rc;
	}
	/* So that the thread wakes up for the next list. */
	(*sock)->sk->sk_rcvtimeo = SOON;
	return 0;
}

/* Go on with another connection; -ESHUTDOWN if none is wanted. */
static int replace(struct kddm_topology *t)
{
	struct socket *sock, *old;
	int rc;

	rc = dial(t->kn, &sock);
	if (rc)
		return READ_ONCE(t->closing) ? -ESHUTDOWN : rc;
	mutex_lock(&t->lock);
	old = sock;
	rc = -ESHUTDOWN;
	if (!t->closing) {
		old = t->sock;
		WRITE_ONCE(t->sock, sock);
		rc = send_all(t, TIPC_WAIT_FOREVER, HANDLE_EVENTS, 0);
	}
	mutex_unlock(&t->lock);
	sock_release(old);
	return rc;
}

/*
 * The connection has ended.  Returns false if there will be no other: none is
 * wanted, or none was any good for too long.
 */
static bool dial_again(struct kddm_topology *t)
{
	int rc;

	do {
		schedule_timeout_interruptible(DIAL_INTERVAL);
		rc = READ_ONCE(t->closing) ? -ESHUTDOWN : replace(t);
		if (rc == -ESHUTDOWN)
			return false;
		if (time_after(jiffies, t->alive + DIAL_TIMEOUT)) {
			t->ops->lost(t->kn);
			return false;
		}
	} while (rc);
	/* What has ended meanwhile is missing in the next lists. */
	t->soon = LISTS_SOON;
	t->next_list = jiffies + SOON;
	return true;
}

/* Read an event, if one comes soon; 0, or the end of the connection. */
static int read_one(struct kddm_topology *t)
{
	struct tipc_event ev;
	struct kvec iov = { .iov_base = &ev, .iov_len = sizeof(ev) };
	struct msghdr m = { };
	int n;

	n = kernel_recvmsg(t->sock, &m, &iov, 1, sizeof(ev), 0);
	if (n == sizeof(ev)) {
		t->alive = jiffies;
		handle(t, &ev);
		return 0;
	}
	if (n != -ENOMEM && n != -EAGAIN)
		return -EPIPE;
	schedule_timeout_interruptible(1);
	return 0;
}

static int thread(void *data)
{
	struct kddm_topology *t = data;
	int rc = 0;

	while (!kthread_should_stop()) {
		if (time_after_eq(jiffies, t->next_list) &&
		    READ_ONCE(t->nr_subs))
			rc = ask_for_list(t);
		if (!is_end(rc))
			rc = read_one(t);
		if (is_end(rc) && !dial_again(t))
			break;
		rc = 0;
	}
	return 0;
}

/* For the membership layer */

int kddm_topology_subscribe(struct kddm_topology *t, u32 type, u32 lower,
			    u32 upper)
{
	struct sub sub = { .type = type, .lower = lower, .upper = upper };
	int rc;

	if (WARN_ON_ONCE(t->nr_subs == MAX_SUBS))
		return -ENOSPC;
	mutex_lock(&t->lock);
	rc = send(t, &sub, TIPC_WAIT_FOREVER, HANDLE_EVENTS, 0);
	/* On the next connection it is subscribed to with the others. */
	if (is_end(rc))
		rc = 0;
	if (!rc) {
		t->sub[t->nr_subs] = sub;
		WRITE_ONCE(t->nr_subs, t->nr_subs + 1);
	}
	mutex_unlock(&t->lock);
	return rc;
}

static int try_sync(struct kddm_topology *t)
{
	struct sub own = { .type = TIPC_TOP_SRV };
	long left;
	int rc;

	/* Events come in order: the end of this one is behind them all. */
	mutex_lock(&t->lock);
	WRITE_ONCE(t->sync, t->sync + 1);
	reinit_completion(&t->synced);
	rc = send(t, &own, AT_ONCE, HANDLE_SYNC, t->sync);
	mutex_unlock(&t->lock);
	left = wait_for_completion_killable_timeout(&t->synced, rc ?
						    DIAL_INTERVAL : SYNC_TRY);
	if (left < 0)
		return -EINTR;
	return left ? 0 : rc ?: -ETIMEDOUT;
}

int kddm_topology_sync(struct kddm_topology *t)
{
	unsigned long end = jiffies + SYNC_TIMEOUT;
	int rc;

	/* The end may not be reported, as anything else, or not on time. */
	do {
		rc = try_sync(t);
	} while (rc && rc != -EINTR && time_before(jiffies, end));
	return rc;
}

static int start(struct kddm_topology *t)
{
	struct task_struct *task;
	int rc;

	rc = dial(t->kn, &t->sock);
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
	t->alive = jiffies;
	t->next_list = jiffies + LIST_INTERVAL;
	mutex_init(&t->lock);
	init_completion(&t->synced);
	rc = start(t);
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
		mutex_lock(&t->lock);
		WRITE_ONCE(t->closing, true);
		kernel_sock_shutdown(t->sock, SHUT_RDWR);
		mutex_unlock(&t->lock);
		kthread_stop_put(t->task);
	}
	if (t->sock)
		sock_release(t->sock);
	mutex_destroy(&t->lock);
	kfree(t);
}
