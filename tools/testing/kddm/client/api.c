// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each call of include/linux/kddm.h, and what its flags promise.
 */
#define pr_fmt(fmt) "kddm_client: " fmt

#include <linux/err.h>
#include <linux/highmem.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include "client.h"

#define A	0		/* three nodes */
#define B	1
#define C	2

static struct kddm_set *set[NODES];

static struct kddm_set_attr plain(void)
{
	return (struct kddm_set_attr) {
		.name = "client", .size = 64, .home = KDDM_ANY_NODE,
	};
}

static void write_value(int node, u64 id, u64 value)
{
	struct kddm_obj *obj = kddm_grab(set[node], id, 0);

	if (!CHECK_EQ(PTR_ERR_OR_ZERO(obj), 0))
		return;
	*(u64 *)kddm_data(obj) = value;
	kddm_put(obj);
}

static u64 value_of(struct kddm_obj *obj)
{
	return IS_ERR(obj) ? 0 : *(u64 *)kddm_data(obj);
}

static u64 read_value(int node, u64 id)
{
	struct kddm_obj *obj = kddm_get(set[node], id, 0);
	u64 value = value_of(obj);

	if (CHECK_EQ(PTR_ERR_OR_ZERO(obj), 0))
		kddm_put(obj);
	return value;
}

/* A call that fails with @err, and takes nothing. */
static void fails(struct kddm_obj *obj, int err, const char *what)
{
	client_check_eq(PTR_ERR_OR_ZERO(obj), err, what);
	if (!IS_ERR(obj))
		kddm_put(obj);
}

#define FAILS(call, err)	fails(call, err, #call)

static void nocreate(void)
{
	FAILS(kddm_get(set[B], 1, KDDM_NOCREATE), -ENOENT);
	FAILS(kddm_grab(set[C], 1, KDDM_NOCREATE), -ENOENT);
	CHECK_EQ(kddm_remove(set[A], 1), -ENOENT);
	write_value(A, 1, 7);
	CHECK_EQ(read_value(C, 1), 7);
	CHECK_EQ(kddm_remove(set[B], 1), 0);
	FAILS(kddm_get(set[C], 1, KDDM_NOCREATE), -ENOENT);
	CHECK_EQ(read_value(C, 1), 0);
}

static bool is_here(int node, u64 id)
{
	struct kddm_obj *obj = kddm_find(set[node], id);

	if (IS_ERR(obj))
		return false;
	kddm_put(obj);
	return true;
}

/* A holder on A is in the way of others, on every node. */
static void try_writer(void)
{
	struct kddm_obj *obj = kddm_grab(set[A], 2, 0);
	int i;

	CHECK_EQ(PTR_ERR_OR_ZERO(obj), 0);
	for (i = 0; i < NODES; i++) {
		FAILS(kddm_get(set[i], 2, KDDM_TRY), -EBUSY);
		FAILS(kddm_grab(set[i], 2, KDDM_TRY), -EBUSY);
	}
	/* Nor behind somebody on the own node who waits for that one. */
	CHECK_EQ(kddm_prefetch(set[B], 2, true), 0);
	FAILS(kddm_get(set[B], 2, KDDM_TRY), -EBUSY);
	FAILS(kddm_grab(set[B], 2, KDDM_TRY), -EBUSY);
	kddm_put(obj);
	CHECK(client_await(is_here, B, 2));
	FAILS(kddm_grab(set[B], 2, KDDM_TRY), 0);
	FAILS(kddm_get(set[C], 2, KDDM_TRY), 0);
}

static void try_readers(void)
{
	struct kddm_obj *a, *b;

	write_value(A, 3, 1);
	a = kddm_get(set[A], 3, 0);
	FAILS(kddm_grab(set[B], 3, KDDM_TRY), -EBUSY);
	b = kddm_get(set[B], 3, KDDM_TRY);
	CHECK_EQ(PTR_ERR_OR_ZERO(b), 0);
	kddm_put(a);
	/* Only a copy is in use, of which the owner does not know. */
	FAILS(kddm_grab(set[A], 3, KDDM_TRY), -EBUSY);
	FAILS(kddm_grab(set[C], 3, KDDM_TRY), -EBUSY);
	CHECK_EQ(value_of(b), 1);
	kddm_put(b);
	FAILS(kddm_grab(set[C], 3, KDDM_TRY), 0);
	CHECK_EQ(read_value(B, 3), 1);
}

