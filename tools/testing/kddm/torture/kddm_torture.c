// SPDX-License-Identifier: GPL-2.0-only
/*
 * Torture test of KDDM, in the manner of locktorture and rcutorture.
 *
 * Threads on every node that this kernel hosts (one node per network namespace)
 * get, grab and remove a few objects at random.  Because all nodes are in one
 * kernel, the test can keep beside each object a record of what must be in it
 * (struct oracle), which no message of KDDM ever touches:
 *
 * - a writer checks that nobody else is inside and that the object holds what
 *   the last writer left (no lost update), then writes something new;
 * - a reader checks that no writer is inside and that the object holds what the
 *   last writer left (no stale read), on entry and again before it leaves;
 * - every word of an object follows from its header (no torn object).
 *
 * With busted=1 some writers only get the object that they write.  Such a test
 * must fail: it shows that the checks can.
 *
 * With faults=1 somebody makes allocations fail meanwhile: calls may then end
 * with -ENOMEM, where kddm.h says so.
 */
#define pr_fmt(fmt) "kddm_torture: " fmt

#include <linux/delay.h>
#include <linux/kddm.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mm.h>
#include <linux/net_namespace.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/net_namespace.h>
#include "../nodes.h"

static int seconds = 60;
module_param(seconds, int, 0444);
MODULE_PARM_DESC(seconds, "how long the threads run");

static int nobjects = 8;
module_param(nobjects, int, 0444);
MODULE_PARM_DESC(nobjects, "number of objects, 1 to 1024");

static int nthreads = 2;
module_param(nthreads, int, 0444);
MODULE_PARM_DESC(nthreads, "threads on each node, 1 to 16");

static int size = 256;
module_param(size, int, 0444);
MODULE_PARM_DESC(size, "bytes of an object, 64 to 65536");

static ushort hold;
module_param(hold, ushort, 0444);
MODULE_PARM_DESC(hold, "minimum hold time in milliseconds");

static unsigned long seed;
module_param(seed, ulong, 0444);
MODULE_PARM_DESC(seed, "of the random choices; 0: choose one and print it");

static char *linker = "memory";
module_param(linker, charp, 0444);
MODULE_PARM_DESC(linker, "of the set: memory, or page (size=4096)");

static bool faults;
module_param(faults, bool, 0444);
MODULE_PARM_DESC(faults, "allocations are made to fail, which calls may tell");

static bool busted;
module_param(busted, bool, 0444);
MODULE_PARM_DESC(busted, "write without the right to; the test must fail");

static int result = -1;
module_param(result, int, 0444);
MODULE_PARM_DESC(result, "-1: running, otherwise the number of errors");

#define MAX_NODES	16
#define ENOUGH		5000	/* operations for each kind to have come */
#define SET_NAME	"kddm-torture"

/* What the words of an object start with; the others follow from it. */
struct header {
	u64 count;	/* grabs since the object was created */
	u64 stamp;	/* random, new with each grab */
	u32 node;	/* of the last writer */
	u32 sum;	/* of the above and the object's id */
};

/* What must be in an object.  Protected by the object itself being held. */
struct oracle {
	u64		count;
	u64		stamp;
	u32		node;
	atomic_t	readers;
	atomic_t	writers;
};

/* What is counted; a test in which one of them never came was none. */
enum count {
	GETS, GRABS, REMOVES, ABSENT, BUSY, AGAIN, FOUND, VALUES, UPGRADES,
	ATOMIC_UPGRADES, DOWNGRADES, PREFETCHES, FLUSHES, WALKED,
	/* Only with faults=1; they need not be. */
	NOMEM_TAKES, NOMEM_UPGRADES, NOMEM_PREFETCHES, NOMEM_FLUSHES,
	NR_COUNTS
};

static const char * const count_names[NR_COUNTS] = {
	"gets", "grabs", "removes", "found nothing", "busy", "would wait",
	"found", "values", "upgrades", "of these atomic", "downgrades",
	"prefetches", "flushes", "walked",
	"takes without memory", "upgrades without memory",
	"prefetches without memory", "flushes without memory"
};

struct thread {
	struct task_struct	*task;
	struct kddm_set		*set;
	struct rnd_state	rnd;
	int			node;
	u64			count[NR_COUNTS];
};

static struct net *nets[MAX_NODES];
static struct kddm_set *sets[MAX_NODES];
static struct thread *threads;
static struct oracle *oracles;
static struct task_struct *controller;
static int nnodes;
static bool is_page;
static atomic_t errors = ATOMIC_INIT(0);

