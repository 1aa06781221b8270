/* SPDX-License-Identifier: GPL-2.0-only */
/* As much of linux/err.h as the pure files and their tests need. */
#ifndef SIM_LINUX_ERR_H
#define SIM_LINUX_ERR_H

#include <linux/errno.h>

#define MAX_ERRNO	4095

#endif /* SIM_LINUX_ERR_H */
