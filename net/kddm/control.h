/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What nodes ask of each other on behalf of an administrator: an answer, to
 * measure the time it takes, and to stop.  Calls of the RPC service
 * "kddm-control".
 *
 * A node that is asked to stop answers first and stops afterwards, by a work
 * item: no handler may run when it does.  Who asked then looks until the node
 * is gone, and asks what has come of it as long as it is not.
 */
#ifndef _NET_KDDM_CONTROL_H
#define _NET_KDDM_CONTROL_H

#include <linux/types.h>

struct kddm_net;
struct netlink_ext_ack;

int kddm_control_init(void);
/* No node stops any more because another one has asked for it. */
void kddm_control_exit(void);

/**
 * kddm_control_ping() - measure the time of a round trip
 * @net: the namespace
 * @id: another node
 * @ns: nanoseconds, of this time
 *
 * The node's smoothed time is brought up to date.
 *
 * Context: may sleep, for some seconds at most; a fatal signal ends it.
 * Return: 0, -ENOTCONN (not a running node), -EINVAL (@id is the own one), or
 * an error of kddm_rpc_call().
 */
int kddm_control_ping(struct net *net, u16 id, u64 *ns);

/**
 * kddm_control_stop() - have another node leave the cluster
 * @net: the namespace
 * @id: another node
 * @force: also under users of its sets, see kddm_stop()
 * @extack: what went wrong, for humans
 *
 * Context: may sleep, until the node is gone, or has failed to stop, or a
 * minute has passed; a fatal signal ends it.
 * Return: 0 (it is gone), -ENOTCONN, -EHOSTDOWN (it is not online), -EPERM (it
 * is set not to do so), -EBUSY (its objects are in use), -ETIMEDOUT, -EINTR, or
 * an error of kddm_rpc_call().
 */
int kddm_control_stop(struct net *net, u16 id, bool force,
		      struct netlink_ext_ack *extack);

#endif /* _NET_KDDM_CONTROL_H */
