// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recovery of one object: what is judged of claims, above all of those of nodes
 * that were apart, which the model cluster has none of; and what a node does
 * that has to give up what it has.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include "../recover.h"

#define NONE	KDDM_CLAIM_NONE
#define ABSENT	KDDM_CLAIM_ABSENT
#define BACKUP	KDDM_CLAIM_BACKUP
#define GONE	KDDM_CLAIM_GONE
#define COPY	KDDM_CLAIM_COPY
#define VOID	KDDM_CLAIM_VOID
#define OWNER	KDDM_CLAIM_OWNER

/**
 * struct judge_case - claims, and what is judged
 * @desc: what it shows
 * @claim: of nodes 1, 2 and 3
 * @kind: enum kddm_verdict_kind
 * @owner: node id
 * @version: of the object from then on
 * @copies: bit mask of the nodes whose copies stay, the owner's among them
 */
struct judge_case {
	const char		*desc;
	struct kddm_claim	claim[3];
	u8			kind;
	u16			owner;
	u64			version;
	u64			copies;
};

#define SAYS(what, since, v) { .kind = what, .base = since, .version = v }
#define BURIED(since, v) \
	{ .kind = ABSENT, .tomb = true, .base = since, .version = v }
#define SENT(what, since, v) \
	{ .sent = what, .base = since, .version = v }
#define DATA	KDDM_SENT_DATA
#define NOTHING	KDDM_SENT_VOID
#define NOBODY	KDDM_NODE_NONE

