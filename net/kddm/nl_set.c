// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control interface: sets.
 */
#include <linux/slab.h>
#include <net/sock.h>
#include "catalog.h"
#include "linker.h"
#include "main.h"
#include "netlink.h"
#include "netlink-gen.h"
#include "object.h"
#include "set.h"

int kddm_nl_set_error(const struct genl_info *info, const struct nlattr *attr,
		      int err)
{
	struct netlink_ext_ack *extack = info->extack;
	const char *name = nla_data(attr);

	switch (err) {
	case -ENOTCONN:
		NL_SET_ERR_MSG(extack, "this namespace is not a running node");
		break;
	case -ENOENT:
		NL_SET_ERR_MSG_ATTR_FMT(extack, attr, "no set \"%s\"", name);
		break;
	case -EEXIST:
		NL_SET_ERR_MSG_ATTR_FMT(extack, attr,
					"there is a set \"%s\" already", name);
		break;
	case -EBUSY:
		NL_SET_ERR_MSG_ATTR_FMT(extack, attr,
					"set \"%s\" is open on some node",
					name);
		break;
	case -EINVAL:
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a set's name is made of printable ASCII characters, no blanks");
		break;
	case -EHOSTDOWN:
		NL_SET_ERR_MSG(extack,
			       "the home is away, or a node failed; try again");
		break;
	case -ESHUTDOWN:
		NL_SET_ERR_MSG(extack, "the node is about to stop");
		break;
	case -ETIMEDOUT:
		NL_SET_ERR_MSG(extack, "a node did not answer in time");
		break;
	case -ENOMEM:
		NL_SET_ERR_MSG(extack, "a node has no memory for it");
		break;
	case -EAGAIN:
		NL_SET_ERR_MSG(extack,
			       "the node is suspended, it does not reach enough others");
		break;
	case -ENOSPC:
		NL_SET_ERR_MSG_ATTR_FMT(extack, attr,
					"too many sets, no room for \"%s\"",
					name);
		break;
	case -EPERM:
		NL_SET_ERR_MSG_ATTR_FMT(extack, attr,
					"set \"%s\" is KDDM's own", name);
		break;
	case -ENODEV:
		NL_SET_ERR_MSG_ATTR_FMT(extack, attr,
					"the I/O linker of set \"%s\" is not here",
					name);
		break;
	case -EIO:
		NL_SET_ERR_MSG_ATTR_FMT(extack, attr,
					"what is known of set \"%s\" was lost with a node",
					name);
		break;
	case -EINTR:
		break;		/* nobody is there to read it */
	default:
		NL_SET_ERR_MSG_ATTR_FMT(extack, attr,
					"set \"%s\": error %d", name, err);
		break;
	}
	return err;
}

int kddm_nl_list_error(struct netlink_ext_ack *extack, int err)
{
	switch (err) {
	case 0:
	case -EMSGSIZE:		/* it goes on in the next datagram */
	case -EINTR:		/* nobody is there to read it */
		break;
	case -EAGAIN:
		NL_SET_ERR_MSG(extack,
			       "the node is suspended, it does not reach enough others");
		break;
	case -ESHUTDOWN:
		NL_SET_ERR_MSG(extack, "the node is about to stop");
		break;
	case -ENOMEM:
		NL_SET_ERR_MSG(extack, "no memory for the list");
		break;
	default:
		NL_SET_ERR_MSG_FMT(extack, "the list cannot be told: error %d",
				   err);
		break;
	}
	return err;
}

