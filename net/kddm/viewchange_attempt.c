// SPDX-License-Identifier: GPL-2.0-only
/*
 * View changes: an attempt to agree on the next view, as those who take part in
 * it and as its proposer see it; viewchange.h has the idea.
 *
 * A proposer takes part in its own attempt like the others, but by calls
 * instead of messages.
 */
#include <linux/string.h>
#include <linux/types.h>
#include "viewchange.h"
#include "viewchange_int.h"

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

void kddm_vc_send_one(struct kddm_vc_out *out, u8 type, u8 flags, u32 epoch,
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
	return (vc->serving && !vc->torn ? KDDM_VC_SERVING : 0) |
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
	vc->over = 0;
	memset(&vc->last, 0, sizeof(vc->last));
	vc->need = true;
}

void kddm_vc_answer_waiting(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	send(out, KDDM_VC_NACK, 0, 0, &vc->waiting);
	memset(&vc->waiting, 0, sizeof(vc->waiting));
}

void kddm_vc_to_idle(struct kddm_vc *vc, bool need, struct kddm_vc_out *out)
{
	vc->phase = KDDM_VC_IDLE;
	vc->role = 0;
	vc->proposer = KDDM_VC_NOBODY;
	vc->need = need;
	vc->told = KDDM_VC_NOBODY;
	forget_others(vc);
	kddm_vc_answer_waiting(vc, out);
}

void kddm_vc_cancelled(struct kddm_vc *vc, u8 flags, struct kddm_vc_out *out)
{
	if (flags & KDDM_VC_DOUBT || !kddm_vc_reaches(vc, &vc->last))
		vc->serving = false;
	/* With what is new since it may lead to something. */
	if (flags & KDDM_VC_FUTILE && !vc->fresh)
		kddm_vc_add(&vc->hopeless, vc->proposer);
	kddm_vc_to_idle(vc, vc->changed || !(flags & KDDM_VC_FINAL), out);
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

void kddm_vc_promise(struct kddm_vc *vc, u16 src, const struct kddm_vc_msg *msg,
		     struct kddm_vc_out *out)
{
	kddm_vc_del(&vc->waiting, src);
	begin_part(vc, src, msg->epoch, out);
	note_reach(vc, &msg->view);
	kddm_vc_send_one(out, KDDM_VC_PROMISE, promise_flags(vc), msg->epoch,
			 src);
}

/*
 * Who was a member with this node and is none any more may serve an earlier
 * view: it is over.  The proposer tells those who leave as well.
 */
void kddm_vc_committed(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	struct kddm_vc_set to = { };
	u16 n;

	vc->last = vc->cur;
	vc->torn = !kddm_vc_reaches(vc, &vc->last);
	vc->member = true;
	kddm_vc_forget_over(vc);
	vc->nr_pends = 0;
	vc->phase = KDDM_VC_RECONCILE;
	for (n = 0; n < KDDM_VC_NODES; n++) {
		if (vc->inc[n] && !vc->last.inc[n] &&
		    !kddm_vc_has(&vc->parting, n))
			kddm_vc_add(&to, n);
		if (vc->role && kddm_vc_has(&vc->p.parting, n))
			kddm_vc_add(&to, n);
	}
	send(out, KDDM_VC_EXCLUDE, KDDM_VC_FINAL, vc->last.epoch, &to);
}

void kddm_vc_pass_on(struct kddm_vc *vc, u16 src, const struct kddm_vc_msg *msg,
		     struct kddm_vc_out *out)
{
	struct kddm_vc_set to = { };
	u16 n;

	if (msg->lineage != vc->lineage || msg->epoch <= vc->over)
		return;
	vc->over = msg->epoch;
	for (n = 0; n < KDDM_VC_NODES; n++)
		if (vc->last.inc[n] && vc->last.inc[n] == vc->inc[n] &&
		    n != src && n != vc->self)
			kddm_vc_add(&to, n);
	send(out, KDDM_VC_EXCLUDE, KDDM_VC_FINAL, vc->over, &to);
}

void kddm_vc_resumed(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	/* What was heard of a later view came earlier than this. */
	vc->serving = !vc->leaving && !vc->over;
	kddm_vc_to_idle(vc, vc->changed || vc->leaving || vc->over, out);
}

void kddm_vc_answer(struct kddm_vc *vc, u8 type, struct kddm_vc_out *out)
{
	if (vc->proposer == vc->self)
		kddm_vc_answered(vc, vc->self, out);
	else
		kddm_vc_send_one(out, type, 0, vc->promised, vc->proposer);
}

static void accept(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	vc->pend[vc->nr_pends++] = vc->cur;
	vc->phase = KDDM_VC_ACCEPTED;
	kddm_vc_answer(vc, KDDM_VC_ACCEPT, out);
}

void kddm_vc_try_accept(struct kddm_vc *vc, struct kddm_vc_out *out)
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

void kddm_vc_flush(struct kddm_vc *vc, const struct kddm_vc_view *view,
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
	kddm_vc_try_accept(vc, out);
}

void kddm_vc_take_leave(struct kddm_vc *vc, const struct kddm_vc_view *view,
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

void kddm_vc_evaluate(struct kddm_vc *vc, struct kddm_vc_out *out)
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
		kddm_vc_send_one(out, KDDM_VC_NOTICE,
				 vc->fresh ? KDDM_VC_FRESH : 0, 0, n);
		vc->fresh = false;
	}
}

void kddm_vc_abort(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	struct kddm_vc_set to;

	invited(vc, &to);
	send(out, KDDM_VC_CANCEL, 0, vc->promised, &to);
}

void kddm_vc_again(struct kddm_vc *vc, struct kddm_vc_out *out)
{
	if (kddm_vc_candidate(vc) == vc->self) {
		start_attempt(vc, out);
		return;
	}
	kddm_vc_abort(vc, out);
	kddm_vc_to_idle(vc, true, out);
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
	kddm_vc_flush(vc, &p->view, &p->last_words, out);
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
	kddm_vc_cancelled(vc, flags, out);
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

void kddm_vc_answered(struct kddm_vc *vc, u16 from, struct kddm_vc_out *out)
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
		kddm_vc_committed(vc, out);
	} else {
		send(out, KDDM_VC_RESUME, 0, vc->promised, &to);
		kddm_vc_resumed(vc, out);
	}
}
