/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bench of KDDM: what its operations cost, beside what they stand on.
 *
 * It is a module of its own, which uses KDDM as any client does, by
 * include/linux/kddm.h, and its RPC.  Nothing of it runs unless somebody asks.
 *
 *   netlink.c   a request, and the answer
 *   session.c   whose turn it is; a case from its set to its figures
 *   order.c     orders to other nodes, and what these then do
 *   single.c    cases in which this node does one operation after the other
 *   shared.c    cases in which several nodes are busy at the same time
 *   local.c     hits
 *   raw.c       TIPC without KDDM
 *   times.c     from single times to mean and percentiles
 *
 * Who runs what
 * -------------
 *
 * A request of netlink measures one case; which cases make up a bench, and in
 * which order, is for the program that asks.  The case runs in that program's
 * own context, so it ends with it; and since generic netlink lets no family
 * come or go meanwhile, after BENCH_TIME at the latest.
 *
 * Other nodes do their part when they get an order, an RPC call that says
 * everything: they open the set, do so many operations, and close it.  They
 * know nothing of an order before or after it.  Each has an end in time.  One
 * that is to go on while this node measures is waited for by a work item here.
 *
 * A case goes in rounds.  In each the reference is measured, other nodes bring
 * the objects into the state that the case wants, and then this node measures;
 * a noisy machine is noisy for both.  The first round does not count.
 *
 * What is left behind: nothing
 * ----------------------------
 *
 * A set named BENCH_CLAIM, which is open as long as the socket of the program,
 * keeps others in the cluster from measuring at the same time; one that nobody
 * has open is what a node left that failed.  The objects of a case are in the
 * set BENCH_SET, which is destroyed, by force, when the case has ended, for
 * whatever reason: this ends what other nodes still do with it.  Both are made
 * and destroyed by a worker, so that the program's death does not stop it.
 */
#ifndef _NET_KDDM_BENCH_H
#define _NET_KDDM_BENCH_H

#include <linux/jiffies.h>
#include <linux/kddm.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <uapi/linux/kddm_bench.h>

struct kddm_net;
struct socket;

#define BENCH_CLAIM	"kddm-bench"
#define BENCH_SET	"kddm-bench-case"
#define BENCH_TIME	(8 * HZ)	/* a case ends itself then */
#define BENCH_SHARE_MS	50		/* of all together, each round */
#define BENCH_BATCH	1000		/* hits that are timed together */
#define BENCH_SAMPLES	65536		/* of a case that goes by the clock */
#define BENCH_MEMORY	(64U << 20)	/* bytes of objects in a set */

/* times.c */

/**
 * struct bench_times - how long operations took
 * @ps: single times, in picoseconds
 * @nr: how many there are
 * @max: how many there is room for; more only count in @ops
 * @ops: operations
 * @ns: nanoseconds that all of them took together
 */
struct bench_times {
	u64		*ps;
	u32		nr;
	u32		max;
	u64		ops;
	u64		ns;
};

/**
 * struct bench_figures - what becomes of them
 * @ops: operations
 * @mean: picoseconds, as @p50, @p99 and @max
 * @p50: the median
 * @p99: not exceeded by 99 in a hundred
 * @max: the longest
 * @rate: operations in a second
 */
struct bench_figures {
	u64		ops;
	u64		mean;
	u64		p50;
	u64		p99;
	u64		max;
	u64		rate;
};

int bench_times_init(struct bench_times *t, u32 max);
void bench_times_free(struct bench_times *t);
void bench_times_reset(struct bench_times *t);
/* A single time: @ns nanoseconds for @ops operations; they do not count yet. */
void bench_times_note(struct bench_times *t, u64 ns, u32 ops);
/* So many operations took so long together. */
void bench_times_count(struct bench_times *t, u64 ns, u64 ops);
/* One operation: both. */
void bench_times_add(struct bench_times *t, u64 ns);
/* Sorts @t. */
void bench_times_figures(struct bench_times *t, struct bench_figures *f);

