// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model cluster of model.h at work: local users, and the loop around
 * kddm_co_step() that object.c has in the kernel.  What it sees on the way
 * (values, versions, errors) it checks here; what can be seen of a state as a
 * whole is checked in invariants.c, and what can happen is listed in moves.c.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#include "model.h"

/* Messages */

static void post(struct model *m, u16 at, u8 type, u16 dst,
		 const struct kddm_co_action *a, const struct kddm_co_out *out)
{
	struct model_node *n = &m->node[at];
	struct model_msg *msg;
	u16 to = model_index(m, dst);

	if (to == at || to >= m->cfg->nodes) {
		model_fail(m, at, "message to oneself or to nobody");
		return;
	}
	m->sent[type]++;
	if (m->cfg->fair && (type == KDDM_EV_DATA || type == KDDM_EV_OWN))
		model_leave_line(m, to);
	/* Of what cannot be sent the ownership alone is kept, see recover.h. */
	if (m->node[to].dead && type != KDDM_EV_OWN)
		return;
	msg = model_post(m, at, to);
	if (!msg)
		return;
	msg->type = type;
	msg->flags = a->flags;
	msg->origin = a->origin;
	msg->hops = a->hops;
	msg->seq = a->seq;
	msg->err = a->err;
	msg->version = a->version;
	msg->data = a->data;
	msg->value = a->data ? n->value : 0;
	if (a->need && a->type == KDDM_ACT_SEND) {
		msg->nwords = out->nwords;
		memcpy(msg->need, out->targets, out->nwords * sizeof(u64));
	}
	if (type == KDDM_EV_REMOVED)
		m->removed++;
	if (type == KDDM_EV_GRAB_REQ && !m->down && !m->change &&
	    msg->hops + 2 > m->cfg->nodes)
		model_fail(m, at, "a grab passes a node twice");
	if (m->cfg->carry)
		m->cfg->carry(m, msg);
	if (type == KDDM_EV_OWN && !n->frozen && !m->node[to].dead)
		model_sends(m, at, msg);
	if (msg->hops > m->max_hops[type == KDDM_EV_GRAB_REQ])
		m->max_hops[type == KDDM_EV_GRAB_REQ] = msg->hops;
}

/* Actions */

static void act_send(struct model *m, u16 at, const struct kddm_co_action *a,
		     const struct kddm_co_out *out)
{
	if (a->msg < KDDM_EV_GET_REQ || a->msg > KDDM_EV_REPLICA)
		model_fail(m, at, "not a message");
	if (a->msg == KDDM_EV_NAK) {
		if (a->err != -ENOENT && a->err != -EEXIST &&
		    a->err != -EAGAIN && a->err != -EBUSY &&
		    !(a->err == -EOWNERDEAD && (m->lost || m->cuts)) &&
		    !(a->err == -ENOMEM && m->node[at].failed))
			model_fail_no(m, at, a->err, "NAK without a failure");
		if ((a->err == -EEXIST && !m->exists && !m->change) ||
		    (a->err == -ENOENT && m->exists))
			model_fail_no(m, at, a->err, "NAK is not the truth");
	}
	if (a->data && m->node[at].value == 0)
		model_fail(m, at, "data sent that are not there");
	post(m, at, a->msg, a->dst, a, out);
}

static void act_many(struct model *m, u16 at, u8 type,
		     const struct kddm_co_action *a,
		     const struct kddm_co_out *out)
{
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++) {
		u16 id = model_id(m, i);

		if (id / 64 < out->nwords &&
		    (out->targets[id / 64] >> (id % 64)) & 1)
			post(m, at, type, id, a, out);
	}
}

static void act_fill(struct model *m, u16 at)
{
	const struct kddm_co *co = &m->node[at].co;

	if (m->exists)
		model_fail(m, at, "created twice");
	if (co->state != KDDM_CO_FILL)
		model_fail(m, at, "created in passing");
	if (!co->mine && kddm_co_queue(co->x)->flags & KDDM_COF_MANUAL)
		model_fail(m, at, "made for somebody who makes it");
}

