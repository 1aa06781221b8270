// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the wire format of recovery.  Every request and every claim
 * goes there and back; every other length is refused; every change of a byte
 * is refused or gives values that those who read them may rely on.
 */
#include <asm/byteorder.h>
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "../coherence.h"
#include "../recovery_wire.h"

#define EPOCH	0x01020304
#define SET	77
#define ENTRIES	3
#define WORDS	2
#define BUF_LEN	512

static const u64 ids[ENTRIES] = { 0, 5, 0xfedcba9876543210 };
static const u64 copies[WORDS] = { 0x8000000000000001, 0x10 };

static const struct kddm_verdict verdicts[ENTRIES] = {
	{
		.kind = KDDM_VERDICT_VOID, .owner = KDDM_NODE_NONE,
		.base = 3, .version = 9, .tomb = true,
	},
	{
		.kind = KDDM_VERDICT_LOST, .owner = KDDM_NODE_NONE,
		.version = 10,
	},
	{
		.kind = KDDM_VERDICT_OWNER, .owner = KDDM_MAX_NODES - 1,
		.base = EPOCH, .version = 0x0102030405060708, .from = 11,
	},
};

struct request {
	const char	*desc;
	u32		op;
};

static const struct request requests[] = {
	{ "reports", OP_REPORT },
	{ "all is reported", OP_REPORTED },
	{ "a probe", OP_PROBE },
	{ "verdicts", OP_SETTLE },
	{ "a stage", OP_STAGE },
};

KUNIT_ARRAY_PARAM_DESC(request, requests, desc);

static bool has_entries(u32 op)
{
	return op == OP_REPORT || op == OP_PROBE || op == OP_SETTLE;
}

/* As it is sent: its bytes, in a buffer of BUF_LEN. */
static u8 *make(struct kunit *test, u32 op, size_t *len)
{
	struct wire_recover *w = kunit_kzalloc(test, BUF_LEN, GFP_KERNEL);
	u16 i;

	KUNIT_ASSERT_NOT_NULL(test, w);
	kddm_recover_head(w, op, EPOCH, SET);
	if (op == OP_SETTLE)
		w->nwords = cpu_to_le16(WORDS);
	if (op == OP_STAGE)
		w->nr = cpu_to_le16(2);
	for (i = 0; i < ENTRIES; i++) {
		if (op == OP_REPORT)
			kddm_recover_put_report(w, SET + i, ids[i], 1 + i % 2);
		else if (op == OP_PROBE)
			kddm_recover_put_id(w, ids[i]);
		else if (op == OP_SETTLE)
			kddm_recover_put_verdict(w, ids[i], &verdicts[i],
						 copies);
	}
	*len = kddm_recover_len(w);
	KUNIT_ASSERT_GE(test, (size_t)BUF_LEN, *len);
	return (u8 *)w;
}

static void expect_verdict(struct kunit *test,
			   const struct kddm_recover_msg *m, u16 i)
{
	u64 got[KDDM_MAX_NODES / 64] = { };
	struct kddm_verdict v;

	KUNIT_EXPECT_EQ(test, kddm_recover_get_verdict(m, i, &v, got), ids[i]);
	KUNIT_EXPECT_EQ(test, v.kind, verdicts[i].kind);
	KUNIT_EXPECT_EQ(test, v.tomb, verdicts[i].tomb);
	KUNIT_EXPECT_EQ(test, v.owner, verdicts[i].owner);
	KUNIT_EXPECT_EQ(test, v.base, verdicts[i].base);
	KUNIT_EXPECT_EQ(test, v.version, verdicts[i].version);
	KUNIT_EXPECT_EQ(test, v.from, verdicts[i].from);
	KUNIT_EXPECT_TRUE(test, !memcmp(got, copies, sizeof(copies)));
}

static void expect_report(struct kunit *test, const struct kddm_recover_msg *m,
			  u16 i)
{
	u32 set;
	u64 id;
	u8 what;

	kddm_recover_get_report(m, i, &set, &id, &what);
	KUNIT_EXPECT_EQ(test, set, (u32)SET + i);
	KUNIT_EXPECT_EQ(test, id, ids[i]);
	KUNIT_EXPECT_EQ(test, what, (u8)(1 + i % 2));
}

