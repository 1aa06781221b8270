// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of the cluster; names.h has the idea.
 */
#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/kddm.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "names.h"
#include "object.h"
#include "set.h"
#include "views.h"

#define TAKE_TIMEOUT	(10 * HZ)
#define SUSPENDED_MAX	HZ	/* how long to wait for the end of that */
#define REPLICAS	3	/* of a table */
#define TIDY_DELAY	(HZ / 50)
#define AGAIN_DELAY	HZ

static_assert(sizeof(struct kddm_nametab) == KDDM_NAMETAB_SIZE);
static_assert(KDDM_NAMETABS <= BITS_PER_LONG);

/**
 * struct name_use - a name that this node uses
 * @list: place among them
 * @id: of the name
 * @count: how often
 * @held: how often of that by an administrator
 * @stale: it was taken from this node, and given to others anew
 * @kind: enum kddm_name_kind
 * @name: NUL-terminated
 */
struct name_use {
	struct list_head	list;
	u32			id;
	u32			count;
	u32			held;
	bool			stale;
	u8			kind;
	char			name[KDDM_NAME_LEN + 1];
};

static struct kddm_member_id own(const struct kddm_net *kn)
{
	return (struct kddm_member_id) {
		.id = kn->self, .incarnation = kn->incarnation,
	};
}

/* What this node uses */

static struct name_use *use_of_name(struct kddm_names *names, u32 kind,
				    const char *name)
{
	struct name_use *u;

	lockdep_assert_held(&names->uses_lock);
	list_for_each_entry(u, &names->uses, list)
		if (!u->stale && u->kind == kind && !strcmp(u->name, name))
			return u;
	return NULL;
}

static struct name_use *use_of_id(struct kddm_names *names, u32 id)
{
	struct name_use *u;

	lockdep_assert_held(&names->uses_lock);
	list_for_each_entry(u, &names->uses, list)
		if (u->id == id)
			return u;
	return NULL;
}

/* Use once more what is used; the id, or 0. */
static int use_again(struct kddm_names *names, u32 kind, const char *name,
		     bool held)
{
	struct name_use *u;
	int id = 0;

	spin_lock(&names->uses_lock);
	u = use_of_name(names, kind, name);
	if (u) {
		u->count++;
		u->held += held;
		id = u->id;
	}
	spin_unlock(&names->uses_lock);
	return id;
}

/* One use less; whether that was the last one of the id. */
static bool use_end(struct kddm_names *names, struct name_use *u)
{
	lockdep_assert_held(&names->uses_lock);
	if (--u->count)
		return false;
	list_del(&u->list);
	kfree(u);
	return true;
}

u32 kddm_names_count(struct kddm_net *kn, u32 id)
{
	struct kddm_names *names = kn->names;
	struct name_use *u;
	u32 count;

	spin_lock(&names->uses_lock);
	u = use_of_id(names, id);
	count = u ? u->count : 0;
	spin_unlock(&names->uses_lock);
	return count;
}

/* Tables */

static struct kddm_obj *take(struct kddm_names *names, u32 nr, bool grab,
			     unsigned int flags)
{
	struct kddm_set *set = names->set;
	struct kddm_obj *obj;
	int err;

	err = kddm_views_wait(names->kn, KDDM_CHANGING, &set->dead, false,
			      SUSPENDED_MAX);
	if (err)
		return ERR_PTR(err == -ETIMEDOUT ? -EAGAIN : err);
	obj = kddm_obj_take(set, nr, grab, flags, TAKE_TIMEOUT);
	if (IS_ERR(obj) || !kddm_nametab_check(kddm_data(obj), nr))
		return obj;
	kddm_obj_put(obj, TAKE_TIMEOUT);
	pr_err_ratelimited("kddm: node %u: table %u of set \"%s\" is broken\n",
			   names->kn->self, nr, set->name);
	return ERR_PTR(-EBADMSG);
}

static void tidy_later(struct kddm_names *names, u32 nr, unsigned long delay)
{
	set_bit(nr, &names->todo);
	mod_delayed_work(system_dfl_wq, &names->tidy, delay);
}

