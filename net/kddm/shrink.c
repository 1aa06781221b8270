// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory pressure: copies that nobody has used for a while are dropped, which
 * costs nothing but the next request; when there are none left, objects that
 * this node owns are moved to other nodes.  Those of a set whose linker stores
 * them are moved to their home, which stores the contents and frees them.
 *
 * The objects of all sets of a node are looked at in turn, as by the hand of a
 * clock: one that was entered since the hand came by gets a second chance.
 * Dropping sends nothing, so it is done at once, by whoever reclaims memory.
 * Moving needs memory and the network, and is left to a work item; so is what
 * must not be done while memory is reclaimed, to free a whole set.
 */
#include <linux/llist.h>
#include <linux/rwsem.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "main.h"
#include "object.h"
#include "set.h"
#include "shrink.h"

#define MOVES	64		/* objects moved at a time */

/**
 * struct kddm_shrink - the shrinker of one node
 * @kn: the node
 * @shrinker: registered
 * @work: moves owned objects away
 * @last: sets of which we had the last reference
 * @set: id of the set where the hand is
 * @obj: id of the object
 *
 * The place of the hand has no lock: two who reclaim at once may look at the
 * same objects.
 */
struct kddm_shrink {
	struct kddm_net		*kn;
	struct shrinker		*shrinker;
	struct work_struct	work;
	struct llist_head	last;
	u32			set;
	unsigned long		obj;
};

static unsigned long count(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct kddm_shrink *s = shrinker->private_data;
	struct kddm_set *set;
	unsigned long nr = 0, i;

	rcu_read_lock();
	xa_for_each(&s->kn->sets->table, i, set)
		nr += atomic64_read(&set->stats.objects);
	rcu_read_unlock();
	return nr ?: SHRINK_EMPTY;
}

/* Nobody is inside, waits, or has been here since the last time.  Locked. */
static bool is_idle(struct kddm_obj *obj)
{
	bool used;

	if (obj->busy || obj->adrift || !list_empty(&obj->waiters) ||
	    obj->co.readers)
		return false;
	used = obj->used;
	obj->used = 0;
	return !used;
}

/* Locked; leaves it unlocked.  Returns true if a copy was dropped. */
static bool drop(struct kddm_obj *obj)
{
	struct kddm_co_event ev = { .type = KDDM_EV_DROP };
	bool dropped;

	if (!is_idle(obj) || obj->co.state != KDDM_CO_SHARED) {
		spin_unlock(&obj->lock);
		return false;
	}
	kddm_obj_begin(obj);
	dropped = !kddm_obj_event(obj, &ev, NULL);
	kddm_obj_end(obj);
	return dropped;
}

/* As kddm_set_next(), without a lock under which memory is allocated. */
static struct kddm_set *set_at(struct kddm_net *kn, u32 *id)
{
	struct kddm_set *set;
	unsigned long i = *id;

	rcu_read_lock();
	do {
		set = xa_find(&kn->sets->table, &i, U32_MAX, XA_PRESENT);
	} while (set && !refcount_inc_not_zero(&set->ref));
	rcu_read_unlock();
	*id = i;
	return set;
}

static void set_put(struct kddm_shrink *s, struct kddm_set *set)
{
	if (refcount_dec_not_one(&set->ref))
		return;
	llist_add(&set->last, &s->last);
	queue_work(system_dfl_wq, &s->work);
}

static void put_last(struct kddm_shrink *s)
{
	struct kddm_set *set, *next;

	llist_for_each_entry_safe(set, next, llist_del_all(&s->last), last)
		kddm_set_unref(set);
}

/*
 * The next object under the hand, locked, and its set with a reference; NULL
 * when the hand has come to the end, and begins again.
 */
static struct kddm_obj *next(struct kddm_shrink *s, struct kddm_set **set)
{
	struct kddm_obj *obj;
	unsigned long i;
	u32 id;

