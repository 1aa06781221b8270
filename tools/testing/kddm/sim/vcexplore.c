// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcexplore: every order of events in which a few nodes can change views.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "vcsearch.h"
#include "vcshow.h"

static void usage(void)
{
	puts("vcexplore [OPTION...]: every way to change views\n"
	     "\n"
	     "  -n NODES     2 to 5 (3)\n"
	     "  -q POLICY    auto, majority, tiebreak, none (majority)\n"
	     "  -f N         it takes N nodes to found a cluster (1)\n"
	     "  -c N         N links break, and heal (0)\n"
	     "  -k N         N nodes crash, and come back (1)\n"
	     "  -l N         N nodes leave (0)\n"
	     "  -F           they are a cluster to begin with\n"
	     "  -P           put rubbish where a machine will not read\n"
	     "  -u           a state at rest without a served view is an error\n"
	     "  -S STATES    give up after so many, in millions (100)\n"
	     "\n"
	     "Exit status: 0 all is well, 1 an error was found, 2 it could not\n"
	     "begin or had no memory, 3 it has stopped at -S.");
}

static void show_error(const struct vcs *s)
{
	unsigned int i;

	printf("ERROR: %s\nafter %u moves:\n", s->error, s->depth);
	for (i = 0; i < s->depth; i++) {
		const struct vcs_frame *f = s->path[i];

		printf("%3u  ", i + 1);
		vcm_show_move(stdout, &f->m, &f->mv[f->next - 1]);
		printf("\n");
	}
	vcm_show(stdout, &s->path[s->depth]->m);
}

int main(int argc, char **argv)
{
	static struct vcm_cfg cfg = {
		.nodes = 3, .policy = KDDM_VC_MAJORITY, .founders = 1,
		.crashes = 1,
	};
	static struct vcs s = { .cfg = &cfg, .max_states = 100000000 };
	clock_t start = clock();
	int opt, policy, err;

	while ((opt = getopt(argc, argv, "n:q:f:c:k:l:FPuS:h")) != -1) {
		switch (opt) {
		case 'n':
			cfg.nodes = atoi(optarg);
			break;
		case 'q':
			policy = vcm_policy(optarg);
			if (policy < 0) {
				usage();
				return 2;
			}
			cfg.policy = policy;
			break;
		case 'f':
			cfg.founders = atoi(optarg);
			break;
		case 'c':
			cfg.cuts = atoi(optarg);
			break;
		case 'k':
			cfg.crashes = atoi(optarg);
			break;
		case 'l':
			cfg.leaves = atoi(optarg);
			break;
		case 'F':
			cfg.formed = true;
			break;
		case 'P':
			cfg.fill = 0xa5;
			break;
		case 'u':
			s.picky = true;
			break;
		case 'S':
			s.max_states = strtod(optarg, NULL) * 1e6;
			break;
		default:
			usage();
			return opt == 'h' ? 0 : 2;
		}
	}
	if (cfg.nodes < 2 || cfg.nodes > VCM_NODES ||
	    cfg.cuts > 15 || cfg.crashes > 6 || cfg.leaves > VCM_NODES) {
		usage();
		return 2;
	}
	err = vcs_init(&s);
	if (!err)
		err = vcs_run(&s);
	printf("%u nodes, %u founders, %u cuts, %u crashes, %u leaves:\n",
	       cfg.nodes, cfg.founders, cfg.cuts, cfg.crashes, cfg.leaves);
	printf("  %zu states, %llu moves, at most %u in a row;\n", s.states,
	       s.moves, s.deepest);
	printf("  %llu at rest, %llu of them without a quorum; %.1f s\n",
	       s.rest, s.unserved,
	       (double)(clock() - start) / CLOCKS_PER_SEC);
	if (s.error)
		show_error(&s);
	else if (err)
		puts(err == -ENOSPC ? "STOPPED at -S" : "no memory");
	vcs_free(&s);
	return !err ? 0 : s.error ? 1 : err == -ENOSPC ? 3 : 2;
}
