/* SPDX-License-Identifier: GPL-2.0-only */
/* errno.h of the C library includes linux/errno.h, which is this file. */
#include <asm/errno.h>
