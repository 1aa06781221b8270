// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcscale: what a change of the view costs in a large cluster.
 *
 * All nodes run the machine of viewchange.h as it is in the kernel; a message
 * travels as its bytes, in one line for all, so that those between two nodes
 * stay in order.  For clusters of growing size one node crashes, is started
 * again, or leaves; the others notice at once, or one after the other while
 * messages are already on their way.  What a node sends and takes may grow with
 * the number of nodes, but not faster.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <linux/types.h>
#include "viewchange.h"

#define CHANNELS	2	/* of objects: so many marks */
#define HEADER		36	/* of each message on the wire */

/* The bytes of a message, which many may get. */
struct body {
	unsigned int	users;
	int		len;
	u8		type;
	u8		bytes[];
};

struct letter {
	u16		src;
	u16		dst;
	u32		life;		/* of both, when it was sent */
	struct body	*body;
};

/**
 * struct cluster - all nodes
 * @nodes: how many
 * @vc: machines, NULL for a node that is down
 * @life: how often each one was started
 * @post: letters on the way, a ring
 * @first: the next to arrive
 * @nr: how many
 * @room: of @post
 * @sent: messages since the last reset
 * @bytes: of these, headers included
 * @load: messages that a node has sent and taken
 * @seed: of the random choices
 */
static struct cluster {
	u16			nodes;
	struct kddm_vc		*vc[KDDM_VC_NODES];
	u32			life[KDDM_VC_NODES];
	struct letter		*post;
	size_t			first;
	size_t			nr;
	size_t			room;
	unsigned long long	sent;
	unsigned long long	bytes;
	unsigned long long	load[KDDM_VC_NODES];
	unsigned int		seed;
} c;

static struct kddm_vc_msg msg;
static u8 buffer[KDDM_VC_ROOM];

static void fail(const char *why)
{
	printf("ERROR: %s\n", why);
	exit(1);
}

static u32 inc_of(u16 n)
{
	return (n + 1) * 1000 + c.life[n];
}

static void put(struct body *body)
{
	if (!--body->users)
		free(body);
}

static void post_one(u16 src, u16 dst, struct body *body)
{
	unsigned int copies = body->type == KDDM_VC_MARK ? CHANNELS : 1;
	size_t len = body->type == KDDM_VC_MARK ? 4 : body->len;

	c.sent += copies;
	c.bytes += copies * (HEADER + len);
	c.load[src] += copies;
	c.load[dst] += copies;
	if (c.nr == c.room)
		fail("too many messages on the way");
	body->users++;
	c.post[(c.first + c.nr++) % c.room] = (struct letter) {
		src, dst, c.life[src] + c.life[dst], body
	};
}

static void carry_out(u16 src, const struct kddm_vc_out *out)
{
	const struct kddm_vc_send *s;
	struct body *body;
	u16 i, dst;
	int len;

	for (i = 0; i < out->nr; i++) {
		s = &out->send[i];
		kddm_vc_message(c.vc[src], s, &msg);
		len = kddm_vc_encode(&msg, buffer, sizeof(buffer));
		if (len < 0)
			fail("a message that cannot be written");
		body = malloc(sizeof(*body) + len);
		if (!body)
			fail("no memory");
		body->users = 1;
		body->len = len;
		body->type = s->type;
		memcpy(body->bytes, buffer, len);
		for (dst = 0; dst < c.nodes; dst++)
			if (kddm_vc_has(&s->to, dst))
				post_one(src, dst, body);
		put(body);
	}
}

/* A node that has been told to reconcile does so at once. */
static void reconcile(u16 n)
{
	struct kddm_vc_out out;
	u32 epoch = c.vc[n]->promised;

	if (c.vc[n]->phase != KDDM_VC_RECONCILE)
		return;
	kddm_vc_reconciled(c.vc[n], epoch, &out);
	carry_out(n, &out);
}

static void deliver(void)
{
	struct letter l = c.post[c.first];
	struct kddm_vc_out out;
	u8 before;

	c.first = (c.first + 1) % c.room;
	c.nr--;
	if (c.vc[l.dst] && c.vc[l.src] &&
	    l.life == c.life[l.src] + c.life[l.dst] &&
	    c.vc[l.dst]->inc[l.src] == inc_of(l.src)) {
		if (kddm_vc_decode(l.body->bytes, l.body->len, &msg))
			fail("a message that cannot be read");
		before = c.vc[l.dst]->phase;
		if (kddm_vc_receive(c.vc[l.dst], l.src, &msg, &out))
			fail("a message refused");
		carry_out(l.dst, &out);
		if (before != KDDM_VC_RECONCILE)
			reconcile(l.dst);
	}
	put(l.body);
}

static void drain(void)
{
	while (c.nr)
		deliver();
}

/* Some, if the others are to notice one after the other. */
static void drain_some(bool mixed)
{
	size_t some = mixed ? rand_r(&c.seed) % 64 : 0;

	while (c.nr && some--)
		deliver();
}

static void boot(u16 n)
{
	c.vc[n] = calloc(1, sizeof(*c.vc[n]));
	if (!c.vc[n])
		fail("no memory");
	c.life[n]++;
	kddm_vc_init(c.vc[n], n, inc_of(n));
}

