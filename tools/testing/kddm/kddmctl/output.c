// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: text that is safe on a terminal, and JSON.
 *
 * The JSON is written as it comes, on one line unless it is to be pretty; a
 * stack knows what to close.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "kddmctl.h"

#define DEPTH_MAX	8

bool json_pretty;

static char closing[DEPTH_MAX];
static bool more[DEPTH_MAX + 1];
static unsigned int depth;

size_t utf8_len(const unsigned char *s, size_t len)
{
	static const uint32_t min[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t i, n = *s < 0x80 ? 1 : *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : 2;
	uint32_t c;

	if (n == 1)
		return 1;
	if (*s < 0xc2 || *s > 0xf4 || n > len)
		return 0;
	c = *s & (0x7f >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < min[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return n;
}

const char *printable(const char *name)
{
	static char buffers[4][4 * 64 + 1];
	static unsigned int turn;
	char *start = buffers[turn++ % 4], *out = start;
	size_t n, len = strlen(name);
	const unsigned char *s = (const unsigned char *)name;

	for (; len && out < start + 4 * 63; s += n, len -= n) {
		n = utf8_len(s, len);
		if ((n == 1 && *s >= ' ' && *s != 0x7f) ||
		    (n > 1 && !(*s == 0xc2 && s[1] < 0xa0))) {
			memcpy(out, s, n);
			out += n;
		} else {
			out += sprintf(out, "\\x%02x", *s);
			n = 1;
		}
	}
	*out = '\0';
	return start;
}

static void escape(unsigned char c)
{
	switch (c) {
	case '"':
	case '\\':
		printf("\\%c", c);
		break;
	case '\n':
		fputs("\\n", stdout);
		break;
	case '\t':
		fputs("\\t", stdout);
		break;
	default:
		if (c < ' ' || c == 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
}

static void quoted(const void *bytes, size_t len)
{
	const unsigned char *s = bytes;
	size_t n;

	putchar('"');
	for (; len; s += n, len -= n) {
		n = utf8_len(s, len);
		if (n == 1) {
			escape(*s);
		} else if (n) {
			fwrite(s, 1, n, stdout);
		} else {
			fputs("\\ufffd", stdout);
			n = 1;
		}
	}
	putchar('"');
}

static void new_line(unsigned int indent)
{
	if (json_pretty)
		printf("\n%*s", 4 * indent, "");
}

static void item(const char *key)
{
	if (more[depth])
		putchar(',');
	more[depth] = true;
	new_line(depth);
	if (key) {
		quoted(key, strlen(key));
		fputs(json_pretty ? ": " : ":", stdout);
	}
}

void json_open(const char *key, char bracket)
{
	if (depth)
		item(key);
	putchar(bracket);
	closing[depth++] = bracket == '{' ? '}' : ']';
	more[depth] = false;
}

void json_close(void)
{
	if (more[depth--])
		new_line(depth);
	putchar(closing[depth]);
	if (!depth)
		putchar('\n');
}

void json_text(const char *key, const void *bytes, size_t len)
{
	item(key);
	quoted(bytes, len);
}

void json_string(const char *key, const char *value)
{
	json_text(key, value, strlen(value));
}

void json_hex(const char *key, const void *bytes, size_t len)
{
	const unsigned char *s = bytes;

	item(key);
	putchar('"');
	while (len--)
		printf("%02x", *s++);
	putchar('"');
}

void json_number(const char *key, __u64 value)
{
	item(key);
	printf("%llu", value);
}

void json_decimal(const char *key, double value)
{
	item(key);
	printf("%.3f", value);
}

void json_bool(const char *key, bool value)
{
	item(key);
	fputs(value ? "true" : "false", stdout);
}

void json_null(const char *key)
{
	item(key);
	fputs("null", stdout);
}

const char *known(const char *word)
{
	return word ? word : "unknown";
}

int output_end(const struct ctl *ctl)
{
	progress_stop();
	if (fflush(stdout) || ferror(stdout))
		return ctl_error(ctl, "output: %s", strerror(errno));
	return EXIT_SUCCESS;
}
