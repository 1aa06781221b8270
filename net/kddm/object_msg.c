// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects: messages from and to other nodes.
 *
 * A message of another node is checked three times: by wire.c (is it well
 * formed?), here without a lock (is it of this view, does it fit set and
 * machine?), and while the object is busy (is who asked still there?).
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include "catalog.h"
#include "linker.h"
#include "object.h"
#include "views.h"

#define AGAIN_DELAY	20		/* ms, while there is no memory */
#define AGAIN_MAX	(10 * HZ)	/* then it is as if it had been lost */
#define HDR		sizeof(struct kddm_wire_hdr)
/* Contents that share no datagram are not copied, if they can leave at once. */
#define LONG		SZ_16K

/* Out */

static struct kddm_msg *wire_msg(const struct kddm_obj_msg *m, u16 nwords)
{
	struct kddm_msg *msg;

	msg = kddm_msg_alloc(kddm_wire_obj_size(m->nwords, m->len), nwords,
			     GFP_KDDM);
	kddm_wire_put_obj(msg->buf + HDR, msg->len - HDR, m);
	msg->type = KDDM_WIRE_OBJ + m->type;
	msg->keep = m->type == KDDM_EV_OWN;
	return msg;
}

static void name_obj(const struct kddm_obj *obj, u8 type,
		     struct kddm_obj_msg *m)
{
	m->type = type;
	m->set = obj->set->id;
	m->objid = obj->id;
}

/* The object is busy, so nobody changes the contents meanwhile. */
static bool send_from(struct kddm_obj *obj, u16 dst,
		      const struct kddm_obj_msg *m)
{
	struct kddm_obj_msg head = *m;
	struct kddm_msg *msg;
	bool sent;

	msg = kddm_msg_alloc(kddm_wire_obj_size(m->nwords, 0), 0, GFP_KDDM);
	head.data = NULL;
	kddm_wire_put_obj(msg->buf + HDR, msg->len - HDR + m->len, &head);
	msg->type = KDDM_WIRE_OBJ + m->type;
	sent = kddm_obj_send_past(obj->set->kn, dst, kddm_obj_channel(obj->id),
				  msg, m->data, m->len);
	kddm_msg_free(msg);
	return sent;
}

static void send(struct kddm_obj *obj, u16 dst, const struct kddm_obj_msg *m)
{
	/* What must come back if it is lost goes by the queue. */
	if (m->len < LONG || m->type == KDDM_EV_OWN || !send_from(obj, dst, m))
		kddm_obj_send(obj->set->kn, obj->set, dst,
			      kddm_obj_channel(obj->id), wire_msg(m, 0));
}

void *kddm_obj_contents(struct kddm_obj *obj, struct kddm_obj_msg *m)
{
	struct kddm_set *set = obj->set;
	struct kddm_raw *raw = obj->data;
	void *buf = NULL;

	m->data = obj->data;
	m->len = set->size;
	if (obj->raw) {
		m->data = raw->buf;
		m->len = raw->len;
	} else if (set->linker->export) {
		buf = kvmalloc(set->size, GFP_KDDM);
		m->data = buf;
		m->len = set->linker->export(set, obj->id, obj->data, buf,
					     set->size);
	}
	return buf;
}

void kddm_obj_act_send(struct kddm_obj *obj, const struct kddm_co_action *a,
		       const struct kddm_co_out *out)
{
	struct kddm_obj_msg m = {
		.flags = a->flags,
		.origin = a->origin,
		.hops = a->hops,
		.version = a->version,
		.seq = a->seq,
		.err = a->err,
	};
	void *buf = NULL;

	if (WARN_ON_ONCE(a->dst == obj->set->kn->self))
		return;
	if (a->data)
		buf = kddm_obj_contents(obj, &m);
	if (a->need) {
		m.nwords = out->nwords;
		memcpy(m.need, out->targets, out->nwords * sizeof(u64));
	}
	if (a->msg == KDDM_EV_GET_REQ || a->msg == KDDM_EV_GRAB_REQ)
		atomic64_inc(a->hops ? &obj->set->stats.forwards :
			     &obj->set->stats.misses);
	name_obj(obj, a->msg, &m);
	send(obj, a->dst, &m);
	kvfree(buf);
}