static void nowait(void)
{
	struct kddm_obj *obj;

	write_value(A, 4, 1);
	FAILS(kddm_get(set[A], 4, KDDM_NOWAIT), 0);
	FAILS(kddm_get(set[B], 4, KDDM_NOWAIT), -EAGAIN);
	CHECK_EQ(read_value(B, 4), 1);
	FAILS(kddm_get(set[B], 4, KDDM_NOWAIT), 0);
	FAILS(kddm_grab(set[B], 4, KDDM_NOWAIT), -EAGAIN);
	obj = kddm_grab(set[A], 4, 0);
	FAILS(kddm_get(set[A], 4, KDDM_NOWAIT), -EAGAIN);
	kddm_put(obj);
}

static void find(void)
{
	struct kddm_obj *obj;

	FAILS(kddm_find(set[B], 5), -ENOENT);
	write_value(A, 5, 9);
	FAILS(kddm_find(set[B], 5), -ENOENT);
	read_value(B, 5);
	obj = kddm_find(set[B], 5);
	CHECK_EQ(value_of(obj), 9);
	kddm_put(obj);
	obj = kddm_grab(set[B], 5, 0);
	FAILS(kddm_find(set[B], 5), -EAGAIN);
	FAILS(kddm_find(set[A], 5), -ENOENT);
	kddm_put(obj);
}

static void interruptible(void)
{
	struct kddm_obj *obj = kddm_grab(set[A], 6, 0);

	set_tsk_thread_flag(current, TIF_SIGPENDING);
	FAILS(kddm_get(set[B], 6, KDDM_INTR), -ERESTARTSYS);
	FAILS(kddm_grab(set[A], 6, KDDM_INTR), -ERESTARTSYS);
	clear_tsk_thread_flag(current, TIF_SIGPENDING);
	recalc_sigpending();
	*(u64 *)kddm_data(obj) = 3;
	kddm_put(obj);
	CHECK_EQ(read_value(B, 6), 3);
}

static void manual_fill(void)
{
	struct kddm_obj *obj;

	obj = kddm_grab(set[B], 7, KDDM_EXCL);
	if (!CHECK_EQ(PTR_ERR_OR_ZERO(obj), 0))
		return;
	CHECK(kddm_is_new(obj));
	*(u64 *)kddm_data(obj) = 5;
	kddm_put(obj);
	FAILS(kddm_grab(set[B], 7, KDDM_EXCL), -EEXIST);
	FAILS(kddm_grab(set[C], 7, KDDM_EXCL), -EEXIST);
	obj = kddm_grab(set[C], 7, KDDM_MANUAL);
	CHECK(!kddm_is_new(obj));
	CHECK_EQ(value_of(obj), 5);
	kddm_remove_held(obj);
	obj = kddm_grab(set[A], 7, KDDM_MANUAL);
	CHECK(kddm_is_new(obj));
	CHECK_EQ(value_of(obj), 0);
	kddm_put(obj);
	FAILS(kddm_get(set[A], 7, KDDM_MANUAL), -EINVAL);
	FAILS(kddm_get(set[A], 7, KDDM_EXCL), -EINVAL);
	FAILS(kddm_get(set[A], 7, 0x1000), -EINVAL);
}

static void set_value(void)
{
	u64 value = 0x1234;
	char big[65];

	CHECK_EQ(kddm_set_value(set[C], 8, &value, sizeof(value)), 0);
	CHECK_EQ(read_value(A, 8), 0x1234);
	CHECK_EQ(kddm_set_value(set[B], 8, &value, sizeof(value)), -EEXIST);
	CHECK_EQ(kddm_set_value(set[B], 80, big, sizeof(big)), -EINVAL);
	FAILS(kddm_get(set[A], 80, KDDM_NOCREATE), -ENOENT);
}

