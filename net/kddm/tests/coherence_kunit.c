// SPDX-License-Identifier: GPL-2.0-only
/*
 * The coherence machine, one event at a time: every cell of (state, event) has
 * at least one row in the table of cells.h, and what the machine does there is
 * compared with the row in full: return value, actions, and state.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include "cells.h"
#include "../gate.h"

#define SELF	1
#define QCAP	8
#define TEXT	160

struct scene {
	struct kddm_co		co;
	struct kddm_co_env	env;
	struct kddm_co_event	ev;
	struct kddm_co_out	out;
	u64			ext[2][3 + QCAP * 2];
	u64			need;
	u64			replicas;
	char			text[TEXT];
	size_t			len;
};

/* Text */

__printf(2, 3)
static void say(struct scene *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	s->len += vscnprintf(s->text + s->len, TEXT - s->len, fmt, args);
	va_end(args);
}

static void say_set(struct scene *s, const u64 *set, u16 words)
{
	u16 i;

	for (i = 0; i < words * 64; i++)
		if ((set[i / 64] >> (i % 64)) & 1)
			say(s, "%u", i);
}

static void say_req(struct scene *s, const struct kddm_co_req *r)
{
	say(s, "%u%s", r->node, r->flags & KDDM_COF_RECLAIM ? "r" :
				r->flags & KDDM_COF_TRY ? "t" :
				r->grab ? "" : "g");
}

/* By name: the numbers differ between architectures. */
static void say_err(struct scene *s, int err)
{
	switch (err) {
	case 0:
		break;
	case -ENOENT:
		say(s, " -ENOENT");
		break;
	case -EEXIST:
		say(s, " -EEXIST");
		break;
	case -EAGAIN:
		say(s, " -EAGAIN");
		break;
	case -EOWNERDEAD:
		say(s, " -EOWNERDEAD");
		break;
	case -EHOSTDOWN:
		say(s, " -EHOSTDOWN");
		break;
	case -EBUSY:
		say(s, " -EBUSY");
		break;
	case -ENOMEM:
		say(s, " -ENOMEM");
		break;
	default:
		say(s, " %d", err);
	}
}

/* What is in the extension. */
static void cell_ext(struct scene *s)
{
	const struct kddm_co *co = &s->co;
	struct kddm_co_ext *x = co->x;
	u16 i;

	if (co->state >= KDDM_CO_GRAB && !co->past && x->bits[0]) {
		say(s, " copies=");
		say_set(s, x->bits, x->words);
	}
	if (co->state >= KDDM_CO_GRAB && co->state != KDDM_CO_OWNER &&
	    co->state != KDDM_CO_WRITER && x->bits[x->words]) {
		say(s, " acks=");
		say_set(s, x->bits + x->words, x->words);
	}
	if (x->qlen)
		say(s, " queue=");
	for (i = 0; i < x->qlen; i++)
		say_req(s, kddm_co_queue(x) + i);
}

/* State, then what is there of it, in this order. */
static void cell_state(struct scene *s)
{
	static const char * const want[] = { "", "get", "grab", "reclaim" };
	const struct kddm_co *co = &s->co;

	s->len = 0;
	say(s, "%s v%llu", kddm_co_state_name(co->state),
	    (unsigned long long)co->version);
	if (co->hint == KDDM_NODE_NONE)
		say(s, " nohint");
	else if (co->hint != 2)
		say(s, " hint=%u", co->hint);
	if (co->seq != 5)
		say(s, " seq=%u", co->seq);
	if (co->readers)
		say(s, " readers=%u", co->readers);
	if (co->want)
		say(s, " want=%s%s%s%s", want[co->want & 3],
		    co->wflags & KDDM_COF_NOCREATE ? "-nocreate" : "",
		    co->wflags & KDDM_COF_TRY ? "-try" : "",
		    co->wflags & KDDM_COF_MANUAL ? "-manual" : "");
	if (co->state >= KDDM_CO_GET && co->state <= KDDM_CO_DRAIN_UPGRADE)
		say(s, " asked=%u", co->asked);
	if ((co->state == KDDM_CO_DRAIN ||
	     co->state == KDDM_CO_DRAIN_UPGRADE) &&
	    co->inv_owner != KDDM_NODE_NONE)
		say(s, " ack=%u#%u", co->inv_owner, co->inv_seq);
	say(s, "%s%s%s%s%s", co->told ? " told" : "", co->gone ? " gone" : "",
	    co->turned ? " turned" : "", co->mine ? " mine" : "",
	    co->backup ? " backup" : co->absent ? " absent" : "");
	if (co->x)
		cell_ext(s);
	say(s, "%s%s%s%s", co->due ? " due" : "",
	    co->removing ? " removing" : "", co->stale ? " stale" : "",
	    co->tomb ? " tomb" : "");
}

