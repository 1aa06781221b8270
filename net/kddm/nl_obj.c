// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control interface: read, write and remove objects, as a client of
 * include/linux/kddm.h.
 *
 * A message holds up to KDDM_DATA_MAX bytes; larger objects are read and
 * written in several parts, by offset.  What can fail for want of memory is
 * done before an object is taken.
 */
#include <linux/err.h>
#include <linux/kddm.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include "netlink.h"
#include "netlink-gen.h"
#include "object.h"
#include "views.h"

/*
 * Generic netlink lets no family come or go while a request is under way, so
 * none may wait for ever for a user who does not let go.
 */
static long obj_timeout(const struct kddm_set *set)
{
	return msecs_to_jiffies(READ_ONCE(set->kn->config.object_timeout));
}

/**
 * struct part - what a request names
 * @set: the set, open
 * @id: the object
 * @flags: for kddm_get() and kddm_grab()
 * @offset: first byte
 * @len: bytes from there
 * @buf: room for a whole object of a linker with contents of its own, or NULL
 */
struct part {
	struct kddm_set	*set;
	u64		id;
	unsigned int	flags;
	u32		offset;
	u32		len;
	u8		*buf;
};

/* What linkers do not keep as it is read and written goes by way of a copy. */
static int part_alloc(struct genl_info *info, struct part *p)
{
	if (!p->set->linker->export)
		return 0;
	p->buf = kvzalloc(kddm_set_size(p->set), GFP_KERNEL);
	if (p->buf)
		return 0;
	GENL_SET_ERR_MSG(info, "no memory for a copy of the object");
	return -ENOMEM;
}

static void part_close(struct part *p)
{
	kvfree(p->buf);
	kddm_set_close(p->set);
}

static int object_error(struct genl_info *info, int err)
{
	struct nlattr *set = info->attrs[KDDM_A_OBJECT_SET];
	struct nlattr *attr = info->attrs[KDDM_A_OBJECT_ID];
	u64 id = nla_get_uint(attr);

	switch (err) {
	case -ENOENT:
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr,
					"no object %llu in set \"%s\"", id,
					(char *)nla_data(set));
		break;
	case -EIO:
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr,
					"object %llu was lost with a node", id);
		break;
	case -ESTALE:
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr,
					"object %llu went to others while this node was apart",
					id);
		break;
	case -ERANGE:
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr,
					"%llu is too large on this machine",
					id);
		break;
	case -ETIMEDOUT:
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr,
					"object %llu was not free in time", id);
		break;
	case -EBUSY:
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr,
					"object %llu is in use", id);
		break;
	case -ESHUTDOWN:
		GENL_SET_ERR_MSG(info,
				 "the node stops, or the set is destroyed");
		break;
	case -EHOSTDOWN:
	case -ENOMEM:
		return kddm_nl_set_error(info, set, err);
	case -EINTR:
		break;		/* nobody is there to read it */
	default:
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr,
					"object %llu: error %d", id, err);
		break;
	}
	return err;
}

/* Open the set; the caller closes it. */
static int part_open(struct genl_info *info, struct part *p)
{
	struct nlattr *set = info->attrs[KDDM_A_OBJECT_SET];

	if (GENL_REQ_ATTR_CHECK(info, KDDM_A_OBJECT_SET)) {
		GENL_SET_ERR_MSG(info, "the set's name is missing");
		return -EINVAL;
	}
	if (GENL_REQ_ATTR_CHECK(info, KDDM_A_OBJECT_ID)) {
		GENL_SET_ERR_MSG(info, "the object's id is missing");
		return -EINVAL;
	}
	p->id = nla_get_uint(info->attrs[KDDM_A_OBJECT_ID]);
	p->set = kddm_set_open(genl_info_net(info), nla_data(set));
	if (IS_ERR(p->set))
		return kddm_nl_set_error(info, set, PTR_ERR(p->set));
	if (kddm_suspended(p->set->kn->views)) {
		kddm_set_close(p->set);
		GENL_SET_ERR_MSG(info,
				 "the node is suspended, it does not reach enough others");
		return -EAGAIN;
	}
	return 0;
}

/* What a request to get or set may have, but not one to remove. */
static void part_options(struct genl_info *info, struct part *p)
{
	struct nlattr *offset = info->attrs[KDDM_A_OBJECT_OFFSET];

	p->flags = info->attrs[KDDM_A_OBJECT_NO_CREATE] ? KDDM_NOCREATE : 0;
	p->offset = offset ? nla_get_uint(offset) : 0;
}

/* How much of the object a reader gets. */
static int part_limit(struct genl_info *info, struct part *p)
{
	struct nlattr *length = info->attrs[KDDM_A_OBJECT_LENGTH];
	u32 size = kddm_set_size(p->set);

	if (p->offset >= size) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack,
					info->attrs[KDDM_A_OBJECT_OFFSET],
					"offset %u, but objects have %u bytes",
					p->offset, size);
		return -EINVAL;
	}
	p->len = min(size - p->offset, KDDM_DATA_MAX);
	if (length)
		p->len = min_t(u32, p->len, nla_get_uint(length));
	return 0;
}

static int part_read(struct genl_info *info, const struct part *p,
		     struct sk_buff *rsp)
{
	const char *name = nla_data(info->attrs[KDDM_A_OBJECT_SET]);
	struct kddm_obj *obj;
	struct nlattr *data;
	u64 version;
	int err;

	data = nla_reserve(rsp, KDDM_A_OBJECT_DATA, p->len);
	if (!data)
		return -EMSGSIZE;

