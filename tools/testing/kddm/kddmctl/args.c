// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: the words of the command line.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "kddmctl.h"

int usage_error(const struct ctl *ctl, const char *format, ...)
{
	va_list ap;

	ctl_prefix(ctl);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

static char *next(struct args *args)
{
	args->argc--;
	return *args->argv++;
}

bool args_is(struct args *args, const char *word)
{
	if (!args->argc || strcmp(args->argv[0], word))
		return false;
	next(args);
	return true;
}

const char *args_word(struct args *args, const char *what)
{
	if (args->argc)
		return next(args);
	usage_error(args->ctl, "%s is missing", what);
	return NULL;
}

const char *args_name(struct args *args, const char *what)
{
	const char *name = args_word(args, what);
	size_t len;

	if (!name)
		return NULL;
	len = strlen(name);
	if (len && len <= KDDM_SET_NAME_MAX)
		return name;
	usage_error(args->ctl, "%s \"%s\" does not have 1 to %d characters",
		    what, printable(name), KDDM_SET_NAME_MAX);
	return NULL;
}

/* Decimal, or hexadecimal after 0x; no sign, no space. */
static bool parse_number(const char *word, __u64 *value)
{
	int base = 10;
	char *end;

	if (word[0] == '0' && (word[1] == 'x' || word[1] == 'X')) {
		word += 2;
		base = 16;
	}
	if (!isxdigit((unsigned char)*word))
		return false;
	errno = 0;
	*value = strtoull(word, &end, base);
	return !errno && !*end;
}

bool args_number(struct args *args, const char *what, __u64 min,
		 __u64 max, __u64 *value)
{
	const char *word = args_word(args, what);

	if (!word)
		return false;
	if (parse_number(word, value) && *value >= min && *value <= max)
		return true;
	usage_error(args->ctl, "%s \"%s\" is not a number from %llu to %llu",
		    what, printable(word), min, max);
	return false;
}

bool args_end(struct args *args)
{
	if (!args->argc)
		return true;
	usage_error(args->ctl, "\"%s\" is one word too many",
		    printable(args->argv[0]));
	return false;
}

int args_unknown(struct args *args, const char *expected)
{
	return usage_error(args->ctl, "\"%s\" is not %s",
			   printable(args->argv[0]), expected);
}
