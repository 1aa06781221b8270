// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold in every state of the model cluster; the numbers are those of
 * the list in Documentation/kddm/coherence.rst.  model.c checks what can only
 * be seen in a step: values, versions, and errors.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#include "model.h"

static bool has(const u64 *set, u16 words, u16 id)
{
	return id / 64 < words && (set[id / 64] >> (id % 64)) & 1;
}

static const u64 *ext_acks(const struct kddm_co_ext *x)
{
	return x->bits + x->words;
}

static struct model_msg *first(struct model *m, u16 src, u16 dst)
{
	u16 i = m->head[src][dst];

	return i ? &m->msg[i] : NULL;
}

static struct model_msg *next(struct model *m, struct model_msg *msg)
{
	return msg->next ? &m->msg[msg->next] : NULL;
}

/* The message behind @msg in any channel; NULL for @msg gives the first. */
static struct model_msg *any_msg(struct model *m, struct model_msg *msg)
{
	u16 i = 0;

	if (msg && msg->next)
		return next(m, msg);
	if (msg)
		i = m->busy_at[msg->src][msg->dst] + 1;
	return i < m->nr_busy ? first(m, m->busy[i] / MODEL_NODES,
				      m->busy[i] % MODEL_NODES) : NULL;
}

/* Who is inside an object that has gone to others. */
static bool is_stale(const struct model_node *n)
{
	return n->co.stale && n->co.state == KDDM_CO_DRAIN;
}

/* 1: one writer or many readers. */
static void check_writers(struct model *m)
{
	unsigned int writers = 0, holders = 0;
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++) {
		const struct model_node *n = &m->node[i];

		if (model_is_out(n))
			continue;
		if (n->co.state == KDDM_CO_WRITER) {
			writers++;
			if (n->readers || n->co.readers)
				model_fail(m, i, "reader beside a writer");
		} else if (kddm_co_has_data(&n->co) && !is_stale(n)) {
			holders++;
		}
		if (n->writer && n->co.state != KDDM_CO_WRITER)
			model_fail(m, i, "writer in a state without one");
		if (n->co.readers != n->readers)
			model_fail(m, i, "readers miscounted");
		if (n->readers && !kddm_co_has_data(&n->co))
			model_fail(m, i, "reader without a copy");
	}
	if (writers > 1)
		model_fail(m, 0, "two writers");
	if (writers && holders)
		model_fail(m, 0, "a copy beside a writer");
}

/* 2 and 3: every copy that counts is the latest. */
static void check_copies(struct model *m)
{
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++) {
		const struct model_node *n = &m->node[i];
		bool data = kddm_co_has_data(&n->co);

		if (model_is_out(n))
			continue;
		if (data && n->co.backup)
			model_fail(m, i, "a copy that is a replica");
		if ((data || n->co.backup) != !!n->value)
			model_fail(m, i, data ? "no data" : "data kept");
		if (is_stale(n))
			continue;
		if (data && n->value != m->value)
			model_fail(m, i, "a copy is old");
		if ((data || n->co.state == KDDM_CO_VOID) &&
		    n->co.version != m->version)
			model_fail(m, i, "a version is old");
	}
}

/* Home will own the absence when those have left who are still inside. */
static bool home_drains(const struct model *m)
{
	return is_stale(&m->node[m->home]) &&
	       m->node[m->home].co.hint == KDDM_NODE_NONE;
}

/* 4: exactly one owner, here or on the way. */
static void check_owner(struct model *m)
{
	unsigned int owners = 0;
	struct model_msg *msg;
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++) {
		if (model_is_out(&m->node[i]))
			continue;
		owners += kddm_co_owns(&m->node[i].co);
		if (m->node[i].co.state == KDDM_CO_LOST && i != m->home &&
		    !m->broken)
			model_fail(m, i, "lost, but this is not home");
		if (m->node[i].co.state == KDDM_CO_VOID && m->exists)
			model_fail(m, i, "void, but it exists");
	}
	for (msg = any_msg(m, NULL); msg; msg = any_msg(m, msg))
		owners += msg->type == KDDM_EV_OWN;
	if (owners > 1)
		model_fail(m, 0, "two owners");
	if (!owners && !m->lost && !m->gone && !m->broken &&
	    !home_drains(m))
		model_fail(m, 0, "no owner");
	if (owners && m->lost)
		model_fail(m, 0, "lost, and owned");
}

