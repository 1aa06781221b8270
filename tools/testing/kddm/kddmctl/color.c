// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: colours, where the user wants them: on a terminal, unless NO_COLOR
 * is set (https://no-color.org), or as -color says.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "kddmctl.h"

static bool colored;

static const char * const codes[] = {
	[TONE_GOOD] = "\033[32m",	/* green */
	[TONE_WARN] = "\033[33m",	/* yellow */
	[TONE_BAD] = "\033[31m",	/* red */
	[TONE_NAME] = "\033[36m",	/* cyan */
	[TONE_HEAD] = "\033[1m",	/* bold */
};

/* A terminal that understands, and a user who does not mind. */
static bool wanted(void)
{
	const char *none = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(none && *none) &&
	       term && strcmp(term, "dumb");
}

bool color_setup(const char *when, bool json)
{
	if (!strcmp(when, "always"))
		colored = true;
	else if (!strcmp(when, "never"))
		colored = false;
	else if (!strcmp(when, "auto"))
		colored = wanted();
	else
		return false;
	colored = colored && !json;
	return true;
}

int paint(enum tone tone, const char *format, ...)
{
	va_list ap;
	int n;

	if (colored)
		fputs(codes[tone], stdout);
	va_start(ap, format);
	n = vprintf(format, ap);
	va_end(ap);
	if (colored)
		fputs("\033[0m", stdout);
	return n;
}

enum tone state_tone(const char *state)
{
	static const char * const good[] = { "running", "possible", NULL };
	static const char * const bad[] = {
		"stopped", "expelled", "offline", NULL
	};
	const char * const *word;

	for (word = good; *word; word++)
		if (!strcmp(state, *word))
			return TONE_GOOD;
	for (word = bad; *word; word++)
		if (!strcmp(state, *word))
			return TONE_BAD;
	return TONE_WARN;
}
