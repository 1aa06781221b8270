// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/kddm.yaml */
/* YNL-GEN kernel source */
/* To regenerate run: tools/net/ynl/ynl-regen.sh */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink-gen.h"

#include <uapi/linux/kddm.h>

/* Integer value ranges */
static const struct netlink_range_validation kddm_a_status_cluster_range = {
	.max	= U32_MAX,
};

static const struct netlink_range_validation kddm_a_set_id_range = {
	.min	= 1ULL,
	.max	= U32_MAX,
};

static const struct netlink_range_validation kddm_a_set_size_range = {
	.min	= 1ULL,
	.max	= KDDM_OBJECT_SIZE_MAX,
};

static const struct netlink_range_validation kddm_a_set_lost_timeout_range = {
	.max	= KDDM_LOST_MAX,
};

static const struct netlink_range_validation kddm_a_object_offset_range = {
	.max	= KDDM_OBJECT_SIZE_MAX,
};

static const struct netlink_range_validation kddm_a_object_length_range = {
	.min	= 1ULL,
	.max	= KDDM_OBJECT_SIZE_MAX,
};

static const struct netlink_range_validation kddm_a_config_cluster_range = {
	.max	= U32_MAX,
};

static const struct netlink_range_validation kddm_a_config_object_timeout_range = {
	.min	= 1ULL,
	.max	= KDDM_TIMEOUT_MAX,
};

static const struct netlink_range_validation kddm_a_config_stop_timeout_range = {
	.min	= 1ULL,
	.max	= KDDM_TIMEOUT_MAX,
};

static const struct netlink_range_validation kddm_a_config_start_timeout_range = {
	.max	= KDDM_TIMEOUT_MAX,
};

static const struct netlink_range_validation kddm_a_config_leave_timeout_range = {
	.max	= KDDM_TIMEOUT_MAX,
};

/* KDDM_CMD_NODE_START - do */
static const struct nla_policy kddm_node_start_nl_policy[KDDM_A_STATUS_CLUSTER + 1] = {
	[KDDM_A_STATUS_ID] = NLA_POLICY_MAX(NLA_UINT, KDDM_NODE_ID_MAX),
	[KDDM_A_STATUS_CLUSTER] = NLA_POLICY_FULL_RANGE(NLA_UINT, &kddm_a_status_cluster_range),
};

/* KDDM_CMD_NODE_STOP - do */
static const struct nla_policy kddm_node_stop_nl_policy[KDDM_A_STATUS_FORCE + 1] = {
	[KDDM_A_STATUS_ID] = NLA_POLICY_MAX(NLA_UINT, KDDM_NODE_ID_MAX),
	[KDDM_A_STATUS_FORCE] = { .type = NLA_FLAG, },
};

/* KDDM_CMD_NODE_GET - do */
static const struct nla_policy kddm_node_get_nl_policy[KDDM_A_NODE_ID + 1] = {
	[KDDM_A_NODE_ID] = NLA_POLICY_MAX(NLA_UINT, KDDM_NODE_ID_MAX),
};

/* KDDM_CMD_SET_NEW - do */
static const struct nla_policy kddm_set_new_nl_policy[KDDM_A_SET_REPLICAS + 1] = {
	[KDDM_A_SET_NAME] = { .type = NLA_NUL_STRING, .len = KDDM_SET_NAME_MAX, },
	[KDDM_A_SET_SIZE] = NLA_POLICY_FULL_RANGE(NLA_UINT, &kddm_a_set_size_range),
	[KDDM_A_SET_LINKER] = { .type = NLA_NUL_STRING, .len = KDDM_SET_NAME_MAX, },
	[KDDM_A_SET_EXCLUSIVE] = { .type = NLA_FLAG, },
	[KDDM_A_SET_TOUCH_HOME] = { .type = NLA_FLAG, },
	[KDDM_A_SET_HOME] = NLA_POLICY_MAX(NLA_UINT, KDDM_NODE_ID_MAX),
	[KDDM_A_SET_HOLD] = NLA_POLICY_MAX(NLA_UINT, KDDM_HOLD_MAX),
	[KDDM_A_SET_LOST_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_UINT, &kddm_a_set_lost_timeout_range),
	[KDDM_A_SET_REPLICAS] = NLA_POLICY_RANGE(NLA_UINT, 1, KDDM_REPLICAS_MAX),
};

