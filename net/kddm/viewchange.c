// SPDX-License-Identifier: GPL-2.0-only
/*
 * View changes, pure: what a node does with what it hears; viewchange.h has the
 * idea, viewchange_decide.c what a proposer makes of the answers, and
 * viewchange_wire.c what is in the messages.
 *
 * A proposer takes part in its own attempt like the others, but by calls
 * instead of messages.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#include "viewchange.h"

/* Messages */

static void send(struct kddm_vc_out *out, u8 type, u8 flags, u32 epoch,
		 const struct kddm_vc_set *to)
{
	struct kddm_vc_send *s = &out->send[out->nr];

	if (kddm_vc_empty(to))
		return;
	s->type = type;
	s->flags = flags;
	s->epoch = epoch;
	s->to = *to;
	out->nr++;
}

static void send_one(struct kddm_vc_out *out, u8 type, u8 flags, u32 epoch,
		     u16 to)
{
	struct kddm_vc_set set = { };

	kddm_vc_add(&set, to);
	send(out, type, flags, epoch, &set);
}

/* All members of @v but this node. */
static void others(const struct kddm_vc *vc, const struct kddm_vc_view *v,
		   struct kddm_vc_set *set)
{
	u16 n;

	memset(set, 0, sizeof(*set));
	for (n = 0; n < KDDM_VC_NODES; n++)
		if (v->inc[n] && n != vc->self)
			kddm_vc_add(set, n);
}

/* All who were invited and are still in reach, but this node. */
static void invited(const struct kddm_vc *vc, struct kddm_vc_set *set)
{
	u16 n;

	others(vc, &vc->p.invited, set);
	for (n = 0; n < KDDM_VC_NODES; n++)
		if (vc->inc[n] != vc->p.invited.inc[n])
			kddm_vc_del(set, n);
}

static u8 promise_flags(const struct kddm_vc *vc)
{
	return (vc->serving ? KDDM_VC_SERVING : 0) |
	       (vc->leaving ? KDDM_VC_LEAVING : 0) |
	       (vc->more ? KDDM_VC_MORE : 0);
}

/* The end of an attempt */

/* A node that has joined nothing after all has nothing to remember. */
static void forget_others(struct kddm_vc *vc)
{
	if (!vc->lineage || vc->nr_pends || vc->member)
		return;
	vc->lineage = 0;
	memset(&vc->last, 0, sizeof(vc->last));
	vc->need = true;
}

static void answer_waiting(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	send(out, KDDM_VC_NACK, 0, 0, &vc->waiting);
	memset(&vc->waiting, 0, sizeof(vc->waiting));
}

static void to_idle(struct kddm_vc *vc, bool need, struct kddm_vc_out *out)
{
	vc->phase = KDDM_VC_IDLE;
	vc->role = 0;
	vc->proposer = KDDM_VC_NOBODY;
	vc->need = need;
	vc->told = KDDM_VC_NOBODY;
	forget_others(vc);
	answer_waiting(vc, out);
}

/* Nothing came of it. */
static void cancelled(struct kddm_vc *vc, u8 flags, struct kddm_vc_out *out)
{
	if (flags & KDDM_VC_DOUBT || !kddm_vc_reaches(vc, &vc->last))
		vc->serving = false;
	/* With what is new since it may lead to something. */
	if (flags & KDDM_VC_FUTILE && !vc->fresh)
		kddm_vc_add(&vc->hopeless, vc->proposer);
	to_idle(vc, vc->changed || !(flags & KDDM_VC_FINAL), out);
}

/* Taking part */

/* A lower proposer that waited for this one may try again. */
static void let_pass(struct kddm_vc *vc, u16 proposer, struct kddm_vc_out *out)
{
	struct kddm_vc_set lower = { };
	u16 n;

	for (n = 0; n < proposer; n++) {
		if (!kddm_vc_has(&vc->waiting, n))
			continue;
		kddm_vc_add(&lower, n);
		kddm_vc_del(&vc->waiting, n);
	}
	send(out, KDDM_VC_NACK, 0, 0, &lower);
}

