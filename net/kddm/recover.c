// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recovery of objects; recover.h has the idea.
 */
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/string.h>
#include <linux/types.h>
#include "coherence_int.h"
#include "nodeset.h"
#include "recover.h"

/* Whether a request of this node is under way. */
static bool asks(const struct kddm_co *co)
{
	return co->state >= KDDM_CO_GET && co->state <= KDDM_CO_DRAIN_UPGRADE;
}

/**
 * kddm_recover_moved() - whether the object has another home now
 * @env: who and where, in the view before; its @home is %KDDM_NODE_NONE if that
 *	was away
 * @home: the object's home in the new view, or %KDDM_NODE_NONE
 * @gone: nodes that are gone, or have begun another life
 * @nwords: words in @gone
 *
 * Return: true also if the home is the same node in another life.
 */
bool kddm_recover_moved(const struct kddm_co_env *env, u16 home,
			const u64 *gone, u16 nwords)
{
	return home != env->home || nodeset_has(gone, nwords, home);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_recover_moved);

/**
 * kddm_recover_suspect() - whether the object has to be recovered
 * @co: the object
 * @env: as in kddm_recover_moved()
 * @home: the same
 * @gone: nodes that are gone, or have begun another life
 * @nwords: words in @gone
 *
 * A trail to the owner that ends at a node that is gone has a last node that is
 * not; that one knows.  Requests may have been with any node, and so may have
 * been the orders to drop the copies for which an owner waits; or on their way
 * between two members who have lost sight of each other for a moment.  A home
 * that was away knows nothing of what has been lost meanwhile; others may.
 *
 * Return: true if the home has to be told; false if pruning is enough, and, if
 * this is the owner and the home has moved, kddm_recover_trail() there.
 */
bool kddm_recover_suspect(const struct kddm_co *co,
			  const struct kddm_co_env *env, u16 home,
			  const u64 *gone, u16 nwords)
{
	bool moved = kddm_recover_moved(env, home, gone, nwords);

	if (co->tomb && moved)
		return true;
	if (asks(co) || co->state == KDDM_CO_ACKS || co->state == KDDM_CO_PUSH)
		return true;
	if (co->state == KDDM_CO_VOID || co->state == KDDM_CO_LOST)
		return moved;
	if (kddm_co_owns(co))
		return false;
	if (moved && home == env->self)
		return true;
	if (co->hint == KDDM_NODE_NONE && env->home == KDDM_NODE_NONE)
		return moved;
	return nodeset_has(gone, nwords, co->hint == KDDM_NODE_NONE ?
					 env->home : co->hint);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_recover_suspect);

/**
 * kddm_recover_prune() - forget who is gone
 * @co: the object, which is not a suspect; changed
 * @gone: nodes that are gone, or have begun another life
 * @nwords: words in @gone
 *
 * A KDDM_EV_RUN is due, since others may be the first in the line now.
 */
void kddm_recover_prune(struct kddm_co *co, const u64 *gone, u16 nwords)
{
	u16 n;

	if (nodeset_has(gone, nwords, co->inv_owner))
		co->inv_owner = KDDM_NODE_NONE;
	/* If home was told of an absence, that may have been lost. */
	co->told = false;
	for (n = 0; co->x && n < 64 * nwords; n++)
		if (nodeset_has(gone, nwords, n))
			kddm_co_ext_forget(co->x, n);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_recover_prune);

/**
 * kddm_recover_taken() - what a KDDM_EV_OWN means that has not left
 * @flags: of the message
 *
 * Return: what it is for kddm_recover_reset().
 */
enum kddm_taken kddm_recover_taken(u8 flags)
{
	return flags & ~KDDM_COF_TOMB ? KDDM_TAKEN_VOID : KDDM_TAKEN_OWN;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_recover_taken);

/**
 * kddm_recover_sent() - what a KDDM_EV_OWN means that has not arrived
 * @co: the object
 * @flags: of the message
 * @version: the same
 *
 * Return: what it is for kddm_recover_reset(), %KDDM_TAKEN_NONE if this node
 * has anything newer, or knows of it.
 */