static void there_and_back(struct kunit *test)
{
	const struct request *r = test->param_value;
	struct kddm_recover_msg m;
	size_t len;
	u8 *buf = make(test, r->op, &len);
	u16 i;

	KUNIT_ASSERT_EQ(test, kddm_recover_decode(buf, len, &m), 0);
	KUNIT_EXPECT_EQ(test, m.op, r->op);
	KUNIT_EXPECT_EQ(test, m.epoch, (u32)EPOCH);
	KUNIT_EXPECT_EQ(test, m.set, (u32)SET);
	KUNIT_EXPECT_EQ(test, m.nr, (u16)(has_entries(r->op) ? ENTRIES :
					  r->op == OP_STAGE ? 2 : 0));
	for (i = 0; i < m.nr && has_entries(r->op); i++) {
		if (r->op == OP_REPORT)
			expect_report(test, &m, i);
		else if (r->op == OP_PROBE)
			KUNIT_EXPECT_EQ(test, kddm_recover_get_id(&m, i),
					ids[i]);
		else
			expect_verdict(test, &m, i);
	}
}

static void other_lengths(struct kunit *test)
{
	const struct request *r = test->param_value;
	struct kddm_recover_msg m;
	size_t len, n;
	u8 *buf = make(test, r->op, &len), *part;

	for (n = 0; n <= len + 1; n++) {
		/* Of its own, so that a byte too far is seen. */
		part = kmemdup(buf, n, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, part);
		KUNIT_EXPECT_EQ(test, kddm_recover_decode(part, n, &m),
				n == len ? 0 : -EBADMSG);
		kfree(part);
	}
}

/* All that those who read rely on. */
static void expect_sane(struct kunit *test, const struct kddm_recover_msg *m,
			size_t len)
{
	u64 got[KDDM_MAX_NODES / 64];
	struct kddm_verdict v;
	u32 set;
	u64 id;
	u8 what;
	u16 i;

	for (i = 0; i < m->nr && m->op != OP_STAGE; i++) {
		if (m->op == OP_REPORT) {
			kddm_recover_get_report(m, i, &set, &id, &what);
			KUNIT_EXPECT_TRUE(test, what == KDDM_REPORT_OWNER ||
					  what == KDDM_REPORT_SUSPECT);
		} else if (m->op == OP_PROBE) {
			kddm_recover_get_id(m, i);
		} else {
			KUNIT_ASSERT_EQ(test, m->op, (u32)OP_SETTLE);
			KUNIT_ASSERT_GE(test, ARRAY_SIZE(got), m->words);
			kddm_recover_get_verdict(m, i, &v, got);
			KUNIT_EXPECT_LT(test, v.kind, KDDM_VERDICT_NR);
			KUNIT_EXPECT_TRUE(test, v.owner < KDDM_MAX_NODES ||
					  v.owner == KDDM_NODE_NONE);
		}
	}
}

static void changed_bytes(struct kunit *test)
{
	const struct request *r = test->param_value;
	struct kddm_recover_msg m;
	unsigned int refused = 0;
	size_t len, at;
	u8 *buf = make(test, r->op, &len), was;
	u16 by;
	int err;

	for (at = 0; at < len; at++) {
		was = buf[at];
		for (by = 1; by < 256; by++) {
			buf[at] = was ^ by;
			err = kddm_recover_decode(buf, len, &m);
			if (!err)
				expect_sane(test, &m, len);
			else
				KUNIT_EXPECT_TRUE(test, err == -EBADMSG ||
						  err == -EOPNOTSUPP);
			refused += !!err;
		}
		buf[at] = was;
	}
	/* Whatever else: another operation, more nodes, or more entries. */
	KUNIT_EXPECT_GT(test, refused, 3 * 255U);
}

