// SPDX-License-Identifier: GPL-2.0-only
/*
 * explore: visit every state of a small cluster, or print the shortest way to
 * one in which an invariant does not hold.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "cost.h"
#include "search.h"
#include "show.h"

#define MAX_PATH	1000

static const struct { const char *name; u16 op; } ops[] = {
	{ "get", MODEL_GET },
	{ "grab", MODEL_GRAB },
	{ "nocreate", MODEL_NOCREATE },
	{ "remove", MODEL_REMOVE },
	{ "kill", MODEL_KILL },
	{ "forget", MODEL_FORGET },
	{ "slow", MODEL_SLOW },
	{ "try", MODEL_TRY },
	{ "downgrade", MODEL_DOWNGRADE },
	{ "drop", MODEL_DROP },
	{ "fail", MODEL_FAIL },
	{ "hold", MODEL_HOLD },
	{ "renew", MODEL_RENEW },
	{ "manual", MODEL_MANUAL },
	{ "upgrade", MODEL_UPGRADE },
};

#define OPTIONS "n:u:o:r:R:j:k:cf:l:w:tm:S:vh"

static void usage(void)
{
	puts("explore [OPTION...]: visit every state of a small cluster\n"
	     "\n"
	     "  -n NODES     2 to 4 (2)\n"
	     "  -u USERS     local users of each node (1)\n"
	     "  -o OPS       what they do, with commas: get, grab, nocreate,\n"
	     "               remove, kill (who waits), forget (free what may be\n"
	     "               freed), slow (no short cuts), try, downgrade, drop\n"
	     "               (copies), fail (to make the first contents),\n"
	     "               hold (who grabs keeps it for any time), renew (a\n"
	     "               lost object is given up), manual (who grabs makes\n"
	     "               the first contents), upgrade (a reader goes on as a\n"
	     "               writer)\n"
	     "               (get,grab,nocreate,remove,forget)\n"
	     "  -r N         at most N messages 'removed' on the way (2); 0: any\n"
	     "  -R N         replicas on N nodes (0)\n"
	     "  -k N         at most N nodes fail, and the others recover (0)\n"
	     "  -j N         home moves at most N times without a failure (0)\n"
	     "  -f GETS,GRABS  count how often a get and a grab that stand in\n"
	     "               line are overtaken by one node, and fail above that\n"
	     "  -l N         at most N operations are started in all (any)\n"
	     "  -w N         at most N users wait or are inside at once (any)\n"
	     "  -c           make each operation alone, from each state at rest,\n"
	     "               and compare how many messages it takes\n"
	     "  -t           the first touch is at home\n"
	     "  -m HOPS      hop limit (1000); tells states with other hops apart\n"
	     "  -S STATES    give up after so many (20000000)\n"
	     "  -v           with the states on the way to an error\n"
	     "\n"
	     "Exit status: 0 all is well, 1 an error was found, 2 gave up.");
}

static u16 parse_ops(char *arg)
{
	char *word;
	u16 got = 0;
	size_t i;

	for (word = strtok(arg, ","); word; word = strtok(NULL, ",")) {
		for (i = 0; i < sizeof(ops) / sizeof(*ops); i++)
			if (!strcmp(word, ops[i].name))
				break;
		if (i == sizeof(ops) / sizeof(*ops)) {
			fprintf(stderr, "explore: unknown operation: %s\n",
				word);
			exit(2);
		}
		got |= ops[i].op;
	}
	return got;
}

static void show_error(struct search *s, bool verbose)
{
	static struct model_move mv[MAX_PATH];
	static struct model m;
	size_t nr, i;

	printf("ERROR: node %u: %s", s->error_node, s->error);
	if (s->error_no)
		printf(" (%d)", s->error_no);
	nr = search_path(s, s->bad, mv, MAX_PATH);
	printf("\nafter %zu moves:\n", nr);
	model_init(&m, s->cfg);
	for (i = 0; i < nr && i < MAX_PATH; i++) {
		printf("%3zu  ", i + 1);
		show_move(stdout, &m, &mv[i]);
		printf("\n");
		model_do(&m, &mv[i]);
		if (verbose)
			show_state(stdout, &m);
	}
	if (!verbose)
		show_state(stdout, &m);
}

static void show_result(const struct search *s, double seconds)
{
	const struct model_cfg *cfg = s->cfg;
	size_t i;

	printf("%u nodes, %u users, %u fail:", cfg->nodes, cfg->users,
	       cfg->max_crash);
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (cfg->ops & ops[i].op)
			printf(" %s", ops[i].name);
	if (cfg->touch_home)
		printf(" (at home)");
	printf("\n  %zu states, %llu moves, depth %u; ", s->states, s->moves,
	       s->depth);
	printf("%zu at rest, at most %u moves to rest\n", s->rest, s->longest);
	if (s->hops)
		printf("  most hops of a get %u, of a grab %u\n",
		       s->most_hops[0], s->most_hops[1]);
	if (cfg->fair)
		printf("  most overtaken by one node: a get %u, a grab %u\n",
		       s->most_over[0], s->most_over[1]);
	if (s->at_rest)
		cost_show(stdout);
	printf("  longest queue %u, most messages %u; %.1f s\n",
	       s->most_queue, s->most_msgs, seconds);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	static struct model_cfg cfg = {
		.nodes = 2,
		.users = 1,
		.stride = 1,
		.max_hops = 1000,
		.max_removed = 2,
		.ops = MODEL_GET | MODEL_GRAB | MODEL_NOCREATE |
		       MODEL_REMOVE | MODEL_FORGET,
	};
	static struct search s = { .cfg = &cfg, .max_states = 20000000 };
	double start = now();
	bool verbose = false;
	int opt, err;

	while ((opt = getopt(argc, argv, OPTIONS)) != -1) {
		switch (opt) {
		case 'n':
			cfg.nodes = atoi(optarg);
			break;
		case 'u':
			cfg.users = atoi(optarg);
			break;
		case 'o':
			cfg.ops = parse_ops(optarg);
			break;
		case 'r':
			cfg.max_removed = atoi(optarg);
			break;
		case 'R':
			cfg.replicas = atoi(optarg);
			break;
		case 'j':
			cfg.max_moves = atoi(optarg);
			break;
		case 'k':
			cfg.max_crash = atoi(optarg);
			break;
		case 'c':
			s.at_rest = cost_at_rest;
			break;
		case 'f':
			cfg.fair = true;
			if (sscanf(optarg, "%hhu,%hhu", &cfg.max_over[0],
				   &cfg.max_over[1]) != 2)
				cfg.nodes = 0;
			break;
		case 'l':
			cfg.max_start = atoi(optarg);
			break;
		case 'w':
			cfg.max_busy = atoi(optarg);
			break;
		case 't':
			cfg.touch_home = true;
			break;
		case 'm':
			cfg.max_hops = atoi(optarg);
			s.hops = true;
			break;
		case 'S':
			s.max_states = atol(optarg);
			break;
		case 'v':
			verbose = true;
			break;
		default:
			usage();
			return opt == 'h' ? 0 : 2;
		}
	}
	if (cfg.nodes < 2 || cfg.nodes > MODEL_NODES || cfg.users < 1 ||
	    cfg.users > MODEL_USERS) {
		usage();
		return 2;
	}
	s.max_bytes = s.max_states * 64;
	s.max_edges = s.max_states * 6;
	err = search_init(&s);
	if (!err)
		err = search_run(&s);
	show_result(&s, now() - start);
	if (err == -ENOSPC)
		puts("GAVE UP: no room for more");
	if (s.error)
		show_error(&s, verbose);
	search_free(&s);
	return !err ? 0 : s.error ? 1 : 2;
}
