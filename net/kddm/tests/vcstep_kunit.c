// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of view changes, step by step: what one node does with one message, and
 * whom it tells.
 */
#include <kunit/test.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include "vcmodel.h"
#include "../viewchange_int.h"

static bool sends(const struct kddm_vc_out *out, u8 type, u16 to)
{
	u8 i;

	for (i = 0; i < out->nr; i++)
		if (out->send[i].type == type &&
		    kddm_vc_has(&out->send[i].to, to))
			return true;
	return false;
}

/*
 * The model as @cfg says, and a message; or NULL, when the test has failed.
 * Both are freed with vfree().
 */
static struct vcm *model_of(struct kunit *test, const struct vcm_cfg *cfg,
			    struct kddm_vc_msg **msg)
{
	struct vcm *m = vzalloc(sizeof(*m));

	*msg = vzalloc(sizeof(**msg));
	KUNIT_EXPECT_NOT_NULL(test, m);
	KUNIT_EXPECT_NOT_NULL(test, *msg);
	if (m && *msg) {
		vcm_init(m, cfg);
		return m;
	}
	vfree(m);
	vfree(*msg);
	return NULL;
}

/* Who leaves says so when it is asked; an old member hears of the new view. */
static void tell(struct kunit *test)
{
	static const struct vcm_cfg cfg = { .nodes = 3, .formed = true };
	struct kddm_vc_out out = { };
	struct kddm_vc_msg *msg;
	struct vcm *m;

	m = model_of(test, &cfg, &msg);
	if (!m)
		return;
	kddm_vc_leave(&m->node[1], &out);
	KUNIT_EXPECT_TRUE(test, sends(&out, KDDM_VC_NOTICE, 0));
	msg->type = KDDM_VC_NOTICE;
	msg->flags = KDDM_VC_FRESH;
	KUNIT_EXPECT_EQ(test, kddm_vc_receive(&m->node[1], 2, msg, &out), 0);
	KUNIT_EXPECT_TRUE(test, sends(&out, KDDM_VC_NOTICE, 2));
	KUNIT_EXPECT_FALSE(test, sends(&out, KDDM_VC_NOTICE, 0));

	m->node[0].last.inc[2] = 0;
	m->node[0].inc[2] = 0;
	kddm_vc_up(&m->node[0], 2, vcm_inc(m, 2), &out);
	KUNIT_EXPECT_TRUE(test, sends(&out, KDDM_VC_EXCLUDE, 2));
	vfree(m);
	vfree(msg);
}

/*
 * Who hears that its view is over tells the other members once, and whom it
 * meets, if the later one is committed; who is to have the later view does not
 * care who else is told.
 */
static void pass_on(struct kunit *test)
{
	static const struct vcm_cfg cfg = { .nodes = 4, .formed = true };
	struct kddm_vc_out out = { };
	struct kddm_vc_msg *msg;
	struct kddm_vc *vc;
	struct vcm *m;

	m = model_of(test, &cfg, &msg);
	if (!m)
		return;
	vc = &m->node[1];
	kddm_vc_down(vc, 3, &out);
	KUNIT_EXPECT_TRUE(test, vc->serving);
	vc->need = false;
	msg->type = KDDM_VC_EXCLUDE;
	msg->lineage = vc->lineage;
	msg->epoch = 2 * KDDM_VC_NODES;
	KUNIT_EXPECT_EQ(test, kddm_vc_receive(vc, 2, msg, &out), 0);
	KUNIT_EXPECT_FALSE(test, vc->serving);
	KUNIT_EXPECT_FALSE(test, sends(&out, KDDM_VC_EXCLUDE, 0));
	KUNIT_EXPECT_TRUE(test, vc->need);
	msg->epoch = 3 * KDDM_VC_NODES;
	msg->flags = KDDM_VC_FINAL;
	KUNIT_EXPECT_EQ(test, kddm_vc_receive(vc, 2, msg, &out), 0);
	KUNIT_EXPECT_FALSE(test, vc->serving);
	KUNIT_EXPECT_TRUE(test, sends(&out, KDDM_VC_EXCLUDE, 0));
	KUNIT_EXPECT_FALSE(test, sends(&out, KDDM_VC_EXCLUDE, 2));
	KUNIT_EXPECT_FALSE(test, sends(&out, KDDM_VC_EXCLUDE, 3));
	KUNIT_EXPECT_EQ(test, kddm_vc_receive(vc, 0, msg, &out), 0);
	KUNIT_EXPECT_FALSE(test, sends(&out, KDDM_VC_EXCLUDE, 2));
	kddm_vc_up(vc, 3, vcm_inc(m, 3), &out);
	KUNIT_EXPECT_TRUE(test, sends(&out, KDDM_VC_EXCLUDE, 3));

	vc = &m->node[2];
	vc->phase = KDDM_VC_ACCEPTED;
	vc->proposer = 0;
	vc->promised = msg->epoch;
	KUNIT_EXPECT_EQ(test, kddm_vc_receive(vc, 3, msg, &out), 0);
	KUNIT_EXPECT_EQ(test, vc->phase, (u8)KDDM_VC_ACCEPTED);
	KUNIT_EXPECT_EQ(test, out.nr, (u8)0);
	vfree(m);
	vfree(msg);
}

