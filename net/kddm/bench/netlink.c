// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bench: requests, as Documentation/netlink/specs/kddm-bench.yaml has them,
 * which cases there are, and the life of the module.
 */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "../main.h"
#include "bench.h"
#include "netlink-gen.h"

#define ROUNDS		5
#define COUNT		200
#define SIZE		64
#define TIMES_MAX	1000000		/* single times of a case */

static const struct bench_case cases[] = {
	[KDDM_BENCH_KIND_GET_FIRST] = {
		.peers = 1, .fresh = true,
		.ref = bench_raw_trips, .round = bench_get_first,
	},
	[KDDM_BENCH_KIND_GET_OWNER] = {
		.peers = 1,
		.ref = bench_raw_trips, .round = bench_get_owner,
	},
	[KDDM_BENCH_KIND_GET_FORWARD] = {
		.peers = 2, .fresh = true,
		.ref = bench_raw_trips, .round = bench_get_forward,
	},
	[KDDM_BENCH_KIND_GRAB_FIRST] = {
		.peers = 1, .fresh = true,
		.ref = bench_raw_trips, .round = bench_grab_first,
	},
	[KDDM_BENCH_KIND_GRAB_LOCAL] = {
		.peers = 1,
		.ref = bench_raw_trips, .round = bench_grab_local,
	},
	[KDDM_BENCH_KIND_GRAB_REMOTE] = {
		.per_copy = 1, .least = 1,
		.ref = bench_raw_trips, .round = bench_grab_remote,
	},
	[KDDM_BENCH_KIND_GRAB_BOTH] = {
		.per_copy = 1, .least = 1,
		.ref = bench_raw_trips, .round = bench_grab_both,
	},
	[KDDM_BENCH_KIND_REMOVE_LOCAL] = {
		.peers = 1,
		.ref = bench_raw_trips, .round = bench_remove_local,
	},
	[KDDM_BENCH_KIND_REMOVE_REMOTE] = {
		.per_copy = 1, .least = 1,
		.ref = bench_raw_trips, .round = bench_remove_remote,
	},
	[KDDM_BENCH_KIND_HIT_GET] = {
		.open = bench_local_open, .close = bench_local_close,
		.ref = bench_local_bare, .round = bench_hit_get,
	},
	[KDDM_BENCH_KIND_HIT_GRAB] = {
		.open = bench_local_open, .close = bench_local_close,
		.ref = bench_local_bare, .round = bench_hit_grab,
	},
	[KDDM_BENCH_KIND_BOUNCE] = {
		.peers = -1, .per_copy = 1, .least = 2, .clock = true,
		.ref = bench_raw_trips, .round = bench_shared_bounce,
	},
	[KDDM_BENCH_KIND_PRODUCE] = {
		.peers = 1,
		.ref = bench_raw_trips, .round = bench_produce,
	},
	[KDDM_BENCH_KIND_STREAM] = {
		.peers = 1,
		.ref = bench_raw_stream, .round = bench_stream,
	},
	[KDDM_BENCH_KIND_READERS] = {
		.per_copy = 1, .least = 1, .clock = true,
		.ref = bench_raw_trips, .round = bench_shared_readers,
	},
	[KDDM_BENCH_KIND_RPC] = {
		.peers = 1,
		.ref = bench_raw_trips, .round = bench_rpc,
	},
	[KDDM_BENCH_KIND_REPLICAS] = {
		.peers = -1, .per_copy = 1, .least = 2,
		.most = KDDM_SET_REPLICAS_MAX, .replicas = true,
		.ref = bench_raw_trips, .round = bench_replicas,
	},
};

static u32 number(struct genl_info *info, int attr, u32 other)
{
	return info->attrs[attr] ? nla_get_uint(info->attrs[attr]) : other;
}

/* The other nodes: known, no two the same, and not this one. */
static int take_peers(struct genl_info *info, struct bench *b)
{
	struct nlattr *attr;
	u32 node, i;
	int rem;

	nla_for_each_attr_type(attr, KDDM_BENCH_A_CASE_PEER,
			       genlmsg_data(info->genlhdr),
			       genlmsg_len(info->genlhdr), rem) {
		node = nla_get_uint(attr);
		if (b->nr_peers == KDDM_BENCH_NODES_MAX) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr,
					    "too many nodes");
			return -EINVAL;
		}
		for (i = 0; i < b->nr_peers && b->peer[i] != node; i++)
			;
		if (i < b->nr_peers || node == b->self) {
			NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr,
						"node %u %s", node,
						i < b->nr_peers ?
						"is named twice" :
						"is this node");
			return -EINVAL;
		}
		b->peer[b->nr_peers++] = node;
	}
	return 0;
}

/* Do the numbers go together? */
static int check_case(struct genl_info *info, struct bench *b)
{
	u32 need;

	if (b->copies < b->what->least) {
		NL_SET_ERR_MSG_FMT(info->extack,
				   "this needs copies, %u or more",
				   b->what->least);
		return -EINVAL;
	}
	if (b->what->most && b->copies > b->what->most) {
		NL_SET_ERR_MSG_FMT(info->extack,
				   "this takes %u copies at most",
				   b->what->most);
		return -EINVAL;
	}
	need = max(bench_peers_needed(b), b->away ? 1 : 0);
	if (b->nr_peers < need) {
		NL_SET_ERR_MSG_FMT(info->extack, "this needs %u other nodes",
				   need);
		return -EINVAL;
	}
	if (b->cpus > num_online_cpus()) {
		NL_SET_ERR_MSG_FMT(info->extack, "this machine has %u CPUs",
				   num_online_cpus());
		return -EINVAL;
	}
	if ((b->rounds + 1) * b->count * b->cpus > TIMES_MAX) {
		GENL_SET_ERR_MSG(info, "too many operations in all");
		return -EINVAL;
	}
	if ((u64)b->size * b->count * (b->what->fresh ? b->rounds + 1 : 1) >
	    BENCH_MEMORY) {
		GENL_SET_ERR_MSG(info, "too many objects of this size");
		return -EINVAL;
	}
	return 0;
}

