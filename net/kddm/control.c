// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of an administrator to another node; control.h says more.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include "barrier.h"
#include "control.h"
#include "main.h"
#include "member.h"
#include "rpc.h"

#define CALL_TIMEOUT	(5 * HZ)
#define STOP_TIMEOUT	(60 * HZ)
#define STOP_LOOK	(HZ / 20)	/* between looks whether it is gone */

enum control_op {
	OP_PING = 1,
	OP_STOP,
	OP_STOPPED,	/* what came of OP_STOP */
	OP_STOP_FORCE,
};

struct wire_control {
	__le32	op;
	__le32	incarnation;	/* whom it is meant for */
};

/**
 * struct control - what other nodes ask of this one
 * @kn: this node
 * @stop: stops it
 * @force: under its users
 * @result: of the last attempt, -EINPROGRESS until then
 */
struct control {
	struct kddm_net		*kn;
	struct work_struct	stop;
	bool			force;
	int			result;
};

static unsigned int control_net_id;
static struct kddm_rpc_service svc_control;

/* On the node that is asked */

static void stop_work(struct work_struct *work)
{
	struct control *c = container_of(work, struct control, stop);

	WRITE_ONCE(c->result, kddm_stop(c->kn, READ_ONCE(c->force), NULL));
}

static int ask_stop(struct control *c, u16 src, bool force)
{
	if (!READ_ONCE(c->kn->config.remote_stop))
		return -EPERM;
	pr_notice_ratelimited("kddm: node %u: node %u asks to stop\n",
			      c->kn->self, src);
	WRITE_ONCE(c->result, -EINPROGRESS);
	WRITE_ONCE(c->force, force);
	queue_work(system_dfl_wq, &c->stop);
	return 0;
}

static int tell_result(struct control *c, void *reply, size_t max)
{
	__le32 result = cpu_to_le32(READ_ONCE(c->result));

	if (max < sizeof(result))
		return -EMSGSIZE;
	memcpy(reply, &result, sizeof(result));
	return sizeof(result);
}

static int control_handler(struct kddm_net *kn, u16 src, const void *req,
			   size_t len, void *reply, size_t max)
{
	struct control *c = net_generic(kn->net, control_net_id);
	const struct wire_control *w = req;

	if (len != sizeof(*w))
		return -EBADMSG;
	if (le32_to_cpu(w->incarnation) != kn->incarnation)
		return -ESTALE;
	switch (le32_to_cpu(w->op)) {
	case OP_PING:
		return 0;
	case OP_STOP:
	case OP_STOP_FORCE:
		return ask_stop(c, src, w->op == cpu_to_le32(OP_STOP_FORCE));
	case OP_STOPPED:
		return tell_result(c, reply, max);
	default:
		return -EOPNOTSUPP;
	}
}

/* On the node that asks */

static int ask(struct net *net, u16 id, u32 op, u32 incarnation, void *reply,
	       size_t max)
{
	struct kddm_net *kn = kddm_enter(net);
	struct wire_control w = {
		.op = cpu_to_le32(op),
		.incarnation = cpu_to_le32(incarnation),
	};
	int err;

	if (IS_ERR(kn))
		return PTR_ERR(kn);
	err = kddm_rpc_call(kn, id, &svc_control, &w, sizeof(w), reply, max,
			    CALL_TIMEOUT);
	kddm_exit(kn);
	return err;
}

/* Another node's incarnation, 0 if it is not online; or an error. */
static s64 find(struct net *net, u16 id)
{
	struct kddm_net *kn = kddm_enter(net);
	s64 ret;

	if (IS_ERR(kn))
		return PTR_ERR(kn);
	if (id == kn->self)
		ret = -EINVAL;
	else
		ret = kddm_node_incarnation(kn, id);
	kddm_exit(kn);
	return ret;
}

/* The new one counts for an eighth. */
static void smooth(struct kddm_net *kn, u16 id, u64 ns)
{
	struct kddm_node *node = kddm_node_get(kn, id);
	u32 old;

	if (!node)
		return;
	old = READ_ONCE(node->rtt);
	ns = min_t(u64, old ? old - old / 8 + ns / 8 : ns, U32_MAX);
	WRITE_ONCE(node->rtt, max_t(u32, ns, 1));
	kddm_node_put(node);
}

int kddm_control_ping(struct net *net, u16 id, u64 *ns)
{
	s64 incarnation = find(net, id);
	u64 start;
	int err;

	if (incarnation < 0)
		return incarnation;
	if (!incarnation)
		return -EHOSTDOWN;
	start = ktime_get_ns();
	err = ask(net, id, OP_PING, incarnation, NULL, 0);
	if (err)
		return err;
	*ns = ktime_get_ns() - start;
	smooth(kddm_pernet(net), id, *ns);
	return 0;
}