/* What was put is safe now, or the object is gone for good. */
static void act_replicated(struct model *m)
{
	m->stale = false;
	if (m->ending)
		model_unsee(m);
	m->safe = m->value;
	m->returned = m->exists;
	m->ending = false;
}

/* A local user is inside: do they see what they should? */
static void entered(struct model *m, u16 at, u8 op, u64 past)
{
	struct model_node *n = &m->node[at];
	bool grab = op & MODEL_OP_GRAB;

	n->seen = 1;
	m->upgraded = op & MODEL_OP_KEPT;
	if (m->upgraded && op & MODEL_OP_OTHER && !m->other_life)
		model_fail(m, at, "upgraded to another object");
	if (grab)
		n->writer = 1;
	else
		n->readers++;
	/* who reads beside the copy that is here is in nobody's way */
	if (m->arrived || kddm_co_owns(&n->co))
		model_overtake(m, at, past);
	if (!m->exists)
		model_fail(m, at, "inside an object that does not exist");
	if (n->value != m->value)
		model_fail(m, at, "old data");
	/* A try that has become the owner to read leaves other copies be. */
	if (op & MODEL_OP_TRY && m->moved && n->co.version == m->version)
		m->moved = false;
	if (m->cfg->replicas)
		m->moved = false;
	/* What is adrift will have the version of the verdict. */
	if (!n->adrift &&
	    n->co.version != m->version + (grab || m->filled || m->moved))
		model_fail(m, at, "wrong version");
	n->saw = m->value;
	if (!n->adrift || m->filled)
		m->version = n->co.version;
	m->filled = false;
	m->moved = false;
}

static void act_done(struct model *m, u16 at, int err,
		     const struct model_msg *msg)
{
	struct model_node *n = &m->node[at];
	u64 past;
	u8 op;

	if (!n->nwait) {
		model_fail(m, at, "end of a request that nobody made");
		return;
	}
	op = n->wait[0];
	past = n->past[0];
	memmove(n->wait, n->wait + 1, --n->nwait);
	memmove(n->past, n->past + 1, n->nwait * sizeof(n->past[0]));
	if (m->cfg->fair)
		model_leave_line(m, at);
	if (err == -ENOMEM && m->cfg->ops & MODEL_FAIL)
		return;
	n->leave = !err && (op & MODEL_OP_KILLED);
	if (!err)
		entered(m, at, op, past);
	else if (err == -EBUSY && !(op & MODEL_OP_TRY))
		model_fail(m, at, "-EBUSY, but it would have waited");
	else if (err == -ENOENT && !(op & MODEL_OP_NOCREATE))
		model_fail(m, at, "-ENOENT, but it may be created");
	else if (err == -ENOENT && !msg && m->exists)
		model_fail(m, at, "-ENOENT, but it exists");
	else if (err != -ENOENT && err != -EBUSY &&
		 !(err == -EOWNERDEAD &&
		   (m->lost || m->given_up || m->cuts)))
		model_fail_no(m, at, err, "error without a failure");
}

static void carry_out(struct model *m, u16 at, const struct kddm_co_action *a,
		      const struct kddm_co_out *out,
		      const struct model_msg *msg)
{
	struct model_node *n = &m->node[at];

	switch (a->type) {
	case KDDM_ACT_SEND:
		act_send(m, at, a, out);
		break;
	case KDDM_ACT_INVAL:
		act_many(m, at, KDDM_EV_INVAL, a, out);
		break;
	case KDDM_ACT_REPLICATE:
		act_many(m, at, KDDM_EV_REPLICA, a, out);
		break;
	case KDDM_ACT_REPLICATED:
		act_replicated(m);
		break;
	case KDDM_ACT_FILL:
		act_fill(m, at);
		break;
	case KDDM_ACT_INSTALL:
	case KDDM_ACT_STORE:
		if (!msg || !msg->data)
			model_fail(m, at, "no data to install");
		else
			n->value = msg->value;
		break;
	case KDDM_ACT_KEEP:
		if (!n->value)
			model_fail(m, at, "nothing to keep");
		model_mark(n, MODEL_OP_KEPT, 0);
		break;
	case KDDM_ACT_DROP:
		if (!n->value)
			model_fail(m, at, "dropped twice");
		model_mark(n, MODEL_OP_KEPT, 0);
		n->value = 0;
		break;
	case KDDM_ACT_DONE:
		act_done(m, at, a->err, msg);
		break;
	default:
		model_fail(m, at, "unknown action");
	}
}

