// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving: the checks that each datagram passes before a layer above sees it.
 *
 * A datagram can come from anyone who can reach TIPC: what matters is the
 * socket address that TIPC says it comes from.  Nothing is allocated before all
 * checks have been passed.
 */
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/tipc.h>
#include <net/sock.h>
#include <net/tipc.h>
#include "channel.h"
#include "trace.h"

/* Of a datagram longer than LONG no more than HEAD is received at first. */
#define LONG	SZ_8K
#define HEAD	512

static_assert(sizeof(struct kddm_wire_hdr) + sizeof(struct kddm_wire_obj) +
	      KDDM_MAX_NODES / 8 <= HEAD);

void kddm_drop(struct kddm_net *kn, u16 chan, u32 addr, u32 port, u32 len,
	       enum kddm_drop why)
{
	atomic64_t *counter[] = {
		[KDDM_DROP_MALFORMED] = &kn->stats.malformed,
		[KDDM_DROP_FOREIGN] = &kn->stats.foreign,
		[KDDM_DROP_STALE] = &kn->stats.stale,
		[KDDM_DROP_REFUSED] = &kn->stats.refused,
		[KDDM_DROP_GAP] = &kn->stats.gaps,
		[KDDM_DROP_BUSY] = &kn->stats.busy,
	};

	atomic64_inc(counter[why]);
	trace_kddm_msg_drop(kn->self, chan, addr, port, len, why);
}

/* Take the peer's ack; false if it confirms what was not sent. */
static bool take_ack(struct kddm_chan *c, struct kddm_node *node, u32 ack)
{
	struct kddm_peer_chan *pc = &node->chan[c->nr];
	LIST_HEAD(done);

	if (ack == pc->acked)
		return true;
	if ((s32)(ack - pc->acked) < 0 ||
	    (s32)(READ_ONCE(pc->seq) - ack) < 0)
		return false;
	spin_lock(&c->lock);
	WRITE_ONCE(pc->acked, ack);
	if (pc->waiting) {
		pc->waiting = false;
		kddm_chan_make_ready(c, node);
	}
	kddm_sent_confirmed(pc, &done);
	spin_unlock(&c->lock);
	kddm_msg_free_all(&done);
	return true;
}

/* Whether it is taken: if the session has ended, it was not. */
static bool take(struct kddm_chan *c, struct kddm_peer_chan *pc, u32 seq)
{
	bool taken;

	spin_lock(&c->lock);
	taken = !pc->parted;
	if (taken)
		WRITE_ONCE(pc->rcvd, seq);
	spin_unlock(&c->lock);
	return taken;
}

/* Does a message belong to the session?  Returns 0 or enum kddm_drop + 1. */
static int admit(struct kddm_chan *c, struct kddm_node *node,
		 const struct kddm_hdr *h)
{
	struct kddm_peer_chan *pc = &node->chan[c->nr];
	u8 link = kddm_node_link(node);

	if (link == KDDM_LINK_HELLO && h->type != KDDM_WIRE_CREDIT &&
	    c->kn->tp->peer_ops->confirmed(c->kn, node, h))
		link = KDDM_LINK_UP;
	if (link != KDDM_LINK_UP || h->incarnation != node->incarnation ||
	    h->session != node->peer_session)
		return KDDM_DROP_STALE + 1;
	if (h->type != KDDM_WIRE_CREDIT && h->seq != pc->rcvd + 1) {
		if ((s32)(h->seq - pc->rcvd) <= 0)
			return KDDM_DROP_STALE + 1;
		c->kn->tp->peer_ops->failed(c->kn, node);
		return KDDM_DROP_GAP + 1;
	}
	return take_ack(c, node, h->ack) ? 0 : KDDM_DROP_MALFORMED + 1;
}

/* What to count if the layer above says @rc. */
static enum kddm_drop verdict(int rc)
{
	return rc == -EBADMSG ? KDDM_DROP_MALFORMED :
	       rc == -EBUSY ? KDDM_DROP_BUSY : KDDM_DROP_STALE;
}

