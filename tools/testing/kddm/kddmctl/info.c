// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: what this node knows of objects: one of them, or those of a set.
 *
 * A set may have millions, which come and go.  They are read in parts; one that
 * was interrupted is read again, and smaller, until it fits into one message,
 * which nothing can interrupt.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "kddmctl.h"

#define STATES		KDDM_OBJECT_STATE_PUSH
#define PART_MIN	32

/**
 * struct list - how to list objects
 * @set: name of the set
 * @from: lowest id
 * @state: those of one state, 0: all
 * @summary: only count them
 * @part: how many to read at once
 * @begun: something was written
 * @counts: by state; the first is of those that are busy
 */
struct list {
	const char	*set;
	__u64		from;
	unsigned int	state;
	bool		summary;
	unsigned int	part;
	bool		begun;
	__u64		counts[STATES + 1];
};

static enum tone tone_of(unsigned int state)
{
	return state == KDDM_OBJECT_STATE_OWNER ||
	       state == KDDM_OBJECT_STATE_WRITER ||
	       state == KDDM_OBJECT_STATE_SHARED ? TONE_GOOD :
	       state == KDDM_OBJECT_STATE_LOST ? TONE_BAD : TONE_WARN;
}

const char *state_name(bool busy, unsigned int state)
{
	return busy ? "busy" : known(kddm_object_state_str(state));
}

static void json_optional(const char *name, bool present, __u64 value)
{
	if (present)
		json_number(name, value);
	else
		json_null(name);
}

/* One object */

static void show_waiters(const struct ctl *ctl,
			 const struct kddm_obj_info_get_rsp *o)
{
	unsigned int i;

	if (ctl->json)
		json_open("waiters", '[');
	for (i = 0; i < o->_count.waiter; i++) {
		const struct kddm_waiter *w = &o->waiter[i];

		if (ctl->json) {
			json_open(NULL, '{');
			json_number("node", w->node);
			json_bool("grab", w->_present.grab);
			json_number("hops", w->hops);
			json_close();
		} else {
			printf("%-9s node %llu, to %s, sent on %llu times\n",
			       i ? "" : "queue", w->node,
			       w->_present.grab ? "write" : "read", w->hops);
		}
	}
	if (ctl->json)
		json_close();
}

static void show_json(const struct ctl *ctl,
		      const struct kddm_obj_info_get_rsp *o)
{
	unsigned int i;

	json_open(NULL, '{');
	json_string("set", o->set ? o->set : "");
	json_number("id", o->id);
	json_string("state", state_name(o->_present.busy, o->state));
	json_number("version", o->version);
	json_number("readers", o->readers);
	json_bool("waiting", o->_present.waiting);
	json_optional("hint", o->_present.hint, o->hint);
	json_number("home", o->home);
	json_number("queued", o->queued);
	if (o->_present.copies) {
		json_open("copyset", '[');
		for (i = 0; i < o->_count.sharer; i++)
			json_number(NULL, o->sharer[i]);
		json_close();
	} else {
		json_null("copyset");
	}
	show_waiters(ctl, o);
	json_close();
}

static void show_text(const struct ctl *ctl,
		      const struct kddm_obj_info_get_rsp *o)
{
	unsigned int i;

	printf("%-9s ", "state");
	paint(tone_of(o->state), "%s", state_name(o->_present.busy, o->state));
	printf("\n%-9s %llu\n", "version", o->version);
	printf("%-9s %llu%s\n", "readers", o->readers,
	       o->_present.waiting ? ", others wait" : "");
	if (o->_present.hint)
		printf("%-9s %llu\n", "hint", o->hint);
	printf("%-9s %llu\n", "home", o->home);
	if (o->_present.copies) {
		printf("%-9s", "copyset");
		for (i = 0; i < o->_count.sharer; i++)
			printf(" %llu", (unsigned long long)o->sharer[i]);
		puts(i ? "" : " none");
	}
	if (o->queued)
		printf("%-9s %llu\n", "queued", o->queued);
	show_waiters(ctl, o);
}

int cmd_object_show(struct ctl *ctl, struct args *args)
{
	const char *set = args_name(args, "the set's name");
	struct kddm_obj_info_get_req *req;
	struct kddm_obj_info_get_rsp *rsp;
	__u64 id;

	if (!set || !args_number(args, "the object's id", 0, ULLONG_MAX, &id) ||
	    !args_end(args))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	req = kddm_obj_info_get_req_alloc();
	if (!req)
		return ctl_error(ctl, "out of memory");
	kddm_obj_info_get_req_set_set(req, set);
	kddm_obj_info_get_req_set_id(req, id);
	rsp = kddm_obj_info_get(ctl->ys, req);
	kddm_obj_info_get_req_free(req);
	if (!rsp)
		return ctl_failed(ctl);
	if (ctl->json)
		show_json(ctl, rsp);
	else
		show_text(ctl, rsp);
	kddm_obj_info_get_rsp_free(rsp);
	return output_end(ctl);
}

/* Those of a set */

