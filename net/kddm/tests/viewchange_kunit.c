// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of view changes: the rules one by one, each by a short story, and every
 * state of a few small clusters.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include "vcsearch.h"
#include "../viewchange_int.h"

MODULE_DESCRIPTION("KUnit tests of KDDM's view changes");
MODULE_LICENSE("GPL");

/* Every state */

/**
 * struct space - a space to search
 * @desc: its name
 * @cfg: the cluster
 * @states: how many states it has at least; less means that the model sleeps
 * @room: and at most
 */
struct space {
	const char	*desc;
	struct vcm_cfg	cfg;
	size_t		states;
	size_t		room;
};

static const struct space spaces[] = {
	{
		.desc = "2 nodes found a cluster, one crashes, the link breaks",
		.cfg = {
			.nodes = 2, .policy = KDDM_VC_AUTO, .founders = 1,
			.cuts = 1, .crashes = 1,
		},
		.states = 20000, .room = 500000,
	},
	{
		.desc = "2 nodes, quorum of anybody",
		.cfg = {
			.nodes = 2, .policy = KDDM_VC_NONE, .founders = 1,
			.cuts = 1, .crashes = 1,
		},
		.states = 20000, .room = 500000,
	},
	{
		.desc = "3 nodes, a link breaks",
		.cfg = {
			.nodes = 3, .policy = KDDM_VC_MAJORITY, .founders = 1,
			.cuts = 1, .formed = true,
		},
		.states = 20000, .room = 500000,
	},
	{
		.desc = "3 nodes, one leaves",
		.cfg = {
			.nodes = 3, .policy = KDDM_VC_TIEBREAK, .founders = 1,
			.leaves = 1, .formed = true,
		},
		.states = 300, .room = 10000,
	},
	{
		.desc = "3 nodes, all leave",
		.cfg = {
			.nodes = 3, .policy = KDDM_VC_MAJORITY, .founders = 1,
			.leaves = 3, .formed = true,
		},
		.states = 20000, .room = 500000,
	},
};

KUNIT_ARRAY_PARAM_DESC(space, spaces, desc);

static void search_space(struct kunit *test)
{
	const struct space *space = test->param_value;
	struct vcs *s = vzalloc(sizeof(*s));
	int err;

	KUNIT_EXPECT_NOT_NULL(test, s);
	if (!s)
		return;
	s->cfg = &space->cfg;
	s->max_states = space->room;
	err = vcs_init(s);
	if (!err)
		err = vcs_run(s);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_TRUE_MSG(test, !s->error, "%s", s->error ?: "");
	KUNIT_EXPECT_GE(test, s->states, space->states);
	KUNIT_EXPECT_GT(test, s->rest, 0ULL);
	vcs_free(s);
	vfree(s);
}

/* Stories */

/**
 * struct story - what breaks, and who serves in the end
 * @desc: its name
 * @nodes: how many
 * @policy: enum kddm_vc_policy
 * @founders: nodes that it takes to found a cluster; 0: they are one already
 * @what: one letter for each thing that happens: a to e: node 0 to 4 crashes; A
 *	to E: it comes back; 0 to 4: it loses all its links; 5 to 9: node 0 to 4
 *	gets them back; v to z: node 0 to 4 leaves; f to o: one link breaks, of
 *	0 and 1, 0 and 2, and so on to 3 and 4; F to O: it heals.  In between
 *	everything comes to rest, but where there is a +
 * @serve: bit mask of the nodes that serve in the end
 * @views: in how many views
 */
struct story {
	const char	*desc;
	u16		nodes;
	u8		policy;
	u16		founders;
	const char	*what;
	u8		serve;
	u8		views;
};

