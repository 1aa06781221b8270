// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: wait until so many nodes are there, or until this one serves, for a
 * time.
 *
 * An event says when to look again; so does a second, since a node that is not
 * yet started has none.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include "kddmctl.h"

#define TIMEOUT_DEFAULT	60		/* seconds */
#define TIMEOUT_MAX	1000000
#define REPLICAS_POLL	100		/* ms; no event tells of them */

/**
 * struct goal - what to wait for
 * @recovered: a served view, rather than nodes
 * @replicas: and all replicas
 * @nodes: so many; of a view: if not 0, just so many
 * @state: at least in this state
 * @set: this set is known here, unless NULL
 * @timeout: seconds
 * @seen: nodes that were there when one last looked
 * @has_set: and the set
 * @status: the same for a view
 */
struct goal {
	bool			recovered;
	bool			replicas;
	__u64			nodes;
	enum kddm_membership	state;
	const char		*set;
	__u64			timeout;
	__u64			seen;
	bool			has_set;
	struct kddm_status_get_rsp *status;
};

static bool read_recovered(struct args *args, struct goal *goal)
{
	goal->recovered = true;
	while (args->argc) {
		if (args_is(args, "replicas")) {
			goal->replicas = true;
		} else if (args_is(args, "members")) {
			if (!args_number(args, "members", 1,
					 KDDM_NODE_COUNT_MAX, &goal->nodes))
				return false;
		} else if (args_is(args, "timeout")) {
			if (!args_number(args, "timeout", 0, TIMEOUT_MAX,
					 &goal->timeout))
				return false;
		} else {
			args_unknown(args, "replicas, members or timeout");
			return false;
		}
	}
	return true;
}

static bool read_goal(struct args *args, struct goal *goal)
{
	if (args_is(args, "recovered"))
		return read_recovered(args, goal);
	if (!args_is(args, "nodes")) {
		if (args->argc)
			args_unknown(args, "nodes or recovered");
		else
			usage_error(args->ctl, "nodes or recovered is missing");
		return false;
	}
	if (!args_number(args, "nodes", 1, KDDM_NODE_ID_MAX + 1,
			 &goal->nodes))
		return false;
	while (args->argc) {
		if (args_is(args, "online")) {
			goal->state = KDDM_MEMBERSHIP_ONLINE;
		} else if (args_is(args, "possible")) {
			goal->state = KDDM_MEMBERSHIP_POSSIBLE;
		} else if (args_is(args, "set")) {
			goal->set = args_name(args, "set");
			if (!goal->set)
				return false;
		} else if (args_is(args, "timeout")) {
			if (!args_number(args, "timeout", 0, TIMEOUT_MAX,
					 &goal->timeout))
				return false;
		} else {
			args_unknown(args, "online, possible, set or timeout");
			return false;
		}
	}
	return true;
}

static int count_nodes(struct ctl *ctl, struct goal *goal)
{
	struct kddm_node_get_list *list;
	unsigned int tries = 0;

	do {
		list = kddm_node_get_dump(ctl->ys);
	} while (!list && ctl_again(ctl, &tries));
	if (!list)
		return ctl_failed(ctl);
	goal->seen = 0;
	ynl_dump_foreach(list, node)
		goal->seen += node->state >= goal->state;
	kddm_node_get_list_free(list);
	return 0;
}

static int find_set(struct ctl *ctl, struct goal *goal)
{
	struct kddm_set_get_list *list;
	unsigned int tries = 0;

	goal->has_set = !goal->set;
	if (!goal->set)
		return 0;
	do {
		list = kddm_set_get_dump(ctl->ys);
	} while (!list && ctl_again(ctl, &tries));
	if (!list)
		return ctl_failed(ctl);
	ynl_dump_foreach(list, set)
		if (set->name && !strcmp(set->name, goal->set))
			goal->has_set = true;
	kddm_set_get_list_free(list);
	return 0;
}

/* Until an event or @ms have come; events are dropped. */
static int sleep_a_little(struct ctl *ctl, __u64 ms)
{
	struct pollfd fd = {
		.fd = ynl_socket_get_fd(ctl->ys),
		.events = POLLIN,
	};
	struct ynl_ntf_base_type *ntf;

	if (poll(&fd, 1, ms < 1000 ? ms : 1000) < 0 && errno != EINTR)
		return ctl_error(ctl, "%s", strerror(errno));
	/* Lost ones do not matter: all is looked at. */
	if (fd.revents)
		ynl_ntf_check(ctl->ys);
	while ((ntf = ynl_ntf_dequeue(ctl->ys)))
		ynl_ntf_free(ntf);
	return 0;
}

static int done(struct ctl *ctl, const struct goal *goal, __u64 took)
{
	if (ctl->json) {
		json_open(NULL, '{');
		json_number("nodes", goal->seen);
		json_number("milliseconds", took);
		json_close();
	}
	return output_end(ctl);
}

