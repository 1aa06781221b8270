// SPDX-License-Identifier: GPL-2.0-only
/*
 * The extension of an object: who holds copies, which acks are due, and who
 * waits.  Few objects need one, so it is not part of struct kddm_co; the caller
 * of kddm_co_step() brings the memory, because nothing here may allocate.
 */
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/string.h>
#include <linux/types.h>
#include "coherence_int.h"
#include "nodeset.h"

/**
 * kddm_co_queue() - the queue of an extension
 * @x: the extension
 *
 * Return: @x->qlen requests in the order in which they came.
 */
struct kddm_co_req *kddm_co_queue(struct kddm_co_ext *x)
{
	return (struct kddm_co_req *)(x->bits + 2 * x->words);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_co_queue);

/**
 * kddm_co_ext_init() - make an empty extension
 * @x: kddm_co_ext_size() bytes
 * @words: of each node set
 * @qcap: room for requests
 */
void kddm_co_ext_init(struct kddm_co_ext *x, u16 words, u16 qcap)
{
	memset(x, 0, kddm_co_ext_size(words, qcap));
	x->words = words;
	x->qcap = qcap;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_co_ext_init);

/**
 * kddm_co_in_copyset() - whether the owner counts a node as a sharer
 * @co: the object, in a state that owns it
 * @node: node id
 *
 * Return: true if @node holds a copy.
 */
bool kddm_co_in_copyset(const struct kddm_co *co, u16 node)
{
	return co->x && nodeset_has(copyset(co->x), co->x->words, node);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_co_in_copyset);

/* Whether the object has an extension with room for @node and one request. */
static bool ext_fits(const struct kddm_co *co, u16 words)
{
	return co->x && co->x->qlen < co->x->qcap && co->x->words >= words;
}

static void ext_adopt(struct co_step *s)
{
	struct kddm_co_ext *old = s->co->x, *new = s->ev->spare;

	if (old) {
		memcpy(copyset(new), copyset(old), old->words * sizeof(u64));
		memcpy(acks(new), acks(old), old->words * sizeof(u64));
		memcpy(kddm_co_queue(new), kddm_co_queue(old),
		       old->qlen * sizeof(struct kddm_co_req));
		new->qlen = old->qlen;
	}
	s->out->freed = old;
	s->co->x = new;
	s->ev->spare = NULL;
}

static bool queues(u8 state)
{
	return state == KDDM_CO_GRAB || state == KDDM_CO_UPGRADE ||
	       state == KDDM_CO_DRAIN_UPGRADE || state == KDDM_CO_ACKS ||
	       state == KDDM_CO_WRITER || state == KDDM_CO_FILL ||
	       state == KDDM_CO_PUSH;
}

/* Whether this event may need the extension; see ext_words() for its size. */
static bool ext_wanted(const struct co_step *s)
{
	const struct kddm_co_event *ev = s->ev;
	const struct kddm_co *co = s->co;
	bool waits = queues(co->state) || qlen(co) ||
		     (co->state == KDDM_CO_VOID && s->env->touch_home);

	switch (ev->type) {
	case KDDM_EV_GET:
	case KDDM_EV_GRAB:
		return waits;
	case KDDM_EV_GET_REQ:
		return waits || co->state == KDDM_CO_OWNER;
	case KDDM_EV_GRAB_REQ:
		return waits || (co->state == KDDM_CO_OWNER &&
				 (co->readers || ev->held));
	case KDDM_EV_ACK:
		return co->state == KDDM_CO_GRAB ||
		       co->state == KDDM_CO_UPGRADE;
	case KDDM_EV_OWN:
		return nodeset_words(ev->need, ev->nwords);
	case KDDM_EV_PUT:
	case KDDM_EV_DOWNGRADE:
	case KDDM_EV_REMOVE:
		return co->state == KDDM_CO_WRITER && s->env->rwords;
	case KDDM_EV_REPLICATE:
		return s->env->rwords;
	case KDDM_EV_RUN:
		return co->due && s->env->rwords;
	default:
		return false;
	}
}

static u16 ext_words(const struct co_step *s)
{
	const struct kddm_co_event *ev = s->ev;

	switch (ev->type) {
	case KDDM_EV_GET_REQ:
	case KDDM_EV_GRAB_REQ:
		return ev->origin / 64 + 1;
	case KDDM_EV_ACK:
		return ev->src / 64 + 1;
	case KDDM_EV_OWN:
		return nodeset_words(ev->need, ev->nwords);
	case KDDM_EV_PUT:
	case KDDM_EV_DOWNGRADE:
	case KDDM_EV_REMOVE:
	case KDDM_EV_REPLICATE:
	case KDDM_EV_RUN:
		return s->env->rwords;
	default:
		return 0;
	}
}

/* Make sure of the extension before anything changes. */
int kddm_co_ext_ready(struct co_step *s)
{
	u16 words = ext_words(s);

	if (!ext_wanted(s) || ext_fits(s->co, words))
		return 0;
	if (!s->ev->spare || s->ev->spare->words < words ||
	    s->ev->spare->qcap <= qlen(s->co) ||
	    (s->co->x && s->ev->spare->words < s->co->x->words))
		return -ENOBUFS;
	ext_adopt(s);
	return 0;
}

void kddm_co_enqueue(struct kddm_co_ext *x, const struct kddm_co_req *r)
{
	kddm_co_queue(x)[x->qlen++] = *r;
}

void kddm_co_dequeue(struct kddm_co_ext *x, u16 i)
{
	struct kddm_co_req *q = kddm_co_queue(x);

	x->qlen--;
	memmove(q + i, q + i + 1, (x->qlen - i) * sizeof(*q));
}

/* Acks that are due are not for this: such an object is a suspect. */
void kddm_co_ext_forget(struct kddm_co_ext *x, u16 node)
{
	u16 i = 0;

	nodeset_del(copyset(x), x->words, node);
	while (i < x->qlen)
		if (kddm_co_queue(x)[i].node == node)
			kddm_co_dequeue(x, i);
		else
			i++;
}

/**
 * kddm_co_shed() - take away an extension that the object does not need
 * @co: the object, with all actions of its last step carried out
 *
 * Return: the extension, for the caller to free, or NULL if there is none or
 * it is in use.
 */
struct kddm_co_ext *kddm_co_shed(struct kddm_co *co)
{
	struct kddm_co_ext *x = co->x;
	bool owner = co->state == KDDM_CO_OWNER || co->state == KDDM_CO_WRITER;

	if (!x || x->qlen)
		return NULL;
	if (co->state == KDDM_CO_ACKS || co->state == KDDM_CO_GRAB ||
	    co->state == KDDM_CO_UPGRADE || co->state == KDDM_CO_PUSH ||
	    co->state == KDDM_CO_DRAIN_UPGRADE)
		return NULL;
	if (owner && !nodeset_empty(copyset(x), x->words))
		return NULL;
	co->x = NULL;
	return x;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_co_shed);
