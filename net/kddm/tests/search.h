/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exhaustive search of the model cluster: every state that any order of moves
 * can reach, each once, breadth first.
 *
 * The space is finite because states are compared by what matters: versions,
 * request numbers and data values only ever count as "the latest" or not, and
 * model_check() makes sure that nothing but the latest is there, so they are
 * left out; and nodes other than home can change places.  What is kept is kept
 * in full, not as a hash.
 */
#ifndef _NET_KDDM_TESTS_SEARCH_H
#define _NET_KDDM_TESTS_SEARCH_H

#include <linux/types.h>
#include "model.h"
#include "pack.h"

#define SEARCH_PERMS	6	/* of the nodes other than home */

/**
 * struct search - a search and what it found
 * @cfg: what is searched
 * @hops: states with requests of different age are different states
 * @at_rest: called for each state in which nothing has to happen, or NULL
 * @max_states: room
 * @max_bytes: room for packed states
 * @max_edges: room for moves that must happen
 * @states: states found
 * @moves: moves tried
 * @depth: most moves from the start that a state needs
 * @rest: states in which nothing has to happen
 * @longest: most moves until a cluster without new work comes to rest
 * @most_hops: of a get and of a grab
 * @most_queue: longest queue
 * @most_msgs: most messages on the way
 * @most_over: how often a get and a grab were overtaken by one node
 * @error: what is wrong, or NULL
 * @error_no: the error number, if it is about one
 * @error_node: where
 * @bad: the last state before @error
 * @bad_move: the move that leads to it; @bad_here if @bad itself is wrong
 * @bad_here: see @bad_move
 * @nr_edges: moves that must happen
 */
struct search {
	const struct model_cfg	*cfg;
	bool			hops;
	void			(*at_rest)(struct model *m);
	size_t			max_states;
	size_t			max_bytes;
	size_t			max_edges;

	size_t			states;
	u64			moves;
	unsigned int		depth;
	size_t			rest;
	unsigned int		longest;
	u16			most_hops[2];
	u16			most_queue;
	u16			most_msgs;
	u8			most_over[2];
	const char		*error;
	int			error_no;
	u16			error_node;
	size_t			bad;
	struct model_move	bad_move;
	bool			bad_here;
	size_t			nr_edges;

	/* private: */
	size_t			table_mask;
	size_t			bytes;
	u32			*table;
	u8			*packed;
	size_t			*where;
	struct search_from	*from;
	size_t			*first_edge;
	u32			*edge;
	unsigned int		nr_perms;
	u8			perm[SEARCH_PERMS][MODEL_NODES];
	u8			best[PACK_MAX];
	u8			other[PACK_MAX];
	struct model		now;
	struct model		then;
};

/**
 * struct search_graph - moves that must happen
 * @states: how many states
 * @first: for each state, and one more, the first of its moves in @edge
 * @edge: the state to which a move leads
 */
struct search_graph {
	size_t		states;
	const size_t	*first;
	const u32	*edge;
};

size_t search_hash(const u8 *p, size_t len);
int search_rest(const struct search_graph *g, unsigned int *longest,
		size_t *circle);

/* 0 or -ENOMEM; search_free() in either case */
int search_init(struct search *s);
/* 0; -EINVAL: s->error says why; -ENOSPC: the room does not suffice */
int search_run(struct search *s);
void search_free(struct search *s);
/*
 * The moves that lead from the start to state @i, as they happen in a cluster
 * that starts with model_init(), then s->bad_move if @i is s->bad.  Returns
 * how many there are; at most @max are written.
 */
size_t search_path(struct search *s, size_t i, struct model_move *mv,
		   size_t max);

#endif /* _NET_KDDM_TESTS_SEARCH_H */
