/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of recovery share among themselves:
 *
 * recovery.c        a recovery from its beginning to its end, and the service
 * recovery_judge.c  suspects are judged
 * recovery_wire.c   what they say to other nodes
 *
 * Nobody else includes this file.
 */
#ifndef _NET_KDDM_RECOVERY_INT_H
#define _NET_KDDM_RECOVERY_INT_H

#include <linux/types.h>
#include "object.h"
#include "recovery_wire.h"

struct kddm_net;
struct kddm_set;
struct kddm_view;
struct kddm_views;

/**
 * struct recovery - one recovery
 * @change: for kddm_objects_change()
 * @v: views of the node
 * @epoch: of the view
 * @view: its members
 * @batch: for each judge, reports that are not yet sent
 */
struct recovery {
	struct kddm_change	change;
	struct kddm_views	*v;
	u32			epoch;
	struct kddm_view	*view;
	struct wire_recover	**batch;
};

/* recovery.c */
int kddm_recovery_call(struct recovery *r, u16 dst,
		       const struct wire_recover *req, void *reply, size_t want,
		       bool (*valid)(const void *reply, size_t len));
struct kddm_set *kddm_recovery_set(struct kddm_net *kn, u16 src, u32 id);

/* recovery_judge.c */
int kddm_recovery_judge(struct recovery *r);
/* The other side: claims are asked for, and verdicts are told. */
int kddm_recovery_probed(struct kddm_net *kn, u16 src,
			 const struct kddm_recover_msg *m, void *reply,
			 size_t max);
int kddm_recovery_settled(struct kddm_net *kn,
			  const struct kddm_recover_msg *m);

#endif /* _NET_KDDM_RECOVERY_INT_H */
