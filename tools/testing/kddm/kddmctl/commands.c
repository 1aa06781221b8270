// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: the table of all commands, and how one is found.
 *
 * A command's name has one to three words.  help, the completion of the shell,
 * and the check of the manual page are all made from this table.
 */
#include <stdio.h>
#include <string.h>
#include "kddmctl.h"

const struct command commands[] = {
	{ "start", cmd_start, "[id N] [cluster N]",
	  "become a node of the cluster" },
	{ "stop", cmd_stop, "[node NODE] [force]",
	  "leave the cluster, or have another node leave it" },
	{ "status", cmd_status, "",
	  "show the state and the counters of this node" },
	{ "nodes", cmd_nodes, "", "list the nodes that this node sees" },
	{ "ping", cmd_ping, "NODE [count N] [interval SECONDS]",
	  "measure the time of a round trip to a node" },
	{ "services", cmd_services, "",
	  "list what the kernel offers to other nodes" },
	{ "config show", cmd_config_show, "", "show what the node is set to" },
	{ "config set", cmd_config_set,
	  "[id N|tipc] [cluster N] [hold MS] [object-timeout MS] [stop-timeout MS] [remote-stop yes|no] [quorum auto|majority|tiebreak|none] [founders N] [start-timeout MS] [leave-timeout MS] [replicas N]",
	  "change what the node is set to" },
	{ "set create", cmd_set_create,
	  "NAME size BYTES [linker NAME] [home NODE] [hold MS] [lost-timeout MS] [replicas N] [touch-home] [exclusive]",
	  "create a set of objects" },
	{ "set list", cmd_set_list, "", "list the sets" },
	{ "set show", cmd_set_show, "SET", "show all of one set" },
	{ "set destroy", cmd_set_destroy, "SET [force]",
	  "destroy a set and its objects" },
	{ "object get", cmd_object_get,
	  "SET ID [nocreate] [hex|raw] [offset N] [length N]",
	  "show an object" },
	{ "object list", cmd_object_list,
	  "SET [state STATE] [from ID] [summary]",
	  "list what this node knows of a set's objects" },
	{ "object show", cmd_object_show, "SET ID",
	  "show what this node knows of an object" },
	{ "object put", cmd_object_put,
	  "SET ID [nocreate] [offset N] TEXT|-|text TEXT|hex DIGITS|file PATH",
	  "write an object" },
	{ "object remove", cmd_object_remove, "SET ID", "remove an object" },
	{ "object flush", cmd_object_flush, "SET ID [to NODE]",
	  "give up this node's copy of an object" },
	{ "object sync", cmd_object_sync, "SET ID",
	  "have the set's linker store an object" },
	{ "name list", cmd_name_list, "",
	  "list the names that have an id in the cluster" },
	{ "name hold", cmd_name_hold, "linker|service NAME",
	  "have this node use a name, and show its id" },
	{ "name release", cmd_name_release, "linker|service NAME",
	  "undo that" },
	{ "bench", cmd_bench,
	  "[case NAME] [size BYTES] [nodes N,N...] [rounds N] [count N]",
	  "measure, with other nodes, what KDDM costs" },
	{ "monitor", cmd_monitor, "", "show events until interrupted" },
	{ "top", cmd_top, "[interval SECONDS] [count N]",
	  "show rates by node and set until interrupted" },
	{ "wait", cmd_wait,
	  "nodes N [online|possible] [set NAME] [timeout SECONDS] | recovered [replicas] [members N] [timeout SECONDS]",
	  "wait until so many nodes are there, or until objects are served" },
	{ "debug", cmd_debug, "",
	  "write all that a report of a fault should have" },
	{ "tipc up", cmd_tipc_up,
	  "DEV|ADDR [remote ADDR] [identity NAME] [netid N] [key PATH]",
	  "have TIPC use a network device, or UDP from an address" },
	{ "tipc key set", cmd_tipc_key_set, "file PATH|hex DIGITS [master]",
	  "encrypt what TIPC sends" },
	{ "tipc key generate", cmd_tipc_key_generate, "[bits 128|192|256]",
	  "write a new random key" },
	{ "tipc key flush", cmd_tipc_key_flush, "", "forget all keys" },
	{ }
};

int command_match(const struct command *command, char *const *words, int nr)
{
	const char *name = command->name;
	int i = 0;

	while (i < nr) {
		size_t len = strcspn(name, " ");

		if (strlen(words[i]) != len || strncmp(name, words[i], len))
			return -1;
		i++;
		name += len;
		if (!*name)
			return i;
		name++;
	}
	return i;
}