/* What has come of it?  0: it is gone, -EAGAIN: not known yet. */
static int look(struct net *net, u16 id, u32 incarnation)
{
	s64 now = find(net, id);
	__le32 result;
	int err;

	/* This node may have been stopped. */
	if (now < 0)
		return now;
	if (now != incarnation)
		return 0;
	err = ask(net, id, OP_STOPPED, incarnation, &result, sizeof(result));
	if (err == -EINTR || err == -ENOTCONN)
		return err;
	/* While it goes down it does not answer. */
	if (err != sizeof(result))
		return -EAGAIN;
	err = (s32)le32_to_cpu(result);
	if (err >= 0 || err == -EINPROGRESS)
		return -EAGAIN;
	return max(err, -MAX_ERRNO);
}

static int wait_gone(struct net *net, u16 id, u32 incarnation)
{
	unsigned long end = jiffies + STOP_TIMEOUT;
	int err;

	for (;;) {
		err = look(net, id, incarnation);
		if (err != -EAGAIN)
			return err;
		if (time_after(jiffies, end))
			return -ETIMEDOUT;
		if (schedule_timeout_killable(STOP_LOOK) &&
		    fatal_signal_pending(current))
			return -EINTR;
	}
}

static void say(struct netlink_ext_ack *extack, u16 id, int err)
{
	switch (err) {
	case -EHOSTDOWN:
		NL_SET_ERR_MSG_FMT(extack, "node %u is not online", id);
		break;
	case -EPERM:
		NL_SET_ERR_MSG_FMT(extack,
				   "node %u may not be stopped by others", id);
		break;
	case -EBUSY:
		NL_SET_ERR_MSG_FMT(extack,
				   "node %u: sets or objects are in use", id);
		break;
	case -EOPNOTSUPP:
		NL_SET_ERR_MSG_FMT(extack, "node %u does not know how", id);
		break;
	case -ETIMEDOUT:
		NL_SET_ERR_MSG_FMT(extack, "node %u has not stopped in time",
				   id);
		break;
	case -ESTALE:
		NL_SET_ERR_MSG_FMT(extack,
				   "node %u was started anew meanwhile", id);
		break;
	case -ENOTCONN:
		NL_SET_ERR_MSG(extack, "not running");
		break;
	case -EINTR:
		break;		/* nobody is there to read it */
	default:
		NL_SET_ERR_MSG_FMT(extack, "node %u: error %d", id, err);
		break;
	}
}

int kddm_control_stop(struct net *net, u16 id, bool force,
		      struct netlink_ext_ack *extack)
{
	u32 op = force ? OP_STOP_FORCE : OP_STOP;
	s64 incarnation = find(net, id);
	int err = incarnation;

	if (!incarnation)
		err = -EHOSTDOWN;
	else if (incarnation > 0)
		err = ask(net, id, op, incarnation, NULL, 0);
	/* It may be gone before its answer was on the way, or be going. */
	if (!err || (err == -EHOSTDOWN && incarnation > 0) ||
	    err == -ESHUTDOWN)
		err = wait_gone(net, id, incarnation);
	if (err)
		say(extack, id, err);
	return err;
}

/* Life */

static struct kddm_rpc_service svc_control = {
	.name		= "kddm-control",
	.handler	= control_handler,
	.owner		= THIS_MODULE,
};

static int __net_init control_net_init(struct net *net)
{
	struct control *c = net_generic(net, control_net_id);

	c->kn = kddm_pernet(net);
	INIT_WORK(&c->stop, stop_work);
	return 0;
}

static void __net_exit control_net_pre_exit(struct net *net)
{
	struct control *c = net_generic(net, control_net_id);

	disable_work_sync(&c->stop);
}

static struct pernet_operations control_net_ops = {
	.init		= control_net_init,
	.pre_exit	= control_net_pre_exit,
	.id		= &control_net_id,
	.size		= sizeof(struct control),
};

int __init kddm_control_init(void)
{
	int err;

	err = register_pernet_subsys(&control_net_ops);
	if (err)
		return err;
	err = kddm_rpc_register(&svc_control);
	if (err)
		goto pernet;
	err = kddm_barrier_init();
	if (err)
		goto service;
	return 0;

service:
	kddm_rpc_unregister(&svc_control);
pernet:
	unregister_pernet_subsys(&control_net_ops);
	return err;
}

void kddm_control_exit(void)
{
	kddm_barrier_exit();
	kddm_rpc_unregister(&svc_control);
	unregister_pernet_subsys(&control_net_ops);
}
