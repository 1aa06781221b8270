// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bench: whose turn it is, and a case from its set to its times.
 */
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/sched/signal.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include "../main.h"
#include "bench.h"

/**
 * struct session - whose turn it is, in a namespace
 * @lock: held while a request is handled; protects the others
 * @portid: the socket
 * @claim: the set that says that the bench is ours, or NULL
 */
struct session {
	struct mutex	lock;	/* see above */
	u32		portid;
	struct kddm_set	*claim;
};

static unsigned int session_id;
struct workqueue_struct *bench_wq;

/* What must not stop half-way, even if the program is killed */

struct chore {
	struct work_struct	work;
	void			(*run)(struct chore *chore);
	struct net		*net;
	struct kddm_set		*set;
};

static void chore_work(struct work_struct *work)
{
	struct chore *chore = container_of(work, struct chore, work);

	chore->run(chore);
}

static struct kddm_set *by_worker(void (*run)(struct chore *chore),
				  struct net *net, struct kddm_set *set)
{
	struct chore chore = { .run = run, .net = net, .set = set };

	INIT_WORK_ONSTACK(&chore.work, chore_work);
	queue_work(bench_wq, &chore.work);
	flush_work(&chore.work);
	destroy_work_on_stack(&chore.work);
	return chore.set;
}

static void claim(struct chore *chore)
{
	struct kddm_set_attr attr = {
		.name = BENCH_CLAIM,
		.size = sizeof(u64),
		.home = KDDM_ANY_NODE,
	};

	chore->set = kddm_set_create(chore->net, &attr);
	if (chore->set != ERR_PTR(-EEXIST))
		goto out;
	/* Somebody measures, or somebody who did is gone. */
	if (!kddm_set_destroy(chore->net, BENCH_CLAIM, false))
		chore->set = kddm_set_create(chore->net, &attr);
	if (chore->set == ERR_PTR(-EEXIST))
		chore->set = ERR_PTR(-EBUSY);
out:
	/* Gone as soon as it was made: to somebody who was as fast. */
	if (chore->set == ERR_PTR(-EAGAIN))
		chore->set = ERR_PTR(-EBUSY);
	if (!IS_ERR(chore->set))
		kddm_set_destroy(chore->net, BENCH_SET, true);
}

static void unclaim(struct chore *chore)
{
	kddm_set_close(chore->set);
	kddm_set_destroy(chore->net, BENCH_CLAIM, false);
}

static void drop_set(struct chore *chore)
{
	kddm_set_close(chore->set);
	kddm_set_destroy(chore->net, BENCH_SET, true);
}

/* The caller has the lock, but when the module goes. */
static void end_session(struct session *s, struct net *net)
{
	if (s->claim)
		by_worker(unclaim, net, s->claim);
	s->claim = NULL;
}

static int begin_session(struct session *s, struct net *net, u32 portid)
{
	struct kddm_set *set;

	lockdep_assert_held(&s->lock);
	if (s->claim)
		return s->portid == portid ? 0 : -EBUSY;
	set = by_worker(claim, net, NULL);
	if (IS_ERR(set))
		return PTR_ERR(set);
	s->portid = portid;
	s->claim = set;
	return 0;
}

/* A socket is closed; none of its requests is under way any more. */
static int socket_closed(struct notifier_block *nb, unsigned long action,
			 void *data)
{
	struct netlink_notify *n = data;
	struct session *s;

	if (action != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	s = net_generic(n->net, session_id);
	if (!READ_ONCE(s->claim) || READ_ONCE(s->portid) != n->portid)
		return NOTIFY_DONE;
	mutex_lock(&s->lock);
	if (s->portid == n->portid)
		end_session(s, n->net);
	mutex_unlock(&s->lock);
	return NOTIFY_DONE;
}

static struct notifier_block socket_nb = { .notifier_call = socket_closed };

static int __net_init session_init(struct net *net)
{
	struct session *s = net_generic(net, session_id);

	mutex_init(&s->lock);
	return 0;
}

static void __net_exit session_exit(struct net *net)
{
	end_session(net_generic(net, session_id), net);
}

static struct pernet_operations session_ops = {
	.init	= session_init,
	.exit	= session_exit,
	.id	= &session_id,
	.size	= sizeof(struct session),
};

/* A case */

int bench_stop(const struct bench *b)
{
	if (signal_pending(current))
		return -EINTR;
	return time_after(jiffies, b->end) ? -ETIMEDOUT : 0;
}

u32 bench_peers_needed(const struct bench *b)
{
	return b->what->peers + b->what->per_copy * b->copies;
}

static int make_set(struct bench *b)
{
	struct kddm_set_attr attr = {
		.name = BENCH_SET,
		.size = b->size,
		.home = b->away ? b->peer[0] : b->self,
		.replicas = b->what->replicas ? b->copies : 0,
	};
	struct kddm_set *set = kddm_set_create(b->net, &attr);

	if (IS_ERR(set))
		return PTR_ERR(set);
	b->set = set;
	return 0;
}

static int one_round(struct bench *b)
{
	int err;

	err = b->what->ref(b);
	return err ?: b->what->round(b);
}

/* If the time is up, what has been measured counts, if it is a round. */
static int all_rounds(struct bench *b)
{
	int err;

	b->round = 0;
	err = one_round(b);
	bench_times_reset(&b->kddm);
	bench_times_reset(&b->ref);
	while (!err && b->round++ < b->rounds) {
		err = one_round(b);
		if (err == -ETIMEDOUT && b->round > 1 &&
		    time_after(jiffies, b->end))
			return 0;
	}
	return err;
}

static int with_case(struct bench *b)
{
	int err;

	if (!b->what->open)
		return all_rounds(b);
	err = b->what->open(b);
	if (err)
		return err;
	err = all_rounds(b);
	b->what->close(b);
	return err;
}

static int run_case(struct bench *b)
{
	u32 samples = (b->rounds + 1) * b->count;
	int err;

	b->end = jiffies + BENCH_TIME;
	err = make_set(b);
	if (!err)
		err = bench_times_init(&b->kddm, b->what->clock ?
				       BENCH_SAMPLES : samples * b->cpus);
	if (!err)
		err = bench_times_init(&b->ref, samples * b->cpus);
	if (!err)
		err = bench_raw_open(b);
	if (!err)
		err = with_case(b);
	bench_raw_close(b);
	/* Also if its creation failed: somebody may have got to know it. */
	by_worker(drop_set, b->net, b->set);
	b->set = NULL;
	return err;
}

int bench_run(struct bench *b, u32 portid)
{
	struct session *s = net_generic(b->net, session_id);
	int err;

	if (!mutex_trylock(&s->lock))
		return -EBUSY;
	err = begin_session(s, b->net, portid);
	if (!err)
		err = run_case(b);
	mutex_unlock(&s->lock);
	return err;
}

int __init bench_session_init(void)
{
	int err;

	bench_wq = alloc_workqueue("kddm_bench", WQ_UNBOUND, 0);
	if (!bench_wq)
		return -ENOMEM;
	err = register_pernet_subsys(&session_ops);
	if (err)
		goto wq;
	err = netlink_register_notifier(&socket_nb);
	if (err)
		goto pernet;
	return 0;

pernet:
	unregister_pernet_subsys(&session_ops);
wq:
	destroy_workqueue(bench_wq);
	return err;
}

void bench_session_exit(void)
{
	netlink_unregister_notifier(&socket_nb);
	unregister_pernet_subsys(&session_ops);
	destroy_workqueue(bench_wq);
}
