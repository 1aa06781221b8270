// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: sets of objects.
 */
#include <errno.h>
#include <stdio.h>
#include "kddmctl.h"

/* The words after the name. */
static bool create_options(struct args *args, struct kddm_set_new_req *req)
{
	__u64 number;

	while (args->argc) {
		if (args_is(args, "size")) {
			if (!args_number(args, "size", 1,
					 KDDM_OBJECT_SIZE_MAX, &number))
				return false;
			kddm_set_new_req_set_size(req, number);
		} else if (args_is(args, "linker")) {
			const char *linker = args_name(args, "linker");

			if (!linker)
				return false;
			kddm_set_new_req_set_linker(req, linker);
		} else if (args_is(args, "home")) {
			if (!args_number(args, "home", 0, KDDM_NODE_ID_MAX,
					 &number))
				return false;
			kddm_set_new_req_set_home(req, number);
		} else if (args_is(args, "hold")) {
			if (!args_number(args, "hold", 0, KDDM_HOLD_MAX,
					 &number))
				return false;
			kddm_set_new_req_set_hold(req, number);
		} else if (args_is(args, "lost-timeout")) {
			if (!args_number(args, "lost-timeout", 0,
					 KDDM_LOST_MAX, &number))
				return false;
			kddm_set_new_req_set_lost_timeout(req, number);
		} else if (args_is(args, "replicas")) {
			if (!args_number(args, "replicas", 1, KDDM_REPLICAS_MAX,
					 &number))
				return false;
			kddm_set_new_req_set_replicas(req, number);
		} else if (args_is(args, "exclusive")) {
			kddm_set_new_req_set_exclusive(req);
		} else if (args_is(args, "touch-home")) {
			kddm_set_new_req_set_touch_home(req);
		} else {
			args_unknown(args,
				     "size, linker, home, hold, lost-timeout, replicas, exclusive or touch-home");
			return false;
		}
	}
	if (req->_present.size)
		return true;
	usage_error(args->ctl, "size is missing");
	return false;
}

static int set_new(struct ctl *ctl, struct kddm_set_new_req *req)
{
	struct kddm_set_new_rsp *rsp;

	if (ctl_connect(ctl))
		return EXIT_FAILED;
	rsp = kddm_set_new(ctl->ys, req);
	if (!rsp)
		return ctl_failed(ctl);
	if (ctl->json) {
		json_open(NULL, '{');
		json_string("name", req->name);
		json_number("id", rsp->id);
		json_close();
	}
	kddm_set_new_rsp_free(rsp);
	return output_end(ctl);
}

int cmd_set_create(struct ctl *ctl, struct args *args)
{
	const char *name = args_name(args, "the set's name");
	struct kddm_set_new_req *req;
	int ret = EXIT_USAGE;

	if (!name)
		return EXIT_USAGE;
	req = kddm_set_new_req_alloc();
	if (!req)
		return ctl_error(ctl, "out of memory");
	kddm_set_new_req_set_name(req, name);
	if (create_options(args, req))
		ret = set_new(ctl, req);
	kddm_set_new_req_free(req);
	return ret;
}

int cmd_set_destroy(struct ctl *ctl, struct args *args)
{
	const char *name = args_name(args, "the set's name");
	struct kddm_set_del_req *req;
	bool force;
	int err;

	if (!name)
		return EXIT_USAGE;
	force = args_is(args, "force");
	if (!args_end(args))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	req = kddm_set_del_req_alloc();
	if (!req)
		return ctl_error(ctl, "out of memory");
	kddm_set_del_req_set_name(req, name);
	if (force)
		kddm_set_del_req_set_force(req);
	err = kddm_set_del(ctl->ys, req);
	kddm_set_del_req_free(req);
	return err ? ctl_failed(ctl) : EXIT_SUCCESS;
}

static const char *state_of(const struct kddm_state_count *count)
{
	return state_name(!count->_present.state, count->state);
}

static void states_json(const struct kddm_set_get_rsp *set)
{
	unsigned int i;

	json_open("states", '{');
	for (i = 0; i < set->_count.count_of; i++)
		json_number(state_of(&set->count_of[i]),
			    set->count_of[i].objects);
	json_close();
}

