// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcwalk: random ways in which a few nodes change views.
 *
 * What vcexplore cannot visit for its number, vcwalk samples.  A walk goes
 * through storms and calms: in a storm links break and heal, nodes crash, come
 * back and leave, at any moment of a change; then nothing breaks any more, what
 * must happen does, and who serves at the end of it is checked.  A walk depends
 * on its seed alone.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "vcmodel.h"
#include "vcshow.h"

#define STORMS		12	/* of a walk, at most */
#define CALM		20000	/* moves until all are at rest, at most */
#define HISTORY		4096	/* views of a walk */

/* A view that was committed, and who has accepted it and left */
struct formed {
	struct kddm_vc_view	view;
	u32			leaver[VCM_NODES];
};

/**
 * struct walk - options, state and counts
 * @nodes: how many; 0: another number for each walk
 * @policy: of all walks; -1: another one for each
 * @seconds: of CPU time for all walks
 * @limit: how many walks at most; 0: any number
 * @show: print every move
 * @m: the cluster
 * @random: state of the random numbers
 * @formed: views that were committed in this walk
 * @nr_formed: how many
 * @walks: how many
 * @moves: of all
 * @faults: of these, what broke, came back or left
 * @rests: how often all came to rest
 * @unserved: of these, without a served view where all reach each other
 * @views: that were committed
 * @late: of these, when there was a later one already
 * @longest: moves of a calm
 */
static struct walk {
	unsigned int		nodes;
	int			policy;
	double			seconds;
	unsigned long long	limit;
	bool			show;
	struct vcm_cfg		cfg;
	struct vcm		m;
	unsigned long long	random;
	struct formed		formed[HISTORY];
	unsigned int		nr_formed;
	unsigned long long	walks;
	unsigned long long	moves;
	unsigned long long	faults;
	unsigned long long	rests;
	unsigned long long	unserved;
	unsigned long long	views;
	unsigned long long	late;
	unsigned int		longest;
} w = { .policy = -1, .seconds = 10 };

static void usage(void)
{
	puts("vcwalk [OPTION...]: random ways to change views\n"
	     "\n"
	     "  -n NODES     2 to 5 (another number for each walk)\n"
	     "  -q POLICY    auto, majority, tiebreak, none (another one for\n"
	     "               each walk)\n"
	     "  -s SECONDS   of CPU time (10)\n"
	     "  -w WALKS     so many at most (any number)\n"
	     "  -r SEED      of the first walk; each later one has the next\n"
	     "               (the time of day)\n"
	     "  -1           only the walk of this seed, every move shown\n"
	     "\n"
	     "Exit status: 0 all is well, 1 an error was found.");
}

/* xorshift64* */
static unsigned int below(unsigned int n)
{
	w.random ^= w.random >> 12;
	w.random ^= w.random << 25;
	w.random ^= w.random >> 27;
	return (w.random * 0x2545f4914f6cdd1dULL >> 33) % n;
}

static bool in_walk(unsigned int n, unsigned int of)
{
	return below(of) < n;
}

/* Enough of the members of @v are in @next, by the letter of the rule. */
static bool follows(const struct formed *next, const struct kddm_vc_view *v)
{
	unsigned int nr = 0, here = 0;
	bool lowest = false, half;
	u16 n;

	for (n = 0; n < w.cfg.nodes; n++) {
		if (!v->inc[n])
			continue;
		if (next->view.inc[n] == v->inc[n] ||
		    next->leaver[n] == v->inc[n]) {
			here++;
			lowest |= !nr;
		}
		nr++;
	}
	half = w.cfg.policy == KDDM_VC_TIEBREAK ||
	       (w.cfg.policy == KDDM_VC_AUTO && nr == 2);
	return w.cfg.policy == KDDM_VC_NONE || 2 * here > nr ||
	       (2 * here == nr && lowest && half);
}

