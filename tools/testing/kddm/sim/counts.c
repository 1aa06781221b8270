// SPDX-License-Identifier: GPL-2.0-only
/*
 * counts: how many messages each operation takes, and how many of them one
 * after the other, for clusters with up to 8 copies.
 *
 * Messages are delivered in rounds: all that are on the way at once.
 */
#include <stdlib.h>
#include <string.h>
#include "carry.h"
#include "show.h"

#define NODES	10

static struct model_cfg cfg = {
	.nodes = NODES,
	.users = 2,
	.stride = 1,
	.max_hops = 2 * NODES,
	.ops = MODEL_GET | MODEL_GRAB | MODEL_NOCREATE | MODEL_REMOVE |
	       MODEL_DROP,
	.carry = carry,
};

static struct model m;
static unsigned int passed, failed, rounds;

static u64 total(void)
{
	u64 n = 0;
	int i;

	for (i = 0; i < KDDM_EV_NR; i++)
		n += m.sent[i];
	return n;
}

/* First contents are made in no time. */
static void fill(void)
{
	struct model_move mv = { .type = MOVE_FILLED };

	for (mv.a = 0; mv.a < NODES && !m.error; mv.a++)
		if (m.node[mv.a].co.state == KDDM_CO_FILL)
			model_do(&m, &mv);
}

/* Deliver until there is nothing left. */
static void settle(void)
{
	u16 busy[NODES * NODES], nr, i;

	fill();
	for (rounds = 0; m.nr_busy && !m.error; rounds++) {
		u16 len[MODEL_NODES * MODEL_NODES] = { 0 };

		nr = m.nr_busy;
		memcpy(busy, m.busy, nr * sizeof(busy[0]));
		for (i = 0; i < nr; i++) {
			u16 k = m.head[busy[i] / MODEL_NODES]
				      [busy[i] % MODEL_NODES];

			for (; k; k = m.msg[k].next)
				len[i]++;
		}
		for (i = 0; i < nr; i++) {
			struct model_move mv = {
				MOVE_DELIVER, busy[i] / MODEL_NODES,
				busy[i] % MODEL_NODES
			};

			while (len[i]--)
				model_do(&m, &mv);
		}
		fill();
		model_check(&m);
	}
}

static void move(u8 type, u16 node, u8 op)
{
	struct model_move mv = { type, node, op };

	model_do(&m, &mv);
	if (type != MOVE_START)
		settle();
}

/* Make a move and compare what it takes until all is at rest. */
static void expect_move(const char *what, u8 type, u16 node, u8 op,
			u64 messages, unsigned int in_a_row)
{
	struct model_move mv = { type, node, op };
	u64 before = total();
	bool ok;

	model_do(&m, &mv);
	settle();
	model_check_rest(&m);
	ok = !m.error && total() - before == messages && rounds == in_a_row;
	printf("%s - %s: %llu messages, %u in a row\n", ok ? "ok" : "not ok",
	       what, total() - before, rounds);
	if (!ok)
		printf("# expected %llu and %u%s%s\n", messages, in_a_row,
		       m.error ? ": " : "", m.error ? m.error : "");
	passed += ok;
	failed += !ok;
}

static void expect(const char *what, u16 node, u8 op, u64 messages,
		   unsigned int in_a_row)
{
	expect_move(what, MOVE_START, node, op, messages, in_a_row);
}

static void get_put(u16 node)
{
	move(MOVE_START, node, 0);
	settle();
	move(MOVE_PUT, node, 0);
}

/* A cluster in which node 1 owns the object and @k others have copies. */
static void start(unsigned int k)
{
	unsigned int i;

	model_init(&m, &cfg);
	move(MOVE_START, 1, MODEL_OP_GRAB);
	settle();
	move(MOVE_PUT, 1, 0);
	for (i = 0; i < k; i++)
		get_put(2 + i);
}

