// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must be true of nodes that change views when nothing has to happen any
 * more: nothing breaks, and all that was sent has come.
 *
 * Nodes that all reach each other, and have a quorum, serve one view of just
 * these.  Where some do not reach each other, it is promised that some view is
 * served as soon as nodes that do have a quorum; which one is decided by who
 * proposes.  Nobody serves a view that another one has followed, but where
 * anybody may go on alone, or where clusters that were founded apart meet only
 * in part.
 */
#include <linux/bitops.h>
#include <linux/string.h>
#include <linux/types.h>
#include "vcmodel.h"
#include "../viewchange_int.h"

static bool takes_part(const struct vcm *m, u16 n)
{
	return m->alive[n] && m->node[n].phase != KDDM_VC_GONE;
}

static bool all_linked(const struct vcm *m, u32 set)
{
	u16 a, b;

	for (a = 0; a < m->cfg->nodes; a++)
		for (b = 0; b < a; b++)
			if ((set >> a) & (set >> b) & 1 &&
			    !vcm_linked(m, a, b))
				return false;
	return true;
}

/* The nodes that are linked to @n, directly or not. */
static u32 component(const struct vcm *m, u16 n)
{
	u32 before, set = 1 << n;
	u16 a, b;

	do {
		before = set;
		for (a = 0; a < m->cfg->nodes; a++)
			for (b = 0; b < m->cfg->nodes; b++)
				if (set >> a & 1 && a != b &&
				    takes_part(m, b) && vcm_linked(m, a, b))
					set |= 1 << b;
	} while (set != before);
	return set;
}

static u32 leavers(const struct vcm *m)
{
	u32 set = 0;
	u16 n;

	for (n = 0; n < m->cfg->nodes; n++)
		if (m->alive[n] && m->node[n].leaving)
			set |= 1 << n;
	return set;
}

/* Quorum, by the letter of the rule */

static bool enough(const struct vcm *m, const struct kddm_vc_view *v, u32 set)
{
	u16 n, nr = 0, here = 0;
	bool lowest = false;

	for (n = 0; n < m->cfg->nodes; n++) {
		if (!v->inc[n])
			continue;
		if (set >> n & 1 && v->inc[n] == vcm_inc(m, n) &&
		    m->node[n].lineage == v->lineage) {
			here++;
			lowest |= !nr;
		}
		nr++;
	}
	switch (m->cfg->policy) {
	case KDDM_VC_NONE:
		return here;
	case KDDM_VC_MAJORITY:
		return 2 * here > nr;
	case KDDM_VC_AUTO:
		return 2 * here > nr || (nr == 2 && here && lowest);
	default:
		return 2 * here > nr || (2 * here == nr && lowest);
	}
}

/* The only cluster that the nodes of @set know; false if there are more. */
static bool one_cluster(const struct vcm *m, u32 set, u64 *lineage)
{
	u16 n;

	*lineage = 0;
	for (n = 0; n < m->cfg->nodes; n++) {
		if (!(set >> n & 1) || !m->node[n].lineage)
			continue;
		if (*lineage && *lineage != m->node[n].lineage)
			return false;
		*lineage = m->node[n].lineage;
	}
	return true;
}

static const struct kddm_vc_view *latest(const struct vcm *m, u32 set)
{
	const struct kddm_vc_view *last = NULL, *v;
	u16 n;

	for (n = 0; n < m->cfg->nodes; n++) {
		v = &m->node[n].last;
		if (set >> n & 1 && v->epoch && (!last ||
						 v->epoch > last->epoch))
			last = v;
	}
	return last;
}

/*
 * Whether @some of @set can go on, for sure: they are enough of the latest view
 * that any of @set knows, and of each one that may have followed.  Who has more
 * of those on its mind than it can keep accepts none.
 */
static bool can_go_on(const struct vcm *m, u32 set, u32 some)
{
	const struct kddm_vc_view *last = latest(m, set), *v;
	u64 lineage;
	u16 n, i;

	if (!one_cluster(m, set, &lineage))
		return false;
	if (last && !enough(m, last, some))
		return false;
	if (!last && hweight32(some & ~leavers(m)) < m->cfg->founders)
		return false;
	for (n = 0; n < m->cfg->nodes; n++) {
		if (set >> n & 1 && m->node[n].nr_pends == KDDM_VC_PENDS)
			return false;
		for (i = 0; set >> n & 1 && i < m->node[n].nr_pends; i++) {
			v = &m->node[n].pend[i];
			if ((!last || v->epoch > last->epoch) &&
			    !enough(m, v, some))
				return false;
		}
	}
	return true;
}

/* What is served */

static bool served_by(const struct vcm *m, const struct kddm_vc_view *v, u16 n)
{
	const struct kddm_vc *vc = &m->node[n];

	return takes_part(m, n) && vc->serving && v->inc[n] == vcm_inc(m, n) &&
	       v->epoch == vc->last.epoch && v->lineage == vc->last.lineage &&
	       vcm_same_members(m, v, &vc->last);
}

/*
 * What a node serves is served by all members if these reach each other.  If
 * they do not, and have no quorum otherwise, one that reaches all of them may
 * be left alone with it; but nobody has another view.
 */