/* The loop around the machine */

/* One kddm_co_step(), with an extension if it asks for one. */
static int step(struct model *m, u16 at, struct kddm_co_event *ev,
		struct kddm_co_out *out)
{
	struct model_node *n = &m->node[at];
	struct kddm_co before = n->co;
	int err;

	ev->held = n->held;
	model_replicas(m, at);
	err = kddm_co_step(&n->co, &n->env, ev, out);
	if (err != -ENOBUFS)
		return err;
	if (memcmp(&before, &n->co, sizeof(before)) || out->nr)
		model_fail(m, at, "-ENOBUFS, but something changed");
	ev->spare = model_ext(m, at, before.x ? before.x->qlen + 1 : 1);
	if (!ev->spare)
		return err;
	err = kddm_co_step(&n->co, &n->env, ev, out);
	if (!err && ev->spare)
		model_fail(m, at, "extension asked for and not taken");
	if (!err && out->freed != before.x)
		model_fail(m, at, "old extension not given back");
	n->buf = n->co.x == (struct kddm_co_ext *)n->ext[1];
	if (out->freed)
		memset(out->freed, 0xa5, sizeof(n->ext[0]));
	return err;
}

/* What the step says of the hold time; it ends by MOVE_OVER. */
static void note_hold(struct model *m, u16 at, const struct kddm_co_out *out)
{
	struct model_node *n = &m->node[at];
	unsigned int i;

	for (i = 0; i < out->nr && n->held; i++)
		if (out->act[i].msg == KDDM_EV_OWN && out->act[i].data)
			model_fail(m, at, "let go within the hold time");
	if (out->hold != KDDM_HOLD_KEEP) {
		n->held = out->hold == KDDM_HOLD_BEGIN;
		n->timer = 0;
	}
	n->timer |= out->held;
	/* The caller's clock goes on; here it does not matter any more. */
	if (n->co.state < KDDM_CO_OWNER) {
		n->held = 0;
		n->timer = 0;
	}
}

static void check_turn(struct model *m, u16 at, const struct kddm_co_out *out)
{
	const struct kddm_co_ext *x = m->node[at].co.x;
	unsigned int i, data = 0;

	for (i = 0; i < out->nr; i++)
		data += out->act[i].type == KDDM_ACT_SEND && out->act[i].data;
	if (data > 1)
		model_fail(m, at, "data sent twice in a step");
	if (out->nr > KDDM_CO_MAX_ACTIONS)
		model_fail(m, at, "too many actions");
	if (x && x->qlen > x->qcap)
		model_fail(m, at, "queue overflows");
	if (x && x->qlen > m->max_queue)
		m->max_queue = x->qlen;
}

/* An event and all that follows at once. */
static int event(struct model *m, u16 at, struct kddm_co_event *ev,
		 const struct model_msg *msg)
{
	struct kddm_co_event run = { .type = KDDM_EV_RUN };
	struct kddm_co_out out;
	unsigned int i, turns = 0;
	int err;

	err = step(m, at, ev, &out);
	while (!err) {
		check_turn(m, at, &out);
		note_hold(m, at, &out);
		for (i = 0; i < out.nr && !m->error; i++)
			carry_out(m, at, &out.act[i], &out, msg);
		if (m->error || !out.more)
			break;
		if (++turns > 4 * MODEL_QUEUE) {
			model_fail(m, at, "KDDM_EV_RUN never ends");
			break;
		}
		err = step(m, at, &run, &out);
	}
	kddm_co_shed(&m->node[at].co);
	return err;
}

static void must(struct model *m, u16 at, int err)
{
	if (err)
		model_fail_no(m, at, err, "local call refused");
}

