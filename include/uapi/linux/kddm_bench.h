/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/kddm-bench.yaml */
/* YNL-GEN uapi header */
/* To regenerate run: tools/net/ynl/ynl-regen.sh */

#ifndef _UAPI_LINUX_KDDM_BENCH_H
#define _UAPI_LINUX_KDDM_BENCH_H

#define KDDM_BENCH_FAMILY_NAME		"kddm-bench"
#define KDDM_BENCH_FAMILY_VERSION	1

#define KDDM_BENCH_NODE_ID_MAX	1023
#define KDDM_BENCH_SIZE_MAX	65536
#define KDDM_BENCH_NODES_MAX	15
#define KDDM_BENCH_CPUS_MAX	8
#define KDDM_BENCH_ROUNDS_MAX	99
#define KDDM_BENCH_COUNT_MAX	10000

/**
 * enum kddm_bench_kind - What is measured. The reference is a TIPC round trip
 *   with the same payload both ways, unless another one is named.
 * @KDDM_BENCH_KIND_GET_FIRST: Get of an object that does not exist.
 * @KDDM_BENCH_KIND_GET_OWNER: Get from the owner, which is known.
 * @KDDM_BENCH_KIND_GET_FORWARD: Get by way of a node that is not the owner any
 *   more.
 * @KDDM_BENCH_KIND_GRAB_FIRST: Grab of an object that does not exist.
 * @KDDM_BENCH_KIND_GRAB_LOCAL: Grab by the owner, who has the only copy.
 * @KDDM_BENCH_KIND_GRAB_REMOTE: Grab of an object of which other nodes have so
 *   many copies.
 * @KDDM_BENCH_KIND_GRAB_BOTH: The same, with a copy on this node too.
 * @KDDM_BENCH_KIND_REMOVE_LOCAL: Removal by the owner, who has the only copy.
 * @KDDM_BENCH_KIND_REMOVE_REMOTE: Removal of an object of which other nodes
 *   have so many copies.
 * @KDDM_BENCH_KIND_HIT_GET: Get and put of a copy that is here. The reference
 *   is a look-up in an xarray and a read lock.
 * @KDDM_BENCH_KIND_HIT_GRAB: Grab and put by the owner; the reference is that
 *   of hit-get.
 * @KDDM_BENCH_KIND_BOUNCE: So many nodes write the same objects in turn, as
 *   fast as they can; hand-overs from one to another count.
 * @KDDM_BENCH_KIND_PRODUCE: This node writes many objects, then another one
 *   reads them.
 * @KDDM_BENCH_KIND_STREAM: Prefetch of many objects, and get of each. The
 *   reference is a TIPC connection on which as much data comes.
 * @KDDM_BENCH_KIND_READERS: So many nodes read one object of another node, as
 *   fast as they can, and forget it each time.
 * @KDDM_BENCH_KIND_RPC: RPC call with a request and a reply of this size.
 * @KDDM_BENCH_KIND_REPLICAS: Grab and put by the owner, in a set that keeps
 *   what is put on so many nodes.
 */
enum kddm_bench_kind {
	KDDM_BENCH_KIND_GET_FIRST = 1,
	KDDM_BENCH_KIND_GET_OWNER,
	KDDM_BENCH_KIND_GET_FORWARD,
	KDDM_BENCH_KIND_GRAB_FIRST,
	KDDM_BENCH_KIND_GRAB_LOCAL,
	KDDM_BENCH_KIND_GRAB_REMOTE,
	KDDM_BENCH_KIND_GRAB_BOTH,
	KDDM_BENCH_KIND_REMOVE_LOCAL,
	KDDM_BENCH_KIND_REMOVE_REMOTE,
	KDDM_BENCH_KIND_HIT_GET,
	KDDM_BENCH_KIND_HIT_GRAB,
	KDDM_BENCH_KIND_BOUNCE,
	KDDM_BENCH_KIND_PRODUCE,
	KDDM_BENCH_KIND_STREAM,
	KDDM_BENCH_KIND_READERS,
	KDDM_BENCH_KIND_RPC,
	KDDM_BENCH_KIND_REPLICAS,
};

enum {
	KDDM_BENCH_A_TIMES_OPS = 1,
	KDDM_BENCH_A_TIMES_MEAN,
	KDDM_BENCH_A_TIMES_P50,
	KDDM_BENCH_A_TIMES_P99,
	KDDM_BENCH_A_TIMES_LONGEST,
	KDDM_BENCH_A_TIMES_RATE,

	__KDDM_BENCH_A_TIMES_MAX,
	KDDM_BENCH_A_TIMES_MAX = (__KDDM_BENCH_A_TIMES_MAX - 1)
};

enum {
	KDDM_BENCH_A_CASE_KIND = 1,
	KDDM_BENCH_A_CASE_SIZE,
	KDDM_BENCH_A_CASE_AWAY,
	KDDM_BENCH_A_CASE_COPIES,
	KDDM_BENCH_A_CASE_CPUS,
	KDDM_BENCH_A_CASE_PEER,
	KDDM_BENCH_A_CASE_ROUNDS,
	KDDM_BENCH_A_CASE_COUNT,
	KDDM_BENCH_A_CASE_KDDM,
	KDDM_BENCH_A_CASE_RAW,

	__KDDM_BENCH_A_CASE_MAX,
	KDDM_BENCH_A_CASE_MAX = (__KDDM_BENCH_A_CASE_MAX - 1)
};

enum {
	KDDM_BENCH_CMD_RUN = 1,

	__KDDM_BENCH_CMD_MAX,
	KDDM_BENCH_CMD_MAX = (__KDDM_BENCH_CMD_MAX - 1)
};

#endif /* _UAPI_LINUX_KDDM_BENCH_H */
