// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files in debugfs: sessions with nodes, calls, and objects that are not at
 * rest; see debug.h.
 *
 * Who reads one is in the node as a client is, so that it does not stop
 * meanwhile.  Numbers that others are about to change are read as they are.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include "debug.h"
#include "main.h"
#include "member.h"
#include "object.h"
#include "rpc.h"
#include "set.h"

#define SHOWN_MAX	1000	/* objects in one file */

static struct dentry *root;
static unsigned int debug_net_id;

static const char *link_name(u8 link)
{
	static const char * const name[] = {
		[KDDM_LINK_NONE] = "none",
		[KDDM_LINK_NEW] = "new",
		[KDDM_LINK_HELLO] = "hello",
		[KDDM_LINK_UP] = "up",
		[KDDM_LINK_DOWN] = "down",
	};

	return link < ARRAY_SIZE(name) ? name[link] : "?";
}

static void show_chan(struct seq_file *m, unsigned int nr,
		      const struct kddm_peer_chan *pc)
{
	seq_printf(m, "  channel %u: sent %u, confirmed %u, received %u, told %u, waiting %d, backlog %zu\n",
		   nr, READ_ONCE(pc->seq), READ_ONCE(pc->acked),
		   READ_ONCE(pc->rcvd), READ_ONCE(pc->confirmed),
		   READ_ONCE(pc->waiting), READ_ONCE(pc->bytes));
}

static void show_node(struct seq_file *m, const struct kddm_node *node)
{
	unsigned int i;

	seq_printf(m, "node %u: link %s, state %u, incarnation %08x, session %u, theirs %u, requests %d\n",
		   node->id, link_name(kddm_node_link(node)),
		   READ_ONCE(node->state), READ_ONCE(node->incarnation),
		   node->session, READ_ONCE(node->peer_session),
		   atomic_read(&node->requests));
	for (i = 0; i < KDDM_CHANNELS; i++)
		show_chan(m, i, &node->chan[i]);
}

static int nodes_show(struct seq_file *m, void *v)
{
	struct kddm_net *kn = kddm_enter(((struct kddm_net *)m->private)->net);
	const struct kddm_node *node;
	unsigned long id;

	if (IS_ERR(kn))
		return PTR_ERR(kn);
	rcu_read_lock();
	xa_for_each(&kn->nodes, id, node)
		show_node(m, node);
	rcu_read_unlock();
	kddm_exit(kn);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(nodes);

static int calls_show(struct seq_file *m, void *v)
{
	struct kddm_net *kn = kddm_enter(((struct kddm_net *)m->private)->net);

	if (IS_ERR(kn))
		return PTR_ERR(kn);
	kddm_rpc_show(kn, m);
	kddm_exit(kn);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(calls);

/* Nobody waits for it, and it waits for nobody. */
static bool at_rest(const struct kddm_obj *obj)
{
	const struct kddm_co *co = &obj->co;

	return list_empty(&obj->waiters) && !(co->x && co->x->qlen) &&
	       (co->state == KDDM_CO_INVALID || co->state == KDDM_CO_VOID ||
		co->state == KDDM_CO_SHARED || co->state == KDDM_CO_OWNER);
}

static void show_object(struct seq_file *m, const struct kddm_obj *obj)
{
	const struct kddm_co *co = &obj->co;

	lockdep_assert_held(&obj->lock);
	if (obj->busy) {
		seq_printf(m, "  %llu: busy\n", obj->id);
		return;
	}
	seq_printf(m, "  %llu: %s, version %llu, want %u, request %u to node %d, hint %d, home %u, readers %u, queued %u%s\n",
		   obj->id, kddm_co_state_name(co->state), co->version,
		   co->want, co->seq,
		   co->asked == KDDM_NODE_NONE ? -1 : co->asked,
		   co->hint == KDDM_NODE_NONE ? -1 : co->hint, obj->home,
		   co->readers, co->x ? co->x->qlen : 0,
		   list_empty(&obj->waiters) ? "" : ", users wait");
}

static int show_set(struct kddm_set *set, void *arg)
{
	struct seq_file *m = arg;
	unsigned int shown = 0;
	unsigned long id = 0;
	struct kddm_obj *obj;

	seq_printf(m, "set %s:\n", set->name);
	while (shown < SHOWN_MAX && (obj = kddm_obj_next_locked(set, &id))) {
		if (obj->busy || !at_rest(obj)) {
			show_object(m, obj);
			shown++;
		}
		spin_unlock(&obj->lock);
		if (id++ == ULONG_MAX || fatal_signal_pending(current))
			break;
		cond_resched();
	}
	return 0;
}

static int objects_show(struct seq_file *m, void *v)
{
	struct kddm_net *kn = kddm_enter(((struct kddm_net *)m->private)->net);

	if (IS_ERR(kn))
		return PTR_ERR(kn);
	kddm_sets_each(kn, show_set, m);
	kddm_exit(kn);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(objects);

static int __net_init debug_net_init(struct net *net)
{
	struct dentry **dir = net_generic(net, debug_net_id);
	struct kddm_net *kn = kddm_pernet(net);
	char name[16];

	snprintf(name, sizeof(name), "%u", net->ns.inum);
	*dir = debugfs_create_dir(name, root);
	debugfs_create_file("nodes", 0400, *dir, kn, &nodes_fops);
	debugfs_create_file("calls", 0400, *dir, kn, &calls_fops);
	debugfs_create_file("objects", 0400, *dir, kn, &objects_fops);
	return 0;
}

/* Before the node stops; whoever reads has left when this returns. */
static void __net_exit debug_net_pre_exit(struct net *net)
{
	struct dentry **dir = net_generic(net, debug_net_id);

	debugfs_remove(*dir);
}

static struct pernet_operations debug_net_ops = {
	.init		= debug_net_init,
	.pre_exit	= debug_net_pre_exit,
	.id		= &debug_net_id,
	.size		= sizeof(struct dentry *),
};

int __init kddm_debug_init(void)
{
	int err;

	root = debugfs_create_dir("kddm", NULL);
	err = register_pernet_subsys(&debug_net_ops);
	if (err)
		debugfs_remove(root);
	return err;
}

void kddm_debug_exit(void)
{
	unregister_pernet_subsys(&debug_net_ops);
	debugfs_remove(root);
}
