// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the wire format.  Every type of message goes there and back;
 * every truncation of it is rejected; every change of one byte is rejected or
 * gives values that the layers above may rely on.
 */
#include <kunit/test.h>
#include <asm/byteorder.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "../wire.h"

#define HDR		sizeof(struct kddm_wire_hdr)
#define MARK		16	/* in wire_cases */
#define DATA_LEN	21
#define BUF_LEN		512

static const u8 payload[DATA_LEN] = "twenty bytes of data";

struct wire_case {
	const char		*desc;
	u8			type;
	u16			chan;
	struct kddm_hello	hello;
	struct kddm_rpc_msg	rpc;
	struct kddm_part_msg	part;
	struct kddm_at_msg	at;
	struct kddm_obj_msg	obj;
	u32			mark;
};

static const struct wire_case wire_cases[] = {
	{
		.desc = "HELLO",
		.type = KDDM_WIRE_HELLO,
		.hello = {
			.cluster = 0xc1a55e5, .peer_incarnation = 0x12345678,
			.peer_session = 513, .flags = KDDM_HELLO_ANSWER,
			.past_session = 512, .past_incarnation = 0x9abcdef0,
			.past_rcvd = { 7, 0xffffffff, 0x01020304 },
			.port = { 0x80000001, 2, 0x7fffffff },
		},
	},
	{
		.desc = "CREDIT",
		.type = KDDM_WIRE_CREDIT, .chan = 2,
	},
	{
		.desc = "CALL",
		.type = KDDM_WIRE_CALL,
		.rpc = {
			.service = 0xfeedbeef, .id = 7, .max = KDDM_MAX_RPC,
			.len = DATA_LEN, .data = payload,
		},
	},
	{
		.desc = "CALL without payload",
		.type = KDDM_WIRE_CALL,
		.rpc = { .service = 1, .id = 0xffffffff },
	},
	{
		.desc = "CAST",
		.type = KDDM_WIRE_CAST,
		.rpc = { .service = 3, .len = DATA_LEN, .data = payload },
	},
	{
		.desc = "REPLY",
		.type = KDDM_WIRE_REPLY,
		.rpc = { .id = 8, .len = DATA_LEN, .data = payload },
	},
	{
		.desc = "REPLY with an error",
		.type = KDDM_WIRE_REPLY,
		.rpc = { .id = 9, .err = -EHOSTDOWN },
	},
	{
		.desc = "GET_REQ",
		.type = KDDM_WIRE_OBJ + KDDM_EV_GET_REQ, .chan = 1,
		.obj = {
			.set = 0x5e7, .objid = 0x123456789abcdef0,
			.origin = 1023, .hops = 3, .seq = 99,
			.flags = KDDM_COF_NOCREATE,
		},
	},
	{
		.desc = "GRAB_REQ",
		.type = KDDM_WIRE_OBJ + KDDM_EV_GRAB_REQ, .chan = 2,
		.obj = { .set = 1, .objid = ~0ULL, .seq = 0xffffffff },
	},
	{
		.desc = "DATA",
		.type = KDDM_WIRE_OBJ + KDDM_EV_DATA, .chan = 1,
		.obj = {
			.set = 1, .version = 1ULL << 63, .seq = 4,
			.len = DATA_LEN, .data = payload,
		},
	},
	{
		.desc = "OWN with node set and data",
		.type = KDDM_WIRE_OBJ + KDDM_EV_OWN, .chan = 1,
		.obj = {
			.set = 1, .version = 5, .seq = 4, .nwords = 16,
			.need = { 1, 0, ~0ULL, [15] = 1ULL << 63 },
			.len = DATA_LEN, .data = payload,
		},
	},
	{
		.desc = "OWN of nothing",
		.type = KDDM_WIRE_OBJ + KDDM_EV_OWN, .chan = 2,
		.obj = { .set = 1, .seq = 4, .flags = KDDM_COF_VOID },
	},
	{
		.desc = "INVAL",
		.type = KDDM_WIRE_OBJ + KDDM_EV_INVAL, .chan = 1,
		.obj = { .set = 1, .origin = 5, .seq = 6 },
	},
	{
		.desc = "ACK",
		.type = KDDM_WIRE_OBJ + KDDM_EV_ACK, .chan = 1,
		.obj = { .set = 1, .seq = 6 },
	},
	{
		.desc = "NAK",
		.type = KDDM_WIRE_OBJ + KDDM_EV_NAK, .chan = 1,
		.obj = { .set = 1, .seq = 6, .err = -ENOENT },
	},
	{
		.desc = "REMOVED",
		.type = KDDM_WIRE_OBJ + KDDM_EV_REMOVED, .chan = 1,
		.obj = { .set = 1, .version = 77 },
	},
	{
		.desc = "MARK",
		.type = KDDM_WIRE_MARK, .chan = 2, .mark = 0xe90c0001,
	},
	{
		.desc = "CALL, forwarded, in parts",
		.type = KDDM_WIRE_CALL,
		.rpc = {
			.service = 0xfeedbeef, .id = 7, .max = KDDM_RPC_LARGE,
			.token = 0x70ce, .key = 0xffffffff, .origin = 1023,
			.hops = KDDM_RPC_HOPS, .incarnation = 9,
			.total = KDDM_RPC_LARGE, .len = DATA_LEN,
			.data = payload,
		},
	},
	{
		.desc = "CAST in parts",
		.type = KDDM_WIRE_CAST,
		.rpc = {
			.service = 3, .id = 11, .total = DATA_LEN + 1,
			.len = DATA_LEN, .data = payload,
		},
	},
	{
		.desc = "PART",
		.type = KDDM_WIRE_PART,
		.part = {
			.id = 7, .token = 0x70ce, .origin = 1023, .reply = true,
			.offset = 65536, .len = DATA_LEN, .data = payload,
		},
	},
	{
		.desc = "CANCEL",
		.type = KDDM_WIRE_CANCEL,
		.at = { .id = 0xffffffff, .token = 0x80000001 },
	},
	{
		.desc = "AT",
		.type = KDDM_WIRE_AT,
		.at = { .id = 5, .token = 6, .node = 1023, .hops = 1 },
	},
	{
		.desc = "REPLICA",
		.type = KDDM_WIRE_OBJ + KDDM_EV_REPLICA, .chan = 1,
		.obj = {
			.set = 1, .version = 78, .seq = 6,
			.len = DATA_LEN, .data = payload,
		},
	},
};

