/* SPDX-License-Identifier: GPL-2.0-only */
/* As much of linux/slab.h as the tests of the pure files need. */
#ifndef SIM_LINUX_SLAB_H
#define SIM_LINUX_SLAB_H

#include <stdlib.h>
#include <string.h>

static inline void *kmemdup(const void *from, size_t size, int gfp)
{
	void *to = malloc(size);

	return to ? memcpy(to, from, size) : NULL;
}

static inline void kfree(void *p)
{
	free(p);
}

#endif /* SIM_LINUX_SLAB_H */