void kddm_obj_act_inval(struct kddm_obj *obj, const struct kddm_co_action *a,
			const struct kddm_co_out *out)
{
	struct kddm_obj_msg m = {
		.flags = a->flags,
		.origin = a->origin,
		.seq = a->seq,
	};

	atomic64_inc(&obj->set->stats.invalidations);
	name_obj(obj, KDDM_EV_INVAL, &m);
	kddm_obj_send_many(obj->set->kn, obj->set, out->targets, out->nwords,
			   kddm_obj_channel(obj->id),
			   wire_msg(&m, out->nwords));
}

void kddm_obj_act_replicate(struct kddm_obj *obj,
			    const struct kddm_co_action *a,
			    const struct kddm_co_out *out)
{
	struct kddm_obj_msg m = {
		.flags = a->flags,
		.origin = a->origin,
		.version = a->version,
		.seq = a->seq,
	};
	void *buf = NULL;
	u64 word;
	u16 i;

	if (a->data)
		buf = kddm_obj_contents(obj, &m);
	name_obj(obj, KDDM_EV_REPLICA, &m);
	for (i = 0; i < out->nwords; i++)
		for (word = out->targets[i]; word; word &= word - 1)
			send(obj, i * 64 + __ffs64(word), &m);
	kvfree(buf);
}

/*
 * In.  The transport sends what is queued when the callbacks are done.  The end
 * of long contents is received when it is known where to.
 */

static bool is_request(u8 type)
{
	return type == KDDM_EV_GET_REQ || type == KDDM_EV_GRAB_REQ;
}

/* Whether a message may be the first that a node has to do with a set. */
static bool makes_known(u8 type)
{
	return is_request(type) || type == KDDM_EV_REMOVED ||
	       type == KDDM_EV_REPLICA;
}

/* An answer that needs no object. */
static void answer(struct kddm_net *kn, u16 dst, u8 type,
		   const struct kddm_obj_msg *req, u16 origin, int err)
{
	struct kddm_obj_msg m = {
		.type = type,
		.set = req->set,
		.objid = req->objid,
		.origin = origin,
		.seq = req->seq,
		.err = err,
	};

	kddm_obj_send(kn, NULL, dst, kddm_obj_channel(req->objid),
		      wire_msg(&m, 0));
}

/* The end of a request that came from or goes to nowhere. */
static void reject(struct kddm_net *kn, const struct kddm_obj_msg *req, int err)
{
	if (is_request(req->type) && req->origin != kn->self)
		answer(kn, req->origin, KDDM_EV_NAK, req, kn->self, err);
}

/*
 * There is no such object here.  The copy that is to go may have gone by
 * itself, and been forgotten; everything else answers something we would know
 * of.
 */
static int unknown(struct kddm_net *kn, const struct kddm_obj_msg *m)
{
	if (m->type != KDDM_EV_INVAL || m->origin == kn->self)
		return -ESTALE;
	answer(kn, m->origin, KDDM_EV_ACK, m, kn->self, 0);
	return 0;
}

/* What wire.c cannot know: does the message fit this set and this machine? */
static int check(struct kddm_set *set, const struct kddm_obj_msg *m)
{
	bool data = m->type == KDDM_EV_DATA ||
		    ((m->type == KDDM_EV_OWN || m->type == KDDM_EV_REPLICA) &&
		     !(m->flags & ~KDDM_COF_TOMB));

	if (data && set->linker->export ? m->len > set->size :
					  m->len != (data ? set->size : 0))
		return -EBADMSG;
	return m->objid > ULONG_MAX ? -ERANGE : 0;
}

