// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recovery at work; recovery.h has the idea.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "catalog.h"
#include "member.h"
#include "object.h"
#include "recover.h"
#include "recovery.h"
#include "rpc.h"
#include "set.h"
#include "views.h"

#define CALL_TIMEOUT	(5 * HZ)
#define RETRY_FIRST	2		/* ms */
#define RETRY_LAST	64
#define REPORTS		2000		/* objects in a message */
#define CASES		500

enum recover_op {
	OP_REPORT = 1,
	OP_REPORTED,
	OP_PROBE,
	OP_SETTLE,
	OP_STAGE,
};

/* Opens each request; @nr entries follow, or it is the stage of OP_STAGE. */
struct wire_recover {
	__le32	op;
	__le32	epoch;
	__le32	set;
	__le16	nr;
	__le16	nwords;
} __packed;

struct wire_report {
	__le32	set;
	__le64	objid;
	__u8	what;
} __packed;

struct wire_id {
	__le64	objid;
} __packed;

struct wire_claim {
	__le64	version;
	__le32	base;
	__u8	kind;
	__u8	known;
} __packed;

/* @nwords words of a node set follow. */
struct wire_verdict {
	__le64	objid;
	__le64	version;
	__le64	from;
	__le32	base;
	__le16	owner;
	__u8	kind;
	__u8	reserved;
	__le64	copies[];
} __packed;

/**
 * struct run - one recovery
 * @change: for kddm_objects_change()
 * @v: views of the node
 * @epoch: of the view
 * @view: its members
 * @batch: for each judge, reports that are not yet sent
 */
struct run {
	struct kddm_change	change;
	struct kddm_views	*v;
	u32			epoch;
	struct kddm_view	*view;
	struct wire_recover	**batch;
};

static struct kddm_rpc_service svc_recover;

/* Calls */

/*
 * Longer each time: most often the other is only a little behind; if it is far
 * behind, it has no time to be asked.
 */
static void back_off(unsigned int *delay)
{
	msleep(*delay);
	*delay = min(*delay * 2, RETRY_LAST);
}

/*
 * As kddm_rpc_call(), again and again until it is done and the reply has @want
 * bytes, or another view is on its way.  No other error ends it, be it this
 * node's or the other's: the rest of the view would wait for ever.
 */
static int call(struct run *r, u16 dst, const void *req, size_t len,
		void *reply, size_t want)
{
	unsigned int delay = RETRY_FIRST;
	int ret;

	for (;;) {
		ret = kddm_rpc_call(r->v->kn, dst, &svc_recover, req, len,
				    reply, want, CALL_TIMEOUT);
		if (ret >= 0 && ret == want)
			return 0;
		if (kddm_views_in(r->v, r->epoch))
			return -ESTALE;
		back_off(&delay);
	}
}

static void head(struct wire_recover *w, u32 op, u32 epoch)
{
	memset(w, 0, sizeof(*w));
	w->op = cpu_to_le32(op);
	w->epoch = cpu_to_le32(epoch);
}

/*
 * The set of a request, which nobody may have used here before.  Returns NULL
 * if it was destroyed, or cannot be here; or an error, after which the request
 * has to come again.
 */
static struct kddm_set *set_from(struct kddm_net *kn, u16 src, u32 id)
{
	struct kddm_set *set = kddm_set_from(kn, src, id);

	switch (PTR_ERR_OR_ZERO(set)) {
	case 0:
	case -ENOMEM:
	case -ETIMEDOUT:
	case -ESHUTDOWN:
	case -EHOSTDOWN:
		return set;
	default:
		return NULL;
	}
}

/* Reports */

static int take_report(struct kddm_net *kn, u16 src,
		       const struct wire_report *w)
{
	struct kddm_set *set = set_from(kn, src, le32_to_cpu(w->set));
	u64 id = le64_to_cpu(w->objid);
	void *entry = xa_mk_value(1);

	if (IS_ERR_OR_NULL(set))
		return PTR_ERR_OR_ZERO(set);
	if (w->what == KDDM_REPORT_OWNER && id <= ULONG_MAX &&
	    !kddm_obj_trail(set, id, src))
		goto out;
	/* Or it is a suspect, which is as good, and always can be noted. */
	if (id <= ULONG_MAX && !xa_store(&set->suspects, id, entry, GFP_KDDM))
		atomic_long_inc(&set->nr_suspects);
out:
	kddm_set_unref(set);
	return 0;
}

