// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control interface: the family, the node in a namespace, the nodes that it
 * sees, and the events for those who listen.  netlink.h says more.
 */
#include <linux/atomic.h>
#include <linux/module.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/sock.h>
#include "control.h"
#include "catalog.h"
#include "main.h"
#include "member.h"
#include "netlink.h"
#include "netlink-gen.h"
#include "set.h"
#include "views.h"

/* The numbers of the interface are those inside, plus one. */
#define ASSERT_ONE_MORE(inside, outside) \
	static_assert((int)(inside) + 1 == (int)(outside))
ASSERT_ONE_MORE(KDDM_STOPPED, KDDM_RUN_STATE_STOPPED);
ASSERT_ONE_MORE(KDDM_STOPPING, KDDM_RUN_STATE_STOPPING);
ASSERT_ONE_MORE(KDDM_EXPELLED, KDDM_RUN_STATE_EXPELLED);
ASSERT_ONE_MORE(KDDM_SUSPENDED, KDDM_SERVICE_STATE_SUSPENDED);
ASSERT_ONE_MORE(KDDM_SERVING, KDDM_SERVICE_STATE_SERVING);
ASSERT_ONE_MORE(KDDM_NODE_OFFLINE, KDDM_MEMBERSHIP_OFFLINE);
ASSERT_ONE_MORE(KDDM_NODE_POSSIBLE, KDDM_MEMBERSHIP_POSSIBLE);
ASSERT_ONE_MORE(KDDM_ADD_ONLINE, KDDM_TRANSITION_ADD_ONLINE);
ASSERT_ONE_MORE(KDDM_REMOVE_ONLINE, KDDM_TRANSITION_REMOVE_ONLINE);
ASSERT_ONE_MORE(KDDM_VC_AUTO, KDDM_QUORUM_AUTO);
ASSERT_ONE_MORE(KDDM_VC_NONE, KDDM_QUORUM_NONE);
ASSERT_ONE_MORE(KDDM_VC_IDLE, KDDM_CHANGE_STATE_NONE);
ASSERT_ONE_MORE(KDDM_VC_GONE, KDDM_CHANGE_STATE_GONE);
ASSERT_ONE_MORE(KDDM_REFUSE_CLUSTER, KDDM_REFUSAL_CLUSTER);
ASSERT_ONE_MORE(KDDM_REFUSE_VERSION, KDDM_REFUSAL_VERSION);
ASSERT_ONE_MORE(KDDM_NODE_ID_MAX, KDDM_MAX_NODES);

static_assert(KDDM_SET_NAME_MAX == KDDM_SET_NAME_LEN);
static_assert(KDDM_OBJECT_SIZE_MAX == KDDM_OBJ_SIZE_MAX);

/**
 * struct nl_net - what dumps need to know of a namespace
 * @changes: counts the transitions of nodes, and of the service of its own
 */
struct nl_net {
	atomic_t	changes;
};

static unsigned int nl_net_id;

static struct pernet_operations nl_net_ops = {
	.id	= &nl_net_id,
	.size	= sizeof(struct nl_net),
};

static struct kddm_net *info_kn(const struct genl_info *info)
{
	return kddm_pernet(genl_info_net(info));
}

struct sk_buff *kddm_nl_skb_new(struct genl_info *info, size_t payload)
{
	struct sk_buff *skb = genlmsg_new(payload, GFP_KERNEL);

	if (!skb)
		GENL_SET_ERR_MSG(info, "no memory for the reply");
	return skb;
}

/* There is room for a header. */
struct sk_buff *kddm_nl_reply_new(struct genl_info *info, size_t payload,
				  void **hdr)
{
	struct sk_buff *skb = kddm_nl_skb_new(info, payload);

	if (skb)
		*hdr = genlmsg_iput(skb, info);
	return skb;
}

/* The node of this namespace */

int kddm_nl_node_start_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *cluster = info->attrs[KDDM_A_STATUS_CLUSTER];
	struct nlattr *id = info->attrs[KDDM_A_STATUS_ID];
	struct kddm_net *kn = info_kn(info);
	struct sk_buff *rsp;
	void *hdr;
	int err;

	rsp = kddm_nl_reply_new(info, 3 * nla_total_size_64bit(sizeof(u64)),
				&hdr);
	if (!rsp)
		return -ENOMEM;

	err = kddm_start(kn, id ? (int)nla_get_uint(id) :
				  READ_ONCE(kn->config.id),
			 cluster ? nla_get_uint(cluster) :
				   READ_ONCE(kn->config.cluster),
			 info->extack);
	if (err) {
		nlmsg_free(rsp);
		return err;
	}

	/* There is room. */
	nla_put_uint(rsp, KDDM_A_STATUS_ID, kn->self);
	nla_put_uint(rsp, KDDM_A_STATUS_CLUSTER, kn->cluster);
	nla_put_uint(rsp, KDDM_A_STATUS_INCARNATION, kn->incarnation);
	genlmsg_end(rsp, hdr);
	return genlmsg_reply(rsp, info);
}