static const struct judge_case judge_cases[] = {
	{ "nobody ever heard of it",
	  { SAYS(NONE, 5, 0), SAYS(NONE, 5, 0), SAYS(NONE, 0, 0) },
	  KDDM_VERDICT_VOID, NOBODY, 0, 0 },
	{ "somebody has seen it",
	  { SAYS(NONE, 5, 0), SAYS(NONE, 5, 4), SAYS(NONE, 5, 0) },
	  KDDM_VERDICT_LOST, NOBODY, 4, 0 },
	{ "home knows that it was removed",
	  { SAYS(ABSENT, 5, 0), SAYS(NONE, 5, 4), SAYS(NONE, 5, 0) },
	  KDDM_VERDICT_VOID, NOBODY, 4, 0 },
	{ "its absence is owned",
	  { SAYS(NONE, 5, 3), SAYS(VOID, 5, 4), SAYS(NONE, 5, 0) },
	  KDDM_VERDICT_VOID, NOBODY, 4, 0 },
	{ "the owner stays",
	  { SAYS(COPY, 5, 4), SAYS(OWNER, 5, 4), SAYS(COPY, 5, 4) },
	  KDDM_VERDICT_OWNER, 2, 4, BIT(1) | BIT(3) },
	{ "of the copies, the lowest id",
	  { SAYS(NONE, 5, 2), SAYS(COPY, 5, 4), SAYS(COPY, 5, 4) },
	  KDDM_VERDICT_OWNER, 2, 5, BIT(2) | BIT(3) },
	{ "of the copies, the highest version",
	  { SAYS(COPY, 5, 3), SAYS(COPY, 5, 4), SAYS(NONE, 5, 0) },
	  KDDM_VERDICT_OWNER, 2, 5, BIT(1) | BIT(2) },
	{ "a copy that was there is better than an owner that was apart",
	  { SAYS(OWNER, 3, 4), SAYS(COPY, 5, 4), SAYS(NONE, 5, 0) },
	  KDDM_VERDICT_OWNER, 2, 5, BIT(2) },
	{ "a copy that was apart goes, whoever is inside",
	  { SAYS(COPY, 3, 4), SAYS(OWNER, 5, 4), SAYS(COPY, 5, 4) },
	  KDDM_VERDICT_OWNER, 2, 4, BIT(3) },
	{ "an owner that was apart is better than nothing",
	  { SAYS(OWNER, 3, 4), SAYS(NONE, 5, 4), SAYS(NONE, 5, 0) },
	  KDDM_VERDICT_OWNER, 1, 5, 0 },
	{ "also if the home of today knows of nothing",
	  { SAYS(OWNER, 3, 4), SAYS(ABSENT, 5, 0), SAYS(NONE, 5, 0) },
	  KDDM_VERDICT_OWNER, 1, 5, 0 },
	{ "but not if somebody has seen a later version",
	  { SAYS(OWNER, 3, 4), SAYS(NONE, 5, 5), SAYS(NONE, 5, 0) },
	  KDDM_VERDICT_LOST, NOBODY, 5, 0 },
	{ "nor if it was given up, and home remembers",
	  { SAYS(OWNER, 3, 9), SAYS(NONE, 5, 5), BURIED(5, 6) },
	  KDDM_VERDICT_VOID, NOBODY, 9, 0 },
	{ "what was there counts all the same",
	  { SAYS(OWNER, 5, 9), SAYS(NONE, 5, 5), BURIED(5, 6) },
	  KDDM_VERDICT_OWNER, 1, 9, 0 },
	{ "nor if that one was removed",
	  { SAYS(OWNER, 3, 4), SAYS(NONE, 5, 5), SAYS(ABSENT, 5, 0) },
	  KDDM_VERDICT_VOID, NOBODY, 5, 0 },
	{ "a copy that was apart may be old, and goes",
	  { SAYS(NONE, 5, 4), SAYS(COPY, 3, 4), SAYS(NONE, 5, 0) },
	  KDDM_VERDICT_LOST, NOBODY, 4, 0 },
	{ "so may be what was kept apart",
	  { SAYS(NONE, 5, 4), SAYS(BACKUP, 3, 4), SAYS(NONE, 5, 0) },
	  KDDM_VERDICT_LOST, NOBODY, 4, 0 },
	{ "who was apart has written what was never put: what is kept counts",
	  { SAYS(OWNER, 3, 5), SAYS(BACKUP, 5, 4), SAYS(NONE, 5, 4) },
	  KDDM_VERDICT_OWNER, 2, 6, 0 },
	{ "but not if somebody has seen that",
	  { SAYS(OWNER, 3, 5), SAYS(BACKUP, 5, 4), SAYS(NONE, 5, 5) },
	  KDDM_VERDICT_LOST, NOBODY, 5, 0 },
	{ "of those that were apart, the one that was there longer",
	  { SAYS(OWNER, 2, 4), SAYS(OWNER, 3, 4), SAYS(NONE, 5, 0) },
	  KDDM_VERDICT_OWNER, 2, 5, 0 },
	{ "of what is kept, the latest",
	  { SAYS(BACKUP, 5, 4), SAYS(BACKUP, 5, 6), SAYS(BACKUP, 5, 5) },
	  KDDM_VERDICT_OWNER, 2, 7, 0 },
	{ "a copy is better than what is kept",
	  { SAYS(BACKUP, 5, 4), SAYS(NONE, 5, 0), SAYS(COPY, 5, 4) },
	  KDDM_VERDICT_OWNER, 3, 5, BIT(3) },
	{ "what is kept does not count if somebody has seen more",
	  { SAYS(BACKUP, 5, 4), SAYS(NONE, 5, 5), SAYS(NONE, 5, 0) },
	  KDDM_VERDICT_LOST, NOBODY, 5, 0 },
	{ "nor if home knows of no object",
	  { SAYS(BACKUP, 5, 4), SAYS(ABSENT, 5, 0), SAYS(NONE, 5, 0) },
	  KDDM_VERDICT_VOID, NOBODY, 4, 0 },
	{ "it was removed since",
	  { SAYS(BACKUP, 5, 4), SAYS(GONE, 5, 5), SAYS(NONE, 5, 0) },
	  KDDM_VERDICT_VOID, NOBODY, 5, 0 },
	{ "an owner from elsewhere, though there is a copy from elsewhere",
	  { SAYS(OWNER, 2, 4), SAYS(COPY, 3, 4), SAYS(NONE, 5, 4) },
	  KDDM_VERDICT_OWNER, 1, 5, 0 },
	{ "of owners from elsewhere, the latest, not who was there longer",
	  { SAYS(OWNER, 2, 9), SAYS(OWNER, 3, 8), SAYS(NONE, 5, 4) },
	  KDDM_VERDICT_OWNER, 1, 10, 0 },
	{ "what was sent and did not arrive, rather than nothing",
	  { SENT(DATA, 5, 4), SAYS(NONE, 5, 4), SAYS(NONE, 3, 3) },
	  KDDM_VERDICT_OWNER, 1, 5, 0 },
	{ "also if it was sent from elsewhere",
	  { SAYS(NONE, 5, 4), SENT(DATA, 3, 4), SAYS(COPY, 3, 4) },
	  KDDM_VERDICT_OWNER, 2, 5, 0 },
	{ "but not if somebody has seen a later version",
	  { SENT(DATA, 5, 4), SAYS(NONE, 5, 5), SAYS(NONE, 5, 0) },
	  KDDM_VERDICT_LOST, NOBODY, 5, 0 },
	{ "nor if it was removed",
	  { SENT(DATA, 5, 4), SAYS(ABSENT, 5, 0), SAYS(NONE, 5, 0) },
	  KDDM_VERDICT_VOID, NOBODY, 4, 0 },
	{ "nor if somebody has it",
	  { SENT(DATA, 5, 4), SAYS(COPY, 5, 4), SAYS(NONE, 5, 0) },
	  KDDM_VERDICT_OWNER, 2, 5, BIT(2) },
	{ "of what was sent, the latest",
	  { SENT(DATA, 5, 3), SENT(DATA, 5, 4), SENT(NOTHING, 5, 2) },
	  KDDM_VERDICT_OWNER, 2, 5, 0 },
	{ "of two that are the same, the lowest id",
	  { SAYS(NONE, 5, 4), SENT(DATA, 5, 4), SENT(DATA, 5, 4) },
	  KDDM_VERDICT_OWNER, 2, 5, 0 },
	{ "an absence was sent and did not arrive",
	  { SENT(NOTHING, 5, 4), SAYS(NONE, 5, 4), SAYS(NONE, 5, 0) },
	  KDDM_VERDICT_VOID, NOBODY, 4, 0 },
	{ "it was made again since",
	  { SAYS(BACKUP, 5, 6), SAYS(GONE, 5, 5), SAYS(NONE, 5, 0) },
	  KDDM_VERDICT_OWNER, 1, 7, 0 },
};