static int flush_batch(struct run *r, u16 home)
{
	struct wire_recover *w = r->batch[home];
	size_t len = sizeof(*w) + le16_to_cpu(w->nr) *
		     sizeof(struct wire_report);
	int err = call(r, home, w, len, NULL, 0);

	w->nr = 0;
	return err;
}

static int report(struct kddm_change *c, struct kddm_set *set, u64 id,
		  u16 judge, u8 what)
{
	struct run *r = container_of(c, struct run, change);
	struct wire_report entry = {
		.set = cpu_to_le32(set->id),
		.objid = cpu_to_le64(id),
		.what = what,
	};
	struct wire_recover *w;

	if (judge == r->v->kn->self)
		return take_report(r->v->kn, judge, &entry);
	/* The next view has come. */
	if (!kddm_view_find(r->view, judge))
		return 0;
	w = r->batch[judge];
	if (!w) {
		w = kvmalloc(sizeof(*w) + REPORTS * sizeof(entry), GFP_KDDM);
		head(w, OP_REPORT, r->epoch);
		r->batch[judge] = w;
	}
	memcpy((void *)(w + 1) + le16_to_cpu(w->nr) * sizeof(entry), &entry,
	       sizeof(entry));
	le16_add_cpu(&w->nr, 1);
	return le16_to_cpu(w->nr) == REPORTS ? flush_batch(r, judge) : 0;
}

static int report_set(struct kddm_set *set, void *arg)
{
	return kddm_objects_change(set, arg);
}

static int report_all(struct run *r)
{
	int err;
	u16 n;

	err = kddm_sets_each(r->v->kn, report_set, &r->change);
	for (n = 0; n < KDDM_MAX_NODES && !err; n++)
		if (r->batch[n] && r->batch[n]->nr)
			err = flush_batch(r, n);
	return err;
}

/* Tell everybody that all is reported, and wait until everybody has. */
static int tell_reported(struct run *r)
{
	struct wire_recover w;
	int err = 0;
	u16 i, id;

	head(&w, OP_REPORTED, r->epoch);
	for (i = 0; i < r->view->nr && !err; i++) {
		id = r->view->m[i].id;
		if (id != r->v->kn->self)
			err = call(r, id, &w, sizeof(w), NULL, 0);
	}
	return err;
}

static bool all_reported(struct run *r)
{
	struct kddm_vc_set missing = { };
	u16 i, id;

	for (i = 0; i < r->view->nr; i++) {
		id = r->view->m[i].id;
		if (id != r->v->kn->self &&
		    READ_ONCE(r->v->peer[id].reported) != r->epoch)
			kddm_vc_add(&missing, id);
	}
	kddm_views_await(r->v, &missing);
	return kddm_vc_empty(&missing);
}

static int wait_reported(struct run *r)
{
	wait_event_idle(r->v->wait, all_reported(r) ||
			READ_ONCE(r->v->recovering) != r->epoch);
	return all_reported(r) ? 0 : -ESTALE;
}

/* Judging */

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
 * @most: so many at a time, at most CASES: what fits into a message
 * @id: their ids
 * @judge: claims
 * @copies: for each of them @words words: who has a copy
 */
struct cases {
	struct run		*r;
	struct kddm_set		*set;
	u16			nr;
	u16			words;
	u16			most;
	u64			id[CASES];
	struct kddm_judge	judge[CASES];
	u64			*copies;
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
	u64 *copies = c->copies + i * c->words;

	if (claim->kind == KDDM_CLAIM_COPY)
		copies[node / 64] |= BIT_ULL(node % 64);
	kddm_judge_hear(&c->judge[i], node, claim);
}

