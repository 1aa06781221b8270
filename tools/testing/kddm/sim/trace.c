// SPDX-License-Identifier: GPL-2.0-only
/*
 * Minimal traces of walks that failed.
 *
 * The moves since the start are made again with some of them left out, and a
 * move that is then no longer possible is left out too.  If the walk still
 * fails in the same way, they were not needed.  This begins with large pieces
 * and ends with single moves, as in delta debugging (Zeller and Hildebrandt,
 * "Simplifying and isolating failure-inducing input", 2002), until no single
 * move can be missed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "show.h"
#include "trace.h"

bool trace_add(struct trace *t, const struct model_move *mv)
{
	if (t->nr == t->room) {
		size_t room = t->room ? 2 * t->room : 256;
		void *p = realloc(t->mv, room * sizeof(*mv));

		if (!p)
			return false;
		t->mv = p;
		t->room = room;
	}
	t->mv[t->nr++] = *mv;
	return true;
}

static bool possible(const struct model *m, const struct model_move *mv)
{
	static struct model_move list[MODEL_MOVES];
	unsigned int nr = model_list(m, list), i;

	for (i = 0; i < nr; i++)
		if (!memcmp(&list[i], mv, sizeof(*mv)))
			return true;
	return false;
}

static bool at_rest(const struct model *m)
{
	static struct model_move list[MODEL_MOVES];
	unsigned int nr = model_list(m, list), i;

	for (i = 0; i < nr; i++)
		if (model_must(&list[i]))
			return false;
	return true;
}

/*
 * Make the moves of @t but for @len from @from on; those that were made go to
 * @kept.  Whether that fails as @failed did; @m is where it ended.
 */
static bool again(const struct trace *t, size_t from, size_t len,
		  const struct model *failed, struct model *m,
		  struct model_move *kept, size_t *nr_kept)
{
	size_t i;

	model_init(m, failed->cfg);
	*nr_kept = 0;
	for (i = 0; i < t->nr && !m->error; i++) {
		if ((i >= from && i - from < len) || !possible(m, &t->mv[i]))
			continue;
		kept[(*nr_kept)++] = t->mv[i];
		model_do(m, &t->mv[i]);
		if (!m->error)
			model_check(m);
	}
	if (!m->error && at_rest(m))
		model_check_rest(m);
	return m->error && !strcmp(m->error, failed->error);
}

bool trace_shrink(struct trace *t, const struct model *failed,
		  unsigned int seconds)
{
	struct model_move *kept = calloc(t->nr + 1, sizeof(*kept));
	struct model *m = malloc(sizeof(*m));
	time_t end = time(NULL) + seconds;
	size_t nr, len, from;
	bool ok = false, less;

	if (!kept || !m)
		goto out;
	ok = again(t, 0, 0, failed, m, kept, &nr);
	for (len = t->nr; ok && len; len /= less ? 1 : 2) {
		less = false;
		for (from = 0; from < t->nr && time(NULL) < end; ) {
			if (!again(t, from, len, failed, m, kept, &nr) ||
			    nr >= t->nr) {
				from += len;
				continue;
			}
			memcpy(t->mv, kept, nr * sizeof(*kept));
			t->nr = nr;
			less = true;
		}
	}
out:
	free(kept);
	free(m);
	return ok;
}

void trace_show(const struct trace *t, const struct model_cfg *cfg)
{
	struct model *m = malloc(sizeof(*m));
	size_t i;

	if (!m)
		return;
	model_init(m, cfg);
	for (i = 0; i < t->nr; i++) {
		printf("%5zu  ", i + 1);
		show_move(stdout, m, &t->mv[i]);
		printf("\n");
		model_do(m, &t->mv[i]);
	}
	show_state(stdout, m);
	free(m);
}
