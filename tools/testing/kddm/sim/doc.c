// SPDX-License-Identifier: GPL-2.0-only
/*
 * doc: whether the tables of states in Documentation/kddm/coherence.rst are
 * those of the machine.
 *
 *   doc          print the tables, to be pasted
 *   doc FILE     look for them in FILE, to the letter
 *
 * They are made from the rows of net/kddm/tests/cells.h, which the table test
 * compares with the machine itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cells.h"

#define COLUMNS	4
#define WIDTH	48
#define FILE_MAX	200000

/* One table has these events. */
static const struct table {
	int	nr;
	u8	ev[COLUMNS];
} tables[] = {
	{ 4, { KDDM_EV_GET, KDDM_EV_GRAB, KDDM_EV_PUT, KDDM_EV_REMOVE } },
	{ 4, { KDDM_EV_GET_REQ, KDDM_EV_GRAB_REQ, KDDM_EV_DATA, KDDM_EV_OWN } },
	{ 4, { KDDM_EV_INVAL, KDDM_EV_ACK, KDDM_EV_NAK, KDDM_EV_REMOVED } },
	{ 4, { KDDM_EV_DOWNGRADE, KDDM_EV_DROP, KDDM_EV_FILLED, KDDM_EV_RUN } },
	{ 2, { KDDM_EV_REPLICATE, KDDM_EV_REPLICA } },
};

static char text[FILE_MAX], out[FILE_MAX];

/* Whether @name is one of the words of @list. */
static bool listed(const char *list, const char *name)
{
	size_t len = strlen(name);
	const char *p = list;

	while ((p = strstr(p, name))) {
		bool start = p == list || p[-1] == ' ';

		if (start && (!p[len] || p[len] == ','))
			return true;
		p += len;
	}
	return false;
}

/* Every state in which the event may leave an object, or a dash. */
static void add_states(char *to, const struct cell *c, size_t nr, u8 st, u8 ev)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		char name[WIDTH];

		if (c[i].state != st || c[i].type != ev || c[i].ret)
			continue;
		snprintf(name, sizeof(name), "%s", c[i].after);
		name[strcspn(name, " ")] = '\0';
		if (listed(to, name))
			continue;
		snprintf(to + strlen(to), WIDTH - strlen(to), "%s%s",
			 *to ? ", " : "", name);
	}
}

static void fill(char *to, u8 st, u8 ev)
{
	*to = '\0';
	add_states(to, cells_local, nr_cells_local, st, ev);
	add_states(to, cells_msg, nr_cells_msg, st, ev);
	add_states(to, cells_replica, nr_cells_replica, st, ev);
	if (!*to)
		snprintf(to, WIDTH, "\\-");
}

static void line(char **p, char cell[COLUMNS + 1][WIDTH], const int *width,
		 int nr)
{
	int i;

	for (i = 0; i <= nr; i++)
		*p += sprintf(*p, i < nr ? "%-*s  " : "%-.*s",
			      i < nr ? width[i] : WIDTH, cell[i]);
	*p += sprintf(*p, "\n");
}

static void rule(char **p, const int *width, int nr)
{
	int i, k;

	for (i = 0; i <= nr; i++) {
		for (k = 0; k < width[i]; k++)
			*(*p)++ = '=';
		*p += sprintf(*p, i < nr ? "  " : "\n");
	}
}

static void make_table(char *to, const struct table *t)
{
	static char cell[KDDM_CO_NR_STATES + 1][COLUMNS + 1][WIDTH];
	int width[COLUMNS + 1] = { 0 }, nr = t->nr, i, st;

	snprintf(cell[0][0], WIDTH, "state");
	for (i = 0; i < nr; i++)
		snprintf(cell[0][i + 1], WIDTH, "%s",
			 kddm_co_event_name(t->ev[i]));
	for (st = 0; st < KDDM_CO_NR_STATES; st++) {
		snprintf(cell[st + 1][0], WIDTH, "%s", kddm_co_state_name(st));
		for (i = 0; i < nr; i++)
			fill(cell[st + 1][i + 1], st, t->ev[i]);
	}
	for (st = 0; st <= KDDM_CO_NR_STATES; st++)
		for (i = 0; i <= nr; i++)
			if ((int)strlen(cell[st][i]) > width[i])
				width[i] = strlen(cell[st][i]);
	rule(&to, width, nr);
	line(&to, cell[0], width, nr);
	rule(&to, width, nr);
	for (st = 1; st <= KDDM_CO_NR_STATES; st++)
		line(&to, cell[st], width, nr);
	rule(&to, width, nr);
}

int main(int argc, char **argv)
{
	unsigned int i, missing = 0;
	FILE *f;

	if (argc > 1) {
		f = fopen(argv[1], "r");
		if (!f || !fread(text, 1, sizeof(text) - 1, f)) {
			perror(argv[1]);
			return 2;
		}
		fclose(f);
	}
	for (i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		make_table(out, &tables[i]);
		if (argc < 2) {
			printf("%s\n", out);
		} else if (!strstr(text, out)) {
			printf("%s lacks this table:\n%s", argv[1], out);
			missing++;
		}
	}
	if (argc > 1)
		printf("%u tables, %u missing\n", i, missing);
	return missing ? 1 : 0;
}