KUNIT_ARRAY_PARAM_DESC(judge, judge_cases, desc);

/* Who has seen a version knows that there was an object. */
static void hear(struct kddm_judge *j, u16 node, const struct kddm_claim *says,
		 u64 *copies)
{
	struct kddm_claim claim = *says;

	claim.known = claim.version;
	kddm_judge_hear(j, node, &claim, copies, 1);
}

/* The claims are heard, in their order or the other way round. */
static void judge_case(struct kunit *test, const struct judge_case *c,
		       bool backwards)
{
	const unsigned int nr = ARRAY_SIZE(c->claim);
	struct kddm_judge j = { };
	struct kddm_verdict v;
	bool tomb = false;
	u64 copies = 0;
	unsigned int i, k;

	for (i = 0; i < nr; i++) {
		k = backwards ? nr - 1 - i : i;
		hear(&j, k + 1, &c->claim[k], &copies);
		/* Whenever somebody was given up who may have it. */
		tomb |= c->claim[k].tomb;
	}
	kddm_judge_decide(&j, 0, &v);
	KUNIT_EXPECT_EQ(test, v.kind, c->kind);
	KUNIT_EXPECT_EQ(test, v.owner, c->owner);
	KUNIT_EXPECT_EQ(test, v.version, c->version);
	KUNIT_EXPECT_EQ(test, copies, c->copies);
	KUNIT_EXPECT_EQ(test, v.tomb,
			tomb || c->kind == KDDM_VERDICT_LOST ||
			(c->kind == KDDM_VERDICT_OWNER &&
			 v.version > v.from && j.best.kind &&
			 !(j.sent.sent && j.best.base < j.base)) ||
			(c->kind == KDDM_VERDICT_VOID &&
			 j.best.kind == GONE));
}

/* Who was the owner may still be writing, apart from the others. */
static void test_anew(struct kunit *test)
{
	const struct kddm_claim copy = SAYS(COPY, 5, 4);
	struct kddm_judge j = { };
	struct kddm_verdict v;
	u64 copies = 0;

	hear(&j, 1, &copy, &copies);
	kddm_judge_decide(&j, 6, &v);
	KUNIT_EXPECT_EQ(test, v.version, 6ULL << 32);
	j.seen = v.version + 3;
	kddm_judge_decide(&j, 6, &v);
	KUNIT_EXPECT_EQ(test, v.version, j.seen + 1);
}

static void test_judge(struct kunit *test)
{
	judge_case(test, test->param_value, false);
	judge_case(test, test->param_value, true);
}

/* Node 1, whose object is at home at node 2. */
static const struct kddm_co_env away = { .self = 1, .home = 2, .keep = true };
static const struct kddm_co_env home = { .self = 1, .home = 1, .keep = true };

static const struct kddm_verdict other_owns = {
	.kind = KDDM_VERDICT_OWNER, .owner = 3, .base = 5, .version = 9,
};

static const struct kddm_verdict other_stays = {
	.kind = KDDM_VERDICT_OWNER, .owner = 3, .base = 5, .version = 9,
	.from = 9,
};

static const struct kddm_verdict is_lost = {
	.kind = KDDM_VERDICT_LOST, .owner = KDDM_NODE_NONE, .base = 5,
	.version = 9,
};

static const struct kddm_verdict is_void = {
	.kind = KDDM_VERDICT_VOID, .owner = KDDM_NODE_NONE, .base = 5,
	.version = 9,
};

static const struct kddm_verdict is_buried = {
	.kind = KDDM_VERDICT_VOID, .owner = KDDM_NODE_NONE, .base = 5,
	.version = 9, .tomb = true,
};

/**
 * struct settle_case - a node's state and a verdict
 * @desc: what it shows
 * @env: who and where
 * @verdict: see there
 * @base: of the node's claim
 * @state: before
 * @readers: inside
 * @after: the state
 * @drop: the contents go
 * @version: after
 */
struct settle_case {
	const char			*desc;
	const struct kddm_co_env	*env;
	const struct kddm_verdict	*verdict;
	u32				base;
	u8				state;
	u8				readers;
	u8				after;
	bool				drop;
	u64				version;
};

