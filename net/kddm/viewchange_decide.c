// SPDX-License-Identifier: GPL-2.0-only
/*
 * View changes: what a proposer makes of the promises it has; viewchange.h has
 * the idea.
 *
 * Of the lineages that are there it takes the largest that has a quorum, of the
 * nodes the most that all reach each other, members of the last view first, and
 * then of those that may have followed it.
 * Then it asks whether these still have the quorum.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#include "viewchange.h"
#include "viewchange_int.h"

static bool same_view(const struct kddm_vc_view *a,
		      const struct kddm_vc_view *b)
{
	return a->epoch == b->epoch && a->lineage == b->lineage;
}

static int find_line(const struct kddm_vc_proposal *p, u64 lineage)
{
	int i;

	for (i = 0; i < p->nr_lines; i++)
		if (p->line[i].lineage == lineage)
			return i;
	return -1;
}

static void note_line(struct kddm_vc_proposal *p, u64 lineage,
		      const struct kddm_vc_view *last)
{
	int i = find_line(p, lineage);

	if (i < 0 && p->nr_lines == KDDM_VC_LINES) {
		p->full = true;
		return;
	}
	if (i < 0) {
		i = p->nr_lines++;
		memset(&p->line[i], 0, sizeof(p->line[i]));
		p->line[i].lineage = lineage;
	}
	if (last->epoch > p->line[i].epoch)
		p->line[i] = *last;
}

static void note_pend(struct kddm_vc_proposal *p,
		      const struct kddm_vc_view *pend)
{
	int i;

	for (i = 0; i < p->nr_seen; i++)
		if (same_view(&p->seen[i], pend))
			return;
	if (p->nr_seen == KDDM_VC_SEEN)
		p->full = true;
	else
		p->seen[p->nr_seen++] = *pend;
}

void kddm_vc_note(struct kddm_vc_proposal *p, u16 node,
		  const struct kddm_vc_promise *from,
		  const struct kddm_vc_view *last,
		  const struct kddm_vc_view *pend)
{
	int i;

	kddm_vc_add(&p->promised, node);
	p->from[node] = *from;
	if (!from->lineage)
		return;
	note_line(p, from->lineage, last);
	for (i = 0; i < from->nr_pends; i++)
		note_pend(p, &pend[i]);
}

void kddm_vc_leavers(const struct kddm_vc_proposal *p, struct kddm_vc_set *who)
{
	u16 n;

	for (n = 0; n < KDDM_VC_NODES; n++)
		if (kddm_vc_has(&p->promised, n) &&
		    p->from[n].flags & KDDM_VC_LEAVING)
			kddm_vc_add(who, n);
}

bool kddm_vc_complete(const struct kddm_vc_proposal *p)
{
	u16 n, i;

	for (n = 0; n < KDDM_VC_NODES; n++) {
		if (!kddm_vc_has(&p->promised, n))
			continue;
		if (p->from[n].flags & KDDM_VC_MORE)
			return false;
		for (i = 0; i < KDDM_VC_WORDS; i++)
			if (p->promised.w[i] & ~p->from[n].reach.w[i])
				return false;
	}
	return true;
}

/* Quorum */

/* Whether @n is there as the member of @v that it was. */
static bool present(const struct kddm_vc_proposal *p,
		    const struct kddm_vc_view *v,
		    const struct kddm_vc_set *who, u16 n)
{
	return v->inc[n] && kddm_vc_has(who, n) &&
	       p->invited.inc[n] == v->inc[n] &&
	       p->from[n].lineage == v->lineage;
}

static bool half_is_enough(const struct kddm_vc_view *v, u16 nr)
{
	return v->policy == KDDM_VC_TIEBREAK ||
	       (v->policy == KDDM_VC_AUTO && nr == 2);
}

static bool is_quorum(const struct kddm_vc_view *v, u16 nr, u16 here,
		      bool lowest)
{
	if (v->policy == KDDM_VC_NONE)
		return here;
	return 2 * here > nr ||
	       (2 * here == nr && lowest && half_is_enough(v, nr));
}

static bool quorum(const struct kddm_vc_proposal *p,
		   const struct kddm_vc_view *v, const struct kddm_vc_set *who)
{
	u16 nr = 0, here = 0, n;
	bool lowest = false;

	for (n = 0; n < KDDM_VC_NODES; n++) {
		if (!v->inc[n])
			continue;
		if (present(p, v, who, n)) {
			here++;
			lowest |= !nr;
		}
		nr++;
	}
	return is_quorum(v, nr, here, lowest);
}

