// SPDX-License-Identifier: GPL-2.0-only
/*
 * Torture test of KDDM: what threads do with objects, at random.
 *
 * That is all a client may do.  A call may end with the errors that kddm.h
 * allows where nothing fails: those that its flags ask for, those that come of
 * others who use the object, and, with faults=1, -ENOMEM.
 */
#define pr_fmt(fmt) "kddm_torture: " fmt

#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include "torture.h"

#define RANGE_MAX	16	/* objects of a prefetch */

/* The contents; what the linker "page" gives is a folio, always mapped here. */
static void *contents(struct kddm_obj *obj)
{
	void *data = kddm_data(obj);

	return torture.is_page ? folio_address(data) : data;
}

/* An allocation was made to fail: counted, if it may be. */
static bool no_memory(struct thread *t, long err, enum count which)
{
	if (err != -ENOMEM || !torture.faults)
		return false;
	t->count[which]++;
	return true;
}

void torture_dawdle(struct thread *t)
{
	u32 r = torture_random(t, 64);

	if (!r)
		usleep_range(50, 500);
	else if (r < 8)
		cond_resched();
}

static u64 choose(struct thread *t)
{
	return torture_random(t, torture.nobjects);
}

/* This node or another one. */
static u16 choose_node(struct thread *t)
{
	return torture.ids[torture_random(t, torture.nnodes)];
}

/* Holding an object */

/* Nothing here makes a node part from the others. */
static void done(struct thread *t, u64 id, int err, const char *call)
{
	if (err)
		torture_error(t, id, "%s: error %d", call, err);
}

static void put_one(struct thread *t, u64 id, struct kddm_obj *obj)
{
	done(t, id, kddm_put(obj), "put");
}

static void read_one(struct thread *t, u64 id, struct kddm_obj *obj)
{
	oracle_reader_enters(t, id, contents(obj));
	torture_dawdle(t);
	oracle_reader_leaves(t, id, contents(obj));
	t->count[GETS]++;
}

static void downgrade_one(struct thread *t, u64 id, struct kddm_obj *obj)
{
	int err = kddm_downgrade(obj);

	done(t, id, err, "downgrade");
	if (err)
		return;
	t->count[DOWNGRADES]++;
	read_one(t, id, obj);
	put_one(t, id, obj);
}

static void write_one(struct thread *t, u64 id, struct kddm_obj *obj,
		      bool remove)
{
	bool downgrade = !remove && !torture.busted && torture_chance(t, 10);

	oracle_writer_enters(t, id, contents(obj));
	torture_dawdle(t);
	if (remove)
		oracle_removes(t, id);
	else
		oracle_writes(t, id, contents(obj));
	oracle_writer_leaves(t, id);
	if (remove) {
		done(t, id, kddm_remove_held(obj), "remove held");
		t->count[REMOVES]++;
		return;
	}
	t->count[GRABS]++;
	if (downgrade)
		downgrade_one(t, id, obj);
	else
		put_one(t, id, obj);
}

/* Flags and signals */

static unsigned int choose_flags(struct thread *t, bool grab)
{
	return (torture_chance(t, 20) ? KDDM_NOCREATE : 0) |
	       (torture_chance(t, 15) ? KDDM_TRY : 0) |
	       (torture_chance(t, 5) ? KDDM_NOWAIT : 0) |
	       (torture_chance(t, 10) ? KDDM_INTR : 0) |
	       (grab && torture_chance(t, 20) ? KDDM_MANUAL : 0);
}

/* Now and then; then some can be ended by any signal, others by SIGKILL. */
static bool disturb_some(struct thread *t, unsigned int *flags)
{
	if (!torture_chance(t, 15))
		return false;
	*flags &= ~KDDM_INTR;
	if (torture_chance(t, 50))
		*flags |= KDDM_INTR;
	signals_begin(t);
	return true;
}

/* The error is that of a call that got a signal: counted. */
static bool was_disturbed(struct thread *t, unsigned int flags, long err)
{
	bool intr = flags & KDDM_INTR;

	if (err != (intr ? -ERESTARTSYS : -EINTR))
		return false;
	t->count[intr ? INTERRUPTED : KILLED]++;
	return true;
}

/* The end of the test is a signal to those who take any. */
static bool is_over(unsigned int flags, long err)
{
	return err == -ERESTARTSYS && flags & KDDM_INTR &&
	       kthread_should_stop();
}

