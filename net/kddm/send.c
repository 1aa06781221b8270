// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending: messages, the queues they wait in, and the drainer, which empties
 * these.  transport.h has the roles and the locks.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/tipc.h>
#include "channel.h"
#include "trace.h"

/* Congestion ends with a wake-up from TIPC; this is for lack of memory. */
#define RETRY_DELAY	msecs_to_jiffies(10)
/* Steps of a drainer that has something else to do. */
#define DRAIN_STEPS	64
/*
 * What leaves in one datagram, if it is more than one message: not more than
 * the page allocator finds easily, TIPC's own part included.
 */
#define TOGETHER	32		/* messages */
#define TOGETHER_MAX	(SZ_32K - SZ_1K)	/* bytes */

/**
 * struct datagram - what leaves in one
 * @nr: messages
 * @len: bytes of all, @tail included
 * @type: of each message, enum kddm_wire_type
 * @iov: each message
 * @tail: bytes of the only message that are in the next place of @iov
 */
struct datagram {
	unsigned int	nr;
	u32		len;
	u32		tail;
	u8		type[TOGETHER];
	struct kvec	iov[TOGETHER + 1];
};

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
	msg->keep = false;
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
	msg->keep = false;
	return msg;
}

void kddm_msg_free(struct kddm_msg *msg)
{
	if (msg && msg->pool)
		mempool_free(msg, msg->pool);
	else
		kvfree(msg);
}

void kddm_msg_free_all(struct list_head *list)
{
	struct kddm_msg *msg, *next;

	list_for_each_entry_safe(msg, next, list, list) {
		list_del(&msg->list);
		kddm_msg_free(msg);
	}
}

/* The end of a message that was queued. */
static void msg_done(struct kddm_chan *c, struct kddm_msg *msg)
{
	atomic_long_sub(msg->len, &c->bytes);
	kddm_msg_free(msg);
}

/* The same of one that was sent to @node, as number @seq. */
static void msg_sent(struct kddm_chan *c, struct kddm_node *node,
		     struct kddm_msg *msg, u32 seq)
{
	atomic_long_sub(msg->len, &c->bytes);
	if (!msg->keep || !kddm_sent_keep(c, node, msg, seq))
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

static bool undeliverable(struct kddm_chan *c, u16 dst, struct kddm_msg *msg)
{
	return c->ops && c->ops->undeliverable &&
	       c->ops->undeliverable(c->kn, dst, msg);
}

/* The end of @msg, which is in no list and could not be sent to @dst. */
static void not_sent(struct kddm_chan *c, u16 dst, struct kddm_msg *msg)
{
	u32 len = msg->len;

	if (!undeliverable(c, dst, msg))
		kddm_msg_free(msg);
	atomic_long_sub(len, &c->bytes);
}

/* Messages that may be sent; if none may, the next ack makes the peer ready. */
static unsigned int credit(struct kddm_chan *c, struct kddm_peer_chan *pc)
{
	s32 left = KDDM_WINDOW - (s32)(pc->seq - READ_ONCE(pc->acked));

	if (left > 0)
		return left;
	spin_lock(&c->lock);
	left = max(KDDM_WINDOW - (s32)(pc->seq - pc->acked), 0);
	pc->waiting = !left;
	spin_unlock(&c->lock);
	return left;
}

int kddm_chan_sendmsg(struct kddm_chan *c, const struct kddm_node *node,
		      struct kvec *iov, unsigned int nr, u32 len)
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
	int rc = kernel_sendmsg(c->sock, &m, iov, nr, len);

	return rc < 0 ? rc : 0;
}

static void begin(struct datagram *d)
{
	d->nr = 0;
	d->len = 0;
	d->tail = 0;
}

static void add(struct datagram *d, u8 type, void *buf, u32 len)
{
	d->type[d->nr] = type;
	d->iov[d->nr].iov_base = buf;
	d->iov[d->nr].iov_len = len;
	d->nr++;
	d->len += len;
}

/* The end of the only message, which is elsewhere. */
static void add_tail(struct datagram *d, const void *buf, u32 len)
{
	d->iov[1].iov_base = (void *)buf;
	d->iov[1].iov_len = len;
	d->tail = len;
	d->len += len;
}

/* Send a datagram now: 0, or an error, after which nothing was sent. */
static int attempt(struct kddm_chan *c, struct kddm_node *node,
		   struct datagram *d)
{
	struct kddm_peer_chan *pc = &node->chan[c->nr];
	u32 seq = pc->seq;
	struct kddm_hdr h = {
		.epoch = READ_ONCE(c->kn->epoch),
		.incarnation = c->kn->incarnation,
		.src = c->kn->self,
		.dst = node->id,
		.chan = c->nr,
		.session = node->session,
		.seq = seq,
		.ack = READ_ONCE(pc->rcvd),
	};
	unsigned int i;
	int rc;