static bool has_accepted(const struct kddm_vc_promise *from, u32 epoch)
{
	int i;

	for (i = 0; i < from->nr_pends; i++)
		if (from->pend[i] == epoch)
			return true;
	return from->last >= epoch;
}

/*
 * Whether one of its members never accepted @v, and has promised not to, or who
 * proposed it never committed it.
 */
static bool refuted(const struct kddm_vc_proposal *p,
		    const struct kddm_vc_view *v)
{
	const struct kddm_vc_promise *from;
	u16 n;

	for (n = 0; n < KDDM_VC_NODES; n++) {
		from = &p->from[n];
		if (!v->inc[n] || !kddm_vc_has(&p->promised, n) ||
		    p->invited.inc[n] != v->inc[n])
			continue;
		if (!from->lineage || (from->lineage == v->lineage &&
				       !has_accepted(from, v->epoch)))
			return true;
		if (n == v->epoch % KDDM_VC_NODES && from->last < v->epoch &&
		    from->lineage == v->lineage)
			return true;
	}
	return false;
}

/* Those of p->seen that may have been committed after @line. */
static u8 alive(const struct kddm_vc_proposal *p,
		const struct kddm_vc_view *line)
{
	u8 mask = 0;
	int i;

	for (i = 0; i < p->nr_seen; i++)
		if (p->seen[i].lineage == line->lineage &&
		    p->seen[i].epoch > line->epoch && !refuted(p, &p->seen[i]))
			mask |= 1 << i;
	return mask;
}

static bool has_quorum(const struct kddm_vc_proposal *p,
		       const struct kddm_vc_view *line, u8 pends,
		       const struct kddm_vc_set *who)
{
	int i;

	if (line->epoch && !quorum(p, line, who))
		return false;
	for (i = 0; i < p->nr_seen; i++)
		if (pends & (1 << i) && !quorum(p, &p->seen[i], who))
			return false;
	return true;
}

static bool is_doubtful(const struct kddm_vc_proposal *p,
			const struct kddm_vc_view *line)
{
	return line->policy != KDDM_VC_NONE &&
	       !has_quorum(p, line, alive(p, line), &p->promised) &&
	       quorum(p, line, &p->promised);
}

void kddm_vc_in_doubt(const struct kddm_vc_proposal *p,
		      struct kddm_vc_set *who)
{
	u16 n;
	int i;

	memset(who, 0, sizeof(*who));
	for (i = 0; i < p->nr_lines; i++) {
		if (!is_doubtful(p, &p->line[i]))
			continue;
		for (n = 0; n < KDDM_VC_NODES; n++)
			if (kddm_vc_has(&p->promised, n) &&
			    p->from[n].lineage == p->line[i].lineage)
				kddm_vc_add(who, n);
	}
}

/* Lineages */

/* Nothing is left of a founding that failed. */
static bool is_void(const struct kddm_vc_proposal *p, int line)
{
	return line >= 0 && !p->line[line].epoch && !alive(p, &p->line[line]);
}

static u16 size(const struct kddm_vc_view *v)
{
	u16 nr = 0, n;

	for (n = 0; n < KDDM_VC_NODES; n++)
		nr += !!v->inc[n];
	return nr;
}

static bool better(const struct kddm_vc_view *a, const struct kddm_vc_view *b)
{
	u16 na = size(a), nb = size(b);

	return na != nb ? na > nb : a->lineage < b->lineage;
}

/* False if there is a cluster, but none that can go on. */
static bool choose_line(struct kddm_vc_proposal *p)
{
	bool some = false;
	u8 pends;
	int i;

	p->base = -1;
	for (i = 0; i < p->nr_lines; i++) {
		if (is_void(p, i))
			continue;
		some = true;
		pends = alive(p, &p->line[i]);
		if (has_quorum(p, &p->line[i], pends, &p->promised) &&
		    (p->base < 0 || better(&p->line[i], &p->line[p->base]))) {
			p->base = i;
			p->alive = pends;
		}
	}
	return p->base >= 0 || !some;
}

/* Also those that have gone over to another cluster. */
static bool all_present(const struct kddm_vc_proposal *p,
			const struct kddm_vc_view *v)
{
	u16 n;

	for (n = 0; n < KDDM_VC_NODES; n++)
		if (v->inc[n] && (!kddm_vc_has(&p->promised, n) ||
				  p->invited.inc[n] != v->inc[n]))
			return false;
	return true;
}