KUNIT_ARRAY_PARAM_DESC(wire, wire_cases, desc);

static bool is_rpc(u8 type)
{
	return type == KDDM_WIRE_CALL || type == KDDM_WIRE_CAST ||
	       type == KDDM_WIRE_REPLY;
}

static const struct kddm_hdr some_hdr = {
	.epoch = 0xe70c, .incarnation = 0xabcdef01, .src = 1, .dst = 1022,
	.session = 0x5e55, .seq = 0xfffffffe, .ack = 17,
};

/* Write the case's message to @buf; returns its length. */
static int encode(struct kunit *test, const struct wire_case *c, u8 *buf)
{
	struct kddm_hdr h = some_hdr;
	int n = 0;

	if (c->type == KDDM_WIRE_HELLO)
		n = kddm_wire_put_hello(buf + HDR, BUF_LEN - HDR, &c->hello);
	else if (is_rpc(c->type))
		n = kddm_wire_put_rpc(buf + HDR, BUF_LEN - HDR, &c->rpc);
	else if (c->type == KDDM_WIRE_PART)
		n = kddm_wire_put_part(buf + HDR, BUF_LEN - HDR, &c->part);
	else if (c->type == KDDM_WIRE_CANCEL)
		n = kddm_wire_put_cancel(buf + HDR, BUF_LEN - HDR, &c->at);
	else if (c->type == KDDM_WIRE_AT)
		n = kddm_wire_put_at(buf + HDR, BUF_LEN - HDR, &c->at);
	else if (c->type == KDDM_WIRE_MARK)
		n = kddm_wire_put_mark(buf + HDR, BUF_LEN - HDR, c->mark);
	else if (kddm_wire_is_obj(c->type))
		n = kddm_wire_put_obj(buf + HDR, BUF_LEN - HDR, &c->obj);
	KUNIT_ASSERT_GE(test, n, 0);
	h.type = c->type;
	h.chan = c->chan;
	h.len = HDR + n;
	KUNIT_ASSERT_EQ(test, kddm_wire_put_hdr(buf, BUF_LEN, &h), (int)HDR);
	return h.len;
}

