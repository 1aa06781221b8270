// SPDX-License-Identifier: GPL-2.0-only
/*
 * The channels' sockets and threads: how they come to be and how they end.
 *
 * Relies on TIPC for delivery in order between two sockets while both nodes are
 * in contact, and for telling who a datagram comes from.  A gap in the sequence
 * numbers means that this did not hold; the session with that peer then ends.
 */
#include <linux/bitfield.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/tipc.h>
#include <net/sock.h>
#include "channel.h"
#include "trace.h"

/* TIPC lets a queue of critical messages grow to sk_rcvbuf << 3. */
#define ROOM_SHIFT	TIPC_CRITICAL_IMPORTANCE
#define ROOM_MSG	(SZ_256K + SZ_1K)	/* what a full datagram takes */

/* For the membership layer */

u32 kddm_transport_addr(struct kddm_net *kn)
{
	return kn->tp->addr;
}

u32 kddm_transport_port(struct kddm_net *kn, u16 chan)
{
	return kn->tp->chan[chan].port;
}

void kddm_transport_set_ops(struct kddm_net *kn, u16 chan,
			    const struct kddm_channel_ops *ops)
{
	kn->tp->chan[chan].ops = ops;
}

void kddm_transport_set_peer_ops(struct kddm_net *kn,
				 const struct kddm_peer_ops *ops)
{
	kn->tp->peer_ops = ops;
}

int kddm_transport_bind(struct kddm_net *kn, u32 type, bool publish)
{
	struct sockaddr_tipc addr = {
		.family = AF_TIPC,
		.addrtype = TIPC_SERVICE_RANGE,
		.scope = publish ? TIPC_CLUSTER_SCOPE : -TIPC_CLUSTER_SCOPE,
		.addr.nameseq.type = type,
		.addr.nameseq.lower = kn->self,
		.addr.nameseq.upper = kn->self,
	};

	return kernel_bind(kn->tp->chan[0].sock,
			   (struct sockaddr_unsized *)&addr, sizeof(addr));
}

int kddm_transport_hello(struct kddm_net *kn, struct kddm_node *node,
			 u32 flags)
{
	struct {
		struct kddm_wire_hdr	hdr;
		struct kddm_wire_hello	hello;
	} __packed buf;
	struct kddm_hello m = {
		.cluster = kn->cluster,
		.past_session = node->past.session,
		.past_incarnation = node->past.incarnation,
		.flags = flags | FIELD_PREP(KDDM_HELLO_QUORUM, kn->quorum),
	};
	struct kddm_hdr h = {
		.type = KDDM_WIRE_HELLO,
		.len = sizeof(buf),
		.epoch = READ_ONCE(kn->epoch),
		.incarnation = kn->incarnation,
		.src = kn->self,
		.dst = node->id,
		.session = node->session,
		.seq = READ_ONCE(node->chan[0].seq),
		.ack = READ_ONCE(node->chan[0].rcvd),
	};
	struct kvec iov = { .iov_base = &buf, .iov_len = sizeof(buf) };
	int i;

	/* What has not been taken in as a whole is not confirmed. */
	if (kddm_node_link(node) > KDDM_LINK_NEW) {
		m.peer_incarnation = READ_ONCE(node->incarnation);
		m.peer_session = READ_ONCE(node->peer_session);
	}
	for (i = 0; i < KDDM_CHANNELS; i++) {
		m.past_rcvd[i] = node->past.rcvd[i];
		m.port[i] = kn->tp->chan[i].port;
	}
	kddm_wire_put_hello(&buf.hello, sizeof(buf.hello), &m);
	kddm_wire_put_hdr(&buf.hdr, sizeof(buf.hdr), &h);
	trace_kddm_msg_tx(&h);
	return kddm_chan_sendmsg(&kn->tp->chan[0], node, &iov, 1, sizeof(buf));
}

void kddm_transport_room(struct kddm_net *kn, unsigned int peers)
{
	/* One more: what an ended session has left there. */
	u64 room = ((peers + 1ULL) * KDDM_WINDOW * ROOM_MSG) >> ROOM_SHIFT;
	int i;

	/* TIPC shifts it by one bit more for its own messages, and adds. */
	room = clamp_t(u64, room, SZ_2M, SZ_64M);
	for (i = 0; i < KDDM_CHANNELS; i++)
		WRITE_ONCE(kn->tp->chan[i].sock->sk->sk_rcvbuf, room);
}

/* Life of the layer */

