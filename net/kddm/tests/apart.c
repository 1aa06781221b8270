// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nodes of the model cluster of model.h that are cut off and come back.
 *
 * To the others a node that is cut off has failed.  It serves nothing, so it is
 * kept as it was then, until a change of the view makes it a member again.
 * What was on its way to it is lost; so is what it has sent, if the others
 * freeze before they have it.  But of the ownership the sender learns later
 * whether it has arrived, and keeps it until then.  If it is back before there
 * is another view, it is a member as before, but for what was on its way.
 */
#include <linux/string.h>
#include <linux/types.h>
#include "model.h"

static void move_node(struct model_node *to, const struct model_node *from)
{
	*to = *from;
	if (to->co.x)
		to->co.x = (struct kddm_co_ext *)to->ext[to->buf];
}

static const struct model_apart *find(const struct model *m, u16 at)
{
	u16 i;

	for (i = 0; i < MODEL_APART; i++)
		if (m->apart[i].used && m->apart[i].at == at)
			return &m->apart[i];
	return NULL;
}

/**
 * model_stays() - whether a node is a member when the change is done
 * @m: the model
 * @at: index of the node
 *
 * Return: true if it is there, or was cut off and is back; then its @dead is
 * set until the change is done.
 */
bool model_stays(const struct model *m, u16 at)
{
	const struct model_apart *a = find(m, at);

	return !m->node[at].dead || (a && a->back);
}

static unsigned int present(const struct model *m)
{
	unsigned int nr = 0;
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++)
		nr += !m->node[i].dead;
	return nr;
}

static bool room(const struct model *m)
{
	u16 i;

	for (i = 0; i < MODEL_APART; i++)
		if (!m->apart[i].used)
			return true;
	return false;
}

/**
 * model_list_apart() - who can be cut off, and who can come back
 * @m: the model
 * @done: recovery can begin
 * @mv: room for 4 * MODEL_NODES
 *
 * Return: how many moves.
 */
unsigned int model_list_apart(const struct model *m, bool done,
			      struct model_move *mv)
{
	bool cut = m->cuts < m->cfg->max_cut && present(m) > 1 && room(m);
	unsigned int nr = 0;
	u16 i, home = 0;

	while (!model_stays(m, home))
		home++;
	if (model_stays(m, m->home))
		home = m->home;

	/* Recovery waits for who makes the first contents. */
	for (i = 0; i < m->cfg->nodes; i++)
		if (cut && !m->node[i].dead &&
		    m->node[i].co.state != KDDM_CO_FILL)
			mv[nr++] = (struct model_move) { MOVE_CUT, i, 0 };
	for (i = 0; i < MODEL_APART; i++)
		if (m->apart[i].used && !m->apart[i].back)
			mv[nr++] = (struct model_move) {
				MOVE_RETURN, m->apart[i].at, 0
			};
	for (i = 0; i < m->cfg->nodes; i++) {
		if (!done || m->breaks == m->cfg->max_break ||
		    !model_stays(m, i))
			continue;
		mv[nr++] = (struct model_move) { MOVE_BREAK, home, i };
		mv[nr++] = (struct model_move) {
			MOVE_BREAK, home, i + MODEL_NODES
		};
	}
	return nr;
}

void model_sends(struct model *m, u16 at, const struct model_msg *msg)
{
	m->node[at].sent = (struct model_sent) {
		.used = m->cfg->max_cut,
		.dst = msg->dst,
		.flags = msg->flags,
		.version = msg->version,
		.value = msg->value,
		.life = m->life,
	};
}

static void arrived(struct model_sent *s, const struct model_msg *msg)
{
	if (s->dst == msg->dst && s->version == msg->version)
		s->used = false;
}

void model_arrived(struct model *m, const struct model_msg *msg)
{
	u16 i;

	arrived(&m->node[msg->src].sent, msg);
	for (i = 0; i < MODEL_APART; i++)
		if (m->apart[i].used && m->apart[i].at == msg->src)
			arrived(&m->apart[i].node.sent, msg);
}

/* What node @src holds back for @dst stays with it. */
static void keep_held(struct model *m, u16 src, u16 dst)
{
	const struct model_msg *msg;
	u16 i;

	if (!m->node[src].frozen && !m->node[dst].dead)
		return;
	for (i = m->head[src][dst]; i; i = msg->next) {
		msg = &m->msg[i];
		if (msg->type != KDDM_EV_OWN)
			continue;
		model_sends(m, src, msg);
		m->node[src].sent.unsent = true;
	}
}

/* The sessions of node @at end. */
static void part(struct model *m, u16 at)
{
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++) {
		if (!m->node[i].dead)
			keep_held(m, i, at);
		keep_held(m, at, i);
	}
	for (i = 0; i < m->cfg->nodes; i++)
		if (i == at || m->node[i].sent.dst == at)
			m->node[i].sent.late = m->node[i].sent.used;
}

/**
 * model_cut() - a node is cut off
 * @m: the model
 * @at: index of the node
 */
void model_cut(struct model *m, u16 at)
{
	u16 i = 0;

	while (m->apart[i].used)
		i++;
	m->apart[i].used = true;
	m->apart[i].back = false;
	m->apart[i].at = at;
	m->apart[i].epoch = m->node[at].late ? 0 : m->epoch;
	m->apart[i].base = m->node[at].late ? m->base[at] : m->epoch;
	m->apart[i].life = m->node[at].late ? m->node[at].life : m->life;
	part(m, at);
	move_node(&m->apart[i].node, &m->node[at]);
	m->cuts++;
	m->gone |= 1 << at;
	m->change = true;
	model_gone(m, at);
}

/**
 * model_return() - a node is back
 * @m: the model
 * @at: its index
 */
void model_return(struct model *m, u16 at)
{
	u16 i;

	for (i = 0; i < MODEL_APART; i++)
		if (m->apart[i].used && m->apart[i].at == at)
			m->apart[i].back = true;
	m->change = true;
}

/**
 * model_rejoin() - those who are back are members from now on
 * @m: the model
 */
void model_rejoin(struct model *m)
{
	struct model_node *n;
	u16 i, at;

	for (i = 0; i < m->cfg->nodes; i++)
		if (!m->node[i].late)
			m->base[i] = m->epoch;
	for (i = 0; i < MODEL_APART; i++) {
		if (!m->apart[i].back)
			continue;
		at = m->apart[i].at;
		n = &m->node[at];
		move_node(n, &m->apart[i].node);
		n->late = m->apart[i].epoch != m->epoch;
		n->life = m->apart[i].life;
		m->other_life |= n->life != m->life;
		n->frozen = 1;
		n->held = 0;
		n->timer = 0;
		m->base[at] = n->late ? m->apart[i].base : m->epoch;
		if (n->late) {
			n->seen = 0;
			n->saw = 0;
		}
		m->gone &= ~(1 << at);
		m->apart[i].used = false;
		m->apart[i].back = false;
	}
}
