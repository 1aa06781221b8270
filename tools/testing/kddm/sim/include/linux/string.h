/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SIM_LINUX_STRING_H
#define SIM_LINUX_STRING_H

#include <stdio.h>
#include <string.h>
#include <linux/types.h>

#define strscpy(to, from, size)	snprintf(to, size, "%s", from)

#endif /* SIM_LINUX_STRING_H */
