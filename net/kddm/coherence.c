// SPDX-License-Identifier: GPL-2.0-only
/*
 * The coherence machine; coherence.h says what it is and where it comes from.
 *
 * The table at the end of this file is the protocol: one row for each state,
 * one handler for each event that the state allows.  An empty cell is an event
 * that cannot happen there: -EPROTO for a message (the caller counts and drops
 * it), -EINVAL for a local call.
 *
 * These rules keep it free of deadlocks, of circles and of starvation:
 *
 * - A node whose grab is under way (GRAB, UPGRADE, DRAIN_UPGRADE) and an owner
 *   that cannot serve now (ACKS, WRITER, OWNER with readers) queue what comes.
 *   Everyone else forwards at once.  A forwarded grab turns the hint to its
 *   origin, so later requests go to the end of the queue without detours, and
 *   a grab passes each node at most once before that node stands behind it.
 *   Therefore an answer to an older request does not turn the hint back
 *   (co->turned), and ownership goes only to those who queue: a get that finds
 *   nothing is told (-EAGAIN) to grab what it wants to read.
 * - A get turns no hints, so an owner that moves fast enough can run away from
 *   it.  After half of the hop limit it is told the same, and ends as a grab.
 * - What cannot be done in one step is left in the queue, and kddm_co_run()
 *   goes on with it after each event that may have unblocked it.
 * - While the hold time lasts, other nodes' requests for the ownership stay in
 *   the queue, and everybody else passes them.  It begins but once for each
 *   ownership, so they wait no longer than that: then the order counts again.
 *
 * Messages between two nodes stay in order; nothing else is assumed of the
 * network.  In particular an ack may overtake the ownership that it is for.
 */
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/string.h>
#include <linux/types.h>
#include "coherence_int.h"
#include "nodeset.h"

/* What a request says that may be any node's. */
#define ASKED	(KDDM_COF_NOCREATE | KDDM_COF_TRY | KDDM_COF_MANUAL)

/* Handlers: local calls */

static int ev_want(struct co_step *s)
{
	struct kddm_co *co = s->co;

	co->want = s->ev->type == KDDM_EV_GET ? KDDM_WANT_GET : KDDM_WANT_GRAB;
	co->wflags = s->ev->flags & ASKED;
	return 0;
}

/* Until the local readers are out, there is nothing to ask for. */
static int local_drain(struct co_step *s)
{
	if (s->ev->flags & KDDM_COF_TRY)
		kddm_co_done(s, -EBUSY);
	else
		ev_want(s);
	return 0;
}

/* What is wanted here is served here, in its turn. */
static void submit_own(struct co_step *s)
{
	struct kddm_co_req r = {
		.node = s->env->self,
		.grab = s->co->want == KDDM_WANT_GRAB,
		.flags = s->co->wflags & ASKED,
	};

	kddm_co_submit(s, &r);
}

static int local_queue(struct co_step *s)
{
	ev_want(s);
	submit_own(s);
	return 0;
}

static int local_request(struct co_step *s)
{
	ev_want(s);
	kddm_co_request(s);
	return 0;
}

/* A grab that is not to wait does not begin beside local readers. */
static int local_upgrade(struct co_step *s)
{
	if (s->ev->flags & KDDM_COF_TRY && s->co->readers) {
		kddm_co_done(s, -EBUSY);
		return 0;
	}
	return local_request(s);
}

static int local_share(struct co_step *s)
{
	s->co->readers++;
	kddm_co_done(s, 0);
	return 0;
}

static int local_lost(struct co_step *s)
{
	kddm_co_done(s, -EOWNERDEAD);
	return 0;
}

static int put_reader(struct co_step *s)
{
	if (!s->co->readers)
		return -EINVAL;
	s->co->readers--;
	return 0;
}

static int put_owner(struct co_step *s)
{
	int err = put_reader(s);

	if (!err && !s->co->readers)
		kddm_co_run(s);
	return err;
}

static int put_acks(struct co_step *s)
{
	int err = put_reader(s);

	if (!err)
		kddm_co_try_enter(s);
	return err;
}

