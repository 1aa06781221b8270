// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects: what is made of get, grab and put.
 *
 * A sync brings the contents to the object's home, where the device is, while a
 * reader here keeps writers away; so the contents of an object arrive there in
 * the order of their versions, but for those of a reader who was killed.  A
 * push has another node get the object.  Both are calls of the RPC service
 * "kddm-object".
 *
 * When memory is short, home stores what it owns by itself, and frees it: the
 * object is away, until somebody wants it (kddm_obj_recall()).
 */
#include <linux/export.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "catalog.h"
#include "linker.h"
#include "member.h"
#include "object.h"
#include "rpc.h"
#include "views.h"

#define PREFETCH_MAX	1024		/* under way, per set and node */
#define PREFETCH_BURST	64		/* requests that are sent at a time */
#define COPY_TIMEOUT	(5 * HZ)
#define CALL_TIMEOUT	(10 * HZ)

enum obj_op {
	OP_SYNC = 1,
	OP_GIVE_UP,
	OP_COPY,
};

/* @version: OP_SYNC: of the contents that follow */
struct wire_op {
	__le32	op;
	__le32	set;
	__le64	objid;
	__le64	version;
	u8	data[];
} __packed;

static struct kddm_rpc_service svc_object;

/* Prefetch */

static bool is_here(struct kddm_obj *obj, bool grab)
{
	return !obj->busy && !obj->away && kddm_co_has_data(&obj->co) &&
	       (!grab || kddm_co_owns(&obj->co));
}

static bool is_here_id(struct kddm_set *set, u64 id, bool grab)
{
	struct kddm_obj *obj = kddm_obj_lock(set, id);
	bool here = false;

	if (obj) {
		here = is_here(obj, grab);
		kddm_obj_release(obj);
	}
	return here;
}

int kddm_obj_prefetch(struct kddm_set *set, u64 id, bool grab, u8 flags)
{
	struct kddm_obj_waiter *w;
	int err = -EAGAIN;

	if (id > ULONG_MAX)
		return -ERANGE;
	if (READ_ONCE(set->dead))
		return -ESHUTDOWN;
	grab |= set->flags & KDDM_SET_EXCLUSIVE;
	if (is_here_id(set, id, grab))
		return 0;
	if (atomic_inc_return(&set->prefetches) > PREFETCH_MAX)
		goto dec;
	err = -ENOMEM;
	w = kzalloc_obj(*w, GFP_NOFS);
	if (!w)
		goto dec;
	w->grab = grab;
	w->async = true;
	w->flags = flags;
	err = PTR_ERR_OR_ZERO(kddm_obj_line_up(set, id, w, false, 0));
	if (!err)
		return 0;
	kfree(w);
dec:
	atomic_dec(&set->prefetches);
	return err;
}

int kddm_prefetch(struct kddm_set *set, u64 id, bool grab)
{
	int err = kddm_obj_prefetch(set, id, grab, 0);

	kddm_kick(set->kn, kddm_obj_channel(id));
	return err;
}
EXPORT_SYMBOL_GPL(kddm_prefetch);

int kddm_prefetch_range(struct kddm_set *set, u64 first, u32 count, bool grab)
{
	int err = 0;
	u32 i;

	if (count && first > ULONG_MAX - (count - 1))
		return -ERANGE;
	for (i = 0; i < count && !err; i++) {
		err = kddm_obj_prefetch(set, first + i, grab, 0);
		if (i % PREFETCH_BURST == PREFETCH_BURST - 1)
			kddm_kick_all(set->kn);
		cond_resched();
	}
	kddm_kick_all(set->kn);
	return err;
}
EXPORT_SYMBOL_GPL(kddm_prefetch_range);

/* A first value */

int kddm_set_value(struct kddm_set *set, u64 id, const void *data, u32 len)
{
	struct kddm_obj *obj;
	int err;

	if (len > set->size)
		return -EINVAL;
	obj = kddm_grab(set, id, KDDM_EXCL);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	err = kddm_obj_write(obj, data, len);
	if (!err)
		return kddm_put(obj);
	kddm_remove_held(obj);
	return err;
}
EXPORT_SYMBOL_GPL(kddm_set_value);

/* Push */

int kddm_push(struct kddm_set *set, u64 id, u16 node)
{
	struct wire_op w = {
		.op = cpu_to_le32(OP_COPY),
		.set = cpu_to_le32(set->id),
		.objid = cpu_to_le64(id),
	};
	int err;

	if (id > ULONG_MAX)
		return -ERANGE;
	if (READ_ONCE(set->dead))
		return -ESHUTDOWN;
	err = kddm_rpc_call(set->kn, node, &svc_object, &w, sizeof(w), NULL, 0,
			    CALL_TIMEOUT);
	return min(err, 0);
}
EXPORT_SYMBOL_GPL(kddm_push);