	for (i = 0; i < d->nr; i++) {
		h.type = d->type[i];
		h.len = d->iov[i].iov_len + d->tail;
		h.seq += h.type != KDDM_WIRE_CREDIT;
		kddm_wire_put_hdr(d->iov[i].iov_base, d->iov[i].iov_len, &h);
		trace_kddm_msg_tx(&h);
	}
	/* First, because the ack can come before we return. */
	WRITE_ONCE(pc->seq, h.seq);
	rc = kddm_chan_sendmsg(c, node, d->iov, d->nr + !!d->tail, d->len);
	if (rc) {
		WRITE_ONCE(pc->seq, seq);
		return rc;
	}
	WRITE_ONCE(pc->confirmed, h.ack);
	WRITE_ONCE(pc->owed, false);
	atomic64_add(d->nr, &c->kn->stats.tx);
	atomic64_add(d->nr, &node->tx);
	atomic64_add(d->len, &c->kn->stats.tx_bytes);
	atomic64_add(d->len, &node->tx_bytes);
	return 0;
}

/*
 * Send a datagram now: 0; -EAGAIN: it must wait, and the channel will look at
 * the peer again; another error: it is lost, and the peer with it.
 */
static int xmit(struct kddm_chan *c, struct kddm_node *node,
		struct datagram *d)
{
	int rc = attempt(c, node, d);

	if (!rc)
		return 0;
	/* -EMSGSIZE: from one link to another with smaller packets. */
	if (rc == -EAGAIN || rc == -ENOMEM || rc == -EMSGSIZE) {
		schedule_delayed_work(&c->retry, RETRY_DELAY);
		return -EAGAIN;
	}
	c->kn->tp->peer_ops->failed(c->kn, node);
	return rc;
}

/* The first messages of a backlog: at most @max, and what fits together. */
static void pick(const struct list_head *backlog, unsigned int max,
		 struct datagram *d)
{
	struct kddm_msg *msg;

	begin(d);
	list_for_each_entry(msg, backlog, list) {
		if (d->nr == min(max, TOGETHER) ||
		    (d->nr && d->len + msg->len > TOGETHER_MAX))
			return;
		add(d, msg->type, msg->buf, msg->len);
		/* The next one could not be told from this one's end. */
		if (msg->len % KDDM_WIRE_ALIGN)
			return;
	}
}

/* The end of the first @nr messages of a backlog. */
static void forget(struct kddm_chan *c, struct kddm_node *node,
		   unsigned int nr, bool lost)
{
	struct kddm_peer_chan *pc = &node->chan[c->nr];
	u32 seq = pc->seq - nr;
	struct kddm_msg *msg;

	while (nr--) {
		msg = list_first_entry(&pc->backlog, struct kddm_msg, list);
		list_del_init(&msg->list);
		pc->bytes -= msg->len;
		if (lost)
			not_sent(c, node->id, msg);
		else
			msg_sent(c, node, msg, ++seq);
	}
}

static void send_credit(struct kddm_chan *c, struct kddm_node *node)
{
	struct kddm_wire_hdr h;
	struct datagram d;

	begin(&d);
	add(&d, KDDM_WIRE_CREDIT, &h, sizeof(h));
	xmit(c, node, &d);
}

