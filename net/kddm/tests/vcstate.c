// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of a state makes a difference.
 *
 * All bytes of a machine, of a message and of what the model keeps beside them
 * go into the hash of a state, so that no field can be forgotten: neither one
 * that exists nor one that somebody adds.  What a machine will not read again
 * before it writes it is filled, or equal states would differ.  That it does
 * not read that is tested: with something else to fill in, a search finds just
 * as many states, see struct vcm_cfg.
 */
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>
#include "vcmodel.h"

/* What is left over */

#define FILL(x, with)	memset(&(x), with, sizeof(x))

/* Of an attempt whose promises are awaited, beyond what there is of them */
static void fill_promises(struct kddm_vc_proposal *p, u8 with)
{
	u16 n;

	for (n = 0; n < KDDM_VC_NODES; n++)
		if (!kddm_vc_has(&p->promised, n))
			FILL(p->from[n], with);
	for (n = p->nr_lines; n < KDDM_VC_LINES; n++)
		FILL(p->line[n], with);
	for (n = p->nr_seen; n < KDDM_VC_SEEN; n++)
		FILL(p->seen[n], with);
	FILL(p->parting, with);
	FILL(p->view, with);
}

/* What was promised has served its purpose when the view is proposed. */
static void fill_proposed(struct kddm_vc_proposal *p, u8 with)
{
	FILL(p->promised, with);
	FILL(p->from, with);
	FILL(p->nr_lines, with);
	FILL(p->line, with);
	FILL(p->nr_seen, with);
	FILL(p->seen, with);
	FILL(p->full, with);
}

static void fill_attempt(struct kddm_vc *vc, u8 with)
{
	struct kddm_vc_proposal *p = &vc->p;

	if (!vc->role) {
		FILL(*p, with);
		/* Nothing but its members is ever written. */
		memset(&p->invited, 0, offsetof(struct kddm_vc_view, inc));
		return;
	}
	FILL(p->last_words, with);
	FILL(p->alive, with);
	FILL(p->base, with);
	if (vc->role == KDDM_VC_PROMISE)
		fill_promises(p, with);
	else
		fill_proposed(p, with);
	if (vc->role == KDDM_VC_DONE)
		FILL(p->parting, with);
}

/**
 * vcm_fill() - what a machine will not read again
 * @vc: the machine
 * @with: what to fill in
 */
void vcm_fill(struct kddm_vc *vc, u8 with)
{
	u16 i;

	fill_attempt(vc, with);
	if (vc->phase < KDDM_VC_FLUSH || vc->phase == KDDM_VC_GONE)
		FILL(vc->cur, with);
	if (vc->phase != KDDM_VC_INVITED && vc->phase != KDDM_VC_FLUSH)
		FILL(vc->marks, with);
	if (vc->phase != KDDM_VC_INVITED)
		FILL(vc->reach, with);
	if (vc->phase != KDDM_VC_FLUSH && vc->phase != KDDM_VC_ACCEPTED)
		FILL(vc->parting, with);
	if (!vc->serving && vc->phase != KDDM_VC_RECONCILE)
		FILL(vc->torn, with);
	FILL(vc->more, with);
	for (i = vc->nr_pends; i < KDDM_VC_PENDS; i++)
		FILL(vc->pend[i], with);
}

/* The hash */

static u64 mix(u64 h, u64 w)
{
	h = (h ^ w) * 0x9e3779b97f4a7c15ULL;
	h ^= h >> 29;
	h *= 0xbf58476d1ce4e5b9ULL;
	return h ^ (h >> 32);
}

/**
 * vcm_hash() - of bytes
 * @of: the bytes
 * @len: how many
 *
 * Two halves by the same way with other numbers.
 *
 * Return: the hash.
 */
struct vcm_sum vcm_hash(const void *of, size_t len)
{
	struct vcm_sum sum = { len, ~(u64)len };
	size_t i, n;
	u64 w;

	for (i = 0; i < len; i += n) {
		n = len - i < sizeof(w) ? len - i : sizeof(w);
		w = 0;
		if (n == sizeof(w))
			memcpy(&w, of + i, sizeof(w));
		else
			memcpy(&w, of + i, n);
		sum.a = (sum.a ^ w) * 0x9e3779b97f4a7c15ULL;
		sum.a ^= sum.a >> 32;
		sum.b = (sum.b ^ w) * 0xd6e8feb86659fd93ULL;
		sum.b ^= sum.b >> 29;
	}
	return sum;
}

static void add(struct vcm_sum *to, const struct vcm_sum *sum)
{
	to->a = mix(to->a, sum->a);
	to->b = mix(to->b, sum->b);
}

/**
 * vcm_sum() - of a state
 * @m: the state
 * @node: what vcm_hash() makes of each machine
 *
 * Messages count in the order of their channel; what is on other channels does
 * not matter for it.
 *
 * Return: the hash.
 */
struct vcm_sum vcm_sum(const struct vcm *m, const struct vcm_sum *node)
{
	const size_t from = offsetof(struct vcm, ran);
	struct vcm_sum sum, apart = { 1, 1 };
	u16 a, b, i;

	sum = vcm_hash((const u8 *)m + from, offsetof(struct vcm, nr) - from);
	for (a = 0; a < m->cfg->nodes; a++) {
		add(&sum, &node[a]);
		for (b = 0; b < m->cfg->nodes; b++) {
			add(&sum, &apart);
			for (i = vcm_next(m, a, b, 0); i < m->nr;
			     i = vcm_next(m, a, b, i + 1))
				add(&sum, &m->msg[i].sum);
		}
	}
	return sum;
}