static const struct story stories[] = {
	{ "three found a cluster", 3, KDDM_VC_MAJORITY, 1, "", 0x7, 1 },
	{ "five need three to found one", 5, KDDM_VC_MAJORITY, 3, "",
	  0x1f, 1 },
	{ "two are not enough for three", 2, KDDM_VC_MAJORITY, 3, "", 0, 0 },
	{ "the third makes it", 3, KDDM_VC_MAJORITY, 3, "27", 0x7, 1 },
	{ "one of three crashes", 3, KDDM_VC_MAJORITY, 0, "b", 0x5, 1 },
	{ "the lowest of three crashes", 3, KDDM_VC_MAJORITY, 0, "a", 0x6, 1 },
	{ "and comes back as another", 3, KDDM_VC_MAJORITY, 0, "aA", 0x7, 1 },
	{ "two of three crash at once", 3, KDDM_VC_MAJORITY, 0, "a+b", 0, 0 },
	{ "two of five crash at once", 5, KDDM_VC_MAJORITY, 0, "a+b", 0x1c,
	  1 },
	{ "three of five crash at once", 5, KDDM_VC_MAJORITY, 0, "a+b+e", 0,
	  0 },
	{ "three of five crash one after the other", 5, KDDM_VC_MAJORITY, 0,
	  "abe", 0xc, 1 },
	{ "one crashes while another comes back", 5, KDDM_VC_MAJORITY, 0,
	  "aA+b", 0x1d, 1 },
	{ "who comes back does not make up for who crashes", 3,
	  KDDM_VC_MAJORITY, 0, "aA+b", 0, 0 },
	{ "two come back together", 5, KDDM_VC_MAJORITY, 0, "a+bA+B", 0x1f,
	  1 },
	{ "two of five crash one after the other", 5, KDDM_VC_MAJORITY, 0,
	  "ab", 0x1c, 1 },
	{ "one is cut off: the others go on", 3, KDDM_VC_MAJORITY, 0, "0",
	  0x6, 1 },
	{ "and comes back", 3, KDDM_VC_MAJORITY, 0, "05", 0x7, 1 },
	{ "of two, the lowest goes on", 2, KDDM_VC_AUTO, 0, "1", 0x1, 1 },
	{ "of two, the other does not", 2, KDDM_VC_AUTO, 0, "a", 0, 0 },
	{ "of two, nobody has a majority", 2, KDDM_VC_MAJORITY, 0, "1", 0,
	  0 },
	{ "of two, both go on if anybody may", 2, KDDM_VC_NONE, 0, "1", 0x3,
	  2 },
	{ "they meet again", 2, KDDM_VC_MAJORITY, 0, "16", 0x3, 1 },
	{ "of four, half with the lowest goes on", 4, KDDM_VC_TIEBREAK, 0,
	  "cd", 0x3, 1 },
	{ "one leaves", 3, KDDM_VC_MAJORITY, 0, "w", 0x5, 1 },
	{ "all but one leave", 3, KDDM_VC_MAJORITY, 0, "wx", 0x1, 1 },
	{ "all leave", 3, KDDM_VC_MAJORITY, 0, "wvx", 0, 0 },
	{ "the lowest leaves", 2, KDDM_VC_MAJORITY, 0, "v", 0x2, 1 },
	{ "two clusters meet, the larger stays", 3, KDDM_VC_MAJORITY, 1,
	  "05", 0x7, 1 },
	{ "what is forgotten does not come back", 2, KDDM_VC_MAJORITY, 0,
	  "aA", 0, 0 },
	{ "two of three do not see each other", 3, KDDM_VC_MAJORITY, 0, "g",
	  0x3, 1 },
	{ "and neither does the third, later", 3, KDDM_VC_MAJORITY, 0, "gj",
	  0x3, 1 },
	{ "only the middle one is seen by the others", 3, KDDM_VC_MAJORITY, 0,
	  "f", 0x5, 1 },
	{ "two pairs of four do not see each other", 4, KDDM_VC_MAJORITY, 0,
	  "g+k", 0, 0 },
	{ "they do again", 4, KDDM_VC_MAJORITY, 0, "g+kG+K", 0xf, 1 },
	{ "leavers who do not all see each other", 5, KDDM_VC_MAJORITY, 0,
	  "f+m+v+w+x", 0x18, 1 },
	{ "who is cut off meets one of the others", 4, KDDM_VC_MAJORITY, 0,
	  "3M", 0x7, 1 },
};

KUNIT_ARRAY_PARAM_DESC(story, stories, desc);

/* What must happen; a node takes part when it has seen the others. */
static unsigned int pick(const struct vcm_move *mv, unsigned int nr)
{
	unsigned int i, start = nr;

	for (i = 0; i < nr; i++) {
		if (mv[i].type == VCM_START)
			start = i;
		else if (vcm_must(&mv[i]))
			return i;
	}
	return start;
}

/* Let happen what must, until nothing does. */
static void settle(struct kunit *test, struct vcm *m)
{
	static struct vcm_move mv[VCM_MOVES];
	unsigned int nr, i, steps = 0;

	for (;;) {
		nr = vcm_list(m, mv);
		i = pick(mv, nr);
		if (i == nr)
			break;
		vcm_do(m, &mv[i]);
		vcm_check(m);
		if (m->error || ++steps > 10000)
			break;
	}
	KUNIT_EXPECT_LT(test, steps, 10000U);
	vcm_check_rest(m);
	KUNIT_EXPECT_TRUE_MSG(test, !m->error, "%s", m->error ?: "");
}