/* From reader to writer; between two of our looks nobody may have written. */
static void upgrade_one(struct thread *t, u64 id, struct kddm_obj *obj)
{
	u64 stamp = oracle_stamp(contents(obj));
	unsigned int flags = choose_flags(t, false) & (KDDM_TRY | KDDM_INTR);
	bool disturbed = disturb_some(t, &flags);
	int ret;

	ret = kddm_upgrade(obj, flags);
	if (disturbed)
		signals_end(t);
	if (ret == -EBUSY && flags & KDDM_TRY) {
		t->count[BUSY]++;
		return;
	}
	if (ret < 0) {
		if (!(disturbed && was_disturbed(t, flags, ret)) &&
		    !is_over(flags, ret) && !no_memory(t, ret, NOMEM_UPGRADES))
			torture_error(t, id, "upgrade: error %d", ret);
		return;
	}
	if (!ret && oracle_stamp(contents(obj)) != stamp)
		torture_error(t, id, "an upgrade was not atomic");
	t->count[UPGRADES]++;
	t->count[ATOMIC_UPGRADES] += !ret;
	write_one(t, id, obj, false);
}

/* Taking one */

/* An error that the flags ask for is counted. */
static void expected(struct thread *t, u64 id, unsigned int flags, long err)
{
	if (err == -ENOENT && flags & KDDM_NOCREATE)
		t->count[ABSENT]++;
	else if (err == -EBUSY && flags & KDDM_TRY)
		t->count[BUSY]++;
	else if (err == -EAGAIN && flags & KDDM_NOWAIT)
		t->count[AGAIN]++;
	else if (!is_over(flags, err) && !no_memory(t, err, NOMEM_TAKES))
		torture_error(t, id, "error %ld, flags %#x", err, flags);
}

static struct kddm_obj *take(struct thread *t, u64 id, bool write,
			     unsigned int flags)
{
	return write ? kddm_grab(t->set, id, flags) :
		       kddm_get(t->set, id, flags);
}

static void use_grabbed(struct thread *t, u64 id, unsigned int flags,
			struct kddm_obj *obj)
{
	bool new = flags & KDDM_MANUAL && kddm_is_new(obj);

	if (new)
		oracle_is_new(t, id, contents(obj));
	t->count[MANUALS] += new;
	write_one(t, id, obj, torture_chance(t, 10));
}

/* Reads and writes, which is most of what is done. */
static void use(struct thread *t)
{
	bool write = torture_chance(t, 50);
	unsigned int flags = choose_flags(t, write);
	bool disturbed = disturb_some(t, &flags);
	struct kddm_obj *obj;
	u64 id = choose(t);

	obj = take(t, id, write, flags);
	if (disturbed)
		signals_end(t);
	if (IS_ERR(obj)) {
		if (!(disturbed && was_disturbed(t, flags, PTR_ERR(obj))))
			expected(t, id, flags, PTR_ERR(obj));
		return;
	}
	if (write) {
		use_grabbed(t, id, flags, obj);
		return;
	}
	read_one(t, id, obj);
	if (torture_chance(t, 15))
		upgrade_one(t, id, obj);
	else
		put_one(t, id, obj);
}

/* The same, but that some who write have only got the object. */
static void misuse(struct thread *t)
{
	bool write = torture_chance(t, 50);
	struct kddm_obj *obj;
	u64 id = choose(t);

	obj = take(t, id, write && !torture_chance(t, 12), 0);
	if (IS_ERR(obj))
		expected(t, id, 0, PTR_ERR(obj));
	else if (write)
		write_one(t, id, obj, false);
	if (IS_ERR(obj) || write)
		return;
	read_one(t, id, obj);
	put_one(t, id, obj);
}

static void find_one(struct thread *t)
{
	u64 id = choose(t);
	struct kddm_obj *obj = kddm_find(t->set, id);

	if (!IS_ERR(obj)) {
		read_one(t, id, obj);
		put_one(t, id, obj);
		t->count[FOUND]++;
	} else if (PTR_ERR(obj) != -ENOENT && PTR_ERR(obj) != -EAGAIN) {
		torture_error(t, id, "find: error %ld", PTR_ERR(obj));
	}
}

/* Create an object, if there is none. */
static void create_one(struct thread *t)
{
	struct kddm_obj *obj;
	u64 id = choose(t);

	obj = kddm_grab(t->set, id, KDDM_EXCL);
	if (IS_ERR(obj)) {
		if (PTR_ERR(obj) != -EEXIST &&
		    !no_memory(t, PTR_ERR(obj), NOMEM_TAKES))
			torture_error(t, id, "excl: error %ld", PTR_ERR(obj));
		return;
	}
	if (!kddm_is_new(obj))
		torture_error(t, id, "excl, but it is not new");
	oracle_is_new(t, id, contents(obj));
	write_one(t, id, obj, false);
	t->count[CREATED]++;
}