	for (;;) {
		id = READ_ONCE(s->set);
		*set = set_at(s->kn, &id);
		if (!*set) {
			WRITE_ONCE(s->set, 0);
			WRITE_ONCE(s->obj, 0);
			return NULL;
		}
		i = id == READ_ONCE(s->set) ? READ_ONCE(s->obj) : 0;
		obj = kddm_obj_next_locked(*set, &i);
		WRITE_ONCE(s->set, obj && i != ULONG_MAX ? id : id + 1);
		WRITE_ONCE(s->obj, obj ? i + 1 : 0);
		if (obj)
			return obj;
		set_put(s, *set);
		if (!s->set)
			return NULL;
	}
}

static unsigned long drop_some(struct kddm_shrink *s,
			       struct shrink_control *sc)
{
	unsigned long freed = 0, seen = 0;
	struct kddm_obj *obj;
	struct kddm_set *set;

	while (seen < sc->nr_to_scan && (obj = next(s, &set))) {
		seen++;
		freed += drop(obj);
		set_put(s, set);
	}
	/* Gone since they were counted, or the hand begins again. */
	if (!seen)
		return SHRINK_STOP;
	sc->nr_scanned = seen;
	if (!freed)
		queue_work(system_dfl_wq, &s->work);
	return freed;
}

/*
 * What is below the objects must stay meanwhile.  Whoever reclaims may be in
 * the node already, so it does not wait for one who stops it.
 */
static unsigned long scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct kddm_shrink *s = shrinker->private_data;
	unsigned long freed = SHRINK_STOP;

	/*
	 * Who holds an object busy reclaims without file systems, unless its
	 * linker is in one; and what is busy is not looked at.
	 */
	if (!(sc->gfp_mask & __GFP_FS) || !down_read_trylock(&s->kn->gate))
		return SHRINK_STOP;
	if (READ_ONCE(s->kn->run) == KDDM_RUNNING)
		freed = drop_some(s, sc);
	up_read(&s->kn->gate);
	return freed;
}

static void move(struct kddm_set *set, u64 id)
{
	bool stores = kddm_set_stores(set);

	if (stores && set->home == set->kn->self) {
		if (!kddm_obj_put_away(set, id))
			return;
	} else if (stores) {
		if (!kddm_flush(set, id, set->home))
			return;
	}
	kddm_flush(set, id, KDDM_ANY_NODE);
}

/* Move some objects; those in use, or just used, stay. */
static void move_some(struct kddm_shrink *s)
{
	struct kddm_obj *obj;
	struct kddm_set *set;
	bool idle;
	u64 id;
	int n;

	for (n = 0; n < MOVES && kddm_run(s->kn) == KDDM_RUNNING; n++) {
		obj = next(s, &set);
		if (!obj)
			return;
		idle = is_idle(obj) && obj->data &&
		       obj->co.state == KDDM_CO_OWNER;
		id = obj->id;
		spin_unlock(&obj->lock);
		if (idle)
			move(set, id);
		kddm_set_unref(set);
	}
}

static void move_work(struct work_struct *work)
{
	struct kddm_shrink *s = container_of(work, struct kddm_shrink, work);
	struct kddm_net *kn;

	put_last(s);
	kn = kddm_enter(s->kn->net);
	if (IS_ERR(kn))
		return;
	move_some(s);
	kddm_exit(kn);
}

struct kddm_shrink *kddm_shrink_new(struct kddm_net *kn)
{
	struct kddm_shrink *s = kzalloc_obj(*s);

	if (!s)
		return NULL;
	s->kn = kn;
	INIT_WORK(&s->work, move_work);
	init_llist_head(&s->last);
	s->shrinker = shrinker_alloc(0, "kddm");
	if (!s->shrinker) {
		kfree(s);
		return NULL;
	}
	s->shrinker->count_objects = count;
	s->shrinker->scan_objects = scan;
	s->shrinker->private_data = s;
	return s;
}

void kddm_shrink_start(struct kddm_shrink *s)
{
	shrinker_register(s->shrinker);
}

void kddm_shrink_free(struct kddm_shrink *s)
{
	shrinker_free(s->shrinker);
	cancel_work_sync(&s->work);
	put_last(s);
	kfree(s);
}