static const struct settle_case settle_cases[] = {
	{ "a copy stays", &away, &other_owns, 5, KDDM_CO_SHARED, 0,
	  KDDM_CO_SHARED, false, 9 },
	{ "an old copy goes", &away, &other_owns, 3, KDDM_CO_SHARED, 0,
	  KDDM_CO_INVALID, true, 9 },
	{ "when its readers have left", &away, &other_owns, 3,
	  KDDM_CO_SHARED, 2, KDDM_CO_DRAIN, false, 9 },
	{ "who was putting is none", &away, &other_owns, 3,
	  KDDM_CO_PUSH, 0, KDDM_CO_INVALID, true, 9 },
	{ "who was the owner is none", &away, &other_owns, 3,
	  KDDM_CO_OWNER, 0, KDDM_CO_INVALID, true, 9 },
	{ "a writer has to leave", &away, &other_owns, 3, KDDM_CO_WRITER, 0,
	  KDDM_CO_DRAIN, false, 9 },
	{ "the owner is elsewhere", &away, &other_owns, 5, KDDM_CO_INVALID, 0,
	  KDDM_CO_INVALID, false, 9 },
	{ "what it may be writing has not been seen", &away, &other_stays, 5,
	  KDDM_CO_INVALID, 0, KDDM_CO_INVALID, false, 4 },
	{ "nor by home", &home, &other_stays, 5, KDDM_CO_INVALID, 0,
	  KDDM_CO_INVALID, false, 4 },
	{ "who has a copy has seen it", &away, &other_stays, 5,
	  KDDM_CO_SHARED, 0, KDDM_CO_SHARED, false, 9 },
	{ "it is lost", &away, &is_lost, 5, KDDM_CO_INVALID, 0,
	  KDDM_CO_INVALID, false, 9 },
	{ "home knows", &home, &is_lost, 5, KDDM_CO_INVALID, 0,
	  KDDM_CO_LOST, false, 9 },
	{ "it is found again", &home, &other_owns, 5, KDDM_CO_LOST, 0,
	  KDDM_CO_INVALID, false, 9 },
	{ "there is none", &away, &is_void, 5, KDDM_CO_INVALID, 0,
	  KDDM_CO_INVALID, false, 0 },
	{ "home owns the absence", &home, &is_void, 5, KDDM_CO_INVALID, 0,
	  KDDM_CO_VOID, false, 0 },
	{ "home remembers", &home, &is_buried, 5, KDDM_CO_INVALID, 0,
	  KDDM_CO_VOID, false, 9 },
	{ "so do others", &away, &is_buried, 5, KDDM_CO_INVALID, 0,
	  KDDM_CO_INVALID, false, 9 },
	{ "home owns the absence when its readers have left", &home, &is_void,
	  3, KDDM_CO_SHARED, 1, KDDM_CO_DRAIN, false, 0 },
	{ "who owned it away from home does no more", &away, &is_void, 5,
	  KDDM_CO_VOID, 0, KDDM_CO_INVALID, false, 0 },
};

KUNIT_ARRAY_PARAM_DESC(settle, settle_cases, desc);

static void test_settle(struct kunit *test)
{
	const struct settle_case *c = test->param_value;
	bool at_home = c->env->self == c->env->home;
	struct kddm_co_ext *spare = NULL;
	struct kddm_co co;
	bool drop;

	kddm_co_init(&co, c->env);
	co.state = c->state;
	co.readers = c->readers;
	co.stale = c->state == KDDM_CO_PUSH;
	co.version = 4;
	KUNIT_EXPECT_EQ(test, kddm_recover_settle(&co, c->env, c->verdict,
						  c->base, NULL, 0, &spare,
						  &drop), 0);
	KUNIT_EXPECT_EQ(test, co.state, c->after);
	KUNIT_EXPECT_EQ(test, drop, c->drop);
	KUNIT_EXPECT_EQ(test, co.version, c->version);
	KUNIT_EXPECT_EQ(test, co.hint, c->verdict->owner);
	KUNIT_EXPECT_EQ(test, (bool)co.stale, c->after == KDDM_CO_DRAIN);
	KUNIT_EXPECT_EQ(test, (bool)co.tomb, c->verdict->tomb && at_home);
	KUNIT_EXPECT_EQ(test, (bool)co.absent, c->verdict->tomb && !at_home);
	KUNIT_EXPECT_EQ(test, (bool)co.gone, c->after == KDDM_CO_DRAIN &&
			c->verdict->kind == KDDM_VERDICT_VOID && at_home);
}

/**
 * struct reset_case - what is left of a state, and what is said of it
 * @env: who and where
 * @state: before
 * @after: the state
 * @kind: enum kddm_claim_kind
 * @known: that there was an object, of which no version was seen here
 */
struct reset_case {
	const struct kddm_co_env	*env;
	u8				state;
	u8				after;
	u8				kind;
	bool				known;
};

