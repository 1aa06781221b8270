// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: the bench.  The kernel measures one case at a time; which ones, and
 * how they are shown, is said here.  The first signal ends it, since the kernel
 * stops when this process does.
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "kddmctl.h"

/* One more than there can be: then the kernel says how many are too many. */
#define PEERS_MAX	(KDDM_BENCH_NODES_MAX + 1)
#define ANY		0

/**
 * struct family - cases that differ in numbers
 * @kind: what is measured
 * @sizes: bytes, up to a 0
 * @homes: the home is here and elsewhere, rather than only here
 * @least: of copies, or CPUs
 * @most: of these; ANY: as many as there are nodes
 * @cpus: CPUs it is, rather than copies
 * @peers: other nodes, beside the copies
 */
static const struct family {
	enum kddm_bench_kind	kind;
	unsigned int		sizes[4];
	bool			homes;
	unsigned int		least;
	unsigned int		most;
	bool			cpus;
	int			peers;
} families[] = {
	{ KDDM_BENCH_KIND_HIT_GET, { 64 }, .least = 1, .most = 2,
	  .cpus = true },
	{ KDDM_BENCH_KIND_HIT_GRAB, { 64 }, .least = 1, .most = 2,
	  .cpus = true },
	{ KDDM_BENCH_KIND_RPC, { 64, 4096 }, .peers = 1 },
	{ KDDM_BENCH_KIND_GET_FIRST, { 4, 4096 }, true, .peers = 1 },
	{ KDDM_BENCH_KIND_GET_OWNER, { 4, 64, 4096 }, true, .peers = 1 },
	{ KDDM_BENCH_KIND_GET_FORWARD, { 4, 4096 }, true, .peers = 2 },
	{ KDDM_BENCH_KIND_GRAB_FIRST, { 4, 4096 }, true, .peers = 1 },
	{ KDDM_BENCH_KIND_GRAB_LOCAL, { 4, 4096 }, true, .peers = 1 },
	{ KDDM_BENCH_KIND_GRAB_REMOTE, { 4, 64, 4096 }, true, .least = 1,
	  .most = 4 },
	{ KDDM_BENCH_KIND_GRAB_BOTH, { 4, 4096 }, true, .least = 3,
	  .most = 3 },
	{ KDDM_BENCH_KIND_REMOVE_LOCAL, { 4, 4096 }, true, .peers = 1 },
	{ KDDM_BENCH_KIND_REMOVE_REMOTE, { 4, 4096 }, true, .least = 1,
	  .most = 3 },
	{ KDDM_BENCH_KIND_BOUNCE, { 64 }, .least = 2, .most = ANY,
	  .peers = -1 },
	{ KDDM_BENCH_KIND_REPLICAS, { 64, 4096 }, .least = 2, .most = 3,
	  .peers = -1 },
	{ KDDM_BENCH_KIND_READERS, { 64, 4096 }, .least = 1, .most = ANY },
	{ KDDM_BENCH_KIND_PRODUCE, { 64, 4096 }, .peers = 1 },
	{ KDDM_BENCH_KIND_STREAM, { 4096, 65536 }, .peers = 1 },
	{ }
};

/**
 * struct bench - what the user wants, and where we are
 * @ctl: of the program
 * @kind: only this one, or 0
 * @size: only this one, or 0
 * @rounds: or 0
 * @count: or 0
 * @peers: the other nodes
 * @nr: how many
 * @named: the user has named them
 * @self: this node
 * @cpus: of this machine
 * @alone: median on one CPU in the family that is measured, or 0
 * @raw_alone: that of the reference
 */
struct bench {
	struct ctl	*ctl;
	__u64		kind;
	__u64		size;
	__u64		rounds;
	__u64		count;
	__u64		peers[PEERS_MAX];
	unsigned int	nr;
	bool		named;
	__u64		self;
	unsigned int	cpus;
	__u64		alone;
	__u64		raw_alone;
};

/**
 * struct one - one case
 * @f: its family
 * @size: bytes
 * @away: home elsewhere
 * @n: copies or CPUs, 0 if it has none
 */
struct one {
	const struct family	*f;
	unsigned int		size;
	bool			away;
	unsigned int		n;
};

/* The words of the command line */