#define torture_error(t, id, fmt, ...)					\
do {									\
	if (atomic_inc_return(&errors) <= 20)				\
		pr_alert("node %d object %llu: " fmt "\n",		\
			 (t)->node, (u64)(id), ##__VA_ARGS__);		\
} while (0)

/* The contents; what the linker "page" gives is a folio, always mapped here. */
static void *contents(struct kddm_obj *obj)
{
	void *data = kddm_data(obj);

	return is_page ? folio_address(data) : data;
}

/* An allocation was made to fail: counted, if it may be. */
static bool no_memory(struct thread *t, long err, enum count which)
{
	if (err != -ENOMEM || !faults)
		return false;
	t->count[which]++;
	return true;
}

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
	return (size - sizeof(struct header)) / sizeof(u64);
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

static void check(struct thread *t, u64 id, const struct header *h,
		  const char *who)
{
	struct oracle *o = &oracles[id];

	if (!whole(h, id))
		torture_error(t, id, "%s finds it torn", who);
	else if (h->count != o->count || h->stamp != o->stamp ||
		 h->node != o->node)
		torture_error(t, id, "%s finds %llu of node %u, not %llu of %u",
			      who, h->count, h->node, o->count, o->node);
}

static void write_object(struct thread *t, u64 id, struct header *h)
{
	struct oracle *o = &oracles[id];
	u64 *w = (u64 *)(h + 1);
	int i;

	h->count++;
	h->stamp = (u64)prandom_u32_state(&t->rnd) << 32 |
		   prandom_u32_state(&t->rnd);
	h->node = t->node;
	h->sum = checksum(h, id);
	for (i = 0; i < words(); i++)
		w[i] = word(h, i);
	o->count = h->count;
	o->stamp = h->stamp;
	o->node = h->node;
}

static void dawdle(struct thread *t)
{
	u32 r = prandom_u32_state(&t->rnd) % 64;

	if (!r)
		usleep_range(50, 500);
	else if (r < 8)
		cond_resched();
}

static bool chance(struct thread *t, unsigned int percent)
{
	return prandom_u32_state(&t->rnd) % 100 < percent;
}

static void read_one(struct thread *t, u64 id, struct kddm_obj *obj)
{
	struct oracle *o = &oracles[id];

	atomic_inc(&o->readers);
	if (atomic_read(&o->writers))
		torture_error(t, id, "a reader meets a writer");
	check(t, id, contents(obj), "a reader that enters");
	dawdle(t);
	check(t, id, contents(obj), "a reader that leaves");
	atomic_dec(&o->readers);
	t->count[GETS]++;
}

static void write_one(struct thread *t, u64 id, struct kddm_obj *obj,
		      bool remove)
{
	struct oracle *o = &oracles[id];
	bool downgrade = !remove && !busted && chance(t, 10);

	if (atomic_inc_return(&o->writers) != 1 || atomic_read(&o->readers))
		torture_error(t, id, "a writer is not alone");
	check(t, id, contents(obj), "a writer");
	dawdle(t);
	if (remove) {
		o->count = 0;
		o->stamp = 0;
		o->node = 0;
	} else {
		write_object(t, id, contents(obj));
	}
	atomic_dec(&o->writers);
	if (remove) {
		kddm_remove_held(obj);
		t->count[REMOVES]++;
		return;
	}
	t->count[GRABS]++;
	if (downgrade) {
		kddm_downgrade(obj);
		t->count[DOWNGRADES]++;
		read_one(t, id, obj);
	}
	kddm_put(obj);
}

/* From reader to writer; between two of our looks nobody may have written. */
static void upgrade_one(struct thread *t, u64 id, struct kddm_obj *obj)
{
	u64 stamp = ((struct header *)contents(obj))->stamp;
	bool try = chance(t, 20);
	int ret;

	ret = kddm_upgrade(obj, try ? KDDM_TRY : 0);
	if (ret == -EBUSY && try) {
		t->count[BUSY]++;
		return;
	}
	if (ret < 0) {
		if (!no_memory(t, ret, NOMEM_UPGRADES))
			torture_error(t, id, "upgrade: error %d", ret);
		return;
	}
	if (!ret && ((struct header *)contents(obj))->stamp != stamp)
		torture_error(t, id, "an upgrade was not atomic");
	t->count[UPGRADES]++;
	t->count[ATOMIC_UPGRADES] += !ret;
	write_one(t, id, obj, false);
}

/* An error that the flags ask for is counted. */
static void expected(struct thread *t, u64 id, unsigned int flags, long err)
{
	if (err == -ENOENT && flags & KDDM_NOCREATE)
		t->count[ABSENT]++;
	else if (err == -EBUSY && flags & KDDM_TRY)
		t->count[BUSY]++;
	else if (err == -EAGAIN && flags & KDDM_NOWAIT)
		t->count[AGAIN]++;
	else if (!no_memory(t, err, NOMEM_TAKES) &&
		 (err != -ERESTARTSYS || !(flags & KDDM_INTR) ||
		  !kthread_should_stop()))
		torture_error(t, id, "error %ld, flags %#x", err, flags);
}

static unsigned int choose_flags(struct thread *t)
{
	return (chance(t, 20) ? KDDM_NOCREATE : 0) |
	       (chance(t, 15) ? KDDM_TRY : 0) |
	       (chance(t, 5) ? KDDM_NOWAIT : 0) |
	       (chance(t, 10) ? KDDM_INTR : 0);
}

/* Reads and writes, which is most of what is done. */
static void use(struct thread *t, u64 id)
{
	unsigned int flags = choose_flags(t);
	bool write = chance(t, 50);
	struct kddm_obj *obj;

	if (write && !(busted && chance(t, 12)))
		obj = kddm_grab(t->set, id, flags);
	else
		obj = kddm_get(t->set, id, flags);
	if (IS_ERR(obj)) {
		expected(t, id, flags, PTR_ERR(obj));
		return;
	}
	/* Without the right to it, removing would only be refused. */
	if (write) {
		write_one(t, id, obj, !busted && chance(t, 10));
		return;
	}
	read_one(t, id, obj);
	if (!busted && chance(t, 15))
		upgrade_one(t, id, obj);
	else
		kddm_put(obj);
}

static void find_one(struct thread *t, u64 id)
{
	struct kddm_obj *obj = kddm_find(t->set, id);

	if (!IS_ERR(obj)) {
		read_one(t, id, obj);
		kddm_put(obj);
		t->count[FOUND]++;
	} else if (PTR_ERR(obj) != -ENOENT && PTR_ERR(obj) != -EAGAIN) {
		torture_error(t, id, "find: error %ld", PTR_ERR(obj));
	}
}

/* Create an object with a value, if there is none. */
static void set_value(struct thread *t, u64 id)
{
	struct kddm_obj *obj;

	obj = kddm_grab(t->set, id, KDDM_EXCL);
	if (IS_ERR(obj)) {
		if (PTR_ERR(obj) != -EEXIST &&
		    !no_memory(t, PTR_ERR(obj), NOMEM_TAKES))
			torture_error(t, id, "excl: error %ld", PTR_ERR(obj));
		return;
	}
	if (!kddm_is_new(obj))
		torture_error(t, id, "excl, but it is not new");
	write_one(t, id, obj, false);
	t->count[VALUES]++;
}

static void prefetch_one(struct thread *t, u64 id)
{
	int err = kddm_prefetch(t->set, id, chance(t, 50));

	if (err && err != -EAGAIN && !no_memory(t, err, NOMEM_PREFETCHES))
		torture_error(t, id, "prefetch: error %d", err);
	t->count[PREFETCHES]++;
}

static void flush_one(struct thread *t, u64 id)
{
	int err = kddm_flush(t->set, id, KDDM_ANY_NODE);

	if (err && err != -EBUSY && !no_memory(t, err, NOMEM_FLUSHES))
		torture_error(t, id, "flush: error %d", err);
	t->count[FLUSHES] += !err;
}

static int seen(const struct kddm_obj_info *info, void *arg)
{
	struct thread *t = arg;

	if (info->id >= nobjects)
		torture_error(t, info->id, "walk: no such object");
	t->count[WALKED]++;
	return 0;
}

static void one_operation(struct thread *t)
{
	u64 id = prandom_u32_state(&t->rnd) % nobjects;
	u32 r = prandom_u32_state(&t->rnd) % 100;

	if (busted || r < 80)
		use(t, id);
	else if (r < 85)
		find_one(t, id);
	else if (r < 88)
		set_value(t, id);
	else if (r < 93)
		prefetch_one(t, id);
	else if (r < 99)
		flush_one(t, id);
	else
		kddm_walk(t->set, 0, seen, t);
}

static int torture_thread(void *data)
{
	struct thread *t = data;

	while (!kthread_should_stop()) {
		one_operation(t);
		dawdle(t);
		cond_resched();
	}
	return 0;
}

/*
 * Whether a test of so many operations in which it never came was none.  The
 * rarest one is less than three of a thousand.
 */
static bool must_come(enum count k, u64 operations)
{
	/* Whoever makes allocations fail knows how many did. */
	return k < NOMEM_TAKES && !busted && operations >= ENOUGH;
}

static void report(void)
{
	u64 sum[NR_COUNTS] = { };
	int i, k;

	for (i = 0; i < nnodes * nthreads; i++)
		for (k = 0; k < NR_COUNTS; k++)
			sum[k] += threads[i].count[k];
	for (k = 0; k < NR_COUNTS; k++) {
		if (k < NOMEM_TAKES || faults)
			pr_info("%s: %llu\n", count_names[k], sum[k]);
		if (sum[k] || !must_come(k, sum[GETS] + sum[GRABS]))
			continue;
		pr_err("none of: %s\n", count_names[k]);
		atomic_inc(&errors);
	}
	pr_info("End of test: %s: %d errors, %d nodes, %d threads each, %d objects of %d bytes, seed %lu%s\n",
		atomic_read(&errors) ? "FAILURE" : "SUCCESS",
		atomic_read(&errors), nnodes, nthreads, nobjects, size, seed,
		busted ? ", busted" : "");
}

static void stop_threads(void)
{
	int i;

	for (i = 0; i < nnodes * nthreads; i++)
		if (!IS_ERR_OR_NULL(threads[i].task)) {
			kthread_stop(threads[i].task);
			threads[i].task = NULL;
		}
}

static int control(void *unused)
{
	unsigned long end = jiffies + seconds * HZ;

	while (!kthread_should_stop() && time_before(jiffies, end))
		schedule_timeout_interruptible(HZ / 10);
	stop_threads();
	report();
	WRITE_ONCE(result, atomic_read(&errors));
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 10);
	return 0;
}

