// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control interface: names that have an id in the cluster.
 */
#include <linux/minmax.h>
#include <linux/slab.h>
#include <net/sock.h>
#include "main.h"
#include "names.h"
#include "netlink.h"
#include "netlink-gen.h"

static_assert(KDDM_NAME_LINKER + 1 == (int)KDDM_KIND_LINKER);
static_assert(KDDM_NAME_SERVICE + 1 == (int)KDDM_KIND_SERVICE);
static_assert(KDDM_NAME_LEN == KDDM_SET_NAME_MAX);

static int name_error(struct genl_info *info, const struct nlattr *attr,
		      int err)
{
	struct netlink_ext_ack *extack = info->extack;
	const char *name = nla_data(attr);

	switch (err) {
	case -ENOTCONN:
		NL_SET_ERR_MSG(extack, "this namespace is not a running node");
		break;
	case -ENOENT:
		NL_SET_ERR_MSG_ATTR_FMT(extack, attr,
					"name \"%s\" is not held here", name);
		break;
	case -EINVAL:
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a name is made of printable ASCII characters, no blanks");
		break;
	case -EAGAIN:
		NL_SET_ERR_MSG(extack,
			       "the node is suspended, it does not reach enough others");
		break;
	case -ENOSPC:
		NL_SET_ERR_MSG_ATTR_FMT(extack, attr,
					"too many names, no room for \"%s\"",
					name);
		break;
	case -EINTR:
		break;		/* nobody is there to read it */
	default:
		NL_SET_ERR_MSG_ATTR_FMT(extack, attr, "name \"%s\": error %d",
					name, err);
		break;
	}
	return err;
}

/* Kind and name of a request, or an error. */
static int name_of(struct genl_info *info, u32 *kind, const char **name)
{
	if (GENL_REQ_ATTR_CHECK(info, KDDM_A_NAME_KIND)) {
		GENL_SET_ERR_MSG(info, "the kind of the name is missing");
		return -EINVAL;
	}
	if (GENL_REQ_ATTR_CHECK(info, KDDM_A_NAME_NAME)) {
		GENL_SET_ERR_MSG(info, "the name is missing");
		return -EINVAL;
	}
	*kind = nla_get_uint(info->attrs[KDDM_A_NAME_KIND]) - 1;
	*name = nla_data(info->attrs[KDDM_A_NAME_NAME]);
	return 0;
}

int kddm_nl_name_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *rsp;
	const char *name;
	int id, err;
	void *hdr;
	u32 kind;

	err = name_of(info, &kind, &name);
	if (err)
		return err;
	rsp = kddm_nl_reply_new(info, nla_total_size(sizeof(u32)), &hdr);
	if (!rsp)
		return -ENOMEM;
	id = kddm_names_hold(genl_info_net(info), kind, name);
	if (id < 0) {
		nlmsg_free(rsp);
		return name_error(info, info->attrs[KDDM_A_NAME_NAME], id);
	}
	/* There is room. */
	nla_put_uint(rsp, KDDM_A_NAME_ID, id);
	genlmsg_end(rsp, hdr);
	return genlmsg_reply(rsp, info);
}

int kddm_nl_name_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	const char *name;
	u32 kind;
	int err;

	err = name_of(info, &kind, &name);
	if (err)
		return err;
	err = kddm_names_release(genl_info_net(info), kind, name);
	return err ? name_error(info, info->attrs[KDDM_A_NAME_NAME], err) : 0;
}

/**
 * struct name_dump - where a dump goes on
 * @table: number of the table
 * @next: place of a name there
 * @version: of the table, when it was begun
 * @changes: of tables that were told of in parts
 */
struct name_dump {
	u32	table;
	u32	next;
	u64	version;
	u32	changes;
};

static int put_name(struct sk_buff *skb, struct netlink_callback *cb,
		    struct kddm_net *kn, const struct kddm_nametab *t, u32 i)
{
	void *hdr = __genlmsg_iput(skb, genl_info_dump(cb), NLM_F_MULTI);
	char name[KDDM_NAME_LEN + 1];
	u16 node[KDDM_USERS_MAX];
	u32 id, n, k;
	u8 kind;

	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, hdr);
	kddm_nametab_get(t, i, &id, &kind, name);
	n = kddm_nametab_users(t, id, node, KDDM_USERS_MAX);
	if (nla_put_uint(skb, KDDM_A_NAME_KIND, kind + 1) ||
	    nla_put_string(skb, KDDM_A_NAME_NAME, name) ||
	    nla_put_uint(skb, KDDM_A_NAME_ID, id) ||
	    nla_put_uint(skb, KDDM_A_NAME_COUNT, kddm_names_count(kn, id)) ||
	    nla_put_uint(skb, KDDM_A_NAME_NODES, n))
		goto cancel;
	for (k = 0; k < min_t(u32, n, KDDM_USERS_MAX); k++)
		if (nla_put_uint(skb, KDDM_A_NAME_NODE, node[k]))
			goto cancel;
	genlmsg_end(skb, hdr);
	return 0;

cancel:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

static int dump_table(struct sk_buff *skb, struct netlink_callback *cb,
		      struct kddm_net *kn, struct kddm_nametab *t)
{
	struct name_dump *dump = (void *)cb->ctx;
	u64 version;
	int err;

	err = kddm_names_list(kn, dump->table, t, &version);
	if (err)
		return err;
	if (dump->next && version != dump->version)
		dump->changes++;
	dump->version = version;
	/* Never 0. */
	cb->seq = dump->changes + 1;
	for (; dump->next < kddm_nametab_count(t); dump->next++) {
		err = put_name(skb, cb, kn, t, dump->next);
		if (err)
			return err;
	}
	dump->table++;
	dump->next = 0;
	return 0;
}

int kddm_nl_name_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct kddm_net *kn = kddm_enter(sock_net(skb->sk));
	struct name_dump *dump = (void *)cb->ctx;
	struct kddm_nametab *t;
	int err = -ENOMEM;

	NL_ASSERT_CTX_FITS(struct name_dump);
	if (IS_ERR(kn))
		return kn == ERR_PTR(-ENOTCONN) ? 0 : PTR_ERR(kn);
	t = kvmalloc_obj(*t);
	if (!t)
		goto exit;
	err = 0;
	while (!err && dump->table < KDDM_NAMETABS)
		err = dump_table(skb, cb, kn, t);
	kvfree(t);
exit:
	kddm_exit(kn);
	return kddm_nl_list_error(cb->extack, err);
}
