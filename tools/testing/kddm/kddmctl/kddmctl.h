/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kddmctl: command-line tool for KDDM.
 *
 * One file for each noun (node.c, set.c, object.c), for monitor and bench;
 * args.c reads the command line, output.c writes text and JSON, data.c has what
 * objects contain.
 *
 * A command gets the words that follow its name and returns the exit status,
 * one of the EXIT_ values below.
 */
#ifndef KDDMCTL_H
#define KDDMCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <linux/compiler.h>
#include <ynl.h>
#include "kddm-user.h"
#include "kddm-bench-user.h"

#define EXIT_FAILED		1	/* the request failed */
#define EXIT_USAGE		2	/* the command line is wrong */
#define EXIT_NOT_RUNNING	3	/* status: the node does not run */
#define EXIT_EXPELLED		4	/* status: put out of the cluster */

/**
 * struct ctl - what all commands need
 * @ys: socket to the family; opened by ctl_connect()
 * @json: write JSON
 * @command: what the user asked for, for messages
 */
struct ctl {
	struct ynl_sock	*ys;
	bool		json;
	const char	*command;
};

/**
 * struct args - the words of the command line that are not yet read
 * @argv: the next word
 * @argc: how many there are
 * @ctl: for messages
 */
struct args {
	char			**argv;
	int			argc;
	const struct ctl	*ctl;
};

/* main.c */

/* 0, or EXIT_FAILED after having said why. */
int ctl_connect(struct ctl *ctl);
/* The same, to the family of the bench, in place of the other one. */
int ctl_connect_bench(struct ctl *ctl);
/* Say why the last request failed; EXIT_FAILED. */
int ctl_failed(const struct ctl *ctl);
/* Say why something failed; EXIT_FAILED. */
int ctl_error(const struct ctl *ctl, const char *format, ...) __printf(2, 3);
/* A list failed: shall it be read again, since it changed meanwhile? */
bool ctl_again(struct ctl *ctl, unsigned int *tries);

/* args.c: false or NULL after having said what is wrong */

bool args_number(struct args *args, const char *what, __u64 min,
		 __u64 max, __u64 *value);
const char *args_word(struct args *args, const char *what);
const char *args_name(struct args *args, const char *what);
/* Is the next word @word?  Then it is taken. */
bool args_is(struct args *args, const char *word);
bool args_end(struct args *args);
/* The next word is not understood; EXIT_USAGE. */
int args_unknown(struct args *args, const char *expected);
int usage_error(const struct ctl *ctl, const char *format, ...) __printf(2, 3);

/* data.c */

/**
 * struct data - bytes of an object
 * @bytes: to be freed
 * @len: how many
 */
struct data {
	unsigned char	*bytes;
	size_t		len;
};

/* 0, or an exit status after having said what is wrong. */
int data_from_hex(const struct ctl *ctl, const char *hex, struct data *data);
/* "-" is the standard input. */
int data_from_file(const struct ctl *ctl, const char *path, struct data *data);
int data_from_text(const struct ctl *ctl, const char *text, struct data *data);
/* Is it text, apart from zeros at its end?  Its length without them. */
bool data_is_text(const struct data *data, size_t *len);
void data_dump(const struct data *data, __u64 offset);

/* output.c */

void json_open(const char *key, char bracket);	/* '{' or '[' */
void json_close(void);			/* the outermost ends the line */
void json_string(const char *key, const char *value);
void json_text(const char *key, const void *bytes, size_t len);
void json_hex(const char *key, const void *bytes, size_t len);
void json_number(const char *key, __u64 value);
/* With three digits after the point. */
void json_decimal(const char *key, double value);
void json_bool(const char *key, bool value);
void json_null(const char *key);
/* A name, made harmless for terminals; valid until the fourth next call. */
const char *printable(const char *name);
/* Bytes of the UTF-8 character at @s, 0 if it is none. */
size_t utf8_len(const unsigned char *s, size_t len);
/* Flush; an exit status. */
int output_end(const struct ctl *ctl);

/* The commands */

int cmd_start(struct ctl *ctl, struct args *args);
int cmd_stop(struct ctl *ctl, struct args *args);
int cmd_status(struct ctl *ctl, struct args *args);
int cmd_nodes(struct ctl *ctl, struct args *args);
int cmd_set_create(struct ctl *ctl, struct args *args);
int cmd_set_show(struct ctl *ctl, struct args *args);
int cmd_set_list(struct ctl *ctl, struct args *args);
int cmd_set_destroy(struct ctl *ctl, struct args *args);
int cmd_object_get(struct ctl *ctl, struct args *args);
int cmd_object_put(struct ctl *ctl, struct args *args);
int cmd_object_remove(struct ctl *ctl, struct args *args);
int cmd_object_flush(struct ctl *ctl, struct args *args);
int cmd_object_sync(struct ctl *ctl, struct args *args);
int cmd_monitor(struct ctl *ctl, struct args *args);
int cmd_bench(struct ctl *ctl, struct args *args);

#endif /* KDDMCTL_H */
