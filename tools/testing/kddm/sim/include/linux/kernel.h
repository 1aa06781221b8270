/* SPDX-License-Identifier: GPL-2.0-only */
/* As much of linux/kernel.h as the tests of the pure files need. */
#ifndef SIM_LINUX_KERNEL_H
#define SIM_LINUX_KERNEL_H

#include <stdarg.h>
#include <stdio.h>
#include <linux/types.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define __printf(a, b)	__attribute__((__format__(printf, a, b)))

static inline int vscnprintf(char *buf, size_t size, const char *fmt,
			     va_list args)
{
	int n = vsnprintf(buf, size, fmt, args);

	return n < (int)size ? n : size ? (int)size - 1 : 0;
}

#endif /* SIM_LINUX_KERNEL_H */