static int open_sets(void)
{
	struct kddm_set_attr attr = {
		.name = SET_NAME, .linker = linker, .size = size,
		.home = KDDM_ANY_NODE, .hold = hold,
	};
	int i;

	for (i = 0; i < nnodes; i++) {
		sets[i] = i ? kddm_set_open(nets[i], SET_NAME) :
			kddm_set_create(nets[i], &attr);
		if (IS_ERR(sets[i]))
			return PTR_ERR(sets[i]);
	}
	return 0;
}

static void cleanup(void)
{
	int i, err;

	for (i = 0; i < nnodes; i++)
		kddm_set_close(sets[i]);
	if (nnodes) {
		err = kddm_set_destroy(nets[0], SET_NAME, false);
		if (err && err != -ENOENT)
			pr_alert("destroying the set: %d\n", err);
	}
	for (i = 0; i < nnodes; i++)
		put_net(nets[i]);
	kfree(oracles);
	kfree(threads);
}

static int start_threads(void)
{
	int i;

	for (i = 0; i < nnodes * nthreads; i++) {
		struct thread *t = &threads[i];

		t->set = sets[i % nnodes];
		t->node = kddm_self(nets[i % nnodes]);
		prandom_seed_state(&t->rnd, seed + i);
		t->task = kthread_run(torture_thread, t, "kddm_torture/%d",
				      t->node);
		if (IS_ERR(t->task))
			return PTR_ERR(t->task);
	}
	controller = kthread_run(control, NULL, "kddm_torture");
	return PTR_ERR_OR_ZERO(controller);
}

