// SPDX-License-Identifier: GPL-2.0-only
/*
 * The network namespaces that have a name.  As "ip -n": kddmctl goes into one
 * by itself, so that nobody needs a program that runs a program there.  Such a
 * namespace is a file of its name, as "ip netns add" leaves it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "kddmctl.h"

#define NETNS_DIR	"/run/netns"

int netns_enter(struct ctl *ctl, const char *name)
{
	char path[sizeof(NETNS_DIR) + NAME_MAX + 2];
	int fd = -1, ret = 0;

	errno = ENOENT;
	if (*name && *name != '.' && !strchr(name, '/') &&
	    strlen(name) <= NAME_MAX) {
		snprintf(path, sizeof(path), NETNS_DIR "/%s", name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0 && errno == ENOENT)
		return ctl_error(ctl, "there is no network namespace \"%s\"",
				 printable(name));
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		ret = ctl_error(ctl, "network namespace \"%s\": %s",
				printable(name), strerror(errno));
	if (fd >= 0)
		close(fd);
	return ret;
}

void netns_offer(const char *begin)
{
	DIR *dir = opendir(NETNS_DIR);
	const struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			complete_offer(entry->d_name, begin);
	closedir(dir);
}