/* By a member that is none any more, or by this node, which uses it not. */
static bool use_gone(u32 id, const struct kddm_member_id *who, void *arg)
{
	struct kddm_names *names = arg;
	struct kddm_net *kn = names->kn;
	const struct kddm_member_id *m;
	const struct kddm_view *view;
	bool gone;

	if (who->id == kn->self && who->incarnation == kn->incarnation)
		return !kddm_names_count(kn, id);
	rcu_read_lock();
	view = rcu_dereference(kn->views->members);
	m = view ? kddm_view_find(view, who->id) : NULL;
	gone = !m || m->incarnation != who->incarnation;
	rcu_read_unlock();
	return gone;
}

/* Whether the table lacks what this node uses. */
static bool is_missed(struct kddm_names *names, u32 nr,
		      const struct kddm_nametab *t)
{
	const struct kddm_member_id self = own(names->kn);
	struct name_use *u;
	bool missed = false;

	spin_lock(&names->uses_lock);
	list_for_each_entry(u, &names->uses, list)
		if (!u->stale && kddm_nametab_of_id(u->id) == nr)
			missed |= !t || !kddm_nametab_uses(t, u->id, &self);
	spin_unlock(&names->uses_lock);
	return missed;
}

/*
 * Enter what this node uses into its table, which is grabbed: 0, or an error
 * after which to try again.
 */
static int restore(struct kddm_names *names, u32 nr, struct kddm_nametab *t)
{
	const struct kddm_member_id self = own(names->kn);
	struct name_use *u;
	int err, ret = 0;

	spin_lock(&names->uses_lock);
	list_for_each_entry(u, &names->uses, list) {
		if (u->stale || kddm_nametab_of_id(u->id) != nr ||
		    kddm_nametab_uses(t, u->id, &self))
			continue;
		err = kddm_nametab_restore(t, nr, u->id, u->kind, u->name,
					   &self);
		if (err != -ESTALE) {
			ret = ret ?: err;
			continue;
		}
		u->stale = true;
		pr_warn_ratelimited("kddm: node %u was apart; id %u is not that of \"%s\" any more\n",
				    self.id, u->id, u->name);
	}
	spin_unlock(&names->uses_lock);
	return ret;
}

/* Make a table agree: 0, or an error after which to try again. */
static int tidy(struct kddm_names *names, u32 nr)
{
	struct kddm_obj *obj;
	int err, put;
	bool needed;

	lockdep_assert_held(&names->lock);
	obj = take(names, nr, false, KDDM_NOCREATE);
	if (obj == ERR_PTR(-EIO)) {
		/* Each node enters what it uses into a new one. */
		kddm_obj_remove(names->set, nr, TAKE_TIMEOUT);
		obj = ERR_PTR(-ENOENT);
	}
	if (IS_ERR(obj) && obj != ERR_PTR(-ENOENT))
		return obj == ERR_PTR(-EBADMSG) ? 0 : PTR_ERR(obj);
	if (IS_ERR(obj)) {
		needed = is_missed(names, nr, NULL);
	} else {
		needed = kddm_nametab_stale(kddm_data(obj), use_gone, names) ||
			 is_missed(names, nr, kddm_data(obj));
		kddm_obj_put(obj, TAKE_TIMEOUT);
	}
	if (!needed)
		return 0;
	obj = take(names, nr, true, 0);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	kddm_nametab_prune(kddm_data(obj), use_gone, names);
	err = restore(names, nr, kddm_data(obj));
	put = kddm_obj_put(obj, TAKE_TIMEOUT);
	return err ?: put;
}

static void tidy_work(struct work_struct *work)
{
	struct kddm_names *names = container_of(to_delayed_work(work),
						struct kddm_names, tidy);
	bool again = false;
	u32 nr;

	for (nr = 0; nr < KDDM_NAMETABS; nr++) {
		if (!test_and_clear_bit(nr, &names->todo))
			continue;
		mutex_lock(&names->lock);
		if (tidy(names, nr)) {
			set_bit(nr, &names->todo);
			again = true;
		}
		mutex_unlock(&names->lock);
	}
	if (again)
		mod_delayed_work(system_dfl_wq, &names->tidy, AGAIN_DELAY);
}

