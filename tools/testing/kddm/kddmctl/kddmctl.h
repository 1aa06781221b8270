/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kddmctl: command-line tool for KDDM.
 *
 * commands.c has the table of all commands, from which help and completion
 * (complete.c) are made.  One file for each noun (node.c, config.c, set.c,
 * object.c, name.c, tipc.c; info.c has what is known of objects) and for what
 * goes on for a while (bench.c, monitor.c, top.c, wait.c); args.c reads the
 * command line, batch.c a file of them; output.c writes text and JSON, color.c
 * colours, progress.c what a wait has come to; data.c has what objects contain.
 *
 * A command gets the words that follow its name and returns the exit status,
 * one of the EXIT_ values below.  Its output is complete with output_end().
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
#define EXIT_TIME_UP		5	/* wait: it has not come in time */
#define EXIT_SUSPENDED		6	/* status: the node is suspended */

/**
 * struct ctl - what all commands need
 * @ys: socket to the family; opened by ctl_connect()
 * @json: write JSON
 * @time: monitor: begin lines with the time
 * @command: what the user asked for, for messages
 * @file: of commands, or NULL
 * @line: where in @file
 * @stdin_used: @file is the standard input
 */
struct ctl {
	struct ynl_sock	*ys;
	bool		json;
	bool		time;
	const char	*command;
	const char	*file;
	unsigned int	line;
	bool		stdin_used;
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

/**
 * struct command - a command
 * @name: its words
 * @run: does it
 * @usage: the words that follow; those in capitals stand for something
 * @help: what it does
 */
struct command {
	const char	*name;
	int		(*run)(struct ctl *ctl, struct args *args);
	const char	*usage;
	const char	*help;
};

/* commands.c */

extern const struct command commands[];	/* ends with an empty one */
/* Take a command's name; NULL and an exit status after having said why not. */
const struct command *command_find(struct args *args, int *status);
/*
 * The @n-th of the words that may follow @nr words, each of them once; NULL if
 * there are no more.
 */
const char *command_word(char *const *words, int nr, unsigned int n);
/* How many of the words are the name of @command, -1 if they are another's. */
int command_match(const struct command *command, char *const *words, int nr);
/* A command, with its socket; an exit status. */
int command_run(struct ctl *ctl, struct args *args);
int show_help(void);

/* complete.c: what may stand for the last of the words */
int complete_words(struct ctl *ctl, char **words, int nr);
/* Offer a word if it begins as the one that is being typed. */
void complete_offer(const char *word, const char *begin);

/* netns.c: network namespaces that have a name */
int netns_enter(struct ctl *ctl, const char *name);
void netns_offer(const char *begin);

/* batch.c: the commands of a file; an exit status, the first that is not 0 */
int batch(struct ctl *ctl, const char *path, bool force);

/* main.c */

/* "kddmctl: ", and where the command comes from, to the standard error. */
void ctl_prefix(const struct ctl *ctl);
/* 0, or EXIT_FAILED after having said why. */
int ctl_connect(struct ctl *ctl);
/* The same, to the family of the bench, in place of the other one. */
int ctl_connect_bench(struct ctl *ctl);
void ctl_close(struct ctl *ctl);
/* Why the last request failed, in the kernel's words if it has some. */
const char *ctl_reason(const struct ctl *ctl);
/* Was it for want of rights? */
bool ctl_forbidden(const struct ctl *ctl);
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

/* color.c */

enum tone {
	TONE_GOOD,
	TONE_WARN,
	TONE_BAD,
	TONE_NAME,
	TONE_HEAD
};

/* "always", "auto", "never"; false for another word.  Never for JSON. */
bool color_setup(const char *when, bool json);
int paint(enum tone tone, const char *format, ...) __printf(2, 3);
/* What a state deserves, by its name in the family. */
enum tone state_tone(const char *state);

/* progress.c: on a terminal, how long a command has been waiting */

void progress_start(const struct ctl *ctl);
/* What it waits for. */
void progress_note(const char *format, ...) __printf(1, 2);
void progress_stop(void);

/* output.c */

extern bool json_pretty;
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
/* A word of the family that may be newer than this program. */
const char *known(const char *word);
/* The state of an object; or that somebody works on it. */
const char *state_name(bool busy, unsigned int state);
/* Flush; an exit status. */
int output_end(const struct ctl *ctl);

/* config.c: the fields, in an object that is open for JSON */
void config_show(const struct ctl *ctl, const struct kddm_config_get_rsp *c);

/* monitor.c */

/* A descriptor that can be read from when the user has seen enough. */
int catch_signals(void);
/* Milliseconds of a clock that only goes forward. */
__u64 now_ms(void);

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
int cmd_config_show(struct ctl *ctl, struct args *args);
int cmd_config_set(struct ctl *ctl, struct args *args);
int cmd_services(struct ctl *ctl, struct args *args);
int cmd_object_list(struct ctl *ctl, struct args *args);
int cmd_object_show(struct ctl *ctl, struct args *args);
int cmd_name_hold(struct ctl *ctl, struct args *args);
int cmd_name_list(struct ctl *ctl, struct args *args);
int cmd_name_release(struct ctl *ctl, struct args *args);
int cmd_ping(struct ctl *ctl, struct args *args);
int cmd_debug(struct ctl *ctl, struct args *args);
int cmd_top(struct ctl *ctl, struct args *args);
int cmd_wait(struct ctl *ctl, struct args *args);
int cmd_tipc_up(struct ctl *ctl, struct args *args);
int cmd_tipc_key_set(struct ctl *ctl, struct args *args);
int cmd_tipc_key_generate(struct ctl *ctl, struct args *args);
int cmd_tipc_key_flush(struct ctl *ctl, struct args *args);

#endif /* KDDMCTL_H */
