/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control interface: generic netlink family "kddm", as described by
 * Documentation/netlink/specs/kddm.yaml, from which netlink-gen.[ch] are made.
 *
 * netlink.c has the node, the cluster's nodes and the events, nl_config.c the
 * configuration, nl_set.c the sets, nl_obj.c the contents of objects, nl_info.c
 * what is known of them.
 *
 * Operations run without the lock of generic netlink (parallel_ops), since
 * those on nodes, sets and objects wait: for other nodes, or for an object.
 * Every wait ends when the caller is killed.
 */
#ifndef _NET_KDDM_NETLINK_H
#define _NET_KDDM_NETLINK_H

#include <linux/types.h>

struct genl_info;
struct kddm_set;
struct netlink_callback;
struct netlink_ext_ack;
struct nlattr;
struct sk_buff;

int kddm_nl_init(void);
/* Waits for operations that are under way. */
void kddm_nl_exit(void);

/**
 * kddm_nl_skb_new() - memory for the reply to a request
 * @info: the request, which is told if there is none
 * @payload: bytes of attributes, their headers included
 *
 * Context: may sleep.
 * Return: as kddm_nl_reply_new(), without a header.
 */
struct sk_buff *kddm_nl_skb_new(struct genl_info *info, size_t payload);

/**
 * kddm_nl_reply_new() - begin the reply to a request
 * @info: the request
 * @payload: bytes of attributes, their headers included
 * @hdr: where the message begins, for genlmsg_end()
 *
 * Context: may sleep.
 * Return: the reply, to be sent with genlmsg_reply() or freed with
 * nlmsg_free(), or NULL.
 */
struct sk_buff *kddm_nl_reply_new(struct genl_info *info, size_t payload,
				  void **hdr);

/**
 * kddm_nl_put_set() - write a message that describes a set
 * @skb: where to
 * @info: request or notification that the message belongs to
 * @set: the set
 *
 * Return: 0, or -EMSGSIZE if there is no room for it.
 */
int kddm_nl_put_set(struct sk_buff *skb, const struct genl_info *info,
		    const struct kddm_set *set);

/**
 * kddm_nl_set_error() - say what went wrong with a set
 * @info: the request
 * @attr: its attribute that names the set, not NULL
 * @err: a negative error number of kddm_set_open(), kddm_set_destroy() or
 *	kddm_set_create()
 *
 * Return: @err.
 */
int kddm_nl_set_error(const struct genl_info *info, const struct nlattr *attr,
		      int err);

/**
 * kddm_nl_list_error() - say why a list is not complete
 * @extack: of the dump
 * @err: 0 or a negative error number; -EMSGSIZE: it goes on
 *
 * Return: @err.
 */
int kddm_nl_list_error(struct netlink_ext_ack *extack, int err);

#endif /* _NET_KDDM_NETLINK_H */
