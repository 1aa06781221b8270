// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: what objects contain, as text, in hexadecimal, and in files.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "kddmctl.h"

static int data_alloc(const struct ctl *ctl, size_t size, struct data *data)
{
	data->len = 0;
	data->bytes = malloc(size ? size : 1);
	return data->bytes ? 0 : ctl_error(ctl, "%s", strerror(ENOMEM));
}

static int too_long(const struct ctl *ctl)
{
	return usage_error(ctl, "the data have more than %d bytes",
			   KDDM_OBJECT_SIZE_MAX);
}

int data_from_text(const struct ctl *ctl, const char *text, struct data *data)
{
	size_t len = strlen(text);
	int err;

	if (len > KDDM_OBJECT_SIZE_MAX)
		return too_long(ctl);
	err = data_alloc(ctl, len, data);
	if (err)
		return err;
	memcpy(data->bytes, text, len);
	data->len = len;
	return 0;
}

static int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

int data_from_hex(const struct ctl *ctl, const char *hex, struct data *data)
{
	size_t i, len = strlen(hex);
	int err;

	for (i = 0; i < len; i++)
		if (!isxdigit((unsigned char)hex[i]))
			return usage_error(ctl,
					   "\"%s\" is not a hexadecimal number",
					   printable(hex));
	if (len % 2)
		return usage_error(ctl, "the hexadecimal digits do not pair");
	if (len / 2 > KDDM_OBJECT_SIZE_MAX)
		return too_long(ctl);

	err = data_alloc(ctl, len / 2, data);
	if (err)
		return err;
	for (i = 0; i < len; i += 2)
		data->bytes[data->len++] = digit(hex[i]) << 4 |
					   digit(hex[i + 1]);
	return 0;
}

int data_from_file(const struct ctl *ctl, const char *path, struct data *data)
{
	bool standard = !strcmp(path, "-");
	FILE *file = standard ? stdin : fopen(path, "rb");
	bool bad;
	int err;

	if (!file)
		return ctl_error(ctl, "%s: %s", printable(path),
				 strerror(errno));
	if (standard && ctl->stdin_used)
		return usage_error(ctl,
				   "the standard input has the commands already");
	err = data_alloc(ctl, KDDM_OBJECT_SIZE_MAX + 1, data);
	if (err)
		goto out;
	errno = 0;
	data->len = fread(data->bytes, 1, KDDM_OBJECT_SIZE_MAX + 1, file);
	bad = ferror(file);
	if (bad)
		err = ctl_error(ctl, "%s: %s", printable(path),
				strerror(errno));
	else if (data->len > KDDM_OBJECT_SIZE_MAX)
		err = too_long(ctl);
	if (err)
		free(data->bytes);
out:
	if (!standard)
		fclose(file);
	return err;
}

bool data_is_text(const struct data *data, size_t *len)
{
	const unsigned char *s = data->bytes;
	size_t i, n;

	*len = data->len;
	while (*len && !s[*len - 1])
		(*len)--;
	for (i = 0; i < *len; i += n) {
		n = utf8_len(s + i, *len - i);
		if (!n || (n == 2 && s[i] == 0xc2 && s[i + 1] < 0xa0))
			return false;
		if (n == 1 && !isprint(s[i]) && s[i] != '\n' && s[i] != '\t')
			return false;
	}
	return true;
}

void data_dump(const struct data *data, __u64 offset)
{
	const unsigned char *s = data->bytes;
	size_t i, j, n;

	for (i = 0; i < data->len; i += 16) {
		n = data->len - i < 16 ? data->len - i : 16;
		printf("%08llx ", offset + i);
		for (j = 0; j < 16; j++) {
			if (j == 8)
				putchar(' ');
			if (j < n)
				printf(" %02x", s[i + j]);
			else
				fputs("   ", stdout);
		}
		fputs("  |", stdout);
		for (j = 0; j < n; j++)
			putchar(isprint(s[i + j]) ? s[i + j] : '.');
		fputs("|\n", stdout);
	}
}