/* Send what can be sent of a peer's backlog, and a CREDIT if one is due. */
static void flush_peer(struct kddm_chan *c, struct kddm_node *node)
{
	struct kddm_peer_chan *pc = &node->chan[c->nr];
	u8 link = kddm_node_link(node);
	struct datagram d;
	int rc;

	while (!list_empty(&pc->backlog) && link == KDDM_LINK_UP) {
		pick(&pc->backlog, credit(c, pc), &d);
		if (!d.nr)
			break;
		rc = xmit(c, node, &d);
		link = kddm_node_link(node);
		if (!rc)
			forget(c, node, d.nr, false);
		else if (link == KDDM_LINK_UP)
			break;
	}
	while (!list_empty(&pc->backlog) && link == KDDM_LINK_DOWN)
		forget(c, node, 1, true);
	if (link == KDDM_LINK_UP && kddm_chan_credit_due(pc))
		send_credit(c, node);
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

/* Put messages into a backlog; the peer is lost if it has too much already. */
static void hold(struct kddm_chan *c, struct kddm_node *node,
		 struct list_head *batch)
{
	struct kddm_peer_chan *pc = &node->chan[c->nr];
	struct kddm_msg *msg;

	list_for_each_entry(msg, batch, list)
		pc->bytes += msg->len;
	list_splice_tail_init(batch, &pc->backlog);
	if (pc->bytes > KDDM_BACKLOG_MAX)
		c->kn->tp->peer_ops->failed(c->kn, node);
}

/* Send messages to @dst, or leave them in a backlog. */
static void route(struct kddm_chan *c, u16 dst, struct list_head *batch)
{
	struct kddm_node *node = kddm_node_get(c->kn, dst);
	struct kddm_msg *msg, *next;

	if (node && kddm_node_link(node) != KDDM_LINK_DOWN) {
		hold(c, node, batch);
		flush_peer(c, node);
	}
	list_for_each_entry_safe(msg, next, batch, list) {
		list_del_init(&msg->list);
		not_sent(c, dst, msg);
	}
	if (node)
		kddm_node_put(node);
}

/* Send @msg, which others get as well, or leave a copy in a backlog. */
static void route_shared(struct kddm_chan *c, u16 dst, struct kddm_msg *msg)
{
	struct kddm_node *node = kddm_node_get(c->kn, dst);
	struct kddm_peer_chan *pc;
	struct datagram d;
	LIST_HEAD(batch);
	int rc = -EAGAIN;
	u8 link;

	link = node ? kddm_node_link(node) : KDDM_LINK_DOWN;
	if (link == KDDM_LINK_DOWN) {
		rc = -EHOSTDOWN;
	} else if (link == KDDM_LINK_UP) {
		pc = &node->chan[c->nr];
		begin(&d);
		add(&d, msg->type, msg->buf, msg->len);
		if (list_empty(&pc->backlog) && credit(c, pc))
			rc = xmit(c, node, &d);
	}
	if (rc == -EAGAIN) {
		msg = clone(msg);
		atomic_long_add(msg->len, &c->bytes);
		list_add(&msg->list, &batch);
		hold(c, node, &batch);
	} else if (rc) {
		WARN_ON_ONCE(undeliverable(c, dst, msg));
	}
	if (node)
		kddm_node_put(node);
}

static void route_many(struct kddm_chan *c, struct kddm_msg *msg)
{
	unsigned int i;
	u64 word;

	for (i = 0; i < msg->nwords; i++) {
		for (word = msg->targets[i]; word; word &= word - 1)
			route_shared(c, i * 64 + __ffs64(word), msg);
	}
	msg_done(c, msg);
}

static void flush_all(struct kddm_chan *c)
{
	struct kddm_node *node = NULL;

	while ((node = kddm_node_next(c->kn, node)))
		flush_peer(c, node);
}

/* What is first in line, and all behind it that can leave with it. */
static void take_batch(struct kddm_chan *c, struct list_head *batch)
{
	unsigned int left = TOGETHER;
	struct kddm_msg *msg, *next;
	u16 dst = KDDM_NODE_NONE;

	lockdep_assert_held(&c->lock);
	list_for_each_entry_safe(msg, next, &c->fifo, list) {
		if (!list_empty(batch) && (msg->nwords || msg->dst != dst))
			return;
		dst = msg->dst;
		list_move_tail(&msg->list, batch);
		if (msg->nwords || !--left)
			return;
	}
}

/* One step of the drainer; false if there is nothing to do. */
static bool drain_step(struct kddm_chan *c)
	__must_hold(&c->lock)
{
	struct kddm_peer_chan *pc;
	struct kddm_node *node;
	struct kddm_msg *msg;
	LIST_HEAD(batch);

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
	take_batch(c, &batch);
	msg = list_first_entry_or_null(&batch, struct kddm_msg, list);
	if (!msg)
		return false;
	spin_unlock(&c->lock);
	if (msg->nwords) {
		list_del_init(&msg->list);
		route_many(c, msg);
	} else {
		route(c, msg->dst, &batch);
	}
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

/* Straight on, past the queue, when there is none */

bool kddm_send_claim(struct kddm_net *kn, u16 chan)
{
	struct kddm_chan *c = &kn->tp->chan[chan];
	bool ours;

	spin_lock(&c->lock);
	ours = !c->draining && list_empty(&c->fifo);
	if (ours)
		c->draining = true;
	spin_unlock(&c->lock);
	return ours;
}

/* As the drainer; whatever stands in the way is left to the usual one. */
static int send_first(struct kddm_chan *c, struct kddm_node *node,
		      struct kddm_msg *msg, const void *data, u32 len)
{
	struct kddm_peer_chan *pc = &node->chan[c->nr];
	struct datagram d;

	if (kddm_node_link(node) != KDDM_LINK_UP ||
	    !list_empty(&pc->backlog) || !credit(c, pc))
		return -EAGAIN;
	begin(&d);
	add(&d, msg->type, msg->buf, msg->len);
	add_tail(&d, data, len);
	return attempt(c, node, &d);
}

int kddm_send_claimed(struct kddm_net *kn, u16 dst, u16 chan,
		      struct kddm_msg *msg, const void *data, u32 len)
{
	struct kddm_chan *c = &kn->tp->chan[chan];
	struct kddm_node *node = kddm_node_get(kn, dst);
	unsigned int nofs = memalloc_nofs_save();
	int rc = -EAGAIN;

	if (node) {
		rc = send_first(c, node, msg, data, len);
		kddm_node_put(node);
	}
	memalloc_nofs_restore(nofs);
	spin_lock(&c->lock);
	c->draining = false;
	spin_unlock(&c->lock);
	return rc;
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

void kddm_kick_all(struct kddm_net *kn)
{
	u16 chan;

	for (chan = 0; chan < KDDM_CHANNELS; chan++)
		kddm_kick(kn, chan);
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
