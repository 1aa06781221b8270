/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pack and unpack: what a message of RPC holds.
 *
 * Values follow each other without gaps, little-endian, and without a note of
 * their types: who reads has to read what was written, in that order.
 *
 * Both sides are bounds-checked and remember their first error, so that a
 * sequence of calls is checked once, at its end.  What is read after an error
 * is zero.  Nothing here allocates, locks, or sleeps.
 *
 * Clients include <linux/kddm.h>.
 */
#ifndef _LINUX_KDDM_PACK_H
#define _LINUX_KDDM_PACK_H

#include <linux/types.h>

/**
 * struct kddm_pack - a message that is written
 * @buf: where to
 * @room: bytes in @buf
 * @len: bytes written
 * @err: 0, or -EMSGSIZE: it did not fit; or what kddm_reply_room() could not do
 */
struct kddm_pack {
	u8	*buf;
	u32	room;
	u32	len;
	int	err;
};

/**
 * struct kddm_unpack - a message that is read
 * @buf: the message
 * @len: bytes in @buf
 * @pos: bytes read
 * @err: 0, or -EBADMSG: there was less in it, or something else
 */
struct kddm_unpack {
	const u8	*buf;
	u32		len;
	u32		pos;
	int		err;
};

/**
 * kddm_pack_init() - begin a message
 * @p: the message
 * @buf: where to write; stays the caller's
 * @room: bytes in @buf
 */
static inline void kddm_pack_init(struct kddm_pack *p, void *buf, u32 room)
{
	p->buf = buf;
	p->room = room;
	p->len = 0;
	p->err = 0;
}

/**
 * kddm_unpack_init() - begin to read a message
 * @u: the message
 * @buf: its bytes
 * @len: how many
 */
static inline void kddm_unpack_init(struct kddm_unpack *u, const void *buf,
				    u32 len)
{
	u->buf = buf;
	u->len = len;
	u->pos = 0;
	u->err = 0;
}

/**
 * kddm_pack_u8() - write 8 bits
 * @p: the message
 * @value: what
 */
void kddm_pack_u8(struct kddm_pack *p, u8 value);

/**
 * kddm_pack_u16() - write 16 bits
 * @p: the message
 * @value: what
 */
void kddm_pack_u16(struct kddm_pack *p, u16 value);

/**
 * kddm_pack_u32() - write 32 bits
 * @p: the message
 * @value: what
 */
void kddm_pack_u32(struct kddm_pack *p, u32 value);

/**
 * kddm_pack_u64() - write 64 bits
 * @p: the message
 * @value: what
 */
void kddm_pack_u64(struct kddm_pack *p, u64 value);

/**
 * kddm_pack_s32() - write a signed number of 32 bits
 * @p: the message
 * @value: what
 */
static inline void kddm_pack_s32(struct kddm_pack *p, s32 value)
{
	kddm_pack_u32(p, (u32)value);
}

/**
 * kddm_pack_s64() - write a signed number of 64 bits
 * @p: the message
 * @value: what
 */
static inline void kddm_pack_s64(struct kddm_pack *p, s64 value)
{
	kddm_pack_u64(p, (u64)value);
}

/**
 * kddm_pack_bool() - write a truth value, in a byte
 * @p: the message
 * @value: what
 */
static inline void kddm_pack_bool(struct kddm_pack *p, bool value)
{
	kddm_pack_u8(p, value);
}

/**
 * kddm_pack_bytes() - write bytes as they are, without their number
 * @p: the message
 * @data: what
 * @len: how many
 */
void kddm_pack_bytes(struct kddm_pack *p, const void *data, u32 len);

/**
 * kddm_pack_room() - leave room for bytes that the caller writes itself
 * @p: the message
 * @len: how many
 *
 * Return: where, not aligned, or NULL if they do not fit.
 */
void *kddm_pack_room(struct kddm_pack *p, u32 len);

/**
 * kddm_pack_blob() - write the number of bytes (32 bits), and the bytes
 * @p: the message
 * @data: what
 * @len: how many
 */
void kddm_pack_blob(struct kddm_pack *p, const void *data, u32 len);

/**
 * kddm_pack_str() - write a string: its length (16 bits), and its characters
 * @p: the message
 * @str: NUL-terminated, at most 65535 characters
 */
void kddm_pack_str(struct kddm_pack *p, const char *str);

/**
 * kddm_unpack_u8() - read 8 bits
 * @u: the message
 *
 * Return: the value, 0 if there is none.
 */
u8 kddm_unpack_u8(struct kddm_unpack *u);

/**
 * kddm_unpack_u16() - read 16 bits
 * @u: the message
 *
 * Return: the value, 0 if there is none.
 */
u16 kddm_unpack_u16(struct kddm_unpack *u);

/**
 * kddm_unpack_u32() - read 32 bits
 * @u: the message
 *
 * Return: the value, 0 if there is none.
 */
u32 kddm_unpack_u32(struct kddm_unpack *u);

/**
 * kddm_unpack_u64() - read 64 bits
 * @u: the message
 *
 * Return: the value, 0 if there is none.
 */
u64 kddm_unpack_u64(struct kddm_unpack *u);

/**
 * kddm_unpack_s32() - read a signed number of 32 bits
 * @u: the message
 *
 * Return: the value, 0 if there is none.
 */
static inline s32 kddm_unpack_s32(struct kddm_unpack *u)
{
	return (s32)kddm_unpack_u32(u);
}

/**
 * kddm_unpack_s64() - read a signed number of 64 bits
 * @u: the message
 *
 * Return: the value, 0 if there is none.
 */
static inline s64 kddm_unpack_s64(struct kddm_unpack *u)
{
	return (s64)kddm_unpack_u64(u);
}

/**
 * kddm_unpack_bool() - read a truth value
 * @u: the message
 *
 * Return: the value, false if there is none; a byte other than 0 and 1 is an
 * error.
 */
bool kddm_unpack_bool(struct kddm_unpack *u);

/**
 * kddm_unpack_bytes() - copy bytes out
 * @u: the message
 * @data: where to; zeroed if there are not so many
 * @len: how many
 */
void kddm_unpack_bytes(struct kddm_unpack *u, void *data, u32 len);

/**
 * kddm_unpack_ref() - bytes in their place
 * @u: the message
 * @len: how many
 *
 * Return: where they are, not aligned, as long as the message is; NULL if there
 * are not so many.
 */
const void *kddm_unpack_ref(struct kddm_unpack *u, u32 len);

/**
 * kddm_unpack_blob() - read what kddm_pack_blob() wrote
 * @u: the message
 * @len: how many bytes, 0 after an error
 *
 * Return: where they are, see kddm_unpack_ref().
 */
const void *kddm_unpack_blob(struct kddm_unpack *u, u32 *len);

/**
 * kddm_unpack_str() - read what kddm_pack_str() wrote
 * @u: the message
 * @str: where to; NUL-terminated in any case
 * @size: bytes in @str, at least 1; a string that does not fit, or that has a
 *	NUL in it, is an error
 */
void kddm_unpack_str(struct kddm_unpack *u, char *str, u32 size);

/**
 * kddm_unpack_end() - whether it was all right, to the last byte
 * @u: the message
 *
 * Return: 0, or -EBADMSG: it was too short, or too long, or had a wrong value.
 */
int kddm_unpack_end(const struct kddm_unpack *u);

#endif /* _LINUX_KDDM_PACK_H */
