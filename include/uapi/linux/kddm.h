/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/kddm.yaml */
/* YNL-GEN uapi header */
/* To regenerate run: tools/net/ynl/ynl-regen.sh */

#ifndef _UAPI_LINUX_KDDM_H
#define _UAPI_LINUX_KDDM_H

#define KDDM_FAMILY_NAME	"kddm"
#define KDDM_FAMILY_VERSION	1

#define KDDM_NODE_ID_MAX	1023
#define KDDM_NODE_COUNT_MAX	1024
#define KDDM_SET_NAME_MAX	16
#define KDDM_OBJECT_SIZE_MAX	65536
#define KDDM_DATA_MAX		16384
#define KDDM_HOLD_MAX		1000
#define KDDM_LOST_MAX		3600000
#define KDDM_REPLICAS_MAX	8

/**
 * enum kddm_run_state - Where a namespace stands in its life as a node.
 * @KDDM_RUN_STATE_STOPPED: The namespace is not a node.
 * @KDDM_RUN_STATE_STARTING: The node is about to join the cluster.
 * @KDDM_RUN_STATE_RUNNING: The node is part of the cluster.
 * @KDDM_RUN_STATE_STOPPING: The node is about to leave the cluster.
 * @KDDM_RUN_STATE_EXPELLED: Another node has the id, or TIPC is gone; the node
 *   takes no part any more and waits to be stopped.
 */
enum kddm_run_state {
	KDDM_RUN_STATE_STOPPED = 1,
	KDDM_RUN_STATE_STARTING,
	KDDM_RUN_STATE_RUNNING,
	KDDM_RUN_STATE_STOPPING,
	KDDM_RUN_STATE_EXPELLED,
};

/**
 * enum kddm_service_state - Whether a running node serves its view of the
 *   cluster.
 * @KDDM_SERVICE_STATE_SUSPENDED: It cannot reach enough of the others; callers
 *   wait, and nothing is served.
 * @KDDM_SERVICE_STATE_CHANGING: The view changes; what is here can be used,
 *   what has to be asked for waits.
 * @KDDM_SERVICE_STATE_SERVING: All is well.
 */
enum kddm_service_state {
	KDDM_SERVICE_STATE_SUSPENDED = 1,
	KDDM_SERVICE_STATE_CHANGING,
	KDDM_SERVICE_STATE_SERVING,
};

/**
 * enum kddm_membership - How far a node takes part in the cluster.
 * @KDDM_MEMBERSHIP_OFFLINE: The node does not take part.
 * @KDDM_MEMBERSHIP_ONLINE: The node can be talked to.
 * @KDDM_MEMBERSHIP_POSSIBLE: The node serves sets and objects too.
 */
enum kddm_membership {
	KDDM_MEMBERSHIP_OFFLINE = 1,
	KDDM_MEMBERSHIP_ONLINE,
	KDDM_MEMBERSHIP_POSSIBLE,
};

/**
 * enum kddm_transition - A step of a node into the cluster or out of it.
 * @KDDM_TRANSITION_ADD_ONLINE: From offline to online.
 * @KDDM_TRANSITION_ADD_POSSIBLE: From online to possible.
 * @KDDM_TRANSITION_REMOVE_POSSIBLE: From possible to online.
 * @KDDM_TRANSITION_REMOVE_ONLINE: From online to offline.
 */
enum kddm_transition {
	KDDM_TRANSITION_ADD_ONLINE = 1,
	KDDM_TRANSITION_ADD_POSSIBLE,
	KDDM_TRANSITION_REMOVE_POSSIBLE,
	KDDM_TRANSITION_REMOVE_ONLINE,
};

#define KDDM_TIMEOUT_MAX	60000

/**
 * enum kddm_quorum - How many members of a view have to be together for the
 *   next one. All nodes of a cluster have to be set to the same.
 * @KDDM_QUORUM_AUTO: As tiebreak in a view of two nodes, as majority in
 *   others.
 * @KDDM_QUORUM_MAJORITY: More than half.
 * @KDDM_QUORUM_TIEBREAK: More than half, or half with the lowest id.
 * @KDDM_QUORUM_NONE: Any. Nodes that are cut off from each other go on apart,
 *   each with objects of its own.
 */
enum kddm_quorum {
	KDDM_QUORUM_AUTO = 1,
	KDDM_QUORUM_MAJORITY,
	KDDM_QUORUM_TIEBREAK,
	KDDM_QUORUM_NONE,
};