/* As many as a message may have, and one more. */
static void too_many(struct kunit *test)
{
	const struct request *r = test->param_value;
	const size_t room = 128 * 1024;
	struct wire_recover *w = kunit_kzalloc(test, room, GFP_KERNEL);
	static const u32 most[] = {
		[OP_REPORT] = KDDM_RECOVERY_REPORTS,
		[OP_PROBE] = KDDM_RECOVERY_CASES,
		[OP_SETTLE] = KDDM_RECOVERY_CASES,
		[OP_STAGE] = 0,
	};
	struct kddm_recover_msg m;
	int err;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, w);
	kddm_recover_head(w, r->op, EPOCH, SET);
	for (i = 0; i <= most[r->op] && has_entries(r->op); i++) {
		err = kddm_recover_decode(w, kddm_recover_len(w), &m);
		KUNIT_EXPECT_EQ(test, err, 0);
		if (r->op == OP_REPORT)
			kddm_recover_put_report(w, SET, i, KDDM_REPORT_OWNER);
		else if (r->op == OP_PROBE)
			kddm_recover_put_id(w, i);
		else
			kddm_recover_put_verdict(w, i, &verdicts[0], copies);
	}
	if (!has_entries(r->op))
		w->nwords = cpu_to_le16(1);
	KUNIT_EXPECT_EQ(test, kddm_recover_decode(w, kddm_recover_len(w), &m),
			-EBADMSG);
}

static void bad_verdicts(struct kunit *test)
{
	struct wire_recover *w;
	struct wire_verdict *v;
	struct kddm_recover_msg m;
	size_t len;

	w = (void *)make(test, OP_SETTLE, &len);
	v = (void *)(w + 1);
	v->owner = cpu_to_le16(1);	/* of nothing */
	KUNIT_EXPECT_EQ(test, kddm_recover_decode(w, len, &m), -EBADMSG);
	v->owner = cpu_to_le16(KDDM_NODE_NONE);
	KUNIT_EXPECT_EQ(test, kddm_recover_decode(w, len, &m), 0);
	v->kind = KDDM_VERDICT_OWNER;
	KUNIT_EXPECT_EQ(test, kddm_recover_decode(w, len, &m), -EBADMSG);
	v->owner = cpu_to_le16(KDDM_MAX_NODES);
	KUNIT_EXPECT_EQ(test, kddm_recover_decode(w, len, &m), -EBADMSG);
}

static void claims(struct kunit *test)
{
	struct kddm_claim claim, got;
	struct wire_claim w;
	u16 kind, flags, good = 0;

	for (kind = 0; kind < KDDM_CLAIM_NR; kind++) {
		claim = (struct kddm_claim) {
			.kind = kind, .sent = kind % 3, .known = kind % 2,
			.tomb = kind % 4 > 1, .base = EPOCH + kind,
			.version = 0xfedcba9876543210 + kind,
		};
		kddm_claim_put(&w, &claim);
		KUNIT_EXPECT_EQ(test, kddm_claim_get(&w, &got), 0);
		KUNIT_EXPECT_EQ(test, got.kind, claim.kind);
		KUNIT_EXPECT_EQ(test, got.sent, claim.sent);
		KUNIT_EXPECT_EQ(test, got.known, claim.known);
		KUNIT_EXPECT_EQ(test, got.tomb, claim.tomb);
		KUNIT_EXPECT_EQ(test, got.base, claim.base);
		KUNIT_EXPECT_EQ(test, got.version, claim.version);
	}
	for (kind = 0; kind < 256; kind++) {
		for (flags = 0; flags < 256; flags++) {
			w.kind = kind;
			w.flags = flags;
			if (kddm_claim_get(&w, &got))
				continue;
			good++;
			KUNIT_EXPECT_LT(test, got.kind, KDDM_CLAIM_NR);
			KUNIT_EXPECT_LE(test, got.sent, KDDM_SENT_DATA);
		}
	}
	/* Three of @sent, with the two flags. */
	KUNIT_EXPECT_EQ(test, good, (u16)(KDDM_CLAIM_NR * 3 * 4));
}

static struct kunit_case recwire_cases[] = {
	KUNIT_CASE_PARAM(there_and_back, request_gen_params),
	KUNIT_CASE_PARAM(other_lengths, request_gen_params),
	KUNIT_CASE_PARAM(changed_bytes, request_gen_params),
	KUNIT_CASE_PARAM(too_many, request_gen_params),
	KUNIT_CASE(bad_verdicts),
	KUNIT_CASE(claims),
	{}
};

static struct kunit_suite recwire_suite = {
	.name = "kddm-recovery-wire",
	.test_cases = recwire_cases,
};

kunit_test_suite(recwire_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests of the wire format of KDDM's recovery");
MODULE_LICENSE("GPL");
