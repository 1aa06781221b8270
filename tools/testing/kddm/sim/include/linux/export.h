/* SPDX-License-Identifier: GPL-2.0-only */
/* Nothing is exported in user space. */
#ifndef SIM_LINUX_EXPORT_H
#define SIM_LINUX_EXPORT_H

#define EXPORT_SYMBOL_GPL(symbol)	extern int sim_export

#endif /* SIM_LINUX_EXPORT_H */
