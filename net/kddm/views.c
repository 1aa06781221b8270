// SPDX-License-Identifier: GPL-2.0-only
/*
 * Views at work: events and messages into the machine, what it decides out of
 * it; views.h has the idea and the locks.
 */
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include "member.h"
#include "trace.h"
#include "transport.h"
#include "views.h"

#define HDR		sizeof(struct kddm_wire_hdr)

static BLOCKING_NOTIFIER_HEAD(service_chain);

int kddm_views_register_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_register(&service_chain, nb);
}

int kddm_views_unregister_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_unregister(&service_chain, nb);
}

/* All channels of objects. */
#define ALL_MARKS	(GENMASK(KDDM_CHANNELS - 1, 0) & ~BIT(0))

/* Out */

/* Whether the machine knows of the meeting that we have with @id now. */
static bool is_met(struct kddm_views *v, u16 id)
{
	struct kddm_node *node;
	bool met = false;

	rcu_read_lock();
	node = xa_load(&v->kn->nodes, id);
	if (node)
		met = kddm_node_link(node) == KDDM_LINK_UP &&
		      READ_ONCE(node->session) == v->peer[id].session;
	rcu_read_unlock();
	return met;
}

static void send_to(struct kddm_views *v, u16 dst, const void *body, int len)
{
	struct kddm_msg *msg;

	/* What was meant for an earlier meeting would only confuse. */
	if (!is_met(v, dst))
		return;
	msg = kddm_msg_alloc(HDR + len, 0, GFP_KDDM);
	msg->type = KDDM_WIRE_VIEW;
	memcpy(msg->buf + HDR, body, len);
	kddm_send(v->kn, dst, 0, msg);
}

static void send_message(struct kddm_views *v, const struct kddm_vc_send *s)
{
	void *body = kvmalloc(KDDM_VC_ROOM, GFP_KDDM);
	int len;
	u16 n;

	kddm_vc_message(v->vc, s, v->out);
	len = kddm_vc_encode(v->out, body, KDDM_VC_ROOM);
	for (n = 0; n < KDDM_VC_NODES && !WARN_ON_ONCE(len < 0); n++)
		if (kddm_vc_has(&s->to, n))
			send_to(v, n, body, len);
	kvfree(body);
}

static void send_marks(struct kddm_views *v, const struct kddm_vc_send *s)
{
	struct kddm_msg *msg;
	u16 chan;

	for (chan = 1; chan < KDDM_CHANNELS; chan++) {
		msg = kddm_msg_alloc(HDR + sizeof(struct kddm_wire_mark),
				     KDDM_VC_WORDS, GFP_KDDM);
		msg->type = KDDM_WIRE_MARK;
		kddm_wire_put_mark(msg->buf + HDR, msg->len - HDR, s->epoch);
		kddm_send_many(v->kn, s->to.w, KDDM_VC_WORDS, chan, msg);
	}
}

/* What a step means */

static bool takes_part(const struct kddm_vc *vc)
{
	return vc->phase == KDDM_VC_FLUSH || vc->phase == KDDM_VC_ACCEPTED ||
	       vc->phase == KDDM_VC_RECONCILE;
}

static void freeze(struct kddm_views *v)
{
	write_lock(&v->gate);
	WRITE_ONCE(v->frozen, true);
	write_unlock(&v->gate);
	v->frozen_at = ktime_get();
}

/*
 * The view that the proposed one follows, and whether we were a member.  Who
 * was none is out of date until a view with it is served, be it not the first
 * that is agreed on: only then has recovery come to its end.  Who was a member
 * may have written since, be it in a view that was never served.
 */
static void note_base(struct kddm_views *v)
{
	const struct kddm_vc_view *last = &v->vc->last;

	if (last->lineage && v->astray == last->lineage)
		return;
	v->base = last->epoch;
	v->apart = last->epoch &&
		   last->inc[v->kn->self] != v->kn->incarnation;
	if (v->apart && v->vc->lineage == last->lineage)
		v->base = min(v->sound, last->epoch - 1);
	v->astray = v->apart ? last->lineage : 0;
}

