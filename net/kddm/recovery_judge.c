// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recovery: suspects are judged.
 *
 * The home of each asks all members what they have, and tells them what is to
 * become of it, many objects in a message.  recover.c judges.
 */
#include <linux/slab.h>
#include "nodeset.h"
#include "object.h"
#include "recover.h"
#include "recovery_int.h"
#include "set.h"
#include "views.h"

/* It is not a suspect any more, if it was one. */
static void acquit(struct kddm_set *set, unsigned long id)
{
	if (xa_erase(&set->suspects, id))
		atomic_long_dec(&set->nr_suspects);
}

/**
 * struct cases - some suspects of a set that are judged together
 * @r: the recovery
 * @set: the set
 * @nr: how many
 * @words: of a node set
 * @most: so many at a time, what fits into a message
 * @id: their ids
 * @judge: claims
 * @verdict: what is judged
 * @copies: for each of them @words words: who has a copy that stays
 * @first: the same: who has contents that count; then, who is told first
 */
struct cases {
	struct recovery		*r;
	struct kddm_set		*set;
	u16			nr;
	u16			words;
	u16			most;
	u64			id[KDDM_RECOVERY_CASES];
	struct kddm_judge	judge[KDDM_RECOVERY_CASES];
	struct kddm_verdict	verdict[KDDM_RECOVERY_CASES];
	u64			*copies;
	u64			*first;
};

/* Claims of this node, which makes a suspect wait for the verdict. */
static void claim_one(struct kddm_views *v, struct kddm_set *set, u64 id,
		      struct kddm_claim *claim)
{
	kddm_obj_reset(set, id, claim);
	claim->base = READ_ONCE(v->base);
}

static void hear(struct cases *c, u16 i, u16 node,
		 const struct kddm_claim *claim)
{
	struct kddm_judge *j = &c->judge[i];
	size_t at = i * c->words;
	u32 before = j->base;

	kddm_judge_hear(j, node, claim, c->copies + at, c->words);
	if (j->base != before)
		memset(c->first + at, 0, c->words * sizeof(u64));
	if (kddm_claim_holds(claim) && claim->base == j->base)
		nodeset_add(c->first + at, node);
}

/* What is not understood is asked for again: it may be all that is left. */
static bool claims_valid(const void *reply, size_t len)
{
	const struct wire_claim *w = reply;
	struct kddm_claim claim;

	for (; len; len -= sizeof(*w), w++)
		if (kddm_claim_get(w, &claim))
			return false;
	return true;
}

static int probe_node(struct recovery *r, struct cases *c, u16 node)
{
	size_t want = c->nr * sizeof(struct wire_claim);
	struct wire_claim *reply = kvmalloc(want, GFP_KDDM);
	struct wire_recover *w = kvmalloc(sizeof(*w) + c->nr *
					  sizeof(struct wire_id), GFP_KDDM);
	struct kddm_claim claim;
	int err;
	u16 i;

	kddm_recover_head(w, OP_PROBE, r->epoch, c->set->id);
	for (i = 0; i < c->nr; i++)
		kddm_recover_put_id(w, c->id[i]);
	err = kddm_recovery_call(r, node, w, reply, want, claims_valid);
	for (i = 0; i < c->nr && !err; i++)
		if (!kddm_claim_get(&reply[i], &claim))
			hear(c, i, node, &claim);
	kvfree(w);
	kvfree(reply);
	return err;
}

static int probe(struct recovery *r, struct cases *c)
{
	struct kddm_net *kn = r->v->kn;
	struct kddm_claim claim;
	int err = 0;
	u16 i, id;

	for (i = 0; i < c->nr; i++) {
		claim_one(r->v, c->set, c->id[i], &claim);
		hear(c, i, kn->self, &claim);
	}
	for (i = 0; i < r->view->nr && !err; i++) {
		id = r->view->m[i].id;
		if (id != kn->self)
			err = probe_node(r, c, id);
	}
	return err;
}

/* What becomes of case @i, and who is told in the first round. */
static void decide(struct recovery *r, struct cases *c, u16 i)
{
	u16 home = kddm_obj_home(c->set, c->id[i]), k, node;
	u64 *first = c->first + i * c->words;
	bool holds;

	kddm_judge_decide(&c->judge[i], r->epoch, &c->verdict[i]);
	for (k = 0; k < r->view->nr; k++) {
		node = r->view->m[k].id;
		holds = nodeset_has(first, c->words, node) ||
			node == c->verdict[i].owner;
		nodeset_del(first, c->words, node);
		if (kddm_recover_first(&c->verdict[i], holds, node == home))
			nodeset_add(first, node);
	}
}

/*
 * Tell a node what is its to know in this round.  Who owns an object from now
 * on has its contents, so it is told in the first, and only there of copies.
 */
static int tell(struct recovery *r, struct cases *c, u16 node, bool first,
		struct wire_recover *w)
{
	u16 i;