/* For another node, which wants that there is a copy here. */
static int copy(struct kddm_set *set, u64 id)
{
	struct kddm_obj *obj;

	obj = kddm_obj_take(set, id, false, KDDM_NOCREATE, COPY_TIMEOUT);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	return kddm_obj_put(obj, COPY_TIMEOUT);
}

/* Sync */

/* The contents behind the head of a request; *@len is that of both. */
static struct wire_op *sync_msg(struct kddm_set *set, struct kddm_obj *obj,
				u32 *len)
{
	struct wire_op *w = kvmalloc(struct_size(w, data, set->size), GFP_NOFS);

	if (!w)
		return NULL;
	w->op = cpu_to_le32(OP_SYNC);
	w->set = cpu_to_le32(set->id);
	w->objid = cpu_to_le64(obj->id);
	w->version = cpu_to_le64(kddm_version(obj));
	*len = struct_size(w, data, kddm_obj_read(obj, w->data));
	return w;
}

/*
 * Again, if home is about to be another one: then it is known here soon.  Or
 * if home has a later version: recovery may have given it to the same contents.
 * Or if it has too many requests.
 */
static int call_home(struct kddm_obj *obj, struct wire_op *w, u32 len)
{
	unsigned long end = jiffies + CALL_TIMEOUT;
	int err;

	for (;;) {
		err = kddm_rpc_call(obj->set->kn, READ_ONCE(obj->home),
				    &svc_object, w, len, NULL, 0, CALL_TIMEOUT);
		if ((err != -EAGAIN && err != -ESTALE && err != -EBUSY) ||
		    time_after(jiffies, end))
			return err;
		w->version = cpu_to_le64(kddm_version(obj));
		schedule_timeout_killable(1);
		if (fatal_signal_pending(current))
			return -EINTR;
	}
}

int kddm_obj_sync(struct kddm_set *set, u64 id, long timeout)
{
	struct kddm_obj *obj;
	struct wire_op *w;
	int err = 0;
	u32 len;

	obj = kddm_obj_take(set, id, false, KDDM_NOCREATE, timeout);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	if (!set->linker->sync)
		goto put;
	w = sync_msg(set, obj, &len);
	err = w ? call_home(obj, w, len) : -ENOMEM;
	kvfree(w);
put:
	kddm_obj_put(obj, timeout);
	return min(err, 0);
}

int kddm_sync(struct kddm_set *set, u64 id)
{
	return kddm_obj_sync(set, id, MAX_SCHEDULE_TIMEOUT);
}
EXPORT_SYMBOL_GPL(kddm_sync);

/* Busy.  Whether home owns what was put later. */
static bool is_past(const struct kddm_obj *obj, u64 version)
{
	return obj->co.state != KDDM_CO_VOID && kddm_co_owns(&obj->co) &&
	       obj->co.version > version;
}

/* Whether contents come too late: the sender was killed, or is apart. */
static bool is_late(struct kddm_set *set, u64 id, u64 version)
{
	struct kddm_obj *obj = kddm_obj_lock(set, id);
	bool late;

	if (!obj)
		return false;
	kddm_obj_begin(obj);
	late = is_past(obj, version);
	kddm_obj_end(obj);
	return late;
}

static int store(struct kddm_set *set, u64 id, u64 version, const void *buf,
		 u32 len)
{
	int err = -ESTALE;

	if (set->linker->export ? len > set->size : len != set->size)
		return -EBADMSG;
	/* Who asks has not heard of the view that this node knows, or will. */
	if (kddm_obj_home(set, id) != set->kn->self)
		return -EAGAIN;
	if (!set->linker->sync)
		return 0;
	mutex_lock(&set->storing);
	if (!is_late(set, id, version))
		err = kddm_linker_sync(set, id, buf, len);
	mutex_unlock(&set->storing);
	return err;
}

/* Memory is short */

bool kddm_set_stores(const struct kddm_set *set)
{
	return set->linker->sync && set->linker->first_touch &&
	       set->flags & KDDM_SET_TOUCH_HOME &&
	       set->home != KDDM_ANY_NODE && set->replicas <= 1;
}

/* Busy: nobody is inside, nobody wants in, and no other node does. */
static bool is_at_rest(const struct kddm_obj *obj)
{
	const struct kddm_co *co = &obj->co;

	return co->state == KDDM_CO_OWNER && co->want == KDDM_WANT_NONE &&
	       !co->readers && !(co->x && co->x->qlen) && !obj->adrift &&
	       !obj->raw && !obj->away && list_empty(&obj->waiters);
}

static int write_back(struct kddm_obj *obj)
{
	struct kddm_obj_msg m = { };
	void *buf = kddm_obj_contents(obj, &m);
	int err = kddm_linker_sync(obj->set, obj->id, m.data, m.len);

	kvfree(buf);
	return err;
}

