// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can happen next in the model cluster of model.h.
 */
#include <linux/types.h>
#include "model.h"

/* Whether a local user of node @n may begin something. */
static bool may_start(const struct model *m, const struct model_node *n)
{
	unsigned int busy = 0;
	u16 i;

	if (n->late || n->readers + n->writer + n->nwait >= m->cfg->users)
		return false;
	if (m->cfg->max_start && m->started == m->cfg->max_start)
		return false;
	for (i = 0; i < m->cfg->nodes && m->cfg->max_busy; i++)
		busy += m->node[i].readers + m->node[i].writer +
			m->node[i].nwait;
	return !m->cfg->max_busy || busy < m->cfg->max_busy;
}

/* Who is not to wait does not stand behind a request that is under way. */
static unsigned int list_upgrade(const struct model *m, u16 i,
				 struct model_move *mv)
{
	const struct model_node *n = &m->node[i];
	u8 op = MODEL_OP_UPGRADE | MODEL_OP_GRAB;

	mv[0] = (struct model_move) { MOVE_UPGRADE, i, op };
	mv[1] = (struct model_move) { MOVE_UPGRADE, i, op | MODEL_OP_TRY };
	return m->cfg->ops & MODEL_TRY && !model_under_way(n) ? 2 : 1;
}

static unsigned int list_node(const struct model *m, u16 i,
			      struct model_move *mv)
{
	const struct model_node *n = &m->node[i];
	bool start = may_start(m, n);
	bool may = !m->cfg->max_removed || m->removed < m->cfg->max_removed;
	u16 ops = m->cfg->ops;
	u8 nr = 0, op;

	for (op = 0; op < MODEL_OPS && start; op++) {
		if (!(ops & (op & MODEL_OP_GRAB ? MODEL_GRAB : MODEL_GET)))
			continue;
		if (op & MODEL_OP_NOCREATE && !(ops & MODEL_NOCREATE))
			continue;
		if (op & MODEL_OP_MANUAL && (!(ops & MODEL_MANUAL) ||
					     !(op & MODEL_OP_GRAB) ||
					     op & MODEL_OP_NOCREATE))
			continue;
		/* Who is not to wait for others is not put behind them. */
		if (op & MODEL_OP_TRY && (!(ops & MODEL_TRY) || n->nwait))
			continue;
		mv[nr++] = (struct model_move) { MOVE_START, i, op };
	}
	if (n->co.state == KDDM_CO_FILL) {
		mv[nr++] = (struct model_move) { MOVE_FILLED, i, 0 };
		if (ops & MODEL_FAIL && may)
			mv[nr++] = (struct model_move) { MOVE_FILLED, i, 1 };
	}
	if (n->writer && ops & MODEL_DOWNGRADE)
		mv[nr++] = (struct model_move) { MOVE_DOWNGRADE, i, 0 };
	if (n->readers && ops & MODEL_UPGRADE)
		nr += list_upgrade(m, i, mv + nr);
	if (ops & MODEL_DROP && n->co.state == KDDM_CO_SHARED && !n->readers &&
	    !model_is_out(n))
		mv[nr++] = (struct model_move) { MOVE_DROP, i, 0 };
	if (n->readers || n->writer)
		mv[nr++] = (struct model_move) { MOVE_PUT, i, 0 };
	if (n->writer && ops & MODEL_REMOVE && may)
		mv[nr++] = (struct model_move) { MOVE_REMOVE, i, 0 };
	if (ops & MODEL_KILL && n->nwait && !(n->wait[0] & MODEL_OP_KILLED))
		mv[nr++] = (struct model_move) { MOVE_KILL, i, 0 };
	if (ops & MODEL_FORGET && !n->nwait && !model_is_out(n) &&
	    kddm_co_forgettable(&n->co, &n->env))
		mv[nr++] = (struct model_move) { MOVE_FORGET, i, 0 };
	if (m->stale && !m->change && n->co.state == KDDM_CO_OWNER)
		mv[nr++] = (struct model_move) { MOVE_REPLICATE, i, 0 };
	if (n->held)
		mv[nr++] = (struct model_move) { MOVE_OVER, i, 0 };
	return nr;
}

/**
 * model_list() - what can happen
 * @m: the model
 * @mv: room for MODEL_MOVES
 *
 * Return: how many.
 */
unsigned int model_list(const struct model *m, struct model_move *mv)
{
	unsigned int nr = 0;
	u16 i;

	for (i = 0; i < m->nr_busy; i++) {
		u16 src = m->busy[i] / MODEL_NODES;
		u16 dst = m->busy[i] % MODEL_NODES;

		if (model_arrives(m, src, dst))
			mv[nr++] = (struct model_move) {
				MOVE_DELIVER, src, dst
			};
	}
	for (i = 0; i < m->cfg->nodes; i++)
		if (!m->node[i].dead)
			nr += list_node(m, i, mv + nr);
	return nr + model_list_change(m, mv + nr);
}

/**
 * model_must() - whether a move happens one day by itself
 * @mv: the move
 *
 * Return: true for messages, for the end of critical sections, and for time.
 */
bool model_must(const struct model_move *mv)
{
	return mv->type == MOVE_DELIVER || mv->type == MOVE_PUT ||
	       mv->type == MOVE_REMOVE || mv->type == MOVE_FILLED ||
	       mv->type == MOVE_OVER || mv->type == MOVE_FREEZE ||
	       mv->type == MOVE_RECOVER || mv->type == MOVE_REPLICATE;
}