static bool take_kind(struct bench *b, struct args *args)
{
	const char *word = args_word(args, "the case");
	char kinds[256] = "";
	int i;

	if (!word)
		return false;
	for (i = KDDM_BENCH_KIND_GET_FIRST; kddm_bench_kind_str(i); i++) {
		if (!strcmp(word, kddm_bench_kind_str(i))) {
			b->kind = i;
			return true;
		}
		if (kinds[0])
			strcat(kinds, ", ");
		strcat(kinds, kddm_bench_kind_str(i));
	}
	usage_error(args->ctl, "case \"%s\" is none of: %s", printable(word),
		    kinds);
	return false;
}

/* "2,3,4" */
static bool take_nodes(struct bench *b, struct args *args)
{
	const char *word = args_word(args, "the list of nodes");
	const char *rest = word;
	char *end;

	if (!word)
		return false;
	b->named = true;
	for (b->nr = 0; b->nr < PEERS_MAX; rest = end + 1) {
		b->peers[b->nr++] = strtoull(rest, &end, 10);
		if (*rest < '0' || *rest > '9' ||
		    b->peers[b->nr - 1] > KDDM_NODE_ID_MAX)
			break;
		if (!*end)
			return true;
		if (*end != ',')
			break;
	}
	usage_error(args->ctl,
		    "nodes \"%s\" is not a list like 2,3,4 of up to %d ids from 0 to %d",
		    printable(word), KDDM_BENCH_NODES_MAX, KDDM_NODE_ID_MAX);
	return false;
}

static bool options(struct bench *b, struct args *args)
{
	bool ok = true;

	while (ok && args->argc) {
		if (args_is(args, "case")) {
			ok = take_kind(b, args);
		} else if (args_is(args, "nodes")) {
			ok = take_nodes(b, args);
		} else if (args_is(args, "size")) {
			ok = args_number(args, "size", 4, KDDM_BENCH_SIZE_MAX,
					 &b->size);
		} else if (args_is(args, "rounds")) {
			ok = args_number(args, "rounds", 1,
					 KDDM_BENCH_ROUNDS_MAX, &b->rounds);
		} else if (args_is(args, "count")) {
			ok = args_number(args, "count", 1,
					 KDDM_BENCH_COUNT_MAX, &b->count);
		} else {
			args_unknown(args,
				     "case, nodes, size, rounds or count");
			ok = false;
		}
	}
	return ok;
}

/* This node, and, if the user names none, all others. */
static int find_nodes(struct bench *b)
{
	struct kddm_node_get_list *list;
	unsigned int tries = 0;
	bool found = false;

	do {
		list = kddm_node_get_dump(b->ctl->ys);
	} while (!list && ctl_again(b->ctl, &tries));
	if (!list)
		return ctl_failed(b->ctl);
	ynl_dump_foreach(list, node) {
		if (node->_present.self) {
			b->self = node->id;
			found = true;
		} else if (!b->named && b->nr < KDDM_BENCH_NODES_MAX &&
			   node->state == KDDM_MEMBERSHIP_POSSIBLE) {
			b->peers[b->nr++] = node->id;
		}
	}
	kddm_node_get_list_free(list);
	return found ? 0 : ctl_error(b->ctl,
				     "this namespace is not a running node");
}

/* How it is shown */

/* Nanoseconds, from picoseconds. */
static double ns(__u64 ps)
{
	return ps / 1e3;
}

/*
 * How much longer it takes than the reference: by the median, but by the number
 * in a second where operations overlap.
 */
static double ratio(const struct one *one,
		    const struct kddm_bench_run_rsp *rsp)
{
	bool rate = one->f->kind == KDDM_BENCH_KIND_BOUNCE ||
		    one->f->kind == KDDM_BENCH_KIND_STREAM;
	__u64 over = rate ? rsp->raw.rate : rsp->kddm.p50;
	__u64 under = rate ? rsp->kddm.rate : rsp->raw.p50;

	return under ? (double)over / under : 0;
}

/*
 * Does the case say how much more so many CPUs do than one did?  It goes by the
 * medians: those hardly change when other work takes a CPU for a while.
 */
static bool scales(const struct bench *b, const struct one *one,
		   const struct kddm_bench_run_rsp *rsp)
{
	return one->f->cpus && one->n > 1 && b->alone && b->raw_alone &&
	       rsp->kddm.p50 && rsp->raw.p50;
}

