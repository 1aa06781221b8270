/* SPDX-License-Identifier: GPL-2.0-only */
/* Fields of constant masks, as in the kernel. */
#ifndef SIM_LINUX_BITFIELD_H
#define SIM_LINUX_BITFIELD_H

#define FIELD_PREP(mask, val)	(((val) << __builtin_ctzll(mask)) & (mask))
#define FIELD_GET(mask, reg)	(((reg) & (mask)) >> __builtin_ctzll(mask))

#endif /* SIM_LINUX_BITFIELD_H */
