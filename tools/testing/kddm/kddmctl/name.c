// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: names that have an id in the cluster.
 */
#include <stdio.h>
#include "kddmctl.h"

/* "linker" or "service", and a name. */
static bool kind_and_name(struct args *args, unsigned int *kind,
			  const char **name)
{
	for (*kind = KDDM_KIND_LINKER; *kind <= KDDM_KIND_SERVICE; ++*kind)
		if (args_is(args, known(kddm_kind_str(*kind)))) {
			*name = args_name(args, "the name");
			return *name && args_end(args);
		}
	if (args->argc)
		args_unknown(args, "linker or service");
	else
		usage_error(args->ctl, "linker or service is missing");
	return false;
}

int cmd_name_hold(struct ctl *ctl, struct args *args)
{
	struct kddm_name_new_req req = { };
	struct kddm_name_new_rsp *rsp;
	unsigned int kind;
	const char *name;

	if (!kind_and_name(args, &kind, &name))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	kddm_name_new_req_set_kind(&req, kind);
	kddm_name_new_req_set_name(&req, name);
	rsp = kddm_name_new(ctl->ys, &req);
	free(req.name);
	if (!rsp)
		return ctl_failed(ctl);
	if (ctl->json) {
		json_open(NULL, '{');
		json_number("id", rsp->id);
		json_close();
	} else {
		printf("id %llu\n", rsp->id);
	}
	kddm_name_new_rsp_free(rsp);
	return output_end(ctl);
}

int cmd_name_release(struct ctl *ctl, struct args *args)
{
	struct kddm_name_del_req req = { };
	unsigned int kind;
	const char *name;
	int err;

	if (!kind_and_name(args, &kind, &name))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	kddm_name_del_req_set_kind(&req, kind);
	kddm_name_del_req_set_name(&req, name);
	err = kddm_name_del(ctl->ys, &req);
	free(req.name);
	return err ? ctl_failed(ctl) : EXIT_SUCCESS;
}

static void list_name(const struct ctl *ctl, const struct kddm_name_get_rsp *n)
{
	const char *kind = known(kddm_kind_str(n->kind));
	unsigned int i;

	if (ctl->json) {
		json_open(NULL, '{');
		json_string("kind", kind);
		json_string("name", n->name ? n->name : "");
		json_number("id", n->id);
		json_number("count", n->count);
		json_number("nodes", n->nodes);
		json_open("users", '[');
		for (i = 0; i < n->_count.node; i++)
			json_number(NULL, n->node[i]);
		json_close();
		json_close();
		return;
	}
	printf("%-7s  ", kind);
	paint(TONE_NAME, "%-16s", printable(n->name ? n->name : ""));
	printf("  %10llu  %5llu ", n->id, n->count);
	for (i = 0; i < n->_count.node; i++)
		printf(" %llu", (unsigned long long)n->node[i]);
	puts(n->nodes > n->_count.node ? " ..." : "");
}

int cmd_name_list(struct ctl *ctl, struct args *args)
{
	struct kddm_name_get_list *list;
	unsigned int tries = 0;

	if (!args_end(args))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	do {
		list = kddm_name_get_dump(ctl->ys);
	} while (!list && ctl_again(ctl, &tries));
	if (!list)
		return ctl_failed(ctl);
	if (ctl->json)
		json_open(NULL, '[');
	else
		paint(TONE_HEAD, "%-7s  %-16s  %10s  %5s  %s\n", "kind",
		      "name", "id", "count", "nodes");
	ynl_dump_foreach(list, n)
		list_name(ctl, n);
	if (ctl->json)
		json_close();
	kddm_name_get_list_free(list);
	return output_end(ctl);
}
