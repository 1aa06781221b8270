/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SIM_KUNIT_VISIBILITY_H
#define SIM_KUNIT_VISIBILITY_H

#define EXPORT_SYMBOL_IF_KUNIT(symbol)	extern int sim_visibility

#endif /* SIM_KUNIT_VISIBILITY_H */
