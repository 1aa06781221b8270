/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is inside a node, for whoever looks for a fault: files in debugfs, below
 * kddm/, in a directory for each network namespace that is named by the number
 * of the namespace.  Their format may change at any time.
 */
#ifndef _NET_KDDM_DEBUG_H
#define _NET_KDDM_DEBUG_H

int kddm_debug_init(void);
void kddm_debug_exit(void);

#endif /* _NET_KDDM_DEBUG_H */