/* A cluster gives way only as a whole. */
static bool whole(const struct kddm_vc_proposal *p, int line)
{
	u8 pends = alive(p, &p->line[line]);
	int i;

	if (!all_present(p, &p->line[line]))
		return false;
	for (i = 0; i < p->nr_seen; i++)
		if (pends & (1 << i) && !all_present(p, &p->seen[i]))
			return false;
	return true;
}

static bool may_join(const struct kddm_vc_proposal *p, u16 n)
{
	const struct kddm_vc_promise *from = &p->from[n];
	int line;

	if (!kddm_vc_has(&p->promised, n) || from->flags & KDDM_VC_LEAVING)
		return false;
	if (!from->lineage)
		return true;
	line = find_line(p, from->lineage);
	if (line < 0)
		return false;
	return line == p->base || is_void(p, line) || whole(p, line);
}

/* Who all reach each other */

static bool see_each_other(const struct kddm_vc_proposal *p, u16 a, u16 b)
{
	return a == b || (kddm_vc_has(&p->from[a].reach, b) &&
			  kddm_vc_has(&p->from[b].reach, a));
}

static u16 degree(const struct kddm_vc_proposal *p,
		  const struct kddm_vc_set *among, u16 n)
{
	u16 nr = 0, k;

	for (k = 0; k < KDDM_VC_NODES; k++)
		if (kddm_vc_has(among, k) && see_each_other(p, n, k))
			nr++;
	return nr;
}

static bool is_base(const struct kddm_vc_proposal *p, u16 n)
{
	return p->base >= 0 &&
	       present(p, &p->line[p->base], &p->promised, n);
}

/* How much @n is needed: for the quorum of the last view, of those since. */
static u8 rank(const struct kddm_vc_proposal *p, u16 n)
{
	bool since = false;
	int i;

	for (i = 0; i < p->nr_seen; i++)
		since |= p->alive & (1 << i) &&
			 present(p, &p->seen[i], &p->promised, n);
	return 2 * is_base(p, n) + since;
}

/* The next to be taken of @left: who is needed most, the best linked */
static u16 pick(const struct kddm_vc_proposal *p,
		const struct kddm_vc_set *left)
{
	u16 best = KDDM_VC_NOBODY, most = 0, n, deg;
	u8 highest = 0, is;

	for (n = 0; n < KDDM_VC_NODES; n++) {
		if (!kddm_vc_has(left, n))
			continue;
		is = rank(p, n);
		deg = degree(p, left, n);
		if (best != KDDM_VC_NOBODY &&
		    (is < highest || (is == highest && deg <= most)))
			continue;
		best = n;
		highest = is;
		most = deg;
	}
	return best;
}

static void find_clique(const struct kddm_vc_proposal *p,
			struct kddm_vc_set *clique)
{
	struct kddm_vc_set left = { };
	u16 n, k;

	memset(clique, 0, sizeof(*clique));
	for (n = 0; n < KDDM_VC_NODES; n++)
		if (may_join(p, n))
			kddm_vc_add(&left, n);
	while ((n = pick(p, &left)) != KDDM_VC_NOBODY) {
		kddm_vc_add(clique, n);
		kddm_vc_del(&left, n);
		for (k = 0; k < KDDM_VC_NODES; k++)
			if (!see_each_other(p, n, k))
				kddm_vc_del(&left, k);
	}
}

/* The verdict */

static bool nothing_new(const struct kddm_vc_proposal *p,
			const struct kddm_vc_set *clique)
{
	const struct kddm_vc_view *base;
	u16 n;

	if (p->base < 0 || p->alive)
		return false;
	base = &p->line[p->base];
	for (n = 0; n < KDDM_VC_NODES; n++) {
		if (!base->inc[n] && !kddm_vc_has(clique, n))
			continue;
		if (!kddm_vc_has(clique, n) || !is_base(p, n) ||
		    !(p->from[n].flags & KDDM_VC_SERVING) ||
		    p->from[n].last != base->epoch)
			return false;
	}
	return true;
}

static void make_view(struct kddm_vc *vc, const struct kddm_vc_set *clique)
{
	struct kddm_vc_proposal *p = &vc->p;
	struct kddm_vc_view *v = &p->view;
	u16 n;

	v->epoch = vc->promised;
	v->lineage = (u64)vc->inc[vc->self] << 32 | v->epoch;
	v->policy = vc->policy;
	if (p->base >= 0) {
		v->lineage = p->line[p->base].lineage;
		v->policy = p->line[p->base].policy;
	}
	/* A founding whose end nobody knows has no view to follow yet. */
	for (n = 0; n < p->nr_seen; n++)
		if (p->base >= 0 && p->alive & (1 << n))
			v->policy = p->seen[n].policy;
	for (n = 0; n < KDDM_VC_NODES; n++)
		v->inc[n] = kddm_vc_has(clique, n) ? p->invited.inc[n] : 0;
}