/* Does the message still count?  Asked while the object is busy. */
static int check_late(struct kddm_obj *obj, const struct kddm_obj_msg *m)
{
	if (is_request(m->type) && m->origin != obj->set->kn->self &&
	    !kddm_views_member(obj->set->kn, m->origin))
		return -ESTALE;
	/* One from each node is all that can be. */
	if (is_request(m->type) && obj->co.x &&
	    obj->co.x->qlen >= 2 * KDDM_MAX_NODES)
		return -EBADMSG;
	return 0;
}

/* Whoever wants contents that cannot be recalled is told why. */
static bool turned_away(struct kddm_obj *obj, const struct kddm_obj_msg *m)
{
	int err;

	if (likely(!obj->away) || !is_request(m->type))
		return false;
	err = kddm_obj_recall(obj);
	if (err)
		reject(obj->set->kn, m, err);
	return err;
}

static int obj_deliver(struct kddm_set *set, u16 src, struct kddm_obj_msg *m)
{
	struct kddm_co_event ev = {
		.type = m->type,
		.flags = m->flags,
		.src = src,
		.origin = m->origin,
		.hops = m->hops,
		.seq = m->seq,
		.version = m->version,
		.err = m->err,
		.need = m->need,
		.nwords = m->nwords,
	};
	struct kddm_obj *obj;
	int err;

	/* Requests and the like make the object known; answers do not. */
	if (m->type == KDDM_EV_REPLICA)
		obj = kddm_obj_lock_sure(set, m->objid);
	else if (makes_known(m->type))
		obj = kddm_obj_lock_new(set, m->objid);
	else
		obj = kddm_obj_lock(set, m->objid);
	if (IS_ERR_OR_NULL(obj))
		return obj ? PTR_ERR(obj) : unknown(set->kn, m);
	kddm_obj_begin(obj);
	err = check_late(obj, m);
	if (!err && !turned_away(obj, m))
		err = kddm_obj_event(obj, &ev, m);
	kddm_obj_end(obj);
	return err;
}

/*
 * This node cannot have the object: it has no such linker, or its longs are too
 * short.  Whoever put it does not wait for that.
 */
static void keep_nothing(struct kddm_net *kn, u16 src,
			 const struct kddm_obj_msg *m)
{
	if (m->type == KDDM_EV_REPLICA)
		answer(kn, src, KDDM_EV_ACK, m, kn->self, 0);
}

/*
 * An error that the one who asked is told.  Returns what the transport is to
 * count: a request that did not find memory has been answered.
 */
static int refuse(struct kddm_net *kn, u16 src, const struct kddm_obj_msg *m,
		  int err)
{
	if (err == -ENOMEM || err == -ERANGE)
		reject(kn, m, err);
	if (err == -ERANGE)
		keep_nothing(kn, src, m);
	return err == -ENOMEM && is_request(m->type) ? 0 : err;
}

/* Whether messages of the sender count, in this view. */
static bool counts(struct kddm_net *kn, const struct kddm_hdr *h)
{
	return kddm_views_current(kn->views, h->epoch) &&
	       kddm_views_member(kn, h->src);
}

/* Whether it is to be asked again, since what was put has to be kept here. */
static bool once_more(struct kddm_net *kn, const struct kddm_hdr *h,
		      const struct kddm_obj_msg *m, int err)
{
	return m->type == KDDM_EV_REPLICA && counts(kn, h) &&
	       (err == -ENOMEM || err == -ETIMEDOUT);
}

/*
 * The set of a message, which is new to this node if this is its home, or keeps
 * what was put, and nobody has had to do with it here before.
 */
