// SPDX-License-Identifier: GPL-2.0-only
/*
 * A change of the view in the model cluster of model.h.
 *
 * A node fails, or home is to move.  Each node freezes when it likes: it hears
 * no more of who is gone, and sends a mark to the others; what it sends from
 * then on stays behind the mark.  When everything in front of the marks has
 * arrived, the object is recovered in one step.  In the kernel that step is
 * many, but of one object each node takes part only once, when its home asks
 * it, and nothing else moves.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#include "model.h"
#include "../recover.h"

static bool all_frozen(const struct model *m)
{
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++)
		if (!m->node[i].dead && !m->node[i].frozen)
			return false;
	return true;
}

/* Whether nothing of the old view is on the way between those who are there. */
static bool flushed(const struct model *m)
{
	u16 i, j;

	for (i = 0; i < m->cfg->nodes; i++)
		for (j = 0; j < m->cfg->nodes; j++)
			if (!m->node[i].dead && m->head[i][j] &&
			    m->msg[m->head[i][j]].type != MODEL_MARK)
				return false;
	return true;
}

/**
 * model_list_change() - what can happen to the view
 * @m: the model
 * @mv: room for 3 * MODEL_NODES + 2
 *
 * Return: how many.
 */
unsigned int model_list_change(const struct model *m, struct model_move *mv)
{
	bool done = m->change && all_frozen(m) && flushed(m);
	unsigned int nr = 0;
	u16 i;

	if (!m->change && m->moves < m->cfg->max_moves)
		mv[nr++] = (struct model_move) { MOVE_CHANGE, 0, 0 };
	for (i = 0; i < m->cfg->nodes; i++) {
		const struct model_node *n = &m->node[i];

		if (n->dead)
			continue;
		if (m->down < m->cfg->max_crash &&
		    m->down + 1 < m->cfg->nodes)
			mv[nr++] = (struct model_move) { MOVE_CRASH, i, 0 };
		if (m->change && !n->frozen)
			mv[nr++] = (struct model_move) { MOVE_FREEZE, i, 0 };
		if (done && (m->moves || m->node[m->home].dead ||
			     i == m->home))
			mv[nr++] = (struct model_move) { MOVE_RECOVER, i, 0 };
	}
	if (m->lost && !m->change && m->cfg->ops & MODEL_RENEW)
		mv[nr++] = (struct model_move) { MOVE_RENEW, m->home, 0 };
	return nr;
}

/* Node @at is gone; what it has sent may still arrive. */
void model_gone(struct model *m, u16 at)
{
	struct model_node *n = &m->node[at];
	u16 i;

	n->dead = 1;
	n->nwait = 0;
	n->readers = 0;
	n->writer = 0;
	n->held = 0;
	n->timer = 0;
	n->frozen = 0;
	n->seen = 0;
	n->saw = 0;
	n->value = 0;
	n->co.x = NULL;
	kddm_co_init(&n->co, &n->env);
	for (i = 0; i < m->cfg->nodes; i++)
		model_drop_channel(m, i, at);
	m->down++;
}

/* There is no object any more, of which somebody could remember anything. */
void model_unsee(struct model *m)
{
	u16 i;

	m->exists = false;
	m->returned = false;
	for (i = 0; i < m->cfg->nodes; i++) {
		m->node[i].seen = 0;
		m->node[i].saw = 0;
	}
}

/**
 * model_freeze() - a node takes part in the change
 * @m: the model
 * @at: index of the node
 */
void model_freeze(struct model *m, u16 at)
{
	struct model_msg *msg;
	u16 i;

	m->node[at].frozen = 1;
	for (i = 0; i < m->cfg->nodes; i++) {
		if (m->node[i].dead)
			model_drop_channel(m, i, at);
		if (m->node[i].dead || i == at)
			continue;
		msg = model_post(m, at, i);
		if (msg)
			msg->type = MODEL_MARK;
	}
}

