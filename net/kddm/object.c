// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects on this node: look-up, local users, and messages from and to the
 * coherence machine.  object.h has the locks.
 *
 * Local users of an object that cannot be entered at once line up in
 * obj->waiters.  The first of them is the one whose request the machine works
 * on; when it is done, the next one's is submitted.
 */
#include <linux/export.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include "iolinker.h"
#include "member.h"
#include "object.h"

#define GFP_KDDM	(GFP_NOFS | __GFP_NOFAIL)

/**
 * struct waiter - a local user that waits, on its stack
 * @list: place in obj->waiters
 * @task: who it is
 * @done: the wait is over; @err is valid, and @list is out of use
 * @grab: to write
 * @flags: KDDM_COF_NOCREATE
 * @err: how it ended; 0: inside
 */
struct waiter {
	struct list_head	list;
	struct task_struct	*task;
	bool			done;
	bool			grab;
	u8			flags;
	int			err;
};

static struct kmem_cache *obj_cache;

static u16 obj_channel(u64 id)
{
	return 1 + id % (KDDM_CHANNELS - 1);
}

static struct kddm_co_env obj_env(const struct kddm_obj *obj)
{
	return (struct kddm_co_env) {
		.self = obj->set->kn->self,
		.home = obj->home,
		.max_hops = 2 * (kddm_node_max_id(obj->set->kn) + 2),
	};
}

/* Look-up */

static struct kddm_obj *obj_new(struct kddm_set *set, u64 id)
{
	const struct kddm_member_id *home = kddm_view_home(set->homes, id);
	struct kddm_net *kn = set->kn;
	struct kddm_co_env env;
	struct kddm_obj *obj;

	obj = kmem_cache_zalloc(obj_cache, GFP_NOFS);
	if (!obj)
		return NULL;
	spin_lock_init(&obj->lock);
	INIT_LIST_HEAD(&obj->waiters);
	obj->set = set;
	obj->id = id;
	obj->home = home->id;
	env = obj_env(obj);
	kddm_co_init(&obj->co, &env);
	/* Home in an earlier life: what we knew of the object is lost. */
	if (home->id == kn->self && home->incarnation != kn->incarnation)
		obj->co.state = KDDM_CO_LOST;
	return obj;
}

static void obj_free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(obj_cache, container_of(rcu, struct kddm_obj, rcu));
}

static void obj_free(struct kddm_obj *obj)
{
	if (obj->data)
		obj->set->linker->free(obj->set, obj->data);
	kfree(obj->co.x);
	atomic64_dec(&obj->set->stats.objects);
	call_rcu(&obj->rcu, obj_free_rcu);
}

/* The object, locked, or NULL. */
static struct kddm_obj *obj_lock(struct kddm_set *set, u64 id)
{
	struct kddm_obj *obj;

	rcu_read_lock();
	obj = xa_load(&set->objs, id);
	if (obj) {
		spin_lock(&obj->lock);
		if (obj->dead) {
			spin_unlock(&obj->lock);
			obj = NULL;
		}
	}
	rcu_read_unlock();
	return obj;
}

/* The object, locked; made if this node does not know it yet. */
static struct kddm_obj *obj_lock_new(struct kddm_set *set, u64 id)
{
	struct kddm_obj *obj, *new, *old;

	for (;;) {
		obj = obj_lock(set, id);
		if (obj)
			return obj;
		new = obj_new(set, id);
		if (!new)
			return ERR_PTR(-ENOMEM);
		old = xa_cmpxchg(&set->objs, id, NULL, new, GFP_NOFS);
		if (!old) {
			atomic64_inc(&set->stats.objects);
			continue;
		}
		kmem_cache_free(obj_cache, new);
		if (xa_is_err(old))
			return ERR_PTR(xa_err(old));
		cpu_relax();	/* somebody else's, or dying */
	}
}

/* obj->lock is held; leaves with the object busy, pinned and unlocked. */
static void obj_begin(struct kddm_obj *obj)
{
	obj->pins++;
	wait_var_event_spinlock(&obj->busy, !obj->busy, &obj->lock);
	obj->busy = true;
	spin_unlock(&obj->lock);
}

