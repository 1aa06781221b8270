// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control interface: what this node knows of objects.
 *
 * A set is not locked while its objects are looked at, one after the other;
 * each is locked for as long as it takes to copy a few fields.  What somebody
 * works on at that moment is only said to be busy.
 */
#include <linux/bitops.h>
#include <linux/delay.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <net/sock.h>
#include "main.h"
#include "netlink.h"
#include "netlink-gen.h"
#include "object.h"
#include "set.h"

/* The numbers of the interface are those inside, plus one. */
static_assert(KDDM_CO_INVALID + 1 == (int)KDDM_OBJECT_STATE_INVALID);
static_assert(KDDM_CO_SHARED + 1 == (int)KDDM_OBJECT_STATE_SHARED);
static_assert(KDDM_CO_OWNER + 1 == (int)KDDM_OBJECT_STATE_OWNER);
static_assert(KDDM_CO_NR_STATES == (int)KDDM_OBJECT_STATE_PUSH);

#define QUEUE_SHOWN	64
#define BUSY_TRIES	20
#define WORDS		(KDDM_MAX_NODES / 64)

/**
 * struct look - what was seen of an object
 * @id: its number
 * @version: of the data
 * @readers: inside
 * @hint: probable owner, or KDDM_NODE_NONE
 * @home: its home
 * @copies: nodes in the copyset
 * @queued: requests that wait
 * @state: enum kddm_co_state
 * @busy: nothing but @id and @home is known
 * @waiting: local users wait
 * @has_copies: @copies is known
 */
struct look {
	u64	id;
	u64	version;
	u32	readers;
	u16	hint;
	u16	home;
	u16	copies;
	u16	queued;
	u8	state;
	bool	busy;
	bool	waiting;
	bool	has_copies;
};

/**
 * struct details - what is only told of one object
 * @copyset: nodes that have copies
 * @queue: the first requests that wait
 */
struct details {
	u64			copyset[WORDS];
	struct kddm_co_req	queue[QUEUE_SHOWN];
};

/* The copyset, if the object's state is one that has it. */
static bool look_copyset(const struct kddm_co *co, struct look *l,
			 struct details *d)
{
	u16 i;

	if (co->state != KDDM_CO_OWNER && co->state != KDDM_CO_WRITER)
		return false;
	for (i = 0; co->x && !co->past && i < co->x->words; i++) {
		l->copies += hweight64(co->x->bits[i]);
		if (d)
			d->copyset[i] = co->x->bits[i];
	}
	return true;
}

/* Look at a locked object; @d may be NULL. */
static void look(struct kddm_obj *obj, struct look *l, struct details *d)
{
	const struct kddm_co *co = &obj->co;

	lockdep_assert_held(&obj->lock);
	memset(l, 0, sizeof(*l));
	l->id = obj->id;
	l->home = obj->home;
	l->busy = obj->busy;
	if (l->busy)
		return;
	l->version = co->version;
	l->readers = co->readers;
	l->hint = kddm_co_owns(co) ? KDDM_NODE_NONE : co->hint;
	l->state = co->state;
	l->waiting = !list_empty(&obj->waiters);
	l->has_copies = look_copyset(co, l, d);
	if (!co->x)
		return;
	l->queued = co->x->qlen;
	if (d)
		memcpy(d->queue, kddm_co_queue(co->x),
		       min(l->queued, QUEUE_SHOWN) * sizeof(d->queue[0]));
}

static int put_look(struct sk_buff *skb, const struct look *l)
{
	if (nla_put_uint(skb, KDDM_A_ENTRY_ID, l->id) ||
	    nla_put_uint(skb, KDDM_A_ENTRY_HOME, l->home))
		return -EMSGSIZE;
	if (l->busy)
		return nla_put_flag(skb, KDDM_A_ENTRY_BUSY);
	if (nla_put_uint(skb, KDDM_A_ENTRY_STATE, l->state + 1) ||
	    nla_put_uint(skb, KDDM_A_ENTRY_VERSION, l->version) ||
	    nla_put_uint(skb, KDDM_A_ENTRY_READERS, l->readers) ||
	    (l->waiting && nla_put_flag(skb, KDDM_A_ENTRY_WAITING)) ||
	    (l->hint != KDDM_NODE_NONE &&
	     nla_put_uint(skb, KDDM_A_ENTRY_HINT, l->hint)) ||
	    (l->has_copies &&
	     nla_put_uint(skb, KDDM_A_ENTRY_COPIES, l->copies)) ||
	    nla_put_uint(skb, KDDM_A_ENTRY_QUEUED, l->queued))
		return -EMSGSIZE;
	return 0;
}

