// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects: what a change of the view does to them.  recovery.c says when.
 *
 * While the view changes, messages of objects are held back, each set's in a
 * list.  What has been held back for a suspect is never sent: a message that
 * hands over the ownership is taken back, others are dropped.  One for a member
 * that is out of reach is held back from then on; and one that was lost on its
 * way comes back as well, and is judged.  A suspect is
 * adrift from its reset until it is settled: what is here can be used, but no
 * request is made.
 */
#include <linux/slab.h>
#include "linker.h"
#include "member.h"
#include "object.h"
#include "views.h"

#define LOST_MAX	1024	/* messages of a set */

/* Held messages */

/*
 * Who is no member does not answer, though it may still be in reach: a request
 * to such a home is undeliverable.
 */
static void queue(struct kddm_net *kn, struct kddm_msg *msg)
{
	if (!msg->nwords && !kddm_views_member(kn, msg->dst))
		msg->dst = KDDM_NODE_NONE;
	kddm_msg_queue(kn, msg);
}

static void hold_back(struct kddm_views *v, struct list_head *held,
		      struct kddm_msg *msg)
{
	spin_lock(&v->held_lock);
	list_add_tail(&msg->list, held);
	spin_unlock(&v->held_lock);
}

/* Either @msg is queued now, or it is held. */
static void send_or_hold(struct kddm_net *kn, struct kddm_set *set,
			 struct kddm_msg *msg)
{
	struct kddm_views *v = kn->views;

	read_lock(&v->gate);
	if (v->frozen)
		hold_back(v, set ? &set->held : &v->held, msg);
	else
		queue(kn, msg);
	read_unlock(&v->gate);
}

void kddm_obj_send(struct kddm_net *kn, struct kddm_set *set, u16 dst,
		   u16 chan, struct kddm_msg *msg)
{
	kddm_msg_aim(msg, dst, chan);
	send_or_hold(kn, set, msg);
}

void kddm_obj_send_many(struct kddm_net *kn, struct kddm_set *set,
			const u64 *targets, u16 nwords, u16 chan,
			struct kddm_msg *msg)
{
	kddm_msg_aim_many(msg, targets, nwords, chan);
	send_or_hold(kn, set, msg);
}

/* A view that begins to change now waits until it has been sent, see MARK. */
bool kddm_obj_send_past(struct kddm_net *kn, u16 dst, u16 chan,
			struct kddm_msg *msg, const void *data, u32 len)
{
	struct kddm_views *v = kn->views;
	bool claimed;

	read_lock(&v->gate);
	claimed = !v->frozen && kddm_send_claim(kn, chan);
	read_unlock(&v->gate);
	return claimed &&
	       !kddm_send_claimed(kn, dst, chan, msg, data, len);
}

void kddm_obj_hold_back(struct kddm_set *set, struct kddm_msg *msg)
{
	hold_back(set->kn->views, &set->held, msg);
}

bool kddm_obj_keep_lost(struct kddm_set *set, struct kddm_msg *msg)
{
	struct kddm_views *v = set->kn->views;
	bool keep;

	spin_lock(&v->held_lock);
	keep = set->nr_lost < LOST_MAX;
	if (keep) {
		list_add_tail(&msg->list, &set->lost);
		set->nr_lost++;
	}
	spin_unlock(&v->held_lock);
	return keep;
}

/* A request that nobody waits for any more. */
static bool is_orphan(struct kddm_views *v, const struct kddm_msg *msg)
{
	struct kddm_obj_msg m;

	if (kddm_obj_read_msg(msg, &m))
		return true;
	return (m.type == KDDM_EV_GET_REQ || m.type == KDDM_EV_GRAB_REQ) &&
	       !v->vc->last.inc[m.origin];
}

/* With the gate closed. */
static void release(struct kddm_views *v, struct list_head *held)
{
	struct kddm_msg *msg, *next;

	list_for_each_entry_safe(msg, next, held, list) {
		list_del(&msg->list);
		if (is_orphan(v, msg))
			kddm_msg_free(msg);
		else
			queue(v->kn, msg);
	}
}

/* Take into @list what was lost, of one object or of all, and can be judged. */
static void take_lost(struct kddm_set *set, const struct kddm_obj *obj,
		      struct list_head *list)
{
	struct kddm_views *v = set->kn->views;
	struct kddm_msg *msg, *next;
	struct kddm_obj_msg m;
	u32 inc;

	lockdep_assert_held(&v->held_lock);
	list_for_each_entry_safe(msg, next, &set->lost, list) {
		inc = v->vc->last.inc[msg->dst];
		if (!inc || (obj && inc != msg->incarnation))
			continue;
		if (obj && (kddm_obj_read_msg(msg, &m) || m.objid != obj->id))
			continue;
		list_move_tail(&msg->list, list);
		set->nr_lost--;
	}
}

