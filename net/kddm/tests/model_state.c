// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the model cluster of model.h consists of: nodes, and the channels
 * between them with their messages.  What moves it is in model.c.
 */
#include <linux/string.h>
#include <linux/types.h>
#include "model.h"

/**
 * model_fail_no() - note the first thing that is wrong
 * @m: the model
 * @at: index of a node
 * @err: error number, or 0
 * @why: what
 */
void model_fail_no(struct model *m, u16 at, int err, const char *why)
{
	if (m->error)
		return;
	m->error = why;
	m->error_node = at;
	m->error_no = err;
}

/* Nodes */

void model_forget(struct model *m, u16 at)
{
	struct model_node *n = &m->node[at];

	kddm_co_init(&n->co, &n->env);
	if (n->env.self == n->env.home)
		m->version = 0;
}

/**
 * model_init() - an empty cluster
 * @m: the model
 * @cfg: its configuration, which stays in use
 */
void model_init(struct model *m, const struct model_cfg *cfg)
{
	u16 i;

	memset(m, 0, sizeof(*m));
	m->cfg = cfg;
	m->home = cfg->home;
	m->epoch = 1;
	for (i = 0; i < cfg->nodes; i++) {
		m->node[i].env.self = model_id(m, i);
		m->node[i].env.home = model_id(m, cfg->home);
		m->node[i].env.max_hops = cfg->max_hops;
		m->node[i].env.touch_home = cfg->touch_home;
		m->node[i].env.hold = cfg->ops & MODEL_HOLD;
		m->node[i].env.keep = cfg->max_crash || cfg->max_moves ||
				      cfg->max_cut;
		model_forget(m, i);
	}
	for (i = 1; i < MODEL_MSGS - 1; i++)
		m->msg[i].next = i + 1;
	m->free = 1;
}

/**
 * model_copy() - copy a cluster
 * @to: where to
 * @from: where from
 */
void model_copy(struct model *to, const struct model *from)
{
	u16 i;

	*to = *from;
	for (i = 0; i < to->cfg->nodes; i++) {
		struct model_node *n = &to->node[i];

		if (n->co.x)
			n->co.x = (struct kddm_co_ext *)n->ext[n->buf];
	}
	for (i = 0; i < MODEL_APART; i++) {
		struct model_node *n = &to->apart[i].node;

		if (to->apart[i].used && n->co.x)
			n->co.x = (struct kddm_co_ext *)n->ext[n->buf];
	}
}

/**
 * model_ext() - make an extension for a node
 * @m: the model
 * @at: index of the node
 * @qcap: its capacity
 *
 * Return: the one of the node's two that it does not use, empty, or NULL.
 */
struct kddm_co_ext *model_ext(struct model *m, u16 at, u16 qcap)
{
	struct model_node *n = &m->node[at];
	u16 words = model_id(m, m->cfg->nodes - 1) / 64 + 1;
	struct kddm_co_ext *x;

	if (words > MODEL_WORDS || qcap > MODEL_QUEUE) {
		model_fail(m, at, "queue too long for the model");
		return NULL;
	}
	x = (struct kddm_co_ext *)n->ext[n->co.x ? !n->buf : 0];
	kddm_co_ext_init(x, words, qcap);
	return x;
}

/* A node that has failed is a member until the view changes. */
static bool is_member(const struct model *m, u16 i)
{
	return !m->node[i].dead || m->gone & (1 << i);
}

void model_replicas(struct model *m, u16 at)
{
	struct model_node *n = &m->node[at];
	u16 left = m->cfg->replicas, i, id;

	memset(n->replicas, 0, sizeof(n->replicas));
	n->env.keeper = false;
	n->env.rwords = 0;
	n->env.replicas = n->replicas;
	for (i = 0; i < m->cfg->nodes && left; i++) {
		if (!is_member(m, i))
			continue;
		left--;
		if (i == at) {
			n->env.keeper = true;
			continue;
		}
		id = model_id(m, i);
		n->replicas[id / 64] |= 1ULL << (id % 64);
		n->env.rwords = id / 64 + 1;
	}
}

void model_mark(struct model_node *n, u8 clear, u8 set)
{
	u8 i;

	for (i = 0; i < n->nwait; i++)
		if (n->wait[i] & MODEL_OP_UPGRADE)
			n->wait[i] = (n->wait[i] & ~clear) | set;
}

/* Channels */

/**
 * model_post() - put a message into a channel
 * @m: the model
 * @src: index of the sender
 * @dst: index of the receiver
 *
 * Return: the message, to be filled in, or NULL.
 */
struct model_msg *model_post(struct model *m, u16 src, u16 dst)
{
	struct model_msg *msg;
	u16 i = m->free;

	if (!i) {
		model_fail(m, src, "too many messages on the way");
		return NULL;
	}
	msg = &m->msg[i];
	m->free = msg->next;
	m->used++;
	memset(msg, 0, sizeof(*msg));
	msg->src = src;
	msg->dst = dst;
	if (m->head[src][dst]) {
		m->msg[m->tail[src][dst]].next = i;
	} else {
		m->head[src][dst] = i;
		m->busy_at[src][dst] = m->nr_busy;
		m->busy[m->nr_busy++] = src * MODEL_NODES + dst;
	}
	m->tail[src][dst] = i;
	return msg;
}

struct model_msg *model_head(struct model *m, u16 src, u16 dst)
{
	u16 i = m->head[src][dst];

	return i ? &m->msg[i] : NULL;
}

void model_take(struct model *m, u16 src, u16 dst, struct model_msg *msg)
{
	u16 i = m->head[src][dst];

	*msg = m->msg[i];
	m->head[src][dst] = msg->next;
	if (!msg->next) {
		u16 last = m->busy[--m->nr_busy];

		m->busy[m->busy_at[src][dst]] = last;
		m->busy_at[last / MODEL_NODES][last % MODEL_NODES] =
			m->busy_at[src][dst];
	}
	m->msg[i].next = m->free;
	m->free = i;
	m->used--;
	if (msg->type == KDDM_EV_REMOVED)
		m->removed--;
}

void model_drop_channel(struct model *m, u16 src, u16 dst)
{
	struct model_msg msg;

	while (m->head[src][dst])
		model_take(m, src, dst, &msg);
}