static bool claim_from_wire(struct kddm_claim *claim,
			    const struct wire_claim *w)
{
	claim->kind = w->kind;
	claim->known = w->known;
	claim->base = le32_to_cpu(w->base);
	claim->version = le64_to_cpu(w->version);
	return w->kind < KDDM_CLAIM_NR;
}

static int probe_node(struct run *r, struct cases *c, u16 node)
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

	head(w, OP_PROBE, r->epoch);
	w->set = cpu_to_le32(c->set->id);
	w->nr = cpu_to_le16(c->nr);
	for (i = 0; i < c->nr; i++)
		id[i].objid = cpu_to_le64(c->id[i]);
	err = call(r, node, w, len, reply, want);
	for (i = 0; i < c->nr && !err; i++)
		if (claim_from_wire(&claim, &reply[i]))
			hear(c, i, node, &claim);
	kvfree(w);
	kvfree(reply);
	return err;
}

static int probe(struct run *r, struct cases *c)
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

static size_t verdict_size(u16 words)
{
	return sizeof(struct wire_verdict) + words * sizeof(__le64);
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
	w->reserved = 0;
	for (i = 0; i < words; i++)
		w->copies[i] = cpu_to_le64(copies[i]);
}

/* What is judged is told to all, this node among them. */
static int pronounce(struct run *r, struct cases *c)
{
	size_t size = verdict_size(c->words), len;
	struct wire_recover *w;
	struct kddm_verdict v;
	int err = 0;
	u16 i;

	len = sizeof(*w) + c->nr * size;
	w = kvmalloc(len, GFP_KDDM);
	head(w, OP_SETTLE, r->epoch);
	w->set = cpu_to_le32(c->set->id);
	w->nr = cpu_to_le16(c->nr);
	w->nwords = cpu_to_le16(c->words);
	for (i = 0; i < c->nr; i++) {
		kddm_judge_decide(&c->judge[i], &v);
		verdict_to_wire((void *)(w + 1) + i * size, c->id[i], &v,
				c->copies + i * c->words, c->words);
	}
	for (i = 0; i < r->view->nr && !err; i++)
		err = call(r, r->view->m[i].id, w, len, NULL, 0);
	kvfree(w);
	return err;
}