/* A view that is not served yet when another one has followed never is. */
static void overtaken(struct kunit *test)
{
	static const struct vcm_cfg cfg = { .nodes = 3, .formed = true };
	struct kddm_vc_out out = { };
	struct kddm_vc_msg *msg;
	struct kddm_vc *vc;
	struct vcm *m;
	u8 later;

	for (later = 0; later < 2; later++) {
		m = model_of(test, &cfg, &msg);
		if (!m)
			return;
		vc = &m->node[2];
		vc->phase = KDDM_VC_RECONCILE;
		vc->serving = false;
		vc->proposer = 0;
		vc->promised = vc->last.epoch;
		msg->type = KDDM_VC_EXCLUDE;
		msg->flags = KDDM_VC_FINAL;
		msg->lineage = vc->lineage;
		msg->epoch = vc->last.epoch + later * KDDM_VC_NODES;
		KUNIT_EXPECT_EQ(test, kddm_vc_receive(vc, 1, msg, &out), 0);
		msg->type = KDDM_VC_RESUME;
		msg->epoch = vc->promised;
		KUNIT_EXPECT_EQ(test, kddm_vc_receive(vc, 0, msg, &out), 0);
		KUNIT_EXPECT_EQ(test, vc->phase, (u8)KDDM_VC_IDLE);
		KUNIT_EXPECT_EQ(test, vc->serving, !later);
		KUNIT_EXPECT_EQ(test, vc->need, !!later);
		vfree(m);
		vfree(msg);
	}
}

#define INVITED	(2 * KDDM_VC_NODES)	/* epoch of an attempt of node 0 */

/* Node 0 invites all that @vc reaches. */
static void invite(struct kunit *test, struct kddm_vc *vc,
		   struct kddm_vc_msg *msg, struct kddm_vc_out *out)
{
	memset(msg, 0, sizeof(*msg));
	msg->type = KDDM_VC_INVITE;
	msg->epoch = INVITED;
	memcpy(msg->view.inc, vc->inc, sizeof(vc->inc));
	KUNIT_EXPECT_EQ(test, kddm_vc_receive(vc, 0, msg, out), 0);
}

/* Nothing came of that. */
static void cancel(struct kunit *test, struct kddm_vc *vc,
		   struct kddm_vc_msg *msg, u8 flags, struct kddm_vc_out *out)
{
	memset(msg, 0, sizeof(*msg));
	msg->type = KDDM_VC_CANCEL;
	msg->epoch = INVITED;
	msg->flags = flags;
	KUNIT_EXPECT_EQ(test, kddm_vc_receive(vc, 0, msg, out), 0);
}

static u8 flags_of(const struct kddm_vc_out *out, u8 type)
{
	u8 i;

	for (i = 0; i < out->nr; i++)
		if (out->send[i].type == type)
			return out->send[i].flags;
	return 0;
}

/*
 * What a node promises that serves its view and has lost sight of node 2 for a
 * moment, which is a member, or (@other) of another node that is none.
 */
static void blink(struct kunit *test, bool other, bool serving)
{
	static const struct vcm_cfg cfg = { .nodes = 3, .formed = true };
	struct kddm_vc_out out = { };
	struct kddm_vc_msg *msg;
	struct kddm_vc *vc;
	struct vcm *m;

	m = model_of(test, &cfg, &msg);
	if (!m)
		return;
	vc = &m->node[1];
	if (other)
		vc->last.inc[2]++;
	kddm_vc_down(vc, 2, &out);
	kddm_vc_up(vc, 2, vcm_inc(m, 2), &out);
	KUNIT_EXPECT_TRUE(test, vc->serving);
	invite(test, vc, msg, &out);
	KUNIT_EXPECT_EQ(test,
			flags_of(&out, KDDM_VC_PROMISE) & KDDM_VC_SERVING,
			serving ? KDDM_VC_SERVING : 0);
	vfree(m);
	vfree(msg);
}

/* What was on its way is lost: the same members need another view. */
static void torn(struct kunit *test)
{
	blink(test, false, false);
	blink(test, true, true);
}

