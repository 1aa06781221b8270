// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets on this node: the table of those that it knows, handles, and what a
 * change of membership means to the objects.  Which sets there are is the
 * business of catalog.c.
 */
#include <linux/export.h>
#include <linux/slab.h>
#include "bucket.h"
#include "catalog.h"
#include "linker.h"
#include "member.h"
#include "names.h"
#include "object.h"
#include "recovery.h"
#include "set.h"
#include "shrink.h"
#include "trace.h"
#include "views.h"

static BLOCKING_NOTIFIER_HEAD(set_chain);

int kddm_set_register_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_register(&set_chain, nb);
}

int kddm_set_unregister_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_unregister(&set_chain, nb);
}

/* References */

static void set_release(struct kddm_set *set)
{
	kddm_obj_hold_stop(set);
	kddm_objects_cancel(set, -ESHUTDOWN);
	kddm_objects_free(set);
	/* Whoever releases what sets hold back may have found this one. */
	if (!list_empty_careful(&set->held) || !list_empty_careful(&set->lost))
		synchronize_rcu();
	kddm_msg_free_all(&set->held);
	kddm_msg_free_all(&set->lost);
	xa_destroy(&set->suspects);
	if (set->linker->uninstantiate)
		set->linker->uninstantiate(set);
	kddm_linker_put(set->linker);
	free_percpu(set->hits);
	kfree_rcu(set, rcu);
}

struct kddm_set *kddm_set_get(struct kddm_set *set)
{
	refcount_inc(&set->ref);
	return set;
}

void kddm_set_unref(struct kddm_set *set)
{
	if (refcount_dec_and_test(&set->ref))
		set_release(set);
}

struct kddm_set *kddm_set_find(struct kddm_net *kn, u32 id)
{
	struct kddm_set *set;

	rcu_read_lock();
	set = xa_load(&kn->sets->table, id);
	if (set && !refcount_inc_not_zero(&set->ref))
		set = NULL;
	rcu_read_unlock();
	return set;
}

struct kddm_set *kddm_set_next(struct kddm_net *kn, u32 *id)
{
	struct kddm_set *set = NULL;
	unsigned long i = *id;

	mutex_lock(&kn->sets->lock);
	set = xa_find(&kn->sets->table, &i, U32_MAX, XA_PRESENT);
	if (set)
		kddm_set_get(set);
	mutex_unlock(&kn->sets->lock);
	*id = i;
	return set;
}

int kddm_sets_each(struct kddm_net *kn,
		   int (*fn)(struct kddm_set *set, void *arg), void *arg)
{
	struct kddm_set *set;
	int err = 0;
	u32 id = 0;

	while (!err && (set = kddm_set_next(kn, &id))) {
		err = fn(set, arg);
		kddm_set_unref(set);
		if (!++id)
			break;
	}
	return err;
}

static int add_suspects(struct kddm_set *set, void *arg)
{
	u64 *sum = arg;

	*sum += atomic_long_read(&set->nr_suspects);
	return 0;
}

u64 kddm_sets_suspects(struct kddm_net *kn)
{
	u64 sum = 0;

	kddm_sets_each(kn, add_suspects, &sum);
	return sum;
}

static int add_objects(struct kddm_set *set, void *arg)
{
	u64 *sum = arg;

	*sum += atomic64_read(&set->stats.objects);
	return 0;
}

u64 kddm_sets_objects(struct kddm_net *kn)
{
	u64 sum = 0;

	kddm_sets_each(kn, add_objects, &sum);
	return sum;
}

u64 kddm_set_hits(const struct kddm_set *set)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		/* Statistics: one that is counted meanwhile may be missing. */
		sum += data_race(*per_cpu_ptr(set->hits, cpu));
	}
	return sum;
}

static struct kddm_set *set_by_name(struct kddm_sets *sets, const char *name)
{
	struct kddm_set *set, *found = NULL;
	unsigned long i;

	lockdep_assert_held(&sets->lock);
	xa_for_each(&sets->table, i, set)
		if (!strcmp(set->name, name) && (!found || set->sure))
			found = set;
	return found;
}

/* The table */

