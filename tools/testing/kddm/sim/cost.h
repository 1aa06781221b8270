/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many messages an operation takes that is alone in the cluster.
 */
#ifndef SIM_COST_H
#define SIM_COST_H

#include <stdio.h>
#include "model.h"

/*
 * Make each operation that can begin in @m, a state at rest, alone and to its
 * end.  m->error says if one does not take as many messages as
 * Documentation/kddm/coherence.rst has.
 */
void cost_at_rest(struct model *m);
/* Print the most messages that an operation of each kind has taken so far. */
void cost_show(FILE *f);

#endif /* SIM_COST_H */
