/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the test modules share: the nodes that this kernel hosts, one for each
 * network namespace.
 */
#ifndef _KDDM_TESTING_NODES_H
#define _KDDM_TESTING_NODES_H

#include <linux/kddm.h>
#include <linux/rtnetlink.h>
#include <net/net_namespace.h>

/* Those that run, up to @max; returns how many.  put_net() releases each. */
static inline int kddm_find_nodes(struct net **nets, int max)
{
	struct net *net;
	int nr = 0;

	down_read(&net_rwsem);
	for_each_net(net) {
		if (nr == max || kddm_self(net) < 0)
			continue;
		net = maybe_get_net(net);
		if (net)
			nets[nr++] = net;
	}
	up_read(&net_rwsem);
	return nr;
}

#endif /* _KDDM_TESTING_NODES_H */
