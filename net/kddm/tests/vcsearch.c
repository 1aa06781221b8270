// SPDX-License-Identifier: GPL-2.0-only
/*
 * Depth-first search of view changes; vcsearch.h says what for.
 */
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/vmalloc.h>
#include "vcsearch.h"

#define TABLE_MIN	4096

/* States */

/*
 * The hash of @f, which @from leads to, if that is not NULL: it has most of the
 * machines in common.  The lowest bit of the second half is left out, it says
 * that a state is on the present path.
 */
static struct vcm_sum hash(struct vcs_frame *f, const struct vcs_frame *from)
{
	struct vcm_sum k;
	u16 n;

	for (n = 0; n < f->m.cfg->nodes; n++) {
		const struct kddm_vc *vc = &f->m.node[n];

		if (from && !memcmp(vc, &from->m.node[n], sizeof(*vc)))
			f->sum[n] = from->sum[n];
		else
			f->sum[n] = vcm_hash(vc, sizeof(*vc));
	}
	k = vcm_sum(&f->m, f->sum);
	k.b |= 1;
	if (!k.a)
		k.a = 1;
	return k;
}

/* Where a state is, or is to be. */
static size_t look(const struct vcs *s, const struct vcm_sum *k)
{
	size_t i = k->a & s->mask;

	while (s->table[i].a &&
	       (s->table[i].a != k->a || (s->table[i].b | 1) != (k->b | 1)))
		i = (i + 1) & s->mask;
	return i;
}

/* Twice the room: one that is too large costs time as well, for its pages. */
static int grow(struct vcs *s)
{
	struct vcm_sum *old = s->table;
	size_t i, n = s->mask + 1;

	s->table = vzalloc(2 * n * sizeof(*s->table));
	if (!s->table) {
		s->table = old;
		return -ENOMEM;
	}
	s->mask = 2 * n - 1;
	for (i = 0; i < n; i++)
		if (old[i].a)
			s->table[look(s, &old[i])] = old[i];
	for (i = 0; i < s->depth; i++)
		s->path[i]->slot = look(s, &old[s->path[i]->slot]);
	vfree(old);
	return 0;
}

/* Where it is, and whether it is new. */
static int find(struct vcs *s, struct vcs_frame *f,
		const struct vcs_frame *from, size_t *slot, bool *is_new)
{
	struct vcm_sum k = hash(f, from);

	if (2 * s->states > s->mask && grow(s))
		return -ENOMEM;
	*slot = look(s, &k);
	*is_new = !s->table[*slot].a;
	if (*is_new) {
		s->table[*slot] = k;
		s->states++;
	}
	return 0;
}

/**
 * vcs_init() - get ready
 * @s: with @cfg and @max_states set, and zero elsewhere
 *
 * Return: 0 or -ENOMEM.
 */
int vcs_init(struct vcs *s)
{
	s->mask = TABLE_MIN - 1;
	s->table = vzalloc(TABLE_MIN * sizeof(*s->table));
	s->path[0] = vzalloc(sizeof(*s->path[0]));
	return s->table && s->path[0] ? 0 : -ENOMEM;
}

/**
 * vcs_free() - give back the memory
 * @s: the search
 */
void vcs_free(struct vcs *s)
{
	unsigned int i;

	for (i = 0; i < VCS_DEPTH; i++)
		vfree(s->path[i]);
	vfree(s->table);
}

/* The search */

static void enter(struct vcs *s, size_t slot)
{
	struct vcs_frame *f = s->path[s->depth];

	f->nr = vcm_list(&f->m, f->mv);
	f->next = 0;
	f->musts = 0;
	f->slot = slot;
	if (s->depth > s->deepest)
		s->deepest = s->depth;
}

static int failed(struct vcs *s, const char *error)
{
	s->error = error;
	return -EINVAL;
}

/* All moves from the last state of the path are done. */
static int leave(struct vcs *s)
{
	struct vcs_frame *f = s->path[s->depth];

	if (!f->musts) {
		s->rest++;
		if (!vcm_check_rest(&f->m)) {
			s->unserved++;
			if (s->picky)
				return failed(s, "no served view");
		}
		if (f->m.error)
			return failed(s, f->m.error);
	}
	s->table[f->slot].b &= ~1ULL;
	return 0;
}

static int advance(struct vcs *s)
{
	struct vcs_frame *f = s->path[s->depth], *to;
	struct vcm_move *mv = &f->mv[f->next++];
	bool is_new;
	size_t slot;
	int err;

	f->musts += vcm_must(mv);
	if (s->states >= s->max_states)
		return -ENOSPC;
	if (s->depth + 1 == VCS_DEPTH)
		return failed(s, "views change for ever, or nearly so");
	if (!s->path[s->depth + 1])
		s->path[s->depth + 1] = vzalloc(sizeof(*f));
	to = s->path[s->depth + 1];
	if (!to)
		return -ENOMEM;
	vcm_copy(&to->m, &f->m);
	vcm_do(&to->m, mv);
	s->moves++;
	s->depth++;
	if (!to->m.error)
		vcm_check(&to->m);
	if (to->m.error)
		return failed(s, to->m.error);
	err = find(s, to, f, &slot, &is_new);
	if (err)
		return err;
	if (!is_new && s->table[slot].b & 1)
		return failed(s, "views change for ever");
	if (is_new)
		enter(s, slot);
	else
		s->depth--;
	return s->error ? -EINVAL : 0;
}

/**
 * vcs_run() - do it
 * @s: initialised
 *
 * Return: 0 if all is well; -EINVAL if not; -ENOSPC if the room does not do;
 * -ENOMEM.
 */
int vcs_run(struct vcs *s)
{
	bool is_new;
	size_t slot;
	int err;

	vcm_init(&s->path[0]->m, s->cfg);
	err = find(s, s->path[0], NULL, &slot, &is_new);
	if (err)
		return err;
	enter(s, slot);
	for (;;) {
		while (s->path[s->depth]->next == s->path[s->depth]->nr) {
			err = leave(s);
			if (err || !s->depth)
				return err;
			s->depth--;
		}
		err = advance(s);
		if (err)
			return err;
		if (!(s->moves % 1024))
			cond_resched();
	}
}