static void links(struct vcm *m, u16 node, bool cut)
{
	struct vcm_move mv = { .type = cut ? VCM_CUT : VCM_HEAL, .a = node };

	for (mv.b = 0; mv.b < m->cfg->nodes; mv.b++)
		if (mv.b != node)
			vcm_do(m, &mv);
}

/* The link of number @nr: of 0 and 1, 0 and 2, ... 3 and 4 */
static void one_link(struct vcm *m, u8 type, u8 nr)
{
	struct vcm_move mv = { .type = type, .b = 1 };

	while (nr >= VCM_NODES - mv.b) {
		nr -= VCM_NODES - mv.b;
		mv.a++;
		mv.b++;
	}
	mv.b += nr;
	vcm_do(m, &mv);
}

static void happen(struct vcm *m, char what)
{
	struct vcm_move mv = { };

	if (what >= 'a' && what <= 'e')
		mv = (struct vcm_move) { VCM_CRASH, what - 'a', 0 };
	else if (what >= 'A' && what <= 'E')
		mv = (struct vcm_move) { VCM_BOOT, what - 'A', 0 };
	else if (what >= 'f' && what <= 'o')
		one_link(m, VCM_CUT, what - 'f');
	else if (what >= 'F' && what <= 'O')
		one_link(m, VCM_HEAL, what - 'F');
	else if (what >= 'v')
		mv = (struct vcm_move) { VCM_LEAVE, what - 'v', 0 };
	else
		links(m, (what - '0') % 5, what < '5');
	if (mv.type)
		vcm_do(m, &mv);
}

static void count_views(const struct vcm *m, u8 *serve, u8 *views)
{
	u32 epoch[VCM_NODES];
	u16 n, i;

	*serve = 0;
	*views = 0;
	for (n = 0; n < m->cfg->nodes; n++) {
		if (!m->alive[n] || !m->node[n].serving)
			continue;
		*serve |= 1 << n;
		for (i = 0; i < *views; i++)
			if (epoch[i] == m->node[n].last.epoch)
				break;
		if (i == *views)
			epoch[(*views)++] = m->node[n].last.epoch;
	}
}

static void tell_story(struct kunit *test)
{
	const struct story *story = test->param_value;
	struct vcm_cfg cfg = {
		.nodes = story->nodes,
		.policy = story->policy,
		.founders = story->founders ?: 1,
		.formed = !story->founders,
	};
	struct vcm *m = vzalloc(sizeof(*m));
	const char *what;
	u8 serve, views;

	KUNIT_EXPECT_NOT_NULL(test, m);
	if (!m)
		return;
	vcm_init(m, &cfg);
	m->crashes = VCM_NODES;
	m->leaves = VCM_NODES;
	for (what = story->what; *what; what++) {
		happen(m, *what);
		if (what[1] == '+')
			what++;
		else
			settle(test, m);
	}
	settle(test, m);
	count_views(m, &serve, &views);
	KUNIT_EXPECT_EQ(test, serve, story->serve);
	KUNIT_EXPECT_EQ(test, views, story->views);
	vfree(m);
}

/*
 * Four views have been accepted that @proposer has proposed, and node 1 of them
 * is in another life.  Then it crashes: what comes of it at node 0?
 */
static void crowded(struct kunit *test, u16 proposer, u8 phase, u8 pends)
{
	static const struct vcm_cfg cfg = {
		.nodes = 2, .policy = KDDM_VC_TIEBREAK, .founders = 1,
		.crashes = 1, .formed = true,
	};
	struct vcm_move mv = { .type = VCM_CRASH, .a = 1 };
	struct vcm *m = vzalloc(sizeof(*m));
	struct kddm_vc *vc;

	KUNIT_EXPECT_NOT_NULL(test, m);
	if (!m)
		return;
	vcm_init(m, &cfg);
	vc = &m->node[0];
	for (; vc->nr_pends < KDDM_VC_PENDS; vc->nr_pends++) {
		vc->pend[vc->nr_pends] = vc->last;
		vc->pend[vc->nr_pends].inc[1] += 100 + vc->nr_pends;
		vc->pend[vc->nr_pends].epoch += KDDM_VC_NODES *
						(vc->nr_pends + 1) + proposer;
	}
	vcm_do(m, &mv);
	mv = (struct vcm_move) { VCM_DOWN, 0, 1 };
	vcm_do(m, &mv);
	KUNIT_EXPECT_EQ(test, vc->phase, phase);
	KUNIT_EXPECT_EQ(test, vc->nr_pends, pends);
	KUNIT_EXPECT_FALSE(test, vc->serving);
	vfree(m);
}