/* A counted message in its turn: hand it up. */
static void deliver(struct kddm_chan *c, struct kddm_node *node,
		    const struct kddm_hdr *h, const void *body, size_t len)
{
	struct kddm_peer_chan *pc = &node->chan[c->nr];
	int rc = -EUNATCH;

	if (!take(c, pc, h->seq)) {
		kddm_drop(c->kn, c->nr, node->addr,
			  READ_ONCE(node->port[c->nr]), h->len,
			  KDDM_DROP_STALE);
		return;
	}
	atomic64_inc(&c->kn->stats.rx);
	atomic64_inc(&node->rx);
	atomic64_add(h->len, &c->kn->stats.rx_bytes);
	atomic64_add(h->len, &node->rx_bytes);
	trace_kddm_msg_rx(h);
	if (c->ops)
		rc = c->ops->rx(c->kn, h, body, len);
	if (rc)
		kddm_drop(c->kn, c->nr, node->addr,
			  READ_ONCE(node->port[c->nr]), h->len, verdict(rc));
	/* What must not be lost was. */
	if (rc == -ECONNRESET)
		c->kn->tp->peer_ops->failed(c->kn, node);
	if (kddm_chan_credit_due(pc)) {
		spin_lock(&c->lock);
		kddm_chan_make_ready(c, node);
		spin_unlock(&c->lock);
	} else if (READ_ONCE(pc->rcvd) != READ_ONCE(pc->confirmed)) {
		kddm_sent_tell_later(c);
	}
}

/*
 * All checks of the message that begins what is left of a datagram; 0 or enum
 * kddm_drop + 1: then nothing behind it counts either.
 */
static int message(struct kddm_chan *c, const void *buf, size_t left, u32 addr,
		   u32 port, struct kddm_hdr *h)
{
	const struct kddm_peer_ops *peer = c->kn->tp->peer_ops;
	const struct kddm_wire_hdr *w = buf;
	size_t hdr = sizeof(struct kddm_wire_hdr);
	struct kddm_node *node;
	bool credit;
	int rc;

	rc = kddm_wire_get_hdr(buf, left, h);
	if (rc == -EPROTONOSUPPORT)
		return peer->version(c->kn, addr, port, w->version) ?
		       KDDM_DROP_REFUSED + 1 : KDDM_DROP_FOREIGN + 1;
	if (rc || h->dst != c->kn->self || h->chan != c->nr)
		return KDDM_DROP_MALFORMED + 1;
	if (h->type == KDDM_WIRE_HELLO)
		return peer->hello(c->kn, h, addr, port, buf + hdr,
				   h->len - hdr);
	credit = h->type == KDDM_WIRE_CREDIT;
	node = kddm_node_get(c->kn, h->src);
	if (!node)
		return KDDM_DROP_FOREIGN + 1;
	if (node->addr != addr || READ_ONCE(node->port[c->nr]) != port) {
		rc = KDDM_DROP_FOREIGN + 1;
	} else {
		rc = admit(c, node, h);
		if (!rc && !credit)
			deliver(c, node, h, buf + hdr, h->len - hdr);
		/* That of a session which has ended is late, and no more. */
		if (credit && rc == KDDM_DROP_STALE + 1)
			rc = 0;
	}
	kddm_node_put(node);
	return rc;
}

/* The rest of a datagram */

/* Receive the next bytes of the present datagram. */
static void receive_more(struct kddm_chan *c, void *to, u32 len)
{
	struct kvec iov = { .iov_base = to, .iov_len = len };
	struct msghdr m = { };
	int n;

	lockdep_assert_held(&c->rx_lock);
	n = kernel_recvmsg(c->sock, &m, &iov, 1, len, MSG_DONTWAIT | MSG_EOR);
	/* It is there, and so long: see receive(). */
	if (WARN_ON_ONCE(n != len))
		memset(to, 0, len);
	c->missing -= len;
}

