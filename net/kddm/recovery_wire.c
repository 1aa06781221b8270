// SPDX-License-Identifier: GPL-2.0-only
/*
 * The wire format of recovery, pure; recovery_wire.h says what is in it.
 *
 * What comes is checked as a whole before anything is done with it, so that
 * half a message never changes an object.
 */
#include <asm/byteorder.h>
#include <kunit/visibility.h>
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/string.h>
#include <linux/types.h>
#include "coherence.h"
#include "recovery_wire.h"

/* Bytes of an entry; 0 if there are none. */
static size_t entry_size(u32 op, u16 words)
{
	switch (op) {
	case OP_REPORT:
		return sizeof(struct wire_report);
	case OP_PROBE:
		return sizeof(struct wire_id);
	case OP_SETTLE:
		return kddm_verdict_size(words);
	default:
		return 0;
	}
}

static const void *entry(const struct kddm_recover_msg *m, u16 i)
{
	return m->entry + i * entry_size(m->op, m->words);
}

static bool report_ok(const struct wire_report *w)
{
	return w->what == KDDM_REPORT_OWNER || w->what == KDDM_REPORT_SUSPECT;
}

/* There is an owner if, and only if, the object is there. */
static bool verdict_ok(const struct wire_verdict *w)
{
	u16 owner = le16_to_cpu(w->owner);

	if (w->kind >= KDDM_VERDICT_NR || w->tomb > 1)
		return false;
	return w->kind == KDDM_VERDICT_OWNER ? owner < KDDM_MAX_NODES :
					       owner == KDDM_NODE_NONE;
}

static bool entries_ok(const struct kddm_recover_msg *m)
{
	u16 i;

	for (i = 0; i < m->nr; i++)
		if ((m->op == OP_REPORT && !report_ok(entry(m, i))) ||
		    (m->op == OP_SETTLE && !verdict_ok(entry(m, i))))
			return false;
	return true;
}

/* More than one says, or than an answer has room for, is not sent. */
static u16 most(u32 op, u16 words)
{
	switch (op) {
	case OP_REPORT:
		return KDDM_RECOVERY_REPORTS;
	case OP_PROBE:
		return KDDM_RECOVERY_CASES;
	case OP_SETTLE:
		return kddm_recovery_cases(words);
	default:
		return 0;
	}
}

/**
 * kddm_recover_decode() - look at a request
 * @buf: its bytes, at any address
 * @len: how many
 * @m: where to; valid as long as @buf is
 *
 * Return: 0; -EOPNOTSUPP for an operation that is not known, -EBADMSG for what
 * no node sends.
 */
int kddm_recover_decode(const void *buf, size_t len,
			struct kddm_recover_msg *m)
{
	const struct wire_recover *w = buf;

	if (len < sizeof(*w))
		return -EBADMSG;
	m->op = le32_to_cpu(w->op);
	m->epoch = le32_to_cpu(w->epoch);
	m->set = le32_to_cpu(w->set);
	m->nr = le16_to_cpu(w->nr);
	m->words = le16_to_cpu(w->nwords);
	m->entry = w + 1;
	if (m->op < OP_REPORT || m->op > OP_STAGE)
		return -EOPNOTSUPP;
	if (m->words > (m->op == OP_SETTLE ? KDDM_MAX_NODES / 64 : 0))
		return -EBADMSG;
	if (m->op != OP_STAGE && m->nr > most(m->op, m->words))
		return -EBADMSG;
	if (len - sizeof(*w) != m->nr * entry_size(m->op, m->words))
		return -EBADMSG;
	return entries_ok(m) ? 0 : -EBADMSG;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_recover_decode);

/**
 * kddm_recover_get_report() - an entry of OP_REPORT
 * @m: the request
 * @i: which one
 * @set: id of the set
 * @id: of the object
 * @what: KDDM_REPORT_OWNER or KDDM_REPORT_SUSPECT
 */
void kddm_recover_get_report(const struct kddm_recover_msg *m, u16 i, u32 *set,
			     u64 *id, u8 *what)
{
	const struct wire_report *w = entry(m, i);

	*set = le32_to_cpu(w->set);
	*id = le64_to_cpu(w->objid);
	*what = w->what;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_recover_get_report);

/**
 * kddm_recover_get_id() - an entry of OP_PROBE
 * @m: the request
 * @i: which one
 *
 * Return: the object's id.
 */
u64 kddm_recover_get_id(const struct kddm_recover_msg *m, u16 i)
{
	const struct wire_id *w = entry(m, i);

	return le64_to_cpu(w->objid);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_recover_get_id);

/**
 * kddm_recover_get_verdict() - an entry of OP_SETTLE
 * @m: the request
 * @i: which one
 * @v: the verdict
 * @copies: @m->words words: whose copies stay
 *
 * Return: the object's id.
 */
u64 kddm_recover_get_verdict(const struct kddm_recover_msg *m, u16 i,
			     struct kddm_verdict *v, u64 *copies)
{
	const struct wire_verdict *w = entry(m, i);
	u16 k;