/* Whether the grab of node @a waits for an ack of the node with @id. */
static bool expected(struct model *m, u16 a, u16 id)
{
	const struct kddm_co *co = &m->node[a].co;
	struct model_msg *msg;
	u16 i;

	if (co->state == KDDM_CO_ACKS)
		return co->x && has(ext_acks(co->x), co->x->words, id);
	for (i = 0; i < m->cfg->nodes; i++)
		for (msg = first(m, i, a); msg; msg = next(m, msg))
			if (msg->type == KDDM_EV_OWN)
				return has(msg->need, msg->nwords, id) &&
				       !(co->x && has(ext_acks(co->x),
						      co->x->words, id));
	return false;
}

/* Whether an ack of node @i is on the way to node @to that keeps the copy. */
static bool keeps(struct model *m, u16 i, u16 to)
{
	struct model_msg *msg;

	for (msg = first(m, i, to); msg; msg = next(m, msg))
		if (msg->type == KDDM_EV_ACK && msg->flags & KDDM_COF_TRY)
			return true;
	return false;
}

/* Whether node @j, now or soon the owner, knows of a copy that stays. */
static bool kept(struct model *m, u16 j, u16 i)
{
	const struct kddm_co *co = &m->node[j].co;
	bool may = co->state == KDDM_CO_ACKS || co->state == KDDM_CO_GRAB ||
		   co->state == KDDM_CO_UPGRADE;

	return may && (keeps(m, i, j) ||
		       kddm_co_in_copyset(co, model_id(m, i)));
}

/* 4: whether the copy of node @i is one that the next writer waits for. */
static bool covered(struct model *m, u16 i)
{
	const struct kddm_co *co = &m->node[i].co;
	struct model_msg *msg;
	u16 j;

	if (co->state == KDDM_CO_DRAIN || co->state == KDDM_CO_DRAIN_UPGRADE)
		return co->inv_owner != KDDM_NODE_NONE &&
		       expected(m, model_index(m, co->inv_owner),
				model_id(m, i));
	for (j = 0; j < m->cfg->nodes; j++) {
		if ((m->node[j].co.state == KDDM_CO_OWNER ||
		     m->node[j].co.state == KDDM_CO_PUSH) &&
		    kddm_co_in_copyset(&m->node[j].co, model_id(m, i)))
			return true;
		if (kept(m, j, i))
			return true;
		for (msg = first(m, j, i); msg; msg = next(m, msg))
			if (msg->type == KDDM_EV_OWN)	/* its own grab */
				return true;
			else if (msg->type == KDDM_EV_INVAL)
				return expected(m, model_index(m, msg->origin),
						model_id(m, i));
	}
	return false;
}

static void check_copyset(struct model *m)
{
	static const char why[] = "a copy that nobody will invalidate";
	struct model_msg *msg;
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++) {
		const struct kddm_co *co = &m->node[i].co;

		if (!model_is_out(&m->node[i]) && kddm_co_has_data(co) &&
		    !is_stale(&m->node[i]) && !kddm_co_owns(co) &&
		    !covered(m, i))
			model_fail(m, i, why);
	}
	for (msg = any_msg(m, NULL); msg; msg = any_msg(m, msg)) {
		if (msg->type == KDDM_EV_DATA && !covered(m, msg->dst))
			model_fail(m, msg->dst, why);
		if (msg->data && (msg->value != m->value ||
				  msg->version != m->version))
			model_fail(m, msg->dst, "old data sent");
	}
}

static void check_number(struct model *m, u16 id, u32 seq)
{
	u16 i = model_index(m, id);

	if (!model_is_out(&m->node[i]) && seq != m->node[i].co.seq)
		model_fail(m, i, "stale number");
}

