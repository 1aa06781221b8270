/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SIM_LINUX_MODULE_H
#define SIM_LINUX_MODULE_H

#define MODULE_DESCRIPTION(text)	extern int sim_module
#define MODULE_LICENSE(text)		extern int sim_module
#define MODULE_IMPORT_NS(name)		extern int sim_module

#endif /* SIM_LINUX_MODULE_H */