int kddm_nl_node_stop_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attr = info->attrs[KDDM_A_STATUS_ID];
	struct kddm_net *kn = info_kn(info);
	bool force = info->attrs[KDDM_A_STATUS_FORCE];
	u64 id;

	if (!attr)
		return kddm_stop(kn, force, info->extack);
	id = nla_get_uint(attr);
	if (kddm_self(kn->net) == id)
		return kddm_stop(kn, force, info->extack);
	return kddm_control_stop(kn->net, id, force, info->extack);
}

static int put_service(struct sk_buff *skb, const struct kddm_net *kn)
{
	struct kddm_views_info info;

	if (!kddm_views_info(kn, &info))
		return 0;
	if (nla_put_uint(skb, KDDM_A_STATUS_EPOCH, info.epoch) ||
	    nla_put_uint(skb, KDDM_A_STATUS_SERVICE, info.service + 1) ||
	    nla_put_uint(skb, KDDM_A_STATUS_MEMBERS, info.members))
		return -EMSGSIZE;
	return 0;
}

static int put_awaited(struct sk_buff *skb, const struct kddm_net *kn)
{
	struct kddm_vc_set awaited;
	int left = KDDM_AWAITED_MAX;
	u16 n;

	kddm_views_awaited(kn, &awaited);
	for (n = 0; n < KDDM_MAX_NODES && left; n++) {
		if (!kddm_vc_has(&awaited, n))
			continue;
		if (nla_put_uint(skb, KDDM_A_STATUS_AWAITED, n))
			return -EMSGSIZE;
		left--;
	}
	return 0;
}

/* A node that does not serve cannot say where replicas are. */
static int put_replicas(struct sk_buff *skb, const struct kddm_views_info *info)
{
	bool complete = info->service == KDDM_SERVING &&
			info->stage >= KDDM_RESTORED;

	return nla_put_uint(skb, KDDM_A_STATUS_REPLICAS,
			    complete ? KDDM_REPLICA_STATE_COMPLETE :
				       KDDM_REPLICA_STATE_INCOMPLETE);
}

/* How far a change of the view and recovery are. */
static int put_progress(struct sk_buff *skb, struct kddm_net *kn)
{
	struct kddm_views_info info;

	if (nla_put_uint(skb, KDDM_A_STATUS_QUORUM, kn->quorum + 1))
		return -EMSGSIZE;
	if (!kddm_views_info(kn, &info))
		return 0;
	if (nla_put_uint(skb, KDDM_A_STATUS_CHANGE, info.phase + 1) ||
	    nla_put_uint(skb, KDDM_A_STATUS_ATTEMPT, info.attempt) ||
	    nla_put_uint(skb, KDDM_A_STATUS_SUSPECTS,
			 kddm_sets_suspects(kn)) ||
	    nla_put_uint(skb, KDDM_A_STATUS_RECOVERED, info.recovered) ||
	    put_replicas(skb, &info) ||
	    nla_put_uint(skb, KDDM_A_STATUS_CHANGE_TIME, info.change_us) ||
	    nla_put_uint(skb, KDDM_A_STATUS_RECOVERY_TIME, info.recovery_us))
		return -EMSGSIZE;
	return put_awaited(skb, kn);
}

/* What a stop has to wait for, and to hand over. */
static int put_load(struct sk_buff *skb, struct kddm_net *kn)
{
	if (nla_put_uint(skb, KDDM_A_STATUS_USERS,
			 atomic_read(&kn->sets->handles)) ||
	    nla_put_uint(skb, KDDM_A_STATUS_OBJECTS, kddm_sets_objects(kn)))
		return -EMSGSIZE;
	return 0;
}

static int put_self(struct sk_buff *skb, struct kddm_net *kn)
{
	const struct kddm_node *node;
	u32 addr = 0;

	rcu_read_lock();
	node = xa_load(&kn->nodes, kn->self);
	if (node)
		addr = READ_ONCE(node->addr);
	rcu_read_unlock();

	if (nla_put_uint(skb, KDDM_A_STATUS_ID, kn->self) ||
	    nla_put_uint(skb, KDDM_A_STATUS_CLUSTER, kn->cluster) ||
	    nla_put_uint(skb, KDDM_A_STATUS_INCARNATION, kn->incarnation) ||
	    (addr && nla_put_uint(skb, KDDM_A_STATUS_ADDRESS, addr)) ||
	    put_service(skb, kn) || put_progress(skb, kn) ||
	    put_load(skb, kn))
		return -EMSGSIZE;
	return 0;
}

