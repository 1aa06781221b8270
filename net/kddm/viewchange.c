// SPDX-License-Identifier: GPL-2.0-only
/*
 * View changes, pure: what a node does with what it hears from others, and with
 * what happens on it; viewchange.h has the idea.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#include "viewchange.h"
#include "viewchange_int.h"

/* What comes */

static void on_notice(struct kddm_vc *vc, u16 src,
		      const struct kddm_vc_msg *msg, struct kddm_vc_out *out)
{
	u16 n;

	vc->need = true;
	vc->changed = true;
	for (n = 0; n < KDDM_VC_NODES; n++)
		if (vc->inc[n] && vc->inc[n] == msg->view.inc[n] &&
		    n != vc->self)
			kddm_vc_add(&vc->leavers, n);
	if (vc->leaving && msg->view.inc[vc->self] != vc->inc[vc->self]) {
		/*
		 * It does not know, and has to ask another.  If this node asked
		 * others for it, they could ask each other in a circle.
		 */
		if (vc->phase != KDDM_VC_GONE)
			kddm_vc_send_one(out, KDDM_VC_NOTICE,
					 msg->flags & KDDM_VC_FRESH, 0, src);
		return;
	}
	/* Somebody who may know of more hopes for an attempt of this node. */
	kddm_vc_del(&vc->hopeless, vc->self);
	if (!(msg->flags & KDDM_VC_FRESH))
		return;
	memset(&vc->hopeless, 0, sizeof(vc->hopeless));
	vc->fresh = true;
	vc->told = KDDM_VC_NOBODY;
}

/* A lower node calls away from the attempt of a higher one. */
static void defect(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	if (vc->role)
		kddm_vc_abort(vc, out);
	else
		kddm_vc_send_one(out, KDDM_VC_NACK, 0, vc->promised,
				 vc->proposer);
}

static void on_invite(struct kddm_vc *vc, u16 src,
		      const struct kddm_vc_msg *msg, struct kddm_vc_out *out)
{
	bool idle = vc->started && vc->phase == KDDM_VC_IDLE;
	bool lower = src < vc->proposer && vc->phase == KDDM_VC_INVITED;

	if (vc->phase == KDDM_VC_GONE)
		return;
	if (!idle && !lower && src != vc->proposer) {
		kddm_vc_add(&vc->waiting, src);
		return;
	}
	if (msg->epoch <= vc->promised) {
		kddm_vc_send_one(out, KDDM_VC_NACK, 0, msg->epoch, src);
		return;
	}
	if (!idle && lower)
		defect(vc, out);
	kddm_vc_promise(vc, src, msg, out);
}

static void on_promise(struct kddm_vc *vc, u16 src,
		       const struct kddm_vc_msg *msg, struct kddm_vc_out *out)
{
	struct kddm_vc_promise from = {
		.lineage = msg->lineage,
		.last = msg->view.epoch,
		.flags = msg->flags,
		.nr_pends = msg->nr_pends,
		.reach = msg->reach,
	};
	int i;

	if (vc->role != KDDM_VC_PROMISE || msg->epoch != vc->promised ||
	    !kddm_vc_has(&vc->p.awaited, src))
		return;
	for (i = 0; i < msg->nr_pends; i++)
		from.pend[i] = msg->pend[i].epoch;
	kddm_vc_note(&vc->p, src, &from, &msg->view, msg->pend);
	kddm_vc_answered(vc, src, out);
}

static void on_nack(struct kddm_vc *vc, u16 src, const struct kddm_vc_msg *msg,
		    struct kddm_vc_out *out)
{
	bool late = vc->role == KDDM_VC_PROMISE && !msg->epoch &&
		    kddm_vc_has(&vc->p.awaited, src);

	if (vc->role && (msg->epoch == vc->promised || late))
		kddm_vc_again(vc, out);
}

static void on_refuse(struct kddm_vc *vc, u16 src,
		      const struct kddm_vc_msg *msg, struct kddm_vc_out *out)
{
	if (vc->role && msg->epoch == vc->promised)
		kddm_vc_again(vc, out);
}

/* Whether @msg is of the attempt that this node takes part in. */
static bool mine(const struct kddm_vc *vc, u16 src,
		 const struct kddm_vc_msg *msg, u8 phase)
{
	return vc->proposer == src && vc->promised == msg->epoch &&
	       vc->phase == phase;
}

static void on_propose(struct kddm_vc *vc, u16 src,
		       const struct kddm_vc_msg *msg, struct kddm_vc_out *out)
{
	bool member = msg->view.inc[vc->self];
	bool leaves = vc->leaving && !member;

	if (!mine(vc, src, msg, KDDM_VC_INVITED))
		return;
	if (!leaves && (!member || !kddm_vc_reaches(vc, &msg->view))) {
		kddm_vc_send_one(out, KDDM_VC_REFUSE, 0, msg->epoch, src);
		return;
	}
	kddm_vc_adopt(vc, &msg->view, &msg->base, msg->flags & KDDM_VC_UNSURE,
		      msg->pend, msg->nr_pends, 0xff);
	if (vc->nr_pends == KDDM_VC_PENDS)
		kddm_vc_send_one(out, KDDM_VC_REFUSE, 0, msg->epoch, src);
	else if (leaves)
		kddm_vc_take_leave(vc, &msg->view, out);
	else
		kddm_vc_flush(vc, &msg->view, &msg->reach, out);
}

