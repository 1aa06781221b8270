// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of names; nametab.h has the idea.
 */
#include <asm/byteorder.h>
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "nametab.h"
#include "wire.h"

/* What is counted in an id, which is a positive int. */
#define COUNTS		(0x7fffffff / KDDM_NAMETABS)

#define HASH_BASIS	2166136261u	/* FNV-1a */
#define HASH_PRIME	16777619u

/**
 * kddm_nametab_of_name() - the table in which a name is
 * @name: NUL-terminated
 *
 * The same on all machines.
 *
 * Return: the number of the table.
 */
u32 kddm_nametab_of_name(const char *name)
{
	u32 h = HASH_BASIS;

	for (; *name; name++)
		h = (h ^ (u8)*name) * HASH_PRIME;
	return (h ^ (h >> 16)) % KDDM_NAMETABS;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_nametab_of_name);

/* Whether a kind is one, and a name one word that can be printed. */
bool kddm_nametab_name_ok(u32 kind, const char *name)
{
	size_t i, len = strnlen(name, KDDM_NAME_LEN + 1);

	if (kind >= KDDM_NAME_KINDS || !len || len > KDDM_NAME_LEN)
		return false;
	for (i = 0; i < len; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return false;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_nametab_name_ok);

/* Looking */

u32 kddm_nametab_count(const struct kddm_nametab *t)
{
	return le32_to_cpu(t->names);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_nametab_count);

void kddm_nametab_get(const struct kddm_nametab *t, u32 i, u32 *id, u8 *kind,
		      char *name)
{
	*id = le32_to_cpu(t->name[i].id);
	*kind = t->name[i].kind;
	memcpy(name, t->name[i].name, KDDM_NAME_LEN);
	name[KDDM_NAME_LEN] = '\0';
}
EXPORT_SYMBOL_IF_KUNIT(kddm_nametab_get);

static int find_id(const struct kddm_nametab *t, u32 id)
{
	u32 i;

	for (i = 0; i < kddm_nametab_count(t); i++)
		if (t->name[i].id == cpu_to_le32(id))
			return i;
	return -ENOENT;
}

static int find(const struct kddm_nametab *t, u8 kind, const char *name)
{
	char padded[KDDM_NAME_LEN] = { };
	u32 i;

	memcpy(padded, name, strnlen(name, sizeof(padded)));
	for (i = 0; i < kddm_nametab_count(t); i++)
		if (t->name[i].kind == kind &&
		    !memcmp(t->name[i].name, padded, sizeof(padded)))
			return i;
	return -ENOENT;
}

/* Negative, 0 or positive: as @u is before, at or behind (@id, @node). */
static int compare(const struct kddm_wire_use *u, u32 id, u16 node)
{
	u32 a = le32_to_cpu(u->id);
	u16 n = le16_to_cpu(u->node);

	if (a != id)
		return a < id ? -1 : 1;
	return n < node ? -1 : n > node;
}

/* The first use that is not before (@id, @node). */
static u32 place(const struct kddm_nametab *t, u32 id, u16 node)
{
	u32 low = 0, high = le32_to_cpu(t->uses), mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (compare(&t->use[mid], id, node) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_used(const struct kddm_nametab *t, u32 id)
{
	u32 i = place(t, id, 0);

	return i < le32_to_cpu(t->uses) && le32_to_cpu(t->use[i].id) == id;
}

/**
 * kddm_nametab_users() - who uses a name
 * @t: a table that is right
 * @id: of the name
 * @node: where to put the lowest node ids
 * @max: room there
 *
 * Return: how many nodes do.
 */
u32 kddm_nametab_users(const struct kddm_nametab *t, u32 id, u16 *node, u32 max)
{
	u32 i, n = 0, uses = le32_to_cpu(t->uses);

	for (i = place(t, id, 0);
	     i < uses && le32_to_cpu(t->use[i].id) == id; i++, n++)
		if (n < max)
			node[n] = le16_to_cpu(t->use[i].node);
	return n;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_nametab_users);

/* Whether @who uses the name of this id. */
bool kddm_nametab_uses(const struct kddm_nametab *t, u32 id,
		       const struct kddm_member_id *who)
{
	u32 i = place(t, id, who->id);

	return i < le32_to_cpu(t->uses) &&
	       !compare(&t->use[i], id, who->id) &&
	       le32_to_cpu(t->use[i].incarnation) == who->incarnation;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_nametab_uses);

/* Checking */

static bool name_ok(const struct kddm_nametab *t, u32 i, u32 nr)
{
	const struct kddm_wire_name *w = &t->name[i];
	char name[KDDM_NAME_LEN + 1];
	u32 id, k;
	u8 kind;

	kddm_nametab_get(t, i, &id, &kind, name);
	if (!kddm_nametab_name_ok(kind, name) || w->reserved[0] ||
	    w->reserved[1] || w->reserved[2])
		return false;
	for (k = strlen(name); k < KDDM_NAME_LEN; k++)
		if (w->name[k])
			return false;
	if (id < KDDM_NAMETABS || id > 0x7fffffff ||
	    kddm_nametab_of_id(id) != nr || kddm_nametab_of_name(name) != nr)
		return false;
	/* Each once, and used. */
	return find_id(t, id) == (int)i && find(t, kind, name) == (int)i &&
	       is_used(t, id);
}

static bool use_ok(const struct kddm_nametab *t, u32 i)
{
	const struct kddm_wire_use *u = &t->use[i];

	if (le16_to_cpu(u->node) >= KDDM_MAX_NODES || u->reserved ||
	    !u->incarnation)
		return false;
	if (i && compare(&t->use[i - 1], le32_to_cpu(u->id),
			 le16_to_cpu(u->node)) >= 0)
		return false;
	return find_id(t, le32_to_cpu(u->id)) >= 0;
}

/**
 * kddm_nametab_check() - whether a table is one
 * @t: what other nodes have written, %KDDM_NAMETAB_SIZE bytes
 * @nr: its number
 *
 * Return: 0 or -EBADMSG.
 */
int kddm_nametab_check(const struct kddm_nametab *t, u32 nr)
{
	u32 i;

	if (le32_to_cpu(t->names) > KDDM_NAMETAB_NAMES ||
	    le32_to_cpu(t->uses) > KDDM_NAMETAB_USES ||
	    le32_to_cpu(t->last) > COUNTS)
		return -EBADMSG;
	for (i = 0; i < ARRAY_SIZE(t->reserved); i++)
		if (t->reserved[i])
			return -EBADMSG;
	/* Their order first: names are looked for in them. */
	for (i = 0; i < le32_to_cpu(t->uses); i++)
		if (!use_ok(t, i))
			return -EBADMSG;
	for (i = 0; i < le32_to_cpu(t->names); i++)
		if (!name_ok(t, i, nr))
			return -EBADMSG;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_nametab_check);

/* Changing */

/* Note that @who uses a name; 0 or -ENOSPC. */
static int add_use(struct kddm_nametab *t, u32 id,
		   const struct kddm_member_id *who)
{
	u32 i = place(t, id, who->id), n = le32_to_cpu(t->uses);
	struct kddm_wire_use *u = &t->use[i];

	/* Of an earlier life, perhaps. */
	if (i < n && !compare(u, id, who->id)) {
		u->incarnation = cpu_to_le32(who->incarnation);
		return 0;
	}
	if (n == KDDM_NAMETAB_USES)
		return -ENOSPC;
	memmove(u + 1, u, (n - i) * sizeof(*u));
	u->id = cpu_to_le32(id);
	u->node = cpu_to_le16(who->id);
	u->reserved = 0;
	u->incarnation = cpu_to_le32(who->incarnation);
	t->uses = cpu_to_le32(n + 1);
	return 0;
}

/* Enter a name that is not there, with its first use; 0 or -ENOSPC. */
static int add_name(struct kddm_nametab *t, u32 id, u8 kind, const char *name,
		    const struct kddm_member_id *who)
{
	u32 i = kddm_nametab_count(t);
	struct kddm_wire_name *w = &t->name[i];

	if (i == KDDM_NAMETAB_NAMES || add_use(t, id, who))
		return -ENOSPC;
	memset(w, 0, sizeof(*w));
	w->id = cpu_to_le32(id);
	w->kind = kind;
	memcpy(w->name, name, strlen(name));
	t->names = cpu_to_le32(i + 1);
	return 0;
}

/**
 * kddm_nametab_enter() - use a name, which gets an id if it has none
 * @t: a table that is right; changed
 * @nr: its number, that of the name
 * @seed: any number, where ids begin if it is the first
 * @kind: enum kddm_name_kind
 * @name: right as it is
 * @who: uses it
 *
 * Return: the id, or -ENOSPC.
 */
int kddm_nametab_enter(struct kddm_nametab *t, u32 nr, u32 seed, u8 kind,
		       const char *name, const struct kddm_member_id *who)
{
	u32 id, last = le32_to_cpu(t->last);
	int i = find(t, kind, name), err;

	if (i >= 0) {
		id = le32_to_cpu(t->name[i].id);
		err = add_use(t, id, who);
		return err ?: (int)id;
	}
	if (!last)
		last = seed % COUNTS;
	/* From 1 to COUNTS, and around; an old name may have it yet. */
	do {
		last = last % COUNTS + 1;
		id = last * KDDM_NAMETABS + nr;
	} while (id > 0x7fffffff || find_id(t, id) >= 0);
	err = add_name(t, id, kind, name, who);
	if (err)
		return err;
	t->last = cpu_to_le32(last);
	return id;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_nametab_enter);

/**
 * kddm_nametab_restore() - enter a use that the others have dropped
 * @t: a table that is right; changed
 * @nr: its number
 * @id: of the name
 * @kind: enum kddm_name_kind
 * @name: the name
 * @who: uses it
 *
 * Return: 0, -ESTALE (the name has another id by now, or the id another name),
 * -ENOSPC.
 */
int kddm_nametab_restore(struct kddm_nametab *t, u32 nr, u32 id, u8 kind,
			 const char *name, const struct kddm_member_id *who)
{
	int i = find(t, kind, name), err;

	if (i != find_id(t, id))
		return -ESTALE;
	if (i >= 0)
		return add_use(t, id, who);
	err = add_name(t, id, kind, name, who);
	/* The table may be a new one: what comes next is behind. */
	if (!err && !t->last)
		t->last = cpu_to_le32(id / KDDM_NAMETABS);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_nametab_restore);

static bool use_gone(const struct kddm_wire_use *u, kddm_nametab_gone_t gone,
		     void *arg)
{
	const struct kddm_member_id who = {
		.id = le16_to_cpu(u->node),
		.incarnation = le32_to_cpu(u->incarnation),
	};

	return gone(le32_to_cpu(u->id), &who, arg);
}

/* Whether there is something to prune. */
bool kddm_nametab_stale(const struct kddm_nametab *t, kddm_nametab_gone_t gone,
			void *arg)
{
	u32 i;

	for (i = 0; i < le32_to_cpu(t->uses); i++)
		if (use_gone(&t->use[i], gone, arg))
			return true;
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_nametab_stale);

/**
 * kddm_nametab_prune() - strike out what counts no more
 * @t: a table that is right; changed
 * @gone: says which uses do not; names without a use go as well
 * @arg: for @gone
 *
 * Return: how many uses went.
 */
u32 kddm_nametab_prune(struct kddm_nametab *t, kddm_nametab_gone_t gone,
		       void *arg)
{
	u32 i, k, n = le32_to_cpu(t->uses), names = kddm_nametab_count(t);

	for (i = k = 0; i < n; i++)
		if (!use_gone(&t->use[i], gone, arg))
			t->use[k++] = t->use[i];
	memset(&t->use[k], 0, (n - k) * sizeof(t->use[0]));
	t->uses = cpu_to_le32(k);
	n -= k;
	for (i = k = 0; i < names; i++)
		if (is_used(t, le32_to_cpu(t->name[i].id)))
			t->name[k++] = t->name[i];
	memset(&t->name[k], 0, (names - k) * sizeof(t->name[0]));
	t->names = cpu_to_le32(k);
	return n;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_nametab_prune);
