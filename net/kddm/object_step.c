// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects: the loop around the coherence machine, its actions, and the line of
 * local users that feeds it.
 *
 * Local users of an object that cannot be entered at once line up in
 * obj->waiters.  The first of them is the one whose request the machine works
 * on; when it is done, the next one's is submitted.
 */
#include <linux/slab.h>
#include "linker.h"
#include "member.h"
#include "object.h"
#include "trace.h"
#include "views.h"

/* Contents */

void kddm_obj_free_data(struct kddm_obj *obj)
{
	obj->away = 0;
	if (!obj->data)
		return;
	atomic64_dec(&obj->set->stats.objects);
	if (obj->raw)
		kvfree(obj->data);
	else
		kddm_linker_free(obj->set, obj->id, obj->data);
	obj->data = NULL;
	obj->raw = 0;
}

static bool alloc_data(struct kddm_obj *obj)
{
	if (obj->data)
		return true;
	obj->data = kddm_linker_alloc(obj->set, obj->id);
	if (obj->data)
		atomic64_inc(&obj->set->stats.objects);
	return obj->data;
}

static void insert(struct kddm_obj *obj)
{
	if (obj->set->linker->insert)
		obj->set->linker->insert(obj->set, obj->id, obj->data);
}

/* The contents of a message, some of which may have to be received yet. */
static void copy_data(const struct kddm_obj *obj, void *to,
		      struct kddm_obj_msg *m)
{
	if (m->missing)
		kddm_rx_data(obj->set->kn, kddm_obj_channel(obj->id), to,
			     m->data, m->len);
	else
		memcpy(to, m->data, m->len);
	m->missing = 0;
}

/* Have the contents there as a whole. */
static void complete_data(const struct kddm_obj *obj, struct kddm_obj_msg *m)
{
	if (m->missing)
		copy_data(obj, (void *)m->data, m);
}

/* Make contents of what has come. */
static int take_in(struct kddm_obj *obj, struct kddm_obj_msg *m)
{
	const struct kddm_linker *linker = obj->set->linker;
	int err = 0;

	if (!alloc_data(obj))
		return -ENOMEM;
	if (linker->import) {
		complete_data(obj, m);
		err = kddm_linker_import(obj->set, obj->id, obj->data, m->data,
					 m->len);
	} else {
		copy_data(obj, obj->data, m);
	}
	if (!err)
		insert(obj);
	return err;
}

static struct kddm_raw *new_raw(const struct kddm_obj *obj,
				struct kddm_obj_msg *m)
{
	struct kddm_raw *raw = kvmalloc(struct_size(raw, buf, m->len),
					GFP_KDDM);

	raw->len = m->len;
	raw->err = 0;
	copy_data(obj, raw->buf, m);
	return raw;
}

static void keep_raw(struct kddm_obj *obj, struct kddm_raw *raw)
{
	obj->data = raw;
	obj->raw = 1;
	atomic64_inc(&obj->set->stats.objects);
}

void kddm_obj_install(struct kddm_obj *obj, struct kddm_obj_msg *m)
{
	struct kddm_raw *raw;
	int err;

	if (obj->raw)
		kddm_obj_free_data(obj);
	err = take_in(obj, m);
	if (!err)
		return;
	kddm_obj_free_data(obj);
	raw = new_raw(obj, m);
	raw->err = err;
	keep_raw(obj, raw);
}

void kddm_obj_store(struct kddm_obj *obj, struct kddm_obj_msg *m)
{
	kddm_obj_free_data(obj);
	keep_raw(obj, new_raw(obj, m));
}

/* The same of those that are here. */
static void keep(struct kddm_obj *obj)
{
	struct kddm_obj_msg m = { };
	struct kddm_raw *raw;
	void *buf;

	if (obj->raw)
		return;
	buf = kddm_obj_contents(obj, &m);
	raw = new_raw(obj, &m);
	kvfree(buf);
	kddm_obj_drop_data(obj);
	keep_raw(obj, raw);
}

/*
 * Try once more to make contents of what is there as it came; whoever brought
 * it is told why it could not be done.
 */
static int thaw(struct kddm_obj *obj)
{
	struct kddm_raw *raw = obj->data;
	struct kddm_obj_msg m = { .data = raw->buf, .len = raw->len };
	int err = raw->err;

	raw->err = 0;
	if (err)
		return err;
	obj->data = NULL;
	obj->raw = 0;
	atomic64_dec(&obj->set->stats.objects);
	err = take_in(obj, &m);
	if (!err) {
		kvfree(raw);
		return 0;
	}
	kddm_obj_free_data(obj);
	keep_raw(obj, raw);
	return err;
}

/* Who waits to go on with what they have read has to be told. */
static void lose(struct kddm_obj *obj)
{
	struct kddm_obj_waiter *w;

	list_for_each_entry(w, &obj->waiters, list)
		w->kept = false;
}

void kddm_obj_drop_data(struct kddm_obj *obj)
{
	if (!obj->raw && !obj->away && obj->set->linker->invalidate)
		obj->set->linker->invalidate(obj->set, obj->id, obj->data);
	kddm_obj_free_data(obj);
	lose(obj);
}

