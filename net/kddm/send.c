// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending: messages, the queues they wait in, and the drainer, which empties
 * these.  transport.h has the roles and the locks.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/tipc.h>
#include "channel.h"
#include "trace.h"

/* Congestion ends with a wake-up from TIPC; this is for lack of memory. */
#define RETRY_DELAY	msecs_to_jiffies(10)
/* Steps of a drainer that has something else to do. */
#define DRAIN_STEPS	64

/* Messages */

struct kddm_msg *kddm_msg_alloc(size_t len, u16 nwords, gfp_t gfp)
{
	size_t set = ALIGN(sizeof(struct kddm_msg) + len, sizeof(u64));
	size_t size = set + nwords * sizeof(u64);
	struct kddm_msg *msg;

	if (WARN_ON_ONCE(len > KDDM_MSG_MAX || nwords > KDDM_MAX_NODES / 64))
		return NULL;
	if (gfpflags_allow_blocking(gfp))
		msg = kvmalloc(size, gfp);
	else
		msg = kmalloc(size, gfp);
	if (!msg)
		return NULL;
	INIT_LIST_HEAD(&msg->list);
	msg->len = len;
	msg->nwords = 0;
	msg->targets = nwords ? (void *)msg + set : NULL;
	msg->pool = NULL;
	return msg;
}

struct kddm_msg *kddm_msg_reserved(mempool_t *pool, size_t len)
{
	struct kddm_msg *msg = mempool_alloc(pool, GFP_NOWAIT);

	if (!msg)
		return NULL;
	INIT_LIST_HEAD(&msg->list);
	msg->len = len;
	msg->nwords = 0;
	msg->targets = NULL;
	msg->pool = pool;
	return msg;
}

void kddm_msg_free(struct kddm_msg *msg)
{
	if (msg && msg->pool)
		mempool_free(msg, msg->pool);
	else
		kvfree(msg);
}

/* The end of a message that was queued. */
static void msg_done(struct kddm_chan *c, struct kddm_msg *msg)
{
	atomic_long_sub(msg->len, &c->bytes);
	kddm_msg_free(msg);
}

bool kddm_transport_full(struct kddm_net *kn, u16 chan)
{
	return atomic_long_read(&kn->tp->chan[chan].bytes) > KDDM_QUEUE_MAX;
}

void kddm_msg_aim(struct kddm_msg *msg, u16 dst, u16 chan)
{
	msg->chan = chan;
	msg->dst = dst;
	msg->nwords = 0;
}

void kddm_msg_aim_many(struct kddm_msg *msg, const u64 *targets, u16 nwords,
		       u16 chan)
{
	msg->chan = chan;
	msg->dst = KDDM_NODE_NONE;
	msg->nwords = nwords;
	memcpy(msg->targets, targets, nwords * sizeof(u64));
}

void kddm_msg_queue(struct kddm_net *kn, struct kddm_msg *msg)
{
	struct kddm_chan *c = &kn->tp->chan[msg->chan];

	if (WARN_ON_ONCE(msg->nwords ? msg->len > PAGE_SIZE :
				       msg->dst == kn->self)) {
		kddm_msg_free(msg);
		return;
	}
	atomic_long_add(msg->len, &c->bytes);
	spin_lock(&c->lock);
	list_add_tail(&msg->list, &c->fifo);
	spin_unlock(&c->lock);
}

void kddm_send(struct kddm_net *kn, u16 dst, u16 chan, struct kddm_msg *msg)
{
	kddm_msg_aim(msg, dst, chan);
	kddm_msg_queue(kn, msg);
}

void kddm_send_many(struct kddm_net *kn, const u64 *targets, u16 nwords,
		    u16 chan, struct kddm_msg *msg)
{
	kddm_msg_aim_many(msg, targets, nwords, chan);
	kddm_msg_queue(kn, msg);
}

/* What the drainer does for one message or peer */

static struct kddm_node *peer_of(struct kddm_chan *c,
				 struct kddm_peer_chan *pc)
{
	return container_of(pc - c->nr, struct kddm_node, chan[0]);
}

void kddm_chan_make_ready(struct kddm_chan *c, struct kddm_node *node)
{
	struct kddm_peer_chan *pc = &node->chan[c->nr];

	lockdep_assert_held(&c->lock);
	if (!list_empty(&pc->ready))
		return;
	refcount_inc(&node->ref);
	list_add_tail(&pc->ready, &c->ready);
}

static void undeliverable(struct kddm_chan *c, u16 dst, struct kddm_msg *msg)
{
	if (c->ops && c->ops->undeliverable)
		c->ops->undeliverable(c->kn, dst, msg);
}

