/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SIM_LINUX_NOTIFIER_H
#define SIM_LINUX_NOTIFIER_H

struct notifier_block {
	void	*none;
};

#endif /* SIM_LINUX_NOTIFIER_H */
