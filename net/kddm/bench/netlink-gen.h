/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/kddm-bench.yaml */
/* YNL-GEN kernel header */
/* To regenerate run: tools/net/ynl/ynl-regen.sh */

#ifndef _LINUX_KDDM_BENCH_GEN_H
#define _LINUX_KDDM_BENCH_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/kddm_bench.h>

int kddm_bench_nl_run_doit(struct sk_buff *skb, struct genl_info *info);

extern struct genl_family kddm_bench_nl_family;

#endif /* _LINUX_KDDM_BENCH_GEN_H */
