// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs KUnit suites in user space.  Prints what fails, and a line at the end;
 * -v prints every case.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <kunit/test.h>

static struct kunit_suite *suites;
static unsigned int passed, failed;

void sim_register(struct kunit_suite *suite)
{
	suite->next = suites;
	suites = suite;
}

void *kunit_kzalloc(struct kunit *test, size_t size, int gfp)
{
	void *p = calloc(1, size);

	(void)gfp;
	if (!p || test->nr_mem == 64)
		abort();
	test->mem[test->nr_mem++] = p;
	return p;
}

void sim_fail(struct kunit *test, const char *file, int line,
	      const char *what)
{
	test->failed = 1;
	printf("# %s:%d: %s: %s\n", file, line, test->what, what);
}

static void run_one(struct kunit_suite *suite, struct kunit_case *c,
		    const void *param, const char *desc, bool verbose)
{
	struct kunit test = { .param_value = param, .what = desc };

	if (!suite->init || !suite->init(&test)) {
		if (!setjmp(test.out))
			c->run_case(&test);
		if (suite->exit)
			suite->exit(&test);
	} else {
		test.failed = 1;
	}
	while (test.nr_mem)
		free(test.mem[--test.nr_mem]);
	passed += !test.failed;
	failed += test.failed;
	if (verbose || test.failed)
		printf("%s - %s.%s: %s\n", test.failed ? "not ok" : "ok",
		       suite->name, c->name, desc);
}

static void run_case(struct kunit_suite *suite, struct kunit_case *c, bool verb)
{
	char desc[KUNIT_PARAM_DESC_SIZE] = "";
	struct kunit test = { .what = c->name };
	const void *param;

	if (!c->generate_params) {
		run_one(suite, c, NULL, c->name, verb);
		return;
	}
	for (param = c->generate_params(&test, NULL, desc); param;
	     param = c->generate_params(&test, param, desc))
		run_one(suite, c, param, desc, verb);
}

int main(int argc, char **argv)
{
	bool verbose = argc > 1 && !strcmp(argv[1], "-v");
	struct kunit_suite *suite;
	struct kunit_case *c;

	for (suite = suites; suite; suite = suite->next)
		for (c = suite->test_cases; c->run_case; c++)
			run_case(suite, c, verbose);
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
