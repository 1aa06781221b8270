// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of the coherence machine: on their way to the owner, in its queue,
 * and served.  coherence.h has the idea, coherence.c the table.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#include "coherence_int.h"
#include "nodeset.h"

/* Actions that one turn of run() or one handler may add at most. */
#define TURN	4

/* Actions */

struct kddm_co_action *kddm_co_act(struct co_step *s, u8 type)
{
	struct kddm_co_action *a = &s->out->act[s->out->nr++];

	memset(a, 0, sizeof(*a));
	a->type = type;
	return a;
}

static bool room(const struct co_step *s)
{
	return s->out->nr + TURN <= KDDM_CO_MAX_ACTIONS;
}

struct kddm_co_action *kddm_co_send(struct co_step *s, u8 msg, u16 dst, u32 seq)
{
	struct kddm_co_action *a = kddm_co_act(s, KDDM_ACT_SEND);

	a->msg = msg;
	a->dst = dst;
	a->seq = seq;
	a->origin = s->env->self;
	a->version = s->co->version;
	return a;
}

static void nak(struct co_step *s, u16 dst, u32 seq, int err)
{
	kddm_co_send(s, KDDM_EV_NAK, dst, seq)->err = err;
}

void kddm_co_done(struct co_step *s, int err)
{
	s->co->want = KDDM_WANT_NONE;
	kddm_co_act(s, KDDM_ACT_DONE)->err = err;
}

static u8 req_msg(bool grab)
{
	return grab ? KDDM_EV_GRAB_REQ : KDDM_EV_GET_REQ;
}

/* Where a request goes from here, KDDM_NODE_NONE if nowhere. */
static u16 next_hop(const struct co_step *s)
{
	if (s->co->hint != KDDM_NODE_NONE)
		return s->co->hint;
	return at_home(s) ? KDDM_NODE_NONE : s->env->home;
}

/* A request that this node does not serve goes on towards the owner. */
static void forward(struct co_step *s, const struct kddm_co_req *r)
{
	u16 dst = next_hop(s);
	struct kddm_co_action *a;

	if (dst == KDDM_NODE_NONE || dst == r->node ||
	    r->hops >= s->env->max_hops) {
		nak(s, r->node, r->seq, -EOWNERDEAD);
		return;
	}
	if (!r->grab && r->hops >= s->env->max_hops / 2) {
		nak(s, r->node, r->seq, -EAGAIN);
		return;
	}
	a = kddm_co_send(s, req_msg(r->grab), dst, r->seq);
	a->origin = r->node;
	a->hops = r->hops + 1;
	a->flags = r->flags;
	if (r->grab) {
		s->co->hint = r->node;
		s->co->turned = true;
	}
}

/* The local request, with s->co->want and wflags set, goes on its way. */
static void ask(struct co_step *s, bool grab)
{
	struct kddm_co *co = s->co;
	u16 dst = next_hop(s);

	if (dst == KDDM_NODE_NONE) {	/* a copy outlives its owner */
		if (co->state != KDDM_CO_SHARED)
			co->state = KDDM_CO_LOST;
		kddm_co_done(s, -EOWNERDEAD);
		return;
	}
	co->asked = dst;
	co->turned = false;
	co->seq++;
	kddm_co_send(s, req_msg(grab), dst, co->seq)->flags = co->wflags;
	if (co->state == KDDM_CO_SHARED)
		co->state = KDDM_CO_UPGRADE;
	else
		co->state = grab ? KDDM_CO_GRAB : KDDM_CO_GET;
	/* Early acks of this request are collected here. */
	if (co->x)
		memset(acks(co->x), 0, co->x->words * sizeof(u64));
}

void kddm_co_request(struct co_step *s)
{
	ask(s, s->co->want != KDDM_WANT_GET);
}

/* A get that the owner runs away from asks for the ownership itself. */
void kddm_co_insist(struct co_step *s)
{
	ask(s, true);
}

/* Home fetches the absence of an object, so that the trail can be forgotten. */
void kddm_co_reclaim(struct co_step *s)
{
	s->co->gone = false;
	s->co->want = KDDM_WANT_RECLAIM;
	s->co->wflags = KDDM_COF_RECLAIM;
	kddm_co_request(s);
}

