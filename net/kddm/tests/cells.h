/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of the coherence machine's cells: what each event does in each
 * state.  cells_local.c has the local calls, cells_msg.c the messages and the
 * rest, cells_replica.c what concerns replicas; coherence_kunit.c runs them.
 *
 * Unless a row says otherwise, the object is on node 1 and its home is node 0;
 * its version is 10, its last request number 5; hint and request went to node
 * 2; it is as a machine that has come to the row's state by itself would be:
 *
 * DRAIN, DRAIN_UPGRADE	one reader; node 2 waits for ack 9
 * GET, GRAB, ...	the matching request is under way
 * ACKS			a writer waits for node 3
 * FILL			a writer waits, which @mine says
 * WRITER		a writer
 * LOST			this node is home
 *
 * The event comes from node 2.  Requests are its own, number 7; answers have
 * number 5 and version 20; the invalidation is for node 3, number 7; the ack
 * comes from node 3, number 5; the refusal is -ENOENT.
 */
#ifndef _NET_KDDM_TESTS_CELLS_H
#define _NET_KDDM_TESTS_CELLS_H

#include <linux/types.h>
#include "../coherence.h"

/**
 * struct cell - a row of the table
 * @desc: "state, event: what happens"
 * @state: before
 * @type: the event
 * @home: this node is the object's home
 * @gone: see struct kddm_co
 * @turned: see struct kddm_co
 * @told: see struct kddm_co
 * @mine: see struct kddm_co
 * @backup: see struct kddm_co
 * @due: see struct kddm_co; of what is @stale: a replica waits for its place
 * @removing: see struct kddm_co
 * @stale: see struct kddm_co
 * @tomb: the same
 * @version: of the object, if not the usual
 * @keeper: see struct kddm_co_env
 * @replicas: see struct kddm_co_env
 * @touch_home: see struct kddm_co_env
 * @readers: local readers, other than what is usual in this state
 * @want: local request, if not the usual; + 1
 * @wflags: flags of the local request
 * @copyset: nodes with copies (OWNER), or that keep theirs (GRAB and the like)
 * @acks: nodes whose acks are due or came early
 * @queue: nodes that wait, one character each: "2" for a grab of node 2,
 *	"2g" for its get, "2t" to try a grab, "2r" to reclaim; "1" is the local
 *	user
 * @src: sender, if not the usual
 * @origin: origin, if not the usual; + 1
 * @hops: of the request
 * @hint: hint, if not the usual; + 1
 * @flags: KDDM_COF_*
 * @seq: number, if not the usual
 * @err: NAK: error, if not the usual; FILLED: error
 * @need: OWN: the node set
 * @bare: the event brings no extension along
 * @hold: see struct kddm_co_env
 * @held: and the hold time lasts
 * @ret: what kddm_co_step() returns
 * @after: the state afterwards, as cell_state() writes it
 * @acts: the actions, as cell_acts() writes them
 */
struct cell {
	const char	*desc;
	u8		state;
	u8		type;
	bool		home;
	bool		gone;
	bool		turned;
	bool		told;
	bool		mine;
	bool		backup;
	bool		due;
	bool		removing;
	bool		stale;
	bool		tomb;
	u64		version;
	bool		keeper;
	u64		replicas;
	bool		touch_home;
	u8		readers;
	u8		want;
	u8		wflags;
	u64		copyset;
	u64		acks;
	const char	*queue;
	u16		src;
	u16		origin;
	u16		hops;
	u16		hint;
	u8		flags;
	u32		seq;
	int		err;
	u64		need;
	bool		bare;
	bool		hold;
	bool		held;
	int		ret;
	const char	*after;
	const char	*acts;
};

/* A row; what is unusual follows as designated initialisers. */
#define CELL(st, ev, what, then, does, ...)			\
	{ .desc = #st ", " #ev ": " what, .state = KDDM_CO_##st,	\
	  .type = KDDM_EV_##ev, .after = then, .acts = does, ##__VA_ARGS__ }

/* An event that the state does not allow: nothing changes. */
#define NEVER(st, ev, error)					\
	{ .desc = #st ", " #ev ": refused", .state = KDDM_CO_##st,	\
	  .type = KDDM_EV_##ev, .ret = error }

extern const struct cell cells_local[];
extern const size_t nr_cells_local;
extern const struct cell cells_msg[];
extern const size_t nr_cells_msg;
extern const struct cell cells_replica[];
extern const size_t nr_cells_replica;

#endif /* _NET_KDDM_TESTS_CELLS_H */
