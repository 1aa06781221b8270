// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: all that a report of a fault should have, as one text: what the
 * other commands show, and what the kernel says of TIPC and KDDM.  Nothing of
 * what is in objects, and no keys.
 *
 * What cannot be had is said in its place; the rest still helps.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "kddmctl.h"

#define LINE_MAX	8192
#define WORDS_MAX	7		/* of a command */

static void title(const char *text)
{
	printf("\n== %s\n\n", text);
}

/* Another command, as it would be by itself. */
static void section(struct ctl *ctl, char *name)
{
	char *words[WORDS_MAX + 1] = { };
	struct args args = { .argv = words, .ctl = ctl };
	char text[64];
	int ret;

	snprintf(text, sizeof(text), "kddmctl %s", name);
	title(text);
	for (words[0] = strtok(name, " ");
	     words[args.argc] && args.argc < WORDS_MAX;
	     words[args.argc] = strtok(NULL, " "))
		args.argc++;
	fflush(stdout);
	ret = command_run(ctl, &args);
	if (ret)
		printf("(exit status %d)\n", ret);
}

static void file_section(const char *path)
{
	char buffer[4096];
	FILE *file;
	size_t n;

	title(path);
	file = fopen(path, "r");
	if (!file) {
		printf("(%s)\n", strerror(errno));
		return;
	}
	while ((n = fread(buffer, 1, sizeof(buffer), file)))
		fwrite(buffer, 1, n, stdout);
	if (ferror(file))
		printf("(%s)\n", strerror(errno));
	fclose(file);
}

/*
 * The files of this namespace, whose directory has its number.  "ip netns exec"
 * hides what is mounted below /sys; the first process still sees it.
 */
static void debugfs_sections(void)
{
	static const char * const names[] = {
		"nodes", "calls", "objects", NULL
	};
	static const char here[] = "/sys/kernel/debug/kddm";
	const char *where = access(here, F_OK) ? "/proc/1/root" : "";
	struct stat st;
	char path[80];
	const char *const *name;

	if (stat("/proc/self/ns/net", &st))
		return;
	for (name = names; *name; name++) {
		snprintf(path, sizeof(path), "%s%s/%llu/%s", where, here,
			 (unsigned long long)st.st_ino, *name);
		file_section(path);
	}
}

static bool of_interest(const char *line)
{
	return strcasestr(line, "kddm") || strcasestr(line, "tipc") ||
	       strstr(line, "WARNING:") || strstr(line, "BUG:") ||
	       strstr(line, "INFO:");
}

/* What the kernel's log has of KDDM and TIPC, and of whatever went wrong. */
static void log_section(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char line[LINE_MAX + 1], *text;
	ssize_t n;

	title("the kernel's log: kddm, tipc, and warnings");
	if (fd < 0) {
		printf("(%s)\n", strerror(errno));
		return;
	}
	/* One message for each read; EPIPE: some have been overwritten. */
	while ((n = read(fd, line, LINE_MAX)) > 0 || errno == EPIPE) {
		if (n <= 0)
			continue;
		line[n] = '\0';
		text = strchr(line, ';');
		if (text && of_interest(text))
			printf("%.*s\n", (int)strcspn(text + 1, "\n"),
			       text + 1);
	}
	close(fd);
}

/* A summary of the objects of each set. */
static void objects_sections(struct ctl *ctl)
{
	struct kddm_set_get_list *list = NULL;
	char name[64];

	if (!ctl_connect(ctl))
		list = kddm_set_get_dump(ctl->ys);
	if (!list)
		return;
	ynl_dump_foreach(list, set) {
		snprintf(name, sizeof(name), "object list %s summary",
			 set->name ? set->name : "");
		section(ctl, name);
	}
	kddm_set_get_list_free(list);
}

static void head(void)
{
	char when[40] = "";
	struct utsname uts;
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	puts("KDDM debug report");
	printf("\ntime     %s\nkddmctl  %s\n", when, VERSION);
	if (!uname(&uts))
		printf("kernel   %s %s %s\nmachine  %s\n", uts.sysname,
		       uts.release, uts.version, uts.machine);
}

int cmd_debug(struct ctl *ctl, struct args *args)
{
	static const char * const commands_shown[] = {
		"status", "nodes", "config show", "services", "name list",
		"set list", NULL
	};
	const char *const *shown;
	char name[32];

	if (!args_end(args))
		return EXIT_USAGE;
	if (ctl->json)
		return usage_error(ctl, "there is no JSON of it");
	head();
	for (shown = commands_shown; *shown; shown++) {
		snprintf(name, sizeof(name), "%s", *shown);
		section(ctl, name);
	}
	objects_sections(ctl);
	debugfs_sections();
	file_section("/proc/modules");
	log_section();
	ctl->command = "debug";
	return output_end(ctl);
}
