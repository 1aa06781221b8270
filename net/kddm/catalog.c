// SPDX-License-Identifier: GPL-2.0-only
/*
 * The catalog: creating, opening and destroying sets; catalog.h has the idea.
 *
 * Two RPC services: "kddm-set-mark" prepares the destruction of a set on a
 * node, or lifts that again, and waits for nothing; "kddm-set-end" has a node
 * read a bucket, and forget a set that is not there any more, which may take
 * its time.  Reading may wait for a change of the view, so it does one request
 * at a time, lest it keep recovery from its workers.
 */
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "catalog.h"
#include "linker.h"
#include "member.h"
#include "names.h"
#include "nodeset.h"
#include "object.h"
#include "rpc.h"
#include "set.h"
#include "trace.h"
#include "views.h"

#define CALL_TIMEOUT	(10 * HZ)
#define TAKE_TIMEOUT	(10 * HZ)
#define SUSPENDED_MAX	HZ	/* how long to wait for the end of that */
#define REPLICAS	3		/* of a bucket */
#define ERASE_TRIES	10
#define LOOK_DELAY	HZ
/* Memory is short on one of the two nodes: how long to wait for more, ms. */
#define SHORT_DELAY	20

enum set_op {
	OP_PREPARE = 1,
	OP_ABORT,
};

/*
 * Request of both services; @op is that of "kddm-set-mark", @id that of a set.
 */
struct wire_set {
	__le32	op;
	__le32	id;
	__le32	incarnation;
	__u8	force;
	__u8	reserved[3];
} __packed;

static struct kddm_rpc_service svc_mark, svc_end;

/* Buckets */

struct kddm_obj *kddm_catalog_take(struct kddm_net *kn, u32 nr, bool grab,
				   unsigned int flags)
{
	struct kddm_set *meta = kn->catalog->meta;
	struct kddm_obj *obj;
	int err;

	err = kddm_views_wait(kn, KDDM_CHANGING, &meta->dead, false,
			      SUSPENDED_MAX);
	if (err)
		return ERR_PTR(err == -ETIMEDOUT ? -EAGAIN : err);
	obj = kddm_obj_take(meta, nr, grab, flags, TAKE_TIMEOUT);
	if (IS_ERR(obj) || !kddm_bucket_check(kddm_data(obj), nr))
		return obj;
	kddm_obj_put(obj, TAKE_TIMEOUT);
	pr_err_ratelimited("kddm: node %u: bucket %u of set \"%s\" is broken\n",
			   kn->self, nr, meta->name);
	return ERR_PTR(-EBADMSG);
}

int kddm_catalog_list(struct kddm_net *kn, u32 nr, struct kddm_set_desc *desc)
{
	const struct kddm_bucket *b;
	struct kddm_obj *obj;
	u32 i, n;

	obj = kddm_catalog_take(kn, nr, false, KDDM_NOCREATE);
	if (obj == ERR_PTR(-ENOENT))
		return 0;
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	b = kddm_data(obj);
	n = kddm_bucket_count(b);
	for (i = 0; i < n; i++)
		kddm_bucket_get(b, i, &desc[i]);
	kddm_obj_put(obj, TAKE_TIMEOUT);
	return n;
}

/* Get or grab the bucket of a set that it has in it; *@i is where. */
static struct kddm_obj *take_with(struct kddm_net *kn, const char *name,
				  u32 id, bool grab, int *i)
{
	u32 nr = name ? kddm_bucket_of_name(name) : kddm_bucket_of_id(id);
	struct kddm_obj *obj;

	obj = kddm_catalog_take(kn, nr, grab, KDDM_NOCREATE);
	if (IS_ERR(obj))
		return obj;
	*i = kddm_bucket_find(kddm_data(obj), name, id);
	if (*i >= 0)
		return obj;
	kddm_obj_put(obj, TAKE_TIMEOUT);
	return ERR_PTR(*i);
}

int kddm_catalog_find(struct kddm_net *kn, const char *name, u32 id,
		      struct kddm_set_desc *desc)
{
	struct kddm_obj *obj;
	int i;

	obj = take_with(kn, name, id, false, &i);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	kddm_bucket_get(kddm_data(obj), i, desc);
	kddm_obj_put(obj, TAKE_TIMEOUT);
	return 0;
}

/* Marks */