/* Nobody wants the rest. */
static void receive_no_more(struct kddm_chan *c)
{
	struct kvec iov = { .iov_base = c->rxbuf, .iov_len = 1 };
	struct msghdr m = { };

	/* Without MSG_EOR, what does not fit is gone. */
	kernel_recvmsg(c->sock, &m, &iov, 1, 1, MSG_DONTWAIT);
	c->missing = 0;
}

u32 kddm_rx_missing(struct kddm_net *kn, u16 chan)
{
	return kn->tp->chan[chan].missing;
}

void kddm_rx_data(struct kddm_net *kn, u16 chan, void *to, const void *data,
		  u32 len)
{
	struct kddm_chan *c = &kn->tp->chan[chan];
	u32 here = len - c->missing;

	if (to != data)
		memcpy(to, data, here);
	if (c->missing)
		receive_more(c, to + here, c->missing);
}

/*
 * Whether the layer above may have a message whose end is missing: it begins a
 * datagram, is all of it, and is one of an object.
 */
static bool may_lack_end(const struct kddm_chan *c, u32 len)
{
	struct kddm_hdr h;

	return !kddm_wire_get_hdr(c->rxbuf, len, &h) && h.len == len &&
	       kddm_wire_is_obj(h.type);
}

/* The messages of a datagram of @len bytes; then what they have led to. */
static void chan_rx(struct kddm_chan *c, size_t len, u32 addr, u32 port)
{
	struct kddm_hdr h;
	size_t at;
	int rc;

	if (c->missing && !may_lack_end(c, len))
		receive_more(c, c->rxbuf + len - c->missing, c->missing);
	for (at = 0; at < len; at += h.len) {
		rc = message(c, c->rxbuf + at, len - at, addr, port, &h);
		if (rc) {
			kddm_drop(c->kn, c->nr, addr, port, len - at, rc - 1);
			break;
		}
	}
	if (c->missing)
		receive_no_more(c);
	kddm_chan_kick(c);
}

/* Without the socket's lock: what is in its backlog will be announced. */
static bool has_data(struct kddm_chan *c)
{
	return !skb_queue_empty_lockless(&c->sock->sk->sk_receive_queue);
}

/*
 * Bytes in the first datagram, as the header of TIPC has it: its own length, in
 * words, and that of both.  Only who receives takes datagrams away.
 */
static u32 first_len(const struct kddm_chan *c)
{
	const struct sk_buff *skb = skb_peek(&c->sock->sk->sk_receive_queue);
	const struct tipc_basic_hdr *hdr = (const void *)skb->data;
	u32 w = be32_to_cpu(hdr->w[0]);

	return (w & 0x1ffff) - (w >> 21 & 0xf) * sizeof(u32);
}

/* Receive and handle one datagram; false if there is none. */
static bool receive(struct kddm_chan *c)
{
	struct sockaddr_tipc from = { };
	struct msghdr m = { .msg_name = &from };
	struct kvec iov = {
		.iov_base = c->rxbuf,
		.iov_len = KDDM_MSG_MAX + 1,
	};
	int n, flags = MSG_DONTWAIT;
	u32 len;

	lockdep_assert_held(&c->rx_lock);
	if (!has_data(c))
		return false;
	len = first_len(c);
	if (len > LONG && len <= KDDM_MSG_MAX) {
		iov.iov_len = HEAD;
		flags |= MSG_EOR;	/* TIPC keeps the rest */
	}
	n = kernel_recvmsg(c->sock, &m, &iov, 1, iov.iov_len, flags);
	if (n < 0)
		return false;
	/* Nothing is left of what is too long, or comes back to its sender. */
	c->missing = n == HEAD && flags & MSG_EOR ? len - HEAD : 0;
	if (n)
		chan_rx(c, n + c->missing, from.addr.id.node,
			from.addr.id.ref);
	else	/* somebody returns a message that we did not send */
		kddm_drop(c->kn, c->nr, from.addr.id.node, from.addr.id.ref,
			  0, KDDM_DROP_FOREIGN);
	return true;
}