/* Whether one of @clique is a member of the last view, and knows of it. */
static bool knows_base(const struct kddm_vc_proposal *p,
		       const struct kddm_vc_set *clique)
{
	u16 n;

	for (n = 0; n < KDDM_VC_NODES; n++)
		if (kddm_vc_has(clique, n) && is_base(p, n) &&
		    p->from[n].last == p->line[p->base].epoch)
			return true;
	return false;
}

/*
 * A member that this node does not reach is not put out by one who is none
 * itself, as long as others may reach it: they do better.  They do not if none
 * of them knows that there is this view.
 */
static bool puts_out(const struct kddm_vc *vc,
		     const struct kddm_vc_set *clique)
{
	const struct kddm_vc_proposal *p = &vc->p;
	u16 n;

	if (p->base < 0 || is_base(p, vc->self) || kddm_vc_complete(p) ||
	    !knows_base(p, clique))
		return false;
	for (n = 0; n < KDDM_VC_NODES; n++)
		if (p->line[p->base].inc[n] && !kddm_vc_has(clique, n))
			return true;
	return false;
}

/*
 * All who take part in a cluster whose founding may have failed have to know
 * which view that was: it is what their quorums have in common.
 */
const struct kddm_vc_view *kddm_vc_base(const struct kddm_vc_proposal *p,
					bool *unsure)
{
	const struct kddm_vc_view *base = NULL;
	int i;

	*unsure = false;
	if (p->base >= 0 && p->line[p->base].epoch)
		return &p->line[p->base];
	for (i = 0; p->base >= 0 && i < p->nr_seen; i++)
		if (p->alive & (1 << i) &&
		    (!base || p->seen[i].epoch < base->epoch))
			base = &p->seen[i];
	*unsure = base;
	return base;
}

/* Each who accepts may have to remember as many views. */
static bool too_many(u8 alive)
{
	u8 nr = 0;

	for (; alive; alive &= alive - 1)
		nr++;
	return nr >= KDDM_VC_PENDS;
}

enum kddm_vc_verdict kddm_vc_decide(struct kddm_vc *vc)
{
	struct kddm_vc_proposal *p = &vc->p;
	struct kddm_vc_set clique, who;

	p->alive = 0;
	if (p->full || !choose_line(p) || too_many(p->alive))
		return KDDM_VC_NOT_NOW;
	find_clique(p, &clique);
	if (!kddm_vc_has(&clique, vc->self))
		return KDDM_VC_NOT_ME;
	if (puts_out(vc, &clique))
		return KDDM_VC_NOT_NOW;
	if (nothing_new(p, &clique))
		return KDDM_VC_SAME;
	make_view(vc, &clique);
	/* Those who leave agree that the others go on. */
	who = clique;
	kddm_vc_leavers(p, &who);
	if (p->base >= 0 &&
	    !has_quorum(p, &p->line[p->base], p->alive, &who))
		return KDDM_VC_NOT_NOW;
	/* Nobody knows of a founding that has ended: this may be the one. */
	if ((p->base < 0 || !p->line[p->base].epoch) &&
	    size(&p->view) < vc->founders)
		return KDDM_VC_NOT_NOW;
	return KDDM_VC_GO;
}

/* Whether @node sees all members of what is proposed. */
static bool sees_all(const struct kddm_vc_proposal *p, u16 node)
{
	u16 n;

	for (n = 0; n < KDDM_VC_NODES; n++)
		if (p->view.inc[n] && !kddm_vc_has(&p->from[node].reach, n))
			return false;
	return true;
}

void kddm_vc_part_others(struct kddm_vc_proposal *p,
			 struct kddm_vc_set *out_of_it,
			 struct kddm_vc_set *apart)
{
	u16 n;

	memset(&p->parting, 0, sizeof(p->parting));
	memset(&p->last_words, 0, sizeof(p->last_words));
	for (n = 0; n < KDDM_VC_NODES; n++) {
		if (!kddm_vc_has(&p->promised, n) || p->view.inc[n])
			continue;
		if (p->from[n].lineage != p->view.lineage)
			kddm_vc_add(apart, n);
		else if (p->from[n].flags & KDDM_VC_LEAVING)
			kddm_vc_add(&p->parting, n);
		else
			kddm_vc_add(out_of_it, n);
		if (kddm_vc_has(&p->parting, n) && sees_all(p, n))
			kddm_vc_add(&p->last_words, n);
	}
}