static void on_mark(struct kddm_vc *vc, u16 src, const struct kddm_vc_msg *msg,
		    struct kddm_vc_out *out)
{
	if (msg->epoch != vc->promised || vc->phase == KDDM_VC_IDLE)
		return;
	kddm_vc_add(&vc->marks, src);
	kddm_vc_try_accept(vc, out);
}

static void on_accept(struct kddm_vc *vc, u16 src,
		      const struct kddm_vc_msg *msg, struct kddm_vc_out *out)
{
	if (vc->role == KDDM_VC_ACCEPT && msg->epoch == vc->promised)
		kddm_vc_answered(vc, src, out);
}

static void on_commit(struct kddm_vc *vc, u16 src,
		      const struct kddm_vc_msg *msg, struct kddm_vc_out *out)
{
	if (mine(vc, src, msg, KDDM_VC_ACCEPTED))
		kddm_vc_committed(vc, out);
}

static void on_done(struct kddm_vc *vc, u16 src, const struct kddm_vc_msg *msg,
		    struct kddm_vc_out *out)
{
	if (vc->role == KDDM_VC_DONE && msg->epoch == vc->promised)
		kddm_vc_answered(vc, src, out);
}

static void on_resume(struct kddm_vc *vc, u16 src,
		      const struct kddm_vc_msg *msg, struct kddm_vc_out *out)
{
	if (mine(vc, src, msg, KDDM_VC_RECONCILE))
		kddm_vc_resumed(vc, out);
}

static void on_cancel(struct kddm_vc *vc, u16 src,
		      const struct kddm_vc_msg *msg, struct kddm_vc_out *out)
{
	if (mine(vc, src, msg, KDDM_VC_INVITED))
		kddm_vc_cancelled(vc, msg->flags, out);
	else if (vc->proposer == src && vc->promised == msg->epoch)
		kddm_vc_to_idle(vc, true, out);
}

static void on_exclude(struct kddm_vc *vc, u16 src,
		       const struct kddm_vc_msg *msg, struct kddm_vc_out *out)
{
	bool part = vc->phase != KDDM_VC_IDLE && vc->phase != KDDM_VC_INVITED;

	/* Others were left out of the view that this node is to have. */
	if (part && src != vc->proposer && msg->epoch == vc->promised &&
	    msg->lineage == vc->lineage)
		return;
	if (kddm_vc_is_over(vc, src, msg)) {
		vc->serving = false;
		vc->need = true;
		if (msg->flags & KDDM_VC_FINAL)
			kddm_vc_pass_on(vc, src, msg, out);
	}
	if (!mine(vc, src, msg, KDDM_VC_INVITED) &&
	    !mine(vc, src, msg, KDDM_VC_ACCEPTED))
		return;
	vc->serving = false;
	kddm_vc_to_idle(vc, vc->changed, out);
	if (vc->leaving)
		vc->phase = KDDM_VC_GONE;
}

typedef void (*vc_handler)(struct kddm_vc *vc, u16 src,
			   const struct kddm_vc_msg *msg,
			   struct kddm_vc_out *out);

/**
 * kddm_vc_receive() - a message of another node
 * @vc: the machine
 * @src: who sent it
 * @msg: the message
 * @out: what to send
 *
 * Return: 0; -ENOTCONN if @src is not in reach, -EPROTO for what no node sends:
 * to be counted and dropped.
 */
int kddm_vc_receive(struct kddm_vc *vc, u16 src, const struct kddm_vc_msg *msg,
		    struct kddm_vc_out *out)
{
	static const vc_handler handler[KDDM_VC_NR_TYPES] = {
		[KDDM_VC_NOTICE]	= on_notice,
		[KDDM_VC_INVITE]	= on_invite,
		[KDDM_VC_PROMISE]	= on_promise,
		[KDDM_VC_NACK]		= on_nack,
		[KDDM_VC_REFUSE]	= on_refuse,
		[KDDM_VC_PROPOSE]	= on_propose,
		[KDDM_VC_MARK]		= on_mark,
		[KDDM_VC_ACCEPT]	= on_accept,
		[KDDM_VC_COMMIT]	= on_commit,
		[KDDM_VC_DONE]		= on_done,
		[KDDM_VC_RESUME]	= on_resume,
		[KDDM_VC_CANCEL]	= on_cancel,
		[KDDM_VC_EXCLUDE]	= on_exclude,
	};