/* Using names */

/* A name that this node does not use yet; its id, or an error. */
static int enter(struct kddm_names *names, struct name_use *u)
{
	const struct kddm_member_id self = own(names->kn);
	u32 nr = kddm_nametab_of_name(u->name);
	struct kddm_obj *obj;
	int id, err;

	lockdep_assert_held(&names->lock);
	obj = take(names, nr, true, 0);
	if (obj == ERR_PTR(-EIO))
		tidy_later(names, nr, 0);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	/* There may be no room but for those who are gone. */
	kddm_nametab_prune(kddm_data(obj), use_gone, names);
	id = kddm_nametab_enter(kddm_data(obj), nr, get_random_u32(), u->kind,
				u->name, &self);
	err = kddm_obj_put(obj, TAKE_TIMEOUT);
	if (!err || id < 0)
		return id;
	/* It may be there all the same. */
	tidy_later(names, nr, AGAIN_DELAY);
	return err == -ESTALE ? -EAGAIN : err;
}

static int get_new(struct kddm_names *names, u32 kind, const char *name,
		   bool held)
{
	struct name_use *u;
	int id;

	u = kzalloc_obj(*u);
	if (!u)
		return -ENOMEM;
	u->kind = kind;
	u->count = 1;
	u->held = held;
	strscpy(u->name, name);
	id = enter(names, u);
	if (id < 0) {
		kfree(u);
		return id;
	}
	u->id = id;
	spin_lock(&names->uses_lock);
	list_add_tail(&u->list, &names->uses);
	spin_unlock(&names->uses_lock);
	return id;
}

static int get(struct net *net, u32 kind, const char *name, bool held)
{
	struct kddm_names *names;
	struct kddm_net *kn;
	int id;

	if (!kddm_nametab_name_ok(kind, name))
		return -EINVAL;
	kn = kddm_enter(net);
	if (IS_ERR(kn))
		return PTR_ERR(kn);
	names = kn->names;
	id = use_again(names, kind, name, held);
	if (id)
		goto exit;
	id = mutex_lock_killable(&names->lock);
	if (id)
		goto exit;
	id = use_again(names, kind, name, held);
	if (!id)
		id = get_new(names, kind, name, held);
	mutex_unlock(&names->lock);
exit:
	kddm_exit(kn);
	return id;
}

/* The table may have what is used no more. */
static void strike(struct kddm_names *names, u32 nr)
{
	int err;

	err = mutex_lock_killable(&names->lock);
	if (!err) {
		err = tidy(names, nr);
		mutex_unlock(&names->lock);
	}
	if (err)
		tidy_later(names, nr, AGAIN_DELAY);
}

int kddm_name_get(struct net *net, enum kddm_name_kind kind, const char *name)
{
	return get(net, kind, name, false);
}
EXPORT_SYMBOL_GPL(kddm_name_get);

void kddm_name_put(struct net *net, enum kddm_name_kind kind, int id)
{
	struct kddm_net *kn = kddm_enter(net);
	struct kddm_names *names;
	struct name_use *u;
	bool last = false;

	if (IS_ERR(kn))
		return;
	names = kn->names;
	spin_lock(&names->uses_lock);
	u = use_of_id(names, id);
	/* The administrator's are not the caller's to put. */
	if (u && u->kind == kind && u->count > u->held)
		last = use_end(names, u);
	spin_unlock(&names->uses_lock);
	if (last)
		strike(names, kddm_nametab_of_id(id));
	kddm_exit(kn);
}
EXPORT_SYMBOL_GPL(kddm_name_put);

int kddm_names_hold(struct net *net, u32 kind, const char *name)
{
	return get(net, kind, name, true);
}