static struct kddm_set *set_of(struct kddm_net *kn, const struct kddm_hdr *h,
			       const struct kddm_obj_msg *m)
{
	struct kddm_set *set = kddm_set_find(kn, m->set);
	unsigned long end = jiffies + AGAIN_MAX;

	if (set)
		return set;
	if (!makes_known(m->type))
		return ERR_PTR(-ENOENT);
	/* It asks the sender, who may wait for what is queued. */
	kddm_kick(kn, h->chan);
	set = kddm_set_from(kn, h->src, m->set);
	while (IS_ERR(set) && once_more(kn, h, m, PTR_ERR(set))) {
		/* Nothing else is received, and no view changes, meanwhile. */
		if (time_after(jiffies, end))
			return ERR_PTR(-ECONNRESET);
		msleep(AGAIN_DELAY);
		set = kddm_set_from(kn, h->src, m->set);
	}
	if (IS_ERR(set) || counts(kn, h))
		return set;
	/* The view has changed meanwhile, without the sender. */
	kddm_set_unref(set);
	return ERR_PTR(-EHOSTDOWN);
}

/* There is no such set here.  What the transport is to count. */
static int no_set(struct kddm_net *kn, u16 src, const struct kddm_obj_msg *m,
		  int err)
{
	/* Recovery does what is to be done. */
	if (err == -EHOSTDOWN)
		return -ESTALE;
	if (err == -ECONNRESET)
		return err;
	/* It was destroyed while this was on its way. */
	reject(kn, m, err == -ENOENT ? -ESHUTDOWN : err);
	keep_nothing(kn, src, m);
	return 0;
}

static int obj_rx(struct kddm_net *kn, const struct kddm_hdr *h,
		  const void *body, size_t len)
{
	struct kddm_obj_msg m;
	struct kddm_set *set;
	int err;

	if (h->type == KDDM_WIRE_MARK)
		return kddm_views_mark(kn, h, body, len);
	err = kddm_wire_get_obj(body, len, h->type, &m);
	if (err)
		return err;
	if (!counts(kn, h))
		return -ESTALE;
	if (h->chan != kddm_obj_channel(m.objid))
		return -EBADMSG;
	set = set_of(kn, h, &m);
	if (IS_ERR(set))
		return no_set(kn, h->src, &m, PTR_ERR(set));
	err = check(set, &m);
	m.missing = kddm_rx_missing(kn, h->chan);
	if (!err)
		err = obj_deliver(set, h->src, &m);
	if (err)
		err = refuse(kn, h->src, &m, err);
	kddm_set_unref(set);
	return err;
}

/*
 * What a member does not get any more is recovered when the others have agreed
 * that it is gone; so the ownership, which only this message has, is held until
 * then.  A home that is none ends the request.
 */
static bool obj_undeliverable(struct kddm_net *kn, u16 dst,
			      struct kddm_msg *msg)
{
	bool member = kddm_views_member(kn, dst);
	struct kddm_obj_msg m;
	struct kddm_set *set;

	if (kddm_obj_read_msg(msg, &m) ||
	    (member ? m.type != KDDM_EV_OWN : !is_request(m.type)))
		return false;
	if (!member && m.origin != kn->self) {
		reject(kn, &m, -EHOSTDOWN);
		return false;
	}
	set = kddm_set_find(kn, m.set);
	if (!set)
		return false;
	if (member) {
		kddm_obj_hold_back(set, msg);
	} else {
		m.type = KDDM_EV_NAK;
		m.err = -EHOSTDOWN;
		obj_deliver(set, kn->self, &m);
	}
	kddm_set_unref(set);
	return member;
}

/* What is to become of it is judged when the other node is a member again. */
static bool obj_lost(struct kddm_net *kn, struct kddm_msg *msg)
{
	struct kddm_obj_msg m;
	struct kddm_set *set;
	bool kept;

	if (kddm_obj_read_msg(msg, &m))
		return false;
	set = kddm_set_find(kn, m.set);
	if (!set)
		return false;
	kept = kddm_obj_keep_lost(set, msg);
	kddm_set_unref(set);
	return kept;
}

const struct kddm_channel_ops kddm_obj_channel_ops = {
	.rx		= obj_rx,
	.undeliverable	= obj_undeliverable,
	.lost		= obj_lost,
};

