// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: what the node is set to, and the services of the kernel.
 */
#include <stdio.h>
#include "kddmctl.h"

static void field(const struct ctl *ctl, const char *name, __u64 value)
{
	if (ctl->json)
		json_number(name, value);
	else
		printf("%-15s %llu\n", name, value);
}

void config_show(const struct ctl *ctl, const struct kddm_config_get_rsp *c)
{
	if (c->_present.id)
		field(ctl, "id", c->id);
	else if (ctl->json)
		json_null("id");
	else
		printf("%-15s %s\n", "id", "that of TIPC");
	field(ctl, "cluster", c->cluster);
	field(ctl, "hold", c->hold);
	field(ctl, "object-timeout", c->object_timeout);
	field(ctl, "stop-timeout", c->stop_timeout);
	if (ctl->json)
		json_bool("remote-stop", c->remote_stop);
	else
		printf("%-15s %s\n", "remote-stop",
		       c->remote_stop ? "yes" : "no");
	if (ctl->json)
		json_string("quorum", known(kddm_quorum_str(c->quorum)));
	else
		printf("%-15s %s\n", "quorum",
		       known(kddm_quorum_str(c->quorum)));
	field(ctl, "founders", c->founders);
	field(ctl, "start-timeout", c->start_timeout);
	field(ctl, "leave-timeout", c->leave_timeout);
	field(ctl, "replicas", c->replicas);
}

int cmd_config_show(struct ctl *ctl, struct args *args)
{
	struct kddm_config_get_rsp *rsp;

	if (!args_end(args))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	rsp = kddm_config_get(ctl->ys);
	if (!rsp)
		return ctl_failed(ctl);
	if (ctl->json)
		json_open(NULL, '{');
	config_show(ctl, rsp);
	if (ctl->json)
		json_close();
	kddm_config_get_rsp_free(rsp);
	return output_end(ctl);
}

static bool set_id(struct args *args, struct kddm_config_set_req *req)
{
	__u64 number;

	if (args_is(args, "tipc")) {
		kddm_config_set_req_set_no_id(req);
		return true;
	}
	if (!args_number(args, "id", 0, KDDM_NODE_ID_MAX, &number))
		return false;
	kddm_config_set_req_set_id(req, number);
	return true;
}

static bool set_remote_stop(struct args *args, struct kddm_config_set_req *req)
{
	bool yes = args_is(args, "yes");

	if (!yes && !args_is(args, "no")) {
		if (args->argc)
			args_unknown(args, "yes or no");
		else
			usage_error(args->ctl, "yes or no is missing");
		return false;
	}
	kddm_config_set_req_set_remote_stop(req, yes);
	return true;
}

static bool set_quorum(struct args *args, struct kddm_config_set_req *req)
{
	int policy;

	for (policy = KDDM_QUORUM_AUTO; policy <= KDDM_QUORUM_NONE; policy++)
		if (args_is(args, known(kddm_quorum_str(policy)))) {
			kddm_config_set_req_set_quorum(req, policy);
			return true;
		}
	if (args->argc)
		args_unknown(args, "auto, majority, tiebreak or none");
	else
		usage_error(args->ctl, "the quorum policy is missing");
	return false;
}

/* What has to do with who is a member: 0, -1 after an error, 1 if it is not. */
static int set_membership(struct args *args, struct kddm_config_set_req *req)
{
	__u64 n;

	if (args_is(args, "quorum"))
		return set_quorum(args, req) ? 0 : -1;
	if (args_is(args, "founders")) {
		if (!args_number(args, "founders", 1, KDDM_NODE_COUNT_MAX, &n))
			return -1;
		kddm_config_set_req_set_founders(req, n);
	} else if (args_is(args, "start-timeout")) {
		if (!args_number(args, "start-timeout", 0, KDDM_TIMEOUT_MAX,
				 &n))
			return -1;
		kddm_config_set_req_set_start_timeout(req, n);
	} else if (args_is(args, "leave-timeout")) {
		if (!args_number(args, "leave-timeout", 0, KDDM_TIMEOUT_MAX,
				 &n))
			return -1;
		kddm_config_set_req_set_leave_timeout(req, n);
	} else {
		return 1;
	}
	return 0;
}

static bool set_options(struct args *args, struct kddm_config_set_req *req)
{
	__u64 n;
	int ret;

	while (args->argc) {
		ret = set_membership(args, req);
		if (ret < 0)
			return false;
		if (!ret)
			continue;
		if (args_is(args, "id")) {
			if (!set_id(args, req))
				return false;
		} else if (args_is(args, "cluster")) {
			if (!args_number(args, "cluster", 0, UINT32_MAX, &n))
				return false;
			kddm_config_set_req_set_cluster(req, n);
		} else if (args_is(args, "hold")) {
			if (!args_number(args, "hold", 0, KDDM_HOLD_MAX, &n))
				return false;
			kddm_config_set_req_set_hold(req, n);
		} else if (args_is(args, "replicas")) {
			if (!args_number(args, "replicas", 1, KDDM_REPLICAS_MAX,
					 &n))
				return false;
			kddm_config_set_req_set_replicas(req, n);
		} else if (args_is(args, "object-timeout")) {
			if (!args_number(args, "object-timeout", 1,
					 KDDM_TIMEOUT_MAX, &n))
				return false;
			kddm_config_set_req_set_object_timeout(req, n);
		} else if (args_is(args, "stop-timeout")) {
			if (!args_number(args, "stop-timeout", 1,
					 KDDM_TIMEOUT_MAX, &n))
				return false;
			kddm_config_set_req_set_stop_timeout(req, n);
		} else if (args_is(args, "remote-stop")) {
			if (!set_remote_stop(args, req))
				return false;
		} else {
			args_unknown(args,
				     "id, cluster, hold, object-timeout, stop-timeout, remote-stop, quorum, founders, start-timeout, leave-timeout or replicas");
			return false;
		}
	}
	return true;
}

int cmd_config_set(struct ctl *ctl, struct args *args)
{
	struct kddm_config_set_req req = { };

	if (!args->argc)
		return usage_error(ctl, "what to set is missing");
	if (!set_options(args, &req))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	return kddm_config_set(ctl->ys, &req) ? ctl_failed(ctl) : EXIT_SUCCESS;
}

int cmd_services(struct ctl *ctl, struct args *args)
{
	struct kddm_service_get_list *list;
	unsigned int tries = 0;
	char id[12];

	if (!args_end(args))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	do {
		list = kddm_service_get_dump(ctl->ys);
	} while (!list && ctl_again(ctl, &tries));
	if (!list)
		return ctl_failed(ctl);
	if (ctl->json)
		json_open(NULL, '[');
	else
		paint(TONE_HEAD, "%-16s  %-8s  %s\n", "name", "id", "ordered");
	ynl_dump_foreach(list, s) {
		snprintf(id, sizeof(id), "%08x", (unsigned int)s->id);
		if (ctl->json) {
			json_open(NULL, '{');
			json_string("name", s->name ? s->name : "");
			json_string("id", id);
			json_bool("ordered", s->_present.ordered);
			json_close();
		} else {
			printf("%-16s  %s  %s\n",
			       printable(s->name ? s->name : ""), id,
			       s->_present.ordered ? "yes" : "no");
		}
	}
	if (ctl->json)
		json_close();
	kddm_service_get_list_free(list);
	return output_end(ctl);
}