int kddm_names_release(struct net *net, u32 kind, const char *name)
{
	struct kddm_net *kn = kddm_enter(net);
	struct kddm_names *names;
	struct name_use *u;
	int err = -ENOENT;
	bool last = false;

	if (IS_ERR(kn))
		return PTR_ERR(kn);
	names = kn->names;
	spin_lock(&names->uses_lock);
	list_for_each_entry(u, &names->uses, list) {
		if (u->kind != kind || strcmp(u->name, name) || !u->held)
			continue;
		u->held--;
		last = use_end(names, u);
		err = 0;
		break;
	}
	spin_unlock(&names->uses_lock);
	if (last)
		strike(names, kddm_nametab_of_name(name));
	kddm_exit(kn);
	return err;
}

int kddm_names_list(struct kddm_net *kn, u32 nr, struct kddm_nametab *t,
		    u64 *version)
{
	struct kddm_obj *obj;

	memset(t, 0, sizeof(*t));
	*version = 0;
	obj = take(kn->names, nr, false, KDDM_NOCREATE);
	if (IS_ERR(obj))
		return obj == ERR_PTR(-ENOENT) ? 0 : PTR_ERR(obj);
	memcpy(t, kddm_data(obj), sizeof(*t));
	*version = kddm_version(obj);
	kddm_obj_put(obj, TAKE_TIMEOUT);
	return 0;
}

/* Life */

static bool is_lowest(struct kddm_views *v)
{
	const struct kddm_view *view;
	bool lowest;

	rcu_read_lock();
	view = rcu_dereference(v->members);
	lowest = view && view->nr && view->m[0].id == v->kn->self;
	rcu_read_unlock();
	return lowest;
}

/* The view may have changed. */
static int service_event(struct notifier_block *nb, unsigned long service,
			 void *data)
{
	struct kddm_views *v = data;
	struct kddm_names *names = v->kn->names;
	struct name_use *u;

	if (service != KDDM_SERVING || !names)
		return NOTIFY_DONE;
	if (is_lowest(v))
		WRITE_ONCE(names->todo, GENMASK(KDDM_NAMETABS - 1, 0));
	spin_lock(&names->uses_lock);
	list_for_each_entry(u, &names->uses, list)
		set_bit(kddm_nametab_of_id(u->id), &names->todo);
	spin_unlock(&names->uses_lock);
	if (READ_ONCE(names->todo))
		mod_delayed_work(system_dfl_wq, &names->tidy, TIDY_DELAY);
	return NOTIFY_DONE;
}

static struct notifier_block service_nb = { .notifier_call = service_event };

int kddm_names_start(struct kddm_net *kn)
{
	const struct kddm_set_desc desc = {
		.id = KDDM_NAMES_ID,
		.name = KDDM_NAMES_NAME,
		.linker = "memory",
		.size = KDDM_NAMETAB_SIZE,
		.home = KDDM_ANY_NODE,
		.replicas = REPLICAS,
	};
	struct kddm_names *names;

	names = kzalloc_obj(*names);
	if (!names)
		return -ENOMEM;
	names->kn = kn;
	mutex_init(&names->lock);
	spin_lock_init(&names->uses_lock);
	INIT_LIST_HEAD(&names->uses);
	INIT_DELAYED_WORK(&names->tidy, tidy_work);
	names->set = kddm_set_learn(kn, &desc, true);
	if (IS_ERR(names->set)) {
		int err = PTR_ERR(names->set);

		kfree(names);
		return err;
	}
	kn->names = names;
	return 0;
}

void kddm_names_stop(struct kddm_net *kn)
{
	struct kddm_names *names = kn->names;
	struct name_use *u, *next;

	/* What waits for a table ends. */
	kddm_set_retire(names->set);
	disable_delayed_work_sync(&names->tidy);
	kddm_set_unref(names->set);
	list_for_each_entry_safe(u, next, &names->uses, list)
		kfree(u);
	kn->names = NULL;
	kfree(names);
}

int kddm_names_init(void)
{
	return kddm_views_register_notifier(&service_nb);
}

void kddm_names_exit(void)
{
	kddm_views_unregister_notifier(&service_nb);
}