/* KDDM_CMD_SET_GET - do */
static const struct nla_policy kddm_set_get_nl_policy[KDDM_A_SET_COUNT + 1] = {
	[KDDM_A_SET_ID] = NLA_POLICY_FULL_RANGE(NLA_UINT, &kddm_a_set_id_range),
	[KDDM_A_SET_NAME] = { .type = NLA_NUL_STRING, .len = KDDM_SET_NAME_MAX, },
	[KDDM_A_SET_COUNT] = { .type = NLA_FLAG, },
};

/* KDDM_CMD_SET_DEL - do */
static const struct nla_policy kddm_set_del_nl_policy[KDDM_A_SET_FORCE + 1] = {
	[KDDM_A_SET_NAME] = { .type = NLA_NUL_STRING, .len = KDDM_SET_NAME_MAX, },
	[KDDM_A_SET_FORCE] = { .type = NLA_FLAG, },
};

/* KDDM_CMD_OBJ_GET - do */
static const struct nla_policy kddm_obj_get_nl_policy[KDDM_A_OBJECT_LENGTH + 1] = {
	[KDDM_A_OBJECT_SET] = { .type = NLA_NUL_STRING, .len = KDDM_SET_NAME_MAX, },
	[KDDM_A_OBJECT_ID] = { .type = NLA_UINT, },
	[KDDM_A_OBJECT_NO_CREATE] = { .type = NLA_FLAG, },
	[KDDM_A_OBJECT_OFFSET] = NLA_POLICY_FULL_RANGE(NLA_UINT, &kddm_a_object_offset_range),
	[KDDM_A_OBJECT_LENGTH] = NLA_POLICY_FULL_RANGE(NLA_UINT, &kddm_a_object_length_range),
};

/* KDDM_CMD_OBJ_SET - do */
static const struct nla_policy kddm_obj_set_nl_policy[KDDM_A_OBJECT_DATA + 1] = {
	[KDDM_A_OBJECT_SET] = { .type = NLA_NUL_STRING, .len = KDDM_SET_NAME_MAX, },
	[KDDM_A_OBJECT_ID] = { .type = NLA_UINT, },
	[KDDM_A_OBJECT_NO_CREATE] = { .type = NLA_FLAG, },
	[KDDM_A_OBJECT_OFFSET] = NLA_POLICY_FULL_RANGE(NLA_UINT, &kddm_a_object_offset_range),
	[KDDM_A_OBJECT_DATA] = NLA_POLICY_MAX_LEN(KDDM_DATA_MAX),
};

/* KDDM_CMD_OBJ_DEL - do */
static const struct nla_policy kddm_obj_del_nl_policy[KDDM_A_OBJECT_ID + 1] = {
	[KDDM_A_OBJECT_SET] = { .type = NLA_NUL_STRING, .len = KDDM_SET_NAME_MAX, },
	[KDDM_A_OBJECT_ID] = { .type = NLA_UINT, },
};

/* KDDM_CMD_OBJ_FLUSH - do */
static const struct nla_policy kddm_obj_flush_nl_policy[KDDM_A_OBJECT_NODE + 1] = {
	[KDDM_A_OBJECT_SET] = { .type = NLA_NUL_STRING, .len = KDDM_SET_NAME_MAX, },
	[KDDM_A_OBJECT_ID] = { .type = NLA_UINT, },
	[KDDM_A_OBJECT_NODE] = NLA_POLICY_MAX(NLA_UINT, KDDM_NODE_ID_MAX),
};

/* KDDM_CMD_OBJ_SYNC - do */
static const struct nla_policy kddm_obj_sync_nl_policy[KDDM_A_OBJECT_ID + 1] = {
	[KDDM_A_OBJECT_SET] = { .type = NLA_NUL_STRING, .len = KDDM_SET_NAME_MAX, },
	[KDDM_A_OBJECT_ID] = { .type = NLA_UINT, },
};

/* KDDM_CMD_NODE_PING - do */
static const struct nla_policy kddm_node_ping_nl_policy[KDDM_A_NODE_ID + 1] = {
	[KDDM_A_NODE_ID] = NLA_POLICY_MAX(NLA_UINT, KDDM_NODE_ID_MAX),
};

