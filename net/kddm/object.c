// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects on this node: look-up, life, and what concerns all objects of a set.
 * object.h has the locks, and the files of which this is one.
 */
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include "gate.h"
#include "linker.h"
#include "member.h"
#include "object.h"
#include "views.h"

static struct kmem_cache *obj_cache;

struct kddm_co_env kddm_obj_env(const struct kddm_obj *obj)
{
	return (struct kddm_co_env) {
		.self = obj->set->kn->self,
		.home = obj->home,
		.max_hops = 2 * (kddm_node_max_id(obj->set->kn) + 2),
		.touch_home = obj->set->flags & KDDM_SET_TOUCH_HOME,
		.hold = obj->set->hold,
		.keep = true,
	};
}

/* Look-up */

static u16 home_in(struct kddm_set *set, u64 id, const struct kddm_view *view)
{
	if (set->home != KDDM_ANY_NODE)
		return set->home;
	if (!view || !view->nr)
		return KDDM_NODE_NONE;
	if (!set->linker->default_owner)
		return kddm_view_home(view, id)->id;
	return view->m[set->linker->default_owner(set, id, view->nr) %
		       view->nr].id;
}

u16 kddm_obj_home(struct kddm_set *set, u64 id)
{
	u16 home;

	rcu_read_lock();
	home = home_in(set, id, rcu_dereference(set->kn->views->members));
	rcu_read_unlock();
	return home;
}

/* A home that was fixed may be away. */
static u16 present_home(struct kddm_set *set, u64 id,
			const struct kddm_view *view)
{
	u16 home = home_in(set, id, view);

	return view && kddm_view_find(view, home) ? home : KDDM_NODE_NONE;
}

u16 kddm_obj_present_home(struct kddm_set *set, u64 id)
{
	u16 home;

	rcu_read_lock();
	home = present_home(set, id, rcu_dereference(set->kn->views->members));
	rcu_read_unlock();
	return home;
}

u16 kddm_obj_judge(struct kddm_set *set, u64 id)
{
	const struct kddm_view *view;
	u16 judge;

	rcu_read_lock();
	view = rcu_dereference(set->kn->views->members);
	judge = present_home(set, id, view);
	if (judge == KDDM_NODE_NONE && view && view->nr)
		judge = kddm_view_home(view, id)->id;
	rcu_read_unlock();
	return judge;
}

u16 kddm_obj_served_home(struct kddm_set *set, u64 id)
{
	u16 home;

	rcu_read_lock();
	home = present_home(set, id, rcu_dereference(set->kn->views->served));
	rcu_read_unlock();
	return home;
}

bool kddm_obj_old_home(struct kddm_set *set, u64 id)
{
	const struct kddm_view *view;
	bool old;

	if (READ_ONCE(set->kn->views->apart))
		return false;
	rcu_read_lock();
	view = rcu_dereference(set->kn->views->served);
	old = view && home_in(set, id, view) == set->kn->self;
	rcu_read_unlock();
	return old;
}

static struct kddm_obj *obj_new(struct kddm_set *set, u64 id, gfp_t gfp)
{
	struct kddm_co_env env;
	struct kddm_obj *obj;

	obj = kmem_cache_zalloc(obj_cache, gfp);
	if (!obj)
		return NULL;
	spin_lock_init(&obj->lock);
	INIT_LIST_HEAD(&obj->waiters);
	obj->set = set;
	obj->id = id;
	obj->home = kddm_obj_home(set, id);
	kddm_obj_hold_end(obj);
	env = kddm_obj_env(obj);
	kddm_co_init(&obj->co, &env);
	return obj;
}

static void obj_empty(struct kddm_obj *obj)
{
	kddm_obj_free_data(obj);
	kvfree(obj->co.x);
}

/* In bulk: so many callbacks of RCU would keep a CPU for too long. */
static void obj_free(struct kddm_obj *obj)
{
	obj_empty(obj);
	kfree_rcu(obj, rcu);
}

/* The gate */

void kddm_obj_acquire(struct kddm_obj *obj)
{
	u32 gate;

	spin_lock(&obj->lock);
	gate = READ_ONCE(obj->co.readers);
	if (!(gate & KDDM_GATE_OPEN))
		return;
	gate = xchg(&obj->co.readers, 0);
	if (gate & KDDM_GATE_USED)
		obj->used = 1;
	kddm_co_shut(&obj->co, gate);
}

/* What kddm_co_open() does not know of. */
static bool is_plain(const struct kddm_obj *obj)
{
	return !obj->busy && !obj->pins && !obj->dead && !obj->orphan &&
	       !obj->leave && !obj->fill && !obj->fresh && !obj->adrift &&
	       !obj->stale && !obj->forsaken && !obj->raw && !obj->away &&
	       list_empty(&obj->waiters);
}

static void open_gate(struct kddm_obj *obj)
{
	u32 gate;

	lockdep_assert_held(&obj->lock);
	if (!is_plain(obj))
		return;
	gate = kddm_co_open(&obj->co);
	/* What a writer leaves goes to the replicas first. */
	if (obj->set->replicas > 1)
		gate &= ~KDDM_GATE_OWNER;
	if (!gate)
		return;
	/* Who enters by it sees what has been done; pairs with enter(). */
	smp_store_release(&obj->co.readers, gate);
}

void kddm_obj_release(struct kddm_obj *obj)
{
	open_gate(obj);
	spin_unlock(&obj->lock);
}

struct kddm_obj *kddm_obj_lock(struct kddm_set *set, u64 id)
{
	struct kddm_obj *obj;