/**
 * enum kddm_change_state - How far the node is in a change of the view.
 * @KDDM_CHANGE_STATE_NONE: There is none.
 * @KDDM_CHANGE_STATE_INVITED: Somebody proposes a change and collects who is
 *   there.
 * @KDDM_CHANGE_STATE_FLUSHING: The last messages of the old view are awaited.
 * @KDDM_CHANGE_STATE_ACCEPTED: The new view is possible; the proposer's word
 *   is awaited.
 * @KDDM_CHANGE_STATE_RECOVERING: The new view counts; what becomes of objects
 *   is found out.
 * @KDDM_CHANGE_STATE_GONE: The node has left.
 */
enum kddm_change_state {
	KDDM_CHANGE_STATE_NONE = 1,
	KDDM_CHANGE_STATE_INVITED,
	KDDM_CHANGE_STATE_FLUSHING,
	KDDM_CHANGE_STATE_ACCEPTED,
	KDDM_CHANGE_STATE_RECOVERING,
	KDDM_CHANGE_STATE_GONE,
};

/**
 * enum kddm_replica_state - Where the replicas of objects are, after a change
 *   of the view.
 * @KDDM_REPLICA_STATE_INCOMPLETE: Some may not be where they belong yet. If
 *   another node fails, what was put may be lost.
 * @KDDM_REPLICA_STATE_COMPLETE: As many nodes as the set of an object asks for
 *   hold what was put, or all if there are fewer.
 */
enum kddm_replica_state {
	KDDM_REPLICA_STATE_INCOMPLETE = 1,
	KDDM_REPLICA_STATE_COMPLETE,
};

#define KDDM_AWAITED_MAX	32

/**
 * enum kddm_refusal - Why a node is refused.
 * @KDDM_REFUSAL_CLUSTER: It is of another cluster.
 * @KDDM_REFUSAL_QUORUM: It is set to another quorum policy.
 * @KDDM_REFUSAL_LOST: A message between the two nodes was lost.
 * @KDDM_REFUSAL_ID: Another node has its id.
 * @KDDM_REFUSAL_VERSION: It speaks another version of the protocol.
 */
enum kddm_refusal {
	KDDM_REFUSAL_CLUSTER = 1,
	KDDM_REFUSAL_QUORUM,
	KDDM_REFUSAL_LOST,
	KDDM_REFUSAL_ID,
	KDDM_REFUSAL_VERSION,
};

#define KDDM_OBJECT_PAGE	4096

/**
 * enum kddm_object_state - What a node has of an object and what it waits for,
 *   as described by Documentation/kddm/coherence.rst.
 * @KDDM_OBJECT_STATE_INVALID: No copy; requests follow the hint.
 * @KDDM_OBJECT_STATE_VOID: The node owns the absence of the object.
 * @KDDM_OBJECT_STATE_LOST: Its home does not know any more who owns it.
 * @KDDM_OBJECT_STATE_SHARED: A copy; the owner is another node.
 * @KDDM_OBJECT_STATE_DRAIN: Invalidated, but readers are still inside.
 * @KDDM_OBJECT_STATE_GET: No copy, a get is under way.
 * @KDDM_OBJECT_STATE_GRAB: No copy, a grab is under way.
 * @KDDM_OBJECT_STATE_UPGRADE: A copy, a grab is under way.
 * @KDDM_OBJECT_STATE_DRAIN_UPGRADE: As drain, with a grab under way.
 * @KDDM_OBJECT_STATE_OWNER: The node owns the object, nobody writes.
 * @KDDM_OBJECT_STATE_ACKS: The owner; it waits until the copies of others are
 *   gone.
 * @KDDM_OBJECT_STATE_WRITER: The owner; a writer is inside.
 * @KDDM_OBJECT_STATE_FILL: The owner; the first contents are being made.
 * @KDDM_OBJECT_STATE_PUSH: The owner; its replicas are being brought up to
 *   date.
 */
enum kddm_object_state {
	KDDM_OBJECT_STATE_INVALID = 1,
	KDDM_OBJECT_STATE_VOID,
	KDDM_OBJECT_STATE_LOST,
	KDDM_OBJECT_STATE_SHARED,
	KDDM_OBJECT_STATE_DRAIN,
	KDDM_OBJECT_STATE_GET,
	KDDM_OBJECT_STATE_GRAB,
	KDDM_OBJECT_STATE_UPGRADE,
	KDDM_OBJECT_STATE_DRAIN_UPGRADE,
	KDDM_OBJECT_STATE_OWNER,
	KDDM_OBJECT_STATE_ACKS,
	KDDM_OBJECT_STATE_WRITER,
	KDDM_OBJECT_STATE_FILL,
	KDDM_OBJECT_STATE_PUSH,
};