/* The other end of obj_begin(); @obj may be gone afterwards. */
static void obj_end(struct kddm_obj *obj)
{
	struct kddm_co_env env = obj_env(obj);
	bool dead;

	kfree(kddm_co_shed(&obj->co));
	spin_lock(&obj->lock);
	obj->busy = false;
	wake_up_var_locked(&obj->busy, &obj->lock);
	obj->pins--;
	dead = !obj->pins && !obj->orphan && list_empty(&obj->waiters) &&
	       kddm_co_forgettable(&obj->co, &env);
	if (dead) {
		obj->dead = true;
		xa_erase(&obj->set->objs, obj->id);
	}
	spin_unlock(&obj->lock);
	if (dead)
		obj_free(obj);
}

/* Messages out */

static struct kddm_msg *obj_msg(struct kddm_obj *obj, u8 type,
				struct kddm_obj_msg *m, u16 nwords)
{
	struct kddm_msg *msg;

	m->type = type;
	m->set = obj->set->id;
	m->objid = obj->id;
	msg = kddm_msg_alloc(kddm_wire_obj_size(m->nwords, m->len), nwords,
			     GFP_KDDM);
	kddm_wire_put_obj(msg->buf + sizeof(struct kddm_wire_hdr),
			  msg->len - sizeof(struct kddm_wire_hdr), m);
	msg->type = KDDM_WIRE_OBJ + type;
	return msg;
}

static void act_send(struct kddm_obj *obj, const struct kddm_co_action *a,
		     const struct kddm_co_out *out)
{
	struct kddm_obj_msg m = {
		.flags = a->flags,
		.origin = a->origin,
		.hops = a->hops,
		.version = a->version,
		.seq = a->seq,
		.err = a->err,
	};

	if (WARN_ON_ONCE(a->dst == obj->set->kn->self))
		return;
	if (a->data) {
		m.data = obj->data;
		m.len = obj->set->size;
	}
	if (a->need) {
		m.nwords = out->nwords;
		memcpy(m.need, out->targets, out->nwords * sizeof(u64));
	}
	if (a->msg == KDDM_EV_GET_REQ || a->msg == KDDM_EV_GRAB_REQ)
		atomic64_inc(a->hops ? &obj->set->stats.forwards :
			     &obj->set->stats.misses);
	kddm_send(obj->set->kn, a->dst, obj_channel(obj->id),
		  obj_msg(obj, a->msg, &m, 0));
}

static void act_inval(struct kddm_obj *obj, const struct kddm_co_action *a,
		      const struct kddm_co_out *out)
{
	struct kddm_obj_msg m = { .origin = a->origin, .seq = a->seq };

	atomic64_inc(&obj->set->stats.invalidations);
	kddm_send_many(obj->set->kn, out->targets, out->nwords,
		       obj_channel(obj->id),
		       obj_msg(obj, KDDM_EV_INVAL, &m, out->nwords));
}

/* The machine */

/* The end of a wait, after which @w is gone. */
static void waiter_done(struct waiter *w, int err)
{
	struct task_struct *task = get_task_struct(w->task);

	list_del(&w->list);
	w->err = err;
	/* Pairs with waiter_wait(): err and the data are there before. */
	smp_store_release(&w->done, true);
	wake_up_process(task);
	put_task_struct(task);
}

/* Returns 0, -EINTR (killed) or -ETIMEDOUT; see obj_wait(). */
static int waiter_wait(struct waiter *w, long timeout)
{
	int err = 0;

	for (;;) {
		set_current_state(TASK_KILLABLE);
		/* Pairs with waiter_done(). */
		if (smp_load_acquire(&w->done))
			break;
		err = fatal_signal_pending(current) ? -EINTR :
		      timeout ? 0 : -ETIMEDOUT;
		if (err)
			break;
		timeout = schedule_timeout(timeout);
	}
	__set_current_state(TASK_RUNNING);
	return err;
}

/* The local request is done: let its user in, or leave for one who is gone. */
static void act_done(struct kddm_obj *obj, int err)
{
	struct waiter *w;

	if (obj->orphan) {
		obj->orphan = 0;
		obj->leave = !err;
		return;
	}
	w = list_first_entry(&obj->waiters, struct waiter, list);
	waiter_done(w, err);
}

