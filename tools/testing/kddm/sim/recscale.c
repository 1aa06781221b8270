// SPDX-License-Identifier: GPL-2.0-only
/*
 * recscale: what the recovery of objects costs in a large cluster.
 *
 * The last node fails.  It owned so many objects for each other node, of which
 * one other node has a copy; and there are as many that it knew nothing of.
 * What becomes of an object is decided by recover.c, as in the kernel; who says
 * what to whom is counted here as recovery.c and recovery_judge.c say it, with
 * the sizes that it has on the wire.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <linux/types.h>
#include "nodeset.h"
#include "recover.h"
#include "recovery_wire.h"
#include "view.h"

#define EACH	500		/* objects for each node that is left */
#define MOST	1024
#define VERSION	7

/* Of each request and each reply, beside its body. */
#define AROUND	(sizeof(struct kddm_wire_hdr) + sizeof(struct kddm_wire_rpc))

/**
 * struct object - an object of the node that fails
 * @home: in the new view
 * @holder: has a copy
 * @keeper: was home before, and knows the owner; it may be @holder
 */
struct object {
	u16	home;
	u16	holder;
	u16	keeper;
};

static u16 nodes;			/* the last one fails */
static struct kddm_view *old, *new;
static struct object *object;
static u64 gone[MOST / 64];
static u16 words;
static u16 reports[MOST][MOST];		/* from a node to a home */
static unsigned long long messages, bytes, load[MOST];

static void fail(const char *why)
{
	printf("ERROR: %s\n", why);
	exit(1);
}

static void call(u16 src, u16 dst, size_t request, size_t reply)
{
	if (src == dst)
		return;
	messages += 2;
	bytes += 2 * AROUND + request + reply;
	load[src] += 2;
	load[dst] += 2;
}

static struct kddm_view *view(u16 nr)
{
	struct kddm_view *v = calloc(1, kddm_view_size(nr));
	u16 n;

	if (!v)
		fail("no memory");
	kddm_view_init(v, nr);
	for (n = 0; n < nr; n++)
		kddm_view_add(v, n, n + 1);
	return v;
}

/* What node @at knows of an object that @owner owns and @holder has. */
static bool knows(struct kddm_co *co, struct kddm_co_env *env, u16 at,
		  u16 home, u16 owner, u16 holder)
{
	*env = (struct kddm_co_env) { .self = at, .home = home, .keep = true };
	kddm_co_init(co, env);
	if (at != home && at != holder && at != owner)
		return false;
	co->state = at == owner ? KDDM_CO_OWNER :
		    at == holder ? KDDM_CO_SHARED : KDDM_CO_INVALID;
	co->version = VERSION;
	co->hint = owner;
	return true;
}

/* Objects that the node which fails knew nothing of. */
static unsigned long unaffected(void)
{
	unsigned long id, suspects = 0;
	u16 who[3], i, home, now;
	struct kddm_co_env env;
	struct kddm_co co;

	for (id = 0; id < EACH * (nodes - 1UL); id++) {
		home = kddm_view_home(old, id)->id;
		if (home == nodes - 1)
			continue;
		now = kddm_view_home(new, id)->id;
		who[0] = home;
		who[1] = id % (nodes - 1);
		who[2] = (id / 7 + 1) % (nodes - 1);
		for (i = 0; i < 3; i++) {
			knows(&co, &env, who[i], home, who[1], who[2]);
			suspects += kddm_recover_suspect(&co, &env, now, gone,
							 words);
		}
	}
	return suspects;
}

static void report(unsigned long id, u16 at)
{
	struct object *o = &object[id];
	struct kddm_co_env env;
	struct kddm_co co;

	if (at == nodes - 1 || !knows(&co, &env, at, o->keeper, nodes - 1,
				      o->holder))
		return;
	if (kddm_recover_suspect(&co, &env, o->home, gone, words))
		reports[at][o->home]++;
}

static void report_all(void)
{
	u16 a, b, left;

	for (a = 0; a < nodes - 1; a++) {
		for (b = 0; b < nodes - 1; b++) {
			left = reports[a][b];
			while (left) {
				u16 nr = left < KDDM_RECOVERY_REPORTS ?
					 left : KDDM_RECOVERY_REPORTS;

				call(a, b, sizeof(struct wire_recover) +
				     nr * sizeof(struct wire_report), 0);
				left -= nr;
			}
			/* And that this was all. */
			call(a, b, sizeof(struct wire_recover), 0);
		}
	}
}