/**
 * enum kddm_kind - What a name is one of.
 * @KDDM_KIND_LINKER: I/O linkers.
 * @KDDM_KIND_SERVICE: RPC services.
 */
enum kddm_kind {
	KDDM_KIND_LINKER = 1,
	KDDM_KIND_SERVICE,
};

#define KDDM_USERS_MAX	32

enum {
	KDDM_A_STATUS_RUN_STATE = 1,
	KDDM_A_STATUS_ID,
	KDDM_A_STATUS_CLUSTER,
	KDDM_A_STATUS_INCARNATION,
	KDDM_A_STATUS_ADDRESS,
	KDDM_A_STATUS_EPOCH,
	KDDM_A_STATUS_SERVICE,
	KDDM_A_STATUS_MEMBERS,
	KDDM_A_STATUS_TX,
	KDDM_A_STATUS_RX,
	KDDM_A_STATUS_TX_BYTES,
	KDDM_A_STATUS_RX_BYTES,
	KDDM_A_STATUS_MALFORMED,
	KDDM_A_STATUS_FOREIGN,
	KDDM_A_STATUS_STALE,
	KDDM_A_STATUS_REFUSED,
	KDDM_A_STATUS_GAPS,
	KDDM_A_STATUS_BUSY,
	KDDM_A_STATUS_VERSION,
	KDDM_A_STATUS_QUORUM,
	KDDM_A_STATUS_CHANGE,
	KDDM_A_STATUS_ATTEMPT,
	KDDM_A_STATUS_AWAITED,
	KDDM_A_STATUS_SUSPECTS,
	KDDM_A_STATUS_RECOVERED,
	KDDM_A_STATUS_REPLICAS,
	KDDM_A_STATUS_CHANGE_TIME,
	KDDM_A_STATUS_RECOVERY_TIME,
	KDDM_A_STATUS_USERS,
	KDDM_A_STATUS_OBJECTS,
	KDDM_A_STATUS_FORCE,

	__KDDM_A_STATUS_MAX,
	KDDM_A_STATUS_MAX = (__KDDM_A_STATUS_MAX - 1)
};

enum {
	KDDM_A_NODE_ID = 1,
	KDDM_A_NODE_STATE,
	KDDM_A_NODE_ADDRESS,
	KDDM_A_NODE_INCARNATION,
	KDDM_A_NODE_SELF,
	KDDM_A_NODE_TX,
	KDDM_A_NODE_RX,
	KDDM_A_NODE_TX_BYTES,
	KDDM_A_NODE_RX_BYTES,
	KDDM_A_NODE_TRANSITION,
	KDDM_A_NODE_VERSION,
	KDDM_A_NODE_RTT,
	KDDM_A_NODE_REFUSAL,
	KDDM_A_NODE_MEMBER,

	__KDDM_A_NODE_MAX,
	KDDM_A_NODE_MAX = (__KDDM_A_NODE_MAX - 1)
};

enum {
	KDDM_A_SET_ID = 1,
	KDDM_A_SET_NAME,
	KDDM_A_SET_SIZE,
	KDDM_A_SET_LINKER,
	KDDM_A_SET_USERS,
	KDDM_A_SET_OBJECTS,
	KDDM_A_SET_HITS,
	KDDM_A_SET_MISSES,
	KDDM_A_SET_FORWARDS,
	KDDM_A_SET_INVALIDATIONS,
	KDDM_A_SET_EXCLUSIVE,
	KDDM_A_SET_TOUCH_HOME,
	KDDM_A_SET_HOME,
	KDDM_A_SET_FORCE,
	KDDM_A_SET_HOLD,
	KDDM_A_SET_LOST_TIMEOUT,
	KDDM_A_SET_REPLICAS,
	KDDM_A_SET_COUNT,
	KDDM_A_SET_COUNT_OF,

	__KDDM_A_SET_MAX,
	KDDM_A_SET_MAX = (__KDDM_A_SET_MAX - 1)
};

enum {
	KDDM_A_STATE_COUNT_STATE = 1,
	KDDM_A_STATE_COUNT_OBJECTS,

	__KDDM_A_STATE_COUNT_MAX,
	KDDM_A_STATE_COUNT_MAX = (__KDDM_A_STATE_COUNT_MAX - 1)
};

enum {
	KDDM_A_OBJECT_SET = 1,
	KDDM_A_OBJECT_ID,
	KDDM_A_OBJECT_NO_CREATE,
	KDDM_A_OBJECT_OFFSET,
	KDDM_A_OBJECT_LENGTH,
	KDDM_A_OBJECT_DATA,
	KDDM_A_OBJECT_SIZE,
	KDDM_A_OBJECT_VERSION,
	KDDM_A_OBJECT_NODE,

