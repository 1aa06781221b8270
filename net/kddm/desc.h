/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all nodes know of a set: its descriptor.
 *
 * bucket.c reads and writes it, as other nodes see it; without the rest of a
 * set, so that this can be done in user space as well.
 */
#ifndef _NET_KDDM_DESC_H
#define _NET_KDDM_DESC_H

#include <linux/kddm.h>
#include <linux/types.h>

/**
 * struct kddm_set_mark - who is about to destroy a set
 * @node: a node
 * @incarnation: of that node, 0: nobody
 */
struct kddm_set_mark {
	u16	node;
	u32	incarnation;
};

/**
 * struct kddm_set_desc - what there is to know of a set
 * @id: see bucket.h
 * @size: bytes of each object
 * @flags: KDDM_SET_*
 * @hold: minimum hold time in ms
 * @lost_timeout: ms to wait for a lost object
 * @replicas: nodes that hold what was put, 0 or 1: the owner alone
 * @name: NUL-terminated
 * @linker: name of the I/O linker, NUL-terminated
 * @home: node that is home to all objects, or %KDDM_ANY_NODE
 * @mark: who is about to destroy it
 */
struct kddm_set_desc {
	u32			id;
	u32			size;
	u32			flags;
	u32			hold;
	u32			lost_timeout;
	u8			replicas;
	char			name[KDDM_SET_NAME_LEN + 1];
	char			linker[KDDM_SET_NAME_LEN + 1];
	u16			home;
	struct kddm_set_mark	mark;
};

/* A name can be printed, and is one word of 1 to KDDM_SET_NAME_LEN letters. */
bool kddm_name_ok(const char *name);

#endif /* _NET_KDDM_DESC_H */