struct decoded {
	struct kddm_hdr		h;
	struct kddm_hello	hello;
	struct kddm_rpc_msg	rpc;
	struct kddm_part_msg	part;
	struct kddm_at_msg	at;
	struct kddm_obj_msg	obj;
	u32			mark;
};

/* What a datagram begins with. */
static int decode_one(const u8 *buf, size_t len, struct decoded *d)
{
	const void *body = buf + HDR;
	int rc;

	rc = kddm_wire_get_hdr(buf, len, &d->h);
	if (rc)
		return rc;
	len = d->h.len - HDR;
	if (d->h.type == KDDM_WIRE_HELLO)
		return kddm_wire_get_hello(body, len, &d->hello);
	if (d->h.type == KDDM_WIRE_MARK)
		return kddm_wire_get_mark(body, len, &d->mark);
	if (d->h.type == KDDM_WIRE_PART)
		return kddm_wire_get_part(body, len, &d->part);
	if (d->h.type == KDDM_WIRE_CANCEL)
		return kddm_wire_get_cancel(body, len, &d->at);
	if (d->h.type == KDDM_WIRE_AT)
		return kddm_wire_get_at(body, len, &d->at);
	if (is_rpc(d->h.type))
		return kddm_wire_get_rpc(body, len, d->h.type, &d->rpc);
	if (kddm_wire_is_obj(d->h.type))
		return kddm_wire_get_obj(body, len, d->h.type, &d->obj);
	return 0;
}

/* A whole datagram; @d is its last message then. */
static int decode(const u8 *buf, size_t len, struct decoded *d)
{
	int rc;

	do {
		rc = decode_one(buf, len, d);
		if (rc)
			return rc;
		buf += d->h.len;
		len -= d->h.len;
	} while (len);
	return 0;
}

static void expect_rpc(struct kunit *test, const struct kddm_rpc_msg *got,
		       const struct kddm_rpc_msg *want)
{
	KUNIT_EXPECT_EQ(test, got->service, want->service);
	KUNIT_EXPECT_EQ(test, got->id, want->id);
	KUNIT_EXPECT_EQ(test, got->err, want->err);
	KUNIT_EXPECT_EQ(test, got->max, want->max);
	KUNIT_EXPECT_EQ(test, got->token, want->token);
	KUNIT_EXPECT_EQ(test, got->key, want->key);
	KUNIT_EXPECT_EQ(test, got->incarnation, want->incarnation);
	KUNIT_EXPECT_EQ(test, got->origin, want->origin);
	KUNIT_EXPECT_EQ(test, got->hops, want->hops);
	KUNIT_EXPECT_EQ(test, got->total,
			want->total ? want->total : want->len);
	KUNIT_ASSERT_EQ(test, got->len, want->len);
	if (want->len)
		KUNIT_EXPECT_MEMEQ(test, got->data, want->data, want->len);
}

static void expect_part(struct kunit *test, const struct kddm_part_msg *got,
			const struct kddm_part_msg *want)
{
	KUNIT_EXPECT_EQ(test, got->id, want->id);
	KUNIT_EXPECT_EQ(test, got->token, want->token);
	KUNIT_EXPECT_EQ(test, got->offset, want->offset);
	KUNIT_EXPECT_EQ(test, got->origin, want->origin);
	KUNIT_EXPECT_EQ(test, got->reply, want->reply);
	KUNIT_ASSERT_EQ(test, got->len, want->len);
	KUNIT_EXPECT_MEMEQ(test, got->data, want->data, want->len);
}

static void expect_at(struct kunit *test, const struct kddm_at_msg *got,
		      const struct kddm_at_msg *want)
{
	KUNIT_EXPECT_EQ(test, got->id, want->id);
	KUNIT_EXPECT_EQ(test, got->token, want->token);
	KUNIT_EXPECT_EQ(test, got->node, want->node);
	KUNIT_EXPECT_EQ(test, got->hops, want->hops);
}

