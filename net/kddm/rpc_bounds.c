// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a client may ask of its service, and what a peer may have there.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/string.h>
#include "rpc_bounds.h"

#define WORKERS		8		/* of a service that does not say */

bool kddm_svc_valid(const struct kddm_svc *svc)
{
	return svc->name && *svc->name && svc->handler &&
	       strnlen(svc->name, KDDM_SVC_NAME_LEN + 1) <= KDDM_SVC_NAME_LEN &&
	       svc->workers <= KDDM_SVC_WORKERS &&
	       svc->order <= KDDM_ORDER_KEY &&
	       svc->max_request <= KDDM_MESSAGE_MAX &&
	       svc->max_reply <= KDDM_MESSAGE_MAX;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_svc_valid);

u32 kddm_svc_workers(const struct kddm_svc *svc)
{
	return svc->workers ?: WORKERS;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_svc_workers);

u32 kddm_svc_max_request(const struct kddm_svc *svc)
{
	return svc->max_request ?: KDDM_MESSAGE;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_svc_max_request);

u32 kddm_svc_max_reply(const struct kddm_svc *svc)
{
	return svc->max_reply ?: KDDM_MESSAGE;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_svc_max_reply);

u32 kddm_svc_lane_key(const struct kddm_svc *svc, u32 key)
{
	return svc->order == KDDM_ORDER_KEY ? key : 0;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_svc_lane_key);

bool kddm_svc_peer_add(struct kddm_svc_peer *p, u32 bytes)
{
	if (p->requests >= KDDM_SVC_PENDING || bytes > KDDM_SVC_BYTES ||
	    p->bytes > KDDM_SVC_BYTES - bytes)
		return false;
	p->requests++;
	p->bytes += bytes;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_svc_peer_add);
