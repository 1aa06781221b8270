// SPDX-License-Identifier: GPL-2.0-only
/*
 * Torture of objects while nodes fail, leave and come back.
 *
 * As in kddm_torture, threads on every node of this kernel (one per network
 * namespace) get and grab objects, and the test keeps beside each object a
 * record of what must be in it.  Here the record also knows which nodes have a
 * copy, so that it can tell what a failure may lose:
 *
 * - An object of which a node has a copy that has not failed is not lost, and
 *   is what the last writer left.
 * - One of which all copies were with nodes that have failed is in doubt, and
 *   so is one that was on its way.  It may be lost, or be what it was, or
 *   later.  Whoever sees it next settles that for all.
 * - No node ever sees an object go back.
 *
 * Whoever makes a node fail writes its id to the parameter "cut" before, and
 * takes it out of there when it is a member again.  What such a node does
 * meanwhile counts for nothing, so it only reads.  A node that stops and starts
 * needs no such word: nothing may be lost.
 *
 * A lost object stays lost; another one takes its place.
 *
 * With replicas=2, and one node that fails at a time, nothing is lost: what a
 * put has returned 0 for, on whatever node, or what a node that lives has seen,
 * is there, or something later.  Only what the node that fails was about to
 * write is in doubt.
 */
#define pr_fmt(fmt) "kddm_failures: " fmt

#include <linux/delay.h>
#include <linux/kddm.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/net_namespace.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/net_namespace.h>
#include "../nodes.h"

#define SET_NAME	"kddm-failures"
#define MAX_NODES	32
#define SIZE		128
#define OPEN_FOR	64		/* operations */

static int nobjects = 256;
module_param(nobjects, int, 0444);
MODULE_PARM_DESC(nobjects, "number of objects, 1 to 4096");

static int nthreads = 2;
module_param(nthreads, int, 0444);
MODULE_PARM_DESC(nthreads, "threads on each node, 1 to 8");

static int pause_us = 200;
module_param(pause_us, int, 0444);
MODULE_PARM_DESC(pause_us, "what a thread sleeps at most between operations");

static u8 replicas;
module_param(replicas, byte, 0444);
MODULE_PARM_DESC(replicas, "of the set, 2 to 8: one node may fail at a time");

static bool busted;
module_param(busted, bool, 0444);
MODULE_PARM_DESC(busted, "do not believe what \"cut\" says, or, with replicas, make none; the test must fail");

static bool faults;
module_param(faults, bool, 0644);
MODULE_PARM_DESC(faults, "allocations fail: so may operations, with -ENOMEM");

static unsigned long seed;
module_param(seed, ulong, 0444);
MODULE_PARM_DESC(seed, "of the random choices; 0: choose one and print it");

struct contents {
	u64 id;
	u64 count;	/* writes since the object was made */
	u64 stamp;	/* random, new with each write */
	u64 node;	/* of the last writer */
	u64 sum;	/* of the above */
	u64 word[(SIZE - 40) / 8];
};

static_assert(sizeof(struct contents) == SIZE);

/**
 * struct oracle - what must be in an object
 * @lock: protects all of it
 * @id: of the object that has this place now
 * @count: see struct contents
 * @stamp: the same
 * @node: the same
 * @kept_count: of what is not lost when one node fails
 * @kept_stamp: the same
 * @holders: nodes that have this version, as far as known
 * @doubt: it may be lost, or later than this
 * @grabs: grabs under way, by node
 */
struct oracle {
	spinlock_t	lock;		/* see above */
	u64		id;
	u64		count;
	u64		stamp;
	u64		node;
	u64		kept_count;
	u64		kept_stamp;
	u32		holders;
	bool		doubt;
	u8		grabs[MAX_NODES];
};

enum count {
	GETS, GRABS, SOFT, DOUBTS, SETTLED, LOST, OPENS, NOMEM,
	NR_COUNTS
};

static const char * const count_names[NR_COUNTS] = {
	"gets", "grabs", "soft", "doubts", "settled", "lost", "opens",
	"refused"
};

struct thread {
	struct task_struct	*task;
	struct kddm_set		*set;
	struct rnd_state	rnd;
	int			nr;	/* of the node, in @ids */
	bool			away;	/* the node stops */
};