	v->kind = w->kind;
	v->tomb = w->tomb;
	v->owner = le16_to_cpu(w->owner);
	v->base = le32_to_cpu(w->base);
	v->version = le64_to_cpu(w->version);
	v->from = le64_to_cpu(w->from);
	for (k = 0; k < m->words; k++)
		copies[k] = le64_to_cpu(w->copies[k]);
	return le64_to_cpu(w->objid);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_recover_get_verdict);

/**
 * kddm_recover_head() - begin a request
 * @w: where to
 * @op: enum recover_op
 * @epoch: of the view
 * @set: id of the set, if it has one
 *
 * The caller sets @w->nwords before it adds verdicts.
 */
void kddm_recover_head(struct wire_recover *w, u32 op, u32 epoch, u32 set)
{
	memset(w, 0, sizeof(*w));
	w->op = cpu_to_le32(op);
	w->epoch = cpu_to_le32(epoch);
	w->set = cpu_to_le32(set);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_recover_head);

/**
 * kddm_recover_len() - how long a request is
 * @w: the request, with all of its entries
 *
 * Return: bytes.
 */
size_t kddm_recover_len(const struct wire_recover *w)
{
	return sizeof(*w) + le16_to_cpu(w->nr) *
	       entry_size(le32_to_cpu(w->op), le16_to_cpu(w->nwords));
}
EXPORT_SYMBOL_IF_KUNIT(kddm_recover_len);

/* Where the next entry of @w goes; there is room for it. */
static void *append(struct wire_recover *w)
{
	void *at = (void *)w + kddm_recover_len(w);

	w->nr = cpu_to_le16(le16_to_cpu(w->nr) + 1);
	return at;
}

/**
 * kddm_recover_put_report() - add an entry to OP_REPORT
 * @w: the request, with room for it
 * @set: id of the set
 * @id: of the object
 * @what: KDDM_REPORT_OWNER or KDDM_REPORT_SUSPECT
 */
void kddm_recover_put_report(struct wire_recover *w, u32 set, u64 id, u8 what)
{
	struct wire_report *to = append(w);

	to->set = cpu_to_le32(set);
	to->objid = cpu_to_le64(id);
	to->what = what;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_recover_put_report);

/**
 * kddm_recover_put_id() - add an entry to OP_PROBE
 * @w: the request, with room for it
 * @id: of the object
 */
void kddm_recover_put_id(struct wire_recover *w, u64 id)
{
	struct wire_id *to = append(w);

	to->objid = cpu_to_le64(id);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_recover_put_id);

/**
 * kddm_recover_put_verdict() - add an entry to OP_SETTLE
 * @w: the request, with room for it and @w->nwords set
 * @id: of the object
 * @v: the verdict
 * @copies: as many words: whose copies stay
 */
void kddm_recover_put_verdict(struct wire_recover *w, u64 id,
			      const struct kddm_verdict *v, const u64 *copies)
{
	struct wire_verdict *to = append(w);
	u16 i;

	to->objid = cpu_to_le64(id);
	to->version = cpu_to_le64(v->version);
	to->from = cpu_to_le64(v->from);
	to->base = cpu_to_le32(v->base);
	to->owner = cpu_to_le16(v->owner);
	to->kind = v->kind;
	to->tomb = v->tomb;
	for (i = 0; i < le16_to_cpu(w->nwords); i++)
		to->copies[i] = cpu_to_le64(copies[i]);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_recover_put_verdict);

/**
 * kddm_claim_put() - an entry of the reply to OP_PROBE
 * @w: where to
 * @claim: what is claimed
 */
void kddm_claim_put(struct wire_claim *w, const struct kddm_claim *claim)
{
	w->version = cpu_to_le64(claim->version);
	w->base = cpu_to_le32(claim->base);
	w->kind = claim->kind;
	w->flags = (claim->known ? CLAIM_KNOWN : 0) |
		   (claim->tomb ? CLAIM_TOMB : 0) |
		   FIELD_PREP(CLAIM_SENT, claim->sent);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_claim_put);

/**
 * kddm_claim_get() - the same, as it came
 * @w: the entry
 * @claim: where to
 *
 * Return: 0, or -EBADMSG for what no node claims.
 */
int kddm_claim_get(const struct wire_claim *w, struct kddm_claim *claim)
{
	claim->version = le64_to_cpu(w->version);
	claim->base = le32_to_cpu(w->base);
	claim->kind = w->kind;
	claim->known = w->flags & CLAIM_KNOWN;
	claim->tomb = w->flags & CLAIM_TOMB;
	claim->sent = FIELD_GET(CLAIM_SENT, w->flags);
	if (w->kind >= KDDM_CLAIM_NR || claim->sent > KDDM_SENT_DATA ||
	    w->flags & ~(CLAIM_KNOWN | CLAIM_TOMB | CLAIM_SENT))
		return -EBADMSG;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_claim_get);
