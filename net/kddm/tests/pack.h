/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * States of the model cluster as short strings of bytes; search.h says what is
 * left out.
 */
#ifndef _NET_KDDM_TESTS_PACK_H
#define _NET_KDDM_TESTS_PACK_H

#include <linux/types.h>
#include "model.h"

#define PACK_MAX	512	/* bytes of a state */

/**
 * model_pack() - a state as bytes
 * @m: the state
 * @perm: new index of each node
 * @hops: keep the hops of requests
 * @to: room for PACK_MAX
 *
 * Return: bytes written.
 */
size_t model_pack(const struct model *m, const u8 *perm, bool hops, u8 *to);

/**
 * model_unpack() - and back
 * @m: the model, initialised with model_init() once
 * @hops: as for model_pack()
 * @from: what that wrote
 *
 * Return: bytes read.
 */
size_t model_unpack(struct model *m, bool hops, const u8 *from);

#endif /* _NET_KDDM_TESTS_PACK_H */
