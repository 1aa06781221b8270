/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two objects in one cluster of two nodes: two struct model that share their
 * channels and their users.
 *
 * The machines of two objects do not know of each other, but the messages of
 * both go through one channel, in order, and a user may hold one object while
 * it waits for the other.
 */
#ifndef SIM_PAIR_H
#define SIM_PAIR_H

#include <stdbool.h>
#include "model.h"
#include "pack.h"

#define PAIR_NODES	2
#define PAIR_USERS	2
#define PAIR_MSGS	32		/* in one channel */
#define PAIR_MOVES	64
#define PAIR_MAX	(2 * PACK_MAX)	/* bytes of a packed state */

/**
 * struct pair_cfg - what is fixed
 * @obj: the cluster as each object sees it; @home may differ
 * @users: of each node, at most PAIR_USERS
 * @any_order: who holds the second object may ask for the first
 */
struct pair_cfg {
	struct model_cfg	obj[2];
	u16			users;
	bool			any_order;
};

/* What a user has to do with an object. */
enum pair_at {
	PAIR_OUT,
	PAIR_WAITS,
	PAIR_READS,
	PAIR_WRITES
};

/**
 * struct pair_user - a user
 * @at: enum pair_at, for each object
 * @grab: waits to write
 */
struct pair_user {
	u8	at[2];
	u8	grab;
};

/**
 * struct pair_move - what can happen
 * @obj: to which object
 * @user: of node @mv.a, for moves of users
 * @mv: what; MOVE_START, MOVE_PUT, MOVE_REMOVE, MOVE_FILLED, MOVE_DELIVER or
 *	MOVE_FORGET
 */
struct pair_move {
	u8			obj;
	u8			user;
	struct model_move	mv;
};

/**
 * struct pair - the cluster
 * @cfg: what is fixed
 * @m: the objects; their channels hold the messages
 * @nr: messages from [a] to [b]
 * @order: of which object each of them is, oldest first
 * @user: the users of each node
 * @line: who waits for an object in a node, oldest first
 * @nline: how many
 * @error: what is wrong, or NULL
 * @at: index of the node where
 */
struct pair {
	const struct pair_cfg	*cfg;
	struct model		m[2];
	u8			nr[PAIR_NODES][PAIR_NODES];
	u8			order[PAIR_NODES][PAIR_NODES][PAIR_MSGS];
	struct pair_user	user[PAIR_NODES][PAIR_USERS];
	u8			line[2][PAIR_NODES][PAIR_USERS];
	u8			nline[2][PAIR_NODES];
	const char		*error;
	u16			at;
};

void pair_init(struct pair *p, const struct pair_cfg *cfg);
void pair_copy(struct pair *to, const struct pair *from);
/* Room in @mv for PAIR_MOVES; returns how many. */
unsigned int pair_list(const struct pair *p, struct pair_move *mv);
void pair_do(struct pair *p, const struct pair_move *mv);
/* A user who waits for an object need not leave the other. */
bool pair_must(const struct pair *p, const struct pair_move *mv);
void pair_check(struct pair *p);
void pair_check_rest(struct pair *p);
/* As model_pack() and model_unpack(); room for PAIR_MAX */
size_t pair_pack(const struct pair *p, u8 *to);
void pair_unpack(struct pair *p, const u8 *from);

#endif /* SIM_PAIR_H */
