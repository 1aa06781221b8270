// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recovery: suspects are judged.
 *
 * The home of each asks all members what they have, and tells them what is to
 * become of it, many objects in a message.  recover.c judges.
 */
#include <linux/bitfield.h>
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

static bool claim_from_wire(struct kddm_claim *claim,
			    const struct wire_claim *w)
{
	claim->kind = w->kind;
	claim->known = w->flags & CLAIM_KNOWN;
	claim->tomb = w->flags & CLAIM_TOMB;
	claim->sent = FIELD_GET(CLAIM_SENT, w->flags);
	claim->base = le32_to_cpu(w->base);
	claim->version = le64_to_cpu(w->version);
	return w->kind < KDDM_CLAIM_NR;
}

static int probe_node(struct recovery *r, struct cases *c, u16 node)
{
	size_t len = sizeof(struct wire_recover) +
		     c->nr * sizeof(struct wire_id);
	size_t want = c->nr * sizeof(struct wire_claim);
	struct wire_claim *reply = kvmalloc(want, GFP_KDDM);
	struct wire_recover *w = kvmalloc(len, GFP_KDDM);
	struct wire_id *id = (void *)(w + 1);
	struct kddm_claim claim;
	int err;
	u16 i;

	kddm_recovery_head(w, OP_PROBE, r->epoch);
	w->set = cpu_to_le32(c->set->id);
	w->nr = cpu_to_le16(c->nr);
	for (i = 0; i < c->nr; i++)
		id[i].objid = cpu_to_le64(c->id[i]);
	err = kddm_recovery_call(r, node, w, len, reply, want);
	for (i = 0; i < c->nr && !err; i++)
		if (claim_from_wire(&claim, &reply[i]))
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

static void verdict_to_wire(void *p, u64 id, const struct kddm_verdict *v,
			    const u64 *copies, u16 words)
{
	struct wire_verdict *w = p;
	u16 i;

	w->objid = cpu_to_le64(id);
	w->version = cpu_to_le64(v->version);
	w->from = cpu_to_le64(v->from);
	w->base = cpu_to_le32(v->base);
	w->owner = cpu_to_le16(v->owner);
	w->kind = v->kind;
	w->tomb = v->tomb;
	for (i = 0; i < words; i++)
		w->copies[i] = cpu_to_le64(copies[i]);
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
	u16 words = first ? c->words : 0;
	size_t size = kddm_verdict_size(words);
	u16 i, nr = 0;

	for (i = 0; i < c->nr; i++)
		if (nodeset_has(c->first + i * c->words, c->words, node) ==
		    first)
			verdict_to_wire((void *)(w + 1) + nr++ * size,
					c->id[i], &c->verdict[i],
					c->copies + i * c->words, words);
	if (!nr)
		return 0;
	w->nr = cpu_to_le16(nr);
	w->nwords = cpu_to_le16(words);
	return kddm_recovery_call(r, node, w, sizeof(*w) + nr * size, NULL, 0);
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
	kddm_recovery_head(w, OP_SETTLE, r->epoch);
	w->set = cpu_to_le32(c->set->id);
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
			 const struct wire_recover *w, size_t len, void *reply,
			 size_t max)
{
	const struct wire_id *id = (const void *)(w + 1);
	struct wire_claim *to = reply;
	u16 i, nr = le16_to_cpu(w->nr);
	struct kddm_claim claim;
	struct kddm_set *set;
	u64 objid;

	if (len != sizeof(*w) + nr * sizeof(*id) || max < nr * sizeof(*to))
		return -EBADMSG;
	/* Also where it was never used: this may have been an object's home. */
	set = kddm_recovery_set(kn, src, le32_to_cpu(w->set));
	if (IS_ERR(set))
		return PTR_ERR(set);
	memset(to, 0, nr * sizeof(*to));
	for (i = 0; i < nr && set; i++) {
		objid = le64_to_cpu(id[i].objid);
		if (objid > ULONG_MAX)	/* a node of 32 bits has none such */
			continue;
		claim_one(kn->views, set, objid, &claim);
		to[i].kind = claim.kind;
		to[i].flags = (claim.known ? CLAIM_KNOWN : 0) |
			      (claim.tomb ? CLAIM_TOMB : 0) |
			      FIELD_PREP(CLAIM_SENT, claim.sent);
		to[i].base = cpu_to_le32(claim.base);
		to[i].version = cpu_to_le64(claim.version);
	}
	if (set)
		kddm_set_unref(set);
	return nr * sizeof(*to);
}

int kddm_recovery_settled(struct kddm_net *kn, const struct wire_recover *w,
			  size_t len)
{
	u16 i, k, nr = le16_to_cpu(w->nr), words = le16_to_cpu(w->nwords);
	u64 copies[KDDM_MAX_NODES / 64];
	const struct wire_verdict *p;
	struct kddm_verdict v;
	struct kddm_set *set;
	int err = 0;
	u64 objid;

	if (words > KDDM_MAX_NODES / 64 ||
	    len != sizeof(*w) + nr * kddm_verdict_size(words))
		return -EBADMSG;
	set = kddm_set_find(kn, le32_to_cpu(w->set));
	for (i = 0; i < nr && set; i++) {
		p = (const void *)(w + 1) + i * kddm_verdict_size(words);
		v.kind = p->kind;
		v.tomb = p->tomb;
		v.owner = le16_to_cpu(p->owner);
		v.base = le32_to_cpu(p->base);
		v.version = le64_to_cpu(p->version);
		v.from = le64_to_cpu(p->from);
		for (k = 0; k < words; k++)
			copies[k] = le64_to_cpu(p->copies[k]);
		objid = le64_to_cpu(p->objid);
		if (v.kind < KDDM_VERDICT_NR && objid <= ULONG_MAX && !err)
			err = kddm_obj_settle(set, objid, &v,
					      READ_ONCE(kn->views->base),
					      copies, words);
	}
	if (set)
		kddm_set_unref(set);
	return err;
}
