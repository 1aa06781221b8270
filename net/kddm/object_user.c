// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects: local users who come, wait, and go.
 *
 * What is here and free is entered and left by its gate, without a lock, or, if
 * that happens to be shut, under the object's spin lock alone.
 * Everybody else takes a place in the object's line (object_step.c), and waits
 * for the message that ends the wait, if need be by receiving it.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/sched.h>
#include "gate.h"
#include "linker.h"
#include "object.h"
#include "trace.h"
#include "views.h"

#define GET_FLAGS	(KDDM_NOCREATE | KDDM_TRY | KDDM_NOWAIT | KDDM_INTR)
#define GRAB_FLAGS	(GET_FLAGS | KDDM_MANUAL | KDDM_EXCL)

/* @obj may be gone if @w is done with. */
static int obj_wait(struct kddm_net *kn, u16 chan, struct kddm_obj *obj,
		    struct kddm_obj_waiter *w, unsigned int flags,
		    long timeout)
{
	int err;

	err = kddm_wait(kn, chan, &w->wait, flags & KDDM_INTR ?
			TASK_INTERRUPTIBLE : TASK_KILLABLE, timeout);
	if (!err)
		return w->err;
	if (err == -EINTR && flags & KDDM_INTR)
		err = -ERESTARTSYS;
	/* The object stays while @w is in line, or inside. */
	rcu_read_lock();
	if (kddm_waiter_done(&w->wait)) {
		rcu_read_unlock();
		return w->err;
	}
	kddm_obj_acquire(obj);
	rcu_read_unlock();
	if (obj->dead) {
		spin_unlock(&obj->lock);
		return w->err;
	}
	kddm_obj_begin(obj);
	if (!kddm_waiter_done(&w->wait))
		kddm_obj_abandon(obj, w, err);
	kddm_obj_end(obj);
	kddm_kick(kn, chan);
	return w->err;
}

/* Asked while the object is busy, and so in the table. */
static bool is_ending(const struct kddm_set *set)
{
	smp_mb();	/* pairs with set_end() */
	return READ_ONCE(set->dead);
}

/*
 * Home has only just moved here: whether there is such an object is not known
 * before the view is served.
 */
static bool is_unknown(struct kddm_obj *obj)
{
	return obj->co.state == KDDM_CO_VOID &&
	       READ_ONCE(obj->set->kn->views->service) == KDDM_CHANGING &&
	       !kddm_obj_old_home(obj->set, obj->id);
}

/*
 * The object, busy; or -ENOMEM, -EAGAIN (it would have to wait), or an error of
 * kddm_views_wait().
 */
static struct kddm_obj *begin_known(struct kddm_set *set, u64 id, bool async,
				    bool intr, long timeout)
{
	struct kddm_obj *obj;
	int err;

	for (;;) {
		obj = kddm_obj_lock_new(set, id);
		if (IS_ERR(obj))
			return obj;
		kddm_obj_begin(obj);
		if (likely(!is_unknown(obj)))
			return obj;
		kddm_obj_end(obj);
		if (async)
			return ERR_PTR(-EAGAIN);
		err = kddm_views_wait(set->kn, KDDM_SERVING, &set->dead, intr,
				      timeout);
		if (err)
			return ERR_PTR(err);
	}
}

/* Busy.  Who is not to wait for other users does not stand behind any. */
static int may_line_up(const struct kddm_obj *obj,
		       const struct kddm_obj_waiter *w)
{
	if (is_ending(obj->set))
		return -ESHUTDOWN;
	return w->flags & KDDM_COF_TRY && !w->async &&
	       (obj->orphan || !list_empty(&obj->waiters)) ? -EBUSY : 0;
}

struct kddm_obj *kddm_obj_line_up(struct kddm_set *set, u64 id,
				  struct kddm_obj_waiter *w, bool intr,
				  long timeout)
{
	struct kddm_obj *obj = begin_known(set, id, w->async, intr, timeout);
	int err;

	if (IS_ERR(obj))
		return obj;
	err = may_line_up(obj, w);
	if (!err) {
		list_add_tail(&w->list, &obj->waiters);
		kddm_obj_pump(obj);
	}
	kddm_obj_end(obj);
	return err ? ERR_PTR(err) : obj;
}