static void act_data(struct kddm_obj *obj, const struct kddm_obj_msg *m)
{
	struct kddm_set *set = obj->set;

	if (!obj->data)
		obj->data = set->linker->alloc(set);
	if (m)
		memcpy(obj->data, m->data, set->size);
	else
		set->linker->first_touch(set, obj->id, obj->data);
}

static void act_drop(struct kddm_obj *obj)
{
	obj->set->linker->free(obj->set, obj->data);
	obj->data = NULL;
}

static void obj_act(struct kddm_obj *obj, const struct kddm_co_action *a,
		    const struct kddm_co_out *out, const struct kddm_obj_msg *m)
{
	switch (a->type) {
	case KDDM_ACT_SEND:
		act_send(obj, a, out);
		break;
	case KDDM_ACT_INVAL:
		act_inval(obj, a, out);
		break;
	case KDDM_ACT_FILL:
		act_data(obj, NULL);
		break;
	case KDDM_ACT_INSTALL:
		act_data(obj, m);
		break;
	case KDDM_ACT_DROP:
		act_drop(obj);
		break;
	case KDDM_ACT_DONE:
		act_done(obj, a->err);
		break;
	}
}

static struct kddm_co_ext *obj_ext(struct kddm_obj *obj)
{
	u16 words = kddm_node_max_id(obj->set->kn) / 64 + 1;
	struct kddm_co_ext *x;
	u16 qcap = 4;

	if (obj->co.x) {
		words = max(words, obj->co.x->words);
		qcap = 2 * obj->co.x->qlen + 4;
	}
	x = kmalloc(kddm_co_ext_size(words, qcap), GFP_KDDM);
	kddm_co_ext_init(x, words, qcap);
	return x;
}

/* One event and what follows from it.  Busy. */
static int obj_step(struct kddm_obj *obj, struct kddm_co_event *ev,
		    const struct kddm_obj_msg *m)
{
	struct kddm_co_event run = { .type = KDDM_EV_RUN };
	struct kddm_co_env env = obj_env(obj);
	struct kddm_co_out out;
	int err, ret, i;

	ret = kddm_co_step(&obj->co, &env, ev, &out);
	if (ret == -ENOBUFS) {
		ev->spare = obj_ext(obj);
		ret = kddm_co_step(&obj->co, &env, ev, &out);
		kfree(ev->spare);
		ev->spare = NULL;
	}
	for (err = ret; !err; err = kddm_co_step(&obj->co, &env, &run, &out)) {
		for (i = 0; i < out.nr; i++)
			obj_act(obj, &out.act[i], &out, m);
		kfree(out.freed);
		if (!out.more)
			break;
	}
	return ret;
}

/* Submit the requests of local users, as many as are answered at once. */
static void obj_pump(struct kddm_obj *obj)
{
	struct kddm_co_event put = { .type = KDDM_EV_PUT };
	struct kddm_co_event ev = { };
	struct waiter *w;

	for (;;) {
		if (obj->leave) {
			obj->leave = 0;
			obj_step(obj, &put, NULL);
			continue;
		}
		if (obj->co.want != KDDM_WANT_NONE)
			return;
		w = list_first_entry_or_null(&obj->waiters, struct waiter,
					     list);
		if (!w)
			return;
		ev.type = w->grab ? KDDM_EV_GRAB : KDDM_EV_GET;
		ev.flags = w->flags;
		obj_step(obj, &ev, NULL);
	}
}

/* An event from outside, with the object busy. */
static int obj_event(struct kddm_obj *obj, struct kddm_co_event *ev,
		     const struct kddm_obj_msg *m)
{
	int err = obj_step(obj, ev, m);

	obj_pump(obj);
	return err;
}

/* Local users */

/* Whether @w's request is the one that the machine works on.  Busy. */
static bool under_way(const struct kddm_obj *obj, const struct waiter *w)
{
	return !obj->orphan &&
	       (obj->co.want == KDDM_WANT_GET ||
		obj->co.want == KDDM_WANT_GRAB) &&
	       list_first_entry(&obj->waiters, struct waiter, list) == w;
}