static int take_case(struct genl_info *info, struct bench *b)
{
	int err;

	if (GENL_REQ_ATTR_CHECK(info, KDDM_BENCH_A_CASE_KIND)) {
		GENL_SET_ERR_MSG(info, "what to measure? the kind is missing");
		return -EINVAL;
	}
	b->net = genl_info_net(info);
	b->kn = kddm_pernet(b->net);
	err = kddm_self(b->net);
	if (err < 0) {
		GENL_SET_ERR_MSG(info, "this namespace is not a running node");
		return err;
	}
	b->self = err;
	b->what = &cases[number(info, KDDM_BENCH_A_CASE_KIND, 0)];
	b->size = number(info, KDDM_BENCH_A_CASE_SIZE, SIZE);
	b->away = info->attrs[KDDM_BENCH_A_CASE_AWAY];
	b->copies = number(info, KDDM_BENCH_A_CASE_COPIES, 0);
	b->cpus = number(info, KDDM_BENCH_A_CASE_CPUS, 1);
	b->rounds = number(info, KDDM_BENCH_A_CASE_ROUNDS, ROUNDS);
	b->count = number(info, KDDM_BENCH_A_CASE_COUNT, COUNT);
	err = take_peers(info, b);
	return err ?: check_case(info, b);
}

static int put_times(struct sk_buff *skb, int attr, struct bench_times *t)
{
	struct bench_figures f;
	struct nlattr *nest;

	bench_times_figures(t, &f);
	nest = nla_nest_start(skb, attr);
	if (!nest ||
	    nla_put_uint(skb, KDDM_BENCH_A_TIMES_OPS, f.ops) ||
	    nla_put_uint(skb, KDDM_BENCH_A_TIMES_MEAN, f.mean) ||
	    nla_put_uint(skb, KDDM_BENCH_A_TIMES_P50, f.p50) ||
	    nla_put_uint(skb, KDDM_BENCH_A_TIMES_P99, f.p99) ||
	    nla_put_uint(skb, KDDM_BENCH_A_TIMES_LONGEST, f.max) ||
	    nla_put_uint(skb, KDDM_BENCH_A_TIMES_RATE, f.rate))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int answer(struct genl_info *info, struct bench *b)
{
	struct sk_buff *rsp;
	void *hdr;

	rsp = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!rsp) {
		GENL_SET_ERR_MSG(info, "no memory for the reply");
		return -ENOMEM;
	}
	hdr = genlmsg_iput(rsp, info);
	if (!hdr || put_times(rsp, KDDM_BENCH_A_CASE_KDDM, &b->kddm) ||
	    put_times(rsp, KDDM_BENCH_A_CASE_RAW, &b->ref)) {
		nlmsg_free(rsp);
		return -EMSGSIZE;
	}
	genlmsg_end(rsp, hdr);
	return genlmsg_reply(rsp, info);
}

static int run_error(struct genl_info *info, struct bench *b, int err)
{
	switch (err) {
	case -EBUSY:
		GENL_SET_ERR_MSG(info,
				 "a bench runs in this cluster already");
		break;
	case -EOPNOTSUPP:
		NL_SET_ERR_MSG_FMT(info->extack,
				   "node %u has no bench (CONFIG_KDDM_BENCH), or its module is not loaded",
				   b->culprit);
		break;
	case -EHOSTDOWN:
		GENL_SET_ERR_MSG(info, "a node is not there, or failed");
		break;
	case -ENOTCONN:
	case -ESHUTDOWN:
		GENL_SET_ERR_MSG(info, "a node is about to stop");
		break;
	case -ETIMEDOUT:
		GENL_SET_ERR_MSG(info, "it took too long");
		break;
	case -EINTR:
		break;		/* nobody is there to read it */
	default:
		NL_SET_ERR_MSG_FMT(info->extack, "error %d", err);
		break;
	}
	return err;
}

int kddm_bench_nl_run_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct bench *b = kvzalloc_obj(*b);
	int err;

	if (!b) {
		GENL_SET_ERR_MSG(info, "no memory for a bench");
		return -ENOMEM;
	}
	err = take_case(info, b);
	if (err)
		goto out;
	err = bench_run(b, info->snd_portid);
	err = err ? run_error(info, b, err) : answer(info, b);
	bench_times_free(&b->kddm);
	bench_times_free(&b->ref);
out:
	kvfree(b);
	return err;
}

static int __init kddm_bench_init(void)
{
	int err;

	BUILD_BUG_ON(ARRAY_SIZE(cases) != KDDM_BENCH_KIND_REPLICAS + 1);
	err = bench_session_init();
	if (err)
		return err;
	err = bench_order_init();
	if (err)
		goto session;
	err = genl_register_family(&kddm_bench_nl_family);
	if (err)
		goto order;
	return 0;

order:
	bench_order_exit();
session:
	bench_session_exit();
	return err;
}

static void __exit kddm_bench_exit(void)
{
	genl_unregister_family(&kddm_bench_nl_family);
	bench_order_exit();
	bench_session_exit();
}

module_init(kddm_bench_init);
module_exit(kddm_bench_exit);

MODULE_DESCRIPTION("What KDDM costs, beside what it stands on");
MODULE_LICENSE("GPL");
MODULE_ALIAS_GENL_FAMILY(KDDM_BENCH_FAMILY_NAME);
