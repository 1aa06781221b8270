/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exhaustive search of the ways in which a few nodes can change views.
 *
 * It goes depth first.  Of a state that is done with, only a hash of 128 bits
 * is kept: in a space of a thousand million states, two share one by chance
 * once in 10^20 searches.  What breaks is rationed (struct vcm_cfg), so only
 * what must happen anyway could go in a circle, and a circle is an error: the
 * nodes would change views for ever.  So is a way of VCS_DEPTH moves.
 */
#ifndef _NET_KDDM_TESTS_VCSEARCH_H
#define _NET_KDDM_TESTS_VCSEARCH_H

#include "vcmodel.h"

#define VCS_DEPTH	2000

/* A state on the present path, and its moves, of which @next are done. */
struct vcs_frame {
	struct vcm		m;
	struct vcm_sum		sum[VCM_NODES];
	struct vcm_move		mv[VCM_MOVES];
	unsigned int		nr;
	unsigned int		next;
	unsigned int		musts;
	size_t			slot;
};

/**
 * struct vcs - a search and what it found
 * @cfg: what is searched
 * @max_states: room
 * @picky: a state at rest without a served view is an error
 * @states: states found
 * @moves: moves tried
 * @rest: states in which nothing has to happen
 * @unserved: of these, without a served view, for want of a quorum
 * @deepest: longest way without a circle
 * @depth: length of @path
 * @error: what is wrong, or NULL
 * @path: the way to the error; @path[@depth]->m is where it shows
 */
struct vcs {
	const struct vcm_cfg	*cfg;
	size_t			max_states;
	bool			picky;

	size_t			states;
	u64			moves;
	u64			rest;
	u64			unserved;
	unsigned int		deepest;
	unsigned int		depth;
	const char		*error;
	struct vcs_frame	*path[VCS_DEPTH];

	/* private: */
	size_t			mask;
	struct vcm_sum		*table;
};

/* 0 or -ENOMEM; vcs_free() in either case */
int vcs_init(struct vcs *s);
/* 0; -EINVAL: s->error says why; -ENOSPC: no room; -ENOMEM */
int vcs_run(struct vcs *s);
void vcs_free(struct vcs *s);

#endif /* _NET_KDDM_TESTS_VCSEARCH_H */