	rcu_read_lock();
	obj = xa_load(&set->objs, id);
	if (obj) {
		kddm_obj_acquire(obj);
		if (obj->dead) {
			spin_unlock(&obj->lock);
			obj = NULL;
		}
	}
	rcu_read_unlock();
	return obj;
}

static struct kddm_obj *lock_new(struct kddm_set *set, u64 id, gfp_t gfp)
{
	struct kddm_obj *obj, *new, *old;

	for (;;) {
		obj = kddm_obj_lock(set, id);
		if (obj)
			return obj;
		new = obj_new(set, id, gfp);
		if (!new)
			return ERR_PTR(-ENOMEM);
		old = xa_cmpxchg(&set->objs, id, NULL, new, gfp);
		if (!old) {
			atomic_inc(&set->stats.changes);
			continue;
		}
		kmem_cache_free(obj_cache, new);
		if (xa_is_err(old))
			return ERR_PTR(xa_err(old));
		cpu_relax();	/* somebody else's, or dying */
	}
}

struct kddm_obj *kddm_obj_lock_new(struct kddm_set *set, u64 id)
{
	return lock_new(set, id, GFP_NOFS);
}

struct kddm_obj *kddm_obj_lock_sure(struct kddm_set *set, u64 id)
{
	return lock_new(set, id, GFP_KDDM);
}

void kddm_obj_begin(struct kddm_obj *obj)
{
	obj->pins++;
	wait_var_event_spinlock(&obj->busy, !obj->busy, &obj->lock);
	obj->busy = true;
	spin_unlock(&obj->lock);
}

void kddm_obj_end(struct kddm_obj *obj)
{
	struct kddm_co_env env = kddm_obj_env(obj);
	bool dead;

	kvfree(kddm_co_shed(&obj->co));
	spin_lock(&obj->lock);
	obj->busy = false;
	wake_up_var_locked(&obj->busy, &obj->lock);
	obj->pins--;
	dead = !obj->pins && !obj->orphan && !obj->adrift &&
	       list_empty(&obj->waiters) &&
	       kddm_co_forgettable(&obj->co, &env);
	if (dead) {
		obj->dead = true;
		xa_erase(&obj->set->objs, obj->id);
		atomic_inc(&obj->set->stats.changes);
	}
	kddm_obj_release(obj);
	if (dead)
		obj_free(obj);
}

/* All objects of a set */

struct kddm_obj *kddm_obj_next_locked(struct kddm_set *set, unsigned long *id)
{
	struct kddm_obj *obj;

	for (;;) {
		rcu_read_lock();
		obj = xa_find(&set->objs, id, ULONG_MAX, XA_PRESENT);
		if (obj)
			kddm_obj_acquire(obj);
		rcu_read_unlock();
		if (!obj || !obj->dead)
			return obj;
		spin_unlock(&obj->lock);
		cpu_relax();
	}
}

struct kddm_obj *kddm_obj_next(struct kddm_set *set, unsigned long *id)
{
	struct kddm_obj *obj = kddm_obj_next_locked(set, id);

	if (obj)
		kddm_obj_begin(obj);
	return obj;
}

void kddm_objects_cancel(struct kddm_set *set, int err)
{
	struct kddm_obj_waiter *w, *next;
	struct kddm_obj *obj;
	unsigned long i = 0;

	while ((obj = kddm_obj_next_locked(set, &i))) {
		if (obj->busy || !list_empty(&obj->waiters)) {
			kddm_obj_begin(obj);
			list_for_each_entry_safe(w, next, &obj->waiters, list)
				kddm_obj_abandon(obj, w, err);
			kddm_obj_end(obj);
		} else {
			spin_unlock(&obj->lock);
		}
		if (i++ == ULONG_MAX)
			break;
		cond_resched();
	}
}

void kddm_objects_forsake(struct kddm_set *set)
{
	struct kddm_obj *obj;
	unsigned long i = 0;

	while ((obj = kddm_obj_next(set, &i))) {
		if (obj->co.state == KDDM_CO_WRITER ||
		    (obj->co.state == KDDM_CO_FILL && obj->co.mine))
			obj->forsaken = 1;
		kddm_obj_end(obj);
		if (i++ == ULONG_MAX)
			break;
		cond_resched();
	}
}

void kddm_objects_free(struct kddm_set *set)
{
	struct kddm_obj *obj;
	unsigned long i;

	/* Without a grace period: who looks objects up has a reference. */
	xa_for_each(&set->objs, i, obj) {
		xa_erase(&set->objs, i);
		obj_empty(obj);
		kmem_cache_free(obj_cache, obj);
		cond_resched();
	}
	xa_destroy(&set->objs);
}

/* What a set pays for an object beside its data, without lock debugging. */
static_assert(IS_ENABLED(CONFIG_DEBUG_SPINLOCK) ||
	      sizeof(struct kddm_obj) <= 96);

int kddm_objects_init(void)
{
	int err;

	/* Not accounted: the entries are made for other nodes as well. */
	obj_cache = KMEM_CACHE(kddm_obj, 0);
	if (!obj_cache)
		return -ENOMEM;
	err = kddm_obj_ops_init();
	if (err)
		goto destroy_cache;
	err = kddm_obj_move_init();
	if (err)
		goto exit_ops;
	return 0;

exit_ops:
	kddm_obj_ops_exit();
destroy_cache:
	kmem_cache_destroy(obj_cache);
	return err;
}

void kddm_objects_exit(void)
{
	kddm_obj_move_exit();
	kddm_obj_ops_exit();
	/* It waits for what is yet to be freed. */
	kmem_cache_destroy(obj_cache);
}