/* order.c */

/**
 * enum bench_do - what another node is to do
 * @BENCH_DO_GRAB: grab objects, write them, put them
 * @BENCH_DO_GET: get objects, check and put them
 * @BENCH_DO_BOUNCE: write objects in turn with other nodes, @count in all,
 *	beginning with the first object
 * @BENCH_DO_READ: read the first object, and forget it, as often as it can
 * @BENCH_DO_ECHO: send back what comes at a TIPC socket
 * @BENCH_DO_STREAM: send messages on a TIPC connection
 */
enum bench_do {
	BENCH_DO_GRAB = 1,
	BENCH_DO_GET,
	BENCH_DO_BOUNCE,
	BENCH_DO_READ,
	BENCH_DO_ECHO,
	BENCH_DO_STREAM,
};

/**
 * struct bench_order - an order, for sending
 * @todo: enum bench_do
 * @first: id of the first object
 * @count: objects, or messages
 * @size: bytes of a message
 * @stamp: what the objects are to contain: the id and this added
 * @port: TIPC port here to talk to
 * @addr: TIPC node of that
 * @ms: milliseconds, for what goes by the clock
 */
struct bench_order {
	u32		todo;
	u32		first;
	u32		count;
	u32		size;
	u32		stamp;
	u32		port;
	u32		addr;
	u32		ms;
};

struct bench;

/**
 * struct bench_part - an order that another node carries out meanwhile
 * @work: waits for the answer
 * @b: the case
 * @node: who
 * @order: what
 * @result: operations, or a negative error number, when @work has ended
 */
struct bench_part {
	struct work_struct	work;
	struct bench		*b;
	u16			node;
	struct bench_order	order;
	s64			result;
};

int bench_order_init(void);
void bench_order_exit(void);
/* Have it done and wait: operations, or a negative error number. */
s64 bench_order(struct bench *b, u16 node, const struct bench_order *order);
/* Have it done while this node goes on; @b->part[i] is the i-th. */
void bench_part_start(struct bench *b, u32 i, u16 node,
		      const struct bench_order *order);
/* Wait for it, also when killed; it has an end.  As bench_order(). */
s64 bench_part_end(struct bench *b, u32 i);
/* What both sides do in their own context, on an object of @set. */
int bench_write(struct kddm_set *set, u64 id, u32 value);
int bench_check(struct kddm_obj *obj, u32 value);
/*
 * As often as possible until @end, in jiffies: hand-overs or operations, or a
 * negative error number.  @t gets the single times; it can be NULL.
 *
 * The nodes of a bounce go one after the other around a ring of objects: each
 * holds one until it has grabbed the next, and so waits for who is before it.
 * They take turns, even if there is one CPU for all.
 */
s64 bench_bounce(struct kddm_set *set, u32 place, u32 nodes, u32 self,
		 unsigned long end, struct bench_times *t);
s64 bench_read(struct kddm_set *set, u64 id, unsigned long end,
	       struct bench_times *t);
/* An RPC call of @len bytes that gets as many back. */
int bench_echo_call(struct bench *b, u16 node, void *buf, u32 len);

/* raw.c */

/**
 * struct bench_raw - this node's side of TIPC without KDDM
 * @sock: for round trips
 * @listener: for streams
 * @buf: @size bytes
 * @size: of a message
 */
struct bench_raw {
	struct socket	*sock;
	struct socket	*listener;
	void		*buf;
	u32		size;
};

int bench_raw_open(struct bench *b);
void bench_raw_close(struct bench *b);
/* @b->count of them, with the first peer. */
int bench_raw_trips(struct bench *b);
int bench_raw_stream(struct bench *b);
/* The other side; operations, or a negative error number. */
s64 bench_raw_echo(struct kddm_net *kn, const struct bench_order *order);
s64 bench_raw_send(struct kddm_net *kn, const struct bench_order *order);

/* session.c */