static void upgrade(void)
{
	struct kddm_obj *a, *b;

	write_value(A, 9, 1);
	a = kddm_get(set[A], 9, 0);
	CHECK_EQ(kddm_upgrade(a, 0), 0);
	*(u64 *)kddm_data(a) = 2;
	kddm_put(a);
	b = kddm_get(set[B], 9, 0);
	CHECK_EQ(kddm_upgrade(b, 0), 0);	/* A's copy goes */
	*(u64 *)kddm_data(b) = 3;
	kddm_put(b);
	CHECK_EQ(read_value(A, 9), 3);
	a = kddm_get(set[A], 9, 0);
	b = kddm_get(set[B], 9, 0);
	CHECK_EQ(kddm_upgrade(a, KDDM_TRY), -EBUSY);	/* and lets go of it */
	CHECK_EQ(kddm_upgrade(b, KDDM_TRY), 0);
	kddm_put(b);
}

static void downgrade(void)
{
	struct kddm_obj *a = kddm_grab(set[A], 10, 0);

	*(u64 *)kddm_data(a) = 4;
	kddm_downgrade(a);
	CHECK_EQ(read_value(B, 10), 4);
	FAILS(kddm_grab(set[C], 10, KDDM_TRY), -EBUSY);
	CHECK_EQ(value_of(a), 4);
	kddm_put(a);
	FAILS(kddm_grab(set[C], 10, KDDM_TRY), 0);
}

static void prefetch_objects(void)
{
	int i;

	for (i = 0; i < 100; i++)
		write_value(A, 1000 + i, i);
	for (i = 0; i < 100; i++)
		CHECK_EQ(kddm_prefetch(set[B], 1000 + i, i % 2), 0);
	for (i = 0; i < 100; i++) {
		CHECK(client_await(is_here, B, 1000 + i));
		CHECK_EQ(read_value(B, 1000 + i), i);
		if (i % 2)	/* owned, and nobody else has a copy */
			FAILS(kddm_grab(set[B], 1000 + i, KDDM_NOWAIT), 0);
	}
}

/* Those that are asked for together come as well, and so do the others. */
static void prefetch_many(void)
{
	int i;

	for (i = 0; i < 100; i++)
		write_value(A, 3000 + i, i);
	CHECK_EQ(kddm_prefetch_range(set[B], 3000, 0, false), 0);
	CHECK_EQ(kddm_prefetch_range(set[B], 3000, 70, false), 0);
	CHECK_EQ(kddm_prefetch_range(set[B], 3050, 50, true), 0);
	for (i = 0; i < 100; i++) {
		CHECK(client_await(is_here, B, 3000 + i));
		CHECK_EQ(read_value(B, 3000 + i), i);
	}
	for (i = 70; i < 100; i++)
		FAILS(kddm_grab(set[B], 3000 + i, KDDM_NOWAIT), 0);
	CHECK_EQ(kddm_prefetch_range(set[B], ULONG_MAX, 2, false), -ERANGE);
	FAILS(kddm_find(set[B], ULONG_MAX), -ENOENT);
}

struct seen {
	unsigned int	nr, owned, valid;
	u64		last;
};

static int look(const struct kddm_obj_info *info, void *arg)
{
	struct seen *seen = arg;

	CHECK(!seen->nr || info->id > seen->last);
	seen->last = info->id;
	seen->nr++;
	seen->owned += info->owner;
	seen->valid += info->valid;
	return 0;
}

static struct seen walk(int node, u64 from)
{
	struct seen seen = { };

	CHECK_EQ(kddm_walk(set[node], from, look, &seen), 0);
	return seen;
}