/* A state that has lost its purpose: no owner is known any more. */
void kddm_co_no_copy(struct co_step *s)
{
	s->co->state = KDDM_CO_INVALID;
	if (at_home(s) && s->co->hint == KDDM_NODE_NONE)
		s->co->state = KDDM_CO_LOST;
}

/* Ownership */

void kddm_co_become_owner(struct co_step *s)
{
	struct kddm_co *co = s->co;

	co->hint = s->env->self;
	co->told = false;
	co->gone = false;
	co->turned = false;
	co->absent = false;
}

/* The hold time begins, or there is none: this is for another node. */
void kddm_co_hold(struct co_step *s, bool begins)
{
	if (!s->env->hold)
		return;
	s->held = begins;
	s->out->hold = begins ? KDDM_HOLD_BEGIN : KDDM_HOLD_END;
}

/* What a try has not got: the copies of users who do not give way stay. */
static bool refused(const struct kddm_co *co)
{
	return co->wflags & KDDM_COF_TRY && co->x &&
	       !nodeset_empty(copyset(co->x), co->x->words);
}

/* A copy that was valid until now; who keeps replicas keeps it. */
void kddm_co_let_go(struct co_step *s)
{
	s->co->backup = s->env->keeper;
	kddm_co_act(s, s->env->keeper ? KDDM_ACT_KEEP : KDDM_ACT_DROP);
}

/* There is no object any more. */
void kddm_co_forget_backup(struct co_step *s)
{
	if (s->co->backup)
		kddm_co_act(s, KDDM_ACT_DROP);
	s->co->backup = false;
}

/* All replicas are up to date. */
void kddm_co_replicated(struct co_step *s)
{
	struct kddm_co *co = s->co;

	co->state = KDDM_CO_OWNER;
	if (co->removing) {
		co->state = KDDM_CO_VOID;
		kddm_co_act(s, KDDM_ACT_DROP);
	}
	co->removing = false;
	kddm_co_act(s, KDDM_ACT_REPLICATED);
}

/* Tell the replicas. */
static void push(struct co_step *s)
{
	const struct kddm_co_env *env = s->env;
	struct kddm_co *co = s->co;
	struct kddm_co_action *a;

	co->due = false;
	co->stale = false;
	if (!env->rwords) {
		kddm_co_replicated(s);
		return;
	}
	co->seq++;
	memset(acks(co->x), 0, co->x->words * sizeof(u64));
	memcpy(acks(co->x), env->replicas, env->rwords * sizeof(u64));
	s->out->targets = acks(co->x);
	s->out->nwords = co->x->words;
	a = kddm_co_act(s, KDDM_ACT_REPLICATE);
	a->origin = env->self;
	a->seq = co->seq;
	a->version = co->version;
	a->flags = co->removing ? KDDM_COF_VOID : 0;
	a->data = !co->removing;
	s->data |= a->data;
}

/*
 * The local user enters once all copies and all local readers are gone: a
 * writer, or a reader who had to insist.
 */
void kddm_co_try_enter(struct co_step *s)
{
	struct kddm_co *co = s->co;
	bool stays, moves;

	if (co->readers || (co->x && !nodeset_empty(acks(co->x), co->x->words)))
		return;
	stays = refused(co);
	/* Who only reads as the owner leaves the replicas up to date. */
	moves = co->want == KDDM_WANT_GET && co->state == KDDM_CO_ACKS;
	if (!stays && !(moves && s->env->rwords))
		co->version++;
	if (co->want == KDDM_WANT_GET) {
		co->state = KDDM_CO_OWNER;
		co->readers++;
		stays = false;
	} else {
		co->state = stays ? KDDM_CO_OWNER : KDDM_CO_WRITER;
	}
	kddm_co_done(s, stays ? -EBUSY : 0);
}

