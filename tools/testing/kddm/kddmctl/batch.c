// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: commands of a file, one on each line.
 *
 * Words are parted by blanks.  '...' and "..." keep blanks, a backslash keeps
 * the next character (but not inside '...'); # at the start of a word begins a
 * comment.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "kddmctl.h"

#define WORDS_MAX	64

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The end of a word that begins at @s, which is written anew; NULL: no end. */
static char *word_end(char *s)
{
	char quote = 0, *out = s;

	for (; *s && (quote || !is_blank(*s)); s++) {
		if (*s == quote) {
			quote = 0;
		} else if (!quote && (*s == '\'' || *s == '"')) {
			quote = *s;
		} else if (*s == '\\' && quote != '\'') {
			if (!s[1] || s[1] == '\n')
				return NULL;
			*out++ = *++s;
		} else {
			*out++ = *s;
		}
	}
	if (quote)
		return NULL;
	if (*s)
		s++;
	*out = '\0';
	return s;
}

/* Part a line into words; their number, or -1 after having said why not. */
static int split(const struct ctl *ctl, char *s, char **words)
{
	int nr = 0;

	for (;;) {
		while (is_blank(*s))
			s++;
		if (!*s || *s == '#')
			break;
		if (nr == WORDS_MAX) {
			usage_error(ctl, "more than %d words", WORDS_MAX);
			return -1;
		}
		words[nr++] = s;
		s = word_end(s);
		if (!s) {
			usage_error(ctl, "a quotation has no end");
			return -1;
		}
	}
	words[nr] = NULL;
	return nr;
}

static int run_line(struct ctl *ctl, char *line)
{
	struct args args = { .ctl = ctl };
	char *words[WORDS_MAX + 1];

	ctl->command = NULL;
	args.argc = split(ctl, line, words);
	args.argv = words;
	if (args.argc < 0)
		return EXIT_USAGE;
	return args.argc ? command_run(ctl, &args) : EXIT_SUCCESS;
}

int batch(struct ctl *ctl, const char *path, bool force)
{
	bool standard = !strcmp(path, "-");
	FILE *file = standard ? stdin : fopen(path, "r");
	int ret, first = EXIT_SUCCESS;
	char *line = NULL, *name;
	size_t size = 0;

	if (!file) {
		ctl->command = "batch";
		return ctl_error(ctl, "%s: %s", printable(path),
				 strerror(errno));
	}
	name = strdup(standard ? "standard input" : printable(path));
	ctl->file = name;
	ctl->stdin_used = standard;
	while ((force || !first) && getline(&line, &size, file) >= 0) {
		ctl->line++;
		ret = run_line(ctl, line);
		if (!first)
			first = ret;
	}
	if (!first && ferror(file)) {
		ctl->file = NULL;
		ctl->command = "batch";
		first = ctl_error(ctl, "%s: %s", printable(path),
				  strerror(errno));
	}
	ctl->file = NULL;
	free(name);
	free(line);
	if (!standard)
		fclose(file);
	return first;
}