	__KDDM_A_OBJECT_MAX,
	KDDM_A_OBJECT_MAX = (__KDDM_A_OBJECT_MAX - 1)
};

enum {
	KDDM_A_CONFIG_ID = 1,
	KDDM_A_CONFIG_NO_ID,
	KDDM_A_CONFIG_CLUSTER,
	KDDM_A_CONFIG_HOLD,
	KDDM_A_CONFIG_OBJECT_TIMEOUT,
	KDDM_A_CONFIG_STOP_TIMEOUT,
	KDDM_A_CONFIG_REMOTE_STOP,
	KDDM_A_CONFIG_QUORUM,
	KDDM_A_CONFIG_FOUNDERS,
	KDDM_A_CONFIG_START_TIMEOUT,
	KDDM_A_CONFIG_LEAVE_TIMEOUT,
	KDDM_A_CONFIG_REPLICAS,

	__KDDM_A_CONFIG_MAX,
	KDDM_A_CONFIG_MAX = (__KDDM_A_CONFIG_MAX - 1)
};

enum {
	KDDM_A_WAITER_NODE = 1,
	KDDM_A_WAITER_GRAB,
	KDDM_A_WAITER_HOPS,

	__KDDM_A_WAITER_MAX,
	KDDM_A_WAITER_MAX = (__KDDM_A_WAITER_MAX - 1)
};

enum {
	KDDM_A_ENTRY_SET = 1,
	KDDM_A_ENTRY_ID,
	KDDM_A_ENTRY_FROM,
	KDDM_A_ENTRY_COUNT,
	KDDM_A_ENTRY_STATE,
	KDDM_A_ENTRY_BUSY,
	KDDM_A_ENTRY_VERSION,
	KDDM_A_ENTRY_READERS,
	KDDM_A_ENTRY_WAITING,
	KDDM_A_ENTRY_HINT,
	KDDM_A_ENTRY_HOME,
	KDDM_A_ENTRY_COPIES,
	KDDM_A_ENTRY_SHARER,
	KDDM_A_ENTRY_QUEUED,
	KDDM_A_ENTRY_WAITER,
	KDDM_A_ENTRY_LAST,

	__KDDM_A_ENTRY_MAX,
	KDDM_A_ENTRY_MAX = (__KDDM_A_ENTRY_MAX - 1)
};

enum {
	KDDM_A_SERVICE_NAME = 1,
	KDDM_A_SERVICE_ID,
	KDDM_A_SERVICE_ORDERED,

	__KDDM_A_SERVICE_MAX,
	KDDM_A_SERVICE_MAX = (__KDDM_A_SERVICE_MAX - 1)
};

enum {
	KDDM_A_NAME_KIND = 1,
	KDDM_A_NAME_NAME,
	KDDM_A_NAME_ID,
	KDDM_A_NAME_COUNT,
	KDDM_A_NAME_NODES,
	KDDM_A_NAME_NODE,

	__KDDM_A_NAME_MAX,
	KDDM_A_NAME_MAX = (__KDDM_A_NAME_MAX - 1)
};

enum {
	KDDM_CMD_NODE_START = 1,
	KDDM_CMD_NODE_STOP,
	KDDM_CMD_STATUS_GET,
	KDDM_CMD_NODE_GET,
	KDDM_CMD_NODE_CHANGE_NTF,
	KDDM_CMD_SERVICE_CHANGE_NTF,
	KDDM_CMD_SET_NEW,
	KDDM_CMD_SET_GET,
	KDDM_CMD_SET_DEL,
	KDDM_CMD_SET_NEW_NTF,
	KDDM_CMD_SET_DEL_NTF,
	KDDM_CMD_OBJ_GET,
	KDDM_CMD_OBJ_SET,
	KDDM_CMD_OBJ_DEL,
	KDDM_CMD_OBJ_FLUSH,
	KDDM_CMD_OBJ_SYNC,
	KDDM_CMD_NODE_PING,
	KDDM_CMD_CONFIG_GET,
	KDDM_CMD_CONFIG_SET,
	KDDM_CMD_CONFIG_NTF,
	KDDM_CMD_OBJ_INFO_GET,
	KDDM_CMD_SERVICE_GET,
	KDDM_CMD_NODE_REFUSED_NTF,
	KDDM_CMD_NAME_GET,
	KDDM_CMD_NAME_NEW,
	KDDM_CMD_NAME_DEL,

	__KDDM_CMD_MAX,
	KDDM_CMD_MAX = (__KDDM_CMD_MAX - 1)
};

#define KDDM_MCGRP_MONITOR	"monitor"

#endif /* _UAPI_LINUX_KDDM_H */
