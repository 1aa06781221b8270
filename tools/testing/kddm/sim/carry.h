/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages of the model cluster through the real wire format. */
#ifndef SIM_CARRY_H
#define SIM_CARRY_H

#include "model.h"

/* For struct model_cfg.carry */
void carry(struct model *m, struct model_msg *msg);

#endif /* SIM_CARRY_H */