/* The last reader of an invalidated copy is out: now the new owner may go on */
static void drained(struct co_step *s)
{
	u8 flags = s->co->stale ? KDDM_COF_TRY : 0;
	struct kddm_co *co = s->co;

	if (co->inv_owner != KDDM_NODE_NONE)
		kddm_co_send(s, KDDM_EV_ACK, co->inv_owner,
			     co->inv_seq)->flags = flags;
	co->inv_owner = KDDM_NODE_NONE;
	if (co->stale)
		kddm_co_act(s, KDDM_ACT_DROP);
	else
		kddm_co_let_go(s);
	co->stale = false;
	if (co->state == KDDM_CO_DRAIN_UPGRADE) {
		co->state = KDDM_CO_GRAB;
		return;
	}
	kddm_co_no_copy(s);
	/* Home has been told meanwhile that there is no object any more. */
	if (co->state == KDDM_CO_LOST && co->gone) {
		co->state = KDDM_CO_VOID;
		co->gone = false;
		if (co->want != KDDM_WANT_NONE)
			submit_own(s);
	} else if (co->want != KDDM_WANT_NONE) {
		kddm_co_request(s);
	}
}

static int put_drain(struct co_step *s)
{
	int err = put_reader(s);

	if (!err && !s->co->readers)
		drained(s);
	return err;
}

/* Nobody else gets in before the replicas know, if there are any to be. */
static void replicate(struct co_step *s)
{
	s->co->state = KDDM_CO_PUSH;
	s->co->due = true;
}

static int put_writer(struct co_step *s)
{
	s->co->state = KDDM_CO_OWNER;
	if (s->env->rwords)
		replicate(s);
	kddm_co_run(s);
	return 0;
}

static int downgrade(struct co_step *s)
{
	s->co->readers++;
	return put_writer(s);
}

static int drop_copy(struct co_step *s)
{
	if (s->co->readers)
		return -EBUSY;
	kddm_co_let_go(s);
	kddm_co_no_copy(s);
	return 0;
}

static int replicate_owner(struct co_step *s)
{
	replicate(s);
	kddm_co_run(s);
	return 0;
}

static int filled(struct co_step *s)
{
	kddm_co_end_fill(s, s->ev->err);
	kddm_co_run(s);
	return 0;
}

static int remove_writer(struct co_step *s)
{
	if (s->env->rwords) {
		replicate(s);
		s->co->removing = true;
	} else {
		kddm_co_act(s, KDDM_ACT_DROP);
		s->co->state = KDDM_CO_VOID;
	}
	kddm_co_run(s);
	return 0;
}

/* Handlers: messages */

static int req_any(struct co_step *s)
{
	const struct kddm_co_event *ev = s->ev;
	struct kddm_co_req r = {
		.seq = ev->seq,
		.node = ev->origin,
		.hops = ev->hops,
		.grab = ev->type == KDDM_EV_GRAB_REQ,
		.flags = ev->flags & (ASKED | KDDM_COF_RECLAIM),
	};

	if (r.node == s->env->self)	/* a trail in a circle */
		return -ELOOP;
	if (r.flags & KDDM_COF_RECLAIM && (!r.grab || r.node != s->env->home))
		return -EPROTO;
	kddm_co_submit(s, &r);
	return 0;
}

static bool answers(const struct co_step *s)
{
	return s->ev->seq == s->co->seq && s->co->want != KDDM_WANT_NONE;
}

static int data_get(struct co_step *s)
{
	struct kddm_co *co = s->co;

	if (!answers(s))
		return -ESTALE;
	co->state = KDDM_CO_SHARED;
	co->version = s->ev->version;
	set_hint(co, s->ev->src);
	co->gone = false;
	co->backup = false;
	co->absent = false;
	co->readers++;
	kddm_co_act(s, KDDM_ACT_INSTALL);
	kddm_co_done(s, 0);
	return 0;
}

/* What comes with the ownership, whatever it is of. */
static void inherit(struct co_step *s)
{
	s->co->tomb |= !!(s->ev->flags & KDDM_COF_TOMB);
}

/* The absence of the object comes home. */
static int own_void(struct co_step *s)
{
	if (s->co->want != KDDM_WANT_RECLAIM)
		return -EPROTO;
	kddm_co_become_owner(s);
	inherit(s);
	kddm_co_forget_backup(s);
	s->co->state = KDDM_CO_VOID;
	s->co->version = s->ev->version;
	s->co->want = KDDM_WANT_NONE;
	kddm_co_run(s);
	return 0;
}

/* From @need and the acks that came early to the acks still due. */
static void expect_acks(struct co_step *s)
{
	struct kddm_co_ext *x = s->co->x;
	u16 i;

	for (i = 0; x && i < x->words; i++) {
		u64 need = i < s->ev->nwords ? s->ev->need[i] : 0;

		acks(x)[i] = need & ~acks(x)[i];
	}
	if (x)
		nodeset_del(acks(x), x->words, s->env->self);
}