enum kddm_taken kddm_recover_sent(const struct kddm_co *co, u8 flags,
				  u64 version)
{
	if (co->version != version || co->absent)
		return KDDM_TAKEN_NONE;
	switch (co->state) {
	case KDDM_CO_INVALID:
	case KDDM_CO_LOST:
	case KDDM_CO_GET:
	case KDDM_CO_GRAB:
		return kddm_recover_taken(flags) == KDDM_TAKEN_OWN ?
		       KDDM_TAKEN_SENT : KDDM_TAKEN_SENT_VOID;
	default:
		return KDDM_TAKEN_NONE;
	}
}
EXPORT_SYMBOL_IF_KUNIT(kddm_recover_sent);

/* The state without what is under way. */
static u8 rest(const struct kddm_co *co, enum kddm_taken taken)
{
	if (taken == KDDM_TAKEN_OWN)
		return KDDM_CO_OWNER;
	if (taken == KDDM_TAKEN_VOID)
		return KDDM_CO_VOID;
	switch (co->state) {
	case KDDM_CO_DRAIN:
		return co->stale ? KDDM_CO_DRAIN : KDDM_CO_SHARED;
	case KDDM_CO_UPGRADE:
	case KDDM_CO_DRAIN_UPGRADE:
		return KDDM_CO_SHARED;
	case KDDM_CO_GET:
	case KDDM_CO_GRAB:
		return KDDM_CO_INVALID;
	case KDDM_CO_ACKS:
		return KDDM_CO_OWNER;
	default:
		return co->state;
	}
}

static u8 claim_of(const struct kddm_co *co, bool home)
{
	switch (co->state) {
	case KDDM_CO_INVALID:
		if (co->absent)
			return KDDM_CLAIM_GONE;
		return co->backup && !co->lent ? KDDM_CLAIM_BACKUP :
						 KDDM_CLAIM_NONE;
	case KDDM_CO_SHARED:
		return KDDM_CLAIM_COPY;
	case KDDM_CO_VOID:
		return home ? KDDM_CLAIM_ABSENT : KDDM_CLAIM_VOID;
	case KDDM_CO_OWNER:
	case KDDM_CO_WRITER:
	case KDDM_CO_FILL:
	case KDDM_CO_PUSH:
		return KDDM_CLAIM_OWNER;
	default:
		return KDDM_CLAIM_NONE;
	}
}

/**
 * kddm_recover_reset() - let go of what is under way
 * @co: the object; changed
 * @env: who and where
 * @taken: a KDDM_EV_OWN of this node that was taken back
 * @version: that it had
 * @claim: what this node has; its @base is the caller's
 *
 * Nobody of other nodes waits here any more, and no request of this node is
 * under way: those who wait here have to ask again after kddm_recover_settle().
 * A copy that was to go and is yet in use stays: the new owner has not written,
 * unless it became the owner while this node was apart.
 * Doing it again changes nothing.
 */
void kddm_recover_reset(struct kddm_co *co, const struct kddm_co_env *env,
			enum kddm_taken taken, u64 version,
			struct kddm_claim *claim)
{
	bool home = env->self == env->home;

	if (taken == KDDM_TAKEN_OWN || taken == KDDM_TAKEN_VOID) {
		co->version = version;
		co->hint = env->self;
		co->told = false;
		co->backup = false;
		co->absent = false;
	} else if (taken == KDDM_TAKEN_SENT) {
		co->lent = !co->backup;
		co->backup = true;
		co->sent = KDDM_SENT_DATA;
	} else if (taken == KDDM_TAKEN_SENT_VOID) {
		co->sent = KDDM_SENT_VOID;
	}
	claim->known = (co->version && !co->absent) ||
		       co->state == KDDM_CO_LOST ||
		       (home && !kddm_co_owns(co) &&
			co->hint != KDDM_NODE_NONE);
	co->state = rest(co, taken);
	/* Who makes the first contents for itself gets in by that. */
	if (co->state != KDDM_CO_FILL || !co->mine) {
		co->want = KDDM_WANT_NONE;
		co->wflags = 0;
	}
	co->inv_owner = KDDM_NODE_NONE;
	co->gone = false;
	co->turned = false;
	co->past = false;
	co->due = co->state == KDDM_CO_PUSH;
	if (co->x) {
		memset(co->x->bits, 0, 2 * co->x->words * sizeof(u64));
		co->x->qlen = 0;
	}
	claim->kind = claim_of(co, home);
	claim->sent = co->sent;
	claim->tomb = co->tomb;
	claim->version = co->version;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_recover_reset);