static int put_counter(struct sk_buff *skb, int attr, const atomic64_t *c)
{
	return nla_put_uint(skb, attr, atomic64_read(c));
}

static int put_stats(struct sk_buff *skb, const struct kddm_stats *s)
{
	if (put_counter(skb, KDDM_A_STATUS_TX, &s->tx) ||
	    put_counter(skb, KDDM_A_STATUS_RX, &s->rx) ||
	    put_counter(skb, KDDM_A_STATUS_TX_BYTES, &s->tx_bytes) ||
	    put_counter(skb, KDDM_A_STATUS_RX_BYTES, &s->rx_bytes) ||
	    put_counter(skb, KDDM_A_STATUS_MALFORMED, &s->malformed) ||
	    put_counter(skb, KDDM_A_STATUS_FOREIGN, &s->foreign) ||
	    put_counter(skb, KDDM_A_STATUS_STALE, &s->stale) ||
	    put_counter(skb, KDDM_A_STATUS_REFUSED, &s->refused) ||
	    put_counter(skb, KDDM_A_STATUS_GAPS, &s->gaps) ||
	    put_counter(skb, KDDM_A_STATUS_BUSY, &s->busy))
		return -EMSGSIZE;
	return 0;
}

int kddm_nl_status_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct kddm_net *kn = info_kn(info);
	int run = kddm_run(kn);
	struct sk_buff *rsp;
	void *hdr;

	rsp = kddm_nl_reply_new(info, (KDDM_A_STATUS_MAX + KDDM_AWAITED_MAX) *
				nla_total_size_64bit(sizeof(u64)), &hdr);
	if (!rsp)
		return -ENOMEM;
	if (nla_put_uint(rsp, KDDM_A_STATUS_RUN_STATE, run + 1) ||
	    (run != KDDM_STOPPED && put_self(rsp, kn)) ||
	    put_stats(rsp, &kn->stats) ||
	    nla_put_uint(rsp, KDDM_A_STATUS_VERSION, KDDM_WIRE_VERSION)) {
		nlmsg_free(rsp);
		return -EMSGSIZE;
	}
	genlmsg_end(rsp, hdr);
	return genlmsg_reply(rsp, info);
}

/* The nodes of the cluster */

/* @cb: of a dump, or NULL */
static int put_node(struct sk_buff *skb, const struct genl_info *info,
		    struct netlink_callback *cb, const struct kddm_net *kn,
		    const struct kddm_node *node)
{
	u32 incarnation = READ_ONCE(node->incarnation);
	u32 addr = READ_ONCE(node->addr);
	u32 rtt = READ_ONCE(node->rtt);
	void *hdr;

	hdr = __genlmsg_iput(skb, info, cb ? NLM_F_MULTI : 0);
	if (!hdr)
		return -EMSGSIZE;
	if (cb)
		genl_dump_check_consistent(cb, hdr);
	if (nla_put_uint(skb, KDDM_A_NODE_ID, node->id) ||
	    nla_put_uint(skb, KDDM_A_NODE_STATE, READ_ONCE(node->state) + 1) ||
	    (addr && nla_put_uint(skb, KDDM_A_NODE_ADDRESS, addr)) ||
	    nla_put_uint(skb, KDDM_A_NODE_INCARNATION, incarnation) ||
	    (node->id == kn->self && nla_put_flag(skb, KDDM_A_NODE_SELF)) ||
	    put_counter(skb, KDDM_A_NODE_TX, &node->tx) ||
	    put_counter(skb, KDDM_A_NODE_RX, &node->rx) ||
	    put_counter(skb, KDDM_A_NODE_TX_BYTES, &node->tx_bytes) ||
	    put_counter(skb, KDDM_A_NODE_RX_BYTES, &node->rx_bytes) ||
	    nla_put_uint(skb, KDDM_A_NODE_VERSION, KDDM_WIRE_VERSION) ||
	    (rtt && nla_put_uint(skb, KDDM_A_NODE_RTT, rtt)) ||
	    (kddm_views_has(kn, node->id, incarnation) &&
	     nla_put_flag(skb, KDDM_A_NODE_MEMBER))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

int kddm_nl_node_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct kddm_net *kn = info_kn(info);
	const struct kddm_node *node;
	struct sk_buff *rsp;
	int err = -ENOENT;
	u16 id;

	if (GENL_REQ_ATTR_CHECK(info, KDDM_A_NODE_ID)) {
		GENL_SET_ERR_MSG(info, "which node? the id is missing");
		return -EINVAL;
	}
	id = nla_get_uint(info->attrs[KDDM_A_NODE_ID]);

	rsp = kddm_nl_skb_new(info, GENLMSG_DEFAULT_SIZE);
	if (!rsp)
		return -ENOMEM;
	rcu_read_lock();
	node = xa_load(&kn->nodes, id);
	if (node)
		err = put_node(rsp, info, NULL, kn, node);
	rcu_read_unlock();
	if (err) {
		if (err == -ENOENT)
			NL_SET_ERR_MSG_ATTR_FMT(info->extack,
						info->attrs[KDDM_A_NODE_ID],
						"node %u is not known here",
						id);
		nlmsg_free(rsp);
		return err;
	}
	return genlmsg_reply(rsp, info);
}

/* Where a dump goes on. */
struct node_dump {
	unsigned long	id;
};

int kddm_nl_node_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nl_net *nn = net_generic(sock_net(skb->sk), nl_net_id);
	struct kddm_net *kn = kddm_pernet(sock_net(skb->sk));
	const struct genl_info *info = genl_info_dump(cb);
	struct node_dump *dump = (void *)cb->ctx;
	const struct kddm_node *node;
	unsigned long id;
	int err = 0;

	NL_ASSERT_CTX_FITS(struct node_dump);
	/* Never 0; before the look-up, so that no change goes unseen. */
	cb->seq = (u32)atomic_read_acquire(&nn->changes) << 1 | 1;
	rcu_read_lock();
	xa_for_each_start(&kn->nodes, id, node, dump->id) {
		err = put_node(skb, info, cb, kn, node);
		if (err)
			break;
	}
	rcu_read_unlock();
	dump->id = id;
	return err;
}