static u8 op_flags(u8 op)
{
	return (op & MODEL_OP_NOCREATE ? KDDM_COF_NOCREATE : 0) |
	       (op & MODEL_OP_TRY ? KDDM_COF_TRY : 0) |
	       (op & MODEL_OP_MANUAL ? KDDM_COF_MANUAL : 0);
}

static void pump(struct model *m, u16 at);

/* Go on with what waits. */
void model_run(struct model *m, u16 at)
{
	struct kddm_co_event run = { .type = KDDM_EV_RUN };

	must(m, at, event(m, at, &run, NULL));
	pump(m, at);
}

/* Submit the requests of local users, as object.c does. */
static void pump(struct model *m, u16 at)
{
	struct kddm_co_event ev, put = { .type = KDDM_EV_PUT };
	struct model_node *n = &m->node[at];

	while (!m->error) {
		if (n->leave) {
			n->leave = 0;
			if (n->writer)
				n->writer = 0;
			else
				n->readers--;
			must(m, at, event(m, at, &put, NULL));
			continue;
		}
		if (n->co.want != KDDM_WANT_NONE || !n->nwait || n->adrift ||
		    n->late)
			return;
		ev = (struct kddm_co_event) {
			.type = n->wait[0] & MODEL_OP_GRAB ? KDDM_EV_GRAB :
							     KDDM_EV_GET,
			.flags = op_flags(n->wait[0]),
		};
		must(m, at, event(m, at, &ev, NULL));
	}
}

/* An extension with what is in @x, and room. */
static struct kddm_co_ext *roomy(const struct kddm_co_ext *x, u64 *buf)
{
	struct kddm_co_ext *to = (struct kddm_co_ext *)buf;

	kddm_co_ext_init(to, x->words, MODEL_QUEUE);
	memcpy(to->bits, x->bits, 2 * x->words * sizeof(u64) +
	       x->qlen * sizeof(struct kddm_co_req));
	to->qlen = x->qlen;
	return to;
}

/* The short ways in and out have to do what the long ones would. */
static void same(struct model *m, u16 at, const struct kddm_co *before, u8 type)
{
	struct model_node *n = &m->node[at];
	u64 ext[MODEL_EXT_U64];
	struct kddm_co_event ev = { .type = type, .held = n->held };
	struct kddm_co co = *before;
	struct kddm_co_out out;
	bool in = type != KDDM_EV_PUT;

	if (co.x)
		co.x = roomy(co.x, ext);
	if (kddm_co_step(&co, &n->env, &ev, &out) || out.more ||
	    out.nr != in || out.hold != KDDM_HOLD_KEEP ||
	    (out.held && !n->timer) ||
	    (in && (out.act[0].type != KDDM_ACT_DONE || out.act[0].err)))
		model_fail(m, at, "short cut where there is none");
	if (co.x && co.x->qlen != n->co.x->qlen)
		model_fail(m, at, "short cut past others");
	co.x = n->co.x;
	co.seq = n->co.seq;		/* what the last request left */
	co.wflags = n->co.wflags;
	if (memcmp(&co, &n->co, sizeof(co)))
		model_fail(m, at, "short cut ends elsewhere");
}

static void line_up(struct model *m, u16 at, u8 i, u8 op, u64 past)
{
	struct model_node *n = &m->node[at];

	memmove(n->wait + i + 1, n->wait + i, n->nwait - i);
	memmove(n->past + i + 1, n->past + i,
		(n->nwait - i) * sizeof(n->past[0]));
	n->wait[i] = op;
	n->past[i] = past;
	n->nwait++;
	pump(m, at);
}

static void do_start(struct model *m, u16 at, u8 op)
{
	struct model_node *n = &m->node[at];
	bool grab = op & MODEL_OP_GRAB;
	struct kddm_co before = n->co;
	u64 past = m->cfg->fair ? model_line(m) : 0;

	m->started += !!m->cfg->max_start;
	if (!(m->cfg->ops & MODEL_SLOW) && !n->nwait && !(grab && n->adrift) &&
	    kddm_co_hit(&n->co, grab, n->held)) {
		same(m, at, &before, grab ? KDDM_EV_GRAB : KDDM_EV_GET);
		entered(m, at, op, past);
		return;
	}
	line_up(m, at, n->nwait, op, past);
}

