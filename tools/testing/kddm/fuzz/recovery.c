// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer over the wire format of recovery: any bytes as a request of the
 * service "kddm-recover", and as the claims that answer one.
 *
 * What recovery_wire.c accepts can be read to its last entry, is within its
 * bounds, and has one form only: written again, it gives the same bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <asm/byteorder.h>
#include "fuzz.h"
#include "coherence.h"
#include "recovery_wire.h"

static void put_again(struct wire_recover *w, const struct kddm_recover_msg *m,
		      u16 i)
{
	u64 copies[KDDM_MAX_NODES / 64];
	struct kddm_verdict v;
	u32 set;
	u64 id;
	u8 what;

	if (m->op == OP_REPORT) {
		kddm_recover_get_report(m, i, &set, &id, &what);
		CHECK(what == KDDM_REPORT_OWNER || what == KDDM_REPORT_SUSPECT);
		kddm_recover_put_report(w, set, id, what);
	} else if (m->op == OP_PROBE) {
		kddm_recover_put_id(w, kddm_recover_get_id(m, i));
	} else if (m->op == OP_SETTLE) {
		id = kddm_recover_get_verdict(m, i, &v, copies);
		CHECK(v.kind < KDDM_VERDICT_NR);
		CHECK(v.kind == KDDM_VERDICT_OWNER ? v.owner < KDDM_MAX_NODES :
						     v.owner == KDDM_NODE_NONE);
		kddm_recover_put_verdict(w, id, &v, copies);
	}
}

static void request(const uint8_t *data, size_t size)
{
	struct kddm_recover_msg m;
	struct wire_recover *w;
	u16 i;

	if (kddm_recover_decode(data, size, &m))
		return;
	CHECK(m.op >= OP_REPORT && m.op <= OP_STAGE);
	CHECK(m.words <= KDDM_MAX_NODES / 64);
	w = malloc(size);
	if (!w)
		return;
	kddm_recover_head(w, m.op, m.epoch, m.set);
	w->nwords = cpu_to_le16(m.words);
	if (m.op == OP_STAGE)
		w->nr = cpu_to_le16(m.nr);
	for (i = 0; i < m.nr && m.op != OP_STAGE; i++)
		put_again(w, &m, i);
	CHECK(kddm_recover_len(w) == size && !memcmp(w, data, size));
	free(w);
}

static void claims(const uint8_t *data, size_t size)
{
	const struct wire_claim *w = (const void *)data;
	struct kddm_claim claim;
	struct wire_claim again;

	for (; size >= sizeof(*w); w++, size -= sizeof(*w)) {
		if (kddm_claim_get(w, &claim))
			continue;
		CHECK(claim.kind < KDDM_CLAIM_NR);
		CHECK(claim.sent <= KDDM_SENT_DATA);
		kddm_claim_put(&again, &claim);
		CHECK(!memcmp(&again, w, sizeof(again)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	if (!size)
		return 0;
	/* Of its own size, so that one byte too far is seen. */
	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	request(copy, size);
	claims(copy, size);
	free(copy);
	return 0;
}