/* The word of a name behind @nr others; NULL if there is none. */
static const char *nth_word(const char *name, int nr)
{
	static char word[16];

	for (; nr; nr--) {
		name = strchr(name, ' ');
		if (!name)
			return NULL;
		name++;
	}
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(name, " "), name);
	return word;
}

const char *command_word(char *const *words, int nr, unsigned int n)
{
	char last[16] = "";
	const struct command *c;
	const char *word;

	/* Those that begin with the same words stand together. */
	for (c = commands; c->name; c++) {
		if (command_match(c, words, nr) != nr)
			continue;
		word = nth_word(c->name, nr);
		if (!word || !strcmp(word, last))
			continue;
		if (!n--)
			return word;
		memcpy(last, word, strlen(word) + 1);
	}
	return NULL;
}

/* The words are no command, but the first @nr may begin one. */
static int no_command(const struct args *args, int nr)
{
	char found[128] = "", begin[64] = "";
	const char *word;
	unsigned int n;
	int i;

	if (!nr)
		return usage_error(args->ctl,
				   "no command \"%s\"; kddmctl help lists them",
				   printable(args->argv[0]));
	for (i = 0; i < nr; i++) {
		strcat(begin, i ? " " : "");
		strcat(begin, args->argv[i]);
	}
	for (n = 0; (word = command_word(args->argv, nr, n)); n++) {
		strcat(found, n ? ", " : "");
		strcat(found, word);
	}
	if (nr == args->argc)
		return usage_error(args->ctl, "%s: what to do? one of: %s",
				   begin, found);
	return usage_error(args->ctl, "%s: \"%s\" is none of: %s", begin,
			   printable(args->argv[nr]), found);
}

const struct command *command_find(struct args *args, int *status)
{
	const struct command *c;
	int nr, words;

	for (c = commands; c->name; c++) {
		words = command_match(c, args->argv, args->argc);
		if (words <= 0 || nth_word(c->name, words))
			continue;
		args->argv += words;
		args->argc -= words;
		return c;
	}
	for (nr = 0; nr < args->argc; nr++)
		if (!command_word(args->argv, nr + 1, 0))
			break;
	*status = no_command(args, nr);
	return NULL;
}

/* What follows a name, in lines that are not too long. */
static void show_usage(const struct command *c)
{
	size_t column = 2 + strlen(c->name), len;
	const char *s = c->usage;

	printf("  %s", c->name);
	while (*s) {
		/* A word that is in brackets is not parted. */
		len = *s == '[' ? strcspn(s, "]") + 1 : strcspn(s, " ");
		if (column + 1 + len > 78) {
			printf("\n       ");
			column = 7;
		}
		printf(" %.*s", (int)len, s);
		column += 1 + len;
		s += len;
		if (*s)
			s++;
	}
	printf("\n        %s\n", c->help);
}

int show_help(void)
{
	const struct command *c;

	puts("usage: kddmctl [OPTION...] COMMAND\n"
	     "       kddmctl [OPTION...] -b FILE\n");
	for (c = commands; c->name; c++)
		show_usage(c);
	puts("  help\n"
	     "        show this\n\n"
	     "  -j, -json       write JSON\n"
	     "  -p, -pretty     for people: with -j, on several lines\n"
	     "  -t, -timestamp  begin the lines of monitor with the time\n"
	     "  -c, -color[=always|auto|never]\n"
	     "                  colours; auto, the default: on a terminal\n"
	     "  -n, -netns NAME\n"
	     "                  act on a network namespace of \"ip netns\"\n"
	     "  -b, -batch FILE\n"
	     "                  do the commands of a file, \"-\" is the standard input\n"
	     "  -force          with -b: go on after a command that failed\n"
	     "  -V, -version    show the version\n\n"
	     "exit status: 0 done; 1 the request failed; 2 the command line is wrong;\n"
	     "3 status: the node is not running; 4 status: it was expelled;\n"
	     "5 wait: it did not come in time; 6 status: it is suspended");
	return EXIT_SUCCESS;
}

int command_run(struct ctl *ctl, struct args *args)
{
	const struct command *command;
	int status;

	if (!args->argc)
		return usage_error(ctl, "no command; kddmctl help lists them");
	if (!strcmp(args->argv[0], "help"))
		return show_help();
	command = command_find(args, &status);
	if (!command)
		return status;
	ctl->command = command->name;
	status = command->run(ctl, args);
	progress_stop();
	/* The rest of an answer may still come. */
	if (status)
		ctl_close(ctl);
	return status;
}