static void push(void)
{
	struct kddm_obj *obj;

	CHECK_EQ(kddm_push(set[A], 1, kddm_self(client_net[B])), -ENOENT);
	write_value(A, 1, 5);
	fails(kddm_find(set[B], 1), -ENOENT, "no copy yet");
	CHECK_EQ(kddm_push(set[A], 1, kddm_self(client_net[B])), 0);
	obj = kddm_find(set[B], 1);
	if (CHECK_EQ(PTR_ERR_OR_ZERO(obj), 0)) {
		CHECK_EQ(value_of(obj), 5);
		kddm_put(obj);
	}
	CHECK_EQ(kddm_push(set[C], 1, kddm_self(client_net[C])), 0);
	CHECK_EQ(kddm_push(set[A], 1, 1000), -EHOSTDOWN);
	write_value(C, 1, 6);
	CHECK_EQ(read_value(B, 1), 6);
}

static void flush(void)
{
	int other = kddm_self(client_net[C]);
	struct kddm_obj *obj;

	write_value(A, 2000, 6);
	CHECK_EQ(read_value(B, 2000), 6);
	CHECK_EQ(kddm_flush(set[B], 2000, KDDM_ANY_NODE), 0);
	FAILS(kddm_find(set[B], 2000), -ENOENT);
	CHECK_EQ(kddm_flush(set[A], 2000, other), 0);
	FAILS(kddm_find(set[A], 2000), -ENOENT);
	obj = kddm_find(set[C], 2000);
	CHECK_EQ(value_of(obj), 6);
	CHECK_EQ(kddm_flush(set[C], 2000, KDDM_ANY_NODE), -EBUSY);
	kddm_put(obj);
	CHECK_EQ(kddm_flush(set[C], 2000, other), -EHOSTDOWN);
	CHECK_EQ(kddm_flush(set[C], 2000, 1023), -EHOSTDOWN);
	CHECK_EQ(kddm_flush(set[C], 2000, KDDM_ANY_NODE), 0);
	CHECK_EQ(read_value(C, 2000), 6);
	CHECK_EQ(kddm_flush(set[A], 2001, KDDM_ANY_NODE), 0);
}

static void flush_set(void)
{
	int i;

	for (i = 0; i < 30; i++)
		write_value(A, 3000 + i, i);
	CHECK_EQ(kddm_flush_set(set[A], kddm_self(client_net[B])), 0);
	CHECK_EQ(walk(A, 0).valid, 0);
	for (i = 0; i < 30; i++)
		CHECK_EQ(read_value(C, 3000 + i), i);
}

static void walks(void)
{
	struct seen seen;
	int i;

	for (i = 0; i < 10; i++)
		write_value(C, (1ULL << 31) + i, i);
	seen = walk(C, 1ULL << 31);
	CHECK_EQ(seen.nr, 10);
	CHECK_EQ(seen.owned, 10);
	CHECK_EQ(walk(C, (1ULL << 31) + 4).nr, 6);
}

static void ids(void)
{
	u64 big = 1ULL << 40;

	if (sizeof(long) == 8) {
		write_value(A, big, 1);
		CHECK_EQ(read_value(B, big), 1);
		write_value(B, ~0ULL, 2);
		CHECK_EQ(read_value(C, ~0ULL), 2);
	} else {
		FAILS(kddm_get(set[A], big, 0), -ERANGE);
	}
}

static void in_set(struct kddm_set_attr attr, void (*test)(void),
		   const char *name)
{
	client_begin(name);
	if (!client_open(set, &attr)) {
		test();
		client_close(set, attr.name);
	}
	client_end();
}

static void exclusive(void)
{
	struct kddm_obj *obj;

	write_value(A, 1, 1);
	obj = kddm_get(set[B], 1, 0);
	CHECK_EQ(value_of(obj), 1);
	FAILS(kddm_get(set[A], 1, KDDM_TRY), -EBUSY);
	FAILS(kddm_get(set[B], 1, KDDM_TRY), -EBUSY);
	CHECK_EQ(kddm_upgrade(obj, 0), 0);
	kddm_downgrade(obj);
	FAILS(kddm_get(set[A], 1, KDDM_TRY), -EBUSY);
	kddm_put(obj);
	FAILS(kddm_get(set[A], 1, KDDM_TRY), 0);
}

