// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control interface: sets.
 */
#include <net/sock.h>
#include "linker.h"
#include "main.h"
#include "netlink.h"
#include "netlink-gen.h"
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
		NL_SET_ERR_MSG(extack, "a node failed meanwhile; try again");
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
	case -EINTR:
		break;		/* nobody is there to read it */
	default:
		NL_SET_ERR_MSG_ATTR_FMT(extack, attr,
					"set \"%s\": error %d", name, err);
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
					"linker \"%s\" wants another size, or touch-home",
					(char *)nla_data(linker));
	else if (err == -EHOSTDOWN && home)
		NL_SET_ERR_MSG_ATTR(info->extack, home,
				    "the home is not there, or a node failed");
	else
		kddm_nl_set_error(info, name, err);
	return err;
}

int kddm_nl_put_set(struct sk_buff *skb, const struct genl_info *info,
		    struct netlink_callback *cb, const struct kddm_set *set)
{
	u64 forwards = atomic64_read(&set->stats.forwards);
	u64 invals = atomic64_read(&set->stats.invalidations);
	u64 objects = atomic64_read(&set->stats.objects);
	u64 misses = atomic64_read(&set->stats.misses);
	int users;
	void *hdr;

	/* Just to be shown. */
	users = data_race(set->users);
	hdr = __genlmsg_iput(skb, info, cb ? NLM_F_MULTI : 0);
	if (!hdr)
		return -EMSGSIZE;
	if (cb)
		genl_dump_check_consistent(cb, hdr);
	if (nla_put_uint(skb, KDDM_A_SET_ID, set->id) ||
	    nla_put_string(skb, KDDM_A_SET_NAME, set->name) ||
	    nla_put_uint(skb, KDDM_A_SET_SIZE, set->size) ||
	    nla_put_string(skb, KDDM_A_SET_LINKER, set->linker->name) ||
	    nla_put_uint(skb, KDDM_A_SET_USERS, max(users, 0)) ||
	    nla_put_uint(skb, KDDM_A_SET_OBJECTS, objects) ||
	    nla_put_uint(skb, KDDM_A_SET_HITS, kddm_set_hits(set)) ||
	    nla_put_uint(skb, KDDM_A_SET_MISSES, misses) ||
	    nla_put_uint(skb, KDDM_A_SET_FORWARDS, forwards) ||
	    nla_put_uint(skb, KDDM_A_SET_INVALIDATIONS, invals) ||
	    (set->flags & KDDM_SET_EXCLUSIVE &&
	     nla_put_flag(skb, KDDM_A_SET_EXCLUSIVE)) ||
	    (set->flags & KDDM_SET_TOUCH_HOME &&
	     nla_put_flag(skb, KDDM_A_SET_TOUCH_HOME)) ||
	    nla_put_uint(skb, KDDM_A_SET_HOLD, set->hold) ||
	    nla_put_uint(skb, KDDM_A_SET_LOST_TIMEOUT, set->lost_timeout) ||
	    nla_put_uint(skb, KDDM_A_SET_REPLICAS, max(set->replicas, 1))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
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

/* The set that a request names, with a reference. */
static struct kddm_set *find(struct genl_info *info)
{
	struct kddm_net *kn = kddm_pernet(genl_info_net(info));
	struct nlattr *name = info->attrs[KDDM_A_SET_NAME];
	struct nlattr *id = info->attrs[KDDM_A_SET_ID];
	struct kddm_set *set;

	if (!id == !name) {
		GENL_SET_ERR_MSG(info, "give either the set's name or its id");
		return ERR_PTR(-EINVAL);
	}
	if (name) {
		set = kddm_set_find(kn, kddm_set_id(kn, nla_data(name)));
		if (!set)
			kddm_nl_set_error(info, name, -ENOENT);
	} else {
		set = kddm_set_find(kn, nla_get_uint(id));
		if (!set)
			NL_SET_ERR_MSG_ATTR(info->extack, id,
					    "no set has this id");
	}
	return set ?: ERR_PTR(-ENOENT);
}

int kddm_nl_set_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct kddm_set *set;
	struct sk_buff *rsp;
	int err;

	set = find(info);
	if (IS_ERR(set))
		return PTR_ERR(set);

	err = -ENOMEM;
	rsp = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (rsp)
		err = kddm_nl_put_set(rsp, info, NULL, set);
	kddm_set_unref(set);
	if (err) {
		nlmsg_free(rsp);
		return err;
	}
	return genlmsg_reply(rsp, info);
}

/* Where a dump goes on; more than 32 bits, since the last id is U32_MAX. */
struct set_dump {
	u64	id;
};

int kddm_nl_set_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct kddm_net *kn = kddm_pernet(sock_net(skb->sk));
	const struct genl_info *info = genl_info_dump(cb);
	struct set_dump *dump = (void *)cb->ctx;
	struct kddm_set *set;
	int err = 0;
	u32 id;

	NL_ASSERT_CTX_FITS(struct set_dump);
	/* Never 0; before the look-up, so that no change goes unseen. */
	mutex_lock(&kn->sets->lock);
	cb->seq = kn->sets->gen << 1 | 1;
	mutex_unlock(&kn->sets->lock);
	while (!err && dump->id <= U32_MAX) {
		id = dump->id;
		set = kddm_set_next(kn, &id);
		if (!set)
			break;
		err = kddm_nl_put_set(skb, info, cb, set);
		dump->id = set->id + (err ? 0 : 1ULL);
		kddm_set_unref(set);
	}
	return err;
}
