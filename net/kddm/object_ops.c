// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects: what is made of get, grab and put.
 *
 * A flush of an owned object asks another node to grab it: so it moves by the
 * protocol's own rules.  A sync brings the contents to the object's home, where
 * the device is, while a reader here keeps writers away; so the contents of an
 * object arrive there in the order of their versions.  Both are calls of the
 * RPC service "kddm-object".
 */
#include <linux/export.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "catalog.h"
#include "linker.h"
#include "member.h"
#include "object.h"
#include "rpc.h"
#include "views.h"

#define PREFETCH_MAX	1024		/* under way, per set and node */
#define TAKE_TIMEOUT	(5 * HZ)
#define CALL_TIMEOUT	(10 * HZ)

enum obj_op {
	OP_TAKE = 1,
	OP_SYNC,
	OP_GIVE_UP,
	OP_COPY,
};

struct wire_op {
	__le32	op;
	__le32	set;
	__le64	objid;
	u8	data[];
} __packed;

static struct kddm_rpc_service svc_object;

/* Prefetch */

static bool is_here(struct kddm_obj *obj, bool grab)
{
	return !obj->busy && kddm_co_has_data(&obj->co) &&
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
	err = PTR_ERR_OR_ZERO(kddm_obj_line_up(set, id, w));
	if (!err)
		return 0;
	kfree(w);
dec:
	atomic_dec(&set->prefetches);
	return err;
}

int kddm_prefetch(struct kddm_set *set, u64 id, bool grab)
{
	return kddm_obj_prefetch(set, id, grab, 0);
}
EXPORT_SYMBOL_GPL(kddm_prefetch);

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

/* Flush */

static u16 first_bit(const u64 *set, u16 words)
{
	u16 i;

	for (i = 0; i < words; i++)
		if (set[i])
			return i * 64 + __ffs64(set[i]);
	return KDDM_NODE_NONE;
}

static void only_members(struct kddm_net *kn, u64 *nodes)
{
	u16 n;

	for (n = 0; n < KDDM_MAX_NODES; n++)
		if (nodes[n / 64] & BIT_ULL(n % 64) &&
		    !kddm_views_member(kn, n))
			nodes[n / 64] &= ~BIT_ULL(n % 64);
}

/* Who should have the object: who has a copy, or home, or anybody. */
static u16 heir(struct kddm_obj *obj)
{
	u64 up[KDDM_MAX_NODES / 64] = { };
	struct kddm_set *set = obj->set;
	struct kddm_net *kn = set->kn;
	u16 i, words = 0;

	kddm_node_set(kn, KDDM_NODE_POSSIBLE, up);
	up[kn->self / 64] &= ~BIT_ULL(kn->self % 64);
	only_members(kn, up);
	if (obj->co.x)
		words = obj->co.x->words;
	for (i = 0; i < words; i++) {
		u64 both = up[i] & obj->co.x->bits[i];

		if (both)
			return i * 64 + __ffs64(both);
	}
	if (up[obj->home / 64] & BIT_ULL(obj->home % 64))
		return obj->home;
	return first_bit(up, KDDM_MAX_NODES / 64);
}

/* Who wants to get rid of an object does not hold it. */
static void give_up_hold(struct kddm_obj *obj)
{
	struct kddm_co_event run = { .type = KDDM_EV_RUN };

	if (obj->co.state != KDDM_CO_OWNER || obj->co.readers ||
	    !kddm_obj_held(obj))
		return;
	kddm_obj_hold_end(obj);
	kddm_obj_event(obj, &run, NULL);	/* who waits shall have it */
}

/*
 * Drop a copy.  Returns 0: it is gone, or never was; 1: this node is the owner,
 * and *@node, if it was any, is who should have the object; or an error.
 */
static int let_go(struct kddm_set *set, u64 id, u16 *node)
{
	struct kddm_co_event ev = { .type = KDDM_EV_DROP };
	struct kddm_obj *obj = kddm_obj_lock(set, id);
	int err = 0;

	if (!obj)
		return 0;
	kddm_obj_begin(obj);
	give_up_hold(obj);
	if (kddm_co_has_data(&obj->co) && kddm_co_owns(&obj->co)) {
		err = obj->co.state == KDDM_CO_OWNER && !obj->co.readers ?
		      1 : -EBUSY;
		if (*node == KDDM_ANY_NODE)
			*node = heir(obj);
	} else if (obj->co.state == KDDM_CO_SHARED && !obj->adrift) {
		err = kddm_obj_event(obj, &ev, NULL);
	} else if (kddm_co_has_data(&obj->co)) {
		err = -EBUSY;
	}
	kddm_obj_end(obj);
	kddm_kick(set->kn, kddm_obj_channel(id));
	return err;
}

