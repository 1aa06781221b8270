// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer over the wire format, and over what clients pack: any bytes as a
 * datagram, or as a message to be unpacked, or as the parts of one, or as a
 * table that other nodes have written (tables.c).
 *
 * What wire.c accepts is within its bounds, to the last byte of the payload,
 * and has one form only: written again, it gives the same bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/errno.h>
#include <linux/kddm_pack.h>
#include "fuzz.h"
#include "rpc_parts.h"
#include "viewchange.h"
#include "wire.h"

static uint8_t again[KDDM_MSG_MAX];

/* Read each byte, so that the address sanitizer sees what is behind the end. */
static void touch(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint8_t sum = 0;

	while (len--)
		sum ^= *p++;
	again[0] = sum;		/* so that it is not left out */
}

static int hello(const uint8_t *body, size_t size)
{
	struct kddm_hello m;

	if (kddm_wire_get_hello(body, size, &m))
		return -1;
	CHECK(m.port[0] && m.port[KDDM_CHANNELS - 1]);
	return kddm_wire_put_hello(again, sizeof(again), &m);
}

static int rpc(const uint8_t *body, size_t size, u8 type)
{
	struct kddm_rpc_msg m;

	if (kddm_wire_get_rpc(body, size, type, &m))
		return -1;
	CHECK(m.len <= KDDM_MAX_RPC && m.max <= KDDM_RPC_LARGE);
	CHECK(m.total >= m.len && m.total <= KDDM_RPC_LARGE);
	CHECK(m.origin < KDDM_MAX_NODES && m.hops <= KDDM_RPC_HOPS);
	CHECK(m.err <= 0 && m.err >= -4095);
	touch(m.data, m.len);
	return kddm_wire_put_rpc(again, sizeof(again), &m);
}

static int part(const uint8_t *body, size_t size)
{
	struct kddm_part_msg m;

	if (kddm_wire_get_part(body, size, &m))
		return -1;
	CHECK(m.len && m.len <= KDDM_RPC_PART && m.origin < KDDM_MAX_NODES);
	touch(m.data, m.len);
	return kddm_wire_put_part(again, sizeof(again), &m);
}

static int note(const uint8_t *body, size_t size, u8 type)
{
	struct kddm_at_msg m;

	if (type == KDDM_WIRE_CANCEL) {
		if (kddm_wire_get_cancel(body, size, &m))
			return -1;
		return kddm_wire_put_cancel(again, sizeof(again), &m);
	}
	if (type != KDDM_WIRE_AT || kddm_wire_get_at(body, size, &m))
		return -1;
	CHECK(m.node < KDDM_MAX_NODES && m.hops && m.hops <= KDDM_RPC_HOPS);
	return kddm_wire_put_at(again, sizeof(again), &m);
}

static int mark(const uint8_t *body, size_t size)
{
	u32 epoch;

	if (kddm_wire_get_mark(body, size, &epoch))
		return -1;
	CHECK(epoch);
	return kddm_wire_put_mark(again, sizeof(again), epoch);
}

static int object(const uint8_t *body, size_t size, u8 type)
{
	struct kddm_obj_msg m;

	if (kddm_wire_get_obj(body, size, type, &m))
		return -1;
	CHECK(m.type >= KDDM_EV_GET_REQ && m.type <= KDDM_EV_REPLICA);
	CHECK(m.origin < KDDM_MAX_NODES && m.len <= KDDM_MAX_DATA);
	CHECK(m.nwords <= KDDM_MAX_NODES / 64);
	CHECK((m.type == KDDM_EV_NAK) == (m.err < 0));
	touch(m.data, m.len);
	return kddm_wire_put_obj(again, sizeof(again), &m);
}

static void view_right(const struct kddm_vc_view *v)
{
	u16 n;

	CHECK(v->policy <= KDDM_VC_NONE);
	for (n = 0; n < KDDM_VC_NODES; n++)
		again[0] ^= v->inc[n];
}

static int view(const uint8_t *body, size_t size)
{
	static struct kddm_vc_msg m;
	int i;

	if (kddm_vc_decode(body, size, &m))
		return -1;
	CHECK(m.type < KDDM_VC_NR_TYPES && m.nr_pends <= KDDM_VC_SEEN);
	CHECK(m.nr_pends <= KDDM_VC_PENDS || m.type == KDDM_VC_PROPOSE);
	view_right(&m.view);
	view_right(&m.base);
	for (i = 0; i < m.nr_pends; i++)
		view_right(&m.pend[i]);
	return kddm_vc_encode(&m, again, KDDM_VC_ROOM);
}

/* Returns how long it is, or 0. */
static size_t message(const uint8_t *data, size_t size)
{
	const uint8_t *body = data + sizeof(struct kddm_wire_hdr);
	struct kddm_hdr h;
	size_t rest;
	int n = 0;

	if (kddm_wire_get_hdr(data, size, &h))
		return 0;
	CHECK(h.len >= sizeof(struct kddm_wire_hdr) && h.len <= size);
	CHECK(h.len == size || h.len % KDDM_WIRE_ALIGN == 0);
	CHECK(h.src < KDDM_MAX_NODES && h.src != h.dst);
	CHECK(h.chan < KDDM_CHANNELS && h.incarnation);
	rest = h.len - sizeof(struct kddm_wire_hdr);
	if (h.type == KDDM_WIRE_HELLO)
		n = hello(body, rest);
	else if (h.type == KDDM_WIRE_CALL || h.type == KDDM_WIRE_CAST ||
		 h.type == KDDM_WIRE_REPLY)
		n = rpc(body, rest, h.type);
	else if (kddm_wire_is_obj(h.type))
		n = object(body, rest, h.type);
	else if (h.type == KDDM_WIRE_PART)
		n = part(body, rest);
	else if (h.type == KDDM_WIRE_CANCEL || h.type == KDDM_WIRE_AT)
		n = note(body, rest, h.type);
	else if (h.type == KDDM_WIRE_VIEW)
		n = view(body, rest);
	else if (h.type == KDDM_WIRE_MARK)
		n = mark(body, rest);
	else
		CHECK(h.type == KDDM_WIRE_CREDIT);
	if (n < 0)
		return h.len;
	CHECK((size_t)n == rest && !memcmp(again, body, rest));
	n = kddm_wire_put_hdr(again, sizeof(again), &h);
	CHECK(n == (int)sizeof(struct kddm_wire_hdr));
	CHECK(!memcmp(again, data, n));
	return h.len;
}