static void expect_obj(struct kunit *test, const struct kddm_obj_msg *got,
		       const struct wire_case *c)
{
	const struct kddm_obj_msg *want = &c->obj;

	KUNIT_EXPECT_EQ(test, got->type, c->type - KDDM_WIRE_OBJ);
	KUNIT_EXPECT_EQ(test, got->flags, want->flags);
	KUNIT_EXPECT_EQ(test, got->origin, want->origin);
	KUNIT_EXPECT_EQ(test, got->hops, want->hops);
	KUNIT_EXPECT_EQ(test, got->set, want->set);
	KUNIT_EXPECT_EQ(test, got->objid, want->objid);
	KUNIT_EXPECT_EQ(test, got->version, want->version);
	KUNIT_EXPECT_EQ(test, got->seq, want->seq);
	KUNIT_EXPECT_EQ(test, got->err, want->err);
	KUNIT_ASSERT_EQ(test, got->nwords, want->nwords);
	if (want->nwords)
		KUNIT_EXPECT_MEMEQ(test, got->need, want->need,
				   want->nwords * sizeof(u64));
	KUNIT_ASSERT_EQ(test, got->len, want->len);
	if (want->len)
		KUNIT_EXPECT_MEMEQ(test, got->data, want->data, want->len);
}

static void test_round_trip(struct kunit *test)
{
	const struct wire_case *c = test->param_value;
	u8 *buf = kunit_kzalloc(test, BUF_LEN, GFP_KERNEL);
	struct decoded *d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);
	int len;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_ASSERT_NOT_NULL(test, d);
	len = encode(test, c, buf);
	KUNIT_ASSERT_EQ(test, decode(buf, len, d), 0);
	KUNIT_EXPECT_EQ(test, d->h.type, c->type);
	KUNIT_EXPECT_EQ(test, d->h.chan, c->chan);
	KUNIT_EXPECT_EQ(test, d->h.len, (u32)len);
	KUNIT_EXPECT_EQ(test, d->h.epoch, some_hdr.epoch);
	KUNIT_EXPECT_EQ(test, d->h.incarnation, some_hdr.incarnation);
	KUNIT_EXPECT_EQ(test, d->h.src, some_hdr.src);
	KUNIT_EXPECT_EQ(test, d->h.dst, some_hdr.dst);
	KUNIT_EXPECT_EQ(test, d->h.session, some_hdr.session);
	KUNIT_EXPECT_EQ(test, d->h.seq, some_hdr.seq);
	KUNIT_EXPECT_EQ(test, d->h.ack, some_hdr.ack);
	if (c->type == KDDM_WIRE_HELLO)
		KUNIT_EXPECT_MEMEQ(test, &d->hello, &c->hello,
				   sizeof(d->hello));
	else if (is_rpc(c->type))
		expect_rpc(test, &d->rpc, &c->rpc);
	else if (c->type == KDDM_WIRE_PART)
		expect_part(test, &d->part, &c->part);
	else if (c->type == KDDM_WIRE_CANCEL || c->type == KDDM_WIRE_AT)
		expect_at(test, &d->at, &c->at);
	else if (c->type == KDDM_WIRE_MARK)
		KUNIT_EXPECT_EQ(test, d->mark, c->mark);
	else if (kddm_wire_is_obj(c->type))
		expect_obj(test, &d->obj, c);
}

