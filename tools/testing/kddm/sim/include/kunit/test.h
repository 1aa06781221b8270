/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of KUnit as the tests of the pure files need; kunit.c has the main
 * function.  An assertion that fails ends the test case.
 */
#ifndef SIM_KUNIT_TEST_H
#define SIM_KUNIT_TEST_H

#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <linux/types.h>

#define GFP_KERNEL		0
#define KUNIT_PARAM_DESC_SIZE	128

struct kunit {
	const void	*param_value;
	void		*priv;
	int		failed;
	const char	*what;
	jmp_buf		out;
	void		*mem[64];
	unsigned int	nr_mem;
};

struct kunit_case {
	void		(*run_case)(struct kunit *test);
	const char	*name;
	const void	*(*generate_params)(struct kunit *test,
					    const void *prev, char *desc);
};

struct kunit_suite {
	const char		*name;
	int			(*init)(struct kunit *test);
	void			(*exit)(struct kunit *test);
	struct kunit_case	*test_cases;
	struct kunit_suite	*next;
};

void sim_register(struct kunit_suite *suite);
void *kunit_kzalloc(struct kunit *test, size_t size, int gfp);
void sim_fail(struct kunit *test, const char *file, int line,
	      const char *what);

#define KUNIT_CASE(fn)			{ .run_case = fn, .name = #fn }
#define KUNIT_CASE_SLOW(fn)		KUNIT_CASE(fn)
#define KUNIT_CASE_PARAM(fn, gen)					\
	{ .run_case = fn, .name = #fn, .generate_params = gen }

#define KUNIT_ARRAY_PARAM_DESC(name, array, member)			\
	static const void *name##_gen_params(struct kunit *test,	\
					     const void *prev, char *desc) \
	{								\
		const __typeof__((array)[0]) *p = prev;			\
									\
		(void)test;						\
		p = p ? p + 1 : (array);				\
		if (p >= (array) + sizeof(array) / sizeof((array)[0]))	\
			return NULL;					\
		snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", p->member);	\
		return p;						\
	}

#define kunit_test_suite(suite)						\
	__attribute__((__constructor__))				\
	static void sim_register_##suite(void)				\
	{								\
		sim_register(&(suite));					\
	}

#define SIM_FAIL(test, stop, ...)					\
	do {								\
		char sim_text[512];					\
									\
		snprintf(sim_text, sizeof(sim_text), __VA_ARGS__);	\
		sim_fail(test, __FILE__, __LINE__, sim_text);		\
		if (stop)						\
			longjmp((test)->out, 1);			\
	} while (0)

#define SIM_CMP(test, stop, a, op, b)					\
	do {								\
		__typeof__(a) sim_a = (a);				\
		__typeof__(b) sim_b = (b);				\
									\
		if (!(sim_a op sim_b))					\
			SIM_FAIL(test, stop,				\
				 "%s (%lld) " #op " %s (%lld)", #a,	\
				 (long long)sim_a, #b, (long long)sim_b); \
	} while (0)

#define KUNIT_EXPECT_EQ(test, a, b)	SIM_CMP(test, 0, a, ==, b)
#define KUNIT_EXPECT_NE(test, a, b)	SIM_CMP(test, 0, a, !=, b)
#define KUNIT_EXPECT_GT(test, a, b)	SIM_CMP(test, 0, a, >, b)
#define KUNIT_EXPECT_GE(test, a, b)	SIM_CMP(test, 0, a, >=, b)
#define KUNIT_EXPECT_LT(test, a, b)	SIM_CMP(test, 0, a, <, b)
#define KUNIT_EXPECT_LE(test, a, b)	SIM_CMP(test, 0, a, <=, b)
#define KUNIT_ASSERT_EQ(test, a, b)	SIM_CMP(test, 1, a, ==, b)
#define KUNIT_ASSERT_GE(test, a, b)	SIM_CMP(test, 1, a, >=, b)
#define KUNIT_ASSERT_GT(test, a, b)	SIM_CMP(test, 1, a, >, b)
#define KUNIT_ASSERT_LT(test, a, b)	SIM_CMP(test, 1, a, <, b)

#define KUNIT_EXPECT_EQ_MSG(test, a, b, fmt, ...)			\
	do {								\
		if (!((a) == (b)))					\
			SIM_FAIL(test, 0, "%s == %s: " fmt, #a, #b,	\
				 ##__VA_ARGS__);			\
	} while (0)

#define SIM_TRUE(test, stop, a)						\
	do {								\
		if (!(a))						\
			SIM_FAIL(test, stop, "%s", #a);			\
	} while (0)

#define KUNIT_EXPECT_TRUE(test, a)	SIM_TRUE(test, 0, a)
#define KUNIT_EXPECT_FALSE(test, a)	SIM_TRUE(test, 0, !(a))
#define KUNIT_EXPECT_NULL(test, a)	SIM_TRUE(test, 0, !(a))
#define KUNIT_EXPECT_NOT_NULL(test, a)	SIM_TRUE(test, 0, a)
#define KUNIT_EXPECT_PTR_EQ(test, a, b)	SIM_TRUE(test, 0, (a) == (b))
#define KUNIT_ASSERT_TRUE(test, a)	SIM_TRUE(test, 1, a)
#define KUNIT_ASSERT_NOT_NULL(test, a)	SIM_TRUE(test, 1, a)

#define KUNIT_EXPECT_TRUE_MSG(test, a, fmt, ...)			\
	do {								\
		if (!(a))						\
			SIM_FAIL(test, 0, "%s: " fmt, #a, ##__VA_ARGS__); \
	} while (0)

#define KUNIT_FAIL(test, fmt, ...)	SIM_FAIL(test, 0, fmt, ##__VA_ARGS__)

#define KUNIT_EXPECT_MEMEQ(test, a, b, size)				\
	SIM_TRUE(test, 0, !memcmp(a, b, size))

#define KUNIT_EXPECT_STREQ(test, a, b)					\
	do {								\
		if (strcmp(a, b))					\
			SIM_FAIL(test, 0, "%s: is \"%s\", not \"%s\"",	\
				 #a, a, b);				\
	} while (0)

#endif /* SIM_KUNIT_TEST_H */
