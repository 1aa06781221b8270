// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buckets of descriptors of sets; bucket.h has the idea.
 */
#include <asm/byteorder.h>
#include <kunit/visibility.h>
#include <linux/build_bug.h>
#include <linux/crc32.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/limits.h>
#include <linux/string.h>
#include "bucket.h"
#include "coherence.h"

/* What is counted in an id. */
#define COUNTS	(U32_MAX / KDDM_BUCKETS)

static_assert(sizeof(struct kddm_bucket) == KDDM_BUCKET_SIZE);

/**
 * kddm_bucket_of_name() - the bucket in which a set of this name is
 * @name: of the set
 *
 * The same on all machines.
 *
 * Return: the number of the bucket.
 */
u32 kddm_bucket_of_name(const char *name)
{
	return crc32_le(~0, (const u8 *)name, strlen(name)) % KDDM_BUCKETS;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_bucket_of_name);

/* Whether both are of the same node in the same life, or both are none. */
bool kddm_mark_same(const struct kddm_set_mark *a,
		    const struct kddm_set_mark *b)
{
	return a->incarnation == b->incarnation &&
	       (!a->incarnation || a->node == b->node);
}

/* Descriptors */

bool kddm_name_ok(const char *name)
{
	size_t i, len = strnlen(name, KDDM_SET_NAME_LEN + 1);

	for (i = 0; i < len; i++)
		if (!isascii(name[i]) || !isgraph(name[i]))
			return false;
	return len && len <= KDDM_SET_NAME_LEN;
}

/**
 * kddm_desc_to_wire() - write a descriptor
 * @w: where to
 * @desc: what; right as it is
 */
void kddm_desc_to_wire(struct kddm_wire_desc *w,
		       const struct kddm_set_desc *desc)
{
	memset(w, 0, sizeof(*w));
	w->id = cpu_to_le32(desc->id);
	w->size = cpu_to_le32(desc->size);
	w->flags = cpu_to_le32(desc->flags);
	w->hold = cpu_to_le32(desc->hold);
	w->lost_timeout = cpu_to_le32(desc->lost_timeout);
	w->replicas = desc->replicas;
	w->home = cpu_to_le16(desc->home);
	w->marker = cpu_to_le16(desc->mark.node);
	w->incarnation = cpu_to_le32(desc->mark.incarnation);
	memcpy(w->name, desc->name, strlen(desc->name));
	memcpy(w->linker, desc->linker, strlen(desc->linker));
}
EXPORT_SYMBOL_IF_KUNIT(kddm_desc_to_wire);

/* A name that was written as above, and no other bytes. */
static bool name_from_wire(char *name, const char *wire)
{
	memcpy(name, wire, KDDM_SET_NAME_LEN);
	name[KDDM_SET_NAME_LEN] = '\0';
	return kddm_name_ok(name) &&
	       !memchr_inv(wire + strlen(name), 0,
			   KDDM_SET_NAME_LEN - strlen(name));
}

/**
 * kddm_desc_in_limits() - check what a set may be asked for
 * @desc: of it, names and nodes apart
 *
 * Return: true if each number is one that a set can have.
 */
bool kddm_desc_in_limits(const struct kddm_set_desc *desc)
{
	return desc->size && desc->size <= KDDM_OBJ_SIZE_MAX &&
	       !(desc->flags & ~KDDM_SET_FLAGS) &&
	       desc->hold <= KDDM_SET_HOLD_MAX &&
	       desc->lost_timeout <= KDDM_SET_LOST_MAX &&
	       desc->replicas <= KDDM_SET_REPLICAS_MAX;
}

static bool node_ok(u16 node)
{
	return node < KDDM_MAX_NODES;
}

/**
 * kddm_desc_from_wire() - read and check a descriptor
 * @desc: where to
 * @w: what another node has written
 *
 * Return: 0, or -EBADMSG for what no node writes.
 */
int kddm_desc_from_wire(struct kddm_set_desc *desc,
			const struct kddm_wire_desc *w)
{
	desc->id = le32_to_cpu(w->id);
	desc->size = le32_to_cpu(w->size);
	desc->flags = le32_to_cpu(w->flags);
	desc->hold = le32_to_cpu(w->hold);
	desc->lost_timeout = le32_to_cpu(w->lost_timeout);
	desc->replicas = w->replicas;
	desc->home = le16_to_cpu(w->home);
	desc->mark.node = le16_to_cpu(w->marker);
	desc->mark.incarnation = le32_to_cpu(w->incarnation);
	if (!name_from_wire(desc->name, w->name) ||
	    !name_from_wire(desc->linker, w->linker))
		return -EBADMSG;
	/* Below is what no set of the catalog has. */
	if (desc->id < KDDM_BUCKETS ||
	    kddm_bucket_of_id(desc->id) != kddm_bucket_of_name(desc->name))
		return -EBADMSG;
	if (!kddm_desc_in_limits(desc))
		return -EBADMSG;
	if ((desc->home != KDDM_ANY_NODE && !node_ok(desc->home)) ||
	    !node_ok(desc->mark.node) ||
	    memchr_inv(w->reserved, 0, sizeof(w->reserved)))
		return -EBADMSG;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_desc_from_wire);