/* A datagram that ends early or late, in a buffer of just its size. */
static void test_truncated(struct kunit *test)
{
	const struct wire_case *c = test->param_value;
	u8 *buf = kunit_kzalloc(test, BUF_LEN, GFP_KERNEL);
	struct decoded *d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);
	int len, cut;
	u8 *exact;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_ASSERT_NOT_NULL(test, d);
	len = encode(test, c, buf);
	for (cut = 1; cut < len; cut++) {
		/* KASAN sees what reads behind it. */
		exact = kmemdup(buf, cut, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, exact);
		KUNIT_EXPECT_EQ_MSG(test, decode(exact, cut, d), -EBADMSG,
				    "%d of %d bytes", cut, len);
		/* And one whose header tells the length it has. */
		if (cut >= (int)HDR) {
			((struct kddm_wire_hdr *)exact)->len =
				cpu_to_le32(cut);
			KUNIT_EXPECT_EQ_MSG(test, decode(exact, cut, d),
					    -EBADMSG,
					    "%d of %d bytes, header adapted",
					    cut, len);
		}
		kfree(exact);
	}
	KUNIT_EXPECT_EQ(test, decode(buf, len + 1, d), -EBADMSG);
	((struct kddm_wire_hdr *)buf)->len = cpu_to_le32(len + 1);
	KUNIT_EXPECT_EQ(test, decode(buf, len + 1, d), -EBADMSG);
	KUNIT_EXPECT_EQ(test, decode(buf, 0, d), -EBADMSG);
}

/* What the layers above rely on without looking. */
static bool is_sane(const struct decoded *d, const u8 *buf, size_t len)
{
	const struct kddm_obj_msg *o = &d->obj;
	const struct kddm_rpc_msg *r = &d->rpc;
	const u8 *end = buf + len;

	if (d->h.len != len || d->h.src >= KDDM_MAX_NODES ||
	    d->h.dst >= KDDM_MAX_NODES || d->h.chan >= KDDM_CHANNELS ||
	    !d->h.incarnation)
		return false;
	if (d->h.type == KDDM_WIRE_HELLO)
		return !(d->hello.flags & ~KDDM_HELLO_ALL) &&
		       d->hello.port[0] && d->hello.port[1] &&
		       d->hello.port[2];
	if (is_rpc(d->h.type))
		return r->err <= 0 && r->err >= -MAX_ERRNO &&
		       r->max <= KDDM_RPC_LARGE && r->total >= r->len &&
		       r->total <= KDDM_RPC_LARGE &&
		       r->origin < KDDM_MAX_NODES &&
		       r->hops <= KDDM_RPC_HOPS &&
		       (const u8 *)r->data + r->len == end;
	if (d->h.type == KDDM_WIRE_PART)
		return d->part.len && d->part.origin < KDDM_MAX_NODES &&
		       d->part.offset <= KDDM_RPC_LARGE &&
		       (const u8 *)d->part.data + d->part.len == end;
	if (d->h.type == KDDM_WIRE_AT)
		return d->at.node < KDDM_MAX_NODES && d->at.hops &&
		       d->at.hops <= KDDM_RPC_HOPS;
	if (d->h.type == KDDM_WIRE_CANCEL)
		return !d->h.chan;
	if (d->h.type == KDDM_WIRE_MARK)
		return d->mark && d->h.chan;
	/* What is in a VIEW is tested by viewchange_kunit.c. */
	if (d->h.type == KDDM_WIRE_VIEW)
		return !d->h.chan;
	if (!kddm_wire_is_obj(d->h.type))
		return d->h.type == KDDM_WIRE_CREDIT;
	if (o->type + KDDM_WIRE_OBJ != d->h.type || !d->h.chan ||
	    o->flags & ~KDDM_COF_ALL || o->origin >= KDDM_MAX_NODES ||
	    o->nwords > KDDM_MAX_NODES / 64)
		return false;
	if (o->type == KDDM_EV_NAK ? o->err >= 0 || o->err < -MAX_ERRNO :
				     o->err)
		return false;
	return (const u8 *)o->data + o->len == end;
}

static void test_corrupt(struct kunit *test)
{
	const struct wire_case *c = test->param_value;
	u8 *buf = kunit_kzalloc(test, BUF_LEN, GFP_KERNEL);
	struct decoded *d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);
	int len, i, value;
	u8 was;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_ASSERT_NOT_NULL(test, d);
	len = encode(test, c, buf);
	for (i = 0; i < len; i++) {
		was = buf[i];
		for (value = 0; value < 256; value++) {
			buf[i] = value;
			if (decode(buf, len, d))
				continue;
			KUNIT_EXPECT_TRUE_MSG(test, is_sane(d, buf, len),
					      "byte %d is %d", i, value);
		}
		buf[i] = was;
	}
}