/* The owner itself wants to write: invalidate whoever has a copy. */
static void begin_write(struct co_step *s)
{
	struct kddm_co_ext *x = s->co->x;
	struct kddm_co_action *a;

	s->co->state = KDDM_CO_ACKS;
	s->co->seq++;
	if (x) {
		memcpy(acks(x), copyset(x), x->words * sizeof(u64));
		memset(copyset(x), 0, x->words * sizeof(u64));
		if (!nodeset_empty(acks(x), x->words)) {
			s->out->targets = acks(x);
			s->out->nwords = x->words;
			a = kddm_co_act(s, KDDM_ACT_INVAL);
			a->origin = s->env->self;
			a->seq = s->co->seq;
			a->flags = s->co->wflags & KDDM_COF_TRY;
		}
	}
	kddm_co_try_enter(s);
}

/* Ownership, and who must be waited for, goes to @r->node. */
static void hand_over(struct co_step *s, const struct kddm_co_req *r, u8 flags)
{
	struct kddm_co *co = s->co;
	struct kddm_co_action *a;
	bool sharers = false;

	if (co->x && co->state == KDDM_CO_OWNER) {
		nodeset_del(copyset(co->x), co->x->words, r->node);
		sharers = !nodeset_empty(copyset(co->x), co->x->words);
	}
	a = kddm_co_send(s, KDDM_EV_OWN, r->node, r->seq);
	a->flags = flags | (co->tomb ? KDDM_COF_TOMB : 0);
	a->data = !flags;
	a->need = sharers;
	s->data |= a->data;
	if (sharers) {
		s->out->targets = copyset(co->x);
		s->out->nwords = co->x->words;
		co->past = true;
		a = kddm_co_act(s, KDDM_ACT_INVAL);
		a->origin = r->node;
		a->seq = r->seq;
		a->flags = r->flags & KDDM_COF_TRY;
	}
	if (!flags)
		kddm_co_let_go(s);
	co->state = KDDM_CO_INVALID;
	co->hint = r->node;
	co->turned = false;
	co->told = false;
}

/* The first contents are to be made, for the local request or a queued one. */
void kddm_co_begin_fill(struct co_step *s, bool mine)
{
	struct kddm_co_ext *x = s->co->x;

	kddm_co_become_owner(s);
	kddm_co_hold(s, mine);
	s->co->state = KDDM_CO_FILL;
	s->co->mine = mine;
	if (x)
		memset(copyset(x), 0, 2 * x->words * sizeof(u64));
	kddm_co_forget_backup(s);
	kddm_co_act(s, KDDM_ACT_FILL);
}

/* They are there; or they are not, and whoever they were for is told. */
void kddm_co_end_fill(struct co_step *s, int err)
{
	struct kddm_co *co = s->co;
	struct kddm_co_req r;

	if (!err && co->mine) {
		kddm_co_try_enter(s);
	} else if (!err) {
		co->state = KDDM_CO_OWNER;
		co->version++;
	} else {
		co->state = KDDM_CO_VOID;
		if (co->mine) {
			kddm_co_done(s, err);
		} else if (qlen(co)) {
			r = kddm_co_queue(co->x)[0];
			kddm_co_dequeue(co->x, 0);
			if (r.node == s->env->self)
				kddm_co_done(s, err);
			else
				nak(s, r.node, r.seq, err);
		}
	}
	co->mine = false;
}

/* Nothing exists here: the first who may create it gets it. */
static bool serve_void(struct co_step *s, const struct kddm_co_req *r)
{
	bool nocreate = r->flags & KDDM_COF_NOCREATE;
	bool local = r->node == s->env->self;

	if (r->flags & KDDM_COF_RECLAIM) {
		hand_over(s, r, KDDM_COF_VOID);
	} else if (nocreate && local) {
		kddm_co_done(s, -ENOENT);
	} else if (nocreate) {
		nak(s, r->node, r->seq, -ENOENT);
	} else if (s->env->touch_home && at_home(s) && !local &&
		   !(r->flags & KDDM_COF_MANUAL)) {
		kddm_co_begin_fill(s, false);
		return false;
	} else if (!local && !r->grab) {
		nak(s, r->node, r->seq, -EAGAIN);
	} else if (!local) {
		hand_over(s, r, KDDM_COF_CREATE);
	} else {
		kddm_co_begin_fill(s, true);
	}
	return true;
}