static struct kddm_obj *acquire_slow(struct kddm_set *set, u64 id, bool grab,
				     unsigned int flags, long timeout)
{
	bool manual = flags & (KDDM_MANUAL | KDDM_EXCL);
	struct kddm_obj_waiter w = {
		.grab = grab,
		.flags = (flags & KDDM_NOCREATE ? KDDM_COF_NOCREATE : 0) |
			 (flags & KDDM_TRY ? KDDM_COF_TRY : 0) |
			 (manual ? KDDM_COF_MANUAL : 0),
		.manual = manual,
	};
	u16 chan = kddm_obj_channel(id);
	struct kddm_obj *obj;
	int err;

	kddm_waiter_init(&w.wait);
	trace_kddm_obj_wait(set->kn->self, set->id, id, grab);
	obj = kddm_obj_line_up(set, id, &w, flags & KDDM_INTR, timeout);
	err = PTR_ERR_OR_ZERO(obj);
	if (!err) {
		kddm_kick(set->kn, chan);
		err = obj_wait(set->kn, chan, obj, &w, flags, timeout);
	}
	trace_kddm_obj_wait_end(set->kn->self, set->id, id, grab, err);
	return err ? ERR_PTR(err) : obj;
}

/*
 * Enter a locked object, if that is possible at once.  Nobody writes while the
 * object is adrift: its owner has let go of the copyset.
 */
static bool hit(struct kddm_obj *obj, bool grab)
{
	if (obj->busy || obj->raw || obj->away || !list_empty(&obj->waiters) ||
	    (grab && obj->adrift) ||
	    kddm_suspended(obj->set->kn->views) ||
	    !kddm_co_hit(&obj->co, grab, kddm_obj_held(obj)))
		return false;
	obj->used = 1;
	/* A count that is one off does no harm. */
	raw_cpu_inc(*obj->set->hits);
	return true;
}

static struct kddm_obj *take(struct kddm_set *set, u64 id, bool grab,
			     unsigned int flags, long timeout)
{
	struct kddm_obj *obj;
	bool in;
	int err;

	if (flags & ~(grab ? GRAB_FLAGS : GET_FLAGS))
		return ERR_PTR(-EINVAL);
	if (id > ULONG_MAX)
		return ERR_PTR(-ERANGE);
	if (READ_ONCE(set->dead))
		return ERR_PTR(-ESHUTDOWN);
	grab |= set->flags & KDDM_SET_EXCLUSIVE;
	obj = kddm_obj_lock(set, id);
	if (obj) {
		in = hit(obj, grab);
		kddm_obj_release(obj);
		if (in && flags & KDDM_EXCL)
			goto exists;
		if (in)
			return obj;
	}
	if (flags & KDDM_NOWAIT)
		return ERR_PTR(-EAGAIN);
	if (unlikely(kddm_suspended(set->kn->views))) {
		err = kddm_views_wait(set->kn, KDDM_CHANGING, &set->dead,
				      flags & KDDM_INTR, timeout);
		if (err)
			return ERR_PTR(err);
	}
	obj = acquire_slow(set, id, grab, flags, timeout);
	if (!IS_ERR(obj) && flags & KDDM_EXCL && !obj->fresh)
		goto exists;
	return obj;

exists:
	kddm_put(obj);
	return ERR_PTR(-EEXIST);
}

/*
 * The object is lost.  Wait until the view changes, which may bring it back; if
 * that takes too long, a new one is made of what is stored.  Returns 0 to try
 * again.
 */
static int await_lost(struct kddm_set *set, u64 id, unsigned int flags,
		      unsigned long since, u32 epoch, long timeout)
{
	unsigned long end = since + msecs_to_jiffies(set->lost_timeout);
	long left = end - jiffies;
	int err = -ETIMEDOUT;

	if (flags & KDDM_TRY)
		return -EIO;
	if (left > 0)
		err = kddm_views_wait_epoch(set->kn, epoch, &set->dead,
					    flags & KDDM_INTR,
					    min(left, timeout));
	if (err != -ETIMEDOUT || left > timeout)
		return err;
	return set->linker->sync ? kddm_obj_give_up(set, id) : -EIO;
}

