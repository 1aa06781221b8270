/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of a cluster around the coherence machine, for its tests.
 *
 * struct model is one object on a few nodes: the machine's own struct kddm_co
 * of each node, local users who wait and work as object.c lets them, and a
 * first-in first-out channel between each two nodes.  model_list() lists what
 * can happen next, model_do() lets it happen, and model_check() (invariants.c)
 * says whether what is there may be.  There is no time and no chance in here:
 * who calls decides, by search (search.c) or by dice (the simulation in
 * tools/testing/kddm/sim).
 *
 * The struct has no pointers but those into itself, so it can be copied; see
 * model_copy().
 */
#ifndef _NET_KDDM_TESTS_MODEL_H
#define _NET_KDDM_TESTS_MODEL_H

#include <linux/types.h>
#include "../coherence.h"

/* Limits; a user of the model may set others for all files at once. */
#ifndef MODEL_NODES
#define MODEL_NODES	4
#define MODEL_WORDS	1
#define MODEL_MSGS	40
#endif
#ifndef MODEL_APART
#define MODEL_APART	1	/* nodes that may be cut off at once */
#endif
#define MODEL_USERS	4			/* local users of a node */
#define MODEL_QUEUE	(2 * MODEL_NODES + 2)	/* requests in one queue */
#define MODEL_EXT_U64	(1 + 2 * MODEL_WORDS + \
			 (MODEL_QUEUE * sizeof(struct kddm_co_req) + 7) / 8)
#define MODEL_MOVES	(MODEL_NODES * (2 * MODEL_NODES + 32))

struct model;
struct model_msg;

/* What local users do: struct model_cfg.ops */
#define MODEL_GET	0x01
#define MODEL_GRAB	0x02
#define MODEL_NOCREATE	0x04	/* also without creating */
#define MODEL_REMOVE	0x08	/* a writer may remove */
#define MODEL_KILL	0x10	/* who waits may be killed */
#define MODEL_FORGET	0x20	/* entries are freed when that is allowed */
#define MODEL_SLOW	0x40	/* never kddm_co_hit() and kddm_co_leave() */
#define MODEL_TRY	0x80	/* also without waiting for other users */
#define MODEL_DOWNGRADE	0x100	/* a writer may go on as a reader */
#define MODEL_DROP	0x200	/* copies are dropped when that is allowed */
#define MODEL_FAIL	0x400	/* first contents may fail to be made */
#define MODEL_HOLD	0x800	/* who grabs keeps it, as long as time likes */
#define MODEL_RENEW	0x1000	/* a lost object may be given up */
#define MODEL_MANUAL	0x2000	/* also making the first contents themselves */
#define MODEL_UPGRADE	0x4000	/* a reader may go on as a writer */

/**
 * struct model_cfg - what is fixed
 * @nodes: how many
 * @users: local users of each node
 * @home: index of the object's home
 * @stride: distance of the ids of two nodes; index i has id i * stride
 * @max_hops: see struct kddm_co_env
 * @max_removed: no remove, and no failure to make the first contents, while so
 *	many KDDM_EV_REMOVED are on the way, 0 for no limit: their number is the
 *	only thing in the model without a bound
 * @max_crash: so many nodes may fail, and the others recover
 * @max_moves: so often may home move for other reasons
 * @max_cut: so often may a node be cut off, and come back; at most MODEL_APART
 *	of them at once
 * @max_break: so often may a recovery be interrupted
 * @replicas: so many nodes, those of the lowest indices, keep what was put; 0:
 *	none
 * @touch_home: see struct kddm_co_env
 * @fair: count who overtakes whom, see model_line()
 * @max_over: a get and a grab are overtaken at most so often by each node
 * @max_start: so many operations are started in all, 0 for no limit
 * @max_busy: so many of the cluster's users wait or are inside at once, 0 for
 *	no limit
 * @ops: MODEL_*
 * @carry: called for each message, or NULL; may replace it by what a real wire
 *	would deliver
 */
struct model_cfg {
	u16	nodes;
	u16	users;
	u16	home;
	u16	stride;
	u16	max_hops;
	u16	max_removed;
	u16	max_crash;
	u16	max_moves;
	u16	max_cut;
	u16	max_break;
	u16	replicas;
	bool	touch_home;
	bool	fair;
	u8	max_over[2];
	u8	max_start;
	u8	max_busy;
	u16	ops;
	void	(*carry)(struct model *m, struct model_msg *msg);
};