/* A message as "name>to", then of whom, number, version, hops, ... */
static void say_send(struct scene *s, const struct kddm_co_action *a)
{
	bool answer = a->msg == KDDM_EV_DATA || a->msg == KDDM_EV_OWN;

	say(s, "%s>%u", kddm_co_event_name(a->msg), a->dst);
	if (a->origin != SELF)
		say(s, " of %u", a->origin);
	say(s, " #%u", a->seq);
	if (a->hops)
		say(s, " hops %u", a->hops);
	if (answer)
		say(s, " v%llu", (unsigned long long)a->version);
	if (a->flags)
		say(s, " %s%s%s%s%s%s%s",
		    a->flags & KDDM_COF_NOCREATE ? "n" : "",
		    a->flags & KDDM_COF_RECLAIM ? "r" : "",
		    a->flags & KDDM_COF_TRY ? "t" : "",
		    a->flags & KDDM_COF_CREATE ? "c" : "",
		    a->flags & KDDM_COF_VOID ? "v" : "",
		    a->flags & KDDM_COF_MANUAL ? "m" : "",
		    a->flags & KDDM_COF_TOMB ? "b" : "");
	if (a->data)
		say(s, " data");
	if (a->need) {
		say(s, " need ");
		say_set(s, s->out.targets, s->out.nwords);
	}
	say_err(s, a->err);
}

static void say_also(struct scene *s, const char *what)
{
	say(s, "%s%s", s->len ? ", " : "", what);
}

static void cell_acts(struct scene *s)
{
	static const char * const name[] = {
		"", "", "", "replicated", "fill", "install", "drop",
		"keep", "store", "done"
	};
	u8 i;

	s->len = 0;
	s->text[0] = '\0';
	for (i = 0; i < s->out.nr; i++) {
		const struct kddm_co_action *a = &s->out.act[i];

		if (i)
			say(s, ", ");
		switch (a->type) {
		case KDDM_ACT_SEND:
			say_send(s, a);
			break;
		case KDDM_ACT_INVAL:
			say(s, "inval>");
			say_set(s, s->out.targets, s->out.nwords);
			say(s, " of %u #%u%s", a->origin, a->seq,
			    a->flags & KDDM_COF_TRY ? " t" : "");
			break;
		case KDDM_ACT_REPLICATE:
			say(s, "replica>");
			say_set(s, s->out.targets, s->out.nwords);
			say(s, " #%u v%llu%s", a->seq, a->version,
			    a->flags ? " void" : "");
			break;
		default:
			say(s, "%s", name[a->type]);
			say_err(s, a->err);
		}
	}
	if (s->out.more)
		say_also(s, "more");
	if (s->out.hold == KDDM_HOLD_BEGIN)
		say_also(s, "hold");
	else if (s->out.hold == KDDM_HOLD_END)
		say_also(s, "no hold");
	if (s->out.held)
		say_also(s, "held");
}

/* The scene */

static void set_queue(struct kddm_co_ext *x, const char *queue)
{
	for (; queue && *queue; queue++) {
		struct kddm_co_req *r = kddm_co_queue(x) + x->qlen++;

		memset(r, 0, sizeof(*r));
		r->node = *queue - '0';
		r->seq = r->node == SELF ? 0 : 30 + r->node;
		r->grab = queue[1] != 'g';
		if (queue[1] == 'r')
			r->flags = KDDM_COF_RECLAIM;
		else if (queue[1] == 't')
			r->flags = KDDM_COF_TRY;
		queue += queue[1] == 'g' || queue[1] == 'r' || queue[1] == 't';
	}
}

