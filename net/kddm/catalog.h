/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The catalog: which sets exist, agreed between the nodes.
 *
 * Every node has a descriptor of every set.  Changes are serialised by the
 * coordinator, the possible node of lowest id, which tells all online nodes by
 * RPC; a node that joins fetches the descriptors before it becomes possible,
 * and nodes that meet later exchange what they know.
 */
#ifndef _NET_KDDM_CATALOG_H
#define _NET_KDDM_CATALOG_H

#include "main.h"

struct kddm_catalog;

int kddm_catalog_init(void);
void kddm_catalog_exit(void);

int kddm_catalog_start(struct kddm_net *kn);
/* Fetch the descriptors of a running cluster; before POSSIBLE is published. */
int kddm_catalog_join(struct kddm_net *kn);
/* Node @id became possible: exchange descriptors.  Does not wait. */
void kddm_catalog_meet(struct kddm_net *kn, u16 id);
/* Nobody calls kddm_catalog_meet() any more, and calls end at once. */
void kddm_catalog_stop(struct kddm_net *kn);

#endif /* _NET_KDDM_CATALOG_H */