/* A node that has heard of the latest put or removal only. */
static bool hearsay(const struct kddm_claim *c)
{
	return c->kind == KDDM_CLAIM_BACKUP || c->kind == KDDM_CLAIM_GONE;
}

/* Whether claim @a of node @na goes before @b of @nb. */
static bool better(const struct kddm_claim *a, u16 na,
		   const struct kddm_claim *b, u16 nb)
{
	if (!a->kind || !b->kind)
		return a->kind;
	if (a->base != b->base)
		return a->base > b->base;
	if (a->kind != b->kind && !(hearsay(a) && hearsay(b)))
		return a->kind > b->kind;
	if (a->version != b->version)
		return a->version > b->version;
	return na < nb;
}

/* Whether what a node has sent is later than what others have. */
static bool sent_later(const struct kddm_claim *c, u16 node,
		       const struct kddm_judge *j)
{
	if (!c->sent || !j->sent.sent)
		return c->sent;
	if (c->version != j->sent.version)
		return c->version > j->sent.version;
	return node < j->sender;
}

/**
 * kddm_judge_hear() - take note of a claim
 * @j: the claims so far; zero at first
 * @node: who claims
 * @claim: what
 * @copies: the nodes whose copies stay if another one is the owner, none that
 *	was apart; changed
 * @nwords: words in @copies
 */
void kddm_judge_hear(struct kddm_judge *j, u16 node,
		     const struct kddm_claim *claim, u64 *copies, u16 nwords)
{
	if (claim->base > j->base) {
		j->base = claim->base;
		j->now = 0;
		memset(copies, 0, nwords * sizeof(u64));
	}
	if (claim->kind == KDDM_CLAIM_COPY && claim->base == j->base &&
	    node / 64 < nwords)
		nodeset_add(copies, node);
	if (claim->version > j->seen)
		j->seen = claim->version;
	if (claim->version > j->now && claim->base == j->base)
		j->now = claim->version;
	j->known |= claim->known;
	j->tomb |= claim->tomb;
	if (sent_later(claim, node, j)) {
		j->sent = *claim;
		j->sender = node;
	}
	if (claim->kind == KDDM_CLAIM_ABSENT) {
		j->absent = true;
		return;
	}
	if (better(claim, node, &j->best, j->node)) {
		j->best = *claim;
		j->node = node;
	}
	if (claim->kind >= KDDM_CLAIM_VOID &&
	    (claim->version != j->owned.version ?
	     claim->version > j->owned.version :
	     better(claim, node, &j->owned, j->owner))) {
		j->owned = *claim;
		j->owner = node;
	}
}
EXPORT_SYMBOL_IF_KUNIT(kddm_judge_hear);

/*
 * A version that is higher than all that has been seen, and than what a node
 * makes that is apart: it counts on from those before.
 */
static u64 anew(const struct kddm_judge *j, u32 epoch)
{
	u64 least = (u64)epoch << 32;

	return j->seen < least ? least : j->seen + 1;
}

/* The object would be lost: but it may never have left its last owner. */
static void decide_lost(const struct kddm_judge *j, u32 epoch,
			struct kddm_verdict *v)
{
	if (!j->sent.sent || j->sent.version != j->seen) {
		v->kind = KDDM_VERDICT_LOST;
		v->tomb = true;
	} else if (j->sent.sent == KDDM_SENT_DATA) {
		v->kind = KDDM_VERDICT_OWNER;
		v->owner = j->sender;
		v->version = anew(j, epoch);
		v->from = j->sent.version;
	} else {
		v->kind = KDDM_VERDICT_VOID;
	}
}

/**
 * kddm_judge_decide() - what becomes of the object
 * @j: the claims of all members
 * @epoch: of the view
 * @v: where to
 */
void kddm_judge_decide(const struct kddm_judge *j, u32 epoch,
		       struct kddm_verdict *v)
{
	const struct kddm_claim *best = &j->best;
	bool apart = best->base < j->base;	/* it comes from elsewhere */
	u16 node = j->node;
	bool backup;