static const struct reset_case reset_cases[] = {
	{ &away, KDDM_CO_INVALID, KDDM_CO_INVALID, NONE, false },
	{ &home, KDDM_CO_INVALID, KDDM_CO_INVALID, NONE, true },
	{ &away, KDDM_CO_VOID, KDDM_CO_VOID, VOID, false },
	{ &home, KDDM_CO_VOID, KDDM_CO_VOID, ABSENT, false },
	{ &home, KDDM_CO_LOST, KDDM_CO_LOST, NONE, true },
	{ &away, KDDM_CO_SHARED, KDDM_CO_SHARED, COPY, false },
	{ &away, KDDM_CO_DRAIN, KDDM_CO_SHARED, COPY, false },
	{ &away, KDDM_CO_GET, KDDM_CO_INVALID, NONE, false },
	{ &home, KDDM_CO_GRAB, KDDM_CO_INVALID, NONE, true },
	{ &away, KDDM_CO_UPGRADE, KDDM_CO_SHARED, COPY, false },
	{ &away, KDDM_CO_DRAIN_UPGRADE, KDDM_CO_SHARED, COPY, false },
	{ &away, KDDM_CO_OWNER, KDDM_CO_OWNER, OWNER, false },
	{ &away, KDDM_CO_ACKS, KDDM_CO_OWNER, OWNER, false },
	{ &away, KDDM_CO_WRITER, KDDM_CO_WRITER, OWNER, false },
	{ &away, KDDM_CO_FILL, KDDM_CO_FILL, OWNER, false },
};

/* Verdicts that no home sends. */
static const struct kddm_verdict odd_verdicts[] = {
	{ .kind = KDDM_VERDICT_OWNER, .owner = 3, .base = 5, .version = 9 },
	{ .kind = KDDM_VERDICT_VOID, .owner = 3 },
	{ .kind = KDDM_VERDICT_LOST, .owner = 3, .version = 9 },
	{ .kind = KDDM_VERDICT_OWNER, .owner = KDDM_MAX_NODES, .base = 5 },
	{ .kind = KDDM_VERDICT_OWNER, .owner = KDDM_NODE_NONE, .base = 5 },
};

/* A node that has nothing is not sent to itself, nor to nobody. */
static void test_odd_verdict(struct kunit *test)
{
	static const u8 states[] = { KDDM_CO_INVALID, KDDM_CO_LOST };
	struct kddm_co_env env = { .self = 3, .home = 4 };
	struct kddm_co_ext *spare = NULL;
	struct kddm_co co;
	unsigned int i, k;
	bool drop;
	int err;

	for (i = 0; i < ARRAY_SIZE(odd_verdicts); i++) {
		for (k = 0; k < ARRAY_SIZE(states); k++) {
			kddm_co_init(&co, &env);
			co.state = states[k];
			err = kddm_recover_settle(&co, &env, &odd_verdicts[i],
						  5, NULL, 0, &spare, &drop);
			KUNIT_EXPECT_EQ(test, err, 0);
			KUNIT_EXPECT_EQ(test, co.hint, KDDM_NODE_NONE);
		}
	}
}

static void test_reset(struct kunit *test)
{
	const struct reset_case *c;
	struct kddm_claim claim;
	struct kddm_co co;

	for (c = reset_cases; c < reset_cases + ARRAY_SIZE(reset_cases); c++) {
		kddm_co_init(&co, c->env);
		co.state = c->state;
		co.hint = 3;
		co.want = KDDM_WANT_GRAB;
		kddm_recover_reset(&co, c->env, KDDM_TAKEN_NONE, 0, &claim);
		KUNIT_EXPECT_EQ(test, co.state, c->after);
		KUNIT_EXPECT_EQ(test, co.want, (u8)KDDM_WANT_NONE);
		KUNIT_EXPECT_EQ(test, claim.kind, c->kind);
		KUNIT_EXPECT_EQ(test, claim.known, c->known);
		KUNIT_EXPECT_EQ(test, claim.version, 0ULL);
	}

	/* The ownership that did not leave is here again. */
	kddm_recover_reset(&co, &away, KDDM_TAKEN_OWN, 7, &claim);
	KUNIT_EXPECT_EQ(test, co.state, (u8)KDDM_CO_OWNER);
	KUNIT_EXPECT_EQ(test, claim.kind, (u8)OWNER);
	KUNIT_EXPECT_EQ(test, claim.version, 7ULL);
}

/* Who becomes the owner needs memory for the copyset, and says so. */
static void keeps(struct kddm_co *co, u64 version)
{
	kddm_co_init(co, &away);
	co->hint = 3;
	co->version = version;
	co->backup = true;
}

static void settle_kept(struct kunit *test, struct kddm_co *co,
			const struct kddm_verdict *v, u32 base, bool stays)
{
	struct kddm_co_ext *spare = NULL;
	bool drop;

	KUNIT_EXPECT_EQ(test, kddm_recover_settle(co, &away, v, base, NULL, 0,
						  &spare, &drop), 0);
	KUNIT_EXPECT_EQ(test, (bool)co->backup, stays);
	KUNIT_EXPECT_EQ(test, drop, !stays && !kddm_co_owns(co));
}

