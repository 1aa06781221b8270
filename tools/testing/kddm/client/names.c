// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names: what the calls return, and modules on three nodes that race for names:
 * while two of them have an id, it is the same.
 */
#define pr_fmt(fmt) "kddm_client: " fmt

#include <linux/kthread.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <net/net_namespace.h>
#include "client.h"

#define RACERS	6
#define NAMES	4
#define LASTS	(3 * HZ)

static const char * const names[NAMES] = {
	"race-a", "race-b", "race-c", "race-d"
};

/**
 * struct fact - what all racers have to agree on
 * @lock: protects the others
 * @users: those that have the name
 * @id: the one that the first of them has got
 */
static struct fact {
	spinlock_t	lock;		/* see above */
	unsigned int	users;
	int		id;
} facts[NAMES];

/**
 * struct racer - a thread
 * @node: on which
 * @task: the thread
 * @got: how often it got an id
 * @wrong: how often that was not the one that others had
 * @err: the first error
 */
struct racer {
	int			node;
	struct task_struct	*task;
	unsigned int		got;
	unsigned int		wrong;
	int			err;
};

/* Whoever has it counts before it puts it: so what others have stays. */
static bool agrees(struct fact *f, int id)
{
	bool right;

	spin_lock(&f->lock);
	if (!f->users++)
		f->id = id;
	right = f->id == id;
	spin_unlock(&f->lock);
	return right;
}

static void leaves(struct fact *f)
{
	spin_lock(&f->lock);
	f->users--;
	spin_unlock(&f->lock);
}

static int race(void *data)
{
	struct racer *r = data;
	struct net *net = client_net[r->node];
	u32 dice;
	int id;

	while (!kthread_should_stop()) {
		dice = get_random_u32_below(NAMES);
		id = kddm_linker_id_get(net, names[dice]);
		if (id <= 0) {
			r->err = r->err ?: id ?: -EINVAL;
			continue;
		}
		r->got++;
		r->wrong += !agrees(&facts[dice], id);
		cond_resched();
		leaves(&facts[dice]);
		kddm_linker_id_put(net, id);
	}
	return 0;
}

static void contest(void)
{
	struct racer r[RACERS] = { };
	unsigned int got = 0;
	int i;

	client_begin("three nodes race for names");
	for (i = 0; i < NAMES; i++)
		spin_lock_init(&facts[i].lock);
	for (i = 0; i < RACERS; i++) {
		r[i].node = i % NODES;
		r[i].task = kthread_run(race, &r[i], "kddm-race/%d", i);
	}
	schedule_timeout_uninterruptible(LASTS);
	for (i = 0; i < RACERS; i++) {
		if (!CHECK_EQ(PTR_ERR_OR_ZERO(r[i].task), 0))
			continue;
		kthread_stop(r[i].task);
		CHECK_EQ(r[i].err, 0);
		CHECK_EQ(r[i].wrong, 0);
		got += r[i].got;
	}
	pr_info("# %u ids got\n", got);
	CHECK(got > RACERS);
	client_end();
}

static void calls(void)
{
	int a, b, c;

	client_begin("names");
	a = kddm_linker_id_get(client_net[0], "one");
	CHECK(a > 0);
	CHECK_EQ(kddm_linker_id_get(client_net[1], "one"), a);
	CHECK_EQ(kddm_linker_id_get(client_net[2], "one"), a);
	CHECK_EQ(kddm_linker_id_get(client_net[2], "one"), a);
	b = kddm_svc_id_get(client_net[1], "one");
	CHECK(b > 0 && b != a);
	c = kddm_svc_id_get(client_net[1], "abcdefghijklmnop");
	CHECK(c > 0 && c != a && c != b);
	CHECK_EQ(kddm_svc_id_get(client_net[1], "abcdefghijklmnopq"), -EINVAL);
	CHECK_EQ(kddm_svc_id_get(client_net[1], ""), -EINVAL);
	CHECK_EQ(kddm_svc_id_get(client_net[1], "a b"), -EINVAL);
	CHECK_EQ(kddm_name_get(client_net[1], 2, "a"), -EINVAL);
	CHECK_EQ(kddm_linker_id_get(&init_net, "one"), -ENOTCONN);

	/* Of another kind, or nobody's: nothing happens. */
	kddm_linker_id_put(client_net[1], b);
	kddm_linker_id_put(client_net[1], 12345);
	kddm_linker_id_put(client_net[1], -1);
	CHECK_EQ(kddm_svc_id_get(client_net[2], "one"), b);
	kddm_svc_id_put(client_net[2], b);
	kddm_svc_id_put(client_net[1], b);
	kddm_svc_id_put(client_net[1], c);

	/* As long as somebody uses it, it stays. */
	kddm_linker_id_put(client_net[0], a);
	kddm_linker_id_put(client_net[2], a);
	kddm_linker_id_put(client_net[1], a);
	CHECK_EQ(kddm_linker_id_get(client_net[0], "one"), a);
	kddm_linker_id_put(client_net[0], a);
	kddm_linker_id_put(client_net[2], a);
	b = kddm_linker_id_get(client_net[0], "one");
	CHECK(b > 0 && b != a);
	/* What is late leads nowhere. */
	kddm_linker_id_put(client_net[0], a);
	CHECK_EQ(kddm_linker_id_get(client_net[1], "one"), b);
	kddm_linker_id_put(client_net[0], b);
	kddm_linker_id_put(client_net[1], b);
	client_end();
}

void client_test_names(void)
{
	calls();
	contest();
}
