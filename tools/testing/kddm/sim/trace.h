/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a walk did with one model cluster, and the least of it that still
 * fails.
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include "model.h"

/**
 * struct trace - moves since model_init()
 * @mv: the moves
 * @nr: how many
 * @room: of @mv
 */
struct trace {
	struct model_move	*mv;
	size_t			nr;
	size_t			room;
};

/* Note @mv as the next; false without memory. */
bool trace_add(struct trace *t, const struct model_move *mv);
/*
 * Leave out what @failed, which these moves led to, does not need, for at most
 * @seconds.  Returns false, with @t as it was, if they do not lead there.
 */
bool trace_shrink(struct trace *t, const struct model *failed,
		  unsigned int seconds);
/* Print the moves and what they lead to. */
void trace_show(const struct trace *t, const struct model_cfg *cfg);

#endif /* SIM_TRACE_H */
