/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recovery at work: after each change of the view, the nodes make what they
 * know of objects agree with it; recover.h has what becomes of one object.
 *
 * Each node looks at all it has, and reports to the homes: who is the owner of
 * an object that is at home there from now on, and which objects are suspects.
 * When all have reported, each home asks all nodes about its suspects, judges,
 * and tells them; many objects in one message.  The calls of the service
 * "kddm-recover" carry the epoch; they fail when the view changes again, and
 * then all begins anew.
 */
#ifndef _NET_KDDM_RECOVERY_H
#define _NET_KDDM_RECOVERY_H

struct kddm_net;
struct kddm_views_ops;

extern const struct kddm_views_ops kddm_recovery_ops;

int kddm_recovery_init(void);
void kddm_recovery_exit(void);

#endif /* _NET_KDDM_RECOVERY_H */