/* Whether @r, which is for another node, has to wait for the hold time. */
static bool is_held(const struct co_step *s, const struct kddm_co_req *r)
{
	return s->held && r->grab;
}

/* Returns false if @r has to wait. */
static bool serve_owner(struct co_step *s, const struct kddm_co_req *r)
{
	struct kddm_co *co = s->co;

	if (r->node == s->env->self) {
		if (r->grab && r->flags & KDDM_COF_TRY && co->readers) {
			return false;
		} else if (r->grab) {
			begin_write(s);
		} else {
			co->readers++;
			kddm_co_done(s, 0);
		}
		return true;
	}
	if (r->flags & KDDM_COF_RECLAIM) {
		nak(s, r->node, r->seq, -EEXIST);
		return true;
	}
	if (is_held(s, r))
		return false;
	if (s->data) {
		s->out->more = true;
		return false;
	}
	if (r->grab) {
		if (co->readers)
			return false;
		hand_over(s, r, 0);
		return true;
	}
	nodeset_add(copyset(co->x), r->node);
	kddm_co_send(s, KDDM_EV_DATA, r->node, r->seq)->data = true;
	s->data = true;
	return true;
}

/* Not ours: pass it on, or, if it is our own, turn it into a request. */
static bool serve_elsewhere(struct co_step *s, const struct kddm_co_req *r)
{
	if (r->node == s->env->self)
		kddm_co_request(s);
	else
		forward(s, r);
	return true;
}

static bool serve(struct co_step *s, const struct kddm_co_req *r)
{
	switch (s->co->state) {
	case KDDM_CO_VOID:
		return serve_void(s, r);
	case KDDM_CO_OWNER:
		return serve_owner(s, r);
	case KDDM_CO_INVALID:
	case KDDM_CO_LOST:
	case KDDM_CO_SHARED:
	case KDDM_CO_DRAIN:
	case KDDM_CO_GET:
		return serve_elsewhere(s, r);
	default:
		return false;
	}
}

/* A request that cannot be served now: need it not wait? */
static bool turn_down(struct co_step *s, const struct kddm_co_req *r)
{
	if (!(r->flags & KDDM_COF_TRY) || s->out->more ||
	    s->co->state == KDDM_CO_FILL || s->co->state == KDDM_CO_PUSH)
		return false;
	if (r->node == s->env->self)
		kddm_co_done(s, -EBUSY);
	else
		nak(s, r->node, r->seq, -EBUSY);
	return true;
}

/*
 * The absence of an object goes home.  Whoever waited here goes first: home
 * may be refused it again and again, and must not let them wait for that.
 */
static void absence(struct co_step *s)
{
	struct kddm_co *co = s->co;
	bool tell = co->state == KDDM_CO_VOID && !at_home(s) && !co->told;
	bool fetch = co->state == KDDM_CO_INVALID && co->gone;

	if ((tell || fetch) && !room(s)) {
		s->out->more = true;
	} else if (tell) {
		kddm_co_send(s, KDDM_EV_REMOVED, s->env->home, co->seq);
		co->told = true;
	} else if (fetch) {
		kddm_co_reclaim(s);
	}
}

/* Serve the queue as far as it goes; who waits for the hold time is passed. */
void kddm_co_run(struct co_step *s)
{
	struct kddm_co *co = s->co;
	struct kddm_co_req r;
	u16 i = 0;

	if (co->state == KDDM_CO_PUSH && co->due)
		push(s);
	while (i < qlen(co)) {
		if (!room(s)) {
			s->out->more = true;
			return;
		}
		r = kddm_co_queue(co->x)[i];
		if (serve(s, &r) || turn_down(s, &r))
			kddm_co_dequeue(co->x, i);
		else if (is_held(s, &r))
			i++;
		else
			return;
	}
	absence(s);
}

/*
 * A new request waits its turn behind the others; but who is left in the queue
 * of an owner within the hold time waits for nothing else, and is passed.
 */
void kddm_co_submit(struct co_step *s, const struct kddm_co_req *r)
{
	bool behind = qlen(s->co) && !s->held;

	if ((behind || !serve(s, r)) && !turn_down(s, r))
		kddm_co_enqueue(s->co->x, r);
}