static void begin_part(struct kddm_vc *vc, u16 proposer, u32 epoch,
		       struct kddm_vc_out *out)
{
	let_pass(vc, proposer, out);
	forget_others(vc);
	vc->phase = KDDM_VC_INVITED;
	vc->role = 0;
	vc->proposer = proposer;
	vc->promised = epoch;
	vc->changed = false;
	vc->fresh = false;
	vc->told = KDDM_VC_NOBODY;
	memset(&vc->marks, 0, sizeof(vc->marks));
}

/* Who of @v is in reach, and whether others are. */
static void note_reach(struct kddm_vc *vc, const struct kddm_vc_view *v)
{
	u16 n;

	memset(&vc->reach, 0, sizeof(vc->reach));
	vc->more = false;
	for (n = 0; n < KDDM_VC_NODES; n++) {
		if (!vc->inc[n])
			continue;
		if (vc->inc[n] == v->inc[n])
			kddm_vc_add(&vc->reach, n);
		else
			vc->more = true;
	}
}

/*
 * Who was a member with this node and is none any more may serve an earlier
 * view: it is over.  The proposer tells those who leave as well.
 */
static void committed(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	struct kddm_vc_set to = { };
	u16 n;

	vc->last = vc->cur;
	vc->member = true;
	vc->nr_pends = 0;
	vc->phase = KDDM_VC_RECONCILE;
	for (n = 0; n < KDDM_VC_NODES; n++) {
		if (vc->last.inc[n])
			kddm_vc_add(&vc->known, n);
		else if (vc->inc[n] && kddm_vc_has(&vc->known, n) &&
			 !kddm_vc_has(&vc->parting, n))
			kddm_vc_add(&to, n);
		if (vc->role && kddm_vc_has(&vc->p.parting, n))
			kddm_vc_add(&to, n);
	}
	send(out, KDDM_VC_EXCLUDE, 0, vc->last.epoch, &to);
}

static void resumed(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	vc->serving = !vc->leaving;
	to_idle(vc, vc->changed || vc->leaving, out);
}

static void answered(struct kddm_vc *vc, u16 from, struct kddm_vc_out *out);

static void answer(struct kddm_vc *vc, u8 type, struct kddm_vc_out *out)
{
	if (vc->proposer == vc->self)
		answered(vc, vc->self, out);
	else
		send_one(out, type, 0, vc->promised, vc->proposer);
}

static void accept(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	vc->pend[vc->nr_pends++] = vc->cur;
	vc->phase = KDDM_VC_ACCEPTED;
	answer(vc, KDDM_VC_ACCEPT, out);
}

static void try_accept(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	u16 n;

	if (vc->phase != KDDM_VC_FLUSH)
		return;
	for (n = 0; n < KDDM_VC_NODES; n++)
		if ((vc->cur.inc[n] || kddm_vc_has(&vc->parting, n)) &&
		    n != vc->self && !kddm_vc_has(&vc->marks, n))
			return;
	accept(vc, out);
}

/* A mark comes from those of @parting, too, who are still there. */
static void flush(struct kddm_vc *vc, const struct kddm_vc_view *view,
		  const struct kddm_vc_set *parting, struct kddm_vc_out *out)
{
	struct kddm_vc_set to;
	u16 n;

	vc->phase = KDDM_VC_FLUSH;
	vc->serving = false;
	vc->cur = *view;
	vc->parting = *parting;
	for (n = 0; n < KDDM_VC_NODES; n++)
		if (!vc->inc[n])
			kddm_vc_del(&vc->parting, n);
	others(vc, view, &to);
	send(out, KDDM_VC_MARK, 0, vc->promised, &to);
	try_accept(vc, out);
}

/* This node leaves: it accepts the view without it, and has no say any more. */
static void take_leave(struct kddm_vc *vc, const struct kddm_vc_view *view,
		       struct kddm_vc_out *out)
{
	struct kddm_vc_set to;
	u16 n;

