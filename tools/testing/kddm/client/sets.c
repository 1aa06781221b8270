// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets by name and by id: what is KDDM's own, a home that was never told, and
 * all nodes making, opening and destroying the same few sets at once.
 */
#define pr_fmt(fmt) "kddm_client: " fmt

#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/random.h>
#include <linux/string.h>
#include "client.h"

#define OWN	"kddm.sets"
#define NAMES	3
#define LASTS	(5 * HZ)

static const char * const names[NAMES] = { "fight-0", "fight-1", "fight-2" };

static struct kddm_set_attr named(const char *name)
{
	return (struct kddm_set_attr) {
		.name = name, .size = 64, .home = KDDM_ANY_NODE,
	};
}

static void own_set(void)
{
	struct kddm_set_attr attr = named(OWN);

	client_begin("the set of sets is not for clients");
	CHECK_EQ(PTR_ERR(kddm_set_create(client_net[0], &attr)), -EEXIST);
	CHECK_EQ(PTR_ERR(kddm_set_open(client_net[1], OWN)), -EPERM);
	CHECK_EQ(kddm_set_destroy(client_net[2], OWN, true), -EPERM);
	client_end();
}

/* What one node makes another one finds by its id, until it is destroyed. */
static void by_id(void)
{
	struct kddm_set_attr attr = named("by-id");
	struct kddm_set *set = kddm_set_create(client_net[0], &attr), *other;
	u32 id;
	int i;

	client_begin("sets by id");
	if (!CHECK_EQ(PTR_ERR_OR_ZERO(set), 0))
		goto end;
	id = kddm_set_id(set);
	CHECK(id);
	CHECK_EQ(client_put(kddm_grab(set, 7, 0), 70), 0);
	for (i = 0; i < 2 * NODES; i++) {	/* new to it, and known */
		other = kddm_set_open_id(client_net[i % NODES], id);
		if (!CHECK_EQ(PTR_ERR_OR_ZERO(other), 0))
			continue;
		CHECK(!strcmp(kddm_set_name(other), attr.name));
		CHECK_EQ(kddm_set_id(other), id);
		CHECK_EQ(client_value(other, 7), 70);
		kddm_set_close(other);
	}
	kddm_set_close(set);
	CHECK_EQ(kddm_set_destroy(client_net[1], attr.name, false), 0);
	for (i = 0; i < NODES; i++) {
		CHECK_EQ(PTR_ERR(kddm_set_open_id(client_net[i], id)), -ENOENT);
		CHECK_EQ(PTR_ERR(kddm_set_open_id(client_net[i], 0)), -ENOENT);
	}
	CHECK_EQ(PTR_ERR(kddm_set_open_id(client_net[2], 1)), -EPERM);
end:
	client_end();
}

/* Each node is home once; only one of the others ever opens the set. */
static void unasked_home(void)
{
	struct kddm_set_attr attr = named("unasked");
	struct kddm_obj *obj;
	struct kddm_set *set;
	int i;

	client_begin("a home that never opened the set");
	for (i = 0; i < NODES; i++) {
		attr.home = kddm_self(client_net[(i + 1) % NODES]);
		set = kddm_set_create(client_net[i], &attr);
		if (!CHECK_EQ(PTR_ERR_OR_ZERO(set), 0))
			continue;
		obj = kddm_grab(set, 5, 0);
		if (CHECK_EQ(PTR_ERR_OR_ZERO(obj), 0))
			kddm_put(obj);
		CHECK_EQ(kddm_remove(set, 5), 0);
		CHECK_EQ(kddm_remove(set, 6), -ENOENT);
		kddm_set_close(set);
		CHECK_EQ(kddm_set_destroy(client_net[(i + 2) % NODES],
					  attr.name, false), 0);
	}
	client_end();
}

/**
 * struct fighter - who makes, uses and destroys sets on a node
 * @task: a thread
 * @node: where
 * @made: sets
 * @used: sets
 * @destroyed: sets
 * @err: an error that cannot be, 0 if there was none
 * @what: of which call
 */
struct fighter {
	struct task_struct	*task;
	int			node;
	unsigned int		made;
	unsigned int		used;
	unsigned int		destroyed;
	int			err;
	const char		*what;
};

static void fault(struct fighter *f, const char *what, int err)
{
	if (f->err)
		return;
	f->what = what;
	f->err = err;
}

