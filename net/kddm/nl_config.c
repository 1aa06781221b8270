// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control interface: what a node is set to, requests to other nodes, and the
 * services that there are.
 */
#include <linux/mutex.h>
#include <net/sock.h>
#include "control.h"
#include "main.h"
#include "netlink.h"
#include "netlink-gen.h"
#include "rpc.h"

/* Two who change something do not mix. */
static DEFINE_MUTEX(config_lock);

static int put_config(struct sk_buff *skb, const struct genl_info *info,
		      const struct kddm_config *c)
{
	int id = READ_ONCE(c->id);
	void *hdr;

	hdr = genlmsg_iput(skb, info);
	if (!hdr)
		return -EMSGSIZE;
	if ((id >= 0 && nla_put_uint(skb, KDDM_A_CONFIG_ID, id)) ||
	    nla_put_uint(skb, KDDM_A_CONFIG_CLUSTER, READ_ONCE(c->cluster)) ||
	    nla_put_uint(skb, KDDM_A_CONFIG_HOLD, READ_ONCE(c->hold)) ||
	    nla_put_uint(skb, KDDM_A_CONFIG_OBJECT_TIMEOUT,
			 READ_ONCE(c->object_timeout)) ||
	    nla_put_uint(skb, KDDM_A_CONFIG_STOP_TIMEOUT,
			 READ_ONCE(c->stop_timeout)) ||
	    nla_put_uint(skb, KDDM_A_CONFIG_REMOTE_STOP,
			 READ_ONCE(c->remote_stop)) ||
	    nla_put_uint(skb, KDDM_A_CONFIG_QUORUM, READ_ONCE(c->quorum) + 1) ||
	    nla_put_uint(skb, KDDM_A_CONFIG_FOUNDERS, READ_ONCE(c->founders)) ||
	    nla_put_uint(skb, KDDM_A_CONFIG_START_TIMEOUT,
			 READ_ONCE(c->start_timeout)) ||
	    nla_put_uint(skb, KDDM_A_CONFIG_LEAVE_TIMEOUT,
			 READ_ONCE(c->leave_timeout)) ||
	    nla_put_uint(skb, KDDM_A_CONFIG_REPLICAS,
			 READ_ONCE(c->replicas))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

int kddm_nl_config_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct kddm_net *kn = kddm_pernet(genl_info_net(info));
	struct sk_buff *rsp;
	int err;

	rsp = kddm_nl_skb_new(info, GENLMSG_DEFAULT_SIZE);
	if (!rsp)
		return -ENOMEM;
	err = put_config(rsp, info, &kn->config);
	if (err) {
		nlmsg_free(rsp);
		return err;
	}
	return genlmsg_reply(rsp, info);
}

static void config_notify(struct kddm_net *kn)
{
	struct genl_info info;
	struct sk_buff *skb;

	if (!genl_has_listeners(&kddm_nl_family, kn->net, KDDM_NLGRP_MONITOR))
		return;
	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return;
	genl_info_init_ntf(&info, &kddm_nl_family, KDDM_CMD_CONFIG_NTF);
	if (put_config(skb, &info, &kn->config))
		nlmsg_free(skb);
	else
		genlmsg_multicast_netns(&kddm_nl_family, kn->net, skb, 0,
					KDDM_NLGRP_MONITOR, GFP_KERNEL);
}

static void take_membership(struct kddm_config *c, struct nlattr **attrs)
{
	if (attrs[KDDM_A_CONFIG_QUORUM])
		WRITE_ONCE(c->quorum,
			   nla_get_uint(attrs[KDDM_A_CONFIG_QUORUM]) - 1);
	if (attrs[KDDM_A_CONFIG_FOUNDERS])
		WRITE_ONCE(c->founders,
			   nla_get_uint(attrs[KDDM_A_CONFIG_FOUNDERS]));
	if (attrs[KDDM_A_CONFIG_START_TIMEOUT])
		WRITE_ONCE(c->start_timeout,
			   nla_get_uint(attrs[KDDM_A_CONFIG_START_TIMEOUT]));
	if (attrs[KDDM_A_CONFIG_LEAVE_TIMEOUT])
		WRITE_ONCE(c->leave_timeout,
			   nla_get_uint(attrs[KDDM_A_CONFIG_LEAVE_TIMEOUT]));
}

/* The policy has checked the values. */
static void take_config(struct kddm_config *c, struct nlattr **attrs)
{
	if (attrs[KDDM_A_CONFIG_NO_ID])
		WRITE_ONCE(c->id, -1);
	if (attrs[KDDM_A_CONFIG_ID])
		WRITE_ONCE(c->id, nla_get_uint(attrs[KDDM_A_CONFIG_ID]));
	if (attrs[KDDM_A_CONFIG_CLUSTER])
		WRITE_ONCE(c->cluster,
			   nla_get_uint(attrs[KDDM_A_CONFIG_CLUSTER]));
	if (attrs[KDDM_A_CONFIG_HOLD])
		WRITE_ONCE(c->hold, nla_get_uint(attrs[KDDM_A_CONFIG_HOLD]));
	if (attrs[KDDM_A_CONFIG_OBJECT_TIMEOUT])
		WRITE_ONCE(c->object_timeout,
			   nla_get_uint(attrs[KDDM_A_CONFIG_OBJECT_TIMEOUT]));
	if (attrs[KDDM_A_CONFIG_STOP_TIMEOUT])
		WRITE_ONCE(c->stop_timeout,
			   nla_get_uint(attrs[KDDM_A_CONFIG_STOP_TIMEOUT]));
	if (attrs[KDDM_A_CONFIG_REPLICAS])
		WRITE_ONCE(c->replicas,
			   nla_get_uint(attrs[KDDM_A_CONFIG_REPLICAS]));
	if (attrs[KDDM_A_CONFIG_REMOTE_STOP])
		WRITE_ONCE(c->remote_stop,
			   nla_get_uint(attrs[KDDM_A_CONFIG_REMOTE_STOP]));
}

int kddm_nl_config_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct kddm_net *kn = kddm_pernet(genl_info_net(info));

	if (info->attrs[KDDM_A_CONFIG_ID] && info->attrs[KDDM_A_CONFIG_NO_ID]) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[KDDM_A_CONFIG_NO_ID],
				    "either an id or none, not both");
		return -EINVAL;
	}
	if (mutex_lock_killable(&config_lock))
		return -EINTR;
	take_config(&kn->config, info->attrs);
	take_membership(&kn->config, info->attrs);
	config_notify(kn);
	mutex_unlock(&config_lock);
	return 0;
}

