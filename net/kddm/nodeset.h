/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of node ids as arrays of 64 bit words, the form in which they travel in
 * messages.  The size is always passed along: a set is as long as the highest
 * id in the cluster needs, not as long as KDDM_MAX_NODES would need.
 */
#ifndef _NET_KDDM_NODESET_H
#define _NET_KDDM_NODESET_H

#include <linux/types.h>

static inline bool nodeset_has(const u64 *set, u16 words, u16 node)
{
	return node / 64 < words && (set[node / 64] >> (node % 64)) & 1;
}

/* The caller knows that @set is long enough. */
static inline void nodeset_add(u64 *set, u16 node)
{
	set[node / 64] |= 1ULL << (node % 64);
}

static inline void nodeset_del(u64 *set, u16 words, u16 node)
{
	if (node / 64 < words)
		set[node / 64] &= ~(1ULL << (node % 64));
}

static inline bool nodeset_empty(const u64 *set, u16 words)
{
	while (words--)
		if (set[words])
			return false;
	return true;
}

/* Words that @set really uses. */
static inline u16 nodeset_words(const u64 *set, u16 words)
{
	while (words && !set[words - 1])
		words--;
	return words;
}

#endif /* _NET_KDDM_NODESET_H */