static int time_up(struct ctl *ctl, const struct goal *goal)
{
	const char *state = known(kddm_membership_str(goal->state));

	if (goal->seen < goal->nodes)
		ctl_error(ctl, "after %llu s %llu of %llu nodes are %s",
			  goal->timeout, goal->seen, goal->nodes, state);
	else
		ctl_error(ctl, "after %llu s there is no set \"%s\"",
			  goal->timeout, printable(goal->set));
	return EXIT_TIME_UP;
}

static int wait_for(struct ctl *ctl, struct goal *goal)
{
	const char *state = known(kddm_membership_str(goal->state));
	__u64 start = now_ms(), now, end = start + goal->timeout * 1000;
	int ret;

	for (;;) {
		ret = count_nodes(ctl, goal);
		if (!ret)
			ret = find_set(ctl, goal);
		if (ret)
			return ret;
		now = now_ms();
		if (goal->seen >= goal->nodes && goal->has_set)
			return done(ctl, goal, now - start);
		if (now >= end)
			return time_up(ctl, goal);
		progress_note("%llu of %llu nodes are %s ... ", goal->seen,
			      goal->nodes, state);
		ret = sleep_a_little(ctl, end - now);
		if (ret)
			return ret;
	}
}

/* Recovery */

static bool is_served(const struct goal *goal)
{
	const struct kddm_status_get_rsp *s = goal->status;

	return s->run_state == KDDM_RUN_STATE_RUNNING &&
	       s->_present.service &&
	       s->service == KDDM_SERVICE_STATE_SERVING &&
	       (!goal->nodes || s->members == goal->nodes);
}

static bool lacks_replicas(const struct goal *goal)
{
	return goal->replicas &&
	       goal->status->replicas != KDDM_REPLICA_STATE_COMPLETE;
}

static int recovered(struct ctl *ctl, const struct goal *goal, __u64 took)
{
	if (ctl->json) {
		json_open(NULL, '{');
		json_number("members", goal->status->members);
		json_number("epoch", goal->status->epoch);
		json_number("milliseconds", took);
		json_close();
	}
	return output_end(ctl);
}

/* What the node is at: "changing (recovering, 20 objects left), awaits 2 3" */
static void tell_state(const struct goal *goal, char *text, size_t size)
{
	const struct kddm_status_get_rsp *s = goal->status;
	size_t len;
	unsigned int i;

	if (!s->_present.service) {
		snprintf(text, size, "%s",
			 known(kddm_run_state_str(s->run_state)));
		return;
	}
	len = snprintf(text, size, "%s, %llu members",
		       known(kddm_service_state_str(s->service)), s->members);
	if (s->change == KDDM_CHANGE_STATE_RECOVERING)
		len += snprintf(text + len, size - len,
				", %llu objects to recover", s->suspects);
	if (is_served(goal) && lacks_replicas(goal))
		len += snprintf(text + len, size - len,
				", replicas are %s",
				known(kddm_replica_state_str(s->replicas)));
	for (i = 0; i < s->_count.awaited && len + 16 < size; i++)
		len += snprintf(text + len, size - len, "%s %llu",
				i ? "" : ", awaits", s->awaited[i]);
}

static int wait_recovered(struct ctl *ctl, struct goal *goal)
{
	__u64 start = now_ms(), now, left, end = start + goal->timeout * 1000;
	char state[256];
	int ret;

	for (;;) {
		goal->status = kddm_status_get(ctl->ys);
		if (!goal->status)
			return ctl_failed(ctl);
		now = now_ms();
		if (is_served(goal) && !lacks_replicas(goal)) {
			ret = recovered(ctl, goal, now - start);
			kddm_status_get_rsp_free(goal->status);
			return ret;
		}
		tell_state(goal, state, sizeof(state));
		left = end - now;
		if (is_served(goal) && left > REPLICAS_POLL)
			left = REPLICAS_POLL;
		kddm_status_get_rsp_free(goal->status);
		if (now >= end) {
			ctl_error(ctl, "after %llu s the node is %s",
				  goal->timeout, state);
			return EXIT_TIME_UP;
		}
		progress_note("%s ... ", state);
		ret = sleep_a_little(ctl, left);
		if (ret)
			return ret;
	}
}

int cmd_wait(struct ctl *ctl, struct args *args)
{
	struct goal goal = {
		.state = KDDM_MEMBERSHIP_POSSIBLE,
		.timeout = TIMEOUT_DEFAULT,
	};
	int ret;

	if (!read_goal(args, &goal))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	if (ynl_subscribe(ctl->ys, KDDM_MCGRP_MONITOR))
		return ctl_failed(ctl);
	ret = goal.recovered ? wait_recovered(ctl, &goal) :
			       wait_for(ctl, &goal);
	ctl_close(ctl);
	return ret;
}
