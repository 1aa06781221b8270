// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/kddm-bench.yaml */
/* YNL-GEN kernel source */
/* To regenerate run: tools/net/ynl/ynl-regen.sh */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink-gen.h"

#include <uapi/linux/kddm_bench.h>

/* Integer value ranges */
static const struct netlink_range_validation kddm_bench_a_case_size_range = {
	.min	= 4ULL,
	.max	= KDDM_BENCH_SIZE_MAX,
};

/* KDDM_BENCH_CMD_RUN - do */
static const struct nla_policy kddm_bench_run_nl_policy[KDDM_BENCH_A_CASE_COUNT + 1] = {
	[KDDM_BENCH_A_CASE_KIND] = NLA_POLICY_RANGE(NLA_UINT, 1, 17),
	[KDDM_BENCH_A_CASE_SIZE] = NLA_POLICY_FULL_RANGE(NLA_UINT, &kddm_bench_a_case_size_range),
	[KDDM_BENCH_A_CASE_AWAY] = { .type = NLA_FLAG, },
	[KDDM_BENCH_A_CASE_COPIES] = NLA_POLICY_RANGE(NLA_UINT, 1, KDDM_BENCH_NODES_MAX),
	[KDDM_BENCH_A_CASE_CPUS] = NLA_POLICY_RANGE(NLA_UINT, 1, KDDM_BENCH_CPUS_MAX),
	[KDDM_BENCH_A_CASE_PEER] = NLA_POLICY_MAX(NLA_UINT, KDDM_BENCH_NODE_ID_MAX),
	[KDDM_BENCH_A_CASE_ROUNDS] = NLA_POLICY_RANGE(NLA_UINT, 1, KDDM_BENCH_ROUNDS_MAX),
	[KDDM_BENCH_A_CASE_COUNT] = NLA_POLICY_RANGE(NLA_UINT, 1, KDDM_BENCH_COUNT_MAX),
};

/* Ops table for kddm_bench */
static const struct genl_split_ops kddm_bench_nl_ops[] = {
	{
		.cmd		= KDDM_BENCH_CMD_RUN,
		.doit		= kddm_bench_nl_run_doit,
		.policy		= kddm_bench_run_nl_policy,
		.maxattr	= KDDM_BENCH_A_CASE_COUNT,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
};

struct genl_family kddm_bench_nl_family __ro_after_init = {
	.name		= KDDM_BENCH_FAMILY_NAME,
	.version	= KDDM_BENCH_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.split_ops	= kddm_bench_nl_ops,
	.n_split_ops	= ARRAY_SIZE(kddm_bench_nl_ops),
};