/* The same of what waits in nodes. */
static void check_queue(struct model *m, u16 i)
{
	const struct kddm_co *co = &m->node[i].co;
	struct kddm_co_req *r;
	u16 k;

	if ((co->state == KDDM_CO_DRAIN ||
	     co->state == KDDM_CO_DRAIN_UPGRADE) &&
	    co->inv_owner != KDDM_NODE_NONE)
		check_number(m, co->inv_owner, co->inv_seq);
	for (k = 0; co->x && k < co->x->qlen; k++) {
		r = kddm_co_queue(co->x) + k;
		if (r->node != model_id(m, i))
			check_number(m, r->node, r->seq);
	}
}

/* The hold time keeps nobody waiting but other nodes that want the object. */
static void check_hold(struct model *m, u16 i)
{
	const struct model_node *n = &m->node[i];
	const struct kddm_co *co = &n->co;
	struct kddm_co_req *r;
	u16 k;

	if (!n->held || co->state != KDDM_CO_OWNER)
		return;
	for (k = 0; co->x && k < co->x->qlen; k++) {
		r = kddm_co_queue(co->x) + k;
		if (!r->grab || r->node == model_id(m, i))
			model_fail(m, i, "waits for a hold time needlessly");
		if (r->flags & KDDM_COF_TRY)
			model_fail(m, i, "a try waits for a hold time");
	}
}

/* 6: nothing is on the way that its receiver would refuse. */
static void check_numbers(struct model *m)
{
	struct model_msg *msg;
	u16 i, who;

	for (i = 0; i < m->cfg->nodes; i++)
		check_queue(m, i);

	for (msg = any_msg(m, NULL); msg; msg = any_msg(m, msg)) {
		if (msg->type == KDDM_EV_REMOVED || msg->type == MODEL_MARK)
			continue;
		who = model_id(m, msg->dst);
		if (msg->type == KDDM_EV_REPLICA)
			who = model_id(m, msg->src);
		if (msg->type < KDDM_EV_DATA || msg->type == KDDM_EV_INVAL)
			who = msg->origin;
		check_number(m, who, msg->seq);
	}
}

static void check_waits(struct model *m)
{
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++) {
		const struct model_node *n = &m->node[i];

		if (model_is_out(n))
			continue;
		check_hold(m, i);
		if (n->nwait && n->co.want == KDDM_WANT_NONE)
			model_fail(m, i, "waits without a request");
		if (!n->nwait && (n->co.want == KDDM_WANT_GET ||
				  n->co.want == KDDM_WANT_GRAB))
			model_fail(m, i, "request that nobody waits for");
	}
}

/**
 * model_check_fast() - look at a state
 * @m: the model; m->error says what is wrong
 */
void model_check_fast(struct model *m)
{
	check_writers(m);
	check_waits(m);
	check_copies(m);
	check_owner(m);
	check_numbers(m);
}

/**
 * model_check() - look at a state
 * @m: the model; m->error says what is wrong
 */
void model_check(struct model *m)
{
	model_check_fast(m);
	if (!m->gone && !m->broken)
		check_copyset(m);
}

/* Whether a request of node @i waits in a queue; then @at is whose. */
static bool queued(struct model *m, u16 i, u16 *at)
{
	struct kddm_co *co;
	u16 j, k;

	for (j = 0; j < m->cfg->nodes; j++) {
		co = &m->node[j].co;
		for (k = 0; co->x && k < co->x->qlen; k++)
			if (kddm_co_queue(co->x)[k].node == model_id(m, i)) {
				*at = j;
				return true;
			}
	}
	return false;
}

/* Whether node @i owns the object, or the ownership is on its way to it. */
static bool has_turn(struct model *m, u16 i)
{
	struct model_msg *msg;

	if (kddm_co_owns(&m->node[i].co))
		return true;
	for (msg = any_msg(m, NULL); msg; msg = any_msg(m, msg))
		if (msg->type == KDDM_EV_OWN && msg->dst == i)
			return true;
	return false;
}

