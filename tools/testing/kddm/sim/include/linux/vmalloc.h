/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of any size, zero, and not there before it is touched. */
#ifndef SIM_LINUX_VMALLOC_H
#define SIM_LINUX_VMALLOC_H

#include <stdlib.h>

static inline void *vzalloc(size_t size)
{
	return calloc(1, size ? size : 1);
}

static inline void vfree(void *p)
{
	free(p);
}

#endif /* SIM_LINUX_VMALLOC_H */