static int own_grab(struct co_step *s)
{
	struct kddm_co *co = s->co;
	bool fresh = co->state == KDDM_CO_GRAB;
	u8 flags = s->ev->flags & ~KDDM_COF_TOMB;

	if (!answers(s))
		return -ESTALE;
	if (fresh && flags == KDDM_COF_VOID)
		return own_void(s);
	if (co->want == KDDM_WANT_RECLAIM ||
	    (flags && (flags != KDDM_COF_CREATE || !fresh)))
		return -EPROTO;
	co->version = s->ev->version;
	inherit(s);
	if (flags) {
		kddm_co_begin_fill(s, true);
		return 0;
	}
	kddm_co_become_owner(s);
	kddm_co_hold(s, true);
	expect_acks(s);
	co->state = KDDM_CO_ACKS;
	co->backup = false;
	if (fresh)
		kddm_co_act(s, KDDM_ACT_INSTALL);
	kddm_co_try_enter(s);
	kddm_co_run(s);
	return 0;
}

/* No copy here (any more); the new owner need not wait for us. */
static int inval_none(struct co_step *s)
{
	if (s->ev->origin == s->env->self)
		return -EPROTO;
	kddm_co_send(s, KDDM_EV_ACK, s->ev->origin, s->ev->seq);
	return 0;
}

static int inval_copy(struct co_step *s)
{
	struct kddm_co *co = s->co;
	bool upgrade = co->state == KDDM_CO_UPGRADE;

	if (s->ev->origin == s->env->self)
		return -EPROTO;
	if (s->ev->flags & KDDM_COF_TRY && co->readers) {
		if (!upgrade)
			set_hint(co, s->ev->origin);
		kddm_co_send(s, KDDM_EV_ACK, s->ev->origin, s->ev->seq)->flags =
			KDDM_COF_TRY;
		return 0;
	}
	co->inv_owner = s->ev->origin;
	co->inv_seq = s->ev->seq;
	if (!upgrade)
		set_hint(co, s->ev->origin);
	co->state = upgrade ? KDDM_CO_DRAIN_UPGRADE : KDDM_CO_DRAIN;
	if (!co->readers)
		drained(s);
	return 0;
}

/* An ack may also say that the copy stays, see KDDM_COF_TRY. */
static void take_ack(struct co_step *s)
{
	if (s->ev->flags & KDDM_COF_TRY)
		nodeset_add(copyset(s->co->x), s->ev->src);
}

static int ack_due(struct co_step *s)
{
	struct kddm_co *co = s->co;

	if (s->ev->seq != co->seq ||
	    !co->x || !nodeset_has(acks(co->x), co->x->words, s->ev->src))
		return -ESTALE;
	if (s->ev->flags & KDDM_COF_TRY && !(co->wflags & KDDM_COF_TRY))
		return -EPROTO;
	nodeset_del(acks(co->x), co->x->words, s->ev->src);
	take_ack(s);
	kddm_co_try_enter(s);
	kddm_co_run(s);
	return 0;
}

/* A replica is up to date; or there was no place for it, but now there is. */
static int ack_push(struct co_step *s)
{
	struct kddm_co *co = s->co;

	if (s->ev->seq != co->seq || co->due ||
	    !nodeset_has(acks(co->x), co->x->words, s->ev->src))
		return -ESTALE;
	if (s->ev->flags & ~KDDM_COF_TRY)
		return -EPROTO;
	co->stale |= !!s->ev->flags;
	nodeset_del(acks(co->x), co->x->words, s->ev->src);
	if (!nodeset_empty(acks(co->x), co->x->words))
		return 0;
	if (co->stale)
		replicate(s);
	else
		kddm_co_replicated(s);
	kddm_co_run(s);
	return 0;
}

static int ack_early(struct co_step *s)
{
	if (!answers(s))
		return -ESTALE;
	if (s->ev->flags & KDDM_COF_TRY && !(s->co->wflags & KDDM_COF_TRY))
		return -EPROTO;
	nodeset_add(acks(s->co->x), s->ev->src);
	take_ack(s);
	return 0;
}

/* The local request failed; what queued behind it goes on without us. */
static void give_up(struct co_step *s, int err)
{
	struct kddm_co *co = s->co;

	if (co->state == KDDM_CO_UPGRADE)
		co->state = KDDM_CO_SHARED;
	else if (co->state == KDDM_CO_DRAIN_UPGRADE)
		co->state = KDDM_CO_DRAIN;
	else
		kddm_co_no_copy(s);
	if (co->want == KDDM_WANT_RECLAIM)
		co->want = KDDM_WANT_NONE;
	else
		kddm_co_done(s, err);
}

