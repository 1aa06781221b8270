// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: rates by node and set, again and again: on a terminal in its place,
 * anywhere else one below the other.
 *
 * A sample is what the kernel has counted so far; two of them make a rate.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "kddmctl.h"

#define INTERVAL_DEFAULT	2	/* seconds */
#define INTERVAL_MAX		3600
#define COUNT_MAX		1000000000

/**
 * struct sample - what was counted at one time
 * @ms: when, by a clock that only goes forward
 * @status: of this node
 * @nodes: all nodes
 * @sets: all sets
 */
struct sample {
	__u64				ms;
	struct kddm_status_get_rsp	*status;
	struct kddm_node_get_list	*nodes;
	struct kddm_set_get_list	*sets;
};

/**
 * struct top - how to go on
 * @interval: seconds between samples
 * @count: samples to show, 0: any number
 * @screen: it is a terminal, to be written anew each time
 * @saved: how the terminal was set
 * @rows: lines that are left on the screen
 */
struct top {
	__u64		interval;
	__u64		count;
	bool		screen;
	struct termios	saved;
	int		rows;
};

static void sample_free(struct sample *s)
{
	if (s->status)
		kddm_status_get_rsp_free(s->status);
	if (s->nodes)
		kddm_node_get_list_free(s->nodes);
	if (s->sets)
		kddm_set_get_list_free(s->sets);
	memset(s, 0, sizeof(*s));
}

static int sample_take(struct ctl *ctl, struct sample *s)
{
	unsigned int tries = 0;

	memset(s, 0, sizeof(*s));
	s->status = kddm_status_get(ctl->ys);
	if (!s->status)
		return ctl_failed(ctl);
	do {
		s->nodes = kddm_node_get_dump(ctl->ys);
	} while (!s->nodes && ctl_again(ctl, &tries));
	if (!s->nodes)
		return ctl_failed(ctl);
	tries = 0;
	do {
		s->sets = kddm_set_get_dump(ctl->ys);
	} while (!s->sets && ctl_again(ctl, &tries));
	if (!s->sets)
		return ctl_failed(ctl);
	s->ms = now_ms();
	return 0;
}

/* What came in each second; nothing before there are two samples. */
static __u64 rate(const struct sample *old, const struct sample *new,
		  __u64 before, __u64 now)
{
	__u64 ms = old->status ? new->ms - old->ms : 0;

	if (!ms || now < before)
		return 0;
	return ((now - before) * 1000 + ms / 2) / ms;
}

static const struct kddm_node_get_rsp *
old_node(const struct sample *old, const struct kddm_node_get_rsp *n)
{
	if (!old->nodes)
		return n;
	ynl_dump_foreach(old->nodes, node)
		if (node->id == n->id && node->incarnation == n->incarnation)
			return node;
	return n;
}

static const struct kddm_set_get_rsp *old_set(const struct sample *old,
					      const struct kddm_set_get_rsp *s)
{
	if (!old->sets)
		return s;
	ynl_dump_foreach(old->sets, set)
		if (set->id == s->id)
			return set;
	return s;
}

static __u64 dropped(const struct kddm_status_get_rsp *s)
{
	return s->malformed + s->foreign + s->stale + s->refused + s->busy;
}

static const struct kddm_status_get_rsp *old_status(const struct sample *old,
						    const struct sample *new)
{
	return old->status ? old->status : new->status;
}

/* JSON: one line for each sample */