/*
 * There is no room to remember another view; but what a node has proposed
 * itself it knows to be nothing, and half with the lowest goes on.
 */
static void full(struct kunit *test)
{
	crowded(test, 1, KDDM_VC_IDLE, KDDM_VC_PENDS);
	crowded(test, 0, KDDM_VC_RECONCILE, 0);
}

/*
 * It takes two to found a cluster.  They have tried; half with the lowest does
 * not make a cluster of it, since the other one may found another.
 */
static void founding(struct kunit *test)
{
	static const struct vcm_cfg cfg = {
		.nodes = 2, .policy = KDDM_VC_TIEBREAK, .founders = 2,
		.cuts = 1, .formed = true,
	};
	struct vcm_move mv = { VCM_CUT, 0, 1 };
	struct vcm *m = vzalloc(sizeof(*m));
	struct kddm_vc *vc;

	KUNIT_EXPECT_NOT_NULL(test, m);
	if (!m)
		return;
	vcm_init(m, &cfg);
	vc = &m->node[0];
	vc->pend[0] = vc->last;
	vc->pend[0].epoch = KDDM_VC_NODES + 1;
	vc->nr_pends = 1;
	vc->serving = false;
	vc->member = false;
	memset(&vc->last, 0, sizeof(vc->last));
	vcm_do(m, &mv);
	mv.type = VCM_DOWN;
	vcm_do(m, &mv);
	KUNIT_EXPECT_EQ(test, vc->phase, (u8)KDDM_VC_IDLE);
	KUNIT_EXPECT_FALSE(test, vc->serving);
	vfree(m);
}

/* Where each goes on alone two views can have one epoch: the next tells. */
static void same_epoch(struct kunit *test)
{
	struct vcm *m = vzalloc(sizeof(*m));
	struct kddm_vc_view *next, *base;
	struct kddm_vc *vc;

	KUNIT_EXPECT_NOT_NULL(test, m);
	if (!m)
		return;
	vc = &m->node[0];
	next = &m->node[1].last;
	base = &m->node[2].last;
	base->epoch = KDDM_VC_NODES;
	base->lineage = 1;
	base->inc[0] = 1;
	vc->lineage = 1;
	vc->last = *base;
	base->inc[0] = 0;
	base->inc[1] = 2;
	*next = *base;
	next->epoch *= 2;
	kddm_vc_adopt(vc, next, base, false, NULL, 0, 0);
	KUNIT_EXPECT_EQ(test, vc->last.inc[0], 0U);
	KUNIT_EXPECT_EQ(test, vc->last.inc[1], 2U);

	/* It may be the one that founds the cluster: it counts like its own. */
	base->epoch += KDDM_VC_NODES / 2;
	kddm_vc_adopt(vc, next, base, true, NULL, 0, 0);
	KUNIT_EXPECT_EQ(test, vc->last.epoch, (u32)KDDM_VC_NODES);
	KUNIT_EXPECT_EQ(test, vc->nr_pends, (u8)1);
	KUNIT_EXPECT_EQ(test, vc->pend[0].epoch, base->epoch);
	vfree(m);
}

/* What node @n, which reaches those of bit mask @reach, says to a proposer. */
static void promise(struct kddm_vc_proposal *p, u16 n, u32 reach,
		    const struct kddm_vc_view *last,
		    const struct kddm_vc_view *pend)
{
	static const struct kddm_vc_view nothing;
	struct kddm_vc_promise from = {
		.lineage = last ? last->lineage : 0,
		.last = last ? last->epoch : 0,
		.nr_pends = !!pend, .pend[0] = pend ? pend->epoch : 0,
	};
	u16 k;

	for (k = 0; k < KDDM_VC_NODES; k++)
		if (reach >> k & 1)
			kddm_vc_add(&from.reach, k);
	p->invited.inc[n] = n + 1;
	kddm_vc_note(p, n, &from, last ?: &nothing, pend);
}

/*
 * Node 0 has committed a view of 0, 1 and 2, who have only accepted it, and do
 * not reach node 0; node 3, which was no member, does, and puts it out.  As
 * soon as one of them knows of the view it is for them to do.
 */