/* Numbers from @first on fill an object; let go of it. */
static void number(struct kddm_obj *obj, u32 size, u32 first)
{
	u32 *word, i;

	if (!CHECK(!IS_ERR(obj)))
		return;
	word = kddm_data(obj);
	for (i = 0; i < size / sizeof(*word); i++)
		word[i] = first + i;
	kddm_put(obj);
}

/* Do they?  Let go of it too. */
static bool numbered(struct kddm_obj *obj, u32 size, u32 first)
{
	u32 *word, i, n = size / sizeof(*word);

	if (IS_ERR(obj))
		return false;
	word = kddm_data(obj);
	for (i = 0; i < n && word[i] == first + i; i++)
		;
	kddm_put(obj);
	return i == n;
}

/* Its contents are neither sent nor received as those of others are. */
static void large(void)
{
	u32 size = kddm_set_size(set[A]), i;
	struct kddm_obj *obj;

	CHECK_EQ(size, KDDM_OBJ_SIZE_MAX);
	number(kddm_grab(set[A], 2, 0), size, 1);
	CHECK_EQ(kddm_remove(set[A], 2), 0);
	obj = kddm_get(set[A], 2, 0);
	CHECK(!memchr_inv(kddm_data(obj), 0, size));
	kddm_put(obj);
	for (i = 0; i < 20; i++) {
		number(kddm_grab(set[i % NODES], 1, 0), size, i << 20);
		CHECK(numbered(kddm_get(set[(i + 1) % NODES], 1, 0), size,
			       i << 20));
		CHECK(numbered(kddm_grab(set[(i + 2) % NODES], 1, 0), size,
			       i << 20));
	}
	for (i = 0; i < 40; i++)
		number(kddm_grab(set[A], 100 + i, 0), size, i << 20);
	CHECK_EQ(kddm_prefetch_range(set[B], 100, 40, false), 0);
	for (i = 0; i < 40; i++)
		CHECK(numbered(kddm_get(set[B], 100 + i, 0), size, i << 20));
}

/*
 * What a hold time keeps waiting, and what not.  False if this machine was so
 * slow that it may have been over.
 */
static bool hold_once(u64 id, unsigned long ticks)
{
	unsigned long start = jiffies;
	struct kddm_obj *obj;
	bool in_time;

	write_value(A, id, 1);
	obj = kddm_grab(set[B], id, KDDM_TRY);
	in_time = time_before(jiffies, start + ticks);
	if (!in_time) {
		if (!IS_ERR(obj))
			kddm_put(obj);
		return false;
	}
	fails(obj, -EBUSY, "a try within the hold time");
	CHECK_EQ(read_value(C, id), 1);
	CHECK_EQ(kddm_prefetch(set[B], id, true), 0);
	write_value(A, id, 2);		/* passes B, and C's copy goes */
	CHECK_EQ(read_value(C, id), 2);
	in_time = time_before(jiffies, start + ticks);
	if (in_time) {
		obj = kddm_find(set[A], id);
		CHECK_EQ(value_of(obj), 2);
		if (!IS_ERR(obj))
			kddm_put(obj);
	}
	write_value(B, id, 3);
	CHECK(time_after_eq(jiffies, start + ticks));
	CHECK_EQ(read_value(A, id), 3);
	return in_time;
}

/* As long as B's wish is on its way, B takes nothing. */
static bool flushed(int node, u64 id)
{
	return !kddm_flush(set[node], id, KDDM_ANY_NODE);
}

static void hold(void)
{
	unsigned long ticks = msecs_to_jiffies(KDDM_SET_HOLD_MAX);
	int i;

	for (i = 0; i < 5 && !hold_once(1 + i, ticks); i++)
		;
	CHECK(i < 5);
	/* Of its own will the owner lets go at once; who waits gets it. */
	write_value(A, 10, 1);
	CHECK_EQ(kddm_flush(set[A], 10, kddm_self(client_net[C])), 0);
	FAILS(kddm_find(set[A], 10), -ENOENT);
	write_value(A, 11, 1);
	CHECK_EQ(kddm_prefetch(set[B], 11, true), 0);
	CHECK(client_await(flushed, A, 11));
	FAILS(kddm_find(set[A], 11), -ENOENT);
	CHECK_EQ(read_value(B, 11), 1);
	/* What is removed is nobody's, and what others wait for made anew. */
	write_value(A, 12, 1);
	CHECK_EQ(kddm_prefetch(set[B], 12, true), 0);
	CHECK_EQ(kddm_remove(set[A], 12), 0);
	CHECK_EQ(read_value(B, 12), 0);
}