/**
 * enum model_move_type - what can happen
 * @MOVE_START: a local user of @a starts operation @b
 * @MOVE_PUT: a local user of @a leaves
 * @MOVE_REMOVE: the local writer of @a removes the object
 * @MOVE_DOWNGRADE: the local writer of @a goes on as a reader
 * @MOVE_UPGRADE: a local reader of @a is to go on as a writer; operation @b
 * @MOVE_DROP: @a drops its copy
 * @MOVE_FILLED: @a has made the first contents, or (@b) has failed to
 * @MOVE_DELIVER: @b gets the oldest message of @a
 * @MOVE_KILL: the first who waits on @a is killed
 * @MOVE_FORGET: @a frees its entry
 * @MOVE_OVER: the hold time of @a is over
 * @MOVE_CRASH: @a fails
 * @MOVE_CHANGE: home is to move
 * @MOVE_FREEZE: @a takes part in a change of the view, see recovery.c
 * @MOVE_RECOVER: the change is done, and @a is home
 * @MOVE_REPLICATE: after a change, @a brings the replicas up to date
 * @MOVE_RENEW: the lost object is given up at @a, its home
 * @MOVE_CUT: @a is cut off: to the others as if it had failed
 * @MOVE_RETURN: it is back, and will be a member again
 * @MOVE_BREAK: as MOVE_RECOVER, but it is interrupted when only node @b, or all
 *	but node @b - MODEL_NODES, have been told what was judged
 */
enum model_move_type {
	MOVE_START,
	MOVE_PUT,
	MOVE_REMOVE,
	MOVE_DOWNGRADE,
	MOVE_UPGRADE,
	MOVE_DROP,
	MOVE_FILLED,
	MOVE_DELIVER,
	MOVE_KILL,
	MOVE_FORGET,
	MOVE_OVER,
	MOVE_CRASH,
	MOVE_CHANGE,
	MOVE_FREEZE,
	MOVE_RECOVER,
	MOVE_REPLICATE,
	MOVE_RENEW,
	MOVE_CUT,
	MOVE_RETURN,
	MOVE_BREAK
};

struct model_move {
	u8	type;
	u8	a;
	u8	b;
};

/* A message that is none: what is behind it leaves after the change. */
#define MODEL_MARK	KDDM_EV_RUN

/* Operations of MOVE_START, and of those who wait. */
#define MODEL_OP_GRAB		0x1
#define MODEL_OP_NOCREATE	0x2
#define MODEL_OP_TRY		0x4
#define MODEL_OP_MANUAL		0x8
#define MODEL_OPS		0x10	/* these are all of MOVE_START */
#define MODEL_OP_UPGRADE	0x10	/* of a reader */
/* Only of those who wait: */
#define MODEL_OP_KILLED		0x20
#define MODEL_OP_KEPT		0x40	/* what they read has been here since */
#define MODEL_OP_OTHER		0x80	/* the object is another one since */

/**
 * struct model_msg - a message
 * @next: the one behind it, 0 if none
 * @type: as in struct kddm_co_event
 * @flags: as in struct kddm_co_event
 * @src: index of the sender
 * @dst: index of the receiver
 * @origin: as in struct kddm_co_event
 * @hops: as in struct kddm_co_event
 * @seq: as in struct kddm_co_event
 * @err: as in struct kddm_co_event
 * @version: as in struct kddm_co_event
 * @value: the object's data, if @data
 * @nwords: as in struct kddm_co_event
 * @data: it carries data
 * @need: as in struct kddm_co_event
 */
struct model_msg {
	u16	next;
	u8	type;
	u8	flags;
	u16	src;
	u16	dst;
	u16	origin;
	u16	hops;
	u32	seq;
	int	err;
	u64	version;
	u64	value;
	u16	nwords;
	bool	data;
	u64	need[MODEL_WORDS];
};

/**
 * struct model_sent - the ownership that a node has sent
 * @used: it has, and that has not arrived
 * @late: the link failed before it had arrived
 * @unsent: or before it had left
 * @dst: index of the receiver
 * @flags: as in struct model_msg
 * @version: as in struct model_msg
 * @value: the object's data, or 0
 * @life: the object's
 */
struct model_sent {
	bool	used;
	bool	late;
	bool	unsent;
	u16	dst;
	u8	flags;
	u64	version;
	u64	value;
	u32	life;
};

