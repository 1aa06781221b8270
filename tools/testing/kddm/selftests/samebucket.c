// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of sets that KDDM keeps in the same bucket of its catalog, one to a
 * line: samebucket COUNT.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define BUCKETS	64		/* KDDM_BUCKETS */
#define BUCKET	7		/* any */

static uint32_t crc32_le(const char *p)
{
	uint32_t crc = ~0u;
	int i;

	for (; *p; p++) {
		crc ^= (unsigned char)*p;
		for (i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return crc;
}

int main(int argc, char **argv)
{
	int left = argc == 2 ? atoi(argv[1]) : 0;
	char name[16];
	unsigned int i;

	for (i = 0; left > 0; i++) {
		snprintf(name, sizeof(name), "full-%u", i);
		if (crc32_le(name) % BUCKETS == BUCKET) {
			puts(name);
			left--;
		}
	}
	return argc == 2 ? 0 : 1;
}