static void datagram(const uint8_t *data, size_t size)
{
	size_t len;

	while (size) {
		len = message(data, size);
		if (!len)
			break;
		data += len;
		size -= len;
	}
}

/* A body alone, since a header that fits is hard to guess. */
static void body(const uint8_t *data, size_t size)
{
	u8 type = *data++;
	int n;

	size--;
	n = hello(data, size);
	CHECK(n < 0 || ((size_t)n == size && !memcmp(again, data, size)));
	n = rpc(data, size, type);
	CHECK(n < 0 || ((size_t)n == size && !memcmp(again, data, size)));
	n = part(data, size);
	CHECK(n < 0 || ((size_t)n == size && !memcmp(again, data, size)));
	n = note(data, size, type);
	CHECK(n < 0 || ((size_t)n == size && !memcmp(again, data, size)));
	n = object(data, size, type);
	CHECK(n < 0 || ((size_t)n == size && !memcmp(again, data, size)));
	n = mark(data, size);
	CHECK(n < 0 || ((size_t)n == size && !memcmp(again, data, size)));
	n = view(data, size);
	CHECK(n < 0 || ((size_t)n == size && !memcmp(again, data, size)));
}

/*
 * The first half says what to read out of the rest.  What is read is packed
 * again, and must give the same bytes, as far as nothing was wrong.
 */
static void unpack_one(struct kddm_unpack *u, struct kddm_pack *p, u8 what)
{
	char str[24];
	const void *blob;
	u32 len;

	switch (what % 7) {
	case 0:
		kddm_pack_u8(p, kddm_unpack_u8(u));
		break;
	case 1:
		kddm_pack_u16(p, kddm_unpack_u16(u));
		break;
	case 2:
		kddm_pack_u32(p, kddm_unpack_u32(u));
		break;
	case 3:
		kddm_pack_s64(p, kddm_unpack_s64(u));
		break;
	case 4:
		kddm_pack_bool(p, kddm_unpack_bool(u));
		break;
	case 5:
		kddm_unpack_str(u, str, sizeof(str));
		CHECK(strlen(str) < sizeof(str));
		kddm_pack_str(p, str);
		break;
	case 6:
		blob = kddm_unpack_blob(u, &len);
		touch(blob, len);
		kddm_pack_blob(p, blob, len);
		break;
	}
}

static void unpack(const uint8_t *data, size_t size)
{
	size_t half = size / 2, i;
	struct kddm_unpack u;
	struct kddm_pack p;
	uint8_t *tight;

	tight = malloc(half + 1);
	if (!tight)
		return;
	kddm_unpack_init(&u, data + half, size - half);
	kddm_pack_init(&p, tight, half + 1);
	for (i = 0; i < half; i++) {
		unpack_one(&u, &p, data[i]);
		if (u.err)
			break;
		CHECK(!p.err && p.len == u.pos && u.pos <= u.len);
		CHECK(!memcmp(tight, data + half, p.len));
	}
	CHECK(kddm_unpack_end(&u) || u.pos == u.len);
	free(tight);
}

/* Pairs of offset and length, into a buffer of the size that was agreed on. */
static void parts(const uint8_t *data, size_t size)
{
	struct kddm_parts p;
	uint8_t *whole;
	u32 total, got;
	int rc;

	if (size < 4)
		return;
	total = data[0] | data[1] << 8;
	rc = kddm_parts_begin(&p, total, data[2] | data[3] << 8, 1000);
	if (rc < 0)
		return;
	CHECK(total <= 1000 && p.got <= total && (u32)rc == total - p.got);
	whole = calloc(1, total + !total);
	if (!whole)
		return;
	memset(whole, 1, p.got);
	for (data += 4, size -= 4; size >= 4; data += 4, size -= 4) {
		u32 offset = data[0] | data[1] << 8;
		u32 len = data[2] | data[3] << 8;

		got = p.got;
		rc = kddm_parts_next(&p, offset, len);
		CHECK(rc < 0 ? p.got == got : p.got > got);
		/* The sanitizer sees what is behind. */
		if (rc >= 0)
			memset(whole + offset, 1, len);
	}
	CHECK(!kddm_parts_complete(&p) || !total || whole[total - 1]);
	free(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	if (size < 2)
		return 0;
	/* Of its own size, so that one byte too far is seen. */
	copy = malloc(size - 1);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	if (*data & 1)
		body(copy, size - 1);
	else if ((*data & 6) == 2)
		unpack(copy, size - 1);
	else if ((*data & 6) == 4)
		parts(copy, size - 1);
	else if ((*data & 14) == 6)
		names(copy, size - 1);
	else if ((*data & 14) == 14)
		bucket(copy, size - 1);
	else
		datagram(copy, size - 1);
	free(copy);
	return 0;
}
