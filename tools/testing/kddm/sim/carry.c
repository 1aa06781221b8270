// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of the model cluster through the real wire format: every message is
 * written and read by net/kddm/wire.c, and what was read is what arrives.
 */
#include <string.h>
#include "carry.h"
#include "wire.h"

#define SIZE	1024

static void put(struct model *m, struct model_msg *msg, u8 *buf, int *len)
{
	struct kddm_obj_msg o = {
		.type = msg->type,
		.flags = msg->flags,
		.origin = msg->origin,
		.hops = msg->hops,
		.set = 0x5e7,
		.objid = 0x0b1ec7,
		.version = msg->version,
		.seq = msg->seq,
		.err = msg->err,
		.nwords = msg->nwords,
		.len = msg->data ? sizeof(msg->value) : 0,
		.data = &msg->value,
	};
	struct kddm_hdr h = {
		.type = KDDM_WIRE_OBJ + msg->type,
		.src = model_id(m, msg->src),
		.dst = model_id(m, msg->dst),
		.chan = 1,
		.incarnation = 1,
		.session = 1,
		.seq = 1,
	};
	int hdr = sizeof(struct kddm_wire_hdr), n;

	memcpy(o.need, msg->need, msg->nwords * sizeof(u64));
	n = kddm_wire_put_obj(buf + hdr, SIZE - hdr, &o);
	h.len = hdr + n;
	*len = h.len;
	if (n < 0 || kddm_wire_put_hdr(buf, SIZE, &h) != hdr ||
	    h.len != kddm_wire_obj_size(o.nwords, o.len))
		model_fail(m, msg->src, "cannot encode a message");
}

static void get(struct model *m, struct model_msg *msg, const u8 *buf, int len)
{
	int hdr = sizeof(struct kddm_wire_hdr);
	struct kddm_obj_msg o;
	struct kddm_hdr h;

	if (kddm_wire_get_hdr(buf, len, &h) || h.len != (u32)len ||
	    h.src != model_id(m, msg->src) || h.dst != model_id(m, msg->dst) ||
	    kddm_wire_get_obj(buf + hdr, len - hdr, h.type, &o)) {
		model_fail(m, msg->dst, "cannot decode a message");
		return;
	}
	msg->type = o.type;
	msg->flags = o.flags;
	msg->origin = o.origin;
	msg->hops = o.hops;
	msg->version = o.version;
	msg->seq = o.seq;
	msg->err = o.err;
	msg->nwords = o.nwords;
	msg->data = o.len;
	msg->value = 0;
	if (o.len)
		memcpy(&msg->value, o.data, sizeof(msg->value));
	memcpy(msg->need, o.need, o.nwords * sizeof(u64));
}

void carry(struct model *m, struct model_msg *msg)
{
	u8 buf[SIZE];
	int len = 0;

	memset(buf, 0xa5, sizeof(buf));
	put(m, msg, buf, &len);
	if (!m->error)
		get(m, msg, buf, len);
}