static bool usual_reader(u8 state)
{
	return state == KDDM_CO_DRAIN || state == KDDM_CO_DRAIN_UPGRADE;
}

static u8 usual_want(u8 state)
{
	switch (state) {
	case KDDM_CO_GET:
		return KDDM_WANT_GET;
	case KDDM_CO_GRAB:
	case KDDM_CO_UPGRADE:
	case KDDM_CO_DRAIN_UPGRADE:
	case KDDM_CO_ACKS:
	case KDDM_CO_FILL:
		return KDDM_WANT_GRAB;
	default:
		return KDDM_WANT_NONE;
	}
}

static void set_object(struct scene *s, const struct cell *c)
{
	bool owner = c->state >= KDDM_CO_OWNER || c->state == KDDM_CO_VOID;
	bool due = c->state == KDDM_CO_ACKS ||
		   (c->state == KDDM_CO_PUSH && !c->due);
	u64 acks = c->acks || !due ? c->acks : 1 << 3;
	struct kddm_co *co = &s->co;

	kddm_co_init(co, &s->env);
	co->state = c->state;
	co->version = 10;
	co->seq = 5;
	co->hint = owner ? SELF : 2;
	if (c->state == KDDM_CO_LOST)
		co->hint = KDDM_NODE_NONE;
	if (c->hint)
		co->hint = c->hint == 100 ? KDDM_NODE_NONE : c->hint - 1;
	co->asked = 2;
	co->readers = c->readers ? c->readers : usual_reader(c->state);
	co->want = c->want ? c->want - 1 : usual_want(c->state);
	co->wflags = co->want == KDDM_WANT_RECLAIM ? KDDM_COF_RECLAIM :
		     c->wflags;
	if (usual_reader(c->state)) {
		co->inv_owner = 2;
		co->inv_seq = 9;
	}
	co->told = c->told;
	co->gone = c->gone;
	co->turned = c->turned;
	co->mine = c->mine;
	co->backup = c->backup;
	co->due = c->due && (c->state == KDDM_CO_PUSH || !c->stale);
	co->removing = c->removing;
	co->stale = c->stale;
	co->tomb = c->tomb;
	if (c->stale && !c->due)
		co->inv_owner = KDDM_NODE_NONE;
	if (c->version)
		co->version = c->version;
	if (!c->copyset && !acks && !c->queue)
		return;
	co->x = (struct kddm_co_ext *)s->ext[0];
	kddm_co_ext_init(co->x, 1, QCAP);
	co->x->bits[0] = c->copyset;
	co->x->bits[1] = acks;
	set_queue(co->x, c->queue);
}

static void set_event(struct scene *s, const struct cell *c)
{
	struct kddm_co_event *ev = &s->ev;
	u16 src = c->src ? c->src : c->type == KDDM_EV_ACK ? 3 : 2;

	*ev = (struct kddm_co_event) {
		.type = c->type,
		.flags = c->flags,
		.src = src,
		.origin = c->type == KDDM_EV_INVAL ? 3 : src,
		.hops = c->hops,
		.seq = c->type <= KDDM_EV_GRAB_REQ ||
		       c->type == KDDM_EV_INVAL ? 7 : 5,
		.version = 20,
	};
	if (c->origin)
		ev->origin = c->origin - 1;
	if (c->seq)
		ev->seq = c->seq;
	if (c->type == KDDM_EV_NAK)
		ev->err = c->err ? c->err : -ENOENT;
	else
		ev->err = c->err;
	ev->held = c->held;
	s->need = c->need;
	ev->need = &s->need;
	ev->nwords = !!c->need;
	if (c->bare)
		return;
	ev->spare = (struct kddm_co_ext *)s->ext[1];
	kddm_co_ext_init(ev->spare, 1, QCAP);
}