/* Take @w out of the line.  Busy. */
static void abandon(struct kddm_obj *obj, struct waiter *w, int err)
{
	if (under_way(obj, w))
		obj->orphan = 1;
	waiter_done(w, err);
}

static int obj_wait(struct kddm_obj *obj, struct waiter *w, long timeout)
{
	struct kddm_net *kn = obj->set->kn;
	u64 id = obj->id;
	int err;

	err = waiter_wait(w, timeout);
	if (!err)
		return w->err;
	/* The object stays while @w is in line, or inside. */
	rcu_read_lock();
	/* Pairs with waiter_done(). */
	if (smp_load_acquire(&w->done)) {
		rcu_read_unlock();
		return w->err;
	}
	spin_lock(&obj->lock);
	rcu_read_unlock();
	if (obj->dead) {
		spin_unlock(&obj->lock);
		return w->err;
	}
	obj_begin(obj);
	if (!w->done)
		abandon(obj, w, err);
	obj_end(obj);
	kddm_kick(kn, obj_channel(id));
	return w->err;
}

static struct kddm_obj *obj_acquire_slow(struct kddm_set *set, u64 id,
					 bool grab, unsigned int flags,
					 long timeout)
{
	struct waiter w = {
		.task = current,
		.grab = grab,
		.flags = flags & KDDM_NOCREATE ? KDDM_COF_NOCREATE : 0,
	};
	struct kddm_obj *obj;
	int err;

	obj = obj_lock_new(set, id);
	if (IS_ERR(obj))
		return obj;
	obj_begin(obj);
	if (READ_ONCE(set->dead)) {
		obj_end(obj);
		return ERR_PTR(-ESHUTDOWN);
	}
	list_add_tail(&w.list, &obj->waiters);
	obj_pump(obj);
	obj_end(obj);
	kddm_kick(set->kn, obj_channel(id));

	err = obj_wait(obj, &w, timeout);
	return err ? ERR_PTR(err) : obj;
}

struct kddm_obj *kddm_obj_take(struct kddm_set *set, u64 id, bool grab,
			       unsigned int flags, long timeout)
{
	struct kddm_obj *obj;
	bool hit;

	if (flags & ~KDDM_NOCREATE)
		return ERR_PTR(-EINVAL);
	if (id > ULONG_MAX)
		return ERR_PTR(-ERANGE);
	if (READ_ONCE(set->dead))
		return ERR_PTR(-ESHUTDOWN);
	obj = obj_lock(set, id);
	if (obj) {
		hit = !obj->busy && list_empty(&obj->waiters) &&
		      kddm_co_hit(&obj->co, grab);
		if (hit)	/* a count that is one off does no harm */
			raw_cpu_inc(*set->hits);
		spin_unlock(&obj->lock);
		if (hit)
			return obj;
	}
	return obj_acquire_slow(set, id, grab, flags, timeout);
}

struct kddm_obj *kddm_get(struct kddm_set *set, u64 id, unsigned int flags)
{
	return kddm_obj_take(set, id, false, flags, MAX_SCHEDULE_TIMEOUT);
}
EXPORT_SYMBOL_GPL(kddm_get);

struct kddm_obj *kddm_grab(struct kddm_set *set, u64 id, unsigned int flags)
{
	return kddm_obj_take(set, id, true, flags, MAX_SCHEDULE_TIMEOUT);
}
EXPORT_SYMBOL_GPL(kddm_grab);

static void obj_release(struct kddm_obj *obj, u8 type)
{
	struct kddm_co_event ev = { .type = type };
	struct kddm_net *kn = obj->set->kn;
	u16 chan = obj_channel(obj->id);

	spin_lock(&obj->lock);
	if (type == KDDM_EV_PUT && !obj->busy && list_empty(&obj->waiters) &&
	    kddm_co_leave(&obj->co)) {
		spin_unlock(&obj->lock);
		return;
	}
	obj_begin(obj);
	WARN_ON_ONCE(obj_event(obj, &ev, NULL));
	obj_end(obj);
	kddm_kick(kn, chan);
}

