// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk: random walks of large model clusters, for what is too large for
 * explore.
 *
 * Each object has a cluster of its own, since objects do not know of each
 * other.  Now and then the dice change what happens more often, and at the end
 * of each round no new work comes and everything has to come to rest.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "carry.h"
#include "show.h"
#include "trace.h"

#define OBJECTS		1024
#define ROUND		20000	/* steps until everything has to rest */
#define LIFE		1000	/* the same, where nodes fail */
#define ANEW		10000	/* steps until an object begins anew */
#define SHRINK		30	/* seconds to look for a minimal trace */
#define OPTIONS		"n:u:b:i:fktx:c:j:B:R:s:r:zh"

struct object {
	struct model	m;
	struct model_cfg cfg;
	struct trace	trace;
};

static struct object *object[OBJECTS];
static unsigned int nr_objects = 4;
static unsigned long long steps = 10000000, step, seed;
static u64 state;
static bool failing;			/* nodes fail, or home moves */
static unsigned int every = 1;		/* steps between full checks */
static u64 most_drain;
static u16 most_queue, most_msgs, most_hops[2];
static u8 most_over[2];
static u64 sent[KDDM_EV_NR];

/* splitmix64, Vigna: public domain */
static u64 dice(void)
{
	u64 z = (state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static unsigned int roll(unsigned int n)
{
	return dice() % n;
}

static void usage(void)
{
	puts("walk [OPTION...]: random walks of large clusters\n"
	     "\n"
	     "  -n NODES     2 to 64 (8)\n"
	     "  -u USERS     local users of each node (2)\n"
	     "  -b OBJECTS   1 to 1024 (4)\n"
	     "  -i STRIDE    distance of node ids (1); ids stay below 1024\n"
	     "  -f           fail if a request that stands in line is overtaken\n"
	     "               by one node more often than coherence.rst says\n"
	     "  -k           users who wait may be killed\n"
	     "  -t           who grabs keeps the object for some time\n"
	     "  -x CRASHES   so many nodes fail (0), of at most 16, and of each\n"
	     "               object others\n"
	     "  -c CUTS      so often is a node cut off, and comes back (0)\n"
	     "  -j MOVES     so often does home move (0)\n"
	     "  -B BREAKS    so often is a recovery interrupted (0)\n"
	     "  -R REPLICAS  nodes that keep what was put (0)\n"
	     "  -s STEPS     how many in all (10000000)\n"
	     "  -r SEED      the same seed gives the same walk (from the clock)\n"
	     "  -z           busted: nobody says who has copies; has to fail\n"
	     "\n"
	     "An error is shown with a way to it that has no needless move.\n"
	     "Exit status: 0 all is well, 1 an error was found, 2 bad options.");
}

/* Moves */

static bool random_message(struct model *m, struct model_move *mv)
{
	u16 c, src, dst, i, at;

	if (!m->nr_busy)
		return false;
	at = roll(m->nr_busy);
	for (i = 0; i < m->nr_busy; i++, at = (at + 1) % m->nr_busy) {
		c = m->busy[at];
		src = c / MODEL_NODES;
		dst = c % MODEL_NODES;
		if (!model_arrives(m, src, dst))
			continue;
		*mv = (struct model_move) { MOVE_DELIVER, src, dst };
		return true;
	}
	return false;
}

static void random_upgrade(const struct model_node *n, struct model_move *mv)
{
	mv->type = MOVE_UPGRADE;
	mv->b = MODEL_OP_UPGRADE | MODEL_OP_GRAB;
	if (!model_under_way(n) && !roll(5))
		mv->b |= MODEL_OP_TRY;
}

static bool random_leave(struct model *m, u16 at, struct model_move *mv)
{
	struct model_node *n = &m->node[at];

	if (n->dead)
		return false;
	if (n->held && roll(2)) {
		*mv = (struct model_move) { MOVE_OVER, at, 0 };
		return true;
	}
	if (n->co.state == KDDM_CO_FILL) {
		*mv = (struct model_move) { MOVE_FILLED, at, !roll(4) };
		return true;
	}
	if (m->stale && !m->change && n->co.state == KDDM_CO_OWNER) {
		*mv = (struct model_move) { MOVE_REPLICATE, at, 0 };
		return true;
	}
	*mv = (struct model_move) { MOVE_OVER, at, 0 };
	if (!n->readers && !n->writer)
		return n->held;
	*mv = (struct model_move) { MOVE_PUT, at, 0 };
	if (n->writer && !roll(3))
		mv->type = roll(2) ? MOVE_REMOVE : MOVE_DOWNGRADE;
	if (!n->writer && !roll(5))
		random_upgrade(n, mv);
	return true;
}

static bool random_local(struct model *m, u16 at, struct model_move *mv,
			 unsigned int grabs)
{
	struct model_node *n = &m->node[at];
	u8 op = roll(100) < grabs ? MODEL_OP_GRAB : 0;

	if (n->dead || n->late ||
	    n->readers + n->writer + n->nwait >= m->cfg->users)
		return false;
	if (!roll(4))
		op |= MODEL_OP_NOCREATE;
	else if (op && !roll(5))
		op |= MODEL_OP_MANUAL;
	if (!roll(5) && !n->nwait)
		op |= MODEL_OP_TRY;
	*mv = (struct model_move) { MOVE_START, at, op };
	return true;
}

static bool random_rare(struct model *m, u16 at, struct model_move *mv)
{
	struct model_node *n = &m->node[at];

	if (model_is_out(n))
		return false;
	*mv = (struct model_move) { MOVE_DROP, at, 0 };
	if (n->co.state == KDDM_CO_SHARED && !n->readers && roll(2))
		return true;
	mv->type = MOVE_FORGET;
	if (!n->nwait && kddm_co_forgettable(&n->co, &n->env))
		return true;
	mv->type = MOVE_KILL;
	if (m->cfg->ops & MODEL_KILL && n->nwait &&
	    !(n->wait[0] & MODEL_OP_KILLED))
		return true;
	return false;
}

/* A change of the view begins or goes on; with @must, it only goes on. */
static bool random_change(struct model *m, struct model_move *mv, bool must)
{
	static struct model_move list[MODEL_MOVES];
	unsigned int nr = model_list_change(m, list), i, k = 0;

	for (i = 0; i < nr && must; i++)
		if (model_must(&list[i]))
			list[k++] = list[i];
	nr = must ? k : nr;
	if (nr)
		*mv = list[roll(nr)];
	return nr;
}

/* A move of what must happen anyway; false if there is none. */
static bool next_must(struct model *m, struct model_move *mv)
{
	u16 at = roll(m->cfg->nodes), i;

	if (m->change && !roll(4) && random_change(m, mv, true))
		return true;
	if (roll(4) && random_message(m, mv))
		return true;
	for (i = 0; i < m->cfg->nodes; i++, at = (at + 1) % m->cfg->nodes) {
		if (random_leave(m, at, mv))
			return true;
	}
	return random_message(m, mv) || random_change(m, mv, true);
}

/* The mood of a round: how much of what. */
struct mood {
	unsigned int deliver, leave, local, grabs;
};

static bool next_any(struct model *m, struct model_move *mv,
		     const struct mood *mood)
{
	unsigned int r = roll(mood->deliver + mood->leave + mood->local + 2);
	u16 at = roll(m->cfg->nodes);

	if (failing && !roll(m->change ? 10 : 60))
		return random_change(m, mv, false);
	if (r < mood->deliver)
		return random_message(m, mv);
	r -= mood->deliver;
	if (r < mood->leave)
		return random_leave(m, at, mv);
	r -= mood->leave;
	if (r < mood->local)
		return random_local(m, at, mv, mood->grabs);
	return random_rare(m, at, mv);
}

/* Steps */

static void make_step(struct object *o, const struct model_move *mv)
{
	struct model *m = &o->m;

	step++;
	if (!trace_add(&o->trace, mv))
		model_fail(m, 0, "no memory");
	model_do(m, mv);
	if (!m->error && step % every == 0)
		model_check(m);
}

static void note(struct model *m)
{
	int i;

	if (m->max_queue > most_queue)
		most_queue = m->max_queue;
	for (i = 0; i < 2; i++) {
		if (m->max_hops[i] > most_hops[i])
			most_hops[i] = m->max_hops[i];
		if (m->most_over[i] > most_over[i])
			most_over[i] = m->most_over[i];
	}
	for (i = 0; i < KDDM_EV_NR; i++) {
		sent[i] += m->sent[i];
		m->sent[i] = 0;
	}
}

/* No new work: everything has to end, and soon. */
static void drain(struct object *o)
{
	struct model *m = &o->m;
	struct model_move mv;
	u64 n = 0;

	while (!m->error && next_must(m, &mv)) {
		make_step(o, &mv);
		if (++n > 2000 * m->cfg->nodes)
			model_fail(m, 0, "does not come to rest");
	}
	if (!m->error)
		model_check(m);
	if (!m->error)
		model_check_rest(m);
	if (n > most_drain)
		most_drain = n;
	note(m);
	if (!m->error && (m->down || o->trace.nr > ANEW)) {
		model_init(m, m->cfg);
		o->trace.nr = 0;
	}
}

static bool run_round(void)
{
	struct mood mood = {
		1 + roll(30), 1 + roll(30), 1 + roll(30), roll(101)
	};
	unsigned int i, b;

	for (i = 0; i < (failing ? LIFE : ROUND) && step < steps; ) {
		struct object *o = object[b = roll(nr_objects)];
		struct model_move mv;

		if (!next_any(&o->m, &mv, &mood)) {
			i += !roll(50);	/* nothing can happen: do not hang */
			continue;
		}
		make_step(o, &mv);
		if (o->m.used > most_msgs)
			most_msgs = o->m.used;
		if (o->m.error)
			goto error;
		i++;
	}
	for (b = 0; b < nr_objects; b++) {
		drain(object[b]);
		if (object[b]->m.error)
			goto error;
	}
	return true;
error:
	return false;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void show_error(struct object *o, unsigned int b)
{
	struct model *m = &o->m;
	struct trace *t = &o->trace;
	size_t all = t->nr;

	printf("ERROR: seed %llu, step %llu, object %u, node %u: %s", seed,
	       step, b, m->error_node, m->error);
	if (m->error_no)
		printf(" (%d)", m->error_no);
	printf("\n");
	fflush(stdout);
	if (trace_shrink(t, m, SHRINK)) {
		printf("%zu of its %zu moves are enough:\n", t->nr, all);
		trace_show(t, &o->cfg);
	} else {
		printf("its %zu moves do not lead there again\n", all);
	}
}

/* So the new owner does not wait for them. */
static void busted(struct model *m, struct model_msg *msg)
{
	carry(m, msg);
	if (msg->type == KDDM_EV_OWN)
		msg->nwords = 0;
}

static struct model_cfg cfg = {
	.nodes = 8,
	.users = 2,
	.stride = 1,
	.ops = MODEL_GET | MODEL_GRAB | MODEL_NOCREATE | MODEL_REMOVE |
	       MODEL_FORGET | MODEL_TRY | MODEL_DOWNGRADE | MODEL_DROP |
	       MODEL_FAIL | MODEL_MANUAL | MODEL_UPGRADE,
	.carry = carry,
};

static bool parse(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, OPTIONS)) != -1) {
		switch (opt) {
		case 'n':
			cfg.nodes = atoi(optarg);
			break;
		case 'u':
			cfg.users = atoi(optarg);
			break;
		case 'b':
			nr_objects = atoi(optarg);
			break;
		case 'i':
			cfg.stride = atoi(optarg);
			break;
		case 'f':
			cfg.fair = true;
			break;
		case 'k':
			cfg.ops |= MODEL_KILL;
			break;
		case 't':
			cfg.ops |= MODEL_HOLD;
			break;
		case 'x':
			cfg.max_crash = atoi(optarg);
			break;
		case 'c':
			cfg.max_cut = atoi(optarg);
			break;
		case 'j':
			cfg.max_moves = atoi(optarg);
			break;
		case 'B':
			cfg.max_break = atoi(optarg);
			break;
		case 'R':
			cfg.replicas = atoi(optarg);
			break;
		case 's':
			steps = strtoull(optarg, NULL, 0);
			break;
		case 'r':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'z':
			cfg.carry = busted;
			break;
		default:
			usage();
			exit(opt == 'h' ? 0 : 2);
		}
	}
	failing = cfg.max_crash || cfg.max_cut || cfg.max_moves;
	if (failing && cfg.nodes > 16)
		return false;
	return cfg.nodes >= 2 && cfg.nodes <= MODEL_NODES && cfg.users &&
	       cfg.users <= MODEL_USERS && nr_objects &&
	       nr_objects <= OBJECTS && cfg.stride &&
	       cfg.nodes * cfg.stride <= KDDM_MAX_NODES;
}