static void json_rates(const struct sample *old, const struct sample *new)
{
	json_open("nodes", '[');
	ynl_dump_foreach(new->nodes, node) {
		const struct kddm_node_get_rsp *o = old_node(old, node);

		json_open(NULL, '{');
		json_number("id", node->id);
		json_string("state", known(kddm_membership_str(node->state)));
		json_bool("self", node->_present.self);
		json_number("tx", rate(old, new, o->tx, node->tx));
		json_number("rx", rate(old, new, o->rx, node->rx));
		json_number("tx-bytes", rate(old, new, o->tx_bytes,
					     node->tx_bytes));
		json_number("rx-bytes", rate(old, new, o->rx_bytes,
					     node->rx_bytes));
		json_close();
	}
	json_close();
	json_open("sets", '[');
	ynl_dump_foreach(new->sets, s) {
		const struct kddm_set_get_rsp *o = old_set(old, s);

		json_open(NULL, '{');
		json_string("name", s->name ? s->name : "");
		json_number("objects", s->objects);
		json_number("hits", rate(old, new, o->hits, s->hits));
		json_number("misses", rate(old, new, o->misses, s->misses));
		json_number("forwards", rate(old, new, o->forwards,
					     s->forwards));
		json_number("invalidations",
			    rate(old, new, o->invalidations,
				 s->invalidations));
		json_close();
	}
	json_close();
}

static void show_json(const struct sample *old, const struct sample *new)
{
	const struct kddm_status_get_rsp *o = old_status(old, new);

	json_open(NULL, '{');
	json_number("milliseconds", old->status ? new->ms - old->ms : 0);
	json_string("state", known(kddm_run_state_str(new->status->run_state)));
	json_number("tx", rate(old, new, o->tx, new->status->tx));
	json_number("rx", rate(old, new, o->rx, new->status->rx));
	json_number("tx-bytes", rate(old, new, o->tx_bytes,
				     new->status->tx_bytes));
	json_number("rx-bytes", rate(old, new, o->rx_bytes,
				     new->status->rx_bytes));
	json_number("dropped", rate(old, new, dropped(o),
				    dropped(new->status)));
	json_rates(old, new);
	json_close();
}

/* Text */

/* Is there a line left on the screen? */
static bool room(struct top *top)
{
	return !top->screen || top->rows-- > 0;
}

static void show_head(struct top *top, const struct sample *old,
		      const struct sample *new)
{
	const struct kddm_status_get_rsp *o = old_status(old, new);
	const struct kddm_status_get_rsp *s = new->status;
	const char *state = known(kddm_run_state_str(s->run_state));
	time_t now = time(NULL);
	char clock[16];
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	if (room(top)) {
		printf("%s  ", clock);
		if (s->_present.id)
			printf("node %llu, ", s->id);
		paint(state_tone(state), "%s", state);
		printf(", every %llu s%s\n", top->interval,
		       top->screen ? "; q ends" : "");
	}
	if (room(top))
		printf("messages/s: %llu sent, %llu received, %llu dropped\n",
		       rate(old, new, o->tx, s->tx),
		       rate(old, new, o->rx, s->rx),
		       rate(old, new, dropped(o), dropped(s)));
}

static void show_nodes(struct top *top, const struct sample *old,
		       const struct sample *new)
{
	if (room(top))
		putchar('\n');
	if (room(top))
		paint(TONE_HEAD, "%6s  %-8s  %10s  %10s  %12s  %12s\n", "node",
		      "state", "sent/s", "received/s", "bytes sent/s",
		      "received/s");
	ynl_dump_foreach(new->nodes, node) {
		const struct kddm_node_get_rsp *o = old_node(old, node);
		const char *state = known(kddm_membership_str(node->state));

		if (!room(top))
			return;
		printf("%c%5llu  ", node->_present.self ? '*' : ' ',
		       node->id);
		paint(state_tone(state), "%-8s", state);
		printf("  %10llu  %10llu  %12llu  %12llu\n",
		       rate(old, new, o->tx, node->tx),
		       rate(old, new, o->rx, node->rx),
		       rate(old, new, o->tx_bytes, node->tx_bytes),
		       rate(old, new, o->rx_bytes, node->rx_bytes));
	}
}