/* All are members of a served view. */
static void form(u16 nodes)
{
	struct kddm_vc *vc;
	u16 n, k;

	c.nodes = nodes;
	for (n = 0; n < nodes; n++)
		boot(n);
	for (n = 0; n < nodes; n++) {
		vc = c.vc[n];
		vc->started = true;
		vc->serving = true;
		vc->member = true;
		vc->seen = KDDM_VC_NODES;
		vc->promised = KDDM_VC_NODES;
		vc->lineage = (u64)inc_of(0) << 32 | KDDM_VC_NODES;
		vc->last.epoch = KDDM_VC_NODES;
		vc->last.lineage = vc->lineage;
		for (k = 0; k < nodes; k++) {
			vc->inc[k] = inc_of(k);
			vc->last.inc[k] = vc->inc[k];
		}
	}
}

static void disband(void)
{
	u16 n;

	for (n = 0; n < c.nodes; n++) {
		free(c.vc[n]);
		c.vc[n] = NULL;
	}
}

static void down(u16 n, bool mixed)
{
	struct kddm_vc_out out;
	u16 k;

	free(c.vc[n]);
	c.vc[n] = NULL;
	for (k = 0; k < c.nodes; k++) {
		if (!c.vc[k] || !c.vc[k]->inc[n])
			continue;
		kddm_vc_down(c.vc[k], n, &out);
		carry_out(k, &out);
		drain_some(mixed);
	}
	drain();
}

static void up(u16 n, bool mixed)
{
	struct kddm_vc_out out;
	u16 k;

	boot(n);
	for (k = 0; k < c.nodes; k++) {
		if (k == n)
			continue;
		kddm_vc_up(c.vc[n], k, inc_of(k), &out);
		carry_out(n, &out);
		kddm_vc_up(c.vc[k], n, inc_of(n), &out);
		carry_out(k, &out);
		drain_some(mixed);
	}
	kddm_vc_start(c.vc[n], &out);
	carry_out(n, &out);
	drain();
}

static void leave(u16 n, bool mixed)
{
	struct kddm_vc_out out;

	kddm_vc_leave(c.vc[n], &out);
	carry_out(n, &out);
	drain();
	if (c.vc[n]->phase != KDDM_VC_GONE)
		fail("who wants to go cannot");
	/* Then it is out of reach, which is no news to the others. */
	down(n, mixed);
}

/* Every node that is there serves the same view of just these. */
static void check(void)
{
	const struct kddm_vc *first = NULL;
	u16 n, k;

	for (n = 0; n < c.nodes; n++) {
		if (!c.vc[n])
			continue;
		if (!first)
			first = c.vc[n];
		if (!c.vc[n]->serving)
			fail("a node does not serve");
		if (memcmp(&c.vc[n]->last, &first->last,
			   sizeof(first->last)))
			fail("two views");
	}
	for (k = 0; k < c.nodes; k++)
		if (first->last.inc[k] != (c.vc[k] ? inc_of(k) : 0))
			fail("the view is not who is there");
}

/* What one change took, for each node and each node of the cluster. */
struct cost {
	double	messages;
	double	bytes;
};

static struct cost change(const char *what, void (*fn)(u16 n, bool mixed),
			  u16 n, bool mixed)
{
	unsigned long long most = 0;
	clock_t start = clock();
	struct cost cost;
	u16 k;

	c.sent = 0;
	c.bytes = 0;
	memset(c.load, 0, sizeof(c.load));
	fn(n, mixed);
	check();
	for (k = 0; k < c.nodes; k++)
		if (c.load[k] > most)
			most = c.load[k];
	cost.messages = (double)c.sent / c.nodes / c.nodes;
	cost.bytes = (double)c.bytes / c.nodes / c.nodes;
	printf("%5u nodes, %-22s %9llu messages, %11llu bytes; ", c.nodes,
	       what, c.sent, c.bytes);
	printf("a node: %6llu at most, for each other %.1f and %.0f; %.1f s\n",
	       most, cost.messages, cost.bytes,
	       (double)(clock() - start) / CLOCKS_PER_SEC);
	return cost;
}

enum { CRASH, JOIN, LOWEST, AGAIN, LEAVE, MIXED, NR_COSTS };

static void measure(u16 nodes, struct cost *cost)
{
	u16 last = nodes - 1;

	form(nodes);
	cost[CRASH] = change("one crashes", down, last, false);
	cost[JOIN] = change("it joins", up, last, false);
	cost[LOWEST] = change("the lowest crashes", down, 0, false);
	cost[AGAIN] = change("it joins", up, 0, false);
	cost[LEAVE] = change("one leaves", leave, nodes / 2, false);
	cost[MIXED] = change("one crashes, bit by bit", down, last, true);
	disband();
}

int main(int argc, char **argv)
{
	struct cost first[NR_COSTS], cost[NR_COSTS];
	unsigned int most = 256, nodes;
	int opt, i, bad = 0;

	c.seed = 1;
	while ((opt = getopt(argc, argv, "n:s:h")) != -1) {
		switch (opt) {
		case 'n':
			most = atoi(optarg);
			break;
		case 's':
			c.seed = atoi(optarg);
			break;
		default:
			puts("vcscale [-n NODES (256)] [-s SEED]");
			return opt == 'h' ? 0 : 2;
		}
	}
	if (most < 32 || most > KDDM_VC_NODES)
		return 2;
	c.room = 4096 + 8UL * most * most;
	c.post = calloc(c.room, sizeof(*c.post));
	if (!c.post)
		fail("no memory");
	measure(32, first);
	for (nodes = 64; nodes <= most; nodes *= 4) {
		measure(nodes, cost);
		for (i = 0; i < NR_COSTS; i++)
			bad |= cost[i].messages > 1.5 * first[i].messages ||
			       cost[i].bytes > 1.5 * first[i].bytes;
	}
	free(c.post);
	if (bad)
		fail("a node's part grows faster than the cluster");
	return 0;
}