#define PING_PONG	HZ	/* ticks for which two nodes write */

/**
 * struct writer - a thread that writes object 1
 * @node: on this node
 * @writes: how often it did
 * @moves: how often it found that the other one had written last
 * @err: of an operation, or 0
 * @task: the thread
 */
struct writer {
	int			node;
	unsigned int		writes;
	unsigned int		moves;
	int			err;
	struct task_struct	*task;
};

static int write_on(void *arg)
{
	struct writer *w = arg;
	struct kddm_obj *obj;

	while (!kthread_should_stop() && !w->err) {
		obj = kddm_grab(set[w->node], 1, 0);
		w->err = PTR_ERR_OR_ZERO(obj);
		if (w->err)
			break;
		w->moves += *(u64 *)kddm_data(obj) != w->node;
		*(u64 *)kddm_data(obj) = w->node;
		kddm_put(obj);
		w->writes++;
		cond_resched();
	}
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	return 0;
}

#define HOLD		200	/* ms */

/* Returns how often it was handed over. */
static unsigned int ping_pong(void)
{
	struct writer w[2] = { { .node = A }, { .node = B } };
	unsigned int moved = 0;
	int i;

	for (i = 0; i < 2; i++)
		w[i].task = kthread_run(write_on, &w[i], "kddm-write/%d", i);
	schedule_timeout_uninterruptible(PING_PONG);
	for (i = 0; i < 2; i++) {
		if (!CHECK_EQ(PTR_ERR_OR_ZERO(w[i].task), 0))
			continue;
		kthread_stop(w[i].task);
		CHECK_EQ(w[i].err, 0);
		CHECK(w[i].writes);
		moved += w[i].moves;
	}
	pr_info("# two nodes write for a second: %u and %u writes, %u hand-overs\n",
		w[0].writes, w[1].writes, moved);
	return moved;
}

/* With a hold time there is no time for more. */
static void two_writers(void)
{
	unsigned long start = jiffies;
	unsigned int moved = ping_pong();

	CHECK(moved <= jiffies_to_msecs(jiffies - start) / HOLD + 2);
}

/* What would be too much with one has to be what happens without. */
static void fast_writers(void)
{
	unsigned long start = jiffies;
	unsigned int moved = ping_pong();

	CHECK(moved > jiffies_to_msecs(jiffies - start) / HOLD + 2);
}

/* A folio is mapped, and what is written there is seen elsewhere. */
static void pages(void)
{
	struct kddm_obj *obj = kddm_grab(set[A], 1, 0);
	char *map;

	if (!CHECK_EQ(PTR_ERR_OR_ZERO(obj), 0))
		return;
	map = kmap_local_folio(kddm_data(obj), 0);
	CHECK(!memchr_inv(map, 0, PAGE_SIZE));
	memset(map, 0x5a, PAGE_SIZE);
	kunmap_local(map);
	kddm_put(obj);
	obj = kddm_get(set[B], 1, 0);
	map = kmap_local_folio(kddm_data(obj), 0);
	CHECK(!memchr_inv(map, 0x5a, PAGE_SIZE));
	kunmap_local(map);
	kddm_put(obj);
	CHECK_EQ(kddm_set_value(set[C], 2, "short", 5), 0);
	obj = kddm_get(set[A], 2, 0);
	map = kmap_local_folio(kddm_data(obj), 0);
	CHECK(!memcmp(map, "short", 5));
	CHECK(!memchr_inv(map + 5, 0, PAGE_SIZE - 5));
	kunmap_local(map);
	kddm_put(obj);
}