/*
 * The cluster of @v gave way to another one: a member has gone over, and no
 * longer knows what it had agreed to.  Others, who were left out of @v and
 * never heard of it, go on with what they have.
 */
static bool gave_way(const struct kddm_vc_view *v)
{
	const struct vcm *m = &w.m;
	u16 n;

	for (n = 0; n < w.cfg.nodes; n++)
		if (v->inc[n] && m->alive[n] && v->inc[n] == vcm_inc(m, n) &&
		    m->node[n].lineage != v->lineage)
			return true;
	return false;
}

/*
 * A proposer has committed a view: no other has its epoch, it follows the one
 * that is before it by epoch, and is followed by the next one.  If the commit
 * comes late, that one may be there already.
 */
static void note_formed(const struct formed *f)
{
	const struct formed *before = NULL, *behind = NULL, *g;
	unsigned int i;

	for (i = 0; i < w.nr_formed; i++) {
		g = &w.formed[i];
		if (g->view.lineage != f->view.lineage)
			continue;
		if (g->view.epoch == f->view.epoch &&
		    w.cfg.policy != KDDM_VC_NONE)
			vcm_fail(&w.m, "two views have one epoch");
		if (g->view.epoch < f->view.epoch &&
		    (!before || g->view.epoch > before->view.epoch))
			before = g;
		if (g->view.epoch > f->view.epoch &&
		    (!behind || g->view.epoch < behind->view.epoch))
			behind = g;
	}
	if (before && !follows(f, &before->view) && !gave_way(&before->view))
		vcm_fail(&w.m, "a view without a quorum of the one before");
	if (behind && !follows(behind, &f->view))
		vcm_fail(&w.m, "a view has no quorum in the next one");
	w.views++;
	w.late += !!behind;
	if (w.nr_formed < HISTORY)
		w.formed[w.nr_formed++] = *f;
}

static void move(const struct vcm_move *mv)
{
	u16 n = vcm_whose(mv);
	const struct kddm_vc *vc = &w.m.node[n];
	struct formed f = { };
	bool accept = vc->role == KDDM_VC_ACCEPT;
	u16 k;

	for (k = 0; accept && k < w.cfg.nodes; k++)
		if (kddm_vc_has(&vc->p.parting, k))
			f.leaver[k] = vc->inc[k];
	if (w.show) {
		printf("%6llu  ", w.moves);
		vcm_show_move(stdout, &w.m, mv);
		printf("\n");
	}
	vcm_do(&w.m, mv);
	w.moves++;
	w.faults += !vcm_must(mv) || mv->type == VCM_BOOT;
	f.view = vc->last;
	if (accept && vc->role == KDDM_VC_DONE)
		note_formed(&f);
	if (!w.m.error)
		vcm_check(&w.m);
}

/* One of those that have to happen, or of the others; false if there is none */
static bool any(bool must)
{
	struct vcm_move mv[VCM_MOVES];
	unsigned int nr = vcm_list(&w.m, mv), some = 0, i;

	for (i = 0; i < nr; i++)
		if (vcm_must(&mv[i]) == must)
			mv[some++] = mv[i];
	if (!some)
		return false;
	move(&mv[below(some)]);
	return true;
}

/*
 * How dense the faults are differs: in a dense storm attempts hardly ever end,
 * in a thin one the faults meet nodes in every step of one.
 */
static void storm(void)
{
	unsigned int every = 2 << below(7), moves = 1 + below(400), i;

	w.m.leaves = in_walk(1, 4) ? below(w.cfg.nodes + 1) : 0;
	for (i = 0; i < moves && !w.m.error; i++) {
		w.m.cuts = VCM_NODES;
		w.m.crashes = in_walk(1, 4);
		if (!any(below(every)))
			any(true);
	}
	w.m.cuts = 0;
	w.m.crashes = 0;
	w.m.leaves = 0;
}

