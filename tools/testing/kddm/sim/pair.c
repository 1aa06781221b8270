// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two objects that share channels and users; pair.h says what for.
 *
 * Each struct model keeps its own messages in order.  What is added is the
 * order between the messages of the two, and which user it is that waits or is
 * inside, because the model only counts them.
 */
#include <string.h>
#include "pair.h"

static void fail(struct pair *p, u16 at, const char *why)
{
	if (p->error)
		return;
	p->error = why;
	p->at = at;
}

void pair_init(struct pair *p, const struct pair_cfg *cfg)
{
	memset(p, 0, sizeof(*p));
	p->cfg = cfg;
	model_init(&p->m[0], &cfg->obj[0]);
	model_init(&p->m[1], &cfg->obj[1]);
}

void pair_copy(struct pair *to, const struct pair *from)
{
	*to = *from;
	model_copy(&to->m[0], &from->m[0]);
	model_copy(&to->m[1], &from->m[1]);
}

/* Channels */

static u8 channel_length(const struct model *m, u16 src, u16 dst)
{
	u8 nr = 0;
	u16 i;

	for (i = m->head[src][dst]; i; i = m->msg[i].next)
		nr++;
	return nr;
}

/* What object @obj has sent goes behind what is there. */
static void append(struct pair *p, u8 obj)
{
	u8 nr, mine, i;
	u16 a, b;

	for (a = 0; a < PAIR_NODES; a++) {
		b = !a;
		mine = 0;
		for (i = 0; i < p->nr[a][b]; i++)
			mine += p->order[a][b][i] == obj;
		nr = channel_length(&p->m[obj], a, b);
		if (p->nr[a][b] + nr - mine > PAIR_MSGS) {
			fail(p, a, "too many messages in a channel");
			return;
		}
		for (; mine < nr; mine++)
			p->order[a][b][p->nr[a][b]++] = obj;
	}
}

static void take_first(struct pair *p, u16 src, u16 dst)
{
	u8 *order = p->order[src][dst];

	memmove(order, order + 1, --p->nr[src][dst]);
}

/* Users */

static bool waits(const struct pair_user *u)
{
	return u->at[0] == PAIR_WAITS || u->at[1] == PAIR_WAITS;
}

/* Whoever no longer waits for object @obj is inside: nobody is refused. */
static void enter(struct pair *p, u8 obj, u16 at)
{
	const struct model_node *n = &p->m[obj].node[at];
	u8 *line = p->line[obj][at], readers = 0, writers = 0, i;
	struct pair_user *u;

	while (p->nline[obj][at] > n->nwait) {
		u = &p->user[at][line[0]];
		u->at[obj] = u->grab ? PAIR_WRITES : PAIR_READS;
		memmove(line, line + 1, --p->nline[obj][at]);
	}
	for (i = 0; i < p->cfg->users; i++) {
		readers += p->user[at][i].at[obj] == PAIR_READS;
		writers += p->user[at][i].at[obj] == PAIR_WRITES;
	}
	if (readers != n->readers || writers != n->writer)
		fail(p, at, "not the users who should be inside");
}

void pair_do(struct pair *p, const struct pair_move *mv)
{
	struct pair_user *u = &p->user[mv->mv.a][mv->user];
	u16 at = mv->mv.a, i;

	switch (mv->mv.type) {
	case MOVE_START:
		u->at[mv->obj] = PAIR_WAITS;
		u->grab = !!(mv->mv.b & MODEL_OP_GRAB);
		p->line[mv->obj][at][p->nline[mv->obj][at]++] = mv->user;
		break;
	case MOVE_PUT:
	case MOVE_REMOVE:
		u->at[mv->obj] = PAIR_OUT;
		break;
	case MOVE_DELIVER:
		take_first(p, at, mv->mv.b);
		break;
	}
	model_do(&p->m[mv->obj], &mv->mv);
	append(p, mv->obj);
	for (i = 0; i < PAIR_NODES; i++)
		enter(p, mv->obj, i);
}

/* What can happen */

static unsigned int list_user(const struct pair *p, u16 at, u8 user,
			      struct pair_move *mv)
{
	const struct pair_user *u = &p->user[at][user];
	unsigned int nr = 0;
	u8 k;