/* @states: the objects were counted by their states */
static void set_json(const struct kddm_set_get_rsp *set, bool states)
{
	json_open(NULL, '{');
	json_string("name", set->name ? set->name : "");
	json_number("id", set->id);
	json_number("size", set->size);
	json_string("linker", set->linker ? set->linker : "");
	json_number("users", set->users);
	json_number("objects", set->objects);
	if (states)
		states_json(set);
	json_number("hits", set->hits);
	json_number("misses", set->misses);
	json_number("forwards", set->forwards);
	json_number("invalidations", set->invalidations);
	json_bool("exclusive", set->_present.exclusive);
	json_bool("touch-home", set->_present.touch_home);
	json_number("hold", set->hold);
	json_number("lost-timeout", set->lost_timeout);
	json_number("replicas", set->replicas);
	if (set->_present.home)
		json_number("home", set->home);
	else
		json_null("home");
	json_close();
}

static void field(const char *name, __u64 value)
{
	printf("%-14s %llu\n", name, value);
}

static void states_lines(const struct kddm_set_get_rsp *set)
{
	unsigned int i;

	for (i = 0; i < set->_count.count_of; i++)
		printf("  %-12s %llu\n", state_of(&set->count_of[i]),
		       set->count_of[i].objects);
}

static void set_lines(const struct kddm_set_get_rsp *set)
{
	printf("%-14s %s\n", "name", printable(set->name ? set->name : ""));
	field("id", set->id);
	field("size", set->size);
	printf("%-14s %s\n", "linker",
	       printable(set->linker ? set->linker : ""));
	field("users", set->users);
	field("objects", set->objects);
	states_lines(set);
	field("hits", set->hits);
	field("misses", set->misses);
	field("forwards", set->forwards);
	field("invalidations", set->invalidations);
	printf("%-14s %s\n", "exclusive",
	       set->_present.exclusive ? "yes" : "no");
	printf("%-14s %s\n", "touch-home",
	       set->_present.touch_home ? "yes" : "no");
	field("hold", set->hold);
	field("lost-timeout", set->lost_timeout);
	field("replicas", set->replicas);
	if (set->_present.home)
		field("home", set->home);
	else
		printf("%-14s %s\n", "home", "any");
}

/* With its objects counted (*@count), if that is allowed. */
static struct kddm_set_get_rsp *get_set(struct ctl *ctl, const char *name,
					bool *count)
{
	struct kddm_set_get_req *req = kddm_set_get_req_alloc();
	struct kddm_set_get_rsp *rsp;

	if (!req)
		return NULL;
	kddm_set_get_req_set_name(req, name);
	if (*count)
		kddm_set_get_req_set_count(req);
	rsp = kddm_set_get(ctl->ys, req);
	kddm_set_get_req_free(req);
	if (rsp || !*count || ctl->ys->err.code != EPERM)
		return rsp;
	*count = false;
	return get_set(ctl, name, count);
}

int cmd_set_show(struct ctl *ctl, struct args *args)
{
	const char *name = args_name(args, "the set's name");
	struct kddm_set_get_rsp *rsp;
	bool count = true;

	if (!name || !args_end(args))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	rsp = get_set(ctl, name, &count);
	if (!rsp)
		return ctl_failed(ctl);
	if (ctl->json)
		set_json(rsp, count);
	else
		set_lines(rsp);
	kddm_set_get_rsp_free(rsp);
	return output_end(ctl);
}

static void set_text(const struct kddm_set_get_rsp *set)
{
	paint(TONE_NAME, "%-16s", printable(set->name ? set->name : ""));
	printf("  %10llu  %5llu  %-8s  %5llu  %8llu  %8llu  %8llu\n", set->id,
	       set->size,
	       printable(set->linker ? set->linker : ""), set->users,
	       set->objects, set->hits, set->misses);
}

int cmd_set_list(struct ctl *ctl, struct args *args)
{
	struct kddm_set_get_list *list;
	unsigned int tries = 0;

	if (!args_end(args))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	do {
		list = kddm_set_get_dump(ctl->ys);
	} while (!list && ctl_again(ctl, &tries));
	if (!list)
		return ctl_failed(ctl);

	if (ctl->json)
		json_open(NULL, '[');
	else
		paint(TONE_HEAD, "%-16s  %10s  %5s  %-8s  %5s  %8s  %8s  %8s\n",
		      "name", "id", "size", "linker", "users", "objects",
		      "hits", "misses");
	ynl_dump_foreach(list, set) {
		if (ctl->json)
			set_json(set, false);
		else
			set_text(set);
	}
	if (ctl->json)
		json_close();
	kddm_set_get_list_free(list);
	return output_end(ctl);
}