static struct kddm_set_mark own_mark(const struct kddm_net *kn)
{
	return (struct kddm_set_mark) {
		.node = kn->self, .incarnation = kn->incarnation,
	};
}

bool kddm_catalog_mark_gone(struct kddm_net *kn, u32 id,
			    const struct kddm_set_mark *mark)
{
	const struct kddm_set_mark own = own_mark(kn);
	const struct kddm_member_id *m;
	const struct kddm_view *view;
	bool gone;

	if (kddm_mark_same(mark, &own))
		return READ_ONCE(kn->catalog->destroying) != id;
	rcu_read_lock();
	view = rcu_dereference(kn->views->members);
	m = view ? kddm_view_find(view, mark->node) : NULL;
	gone = !m || m->incarnation != mark->incarnation;
	rcu_read_unlock();
	return gone;
}

int kddm_catalog_unmark(struct kddm_net *kn, u32 id)
{
	const struct kddm_set_mark own = own_mark(kn), none = { };
	struct kddm_set_desc desc;
	struct kddm_obj *obj;
	int i;

	obj = take_with(kn, NULL, id, true, &i);
	if (obj == ERR_PTR(-ENOENT))
		return 0;
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	kddm_bucket_get(kddm_data(obj), i, &desc);
	if (kddm_mark_same(&desc.mark, &own))
		kddm_bucket_mark(kddm_data(obj), i, &none);
	return kddm_obj_put(obj, TAKE_TIMEOUT);
}

/* Creating */

/* Whether a set of that name is KDDM's. */
static bool is_own(const char *name)
{
	return !strcmp(name, KDDM_CATALOG_NAME) ||
	       !strcmp(name, KDDM_NAMES_NAME);
}

/* Whether the set could be made here. */
static int attr_ok(const struct kddm_set_attr *attr,
		   const struct kddm_set_desc *desc, const char *name)
{
	const struct kddm_linker *linker;

	if (!kddm_name_ok(attr->name) || !kddm_desc_in_limits(desc))
		return -EINVAL;
	if (is_own(attr->name))
		return -EEXIST;
	linker = kddm_name_ok(name) ? kddm_linker_get(name) : NULL;
	if (!linker)
		return -ENOENT;
	kddm_linker_put(linker);
	return 0;
}

/* Have a set, whose bucket is held, and a handle of it. */
static struct kddm_set *have(struct kddm_net *kn,
			     const struct kddm_set_desc *desc)
{
	struct kddm_set *set = kddm_set_learn(kn, desc, true);
	int err;

	if (IS_ERR(set))
		return set;
	err = kddm_set_hold(set);
	kddm_set_unref(set);
	return err ? ERR_PTR(err) : set;
}

/* In a bucket that is grabbed. */
static struct kddm_set *enter(struct kddm_net *kn, struct kddm_bucket *b,
			      u32 nr, struct kddm_set_desc *desc)
{
	struct kddm_set *set;
	int i;

	if (kddm_bucket_find(b, desc->name, 0) >= 0)
		return ERR_PTR(-EEXIST);
	i = kddm_bucket_add(b, nr, get_random_u32(), desc);
	if (i < 0)
		return ERR_PTR(i);
	set = have(kn, desc);
	if (IS_ERR(set))
		kddm_bucket_del(b, i);
	return set;
}

static struct kddm_set *create(struct kddm_net *kn, struct kddm_set_desc *desc)
{
	u32 nr = kddm_bucket_of_name(desc->name);
	struct kddm_set *set;
	struct kddm_obj *obj;
	int err;

	if (desc->home != KDDM_ANY_NODE &&
	    (desc->home >= KDDM_MAX_NODES ||
	     kddm_node_state(kn, desc->home) != KDDM_NODE_POSSIBLE))
		return ERR_PTR(-EHOSTDOWN);
	obj = kddm_catalog_take(kn, nr, true, 0);
	if (IS_ERR(obj))
		return ERR_CAST(obj);
	set = enter(kn, kddm_data(obj), nr, desc);
	err = kddm_obj_put(obj, TAKE_TIMEOUT);
	if (IS_ERR(set))
		return set;
	if (!err) {
		trace_kddm_set_change(kn->self, set->id, set->name,
				      KDDM_SET_MADE);
		return set;
	}
	/* The bucket has become another's; what is here is looked at later. */
	kddm_set_close(set);
	return ERR_PTR(err == -ESTALE ? -EAGAIN : err);
}