/* KDDM_CMD_CONFIG_SET - do */
static const struct nla_policy kddm_config_set_nl_policy[KDDM_A_CONFIG_REPLICAS + 1] = {
	[KDDM_A_CONFIG_ID] = NLA_POLICY_MAX(NLA_UINT, KDDM_NODE_ID_MAX),
	[KDDM_A_CONFIG_NO_ID] = { .type = NLA_FLAG, },
	[KDDM_A_CONFIG_CLUSTER] = NLA_POLICY_FULL_RANGE(NLA_UINT, &kddm_a_config_cluster_range),
	[KDDM_A_CONFIG_HOLD] = NLA_POLICY_MAX(NLA_UINT, KDDM_HOLD_MAX),
	[KDDM_A_CONFIG_OBJECT_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_UINT, &kddm_a_config_object_timeout_range),
	[KDDM_A_CONFIG_STOP_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_UINT, &kddm_a_config_stop_timeout_range),
	[KDDM_A_CONFIG_REMOTE_STOP] = NLA_POLICY_MAX(NLA_UINT, 1),
	[KDDM_A_CONFIG_QUORUM] = NLA_POLICY_RANGE(NLA_UINT, 1, 4),
	[KDDM_A_CONFIG_FOUNDERS] = NLA_POLICY_RANGE(NLA_UINT, 1, KDDM_NODE_COUNT_MAX),
	[KDDM_A_CONFIG_START_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_UINT, &kddm_a_config_start_timeout_range),
	[KDDM_A_CONFIG_LEAVE_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_UINT, &kddm_a_config_leave_timeout_range),
	[KDDM_A_CONFIG_REPLICAS] = NLA_POLICY_RANGE(NLA_UINT, 1, KDDM_REPLICAS_MAX),
};

/* KDDM_CMD_OBJ_INFO_GET - do */
static const struct nla_policy kddm_obj_info_get_do_nl_policy[KDDM_A_ENTRY_ID + 1] = {
	[KDDM_A_ENTRY_SET] = { .type = NLA_NUL_STRING, .len = KDDM_SET_NAME_MAX, },
	[KDDM_A_ENTRY_ID] = { .type = NLA_UINT, },
};

/* KDDM_CMD_OBJ_INFO_GET - dump */
static const struct nla_policy kddm_obj_info_get_dump_nl_policy[KDDM_A_ENTRY_STATE + 1] = {
	[KDDM_A_ENTRY_SET] = { .type = NLA_NUL_STRING, .len = KDDM_SET_NAME_MAX, },
	[KDDM_A_ENTRY_FROM] = { .type = NLA_UINT, },
	[KDDM_A_ENTRY_COUNT] = NLA_POLICY_RANGE(NLA_UINT, 1, KDDM_OBJECT_PAGE),
	[KDDM_A_ENTRY_STATE] = NLA_POLICY_RANGE(NLA_UINT, 1, 14),
};

/* KDDM_CMD_NAME_NEW - do */
static const struct nla_policy kddm_name_new_nl_policy[KDDM_A_NAME_NAME + 1] = {
	[KDDM_A_NAME_KIND] = NLA_POLICY_RANGE(NLA_UINT, 1, 2),
	[KDDM_A_NAME_NAME] = { .type = NLA_NUL_STRING, .len = KDDM_SET_NAME_MAX, },
};

/* KDDM_CMD_NAME_DEL - do */
static const struct nla_policy kddm_name_del_nl_policy[KDDM_A_NAME_NAME + 1] = {
	[KDDM_A_NAME_KIND] = NLA_POLICY_RANGE(NLA_UINT, 1, 2),
	[KDDM_A_NAME_NAME] = { .type = NLA_NUL_STRING, .len = KDDM_SET_NAME_MAX, },
};