static int nak_any(struct co_step *s)
{
	struct kddm_co *co = s->co;
	bool copy = kddm_co_has_data(co);
	int err = s->ev->err;

	if (!answers(s))
		return -ESTALE;
	switch (err) {
	case -EAGAIN:
		if (co->state != KDDM_CO_GET)
			return -EPROTO;
		kddm_co_insist(s);
		return 0;
	case -EBUSY:
		if (!(co->wflags & KDDM_COF_TRY))
			return -EPROTO;
		keep_hint(co, s->ev->src);
		break;
	case -ENOENT:
	case -EEXIST:
		if (copy)
			return -EPROTO;
		set_hint(co, s->ev->src);
		break;
	default:
		/* Home is where the trail ends that others follow. */
		if (!copy && !(at_home(s) && s->env->keep))
			set_hint(co, KDDM_NODE_NONE);
	}
	give_up(s, err);
	kddm_co_run(s);
	return 0;
}

/* Who is no longer home need not know. */
static int removed_reclaim(struct co_step *s)
{
	if (at_home(s))
		kddm_co_reclaim(s);
	return 0;
}

/* Home asks for the object itself.  If it does not get it, it will reclaim. */
static int removed_later(struct co_step *s)
{
	s->co->gone = at_home(s);
	return 0;
}

/* Home has the object: it was made again since. */
static int removed_ignore(struct co_step *s)
{
	return 0;
}

/* What is to be kept here, or (VOID) not any more. */
static int replica_keep(struct co_step *s)
{
	struct kddm_co *co = s->co;

	if (s->ev->flags & ~KDDM_COF_VOID)
		return -EPROTO;
	if (s->ev->flags)
		kddm_co_forget_backup(s);
	else
		kddm_co_act(s, KDDM_ACT_STORE);
	co->absent = !!s->ev->flags;
	co->backup = !co->absent;
	co->version = s->ev->version;
	kddm_co_send(s, KDDM_EV_ACK, s->ev->src, s->ev->seq);
	return 0;
}

/* A copy of it is here. */
static int replica_copy(struct co_step *s)
{
	if (s->ev->flags || s->ev->version != s->co->version)
		return -EPROTO;
	kddm_co_send(s, KDDM_EV_ACK, s->ev->src, s->ev->seq);
	return 0;
}

/* There is no place for it before those have left who are still inside. */
static int replica_stale(struct co_step *s)
{
	struct kddm_co *co = s->co;

	if (!co->stale || s->ev->flags & ~KDDM_COF_VOID)
		return -EPROTO;
	co->inv_owner = s->ev->src;
	co->inv_seq = s->ev->seq;
	return 0;
}

/* Handlers: internal */

static int ev_run(struct co_step *s)
{
	kddm_co_run(s);
	return 0;
}

typedef int (*handler)(struct co_step *s);

#define LOCAL(get, grab, put, remove)				\
	[KDDM_EV_GET] = get, [KDDM_EV_GRAB] = grab,		\
	[KDDM_EV_PUT] = put, [KDDM_EV_REMOVE] = remove
#define MSG(data, own, inval, ack, nak, removed, replica)	\
	[KDDM_EV_GET_REQ] = req_any, [KDDM_EV_GRAB_REQ] = req_any, \
	[KDDM_EV_DATA] = data, [KDDM_EV_OWN] = own,		\
	[KDDM_EV_INVAL] = inval, [KDDM_EV_ACK] = ack,		\
	[KDDM_EV_NAK] = nak, [KDDM_EV_REMOVED] = removed,	\
	[KDDM_EV_REPLICA] = replica, [KDDM_EV_RUN] = ev_run