struct kddm_obj *kddm_obj_take(struct kddm_set *set, u64 id, bool grab,
			       unsigned int flags, long timeout)
{
	unsigned long since = jiffies;
	struct kddm_obj *obj;
	u32 epoch;
	int err;

	for (;;) {
		epoch = READ_ONCE(set->kn->epoch);
		obj = take(set, id, grab, flags, timeout);
		if (likely(obj != ERR_PTR(-EOWNERDEAD)))
			return obj;
		err = await_lost(set, id, flags, since, epoch, timeout);
		if (err)
			return ERR_PTR(err);
	}
}

static bool enter(struct kddm_obj *obj, bool grab)
{
	u32 *word = &obj->co.readers;
	u32 new, gate;

	/* Somebody may be changing it while the gate is shut: never mind. */
	gate = data_race(READ_ONCE(*word));
	do {
		new = gate;
		if (!kddm_gate_enter(&new, grab))
			return false;
		/* It may just have been shut: the same. */
	} while (!data_race(try_cmpxchg_acquire(word, &gate, new)));
	return true;
}

/*
 * By the gate, or NULL.  Who finds it open is inside even if this node has been
 * suspended in between, as who came just before that.
 */
static __always_inline struct kddm_obj *
take_fast(struct kddm_set *set, u64 id, bool grab)
{
	struct kddm_obj *obj;

	if (id > ULONG_MAX || READ_ONCE(set->dead) ||
	    kddm_suspended(set->kn->views))
		return NULL;
	grab |= set->flags & KDDM_SET_EXCLUSIVE;
	rcu_read_lock();
	obj = xa_load(&set->objs, id);
	if (obj && !enter(obj, grab))
		obj = NULL;
	rcu_read_unlock();
	/* A count that is one off does no harm. */
	if (likely(obj))
		raw_cpu_inc(*set->hits);
	return obj;
}

struct kddm_obj *kddm_get(struct kddm_set *set, u64 id, unsigned int flags)
{
	struct kddm_obj *obj;

	if (likely(!(flags & ~GET_FLAGS))) {
		obj = take_fast(set, id, false);
		if (likely(obj))
			return obj;
	}
	return kddm_obj_take(set, id, false, flags, MAX_SCHEDULE_TIMEOUT);
}
EXPORT_SYMBOL_GPL(kddm_get);

struct kddm_obj *kddm_grab(struct kddm_set *set, u64 id, unsigned int flags)
{
	struct kddm_obj *obj;

	/* With KDDM_EXCL what is here is no good. */
	if (likely(!(flags & ~(GRAB_FLAGS & ~KDDM_EXCL)))) {
		obj = take_fast(set, id, true);
		if (likely(obj))
			return obj;
	}
	return kddm_obj_take(set, id, true, flags, MAX_SCHEDULE_TIMEOUT);
}
EXPORT_SYMBOL_GPL(kddm_grab);

struct kddm_obj *kddm_find(struct kddm_set *set, u64 id)
{
	struct kddm_obj *obj;
	int err = -ENOENT;

	if (id > ULONG_MAX)
		return ERR_PTR(-ERANGE);
	if (READ_ONCE(set->dead))
		return ERR_PTR(-ESHUTDOWN);
	obj = kddm_obj_lock(set, id);
	if (!obj)
		return ERR_PTR(-ENOENT);
	if (hit(obj, set->flags & KDDM_SET_EXCLUSIVE))
		err = 0;
	else if (obj->busy || (kddm_co_has_data(&obj->co) && !obj->away))
		err = -EAGAIN;
	kddm_obj_release(obj);
	return err ? ERR_PTR(err) : obj;
}
EXPORT_SYMBOL_GPL(kddm_find);

bool kddm_is_new(struct kddm_obj *obj)
{
	return obj->fresh;
}
EXPORT_SYMBOL_GPL(kddm_is_new);

/* The linker may want to know before others can see what was written. */
static noinline void tell_put(struct kddm_obj *obj)
{
	struct kddm_set *set = obj->set;
	bool written;

	kddm_obj_acquire(obj);
	written = obj->co.state == KDDM_CO_WRITER;
	spin_unlock(&obj->lock);
	set->linker->put(set, obj->id, obj->data, written);
}