/* What all take over of it */

static bool is_one_of(u32 epoch, const struct kddm_vc_view *v, int nr, u8 mask)
{
	int i;

	for (i = 0; i < nr; i++)
		if (mask & (1 << i) && v[i].epoch == epoch)
			return true;
	return false;
}

/* What is to be asked for a quorum, as if this node had accepted it. */
static void remember(struct kddm_vc *vc, const struct kddm_vc_view *root)
{
	if (is_one_of(root->epoch, vc->pend, vc->nr_pends, 0xff) ||
	    vc->nr_pends == KDDM_VC_PENDS)
		return;
	memmove(&vc->pend[1], &vc->pend[0],
		vc->nr_pends * sizeof(vc->pend[0]));
	vc->pend[0] = *root;
	vc->nr_pends++;
}

/*
 * What the proposer knows of the past: the view that @cur follows, and which of
 * @nr views @seen may have been committed since (@mask).  A node of another
 * lineage forgets its own past.  As long as nobody knows whether the cluster
 * was founded (@unsure), @base is the view that founds it.
 */
void kddm_vc_adopt(struct kddm_vc *vc, const struct kddm_vc_view *view,
		   const struct kddm_vc_view *base, bool unsure,
		   const struct kddm_vc_view *seen, int nr, u8 mask)
{
	int i, kept = 0;

	if (vc->lineage != view->lineage) {
		vc->nr_pends = 0;
		vc->member = false;
		vc->over = 0;
		memset(&vc->last, 0, sizeof(vc->last));
	}
	vc->lineage = view->lineage;
	if (!unsure && base && base->epoch && base->epoch >= vc->last.epoch)
		vc->last = *base;
	kddm_vc_forget_over(vc);
	for (i = 0; i < vc->nr_pends; i++)
		if (vc->pend[i].epoch > vc->last.epoch &&
		    is_one_of(vc->pend[i].epoch, seen, nr, mask))
			vc->pend[kept++] = vc->pend[i];
	vc->nr_pends = kept;
	if (unsure)
		remember(vc, base);
}

/* What becomes of the view that is served */

bool kddm_vc_reaches(const struct kddm_vc *vc, const struct kddm_vc_view *v)
{
	u16 n;

	for (n = 0; n < KDDM_VC_NODES; n++)
		if (v->inc[n] && v->inc[n] != vc->inc[n])
			return false;
	return true;
}

/*
 * Whether the view served here is over: there is a later one, without this
 * node, or a member has gone over to another cluster.
 */
bool kddm_vc_is_over(const struct kddm_vc *vc, u16 src,
		     const struct kddm_vc_msg *msg)
{
	if (msg->lineage != vc->lineage)
		return vc->last.inc[src] == vc->inc[src];
	return msg->epoch > vc->last.epoch &&
	       vc->last.policy != KDDM_VC_NONE;
}

bool kddm_vc_keeps_quorum(const struct kddm_vc *vc)
{
	const struct kddm_vc_view *v = &vc->last;
	u16 nr = 0, here = 0, n;
	bool lowest = false;

	for (n = 0; n < KDDM_VC_NODES; n++) {
		if (!v->inc[n])
			continue;
		if (v->inc[n] == vc->inc[n]) {
			here++;
			lowest |= !nr;
		}
		nr++;
	}
	return is_quorum(v, nr, here, lowest);
}

/* Who does what */

u16 kddm_vc_candidate(const struct kddm_vc *vc)
{
	u16 n;

	for (n = 0; n < KDDM_VC_NODES; n++)
		if (vc->inc[n] && !kddm_vc_has(&vc->hopeless, n) &&
		    !kddm_vc_has(&vc->leavers, n))
			return n;
	return KDDM_VC_NOBODY;
}

bool kddm_vc_may_go(const struct kddm_vc *vc)
{
	bool all = true, only = !vc->nr_pends;
	u16 n;

	for (n = 0; n < KDDM_VC_NODES; n++) {
		if (n == vc->self)
			continue;
		all &= !vc->inc[n] || kddm_vc_has(&vc->leavers, n);
		only &= !vc->last.inc[n];
	}
	return vc->leaving && (all || only);
}
