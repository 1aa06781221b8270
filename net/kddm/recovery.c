// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recovery at work; recovery.h has the idea.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "catalog.h"
#include "member.h"
#include "nodeset.h"
#include "object.h"
#include "recover.h"
#include "recovery.h"
#include "recovery_int.h"
#include "rpc.h"
#include "set.h"
#include "views.h"

#define CALL_TIMEOUT	(5 * HZ)
#define RETRY_FIRST	2		/* ms */
#define RETRY_LAST	64

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
 * bytes and is @valid, or another view is on its way.  No other error ends it,
 * be it this node's or the other's: the rest of the view would wait for ever.
 */
int kddm_recovery_call(struct recovery *r, u16 dst,
		       const struct wire_recover *req, void *reply, size_t want,
		       bool (*valid)(const void *reply, size_t len))
{
	unsigned int delay = RETRY_FIRST;
	int ret;

	for (;;) {
		ret = kddm_rpc_call(r->v->kn, dst, &svc_recover, req,
				    kddm_recover_len(req), reply, want,
				    CALL_TIMEOUT);
		if (ret >= 0 && ret == want && (!valid || valid(reply, want)))
			return 0;
		if (kddm_views_in(r->v, r->epoch))
			return -ESTALE;
		back_off(&delay);
	}
}

/*
 * The set of a request, which nobody may have used here before.  Returns NULL
 * if it was destroyed, or cannot be here; or an error, after which the request
 * has to come again.
 */
struct kddm_set *kddm_recovery_set(struct kddm_net *kn, u16 src, u32 id)
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

static int take_report(struct kddm_net *kn, u16 src, u32 set_id, u64 id,
		       u8 what)
{
	struct kddm_set *set = kddm_recovery_set(kn, src, set_id);
	void *entry = xa_mk_value(1);

	if (IS_ERR_OR_NULL(set))
		return PTR_ERR_OR_ZERO(set);
	if (what == KDDM_REPORT_OWNER && id <= ULONG_MAX &&
	    !kddm_obj_trail(set, id, src))
		goto out;
	/* Or it is a suspect, which is as good, and always can be noted. */
	if (id <= ULONG_MAX && !xa_store(&set->suspects, id, entry, GFP_KDDM))
		atomic_long_inc(&set->nr_suspects);
out:
	kddm_set_unref(set);
	return 0;
}

static int flush_batch(struct recovery *r, u16 home)
{
	struct wire_recover *w = r->batch[home];
	int err = kddm_recovery_call(r, home, w, NULL, 0, NULL);

	w->nr = 0;
	return err;
}

static int report(struct kddm_change *c, struct kddm_set *set, u64 id,
		  u16 judge, u8 what)
{
	struct recovery *r = container_of(c, struct recovery, change);
	struct wire_recover *w;

	if (judge == r->v->kn->self)
		return take_report(r->v->kn, judge, set->id, id, what);
	/* The next view has come. */
	if (!kddm_view_find(r->view, judge))
		return 0;
	w = r->batch[judge];
	if (!w) {
		w = kvmalloc(sizeof(*w) + KDDM_RECOVERY_REPORTS *
			     sizeof(struct wire_report), GFP_KDDM);
		kddm_recover_head(w, OP_REPORT, r->epoch, 0);
		r->batch[judge] = w;
	}
	kddm_recover_put_report(w, set->id, id, what);
	return le16_to_cpu(w->nr) == KDDM_RECOVERY_REPORTS ?
	       flush_batch(r, judge) : 0;
}

static int report_set(struct kddm_set *set, void *arg)
{
	return kddm_objects_change(set, arg);
}

static int report_all(struct recovery *r)
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
static int tell_reported(struct recovery *r)
{
	struct wire_recover w;
	int err = 0;
	u16 i, id;

	kddm_recover_head(&w, OP_REPORTED, r->epoch, 0);
	for (i = 0; i < r->view->nr && !err; i++) {
		id = r->view->m[i].id;
		if (id != r->v->kn->self)
			err = kddm_recovery_call(r, id, &w, NULL, 0, NULL);
	}
	return err;
}

