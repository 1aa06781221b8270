// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breadth-first search of the model cluster; search.h says what for.
 *
 * Besides the check of every state, the graph of the moves that must happen
 * (messages, and the ends of critical sections) is searched for a cycle: if
 * there is none, a cluster without new work comes to rest, and if every state
 * at rest is one in which nobody waits, every request ends.
 */
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/vmalloc.h>
#include "search.h"

/* Where a state was first reached from. */
struct search_from {
	u32			state;
	struct model_move	mv;
	u8			perm;
};

/* All orders of the nodes that leave home where it is. */
static void make_perms(struct search *s)
{
	u16 nodes = s->cfg->nodes, home = s->cfg->home, others = 0, i, k;
	u8 other[MODEL_NODES];
	static const u8 order[SEARCH_PERMS][3] = {
		{ 0, 1, 2 }, { 1, 0, 2 }, { 0, 2, 1 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	static const u8 nr[] = { 1, 1, 2, 6 };

	for (i = 0; i < nodes; i++)
		if (i != home)
			other[others++] = i;
	/* The index of a node says whether it has a replica. */
	s->nr_perms = others <= 3 && !s->cfg->replicas ? nr[others] : 1;
	for (k = 0; k < s->nr_perms; k++) {
		for (i = 0; i < nodes; i++)
			s->perm[k][i] = i;
		for (i = 0; i < others && s->nr_perms > 1; i++)
			s->perm[k][other[i]] = other[order[k][i]];
	}
}

/**
 * search_init() - get ready
 * @s: with @cfg, @hops and the room set, and zero elsewhere
 *
 * Return: 0 or -ENOMEM.
 */
int search_init(struct search *s)
{
	size_t table = 1;

	while (table < 2 * s->max_states)
		table *= 2;
	s->table_mask = table - 1;
	s->table = vzalloc(table * sizeof(*s->table));
	s->packed = vzalloc(s->max_bytes);
	s->where = vzalloc((s->max_states + 1) * sizeof(*s->where));
	s->from = vzalloc(s->max_states * sizeof(*s->from));
	s->first_edge = vzalloc((s->max_states + 1) * sizeof(*s->first_edge));
	s->edge = vzalloc(s->max_edges * sizeof(*s->edge));
	if (!s->table || !s->packed || !s->where || !s->from ||
	    !s->first_edge || !s->edge)
		return -ENOMEM;
	make_perms(s);
	return 0;
}

/**
 * search_free() - give back the memory
 * @s: the search
 */
void search_free(struct search *s)
{
	vfree(s->table);
	vfree(s->packed);
	vfree(s->where);
	vfree(s->from);
	vfree(s->first_edge);
	vfree(s->edge);
}

/* States */

/**
 * search_hash() - of a packed state
 * @p: the state
 * @len: bytes
 *
 * Return: a number whose low bits may be used.
 */
size_t search_hash(const u8 *p, size_t len)
{
	u64 h = len;

	for (; len >= 8; p += 8, len -= 8) {
		u64 w;

		memcpy(&w, p, 8);
		h = (h ^ w) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 32;
	}
	for (; len; p++, len--)
		h = (h ^ *p) * 0x100000001b3ULL;
	h = (h ^ (h >> 29)) * 0xbf58476d1ce4e5b9ULL;
	return h ^ (h >> 32);
}

/* The one of all equivalent states that stands for them. */
static size_t pack_least(struct search *s, const struct model *m, u8 *perm)
{
	size_t len, n;
	unsigned int k;
	int cmp;

	len = model_pack(m, s->perm[0], s->hops, s->best);
	*perm = 0;
	for (k = 1; k < s->nr_perms; k++) {
		n = model_pack(m, s->perm[k], s->hops, s->other);
		cmp = memcmp(s->other, s->best, n < len ? n : len);
		if (cmp > 0 || (!cmp && n >= len))
			continue;
		memcpy(s->best, s->other, n);
		len = n;
		*perm = k;
	}
	return len;
}

/* The number of the state, new or not; -ENOSPC. */
static s64 add(struct search *s, const struct model *m,
	       const struct search_from *from)
{
	size_t len, slot, i;
	u8 perm;

	len = pack_least(s, m, &perm);
	for (slot = search_hash(s->best, len); ; slot++) {
		slot &= s->table_mask;
		i = s->table[slot];
		if (!i--)
			break;
		if (s->where[i + 1] - s->where[i] == len &&
		    !memcmp(s->packed + s->where[i], s->best, len))
			return i;
	}
	if (s->states == s->max_states || s->bytes + len > s->max_bytes)
		return -ENOSPC;
	i = s->states++;
	s->table[slot] = i + 1;
	memcpy(s->packed + s->bytes, s->best, len);
	s->bytes += len;
	s->where[i + 1] = s->bytes;
	s->from[i] = *from;
	s->from[i].perm = perm;
	return i;
}

static void note(struct search *s, const struct model *m)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (m->max_hops[i] > s->most_hops[i])
			s->most_hops[i] = m->max_hops[i];
		if (m->most_over[i] > s->most_over[i])
			s->most_over[i] = m->most_over[i];
	}
	if (m->max_queue > s->most_queue)
		s->most_queue = m->max_queue;
	if (m->used > s->most_msgs)
		s->most_msgs = m->used;
}

