// SPDX-License-Identifier: GPL-2.0-only
/*
 * Life of the module and of each node: the ladder up and down.
 *
 * The transport opens its sockets first, and begins to receive when all layers
 * above are there; the node is published after that, so that no message finds
 * nobody to take it.  On the way down the node leaves first, then its receiving
 * threads end, then the layers go.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kddm.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/reboot.h>
#include <linux/rtnetlink.h>
#include <linux/tipc.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include "control.h"
#include "debug.h"
#include "main.h"
#include "member.h"
#include "netlink.h"
#include "object.h"
#include "recovery.h"
#include "rpc.h"
#include "set.h"
#include "transport.h"
#include "views.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static unsigned int kddm_net_id;

struct kddm_net *kddm_pernet(const struct net *net)
{
	return net_generic(net, kddm_net_id);
}
EXPORT_SYMBOL_GPL(kddm_pernet);

int kddm_self(struct net *net)
{
	struct kddm_net *kn = kddm_pernet(net);

	if (kddm_run(kn) != KDDM_RUNNING)
		return -ENOTCONN;
	return kn->self;
}
EXPORT_SYMBOL_GPL(kddm_self);

struct kddm_net *kddm_enter(struct net *net)
{
	struct kddm_net *kn = kddm_pernet(net);

	if (down_read_killable(&kn->gate))
		return ERR_PTR(-EINTR);
	if (kddm_run(kn) == KDDM_RUNNING)
		return kn;
	up_read(&kn->gate);
	return ERR_PTR(-ENOTCONN);
}
EXPORT_SYMBOL_GPL(kddm_enter);

void kddm_exit(struct kddm_net *kn)
{
	up_read(&kn->gate);
}
EXPORT_SYMBOL_GPL(kddm_exit);

static void reopen_gate(struct kddm_net *kn)
{
	kddm_rpc_hush(kn, false);
	WRITE_ONCE(kn->run, KDDM_RUNNING);
}

/* Nobody enters any more; wait until those inside have left, or for a kill. */
static int shut_gate(struct kddm_net *kn)
{
	WRITE_ONCE(kn->run, KDDM_STOPPING);
	/* Those who wait for other nodes need not wait any longer. */
	kddm_rpc_hush(kn, true);
	if (down_write_killable(&kn->gate)) {
		reopen_gate(kn);
		return -EINTR;
	}
	up_write(&kn->gate);
	return 0;
}

static int choose_id(struct kddm_net *kn, int id,
		     struct netlink_ext_ack *extack)
{
	u32 addr = kddm_transport_addr(kn);

	if (id < 0 && addr >= KDDM_MAX_NODES) {
		NL_SET_ERR_MSG_FMT(extack,
				   "TIPC address %x is no node id, give an id of 0 to %u",
				   addr, KDDM_MAX_NODES - 1);
		return -ERANGE;
	}
	if (id >= KDDM_MAX_NODES) {
		NL_SET_ERR_MSG_FMT(extack, "node ids are 0 to %u",
				   KDDM_MAX_NODES - 1);
		return -ERANGE;
	}
	kn->self = id < 0 ? addr : id;
	return 0;
}

/* From the threads of the transport down to nothing. */
static void take_down(struct kddm_net *kn)
{
	kddm_views_halt(kn);
	kddm_member_stop(kn);
	kddm_transport_halt(kn);
	kddm_rpc_shut(kn);
	kddm_views_stop(kn);
	kddm_sets_stop(kn);
	/* The last drainers may report to RPC. */
	kddm_transport_stop(kn);
	kddm_rpc_stop(kn);
	kddm_views_exit(kn);
	kddm_member_exit(kn);
	kn->node_change = NULL;
	WRITE_ONCE(kn->run, KDDM_STOPPED);
}

/* Whoever is inside by now leaves first.  Who has a set open keeps the node. */
static int give_up(struct kddm_net *kn)
{
	int rc;

	WRITE_ONCE(kn->run, KDDM_STOPPING);
	kddm_rpc_hush(kn, true);
	down_write(&kn->gate);
	up_write(&kn->gate);
	rc = kddm_sets_quiesce(kn);
	if (rc) {
		reopen_gate(kn);
		kddm_sets_revive(kn);
	}
	return rc;
}

/* Clients come in from here on, also before a view is served. */
static int join(struct kddm_net *kn)
{
	int rc;

	WRITE_ONCE(kn->run, KDDM_RUNNING);
	kddm_member_announced(kn);
	rc = kddm_views_start(kn);
	if (rc && !give_up(kn))
		return rc;
	kddm_rpc_open(kn);
	return 0;
}