/**
 * struct model_node - a node
 * @co: the machine
 * @env: its surroundings
 * @value: the object's data, if there are any here
 * @saw: what users here have seen of it, with replicas
 * @replicas: for @env
 * @readers: local users who read
 * @writer: a local user writes
 * @nwait: local users who wait
 * @leave: who is inside was killed while they waited, and leaves at once
 * @buf: which of @ext the object uses
 * @dead: has failed, or is cut off
 * @held: its hold time has begun and is not over
 * @timer: and there is a KDDM_EV_RUN to come then
 * @failed: MOVE_FILLED failed
 * @frozen: what it sends leaves after the change of the view
 * @seen: a user here has seen the object, as it is or was
 * @late: comes back from a time apart, and has not been served since
 * @adrift: a recovery was interrupted before it was told
 * @life: if @late, the object's when it was cut off
 * @sent: the ownership that it sent last, in this view, or to who is away
 * @wait: who waits, first in first out: MODEL_OP_*
 * @past: for each of them, bit mask of the nodes that stood in line before
 * @ext: two extensions, one of them in use
 */
struct model_node {
	struct kddm_co		co;
	struct kddm_co_env	env;
	u64			value;
	u64			saw;
	u64			replicas[MODEL_WORDS];
	u8			readers;
	u8			writer;
	u8			nwait;
	u8			leave;
	u8			buf;
	u8			dead;
	u8			held;
	u8			timer;
	u8			failed;
	u8			frozen;
	u8			seen;
	u8			late;
	u8			adrift;
	u32			life;
	struct model_sent	sent;
	u8			wait[MODEL_USERS];
	u64			past[MODEL_USERS];
	u64			ext[2][MODEL_EXT_U64];
};

/**
 * struct model_apart - a node that is cut off, as it was then
 * @used: there is one
 * @back: it will be a member again
 * @at: its index
 * @epoch: the view then
 * @base: the last view in which it was not out of date
 * @life: the object's, then
 * @node: what it has
 */
struct model_apart {
	bool			used;
	bool			back;
	u16			at;
	u32			epoch;
	u32			base;
	u32			life;
	struct model_node	node;
};

/**
 * struct model - the cluster
 * @cfg: what is fixed
 * @error: what is wrong, or NULL
 * @error_node: index of the node where
 * @error_no: the error number, if it is about one
 * @value: what the last put left
 * @values: values used so far
 * @version: of the object
 * @exists: it does
 * @filled: made in this move; its version is not yet counted
 * @moved: whoever enters now is a reader who takes over the ownership
 * @arrived: whoever enters now got the data by a message
 * @upgraded: whoever entered last had kept what they read
 * @down: nodes that have failed
 * @home: index of home
 * @moves: how often it has moved without a failure
 * @gone: bit mask of nodes that have failed and are not yet forgotten
 * @epoch: views so far, and one
 * @cuts: nodes cut off so far
 * @breaks: recoveries interrupted so far
 * @broken: the last one was
 * @lives: how often the object has been made
 * @life: the one that it is
 * @ended: it has been removed or given up, and not made again
 * @other_life: somebody has come back who knew it as another one: versions of
 *	two lives cannot be compared
 * @unsure: it may have been, by who comes back; or it was being made anew
 * @restarted: home has forgotten that there was one: the next one's versions
 *	begin anew, and replicas may know of those before
 * @ender: by whom
 * @heir: who owns the object, as was judged last
 * @base: of each node, during a recovery: the last view in which it was not out
 *	of date
 * @change: the view changes
 * @lost: the object is
 * @given_up: a lost object has been
 * @safe: with replicas, what the last put that has returned left, or what was
 *	there at first
 * @returned: some put has returned, so there are replicas
 * @ending: the object is being removed
 * @stale: replicas may have to be made
 * @removed: KDDM_EV_REMOVED on the way
 * @started: operations so far, if @cfg->max_start
 * @over: how often node [a], which waits, was overtaken by [b]
 * @most_over: most of that so far, of a get and of a grab
 * @sent: messages sent so far, by type
 * @max_hops: most hops of a get and of a grab so far
 * @max_queue: longest queue so far
 * @head: oldest message from [a] to [b], 0 if none
 * @tail: youngest
 * @busy: channels that are not empty, as a * MODEL_NODES + b
 * @busy_at: index of each of them in @busy
 * @nr_busy: how many
 * @free: first free entry of @msg
 * @used: entries of @msg in use
 * @node: the nodes
 * @apart: those of them that are cut off
 * @msg: the messages; entry 0 is not used
 */