/* One field made wrong, in a message that is right otherwise. */
struct bad_case {
	const char	*desc;
	u8		which;		/* message: its place in wire_cases */
	u8		size;		/* of the field, bytes */
	u16		offset;		/* of the field */
	u32		value;
	int		rc;
};

#define BAD_HDR(name, bytes, val, ret, text) {				\
	.desc = text, .which = 2, .size = bytes,			\
	.offset = offsetof(struct kddm_wire_hdr, name),			\
	.value = val, .rc = ret,					\
}

#define BAD_BODY(msg, type, name, bytes, val, text) {			\
	.desc = text, .which = msg, .size = bytes,			\
	.offset = HDR + offsetof(struct type, name),			\
	.value = val, .rc = -EBADMSG,					\
}

static const struct bad_case bad_cases[] = {
	BAD_HDR(magic, 2, 0x4b45, -EBADMSG, "foreign magic"),
	BAD_HDR(version, 1, KDDM_WIRE_VERSION + 1, -EPROTONOSUPPORT,
		"another version"),
	BAD_HDR(version, 1, 0, -EPROTONOSUPPORT, "version 0"),
	BAD_HDR(type, 1, 0, -EBADMSG, "no type"),
	BAD_HDR(type, 1, KDDM_WIRE_OBJ + KDDM_EV_GET_REQ, -EBADMSG,
		"object message on channel 0"),
	BAD_HDR(type, 1, KDDM_WIRE_OBJ + KDDM_EV_NR, -EBADMSG,
		"type behind the last"),
	BAD_HDR(len, 4, 0xffffffff, -EBADMSG, "huge length"),
	BAD_HDR(len, 4, 0, -EBADMSG, "length 0"),
	BAD_HDR(len, 4, HDR - KDDM_WIRE_ALIGN, -EBADMSG,
		"length below that of a header"),
	BAD_HDR(incarnation, 4, 0, -EBADMSG, "no incarnation"),
	BAD_HDR(src, 2, KDDM_MAX_NODES, -EBADMSG, "source id too high"),
	BAD_HDR(dst, 2, KDDM_NODE_NONE, -EBADMSG, "no destination"),
	BAD_HDR(dst, 2, 1, -EBADMSG, "source is destination"),
	BAD_HDR(chan, 2, 1, -EBADMSG, "RPC on channel 1"),
	BAD_HDR(chan, 2, KDDM_CHANNELS, -EBADMSG, "no such channel"),
	BAD_BODY(0, kddm_wire_hello, flags, 4, 0x80000000,
		 "HELLO: unknown flag"),
	BAD_BODY(0, kddm_wire_hello, port[1], 4, 0, "HELLO: no port"),
	BAD_BODY(2, kddm_wire_rpc, err, 4, (u32)-EIO, "CALL with an error"),
	BAD_BODY(2, kddm_wire_rpc, max, 4, KDDM_RPC_LARGE + 1,
		 "CALL: reply too long"),
	BAD_BODY(2, kddm_wire_rpc, total, 4, DATA_LEN - 1,
		 "CALL: less than is there"),
	BAD_BODY(2, kddm_wire_rpc, total, 4, KDDM_RPC_LARGE + 1,
		 "CALL: too much in all"),
	BAD_BODY(2, kddm_wire_rpc, origin, 2, KDDM_MAX_NODES,
		 "CALL: no such caller"),
	BAD_BODY(2, kddm_wire_rpc, incarnation, 4, 1,
		 "CALL: not forwarded, with an incarnation"),
	BAD_BODY(2, kddm_wire_rpc, hops, 2, 1,
		 "CALL: forwarded, without an incarnation"),
	BAD_BODY(17, kddm_wire_rpc, hops, 2, KDDM_RPC_HOPS + 1,
		 "CALL: forwarded too often"),
	BAD_BODY(3, kddm_wire_rpc, total, 4, 1,
		 "CALL in parts, of which the first is empty"),
	BAD_BODY(4, kddm_wire_rpc, token, 4, 1, "CAST with a token"),
	BAD_BODY(5, kddm_wire_rpc, key, 4, 1, "REPLY with a key"),
	BAD_BODY(6, kddm_wire_rpc, total, 4, 1, "REPLY with an error and more"),
	BAD_BODY(19, kddm_wire_part, len, 4, 0, "PART: length 0"),
	BAD_BODY(19, kddm_wire_part, offset, 4, KDDM_RPC_LARGE + 1,
		 "PART: behind the end of all"),
	BAD_BODY(19, kddm_wire_part, origin, 2, KDDM_NODE_NONE,
		 "PART: no such caller"),
	BAD_BODY(19, kddm_wire_part, reply, 2, 2, "PART of what?"),
	BAD_BODY(21, kddm_wire_at, node, 2, KDDM_MAX_NODES, "AT: no node"),
	BAD_BODY(21, kddm_wire_at, hops, 2, 0, "AT: not forwarded"),
	BAD_BODY(21, kddm_wire_at, hops, 2, KDDM_RPC_HOPS + 1,
		 "AT: forwarded too often"),
	BAD_BODY(2, kddm_wire_rpc, len, 4, 0xfffffff0, "CALL: huge payload"),
	BAD_BODY(4, kddm_wire_rpc, id, 4, 1, "CAST with a number"),
	BAD_BODY(5, kddm_wire_rpc, err, 4, (u32)-EIO,
		 "REPLY with an error and payload"),
	BAD_BODY(6, kddm_wire_rpc, err, 4, 1, "REPLY with a positive error"),
	BAD_BODY(6, kddm_wire_rpc, err, 4, (u32)-MAX_ERRNO - 1,
		 "REPLY with an error out of range"),
	BAD_BODY(7, kddm_wire_obj, origin, 2, KDDM_MAX_NODES,
		 "origin too high"),
	BAD_BODY(7, kddm_wire_obj, flags, 1, KDDM_COF_ALL + 1,
		 "unknown object flag"),
	BAD_BODY(7, kddm_wire_obj, pad, 1, 1, "object padding"),
	BAD_BODY(7, kddm_wire_obj, err, 4, (u32)-EIO,
		 "request with an error"),
	BAD_BODY(7, kddm_wire_obj, nwords, 2, 1, "request with a node set"),
	BAD_BODY(7, kddm_wire_obj, len, 4, 1, "request with data"),
	BAD_BODY(9, kddm_wire_obj, len, 4, 0xffffffff, "DATA: huge length"),
	BAD_BODY(10, kddm_wire_obj, nwords, 2, 17, "OWN: node set too large"),
	BAD_BODY(10, kddm_wire_obj, nwords, 2, 0xffff, "OWN: huge node set"),
	BAD_BODY(14, kddm_wire_obj, err, 4, 0, "NAK without an error"),
	BAD_BODY(14, kddm_wire_obj, err, 4, 5, "NAK with a positive error"),
};