static int bring_up(struct kddm_net *kn, int id,
		    struct netlink_ext_ack *extack)
{
	int rc;

	rc = kddm_transport_start(kn, extack);
	if (rc)
		return rc;
	rc = choose_id(kn, id, extack);
	if (rc)
		goto stop_transport;
	rc = kddm_member_init(kn);
	if (rc)
		goto stop_transport;
	rc = kddm_rpc_start(kn);
	if (rc)
		goto exit_member;
	rc = kddm_views_init(kn, &kddm_recovery_ops);
	if (rc)
		goto stop_rpc;
	rc = kddm_sets_start(kn);
	if (rc)
		goto exit_views;
	rc = kddm_transport_listen(kn);
	if (rc)
		goto down;
	rc = kddm_member_start(kn, extack);
	if (rc)
		goto down;
	rc = kddm_member_announce(kn, extack);
	if (rc)
		goto down;
	rc = join(kn);
	if (rc)
		goto down;
	return 0;

down:
	take_down(kn);
	return rc;
exit_views:
	kddm_transport_stop(kn);
	kddm_rpc_stop(kn);
	kddm_views_exit(kn);
	kddm_member_exit(kn);
	return rc;
stop_rpc:
	kddm_transport_stop(kn);
	kddm_rpc_stop(kn);
	kddm_member_exit(kn);
	return rc;
exit_member:
	kddm_transport_stop(kn);
	kddm_member_exit(kn);
	return rc;
stop_transport:
	kddm_transport_stop(kn);
	return rc;
}

/* For what the layers have not told, which is what their own layers did. */
static void tell_why(struct netlink_ext_ack *extack, int rc)
{
	if (!extack || extack->_msg || rc == -EINTR)
		return;
	if (rc == -ENOMEM)
		NL_SET_ERR_MSG(extack, "no memory for a node");
	else
		NL_SET_ERR_MSG_FMT(extack, "a node cannot start: error %d", rc);
}

int kddm_start(struct kddm_net *kn, int id, u32 cluster,
	       struct netlink_ext_ack *extack)
{
	int rc;

	if (mutex_lock_killable(&kn->lock))
		return -EINTR;
	if (kn->run != KDDM_STOPPED) {
		NL_SET_ERR_MSG_FMT(extack, "already running as node %u",
				   kn->self);
		rc = -EALREADY;
		goto unlock;
	}
	WRITE_ONCE(kn->run, KDDM_STARTING);
	kn->expelled = false;
	kn->departing = false;
	kn->cluster = cluster;
	kn->quorum = READ_ONCE(kn->config.quorum);
	do {
		kn->incarnation = get_random_u32();
	} while (!kn->incarnation);
	rc = bring_up(kn, id, extack);
	if (rc) {
		WRITE_ONCE(kn->run, KDDM_STOPPED);
		tell_why(extack, rc);
	}
unlock:
	mutex_unlock(&kn->lock);
	return rc;
}

/* Nobody comes any more: leave so that nobody misses us. */
static void depart(struct kddm_net *kn)
{
	if (kn->departing)
		return;
	WRITE_ONCE(kn->departing, true);
	kddm_objects_hand_over(kn);
	kddm_views_leave(kn);
	kddm_member_retire(kn);
	/* Until it is stopped, if somebody is still inside. */
	WRITE_ONCE(kn->expelled, true);
}

/* Under its users, who get as long again to see that it is over. */
static int leave_users(struct kddm_net *kn)
{
	pr_notice("kddm: node %u: leaves with sets in use\n", kn->self);
	kddm_sets_forsake(kn);
	depart(kn);
	return kddm_sets_quiesce(kn);
}

int kddm_stop(struct kddm_net *kn, bool force, struct netlink_ext_ack *extack)
{
	int rc = 0;

	if (mutex_lock_killable(&kn->lock))
		return -EINTR;
	if (kn->run != KDDM_RUNNING) {
		NL_SET_ERR_MSG(extack, "not running");
		rc = -ENOTCONN;
		goto unlock;
	}
	rc = shut_gate(kn);
	if (rc)
		goto unlock;
	rc = kddm_sets_quiesce(kn);
	if (rc == -EBUSY && force && !kn->departing)
		rc = leave_users(kn);
	if (rc) {
		NL_SET_ERR_MSG(extack, "sets or objects are in use");
		reopen_gate(kn);
		if (!kn->departing)
			kddm_sets_revive(kn);
	} else {
		depart(kn);
		take_down(kn);
	}
unlock:
	mutex_unlock(&kn->lock);
	return rc;
}