static int create_error(struct genl_info *info, int err)
{
	struct nlattr *linker = info->attrs[KDDM_A_SET_LINKER];
	struct nlattr *name = info->attrs[KDDM_A_SET_NAME];
	struct nlattr *home = info->attrs[KDDM_A_SET_HOME];

	if (err == -ENOENT && linker)
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, linker,
					"no I/O linker \"%s\"",
					(char *)nla_data(linker));
	else if (err == -EACCES && linker)
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, linker,
					"a node does not allow linker \"%s\"",
					(char *)nla_data(linker));
	else if (err == -ENOTDIR && linker)
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, linker,
					"linker \"%s\" has no directory on a node",
					(char *)nla_data(linker));
	else if (err == -EINVAL && linker && kddm_name_ok(nla_data(name)))
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, linker,
					"linker \"%s\" wants another size, touch-home, or a home",
					(char *)nla_data(linker));
	else if (err == -EHOSTDOWN && home)
		NL_SET_ERR_MSG_ATTR(info->extack, home,
				    "the home is not there, or a node failed");
	else
		kddm_nl_set_error(info, name, err);
	return err;
}

/**
 * struct set_info - what is told of a set
 * @desc: its descriptor
 * @users: handles on this node
 * @objects: on this node, with contents
 * @hits: of users of this node, as all below
 * @misses: requests sent
 * @forwards: requests passed on
 * @invalidations: ordered
 * @in_state: objects by enum kddm_co_state, if that was asked for
 * @busy: objects on which somebody works
 */
struct set_info {
	struct kddm_set_desc	desc;
	int			users;
	u64			objects;
	u64			hits;
	u64			misses;
	u64			forwards;
	u64			invalidations;
	u64			in_state[KDDM_CO_NR_STATES];
	u64			busy;
};

static void info_of(struct set_info *si, const struct kddm_set *set)
{
	si->desc.id = set->id;
	si->desc.size = set->size;
	si->desc.flags = set->flags;
	si->desc.hold = set->hold;
	si->desc.lost_timeout = set->lost_timeout;
	si->desc.replicas = set->replicas;
	si->desc.home = set->home;
	strscpy(si->desc.name, set->name);
	strscpy(si->desc.linker, set->linker->name);
	/* Just to be shown. */
	si->users = data_race(set->users);
	si->objects = atomic64_read(&set->stats.objects);
	si->hits = kddm_set_hits(set);
	si->misses = atomic64_read(&set->stats.misses);
	si->forwards = atomic64_read(&set->stats.forwards);
	si->invalidations = atomic64_read(&set->stats.invalidations);
}