/* TIPC's congestion has ended.  Context: softirq, socket locked. */
static void chan_write_space(struct sock *sk)
{
	struct kddm_chan *c;

	read_lock_bh(&sk->sk_callback_lock);
	c = sk->sk_user_data;
	if (c) {
		mod_delayed_work(system_percpu_wq, &c->retry, 0);
		c->write_space(sk);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

static int chan_socket(struct kddm_chan *c, u32 *addr)
{
	int importance = TIPC_CRITICAL_IMPORTANCE;
	struct sockaddr_tipc name;
	struct sock *sk;
	int rc;

	rc = sock_create_kern(c->kn->net, AF_TIPC, SOCK_RDM, 0, &c->sock);
	if (rc)
		return rc;
	rc = kernel_getsockname(c->sock, (struct sockaddr *)&name);
	if (rc < 0)
		return rc;
	*addr = name.addr.id.node;
	c->port = name.addr.id.ref;
	sk = c->sock->sk;
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = c;
	c->data_ready = sk->sk_data_ready;
	sk->sk_data_ready = kddm_chan_data_ready;
	c->write_space = sk->sk_write_space;
	sk->sk_write_space = chan_write_space;
	write_unlock_bh(&sk->sk_callback_lock);
	return READ_ONCE(c->sock->ops)->setsockopt(c->sock, SOL_TIPC,
						   TIPC_IMPORTANCE,
						   KERNEL_SOCKPTR(&importance),
						   sizeof(importance));
}

static int chan_start(struct kddm_chan *c)
{
	struct task_struct *task;

	c->rxbuf = kvmalloc(KDDM_MSG_MAX + 1, GFP_KERNEL);
	if (!c->rxbuf)
		return -ENOMEM;
	task = kthread_run(kddm_chan_thread, c, "kddm_rx/%u", c->nr);
	if (IS_ERR(task))
		return PTR_ERR(task);
	WRITE_ONCE(c->task, task);
	return 0;
}

static void chan_halt(struct kddm_chan *c)
{
	struct task_struct *helper, *task = c->task;

	if (!task)
		return;
	/* Nobody wakes it any more; a helper sees that it is over. */
	write_lock_bh(&c->sock->sk->sk_callback_lock);
	WRITE_ONCE(c->task, NULL);
	write_unlock_bh(&c->sock->sk->sk_callback_lock);
	/* Either we see the helper, or it sees that it is over. */
	smp_mb();
	rcu_read_lock();
	helper = READ_ONCE(c->helper);
	if (helper)
		wake_up_process(helper);
	rcu_read_unlock();
	kthread_stop(task);
	/* Nor does anybody else receive. */
	mutex_lock(&c->rx_lock);
	mutex_unlock(&c->rx_lock);
}

/* Who was the drainer may still be on the way out. */
static void chan_idle(struct kddm_chan *c)
{
	bool busy = true;

	while (busy) {
		spin_lock(&c->lock);
		busy = c->draining;
		spin_unlock(&c->lock);
		if (busy)
			schedule_timeout_uninterruptible(1);
	}
}

static void chan_stop(struct kddm_chan *c)
{
	struct sock *sk;

	chan_halt(c);
	if (c->sock) {
		sk = c->sock->sk;
		write_lock_bh(&sk->sk_callback_lock);
		sk->sk_user_data = NULL;
		if (c->write_space) {
			sk->sk_data_ready = c->data_ready;
			sk->sk_write_space = c->write_space;
		}
		write_unlock_bh(&sk->sk_callback_lock);
		chan_idle(c);
		cancel_delayed_work_sync(&c->retry);
		cancel_delayed_work_sync(&c->tell);
		cancel_work_sync(&c->more);
		sock_release(c->sock);
	}
	/* There were no nodes left to send to. */
	kddm_msg_free_all(&c->fifo);
	kddm_msg_free_all(&c->late);
	kvfree(c->rxbuf);
}

static void chan_init(struct kddm_chan *c, struct kddm_net *kn, u16 nr)
{
	c->kn = kn;
	c->nr = nr;
	mutex_init(&c->rx_lock);
	spin_lock_init(&c->lock);
	INIT_LIST_HEAD(&c->fifo);
	INIT_LIST_HEAD(&c->ready);
	INIT_LIST_HEAD(&c->late);
	INIT_DELAYED_WORK(&c->retry, kddm_chan_retry);
	INIT_WORK(&c->more, kddm_chan_more);
	INIT_DELAYED_WORK(&c->tell, kddm_sent_tell);
}

int kddm_transport_start(struct kddm_net *kn, struct netlink_ext_ack *extack)
{
	struct kddm_transport *tp;
	int i, rc = 0;

	tp = kzalloc_obj(*tp);
	if (!tp)
		return -ENOMEM;
	kn->tp = tp;
	for (i = 0; i < KDDM_CHANNELS; i++)
		chan_init(&tp->chan[i], kn, i);
	for (i = 0; i < KDDM_CHANNELS && !rc; i++)
		rc = chan_socket(&tp->chan[i], &tp->addr);
	if (rc) {
		NL_SET_ERR_MSG(extack,
			       "cannot open a TIPC socket: is module tipc there?");
		goto stop;
	}
	if (!tp->addr) {
		NL_SET_ERR_MSG(extack,
			       "TIPC has no node address here: run 'kddmctl tipc up DEV'");
		rc = -ENETDOWN;
		goto stop;
	}
	return 0;

stop:
	kddm_transport_stop(kn);
	return rc;
}

int kddm_transport_listen(struct kddm_net *kn)
{
	int i, rc = 0;

	for (i = 0; i < KDDM_CHANNELS && !rc; i++)
		rc = chan_start(&kn->tp->chan[i]);
	return rc;
}

void kddm_transport_halt(struct kddm_net *kn)
{
	int i;

	for (i = 0; i < KDDM_CHANNELS; i++)
		chan_halt(&kn->tp->chan[i]);
}

void kddm_transport_stop(struct kddm_net *kn)
{
	struct kddm_transport *tp = kn->tp;
	int i;

	for (i = 0; i < KDDM_CHANNELS; i++)
		chan_stop(&tp->chan[i]);
	kn->tp = NULL;
	kfree(tp);
}
