// SPDX-License-Identifier: GPL-2.0-only
/*
 * explore2: visit every state of two objects on two nodes, which share the
 * channels between the nodes and the users; or print the shortest way to one in
 * which an invariant does not hold or somebody waits for ever.
 *
 * As search.c, but a state is that of struct pair, and nodes do not change
 * places.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "pair.h"
#include "search.h"
#include "show.h"

#define MAX_STATES	20000000
#define BYTES		48		/* of a state, on average, at most */
#define EDGES		6		/* the same of moves that must happen */
#define MAX_PATH	1000

/* Where a state was first reached from. */
struct from {
	u32			state;
	struct pair_move	mv;
};

static size_t states, rest, nr_edges, bytes, bad_state;
static unsigned long long moves;
static unsigned int depth, longest;
static u32 *table, *edge;
static u8 *packed;
static size_t *where, *first_edge, table_mask;
static struct from *from;
static struct pair now, then;
static struct pair_move bad_move;
static bool bad_here;
static const char *error;

static void usage(void)
{
	puts("explore2 [OPTION...]: visit every state of two objects\n"
	     "\n"
	     "  -u USERS     of each node, 1 or 2 (1)\n"
	     "  -s           both objects have the same home\n"
	     "  -r           a writer may remove an object; entries are freed\n"
	     "               when that is allowed\n"
	     "  -g           nobody reads: every user is a writer\n"
	     "  -x           users may hold either object when they ask for the\n"
	     "               other: this must end in a deadlock\n"
	     "\n"
	     "Exit status: 0 all is well, 1 an error was found, 2 gave up.");
}

static bool get_room(void)
{
	size_t slots = 1;

	while (slots < 2 * MAX_STATES)
		slots *= 2;
	table_mask = slots - 1;
	table = calloc(slots, sizeof(*table));
	packed = calloc(MAX_STATES, BYTES);
	where = calloc(MAX_STATES + 1, sizeof(*where));
	from = calloc(MAX_STATES, sizeof(*from));
	first_edge = calloc(MAX_STATES + 1, sizeof(*first_edge));
	edge = calloc((size_t)MAX_STATES * EDGES, sizeof(*edge));
	return table && packed && where && from && first_edge && edge;
}

/* The number of the state, new or not; -1 without room. */
static s64 add(const struct pair *p, const struct from *f)
{
	static u8 buf[PAIR_MAX];
	size_t len = pair_pack(p, buf), slot, i;

	for (slot = search_hash(buf, len); ; slot++) {
		slot &= table_mask;
		i = table[slot];
		if (!i--)
			break;
		if (where[i + 1] - where[i] == len &&
		    !memcmp(packed + where[i], buf, len))
			return i;
	}
	if (states == MAX_STATES || bytes + len > (size_t)MAX_STATES * BYTES)
		return -1;
	i = states++;
	table[slot] = i + 1;
	memcpy(packed + bytes, buf, len);
	bytes += len;
	where[i + 1] = bytes;
	from[i] = *f;
	return i;
}

static int bad(const struct pair *p, size_t i, const struct pair_move *mv)
{
	error = p->error;
	bad_state = i;
	bad_here = !mv;
	if (mv)
		bad_move = *mv;
	return 1;
}

/* Every move from state @i: 0, 1 an error, 2 no room. */
static int expand(size_t i)
{
	struct pair_move mv[PAIR_MOVES];
	unsigned int nr, k, musts = 0;
	s64 to;

	pair_unpack(&now, packed + where[i]);
	nr = pair_list(&now, mv);
	for (k = 0; k < nr; k++) {
		struct from f = { i, mv[k] };

		pair_copy(&then, &now);
		pair_do(&then, &mv[k]);
		pair_check(&then);
		moves++;
		if (then.error)
			return bad(&then, i, &mv[k]);
		to = add(&then, &f);
		if (to < 0)
			return 2;
		if (!pair_must(&now, &mv[k]))
			continue;
		musts++;
		if (nr_edges == (size_t)MAX_STATES * EDGES)
			return 2;
		edge[nr_edges++] = to;
	}
	first_edge[i + 1] = nr_edges;
	if (musts)
		return 0;
	rest++;
	pair_check_rest(&now);
	return now.error ? bad(&now, i, NULL) : 0;
}