/* What others do meanwhile may be seen, or not. */
static int count_states(struct set_info *si, struct kddm_set *set)
{
	struct kddm_obj *obj;
	unsigned long i = 0;

	while ((obj = kddm_obj_next_locked(set, &i))) {
		if (obj->busy)
			si->busy++;
		else
			si->in_state[obj->co.state]++;
		kddm_obj_release(obj);
		if (i++ == ULONG_MAX)
			break;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/* @state: as in the interface; 0: busy */
static int put_count(struct sk_buff *skb, u32 state, u64 objects)
{
	struct nlattr *nest;

	if (!objects)
		return 0;
	nest = nla_nest_start(skb, KDDM_A_SET_COUNT_OF);
	if (!nest ||
	    (state && nla_put_uint(skb, KDDM_A_STATE_COUNT_STATE, state)) ||
	    nla_put_uint(skb, KDDM_A_STATE_COUNT_OBJECTS, objects))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_counts(struct sk_buff *skb, const struct set_info *si)
{
	int err = put_count(skb, 0, si->busy);
	u32 i;

	for (i = 0; i < KDDM_CO_NR_STATES && !err; i++)
		err = put_count(skb, i + 1, si->in_state[i]);
	return err;
}

static int put_info(struct sk_buff *skb, const struct genl_info *info,
		    struct netlink_callback *cb, const struct set_info *si)
{
	const struct kddm_set_desc *desc = &si->desc;
	void *hdr;

	hdr = __genlmsg_iput(skb, info, cb ? NLM_F_MULTI : 0);
	if (!hdr)
		return -EMSGSIZE;
	if (cb)
		genl_dump_check_consistent(cb, hdr);
	if (nla_put_uint(skb, KDDM_A_SET_ID, desc->id) ||
	    nla_put_string(skb, KDDM_A_SET_NAME, desc->name) ||
	    nla_put_uint(skb, KDDM_A_SET_SIZE, desc->size) ||
	    nla_put_string(skb, KDDM_A_SET_LINKER, desc->linker) ||
	    nla_put_uint(skb, KDDM_A_SET_USERS, max(si->users, 0)) ||
	    nla_put_uint(skb, KDDM_A_SET_OBJECTS, si->objects) ||
	    nla_put_uint(skb, KDDM_A_SET_HITS, si->hits) ||
	    nla_put_uint(skb, KDDM_A_SET_MISSES, si->misses) ||
	    nla_put_uint(skb, KDDM_A_SET_FORWARDS, si->forwards) ||
	    nla_put_uint(skb, KDDM_A_SET_INVALIDATIONS, si->invalidations) ||
	    (desc->flags & KDDM_SET_EXCLUSIVE &&
	     nla_put_flag(skb, KDDM_A_SET_EXCLUSIVE)) ||
	    (desc->flags & KDDM_SET_TOUCH_HOME &&
	     nla_put_flag(skb, KDDM_A_SET_TOUCH_HOME)) ||
	    nla_put_uint(skb, KDDM_A_SET_HOLD, desc->hold) ||
	    nla_put_uint(skb, KDDM_A_SET_LOST_TIMEOUT, desc->lost_timeout) ||
	    nla_put_uint(skb, KDDM_A_SET_REPLICAS, max(desc->replicas, 1)) ||
	    (desc->home != KDDM_ANY_NODE &&
	     nla_put_uint(skb, KDDM_A_SET_HOME, desc->home)) ||
	    put_counts(skb, si)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

int kddm_nl_put_set(struct sk_buff *skb, const struct genl_info *info,
		    const struct kddm_set *set)
{
	struct set_info si = { };

	info_of(&si, set);
	return put_info(skb, info, NULL, &si);
}

int kddm_nl_set_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *linker = info->attrs[KDDM_A_SET_LINKER];
	struct kddm_net *kn = kddm_pernet(genl_info_net(info));
	struct kddm_set_attr attr = { .home = KDDM_ANY_NODE };
	struct kddm_set *set;
	struct sk_buff *rsp;
	void *hdr;

	if (GENL_REQ_ATTR_CHECK(info, KDDM_A_SET_NAME)) {
		GENL_SET_ERR_MSG(info, "the set's name is missing");
		return -EINVAL;
	}
	if (GENL_REQ_ATTR_CHECK(info, KDDM_A_SET_SIZE)) {
		GENL_SET_ERR_MSG(info, "the size of the objects is missing");
		return -EINVAL;
	}

	rsp = kddm_nl_reply_new(info, nla_total_size(sizeof(u32)), &hdr);
	if (!rsp)
		return -ENOMEM;
	attr.name = nla_data(info->attrs[KDDM_A_SET_NAME]);
	attr.size = nla_get_uint(info->attrs[KDDM_A_SET_SIZE]);
	attr.linker = linker ? nla_data(linker) : NULL;
	if (info->attrs[KDDM_A_SET_EXCLUSIVE])
		attr.flags |= KDDM_SET_EXCLUSIVE;
	if (info->attrs[KDDM_A_SET_TOUCH_HOME])
		attr.flags |= KDDM_SET_TOUCH_HOME;
	if (info->attrs[KDDM_A_SET_HOME])
		attr.home = nla_get_uint(info->attrs[KDDM_A_SET_HOME]);
	attr.hold = READ_ONCE(kn->config.hold);
	if (info->attrs[KDDM_A_SET_HOLD])
		attr.hold = nla_get_uint(info->attrs[KDDM_A_SET_HOLD]);
	if (info->attrs[KDDM_A_SET_LOST_TIMEOUT])
		attr.lost_timeout =
			nla_get_uint(info->attrs[KDDM_A_SET_LOST_TIMEOUT]);
	attr.replicas = READ_ONCE(kn->config.replicas);
	if (info->attrs[KDDM_A_SET_REPLICAS])
		attr.replicas = nla_get_uint(info->attrs[KDDM_A_SET_REPLICAS]);
	set = kddm_set_create(genl_info_net(info), &attr);
	if (IS_ERR(set)) {
		nlmsg_free(rsp);
		return create_error(info, PTR_ERR(set));
	}

	/* There is room. */
	nla_put_uint(rsp, KDDM_A_SET_ID, set->id);
	kddm_set_close(set);
	genlmsg_end(rsp, hdr);
	return genlmsg_reply(rsp, info);
}

int kddm_nl_set_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *name = info->attrs[KDDM_A_SET_NAME];
	int err;

	if (GENL_REQ_ATTR_CHECK(info, KDDM_A_SET_NAME)) {
		GENL_SET_ERR_MSG(info, "the set's name is missing");
		return -EINVAL;
	}
	err = kddm_set_destroy(genl_info_net(info), nla_data(name),
			       info->attrs[KDDM_A_SET_FORCE]);
	return err ? kddm_nl_set_error(info, name, err) : 0;
}

/* What is told of a set: what this node has of it, or its descriptor. */
static int look_up(struct kddm_net *kn, const char *name, u32 id, bool count,
		   struct set_info *si)
{
	struct kddm_net *in = kddm_enter(kn->net);
	struct kddm_set *set;
	int err = 0;

	memset(si, 0, sizeof(*si));
	if (IS_ERR(in))
		return PTR_ERR(in);
	/* KDDM's own set is found by its name alone. */
	if (!name && id < KDDM_BUCKETS) {
		kddm_exit(in);
		return -ENOENT;
	}
	set = kddm_set_find(kn, name ? kddm_set_id_of(kn, name) : id);
	if (set) {
		info_of(si, set);
		if (count)
			err = count_states(si, set);
		kddm_set_unref(set);
	} else {
		err = name && !kddm_name_ok(name) ? -ENOENT :
		      kddm_catalog_find(kn, name, id, &si->desc);
	}
	kddm_exit(in);
	return err;
}

/* The set that a request names. */
static int find(struct genl_info *info, struct set_info *si)
{
	struct kddm_net *kn = kddm_pernet(genl_info_net(info));
	struct nlattr *name = info->attrs[KDDM_A_SET_NAME];
	struct nlattr *id = info->attrs[KDDM_A_SET_ID];
	int err;

	if (!id == !name) {
		GENL_SET_ERR_MSG(info, "give either the set's name or its id");
		return -EINVAL;
	}
	err = look_up(kn, name ? nla_data(name) : NULL,
		      id ? nla_get_uint(id) : 0,
		      info->attrs[KDDM_A_SET_COUNT], si);
	if (err && name)
		kddm_nl_set_error(info, name, err);
	else if (err == -ENOENT)
		NL_SET_ERR_MSG_ATTR(info->extack, id, "no set has this id");
	else if (err)
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, id,
					"what sets there are cannot be told: error %d",
					err);
	return err;
}

/* To look at each object of a set takes a while: not everybody may. */
static int may_count(struct sk_buff *skb, const struct genl_info *info)
{
	struct nlattr *count = info->attrs[KDDM_A_SET_COUNT];

	if (!count || netlink_ns_capable(skb, genl_info_net(info)->user_ns,
					 CAP_NET_ADMIN))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, count,
			    "objects are not counted without CAP_NET_ADMIN");
	return -EPERM;
}

int kddm_nl_set_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *rsp;
	struct set_info si;
	int err;

	err = may_count(skb, info);
	if (err)
		return err;
	err = find(info, &si);
	if (err)
		return err;

	rsp = kddm_nl_skb_new(info, GENLMSG_DEFAULT_SIZE);
	if (!rsp)
		return -ENOMEM;
	err = put_info(rsp, info, NULL, &si);
	if (err) {
		nlmsg_free(rsp);
		return err;
	}
	return genlmsg_reply(rsp, info);
}

