/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A message that comes in parts: what of it is there.  Pure.
 *
 * Parts of one message travel on one channel and so come in order; what comes
 * otherwise no correct peer sends.
 */
#ifndef _NET_KDDM_RPC_PARTS_H
#define _NET_KDDM_RPC_PARTS_H

#include <linux/types.h>

/**
 * struct kddm_parts - how far it is
 * @total: bytes of the whole message
 * @got: bytes that are there
 */
struct kddm_parts {
	u32	total;
	u32	got;
};

/**
 * kddm_parts_begin() - the first part
 * @p: the message
 * @total: bytes of the whole
 * @len: bytes of the first part
 * @max: most bytes that the whole may have
 *
 * Return: bytes that are missing, -EMSGSIZE (more than @max), or -EBADMSG.
 */
int kddm_parts_begin(struct kddm_parts *p, u32 total, u32 len, u32 max);

/**
 * kddm_parts_next() - another part
 * @p: the message
 * @offset: where it belongs
 * @len: bytes of it
 *
 * Return: bytes that are missing, or -EBADMSG: it is not the next one, or
 * empty, or too long; then @p is as before.
 */
int kddm_parts_next(struct kddm_parts *p, u32 offset, u32 len);

static inline bool kddm_parts_complete(const struct kddm_parts *p)
{
	return p->got == p->total;
}

/* Bytes of the next part of what is to be sent. */
u32 kddm_parts_cut(u32 total, u32 offset, u32 most);

#endif /* _NET_KDDM_RPC_PARTS_H */