	out->nr = 0;
	if (src >= KDDM_VC_NODES || src == vc->self || !vc->inc[src])
		return -ENOTCONN;
	if (msg->type >= KDDM_VC_NR_TYPES ||
	    msg->nr_pends > (msg->type == KDDM_VC_PROMISE ? KDDM_VC_PENDS :
							    KDDM_VC_SEEN))
		return -EPROTO;
	if (msg->epoch > vc->seen)
		vc->seen = msg->epoch;
	if (msg->seen > vc->seen)
		vc->seen = msg->seen;
	handler[msg->type](vc, src, msg, out);
	kddm_vc_evaluate(vc, out);
	return 0;
}

/* What happens here */

/**
 * kddm_vc_init() - a node that knows nothing
 * @vc: the machine, all zero
 * @self: node id
 * @incarnation: not 0, another one each time
 */
void kddm_vc_init(struct kddm_vc *vc, u16 self, u32 incarnation)
{
	vc->self = self;
	vc->inc[self] = incarnation;
	vc->founders = 1;
	vc->proposer = KDDM_VC_NOBODY;
	vc->told = KDDM_VC_NOBODY;
}

/**
 * kddm_vc_start() - take part from now on
 * @vc: the machine; those in sight are in reach by now
 * @out: what to send
 */
void kddm_vc_start(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	out->nr = 0;
	vc->started = true;
	vc->need = true;
	vc->fresh = true;
	kddm_vc_answer_waiting(vc, out);
	kddm_vc_evaluate(vc, out);
}

static void news(struct kddm_vc *vc)
{
	memset(&vc->hopeless, 0, sizeof(vc->hopeless));
	vc->changed = true;
	vc->fresh = true;
	vc->need = true;
	vc->told = KDDM_VC_NOBODY;
}

/**
 * kddm_vc_leave() - leave the cluster for good
 * @vc: the machine; its node has nothing left that others need
 * @out: what to send
 *
 * The others agree on a view without this node; then @vc->phase is
 * KDDM_VC_GONE.  Without others, or in no cluster, that is so at once.
 */
void kddm_vc_leave(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	out->nr = 0;
	vc->leaving = true;
	vc->serving = false;
	kddm_vc_add(&vc->leavers, vc->self);
	news(vc);
	kddm_vc_evaluate(vc, out);
}

/**
 * kddm_vc_up() - a node is in reach
 * @vc: the machine
 * @node: its id
 * @incarnation: of that node, not 0
 * @out: what to send
 */
void kddm_vc_up(struct kddm_vc *vc, u16 node, u32 incarnation,
		struct kddm_vc_out *out)
{
	u32 over = vc->over;

	out->nr = 0;
	vc->inc[node] = incarnation;
	news(vc);
	if (vc->member && !vc->last.inc[node])
		over = vc->last.epoch;
	if (over)
		kddm_vc_send_one(out, KDDM_VC_EXCLUDE, KDDM_VC_FINAL, over,
				 node);
	kddm_vc_evaluate(vc, out);
}

/* Whether the attempt cannot do without @node, whose incarnation is @inc. */
static bool needed(const struct kddm_vc *vc, u16 node, u32 inc)
{
	if (vc->phase == KDDM_VC_INVITED)
		return kddm_vc_has(&vc->reach, node);
	/* It may not have accepted the view without it. */
	if (vc->role == KDDM_VC_ACCEPT && kddm_vc_has(&vc->p.parting, node))
		return true;
	return vc->cur.inc[node] == inc;
}

/**
 * kddm_vc_down() - a node is out of reach
 * @vc: the machine
 * @node: its id
 * @out: what to send
 */
void kddm_vc_down(struct kddm_vc *vc, u16 node, struct kddm_vc_out *out)
{
	u32 inc = vc->inc[node];
	bool part = vc->phase != KDDM_VC_IDLE && vc->phase != KDDM_VC_GONE;

	out->nr = 0;
	if (inc && vc->last.inc[node] == inc)
		vc->torn = true;
	vc->inc[node] = 0;
	kddm_vc_del(&vc->waiting, node);
	kddm_vc_del(&vc->leavers, node);
	kddm_vc_del(&vc->parting, node);
	if (!kddm_vc_keeps_quorum(vc))
		vc->serving = false;
	news(vc);
	if (part && vc->proposer == node)
		kddm_vc_to_idle(vc, true, out);
	else if (part && needed(vc, node, inc) && vc->role)
		kddm_vc_again(vc, out);
	else if (part && needed(vc, node, inc))
		kddm_vc_send_one(out, KDDM_VC_REFUSE, 0, vc->promised,
				 vc->proposer);
	else if (part)
		kddm_vc_try_accept(vc, out);
	kddm_vc_evaluate(vc, out);
}

/**
 * kddm_vc_reconciled() - what is known of objects agrees with the new view
 * @vc: the machine
 * @epoch: of that view
 * @out: what to send
 */
void kddm_vc_reconciled(struct kddm_vc *vc, u32 epoch, struct kddm_vc_out *out)
{
	out->nr = 0;
	if (vc->phase != KDDM_VC_RECONCILE || vc->promised != epoch)
		return;
	kddm_vc_answer(vc, KDDM_VC_DONE, out);
	kddm_vc_evaluate(vc, out);
}
