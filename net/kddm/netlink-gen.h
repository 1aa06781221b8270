/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/kddm.yaml */
/* YNL-GEN kernel header */
/* To regenerate run: tools/net/ynl/ynl-regen.sh */

#ifndef _LINUX_KDDM_GEN_H
#define _LINUX_KDDM_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/kddm.h>

int kddm_nl_node_start_doit(struct sk_buff *skb, struct genl_info *info);
int kddm_nl_node_stop_doit(struct sk_buff *skb, struct genl_info *info);
int kddm_nl_status_get_doit(struct sk_buff *skb, struct genl_info *info);
int kddm_nl_node_get_doit(struct sk_buff *skb, struct genl_info *info);
int kddm_nl_node_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int kddm_nl_set_new_doit(struct sk_buff *skb, struct genl_info *info);
int kddm_nl_set_get_doit(struct sk_buff *skb, struct genl_info *info);
int kddm_nl_set_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int kddm_nl_set_del_doit(struct sk_buff *skb, struct genl_info *info);
int kddm_nl_obj_get_doit(struct sk_buff *skb, struct genl_info *info);
int kddm_nl_obj_set_doit(struct sk_buff *skb, struct genl_info *info);
int kddm_nl_obj_del_doit(struct sk_buff *skb, struct genl_info *info);
int kddm_nl_obj_flush_doit(struct sk_buff *skb, struct genl_info *info);
int kddm_nl_obj_sync_doit(struct sk_buff *skb, struct genl_info *info);
int kddm_nl_node_ping_doit(struct sk_buff *skb, struct genl_info *info);
int kddm_nl_config_get_doit(struct sk_buff *skb, struct genl_info *info);
int kddm_nl_config_set_doit(struct sk_buff *skb, struct genl_info *info);
int kddm_nl_obj_info_get_doit(struct sk_buff *skb, struct genl_info *info);
int kddm_nl_obj_info_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int kddm_nl_service_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int kddm_nl_name_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int kddm_nl_name_new_doit(struct sk_buff *skb, struct genl_info *info);
int kddm_nl_name_del_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	KDDM_NLGRP_MONITOR,
};

extern struct genl_family kddm_nl_family;

#endif /* _LINUX_KDDM_GEN_H */