/*
 * The long way out of a locked object, by a step of the machine.  @w waits for
 * the replicas, if it is not NULL.  The object may be lost to others until
 * nobody else is busy with it: its writer can only leave it then.
 */
static noinline int release_slow(struct kddm_obj *obj, u8 type,
				 struct kddm_obj_waiter *w)
{
	struct kddm_co_event ev = { .type = type };
	struct kddm_net *kn = obj->set->kn;
	u16 chan = kddm_obj_channel(obj->id);
	int err = 0;

	kddm_obj_begin(obj);
	if (unlikely(obj->forsaken)) {
		kddm_obj_end(obj);
		return -ESTALE;
	}
	if (unlikely(obj->stale)) {	/* only the writer is inside */
		obj->stale = 0;
		ev.type = KDDM_EV_PUT;
		err = -ESTALE;
		w = NULL;
	}
	if (w || obj->co.state == KDDM_CO_WRITER)
		obj->fresh = 0;
	if (w)
		list_add(&w->list, &obj->waiters);
	WARN_ON_ONCE(kddm_obj_event(obj, &ev, NULL));
	if (w && obj->co.state != KDDM_CO_PUSH)
		kddm_obj_replicated(obj, 0);
	kddm_obj_end(obj);
	kddm_kick(kn, chan);
	return err;
}

static int obj_release(struct kddm_obj *obj, u8 type, long timeout);

/* A writer leaves a locked object, and waits for the replicas. */
static noinline int release_replicated(struct kddm_obj *obj, u8 type,
				       long timeout)
{
	struct kddm_obj_waiter w = { .push = true };
	struct kddm_net *kn = obj->set->kn;
	u16 chan = kddm_obj_channel(obj->id);
	int err;

	kddm_waiter_init(&w.wait);
	err = release_slow(obj, type, &w);
	if (err)
		return err;
	err = obj_wait(kn, chan, obj, &w, 0, timeout);
	if (err && type == KDDM_EV_DOWNGRADE)
		obj_release(obj, KDDM_EV_PUT, 0);
	return err;
}

static int obj_release(struct kddm_obj *obj, u8 type, long timeout)
{
	bool slow = false;

	kddm_obj_acquire(obj);
	if (obj->set->replicas > 1)
		slow = obj->co.state == KDDM_CO_WRITER;
	if (type == KDDM_EV_PUT && !obj->busy && list_empty(&obj->waiters) &&
	    !slow && kddm_co_leave(&obj->co)) {
		obj->fresh = 0;
		kddm_obj_release(obj);
		return 0;
	}
	if (slow)
		return release_replicated(obj, type, timeout);
	return release_slow(obj, type, NULL);
}

/* Whether this was all there is to leaving; @obj may be gone then. */
static bool leave(struct kddm_obj *obj)
{
	u32 *word = &obj->co.readers;
	u32 new, gate;

	/* As in enter(). */
	gate = data_race(READ_ONCE(*word));
	do {
		new = gate;
		if (!kddm_gate_leave(&new))
			return false;
		/* The same. */
	} while (!data_race(try_cmpxchg_release(word, &gate, new)));
	return true;
}

int kddm_obj_put(struct kddm_obj *obj, long timeout)
{
	if (unlikely(obj->set->linker->put))
		tell_put(obj);
	if (likely(leave(obj)))
		return 0;
	return obj_release(obj, KDDM_EV_PUT, timeout);
}

int kddm_put(struct kddm_obj *obj)
{
	return kddm_obj_put(obj, MAX_SCHEDULE_TIMEOUT);
}
EXPORT_SYMBOL_GPL(kddm_put);

static int remove_held(struct kddm_obj *obj, long timeout)
{
	if (obj->set->linker->put)
		tell_put(obj);
	return obj_release(obj, KDDM_EV_REMOVE, timeout);
}

int kddm_remove_held(struct kddm_obj *obj)
{
	return remove_held(obj, MAX_SCHEDULE_TIMEOUT);
}
EXPORT_SYMBOL_GPL(kddm_remove_held);

int kddm_downgrade(struct kddm_obj *obj)
{
	if (obj->set->flags & KDDM_SET_EXCLUSIVE)
		return 0;
	if (obj->set->linker->put)
		tell_put(obj);
	return obj_release(obj, KDDM_EV_DOWNGRADE, MAX_SCHEDULE_TIMEOUT);
}
EXPORT_SYMBOL_GPL(kddm_downgrade);

