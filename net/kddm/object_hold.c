// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects: the minimum hold time of a set.
 *
 * A node that has grabbed an object keeps it at least so long, whoever asks for
 * it, so that two writers do not spend their time on handing it back and forth.
 * What may be done meanwhile is the coherence machine's business; here are the
 * clock and the timer that it lacks.
 *
 * Nothing is allocated for it.  An object has the time when it was grabbed, in
 * 32 bits; these may by chance match again after weeks, and then one request
 * waits needlessly, once.  An object for whose end somebody waits has a mark in
 * its set's table, and the set has one work item, which comes when the first of
 * these is due.
 */
#include <linux/jiffies.h>
#include <linux/workqueue.h>
#include "object.h"
#include "transport.h"

#define WAITED_FOR	XA_MARK_0

/* Ticks of which some may be over; negative or 0: the hold time is. */
static s32 ticks_left(const struct kddm_obj *obj)
{
	return obj->set->hold_ticks - ((u32)jiffies - obj->since);
}

bool kddm_obj_held(const struct kddm_obj *obj)
{
	return (u32)jiffies - obj->since < obj->set->hold_ticks;
}

void kddm_obj_hold_end(struct kddm_obj *obj)
{
	obj->since = (u32)jiffies - obj->set->hold_ticks;
}

/* Have the work come when this object is due, or before. */
static void await(struct kddm_obj *obj)
{
	struct kddm_set *set = obj->set;
	s32 left = max(ticks_left(obj), 0);
	unsigned long due = jiffies + left;

	xa_lock(&set->objs);
	__xa_set_mark(&set->objs, obj->id, WAITED_FOR);
	if (!set->hold_due || time_before(due, set->hold_due)) {
		set->hold_due = due ?: 1;
		mod_delayed_work(system_dfl_wq, &set->hold_work, left);
	}
	xa_unlock(&set->objs);
}

void kddm_obj_hold_note(struct kddm_obj *obj, const struct kddm_co_out *out)
{
	if (out->hold == KDDM_HOLD_BEGIN)
		obj->since = jiffies;
	else if (out->hold == KDDM_HOLD_END)
		kddm_obj_hold_end(obj);
	if (out->held)
		await(obj);
}

/* The next object for which somebody waits, busy, or NULL. */
static struct kddm_obj *next_waited_for(struct kddm_set *set, unsigned long *id)
{
	struct kddm_obj *obj;

	for (;;) {
		rcu_read_lock();
		obj = xa_find(&set->objs, id, ULONG_MAX, WAITED_FOR);
		if (obj)
			kddm_obj_acquire(obj);
		rcu_read_unlock();
		if (!obj)
			return NULL;
		if (!obj->dead)
			break;
		spin_unlock(&obj->lock);
		cpu_relax();
	}
	kddm_obj_begin(obj);
	return obj;
}

static void look_at(struct kddm_obj *obj)
{
	struct kddm_co_event run = { .type = KDDM_EV_RUN };

	if (kddm_obj_held(obj)) {
		await(obj);
	} else {
		xa_clear_mark(&obj->set->objs, obj->id, WAITED_FOR);
		kddm_obj_event(obj, &run, NULL);
	}
}

static void hold_work(struct work_struct *work)
{
	struct kddm_set *set = container_of(to_delayed_work(work),
					    struct kddm_set, hold_work);
	struct kddm_obj *obj;
	unsigned long i = 0;
	u16 chan;

	xa_lock(&set->objs);
	set->hold_due = 0;
	xa_unlock(&set->objs);
	while ((obj = next_waited_for(set, &i))) {
		chan = kddm_obj_channel(i);
		look_at(obj);
		kddm_obj_end(obj);
		kddm_kick(set->kn, chan);
		if (i++ == ULONG_MAX)
			break;
		cond_resched();
	}
}

void kddm_obj_hold_init(struct kddm_set *set)
{
	INIT_DELAYED_WORK(&set->hold_work, hold_work);
	/* At least: the tick that has begun does not count. */
	if (set->hold)
		set->hold_ticks = msecs_to_jiffies(set->hold) + 1;
}

void kddm_obj_hold_stop(struct kddm_set *set)
{
	disable_delayed_work_sync(&set->hold_work);
}