static void list_head(const struct ctl *ctl, struct list *list)
{
	if (list->begun)
		return;
	list->begun = true;
	progress_stop();
	if (ctl->json)
		json_open(NULL, list->summary ? '{' : '[');
	else if (!list->summary)
		paint(TONE_HEAD, "%20s  %-13s  %10s  %7s  %6s  %6s  %4s  %4s\n",
		      "id", "state", "version", "readers", "copies", "queued",
		      "hint", "home");
}

static void optional(bool present, __u64 value, int width)
{
	if (present)
		printf("  %*llu", width, value);
	else
		printf("  %*s", width, "-");
}

static void list_entry(const struct ctl *ctl,
		       const struct kddm_obj_info_get_rsp_dump *o)
{
	const char *state = state_name(o->_present.busy, o->state);

	if (ctl->json) {
		json_open(NULL, '{');
		json_number("id", o->id);
		json_string("state", state);
		json_number("version", o->version);
		json_number("readers", o->readers);
		json_bool("waiting", o->_present.waiting);
		json_optional("copies", o->_present.copies, o->copies);
		json_number("queued", o->queued);
		json_optional("hint", o->_present.hint, o->hint);
		json_number("home", o->home);
		json_close();
		return;
	}
	printf("%20llu  ", o->id);
	paint(tone_of(o->state), "%-13s", state);
	printf("  %10llu  %7llu", o->version, o->readers);
	optional(o->_present.copies, o->copies, 6);
	printf("  %6llu", o->queued);
	optional(o->_present.hint, o->hint, 4);
	printf("  %4llu\n", o->home);
}

/* One part; 0: there is more, 1: that was all, -1: an error. */
static int list_part(struct ctl *ctl, struct list *list)
{
	struct kddm_obj_info_get_req_dump *req;
	struct kddm_obj_info_get_rsp_list *got;
	int ret = 1;

	req = kddm_obj_info_get_req_dump_alloc();
	if (!req)
		return -1;
	kddm_obj_info_get_req_dump_set_set(req, list->set);
	kddm_obj_info_get_req_dump_set_from(req, list->from);
	kddm_obj_info_get_req_dump_set_count(req, list->part);
	if (list->state)
		kddm_obj_info_get_req_dump_set_state(req, list->state);
	got = kddm_obj_info_get_dump(ctl->ys, req);
	kddm_obj_info_get_req_dump_free(req);
	if (!got)
		return -1;
	list_head(ctl, list);
	ynl_dump_foreach(got, o) {
		if (o->_present.last) {
			list->from = o->id;
			ret = 0;
		} else if (list->summary) {
			list->counts[o->_present.busy || o->state > STATES ?
				     0 : o->state]++;
		} else {
			list_entry(ctl, o);
		}
	}
	kddm_obj_info_get_rsp_list_free(got);
	return ret;
}

static int list_all(struct ctl *ctl, struct list *list)
{
	unsigned int tries;
	int ret;

	list->part = KDDM_OBJECT_PAGE;
	for (;;) {
		tries = 0;
		ret = list_part(ctl, list);
		if (ret < 0 && list->part > PART_MIN &&
		    ctl_again(ctl, &tries)) {
			list->part /= 2;
			continue;
		}
		if (ret)
			break;
		if (list->part < KDDM_OBJECT_PAGE)
			list->part *= 2;
	}
	if (ret > 0)
		return 0;
	/* What was written is no whole list. */
	fflush(stdout);
	return ctl_failed(ctl);
}

static void show_summary(const struct ctl *ctl, const struct list *list)
{
	unsigned int i;

	for (i = 0; i <= STATES; i++) {
		if (ctl->json) {
			json_number(state_name(!i, i), list->counts[i]);
		} else if (list->counts[i]) {
			paint(tone_of(i), "%-13s", state_name(!i, i));
			printf("  %10llu\n", list->counts[i]);
		}
	}
}

/* A state by its name, 0 if there is none. */
static unsigned int find_state(const char *name)
{
	unsigned int i;

	for (i = 1; i <= STATES; i++)
		if (!strcmp(kddm_object_state_str(i), name))
			return i;
	return 0;
}

static bool list_options(struct args *args, struct list *list)
{
	const char *word;

	while (args->argc) {
		if (args_is(args, "summary")) {
			list->summary = true;
		} else if (args_is(args, "from")) {
			if (!args_number(args, "from", 0, ULLONG_MAX,
					 &list->from))
				return false;
		} else if (args_is(args, "state")) {
			word = args_word(args, "state");
			if (!word)
				return false;
			list->state = find_state(word);
			if (!list->state) {
				usage_error(args->ctl,
					    "\"%s\" is no state of an object",
					    printable(word));
				return false;
			}
		} else {
			args_unknown(args, "state, from or summary");
			return false;
		}
	}
	return true;
}

int cmd_object_list(struct ctl *ctl, struct args *args)
{
	struct list list = { };
	int ret;

	list.set = args_name(args, "the set's name");
	if (!list.set || !list_options(args, &list))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	ret = list_all(ctl, &list);
	if (ret)
		return ret;
	if (list.summary)
		show_summary(ctl, &list);
	if (ctl->json)
		json_close();
	return output_end(ctl);
}
