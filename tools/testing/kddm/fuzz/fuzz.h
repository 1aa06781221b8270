/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of one fuzzer share. */
#ifndef KDDM_FUZZ_H
#define KDDM_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* tables.c: what other nodes have written */
void names(const uint8_t *data, size_t size);
void bucket(const uint8_t *data, size_t size);

#define CHECK(condition) do {						\
	if (!(condition)) {						\
		fprintf(stderr, "not so: %s\n", #condition);		\
		abort();						\
	}								\
} while (0)

#endif /* KDDM_FUZZ_H */