	/* A copy from there counts for nothing, and a later owner for more. */
	if (apart) {
		best = &j->owned;
		node = j->owner;
	}
	backup = hearsay(best);
	v->base = j->base;
	v->owner = KDDM_NODE_NONE;
	v->version = j->seen;
	v->from = best->version;
	v->tomb = j->tomb;
	if (!best->kind || (backup && j->absent) ||
	    (apart && j->absent && j->tomb) ||
	    (apart && best->version < j->seen) ||
	    (backup && best->version < j->now)) {
		v->kind = KDDM_VERDICT_VOID;
		if (j->known && !j->absent)
			decide_lost(j, epoch, v);
		return;
	}
	if (best->kind == KDDM_CLAIM_VOID || best->kind == KDDM_CLAIM_GONE) {
		v->kind = KDDM_VERDICT_VOID;
		v->tomb |= backup;
		return;
	}
	v->kind = KDDM_VERDICT_OWNER;
	v->owner = node;
	v->version = best->version;
	if (apart || backup || best->kind == KDDM_CLAIM_COPY) {
		v->version = anew(j, epoch);
		v->tomb = true;
	}
}
EXPORT_SYMBOL_IF_KUNIT(kddm_judge_decide);

/**
 * kddm_claim_holds() - whether a node has contents of the object
 * @claim: of the node
 *
 * Return: true if it has, valid or not.
 */
bool kddm_claim_holds(const struct kddm_claim *claim)
{
	return claim->kind == KDDM_CLAIM_BACKUP ||
	       claim->kind == KDDM_CLAIM_COPY ||
	       claim->kind == KDDM_CLAIM_OWNER;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_claim_holds);

/**
 * kddm_recover_first() - whether a node has to be told before others
 * @v: the verdict
 * @holds: kddm_claim_holds() of what it claims, and its base is the verdict's;
 *	or it is to be the owner
 * @home: the node is home from now on
 *
 * If the next change comes when not all have been told, what was said to some
 * must not count against what the others have: a new version against contents
 * that are the latest, nor that an object is forgotten against its absence.
 *
 * Return: true if it has to be told before all for whom this returns false.
 */
bool kddm_recover_first(const struct kddm_verdict *v, bool holds, bool home)
{
	return v->kind == KDDM_VERDICT_VOID ? home : holds;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_recover_first);

/* The contents here do not count; whoever is inside has to leave first. */
static void no_contents(struct kddm_co *co, bool *drop)
{
	co->due = false;
	co->removing = false;
	co->stale = false;
	if (!kddm_co_has_data(co)) {
		*drop = co->backup;
		co->backup = false;
		co->state = KDDM_CO_INVALID;
		return;
	}
	if (co->state == KDDM_CO_WRITER)
		co->readers = 1;
	if (co->readers) {
		co->state = KDDM_CO_DRAIN;
		co->stale = true;
		return;
	}
	co->state = KDDM_CO_INVALID;
	*drop = true;
}

static int own(struct kddm_co *co, const struct kddm_co_env *env,
	       const struct kddm_verdict *v, const u64 *copies, u16 nwords,
	       struct kddm_co_ext **spare)
{
	u16 words = nodeset_words(copies, nwords);
	struct kddm_co_ext *old;

	if (words && !(co->x && co->x->words >= words)) {
		if (!*spare || (*spare)->words < words)
			return -ENOBUFS;
		old = co->x;
		co->x = *spare;
		*spare = old;
	}
	if (co->state == KDDM_CO_SHARED || co->backup)
		co->state = KDDM_CO_OWNER;
	co->backup = false;
	co->absent = false;
	if (v->version > co->version)
		co->version = v->version;
	co->hint = env->self;
	if (words) {
		memcpy(copyset(co->x), copies, words * sizeof(u64));
		nodeset_del(copyset(co->x), co->x->words, env->self);
	}
	return 0;
}

/*
 * Whether what this node has still counts.  A replica does, be it an older one,
 * until the owner brings it up to date.
 */
static bool counts(const struct kddm_co *co, const struct kddm_verdict *v,
		   u32 base)
{
	return v->kind == KDDM_VERDICT_OWNER && base >= v->base &&
	       (co->state == KDDM_CO_SHARED || co->backup);
}