/* What becomes of contents that are kept. */
static void test_replicas(struct kunit *test)
{
	struct kddm_verdict owned = other_owns;
	struct kddm_claim claim;
	struct kddm_co co;

	owned.from = 8;
	keeps(&co, 4);
	kddm_recover_reset(&co, &away, KDDM_TAKEN_NONE, 0, &claim);
	KUNIT_EXPECT_EQ(test, claim.kind, (u8)BACKUP);
	KUNIT_EXPECT_EQ(test, claim.version, 4ULL);
	settle_kept(test, &co, &owned, 5, true);
	KUNIT_EXPECT_EQ(test, co.version, 4ULL);
	keeps(&co, 8);
	settle_kept(test, &co, &owned, 5, true);
	KUNIT_EXPECT_EQ(test, co.version, 9ULL);
	keeps(&co, 8);
	settle_kept(test, &co, &owned, 3, false);
	keeps(&co, 8);
	settle_kept(test, &co, &is_lost, 5, false);
	keeps(&co, 8);
	settle_kept(test, &co, &is_void, 5, false);
	owned.owner = away.self;
	keeps(&co, 8);
	settle_kept(test, &co, &owned, 5, false);
	KUNIT_EXPECT_EQ(test, co.state, (u8)KDDM_CO_OWNER);
	KUNIT_EXPECT_EQ(test, co.version, 9ULL);
}

/* What was on its way may be lost, though no member is. */
static void test_under_way(struct kunit *test)
{
	static const u8 states[] = {
		KDDM_CO_GET, KDDM_CO_GRAB, KDDM_CO_UPGRADE,
		KDDM_CO_DRAIN_UPGRADE, KDDM_CO_ACKS, KDDM_CO_PUSH,
	};
	struct kddm_co co;
	unsigned int i;

	kddm_co_init(&co, &away);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		co.state = states[i];
		KUNIT_EXPECT_TRUE(test, kddm_recover_suspect(&co, &away, 2,
							     NULL, 0));
	}
	co.state = KDDM_CO_SHARED;
	KUNIT_EXPECT_FALSE(test, kddm_recover_suspect(&co, &away, 2, NULL, 0));
}

/* What home remembers goes where home goes, and is not forgotten. */
static void test_tomb(struct kunit *test)
{
	struct kddm_claim claim;
	struct kddm_co co;

	kddm_co_init(&co, &home);
	co.state = KDDM_CO_INVALID;
	co.hint = 3;
	co.version = 4;
	KUNIT_EXPECT_FALSE(test, kddm_recover_suspect(&co, &home, 2, NULL, 0));
	co.tomb = true;
	KUNIT_EXPECT_FALSE(test, kddm_recover_suspect(&co, &home, 1, NULL, 0));
	KUNIT_EXPECT_TRUE(test, kddm_recover_suspect(&co, &home, 2, NULL, 0));
	kddm_recover_reset(&co, &home, KDDM_TAKEN_NONE, 0, &claim);
	KUNIT_EXPECT_TRUE(test, claim.tomb);
	co.state = KDDM_CO_LOST;
	KUNIT_EXPECT_TRUE(test, kddm_recover_renew(&co));
	KUNIT_EXPECT_EQ(test, co.version, 4ULL);
	KUNIT_EXPECT_FALSE(test, kddm_co_forgettable(&co, &home));
	co.tomb = false;
	KUNIT_EXPECT_TRUE(test, kddm_co_forgettable(&co, &home));
}

/* Node 1 has sent the ownership in version 4, and nothing has come of it. */
static void has_sent(struct kddm_co *co, u8 state)
{
	kddm_co_init(co, &away);
	co->state = state;
	co->hint = 3;
	co->version = 4;
}

/* What it was, and whether it is of any use. */
static void test_sent(struct kunit *test)
{
	enum kddm_taken data = KDDM_TAKEN_SENT, none = KDDM_TAKEN_SENT_VOID;
	enum kddm_taken useless = KDDM_TAKEN_NONE;
	struct kddm_co co;
	u8 state;

	for (state = 0; state < KDDM_CO_NR_STATES; state++) {
		bool has = state != KDDM_CO_INVALID && state != KDDM_CO_GET &&
			   state != KDDM_CO_GRAB && state != KDDM_CO_LOST;

		has_sent(&co, state);
		KUNIT_EXPECT_EQ(test, kddm_recover_sent(&co, 0, 4),
				has ? useless : data);
	}
	has_sent(&co, KDDM_CO_INVALID);
	KUNIT_EXPECT_EQ(test, kddm_recover_sent(&co, KDDM_COF_TOMB, 4), data);
	KUNIT_EXPECT_EQ(test, kddm_recover_sent(&co, KDDM_COF_CREATE, 4),
			none);
	KUNIT_EXPECT_EQ(test, kddm_recover_sent(&co, 0, 3), useless);
	KUNIT_EXPECT_EQ(test, kddm_recover_sent(&co, 0, 5), useless);
	co.backup = true;
	KUNIT_EXPECT_EQ(test, kddm_recover_sent(&co, 0, 4), data);
	co.backup = false;
	co.absent = true;
	KUNIT_EXPECT_EQ(test, kddm_recover_sent(&co, 0, 4), useless);
}

