// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: the node in this namespace, and the nodes that it sees.
 */
#include <stdio.h>
#include <unistd.h>
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
	struct kddm_node_stop_req req = { };
	__u64 node;

	if (args_is(args, "node")) {
		if (!args_number(args, "node", 0, KDDM_NODE_ID_MAX, &node))
			return EXIT_USAGE;
		kddm_node_stop_req_set_id(&req, node);
	}
	if (args_is(args, "force"))
		kddm_node_stop_req_set_force(&req);
	if (!args_end(args))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	if (kddm_node_stop(ctl->ys, &req))
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

static void show_awaited(const struct ctl *ctl,
			 const struct kddm_status_get_rsp *rsp)
{
	unsigned int i;

	if (ctl->json) {
		json_open("awaited", '[');
		for (i = 0; i < rsp->_count.awaited; i++)
			json_number(NULL, rsp->awaited[i]);
		json_close();
	} else if (rsp->_count.awaited) {
		printf("%-12s", "awaited");
		for (i = 0; i < rsp->_count.awaited; i++)
			printf(" %llu", rsp->awaited[i]);
		putchar('\n');
	}
}

/* What a change of the view and recovery are at, and what the last ones took */
static void show_progress(const struct ctl *ctl,
			  const struct kddm_status_get_rsp *rsp)
{
	if (rsp->_present.quorum)
		text_field(ctl, "quorum", known(kddm_quorum_str(rsp->quorum)));
	if (!rsp->_present.change)
		return;
	text_field(ctl, "change", known(kddm_change_state_str(rsp->change)));
	field(ctl, "attempt", rsp->_present.attempt, rsp->attempt);
	show_awaited(ctl, rsp);
	field(ctl, "suspects", rsp->_present.suspects, rsp->suspects);
	field(ctl, "recovered", rsp->_present.recovered, rsp->recovered);
	if (rsp->_present.replicas)
		text_field(ctl, "replicas",
			   known(kddm_replica_state_str(rsp->replicas)));
	field(ctl, "change-us", rsp->_present.change_time, rsp->change_time);
	field(ctl, "recovery-us", rsp->_present.recovery_time,
	      rsp->recovery_time);
}

static void show_status(const struct ctl *ctl,
			const struct kddm_status_get_rsp *rsp)
{
	const char *state = known(kddm_run_state_str(rsp->run_state));
	const char *service;
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
	if (rsp->_present.service) {
		service = known(kddm_service_state_str(rsp->service));
		text_field(ctl, "service", service);
	}
	field(ctl, "epoch", rsp->_present.epoch, rsp->epoch);
	field(ctl, "members", rsp->_present.members, rsp->members);
	show_progress(ctl, rsp);
	field(ctl, "users", rsp->_present.users, rsp->users);
	field(ctl, "objects", rsp->_present.objects, rsp->objects);
	field(ctl, "tx", rsp->_present.tx, rsp->tx);
	field(ctl, "rx", rsp->_present.rx, rsp->rx);
	field(ctl, "tx-bytes", rsp->_present.tx_bytes, rsp->tx_bytes);
	field(ctl, "rx-bytes", rsp->_present.rx_bytes, rsp->rx_bytes);
	field(ctl, "malformed", rsp->_present.malformed, rsp->malformed);
	field(ctl, "foreign", rsp->_present.foreign, rsp->foreign);
	field(ctl, "stale", rsp->_present.stale, rsp->stale);
	field(ctl, "refused", rsp->_present.refused, rsp->refused);
	field(ctl, "gaps", rsp->_present.gaps, rsp->gaps);
	field(ctl, "busy", rsp->_present.busy, rsp->busy);
	field(ctl, "version", rsp->_present.version, rsp->version);
}