static struct kddm_view *view_of(const struct kddm_vc_view *from)
{
	u16 nr = 0, n;
	struct kddm_view *v;

	for (n = 0; n < KDDM_VC_NODES; n++)
		nr += !!from->inc[n];
	v = kvzalloc(kddm_view_size(nr), GFP_KDDM);
	kddm_view_init(v, nr);
	for (n = 0; n < KDDM_VC_NODES; n++)
		if (from->inc[n])
			kddm_view_add(v, n, from->inc[n]);
	v->epoch = from->epoch;
	return v;
}

static void replace(struct kddm_views *v, struct kddm_view __rcu **at,
		    struct kddm_view *new)
{
	new = rcu_replace_pointer(*at, new, lockdep_is_held(&v->lock));
	if (new)
		kvfree_rcu_mightsleep(new);
}

/* Committed: homes move, and recovery begins. */
static void committed(struct kddm_views *v)
{
	WRITE_ONCE(v->stage, KDDM_CHANGED);
	WRITE_ONCE(v->epoch, v->vc->last.epoch);
	if (!v->astray)
		v->sound = v->vc->last.epoch;
	replace(v, &v->members, view_of(&v->vc->last));
	queue_work(v->wq, &v->work);
}

static void serve(struct kddm_views *v)
{
	v->astray = 0;
	v->sound = v->vc->last.epoch;
	memcpy(v->ref, v->vc->last.inc, sizeof(v->vc->last.inc));
	replace(v, &v->served, view_of(&v->vc->last));
	WRITE_ONCE(v->kn->epoch, v->vc->last.epoch);
	write_lock(&v->gate);
	WRITE_ONCE(v->frozen, false);
	v->ops->resume(v);
	write_unlock(&v->gate);
	WRITE_ONCE(v->change_us, ktime_us_delta(ktime_get(), v->frozen_at));
}

/*
 * What a suspended node has counts only when the view is served: others may
 * have gone on without it, and before it is a member nothing has a home.
 */
static int service_of(const struct kddm_views *v)
{
	const struct kddm_vc *vc = v->vc;

	if (vc->serving)
		return KDDM_SERVING;
	return takes_part(vc) && v->service != KDDM_SUSPENDED ?
	       KDDM_CHANGING : KDDM_SUSPENDED;
}

static void trace_service(struct kddm_views *v, u8 service)
{
	const struct kddm_view *view;
	u16 members;

	rcu_read_lock();
	view = rcu_dereference(v->members);
	members = view ? view->nr : 0;
	rcu_read_unlock();
	trace_kddm_view(v->kn->self, READ_ONCE(v->kn->epoch), service,
			members);
}

static void settle_service(struct kddm_views *v)
{
	int old = v->service, new = service_of(v);

	if (new == KDDM_SERVING && (old != new || v->frozen))
		serve(v);
	WRITE_ONCE(v->service, new);
	if (old == new)
		return;
	if (old == KDDM_SUSPENDED && READ_ONCE(v->parked))
		v->ops->wake(v);
	trace_service(v, new);
	blocking_notifier_call_chain(&service_chain, new, v);
}

/* What this node waits for in a change, or misses while it is suspended. */
static void awaited(const struct kddm_vc *vc, struct kddm_vc_set *set)
{
	u16 n;

	if (vc->role) {
		*set = vc->p.awaited;
		return;
	}
	memset(set, 0, sizeof(*set));
	if (vc->phase == KDDM_VC_INVITED || vc->phase == KDDM_VC_ACCEPTED)
		kddm_vc_add(set, vc->proposer);
	for (n = 0; n < KDDM_VC_NODES; n++) {
		if (n == vc->self)
			continue;
		if (vc->phase == KDDM_VC_FLUSH ?
		    (vc->cur.inc[n] || kddm_vc_has(&vc->parting, n)) &&
		    !kddm_vc_has(&vc->marks, n) :
		    vc->phase == KDDM_VC_IDLE && !vc->serving &&
		    vc->last.inc[n] && vc->last.inc[n] != vc->inc[n])
			kddm_vc_add(set, n);
	}
}