struct kddm_set *kddm_set_create(struct net *net,
				 const struct kddm_set_attr *attr)
{
	const char *linker = attr->linker ?: kddm_linker_memory.name;
	struct kddm_set_desc desc = {
		.size = attr->size,
		.flags = attr->flags,
		.hold = attr->hold,
		.lost_timeout = attr->lost_timeout,
		.replicas = attr->replicas,
		.home = attr->home,
	};
	struct kddm_set *set;
	struct kddm_net *kn;
	int err;

	err = attr_ok(attr, &desc, linker);
	if (err)
		return ERR_PTR(err);
	strscpy(desc.name, attr->name);
	strscpy(desc.linker, linker);
	kn = kddm_enter(net);
	if (IS_ERR(kn))
		return ERR_CAST(kn);
	set = create(kn, &desc);
	kddm_exit(kn);
	return set;
}
EXPORT_SYMBOL_GPL(kddm_set_create);

/* Opening */

static struct kddm_set *open_in_bucket(struct kddm_net *kn, const char *name,
				       u32 id)
{
	struct kddm_set_desc desc;
	struct kddm_set *set;
	struct kddm_obj *obj;
	int i;

	obj = take_with(kn, name, id, false, &i);
	if (IS_ERR(obj))
		return ERR_CAST(obj);
	kddm_bucket_get(kddm_data(obj), i, &desc);
	if (kddm_catalog_mark_gone(kn, desc.id, &desc.mark))
		desc.mark.incarnation = 0;
	set = desc.mark.incarnation ? ERR_PTR(-EBUSY) : have(kn, &desc);
	kddm_obj_put(obj, TAKE_TIMEOUT);
	return set;
}

/* By name or, if that is NULL, by id. */
static struct kddm_set *open_set(struct net *net, const char *name, u32 id)
{
	struct kddm_net *kn = kddm_enter(net);
	struct kddm_set *set;

	if (IS_ERR(kn))
		return ERR_CAST(kn);
	set = kddm_set_hold_known(kn, name, id);
	if (!set)
		set = open_in_bucket(kn, name, id);
	kddm_exit(kn);
	return set;
}

struct kddm_set *kddm_set_open(struct net *net, const char *name)
{
	if (!kddm_name_ok(name))
		return ERR_PTR(-ENOENT);
	if (is_own(name))
		return ERR_PTR(-EPERM);
	return open_set(net, name, 0);
}
EXPORT_SYMBOL_GPL(kddm_set_open);

struct kddm_set *kddm_set_open_id(struct net *net, u32 id)
{
	if (id == KDDM_CATALOG_ID || id == KDDM_NAMES_ID)
		return ERR_PTR(-EPERM);
	return open_set(net, NULL, id);
}
EXPORT_SYMBOL_GPL(kddm_set_open_id);

/* Destroying */

/*
 * Tell one node.  What has been decided (@decided) has to get there: lack of
 * memory, which says that it did not, is waited out for a while.
 */
static int tell(struct kddm_net *kn, u16 n, const struct kddm_rpc_service *svc,
		const struct wire_set *w, bool decided)
{
	unsigned long end = jiffies + CALL_TIMEOUT;
	int ret;

	for (;;) {
		ret = kddm_rpc_call(kn, n, svc, w, sizeof(*w), NULL, 0,
				    CALL_TIMEOUT);
		if (ret != -ENOMEM || !decided || time_after(jiffies, end))
			return ret;
		msleep(SHORT_DELAY);
	}
}

/* Ask all nodes whether the set can go; those that have it get into @have. */
static int prepare(struct kddm_net *kn, struct wire_set *w, u64 *have)
{
	u64 nodes[KDDM_MAX_NODES / 64] = { };
	int ret;
	u16 n;

	w->op = cpu_to_le32(OP_PREPARE);
	kddm_node_set(kn, KDDM_NODE_ONLINE, nodes);
	for (n = 0; n < KDDM_MAX_NODES; n++) {
		if (!nodeset_has(nodes, KDDM_MAX_NODES / 64, n))
			continue;
		ret = tell(kn, n, &svc_mark, w, false);
		/* An error need not mean that it has not done it. */
		if (ret != -ENOENT)
			nodeset_add(have, n);
		if (ret < 0 && ret != -ENOENT && ret != -EHOSTDOWN)
			return ret;
	}
	return 0;
}