static int __init kddm_torture_init(void)
{
	int err;

	if (nobjects < 1 || nobjects > 1024 || nthreads < 1 || nthreads > 16 ||
	    size < 64 || size > KDDM_OBJ_SIZE_MAX || seconds < 1)
		return -EINVAL;
	is_page = !strcmp(linker, "page");
	if (!seed)
		seed = get_random_u32();
	nnodes = kddm_find_nodes(nets, MAX_NODES);
	if (!nnodes) {
		pr_err("no network namespace runs a KDDM node\n");
		return -ENOTCONN;
	}
	pr_info("Start of test: %d nodes, %d s, seed %lu\n", nnodes, seconds,
		seed);
	err = -ENOMEM;
	threads = kcalloc(nnodes * nthreads, sizeof(*threads), GFP_KERNEL);
	oracles = kcalloc(nobjects, sizeof(*oracles), GFP_KERNEL);
	if (threads && oracles)
		err = open_sets();
	if (!err)
		err = start_threads();
	if (err) {
		if (threads)
			stop_threads();
		cleanup();
	}
	return err;
}

static void __exit kddm_torture_exit(void)
{
	kthread_stop(controller);
	cleanup();
}

module_init(kddm_torture_init);
module_exit(kddm_torture_exit);
MODULE_DESCRIPTION("Torture test of KDDM");
MODULE_LICENSE("GPL");
