// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: command-line tool for KDDM, over the generic netlink families "kddm"
 * and "kddm-bench".  This file reads the options and says what went wrong.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "kddmctl.h"

#define DUMP_TRIES	20

void ctl_prefix(const struct ctl *ctl)
{
	progress_stop();
	fputs("kddmctl: ", stderr);
	if (ctl->file)
		fprintf(stderr, "%s:%u: ", ctl->file, ctl->line);
	if (ctl->command)
		fprintf(stderr, "%s: ", ctl->command);
}

int ctl_error(const struct ctl *ctl, const char *format, ...)
{
	va_list ap;

	ctl_prefix(ctl);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return EXIT_FAILED;
}

static const char prefix[] = "Kernel error: '";

static bool kernel_said(const char *msg)
{
	return !strncmp(msg, prefix, sizeof(prefix) - 1);
}

/*
 * The library writes "Kernel error: 'MESSAGE' (bad attribute: .name)".  The
 * kernel's own message says all, unless it comes from a general check.
 */
static const char *kernel_message(char *msg)
{
	static const char * const general[] = {
		"integer out of range", "Attribute failed policy validation",
		"Unsupported attribute", NULL
	};
	char *end = strrchr(msg, '\'');
	const char * const *g;
	size_t len;

	if (!kernel_said(msg) || end < msg + sizeof(prefix))
		return msg;
	msg += sizeof(prefix) - 1;
	len = end - msg;
	for (g = general; *g; g++) {
		if (len == strlen(*g) && !strncmp(msg, *g, len)) {
			memmove(end, end + 1, strlen(end));
			return msg;
		}
	}
	*end = '\0';
	return msg;
}

const char *ctl_reason(const struct ctl *ctl)
{
	struct ynl_error *err = &ctl->ys->err;

	if (!err->msg[0])
		return strerror(err->code ? (int)err->code : errno);
	return kernel_message(err->msg);
}

bool ctl_forbidden(const struct ctl *ctl)
{
	return ctl->ys->err.code == EPERM && !kernel_said(ctl->ys->err.msg);
}

int ctl_failed(const struct ctl *ctl)
{
	if (ctl_forbidden(ctl))
		return ctl_error(ctl, "%s (CAP_NET_ADMIN is needed)",
				 strerror(EPERM));
	return ctl_error(ctl, "%s", ctl_reason(ctl));
}

static int connect_to(struct ctl *ctl, const struct ynl_family *family,
		      const char *what)
{
	struct ynl_error err = { };

	if (ctl->ys)
		ynl_sock_destroy(ctl->ys);
	ctl->ys = ynl_sock_create(family, &err);
	if (ctl->ys)
		return 0;
	if (err.code == ENOENT)
		return ctl_error(ctl,
				 "the kernel has no %s, or its module is not loaded",
				 what);
	return ctl_error(ctl, "%s: %s", err.msg[0] ? err.msg :
			 "cannot open a netlink socket", strerror(errno));
}

int ctl_connect(struct ctl *ctl)
{
	progress_start(ctl);
	if (ctl->ys)
		return 0;
	return connect_to(ctl, &ynl_kddm_family, "KDDM (CONFIG_KDDM)");
}

int ctl_connect_bench(struct ctl *ctl)
{
	static struct ynl_family family;

	family = ynl_kddm_bench_family;
	/* The generated one has '_' for '-'. */
	family.name = KDDM_BENCH_FAMILY_NAME;
	return connect_to(ctl, &family, "bench (CONFIG_KDDM_BENCH)");
}

void ctl_close(struct ctl *ctl)
{
	if (ctl->ys)
		ynl_sock_destroy(ctl->ys);
	ctl->ys = NULL;
}

/* On a new socket: the old one still has the rest of the list. */
bool ctl_again(struct ctl *ctl, unsigned int *tries)
{
	struct ynl_sock *ys;

	if (ctl->ys->err.code != YNL_ERROR_DUMP_INTER ||
	    ++*tries == DUMP_TRIES)
		return false;
	ys = ynl_sock_create(&ynl_kddm_family, NULL);
	if (!ys)
		return false;
	ynl_sock_destroy(ctl->ys);
	ctl->ys = ys;
	return true;
}

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "pretty", no_argument, NULL, 'p' },
	{ "timestamp", no_argument, NULL, 't' },
	{ "color", optional_argument, NULL, 'c' },
	{ "netns", required_argument, NULL, 'n' },
	{ "batch", required_argument, NULL, 'b' },
	{ "force", no_argument, NULL, 'f' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

/**
 * struct choice - what the options have chosen
 * @color: when to use colours
 * @file: of commands
 * @force: go on after an error
 */
struct choice {
	const char	*color;
	const char	*file;
	bool		force;
};

/* One option; an exit status, or -1 to go on. */
static int take_option(struct ctl *ctl, struct choice *choice, int option,
		       const char *word)
{
	switch (option) {
	case 'j':
		ctl->json = true;
		return -1;
	case 'p':
		json_pretty = true;
		return -1;
	case 't':
		ctl->time = true;
		return -1;
	case 'c':
		choice->color = optarg ? optarg : "always";
		return -1;
	case 'n':
		return netns_enter(ctl, optarg) ? EXIT_FAILED : -1;
	case 'b':
		choice->file = optarg;
		return -1;
	case 'f':
		choice->force = true;
		return -1;
	case 'V':
		puts("kddmctl " VERSION);
		return EXIT_SUCCESS;
	case 'h':
		return show_help();
	case ':':
		return usage_error(ctl, "%s: the %s is missing",
				   printable(word),
				   optopt == 'n' ? "name" : "file");
	default:
		return usage_error(ctl, "no option %s", printable(word));
	}
}

int main(int argc, char **argv)
{
	struct choice choice = { .color = "auto" };
	struct ctl ctl = { };
	struct args args = { .ctl = &ctl };
	int option, ret;

	/* What does not fit waits for the end, so that no progress is in it. */
	setvbuf(stdout, NULL, _IOFBF, 1 << 18);
	if (argc > 1 && !strcmp(argv[1], "complete"))
		return complete_words(&ctl, argv + 2, argc - 2);
	/* Options come before the command: a text may begin with '-'. */
	opterr = 0;
	while ((option = getopt_long_only(argc, argv, "+:jptc::n:b:Vh", options,
					  NULL)) != -1) {
		ret = take_option(&ctl, &choice, option, argv[optind - 1]);
		if (ret >= 0)
			return ret ? ret : output_end(&ctl);
	}
	if (!color_setup(choice.color, ctl.json))
		return usage_error(&ctl,
				   "color \"%s\" is not always, auto or never",
				   printable(choice.color));
	args.argv = argv + optind;
	args.argc = argc - optind;
	if (!choice.file)
		ret = command_run(&ctl, &args);
	else if (args.argc)
		ret = usage_error(&ctl, "either a file or a command, not both");
	else
		ret = batch(&ctl, choice.file, choice.force);
	ctl_close(&ctl);
	return ret ? ret : output_end(&ctl);
}
