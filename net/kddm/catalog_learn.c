// SPDX-License-Identifier: GPL-2.0-only
/*
 * The catalog: what a node learns of sets without opening them; catalog.h has
 * the idea.
 *
 * A message for a set that is not known here is handled when its sender has
 * said what the set is.  Nothing that came after it on its channel is handled
 * before: so messages stay in order, the marks by which a view changes
 * included, and the credits of the transport bound what waits.  The answer
 * comes on channel 0, by the service "kddm-set-tell", which waits for nothing;
 * so two nodes that ask each other do not wait for ever.
 *
 * Sets that were learned so, and those that somebody was about to destroy, are
 * compared with their buckets by a work item, again and again until it is clear
 * what has become of them.  So are all sets of a node that was apart from the
 * others.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "catalog.h"
#include "object.h"
#include "rpc.h"
#include "set.h"
#include "views.h"

#define TELL_TIMEOUT	(5 * HZ)
#define TELL_TRIES	50
#define TELL_DELAY	20		/* ms, while memory is short */
#define FRESH_DELAY	(HZ / 50)
#define AGAIN_DELAY	HZ

/* Request: which set; reply: its descriptor. */
struct wire_ask {
	__le32	id;
} __packed;

static struct kddm_rpc_service svc_tell;

/* Asking who has sent a message */

/**
 * struct ask - what a work item asks for
 * @work: asks
 * @done: has asked
 * @kn: this node
 * @src: the node that knows
 * @id: of the set
 * @set: the set, or an error
 *
 * By a work item, since whoever receives may be a task that is being killed,
 * which cannot wait any more.
 */
struct ask {
	struct work_struct	work;
	struct completion	done;
	struct kddm_net		*kn;
	u16			src;
	u32			id;
	struct kddm_set		*set;
};

static int ask_desc(struct kddm_net *kn, u16 src, u32 id,
		    struct kddm_set_desc *desc)
{
	struct wire_ask w = { .id = cpu_to_le32(id) };
	struct kddm_wire_desc reply;
	int ret, tries;

	for (tries = 0; tries < TELL_TRIES; tries++) {
		ret = kddm_rpc_call(kn, src, &svc_tell, &w, sizeof(w), &reply,
				    sizeof(reply), TELL_TIMEOUT);
		if (ret != -ENOMEM && ret != -EBUSY)
			break;
		msleep(TELL_DELAY);
	}
	if (ret < 0)
		return ret == -EBUSY ? -ENOMEM : ret;
	if (ret != sizeof(reply) || kddm_desc_from_wire(desc, &reply) ||
	    desc->id != id)
		return -EBADMSG;
	return 0;
}

static void ask_work(struct work_struct *work)
{
	struct ask *a = container_of(work, struct ask, work);
	struct kddm_set_desc desc;
	int err;

	err = ask_desc(a->kn, a->src, a->id, &desc);
	a->set = err ? ERR_PTR(err) : kddm_set_learn(a->kn, &desc, false);
	if (!IS_ERR(a->set))
		kddm_catalog_look(a->kn, FRESH_DELAY);
	complete(&a->done);
}

struct kddm_set *kddm_set_from(struct kddm_net *kn, u16 src, u32 id)
{
	struct kddm_set *set = kddm_set_find(kn, id);
	struct ask a = { .kn = kn, .src = src, .id = id };

	if (set)
		return set;
	if (id < KDDM_BUCKETS || src == kn->self || kddm_set_gone(kn, id))
		return ERR_PTR(-ENOENT);
	INIT_WORK_ONSTACK(&a.work, ask_work);
	init_completion(&a.done);
	queue_work(kn->catalog->wq, &a.work);
	wait_for_completion(&a.done);
	destroy_work_on_stack(&a.work);
	return a.set;
}

static void describe(const struct kddm_set *set, struct kddm_set_desc *desc)
{
	*desc = (struct kddm_set_desc) {
		.id = set->id,
		.size = set->size,
		.flags = set->flags,
		.hold = set->hold,
		.lost_timeout = set->lost_timeout,
		.replicas = set->replicas,
		.home = set->home,
		.mark = data_race(set->mark),	/* the bucket knows better */
	};
	strscpy(desc->name, set->name);
	strscpy(desc->linker, set->linker->name);
}

static int tell_handler(struct kddm_net *kn, u16 src, const void *req,
			size_t len, void *reply, size_t max)
{
	struct kddm_wire_desc w;
	struct kddm_set_desc desc;
	struct wire_ask ask;
	struct kddm_set *set;
	u32 id;

	if (len != sizeof(ask) || max < sizeof(w))
		return -EBADMSG;
	memcpy(&ask, req, sizeof(ask));
	id = le32_to_cpu(ask.id);
	set = id < KDDM_BUCKETS ? NULL : kddm_set_find(kn, id);
	if (!set)
		return -ENOENT;
	describe(set, &desc);
	kddm_set_unref(set);
	kddm_desc_to_wire(&w, &desc);
	memcpy(reply, &w, sizeof(w));
	return sizeof(w);
}