void kddm_put(struct kddm_obj *obj)
{
	obj_release(obj, KDDM_EV_PUT);
}
EXPORT_SYMBOL_GPL(kddm_put);

void kddm_remove_held(struct kddm_obj *obj)
{
	obj_release(obj, KDDM_EV_REMOVE);
}
EXPORT_SYMBOL_GPL(kddm_remove_held);

int kddm_remove(struct kddm_set *set, u64 id)
{
	struct kddm_obj *obj = kddm_grab(set, id, KDDM_NOCREATE);

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	kddm_remove_held(obj);
	return 0;
}
EXPORT_SYMBOL_GPL(kddm_remove);

void *kddm_data(struct kddm_obj *obj)
{
	return obj->data;
}
EXPORT_SYMBOL_GPL(kddm_data);

u64 kddm_version(struct kddm_obj *obj)
{
	return obj->co.version;
}
EXPORT_SYMBOL_GPL(kddm_version);

/* Messages in */

static bool is_request(u8 type)
{
	return type == KDDM_EV_GET_REQ || type == KDDM_EV_GRAB_REQ;
}

/* The end of a request that came from or goes to nowhere. */
static void reject(struct kddm_net *kn, const struct kddm_obj_msg *req, int err)
{
	struct kddm_obj_msg m = {
		.type = KDDM_EV_NAK,
		.set = req->set,
		.objid = req->objid,
		.origin = kn->self,
		.seq = req->seq,
		.err = err,
	};
	struct kddm_msg *msg;

	msg = kddm_msg_alloc(kddm_wire_obj_size(0, 0), 0, GFP_KDDM);
	kddm_wire_put_obj(msg->buf + sizeof(struct kddm_wire_hdr),
			  msg->len - sizeof(struct kddm_wire_hdr), &m);
	msg->type = KDDM_WIRE_OBJ + KDDM_EV_NAK;
	kddm_send(kn, req->origin, obj_channel(req->objid), msg);
	kddm_kick(kn, obj_channel(req->objid));
}

/* Nobody waits for the ack of a node that is not there. */
static void prune_need(struct kddm_net *kn, struct kddm_obj_msg *m)
{
	u64 up[KDDM_MAX_NODES / 64] = { };
	u16 i;

	if (!m->nwords)
		return;
	kddm_node_set(kn, KDDM_NODE_ONLINE, up);
	for (i = 0; i < m->nwords; i++)
		m->need[i] &= up[i];
}

/* What wire.c cannot know: does the message fit this set and this cluster? */
static int check(struct kddm_set *set, const struct kddm_obj_msg *m)
{
	bool data = m->type == KDDM_EV_DATA ||
		    (m->type == KDDM_EV_OWN && !m->flags);

	if (m->len != (data ? set->size : 0) || m->objid > ULONG_MAX)
		return -EBADMSG;
	if ((is_request(m->type) || m->type == KDDM_EV_INVAL) &&
	    m->origin != set->kn->self &&
	    kddm_node_state(set->kn, m->origin) == KDDM_NODE_OFFLINE)
		return -ESTALE;
	return 0;
}

static int obj_deliver(struct kddm_set *set, u16 src, struct kddm_obj_msg *m)
{
	struct kddm_co_event ev = {
		.type = m->type,
		.flags = m->flags,
		.src = src,
		.origin = m->origin,
		.hops = m->hops,
		.seq = m->seq,
		.version = m->version,
		.err = m->err,
		.need = m->need,
		.nwords = m->nwords,
	};
	struct kddm_obj *obj;
	int err;

	/* Requests and the like make the object known; answers do not. */
	if (is_request(m->type) || m->type == KDDM_EV_REMOVED)
		obj = obj_lock_new(set, m->objid);
	else
		obj = obj_lock(set, m->objid);
	if (IS_ERR_OR_NULL(obj))
		return obj ? PTR_ERR(obj) : -ESTALE;
	obj_begin(obj);
	err = obj_event(obj, &ev, m);
	obj_end(obj);
	return err;
}

