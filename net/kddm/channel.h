/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the transport share: channels.  transport.h has the roles
 * and the locks.
 */
#ifndef _NET_KDDM_CHANNEL_H
#define _NET_KDDM_CHANNEL_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include "member.h"
#include "transport.h"

struct kvec;
struct sock;
struct socket;
struct task_struct;

/**
 * struct kddm_chan - a channel
 * @kn: the namespace
 * @nr: its number
 * @port: TIPC port of @sock
 * @sock: the socket
 * @task: the receiving thread
 * @helper: a task that receives in its place, or NULL
 * @rx_lock: held by who receives; see kddm_wait()
 * @rxbuf: what is received into; protected by @rx_lock
 * @missing: bytes of the present datagram that were not; the same
 * @ops: the layer above
 * @lock: protects the next five
 * @fifo: messages that wait for the drainer
 * @ready: peers that the drainer should look at, with a reference
 * @draining: there is a drainer
 * @rescan: it should look at all peers
 * @late: messages of sessions that have ended before they were confirmed
 * @bytes: of all messages that have not been sent
 * @retry: sets @rescan when congestion or lack of memory may have ended
 * @more: goes on where a drainer had enough
 * @tell: confirms to peers what has come and was not confirmed yet
 * @data_ready: TIPC's own callback
 * @write_space: TIPC's own callback
 */
struct kddm_chan {
	struct kddm_net			*kn;
	u16				nr;
	u32				port;
	struct socket			*sock;
	struct task_struct		*task;
	struct task_struct		*helper;
	struct mutex			rx_lock;	/* see kddm_wait() */
	void				*rxbuf;
	u32				missing;
	const struct kddm_channel_ops	*ops;
	spinlock_t			lock;		/* see transport.h */
	struct list_head		fifo;
	struct list_head		ready;
	bool				draining;
	bool				rescan;
	struct list_head		late;
	atomic_long_t			bytes;
	struct delayed_work		retry;
	struct work_struct		more;
	struct delayed_work		tell;
	void				(*data_ready)(struct sock *sk);
	void				(*write_space)(struct sock *sk);
};

/**
 * struct kddm_transport - transport of one namespace
 * @addr: own TIPC node address
 * @peer_ops: the membership layer
 * @chan: the channels
 */
struct kddm_transport {
	u32				addr;
	const struct kddm_peer_ops	*peer_ops;
	struct kddm_chan		chan[KDDM_CHANNELS];
};

/* send.c */

/* Become the drainer, unless somebody is. */
void kddm_chan_kick(struct kddm_chan *c);
/* Have the drainer look at a peer; with the channel's lock. */
void kddm_chan_make_ready(struct kddm_chan *c, struct kddm_node *node);
/* Send a datagram of @len bytes to @node, without waiting. */
int kddm_chan_sendmsg(struct kddm_chan *c, const struct kddm_node *node,
		      struct kvec *iov, unsigned int nr, u32 len);
/* The work of c->retry, and of c->more. */
void kddm_chan_retry(struct work_struct *work);
void kddm_chan_more(struct work_struct *work);

/* Has so much come from a peer, or so long ago, that it should be told? */
static inline bool kddm_chan_credit_due(const struct kddm_peer_chan *pc)
{
	u32 more = READ_ONCE(pc->rcvd) - READ_ONCE(pc->confirmed);

	return more >= KDDM_WINDOW / 4 || (more && READ_ONCE(pc->owed));
}

/* sent.c */

/*
 * @msg, which was sent to @node as number @seq, is to be kept: false if that
 * has been confirmed already.  As the drainer.
 */
bool kddm_sent_keep(struct kddm_chan *c, struct kddm_node *node,
		    struct kddm_msg *msg, u32 seq);
/* Take what has been confirmed, into @done; with the channel's lock. */
void kddm_sent_confirmed(struct kddm_peer_chan *pc, struct list_head *done);
/* Something has come that the peer should know of, if it does not soon. */
void kddm_sent_tell_later(struct kddm_chan *c);
/* The work of c->tell. */
void kddm_sent_tell(struct work_struct *work);

/* receive.c */

/* The receiving thread; @data is the channel. */
int kddm_chan_thread(void *data);
/* Something has come.  Context: softirq or task, socket locked. */
void kddm_chan_data_ready(struct sock *sk);

#endif /* _NET_KDDM_CHANNEL_H */