/**
 * struct set_dump - where a dump goes on
 * @bucket: number of the bucket
 * @blind: the buckets cannot be read: tell of what this node knows
 * @id: the lowest that was not told of; more than 32 bits, since the last id
 *	is U32_MAX
 */
struct set_dump {
	u32	bucket;
	bool	blind;
	u64	id;
};

/* The sets of a bucket that this node has; returns how many. */
static int known_sets(struct kddm_net *kn, u32 nr, struct kddm_set_desc *desc)
{
	struct set_info si;
	struct kddm_set *set;
	u32 id = KDDM_BUCKETS;
	int n = 0;

	while (n < KDDM_BUCKET_MAX && (set = kddm_set_next(kn, &id))) {
		if (kddm_bucket_of_id(id) == nr) {
			info_of(&si, set);
			desc[n++] = si.desc;
		}
		kddm_set_unref(set);
		if (!++id)
			break;
	}
	return n;
}

/* The set of lowest id from @id on, or NULL. */
static const struct kddm_set_desc *lowest(const struct kddm_set_desc *desc,
					  int n, u64 id)
{
	const struct kddm_set_desc *low = NULL;
	int i;

	for (i = 0; i < n; i++)
		if (desc[i].id >= id && (!low || desc[i].id < low->id))
			low = &desc[i];
	return low;
}

