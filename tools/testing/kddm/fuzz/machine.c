// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer over the coherence machine: what the input chooses, in place of the
 * dice of sim/fuzz.c, whose checks these are.
 */
#include <stddef.h>
#include <stdint.h>

static const uint8_t *input;
static size_t left;

/* What the input has at this place; 0 when it is at its end. */
static uint64_t chosen(void)
{
	uint64_t value = 0;
	int i;

	for (i = 0; i < 2 && left; i++, left--)
		value = value << 8 | *input++;
	return value;
}

#define DICE chosen()
#define main fuzz_main
#include "../sim/fuzz.c"
#undef main

int LLVMFuzzerTestOneInput(const uint8_t *data_in, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data_in, size_t size)
{
	input = data_in;
	left = size;
	begin();
	while (left && !error)
		one();
	free(co.x);
	co.x = NULL;
	if (error) {
		fprintf(stderr, "not so: %s\n", error);
		abort();
	}
	return 0;
}