/* Ops table for kddm */
static const struct genl_split_ops kddm_nl_ops[] = {
	{
		.cmd		= KDDM_CMD_NODE_START,
		.doit		= kddm_nl_node_start_doit,
		.policy		= kddm_node_start_nl_policy,
		.maxattr	= KDDM_A_STATUS_CLUSTER,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= KDDM_CMD_NODE_STOP,
		.doit		= kddm_nl_node_stop_doit,
		.policy		= kddm_node_stop_nl_policy,
		.maxattr	= KDDM_A_STATUS_FORCE,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= KDDM_CMD_STATUS_GET,
		.doit	= kddm_nl_status_get_doit,
		.flags	= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= KDDM_CMD_NODE_GET,
		.doit		= kddm_nl_node_get_doit,
		.policy		= kddm_node_get_nl_policy,
		.maxattr	= KDDM_A_NODE_ID,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= KDDM_CMD_NODE_GET,
		.dumpit	= kddm_nl_node_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= KDDM_CMD_SET_NEW,
		.doit		= kddm_nl_set_new_doit,
		.policy		= kddm_set_new_nl_policy,
		.maxattr	= KDDM_A_SET_REPLICAS,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= KDDM_CMD_SET_GET,
		.doit		= kddm_nl_set_get_doit,
		.policy		= kddm_set_get_nl_policy,
		.maxattr	= KDDM_A_SET_COUNT,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= KDDM_CMD_SET_GET,
		.dumpit	= kddm_nl_set_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= KDDM_CMD_SET_DEL,
		.doit		= kddm_nl_set_del_doit,
		.policy		= kddm_set_del_nl_policy,
		.maxattr	= KDDM_A_SET_FORCE,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= KDDM_CMD_OBJ_GET,
		.doit		= kddm_nl_obj_get_doit,
		.policy		= kddm_obj_get_nl_policy,
		.maxattr	= KDDM_A_OBJECT_LENGTH,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= KDDM_CMD_OBJ_SET,
		.doit		= kddm_nl_obj_set_doit,
		.policy		= kddm_obj_set_nl_policy,
		.maxattr	= KDDM_A_OBJECT_DATA,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= KDDM_CMD_OBJ_DEL,
		.doit		= kddm_nl_obj_del_doit,
		.policy		= kddm_obj_del_nl_policy,
		.maxattr	= KDDM_A_OBJECT_ID,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= KDDM_CMD_OBJ_FLUSH,
		.doit		= kddm_nl_obj_flush_doit,
		.policy		= kddm_obj_flush_nl_policy,
		.maxattr	= KDDM_A_OBJECT_NODE,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= KDDM_CMD_OBJ_SYNC,
		.doit		= kddm_nl_obj_sync_doit,
		.policy		= kddm_obj_sync_nl_policy,
		.maxattr	= KDDM_A_OBJECT_ID,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= KDDM_CMD_NODE_PING,
		.doit		= kddm_nl_node_ping_doit,
		.policy		= kddm_node_ping_nl_policy,
		.maxattr	= KDDM_A_NODE_ID,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= KDDM_CMD_CONFIG_GET,
		.doit	= kddm_nl_config_get_doit,
		.flags	= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= KDDM_CMD_CONFIG_SET,
		.doit		= kddm_nl_config_set_doit,
		.policy		= kddm_config_set_nl_policy,
		.maxattr	= KDDM_A_CONFIG_REPLICAS,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= KDDM_CMD_OBJ_INFO_GET,
		.doit		= kddm_nl_obj_info_get_doit,
		.policy		= kddm_obj_info_get_do_nl_policy,
		.maxattr	= KDDM_A_ENTRY_ID,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= KDDM_CMD_OBJ_INFO_GET,
		.dumpit		= kddm_nl_obj_info_get_dumpit,
		.policy		= kddm_obj_info_get_dump_nl_policy,
		.maxattr	= KDDM_A_ENTRY_STATE,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd	= KDDM_CMD_SERVICE_GET,
		.dumpit	= kddm_nl_service_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd	= KDDM_CMD_NAME_GET,
		.dumpit	= kddm_nl_name_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= KDDM_CMD_NAME_NEW,
		.doit		= kddm_nl_name_new_doit,
		.policy		= kddm_name_new_nl_policy,
		.maxattr	= KDDM_A_NAME_NAME,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= KDDM_CMD_NAME_DEL,
		.doit		= kddm_nl_name_del_doit,
		.policy		= kddm_name_del_nl_policy,
		.maxattr	= KDDM_A_NAME_NAME,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
};

static const struct genl_multicast_group kddm_nl_mcgrps[] = {
	[KDDM_NLGRP_MONITOR] = { "monitor", },
};

struct genl_family kddm_nl_family __ro_after_init = {
	.name		= KDDM_FAMILY_NAME,
	.version	= KDDM_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.split_ops	= kddm_nl_ops,
	.n_split_ops	= ARRAY_SIZE(kddm_nl_ops),
	.mcgrps		= kddm_nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(kddm_nl_mcgrps),
};
