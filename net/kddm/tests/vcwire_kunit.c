// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the messages of view changes: what is sent arrives, and what is not
 * one is refused or harmless.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/string.h>
#include "vcmodel.h"
#include "../viewchange_int.h"

static void a_view(struct kddm_vc_view *v, u32 epoch)
{
	v->epoch = epoch;
	v->lineage = 0x123456789abcdef0;
	v->policy = KDDM_VC_NONE;
	v->inc[0] = 7;
	v->inc[KDDM_VC_NODES - 1] = 0xffffffff;
}

static void a_message(struct kddm_vc_msg *msg, u8 type)
{
	memset(msg, 0, sizeof(*msg));
	msg->type = type;
	msg->flags = KDDM_VC_FINAL;
	msg->epoch = 9;
	msg->seen = 10;
	if (type == KDDM_VC_INVITE || type == KDDM_VC_PROMISE ||
	    type == KDDM_VC_PROPOSE)
		a_view(&msg->view, 8);
	if (type == KDDM_VC_PROMISE) {
		msg->lineage = 11;
		kddm_vc_add(&msg->reach, 1);
		msg->nr_pends = 1;
		a_view(&msg->pend[0], 12);
	} else if (type == KDDM_VC_PROPOSE) {
		a_view(&msg->base, 3);
		msg->nr_pends = KDDM_VC_SEEN;
		msg->pend[KDDM_VC_SEEN - 1].epoch = 4;
	}
}

static void travel(struct kunit *test)
{
	static struct kddm_vc_msg msg, got;
	static u8 buf[KDDM_VC_ROOM];
	int len, cut;
	u8 type;

	for (type = 0; type < KDDM_VC_NR_TYPES; type++) {
		a_message(&msg, type);
		len = kddm_vc_encode(&msg, buf, sizeof(buf));
		KUNIT_EXPECT_GT(test, len, 0);
		KUNIT_EXPECT_EQ(test, kddm_vc_decode(buf, len, &got), 0);
		KUNIT_EXPECT_MEMEQ(test, &got, &msg, sizeof(msg));
		for (cut = 0; cut < len; cut++) {
			KUNIT_EXPECT_EQ(test, kddm_vc_decode(buf, cut, &got),
					-EBADMSG);
			KUNIT_EXPECT_EQ(test, kddm_vc_encode(&msg, buf, cut),
					-EMSGSIZE);
		}
	}
}

/* Whatever a byte is, nothing behind the view or the message is touched. */
static void corrupt(struct kunit *test)
{
	static struct kddm_vc_msg msg, got;
	static u8 buf[KDDM_VC_ROOM];
	int len, i, value;
	u8 type, was;

	for (type = 0; type < KDDM_VC_NR_TYPES; type++) {
		a_message(&msg, type);
		len = kddm_vc_encode(&msg, buf, sizeof(buf));
		for (i = 0; i < len; i++) {
			was = buf[i];
			for (value = 0; value < 256; value++) {
				buf[i] = value;
				if (kddm_vc_decode(buf, len, &got))
					continue;
				KUNIT_EXPECT_LT(test, got.type,
						(u8)KDDM_VC_NR_TYPES);
				KUNIT_EXPECT_LE(test, got.nr_pends,
						(u8)KDDM_VC_SEEN);
				KUNIT_EXPECT_LE(test, got.view.policy,
						(u8)KDDM_VC_NONE);
			}
			buf[i] = was;
		}
	}
}

static void names(struct kunit *test)
{
	u8 type;

	for (type = 0; type < KDDM_VC_NR_TYPES; type++)
		KUNIT_EXPECT_NE(test, kddm_vc_type_name(type)[0], '?');
	KUNIT_EXPECT_STREQ(test, kddm_vc_type_name(type), "?");
}

static struct kunit_case vcwire_cases[] = {
	KUNIT_CASE(travel),
	KUNIT_CASE(corrupt),
	KUNIT_CASE(names),
	{}
};

static struct kunit_suite vcwire_suite = {
	.name = "kddm-viewchange-wire",
	.test_cases = vcwire_cases,
};

kunit_test_suite(vcwire_suite);