static double scale(const struct bench *b, const struct one *one,
		    const struct kddm_bench_run_rsp *rsp)
{
	return (double)one->n * b->alone / rsp->kddm.p50;
}

static double raw_scale(const struct bench *b, const struct one *one,
			const struct kddm_bench_run_rsp *rsp)
{
	return (double)one->n * b->raw_alone / rsp->raw.p50;
}

static void machine(const struct bench *b)
{
	char line[256], model[128] = "unknown";
	struct utsname uts = { };
	FILE *f = fopen("/proc/cpuinfo", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "model name : %127[^\n]", model) == 1)
			break;
	if (f)
		fclose(f);
	uname(&uts);
	if (b->ctl->json) {
		json_open("machine", '{');
		json_string("system", uts.sysname);
		json_string("release", uts.release);
		json_string("architecture", uts.machine);
		json_string("processor", model);
		json_number("cpus", b->cpus);
		json_close();
	} else {
		printf("%s %s %s, %s, %u CPUs here\n", uts.sysname,
		       uts.release, uts.machine, printable(model), b->cpus);
	}
}

static void head(const struct bench *b)
{
	unsigned int i;

	if (b->ctl->json)
		json_open(NULL, '{');
	machine(b);
	if (b->ctl->json) {
		json_number("node", b->self);
		json_open("peers", '[');
		for (i = 0; i < b->nr; i++)
			json_number(NULL, b->peers[i]);
		json_close();
		json_open("cases", '[');
		return;
	}
	printf("node %llu, with", b->self);
	for (i = 0; i < b->nr; i++)
		printf(" %llu", b->peers[i]);
	printf("%s\n\n%-13s %5s %-5s %1s %9s %9s %9s %9s %9s %9s %6s\n",
	       b->nr ? "" : " no other", "case", "bytes", "home", "n",
	       "mean us", "p50 us", "p99 us", "max us", "ops/s", "raw p50",
	       "ratio");
}

static void times_json(const char *key, const struct kddm_bench_times *t)
{
	json_open(key, '{');
	json_number("ops", t->ops);
	json_decimal("mean", ns(t->mean));
	json_decimal("p50", ns(t->p50));
	json_decimal("p99", ns(t->p99));
	json_decimal("max", ns(t->longest));
	json_number("rate", t->rate);
	json_close();
}

static void show_json(const struct bench *b, const struct one *one,
		      unsigned int needs,
		      const struct kddm_bench_run_rsp *rsp)
{
	json_open(NULL, '{');
	json_string("case", kddm_bench_kind_str(one->f->kind));
	json_number("size", one->size);
	json_string("home", one->away ? "away" : "here");
	if (one->n)
		json_number(one->f->cpus ? "cpus" : "copies", one->n);
	if (rsp) {
		times_json("kddm", &rsp->kddm);
		times_json("raw", &rsp->raw);
		json_decimal("ratio", ratio(one, rsp));
		if (scales(b, one, rsp)) {
			json_decimal("scale", scale(b, one, rsp));
			json_decimal("raw_scale", raw_scale(b, one, rsp));
		}
	} else {
		json_number("needs", needs);
	}
	json_close();
}

static void show_text(const struct bench *b, const struct one *one,
		      unsigned int needs,
		      const struct kddm_bench_run_rsp *rsp)
{
	const struct kddm_bench_times *t;

	printf("%-13s %5u %-5s ", kddm_bench_kind_str(one->f->kind), one->size,
	       one->away ? "away" : "here");
	if (one->n)
		printf("%1u ", one->n);
	else
		printf("- ");
	if (!rsp) {
		printf("needs %u %s\n", needs, one->f->cpus ? "CPUs" :
		       "other nodes");
		return;
	}
	t = &rsp->kddm;
	printf("%9.3f %9.3f %9.3f %9.3f %9llu %9.3f %6.2f\n",
	       ns(t->mean) / 1e3, ns(t->p50) / 1e3, ns(t->p99) / 1e3,
	       ns(t->longest) / 1e3, t->rate, ns(rsp->raw.p50) / 1e3,
	       ratio(one, rsp));
	if (scales(b, one, rsp))
		printf("%14s%u CPUs: %.2f x as much, reference %.2f x\n", "",
		       one->n, scale(b, one, rsp), raw_scale(b, one, rsp));
}