/* What a node has sent since it froze is not sent at all. */
static enum kddm_taken take_back(struct model *m, u16 at, u64 *version)
{
	enum kddm_taken taken = KDDM_TAKEN_NONE;
	struct model_msg msg;
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++) {
		while (model_head(m, at, i)) {
			model_take(m, at, i, &msg);
			if (msg.type != KDDM_EV_OWN)
				continue;
			if (taken)
				model_fail(m, at, "the ownership sent twice");
			taken = kddm_recover_taken(msg.flags);
			*version = msg.version;
			if (msg.data)
				m->node[at].value = msg.value;
		}
	}
	return taken;
}

/*
 * 5: a put that has returned is not lost with less nodes than there are
 * replicas.  One that has not may be; then the last but one counts.
 */
static void check_safe(struct model *m, const struct kddm_verdict *v,
		       bool ended)
{
	struct model_node *n;
	u16 i;

	if (!m->cfg->replicas)
		return;
	if (v->kind != KDDM_VERDICT_OWNER) {
		m->ending = false;
		if (m->returned && !ended && m->down < m->cfg->replicas)
			model_fail(m, 0, "a put that has returned is lost");
		return;
	}
	n = &m->node[model_index(m, v->owner)];
	if (!n->co.removing)
		m->ending = false;
	if (kddm_co_owns(&n->co))
		return;
	if (n->value < m->safe && m->down < m->cfg->replicas)
		model_fail(m, 0, "an old put comes back");
	for (i = 0; i < m->cfg->nodes; i++)
		if (!m->node[i].dead && m->node[i].saw > n->value)
			model_fail(m, i, "time runs backwards");
	m->value = n->value;
	if (m->safe > n->value)
		m->safe = n->value;
}

/* What was judged has to be true. */
static void check_verdict(struct model *m, const struct kddm_verdict *v,
			  const struct kddm_claim *claim)
{
	bool ended = m->ending;		/* the last put need not be there */
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++) {
		if (m->node[i].dead)
			continue;
		if (kddm_co_has_data(&m->node[i].co) &&
		    v->kind != KDDM_VERDICT_OWNER)
			model_fail(m, i, "lost, but there is a copy");
		/* With replicas home may know of one that was never put. */
		if (m->exists && !m->cfg->replicas && claim[i].known &&
		    v->kind == KDDM_VERDICT_VOID)
			model_fail(m, i, "forgotten, but it was seen");
		if (m->exists && !ended && m->node[i].seen &&
		    v->kind == KDDM_VERDICT_VOID)
			model_fail(m, i, "time runs backwards");
	}
	check_safe(m, v, ended);
	if (!m->exists && v->kind == KDDM_VERDICT_OWNER &&
	    m->node[model_index(m, v->owner)].co.state != KDDM_CO_FILL)
		model_fail(m, 0, "it comes back to life");
}

static void note_verdict(struct model *m, const struct kddm_verdict *v)
{
	m->version = v->version;
	m->lost = v->kind == KDDM_VERDICT_LOST;
	if (v->kind == KDDM_VERDICT_OWNER)
		return;
	model_unsee(m);
	if (v->kind == KDDM_VERDICT_VOID)
		m->version = 0;
}

static void settle(struct model *m, u16 at, const struct kddm_verdict *v,
		   u32 base, u64 copies)
{
	struct model_node *n = &m->node[at];
	struct kddm_co_ext *spare = NULL;
	bool drop;
	int err;

	model_replicas(m, at);
	err = kddm_recover_settle(&n->co, &n->env, v, base, &copies, 1, &spare,
				  &drop);
	if (err == -ENOBUFS) {
		spare = model_ext(m, at, 1);
		err = kddm_recover_settle(&n->co, &n->env, v, base, &copies, 1,
					  &spare, &drop);
		n->buf = n->co.x == (struct kddm_co_ext *)n->ext[1];
	}
	if (err)
		model_fail_no(m, at, err, "cannot be settled");
	if (drop)
		n->value = 0;
}

