// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: show what happens to nodes and sets, one line for each event, until
 * SIGINT or SIGTERM.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include "kddmctl.h"

int catch_signals(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	return signalfd(-1, &mask, SFD_CLOEXEC);
}

__u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

/*
 * When an event was read: local time for people, to the microsecond, and what a
 * program can compute with for JSON.
 */
static void show_time(const struct ctl *ctl)
{
	struct timespec ts;
	struct tm tm;
	char day[32];

	clock_gettime(CLOCK_REALTIME, &ts);
	if (ctl->json) {
		json_number("time_us",
			    ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000);
	} else if (ctl->time) {
		localtime_r(&ts.tv_sec, &tm);
		strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
		printf("[%s.%06ld] ", day, ts.tv_nsec / 1000);
	}
}

static void show_node(const struct ctl *ctl,
		      const struct kddm_node_change_ntf_rsp *node)
{
	const char *transition = known(kddm_transition_str(node->transition));
	const char *state = known(kddm_membership_str(node->state));

	if (ctl->json) {
		json_open(NULL, '{');
		show_time(ctl);
		json_string("event", "node");
		json_number("id", node->id);
		json_string("transition", transition);
		json_string("state", state);
		json_number("incarnation", node->incarnation);
		json_bool("self", node->_present.self);
		json_close();
	} else {
		show_time(ctl);
		printf("node %llu %s: now ", node->id, transition);
		paint(state_tone(state), "%s", state);
		printf(", incarnation %llu%s\n", node->incarnation,
		       node->_present.self ? ", this node" : "");
	}
}

static void show_service(const struct ctl *ctl,
			 const struct kddm_service_change_ntf_rsp *view)
{
	const char *service = known(kddm_service_state_str(view->service));

	if (ctl->json) {
		json_open(NULL, '{');
		show_time(ctl);
		json_string("event", "service");
		json_string("service", service);
		json_number("epoch", view->epoch);
		json_number("members", view->members);
		json_close();
	} else {
		show_time(ctl);
		printf("service %s: view %llu of %llu nodes\n", service,
		       view->epoch, view->members);
	}
}

static void show_refusal(const struct ctl *ctl,
			 const struct kddm_node_refused_ntf_rsp *node)
{
	const char *why = known(kddm_refusal_str(node->refusal));
	char address[9];

	snprintf(address, sizeof(address), "%08x",
		 (unsigned int)node->address);
	show_time(ctl);
	if (ctl->json) {
		json_string("event", "refused");
		json_number("id", node->id);
		json_string("address", address);
		json_string("refusal", why);
		if (node->_present.version)
			json_number("version", node->version);
	} else {
		printf("node %llu at %s refused: %s", node->id, address, why);
		if (node->_present.version)
			printf(" %llu", node->version);
		putchar('\n');
	}
}

static void show_set(const struct ctl *ctl, const char *event,
		     const struct kddm_set_get_rsp *set)
{
	const char *linker = set->linker ? set->linker : "";
	const char *name = set->name ? set->name : "";

	if (ctl->json) {
		json_open(NULL, '{');
		show_time(ctl);
		json_string("event", event);
		json_string("name", name);
		json_number("id", set->id);
		json_number("size", set->size);
		json_string("linker", linker);
		json_close();
	} else {
		show_time(ctl);
		printf("%s ", event);
		paint(TONE_NAME, "%s", printable(name));
		printf(": id %llu, size %llu, linker %s\n", set->id, set->size,
		       printable(linker));
	}
}

static void show_config(const struct ctl *ctl,
			const struct kddm_config_get_rsp *config)
{
	if (ctl->json) {
		json_open(NULL, '{');
		show_time(ctl);
		json_string("event", "config");
		config_show(ctl, config);
		json_close();
	} else {
		show_time(ctl);
		puts("config changed");
	}
}

static void show(const struct ctl *ctl, const struct ynl_ntf_base_type *ntf)
{
	const void *event = ntf;

	switch (ntf->cmd) {
	case KDDM_CMD_NODE_CHANGE_NTF:
		show_node(ctl,
			  &((const struct kddm_node_change_ntf *)event)->obj);
		break;
	case KDDM_CMD_SERVICE_CHANGE_NTF:
		show_service(ctl,
			     &((const struct kddm_service_change_ntf *)event)
				->obj);
		break;
	case KDDM_CMD_NODE_REFUSED_NTF:
		if (ctl->json)
			json_open(NULL, '{');
		show_refusal(ctl,
			     &((const struct kddm_node_refused_ntf *)event)
				->obj);
		if (ctl->json)
			json_close();
		break;
	case KDDM_CMD_CONFIG_NTF:
		show_config(ctl,
			    &((const struct kddm_config_get_ntf *)event)->obj);
		break;
	case KDDM_CMD_SET_NEW_NTF:
		show_set(ctl, "set-created",
			 &((const struct kddm_set_get_ntf *)event)->obj);
		break;
	case KDDM_CMD_SET_DEL_NTF:
		show_set(ctl, "set-destroyed",
			 &((const struct kddm_set_get_ntf *)event)->obj);
		break;
	}
}

/* Scripts wait for it: what happens from now on is shown. */
static int show_ready(const struct ctl *ctl)
{
	if (ctl->json) {
		json_open(NULL, '{');
		show_time(ctl);
		json_string("event", "ready");
		json_close();
	} else {
		show_time(ctl);
		puts("ready");
	}
	return output_end(ctl);
}

/* All events that are there. */
static int drain(struct ctl *ctl)
{
	struct ynl_ntf_base_type *ntf;
	int err, ret = 0;

	errno = 0;
	err = ynl_ntf_check(ctl->ys);
	while ((ntf = ynl_ntf_dequeue(ctl->ys))) {
		show(ctl, ntf);
		ynl_ntf_free(ntf);
		if (!ret)
			ret = output_end(ctl);
	}
	if (err >= 0 || ret)
		return ret;
	if (errno == ENOBUFS) {
		ctl_error(ctl, "events were lost");
		return 0;
	}
	return ctl_error(ctl, "%s", errno ? strerror(errno) :
			 "cannot read an event");
}

int cmd_monitor(struct ctl *ctl, struct args *args)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	int ret;

	if (!args_end(args))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	fds[0].fd = catch_signals();
	fds[1].fd = ynl_socket_get_fd(ctl->ys);
	if (fds[0].fd < 0)
		return ctl_error(ctl, "signalfd: %s", strerror(errno));
	if (ynl_subscribe(ctl->ys, KDDM_MCGRP_MONITOR))
		return ctl_failed(ctl);

	ret = show_ready(ctl);
	while (!ret) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			ret = ctl_error(ctl, "%s", strerror(errno));
		else if (fds[0].revents)
			break;
		else if (fds[1].revents)
			ret = drain(ctl);
	}
	close(fds[0].fd);
	ctl_close(ctl);
	return ret;
}