void kddm_views_await(struct kddm_views *v, const struct kddm_vc_set *set)
{
	spin_lock(&v->info_lock);
	v->awaited = *set;
	spin_unlock(&v->info_lock);
}

/* For those who ask.  What recovery waits for, recovery says. */
static void note_progress(struct kddm_views *v, u8 before)
{
	const struct kddm_vc *vc = v->vc;

	WRITE_ONCE(v->phase, vc->phase);
	WRITE_ONCE(v->attempt, vc->phase == KDDM_VC_IDLE ? 0 : vc->promised);
	if (vc->role || vc->phase != KDDM_VC_RECONCILE || before != vc->phase) {
		awaited(vc, &v->await);
		kddm_views_await(v, &v->await);
	}
}

/* After each step of the machine. */
static void carry_out(struct kddm_views *v)
{
	const struct kddm_vc_out *out = &v->step;
	u8 phase = v->vc->phase, before = v->phase;
	u8 i;

	if (takes_part(v->vc) && !v->frozen)
		freeze(v);
	if (phase >= KDDM_VC_FLUSH && before < KDDM_VC_FLUSH)
		note_base(v);
	for (i = 0; i < out->nr; i++) {
		if (out->send[i].type == KDDM_VC_MARK)
			send_marks(v, &out->send[i]);
		else
			send_message(v, &out->send[i]);
	}
	if (phase == KDDM_VC_RECONCILE &&
	    READ_ONCE(v->epoch) != v->vc->last.epoch)
		committed(v);
	WRITE_ONCE(v->recovering, phase == KDDM_VC_RECONCILE && !v->stopped ?
		   v->vc->promised : 0);
	note_progress(v, before);
	settle_service(v);
	wake_up_all(&v->wait);
}

/* In */

static void meet(struct kddm_views *v, const struct kddm_node *node)
{
	u16 id = node->id;

	v->peer[id].session = node->session;
	v->peer[id].mark = 0;
	kddm_vc_up(v->vc, id, node->incarnation, &v->step);
	carry_out(v);
}

static void part(struct kddm_views *v, u16 id)
{
	v->peer[id].session = 0;
	kddm_vc_down(v->vc, id, &v->step);
	carry_out(v);
}

/*
 * Make the machine know what the membership layer knows of a node.  That it
 * takes part is seen from its state, or from a message of its (@speaks).  It
 * parts from us only when the session ends: then we part from it, too.
 */
static void look(struct kddm_views *v, u16 id, bool speaks)
{
	struct kddm_node *node = kddm_node_get(v->kn, id);
	bool up = node && kddm_node_link(node) == KDDM_LINK_UP;
	bool known = v->vc->inc[id];

	if (known && (!up || node->session != v->peer[id].session)) {
		part(v, id);
		known = false;
	}
	if (up && !known &&
	    (speaks || READ_ONCE(node->state) == KDDM_NODE_POSSIBLE))
		meet(v, node);
	if (node)
		kddm_node_put(node);
}

void kddm_views_node_change(struct kddm_net *kn,
			    const struct kddm_node_event *ev)
{
	struct kddm_views *v = kn->views;

	if (ev->id == kn->self)
		return;
	mutex_lock(&v->lock);
	if (!v->stopped)
		look(v, ev->id, ev->change == KDDM_ADD_POSSIBLE);
	mutex_unlock(&v->lock);
	kddm_kick_all(kn);
}