KUNIT_ARRAY_PARAM_DESC(bad, bad_cases, desc);

static void test_bad_field(struct kunit *test)
{
	const struct bad_case *b = test->param_value;
	u8 *buf = kunit_kzalloc(test, BUF_LEN, GFP_KERNEL);
	struct decoded *d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);
	__le32 value = cpu_to_le32(b->value);
	int len;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_ASSERT_NOT_NULL(test, d);
	len = encode(test, &wire_cases[b->which], buf);
	KUNIT_ASSERT_EQ(test, decode(buf, len, d), 0);
	memcpy(buf + b->offset, &value, b->size);
	KUNIT_EXPECT_EQ(test, decode(buf, len, d), b->rc);
}

/* The bytes of a message are the same on every machine. */
static void test_bytes(struct kunit *test)
{
	static const u8 want[] = {
		0x44, 0x4b, 1, 2,		/* magic, version, type */
		32, 0, 0, 0,			/* length */
		0x0c, 0xe7, 0, 0,		/* epoch */
		0x01, 0xef, 0xcd, 0xab,		/* incarnation */
		1, 0, 0xfe, 0x03,		/* source, destination */
		2, 0, 0x55, 0x5e,		/* channel, session */
		0xfe, 0xff, 0xff, 0xff,		/* number */
		17, 0, 0, 0,			/* ack */
	};
	u8 *buf = kunit_kzalloc(test, BUF_LEN, GFP_KERNEL);
	int len;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	len = encode(test, &wire_cases[1], buf);
	KUNIT_ASSERT_EQ(test, len, (int)HDR);
	KUNIT_EXPECT_MEMEQ(test, buf, want, sizeof(want));
}