static int ping_error(struct genl_info *info, u16 id, int err)
{
	struct nlattr *attr = info->attrs[KDDM_A_NODE_ID];

	switch (err) {
	case -ENOTCONN:
		GENL_SET_ERR_MSG(info,
				 "this namespace is not a running node");
		break;
	case -EINVAL:
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr,
					"node %u is this one", id);
		break;
	case -EHOSTDOWN:
	case -ESTALE:
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr,
					"node %u is not online", id);
		break;
	case -ETIMEDOUT:
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr,
					"node %u did not answer in time", id);
		break;
	case -EINTR:
		break;		/* nobody is there to read it */
	default:
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr,
					"node %u: error %d", id, err);
		break;
	}
	return err;
}

int kddm_nl_node_ping_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *rsp;
	void *hdr;
	int err;
	u64 ns;
	u16 id;

	if (GENL_REQ_ATTR_CHECK(info, KDDM_A_NODE_ID)) {
		GENL_SET_ERR_MSG(info, "which node? the id is missing");
		return -EINVAL;
	}
	id = nla_get_uint(info->attrs[KDDM_A_NODE_ID]);
	rsp = kddm_nl_reply_new(info, 2 * nla_total_size_64bit(sizeof(u64)),
				&hdr);
	if (!rsp)
		return -ENOMEM;
	err = kddm_control_ping(genl_info_net(info), id, &ns);
	if (err) {
		nlmsg_free(rsp);
		return ping_error(info, id, err);
	}
	/* There is room. */
	nla_put_uint(rsp, KDDM_A_NODE_ID, id);
	nla_put_uint(rsp, KDDM_A_NODE_RTT, ns);
	genlmsg_end(rsp, hdr);
	return genlmsg_reply(rsp, info);
}

/* Where a dump goes on. */
struct service_dump {
	unsigned int	nr;
};

int kddm_nl_service_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb)
{
	struct service_dump *dump = (void *)cb->ctx;
	const struct genl_info *info = genl_info_dump(cb);
	struct kddm_rpc_info service;
	void *hdr;

	NL_ASSERT_CTX_FITS(struct service_dump);
	for (;;) {
		/* Never 0. */
		cb->seq = kddm_rpc_info(dump->nr, &service) << 1 | 1;
		if (!service.name[0])
			return 0;
		hdr = __genlmsg_iput(skb, info, NLM_F_MULTI);
		if (!hdr)
			return -EMSGSIZE;
		genl_dump_check_consistent(cb, hdr);
		if (nla_put_string(skb, KDDM_A_SERVICE_NAME, service.name) ||
		    nla_put_uint(skb, KDDM_A_SERVICE_ID, service.id) ||
		    (service.ordered &&
		     nla_put_flag(skb, KDDM_A_SERVICE_ORDERED))) {
			genlmsg_cancel(skb, hdr);
			return -EMSGSIZE;
		}
		genlmsg_end(skb, hdr);
		dump->nr++;
	}
}