static void puts_out(struct kunit *test)
{
	struct kddm_vc_view *view = vzalloc(3 * sizeof(*view));
	struct kddm_vc *vc = vzalloc(sizeof(*vc));
	u16 n;

	KUNIT_EXPECT_NOT_NULL(test, view);
	KUNIT_EXPECT_NOT_NULL(test, vc);
	if (!view || !vc)
		goto out;
	for (n = 0; n < 3; n++) {
		view[n].epoch = (n + 1) * KDDM_VC_NODES;
		view[n].lineage = 9;
		view[n].policy = KDDM_VC_MAJORITY;
		view[n].inc[0] = 1;
		view[n].inc[1] = 2;
	}
	view[0].inc[3] = 4;
	view[2].inc[2] = 3;
	kddm_vc_init(vc, 3, 4);
	vc->promised = 9 * KDDM_VC_NODES + 3;
	promise(&vc->p, 0, 0x9, &view[2], NULL);
	promise(&vc->p, 1, 0xe, &view[1], &view[2]);
	promise(&vc->p, 2, 0xe, &view[1], &view[2]);
	promise(&vc->p, 3, 0xf, &view[0], NULL);
	KUNIT_EXPECT_EQ(test, (int)kddm_vc_decide(vc), (int)KDDM_VC_GO);
	KUNIT_EXPECT_EQ(test, vc->p.view.inc[0], 0U);
	for (n = 1; n < 4; n++)
		KUNIT_EXPECT_EQ(test, vc->p.view.inc[n], n + 1U);
	promise(&vc->p, 1, 0xe, &view[2], NULL);
	KUNIT_EXPECT_EQ(test, (int)kddm_vc_decide(vc), (int)KDDM_VC_NOT_NOW);
out:
	vfree(view);
	vfree(vc);
}

/*
 * Node 2 proposes.  0, 2 and 3 were members last; in the first case 0, 2 and 4
 * may have been since, and it takes 4, and not 1, to have both quorums.  In the
 * second there are more of the others, and 2 and 3 have the quorum.
 */
static void needed(struct kunit *test)
{
	static const u32 reach[2][7] = {
		{ 0, 0x0e, 0x1e, 0x1e, 0x1c },
		{ 0, 0x66, 0x6e, 0x0c, 0, 0x66, 0x66 },
	};
	static const u32 members[2] = { 0x1c, 0x0c };
	struct kddm_vc_view *view = vzalloc(2 * sizeof(*view));
	struct kddm_vc *vc = vzalloc(sizeof(*vc));
	bool member, pend;
	u16 n, i;

	KUNIT_EXPECT_NOT_NULL(test, view);
	KUNIT_EXPECT_NOT_NULL(test, vc);
	if (!view || !vc)
		goto out;
	for (i = 0; i < 2; i++) {
		view[i].epoch = (i + 1) * KDDM_VC_NODES;
		view[i].lineage = 9;
		view[i].policy = KDDM_VC_MAJORITY;
		view[i].inc[0] = 1;
		view[i].inc[2] = 3;
		view[i].inc[3 + i] = 4 + i;
	}
	for (i = 0; i < 2; i++) {
		memset(vc, 0, sizeof(*vc));
		kddm_vc_init(vc, 2, 3);
		vc->promised = 9 * KDDM_VC_NODES + 2;
		for (n = 1; n < 7; n++) {
			member = n == 2 || n == 3 || (!i && n == 4);
			pend = !i && (n == 2 || n == 4);
			if (reach[i][n])
				promise(&vc->p, n, reach[i][n],
					member ? &view[0] : NULL,
					pend ? &view[1] : NULL);
		}
		KUNIT_EXPECT_EQ(test, (int)kddm_vc_decide(vc),
				(int)KDDM_VC_GO);
		for (n = 0; n < 7; n++)
			KUNIT_EXPECT_EQ(test, !!vc->p.view.inc[n],
					(int)(members[i] >> n & 1));
	}
out:
	vfree(view);
	vfree(vc);
}

static struct kunit_case viewchange_cases[] = {
	KUNIT_CASE(full),
	KUNIT_CASE(founding),
	KUNIT_CASE(same_epoch),
	KUNIT_CASE(puts_out),
	KUNIT_CASE(needed),
	KUNIT_CASE_PARAM(tell_story, story_gen_params),
	KUNIT_CASE_PARAM(search_space, space_gen_params),
	{}
};

static struct kunit_suite viewchange_suite = {
	.name = "kddm-viewchange",
	.test_cases = viewchange_cases,
};

kunit_test_suite(viewchange_suite);
