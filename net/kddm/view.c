// SPDX-License-Identifier: GPL-2.0-only
/*
 * Views, pure; view.h says what they are.
 */
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/string.h>
#include <linux/types.h>
#include "coherence.h"
#include "view.h"

/**
 * kddm_view_init() - make an empty view
 * @v: kddm_view_size(@cap) bytes
 * @cap: room for members
 */
void kddm_view_init(struct kddm_view *v, u16 cap)
{
	v->epoch = 0;
	v->nr = 0;
	v->cap = cap;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_view_init);

/* Where @id is, or would have to be. */
static u16 position(const struct kddm_view *v, u16 id)
{
	u16 i = 0;

	while (i < v->nr && v->m[i].id < id)
		i++;
	return i;
}

static bool member_at(const struct kddm_view *v, u16 i, u16 id)
{
	return i < v->nr && v->m[i].id == id;
}

/**
 * kddm_view_add() - a member joins
 * @v: the view; its epoch grows
 * @id: node id
 * @incarnation: of that node
 *
 * Return: 0, -EEXIST if @id is a member, in this incarnation or another,
 * -ENOSPC if there is no room, -EINVAL for an id that cannot be.
 */
int kddm_view_add(struct kddm_view *v, u16 id, u32 incarnation)
{
	u16 i = position(v, id);

	if (id >= KDDM_MAX_NODES)
		return -EINVAL;
	if (member_at(v, i, id))
		return -EEXIST;
	if (v->nr == v->cap)
		return -ENOSPC;
	memmove(&v->m[i + 1], &v->m[i], (v->nr - i) * sizeof(v->m[0]));
	v->m[i].id = id;
	v->m[i].incarnation = incarnation;
	v->nr++;
	v->epoch++;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_view_add);

/**
 * kddm_view_find() - a member by id
 * @v: the view
 * @id: node id
 *
 * Return: the member, or NULL.
 */
const struct kddm_member_id *kddm_view_find(const struct kddm_view *v, u16 id)
{
	u16 i = position(v, id);

	return member_at(v, i, id) ? &v->m[i] : NULL;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_view_find);

/* A bijection of 64 bit words in which every bit depends on every other. */
static u64 mix(u64 x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ULL;
	x ^= x >> 29;
	x *= 0xa0761d6478bd642fULL;
	x ^= x >> 32;
	return x;
}

static u64 score_of(u64 mixed_key, u16 id)
{
	return mix(mixed_key + (id + 1) * 0x9e3779b97f4a7c15ULL);
}

/**
 * kddm_view_home() - the home of a key
 * @v: the view
 * @key: for example an object's id
 *
 * Depends on the ids of the members only, so a node keeps its keys when it
 * comes back in a new incarnation.
 *
 * Return: the member with the highest score, or NULL in an empty view.
 */
const struct kddm_member_id *kddm_view_home(const struct kddm_view *v, u64 key)
{
	const struct kddm_member_id *best = NULL;
	u64 score, top = 0;
	u16 i;

	key = mix(key);
	for (i = 0; i < v->nr; i++) {
		score = score_of(key, v->m[i].id);
		if (!best || score > top) {
			best = &v->m[i];
			top = score;
		}
	}
	return best;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_view_home);

/**
 * kddm_view_rank() - the members that come first for a key
 * @v: the view
 * @key: for example an object's id
 * @id: where to: ids, that of kddm_view_home() first
 * @nr: how many, at most %KDDM_REPLICAS_MAX
 *
 * Return: how many there are, up to @nr.
 */
u16 kddm_view_rank(const struct kddm_view *v, u64 key, u16 *id, u16 nr)
{
	u64 score[KDDM_REPLICAS_MAX], new;
	u16 n = 0, i, k;

	key = mix(key);
	for (i = 0; i < v->nr; i++) {
		new = score_of(key, v->m[i].id);
		for (k = n; k && new > score[k - 1]; k--) {
			if (k == nr)
				continue;
			score[k] = score[k - 1];
			id[k] = id[k - 1];
		}
		if (k == nr)
			continue;
		score[k] = new;
		id[k] = v->m[i].id;
		n = n < nr ? n + 1 : nr;
	}
	return n;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_view_rank);