static struct kddm_set *set_new(struct kddm_net *kn,
				const struct kddm_set_desc *desc)
{
	struct kddm_set *set;
	int err = -ENOMEM;

	set = kzalloc_obj(*set);
	if (!set)
		return ERR_PTR(-ENOMEM);
	set->hits = alloc_percpu(u64);
	if (!set->hits)
		goto free_set;
	err = -ENODEV;
	set->linker = kddm_linker_get(desc->linker);
	if (!set->linker)
		goto free_hits;
	set->kn = kn;
	set->id = desc->id;
	set->size = desc->size;
	set->flags = desc->flags;
	set->hold = desc->hold;
	set->lost_timeout = desc->lost_timeout;
	set->replicas = desc->replicas;
	set->home = desc->home;
	set->mark = desc->mark;
	mutex_init(&set->storing);
	INIT_LIST_HEAD(&set->held);
	INIT_LIST_HEAD(&set->lost);
	xa_init(&set->suspects);
	kddm_obj_hold_init(set);
	strscpy(set->name, desc->name);
	xa_init(&set->objs);
	refcount_set(&set->ref, 1);
	err = set->linker->instantiate ?
	      kddm_linker_error(set->linker->instantiate(set)) : 0;
	if (err)
		goto put_linker;
	return set;

put_linker:
	kddm_linker_put(set->linker);
free_hits:
	free_percpu(set->hits);
free_set:
	kfree(set);
	return ERR_PTR(err);
}

static bool is_doomed(const struct kddm_set *set)
{
	return set->mark.incarnation;
}

bool kddm_set_doomed(struct kddm_set *set)
{
	bool doomed;

	mutex_lock(&set->kn->sets->lock);
	doomed = is_doomed(set);
	mutex_unlock(&set->kn->sets->lock);
	return doomed;
}

static bool was_destroyed(const struct kddm_sets *sets, u32 id)
{
	unsigned int i;

	lockdep_assert_held(&sets->lock);
	for (i = 0; i < KDDM_SETS_GONE; i++)
		if (sets->gone[i] == id)
			return true;
	return false;
}

bool kddm_set_gone(struct kddm_net *kn, u32 id)
{
	bool gone;

	mutex_lock(&kn->sets->lock);
	gone = was_destroyed(kn->sets, id);
	mutex_unlock(&kn->sets->lock);
	return gone;
}

/* The set of @desc, if it is known, with a reference. */
static struct kddm_set *known(struct kddm_sets *sets,
			      const struct kddm_set_desc *desc, bool sure)
{
	struct kddm_set *set = xa_load(&sets->table, desc->id);

	lockdep_assert_held(&sets->lock);
	if (!set)
		return !sure && was_destroyed(sets, desc->id) ?
		       ERR_PTR(-ENOENT) : NULL;
	if (sure) {
		set->sure = true;
		set->mark = desc->mark;
	}
	return kddm_set_get(set);
}

/* Another set that has the name of @set, with a reference, or NULL. */
static struct kddm_set *namesake(struct kddm_sets *sets,
				 const struct kddm_set *set)
{
	struct kddm_set *other;
	unsigned long i;

	mutex_lock(&sets->lock);
	xa_for_each(&sets->table, i, other)
		if (other != set && !strcmp(other->name, set->name))
			break;
	if (other)
		kddm_set_get(other);
	mutex_unlock(&sets->lock);
	return other;
}

/* Enter @set into the table, or return who is there already. */
static struct kddm_set *insert(struct kddm_set *set,
			       const struct kddm_set_desc *desc, bool sure)
{
	struct kddm_sets *sets = set->kn->sets;
	struct kddm_set *old;
	int err = 0;

	mutex_lock(&sets->lock);
	old = known(sets, desc, sure);
	if (!old) {
		err = xa_insert(&sets->table, set->id, set, GFP_KERNEL);
		if (!err) {
			/* Either we see a stop, or it sees the set. */
			smp_mb();
			if (READ_ONCE(set->kn->run) == KDDM_STOPPING)
				WRITE_ONCE(set->dead, true);
			set->sure = sure;
			sets->gen++;
			kddm_set_get(set);
		}
	}
	mutex_unlock(&sets->lock);
	return err ? ERR_PTR(err) : old ?: set;
}

static struct kddm_set *learn_new(struct kddm_net *kn,
				  const struct kddm_set_desc *desc, bool sure)
{
	struct kddm_set *set = set_new(kn, desc), *there;

	if (IS_ERR(set))
		return set;
	there = insert(set, desc, sure);
	if (there != set) {
		kddm_set_unref(set);
		return there;
	}
	trace_kddm_set_change(kn->self, set->id, set->name,
			      KDDM_SET_KNOWN);
	blocking_notifier_call_chain(&set_chain, KDDM_SET_CREATED, set);
	return set;
}

struct kddm_set *kddm_set_learn(struct kddm_net *kn,
				const struct kddm_set_desc *desc, bool sure)
{
	struct kddm_set *set, *other;

	mutex_lock(&kn->sets->lock);
	set = known(kn->sets, desc, sure);
	mutex_unlock(&kn->sets->lock);
	if (!set)
		set = learn_new(kn, desc, sure);
	while (!IS_ERR(set) && sure && (other = namesake(kn->sets, set))) {
		kddm_set_retire(other);
		kddm_set_unref(other);
	}
	return set;
}