static int views_rx(struct kddm_net *kn, const struct kddm_hdr *h,
		    const void *body, size_t len)
{
	struct kddm_views *v = kn->views;
	int err;

	mutex_lock(&v->lock);
	err = kddm_vc_decode(body, len, v->in);
	if (!err && !v->stopped) {
		look(v, h->src, true);
		err = kddm_vc_receive(v->vc, h->src, v->in, &v->step);
		if (!err)
			carry_out(v);
	}
	mutex_unlock(&v->lock);
	kddm_kick_all(kn);
	return err == -EPROTO ? -EBADMSG : err;
}

/* The last of a node's marks tells the machine. */
static void all_marks(struct kddm_views *v, u16 src, u32 epoch)
{
	memset(v->in, 0, sizeof(*v->in));
	v->in->type = KDDM_VC_MARK;
	v->in->epoch = epoch;
	if (!kddm_vc_receive(v->vc, src, v->in, &v->step))
		carry_out(v);
}

int kddm_views_mark(struct kddm_net *kn, const struct kddm_hdr *h,
		    const void *body, size_t len)
{
	struct kddm_views *v = kn->views;
	struct kddm_view_peer *peer = &v->peer[h->src];
	u32 epoch;
	int err;

	err = kddm_wire_get_mark(body, len, &epoch);
	if (err)
		return err;
	mutex_lock(&v->lock);
	/* Channels have a pace of their own: an earlier attempt may be late. */
	if (epoch > peer->mark) {
		peer->mark = epoch;
		peer->marks = 0;
	}
	if (epoch == peer->mark)
		peer->marks |= BIT(h->chan);
	if (epoch == peer->mark && peer->marks == ALL_MARKS && !v->stopped)
		all_marks(v, h->src, epoch);
	mutex_unlock(&v->lock);
	kddm_kick_all(kn);
	return 0;
}

/* Questions */

bool kddm_views_info(const struct kddm_net *kn, struct kddm_views_info *info)
{
	const struct kddm_views *v;
	const struct kddm_view *view;

	rcu_read_lock();
	v = READ_ONCE(kn->views);
	if (v) {
		view = rcu_dereference(v->members);
		info->epoch = READ_ONCE(v->epoch);
		info->service = READ_ONCE(v->service);
		info->members = view ? view->nr : 0;
		info->phase = READ_ONCE(v->phase);
		info->attempt = READ_ONCE(v->attempt);
		info->recovered = READ_ONCE(v->recovered);
		info->change_us = READ_ONCE(v->change_us);
		info->recovery_us = READ_ONCE(v->recovery_us);
		info->stage = READ_ONCE(v->stage);
	}
	rcu_read_unlock();
	return v;
}

bool kddm_views_has(const struct kddm_net *kn, u16 id, u32 incarnation)
{
	const struct kddm_member_id *m = NULL;
	const struct kddm_view *view;
	const struct kddm_views *v;
	bool has;

	rcu_read_lock();
	v = READ_ONCE(kn->views);
	view = v ? rcu_dereference(v->members) : NULL;
	if (view)
		m = kddm_view_find(view, id);
	has = m && m->incarnation == incarnation;
	rcu_read_unlock();
	return has;
}

bool kddm_views_awaited(const struct kddm_net *kn, struct kddm_vc_set *set)
{
	struct kddm_views *v;

	memset(set, 0, sizeof(*set));
	rcu_read_lock();
	v = READ_ONCE(kn->views);
	if (v) {
		spin_lock(&v->info_lock);
		*set = v->awaited;
		spin_unlock(&v->info_lock);
	}
	rcu_read_unlock();
	return v;
}

bool kddm_views_current(const struct kddm_views *v, u32 epoch)
{
	return epoch == READ_ONCE(v->kn->epoch) || epoch == READ_ONCE(v->epoch);
}

bool kddm_views_member(struct kddm_net *kn, u16 id)
{
	const struct kddm_view *view;
	bool member;

	rcu_read_lock();
	view = rcu_dereference(kn->views->members);
	member = view && kddm_view_find(view, id);
	rcu_read_unlock();
	return member;
}