	vc->cur = *view;
	others(vc, view, &to);
	for (n = 0; n < KDDM_VC_NODES; n++)
		if (vc->inc[n] != view->inc[n])
			kddm_vc_del(&to, n);
	send(out, KDDM_VC_MARK, 0, vc->promised, &to);
	accept(vc, out);
}

/* Proposing */

static void decided(struct kddm_vc *vc, struct kddm_vc_out *out);

static void start_attempt(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	struct kddm_vc_proposal *p = &vc->p;
	struct kddm_vc_promise mine = { };
	int i;

	vc->seen = (vc->seen / KDDM_VC_NODES + 1) * KDDM_VC_NODES + vc->self;
	begin_part(vc, vc->self, vc->seen, out);
	vc->role = KDDM_VC_PROMISE;
	memset(&p->promised, 0, sizeof(p->promised));
	p->nr_lines = 0;
	p->nr_seen = 0;
	p->full = false;
	memcpy(p->invited.inc, vc->inc, sizeof(vc->inc));
	note_reach(vc, &p->invited);
	mine.lineage = vc->lineage;
	mine.last = vc->last.epoch;
	mine.flags = promise_flags(vc);
	mine.nr_pends = vc->nr_pends;
	for (i = 0; i < vc->nr_pends; i++)
		mine.pend[i] = vc->pend[i].epoch;
	mine.reach = vc->reach;
	kddm_vc_note(p, vc->self, &mine, &vc->last, vc->pend);
	others(vc, &p->invited, &p->awaited);
	send(out, KDDM_VC_INVITE, 0, vc->promised, &p->awaited);
	if (kddm_vc_empty(&p->awaited))
		decided(vc, out);
}

static void evaluate(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	u16 n;

	if (!vc->started || vc->phase != KDDM_VC_IDLE)
		return;
	if (kddm_vc_may_go(vc)) {
		vc->phase = KDDM_VC_GONE;
		return;
	}
	if (!vc->need)
		return;
	n = kddm_vc_candidate(vc);
	if (n == KDDM_VC_NOBODY) {
		vc->need = false;
	} else if (n == vc->self) {
		start_attempt(vc, out);
	} else if (vc->told != n) {
		vc->told = n;
		send_one(out, KDDM_VC_NOTICE, vc->fresh ? KDDM_VC_FRESH : 0,
			 0, n);
		vc->fresh = false;
	}
}

static void abort_attempt(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	struct kddm_vc_set to;

	invited(vc, &to);
	send(out, KDDM_VC_CANCEL, 0, vc->promised, &to);
}

/* The own attempt fails: once more, unless that is another's business now. */
static void again(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	if (kddm_vc_candidate(vc) == vc->self) {
		start_attempt(vc, out);
		return;
	}
	abort_attempt(vc, out);
	to_idle(vc, true, out);
}

static void propose(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	struct kddm_vc_proposal *p = &vc->p;
	struct kddm_vc_set to, out_of_it = { }, apart = { };
	const struct kddm_vc_view *base;
	bool unsure;
	u16 n;

	kddm_vc_part_others(p, &out_of_it, &apart);
	send(out, KDDM_VC_EXCLUDE, 0, vc->promised, &out_of_it);
	send(out, KDDM_VC_CANCEL, KDDM_VC_FINAL, vc->promised, &apart);
	others(vc, &p->view, &to);
	send(out, KDDM_VC_PROPOSE, 0, vc->promised, &to);
	send(out, KDDM_VC_PROPOSE, 0, vc->promised, &p->parting);
	vc->role = KDDM_VC_ACCEPT;
	p->awaited = to;
	kddm_vc_add(&p->awaited, vc->self);
	for (n = 0; n < KDDM_VC_NODES; n++)
		if (kddm_vc_has(&p->parting, n))
			kddm_vc_add(&p->awaited, n);
	base = kddm_vc_base(p, &unsure);
	kddm_vc_adopt(vc, &p->view, base, unsure, p->seen, p->nr_seen,
		      p->alive);
	flush(vc, &p->view, &p->last_words, out);
}

/* The own attempt leads to nothing. */
static void give_up(struct kddm_vc *vc, u8 flags, bool doubt,
		    struct kddm_vc_out *out)
{
	struct kddm_vc_set to, doubtful = { }, told = { };
	u16 n;

