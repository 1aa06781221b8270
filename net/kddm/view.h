/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Views, pure: which nodes, in which incarnation, are members, and what follows
 * from that: the epoch and the placement of homes.
 *
 * A view is a sorted array of members.  Each change gives a new view with a
 * higher epoch.  Placement is rendezvous hashing (Thaler and Ravishankar,
 * "Using name-based mappings to increase hit rates", IEEE/ACM ToN 6(1), 1998):
 * every (member, key) has a score, the highest score is home, so a change of
 * one member moves only the keys of that member.
 */
#ifndef _NET_KDDM_VIEW_H
#define _NET_KDDM_VIEW_H

#include <linux/types.h>

#define KDDM_REPLICAS_MAX	8

/**
 * struct kddm_member_id - a member of a view
 * @id: node id
 * @incarnation: of that node; two members are the same only if both match
 */
struct kddm_member_id {
	u16	id;
	u32	incarnation;
};

/**
 * struct kddm_view - a view
 * @epoch: higher with each change
 * @nr: number of members
 * @cap: room in @m
 * @m: members, sorted by id, no id twice
 */
struct kddm_view {
	u32			epoch;
	u16			nr;
	u16			cap;
	struct kddm_member_id	m[];
};

static inline size_t kddm_view_size(u16 cap)
{
	return sizeof(struct kddm_view) +
	       (size_t)cap * sizeof(struct kddm_member_id);
}

void kddm_view_init(struct kddm_view *v, u16 cap);
/* 0, -EEXIST (same id, even in another incarnation), -ENOSPC, -EINVAL */
int kddm_view_add(struct kddm_view *v, u16 id, u32 incarnation);
/* The member of that id, or NULL. */
const struct kddm_member_id *kddm_view_find(const struct kddm_view *v, u16 id);
/* The first @nr for @key, at most KDDM_REPLICAS_MAX; returns how many. */
u16 kddm_view_rank(const struct kddm_view *v, u64 key, u16 *id, u16 nr);
/* The home of @key, or NULL in an empty view. */
const struct kddm_member_id *kddm_view_home(const struct kddm_view *v, u64 key);

#endif /* _NET_KDDM_VIEW_H */