/*
 * Behind a message another one is found, if it begins where it may and neither
 * has to be alone; and if it is not well formed, that is seen.
 */
static void test_together(struct kunit *test)
{
	const struct wire_case *c = test->param_value;
	u8 *buf = kunit_kzalloc(test, 2 * BUF_LEN, GFP_KERNEL);
	struct decoded *d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);
	bool alone = c->type == KDDM_WIRE_HELLO || c->type == KDDM_WIRE_CREDIT;
	int first, second;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_ASSERT_NOT_NULL(test, d);
	first = encode(test, c, buf);
	second = encode(test, &wire_cases[MARK], buf + first);
	KUNIT_EXPECT_EQ(test, decode_one(buf, first, d), 0);
	if (alone || first % KDDM_WIRE_ALIGN) {
		KUNIT_EXPECT_EQ(test, decode(buf, first + second, d), -EBADMSG);
		return;
	}
	KUNIT_EXPECT_EQ(test, decode(buf, first + second, d), 0);
	KUNIT_EXPECT_EQ(test, d->h.type, KDDM_WIRE_MARK);
	KUNIT_EXPECT_EQ(test, d->mark, wire_cases[MARK].mark);
	KUNIT_EXPECT_EQ(test, decode(buf, first + second - 1, d), -EBADMSG);
	KUNIT_EXPECT_EQ(test, decode(buf, first + 1, d), -EBADMSG);
}

/* No encoder writes behind its buffer. */
static void test_no_room(struct kunit *test)
{
	const struct wire_case *c = test->param_value;
	u8 *buf = kunit_kzalloc(test, BUF_LEN, GFP_KERNEL);
	size_t body;
	int rc;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	body = encode(test, c, buf) - HDR;
	KUNIT_EXPECT_EQ(test, kddm_wire_put_hdr(buf, HDR - 1, &some_hdr),
			-EMSGSIZE);
	if (!body)
		return;
	if (c->type == KDDM_WIRE_HELLO)
		rc = kddm_wire_put_hello(buf, body - 1, &c->hello);
	else if (is_rpc(c->type))
		rc = kddm_wire_put_rpc(buf, body - 1, &c->rpc);
	else if (c->type == KDDM_WIRE_PART)
		rc = kddm_wire_put_part(buf, body - 1, &c->part);
	else if (c->type == KDDM_WIRE_CANCEL)
		rc = kddm_wire_put_cancel(buf, body - 1, &c->at);
	else if (c->type == KDDM_WIRE_AT)
		rc = kddm_wire_put_at(buf, body - 1, &c->at);
	else if (c->type == KDDM_WIRE_MARK)
		rc = kddm_wire_put_mark(buf, body - 1, c->mark);
	else
		rc = kddm_wire_put_obj(buf, body - 1, &c->obj);
	KUNIT_EXPECT_EQ(test, rc, -EMSGSIZE);
}

static struct kunit_case wire_kunit_cases[] = {
	KUNIT_CASE_PARAM(test_round_trip, wire_gen_params),
	KUNIT_CASE_PARAM(test_truncated, wire_gen_params),
	KUNIT_CASE_PARAM(test_corrupt, wire_gen_params),
	KUNIT_CASE_PARAM(test_together, wire_gen_params),
	KUNIT_CASE_PARAM(test_no_room, wire_gen_params),
	KUNIT_CASE_PARAM(test_bad_field, bad_gen_params),
	KUNIT_CASE(test_bytes),
	{ }
};

static struct kunit_suite wire_suite = {
	.name = "kddm-wire",
	.test_cases = wire_kunit_cases,
};

kunit_test_suite(wire_suite);

MODULE_DESCRIPTION("Unit tests of KDDM's wire format");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