u32 kddm_set_id_of(struct kddm_net *kn, const char *name)
{
	struct kddm_set *set;
	u32 id;

	mutex_lock(&kn->sets->lock);
	set = set_by_name(kn->sets, name);
	id = set ? set->id : 0;
	mutex_unlock(&kn->sets->lock);
	return id;
}

int kddm_set_prepare(struct kddm_net *kn, u32 id, bool force,
		     const struct kddm_set_mark *mark)
{
	struct kddm_sets *sets = kn->sets;
	struct kddm_set *set;
	int err = -ENOENT;

	mutex_lock(&sets->lock);
	set = xa_load(&sets->table, id);
	if (set) {
		/* Once more is no harm: who asked first may have died. */
		err = set->users && !force ? -EBUSY : 0;
		if (!err)
			set->mark = *mark;
	}
	mutex_unlock(&sets->lock);
	return err;
}

void kddm_set_abort(struct kddm_net *kn, u32 id,
		    const struct kddm_set_mark *mark)
{
	struct kddm_sets *sets = kn->sets;
	struct kddm_set *set;

	mutex_lock(&sets->lock);
	set = xa_load(&sets->table, id);
	if (set && kddm_mark_same(&set->mark, mark))
		set->mark.incarnation = 0;
	mutex_unlock(&sets->lock);
}

void kddm_sets_doubt(struct kddm_net *kn)
{
	struct kddm_sets *sets = kn->sets;
	struct kddm_set *set;
	unsigned long i;

	mutex_lock(&sets->lock);
	xa_for_each(&sets->table, i, set)
		set->sure = false;
	mutex_unlock(&sets->lock);
}

/* No new requests; those that wait end. */
static void set_end(struct kddm_set *set)
{
	WRITE_ONCE(set->dead, true);
	/* Either we see a new waiter, or it sees that it must go. */
	smp_mb();
	wake_up_all(&set->kn->views->wait);
	kddm_objects_cancel(set, -ESHUTDOWN);
}

void kddm_set_retire(struct kddm_set *set)
{
	struct kddm_sets *sets = set->kn->sets;
	bool found;

	mutex_lock(&sets->lock);
	found = xa_load(&sets->table, set->id) == set;
	if (found) {
		xa_erase(&sets->table, set->id);
		sets->gen++;
		sets->gone[sets->next_gone++ % KDDM_SETS_GONE] = set->id;
	}
	mutex_unlock(&sets->lock);
	if (!found)
		return;
	set_end(set);
	/* What waits elsewhere has ended. */
	kddm_obj_hold_stop(set);
	trace_kddm_set_change(set->kn->self, set->id, set->name,
			      KDDM_SET_FORGOTTEN);
	blocking_notifier_call_chain(&set_chain, KDDM_SET_DESTROYED, set);
	kddm_set_unref(set);
}

/* Handles */

static int hold(struct kddm_sets *sets, struct kddm_set *set)
{
	lockdep_assert_held(&sets->lock);
	if (xa_load(&sets->table, set->id) != set || READ_ONCE(set->dead))
		return -ENOENT;
	if (is_doomed(set))
		return -EBUSY;
	WRITE_ONCE(set->users, set->users + 1);
	atomic_inc(&sets->handles);
	kddm_set_get(set);
	return 0;
}

int kddm_set_hold(struct kddm_set *set)
{
	struct kddm_sets *sets = set->kn->sets;
	int err;

	mutex_lock(&sets->lock);
	err = hold(sets, set);
	mutex_unlock(&sets->lock);
	return err;
}

struct kddm_set *kddm_set_hold_known(struct kddm_net *kn, const char *name,
				     u32 id)
{
	struct kddm_sets *sets = kn->sets;
	struct kddm_set *set;

	mutex_lock(&sets->lock);
	set = name ? set_by_name(sets, name) : xa_load(&sets->table, id);
	if (set && (!set->sure || hold(sets, set)))
		set = NULL;
	mutex_unlock(&sets->lock);
	return set;
}

void kddm_set_close(struct kddm_set *set)
{
	struct kddm_sets *sets;

	if (IS_ERR_OR_NULL(set))
		return;
	sets = set->kn->sets;
	mutex_lock(&sets->lock);
	WRITE_ONCE(set->users, set->users - 1);
	mutex_unlock(&sets->lock);
	kddm_set_unref(set);
	/* Only now: whoever waits for it takes the layers below away. */
	if (atomic_dec_and_test(&sets->handles))
		wake_up_all(&sets->idle);
}
EXPORT_SYMBOL_GPL(kddm_set_close);

