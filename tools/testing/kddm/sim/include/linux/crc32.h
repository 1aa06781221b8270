/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SIM_LINUX_CRC32_H
#define SIM_LINUX_CRC32_H

#include <linux/types.h>

/* One bit after the other: it need not be fast here. */
static inline u32 crc32_le(u32 crc, const u8 *p, size_t len)
{
	int i;

	while (len--) {
		crc ^= *p++;
		for (i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return crc;
}

#endif /* SIM_LINUX_CRC32_H */
