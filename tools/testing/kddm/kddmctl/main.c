// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: command-line tool for KDDM, over the generic netlink families "kddm"
 * and "kddm-bench".  This file finds the command and says what went wrong.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "kddmctl.h"

#define DUMP_TRIES	20

/**
 * struct command - a command
 * @noun: first word
 * @verb: second word, or NULL
 * @run: does it
 * @name: for messages
 * @usage: the words that follow
 * @help: what it does
 */
static const struct command {
	const char	*noun;
	const char	*verb;
	int		(*run)(struct ctl *ctl, struct args *args);
	const char	*name;
	const char	*usage;
	const char	*help;
} commands[] = {
	{ "start", NULL, cmd_start, "start", " [id N] [cluster N]",
	  "become a node of the cluster" },
	{ "stop", NULL, cmd_stop, "stop", "", "leave the cluster" },
	{ "status", NULL, cmd_status, "status", "",
	  "show the state and the counters of this node" },
	{ "nodes", NULL, cmd_nodes, "nodes", "",
	  "list the nodes that this node sees" },
	{ "set", "create", cmd_set_create, "set create",
	  " NAME size BYTES [linker NAME] [home N] [hold MS]\n"
	  "        [touch-home] [exclusive]", "create a set of objects" },
	{ "set", "list", cmd_set_list, "set list", "", "list the sets" },
	{ "set", "show", cmd_set_show, "set show", " NAME",
	  "show all of one set" },
	{ "set", "destroy", cmd_set_destroy, "set destroy", " NAME [force]",
	  "destroy a set and its objects" },
	{ "object", "get", cmd_object_get, "object get",
	  " SET ID [nocreate] [hex|raw] [offset N] [length N]",
	  "show an object" },
	{ "object", "put", cmd_object_put, "object put",
	  " SET ID [nocreate] [offset N] TEXT|-|hex DIGITS|file PATH",
	  "write an object" },
	{ "object", "remove", cmd_object_remove, "object remove", " SET ID",
	  "remove an object" },
	{ "object", "flush", cmd_object_flush, "object flush",
	  " SET ID [to NODE]", "give up this node's copy of an object" },
	{ "object", "sync", cmd_object_sync, "object sync", " SET ID",
	  "have the set's linker store an object" },
	{ "monitor", NULL, cmd_monitor, "monitor", "",
	  "show events until interrupted" },
	{ "bench", NULL, cmd_bench, "bench",
	  " [case NAME] [size BYTES] [nodes N,N...] [rounds N] [count N]",
	  "measure, with other nodes, what KDDM costs" },
	{ }
};

int ctl_error(const struct ctl *ctl, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "kddmctl: %s: ", ctl->command);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return EXIT_FAILED;
}

/*
 * The library writes "Kernel error: 'MESSAGE' (bad attribute: .name)".  The
 * kernel's own message says all, unless it comes from a general check.
 */
static const char *kernel_message(char *msg)
{
	static const char prefix[] = "Kernel error: '";
	static const char * const general[] = {
		"integer out of range", "Attribute failed policy validation",
		"Unsupported attribute", NULL
	};
	char *end = strrchr(msg, '\'');
	const char * const *g;
	size_t len;

	if (strncmp(msg, prefix, sizeof(prefix) - 1) ||
	    end < msg + sizeof(prefix))
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

int ctl_failed(const struct ctl *ctl)
{
	struct ynl_error *err = &ctl->ys->err;

	if (err->code == EPERM)
		return ctl_error(ctl, "%s (CAP_NET_ADMIN is needed)",
				 strerror(EPERM));
	if (!err->msg[0])
		return ctl_error(ctl, "%s", strerror(err->code ?
						     (int)err->code : errno));
	return ctl_error(ctl, "%s", kernel_message(err->msg));
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

static int show_help(void)
{
	const struct command *c;

	puts("usage: kddmctl [-j] COMMAND\n");
	for (c = commands; c->noun; c++)
		printf("  %s%s\n        %s\n", c->name, c->usage, c->help);
	puts("  help\n"
	     "        show this\n\n"
	     "  -j    write JSON\n"
	     "  -V    show the version\n\n"
	     "exit status: 0 done; 1 the request failed; 2 the command line is wrong;\n"
	     "3 status: the node is not running; 4 status: it was expelled");
	return EXIT_SUCCESS;
}

/* The verbs of a noun, for a message. */
static int no_verb(const struct ctl *ctl, const char *noun, const char *verb)
{
	const struct command *c;
	char verbs[64] = "";

	for (c = commands; c->noun; c++) {
		if (strcmp(c->noun, noun))
			continue;
		if (verbs[0])
			strcat(verbs, ", ");
		strcat(verbs, c->verb);
	}
	if (!verb)
		return usage_error(ctl, "%s: what to do? one of: %s", noun,
				   verbs);
	return usage_error(ctl, "%s: \"%s\" is none of: %s", noun,
			   printable(verb), verbs);
}

static const struct command *find(struct args *args, int *status)
{
	const char *noun = args->argv[0];
	const struct command *c;
	bool known = false;

	for (c = commands; c->noun; c++) {
		if (strcmp(c->noun, noun))
			continue;
		known = true;
		if (c->verb &&
		    (args->argc < 2 || strcmp(c->verb, args->argv[1])))
			continue;
		args->argv += c->verb ? 2 : 1;
		args->argc -= c->verb ? 2 : 1;
		return c;
	}
	*status = known ? no_verb(args->ctl, noun,
				  args->argc > 1 ? args->argv[1] : NULL) :
		  usage_error(args->ctl,
			      "no command \"%s\"; kddmctl help lists them",
			      printable(noun));
	return NULL;
}

static int run(struct ctl *ctl, struct args *args)
{
	const struct command *command;
	int status;

	if (!args->argc)
		return usage_error(ctl, "no command; kddmctl help lists them");
	if (!strcmp(args->argv[0], "help"))
		return show_help();
	command = find(args, &status);
	if (!command)
		return status;
	ctl->command = command->name;
	status = command->run(ctl, args);
	if (ctl->ys)
		ynl_sock_destroy(ctl->ys);
	return status;
}

int main(int argc, char **argv)
{
	struct ctl ctl = { };
	struct args args = { .ctl = &ctl };
	int option;

	/* Options come before the command: a text may begin with '-'. */
	opterr = 0;
	while ((option = getopt(argc, argv, "+jVh")) != -1) {
		switch (option) {
		case 'j':
			ctl.json = true;
			break;
		case 'V':
			puts("kddmctl " VERSION);
			return EXIT_SUCCESS;
		case 'h':
			return show_help();
		default:
			return usage_error(&ctl, "no option -%c", optopt);
		}
	}
	args.argv = argv + optind;
	args.argc = argc - optind;
	return run(&ctl, &args);
}