/* Some links and nodes stay as they are, or none. */
static void mend(unsigned int of)
{
	struct vcm_move mv[VCM_MOVES];
	unsigned int nr = vcm_list(&w.m, mv), i;

	for (i = 0; i < nr && !w.m.error; i++)
		if ((mv[i].type == VCM_HEAL || mv[i].type == VCM_BOOT) &&
		    below(of))
			move(&mv[i]);
}

static void calm(unsigned int of)
{
	unsigned int i;

	/* A link can heal when both ends have noticed. */
	for (i = 0; !w.m.error; i++) {
		if (of && !(i % 64))
			mend(of);
		if (!any(true))
			break;
		if (i == CALM)
			vcm_fail(&w.m, "views change for ever");
	}
	if (i > w.longest)
		w.longest = i;
	if (w.m.error)
		return;
	w.rests++;
	w.unserved += !vcm_check_rest(&w.m);
}

static bool old(void)
{
	u16 n;

	for (n = 0; n < w.cfg.nodes; n++)
		if (w.m.inc[n] > VCM_LIVES - 100)
			return true;
	return false;
}

static void walk(unsigned long long seed)
{
	unsigned int storms;

	w.random = (seed + 1) * 0x9e3779b97f4a7c15ULL;
	w.nr_formed = 0;
	memset(&w.cfg, 0, sizeof(w.cfg));
	w.cfg.nodes = w.nodes ? w.nodes : 2 + below(VCM_NODES - 1);
	w.cfg.policy = w.policy >= 0 ? w.policy : (int)below(4);
	w.cfg.founders = in_walk(1, 2) ? 1 : 1 + below(w.cfg.nodes);
	w.cfg.formed = below(2);
	w.cfg.behind = true;
	w.cfg.fill = below(2) ? 0 : 0xa5;
	vcm_init(&w.m, &w.cfg);
	w.walks++;
	for (storms = 1 + below(STORMS); storms && !w.m.error; storms--) {
		storm();
		/* In the end all can be mended, or some of it. */
		calm(storms == 1 ? in_walk(1, 2) * 1000000 : below(4));
		if (old())
			break;
	}
}

static void report(unsigned long long first)
{
	printf("%llu walks from seed %llu on, %llu moves, %llu faults;\n",
	       w.walks, first, w.moves, w.faults);
	printf("  %llu views, %llu of them late; ", w.views, w.late);
	printf("%llu times at rest after at most %u moves,\n", w.rests,
	       w.longest);
	printf("  %llu of them without a view that all have\n", w.unserved);
}

int main(int argc, char **argv)
{
	unsigned long long seed = time(NULL) * 1000, first;
	bool one = false;
	int opt;

	while ((opt = getopt(argc, argv, "n:q:s:w:r:1h")) != -1) {
		switch (opt) {
		case 'n':
			w.nodes = atoi(optarg);
			break;
		case 'q':
			w.policy = vcm_policy(optarg);
			if (w.policy < 0) {
				usage();
				return 2;
			}
			break;
		case 's':
			w.seconds = atof(optarg);
			break;
		case 'w':
			w.limit = strtoull(optarg, NULL, 10);
			break;
		case 'r':
			seed = strtoull(optarg, NULL, 10);
			break;
		case '1':
			one = true;
			break;
		default:
			usage();
			return opt == 'h' ? 0 : 2;
		}
	}
	if (w.nodes == 1 || w.nodes > VCM_NODES) {
		usage();
		return 2;
	}
	w.show = one;
	for (first = seed; !w.m.error; seed++) {
		walk(seed);
		if (one || w.m.error || w.walks == w.limit ||
		    (double)clock() / CLOCKS_PER_SEC > w.seconds)
			break;
	}
	report(first);
	if (!w.m.error)
		return 0;
	printf("ERROR: %s\n", w.m.error);
	vcm_show(stdout, &w.m);
	printf("again, with every move: vcwalk -1 -r %llu", seed);
	if (w.nodes)
		printf(" -n %u", w.nodes);
	if (w.policy >= 0)
		printf(" -q %d", w.policy);
	puts("");
	return 1;
}
