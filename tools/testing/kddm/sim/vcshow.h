/* SPDX-License-Identifier: GPL-2.0-only */
/* Moves and states of nodes that change views, in words. */
#ifndef SIM_VCSHOW_H
#define SIM_VCSHOW_H

#include <stdio.h>
#include "vcmodel.h"

/* What @mv is about to do in @m, without a newline. */
void vcm_show_move(FILE *f, const struct vcm *m, const struct vcm_move *mv);
/* One line for each node, one for each message on the way. */
void vcm_show(FILE *f, const struct vcm *m);

/* The policy of that name, or -1. */
int vcm_policy(const char *word);

#endif /* SIM_VCSHOW_H */