void kddm_objects_release(struct kddm_views *v)
{
	struct kddm_set *set;
	LIST_HEAD(lost);
	unsigned long i;

	spin_lock(&v->held_lock);
	rcu_read_lock();
	xa_for_each(&v->kn->sets->table, i, set) {
		release(v, &set->held);
		/* It was judged, or there was no need. */
		take_lost(set, NULL, &lost);
	}
	rcu_read_unlock();
	release(v, &v->held);
	spin_unlock(&v->held_lock);
	kddm_msg_free_all(&lost);
}

/*
 * What this node has sent of an object since the view began to change is not
 * sent at all.  If it was the ownership, the object is as it was before.
 */
static enum kddm_taken take_back(struct kddm_obj *obj, u64 *version)
{
	struct kddm_views *v = obj->set->kn->views;
	enum kddm_taken taken = KDDM_TAKEN_NONE;
	struct kddm_msg *msg, *next;
	struct kddm_obj_msg m;
	LIST_HEAD(mine);

	spin_lock(&v->held_lock);
	list_for_each_entry_safe(msg, next, &obj->set->held, list)
		if (!kddm_obj_read_msg(msg, &m) && m.objid == obj->id)
			list_move_tail(&msg->list, &mine);
	spin_unlock(&v->held_lock);
	list_for_each_entry(msg, &mine, list) {
		kddm_obj_read_msg(msg, &m);
		if (m.type == KDDM_EV_OWN) {
			taken = kddm_recover_taken(m.flags);
			*version = m.version;
			if (taken == KDDM_TAKEN_OWN)
				kddm_obj_install(obj, &m);
		}
	}
	kddm_msg_free_all(&mine);
	return taken;
}

/*
 * The ownership that this node has sent, and that has not arrived; the latest,
 * should there be more.
 */
static enum kddm_taken take_sent(struct kddm_obj *obj, u64 *version)
{
	struct kddm_views *v = obj->set->kn->views;
	struct kddm_obj_msg m, latest = { };
	enum kddm_taken taken;
	struct kddm_msg *msg;
	LIST_HEAD(mine);

	spin_lock(&v->held_lock);
	take_lost(obj->set, obj, &mine);
	spin_unlock(&v->held_lock);
	if (list_empty(&mine))
		return KDDM_TAKEN_NONE;
	list_for_each_entry(msg, &mine, list)
		if (!kddm_obj_read_msg(msg, &m) && m.version >= latest.version)
			latest = m;
	*version = latest.version;
	taken = kddm_recover_sent(&obj->co, latest.flags, latest.version);
	if (taken == KDDM_TAKEN_SENT && !obj->co.backup)
		kddm_obj_store(obj, &latest);
	kddm_msg_free_all(&mine);
	return taken;
}

/* One object */

/* What this node has of an object that it has no entry of. */
static void no_claim(struct kddm_set *set, u64 id, struct kddm_claim *claim)
{
	memset(claim, 0, sizeof(*claim));
	if (kddm_obj_old_home(set, id))
		claim->kind = KDDM_CLAIM_ABSENT;
}

void kddm_obj_reset(struct kddm_set *set, u64 id, struct kddm_claim *claim)
{
	struct kddm_obj *obj = kddm_obj_lock(set, id);
	struct kddm_co_env env;
	enum kddm_taken taken;
	u64 version = 0;

	if (!obj) {
		no_claim(set, id, claim);
		return;
	}
	kddm_obj_begin(obj);
	taken = take_back(obj, &version) ?: take_sent(obj, &version);
	env = kddm_obj_env(obj);
	kddm_recover_reset(&obj->co, &env, taken, version, claim);
	obj->adrift = 1;
	obj->orphan = 0;
	kddm_obj_trim_data(obj);
	kddm_obj_end(obj);
}

/* NULL: there is nothing to do. */
static struct kddm_obj *to_settle(struct kddm_set *set, u64 id,
				  const struct kddm_verdict *v)
{
	struct kddm_obj *obj = kddm_obj_lock(set, id);

	if (obj && obj->adrift)
		return obj;
	/* It was not here when it was judged, or this is done already. */
	if (obj) {
		spin_unlock(&obj->lock);
		return NULL;
	}
	if ((v->kind == KDDM_VERDICT_VOID && !v->tomb) ||
	    kddm_obj_home(set, id) != set->kn->self)
		return NULL;
	return kddm_obj_lock_new(set, id);
}