int cmd_status(struct ctl *ctl, struct args *args)
{
	struct kddm_status_get_rsp *rsp;
	bool suspended;
	int ret, state;

	if (!args_end(args))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	rsp = kddm_status_get(ctl->ys);
	if (!rsp)
		return ctl_failed(ctl);

	state = rsp->run_state;
	suspended = rsp->_present.service &&
		    rsp->service == KDDM_SERVICE_STATE_SUSPENDED;
	if (ctl->json)
		json_open(NULL, '{');
	show_status(ctl, rsp);
	if (ctl->json)
		json_close();
	kddm_status_get_rsp_free(rsp);
	ret = output_end(ctl);
	if (ret || state == KDDM_RUN_STATE_RUNNING)
		return ret || !suspended ? ret : EXIT_SUSPENDED;
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
	json_bool("member", node->_present.member);
	json_number("tx", node->tx);
	json_number("rx", node->rx);
	json_number("tx-bytes", node->tx_bytes);
	json_number("rx-bytes", node->rx_bytes);
	json_number("version", node->version);
	if (node->_present.rtt)
		json_number("rtt", node->rtt);
	else
		json_null("rtt");
	json_close();
}

static void node_text(const struct kddm_node_get_rsp *node)
{
	const char *state = known(kddm_membership_str(node->state));

	printf("%c%5llu  ", node->_present.self ? '*' : ' ', node->id);
	paint(state_tone(state), "%-8s", state);
	printf("  %-6s", node->_present.member ? "yes" : "no");
	printf("  %08x  %10llu  %10llu  %10llu  ", (unsigned int)node->address,
	       node->incarnation, node->tx, node->rx);
	if (node->_present.rtt)
		printf("%8llu.%llu\n", node->rtt / 1000,
		       node->rtt / 100 % 10);
	else
		printf("%10s\n", "-");
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
		paint(TONE_HEAD,
		      "%6s  %-8s  %-6s  %-8s  %10s  %10s  %10s  %10s\n", "id",
		      "state", "member", "address", "incarn.", "sent",
		      "received", "rtt us");
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

/**
 * struct ping - how to ping, and what has come of it
 * @node: whom
 * @count: how often
 * @interval: seconds between two
 * @done: how often it was
 * @min: shortest time in ns
 * @max: longest
 * @sum: of all
 */
struct ping {
	__u64	node;
	__u64	count;
	__u64	interval;
	__u64	done;
	__u64	min;
	__u64	max;
	__u64	sum;
};

static int ping(struct ctl *ctl, struct ping *p)
{
	struct kddm_node_ping_req req = { };
	struct kddm_node_ping_rsp *rsp;
	__u64 ns;

	kddm_node_ping_req_set_id(&req, p->node);
	rsp = kddm_node_ping(ctl->ys, &req);
	if (!rsp)
		return ctl_failed(ctl);
	ns = rsp->rtt;
	kddm_node_ping_rsp_free(rsp);
	p->done++;
	p->sum += ns;
	if (p->done == 1 || ns < p->min)
		p->min = ns;
	if (ns > p->max)
		p->max = ns;
	if (ctl->json)
		return 0;
	printf("node %llu: %llu.%llu us\n", p->node, ns / 1000,
	       ns / 100 % 10);
	return output_end(ctl);
}

static int ping_end(const struct ctl *ctl, const struct ping *p)
{
	__u64 average = p->sum / p->done;

	if (ctl->json) {
		json_open(NULL, '{');
		json_number("node", p->node);
		json_number("count", p->done);
		json_number("min", p->min);
		json_number("average", average);
		json_number("max", p->max);
		json_close();
	} else if (p->done > 1) {
		printf("%llu times, shortest %llu.%llu, ", p->done,
		       p->min / 1000, p->min / 100 % 10);
		printf("average %llu.%llu, longest %llu.%llu us\n",
		       average / 1000, average / 100 % 10, p->max / 1000,
		       p->max / 100 % 10);
	}
	return output_end(ctl);
}

int cmd_ping(struct ctl *ctl, struct args *args)
{
	struct ping p = { .count = 1, .interval = 1 };
	int ret;

	if (!args_number(args, "the node", 0, KDDM_NODE_ID_MAX, &p.node))
		return EXIT_USAGE;
	while (args->argc) {
		if (args_is(args, "count")) {
			if (!args_number(args, "count", 1, 1000000, &p.count))
				return EXIT_USAGE;
		} else if (args_is(args, "interval")) {
			if (!args_number(args, "interval", 0, 3600,
					 &p.interval))
				return EXIT_USAGE;
		} else {
			return args_unknown(args, "count or interval");
		}
	}
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	for (;;) {
		ret = ping(ctl, &p);
		if (ret)
			return ret;
		if (p.done == p.count)
			return ping_end(ctl, &p);
		sleep(p.interval);
	}
}
