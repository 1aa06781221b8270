// SPDX-License-Identifier: GPL-2.0-only
/*
 * Torture test of KDDM: what must be in an object.
 *
 * All nodes are in one kernel, so the test can keep beside each object a record
 * of what must be in it, which no message of KDDM ever touches:
 *
 * - a writer checks that nobody else is inside and that the object holds what
 *   the last writer left (no lost update), then writes something new;
 * - a reader checks that no writer is inside and that the object holds what the
 *   last writer left (no stale read), on entry and again before it leaves;
 * - every word of an object follows from its header (no torn object).
 *
 * Whoever holds the object keeps the record up to date.  kddm_remove() and
 * kddm_set_value() hold it themselves, for a moment that the test does not see:
 * they are blind.  One such call at a time is under way for an object, and
 * whoever enters meanwhile may find that it has done its work; that has to be
 * once at most, and the call then has to say so.  When it returns and nobody
 * has found that, it is known as well what must be there, but in one case: the
 * object was there without contents, and somebody has written meanwhile, before
 * or after the removal.  Whoever comes next settles that.
 */
#define pr_fmt(fmt) "kddm_torture: " fmt

#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include "torture.h"

/**
 * struct header - what the words of an object start with
 * @count: grabs since the object was created; 0: it has no contents yet
 * @stamp: random, new with each grab; the other words follow from it
 * @node: of the last writer
 * @sum: of the above and the object's id
 */
struct header {
	u64	count;
	u64	stamp;
	u32	node;
	u32	sum;
};

/**
 * struct oracle - what must be in an object
 * @lock: protects what follows up to @readers
 * @is: what must be there; none, or none with contents, if its count is 0
 * @made: what a blind call is to create
 * @blind: the blind call that is under way
 * @seen: somebody has found that it has done its work
 * @unsure: an object without contents was written while one was to remove it
 * @doubt: it is not there any more, or as in @is
 * @readers: inside
 * @writers: inside
 */
struct oracle {
	spinlock_t	lock;		/* see above */
	struct header	is;
	struct header	made;
	enum blind	blind;
	bool		seen;
	bool		unsure;
	bool		doubt;
	atomic_t	readers;
	atomic_t	writers;
};

static struct oracle *oracles;

int oracle_init(void)
{
	int i;

	oracles = kvcalloc(torture.nobjects, sizeof(*oracles), GFP_KERNEL);
	if (!oracles)
		return -ENOMEM;
	for (i = 0; i < torture.nobjects; i++)
		spin_lock_init(&oracles[i].lock);
	return 0;
}

void oracle_exit(void)
{
	kvfree(oracles);
}

/* Contents */

static u32 checksum(const struct header *h, u64 id)
{
	u64 x = h->count * 0x9e3779b97f4a7c15ULL;

	x ^= h->stamp ^ id << 32 ^ h->node;
	return (u32)(x ^ x >> 32) ?: 1;
}

static u64 word(const struct header *h, int i)
{
	return h->stamp + (u64)i * 0xd1342543de82ef95ULL;
}

static int words(void)
{
	return (torture.size - sizeof(struct header)) / sizeof(u64);
}

/* Whether the object is whole; a new object is all zero. */
static bool whole(const struct header *h, u64 id)
{
	const u64 *w = (const u64 *)(h + 1);
	int i;

	if (h->sum != (h->count ? checksum(h, id) : 0))
		return false;
	for (i = 0; i < words(); i++)
		if (w[i] != (h->count ? word(h, i) : 0))
			return false;
	return true;
}

static void make(struct thread *t, u64 id, struct header *h, u64 count)
{
	u64 *w = (u64 *)(h + 1);
	int i;

	h->count = count;
	h->stamp = (u64)prandom_u32_state(&t->rnd) << 32 |
		   prandom_u32_state(&t->rnd);
	h->node = t->node;
	h->sum = checksum(h, id);
	for (i = 0; i < words(); i++)
		w[i] = word(h, i);
}

static bool same(const struct header *a, const struct header *b)
{
	return a->count == b->count && a->stamp == b->stamp &&
	       a->node == b->node;
}

u64 oracle_stamp(const void *data)
{
	const struct header *h = data;

	return h->stamp;
}

/* Whoever holds the object */