/* What has been decided, for all that have the set. */
static void conclude(struct kddm_net *kn, struct wire_set *w,
		     const struct kddm_rpc_service *svc, const u64 *have)
{
	u16 n;

	w->op = cpu_to_le32(OP_ABORT);
	for (n = 0; n < KDDM_MAX_NODES; n++)
		if (nodeset_has(have, KDDM_MAX_NODES / 64, n))
			tell(kn, n, svc, w, true);
}

/* Mark a set as about to go; returns its id by @id. */
static int mark(struct kddm_net *kn, const char *name, u32 *id)
{
	const struct kddm_set_mark own = own_mark(kn);
	struct kddm_set_desc desc;
	struct kddm_obj *obj;
	int i, err = 0;

	obj = take_with(kn, name, 0, true, &i);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	kddm_bucket_get(kddm_data(obj), i, &desc);
	*id = desc.id;
	if (desc.mark.incarnation &&
	    !kddm_catalog_mark_gone(kn, *id, &desc.mark)) {
		err = -EBUSY;
	} else {
		WRITE_ONCE(kn->catalog->destroying, *id);
		kddm_bucket_mark(kddm_data(obj), i, &own);
	}
	kddm_obj_put(obj, TAKE_TIMEOUT);
	return err;
}

/*
 * Strike out the descriptor, which ends the set.  If the view has changed since
 * @epoch, the mark may have been taken for that of a node that is gone: all
 * have to be asked once more, -EAGAIN.
 */
static int erase(struct kddm_net *kn, u32 id, u32 epoch)
{
	const struct kddm_set_mark own = own_mark(kn);
	struct kddm_set_desc desc;
	struct kddm_obj *obj;
	int i, err = 0;

	obj = take_with(kn, NULL, id, true, &i);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	kddm_bucket_get(kddm_data(obj), i, &desc);
	if (!kddm_mark_same(&desc.mark, &own))
		err = -EBUSY;
	else if (READ_ONCE(kn->epoch) != epoch)
		err = -EAGAIN;
	else
		kddm_bucket_del(kddm_data(obj), i);
	return kddm_obj_put(obj, TAKE_TIMEOUT) ? -EAGAIN : err;
}

/* A set that this node has marked. */
static int destroy(struct kddm_net *kn, u32 id, bool force)
{
	u64 have[KDDM_MAX_NODES / 64] = { };
	struct wire_set w = {
		.id = cpu_to_le32(id),
		.incarnation = cpu_to_le32(kn->incarnation),
		.force = force,
	};
	int err = -EAGAIN, tries;
	u32 epoch;

	for (tries = 0; err == -EAGAIN && tries < ERASE_TRIES; tries++) {
		epoch = READ_ONCE(kn->epoch);
		err = prepare(kn, &w, have);
		if (!err)
			err = erase(kn, id, epoch);
	}
	if (!err) {
		conclude(kn, &w, &svc_end, have);
		return 0;
	}
	conclude(kn, &w, &svc_mark, have);
	WRITE_ONCE(kn->catalog->destroying, 0);
	if (kddm_catalog_unmark(kn, id)) {
		/* Killed, perhaps: somebody else has to do it. */
		xa_store(&kn->catalog->undo, id, xa_mk_value(1),
			 GFP_NOFS | __GFP_NOFAIL);
		kddm_catalog_look(kn, LOOK_DELAY);
	}
	return err;
}

static int mark_and_destroy(struct kddm_net *kn, const char *name, bool force)
{
	struct kddm_catalog *cat = kn->catalog;
	int err;
	u32 id;

	err = mutex_lock_killable(&cat->destroy);
	if (err)
		return err;
	err = mark(kn, name, &id);
	if (!err)
		err = destroy(kn, id, force);
	if (!err)
		trace_kddm_set_change(kn->self, id, name, KDDM_SET_UNMADE);
	WRITE_ONCE(cat->destroying, 0);
	mutex_unlock(&cat->destroy);
	return err;
}

int kddm_set_destroy(struct net *net, const char *name, bool force)
{
	struct kddm_net *kn;
	int err;

	if (!kddm_name_ok(name))
		return -ENOENT;
	if (is_own(name))
		return -EPERM;
	kn = kddm_enter(net);
	if (IS_ERR(kn))
		return PTR_ERR(kn);
	err = mark_and_destroy(kn, name, force);
	kddm_exit(kn);
	return err;
}
EXPORT_SYMBOL_GPL(kddm_set_destroy);

