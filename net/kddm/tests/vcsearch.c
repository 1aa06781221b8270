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

#define PACK_MAX	16384
#define TABLE_MIN	4096

/* States */

struct packer {
	u8	*p;
	u8	*end;
};

static void put(struct packer *k, u32 v)
{
	if (k->end - k->p < 2)
		return;
	*k->p++ = v;
	*k->p++ = v >> 8;
}

/* Of an incarnation and an epoch, both small here. */
static void put_lineage(struct packer *k, u64 lineage)
{
	put(k, lineage);
	put(k, lineage >> 32);
}

static void put_view(struct packer *k, const struct vcm *m,
		     const struct kddm_vc_view *v)
{
	u16 n;

	put(k, v->epoch);
	if (!v->epoch)
		return;
	put_lineage(k, v->lineage);
	put(k, v->policy);
	for (n = 0; n < m->cfg->nodes; n++)
		put(k, v->inc[n]);
}

static void put_node(struct packer *k, const struct vcm *m, u16 a)
{
	const struct kddm_vc *vc = &m->node[a];
	const struct kddm_vc_proposal *p = &vc->p;
	u16 n, i;

	put(k, m->alive[a] | m->inc[a] << 1);
	if (!m->alive[a])
		return;
	put(k, vc->phase | vc->role << 3 | vc->serving << 8 |
	    vc->started << 9 | vc->leaving << 10 | vc->need << 11 |
	    vc->changed << 12 | vc->fresh << 13 | vc->more << 14);
	put(k, (vc->proposer & 0xff) | vc->told << 8);
	put(k, m->done[a]);
	put(k, vc->seen);
	put(k, vc->promised);
	put_lineage(k, vc->lineage);
	for (n = 0; n < m->cfg->nodes; n++)
		put(k, vc->inc[n]);
	put(k, vc->hopeless.w[0] | vc->waiting.w[0] << 8);
	put(k, vc->leavers.w[0] | vc->member << 8);
	put(k, vc->marks.w[0] | vc->reach.w[0] << 8);
	put_view(k, m, &vc->last);
	put_view(k, m, &vc->cur);
	put(k, vc->nr_pends);
	for (i = 0; i < vc->nr_pends; i++)
		put_view(k, m, &vc->pend[i]);
	if (!vc->role)
		return;
	put(k, p->awaited.w[0] | p->promised.w[0] << 8);
	put_view(k, m, &p->view);
	for (n = 0; n < m->cfg->nodes; n++) {
		put(k, p->invited.inc[n]);
		if (!kddm_vc_has(&p->promised, n))
			continue;
		put_lineage(k, p->from[n].lineage);
		put(k, p->from[n].last);
		put(k, p->from[n].flags | p->from[n].reach.w[0] << 8);
		put(k, p->from[n].nr_pends);
		for (i = 0; i < p->from[n].nr_pends; i++)
			put(k, p->from[n].pend[i]);
	}
}

static void put_msg(struct packer *k, const struct vcm *m,
		    const struct kddm_vc_msg *msg)
{
	u16 i;

	put(k, msg->type | 0x80 | msg->flags << 8);
	put(k, msg->epoch);
	put(k, msg->seen);
	put_lineage(k, msg->lineage);
	put(k, msg->reach.w[0]);
	put_view(k, m, &msg->view);
	put_view(k, m, &msg->base);
	put(k, msg->nr_pends);
	for (i = 0; i < msg->nr_pends; i++)
		put_view(k, m, &msg->pend[i]);
	for (i = 0; msg->type == KDDM_VC_INVITE && i < m->cfg->nodes; i++)
		put(k, msg->view.inc[i]);
}

/* All that makes a difference; what does not fit fills the buffer. */
static size_t pack(const struct vcm *m, u8 *buf, size_t max)
{
	struct packer k = { buf, buf + max };
	u16 a, b, i;

	put(&k, m->cuts | m->crashes << 4 | m->leaves << 8);
	for (a = 0; a < m->cfg->nodes; a++) {
		put_node(&k, m, a);
		for (b = 0; b < m->cfg->nodes; b++) {
			put(&k, m->cut[a][b]);
			for (i = vcm_next(m, a, b, 0); i < m->nr;
			     i = vcm_next(m, a, b, i + 1))
				put_msg(&k, m, &m->msg[i].msg);
		}
	}
	return k.p - buf;
}

static u64 mix(u64 h, u64 w)
{
	h = (h ^ w) * 0x9e3779b97f4a7c15ULL;
	h ^= h >> 29;
	h *= 0xbf58476d1ce4e5b9ULL;
	return h ^ (h >> 32);
}

/* The lowest bit of @b says that the state is on the present path. */
static struct vcs_key hash(struct vcs *s, const struct vcm *m)
{
	size_t len = pack(m, s->buf, PACK_MAX - 8), i;
	struct vcs_key k = { len, ~(u64)len };
	u64 w;

	if (len == PACK_MAX - 8)
		s->error = "a state is too large";
	memset(s->buf + len, 0, 8);
	for (i = 0; i < len; i += 8) {
		memcpy(&w, s->buf + i, 8);
		k.a = mix(k.a, w);
		k.b = mix(k.b, w ^ 0x94d049bb133111ebULL);
	}
	k.b |= 1;
	if (!k.a)
		k.a = 1;
	return k;
}

/* Where a state is, or is to be. */
static size_t look(const struct vcs *s, const struct vcs_key *k)
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
	struct vcs_key *old = s->table;
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
static int find(struct vcs *s, const struct vcm *m, size_t *slot, bool *is_new)
{
	struct vcs_key k = hash(s, m);

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
	s->buf = vzalloc(PACK_MAX);
	s->path[0] = vzalloc(sizeof(*s->path[0]));
	return s->table && s->buf && s->path[0] ? 0 : -ENOMEM;
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
	vfree(s->buf);
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
	if (s->depth + 1 == VCS_DEPTH || s->states >= s->max_states)
		return -ENOSPC;
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
	err = find(s, &to->m, &slot, &is_new);
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
	err = find(s, &s->path[0]->m, &slot, &is_new);
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