/* Whether what is found may be; from now on it must be.  With the lock. */
static bool may_be(struct oracle *o, const struct header *h)
{
	bool doubt = o->doubt;

	o->doubt = false;
	if (same(h, &o->is))
		return true;
	if (!h->count && doubt) {
		o->is = *h;
		return true;
	}
	if (o->seen)
		return false;
	o->seen = (o->blind == BLIND_REMOVES && !h->count) ||
		  (o->blind == BLIND_CREATES && !o->is.count &&
		   same(h, &o->made));
	if (o->seen)
		o->is = *h;
	return o->seen;
}

static void check(struct thread *t, u64 id, const struct header *h,
		  const char *who)
{
	struct oracle *o = &oracles[id];
	struct header is;
	bool may;

	if (!whole(h, id)) {
		torture_error(t, id, "%s finds it torn", who);
		return;
	}
	spin_lock(&o->lock);
	is = o->is;
	may = may_be(o, h);
	spin_unlock(&o->lock);
	if (!may)
		torture_error(t, id, "%s finds %llu of node %u, not %llu of %u",
			      who, h->count, h->node, is.count, is.node);
}

void oracle_reader_enters(struct thread *t, u64 id, const void *data)
{
	struct oracle *o = &oracles[id];

	atomic_inc(&o->readers);
	if (atomic_read(&o->writers))
		torture_error(t, id, "a reader meets a writer");
	check(t, id, data, "a reader that enters");
}

void oracle_reader_leaves(struct thread *t, u64 id, const void *data)
{
	check(t, id, data, "a reader that leaves");
	atomic_dec(&oracles[id].readers);
}

void oracle_writer_enters(struct thread *t, u64 id, const void *data)
{
	struct oracle *o = &oracles[id];

	if (atomic_inc_return(&o->writers) != 1 || atomic_read(&o->readers))
		torture_error(t, id, "a writer is not alone");
	check(t, id, data, "a writer");
}

void oracle_writes(struct thread *t, u64 id, void *data)
{
	struct oracle *o = &oracles[id];
	struct header *h = data;
	bool empty = !h->count;

	make(t, id, h, h->count + 1);
	spin_lock(&o->lock);
	o->is = *h;
	o->doubt = false;
	if (empty && o->blind == BLIND_REMOVES && !o->seen)
		o->unsure = true;
	spin_unlock(&o->lock);
}

void oracle_removes(struct thread *t, u64 id)
{
	struct oracle *o = &oracles[id];

	spin_lock(&o->lock);
	memset(&o->is, 0, sizeof(o->is));
	o->doubt = false;
	spin_unlock(&o->lock);
}

void oracle_writer_leaves(struct thread *t, u64 id)
{
	atomic_dec(&oracles[id].writers);
}

void oracle_is_new(struct thread *t, u64 id, const void *data)
{
	const struct header *h = data;

	if (h->count)
		torture_error(t, id, "it is new, and %llu times written",
			      h->count);
}

void oracle_stores(struct thread *t, u64 id, const void *data)
{
	check(t, id, data, "who stores it");
}

/* Whoever does not */

bool oracle_blind_begins(struct thread *t, u64 id, enum blind what)
{
	struct oracle *o = &oracles[id];
	struct header *h = t->value;
	bool may;

	if (what == BLIND_CREATES)
		make(t, id, h, 1);
	spin_lock(&o->lock);
	may = o->blind == BLIND_NONE && !o->doubt;
	if (may) {
		o->blind = what;
		o->seen = false;
		o->unsure = false;
		if (what == BLIND_CREATES)
			o->made = *h;
	}
	spin_unlock(&o->lock);
	return may;
}

void oracle_blind_ends(struct thread *t, u64 id, bool done)
{
	struct oracle *o = &oracles[id];
	enum blind what;
	u64 count = 0;
	bool seen;

	spin_lock(&o->lock);
	what = o->blind;
	seen = o->seen;
	o->blind = BLIND_NONE;
	o->seen = false;
	if (done && !seen && what == BLIND_CREATES) {
		count = o->is.count;
		o->is = o->made;
	} else if (done && !seen && o->unsure) {
		o->doubt = true;
	} else if (done && !seen) {
		memset(&o->is, 0, sizeof(o->is));
	}
	spin_unlock(&o->lock);
	if (count)
		torture_error(t, id, "created over what %llu have written",
			      count);
	if (seen && !done)
		torture_error(t, id, "%s, and the call says no",
			      what == BLIND_REMOVES ? "it has gone" :
						      "it was created");
}
