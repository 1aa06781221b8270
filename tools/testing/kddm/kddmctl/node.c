// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: the node in this namespace, and the nodes that it sees.
 */
#include <stdio.h>
#include "kddmctl.h"

int cmd_start(struct ctl *ctl, struct args *args)
{
	struct kddm_node_start_req req = { };
	struct kddm_node_start_rsp *rsp;
	__u64 number;

	while (args->argc) {
		if (args_is(args, "id")) {
			if (!args_number(args, "id", 0, KDDM_NODE_ID_MAX,
					 &number))
				return EXIT_USAGE;
			kddm_node_start_req_set_id(&req, number);
		} else if (args_is(args, "cluster")) {
			if (!args_number(args, "cluster", 0, UINT32_MAX,
					 &number))
				return EXIT_USAGE;
			kddm_node_start_req_set_cluster(&req, number);
		} else {
			return args_unknown(args, "id or cluster");
		}
	}

	if (ctl_connect(ctl))
		return EXIT_FAILED;
	rsp = kddm_node_start(ctl->ys, &req);
	if (!rsp)
		return ctl_failed(ctl);
	if (ctl->json) {
		json_open(NULL, '{');
		json_number("id", rsp->id);
		json_number("cluster", rsp->cluster);
		json_number("incarnation", rsp->incarnation);
		json_close();
	}
	kddm_node_start_rsp_free(rsp);
	return output_end(ctl);
}

int cmd_stop(struct ctl *ctl, struct args *args)
{
	if (!args_end(args))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	if (kddm_node_stop(ctl->ys))
		return ctl_failed(ctl);
	return EXIT_SUCCESS;
}

static void field(const struct ctl *ctl, const char *name, bool present,
		  __u64 value)
{
	if (!present)
		return;
	if (ctl->json)
		json_number(name, value);
	else
		printf("%-12s %llu\n", name, value);
}

static void text_field(const struct ctl *ctl, const char *name,
		       const char *value)
{
	if (ctl->json)
		json_string(name, value);
	else
		printf("%-12s %s\n", name, value);
}

static void show_status(const struct ctl *ctl,
			const struct kddm_status_get_rsp *rsp)
{
	const char *state = known(kddm_run_state_str(rsp->run_state));
	char address[9];

	if (ctl->json) {
		json_string("state", state);
	} else {
		printf("%-12s ", "state");
		paint(state_tone(state), "%s", state);
		putchar('\n');
	}
	field(ctl, "id", rsp->_present.id, rsp->id);
	field(ctl, "cluster", rsp->_present.cluster, rsp->cluster);
	field(ctl, "incarnation", rsp->_present.incarnation, rsp->incarnation);
	if (rsp->_present.address) {
		snprintf(address, sizeof(address), "%08x",
			 (unsigned int)rsp->address);
		text_field(ctl, "address", address);
	}
	field(ctl, "epoch", rsp->_present.epoch, rsp->epoch);
	field(ctl, "tx", rsp->_present.tx, rsp->tx);
	field(ctl, "rx", rsp->_present.rx, rsp->rx);
	field(ctl, "malformed", rsp->_present.malformed, rsp->malformed);
	field(ctl, "foreign", rsp->_present.foreign, rsp->foreign);
	field(ctl, "stale", rsp->_present.stale, rsp->stale);
	field(ctl, "refused", rsp->_present.refused, rsp->refused);
	field(ctl, "gaps", rsp->_present.gaps, rsp->gaps);
	field(ctl, "busy", rsp->_present.busy, rsp->busy);
}

int cmd_status(struct ctl *ctl, struct args *args)
{
	struct kddm_status_get_rsp *rsp;
	int ret, state;

	if (!args_end(args))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	rsp = kddm_status_get(ctl->ys);
	if (!rsp)
		return ctl_failed(ctl);

	state = rsp->run_state;
	if (ctl->json)
		json_open(NULL, '{');
	show_status(ctl, rsp);
	if (ctl->json)
		json_close();
	kddm_status_get_rsp_free(rsp);
	ret = output_end(ctl);
	if (ret || state == KDDM_RUN_STATE_RUNNING)
		return ret;
	return state == KDDM_RUN_STATE_EXPELLED ? EXIT_EXPELLED :
						  EXIT_NOT_RUNNING;
}

static void node_json(const struct kddm_node_get_rsp *node)
{
	char address[9];

	json_open(NULL, '{');
	json_number("id", node->id);
	json_string("state", known(kddm_membership_str(node->state)));
	if (node->_present.address) {
		snprintf(address, sizeof(address), "%08x",
			 (unsigned int)node->address);
		json_string("address", address);
	} else {
		json_null("address");
	}
	json_number("incarnation", node->incarnation);
	json_bool("self", node->_present.self);
	json_number("tx", node->tx);
	json_number("rx", node->rx);
	json_close();
}

static void node_text(const struct kddm_node_get_rsp *node)
{
	const char *state = known(kddm_membership_str(node->state));

	printf("%c%5llu  ", node->_present.self ? '*' : ' ', node->id);
	paint(state_tone(state), "%-8s", state);
	printf("  %08x  %10llu  %10llu  %10llu\n",
	       (unsigned int)node->address, node->incarnation, node->tx,
	       node->rx);
}

int cmd_nodes(struct ctl *ctl, struct args *args)
{
	struct kddm_node_get_list *list;
	unsigned int tries = 0;

	if (!args_end(args))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	do {
		list = kddm_node_get_dump(ctl->ys);
	} while (!list && ctl_again(ctl, &tries));
	if (!list)
		return ctl_failed(ctl);

	if (ctl->json)
		json_open(NULL, '[');
	else
		paint(TONE_HEAD, "%6s  %-8s  %-8s  %10s  %10s  %10s\n", "id",
		      "state", "address", "incarn.", "sent", "received");
	ynl_dump_foreach(list, node) {
		if (ctl->json)
			node_json(node);
		else
			node_text(node);
	}
	if (ctl->json)
		json_close();
	kddm_node_get_list_free(list);
	return output_end(ctl);
}