/* What is held stays; everything else ends. */
static void under_users(void)
{
	struct kddm_set_attr attr = plain();
	struct kddm_obj *obj, *other;
	struct seen seen = { };
	int i;

	client_begin("forced destruction");
	if (client_open(set, &attr)) {
		client_end();
		return;
	}
	write_value(A, 1, 1);
	obj = kddm_get(set[B], 1, 0);
	other = kddm_grab(set[C], 2, 0);
	CHECK_EQ(kddm_set_destroy(client_net[A], "client", false), -EBUSY);
	CHECK_EQ(kddm_set_destroy(client_net[A], "client", true), 0);
	CHECK_EQ(value_of(obj), 1);
	FAILS(kddm_get(set[A], 1, 0), -ESHUTDOWN);
	FAILS(kddm_grab(set[B], 3, 0), -ESHUTDOWN);
	CHECK_EQ(kddm_prefetch(set[C], 4, true), -ESHUTDOWN);
	CHECK_EQ(kddm_prefetch_range(set[C], 4, 2, true), -ESHUTDOWN);
	CHECK_EQ(kddm_upgrade(obj, 0), -ESHUTDOWN);
	FAILS(kddm_find(set[A], 1), -ESHUTDOWN);
	CHECK_EQ(kddm_prefetch(set[A], 1, false), -ESHUTDOWN);
	CHECK_EQ(kddm_flush(set[A], 1, KDDM_ANY_NODE), -ESHUTDOWN);
	CHECK_EQ(kddm_flush_set(set[A], KDDM_ANY_NODE), -ESHUTDOWN);
	CHECK_EQ(kddm_push(set[A], 1, kddm_self(client_net[B])), -ESHUTDOWN);
	CHECK_EQ(kddm_sync(set[A], 1), -ESHUTDOWN);
	CHECK_EQ(kddm_remove(set[A], 1), -ESHUTDOWN);
	CHECK_EQ(kddm_walk(set[A], 0, look, &seen), -ESHUTDOWN);
	CHECK_EQ(kddm_downgrade(other), 0);
	kddm_put(other);
	for (i = 0; i < NODES; i++)
		kddm_set_close(set[i]);
	CHECK_EQ(PTR_ERR(kddm_set_open(client_net[B], "client")), -ENOENT);
	client_end();
}

static void create(void)
{
	struct kddm_set_attr attr = plain();
	struct kddm_set *s;

	client_begin("sets that cannot be");
	attr.size = 0;
	CHECK_EQ(PTR_ERR(kddm_set_create(client_net[A], &attr)), -EINVAL);
	attr.size = KDDM_OBJ_SIZE_MAX + 1;
	CHECK_EQ(PTR_ERR(kddm_set_create(client_net[A], &attr)), -EINVAL);
	attr.size = 8;
	attr.name = "";
	CHECK_EQ(PTR_ERR(kddm_set_create(client_net[A], &attr)), -EINVAL);
	attr.name = "two words";
	CHECK_EQ(PTR_ERR(kddm_set_create(client_net[A], &attr)), -EINVAL);
	attr = plain();
	attr.flags = 0x100;
	CHECK_EQ(PTR_ERR(kddm_set_create(client_net[A], &attr)), -EINVAL);
	attr = plain();
	attr.hold = KDDM_SET_HOLD_MAX + 1;
	CHECK_EQ(PTR_ERR(kddm_set_create(client_net[A], &attr)), -EINVAL);
	attr = plain();
	attr.linker = "nosuch";
	CHECK_EQ(PTR_ERR(kddm_set_create(client_net[A], &attr)), -ENOENT);
	attr.linker = "page";
	CHECK_EQ(PTR_ERR(kddm_set_create(client_net[A], &attr)), -EINVAL);
	attr = plain();
	attr.home = 1023;
	CHECK_EQ(PTR_ERR(kddm_set_create(client_net[A], &attr)), -EHOSTDOWN);
	CHECK_EQ(PTR_ERR(kddm_set_open(client_net[B], "client")), -ENOENT);
	attr = plain();
	s = kddm_set_create(client_net[B], &attr);
	CHECK_EQ(PTR_ERR_OR_ZERO(s), 0);
	CHECK_EQ(PTR_ERR(kddm_set_create(client_net[C], &attr)), -EEXIST);
	CHECK_EQ(kddm_set_destroy(client_net[A], "client", false), -EBUSY);
	kddm_set_close(s);
	CHECK_EQ(kddm_set_destroy(client_net[A], "client", false), 0);
	CHECK_EQ(kddm_set_destroy(client_net[A], "client", false), -ENOENT);
	client_end();
}