static void judge(struct model *m, u16 home)
{
	struct kddm_claim claim[MODEL_NODES] = { };
	struct kddm_judge j = { };
	struct kddm_verdict v;
	u64 copies = 0, version = 0;
	enum kddm_taken taken;
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++) {
		struct model_node *n = &m->node[i];

		if (n->dead)
			continue;
		taken = take_back(m, i, &version);
		kddm_recover_reset(&n->co, &n->env, taken, version, &claim[i]);
		claim[i].base = 1;
		kddm_judge_hear(&j, model_id(m, i), &claim[i]);
		if (claim[i].kind == KDDM_CLAIM_COPY)
			copies |= 1ULL << model_id(m, i);
	}
	kddm_judge_decide(&j, &v);
	check_verdict(m, &v, claim);
	note_verdict(m, &v);
	for (i = 0; i < m->cfg->nodes; i++) {
		if (m->node[i].dead)
			continue;
		m->node[i].env.home = model_id(m, home);
		settle(m, i, &v, 1, copies);
	}
}

static bool is_orphan(const struct model_msg *msg, u64 gone)
{
	return (msg->type == KDDM_EV_GET_REQ ||
		msg->type == KDDM_EV_GRAB_REQ) && (gone >> msg->origin) & 1;
}

/* What was held back leaves, but for requests that nobody waits for. */
static void release(struct model *m, u16 src, u16 dst, u64 gone)
{
	struct model_msg msg, *copy;
	u16 nr = 0, i;

	for (i = m->head[src][dst]; i; i = m->msg[i].next)
		nr++;
	for (i = 0; i < nr; i++) {
		model_take(m, src, dst, &msg);
		if (msg.type == MODEL_MARK || is_orphan(&msg, gone))
			continue;
		copy = model_post(m, src, dst);
		msg.next = 0;
		*copy = msg;
		m->removed += msg.type == KDDM_EV_REMOVED;
	}
}

/* The owner tells the new home, and everybody forgets who is gone. */
static void carry_on(struct model *m, u16 home, const u64 *gone)
{
	u16 i, j;

	for (i = 0; i < m->cfg->nodes; i++) {
		struct model_node *n = &m->node[i];

		if (n->dead)
			continue;
		kddm_recover_prune(&n->co, gone, 1);
		n->env.home = model_id(m, home);
		for (j = 0; j < m->cfg->nodes; j++)
			release(m, i, j, *gone);
	}
	for (i = 0; i < m->cfg->nodes; i++)
		if (!m->node[i].dead && home != m->home &&
		    kddm_co_owns(&m->node[i].co))
			kddm_recover_trail(&m->node[home].co,
					   &m->node[home].env, model_id(m, i));
}

static bool suspect(struct model *m, u16 home, const u64 *gone)
{
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++)
		if (!m->node[i].dead &&
		    kddm_recover_suspect(&m->node[i].co, &m->node[i].env,
					 model_id(m, home), gone, 1))
			return true;
	return false;
}

/**
 * model_recover() - the change is done
 * @m: the model
 * @home: index of the object's home from now on
 */
void model_recover(struct model *m, u16 home)
{
	u64 gone = 0;
	u16 i, j;

	for (i = 0; i < m->cfg->nodes; i++) {
		if (m->gone & (1 << i))
			gone |= 1ULL << model_id(m, i);
		for (j = 0; m->node[i].dead && j < m->cfg->nodes; j++)
			model_drop_channel(m, i, j);
	}
	if (suspect(m, home, &gone))
		judge(m, home);
	else
		carry_on(m, home, &gone);
	m->home = home;
	m->gone = 0;
	m->change = false;
	m->stale = m->cfg->replicas && m->exists;
	for (i = 0; i < m->cfg->nodes; i++)
		m->node[i].frozen = 0;
	for (i = 0; i < m->cfg->nodes; i++)
		if (!m->node[i].dead)
			model_run(m, i);
}

/**
 * model_renew() - home is told to give up the object, which is lost
 * @m: the model
 */
void model_renew(struct model *m)
{
	if (!kddm_recover_renew(&m->node[m->home].co))
		model_fail(m, m->home, "lost, but home knows nothing of it");
	m->lost = false;
	m->given_up = true;
	m->version = 0;
	model_run(m, m->home);
}
