/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * I/O linkers: where the objects of a set come from.
 *
 * A linker is a table of operations, registered by name.  They are called
 * without spin locks, one at a time for each object, and may sleep; the
 * protocol of other objects goes on meanwhile, that of this object waits.
 */
#ifndef _NET_KDDM_IOLINKER_H
#define _NET_KDDM_IOLINKER_H

#include <linux/types.h>

struct kddm_set;

/**
 * struct kddm_iolinker - operations of a linker
 * @name: 1 to %KDDM_SET_NAME_LEN characters
 * @alloc: memory for one object; does not fail (the protocol cannot go back)
 * @free: what @alloc gave
 * @first_touch: the first contents of object @id
 */
struct kddm_iolinker {
	const char	*name;
	void		*(*alloc)(struct kddm_set *set);
	void		(*free)(struct kddm_set *set, void *data);
	void		(*first_touch)(struct kddm_set *set, u64 id,
				       void *data);
};

/**
 * kddm_iolinker_find() - a linker by name
 * @name: NUL-terminated; "" is the default, "memory"
 *
 * Return: the linker, or NULL.
 */
const struct kddm_iolinker *kddm_iolinker_find(const char *name);

#endif /* _NET_KDDM_IOLINKER_H */
