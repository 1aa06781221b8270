// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables that other nodes have written, for the fuzzer of the wire format:
 * those of names, and the buckets of descriptors of sets.
 *
 * What is taken for right stays so whatever is done with it.
 */
#include "fuzz.h"
#include "bucket.h"
#include "coherence.h"
#include "nametab.h"

static bool odd_node(u32 id, const struct kddm_member_id *who, void *arg)
{
	return who->id & 1;
}

/* What is in a table that was taken for right, and stays so when it changes. */
static void names_right(struct kddm_nametab *t, u32 nr)
{
	const struct kddm_member_id who = { .id = 7, .incarnation = 1 };
	char name[KDDM_NAME_LEN + 1];
	u32 i, id, before;
	u16 node[4];
	u8 kind;

	for (i = 0; i < kddm_nametab_count(t); i++) {
		kddm_nametab_get(t, i, &id, &kind, name);
		CHECK(strlen(name) && kind < KDDM_NAME_KINDS);
		CHECK(kddm_nametab_users(t, id, node, 4) && node[0] < 1024);
		CHECK(kddm_nametab_of_id(id) == nr);
		CHECK(kddm_nametab_enter(t, nr, 1, kind, name, &who) ==
		      (int)id);
		CHECK(kddm_nametab_uses(t, id, &who));
	}
	CHECK(!kddm_nametab_check(t, nr));
	before = kddm_nametab_count(t);
	kddm_nametab_prune(t, odd_node, NULL);
	CHECK(!kddm_nametab_check(t, nr) && kddm_nametab_count(t) <= before);
	CHECK(!kddm_nametab_stale(t, odd_node, NULL));
}

/* Three bytes of numbers, then as many names and uses as there are. */
void names(const uint8_t *data, size_t size)
{
	struct kddm_nametab *t;
	size_t len, used;
	u32 nr;

	if (size < 3)
		return;
	t = calloc(1, sizeof(*t));
	if (!t)
		return;
	nr = data[0] % KDDM_NAMETABS;
	memcpy(&t->names, &data[1], 1);
	memcpy(&t->uses, &data[2], 1);
	data += 3;
	size -= 3;
	used = (data[-2] & 63) * sizeof(t->name[0]);
	len = size < used ? size : used;
	memcpy(t->name, data, len);
	memcpy(t->use, data + len, size - len < sizeof(t->use) ?
				   size - len : sizeof(t->use));
	if (!kddm_nametab_check(t, nr))
		names_right(t, nr);
	free(t);
}

/* What is in a descriptor that was taken for right; and it has one form. */
static void desc_right(const struct kddm_wire_desc *w, u32 nr)
{
	struct kddm_wire_desc again;
	struct kddm_set_desc desc;

	CHECK(!kddm_desc_from_wire(&desc, w));
	CHECK(kddm_name_ok(desc.name) && kddm_name_ok(desc.linker));
	CHECK(desc.size && desc.size <= KDDM_OBJ_SIZE_MAX);
	CHECK(desc.hold <= KDDM_SET_HOLD_MAX);
	CHECK(desc.lost_timeout <= KDDM_SET_LOST_MAX);
	CHECK(desc.replicas <= KDDM_SET_REPLICAS_MAX);
	CHECK(desc.home < KDDM_MAX_NODES || desc.home == KDDM_ANY_NODE);
	CHECK(desc.mark.node < KDDM_MAX_NODES);
	CHECK(kddm_bucket_of_id(desc.id) == nr);
	CHECK(kddm_bucket_of_name(desc.name) == nr);
	kddm_desc_to_wire(&again, &desc);
	CHECK(!memcmp(&again, w, sizeof(again)));
}

/* The same of a bucket, and that it is one when it changes. */
static void bucket_right(struct kddm_bucket *b, u32 nr)
{
	const struct kddm_set_mark mark = { .node = 3, .incarnation = 4 };
	u32 i, count = kddm_bucket_count(b);
	struct kddm_set_desc desc;

	CHECK(count <= KDDM_BUCKET_MAX);
	for (i = 0; i < count; i++) {
		desc_right(&b->desc[i], nr);
		kddm_bucket_get(b, i, &desc);
		CHECK(kddm_bucket_find(b, desc.name, 0) == (int)i);
		CHECK(kddm_bucket_find(b, NULL, desc.id) == (int)i);
		kddm_bucket_mark(b, i, &mark);
	}
	CHECK(!kddm_bucket_check(b, nr));
	if (!count)
		return;
	kddm_bucket_get(b, 0, &desc);
	CHECK(kddm_mark_same(&desc.mark, &mark));
	kddm_bucket_del(b, 0);
	CHECK(!kddm_bucket_check(b, nr) && kddm_bucket_count(b) == count - 1);
	CHECK(kddm_bucket_find(b, desc.name, 0) < 0);
	CHECK(kddm_bucket_find(b, NULL, desc.id) < 0);
	CHECK(kddm_bucket_add(b, nr, 5, &desc) == (int)count - 1);
	CHECK(!kddm_bucket_check(b, nr));
}

/*
 * Its number, how many there are, the last id that was given; then the
 * descriptors, as far as there are bytes.
 */
void bucket(const uint8_t *data, size_t size)
{
	struct kddm_bucket *b;
	u32 nr;

	if (size < 6)
		return;
	b = calloc(1, sizeof(*b));
	if (!b)
		return;
	nr = data[0] % KDDM_BUCKETS;
	memcpy(&b->nr, &data[1], 1);
	memcpy(&b->last, &data[2], 4);
	data += 6;
	size -= 6;
	memcpy(b->desc, data, size < sizeof(b->desc) ? size : sizeof(b->desc));
	if (!kddm_bucket_check(b, nr))
		bucket_right(b, nr);
	free(b);
}
