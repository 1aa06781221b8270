// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each operation from each state at rest, alone: its messages are counted and
 * compared with what the state and the table in coherence.rst say.
 *
 * counts.c makes a few such states, in larger clusters; here they are all that
 * a search has found, with all the wrong hints that can be.
 */
#include "cost.h"

enum kind {
	COST_GET,			/* and MODEL_OP_* */
	COST_PUT = MODEL_OPS,
	COST_REMOVE,
	COST_DOWNGRADE,
	COST_UPGRADE,
	COST_DROP,
	COST_NR
};

static const char * const name[COST_NR] = {
	"get", "grab", "get nocreate", "grab nocreate", "get try", "grab try",
	"get nocreate try", "grab nocreate try",
	[MODEL_OP_MANUAL | MODEL_OP_GRAB] = "grab manual",
	[MODEL_OP_MANUAL | MODEL_OP_GRAB | MODEL_OP_TRY] = "grab manual try",
	[COST_PUT] = "put", "remove", "downgrade", "upgrade", "drop",
};

/*
 * Operations, the most messages of one of them, and the same of those that
 * went straight to the owner.
 */
static struct { unsigned long nr, most, straight; } cost[COST_NR];

static u64 total(const struct model *m)
{
	u64 n = 0;
	int i;

	for (i = 0; i < KDDM_EV_NR; i++)
		n += m->sent[i];
	return n;
}

/* First contents are made, messages arrive; who is inside stays there. */
static void settle(struct model *m)
{
	struct model_move mv;
	u16 i;

	do {
		for (i = 0; i < m->cfg->nodes && !m->error; i++) {
			mv = (struct model_move) { MOVE_FILLED, i, 0 };
			if (m->node[i].co.state == KDDM_CO_FILL)
				model_do(m, &mv);
		}
		if (!m->nr_busy || m->error)
			break;
		mv = (struct model_move) {
			MOVE_DELIVER, m->busy[0] / MODEL_NODES,
			m->busy[0] % MODEL_NODES
		};
		model_do(m, &mv);
		if (!m->error)
			model_check(m);
	} while (!m->error);
}

/* How many steps it is from a node to the owner; @owner says who that is. */
static unsigned int path(const struct model *m, u16 at, u16 *owner)
{
	unsigned int n;

	for (n = 0; n <= m->cfg->nodes && !kddm_co_owns(&m->node[at].co); n++)
		at = m->node[at].co.hint == KDDM_NODE_NONE ? m->cfg->home :
		     model_index(m, m->node[at].co.hint);
	*owner = at;
	return n;
}

/* The table of coherence.rst. */
static u64 expected(const struct model *m, u16 at, u8 op)
{
	bool grab = op & MODEL_OP_GRAB;
	u16 owner, i, k = 0;
	unsigned int far = path(m, at, &owner);
	u64 there_and_back = far ? far + 1 : 0;

	if (!m->exists && !grab && !(op & MODEL_OP_NOCREATE) &&
	    !m->cfg->touch_home)
		return 2 * there_and_back;
	if (!m->exists)
		return there_and_back;
	if (!grab)
		return kddm_co_has_data(&m->node[at].co) ? 0 : there_and_back;
	for (i = 0; i < m->cfg->nodes; i++)
		k += i != at && kddm_co_in_copyset(&m->node[owner].co,
						   model_id(m, i));
	return there_and_back + 2 * k;
}

/* Make a move alone, in a copy of @from. */
static void measure(struct model *m, struct model *from, enum kind kind,
		    const struct model_move *mv, u64 messages, bool straight)
{
	static char why[100];
	u64 before = total(from), n;

	model_copy(m, from);
	model_do(m, mv);
	settle(m);
	n = total(m) - before;
	if (!m->error && n != messages) {
		snprintf(why, sizeof(why),
			 "%s alone takes %llu messages, not %llu", name[kind],
			 n, messages);
		model_fail(m, mv->a, why);
	}
	if (m->error) {
		model_fail_no(from, m->error_node, m->error_no, m->error);
		return;
	}
	cost[kind].nr++;
	if (n > cost[kind].most)
		cost[kind].most = n;
	if (straight && n > cost[kind].straight)
		cost[kind].straight = n;
}

/* A reader goes on as a writer, and is told that nothing has changed. */
static void upgrade(struct model *in, u16 at)
{
	u8 op = MODEL_OP_UPGRADE | MODEL_OP_GRAB;
	struct model_move mv = { MOVE_UPGRADE, at, op };
	static struct model out;
	u16 owner;

	measure(&out, in, COST_UPGRADE, &mv, expected(in, at, op),
		path(in, at, &owner) <= 1);
	if (!in->error && !(out.node[at].writer && out.upgraded))
		model_fail(in, at, "who was alone has let go");
}

/* The ways out of the object. */
static void leave(struct model *in, u16 at)
{
	static struct model out;
	struct model_move mv = { MOVE_PUT, at, 0 };
	bool writer = in->node[at].writer;
	u16 owner, home = in->cfg->home;
	unsigned int far;

	if (!writer && !in->node[at].readers)
		return;
	measure(&out, in, COST_PUT, &mv, 0, true);
	if (!writer && in->cfg->ops & MODEL_UPGRADE && !in->error)
		upgrade(in, at);
	mv.type = MOVE_DOWNGRADE;
	if (writer && in->cfg->ops & MODEL_DOWNGRADE && !in->error)
		measure(&out, in, COST_DOWNGRADE, &mv, 0, true);
	mv.type = MOVE_REMOVE;
	if (!writer || !(in->cfg->ops & MODEL_REMOVE) || in->error)
		return;
	far = path(in, home, &owner);
	measure(&out, in, COST_REMOVE, &mv, at == home ? 0 : 2 + far,
		far == 1);
	if (!out.error)
		model_check_rest(&out);
	if (out.error)
		model_fail(in, at, out.error);
}

void cost_at_rest(struct model *m)
{
	static struct model_move mv[MODEL_MOVES];
	static struct model in;
	unsigned int nr = model_list(m, mv), i;
	u16 owner;

	for (i = 0; i < nr && !m->error; i++) {
		if (mv[i].type == MOVE_DROP) {
			measure(&in, m, COST_DROP, &mv[i], 0, true);
		} else if (mv[i].type == MOVE_START) {
			measure(&in, m, COST_GET + mv[i].b, &mv[i],
				expected(m, mv[i].a, mv[i].b),
				path(m, mv[i].a, &owner) <= 1);
			if (!m->error)
				leave(&in, mv[i].a);
			if (in.error)
				model_fail_no(m, mv[i].a, in.error_no,
					      in.error);
		}
	}
}

void cost_show(FILE *f)
{
	unsigned long all = 0;
	int i, n = 0;

	for (i = 0; i < COST_NR; i++)
		all += cost[i].nr;
	fprintf(f, "  %lu operations alone, most messages (hints right):", all);
	for (i = 0; i < COST_NR; i++)
		if (cost[i].nr)
			fprintf(f, "%s%s %lu (%lu)", n++ % 4 ? ", " : "\n    ",
				name[i], cost[i].most, cost[i].straight);
	fprintf(f, "\n");
}
