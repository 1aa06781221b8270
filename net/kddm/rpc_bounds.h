/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a client may ask of its service, and what a peer may have there.  Pure.
 */
#ifndef _NET_KDDM_RPC_BOUNDS_H
#define _NET_KDDM_RPC_BOUNDS_H

#include <linux/kddm_rpc.h>
#include <linux/types.h>

/**
 * struct kddm_svc_peer - what another node has at a service
 * @requests: how many
 * @bytes: in these
 */
struct kddm_svc_peer {
	u32	requests;
	u32	bytes;
};

/* Whether a service can be registered like this. */
bool kddm_svc_valid(const struct kddm_svc *svc);

/* What it gets where it does not say. */
u32 kddm_svc_workers(const struct kddm_svc *svc);
u32 kddm_svc_max_request(const struct kddm_svc *svc);
u32 kddm_svc_max_reply(const struct kddm_svc *svc);

/* Requests of one caller with the same number run one after the other. */
u32 kddm_svc_lane_key(const struct kddm_svc *svc, u32 key);

/* Count a request of @bytes; false if it is one too many. */
bool kddm_svc_peer_add(struct kddm_svc_peer *p, u32 bytes);

#endif /* _NET_KDDM_RPC_BOUNDS_H */
