// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O linkers: the table of those that exist, and "memory", whose objects are
 * zeroed memory of whichever node holds them.
 */
#include <linux/slab.h>
#include <linux/string.h>
#include "iolinker.h"
#include "set.h"

static void *memory_alloc(struct kddm_set *set)
{
	return kvmalloc(set->size, GFP_NOFS | __GFP_NOFAIL);
}

static void memory_free(struct kddm_set *set, void *data)
{
	kvfree(data);
}

static void memory_first_touch(struct kddm_set *set, u64 id, void *data)
{
	memset(data, 0, set->size);
}

static const struct kddm_iolinker linkers[] = {
	{
		.name		= "memory",
		.alloc		= memory_alloc,
		.free		= memory_free,
		.first_touch	= memory_first_touch,
	},
};

const struct kddm_iolinker *kddm_iolinker_find(const char *name)
{
	int i;

	if (!*name)
		return &linkers[0];
	for (i = 0; i < ARRAY_SIZE(linkers); i++)
		if (!strcmp(linkers[i].name, name))
			return &linkers[i];
	return NULL;
}