/* Without holding one */

/* A call that waits for another node; 0: it did what it is for. */
static void called(struct thread *t, u64 id, int err, enum count which,
		   const char *call)
{
	if (!err)
		t->count[which]++;
	else if (err == -ETIMEDOUT)
		t->count[TIMEOUTS]++;
	else if (!no_memory(t, err, NOMEM_CALLS))
		torture_error(t, id, "%s: error %d", call, err);
}

static void remove_one(struct thread *t)
{
	u64 id = choose(t);
	int err;

	if (!oracle_blind_begins(t, id, BLIND_REMOVES))
		return;
	err = kddm_remove(t->set, id);
	oracle_blind_ends(t, id, !err);
	if (err == -ENOENT)
		t->count[ABSENT]++;
	else if (!no_memory(t, err, NOMEM_TAKES))
		called(t, id, err, REMOVED, "remove");
}

static void set_value(struct thread *t)
{
	u64 id = choose(t);
	int err;

	if (!oracle_blind_begins(t, id, BLIND_CREATES))
		return;
	err = kddm_set_value(t->set, id, t->value, torture.size);
	oracle_blind_ends(t, id, !err);
	if (!err)
		t->count[VALUES]++;
	else if (err != -EEXIST && !no_memory(t, err, NOMEM_TAKES))
		torture_error(t, id, "set value: error %d", err);
}

static void prefetch_some(struct thread *t)
{
	bool range = torture_chance(t, 30), grab = torture_chance(t, 50);
	u64 id = choose(t);
	int err;
	u32 nr;

	nr = torture_random(t, min_t(u32, torture.nobjects - id, RANGE_MAX));
	err = range ? kddm_prefetch_range(t->set, id, nr + 1, grab) :
		      kddm_prefetch(t->set, id, grab);
	if (err && err != -EAGAIN && !no_memory(t, err, NOMEM_PREFETCHES))
		torture_error(t, id, "prefetch: error %d", err);
	t->count[range ? RANGES : PREFETCHES]++;
}

/* To nobody in particular, or to a node, which must be another one. */
static void flush_some(struct thread *t)
{
	u16 node = torture_chance(t, 50) ? choose_node(t) : KDDM_ANY_NODE;
	bool all = torture_chance(t, 10), any = node == KDDM_ANY_NODE;
	u64 id = choose(t);
	int err;

	err = all ? kddm_flush_set(t->set, node) :
		    kddm_flush(t->set, id, node);
	if (err == -EHOSTDOWN && (node == t->node || torture.nnodes == 1))
		return;
	if (err == -EBUSY)
		t->count[BUSY]++;
	else if (!no_memory(t, err, NOMEM_FLUSHES))
		called(t, id, err, all ? SET_FLUSHES : any ? FLUSHES : MOVES,
		       "flush");
}

static void push_one(struct thread *t)
{
	u64 id = choose(t);
	int err = kddm_push(t->set, id, choose_node(t));

	if (err == -ENOENT)
		t->count[ABSENT]++;
	else
		called(t, id, err, PUSHES, "push");
}

static void sync_one(struct thread *t)
{
	u64 id = choose(t);
	int err = kddm_sync(t->set, id);

	if (err == -ENOENT)
		t->count[ABSENT]++;
	else
		called(t, id, err, SYNCS, "sync");
}

static int seen(const struct kddm_obj_info *info, void *arg)
{
	struct thread *t = arg;

	if (info->id >= torture.nobjects)
		torture_error(t, info->id, "walk: no such object");
	t->count[WALKED]++;
	return 0;
}

static void walk(struct thread *t)
{
	kddm_walk(t->set, 0, seen, t);
}

/* All of them, and how many of a hundred are such. */
static const struct {
	unsigned int	percent;
	void		(*run)(struct thread *t);
} operations[] = {
	{ 71, use }, { 4, find_one }, { 3, create_one }, { 3, set_value },
	{ 2, remove_one }, { 5, prefetch_some }, { 6, flush_some },
	{ 3, push_one }, { 2, sync_one }, { 1, walk },
};

void torture_operation(struct thread *t)
{
	u32 r = torture_random(t, 100);
	int i;

	if (torture.busted) {
		misuse(t);
		return;
	}
	for (i = 0; r >= operations[i].percent; i++)
		r -= operations[i].percent;
	operations[i].run(t);
}