/* Buckets */

/* Whether a descriptor before @i has the name or the id of that one. */
static bool is_twice(const struct kddm_bucket *b, u32 i)
{
	const struct kddm_wire_desc *d = &b->desc[i];
	u32 k;

	for (k = 0; k < i; k++)
		if (b->desc[k].id == d->id ||
		    !memcmp(b->desc[k].name, d->name, KDDM_SET_NAME_LEN))
			return true;
	return false;
}

/**
 * kddm_bucket_check() - whether a bucket is one
 * @b: what other nodes have written, %KDDM_BUCKET_SIZE bytes
 * @nr: its number
 *
 * Return: 0 or -EBADMSG.
 */
int kddm_bucket_check(const struct kddm_bucket *b, u32 nr)
{
	u32 i, n = le32_to_cpu(b->nr);
	struct kddm_set_desc desc;

	if (n > KDDM_BUCKET_MAX || le32_to_cpu(b->last) > COUNTS ||
	    memchr_inv(b->reserved, 0, sizeof(b->reserved)))
		return -EBADMSG;
	for (i = 0; i < n; i++)
		if (kddm_desc_from_wire(&desc, &b->desc[i]) ||
		    kddm_bucket_of_id(desc.id) != nr || is_twice(b, i))
			return -EBADMSG;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_bucket_check);

/* How many sets are in it. */
u32 kddm_bucket_count(const struct kddm_bucket *b)
{
	return le32_to_cpu(b->nr);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_bucket_count);

/**
 * kddm_bucket_find() - look for a set
 * @b: a bucket that is right
 * @name: of the set, or NULL: by id
 * @id: of the set, unless by name
 *
 * Return: where its descriptor is, or -ENOENT.
 */
int kddm_bucket_find(const struct kddm_bucket *b, const char *name, u32 id)
{
	char padded[KDDM_SET_NAME_LEN] = { };
	u32 i;

	if (name)
		memcpy(padded, name, strnlen(name, sizeof(padded)));
	for (i = 0; i < kddm_bucket_count(b); i++)
		if (name ? !memcmp(b->desc[i].name, padded, sizeof(padded)) :
			   b->desc[i].id == cpu_to_le32(id))
			return i;
	return -ENOENT;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_bucket_find);

/* The descriptor at @i of a bucket that is right. */
void kddm_bucket_get(const struct kddm_bucket *b, u32 i,
		     struct kddm_set_desc *desc)
{
	kddm_desc_from_wire(desc, &b->desc[i]);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_bucket_get);

/**
 * kddm_bucket_add() - enter a set
 * @b: a bucket that is right, and has no set of this name; changed
 * @nr: its number, that of the name
 * @seed: any number, where ids begin if it is the first
 * @desc: the set; its id is filled in
 *
 * Return: where its descriptor is, or -ENOSPC.
 */
int kddm_bucket_add(struct kddm_bucket *b, u32 nr, u32 seed,
		    struct kddm_set_desc *desc)
{
	u32 i = kddm_bucket_count(b), last = le32_to_cpu(b->last);

	if (i == KDDM_BUCKET_MAX)
		return -ENOSPC;
	if (!last)
		last = seed % COUNTS;
	/* From 1 to COUNTS, and around; an old set may have it yet. */
	do {
		last = last % COUNTS + 1;
		desc->id = last * KDDM_BUCKETS + nr;
	} while (kddm_bucket_find(b, NULL, desc->id) >= 0);
	kddm_desc_to_wire(&b->desc[i], desc);
	b->last = cpu_to_le32(last);
	b->nr = cpu_to_le32(i + 1);
	return i;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_bucket_add);

/* Strike out the descriptor at @i; the last one takes its place. */
void kddm_bucket_del(struct kddm_bucket *b, u32 i)
{
	u32 end = kddm_bucket_count(b) - 1;

	b->desc[i] = b->desc[end];
	memset(&b->desc[end], 0, sizeof(b->desc[end]));
	b->nr = cpu_to_le32(end);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_bucket_del);

/* Note who is about to destroy the set at @i. */
void kddm_bucket_mark(struct kddm_bucket *b, u32 i,
		      const struct kddm_set_mark *mark)
{
	b->desc[i].marker = cpu_to_le16(mark->node);
	b->desc[i].incarnation = cpu_to_le32(mark->incarnation);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_bucket_mark);