static int __net_init kddm_net_init(struct net *net)
{
	struct kddm_net *kn = kddm_pernet(net);

	kn->net = net;
	kn->config = (struct kddm_config) {
		.id = -1,
		.object_timeout = 10000,
		.stop_timeout = 5000,
		.remote_stop = true,
		.founders = 1,
		.start_timeout = 10000,
		.leave_timeout = 5000,
		.replicas = 1,
	};
	mutex_init(&kn->lock);
	init_rwsem(&kn->gate);
	xa_init(&kn->nodes);
	return kddm_sets_alloc(kn);
}

/*
 * Before any exit function, so that TIPC is there, whichever of the two modules
 * was loaded first.  Nobody else uses the namespace any more; clients in the
 * kernel hold a reference to it while they use sets.
 */
static void __net_exit kddm_net_pre_exit(struct net *net)
{
	struct kddm_net *kn = kddm_pernet(net);

	mutex_lock(&kn->lock);
	if (kn->run == KDDM_RUNNING) {
		/* Nobody is inside who could keep us, see above. */
		WRITE_ONCE(kn->run, KDDM_STOPPING);
		down_write(&kn->gate);
		up_write(&kn->gate);
		kddm_sets_quiesce(kn);
		depart(kn);
		take_down(kn);
	}
	mutex_unlock(&kn->lock);
}

static void __net_exit kddm_net_exit(struct net *net)
{
	struct kddm_net *kn = kddm_pernet(net);

	kddm_sets_free(kn);
	xa_destroy(&kn->nodes);
	mutex_destroy(&kn->lock);
}

/* A machine that goes down leaves its clusters, as long as it has a network. */
static int kddm_reboot(struct notifier_block *nb, unsigned long event,
		       void *unused)
{
	struct net *net;

	down_read(&net_rwsem);
	for_each_net(net)
		kddm_stop(kddm_pernet(net), true, NULL);
	up_read(&net_rwsem);
	return NOTIFY_DONE;
}

static struct notifier_block kddm_reboot_nb = {
	.notifier_call = kddm_reboot,
};

static struct pernet_operations kddm_net_ops = {
	.init		= kddm_net_init,
	.pre_exit	= kddm_net_pre_exit,
	.exit		= kddm_net_exit,
	.id		= &kddm_net_id,
	.size		= sizeof(struct kddm_net),
};

/*
 * A module keeps TIPC from being unloaded by a socket of its own.  It also must
 * not be loaded when the first node starts: whoever starts one holds a lock of
 * generic netlink that TIPC's module needs.
 */
static struct socket *pin;

static int pin_tipc(void)
{
	int rc;

	if (!IS_MODULE(CONFIG_KDDM))
		return 0;
	rc = sock_create_kern(&init_net, AF_TIPC, SOCK_RDM, 0, &pin);
	if (rc)
		pr_err("kddm: no TIPC: %d\n", rc);
	return rc;
}

static void unpin_tipc(void)
{
	if (pin)
		sock_release(pin);
	pin = NULL;
}

static int __init kddm_mod_init(void)
{
	int rc;

	rc = pin_tipc();
	if (rc)
		return rc;
	rc = register_pernet_subsys(&kddm_net_ops);
	if (rc)
		goto tipc;
	rc = kddm_sets_init();
	if (rc)
		goto pernet;
	rc = kddm_control_init();
	if (rc)
		goto sets;
	rc = kddm_debug_init();
	if (rc)
		goto control;
	rc = kddm_nl_init();
	if (rc)
		goto debug;
	rc = register_reboot_notifier(&kddm_reboot_nb);
	if (rc)
		goto netlink;
	return 0;

netlink:
	kddm_nl_exit();
debug:
	kddm_debug_exit();
control:
	kddm_control_exit();
sets:
	kddm_sets_exit();
pernet:
	unregister_pernet_subsys(&kddm_net_ops);
tipc:
	unpin_tipc();
	return rc;
}

static void __exit kddm_mod_exit(void)
{
	unregister_reboot_notifier(&kddm_reboot_nb);
	kddm_nl_exit();
	kddm_debug_exit();
	kddm_control_exit();
	unregister_pernet_subsys(&kddm_net_ops);
	kddm_sets_exit();
	rcu_barrier();
	unpin_tipc();
}

module_init(kddm_mod_init);
module_exit(kddm_mod_exit);

MODULE_DESCRIPTION("Objects shared coherently by the kernels of a cluster");
MODULE_LICENSE("GPL");
MODULE_SOFTDEP("pre: tipc");