/* Whether a node that comes back has what the others may have made anew. */
static bool is_outdated(const struct model *m, const struct model_node *n)
{
	return n->late && n->adrift && m->heir != n - m->node;
}

static void write_value(struct model *m, struct model_node *n)
{
	bool outdated = is_outdated(m, n);

	n->value = ++m->values;
	if (!outdated)
		m->value = n->value;
}

static void do_put(struct model *m, u16 at)
{
	struct kddm_co_event ev = { .type = KDDM_EV_PUT };
	struct model_node *n = &m->node[at];
	struct kddm_co before = n->co;

	if (n->writer) {
		n->writer = 0;
		write_value(m, n);
	} else {
		n->readers--;
	}
	if (!(m->cfg->ops & MODEL_SLOW) && !n->nwait &&
	    !(m->cfg->replicas && n->co.state == KDDM_CO_WRITER) &&
	    kddm_co_leave(&n->co)) {
		same(m, at, &before, KDDM_EV_PUT);
		return;
	}
	must(m, at, event(m, at, &ev, NULL));
	pump(m, at);
}

static void do_remove(struct model *m, u16 at)
{
	struct kddm_co_event ev = { .type = KDDM_EV_REMOVE };
	bool outdated = is_outdated(m, &m->node[at]);

	m->node[at].writer = 0;
	m->ender = at;
	model_replicas(m, at);
	m->unsure |= outdated;
	if (!outdated && m->node[at].env.rwords)
		m->ending = true;
	else if (!outdated)
		model_unsee(m);
	must(m, at, event(m, at, &ev, NULL));
	pump(m, at);
}

static void do_downgrade(struct model *m, u16 at)
{
	struct kddm_co_event ev = { .type = KDDM_EV_DOWNGRADE };
	struct model_node *n = &m->node[at];

	n->writer = 0;
	n->readers++;
	write_value(m, n);
	must(m, at, event(m, at, &ev, NULL));
	pump(m, at);
}

/* As kddm_upgrade(): out, and before all others but the one under way. */
static void do_upgrade(struct model *m, u16 at, u8 op)
{
	struct kddm_co_event ev = { .type = KDDM_EV_PUT };
	struct model_node *n = &m->node[at];
	u64 past = m->cfg->fair ? model_line(m) : 0;

	n->readers--;
	must(m, at, event(m, at, &ev, NULL));
	if (kddm_co_has_data(&n->co))
		op |= MODEL_OP_KEPT;
	line_up(m, at, model_under_way(n), op, past);
}

static void do_drop(struct model *m, u16 at)
{
	struct kddm_co_event ev = { .type = KDDM_EV_DROP };

	must(m, at, event(m, at, &ev, NULL));
	pump(m, at);
}

static void do_filled(struct model *m, u16 at, bool fails)
{
	struct kddm_co_event ev = { .type = KDDM_EV_FILLED };
	struct model_node *n = &m->node[at];
	u16 i;

	n->failed = fails;
	if (fails) {
		ev.err = -ENOMEM;
	} else {
		m->exists = true;
		/* Who is apart may keep theirs. */
		for (i = 0; i < m->cfg->nodes; i++)
			if (!m->node[i].late)
				model_mark(&m->node[i], 0, MODEL_OP_OTHER);
		m->ended = false;
		m->life = ++m->lives;
		m->value = ++m->values;
		m->safe = m->value;
		n->value = m->value;
		if (n->co.mine)
			m->filled = true;
		else
			m->version++;
	}
	must(m, at, event(m, at, &ev, NULL));
	n->failed = 0;
	pump(m, at);
}