/* Events */

static void notify(const struct kddm_net *kn, struct sk_buff *skb)
{
	genlmsg_multicast_netns(&kddm_nl_family, kn->net, skb, 0,
				KDDM_NLGRP_MONITOR, GFP_KERNEL);
}

static bool nobody_listens(const struct kddm_net *kn)
{
	return !genl_has_listeners(&kddm_nl_family, kn->net,
				   KDDM_NLGRP_MONITOR);
}

/* The state that a transition leads to. */
static u32 state_after(u8 change)
{
	switch (change) {
	case KDDM_ADD_POSSIBLE:
		return KDDM_MEMBERSHIP_POSSIBLE;
	case KDDM_REMOVE_ONLINE:
		return KDDM_MEMBERSHIP_OFFLINE;
	default:
		return KDDM_MEMBERSHIP_ONLINE;
	}
}

static int node_event(struct notifier_block *nb, unsigned long action,
		      void *data)
{
	const struct kddm_node_event *ev = data;
	struct nl_net *nn = net_generic(ev->kn->net, nl_net_id);
	bool self = ev->id == ev->kn->self;
	u32 state = state_after(ev->change);
	struct genl_info info;
	struct sk_buff *skb;
	void *hdr;

	atomic_inc(&nn->changes);
	if (nobody_listens(ev->kn))
		return NOTIFY_DONE;

	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return NOTIFY_DONE;
	genl_info_init_ntf(&info, &kddm_nl_family, KDDM_CMD_NODE_CHANGE_NTF);
	hdr = genlmsg_iput(skb, &info);
	if (!hdr ||
	    nla_put_uint(skb, KDDM_A_NODE_ID, ev->id) ||
	    nla_put_uint(skb, KDDM_A_NODE_STATE, state) ||
	    nla_put_uint(skb, KDDM_A_NODE_INCARNATION, ev->incarnation) ||
	    (self && nla_put_flag(skb, KDDM_A_NODE_SELF)) ||
	    nla_put_uint(skb, KDDM_A_NODE_TRANSITION, ev->change + 1)) {
		nlmsg_free(skb);
		return NOTIFY_DONE;
	}
	genlmsg_end(skb, hdr);
	notify(ev->kn, skb);
	return NOTIFY_DONE;
}