	if (doubt)
		kddm_vc_in_doubt(&vc->p, &doubtful);
	invited(vc, &to);
	for (n = 0; n < KDDM_VC_NODES; n++) {
		if (!kddm_vc_has(&to, n) || !kddm_vc_has(&doubtful, n))
			continue;
		kddm_vc_del(&to, n);
		kddm_vc_add(&told, n);
	}
	send(out, KDDM_VC_CANCEL, flags, vc->promised, &to);
	send(out, KDDM_VC_CANCEL, flags | KDDM_VC_DOUBT, vc->promised, &told);
	if (kddm_vc_has(&doubtful, vc->self))
		flags |= KDDM_VC_DOUBT;
	cancelled(vc, flags, out);
}

static void decided(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	struct kddm_vc_set leavers = { };
	u8 flags = KDDM_VC_FINAL;
	bool doubt = true;

	switch (kddm_vc_decide(vc)) {
	case KDDM_VC_GO:
		propose(vc, out);
		return;
	case KDDM_VC_SAME:
		kddm_vc_leavers(&vc->p, &leavers);
		send(out, KDDM_VC_EXCLUDE, 0, vc->promised, &leavers);
		doubt = false;
		break;
	case KDDM_VC_NOT_NOW:
		if (!kddm_vc_complete(&vc->p))
			flags = KDDM_VC_FUTILE;
		break;
	case KDDM_VC_NOT_ME:
		flags = KDDM_VC_FUTILE;
		break;
	}
	give_up(vc, flags, doubt, out);
}

/* @from has done what the own attempt waits for. */
static void answered(struct kddm_vc *vc, u16 from, struct kddm_vc_out *out)
{
	struct kddm_vc_proposal *p = &vc->p;
	struct kddm_vc_set to;

	kddm_vc_del(&p->awaited, from);
	if (!kddm_vc_empty(&p->awaited))
		return;
	if (vc->role == KDDM_VC_PROMISE) {
		decided(vc, out);
		return;
	}
	others(vc, &p->view, &to);
	if (vc->role == KDDM_VC_ACCEPT) {
		vc->role = KDDM_VC_DONE;
		p->awaited = to;
		kddm_vc_add(&p->awaited, vc->self);
		send(out, KDDM_VC_COMMIT, 0, vc->promised, &to);
		committed(vc, out);
	} else {
		send(out, KDDM_VC_RESUME, 0, vc->promised, &to);
		resumed(vc, out);
	}
}

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
			send_one(out, KDDM_VC_NOTICE,
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

static void promise(struct kddm_vc *vc, u16 src, const struct kddm_vc_msg *msg,
		    struct kddm_vc_out *out)
{
	kddm_vc_del(&vc->waiting, src);
	begin_part(vc, src, msg->epoch, out);
	note_reach(vc, &msg->view);
	send_one(out, KDDM_VC_PROMISE, promise_flags(vc), msg->epoch, src);
}

/* A lower node calls away from the attempt of a higher one. */
static void defect(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	if (vc->role)
		abort_attempt(vc, out);
	else
		send_one(out, KDDM_VC_NACK, 0, vc->promised, vc->proposer);
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
		send_one(out, KDDM_VC_NACK, 0, msg->epoch, src);
		return;
	}
	if (!idle && lower)
		defect(vc, out);
	promise(vc, src, msg, out);
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
	answered(vc, src, out);
}

static void on_nack(struct kddm_vc *vc, u16 src, const struct kddm_vc_msg *msg,
		    struct kddm_vc_out *out)
{
	bool late = vc->role == KDDM_VC_PROMISE && !msg->epoch &&
		    kddm_vc_has(&vc->p.awaited, src);

	if (vc->role && (msg->epoch == vc->promised || late))
		again(vc, out);
}