static int put_queue(struct sk_buff *skb, const struct look *l,
		     const struct details *d)
{
	const struct kddm_co_req *r;
	struct nlattr *nest;

	for (r = d->queue; r < d->queue + min(l->queued, QUEUE_SHOWN); r++) {
		nest = nla_nest_start(skb, KDDM_A_ENTRY_WAITER);
		if (!nest || nla_put_uint(skb, KDDM_A_WAITER_NODE, r->node) ||
		    (r->grab && nla_put_flag(skb, KDDM_A_WAITER_GRAB)) ||
		    nla_put_uint(skb, KDDM_A_WAITER_HOPS, r->hops))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	return 0;
}

static int put_details(struct sk_buff *skb, const struct look *l,
		       const struct details *d)
{
	u16 i;
	u64 bits;

	for (i = 0; i < WORDS; i++)
		for (bits = d->copyset[i]; bits; bits &= bits - 1)
			if (nla_put_uint(skb, KDDM_A_ENTRY_SHARER,
					 i * 64 + __ffs64(bits)))
				return -EMSGSIZE;
	return put_queue(skb, l, d);
}

/* The set that a request names, with a reference. */
static struct kddm_set *find_set(const struct genl_info *info)
{
	struct kddm_net *kn = kddm_pernet(genl_info_net(info));
	struct nlattr *name = info->attrs[KDDM_A_ENTRY_SET];
	struct kddm_set *set;

	if (!name) {
		GENL_SET_ERR_MSG(info, "the set's name is missing");
		return ERR_PTR(-EINVAL);
	}
	set = kddm_set_find(kn, kddm_set_id_of(kn, nla_data(name)));
	if (set)
		return set;
	/* Nothing of it is here, but there may be one. */
	set = kddm_set_open(kn->net, nla_data(name));
	if (IS_ERR(set)) {
		kddm_nl_set_error(info, name, PTR_ERR(set));
		return set;
	}
	kddm_set_get(set);
	kddm_set_close(set);
	return set;
}

/* One object, when nobody works on it, or else as it is. */
static int look_for(struct kddm_set *set, u64 id, struct look *l,
		    struct details *d)
{
	struct kddm_obj *obj;
	unsigned int i;

	for (i = 0; i < BUSY_TRIES; i++) {
		obj = id > ULONG_MAX ? NULL : kddm_obj_lock(set, id);
		if (!obj)
			return -ENOENT;
		look(obj, l, d);
		spin_unlock(&obj->lock);
		if (!l->busy)
			break;
		usleep_range(1000, 5000);
	}
	return 0;
}

static struct sk_buff *info_reply(struct genl_info *info,
				  const struct look *l, const struct details *d)
{
	size_t size = l->copies * nla_total_size(sizeof(u32)) +
		      min(l->queued, QUEUE_SHOWN) * 4 * nla_total_size(4);
	struct sk_buff *rsp;
	void *hdr;

	rsp = kddm_nl_reply_new(info, GENLMSG_DEFAULT_SIZE + size, &hdr);
	if (!rsp)
		return NULL;
	if (nla_put_string(rsp, KDDM_A_ENTRY_SET,
			   nla_data(info->attrs[KDDM_A_ENTRY_SET])) ||
	    put_look(rsp, l) || put_details(rsp, l, d)) {
		nlmsg_free(rsp);
		return NULL;
	}
	genlmsg_end(rsp, hdr);
	return rsp;
}

int kddm_nl_obj_info_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attr = info->attrs[KDDM_A_ENTRY_ID];
	struct sk_buff *rsp = NULL;
	struct kddm_set *set;
	struct details *d;
	struct look l;
	int err;

	if (!attr) {
		GENL_SET_ERR_MSG(info, "the object's id is missing");
		return -EINVAL;
	}
	set = find_set(info);
	if (IS_ERR(set))
		return PTR_ERR(set);
	err = -ENOMEM;
	d = kzalloc_obj(*d, GFP_KERNEL);
	if (!d) {
		GENL_SET_ERR_MSG(info, "no memory for the reply");
		goto out;
	}
	err = look_for(set, nla_get_uint(attr), &l, d);
	if (err) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr,
					"this node knows no object %llu",
					nla_get_uint(attr));
		goto out;
	}
	rsp = info_reply(info, &l, d);
	err = rsp ? 0 : -ENOMEM;
