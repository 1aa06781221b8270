/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KDDM's state in one network namespace, and its life cycle.
 *
 * A namespace is one node.  kddm_start() takes it through the ladder of layers
 * (transport, membership, RPC, sets), kddm_stop() back; namespace exit and
 * module unload stop what still runs.
 */
#ifndef _NET_KDDM_MAIN_H
#define _NET_KDDM_MAIN_H

#include <linux/atomic.h>
#include <linux/gfp_types.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <linux/xarray.h>
#include "wire.h"

/* For what must not fail, where reclaim may wait for what is held. */
#define GFP_KDDM	(GFP_NOFS | __GFP_NOFAIL)

struct kddm_catalog;
struct kddm_member;
struct kddm_names;
struct kddm_node_event;
struct kddm_rpc;
struct kddm_sets;
struct kddm_transport;
struct kddm_views;
struct net;
struct netlink_ext_ack;

/**
 * enum kddm_run - where a namespace stands in its life
 * @KDDM_STOPPED: not a node; nothing is allocated
 * @KDDM_STARTING: layers come up
 * @KDDM_RUNNING: a node of the cluster
 * @KDDM_STOPPING: layers go down; new calls get -ESHUTDOWN
 * @KDDM_EXPELLED: put out of the cluster, to be stopped; never in
 *	kddm_net.run, see kddm_run()
 */
enum kddm_run {
	KDDM_STOPPED,
	KDDM_STARTING,
	KDDM_RUNNING,
	KDDM_STOPPING,
	KDDM_EXPELLED
};

/**
 * struct kddm_config - what an administrator has set
 * @id: node id at the next start, or -1: TIPC's node address
 * @cluster: cluster id at the next start
 * @hold: minimum hold time in ms of sets made here, unless they say otherwise
 * @object_timeout: ms that control operations wait for an object
 * @stop_timeout: ms that a stop waits for the users of sets
 * @remote_stop: other nodes may stop this one
 * @quorum: enum kddm_vc_policy at the next start
 * @founders: nodes that it takes to found a cluster, from the next start on
 * @start_timeout: ms that a start waits for a view
 * @leave_timeout: ms that a stop waits for a view without this node
 * @replicas: nodes that hold what was put, of sets made here, unless they say
 *	otherwise
 *
 * Each is read and written at any time, with READ_ONCE() and WRITE_ONCE().
 */
struct kddm_config {
	int	id;
	u32	cluster;
	u32	hold;
	u32	object_timeout;
	u32	stop_timeout;
	bool	remote_stop;
	u8	quorum;
	u16	founders;
	u32	start_timeout;
	u32	leave_timeout;
	u8	replicas;
};

/**
 * struct kddm_net - KDDM in one network namespace
 * @net: the namespace
 * @lock: serialises start and stop; outermost lock, may sleep
 * @run: enum kddm_run; written under @lock
 * @departing: the node leaves and takes no objects; what its users still hold,
 *	after a stop by force, no longer counts
 * @expelled: another node has the id, TIPC is gone, or the node left by force
 *	under its users; set by the membership layer and by kddm_stop()
 * @gate: read-held between kddm_enter() and kddm_exit(); stop takes it for
 *	writing once @run is KDDM_STOPPING, before any layer goes down
 * @self: own node id, valid unless stopped
 * @cluster: cluster id; nodes of other clusters are refused
 * @quorum: enum kddm_vc_policy; nodes with another one are refused
 * @incarnation: random, never 0, new at every start
 * @epoch: of the view that is served, or was last; goes with each message
 * @config: see there; outlives a stop
 * @nodes: struct kddm_node by id, the own one included; writers hold the xarray
 *	lock, readers RCU
 * @stats: counters since the namespace was made
 * @tp: transport layer
 * @member: membership layer
 * @rpc: RPC layer
 * @views: views, above membership
 * @catalog: which sets there are in the cluster
 * @names: which names there are in the cluster
 * @sets: sets and objects; from kddm_sets_alloc() at namespace init to
 *	kddm_sets_free() at its exit, also while stopped
 * @node_change: told of each transition of another node, before the notifier
 *	chains; set by the layer of sets, see kddm_member_set_hook()
 * @peer_down: told at once, from any context that may sleep, that a session
 *	with a node has ended; set by the RPC layer
 * @view_rx: takes messages of type KDDM_WIRE_VIEW; set by the layer of views
 */