/* Judge an object, and say what its new owner is. */
static u16 judge(const struct object *o)
{
	u64 copies[MOST / 64] = { };
	struct kddm_judge j = { };
	struct kddm_claim claim;
	struct kddm_verdict v;
	struct kddm_co_env env;
	struct kddm_co co;
	u16 n;

	for (n = 0; n < nodes - 1; n++) {
		memset(&claim, 0, sizeof(claim));
		if (knows(&co, &env, n, o->keeper, nodes - 1, o->holder))
			kddm_recover_reset(&co, &env, KDDM_TAKEN_NONE, 0,
					   &claim);
		claim.base = 1;
		kddm_judge_hear(&j, n, &claim, copies, words);
	}
	kddm_judge_decide(&j, 0, &v);
	if (v.kind != KDDM_VERDICT_OWNER || v.version != VERSION + 1)
		fail("not judged as it has to be");
	return v.owner;
}

/* The home of @nr objects asks all others what they have, and tells them. */
static void judge_batch(u16 home, const unsigned long *id, u16 nr)
{
	static u16 first[MOST];
	u16 n, i;

	memset(first, 0, sizeof(first));
	for (i = 0; i < nr; i++)
		first[judge(&object[id[i]])]++;
	for (n = 0; n < nodes - 1; n++) {
		call(home, n, sizeof(struct wire_recover) +
		     nr * sizeof(struct wire_id),
		     nr * sizeof(struct wire_claim));
		if (first[n])
			call(home, n, sizeof(struct wire_recover) +
			     first[n] * kddm_verdict_size(words), 0);
		if (nr > first[n])
			call(home, n, sizeof(struct wire_recover) +
			     (nr - first[n]) * kddm_verdict_size(0), 0);
	}
}

static void judge_all(void)
{
	static unsigned long id[KDDM_RECOVERY_CASES];
	unsigned long i, nr;
	u16 home, most = kddm_recovery_cases(words);

	for (home = 0; home < nodes - 1; home++) {
		for (nr = i = 0; i < EACH * (nodes - 1UL); i++) {
			if (object[i].home != home)
				continue;
			id[nr++] = i;
			if (nr < most)
				continue;
			judge_batch(home, id, nr);
			nr = 0;
		}
		if (nr)
			judge_batch(home, id, nr);
	}
}

/* What recovery took, for each object and node. */
struct cost {
	double	messages;
	double	bytes;
};

static struct cost measure(u16 nr)
{
	unsigned long i, objects = EACH * (nr - 1UL);
	unsigned long long most = 0;
	clock_t start = clock();
	struct cost cost;

	nodes = nr;
	old = view(nr);
	new = view(nr - 1);
	words = (nr - 1) / 64 + 1;
	memset(gone, 0, sizeof(gone));
	nodeset_add(gone, nr - 1);
	memset(reports, 0, sizeof(reports));
	memset(load, 0, sizeof(load));
	messages = 0;
	bytes = 0;
	if (unaffected())
		fail("an object that was not on the node has to be recovered");
	object = calloc(objects, sizeof(*object));
	if (!object)
		fail("no memory");
	for (i = 0; i < objects; i++) {
		object[i].keeper = kddm_view_home(old, i)->id;
		object[i].home = kddm_view_home(new, i)->id;
		object[i].holder = (i / 3 + 1) % (nr - 1);
		report(i, object[i].holder);
		if (object[i].keeper != object[i].holder)
			report(i, object[i].keeper);
	}
	report_all();
	judge_all();
	for (i = 0; i < nr; i++)
		if (load[i] > most)
			most = load[i];
	cost.messages = (double)messages / objects / nr;
	cost.bytes = (double)bytes / objects / nr;
	printf("%5u nodes, %6lu objects of the one that fails: ", nr, objects);
	printf("%9llu messages, %11llu bytes;\n", messages, bytes);
	printf("      an object: %.2f messages, %.0f bytes; ",
	       (double)messages / objects, (double)bytes / objects);
	printf("a node: %llu messages at most; %.1f s\n", most,
	       (double)(clock() - start) / CLOCKS_PER_SEC);
	free(object);
	free(old);
	free(new);
	return cost;
}

int main(int argc, char **argv)
{
	unsigned int most = 256, nr;
	struct cost first, cost;
	bool bad = false;
	int opt;

	while ((opt = getopt(argc, argv, "n:h")) != -1) {
		if (opt != 'n') {
			puts("recscale [-n NODES (256)]");
			return opt == 'h' ? 0 : 2;
		}
		most = atoi(optarg);
	}
	if (most < 64 || most > MOST)
		return 2;
	first = measure(32);
	for (nr = 64; nr <= most; nr *= 4) {
		cost = measure(nr);
		bad |= cost.messages > 1.5 * first.messages ||
		       cost.bytes > 1.5 * first.bytes;
	}
	if (bad)
		fail("what an object costs grows faster than the cluster");
	return 0;
}