static int search(const struct pair_cfg *cfg)
{
	struct search_graph g = { 0, first_edge, edge };
	struct from none = { };
	size_t i, level = 1;
	int err;

	now.cfg = cfg;
	pair_init(&then, cfg);
	add(&then, &none);
	for (i = 0; i < states; i++) {
		if (i == level) {
			depth++;
			level = states;
		}
		err = expand(i);
		if (err)
			return err;
	}
	g.states = states;
	err = search_rest(&g, &longest, &bad_state);
	if (err == -EINVAL)
		error = "moves that must happen can go on for ever";
	bad_here = true;
	return !err ? 0 : error ? 1 : 2;
}

static void show_error(const struct pair_cfg *cfg)
{
	static struct pair_move mv[MAX_PATH];
	static struct pair p;
	size_t len = 0, k, i;

	for (k = bad_state; k; k = from[k].state)
		len++;
	printf("ERROR: %s\nafter %zu moves:\n", error, len + !bad_here);
	if (len >= MAX_PATH)
		return;
	for (k = bad_state, i = len; k; k = from[k].state)
		mv[--i] = from[k].mv;
	if (!bad_here)
		mv[len++] = bad_move;
	pair_init(&p, cfg);
	for (i = 0; i < len; i++) {
		printf("%3zu  object %u, user %u: ", i + 1, mv[i].obj,
		       mv[i].user);
		show_move(stdout, &p.m[mv[i].obj], &mv[i].mv);
		printf("\n");
		pair_do(&p, &mv[i]);
	}
	for (k = 0; k < 2; k++) {
		printf("  object %zu:\n", k);
		show_state(stdout, &p.m[k]);
	}
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static bool parse(struct pair_cfg *cfg, int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "u:srgxh")) != -1) {
		switch (opt) {
		case 'u':
			cfg->users = atoi(optarg);
			break;
		case 's':
			cfg->obj[1].home = 0;
			break;
		case 'r':
			cfg->obj[0].ops |= MODEL_REMOVE | MODEL_FORGET;
			cfg->obj[1].ops |= MODEL_REMOVE | MODEL_FORGET;
			break;
		case 'g':
			cfg->obj[0].ops &= ~MODEL_GET;
			cfg->obj[1].ops &= ~MODEL_GET;
			break;
		case 'x':
			cfg->any_order = true;
			break;
		default:
			usage();
			exit(opt == 'h' ? 0 : 2);
		}
	}
	return cfg->users >= 1 && cfg->users <= PAIR_USERS;
}

int main(int argc, char **argv)
{
	static struct pair_cfg cfg = { .users = 1 };
	double start = seconds();
	int err, i;

	for (i = 0; i < 2; i++)
		cfg.obj[i] = (struct model_cfg) {
			.nodes = PAIR_NODES, .home = i, .stride = 1,
			.max_hops = 6, .max_removed = 1,
			.ops = MODEL_GET | MODEL_GRAB,
		};
	if (!parse(&cfg, argc, argv)) {
		usage();
		return 2;
	}
	cfg.obj[0].users = cfg.users;
	cfg.obj[1].users = cfg.users;
	err = get_room() ? search(&cfg) : 2;
	printf("2 objects, 2 nodes, %u users:%s grab%s%s\n", cfg.users,
	       cfg.obj[0].ops & MODEL_GET ? " get" : "",
	       cfg.obj[0].ops & MODEL_REMOVE ? " remove" : "",
	       cfg.any_order ? " (in any order)" : "");
	printf("  %zu states, %llu moves, depth %u; ", states, moves, depth);
	printf("%zu at rest, at most %u moves to rest; %.1f s\n", rest,
	       longest, seconds() - start);
	if (err == 2)
		puts("GAVE UP: no room for more");
	if (error)
		show_error(&cfg);
	return err;
}