struct kddm_net {
	struct net		*net;
	struct mutex		lock;		/* start and stop */
	int			run;
	bool			expelled;
	bool			departing;
	struct rw_semaphore	gate;		/* see kddm_enter() */
	u16			self;
	u32			cluster;
	u8			quorum;
	u32			incarnation;
	u32			epoch;
	struct kddm_config	config;
	struct xarray		nodes;
	struct kddm_stats {
		atomic64_t	tx;		/* messages sent */
		atomic64_t	rx;		/* messages accepted */
		atomic64_t	tx_bytes;	/* in these, with headers */
		atomic64_t	rx_bytes;
		atomic64_t	malformed;	/* did not decode */
		atomic64_t	foreign;	/* from no published address */
		atomic64_t	stale;		/* other incarnation or state */
		atomic64_t	refused;	/* version, cluster, id */
		atomic64_t	gaps;		/* sequence number missing */
		atomic64_t	busy;		/* requests beyond the limit */
	} stats;
	struct kddm_transport	*tp;
	struct kddm_member	*member;
	struct kddm_rpc		*rpc;
	struct kddm_views	*views;
	struct kddm_catalog	*catalog;
	struct kddm_names	*names;
	struct kddm_sets	*sets;
	void (*node_change)(struct kddm_net *kn,
			    const struct kddm_node_event *ev);
	void (*peer_down)(struct kddm_net *kn, u16 id);
	int (*view_rx)(struct kddm_net *kn, const struct kddm_hdr *h,
		       const void *body, size_t len);
};

/**
 * kddm_pernet() - KDDM in a namespace
 * @net: the namespace
 *
 * Return: its state, which lives as long as the namespace and the module.
 */
struct kddm_net *kddm_pernet(const struct net *net);

/* Where the namespace stands. */
static inline enum kddm_run kddm_run(const struct kddm_net *kn)
{
	int run = READ_ONCE(kn->run);

	return run == KDDM_RUNNING && READ_ONCE(kn->expelled) ?
	       KDDM_EXPELLED : run;
}

/*
 * A call of a client into a running node: the layers stay until kddm_exit().
 * Returns the node, or an ERR_PTR(): -ENOTCONN (not running, or expelled),
 * -EINTR (killed while the node starts or stops).  Context: may sleep.
 */
struct kddm_net *kddm_enter(struct net *net);
void kddm_exit(struct kddm_net *kn);

/**
 * kddm_start() - make a namespace a node
 * @kn: the namespace
 * @id: node id, or -1 for TIPC's node address
 * @cluster: cluster id; only nodes with the same one become members
 * @extack: what went wrong, for humans
 *
 * Context: may sleep, waits for other nodes; a fatal signal ends it, but the
 * node runs, and this is 0, if somebody has opened a set by then.
 * Return: 0, -EALREADY (runs), -ENETDOWN (TIPC has no node address),
 * -ERANGE (@id), -EADDRINUSE (@id is another node's), -EPROTO (another node is
 * set to another quorum policy), -EINTR, -ENOMEM, or an error of TIPC.
 */
int kddm_start(struct kddm_net *kn, int id, u32 cluster,
	       struct netlink_ext_ack *extack);

/**
 * kddm_stop() - leave the cluster
 * @kn: the namespace
 * @force: leave also if there are users of sets who do not go in time
 * @extack: what went wrong, for humans
 *
 * Users get -ESHUTDOWN for what they wait for or ask for anew.  They have
 * kddm_config.stop_timeout to let go of objects and to close their handles.
 * With @force the node leaves then: what they hold to write is lost, and put
 * says -ESTALE.  If they do not close their handles for as long again the node
 * is expelled, and is to be stopped once more.
 *
 * Context: may sleep, waits for users of sets; a fatal signal ends that.
 * Return: 0, -ENOTCONN (does not run), -EBUSY (sets in use), -EINTR.  After an
 * error the node is a member as before, or expelled.
 */
int kddm_stop(struct kddm_net *kn, bool force, struct netlink_ext_ack *extack);

#endif /* _NET_KDDM_MAIN_H */
