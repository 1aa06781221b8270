// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages that have left and are not confirmed.
 *
 * What a layer above wants to have back if it was lost (msg->keep) stays with
 * the channel until the peer has confirmed it.  When the session ends, nobody
 * knows how much of the rest has arrived; the peer does, and says so when the
 * two meet again (HELLO): what it has not received then goes to
 * struct kddm_channel_ops.lost.  If it begins another life, or nothing is heard
 * of that session, it is forgotten.
 *
 * A receiver that has nothing to send confirms after TELL_DELAY, so that little
 * waits here.
 */
#include <linux/jiffies.h>
#include <linux/list.h>
#include "channel.h"

#define TELL_DELAY	(HZ / 5)

/* What the present session says of @msg, if it was sent as number @seq. */
static void tag(struct kddm_msg *msg, const struct kddm_node *node, u32 seq)
{
	msg->dst = node->id;
	msg->seq = seq;
	msg->session = node->session;
	msg->incarnation = node->incarnation;
}

bool kddm_sent_keep(struct kddm_chan *c, struct kddm_node *node,
		    struct kddm_msg *msg, u32 seq)
{
	struct kddm_peer_chan *pc = &node->chan[c->nr];
	bool keep;

	tag(msg, node, seq);
	spin_lock(&c->lock);
	keep = (s32)(seq - pc->acked) > 0;
	if (keep)
		list_add_tail(&msg->list, pc->parted ? &c->late : &pc->sent);
	spin_unlock(&c->lock);
	return keep;
}

void kddm_sent_confirmed(struct kddm_peer_chan *pc, struct list_head *done)
{
	struct kddm_msg *msg, *next;

	list_for_each_entry_safe(msg, next, &pc->sent, list) {
		if ((s32)(msg->seq - pc->acked) > 0)
			return;
		list_move_tail(&msg->list, done);
	}
}

/* Take from what is late, into @list, what was for @id; with the lock. */
static void take_late(struct kddm_chan *c, u16 id, struct list_head *list)
{
	struct kddm_msg *msg, *next;

	lockdep_assert_held(&c->lock);
	list_for_each_entry_safe(msg, next, &c->late, list)
		if (msg->dst == id)
			list_move_tail(&msg->list, list);
}

void kddm_transport_part(struct kddm_net *kn, struct kddm_node *node,
			 u32 *rcvd)
{
	LIST_HEAD(old);
	int i;

	for (i = 0; i < KDDM_CHANNELS; i++) {
		struct kddm_peer_chan *pc = &node->chan[i];
		struct kddm_chan *c = &kn->tp->chan[i];

		spin_lock(&c->lock);
		pc->parted = true;
		rcvd[i] = pc->rcvd;
		/* Of sessions before this one nothing will be heard. */
		take_late(c, node->id, &old);
		list_splice_tail_init(&pc->sent, &c->late);
		spin_unlock(&c->lock);
	}
	kddm_msg_free_all(&old);
}

/* Whether the node of a HELLO has received @msg, or another one has. */
static bool is_settled(const struct kddm_net *kn, const struct kddm_msg *msg,
		       u32 incarnation, const struct kddm_hello *hello)
{
	return msg->incarnation != incarnation ||
	       hello->past_incarnation != kn->incarnation ||
	       hello->past_session != msg->session ||
	       (s32)(msg->seq - hello->past_rcvd[msg->chan]) <= 0;
}

void kddm_transport_met(struct kddm_net *kn, u16 id, u32 incarnation,
			const struct kddm_hello *hello)
{
	struct kddm_msg *msg, *next;
	LIST_HEAD(late);
	int i;

	for (i = 0; i < KDDM_CHANNELS; i++) {
		struct kddm_chan *c = &kn->tp->chan[i];

		spin_lock(&c->lock);
		take_late(c, id, &late);
		spin_unlock(&c->lock);
	}
	list_for_each_entry_safe(msg, next, &late, list) {
		const struct kddm_channel_ops *ops =
			kn->tp->chan[msg->chan].ops;

		list_del_init(&msg->list);
		if (is_settled(kn, msg, incarnation, hello) ||
		    !ops || !ops->lost || !ops->lost(kn, msg))
			kddm_msg_free(msg);
	}
}

void kddm_sent_tell_later(struct kddm_chan *c)
{
	if (!delayed_work_pending(&c->tell))
		schedule_delayed_work(&c->tell, TELL_DELAY);
}

void kddm_sent_tell(struct work_struct *work)
{
	struct kddm_chan *c = container_of(to_delayed_work(work),
					   struct kddm_chan, tell);
	struct kddm_peer_chan *pc;
	struct kddm_node *node = NULL;

	while ((node = kddm_node_next(c->kn, node))) {
		pc = &node->chan[c->nr];
		if (READ_ONCE(pc->rcvd) != READ_ONCE(pc->confirmed)) {
			spin_lock(&c->lock);
			WRITE_ONCE(pc->owed, true);
			kddm_chan_make_ready(c, node);
			spin_unlock(&c->lock);
		}
	}
	kddm_chan_kick(c);
}
