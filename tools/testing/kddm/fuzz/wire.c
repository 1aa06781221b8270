// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer over the wire format: any bytes as a datagram.
 *
 * What wire.c accepts is within its bounds, to the last byte of the payload,
 * and has one form only: written again, it gives the same bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t again[KDDM_MSG_MAX];

#define CHECK(condition) do {						\
	if (!(condition)) {						\
		fprintf(stderr, "not so: %s\n", #condition);		\
		abort();						\
	}								\
} while (0)

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
	CHECK(m.len <= KDDM_MAX_RPC && m.max <= KDDM_MAX_RPC);
	CHECK(m.err <= 0 && m.err >= -4095);
	touch(m.data, m.len);
	return kddm_wire_put_rpc(again, sizeof(again), &m);
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

static void datagram(const uint8_t *data, size_t size)
{
	const uint8_t *body = data + sizeof(struct kddm_wire_hdr);
	struct kddm_hdr h;
	size_t rest;
	int n = 0;

	if (kddm_wire_get_hdr(data, size, &h))
		return;
	CHECK(h.len == size && h.src < KDDM_MAX_NODES && h.src != h.dst);
	CHECK(h.chan < KDDM_CHANNELS && h.incarnation);
	rest = size - sizeof(struct kddm_wire_hdr);
	if (h.type == KDDM_WIRE_HELLO)
		n = hello(body, rest);
	else if (h.type == KDDM_WIRE_CALL || h.type == KDDM_WIRE_CAST ||
		 h.type == KDDM_WIRE_REPLY)
		n = rpc(body, rest, h.type);
	else if (kddm_wire_is_obj(h.type))
		n = object(body, rest, h.type);
	else
		CHECK(h.type == KDDM_WIRE_CREDIT);
	if (n < 0)
		return;
	CHECK((size_t)n == rest && !memcmp(again, body, rest));
	n = kddm_wire_put_hdr(again, sizeof(again), &h);
	CHECK(n == (int)sizeof(struct kddm_wire_hdr));
	CHECK(!memcmp(again, data, n));
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
	n = object(data, size, type);
	CHECK(n < 0 || ((size_t)n == size && !memcmp(again, data, size)));
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
	else
		datagram(copy, size - 1);
	free(copy);
	return 0;
}