static int wait_result(long left, const bool *dead, bool intr)
{
	if (left < 0)
		return intr ? -ERESTARTSYS : -EINTR;
	if (READ_ONCE(*dead))
		return -ESHUTDOWN;
	return left ? 0 : -ETIMEDOUT;
}

static bool has_service(const struct kddm_net *kn, u32 min)
{
	return READ_ONCE(kn->views->service) >= min;
}

static bool has_moved_on(const struct kddm_net *kn, u32 epoch)
{
	return READ_ONCE(kn->epoch) != epoch;
}

static int wait_for(struct kddm_net *kn,
		    bool (*is_so)(const struct kddm_net *kn, u32 arg), u32 arg,
		    const bool *dead, bool intr, long timeout)
{
	wait_queue_head_t *wait = &kn->views->wait;

#define DONE	(is_so(kn, arg) || READ_ONCE(*dead))
	if (intr)
		timeout = wait_event_interruptible_timeout(*wait, DONE,
							   timeout);
	else
		timeout = wait_event_killable_timeout(*wait, DONE, timeout);
#undef DONE
	return wait_result(timeout, dead, intr);
}

int kddm_views_wait(struct kddm_net *kn, enum kddm_service min,
		    const bool *dead, bool intr, long timeout)
{
	return wait_for(kn, has_service, min, dead, intr, timeout);
}

int kddm_views_wait_epoch(struct kddm_net *kn, u32 epoch, const bool *dead,
			  bool intr, long timeout)
{
	return wait_for(kn, has_moved_on, epoch, dead, intr, timeout);
}

int kddm_views_in(struct kddm_views *v, u32 epoch)
{
	int err = -ESTALE;

	mutex_lock(&v->lock);
	if (v->stopped)
		err = -ESHUTDOWN;
	else if (v->vc->promised == epoch &&
		 v->vc->phase == KDDM_VC_RECONCILE)
		err = 0;
	else if (v->vc->promised == epoch &&
		 v->vc->phase == KDDM_VC_ACCEPTED)
		err = -EAGAIN;
	mutex_unlock(&v->lock);
	return err;
}

void kddm_views_recovered(struct kddm_views *v, u32 epoch)
{
	mutex_lock(&v->lock);
	if (!v->stopped) {
		kddm_vc_reconciled(v->vc, epoch, &v->step);
		carry_out(v);
	}
	mutex_unlock(&v->lock);
	kddm_kick_all(v->kn);
}

bool kddm_views_staged(struct kddm_views *v, u32 epoch, enum kddm_stage stage)
{
	bool current_view;

	mutex_lock(&v->lock);
	current_view = v->epoch == epoch && !v->stopped;
	if (current_view && stage == KDDM_RESTORED)
		replace(v, &v->restored, view_of(&v->vc->last));
	if (current_view)
		WRITE_ONCE(v->stage, stage);
	mutex_unlock(&v->lock);
	return current_view;
}

bool kddm_views_open(struct kddm_net *kn, u32 epoch)
{
	struct kddm_views *v = kn->views;
	bool open;

	read_lock(&v->gate);
	open = !v->frozen && READ_ONCE(kn->epoch) == epoch;
	read_unlock(&v->gate);
	return open;
}

/* Life */

int kddm_views_start(struct kddm_net *kn)
{
	struct kddm_views *v = kn->views;
	unsigned long wait;
	long left;
	u16 n;

	wait = msecs_to_jiffies(READ_ONCE(kn->config.start_timeout));
	mutex_lock(&v->lock);
	for (n = 0; n < KDDM_VC_NODES; n++)
		if (n != kn->self && kddm_node_state(kn, n))
			look(v, n, false);
	kddm_vc_start(v->vc, &v->step);
	v->started = true;
	carry_out(v);
	mutex_unlock(&v->lock);
	kddm_kick_all(kn);
	left = wait_event_killable_timeout(v->wait,
					   v->service == KDDM_SERVING, wait);
	return left < 0 ? -EINTR : 0;
}