static void do_deliver(struct model *m, u16 src, u16 dst)
{
	struct model_node *n = &m->node[dst];
	struct kddm_co_event ev;
	struct model_msg msg;
	int err;

	model_take(m, src, dst, &msg);
	ev = (struct kddm_co_event) {
		.type = msg.type,
		.flags = msg.flags,
		.src = model_id(m, src),
		.origin = msg.origin,
		.hops = msg.hops,
		.seq = msg.seq,
		.version = msg.version,
		.err = msg.err,
		.need = msg.need,
		.nwords = msg.nwords,
	};
	m->moved = n->co.want == KDDM_WANT_GET &&
		   (n->co.state == KDDM_CO_GRAB || n->co.state == KDDM_CO_ACKS);
	m->arrived = msg.type == KDDM_EV_DATA;
	if (msg.type == KDDM_EV_OWN)
		model_arrived(m, &msg);
	err = event(m, dst, &ev, &msg);
	m->arrived = false;
	m->moved = false;
	if (err)
		model_fail_no(m, dst, err, "message refused");
	pump(m, dst);
}

/* As abandon() in object.c: the request goes on, and what it gets is put. */
static void do_kill(struct model *m, u16 at)
{
	m->node[at].wait[0] |= MODEL_OP_KILLED;
}

static void do_forget(struct model *m, u16 at)
{
	struct model_node *n = &m->node[at];

	if (n->value || n->nwait || n->readers || n->writer)
		model_fail(m, at, "forgets what is in use");
	m->restarted |= at == m->home && n->co.version;
	model_forget(m, at);
}

static void do_replicate(struct model *m, u16 at)
{
	struct kddm_co_event ev = { .type = KDDM_EV_REPLICATE };

	must(m, at, event(m, at, &ev, NULL));
	pump(m, at);
}

/* Nobody but who asked for it is told that time goes by. */
static void do_over(struct model *m, u16 at)
{
	struct kddm_co_event run = { .type = KDDM_EV_RUN };
	struct model_node *n = &m->node[at];

	n->held = 0;
	if (!n->timer)
		return;
	n->timer = 0;
	must(m, at, event(m, at, &run, NULL));
	pump(m, at);
}

/* Moves */

/**
 * model_do() - let it happen
 * @m: the model
 * @mv: one of the moves that model_list() gave
 */
void model_do(struct model *m, const struct model_move *mv)
{
	switch (mv->type) {
	case MOVE_START:
		do_start(m, mv->a, mv->b);
		break;
	case MOVE_PUT:
		do_put(m, mv->a);
		break;
	case MOVE_REMOVE:
		do_remove(m, mv->a);
		break;
	case MOVE_DOWNGRADE:
		do_downgrade(m, mv->a);
		break;
	case MOVE_UPGRADE:
		do_upgrade(m, mv->a, mv->b);
		break;
	case MOVE_DROP:
		do_drop(m, mv->a);
		break;
	case MOVE_FILLED:
		do_filled(m, mv->a, mv->b);
		break;
	case MOVE_DELIVER:
		do_deliver(m, mv->a, mv->b);
		break;
	case MOVE_KILL:
		do_kill(m, mv->a);
		break;
	case MOVE_FORGET:
		do_forget(m, mv->a);
		break;
	case MOVE_OVER:
		do_over(m, mv->a);
		break;
	case MOVE_CRASH:
		m->gone |= 1 << mv->a;
		m->change = true;
		model_gone(m, mv->a);
		break;
	case MOVE_CHANGE:
		m->moves++;
		m->change = true;
		break;
	case MOVE_FREEZE:
		model_freeze(m, mv->a);
		break;
	case MOVE_RECOVER:
		model_recover(m, mv->a, MODEL_ALL);
		break;
	case MOVE_REPLICATE:
		do_replicate(m, mv->a);
		break;
	case MOVE_RENEW:
		model_renew(m);
		break;
	case MOVE_CUT:
		model_cut(m, mv->a);
		break;
	case MOVE_RETURN:
		model_return(m, mv->a);
		break;
	case MOVE_BREAK:
		model_recover(m, mv->a, mv->b < MODEL_NODES ? 1ULL << mv->b :
			      ~(1ULL << (mv->b - MODEL_NODES)));
		break;
	}
}