static int first_touch(struct kddm_obj *obj)
{
	int err;

	if (!alloc_data(obj))
		return -ENOMEM;
	kddm_linker_clear(obj->set, obj->data);
	err = kddm_linker_first_touch(obj->set, obj->id, obj->data);
	if (!err)
		insert(obj);
	return err;
}

int kddm_obj_recall(struct kddm_obj *obj)
{
	int err = first_touch(obj);

	if (err)
		kddm_obj_free_data(obj);
	obj->away = !!err;
	return err && err != -ENOMEM ? -EIO : err;
}

int kddm_obj_blank(struct kddm_obj *obj)
{
	if (!alloc_data(obj))
		return -ENOMEM;
	kddm_linker_clear(obj->set, obj->data);
	insert(obj);
	obj->away = 0;
	return 0;
}

/* The first contents: for the local request, or for one of another node. */
static int fill(struct kddm_obj *obj)
{
	struct kddm_obj_waiter *w = NULL;
	int err;

	if (obj->co.mine && !obj->orphan)
		w = kddm_obj_first(obj);
	if (!w || !w->manual)
		return first_touch(obj);
	err = kddm_obj_blank(obj);
	if (!err)
		obj->fresh = 1;
	return err;
}

/* The line */

void kddm_obj_wait_done(struct kddm_obj *obj, struct kddm_obj_waiter *w,
			int err)
{
	list_del(&w->list);
	if (w->async) {
		atomic_dec(&obj->set->prefetches);
		kfree(w);
		return;
	}
	w->err = err;
	kddm_wake(&w->wait);
}

/* Whether @w's request is the one that the machine works on. */
static bool under_way(const struct kddm_obj *obj,
		      const struct kddm_obj_waiter *w)
{
	return kddm_obj_under_way(obj) && kddm_obj_first(obj) == w;
}

void kddm_obj_abandon(struct kddm_obj *obj, struct kddm_obj_waiter *w, int err)
{
	if (under_way(obj, w))
		obj->orphan = 1;
	kddm_obj_wait_done(obj, w, err);
}

/* The local request is done: let its user in, or leave for one who is gone. */
static void done(struct kddm_obj *obj, int err)
{
	struct kddm_obj_waiter *w;

	/* The trail may end where the set has been destroyed already. */
	if (err == -EOWNERDEAD && kddm_set_doomed(obj->set))
		err = -ESHUTDOWN;
	if (obj->orphan) {
		obj->orphan = 0;
		obj->leave = !err;
		return;
	}
	w = kddm_obj_first(obj);
	obj->leave = !err && w->async;
	if (!err && obj->raw) {
		err = thaw(obj);
		obj->leave |= !!err;
	}
	kddm_obj_wait_done(obj, w, err);
}

void kddm_obj_replicated(struct kddm_obj *obj, int err)
{
	struct kddm_obj_waiter *w, *next;

	list_for_each_entry_safe(w, next, &obj->waiters, list)
		if (w->push)
			kddm_obj_wait_done(obj, w, err);
}

/* The machine */

static void act(struct kddm_obj *obj, const struct kddm_co_action *a,
		const struct kddm_co_out *out, struct kddm_obj_msg *m)
{
	switch (a->type) {
	case KDDM_ACT_SEND:
		kddm_obj_act_send(obj, a, out);
		break;
	case KDDM_ACT_INVAL:
		kddm_obj_act_inval(obj, a, out);
		break;
	case KDDM_ACT_REPLICATE:
		kddm_obj_act_replicate(obj, a, out);
		break;
	case KDDM_ACT_REPLICATED:
		kddm_obj_replicated(obj, 0);
		break;
	case KDDM_ACT_FILL:
		obj->fill = 1;
		break;
	case KDDM_ACT_INSTALL:
		kddm_obj_install(obj, m);
		break;
	case KDDM_ACT_DROP:
		kddm_obj_drop_data(obj);
		break;
	case KDDM_ACT_KEEP:
		keep(obj);
		break;
	case KDDM_ACT_STORE:
		kddm_obj_store(obj, m);
		break;
	case KDDM_ACT_DONE:
		done(obj, a->err);
		break;
	}
}

static struct kddm_co_ext *new_ext(struct kddm_obj *obj)
{
	u16 words = kddm_node_max_id(obj->set->kn) / 64 + 1;
	struct kddm_co_ext *x;
	u16 qcap = 4;

	if (obj->co.x) {
		words = max(words, obj->co.x->words);
		qcap = 2 * obj->co.x->qlen + 4;
	}
	x = kvmalloc(kddm_co_ext_size(words, qcap), GFP_KDDM);
	kddm_co_ext_init(x, words, qcap);
	return x;
}