	obj = kddm_obj_take(p->set, p->id, false, p->flags,
			    obj_timeout(p->set));
	if (IS_ERR(obj))
		return object_error(info, PTR_ERR(obj));
	if (p->buf)
		kddm_obj_read(obj, p->buf);
	memcpy(nla_data(data), (p->buf ?: kddm_data(obj)) + p->offset, p->len);
	version = kddm_version(obj);
	/* In an exclusive set with replicas, others have to keep it first. */
	err = kddm_obj_put(obj, obj_timeout(p->set));
	if (err)
		return object_error(info, err);

	if (nla_put_string(rsp, KDDM_A_OBJECT_SET, name) ||
	    nla_put_uint(rsp, KDDM_A_OBJECT_ID, p->id) ||
	    nla_put_uint(rsp, KDDM_A_OBJECT_OFFSET, p->offset) ||
	    nla_put_uint(rsp, KDDM_A_OBJECT_SIZE, kddm_set_size(p->set)) ||
	    nla_put_uint(rsp, KDDM_A_OBJECT_VERSION, version))
		return -EMSGSIZE;
	return 0;
}

int kddm_nl_obj_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *rsp;
	struct part p = { };
	void *hdr;
	int err;

	err = part_open(info, &p);
	if (err)
		return err;
	part_options(info, &p);
	err = part_limit(info, &p);
	if (!err)
		err = part_alloc(info, &p);
	if (err)
		goto out;

	err = -ENOMEM;
	rsp = kddm_nl_reply_new(info, nla_total_size(p.len) +
				nla_total_size(KDDM_SET_NAME_LEN + 1) +
				4 * nla_total_size_64bit(sizeof(u64)), &hdr);
	if (!rsp)
		goto out;
	err = part_read(info, &p, rsp);
	if (err) {
		nlmsg_free(rsp);
		goto out;
	}
	genlmsg_end(rsp, hdr);
	err = genlmsg_reply(rsp, info);
out:
	part_close(&p);
	return err;
}

/* Without an offset, what is behind the data becomes zero, or is not there. */
static int part_fill(struct genl_info *info, const struct part *p,
		     struct kddm_obj *obj)
{
	bool whole = !info->attrs[KDDM_A_OBJECT_OFFSET];
	struct nlattr *data = info->attrs[KDDM_A_OBJECT_DATA];
	u32 len = 0, end = p->offset + p->len;

	if (!p->buf) {
		nla_memcpy(kddm_data(obj) + p->offset, data, p->len);
		if (whole)
			memset(kddm_data(obj) + end, 0,
			       kddm_set_size(p->set) - end);
		return 0;
	}
	if (!whole)
		len = kddm_obj_read(obj, p->buf);
	nla_memcpy(p->buf + p->offset, data, p->len);
	return kddm_obj_write(obj, p->buf, max(len, end));
}

static int part_write(struct genl_info *info, const struct part *p,
		      u64 *version)
{
	struct kddm_obj *obj;
	int err;

	obj = kddm_obj_take(p->set, p->id, true, p->flags,
			    obj_timeout(p->set));
	if (IS_ERR(obj))
		return object_error(info, PTR_ERR(obj));
	err = part_fill(info, p, obj);
	*version = kddm_version(obj);
	err = kddm_obj_put(obj, obj_timeout(p->set)) ?: err;
	return err ? object_error(info, err) : 0;
}

int kddm_nl_obj_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *data = info->attrs[KDDM_A_OBJECT_DATA];
	struct sk_buff *rsp;
	struct part p = { };
	u64 version;
	void *hdr;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, KDDM_A_OBJECT_DATA)) {
		GENL_SET_ERR_MSG(info, "the data are missing");
		return -EINVAL;
	}
	err = part_open(info, &p);
	if (err)
		return err;
	part_options(info, &p);
	p.len = nla_len(data);
	if (p.offset + p.len > kddm_set_size(p.set)) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, data,
					"%u bytes at offset %u, but objects have %u bytes",
					p.len, p.offset, kddm_set_size(p.set));
		err = -EMSGSIZE;
		goto out;
	}
	err = part_alloc(info, &p);
	if (err)
		goto out;

	err = -ENOMEM;
	rsp = kddm_nl_reply_new(info, nla_total_size_64bit(sizeof(u64)), &hdr);
	if (!rsp)
		goto out;
	err = part_write(info, &p, &version);
	if (err) {
		nlmsg_free(rsp);
		goto out;
	}
	nla_put_uint(rsp, KDDM_A_OBJECT_VERSION, version); /* there is room */
	genlmsg_end(rsp, hdr);
	err = genlmsg_reply(rsp, info);
out:
	part_close(&p);
	return err;
}

int kddm_nl_obj_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct part p = { };
	int err;

	err = part_open(info, &p);
	if (err)
		return err;
	err = kddm_obj_remove(p.set, p.id, obj_timeout(p.set));
	if (err)
		object_error(info, err);
	kddm_set_close(p.set);
	return err;
}

int kddm_nl_obj_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *node = info->attrs[KDDM_A_OBJECT_NODE];
	struct part p = { };
	int err;

	err = part_open(info, &p);
	if (err)
		return err;
	err = kddm_flush(p.set, p.id,
			 node ? nla_get_uint(node) : KDDM_ANY_NODE);
	if (err == -EHOSTDOWN)
		NL_SET_ERR_MSG_ATTR(info->extack, node,
				    "there is no such node, or no other");
	else if (err)
		object_error(info, err);
	kddm_set_close(p.set);
	return err;
}

int kddm_nl_obj_sync_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct part p = { };
	int err;

	err = part_open(info, &p);
	if (err)
		return err;
	err = kddm_obj_sync(p.set, p.id, obj_timeout(p.set));
	if (err)
		object_error(info, err);
	kddm_set_close(p.set);
	return err;
}