/* It is claimed until there is a verdict, and then owned or dropped. */
static void test_lent(struct kunit *test)
{
	struct kddm_verdict v = other_owns;
	struct kddm_claim claim;
	struct kddm_co co;
	int i;

	v.from = 4;
	for (i = 0; i < 2; i++) {
		has_sent(&co, KDDM_CO_GRAB);
		co.backup = i;
		kddm_recover_reset(&co, &away, KDDM_TAKEN_SENT, 4, &claim);
		kddm_recover_reset(&co, &away, KDDM_TAKEN_NONE, 0, &claim);
		KUNIT_EXPECT_EQ(test, claim.kind, (u8)(i ? BACKUP : NONE));
		KUNIT_EXPECT_EQ(test, claim.sent, (u8)KDDM_SENT_DATA);
		settle_kept(test, &co, &v, 5, i);
		KUNIT_EXPECT_EQ(test, (u8)co.sent, (u8)KDDM_SENT_NONE);
		KUNIT_EXPECT_FALSE(test, co.lent);
	}
	has_sent(&co, KDDM_CO_INVALID);
	kddm_recover_reset(&co, &away, KDDM_TAKEN_SENT_VOID, 4, &claim);
	KUNIT_EXPECT_EQ(test, claim.sent, (u8)KDDM_SENT_VOID);
	KUNIT_EXPECT_FALSE(test, co.backup);
	has_sent(&co, KDDM_CO_INVALID);
	kddm_recover_reset(&co, &away, KDDM_TAKEN_SENT, 4, &claim);
	v.owner = away.self;
	settle_kept(test, &co, &v, 5, false);
	KUNIT_EXPECT_EQ(test, co.state, (u8)KDDM_CO_OWNER);
	KUNIT_EXPECT_EQ(test, co.version, 9ULL);
	KUNIT_EXPECT_EQ(test, (u8)co.sent, (u8)KDDM_SENT_NONE);
	KUNIT_EXPECT_FALSE(test, co.lent);
}

/* Whatever else comes with the ownership, it is what it was. */
static void test_taken(struct kunit *test)
{
	enum kddm_taken own = KDDM_TAKEN_OWN, none = KDDM_TAKEN_VOID;
	const u8 tomb = KDDM_COF_TOMB;

	KUNIT_EXPECT_EQ(test, kddm_recover_taken(0), own);
	KUNIT_EXPECT_EQ(test, kddm_recover_taken(tomb), own);
	KUNIT_EXPECT_EQ(test, kddm_recover_taken(KDDM_COF_CREATE), none);
	KUNIT_EXPECT_EQ(test, kddm_recover_taken(KDDM_COF_VOID | tomb), none);
}

/* Replicas that are being told are told again, or never. */
static void test_push(struct kunit *test)
{
	struct kddm_co_ext *spare = NULL;
	struct kddm_claim claim;
	struct kddm_co co;
	bool drop;

	kddm_co_init(&co, &away);
	co.state = KDDM_CO_PUSH;
	co.removing = true;
	KUNIT_EXPECT_TRUE(test, kddm_recover_suspect(&co, &away, 2, NULL, 0));
	kddm_recover_reset(&co, &away, KDDM_TAKEN_NONE, 0, &claim);
	KUNIT_EXPECT_EQ(test, claim.kind, (u8)OWNER);
	KUNIT_EXPECT_TRUE(test, co.due && co.removing);
	KUNIT_EXPECT_EQ(test, kddm_recover_settle(&co, &away, &other_owns, 3,
						  NULL, 0, &spare, &drop), 0);
	KUNIT_EXPECT_TRUE(test, drop);
	KUNIT_EXPECT_FALSE(test, co.due || co.removing);
	KUNIT_EXPECT_EQ(test, co.state, (u8)KDDM_CO_INVALID);
}

/* An absence that is noted, and forgotten. */
static void test_absent(struct kunit *test)
{
	struct kddm_co_ext *spare = NULL;
	struct kddm_claim claim;
	struct kddm_co co;
	bool drop;

	kddm_co_init(&co, &away);
	co.version = 6;
	co.absent = true;
	kddm_recover_reset(&co, &away, KDDM_TAKEN_NONE, 0, &claim);
	KUNIT_EXPECT_EQ(test, claim.kind, (u8)GONE);
	KUNIT_EXPECT_EQ(test, claim.version, 6ULL);
	KUNIT_EXPECT_FALSE(test, claim.known);
	KUNIT_EXPECT_EQ(test, kddm_recover_settle(&co, &away, &is_void, 5,
						  NULL, 0, &spare, &drop), 0);
	KUNIT_EXPECT_FALSE(test, co.absent || drop);
}

static void test_renew(struct kunit *test)
{
	struct kddm_co co;

	kddm_co_init(&co, &home);
	KUNIT_EXPECT_FALSE(test, kddm_recover_renew(&co));
	co.state = KDDM_CO_LOST;
	co.version = 7;
	KUNIT_EXPECT_TRUE(test, kddm_recover_renew(&co));
	KUNIT_EXPECT_EQ(test, co.state, (u8)KDDM_CO_VOID);
	KUNIT_EXPECT_EQ(test, co.version, 0ULL);
}