static int judge(struct run *r, struct cases *c)
{
	int err;
	u16 i;

	memset(c->judge, 0, sizeof(c->judge));
	memset(c->copies, 0, c->nr * c->words * sizeof(u64));
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
	struct run *r = c->r;
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

static int judge_all(struct run *r)
{
	struct cases *c = kvzalloc_obj(*c, GFP_KDDM);
	int err;

	c->r = r;
	c->words = r->view->m[r->view->nr - 1].id / 64 + 1;
	c->most = min_t(size_t, CASES,
			(KDDM_MAX_RPC - sizeof(struct wire_recover)) /
			verdict_size(c->words));
	c->copies = kvcalloc(CASES, c->words * sizeof(u64), GFP_KDDM);
	err = kddm_sets_each(r->v->kn, judge_set, c);
	kvfree(c->copies);
	kvfree(c);
	return err;
}

/* Replicas */

/* Asked by those who have time: is this still what is to be done? */
static int is_over(void *arg)
{
	struct run *r = arg;

	return READ_ONCE(r->v->epoch) != r->epoch || READ_ONCE(r->v->stopped) ?
	       -ESTALE : 0;
}

static int restore_set(struct kddm_set *set, void *arg)
{
	return set->replicas > 1 ? kddm_objects_restore(set, is_over, arg) : 0;
}

static int refresh_set(struct kddm_set *set, void *arg)
{
	return set->replicas > 1 ? kddm_objects_refresh(set, is_over, arg) : 0;
}

/* A member that fails now is none in the next view, which ends this. */
static int tell_staged(struct run *r, u16 id, struct wire_recover *w)
{
	unsigned int delay = RETRY_FIRST;
	int err;

	do {
		err = kddm_rpc_call(r->v->kn, id, &svc_recover, w, sizeof(*w),
				    NULL, 0, CALL_TIMEOUT);
		if (err >= 0 || err == -EHOSTDOWN)
			return 0;
		back_off(&delay);
		err = is_over(r);
	} while (!err);
	return err;
}

static bool all_staged(struct run *r, u8 stage)
{
	const struct kddm_view_peer *peer;
	u16 i, id;

	for (i = 0; i < r->view->nr; i++) {
		id = r->view->m[i].id;
		peer = &r->v->peer[id];
		if (id != r->v->kn->self &&
		    (READ_ONCE(peer->staged) != r->epoch ||
		     READ_ONCE(peer->stage) < stage))
			return false;
	}
	return true;
}

/* This node has come so far; wait for the others. */
static int reach(struct run *r, enum kddm_stage stage)
{
	struct wire_recover w;
	int err = 0;
	u16 i;

	head(&w, OP_STAGE, r->epoch);
	w.nr = cpu_to_le16(stage);
	for (i = 0; i < r->view->nr && !err; i++)
		if (r->view->m[i].id != r->v->kn->self)
			err = tell_staged(r, r->view->m[i].id, &w);
	if (err)
		return err;
	wait_event_idle(r->v->wait, all_staged(r, stage) || is_over(r));
	return kddm_views_staged(r->v, r->epoch, stage) ? 0 : -ESTALE;
}

static void fit_replicas(struct run *r)
{
	int err;

	err = kddm_sets_each(r->v->kn, restore_set, r);
	if (!err)
		err = reach(r, KDDM_RESTORED);
	if (!err)
		err = kddm_sets_each(r->v->kn, refresh_set, r);
	if (!err)
		reach(r, KDDM_REFRESHED);
}

static int on_stage(struct kddm_views *v, u16 src, const struct wire_recover *w,
		    size_t len)
{
	u16 stage = le16_to_cpu(w->nr);

	if (len != sizeof(*w) || stage > KDDM_REFRESHED)
		return -EBADMSG;
	if (le32_to_cpu(w->epoch) != READ_ONCE(v->epoch))
		return -EAGAIN;
	WRITE_ONCE(v->peer[src].stage, stage);
	WRITE_ONCE(v->peer[src].staged, le32_to_cpu(w->epoch));
	wake_up_all(&v->wait);
	return 0;
}

/* A recovery */

/* The view, and who is gone since objects were right. */
static bool begin(struct run *r)
{
	struct kddm_views *v = r->v;
	struct kddm_vc *vc = v->vc;
	struct kddm_view *view;
	bool go;
	u16 n;

	mutex_lock(&v->lock);
	go = vc->phase == KDDM_VC_RECONCILE;
	r->epoch = vc->promised;
	r->change.apart = v->apart;
	for (n = 0; n < KDDM_MAX_NODES && go; n++) {
		if (v->ref[n] && v->ref[n] != vc->last.inc[n]) {
			r->change.gone[n / 64] |= BIT_ULL(n % 64);
			r->change.nwords = n / 64 + 1;
		} else {
			v->ref[n] = vc->last.inc[n];
		}
	}
	if (go) {
		view = rcu_dereference_protected(v->members,
						 lockdep_is_held(&v->lock));
		r->view = kvmalloc(kddm_view_size(view->nr), GFP_KDDM);
		memcpy(r->view, view, kddm_view_size(view->nr));
	}
	mutex_unlock(&v->lock);
	return go;
}

static void end(struct run *r)
{
	u16 n;

	for (n = 0; n < KDDM_MAX_NODES; n++)
		kvfree(r->batch[n]);
	kvfree(r->batch);
	kvfree(r->view);
	kfree(r);
}

static void recover(struct kddm_views *v)
{
	struct run *r = kzalloc_obj(*r, GFP_KDDM);
	ktime_t start = ktime_get();
	int err;

	r->v = v;
	r->change.report = report;
	r->batch = kvcalloc(KDDM_MAX_NODES, sizeof(*r->batch), GFP_KDDM);
	if (begin(r)) {
		WRITE_ONCE(v->recovered, 0);
		/* Who came for an earlier view has gone by now. */
		down_write(&v->calm);
		up_write(&v->calm);
		err = report_all(r);
		if (!err)
			err = tell_reported(r);
		if (!err)
			err = wait_reported(r);
		if (!err)
			err = judge_all(r);
		if (!err) {
			WRITE_ONCE(v->recovery_us,
				   ktime_us_delta(ktime_get(), start));
			kddm_views_recovered(v, r->epoch);
		}
		if (!err)
			fit_replicas(r);
	}
	end(r);
}

/* The service */

static int on_report(struct kddm_net *kn, u16 src, const struct wire_recover *w,
		     size_t len)
{
	const struct wire_report *entry = (const void *)(w + 1);
	u16 i, nr = le16_to_cpu(w->nr);
	int err = 0;

	if (len != sizeof(*w) + nr * sizeof(*entry))
		return -EBADMSG;
	for (i = 0; i < nr && !err; i++)
		err = take_report(kn, src, &entry[i]);
	return err;
}

static int on_probe(struct kddm_net *kn, u16 src, const struct wire_recover *w,
		    size_t len, void *reply, size_t max)
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
	set = set_from(kn, src, le32_to_cpu(w->set));
	if (IS_ERR(set))
		return PTR_ERR(set);
	memset(to, 0, nr * sizeof(*to));
	for (i = 0; i < nr && set; i++) {
		objid = le64_to_cpu(id[i].objid);
		if (objid > ULONG_MAX)	/* a node of 32 bits has none such */
			continue;
		claim_one(kn->views, set, objid, &claim);
		to[i].kind = claim.kind;
		to[i].known = claim.known;
		to[i].base = cpu_to_le32(claim.base);
		to[i].version = cpu_to_le64(claim.version);
	}
	if (set)
		kddm_set_unref(set);
	return nr * sizeof(*to);
}