u32 kddm_set_id(const struct kddm_set *set)
{
	return set->id;
}
EXPORT_SYMBOL_GPL(kddm_set_id);

const char *kddm_set_name(const struct kddm_set *set)
{
	return set->name;
}
EXPORT_SYMBOL_GPL(kddm_set_name);

u32 kddm_set_size(const struct kddm_set *set)
{
	return set->size;
}
EXPORT_SYMBOL_GPL(kddm_set_size);

/* Life of the layer */

static void sets_node_change(struct kddm_net *kn,
			     const struct kddm_node_event *ev)
{
	if (ev->id != kn->self)
		kddm_views_node_change(kn, ev);
}

static int end_one(struct kddm_set *set, void *arg)
{
	set_end(set);
	return 0;
}

static int revive_one(struct kddm_set *set, void *arg)
{
	WRITE_ONCE(set->dead, false);
	return 0;
}

int kddm_sets_quiesce(struct kddm_net *kn)
{
	u32 ms = READ_ONCE(kn->config.stop_timeout);
	long left;

	kddm_sets_each(kn, end_one, NULL);
	left = wait_event_killable_timeout(kn->sets->idle,
					   !atomic_read(&kn->sets->handles),
					   msecs_to_jiffies(ms));
	if (left > 0)
		return 0;
	return left ? -EINTR : -EBUSY;
}

static int forsake_one(struct kddm_set *set, void *arg)
{
	kddm_objects_forsake(set);
	return 0;
}

void kddm_sets_forsake(struct kddm_net *kn)
{
	kddm_sets_each(kn, forsake_one, NULL);
}

void kddm_sets_revive(struct kddm_net *kn)
{
	kddm_sets_each(kn, revive_one, NULL);
}

int kddm_sets_start(struct kddm_net *kn)
{
	u16 chan;
	int err;

	memset(kn->sets->gone, 0, sizeof(kn->sets->gone));
	err = kddm_catalog_start(kn);
	if (err)
		return err;
	err = kddm_names_start(kn);
	if (err) {
		kddm_catalog_stop(kn);
		return err;
	}
	for (chan = 1; chan < KDDM_CHANNELS; chan++)
		kddm_transport_set_ops(kn, chan, &kddm_obj_channel_ops);
	kddm_member_set_hook(kn, sets_node_change);
	return 0;
}

static struct kddm_set *take_any(struct kddm_sets *sets)
{
	struct kddm_set *set;
	unsigned long i = 0;

	mutex_lock(&sets->lock);
	set = xa_find(&sets->table, &i, ULONG_MAX, XA_PRESENT);
	if (set) {
		WRITE_ONCE(set->dead, true);
		xa_erase(&sets->table, i);
		sets->gen++;
	}
	mutex_unlock(&sets->lock);
	return set;
}

void kddm_sets_stop(struct kddm_net *kn)
{
	struct kddm_set *set;

	kddm_names_stop(kn);
	kddm_catalog_stop(kn);
	/* Without the lock: to free many objects takes its time. */
	while ((set = take_any(kn->sets))) {
		/* Somebody may still look at it; nothing is to be sent. */
		kddm_obj_hold_stop(set);
		kddm_set_unref(set);
	}
}

int kddm_sets_alloc(struct kddm_net *kn)
{
	struct kddm_sets *sets;

	sets = kzalloc_obj(*sets);
	if (!sets)
		return -ENOMEM;
	xa_init(&sets->table);
	mutex_init(&sets->lock);
	init_waitqueue_head(&sets->idle);
	sets->shrink = kddm_shrink_new(kn);
	if (!sets->shrink) {
		kfree(sets);
		return -ENOMEM;
	}
	kn->sets = sets;
	kddm_shrink_start(sets->shrink);
	return 0;
}

void kddm_sets_free(struct kddm_net *kn)
{
	kddm_shrink_free(kn->sets->shrink);
	xa_destroy(&kn->sets->table);
	kfree(kn->sets);
	kn->sets = NULL;
}

int kddm_sets_init(void)
{
	int err;

	err = kddm_linkers_init();
	if (err)
		return err;
	err = kddm_objects_init();
	if (err)
		goto linkers;
	err = kddm_catalog_init();
	if (err)
		goto objects;
	err = kddm_names_init();
	if (err)
		goto catalog;
	err = kddm_recovery_init();
	if (err)
		goto names;
	return 0;

names:
	kddm_names_exit();
catalog:
	kddm_catalog_exit();
objects:
	kddm_objects_exit();
linkers:
	kddm_linkers_exit();
	return err;
}

void kddm_sets_exit(void)
{
	kddm_recovery_exit();
	kddm_names_exit();
	kddm_catalog_exit();
	kddm_objects_exit();
	kddm_linkers_exit();
}
