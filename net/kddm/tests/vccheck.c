// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must be true of nodes that change views: after each step, and when
 * nothing has to happen any more.
 */
#include <linux/bitops.h>
#include <linux/string.h>
#include <linux/types.h>
#include "vcmodel.h"

/* After each step */

static bool meet(const struct vcm *m, const struct kddm_vc_view *v,
		 const struct kddm_vc_view *w)
{
	u16 n;

	for (n = 0; n < m->cfg->nodes; n++)
		if (v->inc[n] && v->inc[n] == w->inc[n])
			return true;
	return false;
}

static bool same_members(const struct vcm *m, const struct kddm_vc_view *v,
			 const struct kddm_vc_view *w)
{
	return !memcmp(v->inc, w->inc, m->cfg->nodes * sizeof(*v->inc));
}

static void check_pair(struct vcm *m, const struct kddm_vc *v,
		       const struct kddm_vc *w)
{
	bool one = v->lineage == w->lineage || 2 * m->cfg->founders >
		   m->cfg->nodes;

	if (v->last.epoch && v->last.epoch == w->last.epoch &&
	    v->last.lineage == w->last.lineage &&
	    !same_members(m, &v->last, &w->last))
		vcm_fail(m, "two views with one epoch");
	if (m->cfg->policy != KDDM_VC_NONE && one && v->serving &&
	    w->serving && !meet(m, &v->last, &w->last))
		vcm_fail(m, "two groups serve");
}

static void check_node(struct vcm *m, u16 n)
{
	const struct kddm_vc *vc = &m->node[n];

	if (vc->serving && vc->last.inc[n] != vcm_inc(m, n))
		vcm_fail(m, "a view is served by none of its members");
	if (vc->serving && vc->phase > KDDM_VC_INVITED)
		vcm_fail(m, "a view is served while it changes");
	if (vc->phase != KDDM_VC_IDLE && vc->phase != KDDM_VC_GONE &&
	    vc->proposer == KDDM_VC_NOBODY)
		vcm_fail(m, "an attempt of nobody");
	if (vc->role ? vc->proposer != n : vc->proposer == n)
		vcm_fail(m, "an attempt without its proposer");
}

/**
 * vcm_check() - what must be true of every state
 * @m: the model
 */
void vcm_check(struct vcm *m)
{
	u16 a, b;

	for (a = 0; a < m->cfg->nodes; a++) {
		if (!m->alive[a])
			continue;
		check_node(m, a);
		for (b = 0; b < a; b++)
			if (m->alive[b])
				check_pair(m, &m->node[a], &m->node[b]);
	}
}

/* At rest */

static bool takes_part(const struct vcm *m, u16 n)
{
	return m->alive[n] && m->node[n].phase != KDDM_VC_GONE;
}

/* The nodes that are linked to @n, directly or not; whether all are directly */
static bool component(const struct vcm *m, u16 n, u32 *set)
{
	u32 before;
	u16 a, b;
	bool clique = true;

	*set = 1 << n;
	do {
		before = *set;
		for (a = 0; a < m->cfg->nodes; a++)
			for (b = 0; b < m->cfg->nodes; b++)
				if (*set >> a & 1 && a != b &&
				    takes_part(m, b) && vcm_linked(m, a, b))
					*set |= 1 << b;
	} while (*set != before);
	for (a = 0; a < m->cfg->nodes; a++)
		for (b = 0; b < a; b++)
			if ((*set >> a) & (*set >> b) & 1 &&
			    !vcm_linked(m, a, b))
				clique = false;
	return clique;
}

/* Enough of the latest view that is known in @set, by the letter of the rule */
static bool has_quorum(const struct vcm *m, u32 set, bool *unclear)
{
	const struct kddm_vc_view *last = NULL;
	u16 n, nr = 0, here = 0;
	u64 lineage = 0;
	bool lowest = false;

	*unclear = false;
	for (n = 0; n < m->cfg->nodes; n++) {
		const struct kddm_vc *vc = &m->node[n];

		if (!(set >> n & 1) || !vc->lineage)
			continue;
		if (lineage && lineage != vc->lineage)
			*unclear = true;
		lineage = vc->lineage;
		if (vc->last.epoch && (!last ||
				       vc->last.epoch > last->epoch))
			last = &vc->last;
	}
	for (n = 0; n < m->cfg->nodes; n++)
		if (set >> n & 1 && m->node[n].nr_pends)
			*unclear = true;
	if (!last)
		return !lineage &&
		       hweight32(set) >= m->cfg->founders;
	for (n = 0; n < m->cfg->nodes; n++) {
		if (!last->inc[n])
			continue;
		if (set >> n & 1 && last->inc[n] == vcm_inc(m, n) &&
		    m->node[n].lineage == last->lineage) {
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

static bool served(struct vcm *m, u32 set)
{
	const struct kddm_vc_view *v = NULL;
	u16 n;

	for (n = 0; n < m->cfg->nodes; n++) {
		if (!(set >> n & 1))
			continue;
		if (!m->node[n].serving ||
		    (v && (v->epoch != m->node[n].last.epoch ||
			   !same_members(m, v, &m->node[n].last))))
			return false;
		v = &m->node[n].last;
	}
	for (n = 0; n < m->cfg->nodes; n++)
		if (v->inc[n] != (set >> n & 1 ? vcm_inc(m, n) : 0))
			return false;
	return true;
}

static bool all_leave(const struct vcm *m, u32 set)
{
	u16 n;

	for (n = 0; n < m->cfg->nodes; n++)
		if (set >> n & 1 && !m->node[n].leaving)
			return false;
	return true;
}

/**
 * vcm_check_rest() - the same when nothing has to happen any more
 * @m: the model
 *
 * Return: false if nodes that all reach each other have no served view, for
 * want of a quorum.
 */
bool vcm_check_rest(struct vcm *m)
{
	bool unclear, clique, ok = true;
	u32 set, done = 0;
	u16 n;

	for (n = 0; n < m->cfg->nodes; n++) {
		const struct kddm_vc *vc = &m->node[n];

		if (!takes_part(m, n))
			continue;
		if (vc->phase != KDDM_VC_IDLE)
			vcm_fail(m, "an attempt does not end");
		if (!kddm_vc_empty(&vc->waiting))
			vcm_fail(m, "an invitation is not answered");
		clique = component(m, n, &set);
		if (vc->leaving && all_leave(m, set))
			vcm_fail(m, "those who leave wait for each other");
		if (vc->leaving || done >> n & 1)
			continue;
		done |= set;
		if (!clique)
			continue;
		if (served(m, set))
			continue;
		ok = false;
		if (has_quorum(m, set, &unclear) && !unclear)
			vcm_fail(m, "a quorum, and no view is served");
	}
	return ok;
}