static void test_inherit(struct kunit *test)
{
	struct kddm_verdict v = {
		.kind = KDDM_VERDICT_OWNER, .owner = 1, .base = 5,
		.version = 9,
	};
	u64 buf[8], copies = 0x1a;	/* of nodes 1, 3 and 4 */
	struct kddm_co_ext *spare = NULL;
	struct kddm_co co;
	bool drop;

	kddm_co_init(&co, &away);
	co.state = KDDM_CO_SHARED;
	co.version = 8;
	KUNIT_EXPECT_EQ(test, kddm_recover_settle(&co, &away, &v, 5, &copies,
						  1, &spare, &drop), -ENOBUFS);
	KUNIT_EXPECT_EQ(test, co.state, (u8)KDDM_CO_SHARED);
	spare = (struct kddm_co_ext *)buf;
	kddm_co_ext_init(spare, 1, 0);
	KUNIT_EXPECT_EQ(test, kddm_recover_settle(&co, &away, &v, 5, &copies,
						  1, &spare, &drop), 0);
	KUNIT_EXPECT_EQ(test, co.state, (u8)KDDM_CO_OWNER);
	KUNIT_EXPECT_EQ(test, co.version, 9ULL);
	KUNIT_EXPECT_FALSE(test, drop);
	KUNIT_EXPECT_TRUE(test, !spare);
	KUNIT_EXPECT_TRUE(test, kddm_co_in_copyset(&co, 3));
	KUNIT_EXPECT_TRUE(test, kddm_co_in_copyset(&co, 4));
	KUNIT_EXPECT_FALSE(test, kddm_co_in_copyset(&co, 1));
}

/* The new home learns who owns it; what is there is not touched. */
static void test_trail(struct kunit *test)
{
	struct kddm_co co;

	kddm_co_init(&co, &home);
	kddm_recover_trail(&co, &home, 3);
	KUNIT_EXPECT_EQ(test, co.state, (u8)KDDM_CO_INVALID);
	KUNIT_EXPECT_EQ(test, co.hint, 3);
	co.state = KDDM_CO_SHARED;
	kddm_recover_trail(&co, &home, 4);
	KUNIT_EXPECT_EQ(test, co.state, (u8)KDDM_CO_SHARED);
	KUNIT_EXPECT_EQ(test, co.hint, 3);
	kddm_co_init(&co, &home);
	kddm_recover_trail(&co, &home, 1);
	KUNIT_EXPECT_EQ(test, co.state, (u8)KDDM_CO_VOID);
}

/* The home was away, and is again; or is back, and hears of it all. */
static void test_homeless(struct kunit *test)
{
	struct kddm_co_env env = away;
	struct kddm_co co;

	env.home = KDDM_NODE_NONE;
	kddm_co_init(&co, &env);
	co.version = 6;
	KUNIT_EXPECT_FALSE(test, kddm_recover_suspect(&co, &env,
						      KDDM_NODE_NONE, NULL,
						      0));
	KUNIT_EXPECT_TRUE(test, kddm_recover_suspect(&co, &env, 2, NULL, 0));
	co.hint = 3;
	KUNIT_EXPECT_FALSE(test, kddm_recover_suspect(&co, &env, 2, NULL, 0));
	co.state = KDDM_CO_OWNER;
	KUNIT_EXPECT_FALSE(test, kddm_recover_suspect(&co, &env, 2, NULL, 0));
	KUNIT_EXPECT_TRUE(test, kddm_recover_moved(&env, 2, NULL, 0));
	KUNIT_EXPECT_FALSE(test, kddm_recover_moved(&env, KDDM_NODE_NONE, NULL,
						    0));
}

static struct kunit_case recover_cases[] = {
	KUNIT_CASE_PARAM(test_judge, judge_gen_params),
	KUNIT_CASE(test_anew),
	KUNIT_CASE_PARAM(test_settle, settle_gen_params),
	KUNIT_CASE(test_odd_verdict),
	KUNIT_CASE(test_reset),
	KUNIT_CASE(test_replicas),
	KUNIT_CASE(test_under_way),
	KUNIT_CASE(test_tomb),
	KUNIT_CASE(test_taken),
	KUNIT_CASE(test_sent),
	KUNIT_CASE(test_lent),
	KUNIT_CASE(test_push),
	KUNIT_CASE(test_absent),
	KUNIT_CASE(test_renew),
	KUNIT_CASE(test_inherit),
	KUNIT_CASE(test_trail),
	KUNIT_CASE(test_homeless),
	{}
};

static struct kunit_suite recover_suite = {
	.name = "kddm-recover",
	.test_cases = recover_cases,
};

kunit_test_suite(recover_suite);

MODULE_DESCRIPTION("Tests of the recovery of one object");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