int kddm_flush(struct kddm_set *set, u64 id, u16 node)
{
	struct wire_op w = {
		.op = cpu_to_le32(OP_TAKE),
		.set = cpu_to_le32(set->id),
		.objid = cpu_to_le64(id),
	};
	struct kddm_net *kn = set->kn;
	int err;

	if (id > ULONG_MAX)
		return -ERANGE;
	if (node != KDDM_ANY_NODE &&
	    (node == kn->self ||
	     kddm_node_state(kn, node) != KDDM_NODE_POSSIBLE))
		return -EHOSTDOWN;
	err = let_go(set, id, &node);
	if (err <= 0)
		return err;
	if (node == KDDM_NODE_NONE)
		return -EHOSTDOWN;
	err = kddm_rpc_call(kn, node, &svc_object, &w, sizeof(w), NULL, 0,
			    CALL_TIMEOUT);
	/* Another node may have been faster, or it is in use only there. */
	if (err == -EBUSY && !let_go(set, id, &node))
		return 0;
	/* Removed meanwhile: it is not here any more either. */
	return err == -ENOENT || err > 0 ? 0 : err;
}
EXPORT_SYMBOL_GPL(kddm_flush);

int kddm_flush_set(struct kddm_set *set, u16 node)
{
	unsigned long i = 0;
	struct kddm_obj *obj;
	int err, first = 0;

	while ((obj = kddm_obj_next(set, &i))) {
		kddm_obj_end(obj);
		err = kddm_flush(set, i, node);
		if (err && !first)
			first = err;
		if (err && err != -EBUSY)
			break;
		if (i++ == ULONG_MAX)
			break;
		cond_resched();
	}
	return first;
}
EXPORT_SYMBOL_GPL(kddm_flush_set);

/* For another node: take the object as its owner, or a copy. */
static int take(struct kddm_set *set, u64 id, bool grab, unsigned int flags)
{
	struct kddm_obj *obj;

	obj = kddm_obj_take(set, id, grab, KDDM_NOCREATE | flags,
			    TAKE_TIMEOUT);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	return kddm_put(obj);
}

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
	*len = struct_size(w, data, kddm_obj_read(obj, w->data));
	return w;
}

int kddm_obj_sync(struct kddm_set *set, u64 id, long timeout)
{
	struct kddm_net *kn = set->kn;
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
	if (w)
		err = kddm_rpc_call(kn, obj->home, &svc_object, w, len, NULL,
				    0, CALL_TIMEOUT);
	else
		err = -ENOMEM;
	kvfree(w);
put:
	kddm_put(obj);
	return min(err, 0);
}

int kddm_sync(struct kddm_set *set, u64 id)
{
	return kddm_obj_sync(set, id, MAX_SCHEDULE_TIMEOUT);
}
EXPORT_SYMBOL_GPL(kddm_sync);

static int store(struct kddm_set *set, u64 id, const void *buf, u32 len)
{
	if (kddm_obj_home(set, id) != set->kn->self)
		return -EBADMSG;
	if (set->linker->export ? len > set->size : len != set->size)
		return -EBADMSG;
	return set->linker->sync ? set->linker->sync(set, id, buf, len) : 0;
}

/* Giving up what is lost */

/* At home. */
static int renew(struct kddm_set *set, u64 id)
{
	struct kddm_obj *obj = kddm_obj_lock(set, id);
	bool lost = false;

	if (!obj)
		return 0;
	kddm_obj_begin(obj);
	if (!obj->adrift)
		lost = kddm_recover_renew(&obj->co);
	kddm_obj_end(obj);
	if (lost && set->linker->sync)
		pr_notice_ratelimited("kddm: object %llu of set \"%s\" is made anew from what is stored\n",
				      id, set->name);
	return 0;
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
	info->valid = kddm_co_has_data(co);
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
	set = kddm_set_from(kn, src, le32_to_cpu(w->set));
	if (IS_ERR(set))
		return set == ERR_PTR(-ENOENT) ? -ESHUTDOWN : PTR_ERR(set);
	switch (le32_to_cpu(w->op)) {
	case OP_TAKE:
		err = take(set, id, true, KDDM_TRY);
		break;
	case OP_COPY:
		err = take(set, id, false, 0);
		break;
	case OP_SYNC:
		err = store(set, id, w->data, len - sizeof(*w));
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