static struct kddm_rpc_service svc_tell = {
	.name		= "kddm-set-tell",
	.handler	= tell_handler,
	.direct		= true,
	.owner		= THIS_MODULE,
};

/* Comparing with the buckets */

/* The bucket, which is held, or in which there is nothing, says so. */
static int compare(struct kddm_set *set, const struct kddm_bucket *b)
{
	int i = b ? kddm_bucket_find(b, NULL, set->id) : -ENOENT;
	struct kddm_set_desc desc;
	struct kddm_set *same;

	if (i < 0) {
		kddm_set_retire(set);
		return 0;
	}
	kddm_bucket_get(b, i, &desc);
	if (kddm_catalog_mark_gone(set->kn, desc.id, &desc.mark))
		desc.mark.incarnation = 0;
	same = kddm_set_learn(set->kn, &desc, true);
	if (!IS_ERR(same))
		kddm_set_unref(same);
	return desc.mark.incarnation ? -EAGAIN : 0;
}

/* What was in the bucket is lost: then the sets that are here stay. */
static void keep(struct kddm_set *set)
{
	struct kddm_sets *sets = set->kn->sets;

	mutex_lock(&sets->lock);
	set->sure = true;
	set->mark.incarnation = 0;
	mutex_unlock(&sets->lock);
}

int kddm_catalog_verify(struct kddm_set *set)
{
	u32 nr = kddm_bucket_of_id(set->id);
	struct kddm_obj *obj;
	int err = 0;

	obj = kddm_catalog_take(set->kn, nr, false, KDDM_NOCREATE);
	if (obj == ERR_PTR(-ENOENT))
		return compare(set, NULL);
	if (obj == ERR_PTR(-EIO))
		keep(set);
	else if (IS_ERR(obj))
		err = PTR_ERR(obj);
	if (IS_ERR(obj))
		return err;
	err = compare(set, kddm_data(obj));
	kddm_put(obj);
	return err;
}

static bool is_clear(struct kddm_set *set)
{
	struct kddm_sets *sets = set->kn->sets;
	bool clear;

	mutex_lock(&sets->lock);
	clear = set->id < KDDM_BUCKETS ||
		(set->sure && !set->mark.incarnation);
	mutex_unlock(&sets->lock);
	return clear;
}

static bool verify_all(struct kddm_net *kn)
{
	struct kddm_set *set;
	bool again = false;
	u32 id = 0;

	while ((set = kddm_set_next(kn, &id))) {
		if (!is_clear(set))
			again |= kddm_catalog_verify(set);
		kddm_set_unref(set);
		if (!++id)
			break;
	}
	return again;
}

static bool undo_all(struct kddm_catalog *cat)
{
	bool again = false;
	unsigned long id;
	void *entry;

	xa_for_each(&cat->undo, id, entry) {
		if (READ_ONCE(cat->destroying) == id ||
		    !kddm_catalog_unmark(cat->kn, id))
			xa_erase(&cat->undo, id);
		else
			again = true;
	}
	return again;
}

static void verify_work(struct work_struct *work)
{
	struct kddm_catalog *cat = container_of(to_delayed_work(work),
						struct kddm_catalog, verify);
	bool again;

	again = undo_all(cat);
	again |= verify_all(cat->kn);
	if (again)
		kddm_catalog_look(cat->kn, AGAIN_DELAY);
}

void kddm_catalog_look(struct kddm_net *kn, unsigned long delay)
{
	struct delayed_work *work = &kn->catalog->verify;

	/* Never later than it is due; to be wrong is to look once more. */
	if (!delayed_work_pending(work) ||
	    time_before(jiffies + delay, READ_ONCE(work->timer.expires)))
		mod_delayed_work(kn->catalog->wq, work, delay);
}

/* A node that was apart: the others may have destroyed what it knows. */
static int service_event(struct notifier_block *nb, unsigned long service,
			 void *data)
{
	struct kddm_views *v = data;

	if (service != KDDM_SERVING || !READ_ONCE(v->apart) ||
	    !v->kn->catalog)
		return NOTIFY_DONE;
	kddm_sets_doubt(v->kn);
	kddm_catalog_look(v->kn, 0);
	return NOTIFY_DONE;
}

static struct notifier_block service_nb = { .notifier_call = service_event };

void kddm_learn_start(struct kddm_catalog *cat)
{
	INIT_DELAYED_WORK(&cat->verify, verify_work);
}

int kddm_learn_init(void)
{
	int err;

	err = kddm_rpc_register(&svc_tell);
	if (err)
		return err;
	err = kddm_views_register_notifier(&service_nb);
	if (err)
		kddm_rpc_unregister(&svc_tell);
	return err;
}

void kddm_learn_exit(void)
{
	kddm_views_unregister_notifier(&service_nb);
	kddm_rpc_unregister(&svc_tell);
}
