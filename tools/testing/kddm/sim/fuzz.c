// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz: the coherence machine of one node among peers that send anything.
 *
 *   fuzz [STEPS [SEED]]
 *
 * Local calls are those that the machine's caller may make; messages are
 * arbitrary in type, sender, origin, flags, numbers and node sets, as far as
 * wire.c lets them through; and so is what a home says of the object after a
 * change of the view.  Whatever comes, the machine keeps within its
 * memory (run it under the address sanitizer), sends nothing to itself, and
 * asks of its caller only what can be done.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "coherence.h"
#include "recover.h"

#define SELF	5
#define HOME	3
#define WORDS	16

static struct kddm_co co;
static struct kddm_co_env env = { .self = SELF, .max_hops = 8 };
static bool data, kept, pending;
static u64 replicas = 1 << 1 | 1 << 6;
static u64 state;
static const char *error;
static unsigned long count[KDDM_EV_NR];

/* ../fuzz chooses otherwise. */
#ifndef DICE
#define DICE dice()
static u64 dice(void)
{
	u64 z = (state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}
#endif

static unsigned int roll(unsigned int n)
{
	return DICE % n;
}

/* A few nodes most of the time, any id now and then. */
static u16 any_node(void)
{
	return roll(10) ? roll(8) : roll(KDDM_MAX_NODES);
}

static u16 other_node(void)
{
	u16 node = any_node();

	return node == SELF ? HOME : node;
}

static bool local_event(struct kddm_co_event *ev)
{
	bool inside = co.readers || co.state == KDDM_CO_WRITER;

	ev->type = co.state == KDDM_CO_FILL && roll(3) ?
		   KDDM_EV_FILLED : roll(KDDM_EV_GET_REQ);
	switch (ev->type) {
	case KDDM_EV_GET:
	case KDDM_EV_GRAB:
		if (co.want != KDDM_WANT_NONE)
			return false;
		ev->flags = (roll(4) ? 0 : KDDM_COF_NOCREATE) |
			    (roll(4) ? 0 : KDDM_COF_TRY);
		pending = true;
		return true;
	case KDDM_EV_PUT:
		return inside;
	case KDDM_EV_DROP:
		return co.state == KDDM_CO_SHARED && !co.readers;
	case KDDM_EV_REPLICATE:
		return co.state == KDDM_CO_OWNER;
	case KDDM_EV_FILLED:
		if (co.state != KDDM_CO_FILL)
			return false;
		ev->err = roll(3) ? 0 : -ENOMEM;
		data = !ev->err;
		return true;
	default:
		return co.state == KDDM_CO_WRITER;
	}
}

static void message(struct kddm_co_event *ev, u64 *need)
{
	static const int errs[] = {
		-ENOENT, -EEXIST, -EAGAIN, -EOWNERDEAD, -EBUSY, -1
	};
	int i;

	ev->type = KDDM_EV_GET_REQ + roll(KDDM_EV_NR - KDDM_EV_GET_REQ);
	ev->src = other_node();
	ev->origin = roll(3) ? ev->src : any_node();
	ev->hops = roll(12);
	ev->seq = roll(8) ? co.seq : DICE;
	ev->version = roll(100);
	if (ev->type == KDDM_EV_OWN || !roll(4))
		ev->flags = roll(3) ? 0 : DICE & KDDM_COF_ALL;
	if (ev->type == KDDM_EV_NAK)
		ev->err = errs[roll(6)];
	if (ev->type != KDDM_EV_OWN || roll(2))
		return;
	ev->nwords = roll(WORDS + 1);
	for (i = 0; i < ev->nwords; i++)
		need[i] = roll(4) ? 0 : DICE & DICE;
	ev->need = need;
}

static struct kddm_co_ext *new_ext(void)
{
	u16 qcap = co.x ? co.x->qlen + 1 : 1;
	struct kddm_co_ext *x = malloc(kddm_co_ext_size(WORDS, qcap));

	if (!x)
		exit(2);
	kddm_co_ext_init(x, WORDS, qcap);
	return x;
}

/* Some home has judged it, rightly or not. */
static void change_view(void)
{
	struct kddm_co_ext *spare = NULL;
	struct kddm_verdict v = { };
	struct kddm_claim claim;
	u64 copies[WORDS];
	u16 nwords = roll(3) ? 0 : roll(WORDS + 1);
	bool drop;
	int i;

	kddm_recover_reset(&co, &env, KDDM_TAKEN_NONE, 0, &claim);
	pending = false;	/* it has to ask again */
	v.kind = roll(KDDM_VERDICT_NR);
	v.owner = roll(4) ? any_node() : roll(2) ? SELF : DICE;
	v.base = roll(4);
	v.version = roll(100);
	v.from = roll(100);
	for (i = 0; i < nwords; i++)
		copies[i] = roll(4) ? 0 : DICE & DICE;
	if (kddm_recover_settle(&co, &env, &v, roll(4), copies, nwords, &spare,
				&drop)) {
		spare = new_ext();
		if (kddm_recover_settle(&co, &env, &v, v.base, copies, nwords,
					&spare, &drop))
			error = "no extension is enough for the copies";
	}
	free(spare);
	if (drop && !data)
		error = "dropped what is not there";
	if (drop)
		data = false;
}

static void not_itself(const struct kddm_co_out *out)
{
	if (SELF / 64 < out->nwords &&
	    out->targets[SELF / 64] & (1ULL << SELF % 64))
		error = "tells itself";
}

static void carry_out(const struct kddm_co_action *a,
		      const struct kddm_co_out *out)
{
	switch (a->type) {
	case KDDM_ACT_SEND:
		if (a->dst == SELF || a->dst >= KDDM_MAX_NODES)
			error = "message to itself or to nobody";
		if (a->data && !data)
			error = "sends data that are not there";
		break;
	case KDDM_ACT_REPLICATE:
		if (a->data && !data)
			error = "replicates data that are not there";
		not_itself(out);
		break;
	case KDDM_ACT_INVAL:
		not_itself(out);
		break;
	case KDDM_ACT_FILL:
		if (data)
			error = "made twice";
		break;
	case KDDM_ACT_KEEP:
		if (!data)
			error = "keeps what is not there";
		break;
	case KDDM_ACT_STORE:
	case KDDM_ACT_INSTALL:
		if (data && !kept)
			error = "data twice";
		data = true;
		break;
	case KDDM_ACT_DROP:
		if (!data)
			error = "dropped twice";
		data = false;
		break;
	case KDDM_ACT_DONE:
		if (!pending)
			error = "end of a request that nobody made";
		pending = false;
		break;
	}
}

static void one(void)
{
	struct kddm_co_event run = { .type = KDDM_EV_RUN }, ev = { };
	struct kddm_co before = co;
	struct kddm_co_out out;
	u64 need[WORDS];
	int err, i;

	kept = co.backup;

	/* What is judged waits until the first contents are made. */
	if (!roll(20) && co.state != KDDM_CO_FILL) {
		change_view();
		before = co;
		kept = co.backup;
		ev.type = KDDM_EV_RUN;
	} else if (!roll(3)) {
		if (!local_event(&ev))
			return;
	} else {
		message(&ev, need);
	}
	ev.held = env.hold && roll(2);
	run.held = ev.held;
	err = kddm_co_step(&co, &env, &ev, &out);
	if (err == -ENOBUFS) {
		ev.spare = new_ext();
		err = kddm_co_step(&co, &env, &ev, &out);
		free(ev.spare);
		if (err == -ENOBUFS)
			error = "no extension is enough";
	}
	if (err && memcmp(&before, &co, sizeof(co)))
		error = "refused, but something changed";
	if (err && ev.type < KDDM_EV_GET_REQ)
		error = "local call refused";
	count[ev.type] += !err;
	while (!err && !error) {
		for (i = 0; i < out.nr; i++)
			carry_out(&out.act[i], &out);
		free(out.freed);
		if (!out.more)
			break;
		err = kddm_co_step(&co, &env, &run, &out);
	}
	free(kddm_co_shed(&co));
	if (out.held && (!env.hold || co.state != KDDM_CO_OWNER || !co.x))
		error = "nobody waits for the hold time";
	if (kddm_co_has_data(&co) && co.backup)
		error = "a copy that is kept";
	if (data != (kddm_co_has_data(&co) || co.backup))
		error = data ? "data are kept" : "data are missing";
	if (co.x && co.x->qlen > co.x->qcap)
		error = "queue overflows";
}

/* Another object, of which nothing is known. */
static void begin(void)
{
	free(co.x);
	env.home = roll(2) ? SELF : HOME;
	env.hold = roll(2);
	env.keeper = roll(2);
	env.replicas = &replicas;
	env.rwords = roll(2);
	kddm_co_init(&co, &env);
	data = false;
	pending = false;
}

int main(int argc, char **argv)
{
	u64 steps = argc > 1 ? strtoull(argv[1], NULL, 0) : 2000000, i;
	u64 seed = argc > 2 ? strtoull(argv[2], NULL, 0) : (u64)time(NULL);
	int k;

	state = seed;
	for (i = 0; i < steps && !error; i++) {
		if (i % 1000 == 0)
			begin();
		one();
	}
	free(co.x);
	printf("seed %llu, %llu steps; taken:", seed, i);
	for (k = 0; k < KDDM_EV_NR; k++)
		printf(" %s %lu", kddm_co_event_name(k), count[k]);
	printf("\n");
	if (error)
		printf("ERROR: seed %llu, step %llu: %s\n", seed, i, error);
	return !!error;
}