/* If there is no credit, the next ack makes the peer ready. */
static bool have_credit(struct kddm_chan *c, struct kddm_peer_chan *pc)
{
	bool waiting;

	if ((s32)(pc->seq - READ_ONCE(pc->acked)) < KDDM_WINDOW)
		return true;
	spin_lock(&c->lock);
	waiting = (s32)(pc->seq - pc->acked) >= KDDM_WINDOW;
	pc->waiting = waiting;
	spin_unlock(&c->lock);
	return !waiting;
}

int kddm_chan_sendmsg(struct kddm_chan *c, const struct kddm_node *node,
		      void *buf, const struct kddm_hdr *h)
{
	struct sockaddr_tipc addr = {
		.family = AF_TIPC,
		.addrtype = TIPC_SOCKET_ADDR,
		.addr.id.ref = READ_ONCE(node->port[c->nr]),
		.addr.id.node = node->addr,
	};
	struct msghdr m = {
		.msg_name = &addr,
		.msg_namelen = sizeof(addr),
		.msg_flags = MSG_DONTWAIT,
	};
	struct kvec iov = { .iov_base = buf, .iov_len = h->len };
	int rc;

	kddm_wire_put_hdr(buf, h->len, h);
	trace_kddm_msg_tx(h);
	rc = kernel_sendmsg(c->sock, &m, &iov, 1, h->len);
	return rc < 0 ? rc : 0;
}

/*
 * Send a message now: 0; -EAGAIN: it must wait, and the channel will look at
 * the peer again; another error: it is lost, and the peer with it.
 */
static int xmit(struct kddm_chan *c, struct kddm_node *node, u8 type,
		void *buf, u32 len)
{
	struct kddm_peer_chan *pc = &node->chan[c->nr];
	bool counted = type != KDDM_WIRE_CREDIT;
	struct kddm_hdr h = {
		.type = type,
		.len = len,
		.epoch = READ_ONCE(c->kn->epoch),
		.incarnation = c->kn->incarnation,
		.src = c->kn->self,
		.dst = node->id,
		.chan = c->nr,
		.session = node->session,
		.seq = pc->seq + counted,
		.ack = READ_ONCE(pc->rcvd),
	};
	int rc;

	/* First, because the ack can come before we return. */
	WRITE_ONCE(pc->seq, h.seq);
	rc = kddm_chan_sendmsg(c, node, buf, &h);
	if (!rc) {
		WRITE_ONCE(pc->confirmed, h.ack);
		atomic64_inc(&c->kn->stats.tx);
		atomic64_inc(&node->tx);
		return 0;
	}
	WRITE_ONCE(pc->seq, h.seq - counted);
	/* -EMSGSIZE: from one link to another with smaller packets. */
	if (rc == -EAGAIN || rc == -ENOMEM || rc == -EMSGSIZE) {
		schedule_delayed_work(&c->retry, RETRY_DELAY);
		return -EAGAIN;
	}
	c->kn->tp->peer_ops->failed(c->kn, node);
	return rc;
}

/* Send what can be sent of a peer's backlog, and a CREDIT if one is due. */
static void flush_peer(struct kddm_chan *c, struct kddm_node *node)
{
	struct kddm_peer_chan *pc = &node->chan[c->nr];
	struct kddm_wire_hdr credit;
	u8 link = kddm_node_link(node);
	struct kddm_msg *msg, *next;

	list_for_each_entry_safe(msg, next, &pc->backlog, list) {
		if (link == KDDM_LINK_UP) {
			if (!have_credit(c, pc))
				break;
			if (xmit(c, node, msg->type, msg->buf, msg->len)) {
				link = kddm_node_link(node);
				if (link == KDDM_LINK_UP)
					break;
			}
		}
		if (link != KDDM_LINK_UP && link != KDDM_LINK_DOWN)
			break;
		list_del_init(&msg->list);
		pc->bytes -= msg->len;
		if (link == KDDM_LINK_DOWN)
			undeliverable(c, node->id, msg);
		msg_done(c, msg);
	}
	if (link == KDDM_LINK_UP && kddm_chan_credit_due(pc))
		xmit(c, node, KDDM_WIRE_CREDIT, &credit, sizeof(credit));
}

static struct kddm_msg *clone(const struct kddm_msg *msg)
{
	struct kddm_msg *copy;

	/* At most a page (kddm_send_many()), and nothing is locked. */
	copy = kddm_msg_alloc(msg->len, 0, GFP_NOFS | __GFP_NOFAIL);
	copy->chan = msg->chan;
	copy->type = msg->type;
	memcpy(copy->buf, msg->buf, msg->len);
	return copy;
}

/* Put @msg into a backlog; the peer is lost if it has too much already. */
static void hold(struct kddm_chan *c, struct kddm_node *node,
		 struct kddm_msg *msg)
{
	struct kddm_peer_chan *pc = &node->chan[c->nr];