out:
	kfree(d);
	kddm_set_unref(set);
	return err ?: genlmsg_reply(rsp, info);
}

/**
 * struct info_dump - where a dump goes on
 * @next: the lowest id that was not yet looked at
 * @left: so many may still be looked at
 * @set: id of the set, 0 before the dump has begun
 * @state: those of this state, in the numbers of the interface; 0: all
 * @end: nothing is left to tell
 */
struct info_dump {
	u64	next;
	u32	left;
	u32	set;
	u8	state;
	bool	end;
};

static int dump_begin(const struct genl_info *info, struct info_dump *dump)
{
	struct nlattr *const *attrs = info->attrs;
	struct kddm_set *set = find_set(info);

	if (IS_ERR(set))
		return PTR_ERR(set);
	dump->set = set->id;
	dump->left = KDDM_OBJECT_PAGE;
	if (attrs[KDDM_A_ENTRY_FROM])
		dump->next = nla_get_uint(attrs[KDDM_A_ENTRY_FROM]);
	if (attrs[KDDM_A_ENTRY_COUNT])
		dump->left = nla_get_uint(attrs[KDDM_A_ENTRY_COUNT]);
	if (attrs[KDDM_A_ENTRY_STATE])
		dump->state = nla_get_uint(attrs[KDDM_A_ENTRY_STATE]);
	kddm_set_unref(set);
	return 0;
}

static void *dump_message(struct sk_buff *skb, struct netlink_callback *cb)
{
	void *hdr = __genlmsg_iput(skb, genl_info_dump(cb), NLM_F_MULTI);

	if (hdr)
		genl_dump_check_consistent(cb, hdr);
	return hdr;
}

static int put_entry(struct sk_buff *skb, struct netlink_callback *cb,
		     const struct look *l)
{
	void *hdr = dump_message(skb, cb);

	if (!hdr)
		return -EMSGSIZE;
	if (put_look(skb, l)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/* There may be more objects; where the next dump goes on. */
static int put_last(struct sk_buff *skb, struct netlink_callback *cb, u64 next)
{
	void *hdr = dump_message(skb, cb);

	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_uint(skb, KDDM_A_ENTRY_ID, next) ||
	    nla_put_flag(skb, KDDM_A_ENTRY_LAST)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

static int dump_objects(struct sk_buff *skb, struct netlink_callback *cb,
			struct kddm_set *set, struct info_dump *dump)
{
	struct kddm_obj *obj;
	unsigned long id;
	struct look l;
	int err;

	while (!dump->end && dump->left) {
		id = dump->next;
		obj = dump->next > ULONG_MAX ? NULL :
		      kddm_obj_next_locked(set, &id);
		if (!obj) {
			dump->end = true;
			break;
		}
		look(obj, &l, NULL);
		spin_unlock(&obj->lock);
		if (!dump->state || (!l.busy && l.state + 1 == dump->state)) {
			err = put_entry(skb, cb, &l);
			if (err)
				return err;
		}
		dump->left--;
		dump->next = (u64)id + 1;
		dump->end = !dump->next;
		cond_resched();
	}
	if (dump->end)
		return 0;
	err = put_last(skb, cb, dump->next);
	dump->end = !err;
	return err;
}

int kddm_nl_obj_info_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	const struct genl_info *info = genl_info_dump(cb);
	struct kddm_net *kn = kddm_pernet(sock_net(skb->sk));
	struct info_dump *dump = (void *)cb->ctx;
	struct kddm_set *set;
	int err;

	NL_ASSERT_CTX_FITS(struct info_dump);
	if (!dump->set) {
		err = dump_begin(info, dump);
		if (err)
			return err;
	}
	if (dump->end)
		return 0;
	set = kddm_set_find(kn, dump->set);
	if (!set) {
		GENL_SET_ERR_MSG(info, "the set was destroyed meanwhile");
		return -ENOENT;
	}
	/* Never 0; before the look-up, so that no change goes unseen. */
	cb->seq = (u32)atomic_read_acquire(&set->stats.changes) << 1 | 1;
	err = dump_objects(skb, cb, set, dump);
	kddm_set_unref(set);
	return err;
}