struct bench_case;

/**
 * struct bench - one case
 * @what: what it does
 * @net: the namespace
 * @kn: the node there
 * @self: its id
 * @size: bytes of an object, or of a message
 * @away: the first peer is home, rather than this node
 * @copies: how many nodes
 * @cpus: how many CPUs
 * @rounds: how many, without the first one, which does not count
 * @count: operations of a round
 * @nr_peers: other nodes
 * @peer: their ids
 * @round: number of this round, from 0
 * @end: jiffies when it has to end
 * @set: the set of the case
 * @kddm: times of KDDM
 * @ref: times of the reference
 * @raw: TIPC
 * @local: of local.c
 * @culprit: the node that an error is about
 * @part: what other nodes do
 */
struct bench {
	const struct bench_case	*what;
	struct net		*net;
	struct kddm_net		*kn;
	u16			self;
	u32			size;
	bool			away;
	u32			copies;
	u32			cpus;
	u32			rounds;
	u32			count;
	u32			nr_peers;
	u16			peer[KDDM_BENCH_NODES_MAX];
	u32			round;
	unsigned long		end;
	struct kddm_set		*set;
	struct bench_times	kddm;
	struct bench_times	ref;
	struct bench_raw	raw;
	void			*local;
	u16			culprit;
	struct bench_part	part[KDDM_BENCH_NODES_MAX];
};

/**
 * struct bench_case - what can be measured
 * @peers: other nodes that it needs
 * @per_copy: the same, times @copies of the request; @peers is added
 * @least: fewest @copies that make sense; 0: it has none
 * @most: the most of them, 0: as many as there can be
 * @fresh: each round uses objects of its own
 * @clock: it goes by the clock
 * @replicas: the set keeps what is put on @copies nodes
 * @ref: measures the reference, in each round
 * @open: before all rounds, or NULL
 * @round: measures a round
 * @close: after @open returned 0, or NULL
 */
struct bench_case {
	s8	peers;
	u8	per_copy;
	u8	least;
	u8	most;
	bool	fresh;
	bool	clock;
	bool	replicas;
	int	(*ref)(struct bench *b);
	int	(*open)(struct bench *b);
	int	(*round)(struct bench *b);
	void	(*close)(struct bench *b);
};

int bench_session_init(void);
void bench_session_exit(void);
/* The work queue of the module. */
extern struct workqueue_struct *bench_wq;
/*
 * Run a case for a netlink socket, which has the bench of the cluster from then
 * on, until it is closed: 0, -EBUSY (another one has it), or another error.
 * Afterwards nothing of the case is there but its times.
 */
int bench_run(struct bench *b, u32 portid);
/* Other nodes that the case needs. */
u32 bench_peers_needed(const struct bench *b);
/* 0; -EINTR: a signal has come; -ETIMEDOUT. */
int bench_stop(const struct bench *b);
/* The first object of this round. */
static inline u32 bench_first(const struct bench *b)
{
	return b->what->fresh ? b->round * b->count : 0;
}

/* The cases */

int bench_get_first(struct bench *b);
int bench_get_owner(struct bench *b);
int bench_get_forward(struct bench *b);
int bench_grab_first(struct bench *b);
int bench_grab_local(struct bench *b);
int bench_grab_remote(struct bench *b);
int bench_grab_both(struct bench *b);
int bench_remove_local(struct bench *b);
int bench_remove_remote(struct bench *b);
int bench_rpc(struct bench *b);
int bench_replicas(struct bench *b);
int bench_shared_bounce(struct bench *b);
int bench_shared_readers(struct bench *b);
int bench_produce(struct bench *b);
int bench_stream(struct bench *b);
int bench_local_open(struct bench *b);
void bench_local_close(struct bench *b);
int bench_local_bare(struct bench *b);
int bench_hit_get(struct bench *b);
int bench_hit_grab(struct bench *b);

#endif /* _NET_KDDM_BENCH_H */
