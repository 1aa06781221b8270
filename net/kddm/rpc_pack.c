// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pack and unpack; linux/kddm_pack.h says what they promise.
 *
 * Pure, as wire.c is: nothing but bytes, so that the same file is tested and
 * fuzzed in user space.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kddm_pack.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

/* Writing */

void *kddm_pack_room(struct kddm_pack *p, u32 len)
{
	void *place;

	if (p->err)
		return NULL;
	if (p->room - p->len < len) {
		p->err = -EMSGSIZE;
		return NULL;
	}
	place = p->buf + p->len;
	p->len += len;
	return place;
}
EXPORT_SYMBOL_GPL(kddm_pack_room);

void kddm_pack_bytes(struct kddm_pack *p, const void *data, u32 len)
{
	void *place = kddm_pack_room(p, len);

	if (place && len)
		memcpy(place, data, len);
}
EXPORT_SYMBOL_GPL(kddm_pack_bytes);

void kddm_pack_u8(struct kddm_pack *p, u8 value)
{
	kddm_pack_bytes(p, &value, sizeof(value));
}
EXPORT_SYMBOL_GPL(kddm_pack_u8);

void kddm_pack_u16(struct kddm_pack *p, u16 value)
{
	__le16 wire = cpu_to_le16(value);

	kddm_pack_bytes(p, &wire, sizeof(wire));
}
EXPORT_SYMBOL_GPL(kddm_pack_u16);

void kddm_pack_u32(struct kddm_pack *p, u32 value)
{
	__le32 wire = cpu_to_le32(value);

	kddm_pack_bytes(p, &wire, sizeof(wire));
}
EXPORT_SYMBOL_GPL(kddm_pack_u32);

void kddm_pack_u64(struct kddm_pack *p, u64 value)
{
	__le64 wire = cpu_to_le64(value);

	kddm_pack_bytes(p, &wire, sizeof(wire));
}
EXPORT_SYMBOL_GPL(kddm_pack_u64);

/* Nothing of it is written if it does not fit as a whole. */
static bool fits(struct kddm_pack *p, u32 head, u32 len)
{
	if (!p->err && (p->room - p->len < head ||
			p->room - p->len - head < len))
		p->err = -EMSGSIZE;
	return !p->err;
}

void kddm_pack_blob(struct kddm_pack *p, const void *data, u32 len)
{
	if (!fits(p, sizeof(__le32), len))
		return;
	kddm_pack_u32(p, len);
	kddm_pack_bytes(p, data, len);
}
EXPORT_SYMBOL_GPL(kddm_pack_blob);

void kddm_pack_str(struct kddm_pack *p, const char *str)
{
	size_t len = strlen(str);

	if (len > 0xffff) {
		if (!p->err)
			p->err = -EMSGSIZE;
		return;
	}
	if (!fits(p, sizeof(__le16), len))
		return;
	kddm_pack_u16(p, len);
	kddm_pack_bytes(p, str, len);
}
EXPORT_SYMBOL_GPL(kddm_pack_str);

/* Reading */

const void *kddm_unpack_ref(struct kddm_unpack *u, u32 len)
{
	const void *place;

	if (u->err)
		return NULL;
	if (u->len - u->pos < len) {
		u->err = -EBADMSG;
		return NULL;
	}
	place = u->buf + u->pos;
	u->pos += len;
	return place;
}
EXPORT_SYMBOL_GPL(kddm_unpack_ref);

void kddm_unpack_bytes(struct kddm_unpack *u, void *data, u32 len)
{
	const void *place = kddm_unpack_ref(u, len);

	if (!len)
		return;
	if (place)
		memcpy(data, place, len);
	else
		memset(data, 0, len);
}
EXPORT_SYMBOL_GPL(kddm_unpack_bytes);

u8 kddm_unpack_u8(struct kddm_unpack *u)
{
	u8 value;

	kddm_unpack_bytes(u, &value, sizeof(value));
	return value;
}
EXPORT_SYMBOL_GPL(kddm_unpack_u8);

u16 kddm_unpack_u16(struct kddm_unpack *u)
{
	__le16 wire;

	kddm_unpack_bytes(u, &wire, sizeof(wire));
	return le16_to_cpu(wire);
}
EXPORT_SYMBOL_GPL(kddm_unpack_u16);

u32 kddm_unpack_u32(struct kddm_unpack *u)
{
	__le32 wire;

	kddm_unpack_bytes(u, &wire, sizeof(wire));
	return le32_to_cpu(wire);
}
EXPORT_SYMBOL_GPL(kddm_unpack_u32);

u64 kddm_unpack_u64(struct kddm_unpack *u)
{
	__le64 wire;

	kddm_unpack_bytes(u, &wire, sizeof(wire));
	return le64_to_cpu(wire);
}
EXPORT_SYMBOL_GPL(kddm_unpack_u64);

bool kddm_unpack_bool(struct kddm_unpack *u)
{
	u8 value = kddm_unpack_u8(u);

	if (value > 1)
		u->err = -EBADMSG;
	return value == 1;
}
EXPORT_SYMBOL_GPL(kddm_unpack_bool);

const void *kddm_unpack_blob(struct kddm_unpack *u, u32 *len)
{
	const void *place;

	*len = kddm_unpack_u32(u);
	place = kddm_unpack_ref(u, *len);
	if (!place)
		*len = 0;
	return place;
}
EXPORT_SYMBOL_GPL(kddm_unpack_blob);

void kddm_unpack_str(struct kddm_unpack *u, char *str, u32 size)
{
	u32 len = kddm_unpack_u16(u);
	const void *place = kddm_unpack_ref(u, len);

	str[0] = '\0';
	if (!place)
		return;
	if (len >= size || memchr(place, '\0', len)) {
		u->err = -EBADMSG;
		return;
	}
	memcpy(str, place, len);
	str[len] = '\0';
}
EXPORT_SYMBOL_GPL(kddm_unpack_str);

int kddm_unpack_end(const struct kddm_unpack *u)
{
	return u->err || u->pos != u->len ? -EBADMSG : 0;
}
EXPORT_SYMBOL_GPL(kddm_unpack_end);