/* The set may be destroyed at any moment; all else is an error. */
static void use(struct fighter *f, struct kddm_set *set)
{
	struct kddm_obj *obj;
	int i, err;

	for (i = 0; i < 4; i++) {
		obj = i % 2 ? kddm_get(set, i / 2, 0) :
			      kddm_grab(set, i / 2, 0);
		err = PTR_ERR_OR_ZERO(obj);
		if (err) {
			if (err != -ESHUTDOWN)
				fault(f, "use", err);
			break;
		}
		kddm_put(obj);
	}
	f->used += i == 4;
	kddm_set_close(set);
}

static void make(struct fighter *f, const char *name)
{
	struct kddm_set_attr attr = named(name);
	struct kddm_set *set = kddm_set_create(client_net[f->node], &attr);

	if (!IS_ERR(set)) {
		f->made++;
		use(f, set);
	} else if (set != ERR_PTR(-EEXIST)) {
		fault(f, "create", PTR_ERR(set));
	}
}

static void open(struct fighter *f, const char *name)
{
	struct kddm_set *set = kddm_set_open(client_net[f->node], name);

	if (!IS_ERR(set))
		use(f, set);
	else if (set != ERR_PTR(-ENOENT) && set != ERR_PTR(-EBUSY))
		fault(f, "open", PTR_ERR(set));
}

static void destroy(struct fighter *f, const char *name, bool force)
{
	int err = kddm_set_destroy(client_net[f->node], name, force);

	if (!err)
		f->destroyed++;
	else if (err != -ENOENT && err != -EBUSY)
		fault(f, "destroy", err);
}

static int fight_on(void *data)
{
	struct fighter *f = data;
	const char *name;
	u32 dice;

	while (!kthread_should_stop()) {
		dice = get_random_u32();
		name = names[dice / 16 % NAMES];
		switch (dice % 8) {
		case 0:
			destroy(f, name, false);
			break;
		case 1:
			destroy(f, name, true);
			break;
		case 2:
		case 3:
			make(f, name);
			break;
		default:
			open(f, name);
		}
		cond_resched();
	}
	return 0;
}

/* Nothing of the fight is left: names are free, and objects are new. */
static void clean(void)
{
	struct kddm_set *set[NODES];
	struct kddm_set_attr attr;
	int i, err;

	for (i = 0; i < NAMES; i++) {
		err = kddm_set_destroy(client_net[i % NODES], names[i], true);
		CHECK(!err || err == -ENOENT);
		attr = named(names[i]);
		if (client_open(set, &attr))
			continue;
		CHECK_EQ(kddm_remove(set[1], 0), -ENOENT);
		CHECK_EQ(kddm_remove(set[2], 1), -ENOENT);
		client_close(set, names[i]);
	}
}

static void contest(void)
{
	/* Of the same size: else its memory comes and goes with each set. */
	struct kddm_set_attr attr = named("fight-keep");
	unsigned int made = 0, used = 0, destroyed = 0;
	struct fighter f[NODES] = { };
	struct kddm_set *keep;
	int i;

	client_begin("all nodes make, use and destroy the same sets");
	keep = kddm_set_create(client_net[0], &attr);
	CHECK_EQ(PTR_ERR_OR_ZERO(keep), 0);
	for (i = 0; i < NODES; i++) {
		f[i].node = i;
		f[i].task = kthread_run(fight_on, &f[i], "kddm-fight/%d", i);
	}
	schedule_timeout_uninterruptible(LASTS);
	for (i = 0; i < NODES; i++) {
		if (!CHECK_EQ(PTR_ERR_OR_ZERO(f[i].task), 0))
			continue;
		kthread_stop(f[i].task);
		client_check_eq(f[i].err, 0, f[i].what ?: "a call");
		made += f[i].made;
		used += f[i].used;
		destroyed += f[i].destroyed;
	}
	pr_info("# %u made, %u used, %u destroyed\n", made, used, destroyed);
	CHECK(made && used && destroyed);
	clean();
	kddm_set_close(keep);
	CHECK_EQ(kddm_set_destroy(client_net[0], attr.name, false), 0);
	client_end();
}

void client_test_sets(void)
{
	own_set();
	by_id();
	unasked_home();
	contest();
}