static void show_sets(struct top *top, const struct sample *old,
		      const struct sample *new)
{
	if (room(top))
		putchar('\n');
	if (room(top))
		paint(TONE_HEAD, "%-16s  %8s  %9s  %9s  %9s  %9s\n", "set",
		      "objects", "hits/s", "misses/s", "forw./s", "inval./s");
	ynl_dump_foreach(new->sets, s) {
		const struct kddm_set_get_rsp *o = old_set(old, s);

		if (!room(top))
			return;
		paint(TONE_NAME, "%-16s", printable(s->name ? s->name : ""));
		printf("  %8llu  %9llu  %9llu  %9llu  %9llu\n", s->objects,
		       rate(old, new, o->hits, s->hits),
		       rate(old, new, o->misses, s->misses),
		       rate(old, new, o->forwards, s->forwards),
		       rate(old, new, o->invalidations, s->invalidations));
	}
}

static int show(struct ctl *ctl, struct top *top, const struct sample *old,
		const struct sample *new)
{
	struct winsize size;

	if (ctl->json) {
		show_json(old, new);
		return output_end(ctl);
	}
	if (top->screen) {
		top->rows = 23;
		if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row)
			top->rows = size.ws_row - 1;
		fputs("\033[H\033[J", stdout);
	}
	show_head(top, old, new);
	show_nodes(top, old, new);
	show_sets(top, old, new);
	if (!top->screen)
		putchar('\n');
	return output_end(ctl);
}

/* The terminal: another screen, no cursor, keys at once and unseen. */

static void screen_open(struct ctl *ctl, struct top *top)
{
	struct termios raw;

	top->screen = !ctl->json && isatty(STDOUT_FILENO) &&
		      !tcgetattr(STDIN_FILENO, &top->saved);
	if (!top->screen)
		return;
	raw = top->saved;
	raw.c_lflag &= ~(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	fputs("\033[?1049h\033[?25l", stdout);
}

static void screen_close(struct top *top)
{
	if (!top->screen)
		return;
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSANOW, &top->saved);
}

/* Until the next sample is due; true: the user has seen enough. */
static bool enough(const struct top *top, int signals, __u64 due)
{
	struct pollfd fds[2] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = top->screen ? STDIN_FILENO : -1, .events = POLLIN },
	};
	__u64 now;
	char key;

	for (now = now_ms(); now < due; now = now_ms()) {
		if (poll(fds, 2, due - now) < 0 && errno != EINTR)
			return true;
		if (fds[0].revents)
			return true;
		if (fds[1].revents && (read(STDIN_FILENO, &key, 1) != 1 ||
				       key == 'q' || key == 'Q'))
			return true;
	}
	return false;
}

static int run(struct ctl *ctl, struct top *top, int signals)
{
	struct sample old = { }, new;
	__u64 n, due = now_ms();
	int ret = 0;

	for (n = 1; ; n++) {
		ret = sample_take(ctl, &new);
		if (!ret)
			ret = show(ctl, top, &old, &new);
		sample_free(&old);
		old = new;
		due += top->interval * 1000;
		if (ret || n == top->count || enough(top, signals, due))
			break;
	}
	sample_free(&old);
	return ret;
}

static bool options(struct args *args, struct top *top)
{
	while (args->argc) {
		if (args_is(args, "interval")) {
			if (!args_number(args, "interval", 1, INTERVAL_MAX,
					 &top->interval))
				return false;
		} else if (args_is(args, "count")) {
			if (!args_number(args, "count", 1, COUNT_MAX,
					 &top->count))
				return false;
		} else {
			args_unknown(args, "interval or count");
			return false;
		}
	}
	return true;
}

int cmd_top(struct ctl *ctl, struct args *args)
{
	struct top top = { .interval = INTERVAL_DEFAULT };
	int ret, signals;

	if (!options(args, &top))
		return EXIT_USAGE;
	if (ctl_connect(ctl))
		return EXIT_FAILED;
	progress_stop();
	signals = catch_signals();
	if (signals < 0)
		return ctl_error(ctl, "signalfd: %s", strerror(errno));
	screen_open(ctl, &top);
	ret = run(ctl, &top, signals);
	screen_close(&top);
	close(signals);
	ctl_close(ctl);
	return ret;
}
