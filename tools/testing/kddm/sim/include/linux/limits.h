/* SPDX-License-Identifier: GPL-2.0-only */
/* The C library includes this as well, for what the next one has. */
#ifndef SIM_LINUX_LIMITS_H
#define SIM_LINUX_LIMITS_H

#include_next <linux/limits.h>

#define U32_MAX	0xffffffffu

#endif /* SIM_LINUX_LIMITS_H */
