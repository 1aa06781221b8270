/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of a few nodes that change views: links that break and heal, nodes
 * that crash and come back, and what each of them has noticed of that.
 *
 * A message is lost only with the link that it is on.  When a link breaks, both
 * ends notice, at different times; it heals when both have.
 */
#ifndef _NET_KDDM_TESTS_VCMODEL_H
#define _NET_KDDM_TESTS_VCMODEL_H

#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>

/* The machine itself is compiled with this, see vcsmall.c. */
#define KDDM_VC_NODES	8
/* Beside the machine that the kernel itself has. */
#define kddm_vc_init	few_vc_init
#define kddm_vc_start	few_vc_start
#define kddm_vc_leave	few_vc_leave
#define kddm_vc_up		few_vc_up
#define kddm_vc_down	few_vc_down
#define kddm_vc_receive	few_vc_receive
#define kddm_vc_reconciled	few_vc_reconciled
#define kddm_vc_message	few_vc_message
#define kddm_vc_encode	few_vc_encode
#define kddm_vc_decode	few_vc_decode
#define kddm_vc_type_name	few_vc_type_name
#define kddm_vc_send_one	few_vc_send_one
#define kddm_vc_evaluate	few_vc_evaluate
#define kddm_vc_promise	few_vc_promise
#define kddm_vc_flush	few_vc_flush
#define kddm_vc_take_leave	few_vc_take_leave
#define kddm_vc_try_accept	few_vc_try_accept
#define kddm_vc_committed	few_vc_committed
#define kddm_vc_pass_on	few_vc_pass_on
#define kddm_vc_resumed	few_vc_resumed
#define kddm_vc_answer	few_vc_answer
#define kddm_vc_answered	few_vc_answered
#define kddm_vc_abort	few_vc_abort
#define kddm_vc_again	few_vc_again
#define kddm_vc_cancelled	few_vc_cancelled
#define kddm_vc_to_idle	few_vc_to_idle
#define kddm_vc_answer_waiting	few_vc_answer_waiting
#define kddm_vc_note	few_vc_note
#define kddm_vc_adopt	few_vc_adopt
#define kddm_vc_decide	few_vc_decide
#define kddm_vc_base	few_vc_base
#define kddm_vc_in_doubt	few_vc_in_doubt
#define kddm_vc_leavers	few_vc_leavers
#define kddm_vc_part_others	few_vc_part_others
#define kddm_vc_candidate	few_vc_candidate
#define kddm_vc_may_go	few_vc_may_go
#define kddm_vc_complete	few_vc_complete
#define kddm_vc_keeps_quorum	few_vc_keeps_quorum
#define kddm_vc_reaches	few_vc_reaches
#define kddm_vc_is_over	few_vc_is_over
#include "../viewchange.h"

#define VCM_NODES	5
#define VCM_MSGS	64	/* on the way */
#define VCM_LIVES	255	/* of a node, at most */

/**
 * struct vcm_cfg - what is fixed
 * @nodes: how many
 * @policy: enum kddm_vc_policy
 * @founders: see struct kddm_vc
 * @cuts: links that may break, and heal as often
 * @crashes: nodes that may crash, and come back as often
 * @leaves: nodes that may leave
 * @formed: all of them are members of a served view to begin with
 * @behind: a node may be slow, and serve a view from before the last but one
 * @fill: put where a machine will not read; see vcstate.c
 */
struct vcm_cfg {
	u16	nodes;
	u8	policy;
	u16	founders;
	u8	cuts;
	u8	crashes;
	u8	leaves;
	bool	formed;
	bool	behind;
	u8	fill;
};

enum vcm_type {
	VCM_START,		/* @a takes part */
	VCM_DELIVER,		/* from @a to @b */
	VCM_UP,			/* @a notices @b */
	VCM_DOWN,		/* @a notices that @b is out of reach */
	VCM_RECONCILED,		/* on @a */
	VCM_CUT,		/* the link of @a and @b breaks */
	VCM_HEAL,
	VCM_CRASH,		/* of @a */
	VCM_BOOT,		/* @a comes back */
	VCM_LEAVE		/* @a wants to leave */
};

struct vcm_move {
	u8	type;
	u8	a;
	u8	b;
};

/* A hash of 128 bits. */
struct vcm_sum {
	u64	a;
	u64	b;
};

/* A message on its way; those of a channel are in order. */
struct vcm_msg {
	u8			src;
	u8			dst;
	struct kddm_vc_msg	msg;
	struct vcm_sum		sum;
};

/**
 * struct vcm - the cluster
 * @cfg: what is fixed
 * @error: what is wrong, or NULL
 * @sent: messages sent so far
 * @node: the machines
 * @ran: the view that a node has served last, in this life or an earlier one;
 *	from here to @nr all is part of the state
 * @done: epoch of the latest reconciliation
 * @alive: has not crashed
 * @inc: incarnations of a node so far
 * @cut: the link is broken
 * @cuts: see struct vcm_cfg: how many are left
 * @crashes: left
 * @leaves: left
 * @nr: messages on the way
 * @msg: these; last, see vcm_copy()
 */
struct vcm {
	const struct vcm_cfg	*cfg;
	const char		*error;
	unsigned long long	sent;
	struct kddm_vc		node[VCM_NODES];
	struct kddm_vc_view	ran[VCM_NODES];
	u32			done[VCM_NODES];
	u8			alive[VCM_NODES];
	u8			inc[VCM_NODES];
	u8			cut[VCM_NODES][VCM_NODES];
	u8			cuts;
	u8			crashes;
	u8			leaves;
	u8			nr;
	struct vcm_msg		msg[VCM_MSGS];
};

#define VCM_MOVES	(8 * VCM_NODES * VCM_NODES)

static inline void vcm_copy(struct vcm *to, const struct vcm *from)
{
	memcpy(to, from, offsetof(struct vcm, msg) +
			 from->nr * sizeof(from->msg[0]));
}

/* Incarnation of the node as it is now. */
static inline u32 vcm_inc(const struct vcm *m, u16 n)
{
	return n << 8 | m->inc[n];
}

void vcm_fail(struct vcm *m, const char *why);
void vcm_init(struct vcm *m, const struct vcm_cfg *cfg);
/* Room in @mv for VCM_MOVES; returns how many. */
unsigned int vcm_list(const struct vcm *m, struct vcm_move *mv);
/* Whether it happens one day by itself. */
static inline bool vcm_must(const struct vcm_move *mv)
{
	return mv->type < VCM_CUT;
}

/* On which node it happens. */
static inline u16 vcm_whose(const struct vcm_move *mv)
{
	return mv->type == VCM_DELIVER ? mv->b : mv->a;
}

void vcm_do(struct vcm *m, const struct vcm_move *mv);
bool vcm_linked(const struct vcm *m, u16 a, u16 b);
/* The first message from @a to @b at or behind @i in m->msg, or m->nr. */
u16 vcm_next(const struct vcm *m, u16 a, u16 b, u16 i);

/* vcstate.c */
void vcm_fill(struct kddm_vc *vc, u8 with);
struct vcm_sum vcm_hash(const void *of, size_t len);
struct vcm_sum vcm_sum(const struct vcm *m, const struct vcm_sum *node);

/* vccheck.c */
void vcm_check(struct vcm *m);
void vcm_check_serve(struct vcm *m, u16 n);
bool vcm_same_members(const struct vcm *m, const struct kddm_vc_view *v,
		      const struct kddm_vc_view *w);

/* vcrest.c */
bool vcm_check_rest(struct vcm *m);

#endif /* _NET_KDDM_TESTS_VCMODEL_H */