void kddm_views_leave(struct kddm_net *kn)
{
	struct kddm_views *v = kn->views;
	unsigned long wait;

	wait = msecs_to_jiffies(READ_ONCE(kn->config.leave_timeout));
	mutex_lock(&v->lock);
	if (v->started) {
		kddm_vc_leave(v->vc, &v->step);
		carry_out(v);
	}
	mutex_unlock(&v->lock);
	kddm_kick_all(kn);
	if (!wait_event_timeout(v->wait, !v->started ||
				READ_ONCE(v->vc->phase) == KDDM_VC_GONE, wait))
		pr_warn("kddm: node %u: leaves before the others have agreed\n",
			kn->self);
}

void kddm_views_halt(struct kddm_net *kn)
{
	struct kddm_views *v = kn->views;

	mutex_lock(&v->lock);
	v->stopped = true;
	WRITE_ONCE(v->recovering, 0);
	mutex_unlock(&v->lock);
	wake_up_all(&v->wait);
}

void kddm_views_stop(struct kddm_net *kn)
{
	cancel_work_sync(&kn->views->work);
}

static void free_parts(struct kddm_views *v)
{
	if (v->wq)
		destroy_workqueue(v->wq);
	kvfree(v->ref);
	kvfree(v->peer);
	kvfree(v->out);
	kvfree(v->in);
	kvfree(v->vc);
}

void kddm_views_exit(struct kddm_net *kn)
{
	struct kddm_views *v = kn->views;

	kn->view_rx = NULL;
	WRITE_ONCE(kn->views, NULL);
	/* Whoever asks for it needs no rights, and is not in the node. */
	synchronize_rcu();
	free_parts(v);
	kvfree(rcu_dereference_protected(v->members, true));
	kvfree(rcu_dereference_protected(v->served, true));
	kvfree(rcu_dereference_protected(v->restored, true));
	kfree(v);
	WRITE_ONCE(kn->epoch, 0);
}

static bool alloc_parts(struct kddm_views *v)
{
	v->vc = kvzalloc_obj(*v->vc);
	v->in = kvzalloc_obj(*v->in);
	v->out = kvzalloc_obj(*v->out);
	v->peer = kvcalloc(KDDM_VC_NODES, sizeof(*v->peer), GFP_KERNEL);
	v->ref = kvcalloc(KDDM_VC_NODES, sizeof(*v->ref), GFP_KERNEL);
	v->wq = alloc_ordered_workqueue("kddm_recovery", 0);
	return v->vc && v->in && v->out && v->peer && v->ref && v->wq;
}

static void work(struct work_struct *work)
{
	struct kddm_views *v = container_of(work, struct kddm_views, work);

	v->ops->recover(v);
}

int kddm_views_init(struct kddm_net *kn, const struct kddm_views_ops *ops)
{
	struct kddm_views *v = kzalloc_obj(*v);

	if (!v)
		return -ENOMEM;
	v->kn = kn;
	v->ops = ops;
	if (!alloc_parts(v)) {
		free_parts(v);
		kfree(v);
		return -ENOMEM;
	}
	mutex_init(&v->lock);
	init_waitqueue_head(&v->wait);
	rwlock_init(&v->gate);
	spin_lock_init(&v->held_lock);
	spin_lock_init(&v->info_lock);
	INIT_LIST_HEAD(&v->held);
	init_rwsem(&v->calm);
	INIT_WORK(&v->work, work);
	v->frozen = true;
	v->frozen_at = ktime_get();
	kddm_vc_init(v->vc, kn->self, kn->incarnation);
	v->vc->policy = kn->quorum;
	v->vc->founders = READ_ONCE(kn->config.founders);
	/* For those who ask, see kddm_views_info(). */
	smp_store_release(&kn->views, v);
	kn->view_rx = views_rx;
	return 0;
}