static struct scene *make_scene(struct kunit *test, const struct cell *c)
{
	struct scene *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->env.self = SELF;
	s->env.home = c->home || c->state == KDDM_CO_LOST ? SELF : 0;
	s->env.max_hops = 8;
	s->env.touch_home = c->touch_home;
	s->env.hold = c->hold || c->held;
	s->env.keeper = c->keeper;
	s->replicas = c->replicas;
	s->env.replicas = &s->replicas;
	s->env.rwords = !!c->replicas;
	set_object(s, c);
	set_event(s, c);
	return s;
}

static void run_cell(struct kunit *test)
{
	const struct cell *c = test->param_value;
	struct scene *s = make_scene(test, c);
	char before[TEXT];
	int ret;

	cell_state(s);
	strscpy(before, s->text, TEXT);
	ret = kddm_co_step(&s->co, &s->env, &s->ev, &s->out);
	KUNIT_EXPECT_EQ(test, ret, c->ret);
	if (ret) {
		KUNIT_EXPECT_NULL(test, s->out.freed);
		KUNIT_EXPECT_TRUE(test, c->bare || s->ev.spare);
	}
	cell_state(s);
	KUNIT_EXPECT_STREQ(test, s->text, c->after ? c->after : before);
	cell_acts(s);
	KUNIT_EXPECT_STREQ(test, s->text, c->acts ? c->acts : "");
}

/* The rows of both parts of the table, one after the other. */
static const struct cell *next_cell(const struct cell *c)
{
	if (!c)
		return cells_local;
	if (++c == cells_local + nr_cells_local)
		return cells_msg;
	if (c == cells_msg + nr_cells_msg)
		return cells_replica;
	return c == cells_replica + nr_cells_replica ? NULL : c;
}

static const void *cell_gen_params(struct kunit *test, const void *prev,
				   char *desc)
{
	const struct cell *c = next_cell(prev);

	if (c)
		strscpy(desc, c->desc, KUNIT_PARAM_DESC_SIZE);
	return c;
}

/* A table with a hole is no proof. */
static void covers_all(struct kunit *test)
{
	bool seen[KDDM_CO_NR_STATES][KDDM_EV_NR] = { };
	const struct cell *c;
	u8 st, ev;

	for (c = next_cell(NULL); c; c = next_cell(c))
		seen[c->state][c->type] = true;
	for (st = 0; st < KDDM_CO_NR_STATES; st++)
		for (ev = 0; ev < KDDM_EV_NR; ev++)
			KUNIT_EXPECT_TRUE_MSG(test, seen[st][ev],
					      "no row for %s, %s",
					      kddm_co_state_name(st),
					      kddm_co_event_name(ev));
}

/* Around the table */

static const struct cell plain = {
	.state = KDDM_CO_SHARED, .type = KDDM_EV_GET
};

static void refuses_unknown(struct kunit *test)
{
	struct scene *s = make_scene(test, &plain);

	s->ev.type = KDDM_EV_NR;
	KUNIT_EXPECT_EQ(test, kddm_co_step(&s->co, &s->env, &s->ev, &s->out),
			-EINVAL);
	s->ev.type = KDDM_EV_GET;
	s->co.state = KDDM_CO_NR_STATES;
	KUNIT_EXPECT_EQ(test, kddm_co_step(&s->co, &s->env, &s->ev, &s->out),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, s->out.nr, 0);
	KUNIT_EXPECT_STREQ(test, kddm_co_state_name(KDDM_CO_NR_STATES), "?");
	KUNIT_EXPECT_STREQ(test, kddm_co_event_name(KDDM_EV_NR), "?");
}