/* The services */

static int mark_handler(struct kddm_net *kn, u16 src, const void *req,
			size_t len, void *reply, size_t max)
{
	const struct wire_set *w = req;
	struct kddm_set_mark mark;
	int err;
	u32 id;

	if (len != sizeof(*w) || !w->incarnation)
		return -EBADMSG;
	id = le32_to_cpu(w->id);
	if (id < KDDM_BUCKETS)
		return -EBADMSG;
	mark.node = src;
	mark.incarnation = le32_to_cpu(w->incarnation);
	switch (le32_to_cpu(w->op)) {
	case OP_PREPARE:
		err = kddm_set_prepare(kn, id, w->force, &mark);
		/* If nothing more is heard of it, the bucket knows. */
		if (!err)
			kddm_catalog_look(kn, LOOK_DELAY);
		return err;
	case OP_ABORT:
		kddm_set_abort(kn, id, &mark);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int end_handler(struct kddm_net *kn, u16 src, const void *req,
		       size_t len, void *reply, size_t max)
{
	const struct wire_set *w = req;
	struct kddm_set *set;
	int err;

	if (len != sizeof(*w) || le32_to_cpu(w->id) < KDDM_BUCKETS)
		return -EBADMSG;
	set = kddm_set_find(kn, le32_to_cpu(w->id));
	if (!set)
		return -ENOENT;
	err = kddm_catalog_verify(set);
	kddm_set_unref(set);
	return err;
}

static struct kddm_rpc_service svc_mark = {
	.name		= "kddm-set-mark",
	.handler	= mark_handler,
	.ordered	= true,		/* PREPARE before ABORT */
	.owner		= THIS_MODULE,
};

static struct kddm_rpc_service svc_end = {
	.name		= "kddm-set-end",
	.handler	= end_handler,
	.ordered	= true,
	.owner		= THIS_MODULE,
};

/* Life */

int kddm_catalog_start(struct kddm_net *kn)
{
	const struct kddm_set_desc desc = {
		.id = KDDM_CATALOG_ID,
		.name = KDDM_CATALOG_NAME,
		.linker = "memory",
		.size = KDDM_BUCKET_SIZE,
		.home = KDDM_ANY_NODE,
		.replicas = REPLICAS,
	};
	struct kddm_catalog *cat;
	int err = -ENOMEM;

	cat = kzalloc_obj(*cat);
	if (!cat)
		return -ENOMEM;
	cat->wq = alloc_workqueue("kddm_catalog", WQ_UNBOUND | WQ_MEM_RECLAIM,
				  0);
	if (!cat->wq)
		goto free_cat;
	cat->kn = kn;
	mutex_init(&cat->destroy);
	xa_init(&cat->undo);
	kddm_learn_start(cat);
	cat->meta = kddm_set_learn(kn, &desc, true);
	if (IS_ERR(cat->meta)) {
		err = PTR_ERR(cat->meta);
		goto free_wq;
	}
	kn->catalog = cat;
	return 0;

free_wq:
	destroy_workqueue(cat->wq);
free_cat:
	kfree(cat);
	return err;
}

void kddm_catalog_stop(struct kddm_net *kn)
{
	struct kddm_catalog *cat = kn->catalog;

	kddm_set_retire(cat->meta);
	disable_delayed_work_sync(&cat->verify);
	kddm_set_unref(cat->meta);
	destroy_workqueue(cat->wq);
	xa_destroy(&cat->undo);
	kn->catalog = NULL;
	kfree(cat);
}

int kddm_catalog_init(void)
{
	int err;

	err = kddm_rpc_register(&svc_mark);
	if (err)
		return err;
	err = kddm_rpc_register(&svc_end);
	if (err)
		goto mark;
	err = kddm_learn_init();
	if (err)
		goto end;
	return 0;

end:
	kddm_rpc_unregister(&svc_end);
mark:
	kddm_rpc_unregister(&svc_mark);
	return err;
}

void kddm_catalog_exit(void)
{
	kddm_learn_exit();
	kddm_rpc_unregister(&svc_end);
	kddm_rpc_unregister(&svc_mark);
}