static void check_served(struct vcm *m, u16 a)
{
	const struct kddm_vc_view *v = &m->node[a].last, *w;
	bool all = true;
	u32 set = 0;
	u16 n;

	for (n = 0; n < m->cfg->nodes; n++) {
		w = &m->node[n].last;
		/* It was about to join another cluster, which has failed. */
		if (v->inc[n] && v->inc[n] == vcm_inc(m, n) &&
		    m->node[n].lineage != v->lineage)
			return;
		if (v->inc[n])
			set |= 1 << n;
		if (v->inc[n] && !served_by(m, v, n))
			all = false;
		if (takes_part(m, n) && w->lineage == v->lineage &&
		    w->epoch > v->epoch)
			vcm_fail(m, "a view is served that is over");
	}
	if (!all && all_linked(m, set))
		vcm_fail(m, "some members do not serve the view");
}

/* All of @set serve one view of just these. */
static bool served(const struct vcm *m, u32 set)
{
	const struct kddm_vc_view *v = &m->node[ffs(set) - 1].last;
	u16 n;

	for (n = 0; n < m->cfg->nodes; n++)
		if (set >> n & 1 ? !served_by(m, v, n) : !!v->inc[n])
			return false;
	return true;
}

static bool some_serve(const struct vcm *m, u32 set)
{
	u16 n;

	for (n = 0; n < m->cfg->nodes; n++)
		if (set >> n & 1 && m->node[n].serving)
			return true;
	return false;
}

/* The same by what any of @some could learn as the proposer. */
static bool all_can_go_on(const struct vcm *m, u32 some)
{
	u32 reach;
	u16 n, k;

	for (n = 0; n < m->cfg->nodes; n++) {
		if (!(some >> n & 1))
			continue;
		reach = 1 << n;
		for (k = 0; k < m->cfg->nodes; k++)
			if (takes_part(m, k) && vcm_linked(m, n, k))
				reach |= 1 << k;
		if (!can_go_on(m, reach, some))
			return false;
	}
	return true;
}

/*
 * Some of @set, who all reach each other, can go on without the others.  That
 * they do is not promised if half can be enough for views that may have been
 * committed: who proposes may choose others, who are half of another one.
 */
static bool some_can_go_on(const struct vcm *m, u32 set)
{
	u32 some, stay = set & ~leavers(m);
	u16 n;

	for (n = 0; n < m->cfg->nodes; n++)
		if (set >> n & 1 && m->node[n].nr_pends &&
		    m->cfg->policy != KDDM_VC_MAJORITY)
			return false;
	for (some = stay; some; some = (some - 1) & stay)
		if (all_linked(m, some) && can_go_on(m, set, some) &&
		    all_can_go_on(m, some))
			return true;
	return false;
}

/* A member of the view that @a serves has joined another cluster. */
static void check_deserted(struct vcm *m, u16 a)
{
	const struct kddm_vc_view *v = &m->node[a].last;
	u16 n;

	for (n = 0; n < m->cfg->nodes; n++)
		if (takes_part(m, n) && vcm_linked(m, a, n) &&
		    v->inc[n] == vcm_inc(m, n) && m->node[n].member &&
		    m->node[n].lineage != v->lineage)
			vcm_fail(m, "a view is served that a member has left");
}

static void check_node(struct vcm *m, u16 n)
{
	const struct kddm_vc *vc = &m->node[n];
	u32 set = component(m, n);
	u64 lineage;

	if (vc->phase != KDDM_VC_IDLE)
		vcm_fail(m, "an attempt does not end");
	if (!kddm_vc_empty(&vc->waiting))
		vcm_fail(m, "an invitation is not answered");
	if (kddm_vc_may_go(vc))
		vcm_fail(m, "who may leave does not");
	if (vc->leaving && !(set & ~leavers(m)))
		vcm_fail(m, "those who leave wait for each other");
	if (vc->serving)
		check_deserted(m, n);
	/* Where each may go on alone, others may be bound to who is gone. */
	if (vc->serving && vc->torn && all_linked(m, set) &&
	    (m->cfg->policy != KDDM_VC_NONE || can_go_on(m, set, set)))
		vcm_fail(m, "what was lost between two members stays lost");
	if (vc->serving && m->cfg->policy != KDDM_VC_NONE &&
	    (all_linked(m, set) || one_cluster(m, set, &lineage)))
		check_served(m, n);
}

/**
 * vcm_check_rest() - what must be true when nothing has to happen any more
 * @m: the model
 *
 * Return: false if nodes that all reach each other have no served view, for
 * want of a quorum.
 */
bool vcm_check_rest(struct vcm *m)
{
	u32 set, done = 0;
	bool ok = true;
	u16 n;

	for (n = 0; n < m->cfg->nodes; n++) {
		if (!takes_part(m, n))
			continue;
		check_node(m, n);
		if (done >> n & 1)
			continue;
		set = component(m, n);
		done |= set;
		if (!some_serve(m, set) && some_can_go_on(m, set))
			vcm_fail(m, "some have a quorum, and nobody serves");
		if (!all_linked(m, set) || served(m, set))
			continue;
		ok = false;
		if (can_go_on(m, set, set))
			vcm_fail(m, "a quorum, and no view is served");
	}
	return ok;
}
