/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SIM_LINUX_SCHED_H
#define SIM_LINUX_SCHED_H

#define cond_resched()	do { } while (0)

#endif /* SIM_LINUX_SCHED_H */