static void with_copies(unsigned int k)
{
	char what[100];

	start(k);
	snprintf(what, sizeof(what), "get, %u copies, hint right", k);
	if (k)
		move(MOVE_START, 1, MODEL_OP_GRAB);
	settle();
	if (k)
		move(MOVE_PUT, 1, 0);
	if (k)
		expect(what, 2, 0, 2, 2);
	start(k);
	snprintf(what, sizeof(what), "grab, %u copies, by way of home", k);
	expect(what, NODES - 1, MODEL_OP_GRAB, 3 + 2 * k, k ? 4 : 3);
	start(k);
	snprintf(what, sizeof(what), "grab, %u copies, hint right", k);
	expect(what, 0, MODEL_OP_GRAB, 2 + 2 * k, k ? 3 : 2);
	start(k);
	snprintf(what, sizeof(what), "grab by the owner, %u copies", k);
	expect(what, 1, MODEL_OP_GRAB, 2 * k, k ? 2 : 0);
	if (!k)
		return;
	start(k);
	snprintf(what, sizeof(what), "grab by one of %u sharers", k);
	expect(what, 2, MODEL_OP_GRAB, 2 + 2 * (k - 1), k > 1 ? 3 : 2);
}

static void without_copies(void)
{
	model_init(&m, &cfg);
	expect("first grab, at home", 0, MODEL_OP_GRAB, 0, 0);
	model_init(&m, &cfg);
	expect("first get, at home", 0, 0, 0, 0);
	model_init(&m, &cfg);
	expect("first grab, elsewhere", 1, MODEL_OP_GRAB, 2, 2);
	model_init(&m, &cfg);
	expect("first get, elsewhere", 1, 0, 4, 4);
	cfg.touch_home = true;
	model_init(&m, &cfg);
	expect("first get, elsewhere, made at home", 1, 0, 2, 2);
	model_init(&m, &cfg);
	expect("first grab, elsewhere, made at home", 1, MODEL_OP_GRAB, 2, 2);
	cfg.touch_home = false;
	model_init(&m, &cfg);
	expect("get of nothing", 1, MODEL_OP_NOCREATE, 2, 2);
	start(1);
	expect("get of a copy that is here", 2, 0, 0, 0);
	start(1);
	expect("get by the owner", 1, 0, 0, 0);
	start(0);
	expect("grab by the owner", 1, MODEL_OP_GRAB, 0, 0);
}

/* What is dropped, put and removed. */
static void letting_go(void)
{
	start(2);
	expect_move("flush of a copy", MOVE_DROP, 2, 0, 0, 0);
	start(2);
	move(MOVE_START, 2, 0);
	expect_move("put of a get", MOVE_PUT, 2, 0, 0, 0);
	start(2);
	move(MOVE_START, 1, MODEL_OP_GRAB);
	settle();
	expect_move("put of a grab", MOVE_PUT, 1, 0, 0, 0);
	/* One message, and home fetches the absence with two more. */
	start(0);
	move(MOVE_START, 1, MODEL_OP_GRAB);
	expect_move("remove", MOVE_REMOVE, 1, 0, 3, 3);
}

/* The nodes with the lowest numbers keep what was put; so does the writer. */
static void replicated(unsigned int r)
{
	char what[100];

	cfg.replicas = r;
	model_init(&m, &cfg);
	move(MOVE_START, 0, MODEL_OP_GRAB);
	settle();
	snprintf(what, sizeof(what), "put of a grab, %u replicas", r);
	expect_move(what, MOVE_PUT, 0, 0, 2 * (r - 1), r > 1 ? 2 : 0);
	model_init(&m, &cfg);
	move(MOVE_START, NODES - 1, MODEL_OP_GRAB);
	settle();
	snprintf(what, sizeof(what), "put of a grab, %u replicas elsewhere", r);
	expect_move(what, MOVE_PUT, NODES - 1, 0, 2 * r, 2);
	cfg.replicas = 0;
}

int main(void)
{
	unsigned int k;

	without_copies();
	for (k = 0; k <= 8 && k < NODES - 2; k++)
		with_copies(k);
	letting_go();
	for (k = 2; k < NODES - 1; k++)
		replicated(k);
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