/* @rsp: NULL if the machines are too few, or the CPUs */
static int show(struct bench *b, const struct one *one, unsigned int needs,
		const struct kddm_bench_run_rsp *rsp)
{
	if (b->ctl->json)
		show_json(b, one, needs, rsp);
	else
		show_text(b, one, needs, rsp);
	/* As it comes: that is the progress. */
	return output_end(b->ctl);
}

/* The cases */

static int measure(struct bench *b, const struct one *one)
{
	struct kddm_bench_run_req *req = kddm_bench_run_req_alloc();
	struct kddm_bench_run_rsp *rsp;
	__u64 *peers = calloc(PEERS_MAX, sizeof(*peers));
	int ret;

	if (!req || !peers)
		return ctl_error(b->ctl, "out of memory");
	kddm_bench_run_req_set_kind(req, one->f->kind);
	kddm_bench_run_req_set_size(req, one->size);
	if (one->away)
		kddm_bench_run_req_set_away(req);
	if (one->n && one->f->cpus)
		kddm_bench_run_req_set_cpus(req, one->n);
	else if (one->n)
		kddm_bench_run_req_set_copies(req, one->n);
	if (b->rounds)
		kddm_bench_run_req_set_rounds(req, b->rounds);
	if (b->count)
		kddm_bench_run_req_set_count(req, b->count);
	memcpy(peers, b->peers, sizeof(b->peers));
	__kddm_bench_run_req_set_peer(req, peers, b->nr);
	rsp = kddm_bench_run(b->ctl->ys, req);
	kddm_bench_run_req_free(req);
	if (!rsp)
		return ctl_failed(b->ctl);
	if (one->f->cpus && one->n == 1) {
		b->alone = rsp->kddm.p50;
		b->raw_alone = rsp->raw.p50;
	}
	ret = show(b, one, 0, rsp);
	kddm_bench_run_rsp_free(rsp);
	return ret;
}

static int run_one(struct bench *b, const struct one *one)
{
	unsigned int needs;

	if (one->f->cpus) {
		if (one->n > b->cpus)
			return show(b, one, one->n, NULL);
	} else {
		needs = one->f->peers + one->n;
		if (needs > b->nr)
			return show(b, one, needs, NULL);
	}
	return measure(b, one);
}

static int run_family(struct bench *b, const struct family *f)
{
	unsigned int most = f->most;
	struct one one = { .f = f };
	const unsigned int *size;
	int ret = 0, away;

	b->alone = 0;
	b->raw_alone = 0;
	if (f->least && most == ANY) {
		most = b->nr - f->peers;
		if (most < f->least)
			most = f->least;
	}
	for (size = f->sizes; *size; size++) {
		if (b->size && b->size != *size)
			continue;
		one.size = *size;
		for (away = 0; away <= f->homes; away++) {
			one.away = away;
			for (one.n = f->least; !ret && one.n <= most; one.n++)
				ret = run_one(b, &one);
		}
	}
	return ret;
}

/* Is there one that the user wants? */
static bool any(const struct bench *b)
{
	const struct family *f;
	const unsigned int *size;

	for (f = families; f->kind; f++)
		for (size = f->sizes; *size; size++)
			if ((!b->kind || b->kind == f->kind) &&
			    (!b->size || b->size == *size))
				return true;
	return false;
}

static int run_all(struct bench *b)
{
	const struct family *f;
	int ret = 0;

	if (!any(b))
		return usage_error(b->ctl, "no such case has %llu bytes",
				   b->size);
	head(b);
	for (f = families; f->kind && !ret; f++)
		if (!b->kind || b->kind == f->kind)
			ret = run_family(b, f);
	if (b->ctl->json) {
		json_close();
		json_close();
	}
	return ret ? ret : output_end(b->ctl);
}

int cmd_bench(struct ctl *ctl, struct args *args)
{
	struct bench b = { .ctl = ctl };
	int ret;

	if (!options(&b, args))
		return EXIT_USAGE;
	b.cpus = sysconf(_SC_NPROCESSORS_ONLN);
	ret = ctl_connect(ctl);
	if (!ret)
		ret = find_nodes(&b);
	if (!ret)
		ret = ctl_connect_bench(ctl);
	if (!ret)
		ret = run_all(&b);
	/* What follows in a batch needs the other family. */
	ctl_close(ctl);
	return ret;
}