/*
 * The thread and the helper sleep without a wait queue, and are woken by
 * name: either they see what has come before they sleep, or they are woken.
 */
int kddm_chan_thread(void *data)
{
	struct kddm_chan *c = data;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		if (!has_data(c) || READ_ONCE(c->helper)) {
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		/* Or somebody is becoming a helper, or has just been one. */
		if (mutex_trylock(&c->rx_lock)) {
			while (!kthread_should_stop() && receive(c))
				cond_resched();
			mutex_unlock(&c->rx_lock);
		}
		cond_resched();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

void kddm_chan_data_ready(struct sock *sk)
{
	struct task_struct *task = NULL;
	struct kddm_chan *c;

	/* The helper's task_struct is freed by RCU. */
	rcu_read_lock();
	read_lock_bh(&sk->sk_callback_lock);
	c = sk->sk_user_data;
	if (c) {
		/* Pairs with the barrier in help(). */
		smp_mb();
		task = READ_ONCE(c->helper) ?: READ_ONCE(c->task);
	}
	if (task)
		wake_up_process(task);
	read_unlock_bh(&sk->sk_callback_lock);
	rcu_read_unlock();
}

static bool may_help(struct kddm_chan *c, struct kddm_waiter *w,
		     unsigned int state)
{
	return !kddm_waiter_done(w) && !signal_pending_state(state, current) &&
	       READ_ONCE(c->task);
}

/* What is left until @end, which is none for MAX_SCHEDULE_TIMEOUT. */
static long left(long timeout, unsigned long end)
{
	if (timeout == MAX_SCHEDULE_TIMEOUT)
		return timeout;
	return max((long)(end - jiffies), 0L);
}

/*
 * Receive in place of the thread until @w is done, or there is a reason to
 * give up.
 */
static void help(struct kddm_chan *c, struct kddm_waiter *w,
		 unsigned int state, long timeout, unsigned long end)
{
	struct task_struct *task;

	lockdep_assert_held(&c->rx_lock);
	WRITE_ONCE(c->helper, current);
	while (left(timeout, end) && may_help(c, w, state)) {
		if (receive(c)) {
			cond_resched();
			continue;
		}
		set_current_state(state);
		if (!has_data(c) && may_help(c, w, state))
			schedule_timeout(left(timeout, end));
		__set_current_state(TASK_RUNNING);
	}
	WRITE_ONCE(c->helper, NULL);
	mutex_unlock(&c->rx_lock);
	/* Either we see what has come, or who brings it sees no helper. */
	smp_mb();
	if (!has_data(c))
		return;
	read_lock_bh(&c->sock->sk->sk_callback_lock);
	task = READ_ONCE(c->task);
	if (task)
		wake_up_process(task);
	read_unlock_bh(&c->sock->sk->sk_callback_lock);
}

int kddm_wait(struct kddm_net *kn, u16 chan, struct kddm_waiter *w,
	      unsigned int state, long timeout)
{
	struct kddm_chan *c = &kn->tp->chan[chan];
	unsigned long end = jiffies + timeout;
	int rc = 0;

	if (!kddm_waiter_done(w) && mutex_trylock(&c->rx_lock))
		help(c, w, state, timeout, end);
	for (;;) {
		set_current_state(state);
		if (kddm_waiter_done(w))
			break;
		rc = signal_pending_state(state, current) ? -EINTR :
		     left(timeout, end) ? 0 : -ETIMEDOUT;
		if (rc)
			break;
		schedule_timeout(left(timeout, end));
	}
	__set_current_state(TASK_RUNNING);
	return rc;
}

void kddm_wake(struct kddm_waiter *w)
{
	struct task_struct *task = w->task;

	if (task == current) {
		w->done = true;
		return;
	}
	/* As soon as it is done, @w can be gone, and the task soon after. */
	get_task_struct(task);
	/* Pairs with kddm_waiter_done(). */
	smp_store_release(&w->done, true);
	wake_up_process(task);
	put_task_struct(task);
}