/* What is put is what all read, whoever keeps it. */
static void replicas(void)
{
	u64 id, turn;

	for (turn = 1; turn < 5; turn++)
		for (id = 0; id < 16; id++)
			write_value((id + turn) % NODES, id, turn * 100 + id);
	for (id = 0; id < 16; id++) {
		CHECK_EQ(read_value(A, id), 400 + id);
		CHECK_EQ(read_value(C, id), 400 + id);
		write_value(B, id, id);
		CHECK_EQ(read_value(A, id), id);
		CHECK_EQ(kddm_remove(set[C], id), 0);
		CHECK_EQ(kddm_remove(set[A], id), -ENOENT);
		CHECK_EQ(read_value(B, id), 0);
	}
}

void client_test_api(void)
{
	struct kddm_set_attr attr;
	int i;

	create();
	under_users();
	in_set(plain(), nocreate, "no-create and remove");
	in_set(plain(), try_writer, "try beside a writer");
	in_set(plain(), try_readers, "try beside readers");
	in_set(plain(), nowait, "no wait");
	in_set(plain(), find, "find");
	in_set(plain(), interruptible, "a signal ends the wait");
	in_set(plain(), manual_fill, "exclusive creation and manual fill");
	in_set(plain(), set_value, "initial value");
	in_set(plain(), upgrade, "upgrade");
	in_set(plain(), downgrade, "downgrade");
	in_set(plain(), prefetch_objects, "prefetch");
	in_set(plain(), prefetch_many, "prefetch of many");
	in_set(plain(), push, "push");
	in_set(plain(), flush, "flush");
	in_set(plain(), flush_set, "flush of a set");
	in_set(plain(), walks, "walk");
	in_set(plain(), ids, "ids of 64 bits");
	attr = plain();
	attr.flags = KDDM_SET_EXCLUSIVE;
	in_set(attr, exclusive, "an exclusive set");
	attr = plain();
	attr.flags = KDDM_SET_TOUCH_HOME;
	in_set(attr, nocreate, "first touch at home");
	for (i = 0; i < NODES; i++) {
		attr.home = kddm_self(client_net[i]);
		in_set(attr, manual_fill, "manual fill, first touch at home");
		in_set(attr, set_value, "initial value, first touch at home");
	}
	attr = plain();
	attr.home = kddm_self(client_net[C]);
	in_set(attr, nocreate, "one home for all objects");
	attr = plain();
	attr.hold = KDDM_SET_HOLD_MAX;
	in_set(attr, hold, "a hold time");
	attr.flags = KDDM_SET_TOUCH_HOME;
	attr.home = kddm_self(client_net[C]);
	in_set(attr, hold, "a hold time, first touch at home");
	in_set(plain(), fast_writers, "two writers");
	attr = plain();
	attr.hold = HOLD;
	in_set(attr, two_writers, "two writers, with a hold time");
	attr = plain();
	attr.replicas = 2;
	in_set(attr, replicas, "two replicas");
	attr.replicas = KDDM_SET_REPLICAS_MAX;
	in_set(attr, replicas, "more replicas than nodes");
	in_set(attr, nocreate, "no-create and remove, with replicas");
	in_set(attr, upgrade, "upgrade, with replicas");
	in_set(attr, downgrade, "downgrade, with replicas");
	in_set(attr, fast_writers, "two writers, with replicas");
	attr = plain();
	attr.size = KDDM_OBJ_SIZE_MAX;
	in_set(attr, large, "objects of 64 KiB");
	attr.replicas = 3;
	in_set(attr, large, "objects of 64 KiB with replicas");
	attr = plain();
	attr.size = PAGE_SIZE;
	attr.linker = "page";
	in_set(attr, pages, "pages");
}