/**
 * model_line() - who stands in line
 * @m: the model
 *
 * A node stands in line when its request is in the queue of the owner, or of a
 * node that stands in line: no message has to arrive before its turn is fixed.
 * Home's request for the absence of an object is nobody's.
 *
 * Return: bit mask of nodes.
 */
u64 model_line(struct model *m)
{
	u64 line = 0;
	u16 i, at, n;

	for (i = 0; i < m->cfg->nodes; i++) {
		if (!m->node[i].nwait || m->node[i].wait[0] & MODEL_OP_TRY ||
		    m->node[i].co.want == KDDM_WANT_RECLAIM ||
		    !queued(m, i, &at))
			continue;
		for (n = 0; n < m->cfg->nodes; n++)
			if (has_turn(m, at) || !queued(m, at, &at))
				break;
		if (has_turn(m, at))
			line |= 1ULL << i;
	}
	return line;
}

/**
 * model_overtake() - a local user is inside: past whom?
 * @m: the model
 * @at: index of the node
 * @past: bit mask of the nodes that stood in line when the user asked
 */
void model_overtake(struct model *m, u16 at, u64 past)
{
	u16 i, grab;

	for (i = 0; past; i++, past >>= 1) {
		if (!(past & 1))
			continue;
		grab = m->node[i].wait[0] & MODEL_OP_GRAB;
		if (++m->over[i][at] > m->cfg->max_over[grab])
			model_fail(m, i, "overtaken too often");
		if (m->over[i][at] > m->most_over[grab])
			m->most_over[grab] = m->over[i][at];
	}
}

/**
 * model_leave_line() - a node waits no longer: whoever comes passes it no more
 * @m: the model
 * @at: index of the node
 */
void model_leave_line(struct model *m, u16 at)
{
	u16 i, k;

	memset(m->over[at], 0, sizeof(m->over[at]));
	for (i = 0; i < m->cfg->nodes; i++)
		for (k = 0; k < m->node[i].nwait; k++)
			m->node[i].past[k] &= ~(1ULL << at);
}

/* 5: whoever is to keep what was put does so. */
static void check_replicas(struct model *m, u16 i)
{
	u16 j, id;

	model_replicas(m, i);
	for (j = 0; j < m->cfg->nodes && m->returned; j++) {
		id = model_id(m, j);
		if (has(m->node[i].replicas, m->node[i].env.rwords, id) &&
		    m->node[j].value != m->value)
			model_fail(m, j, "a replica is not up to date");
	}
}

static void check_drained(struct model *m, u16 i)
{
	const struct model_node *n = &m->node[i];
	const struct kddm_co *co = &n->co;
	u16 j;

	if (co->want != KDDM_WANT_NONE)
		model_fail(m, i, "a request is left over");
	if (co->state == KDDM_CO_PUSH)
		model_fail(m, i, "replicas are never up to date");
	if (co->state == KDDM_CO_OWNER)
		check_replicas(m, i);
	if (co->state == KDDM_CO_VOID && i != m->home)
		model_fail(m, i, "the absence has not come home");
	if (co->state != KDDM_CO_OWNER) {
		if (co->x)
			model_fail(m, i, "an extension is left over");
		return;
	}
	for (j = 0; j < m->cfg->nodes; j++) {
		bool copy = m->node[j].co.state == KDDM_CO_SHARED;

		if (m->node[j].dead)
			copy = false;
		if (kddm_co_in_copyset(co, model_id(m, j)) != copy &&
		    (copy || !(m->cfg->ops & MODEL_DROP)))
			model_fail(m, i, "a copyset is not exact");
	}
}

/**
 * model_check_rest() - look at a state in which nothing has to happen
 * @m: the model; m->error says what is wrong
 *
 * 6: whoever waits here waits for ever.
 */
void model_check_rest(struct model *m)
{
	u16 i;

	if (m->change)
		model_fail(m, 0, "the change does not end");
	for (i = 0; i < m->cfg->nodes; i++) {
		if (m->node[i].dead)
			continue;
		if (m->node[i].nwait)
			model_fail(m, i, "waits for ever");
		check_drained(m, i);
	}
}
