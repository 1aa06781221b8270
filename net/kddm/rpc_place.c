// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a call is that may be forwarded; rpc_place.h says more.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/types.h>
#include "rpc_place.h"

bool kddm_place_hear(struct kddm_place *p, u16 src,
		     const struct kddm_at_msg *m)
{
	bool there = m->node == src;

	/* Of one step, what the receiver says is the later one. */
	if (m->hops < p->hops || (m->hops == p->hops && !there))
		return false;
	p->via = there ? KDDM_NODE_NONE : src;
	p->hops = m->hops;
	p->at = m->node;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_place_hear);