/* What a linker that keeps its own copy has to know. */
static void tell_linker(struct kddm_obj *obj, u8 before,
			const struct kddm_co_event *ev)
{
	const struct kddm_linker *linker = obj->set->linker;
	bool home = obj->home == obj->set->kn->self;
	u8 after = obj->co.state;

	if (before != after)
		trace_kddm_obj_state(obj->set->kn->self, obj->set->id, obj->id,
				     before, after, ev->type, obj->co.version);
	kddm_obj_trace_step(obj, before, ev);
	/* What is new to home when it comes there was removed elsewhere. */
	if (linker->remove && home &&
	    (ev->type == KDDM_EV_REMOVE ||
	     (ev->type == KDDM_EV_OWN &&
	      ev->flags & (KDDM_COF_VOID | KDDM_COF_CREATE))))
		linker->remove(obj->set, obj->id);
	if (linker->change_state && before != after)
		linker->change_state(obj->set, obj->id,
				     obj->raw ? NULL : obj->data,
				     kddm_co_state_name(before),
				     kddm_co_state_name(after));
}

/* One event, and what the machine has left of it. */
static int step(struct kddm_obj *obj, struct kddm_co_event *ev,
		struct kddm_obj_msg *m)
{
	struct kddm_co_event run = { .type = KDDM_EV_RUN };
	struct kddm_co_env env = kddm_obj_env(obj);
	u64 replicas[KDDM_MAX_NODES / 64];
	u8 before = obj->co.state;
	struct kddm_co_out out;
	int err, ret, i;

	if (obj->set->replicas > 1)
		kddm_obj_replicas(obj, &env, ev, replicas);
	ev->held = kddm_obj_held(obj);
	ret = kddm_co_step(&obj->co, &env, ev, &out);
	if (ret == -ENOBUFS) {
		ev->spare = new_ext(obj);
		ret = kddm_co_step(&obj->co, &env, ev, &out);
		kvfree(ev->spare);
		ev->spare = NULL;
	}
	for (err = ret; !err; err = kddm_co_step(&obj->co, &env, &run, &out)) {
		for (i = 0; i < out.nr; i++)
			act(obj, &out.act[i], &out, m);
		kvfree(out.freed);
		kddm_obj_hold_note(obj, &out);
		if (!out.more)
			break;
		run.held = kddm_obj_held(obj);
	}
	if (!ret)
		tell_linker(obj, before, ev);
	return ret;
}

static bool may_have_data(const struct kddm_co *co)
{
	return kddm_co_has_data(co) || co->backup ||
	       co->state == KDDM_CO_FILL ||
	       co->want == KDDM_WANT_GET || co->want == KDDM_WANT_GRAB;
}

void kddm_obj_trim_data(struct kddm_obj *obj)
{
	if (!may_have_data(&obj->co))
		kddm_obj_free_data(obj);
}

int kddm_obj_step(struct kddm_obj *obj, struct kddm_co_event *ev,
		  struct kddm_obj_msg *m)
{
	int ret = step(obj, ev, m);

	while (obj->fill) {
		struct kddm_co_event filled = { .type = KDDM_EV_FILLED };

		obj->fill = 0;
		filled.err = fill(obj);
		if (filled.err)
			kddm_obj_free_data(obj);
		WARN_ON_ONCE(step(obj, &filled, NULL));
	}
	kddm_obj_trim_data(obj);
	return ret;
}

/* What can fail without a message fails before it. */
static int prepare(struct kddm_obj *obj)
{
	if (obj->co.backup)	/* its place is taken until something comes */
		return 0;
	if (obj->away)
		return kddm_obj_recall(obj);
	if (obj->raw)
		return thaw(obj);
	return alloc_data(obj) ? 0 : -ENOMEM;
}

/* While the node is suspended nobody gets in, and who waits is noted. */
static bool is_parked(struct kddm_obj *obj)
{
	struct kddm_views *v = obj->set->kn->views;

	if (likely(!kddm_suspended(v)))
		return false;
	if (!list_empty(&obj->waiters))
		WRITE_ONCE(v->parked, true);
	smp_mb();	/* Either we see the end, or the end sees us. */
	return kddm_suspended(v);
}

void kddm_obj_pump(struct kddm_obj *obj)
{
	struct kddm_co_event put = { .type = KDDM_EV_PUT };
	struct kddm_co_event ev = { };
	struct kddm_obj_waiter *w;
	int err;

	if (obj->adrift || is_parked(obj))
		return;
	for (;;) {
		if (obj->leave) {
			obj->leave = 0;
			obj->fresh = 0;
			kddm_obj_step(obj, &put, NULL);
			continue;
		}
		if (obj->co.want != KDDM_WANT_NONE)
			return;
		w = kddm_obj_first(obj);
		if (!w)
			return;
		err = prepare(obj);
		if (!err) {
			ev.type = w->grab ? KDDM_EV_GRAB : KDDM_EV_GET;
			ev.flags = w->flags;
			err = kddm_obj_step(obj, &ev, NULL);
			WARN_ON_ONCE(err);
		}
		if (err)
			kddm_obj_wait_done(obj, w, err);
	}
}

int kddm_obj_event(struct kddm_obj *obj, struct kddm_co_event *ev,
		   struct kddm_obj_msg *m)
{
	int err = kddm_obj_step(obj, ev, m);

	kddm_obj_pump(obj);
	return err;
}
