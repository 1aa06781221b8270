// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages in parts; rpc_parts.h says more.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/types.h>
#include <kunit/visibility.h>
#include "rpc_parts.h"
#include "wire.h"

int kddm_parts_begin(struct kddm_parts *p, u32 total, u32 len, u32 max)
{
	if (len > total || total > KDDM_RPC_LARGE)
		return -EBADMSG;
	if (total > max)
		return -EMSGSIZE;
	/* Each part brings something, so that it comes to an end. */
	if (total > len && !len)
		return -EBADMSG;
	p->total = total;
	p->got = len;
	return total - len;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_parts_begin);

int kddm_parts_next(struct kddm_parts *p, u32 offset, u32 len)
{
	if (!len || offset != p->got || len > p->total - p->got)
		return -EBADMSG;
	p->got += len;
	return p->total - p->got;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_parts_next);

u32 kddm_parts_cut(u32 total, u32 offset, u32 most)
{
	u32 rest = offset < total ? total - offset : 0;

	return rest < most ? rest : most;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_parts_cut);
