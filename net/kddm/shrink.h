/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory pressure; see shrink.c.
 */
#ifndef _NET_KDDM_SHRINK_H
#define _NET_KDDM_SHRINK_H

struct kddm_net;
struct kddm_shrink;

/* With the namespace: NULL if there is no memory. */
struct kddm_shrink *kddm_shrink_new(struct kddm_net *kn);
/* kn->sets is there. */
void kddm_shrink_start(struct kddm_shrink *s);
void kddm_shrink_free(struct kddm_shrink *s);

#endif /* _NET_KDDM_SHRINK_H */
