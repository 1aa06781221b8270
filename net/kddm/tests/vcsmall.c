// SPDX-License-Identifier: GPL-2.0-only
/*
 * The view change machine for a few nodes, so that a state is small enough to
 * be copied millions of times.
 */
#include "vcmodel.h"
#include "../viewchange.c"
#include "../viewchange_attempt.c"
#include "../viewchange_decide.c"
#include "../viewchange_wire.c"
