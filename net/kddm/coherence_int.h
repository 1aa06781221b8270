/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the coherence machine share among themselves:
 *
 * coherence.c        one handler for each event, and the table of states
 * coherence_serve.c  requests on their way, and the owner who serves them
 * coherence_ext.c    the extension: copyset, acks, queue
 * coherence_obj.c    what can be said of an object without an event
 *
 * Nobody else includes this file.
 */
#ifndef _NET_KDDM_COHERENCE_INT_H
#define _NET_KDDM_COHERENCE_INT_H

#include <linux/types.h>
#include "coherence.h"

/**
 * struct co_step - one call of kddm_co_step()
 * @co: the object
 * @env: who and where
 * @ev: the event
 * @out: the actions so far
 * @data: one of them carries the object's data
 * @held: the hold time lasts
 */
struct co_step {
	struct kddm_co			*co;
	const struct kddm_co_env	*env;
	struct kddm_co_event		*ev;
	struct kddm_co_out		*out;
	bool				data;
	bool				held;
};

static inline u64 *copyset(struct kddm_co_ext *x)
{
	return x->bits;
}

static inline u64 *acks(struct kddm_co_ext *x)
{
	return x->bits + x->words;
}

static inline u16 qlen(const struct kddm_co *co)
{
	return co->x ? co->x->qlen : 0;
}

static inline bool at_home(const struct co_step *s)
{
	return s->env->self == s->env->home;
}

/* An answer shows where the owner was, unless a grab has gone past since. */
static inline void set_hint(struct kddm_co *co, u16 node)
{
	if (!co->turned)
		co->hint = node;
}

/*
 * A request that was turned down shows the same, and what is still on its way
 * to the copy here (an invalidation for an earlier grab) is older than that.
 */
static inline void keep_hint(struct kddm_co *co, u16 node)
{
	set_hint(co, node);
	co->turned = true;
}

/* coherence_ext.c */
int kddm_co_ext_ready(struct co_step *s);
void kddm_co_enqueue(struct kddm_co_ext *x, const struct kddm_co_req *r);
void kddm_co_dequeue(struct kddm_co_ext *x, u16 i);
void kddm_co_ext_forget(struct kddm_co_ext *x, u16 node);

/* coherence_serve.c */
struct kddm_co_action *kddm_co_act(struct co_step *s, u8 type);
struct kddm_co_action *kddm_co_send(struct co_step *s, u8 msg, u16 dst,
				    u32 seq);
void kddm_co_done(struct co_step *s, int err);
void kddm_co_request(struct co_step *s);
void kddm_co_insist(struct co_step *s);
void kddm_co_reclaim(struct co_step *s);
void kddm_co_no_copy(struct co_step *s);
void kddm_co_become_owner(struct co_step *s);
void kddm_co_hold(struct co_step *s, bool begins);
void kddm_co_let_go(struct co_step *s);
void kddm_co_forget_backup(struct co_step *s);
void kddm_co_replicated(struct co_step *s);
void kddm_co_try_enter(struct co_step *s);
void kddm_co_begin_fill(struct co_step *s, bool mine);
void kddm_co_end_fill(struct co_step *s, int err);
void kddm_co_run(struct co_step *s);
void kddm_co_submit(struct co_step *s, const struct kddm_co_req *r);

#endif /* _NET_KDDM_COHERENCE_INT_H */