/* An attempt that fails has failed, though somebody has asked for one since. */
static void hopeless(struct kunit *test)
{
	static const struct vcm_cfg cfg = { .nodes = 3, .formed = true };
	struct kddm_vc_out out = { };
	struct kddm_vc_msg *msg;
	struct kddm_vc *vc;
	struct vcm *m;

	m = model_of(test, &cfg, &msg);
	if (!m)
		return;
	vc = &m->node[1];
	invite(test, vc, msg, &out);
	memset(msg, 0, sizeof(*msg));
	msg->type = KDDM_VC_NOTICE;
	KUNIT_EXPECT_EQ(test, kddm_vc_receive(vc, 2, msg, &out), 0);
	cancel(test, vc, msg, KDDM_VC_FUTILE, &out);
	KUNIT_EXPECT_EQ(test, kddm_vc_has(&vc->hopeless, 0), true);
	KUNIT_EXPECT_EQ(test, vc->role, (u8)KDDM_VC_PROMISE);
	vfree(m);
	vfree(msg);
}

/* All three reach each other; what does node @n say to the proposer? */
static void say(struct kunit *test, struct vcm *m, struct kddm_vc_msg *msg,
		u16 n, struct kddm_vc_out *out)
{
	struct kddm_vc *vc = &m->node[0];
	u16 k;

	msg->type = KDDM_VC_PROMISE;
	msg->flags = KDDM_VC_SERVING;
	msg->epoch = vc->promised;
	msg->lineage = vc->lineage;
	msg->view = vc->last;
	for (k = 0; k < 3; k++)
		kddm_vc_add(&msg->reach, k);
	KUNIT_EXPECT_EQ(test, kddm_vc_receive(vc, n, msg, out), 0);
}

/*
 * Node 2 has accepted a view of a node that is gone, and may have served it.
 * All are there who serve the view before that, and do so no more, unless
 * anybody may go on alone.
 */
static void doubt(struct kunit *test, u8 policy, bool serves)
{
	const struct vcm_cfg cfg = {
		.nodes = 3, .policy = policy, .formed = true,
	};
	struct kddm_vc_out out = { };
	struct kddm_vc_msg *msg;
	struct kddm_vc *vc;
	struct vcm *m;

	m = model_of(test, &cfg, &msg);
	if (!m)
		return;
	vc = &m->node[0];
	msg->type = KDDM_VC_NOTICE;
	KUNIT_EXPECT_EQ(test, kddm_vc_receive(vc, 1, msg, &out), 0);
	say(test, m, msg, 1, &out);
	msg->nr_pends = 1;
	msg->pend[0] = vc->last;
	msg->pend[0].epoch += KDDM_VC_NODES + 1;
	memset(msg->pend[0].inc, 0, sizeof(msg->pend[0].inc));
	msg->pend[0].inc[1] = vc->last.inc[1] + 100;
	say(test, m, msg, 2, &out);
	KUNIT_EXPECT_EQ(test, vc->phase, (u8)KDDM_VC_IDLE);
	KUNIT_EXPECT_EQ(test, vc->serving, serves);
	KUNIT_EXPECT_TRUE(test, sends(&out, KDDM_VC_CANCEL, 1));
	KUNIT_EXPECT_TRUE(test, sends(&out, KDDM_VC_CANCEL, 2));
	KUNIT_EXPECT_EQ(test, out.nr, (u8)1);
	KUNIT_EXPECT_EQ(test, !(out.send[0].flags & KDDM_VC_DOUBT), serves);

	vc = &m->node[1];
	invite(test, vc, msg, &out);
	KUNIT_EXPECT_TRUE(test, vc->serving);
	cancel(test, vc, msg, serves ? KDDM_VC_FINAL :
				       KDDM_VC_FINAL | KDDM_VC_DOUBT, &out);
	KUNIT_EXPECT_EQ(test, vc->serving, serves);
	vfree(m);
	vfree(msg);
}

static void doubts(struct kunit *test)
{
	doubt(test, KDDM_VC_MAJORITY, false);
	doubt(test, KDDM_VC_AUTO, false);
	doubt(test, KDDM_VC_TIEBREAK, false);
	doubt(test, KDDM_VC_NONE, true);
}

static struct kunit_case vcstep_cases[] = {
	KUNIT_CASE(tell),
	KUNIT_CASE(pass_on),
	KUNIT_CASE(overtaken),
	KUNIT_CASE(torn),
	KUNIT_CASE(hopeless),
	KUNIT_CASE(doubts),
	{}
};

static struct kunit_suite vcstep_suite = {
	.name = "kddm-viewchange-steps",
	.test_cases = vcstep_cases,
};

kunit_test_suite(vcstep_suite);