/* With @set->storing, so that who has the object busy need not wait for it. */
static int put_away(struct kddm_set *set, u64 id)
{
	struct kddm_obj *obj = kddm_obj_lock(set, id);
	int err = -EBUSY;

	if (!obj)
		return -ENOENT;
	kddm_obj_begin(obj);
	if (is_at_rest(obj))
		err = write_back(obj);
	if (!err) {
		kddm_obj_drop_data(obj);
		obj->away = 1;
	}
	kddm_obj_end(obj);
	return err;
}

int kddm_obj_put_away(struct kddm_set *set, u64 id)
{
	int err;

	mutex_lock(&set->storing);
	err = put_away(set, id);
	mutex_unlock(&set->storing);
	return err;
}

/* Giving up what is lost */

/*
 * Busy.  What is stored and cannot be read is zero from now on; -ENOMEM.
 */
static int renew_contents(struct kddm_obj *obj)
{
	int err = kddm_obj_recall(obj);

	if (!err || err == -ENOMEM)
		return err;
	pr_notice_ratelimited("kddm: object %llu of set \"%s\" cannot be read: %d, its contents are given up\n",
			      obj->id, obj->set->name, err);
	return kddm_obj_blank(obj);
}

/* Busy.  There is no object any more, but for what is stored. */
static void renew_lost(struct kddm_obj *obj)
{
	if (!kddm_recover_renew(&obj->co))
		return;
	kddm_obj_trace_given_up(obj);
	if (obj->set->linker->sync)
		pr_notice_ratelimited("kddm: object %llu of set \"%s\" is made anew from what is stored\n",
				      obj->id, obj->set->name);
}

/* At home. */
static int renew(struct kddm_set *set, u64 id)
{
	struct kddm_obj *obj = kddm_obj_lock(set, id);
	int err = 0;

	if (!obj)
		return 0;
	kddm_obj_begin(obj);
	if (obj->away)
		err = renew_contents(obj);
	else if (!obj->adrift)
		renew_lost(obj);
	kddm_obj_end(obj);
	return err;
}

int kddm_obj_give_up(struct kddm_set *set, u64 id)
{
	struct wire_op w = {
		.op = cpu_to_le32(OP_GIVE_UP),
		.set = cpu_to_le32(set->id),
		.objid = cpu_to_le64(id),
	};
	int err;

	err = kddm_rpc_call(set->kn, kddm_obj_home(set, id), &svc_object, &w,
			    sizeof(w), NULL, 0, CALL_TIMEOUT);
	return min(err, 0);
}

/* Walk */

static void fill_info(struct kddm_obj *obj, struct kddm_obj_info *info)
{
	const struct kddm_co *co = &obj->co;

	info->id = obj->id;
	info->version = co->version;
	info->owner = kddm_co_owns(co);
	info->valid = kddm_co_has_data(co) && !obj->away;
	info->users = co->readers + (co->state == KDDM_CO_WRITER);
}

int kddm_walk(struct kddm_set *set, u64 from,
	      int (*fn)(const struct kddm_obj_info *info, void *arg),
	      void *arg)
{
	unsigned long i = from;
	struct kddm_obj_info info;
	struct kddm_obj *obj;
	int ret;

	if (READ_ONCE(set->dead))
		return -ESHUTDOWN;
	if (from > ULONG_MAX)
		return 0;
	while ((obj = kddm_obj_next(set, &i))) {
		fill_info(obj, &info);
		kddm_obj_end(obj);
		ret = fn(&info, arg);
		if (ret)
			return ret;
		if (i++ == ULONG_MAX)
			break;
		cond_resched();
	}
	return 0;
}
EXPORT_SYMBOL_GPL(kddm_walk);

/* The service */

static int object_handler(struct kddm_net *kn, u16 src, const void *req,
			  size_t len, void *reply, size_t max)
{
	const struct wire_op *w = req;
	struct kddm_set *set;
	int err = -ENOENT;
	u64 id;

	if (len < sizeof(*w))
		return -EBADMSG;
	id = le64_to_cpu(w->objid);
	if (id > ULONG_MAX)
		return -ERANGE;
	set = kddm_set_from(kn, src, le32_to_cpu(w->set));
	if (IS_ERR(set))
		return set == ERR_PTR(-ENOENT) ? -ESHUTDOWN : PTR_ERR(set);
	switch (le32_to_cpu(w->op)) {
	case OP_COPY:
		err = copy(set, id);
		break;
	case OP_SYNC:
		err = store(set, id, le64_to_cpu(w->version), w->data,
			    len - sizeof(*w));
		break;
	case OP_GIVE_UP:
		err = renew(set, id);
		break;
	default:
		err = -EOPNOTSUPP;
	}
	kddm_set_unref(set);
	return err;
}

static struct kddm_rpc_service svc_object = {
	.name		= "kddm-object",
	.handler	= object_handler,
	.owner		= THIS_MODULE,
};

int kddm_obj_ops_init(void)
{
	return kddm_rpc_register(&svc_object);
}

void kddm_obj_ops_exit(void)
{
	kddm_rpc_unregister(&svc_object);
}