struct model {
	const struct model_cfg	*cfg;
	const char		*error;
	u16			error_node;
	int			error_no;
	u64			value;
	u64			values;
	u64			version;
	bool			exists;
	bool			filled;
	bool			moved;
	bool			arrived;
	bool			upgraded;
	u16			down;
	u16			home;
	u16			moves;
	u16			gone;
	u32			epoch;
	u16			cuts;
	u16			breaks;
	bool			broken;
	bool			ended;
	bool			other_life;
	bool			unsure;
	bool			restarted;
	u16			ender;
	u16			heir;
	u32			lives;
	u32			life;
	u32			base[MODEL_NODES];
	bool			change;
	bool			lost;
	bool			given_up;
	u64			safe;
	bool			returned;
	bool			ending;
	bool			stale;
	u16			removed;
	u8			started;
	u8			over[MODEL_NODES][MODEL_NODES];
	u8			most_over[2];
	u64			sent[KDDM_EV_NR];
	u16			max_hops[2];
	u16			max_queue;
	u16			head[MODEL_NODES][MODEL_NODES];
	u16			tail[MODEL_NODES][MODEL_NODES];
	u16			busy[MODEL_NODES * MODEL_NODES];
	u16			busy_at[MODEL_NODES][MODEL_NODES];
	u16			nr_busy;
	u16			free;
	u16			used;
	struct model_node	node[MODEL_NODES];
	struct model_apart	apart[MODEL_APART];
	struct model_msg	msg[MODEL_MSGS];
};

#define model_fail(m, at, why)	model_fail_no(m, at, 0, why)

void model_fail_no(struct model *m, u16 at, int err, const char *why);

/*
 * A node that is not there; or one that comes back, or was not told of a
 * recovery that was interrupted: what it has may be old.
 */
static inline bool model_is_out(const struct model_node *n)
{
	return n->dead || n->late || n->adrift;
}

/* Whether the oldest message of a channel, which has one, can arrive. */
static inline bool model_arrives(const struct model *m, u16 src, u16 dst)
{
	return m->msg[m->head[src][dst]].type != MODEL_MARK &&
	       !m->node[dst].dead;
}

/* Whether the first who waits has made a request that has not ended. */
static inline bool model_under_way(const struct model_node *n)
{
	return n->co.want == KDDM_WANT_GET || n->co.want == KDDM_WANT_GRAB;
}

static inline u16 model_id(const struct model *m, u16 i)
{
	return i * m->cfg->stride;
}

static inline u16 model_index(const struct model *m, u16 id)
{
	return id / m->cfg->stride;
}

void model_init(struct model *m, const struct model_cfg *cfg);
void model_copy(struct model *to, const struct model *from);
/* Give node @at an empty extension and return it. */
struct kddm_co_ext *model_ext(struct model *m, u16 at, u16 qcap);

/* Room in @mv for MODEL_MOVES; returns how many. */
unsigned int model_list(const struct model *m, struct model_move *mv);
void model_do(struct model *m, const struct model_move *mv);
/* Whether the cluster is bound to make this move by itself one day. */
bool model_must(const struct model_move *mv);

/* What the files of the model need of each other. */
/* Node @at has never heard of the object. */
void model_forget(struct model *m, u16 at);
struct model_msg *model_head(struct model *m, u16 src, u16 dst);
void model_drop_channel(struct model *m, u16 src, u16 dst);
void model_take(struct model *m, u16 src, u16 dst, struct model_msg *msg);
void model_run(struct model *m, u16 at);
/* Those who wait for an upgrade: their @clear goes, and @set comes. */
void model_mark(struct model_node *n, u8 clear, u8 set);
void model_gone(struct model *m, u16 at);
void model_unsee(struct model *m);
/* What @env says of replicas. */
void model_replicas(struct model *m, u16 at);

/* recovery.c */
unsigned int model_list_change(const struct model *m, struct model_move *mv);
void model_freeze(struct model *m, u16 at);
#define MODEL_ALL	(~0ULL)
void model_recover(struct model *m, u16 home, u64 told);
void model_renew(struct model *m);

/* apart.c */
unsigned int model_list_apart(const struct model *m, bool done,
			      struct model_move *mv);
bool model_stays(const struct model *m, u16 at);
void model_cut(struct model *m, u16 at);
void model_return(struct model *m, u16 at);
void model_rejoin(struct model *m);
/* Node @at sends the ownership. */
void model_sends(struct model *m, u16 at, const struct model_msg *msg);
/* And it has arrived. */
void model_arrived(struct model *m, const struct model_msg *msg);

/* Append a message; NULL if there is no room (and m->error says so). */
struct model_msg *model_post(struct model *m, u16 src, u16 dst);

/* invariants.c */
u64 model_line(struct model *m);
void model_overtake(struct model *m, u16 at, u64 past);
void model_leave_line(struct model *m, u16 at);
void model_check(struct model *m);
/* Without what takes long in a large cluster. */
void model_check_fast(struct model *m);
/* For a state in which nothing has to happen any more. */
void model_check_rest(struct model *m);

#endif /* _NET_KDDM_TESTS_MODEL_H */