	w->nr = 0;
	w->nwords = cpu_to_le16(first ? c->words : 0);
	for (i = 0; i < c->nr; i++)
		if (nodeset_has(c->first + i * c->words, c->words, node) ==
		    first)
			kddm_recover_put_verdict(w, c->id[i], &c->verdict[i],
						 c->copies + i * c->words);
	return w->nr ? kddm_recovery_call(r, node, w, NULL, 0, NULL) : 0;
}

/*
 * What is judged is told to all, this node among them, in the order that
 * kddm_recover_first() wants.
 */
static int pronounce(struct recovery *r, struct cases *c)
{
	struct wire_recover *w;
	int err = 0, first;
	u16 i;

	w = kvmalloc(sizeof(*w) + c->nr * kddm_verdict_size(c->words),
		     GFP_KDDM);
	kddm_recover_head(w, OP_SETTLE, r->epoch, c->set->id);
	for (i = 0; i < c->nr; i++)
		decide(r, c, i);
	for (first = 1; first >= 0; first--)
		for (i = 0; i < r->view->nr && !err; i++)
			err = tell(r, c, r->view->m[i].id, first, w);
	kvfree(w);
	return err;
}

static int judge(struct recovery *r, struct cases *c)
{
	int err;
	u16 i;

	memset(c->judge, 0, sizeof(c->judge));
	memset(c->copies, 0, c->nr * c->words * sizeof(u64));
	memset(c->first, 0, c->nr * c->words * sizeof(u64));
	err = probe(r, c);
	if (!err)
		err = pronounce(r, c);
	for (i = 0; i < c->nr && !err; i++)
		acquit(c->set, c->id[i]);
	if (!err)
		WRITE_ONCE(r->v->recovered, r->v->recovered + c->nr);
	c->nr = 0;
	cond_resched();
	return err;
}

static int judge_set(struct kddm_set *set, void *arg)
{
	struct cases *c = arg;
	struct recovery *r = c->r;
	unsigned long id;
	void *entry;
	int err = 0;

	c->set = set;
	c->nr = 0;
	xa_for_each(&c->set->suspects, id, entry) {
		/* Left from a change before, and somebody else's now. */
		if (kddm_obj_judge(c->set, id) != r->v->kn->self) {
			acquit(c->set, id);
			continue;
		}
		c->id[c->nr++] = id;
		if (c->nr == c->most)
			err = judge(r, c);
		if (err)
			return err;
	}
	return c->nr ? judge(r, c) : 0;
}

int kddm_recovery_judge(struct recovery *r)
{
	struct cases *c = kvzalloc_obj(*c, GFP_KDDM);
	int err;

	c->r = r;
	c->words = r->view->m[r->view->nr - 1].id / 64 + 1;
	c->most = kddm_recovery_cases(c->words);
	c->copies = kvcalloc(c->most, c->words * sizeof(u64), GFP_KDDM);
	c->first = kvcalloc(c->most, c->words * sizeof(u64), GFP_KDDM);
	err = kddm_sets_each(r->v->kn, judge_set, c);
	kvfree(c->first);
	kvfree(c->copies);
	kvfree(c);
	return err;
}

/* The other side */

int kddm_recovery_probed(struct kddm_net *kn, u16 src,
			 const struct kddm_recover_msg *m, void *reply,
			 size_t max)
{
	struct wire_claim *to = reply;
	struct kddm_claim claim;
	struct kddm_set *set;
	u16 i;
	u64 id;

	if (max < m->nr * sizeof(*to))
		return -EBADMSG;
	/* Also where it was never used: this may have been an object's home. */
	set = kddm_recovery_set(kn, src, m->set);
	if (IS_ERR(set))
		return PTR_ERR(set);
	memset(to, 0, m->nr * sizeof(*to));
	for (i = 0; i < m->nr && set; i++) {
		id = kddm_recover_get_id(m, i);
		if (id > ULONG_MAX)	/* a node of 32 bits has none such */
			continue;
		claim_one(kn->views, set, id, &claim);
		kddm_claim_put(&to[i], &claim);
	}
	if (set)
		kddm_set_unref(set);
	return m->nr * sizeof(*to);
}

int kddm_recovery_settled(struct kddm_net *kn, const struct kddm_recover_msg *m)
{
	struct kddm_set *set = kddm_set_find(kn, m->set);
	u64 copies[KDDM_MAX_NODES / 64], id;
	struct kddm_verdict v;
	int err = 0;
	u16 i;

	for (i = 0; i < m->nr && set && !err; i++) {
		id = kddm_recover_get_verdict(m, i, &v, copies);
		if (id <= ULONG_MAX)
			err = kddm_obj_settle(set, id, &v,
					      READ_ONCE(kn->views->base),
					      copies, m->words);
	}
	if (set)
		kddm_set_unref(set);
	return err;
}