static const handler table[KDDM_CO_NR_STATES][KDDM_EV_NR] = {
	[KDDM_CO_INVALID] = {
		LOCAL(local_request, local_request, NULL, NULL),
		MSG(NULL, NULL, inval_none, NULL, NULL, removed_reclaim,
		    replica_keep),
	},
	[KDDM_CO_VOID] = {
		LOCAL(local_queue, local_queue, NULL, NULL),
		MSG(NULL, NULL, NULL, NULL, NULL, removed_ignore, NULL),
	},
	[KDDM_CO_LOST] = {
		LOCAL(local_lost, local_lost, NULL, NULL),
		MSG(NULL, NULL, inval_none, NULL, NULL, removed_ignore, NULL),
	},
	[KDDM_CO_SHARED] = {
		LOCAL(local_share, local_upgrade, put_reader, NULL),
		[KDDM_EV_DROP] = drop_copy,
		MSG(NULL, NULL, inval_copy, NULL, NULL, removed_ignore,
		    replica_copy),
	},
	[KDDM_CO_DRAIN] = {
		LOCAL(local_drain, local_drain, put_drain, NULL),
		MSG(NULL, NULL, NULL, NULL, NULL, removed_ignore,
		    replica_stale),
	},
	[KDDM_CO_GET] = {
		LOCAL(NULL, NULL, NULL, NULL),
		MSG(data_get, NULL, inval_none, NULL, nak_any, removed_later,
		    replica_keep),
	},
	[KDDM_CO_GRAB] = {
		LOCAL(NULL, NULL, NULL, NULL),
		MSG(NULL, own_grab, inval_none, ack_early, nak_any,
		    removed_later, replica_keep),
	},
	[KDDM_CO_UPGRADE] = {
		LOCAL(NULL, NULL, put_reader, NULL),
		MSG(NULL, own_grab, inval_copy, ack_early, nak_any,
		    removed_ignore, replica_copy),
	},
	[KDDM_CO_DRAIN_UPGRADE] = {
		LOCAL(NULL, NULL, put_drain, NULL),
		MSG(NULL, NULL, NULL, NULL, nak_any, removed_ignore, NULL),
	},
	[KDDM_CO_OWNER] = {
		LOCAL(local_queue, local_queue, put_owner, NULL),
		[KDDM_EV_REPLICATE] = replicate_owner,
		MSG(NULL, NULL, NULL, NULL, NULL, removed_ignore, NULL),
	},
	[KDDM_CO_ACKS] = {
		LOCAL(NULL, NULL, put_acks, NULL),
		MSG(NULL, NULL, NULL, ack_due, NULL, removed_ignore, NULL),
	},
	[KDDM_CO_WRITER] = {
		LOCAL(local_queue, local_queue, put_writer, remove_writer),
		[KDDM_EV_DOWNGRADE] = downgrade,
		MSG(NULL, NULL, NULL, NULL, NULL, removed_ignore, NULL),
	},
	[KDDM_CO_FILL] = {
		LOCAL(local_queue, local_queue, NULL, NULL),
		[KDDM_EV_FILLED] = filled,
		MSG(NULL, NULL, NULL, NULL, NULL, removed_ignore, NULL),
	},
	[KDDM_CO_PUSH] = {
		LOCAL(local_queue, local_queue, put_reader, NULL),
		MSG(NULL, NULL, NULL, ack_push, NULL, removed_ignore, NULL),
	},
};

/**
 * kddm_co_step() - one event for one object on one node
 * @co: the object; changed
 * @env: who and where
 * @ev: the event; @ev->spare is set to NULL if it was taken
 * @out: the actions, to be carried out in order before the next step
 *
 * Context: any; the caller serialises the steps of an object.
 * Return: 0; or an error, and nothing has changed: -ENOBUFS if the event needs
 * an extension and @ev->spare is absent or too small (try again with one);
 * -EBUSY for a local request while another is under way, and for a drop beside
 * readers; -EINVAL for a local call that the state does not allow; -EPROTO for
 * such a message, -ESTALE for one that answers nothing, -ELOOP for a request
 * that came back: to be counted and dropped.
 */
int kddm_co_step(struct kddm_co *co, const struct kddm_co_env *env,
		 struct kddm_co_event *ev, struct kddm_co_out *out)
{
	struct co_step s = {
		.co = co, .env = env, .ev = ev, .out = out, .held = ev->held,
	};
	struct kddm_co_ext *before = co->x;
	bool past = co->past;
	bool local = ev->type <= KDDM_EV_FILLED;
	int err;

	out->nr = 0;
	out->more = false;
	out->hold = KDDM_HOLD_KEEP;
	out->held = false;
	out->targets = NULL;
	out->nwords = 0;
	out->freed = NULL;

	if (ev->type >= KDDM_EV_NR || co->state >= KDDM_CO_NR_STATES)
		return -EINVAL;
	if ((ev->type == KDDM_EV_GET || ev->type == KDDM_EV_GRAB) &&
	    co->want != KDDM_WANT_NONE)
		return -EBUSY;
	if (!table[co->state][ev->type])
		return local ? -EINVAL : -EPROTO;
	err = kddm_co_ext_ready(&s);
	if (err)
		return err;
	if (past && co->x)
		memset(copyset(co->x), 0, co->x->words * sizeof(u64));
	co->past = false;
	err = table[co->state][ev->type](&s);
	if (err)
		co->past = past;
	else	/* all that an owner leaves in the queue waits for this */
		out->held = s.held && co->state == KDDM_CO_OWNER && qlen(co);
	if (err && co->x != before) {	/* refused: nothing has changed */
		ev->spare = co->x;
		co->x = before;
		out->freed = NULL;
	}
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_co_step);