static int bad(struct search *s, const struct model *m, size_t i,
	       const struct model_move *mv)
{
	s->error = m->error;
	s->error_no = m->error_no;
	s->error_node = m->error_node;
	s->bad = i;
	s->bad_here = !mv;
	if (mv)
		s->bad_move = *mv;
	return -EINVAL;
}

/* Every move from state @i. */
static int expand(struct search *s, size_t i)
{
	struct model_move mv[MODEL_MOVES];
	unsigned int nr, k, musts = 0;
	s64 to;

	model_unpack(&s->now, s->hops, s->packed + s->where[i]);
	nr = model_list(&s->now, mv);
	for (k = 0; k < nr; k++) {
		struct search_from from = { i, mv[k], 0 };

		model_copy(&s->then, &s->now);
		model_do(&s->then, &mv[k]);
		if (!s->then.error)
			model_check(&s->then);
		s->moves++;
		note(s, &s->then);
		if (s->then.error)
			return bad(s, &s->then, i, &mv[k]);
		to = add(s, &s->then, &from);
		if (to < 0)
			return to;
		if (!model_must(&mv[k]))
			continue;
		musts++;
		if (s->nr_edges == s->max_edges)
			return -ENOSPC;
		s->edge[s->nr_edges++] = to;
	}
	s->first_edge[i + 1] = s->nr_edges;
	if (musts)
		return 0;
	s->rest++;
	model_check_rest(&s->now);
	if (s->at_rest && !s->now.error)
		s->at_rest(&s->now);
	return s->now.error ? bad(s, &s->now, i, NULL) : 0;
}

/**
 * search_rest() - whether the moves that must happen come to an end
 * @g: the states and those moves
 * @longest: set to the most of them, one after the other
 * @circle: set to a state where they go on for ever
 *
 * States that no move leads to are taken away until none is left.
 *
 * Return: 0; -EINVAL if there is such a state; -ENOMEM.
 */
int search_rest(const struct search_graph *g, unsigned int *longest,
		size_t *circle)
{
	u32 *into = vzalloc(g->states * sizeof(*into));
	u32 *order = vzalloc(g->states * sizeof(*order));
	u32 *far = vzalloc(g->states * sizeof(*far));
	size_t done = 0, nr = 0, i, e;
	int err = -ENOMEM;

	if (!into || !order || !far)
		goto out;
	for (e = 0; e < g->first[g->states]; e++)
		into[g->edge[e]]++;
	for (i = 0; i < g->states; i++)
		if (!into[i])
			order[nr++] = i;
	while (done < nr) {
		i = order[done++];
		if (far[i] > *longest)
			*longest = far[i];
		for (e = g->first[i]; e < g->first[i + 1]; e++) {
			u32 to = g->edge[e];

			if (far[to] <= far[i])
				far[to] = far[i] + 1;
			if (!--into[to])
				order[nr++] = to;
		}
	}
	err = 0;
	if (nr == g->states)
		goto out;
	for (i = 0; i < g->states && !into[i]; )
		i++;
	*circle = i;
	err = -EINVAL;
out:
	vfree(into);
	vfree(order);
	vfree(far);
	return err;
}

static int check_rest(struct search *s)
{
	struct search_graph g = { s->states, s->first_edge, s->edge };
	int err = search_rest(&g, &s->longest, &s->bad);

	if (err == -EINVAL) {
		s->error = "moves that must happen can go on for ever";
		s->bad_here = true;
	}
	return err;
}

/**
 * search_run() - do it
 * @s: initialised
 *
 * Return: 0 if all is well; -EINVAL if not; -ENOSPC if the room does not do;
 * -ENOMEM.
 */
int search_run(struct search *s)
{
	struct search_from none = { };
	size_t i, level = 1;
	int err;

	s->now.cfg = s->cfg;
	model_init(&s->then, s->cfg);
	model_check(&s->then);
	if (s->then.error)
		return bad(s, &s->then, 0, NULL);
	add(s, &s->then, &none);
	for (i = 0; i < s->states; i++) {
		if (i == level) {
			s->depth++;
			level = s->states;
		}
		err = expand(s, i);
		if (err)
			return err;
		cond_resched();
	}
	return check_rest(s);
}

/**
 * search_path() - how to get to a state
 * @s: a search
 * @i: number of the state
 * @mv: where to
 * @max: room in @mv
 *
 * States are stored with their nodes renamed; this undoes it.
 *
 * Return: number of moves.
 */
size_t search_path(struct search *s, size_t i, struct model_move *mv,
		   size_t max)
{
	u16 nodes = s->cfg->nodes, n;
	u8 real[MODEL_NODES], old[MODEL_NODES];
	size_t len = 0, k, j;

	for (k = i; k; k = s->from[k].state)
		len++;
	for (n = 0; n < nodes; n++)
		real[n] = n;
	for (j = 1; j <= len + 1; j++) {
		struct model_move m;
		size_t steps = len - j;

		k = i;
		if (j <= len) {
			while (steps--)
				k = s->from[k].state;
			m = s->from[k].mv;
		} else if (i == s->bad && s->error && !s->bad_here) {
			m = s->bad_move;
		} else {
			break;
		}
		m.a = real[m.a];
		if (m.type == MOVE_DELIVER)
			m.b = real[m.b];
		if (j - 1 < max)
			mv[j - 1] = m;
		memcpy(old, real, sizeof(old));
		for (n = 0; n < nodes && j <= len; n++)
			real[s->perm[s->from[k].perm][n]] = old[n];
	}
	return j - 1;
}