static struct net *nets[MAX_NODES];
static int ids[MAX_NODES];
static int nnodes;
static u32 marked;			/* nodes that fail */
static u32 marks[MAX_NODES];		/* how often each one did */
static struct thread *threads;
static struct oracle *oracles;
static atomic_long_t counts[NR_COUNTS];
static atomic_t errors;
static atomic_t longest;		/* ms that an operation took */
static DEFINE_MUTEX(mark_lock);

#define test_error(t, id, fmt, ...)					\
do {									\
	if (atomic_inc_return(&errors) <= 20)				\
		pr_alert("node %d object %llu: " fmt "\n",		\
			 ids[(t)->nr], (u64)(id), ##__VA_ARGS__);	\
} while (0)

static void counted(enum count which)
{
	atomic_long_inc(&counts[which]);
}

static u64 sum_of(const struct contents *c)
{
	return (c->id * 0x9e3779b97f4a7c15ULL) ^ c->count ^
	       (c->stamp << 7) ^ (c->node << 48) ^ 1;
}

/* A new object is all zero. */
static bool whole(const struct contents *c, u64 id)
{
	int i;

	if (c->count ? c->id != id || c->sum != sum_of(c) : c->sum)
		return false;
	for (i = 0; i < ARRAY_SIZE(c->word); i++)
		if (c->word[i] != (c->count ? c->stamp + i : 0))
			return false;
	return true;
}

static void fill(struct thread *t, struct contents *c, u64 id)
{
	int i;

	c->id = id;
	c->count++;
	c->stamp = (u64)prandom_u32_state(&t->rnd) << 32 |
		   prandom_u32_state(&t->rnd);
	c->node = ids[t->nr];
	c->sum = sum_of(c);
	for (i = 0; i < ARRAY_SIZE(c->word); i++)
		c->word[i] = c->stamp + i;
}

/* One operation: what was known when it began. */
struct op {
	struct thread	*t;
	struct oracle	*o;
	u64		id;
	u32		mark;
	bool		soft;
	ktime_t		start;
};

/* Whether the node has failed since the operation began; with the lock. */
static bool is_soft(const struct op *op)
{
	return op->soft || READ_ONCE(marked) & BIT(op->t->nr) ||
	       READ_ONCE(marks[op->t->nr]) != op->mark;
}

static void begin(struct op *op, struct thread *t, bool grab)
{
	struct oracle *o = &oracles[prandom_u32_state(&t->rnd) % nobjects];

	op->t = t;
	op->o = o;
	spin_lock(&o->lock);
	op->id = o->id;
	op->mark = READ_ONCE(marks[t->nr]);
	op->soft = READ_ONCE(marked) & BIT(t->nr);
	o->grabs[t->nr] += grab;
	spin_unlock(&o->lock);
	op->start = ktime_get();
}

/* Somebody who has failed may still make it its own; with the lock. */
static bool may_change(const struct oracle *o)
{
	int n;

	for (n = 0; n < nnodes; n++)
		if (READ_ONCE(marked) & BIT(n) && o->grabs[n])
			return true;
	return false;
}

static void doubt(struct oracle *o)
{
	if (!o->doubt)
		counted(DOUBTS);
	o->doubt = true;
	o->holders = 0;
}

/* What is seen counts from now on; with the lock. */
static void settle(const struct op *op, const struct contents *c)
{
	struct oracle *o = op->o;

	o->count = c->count;
	o->stamp = c->stamp;
	o->node = c->node;
	if (o->doubt && !may_change(o)) {
		o->doubt = false;
		counted(SETTLED);
	}
}

static bool as_known(const struct oracle *o, const struct contents *c)
{
	return c->count == o->count && c->stamp == o->stamp &&
	       c->node == o->node;
}

static bool as_kept(const struct oracle *o, const struct contents *c)
{
	return c->count == o->kept_count && c->stamp == o->kept_stamp;
}

/* This is with more than one node; with the lock. */
static void keep(struct oracle *o, const struct contents *c)
{
	if (c->count <= o->kept_count)
		return;
	o->kept_count = c->count;
	o->kept_stamp = c->stamp;
}

/* Whether a node that has not failed may see this; with the lock. */
static bool may_be(const struct oracle *o, const struct contents *c)
{
	if (replicas && c->count <= o->kept_count && !as_kept(o, c))
		return false;
	if (as_known(o, c))
		return true;
	return o->doubt && (replicas || !c->count || c->count > o->count);
}

/* Whether what is seen may be; false if it is not to be looked at. */
static bool check(const struct op *op, const struct contents *c,
		  const char *who)
{
	struct oracle *o = op->o;
	bool soft;

	if (!whole(c, op->id))
		test_error(op->t, op->id, "%s finds it torn", who);
	spin_lock(&o->lock);
	soft = is_soft(op) || o->id != op->id;
	if (!soft && !may_be(o, c))
		test_error(op->t, op->id,
			   "%s finds %llu of node %llu, not %llu of %llu%s",
			   who, c->count, c->node, o->count, o->node,
			   o->doubt ? ", or later" : "");
	if (!soft) {
		settle(op, c);
		keep(o, c);
		o->holders |= BIT(op->t->nr);
	}
	spin_unlock(&o->lock);
	if (soft)
		counted(SOFT);
	return !soft;
}

static void took(const struct op *op)
{
	int ms = ktime_ms_delta(ktime_get(), op->start);

	if (!is_soft(op) && ms > atomic_read(&longest))
		atomic_set(&longest, ms);
}

static void failed(struct op *op, long err)
{
	struct thread *t = op->t;
	struct oracle *o = op->o;
	bool soft;

	if (err == -ESHUTDOWN || err == -ENOTCONN) {
		t->away = true;
		return;
	}
	if (err == -ERESTARTSYS && kthread_should_stop())
		return;
	if (err == -ENOMEM && READ_ONCE(faults)) {
		counted(NOMEM);
		return;
	}
	spin_lock(&o->lock);
	soft = is_soft(op);
	if (err == -EIO && o->id == op->id && o->doubt && !replicas) {
		counted(LOST);
		o->id += nobjects;
		o->count = 0;
		o->stamp = 0;
		o->node = 0;
		o->holders = 0;
		o->doubt = may_change(o);
	} else if (o->id == op->id && !soft) {
		test_error(t, op->id, "error %ld, %llu of %llu is with %x",
			   err, o->count, o->node, o->holders);
	}
	spin_unlock(&o->lock);
}

static void dawdle(struct thread *t)
{
	if (!(prandom_u32_state(&t->rnd) % 16))
		usleep_range(10, 100);
}

static void read_one(struct thread *t)
{
	struct kddm_obj *obj;
	struct op op;

	begin(&op, t, false);
	obj = kddm_get(t->set, op.id, KDDM_INTR);
	if (IS_ERR(obj)) {
		failed(&op, PTR_ERR(obj));
		return;
	}
	took(&op);
	if (check(&op, kddm_data(obj), "a reader that enters")) {
		dawdle(t);
		check(&op, kddm_data(obj), "a reader that leaves");
	}
	kddm_put(obj);
	counted(GETS);
}

/* The own node has it alone, or has not and it is in doubt; with the lock. */
static void grabbed(struct op *op, bool done)
{
	struct oracle *o = op->o;

	spin_lock(&o->lock);
	o->grabs[op->t->nr]--;
	if (o->id == op->id) {
		if (is_soft(op))
			doubt(o);
		else if (done)
			o->holders = BIT(op->t->nr);
		else if (READ_ONCE(faults))
			o->holders = 0;	/* it may be here all the same */
	}
	spin_unlock(&o->lock);
}

static void wrote(struct op *op, const struct contents *c)
{
	struct oracle *o = op->o;

	spin_lock(&o->lock);
	if (o->id == op->id && is_soft(op))
		doubt(o);
	else if (o->id == op->id)
		settle(op, c);
	spin_unlock(&o->lock);
}

/*
 * What was put, and what became of it.  It is where others have it too if the
 * set has replicas, even if this node has failed meanwhile; or another node has
 * been there.
 */
static void put_written(struct op *op, struct kddm_obj *obj,
			const struct contents *c)
{
	struct oracle *o = op->o;
	int err = kddm_put(obj);
	bool twice = false;

	spin_lock(&o->lock);
	if (!err && replicas) {
		twice = c->count == o->kept_count && !as_kept(o, c);
		keep(o, c);
	}
	/* A node that stops does not wait for those who keep it. */
	if (err && !(err == -ESTALE && is_soft(op)) &&
	    !(err == -ESHUTDOWN && replicas))
		test_error(op->t, op->id, "put: error %d", err);
	spin_unlock(&o->lock);
	if (twice)
		test_error(op->t, op->id, "%llu was put twice", c->count);
}

static void write_one(struct thread *t)
{
	struct contents *c, written;
	struct kddm_obj *obj;
	struct op op;

	begin(&op, t, true);
	if (op.soft) {
		/* It has just failed. */
		grabbed(&op, false);
		return;
	}
	obj = kddm_grab(t->set, op.id, KDDM_INTR);
	grabbed(&op, !IS_ERR(obj));
	if (IS_ERR(obj)) {
		failed(&op, PTR_ERR(obj));
		return;
	}
	took(&op);
	c = kddm_data(obj);
	check(&op, c, "a writer");
	dawdle(t);
	fill(t, c, op.id);
	wrote(&op, c);
	written = *c;
	put_written(&op, obj, &written);
	counted(GRABS);
}

static void rest(struct thread *t)
{
	u32 us = prandom_u32_state(&t->rnd) % (pause_us + 1);

	usleep_range(us, us + 20);
}

/* The set, which the first one makes; false if the node is not there. */
static bool open_set(struct thread *t)
{
	struct kddm_set_attr attr = {
		.name = SET_NAME, .size = SIZE, .home = KDDM_ANY_NODE,
		.replicas = busted ? 0 : replicas,
	};
	struct kddm_set *set;

	set = kddm_set_open(nets[t->nr], SET_NAME);
	if (IS_ERR(set) && PTR_ERR(set) == -ENOENT &&
	    !(READ_ONCE(marked) & BIT(t->nr)))
		set = kddm_set_create(nets[t->nr], &attr);
	if (IS_ERR(set))
		return false;
	t->set = set;
	counted(OPENS);
	return true;
}

/* What the node had is with others now. */
static void forget(struct thread *t)
{
	int i;

	for (i = 0; i < nobjects; i++) {
		spin_lock(&oracles[i].lock);
		oracles[i].holders &= ~BIT(t->nr);
		spin_unlock(&oracles[i].lock);
	}
}

static int torture_thread(void *data)
{
	struct thread *t = data;
	int i;

	allow_signal(SIGINT);
	while (!kthread_should_stop()) {
		if (!open_set(t)) {
			msleep(20);
			continue;
		}
		t->away = false;
		for (i = 0; i < OPEN_FOR && !t->away &&
		     !kthread_should_stop(); i++) {
			if (prandom_u32_state(&t->rnd) % 3 ||
			    READ_ONCE(marked) & BIT(t->nr))
				read_one(t);
			else
				write_one(t);
			rest(t);
		}
		kddm_set_close(t->set);
		if (t->away)
			forget(t);
	}
	return 0;
}

/* Parameters */

static u32 bit_of(int id)
{
	int n;

	for (n = 0; n < nnodes; n++)
		if (ids[n] == id)
			return BIT(n);
	return 0;
}

/* Whether nodes that fail make an object doubtful; with the lock. */
static bool is_doubtful(const struct oracle *o, u32 failing)
{
	int n;

	if (!replicas)
		return !o->holders || memchr_inv(o->grabs, 0, nnodes);
	if (o->count != o->kept_count && bit_of(o->node) & failing)
		return true;
	for (n = 0; n < nnodes; n++)
		if (failing & BIT(n) && o->grabs[n])
			return true;
	return false;
}

/* With mark_lock. */
static void mark(u32 new)
{
	struct oracle *o;
	int i, n;

	for (n = 0; n < nnodes; n++)
		if (new & ~marked & BIT(n))
			WRITE_ONCE(marks[n], marks[n] + 1);
	WRITE_ONCE(marked, new);
	for (i = 0; i < nobjects && new; i++) {
		o = &oracles[i];
		spin_lock(&o->lock);
		o->holders &= ~new;
		if (is_doubtful(o, new))
			doubt(o);
		spin_unlock(&o->lock);
	}
}

/* "3 4": the nodes that fail; "none" */
static int cut_set(const char *val, const struct kernel_param *kp)
{
	char *text, *rest_of, *word;
	u32 new = 0;
	int id, err = 0;

	text = kstrdup(val, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	rest_of = strim(text);
	while (!err && (word = strsep(&rest_of, " "))) {
		if (!strcmp(word, "none") || !*word)
			continue;
		err = kstrtoint(word, 0, &id);
		if (!err && !bit_of(id))
			err = -ENOENT;
		if (!err)
			new |= bit_of(id);
	}
	kfree(text);
	if (err)
		return err;
	mutex_lock(&mark_lock);
	if (!busted || replicas)
		mark(new);
	mutex_unlock(&mark_lock);
	return 0;
}

static const struct kernel_param_ops cut_ops = { .set = cut_set };
module_param_cb(cut, &cut_ops, NULL, 0200);
MODULE_PARM_DESC(cut, "ids of the nodes that fail, or none");

static int said_get(char *buffer, const struct kernel_param *kp)
{
	int k, len = 0;

	for (k = 0; k < NR_COUNTS; k++)
		len += sysfs_emit_at(buffer, len, "%s %lu, ", count_names[k],
				     atomic_long_read(&counts[k]));
	return len + sysfs_emit_at(buffer, len, "longest %d ms, errors %d\n",
				   atomic_xchg(&longest, 0),
				   atomic_read(&errors));
}

static const struct kernel_param_ops said_ops = { .get = said_get };
module_param_cb(said, &said_ops, NULL, 0444);
MODULE_PARM_DESC(said, "what was counted, and the longest operation since");

/* Life */

static void find_nodes(void)
{
	int i;

	nnodes = kddm_find_nodes(nets, MAX_NODES);
	for (i = 0; i < nnodes; i++)
		ids[i] = kddm_self(nets[i]);
}

static void cleanup(void)
{
	int i;

	for (i = 0; threads && i < nnodes * nthreads; i++) {
		if (IS_ERR_OR_NULL(threads[i].task))
			continue;
		send_sig(SIGINT, threads[i].task, 1);
		kthread_stop(threads[i].task);
		put_task_struct(threads[i].task);
	}
	for (i = 0; i < nnodes; i++) {
		kddm_set_destroy(nets[i], SET_NAME, false);
		put_net(nets[i]);
	}
	kvfree(oracles);
	kfree(threads);
}

static int start_threads(void)
{
	struct task_struct *task;
	int i;

	for (i = 0; i < nnodes * nthreads; i++) {
		struct thread *t = &threads[i];

		t->nr = i % nnodes;
		prandom_seed_state(&t->rnd, seed + i);
		task = kthread_create(torture_thread, t, "kddm_fail/%d",
				      ids[t->nr]);
		if (IS_ERR(task))
			return PTR_ERR(task);
		t->task = get_task_struct(task);
		wake_up_process(task);
	}
	return 0;
}

static int __init kddm_failures_init(void)
{
	int i, err = -ENOMEM;

	if (nobjects < 1 || nobjects > 4096 || nthreads < 1 || nthreads > 8 ||
	    pause_us < 0 || pause_us > 1000000 || replicas == 1 ||
	    replicas > KDDM_SET_REPLICAS_MAX)
		return -EINVAL;
	if (!seed)
		seed = get_random_u32();
	find_nodes();
	if (!nnodes) {
		pr_err("no network namespace runs a KDDM node\n");
		return -ENOTCONN;
	}
	pr_info("%d nodes, %d objects, seed %lu\n", nnodes, nobjects, seed);
	threads = kcalloc(nnodes * nthreads, sizeof(*threads), GFP_KERNEL);
	oracles = kvcalloc(nobjects, sizeof(*oracles), GFP_KERNEL);
	if (threads && oracles) {
		for (i = 0; i < nobjects; i++) {
			spin_lock_init(&oracles[i].lock);
			oracles[i].id = i;
		}
		err = start_threads();
	}
	if (err)
		cleanup();
	return err;
}

static void __exit kddm_failures_exit(void)
{
	cleanup();
	pr_info("%d errors\n", atomic_read(&errors));
}

module_init(kddm_failures_init);
module_exit(kddm_failures_exit);
MODULE_DESCRIPTION("Torture of KDDM while nodes fail");
MODULE_LICENSE("GPL");
