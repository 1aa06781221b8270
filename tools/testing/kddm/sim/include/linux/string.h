/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SIM_LINUX_STRING_H
#define SIM_LINUX_STRING_H

#include <stdio.h>
#include <string.h>
#include <linux/types.h>

#define strscpy(to, from, size)	snprintf(to, size, "%s", from)

/* The first byte that is another, or NULL. */
static inline void *memchr_inv(const void *p, int c, size_t len)
{
	const u8 *byte = p;

	for (; len; len--, byte++)
		if (*byte != (u8)c)
			return (void *)byte;
	return NULL;
}

#endif /* SIM_LINUX_STRING_H */
