// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must be true of nodes that change views, after each step; vcrest.c has
 * what must be true when nothing has to happen any more.
 */
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

/**
 * vcm_same_members() - whether two views have the same members
 * @m: the model
 * @v: one view
 * @w: the other
 *
 * Return: whether they have, each in the same incarnation.
 */
bool vcm_same_members(const struct vcm *m, const struct kddm_vc_view *v,
		      const struct kddm_vc_view *w)
{
	return !memcmp(v->inc, w->inc, m->cfg->nodes * sizeof(*v->inc));
}

/*
 * Whether no two groups may serve apart.  One cluster is founded if it takes
 * most of the nodes to do so, and none of them has forgotten that.  When views
 * have changed often, a node that is slow to notice may serve one of which no
 * member is left in the latest: vcwalk checks how each follows another.
 */
static bool one_group(const struct vcm *m, const struct kddm_vc *v,
		      const struct kddm_vc *w)
{
	bool one = 2 * m->cfg->founders > m->cfg->nodes;
	u16 n;

	if (m->cfg->policy == KDDM_VC_NONE)
		return false;
	for (n = 0; n < m->cfg->nodes; n++)
		one &= m->inc[n] == 1;
	if (v->lineage == w->lineage)
		return !m->cfg->behind;
	return one;
}

/* Both have agreed to the same view, but are not told that it is committed. */
static bool one_attempt(const struct kddm_vc *v, const struct kddm_vc *w)
{
	return v->phase >= KDDM_VC_FLUSH && v->phase <= KDDM_VC_ACCEPTED &&
	       w->phase >= KDDM_VC_FLUSH && w->phase <= KDDM_VC_ACCEPTED &&
	       v->promised == w->promised && v->proposer == w->proposer &&
	       v->inc[v->proposer] == w->inc[w->proposer];
}

static void check_pair(struct vcm *m, const struct kddm_vc *v,
		       const struct kddm_vc *w)
{
	/* Where each goes on alone, who was started again uses it twice. */
	if (v->last.epoch && v->last.epoch == w->last.epoch &&
	    v->last.lineage == w->last.lineage &&
	    m->cfg->policy != KDDM_VC_NONE &&
	    !vcm_same_members(m, &v->last, &w->last))
		vcm_fail(m, "two views with one epoch");
	if (one_attempt(v, w) && (v->last.epoch != w->last.epoch ||
				  !vcm_same_members(m, &v->last, &w->last)))
		vcm_fail(m, "two know different views that the next follows");
	if (v->serving && w->serving && one_group(m, v, w) &&
	    !meet(m, &v->last, &w->last))
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

/* A mark of the attempt in which @a takes part is on its way from @b. */
static bool mark_to_come(const struct vcm *m, u16 a, u16 b)
{
	u16 i;

	for (i = vcm_next(m, b, a, 0); i < m->nr; i = vcm_next(m, b, a, i + 1))
		if (m->msg[i].msg.type == KDDM_VC_MARK &&
		    m->msg[i].msg.epoch == m->node[a].promised)
			return true;
	return false;
}

/*
 * What @b has sent, or is still to send, in the view before may come to @a; it
 * may have been started again, and use the epoch twice.
 */
static bool more_to_come(const struct vcm *m, u16 a, u16 b)
{
	return mark_to_come(m, a, b) ||
	       (m->node[b].phase == KDDM_VC_INVITED &&
		m->node[a].inc[b] == vcm_inc(m, b) &&
		m->node[b].promised == m->node[a].promised);
}

/*
 * Who has accepted a view, and is to be a member, has all that others sent in
 * the one before: they reconcile objects by what they have received.  Members
 * know of whom else they have to wait for only until they reconcile.
 */
static void check_marks(struct vcm *m, u16 n)
{
	const struct kddm_vc *vc = &m->node[n];
	u16 k;

	if ((vc->phase != KDDM_VC_ACCEPTED && vc->phase != KDDM_VC_RECONCILE) ||
	    !vc->cur.inc[n])
		return;
	for (k = 0; k < m->cfg->nodes; k++)
		if (k != n && (vc->cur.inc[k] ||
			       (vc->phase == KDDM_VC_ACCEPTED &&
				kddm_vc_has(&vc->parting, k))) &&
		    more_to_come(m, n, k))
			vcm_fail(m, "a view is accepted, and more may come");
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
		check_marks(m, a);
		for (b = 0; b < a; b++)
			if (m->alive[b])
				check_pair(m, &m->node[a], &m->node[b]);
	}
}

/**
 * vcm_check_serve() - what must be true when a node begins to serve
 * @m: the model
 * @n: the node
 *
 * The epoch is higher than each one that it has served before: also if it has
 * the same view again, since it did not serve meanwhile, and in another life,
 * if the cluster is still the same.  What is checked is compared with the view
 * served last, which so is the highest.
 */
void vcm_check_serve(struct vcm *m, u16 n)
{
	const struct kddm_vc_view *v = &m->node[n].last, *w = &m->ran[n];
	u16 k;

	if (((w->lineage == v->lineage && m->cfg->policy != KDDM_VC_NONE) ||
	     w->inc[n] == v->inc[n]) && w->epoch >= v->epoch)
		vcm_fail(m, "a node serves again, with no higher epoch");
	for (k = 0; k < m->cfg->nodes; k++) {
		w = &m->ran[k];
		if (w->epoch == v->epoch && w->lineage == v->lineage &&
		    m->cfg->policy != KDDM_VC_NONE &&
		    !vcm_same_members(m, v, w))
			vcm_fail(m, "two views were served with one epoch");
	}
	m->ran[n] = *v;
}