static bool all_reported(struct recovery *r)
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

static int wait_reported(struct recovery *r)
{
	wait_event_idle(r->v->wait, all_reported(r) ||
			READ_ONCE(r->v->recovering) != r->epoch);
	return all_reported(r) ? 0 : -ESTALE;
}

/* Replicas */

/* Asked by those who have time: is this still what is to be done? */
static int is_over(void *arg)
{
	struct recovery *r = arg;

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
static int tell_staged(struct recovery *r, u16 id, struct wire_recover *w)
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

static bool all_staged(struct recovery *r, u8 stage)
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
static int reach(struct recovery *r, enum kddm_stage stage)
{
	struct wire_recover w;
	int err = 0;
	u16 i;

	kddm_recover_head(&w, OP_STAGE, r->epoch, 0);
	w.nr = cpu_to_le16(stage);
	for (i = 0; i < r->view->nr && !err; i++)
		if (r->view->m[i].id != r->v->kn->self)
			err = tell_staged(r, r->view->m[i].id, &w);
	if (err)
		return err;
	wait_event_idle(r->v->wait, all_staged(r, stage) || is_over(r));
	return kddm_views_staged(r->v, r->epoch, stage) ? 0 : -ESTALE;
}

static void fit_replicas(struct recovery *r)
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

static int on_stage(struct kddm_views *v, u16 src,
		    const struct kddm_recover_msg *m)
{
	if (m->nr > KDDM_REFRESHED)
		return -EBADMSG;
	if (m->epoch != READ_ONCE(v->epoch))
		return -EAGAIN;
	WRITE_ONCE(v->peer[src].stage, m->nr);
	WRITE_ONCE(v->peer[src].staged, m->epoch);
	wake_up_all(&v->wait);
	return 0;
}

/* A recovery */

/* The view, and who is gone since objects were right. */
static bool begin(struct recovery *r)
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
			nodeset_add(r->change.gone, n);
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

static void end(struct recovery *r)
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
	struct recovery *r = kzalloc_obj(*r, GFP_KDDM);
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
			err = kddm_recovery_judge(r);
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

static int on_report(struct kddm_net *kn, u16 src,
		     const struct kddm_recover_msg *m)
{
	int err = 0;
	u32 set;
	u64 id;
	u8 what;
	u16 i;

	for (i = 0; i < m->nr && !err; i++) {
		kddm_recover_get_report(m, i, &set, &id, &what);
		err = take_report(kn, src, set, id, what);
	}
	return err;
}

static int serve(struct kddm_net *kn, u16 src, const struct kddm_recover_msg *m,
		 void *reply, size_t max)
{
	struct kddm_views *v = kn->views;
	int err;

	err = kddm_views_in(v, m->epoch);
	if (err)
		return err;
	switch (m->op) {
	case OP_REPORT:
		return on_report(kn, src, m);
	case OP_REPORTED:
		WRITE_ONCE(v->peer[src].reported, m->epoch);
		wake_up_all(&v->wait);
		return 0;
	case OP_PROBE:
		return kddm_recovery_probed(kn, src, m, reply, max);
	case OP_SETTLE:
		return kddm_recovery_settled(kn, m);
	default:
		return -EOPNOTSUPP;
	}
}

static int recover_handler(struct kddm_net *kn, u16 src, const void *req,
			   size_t len, void *reply, size_t max)
{
	struct kddm_recover_msg m;
	int ret;

	ret = kddm_recover_decode(req, len, &m);
	if (ret)
		return ret;
	if (m.op == OP_STAGE)
		return on_stage(kn->views, src, &m);
	down_read(&kn->views->calm);
	ret = serve(kn, src, &m, reply, max);
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