/* A larger extension takes over what the smaller one had. */
static void ext_grows(struct kunit *test)
{
	struct cell c = {
		.state = KDDM_CO_OWNER, .type = KDDM_EV_GET_REQ,
		.readers = 1, .copyset = 1 << 3, .queue = "45g",
	};
	struct scene *s = make_scene(test, &c);
	struct kddm_co_ext *old = s->co.x, *new = s->ev.spare;

	old->qcap = 2;
	new->qcap = 2;
	KUNIT_EXPECT_EQ(test, kddm_co_step(&s->co, &s->env, &s->ev, &s->out),
			-ENOBUFS);
	KUNIT_EXPECT_PTR_EQ(test, s->co.x, old);
	new->qcap = 3;
	new->words = 0;
	KUNIT_EXPECT_EQ(test, kddm_co_step(&s->co, &s->env, &s->ev, &s->out),
			-ENOBUFS);
	new->words = 1;
	KUNIT_EXPECT_EQ(test, kddm_co_step(&s->co, &s->env, &s->ev, &s->out),
			0);
	KUNIT_EXPECT_PTR_EQ(test, s->co.x, new);
	KUNIT_EXPECT_PTR_EQ(test, s->out.freed, old);
	KUNIT_EXPECT_NULL(test, s->ev.spare);
	cell_state(s);
	KUNIT_EXPECT_STREQ(test, s->text,
			   "owner v10 hint=1 readers=1 copies=3 queue=45g2g");
	KUNIT_EXPECT_TRUE(test, kddm_co_in_copyset(&s->co, 3));
	KUNIT_EXPECT_FALSE(test, kddm_co_in_copyset(&s->co, 4));
	KUNIT_EXPECT_FALSE(test, kddm_co_in_copyset(&s->co, 67));
}

/* Early acks survive the move to a larger extension. */
static void acks_move(struct kunit *test)
{
	struct cell c = {
		.state = KDDM_CO_GRAB, .type = KDDM_EV_GRAB_REQ,
		.acks = 1 << 3, .queue = "4",
	};
	struct scene *s = make_scene(test, &c);

	s->co.x->qcap = 1;
	KUNIT_EXPECT_EQ(test, kddm_co_step(&s->co, &s->env, &s->ev, &s->out),
			0);
	cell_state(s);
	KUNIT_EXPECT_STREQ(test, s->text,
			   "grab v10 want=grab asked=2 acks=3 queue=42");
}

static bool hits(struct kunit *test, u8 state, bool grab, u8 readers,
		 u64 copyset, u8 want)
{
	struct cell c = {
		.state = state, .readers = readers, .copyset = copyset,
		.want = want + 1,
	};

	return kddm_co_hit(&make_scene(test, &c)->co, grab, false);
}

static bool passes(struct kunit *test, bool grab, bool held)
{
	struct cell c = { .state = KDDM_CO_OWNER, .queue = "3" };

	return kddm_co_hit(&make_scene(test, &c)->co, grab, held);
}

static void hit(struct kunit *test)
{
	u8 st;

	for (st = 0; st < KDDM_CO_NR_STATES; st++) {
		bool own = st == KDDM_CO_OWNER;

		KUNIT_EXPECT_EQ(test, hits(test, st, false, 0, 0, 0),
				st == KDDM_CO_SHARED || own);
		KUNIT_EXPECT_EQ(test, hits(test, st, true, 0, 0, 0), own);
	}
	KUNIT_EXPECT_TRUE(test, hits(test, KDDM_CO_OWNER, false, 1, 8, 0));
	KUNIT_EXPECT_FALSE(test, hits(test, KDDM_CO_OWNER, true, 1, 0, 0));
	KUNIT_EXPECT_FALSE(test, hits(test, KDDM_CO_OWNER, true, 0, 8, 0));
	KUNIT_EXPECT_FALSE(test, hits(test, KDDM_CO_SHARED, false, 0, 0,
				      KDDM_WANT_GRAB));
	KUNIT_EXPECT_FALSE(test, passes(test, false, false));
	KUNIT_EXPECT_FALSE(test, passes(test, true, false));
	KUNIT_EXPECT_TRUE(test, passes(test, false, true));
	KUNIT_EXPECT_TRUE(test, passes(test, true, true));
}

static void leave(struct kunit *test)
{
	struct cell c = { .readers = 1 };
	u8 st;

	for (st = 0; st < KDDM_CO_NR_STATES; st++) {
		c.state = st;
		KUNIT_EXPECT_EQ(test,
				kddm_co_leave(&make_scene(test, &c)->co),
				st == KDDM_CO_SHARED || st == KDDM_CO_OWNER ||
				st == KDDM_CO_WRITER);
	}
	c.state = KDDM_CO_OWNER;
	c.queue = "3";
	KUNIT_EXPECT_FALSE(test, kddm_co_leave(&make_scene(test, &c)->co));
	c.state = KDDM_CO_SHARED;
	c.queue = NULL;
	c.readers = 0;
	KUNIT_EXPECT_FALSE(test, kddm_co_leave(&make_scene(test, &c)->co));
}