static int obj_rx(struct kddm_net *kn, const struct kddm_hdr *h,
		  const void *body, size_t len)
{
	struct kddm_obj_msg m;
	struct kddm_set *set;
	int err;

	err = kddm_wire_get_obj(body, len, h->type, &m);
	if (err)
		return err;
	if (h->chan != obj_channel(m.objid))
		return -EBADMSG;
	set = kddm_set_find(kn, m.set);
	if (!set) {
		if (is_request(m.type) && m.origin != kn->self)
			reject(kn, &m, -ESHUTDOWN);
		return -ESTALE;
	}
	prune_need(kn, &m);
	err = check(set, &m);
	if (!err)
		err = obj_deliver(set, h->src, &m);
	if (err == -ENOMEM && is_request(m.type))
		reject(kn, &m, err);
	kddm_set_unref(set);
	kddm_kick(kn, h->chan);
	return err;
}

/* A request that cannot be sent ends here; all else ends with the node. */
static void obj_undeliverable(struct kddm_net *kn, u16 dst,
			      const struct kddm_msg *msg)
{
	size_t hdr = sizeof(struct kddm_wire_hdr);
	struct kddm_obj_msg m;
	struct kddm_set *set;

	if (kddm_wire_get_obj(msg->buf + hdr, msg->len - hdr, msg->type, &m) ||
	    !is_request(m.type))
		return;
	if (m.origin != kn->self) {
		reject(kn, &m, -EHOSTDOWN);
		return;
	}
	set = kddm_set_find(kn, m.set);
	if (!set)
		return;
	m.type = KDDM_EV_NAK;
	m.err = -EHOSTDOWN;
	obj_deliver(set, kn->self, &m);
	kddm_set_unref(set);
	kddm_kick(kn, msg->chan);
}

const struct kddm_channel_ops kddm_obj_channel_ops = {
	.rx		= obj_rx,
	.undeliverable	= obj_undeliverable,
};

/* All objects of a set */

/* The first object with an id of at least *@id, busy; NULL at the end. */
static struct kddm_obj *obj_next(struct kddm_set *set, unsigned long *id)
{
	struct kddm_obj *obj;

	for (;;) {
		rcu_read_lock();
		obj = xa_find(&set->objs, id, ULONG_MAX, XA_PRESENT);
		if (obj)
			spin_lock(&obj->lock);
		rcu_read_unlock();
		if (!obj)
			return NULL;
		if (!obj->dead) {
			obj_begin(obj);
			return obj;
		}
		spin_unlock(&obj->lock);
		cpu_relax();
	}
}

void kddm_objects_node_down(struct kddm_set *set, u16 id)
{
	struct kddm_co_event ev = { .type = KDDM_EV_NODE_DOWN, .src = id };
	struct kddm_obj *obj;
	unsigned long i = 0;
	u16 chan;

	while ((obj = obj_next(set, &i))) {
		obj_event(obj, &ev, NULL);
		obj_end(obj);
		if (i++ == ULONG_MAX)
			break;
		cond_resched();
	}
	for (chan = 1; chan < KDDM_CHANNELS; chan++)
		kddm_kick(set->kn, chan);
}

void kddm_objects_cancel(struct kddm_set *set, int err)
{
	struct waiter *w, *next;
	struct kddm_obj *obj;
	unsigned long i = 0;

	while ((obj = obj_next(set, &i))) {
		list_for_each_entry_safe(w, next, &obj->waiters, list)
			abandon(obj, w, err);
		obj_end(obj);
		if (i++ == ULONG_MAX)
			break;
		cond_resched();
	}
}

void kddm_objects_free(struct kddm_set *set)
{
	struct kddm_obj *obj;
	unsigned long i;

	xa_for_each(&set->objs, i, obj) {
		xa_erase(&set->objs, i);
		obj_free(obj);
		cond_resched();
	}
	xa_destroy(&set->objs);
}

/* What a set pays for an object beside its data, without lock debugging. */
static_assert(sizeof(struct kddm_obj) - sizeof(spinlock_t) + 4 <= 128);

int kddm_objects_init(void)
{
	obj_cache = KMEM_CACHE(kddm_obj, SLAB_ACCOUNT);
	return obj_cache ? 0 : -ENOMEM;
}

void kddm_objects_exit(void)
{
	rcu_barrier();
	kmem_cache_destroy(obj_cache);
}
