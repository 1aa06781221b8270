// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer over the machine of view changes: one node among others that come
 * and go as the input says, and send whatever the decoder lets through.
 *
 * Whatever comes, the machine stays within its memory, is in an attempt of
 * somebody or in none, sends nothing to itself, and sends what others can read.
 */
#include "fuzz.h"
#include "viewchange.h"

#define SELF	3
#define OTHERS	12	/* ids below, most of the time */

static struct kddm_vc vc;
static struct kddm_vc_out out;
static struct kddm_vc_msg msg, sent;
static uint8_t wire[KDDM_VC_ROOM];
static const uint8_t *input;
static size_t left;

/* What the input has at this place; 0 when it is at its end. */
static u8 chosen(void)
{
	if (!left)
		return 0;
	left--;
	return *input++;
}

static u16 other_node(void)
{
	u8 c = chosen();
	u16 n = c & 128 ? c % KDDM_VC_NODES : c % OTHERS;

	return n == SELF ? 0 : n;
}

/* Near what counts, or anything. */
static u32 any_epoch(u32 near)
{
	u8 c = chosen();

	return c == 255 ? 0xffffffff : c & 128 ? near + (c & 3) - 1 :
	       c & 64 ? near : c;
}

static u64 any_lineage(void)
{
	u8 c = chosen();

	return c & 128 ? vc.lineage : c & 7;
}

static void any_set(struct kddm_vc_set *set)
{
	set->w[0] = chosen() | chosen() << 8;
	if (chosen() & 1)
		set->w[0] |= 1ULL << (chosen() % 64);
}

/* Members are in the incarnation in which they are in reach, or another. */
static void any_view(struct kddm_vc_view *v)
{
	u16 who = chosen() | chosen() << 8, n;
	u8 wrong = chosen();

	v->epoch = any_epoch(vc.promised);
	v->lineage = any_lineage();
	v->policy = chosen() & 3;
	for (n = 0; n < OTHERS; n++)
		if (who & 1 << n)
			v->inc[n] = vc.inc[n] ? vc.inc[n] : 1;
	if (wrong & 128)
		v->inc[wrong % KDDM_VC_NODES] = 7;
}

/* One that can be written; @sent is where to. */
static size_t any_message(void)
{
	int i, len;

	memset(&sent, 0, sizeof(sent));
	sent.type = chosen() % KDDM_VC_NR_TYPES;
	sent.flags = chosen();
	sent.epoch = any_epoch(vc.promised);
	sent.seen = any_epoch(vc.seen);
	sent.lineage = any_lineage();
	if (sent.type == KDDM_VC_PROMISE)
		sent.nr_pends = chosen() % (KDDM_VC_PENDS + 1);
	if (sent.type == KDDM_VC_PROPOSE)
		sent.nr_pends = chosen() % (KDDM_VC_SEEN + 1);
	switch (sent.type) {
	case KDDM_VC_PROMISE:
	case KDDM_VC_PROPOSE:
		any_set(&sent.reach);
		any_view(&sent.base);
		for (i = 0; i < sent.nr_pends; i++)
			any_view(&sent.pend[i]);
		any_view(&sent.view);
		break;
	case KDDM_VC_NOTICE:
	case KDDM_VC_INVITE:
		any_view(&sent.view);
		break;
	}
	len = kddm_vc_encode(&sent, wire, sizeof(wire));
	CHECK(len > 0);
	return len;
}

/* Any bytes. */
static size_t any_bytes(void)
{
	size_t len = chosen(), i;

	for (i = 0; i < len; i++)
		wire[i] = chosen();
	return len;
}

static void receive(u16 src, size_t len, bool must)
{
	uint8_t *tight = malloc(len + !len);
	int err;

	if (!tight)
		return;
	memcpy(tight, wire, len);
	err = kddm_vc_decode(tight, len, &msg);
	free(tight);
	CHECK(!err || !must);
	if (err)
		return;
	err = kddm_vc_receive(&vc, src, &msg, &out);
	CHECK(!err || !vc.inc[src]);
}

/* What it sends can be read. */
static void carry_out(void)
{
	int i, len;

	CHECK(out.nr <= KDDM_VC_ACTIONS);
	for (i = 0; i < out.nr; i++) {
		CHECK(!kddm_vc_empty(&out.send[i].to));
		CHECK(!kddm_vc_has(&out.send[i].to, SELF));
		kddm_vc_message(&vc, &out.send[i], &sent);
		len = kddm_vc_encode(&sent, wire, sizeof(wire));
		CHECK(len > 0 && !kddm_vc_decode(wire, len, &msg));
	}
}

static void one(void)
{
	u8 what = chosen() % 12;
	u16 n = other_node();

	out.nr = 0;
	if (what == 0 && vc.inc[n])
		kddm_vc_down(&vc, n, &out);
	else if (what <= 2 && !vc.inc[n])
		kddm_vc_up(&vc, n, 1 + chosen() % 4, &out);
	else if (what == 1 && !vc.started)
		kddm_vc_start(&vc, &out);
	else if (what == 2 && !vc.leaving && n == OTHERS - 1)
		kddm_vc_leave(&vc, &out);
	else if (what == 3)
		kddm_vc_reconciled(&vc, vc.promised, &out);
	else if (what == 4)
		receive(n, any_bytes(), false);
	else
		receive(n, any_message(), true);
	carry_out();
	CHECK(vc.phase <= KDDM_VC_GONE && vc.nr_pends <= KDDM_VC_PENDS);
	CHECK(vc.phase == KDDM_VC_IDLE || vc.phase == KDDM_VC_GONE ||
	      vc.proposer < KDDM_VC_NODES);
	CHECK(!vc.role || vc.proposer == SELF);
	CHECK(vc.promised <= vc.seen && vc.inc[SELF] == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	input = data;
	left = size;
	memset(&vc, 0, sizeof(vc));
	kddm_vc_init(&vc, SELF, 1);
	vc.founders = 1 + chosen() % 3;
	vc.policy = chosen() & 3;
	while (left && vc.phase != KDDM_VC_GONE)
		one();
	return 0;
}