/*
 * By the gate or without it, it comes to the same.  Returns false if nobody got
 * in; otherwise *@gate and @co are what came of it.
 */
static bool gate_in(struct kunit *test, u32 *gate, struct kddm_co *co,
		    bool grab)
{
	bool in = kddm_gate_enter(gate, grab);

	KUNIT_EXPECT_EQ(test, in, kddm_co_hit(co, grab, false));
	return in;
}

static void gate_is(struct kunit *test, const struct kddm_co *opened, u32 gate,
		    const struct kddm_co *co)
{
	struct kddm_co shut = *opened;

	kddm_co_shut(&shut, gate);
	KUNIT_EXPECT_MEMEQ(test, &shut, co, sizeof(shut));
}

static void gate_of(struct kunit *test, const struct kddm_co *scene, bool grab)
{
	struct kddm_co opened = *scene, co = *scene;
	u32 gate = kddm_co_open(&opened);

	if (!gate) {
		KUNIT_EXPECT_FALSE(test, kddm_co_hit(&co, grab, false));
		return;
	}
	gate_is(test, &opened, gate, &co);
	if (!gate_in(test, &gate, &co, grab))
		return;
	KUNIT_EXPECT_TRUE(test, gate & KDDM_GATE_USED);
	gate_is(test, &opened, gate, &co);
	gate_in(test, &gate, &co, true);
	gate_in(test, &gate, &co, false);
	gate_is(test, &opened, gate, &co);
	do {
		KUNIT_ASSERT_TRUE(test, kddm_gate_leave(&gate));
		KUNIT_ASSERT_TRUE(test, kddm_co_leave(&co));
		gate_is(test, &opened, gate, &co);
	} while (co.readers);
	KUNIT_EXPECT_FALSE(test, kddm_gate_leave(&gate));
	if (gate_in(test, &gate, &co, true))
		gate_is(test, &opened, gate, &co);
}

static void gate(struct kunit *test)
{
	struct cell c = { };
	struct scene *s = make_scene(test, &c);
	u8 i;

	for (i = 0; i < 32; i++) {
		c.readers = i & 1;
		c.copyset = i & 2 ? 8 : 0;
		c.queue = i & 4 ? "3" : NULL;
		c.want = i & 8 ? KDDM_WANT_GRAB + 1 : 0;
		for (c.state = 0; c.state < KDDM_CO_NR_STATES; c.state++) {
			set_object(s, &c);
			gate_of(test, &s->co, i & 16);
		}
	}
}

static void gate_full(struct kunit *test)
{
	struct cell c = { .state = KDDM_CO_OWNER };
	struct kddm_co co = make_scene(test, &c)->co;
	u32 i, gate;

	gate = kddm_co_open(&co);
	for (i = 0; kddm_gate_enter(&gate, true) && i < 1U << 16; i++)
		KUNIT_ASSERT_TRUE(test, kddm_gate_leave(&gate));
	kddm_co_shut(&co, gate);
	KUNIT_EXPECT_EQ(test, i, KDDM_GATE_WRITES / KDDM_GATE_WRITE);
	KUNIT_EXPECT_EQ(test, co.version, 10 + i);
	KUNIT_EXPECT_EQ(test, co.state, KDDM_CO_OWNER);

	co.readers = KDDM_GATE_READERS - 1;
	gate = kddm_co_open(&co);
	KUNIT_EXPECT_TRUE(test, kddm_gate_enter(&gate, false));
	KUNIT_EXPECT_FALSE(test, kddm_gate_enter(&gate, false));
	kddm_co_shut(&co, gate);
	KUNIT_EXPECT_EQ(test, co.readers, KDDM_GATE_READERS);
	KUNIT_EXPECT_TRUE(test, kddm_co_open(&co));
	co.readers++;
	KUNIT_EXPECT_FALSE(test, kddm_co_open(&co));

	/* A plain count is a gate that is shut. */
	for (gate = 0; gate < 3; gate++) {
		i = gate;
		KUNIT_EXPECT_FALSE(test, kddm_gate_enter(&i, false));
		KUNIT_EXPECT_FALSE(test, kddm_gate_enter(&i, true));
		KUNIT_EXPECT_FALSE(test, kddm_gate_leave(&i));
	}
}

