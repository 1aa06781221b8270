/* SPDX-License-Identifier: GPL-2.0-only */
#define hweight32(w)	__builtin_popcount(w)