/* What this node has of a set, or just its descriptor. */
static void info_of_desc(struct kddm_net *kn, struct set_info *si,
			 const struct kddm_set_desc *desc)
{
	struct kddm_set *set = kddm_set_find(kn, desc->id);

	memset(si, 0, sizeof(*si));
	si->desc = *desc;
	if (!set)
		return;
	info_of(si, set);
	kddm_set_unref(set);
}

static int dump_bucket(struct sk_buff *skb, struct netlink_callback *cb,
		       struct kddm_net *kn, struct kddm_set_desc *desc)
{
	const struct genl_info *info = genl_info_dump(cb);
	struct set_dump *dump = (void *)cb->ctx;
	const struct kddm_set_desc *d;
	struct set_info si;
	int n, err;

	n = dump->blind ? 0 : kddm_catalog_list(kn, dump->bucket, desc);
	if (n == -EINTR || n == -ESHUTDOWN)
		return n;
	/* A bucket may be lost; else the next one would keep us as long. */
	if (n < 0 && n != -EIO)
		dump->blind = true;
	if (n < 0 || dump->blind)
		n = known_sets(kn, dump->bucket, desc);
	while ((d = lowest(desc, n, dump->id))) {
		info_of_desc(kn, &si, d);
		err = put_info(skb, info, cb, &si);
		if (err)
			return err;
		dump->id = d->id + 1ULL;
	}
	dump->bucket++;
	dump->id = 0;
	return 0;
}

int kddm_nl_set_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct kddm_net *kn = kddm_enter(sock_net(skb->sk));
	struct set_dump *dump = (void *)cb->ctx;
	struct kddm_set_desc *desc;
	int err = -ENOMEM;

	NL_ASSERT_CTX_FITS(struct set_dump);
	if (IS_ERR(kn))
		return kn == ERR_PTR(-ENOTCONN) ? 0 : PTR_ERR(kn);
	desc = kvmalloc_array(KDDM_BUCKET_MAX, sizeof(*desc), GFP_KERNEL);
	if (!desc)
		goto exit;
	/* Never 0; before the look-up, so that no change goes unseen. */
	mutex_lock(&kn->sets->lock);
	cb->seq = kn->sets->gen << 1 | 1;
	mutex_unlock(&kn->sets->lock);
	err = 0;
	while (!err && dump->bucket < KDDM_BUCKETS)
		err = dump_bucket(skb, cb, kn, desc);
	kvfree(desc);
exit:
	kddm_exit(kn);
	return kddm_nl_list_error(cb->extack, err);
}
