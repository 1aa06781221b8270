/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * I/O linkers: the table of those that exist, and their operations as the
 * objects call them, with what a linker that leaves one out gets instead.
 */
#ifndef _NET_KDDM_LINKER_H
#define _NET_KDDM_LINKER_H

#include <linux/kddm.h>
#include <linux/string.h>
#include "object.h"
#include "set.h"

extern const struct kddm_linker kddm_linker_memory;
extern const struct kddm_linker kddm_linker_page;
extern const struct kddm_linker kddm_linker_file;

int kddm_linkers_init(void);
void kddm_linkers_exit(void);

/**
 * kddm_linker_get() - a linker by name
 * @name: NUL-terminated; "" is the default, "memory"
 *
 * Context: may sleep.
 * Return: the linker, with its module held, or NULL.
 */
const struct kddm_linker *kddm_linker_get(const char *name);
void kddm_linker_put(const struct kddm_linker *linker);

static inline void *kddm_linker_alloc(struct kddm_set *set, u64 id)
{
	if (set->linker->alloc)
		return set->linker->alloc(set, id);
	return kddm_linker_memory.alloc(set, id);
}

static inline void kddm_linker_free(struct kddm_set *set, u64 id, void *data)
{
	if (set->linker->alloc)
		set->linker->free(set, id, data);
	else
		kddm_linker_memory.free(set, id, data);
}

/* An error of a linker as its users, on any node, may get it. */
int kddm_linker_error(int err);

/* The first contents, or, at home, what was stored.  May sleep. */
int kddm_linker_first_touch(struct kddm_set *set, u64 id, void *data);

/* Contents are stored, on the home node.  May sleep. */
static inline int kddm_linker_sync(struct kddm_set *set, u64 id,
				   const void *buf, u32 len)
{
	return kddm_linker_error(set->linker->sync(set, id, buf, len));
}

static inline int kddm_linker_import(struct kddm_set *set, u64 id, void *data,
				     const void *buf, u32 len)
{
	if (set->linker->import)
		return kddm_linker_error(set->linker->import(set, id, data,
							     buf, len));
	memcpy(data, buf, len);
	return 0;
}

/*
 * Memory whose contents come as they are, or not at all, is zeroed only for
 * objects that begin here.
 */
static inline bool kddm_linker_is_plain(const struct kddm_linker *linker)
{
	return (!linker->alloc || linker->alloc == kddm_linker_memory.alloc) &&
	       !linker->import;
}

static inline void kddm_linker_clear(struct kddm_set *set, void *data)
{
	if (kddm_linker_is_plain(set->linker))
		memset(data, 0, set->size);
}

#endif /* _NET_KDDM_LINKER_H */