static int refusal_event(struct notifier_block *nb, unsigned long action,
			 void *data)
{
	const struct kddm_refusal_event *ev = data;
	struct genl_info info;
	struct sk_buff *skb;
	void *hdr;

	if (nobody_listens(ev->kn))
		return NOTIFY_DONE;
	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return NOTIFY_DONE;
	genl_info_init_ntf(&info, &kddm_nl_family, KDDM_CMD_NODE_REFUSED_NTF);
	hdr = genlmsg_iput(skb, &info);
	if (!hdr || nla_put_uint(skb, KDDM_A_NODE_ID, ev->id) ||
	    nla_put_uint(skb, KDDM_A_NODE_ADDRESS, ev->addr) ||
	    nla_put_uint(skb, KDDM_A_NODE_REFUSAL, ev->why + 1) ||
	    (ev->why == KDDM_REFUSE_VERSION &&
	     nla_put_uint(skb, KDDM_A_NODE_VERSION, ev->version))) {
		nlmsg_free(skb);
		return NOTIFY_DONE;
	}
	genlmsg_end(skb, hdr);
	notify(ev->kn, skb);
	return NOTIFY_DONE;
}

static int service_event(struct notifier_block *nb, unsigned long action,
			 void *data)
{
	const struct kddm_views *v = data;
	struct genl_info info;
	struct sk_buff *skb;
	struct nl_net *nn;
	void *hdr;

	/* There may be others in the view. */
	nn = net_generic(v->kn->net, nl_net_id);
	atomic_inc(&nn->changes);
	if (nobody_listens(v->kn))
		return NOTIFY_DONE;
	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return NOTIFY_DONE;
	genl_info_init_ntf(&info, &kddm_nl_family,
			   KDDM_CMD_SERVICE_CHANGE_NTF);
	hdr = genlmsg_iput(skb, &info);
	if (!hdr || put_service(skb, v->kn)) {
		nlmsg_free(skb);
		return NOTIFY_DONE;
	}
	genlmsg_end(skb, hdr);
	notify(v->kn, skb);
	return NOTIFY_DONE;
}

static int set_event(struct notifier_block *nb, unsigned long action,
		     void *data)
{
	const struct kddm_set *set = data;
	struct genl_info info;
	struct sk_buff *skb;

	if (set->id < KDDM_BUCKETS || nobody_listens(set->kn))
		return NOTIFY_DONE;

	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return NOTIFY_DONE;
	genl_info_init_ntf(&info, &kddm_nl_family,
			   action == KDDM_SET_CREATED ?
			   KDDM_CMD_SET_NEW_NTF : KDDM_CMD_SET_DEL_NTF);
	if (kddm_nl_put_set(skb, &info, set))
		nlmsg_free(skb);
	else
		notify(set->kn, skb);
	return NOTIFY_DONE;
}

static struct notifier_block node_add_nb = { .notifier_call = node_event };
static struct notifier_block node_remove_nb = { .notifier_call = node_event };
static struct notifier_block refusal_nb = { .notifier_call = refusal_event };
static struct notifier_block set_nb = { .notifier_call = set_event };
static struct notifier_block service_nb = { .notifier_call = service_event };

int __init kddm_nl_init(void)
{
	int err;

	err = register_pernet_subsys(&nl_net_ops);
	if (err)
		return err;
	err = kddm_register_add_notifier(&node_add_nb);
	if (err)
		goto err_pernet;
	err = kddm_register_remove_notifier(&node_remove_nb);
	if (err)
		goto err_add;
	err = kddm_register_refusal_notifier(&refusal_nb);
	if (err)
		goto err_remove;
	err = kddm_set_register_notifier(&set_nb);
	if (err)
		goto err_refusal;
	err = kddm_views_register_notifier(&service_nb);
	if (err)
		goto err_set;
	err = genl_register_family(&kddm_nl_family);
	if (err)
		goto err_service;
	return 0;

err_service:
	kddm_views_unregister_notifier(&service_nb);
err_set:
	kddm_set_unregister_notifier(&set_nb);
err_refusal:
	kddm_unregister_refusal_notifier(&refusal_nb);
err_remove:
	kddm_unregister_remove_notifier(&node_remove_nb);
err_add:
	kddm_unregister_add_notifier(&node_add_nb);
err_pernet:
	unregister_pernet_subsys(&nl_net_ops);
	return err;
}

void kddm_nl_exit(void)
{
	genl_unregister_family(&kddm_nl_family);
	kddm_views_unregister_notifier(&service_nb);
	kddm_set_unregister_notifier(&set_nb);
	kddm_unregister_refusal_notifier(&refusal_nb);
	kddm_unregister_remove_notifier(&node_remove_nb);
	kddm_unregister_add_notifier(&node_add_nb);
	unregister_pernet_subsys(&nl_net_ops);
}

/* Whoever asks for the family gets the module. */
MODULE_ALIAS_GENL_FAMILY(KDDM_FAMILY_NAME);
