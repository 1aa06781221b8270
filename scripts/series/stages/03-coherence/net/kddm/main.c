// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module.  So far it holds the pure parts, for their unit tests.
 */
#include <linux/module.h>

MODULE_DESCRIPTION("Objects shared coherently by the kernels of a cluster");
MODULE_LICENSE("GPL");