/* Before all other local users, but for the one whose request is on its way. */
static void line_up_first(struct kddm_obj *obj, struct kddm_obj_waiter *w)
{
	list_add(&w->list, kddm_obj_under_way(obj) ?
			   &kddm_obj_first(obj)->list : &obj->waiters);
}

/* As may_line_up(), for who goes before all but one. */
static int may_upgrade(const struct kddm_obj *obj, unsigned int flags)
{
	if (is_ending(obj->set))
		return -ESHUTDOWN;
	return flags & KDDM_TRY && (obj->orphan || kddm_obj_under_way(obj)) ?
	       -EBUSY : 0;
}

int kddm_upgrade(struct kddm_obj *obj, unsigned int flags)
{
	struct kddm_obj_waiter w = {
		.grab = true,
		.flags = flags & KDDM_TRY ? KDDM_COF_TRY : 0,
	};
	struct kddm_co_event put = { .type = KDDM_EV_PUT };
	struct kddm_net *kn = obj->set->kn;
	u16 chan = kddm_obj_channel(obj->id);
	u64 version;
	int err;

	if (WARN_ON_ONCE(flags & ~(KDDM_TRY | KDDM_INTR)))
		flags &= KDDM_TRY | KDDM_INTR;
	if (obj->set->flags & KDDM_SET_EXCLUSIVE)
		return 0;
	kddm_obj_acquire(obj);
	kddm_obj_begin(obj);
	version = obj->co.version;
	kddm_waiter_init(&w.wait);
	WARN_ON_ONCE(kddm_obj_step(obj, &put, NULL));
	w.kept = kddm_co_has_data(&obj->co);
	err = may_upgrade(obj, flags);
	if (!err)
		line_up_first(obj, &w);
	kddm_obj_pump(obj);
	kddm_obj_end(obj);
	kddm_kick(kn, chan);
	if (err)
		return err;
	err = obj_wait(kn, chan, obj, &w, flags, MAX_SCHEDULE_TIMEOUT);
	/*
	 * Each writer and each new owner counts one; but the version of an
	 * object that was removed and made again may be any.
	 */
	if (err)
		return err == -EOWNERDEAD ? -EIO : err;
	return !w.kept || obj->co.version != version + 1;
}
EXPORT_SYMBOL_GPL(kddm_upgrade);

int kddm_obj_remove(struct kddm_set *set, u64 id, long timeout)
{
	struct kddm_obj *obj = take(set, id, true, KDDM_NOCREATE, timeout);

	if (obj == ERR_PTR(-EOWNERDEAD))
		return kddm_obj_give_up(set, id);
	/* What is stored, and cannot be read, is of no use to anybody. */
	if (obj == ERR_PTR(-EIO) && !kddm_obj_give_up(set, id))
		obj = take(set, id, true, KDDM_NOCREATE, timeout);
	return IS_ERR(obj) ? PTR_ERR(obj) : remove_held(obj, timeout);
}

int kddm_remove(struct kddm_set *set, u64 id)
{
	return kddm_obj_remove(set, id, MAX_SCHEDULE_TIMEOUT);
}
EXPORT_SYMBOL_GPL(kddm_remove);

void *kddm_data(struct kddm_obj *obj)
{
	return obj->data;
}
EXPORT_SYMBOL_GPL(kddm_data);

u32 kddm_obj_read(struct kddm_obj *obj, void *buf)
{
	struct kddm_set *set = obj->set;

	if (set->linker->export)
		return set->linker->export(set, obj->id, obj->data, buf,
					   set->size);
	memcpy(buf, obj->data, set->size);
	return set->size;
}

int kddm_obj_write(struct kddm_obj *obj, const void *buf, u32 len)
{
	return kddm_linker_import(obj->set, obj->id, obj->data, buf, len);
}

u64 kddm_version(struct kddm_obj *obj)
{
	u64 version;

	/* The writers at the gate are only counted there. */
	kddm_obj_acquire(obj);
	version = obj->co.version;
	kddm_obj_release(obj);
	return version;
}
EXPORT_SYMBOL_GPL(kddm_version);