static bool sheds(struct kunit *test, u8 state, u64 copyset, const char *queue)
{
	struct cell c = {
		.state = state, .copyset = copyset, .queue = queue,
	};
	struct scene *s = make_scene(test, &c);
	struct kddm_co_ext *x;

	s->co.x = (struct kddm_co_ext *)s->ext[0];
	if (!copyset && !queue)
		kddm_co_ext_init(s->co.x, 1, QCAP);
	x = kddm_co_shed(&s->co);
	KUNIT_EXPECT_TRUE(test, !x == !!s->co.x);
	return x;
}

static void shed(struct kunit *test)
{
	u8 st;

	for (st = 0; st < KDDM_CO_NR_STATES; st++) {
		bool keeps = st == KDDM_CO_GRAB || st == KDDM_CO_UPGRADE ||
			     st == KDDM_CO_DRAIN_UPGRADE ||
			     st == KDDM_CO_ACKS || st == KDDM_CO_PUSH;

		KUNIT_EXPECT_EQ(test, sheds(test, st, 0, NULL), !keeps);
		KUNIT_EXPECT_FALSE(test, sheds(test, st, 0, "3"));
	}
	KUNIT_EXPECT_FALSE(test, sheds(test, KDDM_CO_OWNER, 1 << 3, NULL));
	KUNIT_EXPECT_TRUE(test, sheds(test, KDDM_CO_INVALID, 1 << 3, NULL));
}

static bool forgets_replica(struct kunit *test, u8 state, bool home)
{
	struct cell c = { .state = state, .home = home };
	struct scene *s = make_scene(test, &c);

	s->co.hint = KDDM_NODE_NONE;
	s->co.backup = 1;
	return kddm_co_forgettable(&s->co, &s->env);
}

static bool forgets(struct kunit *test, u8 state, bool home, u16 hint)
{
	struct cell c = { .state = state, .home = home, .hint = hint + 1 };
	struct scene *s = make_scene(test, &c);

	if (hint == KDDM_NODE_NONE)
		s->co.hint = hint;
	return kddm_co_forgettable(&s->co, &s->env);
}

static void forgettable(struct kunit *test)
{
	u8 st;

	for (st = 0; st < KDDM_CO_NR_STATES; st++) {
		KUNIT_EXPECT_EQ(test, forgets(test, st, false, 0),
				st == KDDM_CO_INVALID);
		KUNIT_EXPECT_EQ(test, forgets(test, st, true, 2),
				st == KDDM_CO_VOID);
		KUNIT_EXPECT_FALSE(test, forgets_replica(test, st, false));
		KUNIT_EXPECT_FALSE(test, forgets_replica(test, st, true));
	}
	KUNIT_EXPECT_FALSE(test, forgets(test, KDDM_CO_INVALID, false, 2));
	KUNIT_EXPECT_TRUE(test, forgets(test, KDDM_CO_INVALID, false,
					KDDM_NODE_NONE));
}

static struct kunit_case coherence_cases[] = {
	KUNIT_CASE_PARAM(run_cell, cell_gen_params),
	KUNIT_CASE(covers_all),
	KUNIT_CASE(refuses_unknown),
	KUNIT_CASE(ext_grows),
	KUNIT_CASE(acks_move),
	KUNIT_CASE(hit),
	KUNIT_CASE(leave),
	KUNIT_CASE(gate),
	KUNIT_CASE(gate_full),
	KUNIT_CASE(shed),
	KUNIT_CASE(forgettable),
	{}
};

static struct kunit_suite coherence_suite = {
	.name = "kddm-coherence",
	.test_cases = coherence_cases,
};

kunit_test_suite(coherence_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests of the KDDM coherence machine");
MODULE_LICENSE("GPL");
