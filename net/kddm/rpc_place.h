/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a call is that may be forwarded.  Pure.
 *
 * Two messages (AT) tell of each step: one comes from the node that sends the
 * call on, one from the node that has received it.  They come from different
 * nodes, so in any order; the count of hops tells which is the later one.
 * Until the second one is there, the end of either node may mean that nobody
 * has the call.
 */
#ifndef _NET_KDDM_RPC_PLACE_H
#define _NET_KDDM_RPC_PLACE_H

#include <linux/types.h>
#include "wire.h"

/**
 * struct kddm_place - where a call is, as far as its caller knows
 * @at: who has it now
 * @via: who has forwarded it there, until it is known to be there; or
 *	%KDDM_NODE_NONE
 * @hops: times that it was forwarded
 */
struct kddm_place {
	u16	at;
	u16	via;
	u16	hops;
};

/* A call that is sent to @dst. */
static inline struct kddm_place kddm_place_of(u16 dst)
{
	return (struct kddm_place){ .at = dst, .via = KDDM_NODE_NONE };
}

/**
 * kddm_place_hear() - an AT has come
 * @p: the place
 * @src: who sent it
 * @m: the AT
 *
 * Return: true if @p->at may be another node now, so that the caller has to
 * look whether that one is there.
 */
bool kddm_place_hear(struct kddm_place *p, u16 src,
		     const struct kddm_at_msg *m);

/* Whether the end of @node may mean that nobody has the call. */
static inline bool kddm_place_needs(const struct kddm_place *p, u16 node)
{
	return p->at == node || p->via == node;
}

#endif /* _NET_KDDM_RPC_PLACE_H */