/*
 * Whether this node is to know of the version.  If that has not been made by
 * the verdict, but is the owner's, what is being written may be lost with it,
 * and nobody has seen that.
 */
static bool hears(const struct kddm_co *co, const struct kddm_verdict *v,
		  bool home)
{
	if (co->backup)
		return co->version == v->from;
	if (kddm_co_has_data(co))
		return true;
	if (v->kind == KDDM_VERDICT_OWNER && v->version == v->from)
		return false;
	return co->version || home;
}

/*
 * Who is to own the object, if anybody: this node only with something that it
 * can own, or it would send its own requests to itself.  No home says
 * otherwise, but a verdict is what another node has sent.
 */
static u16 heir_of(const struct kddm_co *co, const struct kddm_co_env *env,
		   const struct kddm_verdict *v)
{
	if (v->kind != KDDM_VERDICT_OWNER || v->owner >= KDDM_MAX_NODES)
		return KDDM_NODE_NONE;
	if (v->owner == env->self && co->state != KDDM_CO_SHARED &&
	    !co->backup && !kddm_co_owns(co))
		return KDDM_NODE_NONE;
	return v->owner;
}

/**
 * kddm_recover_settle() - what was judged
 * @co: the object, after kddm_recover_reset(); changed
 * @env: who and where, in the new view
 * @v: the verdict
 * @base: that of this node's claim
 * @copies: the nodes whose copies stay, if this node is to own it
 * @nwords: words in @copies
 * @spare: as in struct kddm_co_event; what is left there is the caller's
 * @drop: set if the contents are to be dropped
 *
 * Return: 0; -ENOBUFS if @copies need an extension, and nothing has changed.
 */
int kddm_recover_settle(struct kddm_co *co, const struct kddm_co_env *env,
			const struct kddm_verdict *v, u32 base,
			const u64 *copies, u16 nwords,
			struct kddm_co_ext **spare, bool *drop)
{
	bool home = env->self == env->home;
	u16 heir = heir_of(co, env, v);
	bool owned = heir != KDDM_NODE_NONE;
	int err;

	*drop = false;
	if (heir == env->self) {
		err = own(co, env, v, copies, nwords, spare);
		if (err)
			return err;
		co->tomb = v->tomb;
		co->sent = KDDM_SENT_NONE;
		co->lent = false;
		return 0;
	}
	co->tomb = home && v->tomb;
	if (!owned || co->lent || !counts(co, v, base))
		no_contents(co, drop);
	co->sent = KDDM_SENT_NONE;
	co->lent = false;
	co->hint = heir;
	co->told = false;
	/* Home may fail as well: who has seen the object remembers, too. */
	co->absent = v->kind == KDDM_VERDICT_VOID && v->tomb && !home &&
		     co->version;
	if (v->kind == KDDM_VERDICT_VOID)
		co->version = co->tomb || co->absent ? v->version : 0;
	else if (hears(co, v, home))
		co->version = v->version;
	if (home && !owned && co->state == KDDM_CO_INVALID)
		co->state = v->kind == KDDM_VERDICT_VOID ? KDDM_CO_VOID :
							   KDDM_CO_LOST;
	co->gone = home && v->kind == KDDM_VERDICT_VOID &&
		   co->state == KDDM_CO_DRAIN;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_recover_settle);

/**
 * kddm_recover_trail() - the new home learns who owns an object
 * @co: the object at its home, without a request under way; changed
 * @env: who and where, in the new view
 * @owner: who owns it
 */
void kddm_recover_trail(struct kddm_co *co, const struct kddm_co_env *env,
			u16 owner)
{
	if (owner == env->self || kddm_co_has_data(co))
		return;
	co->state = KDDM_CO_INVALID;
	co->hint = owner;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_recover_trail);

/**
 * kddm_recover_renew() - give up a lost object
 * @co: the object at its home; changed
 *
 * Return: true if it was lost; now there is none.
 */
bool kddm_recover_renew(struct kddm_co *co)
{
	if (co->state != KDDM_CO_LOST)
		return false;
	co->state = KDDM_CO_VOID;
	if (!co->tomb)
		co->version = 0;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_recover_renew);