static void settle(struct kddm_obj *obj, const struct kddm_verdict *v,
		   u32 base, const u64 *copies, u16 nwords)
{
	bool writer = obj->co.state == KDDM_CO_WRITER;
	struct kddm_co_ext *spare = NULL;
	u8 before = obj->co.state;
	struct kddm_co_env env;
	bool drop;

	obj->home = kddm_obj_home(obj->set, obj->id);
	env = kddm_obj_env(obj);
	if (kddm_recover_settle(&obj->co, &env, v, base, copies, nwords,
				&spare, &drop)) {
		spare = kvmalloc(kddm_co_ext_size(nwords, 4), GFP_KDDM);
		kddm_co_ext_init(spare, nwords, 4);
		WARN_ON_ONCE(kddm_recover_settle(&obj->co, &env, v, base,
						 copies, nwords, &spare,
						 &drop));
	}
	kvfree(spare);
	kddm_obj_trace_settled(obj, before);
	if (writer && obj->co.state == KDDM_CO_DRAIN)
		obj->stale = 1;
	if (obj->co.state != KDDM_CO_PUSH)
		kddm_obj_replicated(obj, -ESTALE);
	if (drop)
		kddm_obj_drop_data(obj);
}

int kddm_obj_settle(struct kddm_set *set, u64 id,
		    const struct kddm_verdict *v, u32 base,
		    const u64 *copies, u16 nwords)
{
	struct kddm_co_event run = { .type = KDDM_EV_RUN };
	struct kddm_obj *obj = to_settle(set, id, v);

	if (IS_ERR_OR_NULL(obj))
		return PTR_ERR_OR_ZERO(obj);
	kddm_obj_begin(obj);
	settle(obj, v, base, copies, nwords);
	obj->adrift = 0;
	kddm_obj_event(obj, &run, NULL);
	kddm_obj_end(obj);
	return 0;
}

int kddm_obj_trail(struct kddm_set *set, u64 id, u16 owner)
{
	struct kddm_obj *obj = kddm_obj_lock_new(set, id);
	struct kddm_co_env env;

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	kddm_obj_begin(obj);
	obj->home = kddm_obj_home(set, id);
	env = kddm_obj_env(obj);
	if (obj->co.want == KDDM_WANT_NONE && !obj->adrift)
		kddm_recover_trail(&obj->co, &env, owner);
	kddm_obj_end(obj);
	return 0;
}

/* All objects */

/* Busy.  Returns what is to be reported, if anything. */
static u8 look(struct kddm_obj *obj, const struct kddm_change *c)
{
	u16 home = kddm_obj_present_home(obj->set, obj->id);
	struct kddm_co_event run = { .type = KDDM_EV_RUN };
	struct kddm_co_env was = kddm_obj_env(obj), env = was;
	bool moved;

	/*
	 * The home that was served, since a recovery which did not end may have
	 * told nobody; and that of such a recovery, since it may have told this
	 * node, and then who was home before knows nothing.
	 */
	env.home = kddm_obj_served_home(obj->set, obj->id);
	if (c->apart || obj->adrift ||
	    kddm_recover_suspect(&obj->co, &env, home, c->gone, c->nwords) ||
	    (was.home != env.home &&
	     kddm_recover_suspect(&obj->co, &was, home, c->gone, c->nwords)))
		return KDDM_REPORT_SUSPECT;
	moved = kddm_recover_moved(&env, home, c->gone, c->nwords) ||
		home != was.home;
	kddm_recover_prune(&obj->co, c->gone, c->nwords);
	if (home != KDDM_NODE_NONE)
		obj->home = home;
	kddm_obj_event(obj, &run, NULL);
	return moved && kddm_co_owns(&obj->co) && home != env.self &&
	       home != KDDM_NODE_NONE ?
	       KDDM_REPORT_OWNER : KDDM_REPORT_NONE;
}

int kddm_objects_change(struct kddm_set *set, struct kddm_change *c)
{
	struct kddm_obj *obj;
	unsigned long i = 0;
	u8 what;
	int err;

	while ((obj = kddm_obj_next(set, &i))) {
		what = look(obj, c);
		kddm_obj_end(obj);
		err = what ? c->report(c, set, i, kddm_obj_judge(set, i),
				       what) : 0;
		if (err)
			return err;
		if (i++ == ULONG_MAX)
			break;
		cond_resched();
	}
	return 0;
}

static int unpark(struct kddm_set *set, void *arg)
{
	struct kddm_obj *obj;
	unsigned long i = 0;

	while ((obj = kddm_obj_next_locked(set, &i))) {
		if (list_empty(&obj->waiters)) {
			spin_unlock(&obj->lock);
		} else {
			kddm_obj_begin(obj);
			kddm_obj_pump(obj);
			kddm_obj_end(obj);
		}
		if (i++ == ULONG_MAX)
			break;
		cond_resched();
	}
	return 0;
}

void kddm_objects_unpark(struct kddm_views *v)
{
	WRITE_ONCE(v->parked, false);
	kddm_sets_each(v->kn, unpark, NULL);
}
