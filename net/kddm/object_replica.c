// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects: who keeps what was put.
 *
 * The replicas of an object are with the members that come first for its id in
 * the view (kddm_view_rank()), whoever owns it.  The owner is one more if it is
 * not among them, so that no member of the rank ever has less than what was put
 * last.
 *
 * A change of the view may change the rank.  Until every member has brought the
 * replicas of the objects it owns to where they belong now (restore), nobody
 * forgets what it keeps, and the removal of an object is told to all.  Then
 * those who are in the rank no more read what they keep (refresh): so it
 * becomes a copy like any other, which goes at the next write.
 */
#include <linux/delay.h>
#include <linux/wait.h>
#include "nodeset.h"
#include "object.h"
#include "views.h"

#define WORDS		(KDDM_MAX_NODES / 64)
#define POLL_DELAY	1		/* ms */

/* The rank in @view, as a set of nodes. */
static void rank_in(const struct kddm_set *set, u64 id,
		    const struct kddm_view *view, u64 *nodes)
{
	u16 rank[KDDM_REPLICAS_MAX], nr, i;

	memset(nodes, 0, KDDM_MAX_NODES / 8);
	if (!view)
		return;
	nr = kddm_view_rank(view, id, rank, set->replicas);
	for (i = 0; i < nr; i++)
		nodeset_add(nodes, rank[i]);
}

static void all_in(const struct kddm_view *view, u64 *nodes)
{
	u16 i;

	for (i = 0; view && i < view->nr; i++)
		nodeset_add(nodes, view->m[i].id);
}

void kddm_obj_replicas(const struct kddm_obj *obj, struct kddm_co_env *env,
		       const struct kddm_co_event *ev, u64 *nodes)
{
	bool removes = ev->type == KDDM_EV_REMOVE || obj->co.removing;
	const struct kddm_views *v = obj->set->kn->views;
	u8 stage = READ_ONCE(v->stage);
	const struct kddm_view *view;

	rcu_read_lock();
	view = rcu_dereference(v->members);
	rank_in(obj->set, obj->id, view, nodes);
	env->keeper = stage < KDDM_RESTORED ||
		      nodeset_has(nodes, WORDS, env->self);
	if (removes && stage < KDDM_REFRESHED)
		all_in(view, nodes);
	rcu_read_unlock();
	nodeset_del(nodes, WORDS, env->self);
	env->replicas = nodes;
	env->rwords = nodeset_words(nodes, WORDS);
}

/* Whether others than before are to have replicas. */
static bool rank_changed(struct kddm_set *set, u64 id)
{
	u64 was[WORDS], is[WORDS];
	const struct kddm_views *v = set->kn->views;

	rcu_read_lock();
	rank_in(set, id, rcu_dereference(v->restored), was);
	rank_in(set, id, rcu_dereference(v->members), is);
	rcu_read_unlock();
	return memcmp(was, is, sizeof(is));
}

/* Whether a put, or what restore_one() began, is yet to return. */
static bool is_under_way(const struct kddm_obj *obj)
{
	switch (obj->co.state) {
	case KDDM_CO_ACKS:
	case KDDM_CO_WRITER:
	case KDDM_CO_FILL:
	case KDDM_CO_PUSH:
		return true;
	default:
		return obj->adrift;
	}
}

static void restore_one(struct kddm_obj *obj)
{
	struct kddm_co_event ev = { .type = KDDM_EV_REPLICATE };

	if (obj->co.state == KDDM_CO_OWNER && !obj->adrift &&
	    rank_changed(obj->set, obj->id))
		kddm_obj_event(obj, &ev, NULL);
}

/* Nor is there any while the view changes: messages are held back then. */
static int wait_room(struct kddm_set *set, u16 chan, int (*check)(void *arg),
		     void *arg)
{
	struct kddm_views *v = set->kn->views;
	int err = check(arg);

	while (!err && kddm_transport_full(set->kn, chan)) {
		msleep(POLL_DELAY);
		err = check(arg);
	}
	wait_event_idle(v->wait, !READ_ONCE(v->frozen) || check(arg));
	return err ?: check(arg);
}

static int await_one(struct kddm_set *set, u64 id, int (*check)(void *arg),
		     void *arg)
{
	struct kddm_obj *obj;
	bool wait = true;
	int err = 0;

	while (wait && !err) {
		obj = kddm_obj_lock(set, id);
		wait = obj && (obj->busy || is_under_way(obj));
		if (obj)
			spin_unlock(&obj->lock);
		if (wait) {
			msleep(POLL_DELAY);
			err = check(arg);
		}
	}
	return err;
}

int kddm_objects_restore(struct kddm_set *set, int (*check)(void *arg),
			 void *arg)
{
	struct kddm_obj *obj;
	unsigned long i = 0;
	int err = 0;
	u16 chan;

	while (!err && (obj = kddm_obj_next(set, &i))) {
		restore_one(obj);
		kddm_obj_end(obj);
		chan = kddm_obj_channel(i);
		kddm_kick(set->kn, chan);
		err = wait_room(set, chan, check, arg);
		if (i++ == ULONG_MAX)
			break;
		cond_resched();
	}
	i = 0;
	while (!err && (obj = kddm_obj_next_locked(set, &i))) {
		spin_unlock(&obj->lock);
		err = await_one(set, i, check, arg);
		if (i++ == ULONG_MAX)
			break;
		cond_resched();
	}
	return err;
}

static bool is_in_rank(struct kddm_set *set, u64 id)
{
	u64 nodes[WORDS];

	rcu_read_lock();
	rank_in(set, id, rcu_dereference(set->kn->views->members), nodes);
	rcu_read_unlock();
	return nodeset_has(nodes, WORDS, set->kn->self);
}

/* Nobody waits for it: whoever has the object may need this very task. */
static int refresh_one(struct kddm_set *set, u64 id, int (*check)(void *arg),
		       void *arg)
{
	int err;

	for (;;) {
		err = kddm_obj_prefetch(set, id, false, KDDM_COF_NOCREATE);
		kddm_kick(set->kn, kddm_obj_channel(id));
		if (err != -EAGAIN && err != -ENOMEM)
			return 0;
		err = check(arg);
		if (err)
			return err;
		msleep(POLL_DELAY);
	}
}

int kddm_objects_refresh(struct kddm_set *set, int (*check)(void *arg),
			 void *arg)
{
	struct kddm_obj *obj;
	unsigned long i = 0;
	int err = 0;
	bool kept;

	while (!err && (obj = kddm_obj_next_locked(set, &i))) {
		kept = obj->co.backup;
		spin_unlock(&obj->lock);
		if (kept && !is_in_rank(set, i))
			err = refresh_one(set, i, check, arg);
		if (i++ == ULONG_MAX)
			break;
		cond_resched();
	}
	return err;
}