static void on_refuse(struct kddm_vc *vc, u16 src,
		      const struct kddm_vc_msg *msg, struct kddm_vc_out *out)
{
	if (vc->role && msg->epoch == vc->promised)
		again(vc, out);
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
		send_one(out, KDDM_VC_REFUSE, 0, msg->epoch, src);
		return;
	}
	kddm_vc_adopt(vc, &msg->view, &msg->base, msg->flags & KDDM_VC_UNSURE,
		      msg->pend, msg->nr_pends, 0xff);
	if (vc->nr_pends == KDDM_VC_PENDS)
		send_one(out, KDDM_VC_REFUSE, 0, msg->epoch, src);
	else if (leaves)
		take_leave(vc, &msg->view, out);
	else
		flush(vc, &msg->view, &msg->reach, out);
}

static void on_mark(struct kddm_vc *vc, u16 src, const struct kddm_vc_msg *msg,
		    struct kddm_vc_out *out)
{
	if (msg->epoch != vc->promised || vc->phase == KDDM_VC_IDLE)
		return;
	kddm_vc_add(&vc->marks, src);
	try_accept(vc, out);
}

static void on_accept(struct kddm_vc *vc, u16 src,
		      const struct kddm_vc_msg *msg, struct kddm_vc_out *out)
{
	if (vc->role == KDDM_VC_ACCEPT && msg->epoch == vc->promised)
		answered(vc, src, out);
}

static void on_commit(struct kddm_vc *vc, u16 src,
		      const struct kddm_vc_msg *msg, struct kddm_vc_out *out)
{
	if (mine(vc, src, msg, KDDM_VC_ACCEPTED))
		committed(vc, out);
}

static void on_done(struct kddm_vc *vc, u16 src, const struct kddm_vc_msg *msg,
		    struct kddm_vc_out *out)
{
	if (vc->role == KDDM_VC_DONE && msg->epoch == vc->promised)
		answered(vc, src, out);
}

static void on_resume(struct kddm_vc *vc, u16 src,
		      const struct kddm_vc_msg *msg, struct kddm_vc_out *out)
{
	if (mine(vc, src, msg, KDDM_VC_RECONCILE))
		resumed(vc, out);
}

static void on_cancel(struct kddm_vc *vc, u16 src,
		      const struct kddm_vc_msg *msg, struct kddm_vc_out *out)
{
	if (mine(vc, src, msg, KDDM_VC_INVITED))
		cancelled(vc, msg->flags, out);
	else if (vc->proposer == src && vc->promised == msg->epoch)
		to_idle(vc, true, out);
}

static void on_exclude(struct kddm_vc *vc, u16 src,
		       const struct kddm_vc_msg *msg, struct kddm_vc_out *out)
{
	if (kddm_vc_is_over(vc, src, msg))
		vc->serving = false;
	if (!mine(vc, src, msg, KDDM_VC_INVITED) &&
	    !mine(vc, src, msg, KDDM_VC_ACCEPTED))
		return;
	vc->serving = false;
	to_idle(vc, vc->changed, out);
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
	evaluate(vc, out);
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
	answer_waiting(vc, out);
	evaluate(vc, out);
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
	evaluate(vc, out);
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
	out->nr = 0;
	vc->inc[node] = incarnation;
	news(vc);
	if (kddm_vc_has(&vc->known, node) && !vc->last.inc[node] &&
	    vc->last.inc[vc->self])
		send_one(out, KDDM_VC_EXCLUDE, 0, vc->last.epoch, node);
	evaluate(vc, out);
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
	vc->inc[node] = 0;
	kddm_vc_del(&vc->waiting, node);
	kddm_vc_del(&vc->leavers, node);
	kddm_vc_del(&vc->parting, node);
	if (!kddm_vc_keeps_quorum(vc))
		vc->serving = false;
	news(vc);
	if (part && vc->proposer == node)
		to_idle(vc, true, out);
	else if (part && needed(vc, node, inc) && vc->role)
		again(vc, out);
	else if (part && needed(vc, node, inc))
		send_one(out, KDDM_VC_REFUSE, 0, vc->promised, vc->proposer);
	else if (part)
		try_accept(vc, out);
	evaluate(vc, out);
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
	answer(vc, KDDM_VC_DONE, out);
	evaluate(vc, out);
}