int main(int argc, char **argv)
{
	bool ok = true;
	double start = now();
	unsigned int b;

	seed = time(NULL) * 1000ULL + (u64)(start * 1000) % 1000;
	if (!parse(argc, argv)) {
		usage();
		return 2;
	}
	state = seed;
	cfg.max_hops = 2 * cfg.nodes + 2;
	cfg.max_over[0] = cfg.max_hops * cfg.users / 2;
	cfg.max_over[1] = cfg.users > 1 ? (cfg.nodes - 1) * cfg.users :
					  cfg.nodes - 2;
	every = cfg.nodes > 8 ? cfg.nodes : 1;
	for (b = 0; b < nr_objects; b++) {
		object[b] = calloc(1, sizeof(*object[b]));
		if (!object[b])
			return 2;
		object[b]->cfg = cfg;
		object[b]->cfg.home = b % cfg.nodes;
		object[b]->cfg.touch_home = b % 2;
		model_init(&object[b]->m, &object[b]->cfg);
	}
	while (step < steps && ok)
		ok = run_round();
	printf("%u nodes, %u users, %u objects, seed %llu:\n", cfg.nodes,
	       cfg.users, nr_objects, seed);
	printf("  %llu steps, %.1f s\n", step, now() - start);
	printf("  most hops of a get %u, of a grab %u, longest queue %u,\n",
	       most_hops[0], most_hops[1], most_queue);
	if (cfg.fair)
		printf("  most overtaken by one node: a get %u, a grab %u\n",
		       most_over[0], most_over[1]);
	printf("  most messages %u, at most %llu steps to rest\n", most_msgs,
	       most_drain);
	for (b = 0; b < nr_objects; b++) {
		if (object[b]->m.error)
			show_error(object[b], b);
		free(object[b]->trace.mv);
		free(object[b]);
	}
	return ok ? 0 : 1;
}