	list_add_tail(&msg->list, &pc->backlog);
	pc->bytes += msg->len;
	if (pc->bytes > KDDM_BACKLOG_MAX)
		c->kn->tp->peer_ops->failed(c->kn, node);
}

/* Send @msg to @dst, or put it (a copy if it is @shared) into a backlog. */
static void route(struct kddm_chan *c, u16 dst, struct kddm_msg *msg,
		  bool shared)
{
	struct kddm_node *node = kddm_node_get(c->kn, dst);
	struct kddm_peer_chan *pc;
	u8 link;
	int rc;

	if (!node)
		goto nobody;
	link = kddm_node_link(node);
	if (link == KDDM_LINK_DOWN)
		goto nobody;
	pc = &node->chan[c->nr];
	rc = -EAGAIN;
	if (link == KDDM_LINK_UP && list_empty(&pc->backlog) &&
	    have_credit(c, pc))
		rc = xmit(c, node, msg->type, msg->buf, msg->len);
	if (rc && rc != -EAGAIN)
		goto nobody;
	if (rc) {
		if (shared) {
			msg = clone(msg);
			atomic_long_add(msg->len, &c->bytes);
		}
		hold(c, node, msg);
	} else if (!shared) {
		msg_done(c, msg);
	}
	kddm_node_put(node);
	return;

nobody:
	undeliverable(c, dst, msg);
	if (!shared)
		msg_done(c, msg);
	if (node)
		kddm_node_put(node);
}

static void route_many(struct kddm_chan *c, struct kddm_msg *msg)
{
	unsigned int i;
	u64 word;

	for (i = 0; i < msg->nwords; i++) {
		for (word = msg->targets[i]; word; word &= word - 1)
			route(c, i * 64 + __ffs64(word), msg, true);
	}
	msg_done(c, msg);
}

static void flush_all(struct kddm_chan *c)
{
	struct kddm_node *node;
	unsigned long id;

	xa_for_each(&c->kn->nodes, id, node) {
		node = kddm_node_get(c->kn, id);
		if (!node)
			continue;
		flush_peer(c, node);
		kddm_node_put(node);
	}
}

/* One step of the drainer; false if there is nothing to do. */
static bool drain_step(struct kddm_chan *c)
	__must_hold(&c->lock)
{
	struct kddm_peer_chan *pc;
	struct kddm_node *node;
	struct kddm_msg *msg;

	pc = list_first_entry_or_null(&c->ready, struct kddm_peer_chan, ready);
	if (pc) {
		list_del_init(&pc->ready);
		spin_unlock(&c->lock);
		node = peer_of(c, pc);
		flush_peer(c, node);
		kddm_node_put(node);
		spin_lock(&c->lock);
		return true;
	}
	if (c->rescan) {
		c->rescan = false;
		spin_unlock(&c->lock);
		flush_all(c);
		spin_lock(&c->lock);
		return true;
	}
	msg = list_first_entry_or_null(&c->fifo, struct kddm_msg, list);
	if (!msg)
		return false;
	list_del_init(&msg->list);
	spin_unlock(&c->lock);
	if (msg->nwords)
		route_many(c, msg);
	else
		route(c, msg->dst, msg, false);
	spin_lock(&c->lock);
	return true;
}

/* Become the drainer for @steps; false if that was not enough. */
static bool drain(struct kddm_chan *c, unsigned int steps)
{
	bool done = true;

	spin_lock(&c->lock);
	if (!c->draining) {
		c->draining = true;
		while (steps && drain_step(c))
			steps--;
		c->draining = false;
		done = steps;
	}
	spin_unlock(&c->lock);
	return done;
}

void kddm_chan_kick(struct kddm_chan *c)
{
	if (!drain(c, DRAIN_STEPS))
		queue_work(system_dfl_wq, &c->more);
}

void kddm_chan_more(struct work_struct *work)
{
	struct kddm_chan *c = container_of(work, struct kddm_chan, more);

	while (!drain(c, DRAIN_STEPS))
		cond_resched();
}

void kddm_kick(struct kddm_net *kn, u16 chan)
{
	kddm_chan_kick(&kn->tp->chan[chan]);
}

void kddm_transport_wake(struct kddm_net *kn, struct kddm_node *node)
{
	struct kddm_chan *c;
	int i;

	for (i = 0; i < KDDM_CHANNELS; i++) {
		c = &kn->tp->chan[i];
		spin_lock(&c->lock);
		kddm_chan_make_ready(c, node);
		spin_unlock(&c->lock);
		kddm_chan_kick(c);
	}
}

void kddm_chan_retry(struct work_struct *work)
{
	struct kddm_chan *c = container_of(to_delayed_work(work),
					   struct kddm_chan, retry);

	spin_lock(&c->lock);
	c->rescan = true;
	spin_unlock(&c->lock);
	kddm_chan_kick(c);
}
