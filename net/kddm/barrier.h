/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The service behind kddm_node_barrier().
 */
#ifndef _NET_KDDM_BARRIER_H
#define _NET_KDDM_BARRIER_H

int kddm_barrier_init(void);
void kddm_barrier_exit(void);

#endif /* _NET_KDDM_BARRIER_H */
