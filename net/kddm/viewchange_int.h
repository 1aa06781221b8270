/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the view change machine share among themselves:
 *
 * viewchange.c          one handler for each message and event
 * viewchange_attempt.c  an attempt, of those who take part and of its proposer
 * viewchange_decide.c   what a proposer makes of the promises it has
 * viewchange_wire.c     what is in a message, and how it travels
 *
 * Nobody else includes this file, but for its tests.
 */
#ifndef _NET_KDDM_VIEWCHANGE_INT_H
#define _NET_KDDM_VIEWCHANGE_INT_H

#include <linux/types.h>
#include "viewchange.h"

/* viewchange_attempt.c: what becomes of an attempt */

void kddm_vc_send_one(struct kddm_vc_out *out, u8 type, u8 flags, u32 epoch,
		      u16 to);
/* Somebody has to propose, or this node may go: see to it. */
void kddm_vc_evaluate(struct kddm_vc *vc, struct kddm_vc_out *out);
/* Take part in the attempt of @src, which invites with @msg. */
void kddm_vc_promise(struct kddm_vc *vc, u16 src, const struct kddm_vc_msg *msg,
		     struct kddm_vc_out *out);
/* Freeze: @view is proposed; those of @parting, who leave, send marks, too. */
void kddm_vc_flush(struct kddm_vc *vc, const struct kddm_vc_view *view,
		   const struct kddm_vc_set *parting, struct kddm_vc_out *out);
/* This node leaves: it accepts @view, and has no say any more. */
void kddm_vc_take_leave(struct kddm_vc *vc, const struct kddm_vc_view *view,
			struct kddm_vc_out *out);
/* Accept what is proposed if all marks are there. */
void kddm_vc_try_accept(struct kddm_vc *vc, struct kddm_vc_out *out);
/* All have accepted: the view is the latest. */
void kddm_vc_committed(struct kddm_vc *vc, struct kddm_vc_out *out);
/* All have reconciled: the view is served. */
void kddm_vc_resumed(struct kddm_vc *vc, struct kddm_vc_out *out);
/* Tell the proposer, which may be this node. */
void kddm_vc_answer(struct kddm_vc *vc, u8 type, struct kddm_vc_out *out);
/* @from has done what the own attempt waits for. */
void kddm_vc_answered(struct kddm_vc *vc, u16 from, struct kddm_vc_out *out);
/* The own attempt ends; others may begin one. */
void kddm_vc_abort(struct kddm_vc *vc, struct kddm_vc_out *out);
/* The own attempt fails: once more, unless that is another's business now. */
void kddm_vc_again(struct kddm_vc *vc, struct kddm_vc_out *out);
/* Nothing came of an attempt; @flags are those of CANCEL. */
void kddm_vc_cancelled(struct kddm_vc *vc, u8 flags, struct kddm_vc_out *out);
/* Take part in none; @need: in another one soon. */
void kddm_vc_to_idle(struct kddm_vc *vc, bool need, struct kddm_vc_out *out);
/* Those whose invitations wait may try again. */
void kddm_vc_answer_waiting(struct kddm_vc *vc, struct kddm_vc_out *out);

/* viewchange_decide.c: what the promises allow */

enum kddm_vc_verdict {
	KDDM_VC_GO,		/* p.view is to be proposed */
	KDDM_VC_SAME,		/* there is nothing to change */
	KDDM_VC_NOT_NOW,	/* no quorum, or others may know of more */
	KDDM_VC_NOT_ME		/* not with this proposer */
};

/* Note what @node has promised; @last is its latest view, @pend what follows */
void kddm_vc_note(struct kddm_vc_proposal *p, u16 node,
		  const struct kddm_vc_promise *from,
		  const struct kddm_vc_view *last,
		  const struct kddm_vc_view *pend);
enum kddm_vc_verdict kddm_vc_decide(struct kddm_vc *vc);
/* The view that p.view follows, or NULL; see struct kddm_vc_msg for @unsure. */
const struct kddm_vc_view *kddm_vc_base(const struct kddm_vc_proposal *p,
					bool *unsure);
/*
 * Those who may serve a view that is over: somebody has accepted a later one,
 * and others, who are not here, may have a quorum of it.
 */
void kddm_vc_in_doubt(const struct kddm_vc_proposal *p,
		      struct kddm_vc_set *who);
/* Add those who have promised and want to leave. */
void kddm_vc_leavers(const struct kddm_vc_proposal *p, struct kddm_vc_set *who);
/*
 * Of what is decided: those who have promised and are no members; who leaves is
 * noted in @p; others are added to @out_of_it, or to @apart in another lineage.
 */
void kddm_vc_part_others(struct kddm_vc_proposal *p,
			 struct kddm_vc_set *out_of_it,
			 struct kddm_vc_set *apart);
/* Note the past of @view, which this node is to accept. */
void kddm_vc_adopt(struct kddm_vc *vc, const struct kddm_vc_view *view,
		   const struct kddm_vc_view *base, bool unsure,
		   const struct kddm_vc_view *seen, int nr, u8 mask);
/* Who shall propose: the lowest in reach from whom there is hope. */
u16 kddm_vc_candidate(const struct kddm_vc *vc);
/* Whether nobody has to agree if this node leaves. */
bool kddm_vc_may_go(const struct kddm_vc *vc);
/* Whether all members of @v are in reach. */
bool kddm_vc_reaches(const struct kddm_vc *vc, const struct kddm_vc_view *v);
/* Whether enough of the members of the latest view are in reach. */
bool kddm_vc_keeps_quorum(const struct kddm_vc *vc);
/* Tell other members what EXCLUDE says: who has sent it may not reach them. */
void kddm_vc_pass_on(struct kddm_vc *vc, u16 src, const struct kddm_vc_msg *msg,
		     struct kddm_vc_out *out);
/* A later view that was heard of may be known by now. */
static inline void kddm_vc_forget_over(struct kddm_vc *vc)
{
	if (vc->over <= vc->last.epoch)
		vc->over = 0;
}

/* Whether EXCLUDE says that the view served here is over. */
bool kddm_vc_is_over(const struct kddm_vc *vc, u16 src,
		     const struct kddm_vc_msg *msg);
/* Whether another proposer could not know of more nodes or links. */
bool kddm_vc_complete(const struct kddm_vc_proposal *p);

#endif /* _NET_KDDM_VIEWCHANGE_INT_H */