	if (waits(u))
		return 0;
	for (k = 0; k < 2; k++) {
		const struct model *m = &p->m[k];
		const struct model_cfg *cfg = &p->cfg->obj[k];
		struct pair_move one = { k, user, { MOVE_PUT, at, 0 } };

		if (u->at[k] != PAIR_OUT) {
			mv[nr++] = one;
			one.mv.type = MOVE_REMOVE;
			if (u->at[k] == PAIR_WRITES &&
			    cfg->ops & MODEL_REMOVE &&
			    m->removed < cfg->max_removed)
				mv[nr++] = one;
			continue;
		}
		if (!k && u->at[1] != PAIR_OUT && !p->cfg->any_order)
			continue;
		one.mv.type = MOVE_START;
		if (cfg->ops & MODEL_GET)
			mv[nr++] = one;
		one.mv.b = MODEL_OP_GRAB;
		if (cfg->ops & MODEL_GRAB)
			mv[nr++] = one;
	}
	return nr;
}

unsigned int pair_list(const struct pair *p, struct pair_move *mv)
{
	unsigned int nr = 0;
	u16 i;
	u8 k;

	for (i = 0; i < PAIR_NODES; i++) {
		if (p->nr[i][!i])
			mv[nr++] = (struct pair_move) {
				p->order[i][!i][0], 0, { MOVE_DELIVER, i, !i }
			};
		for (k = 0; k < p->cfg->users; k++)
			nr += list_user(p, i, k, mv + nr);
		for (k = 0; k < 2; k++) {
			const struct model_node *n = &p->m[k].node[i];

			if (n->co.state == KDDM_CO_FILL)
				mv[nr++] = (struct pair_move) {
					k, 0, { MOVE_FILLED, i, 0 }
				};
			if (p->cfg->obj[k].ops & MODEL_FORGET && !n->nwait &&
			    kddm_co_forgettable(&n->co, &n->env))
				mv[nr++] = (struct pair_move) {
					k, 0, { MOVE_FORGET, i, 0 }
				};
		}
	}
	return nr;
}

bool pair_must(const struct pair *p, const struct pair_move *mv)
{
	return model_must(&mv->mv);
}

/* What must hold */

void pair_check(struct pair *p)
{
	u8 k;

	for (k = 0; k < 2; k++) {
		if (!p->m[k].error)
			model_check(&p->m[k]);
		if (p->m[k].error)
			fail(p, p->m[k].error_node, p->m[k].error);
	}
}

void pair_check_rest(struct pair *p)
{
	u16 i;
	u8 k;

	for (i = 0; i < PAIR_NODES; i++)
		for (k = 0; k < p->cfg->users; k++)
			if (waits(&p->user[i][k]))
				fail(p, i, "waits for ever");
	for (k = 0; k < 2; k++) {
		if (!p->m[k].error)
			model_check_rest(&p->m[k]);
		if (p->m[k].error)
			fail(p, p->m[k].error_node, p->m[k].error);
	}
}

/* Bytes */

size_t pair_pack(const struct pair *p, u8 *to)
{
	static const u8 same[PAIR_NODES] = { 0, 1 };
	u16 i, j;
	u8 *at = to, k;

	for (k = 0; k < 2; k++)
		at += model_pack(&p->m[k], same, true, at);
	for (i = 0; i < PAIR_NODES; i++) {
		*at++ = p->nr[i][!i];
		for (j = 0; j < p->nr[i][!i]; j += 8, at++) {
			*at = 0;
			for (k = 0; k < 8 && j + k < p->nr[i][!i]; k++)
				*at |= p->order[i][!i][j + k] << k;
		}
		for (k = 0; k < p->cfg->users; k++)
			*at++ = p->user[i][k].at[0] |
				(p->user[i][k].at[1] << 2) |
				((waits(&p->user[i][k]) &&
				  p->user[i][k].grab) << 4);
		for (k = 0; k < 2 && p->cfg->users > 1; k++)
			*at++ = p->nline[k][i] ? p->line[k][i][0] : 0;
	}
	return at - to;
}

void pair_unpack(struct pair *p, const u8 *from)
{
	u16 i, j;
	u8 k;

	pair_init(p, p->cfg);
	for (k = 0; k < 2; k++)
		from += model_unpack(&p->m[k], true, from);
	for (i = 0; i < PAIR_NODES; i++) {
		p->nr[i][!i] = *from++;
		for (j = 0; j < p->nr[i][!i]; j++) {
			p->order[i][!i][j] = (*from >> (j % 8)) & 1;
			from += j % 8 == 7 || j + 1 == p->nr[i][!i];
		}
		for (k = 0; k < p->cfg->users; k++, from++) {
			p->user[i][k].at[0] = *from & 3;
			p->user[i][k].at[1] = (*from >> 2) & 3;
			p->user[i][k].grab = (*from >> 4) & 1;
		}
		for (k = 0; k < 2; k++) {
			p->nline[k][i] = p->m[k].node[i].nwait;
			if (p->cfg->users > 1) {
				p->line[k][i][0] = *from++;
				p->line[k][i][1] = !p->line[k][i][0];
			}
		}
	}
}
