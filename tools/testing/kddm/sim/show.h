/* SPDX-License-Identifier: GPL-2.0-only */
/* Moves and states of the model cluster in words. */
#ifndef SIM_SHOW_H
#define SIM_SHOW_H

#include <stdio.h>
#include "model.h"

/* What @mv is about to do in @m, without a newline. */
void show_move(FILE *f, const struct model *m, const struct model_move *mv);
/* The same with the message at hand. */
void show_event(FILE *f, const struct model *m, const struct model_move *mv,
		const struct model_msg *msg);
/* One line for each node, one for each message on the way. */
void show_state(FILE *f, const struct model *m);

#endif /* SIM_SHOW_H */
