/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate of an object: in and out without a lock.
 *
 * Users enter and leave what is here and free by one atomic operation each, on
 * one word.  It is @readers of struct kddm_co: while the gate is shut, that is
 * a plain count, as the coherence machine has it; while it is open, it is what
 * is defined here, and the rest of struct kddm_co stands still.
 *
 * kddm_co_open() says how far the gate can be opened.  Who wants to look at the
 * object, or to step the machine, shuts it first: takes the word out, so that
 * nobody finds it open any more, and has kddm_co_shut() make of it what
 * kddm_co_hit() and kddm_co_leave() would have done one by one.
 */
#ifndef _NET_KDDM_GATE_H
#define _NET_KDDM_GATE_H

#include <linux/types.h>

#define KDDM_GATE_OPEN		0x80000000U	/* to read, and to leave */
#define KDDM_GATE_OWNER		0x40000000U	/* and to write */
#define KDDM_GATE_WRITER	0x20000000U	/* a writer is inside */
#define KDDM_GATE_USED		0x10000000U	/* somebody has entered */
#define KDDM_GATE_WRITES	0x0fff0000U	/* how many writers have */
#define KDDM_GATE_WRITE		0x00010000U
#define KDDM_GATE_READERS	0x0000ffffU	/* how many are inside */

/**
 * kddm_gate_enter() - what the gate is when a user has entered
 * @gate: the word; changed
 * @grab: to write
 *
 * Return: false if the gate is not open for that, or a count is full.
 */
static inline bool kddm_gate_enter(u32 *gate, bool grab)
{
	u32 g = *gate;

	if (grab) {
		if ((g & (KDDM_GATE_OWNER | KDDM_GATE_WRITER |
			  KDDM_GATE_READERS)) != KDDM_GATE_OWNER ||
		    (g & KDDM_GATE_WRITES) == KDDM_GATE_WRITES)
			return false;
		*gate = (g | KDDM_GATE_USED | KDDM_GATE_WRITER) +
			KDDM_GATE_WRITE;
		return true;
	}
	if ((g & (KDDM_GATE_OPEN | KDDM_GATE_WRITER)) != KDDM_GATE_OPEN ||
	    (g & KDDM_GATE_READERS) == KDDM_GATE_READERS)
		return false;
	*gate = (g | KDDM_GATE_USED) + 1;
	return true;
}

/**
 * kddm_gate_leave() - what it is when a user has left
 * @gate: the word; changed
 *
 * Return: false if the gate is shut, or nobody is inside.
 */
static inline bool kddm_gate_leave(u32 *gate)
{
	u32 g = *gate;

	if (!(g & KDDM_GATE_OPEN) ||
	    !(g & (KDDM_GATE_WRITER | KDDM_GATE_READERS)))
		return false;
	*gate = g & KDDM_GATE_WRITER ? g & ~KDDM_GATE_WRITER : g - 1;
	return true;
}

#endif /* _NET_KDDM_GATE_H */