static int on_settle(struct kddm_net *kn, const struct wire_recover *w,
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
	    len != sizeof(*w) + nr * verdict_size(words))
		return -EBADMSG;
	set = kddm_set_find(kn, le32_to_cpu(w->set));
	for (i = 0; i < nr && set; i++) {
		p = (const void *)(w + 1) + i * verdict_size(words);
		v.kind = p->kind;
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

static int serve(struct kddm_net *kn, u16 src, const struct wire_recover *w,
		 size_t len, void *reply, size_t max)
{
	struct kddm_views *v = kn->views;
	int err;

	err = kddm_views_in(v, le32_to_cpu(w->epoch));
	if (err)
		return err;
	switch (le32_to_cpu(w->op)) {
	case OP_REPORT:
		return on_report(kn, src, w, len);
	case OP_REPORTED:
		WRITE_ONCE(v->peer[src].reported, le32_to_cpu(w->epoch));
		wake_up_all(&v->wait);
		return 0;
	case OP_PROBE:
		return on_probe(kn, src, w, len, reply, max);
	case OP_SETTLE:
		return on_settle(kn, w, len);
	default:
		return -EOPNOTSUPP;
	}
}

static int recover_handler(struct kddm_net *kn, u16 src, const void *req,
			   size_t len, void *reply, size_t max)
{
	const struct wire_recover *w = req;
	int ret;

	if (len < sizeof(*w))
		return -EBADMSG;
	if (le32_to_cpu(w->op) == OP_STAGE)
		return on_stage(kn->views, src, w, len);
	down_read(&kn->views->calm);
	ret = serve(kn, src, w, len, reply, max);
	up_read(&kn->views->calm);
	return ret;
}

const struct kddm_views_ops kddm_recovery_ops = {
	.recover	= recover,
	.resume		= kddm_objects_release,
	.wake		= kddm_objects_unpark,
};

static struct kddm_rpc_service svc_recover = {
	.name		= "kddm-recover",
	.handler	= recover_handler,
	.urgent		= true,
	.owner		= THIS_MODULE,
};

int kddm_recovery_init(void)
{
	return kddm_rpc_register(&svc_recover);
}

void kddm_recovery_exit(void)
{
	kddm_rpc_unregister(&svc_recover);
}
