// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls: those who wait for replies.
 *
 * A call stands on the stack of its caller and in a table by its number.  The
 * numbers go up, so that a late reply finds no other call; an xarray of such
 * numbers would make and free its nodes for each call.  A call is ended by
 * whoever takes it out of there: the reply, the end of the session with the
 * node that has it, the transport that could not send it, or the caller itself
 * (time is up, killed).  All but the caller wake the caller afterwards; often
 * that is the caller who has received the reply, see kddm_wait().
 *
 * A call that is forwarded moves from node to node; rpc_place.h has what is
 * known of where it is.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "rpc_int.h"
#include "trace.h"

static struct hlist_head *call_list(struct kddm_rpc *rpc, u32 id)
{
	return &rpc->calls[id % RPC_LISTS];
}

static struct kddm_rpc_call *call_find(struct kddm_rpc *rpc, u32 id)
{
	struct kddm_rpc_call *call;

	lockdep_assert_held(&rpc->calls_lock);
	hlist_for_each_entry(call, call_list(rpc, id), list) {
		if (call->id == id)
			return call;
	}
	return NULL;
}

/* May @src speak about call @id?  Returns the call if so. */
static struct kddm_rpc_call *call_of(struct kddm_rpc *rpc, u32 id, u32 token,
				     u16 src)
{
	struct kddm_rpc_call *call = call_find(rpc, id);

	if (!call || call->token != token ||
	    (!call->client && call->place.at != src))
		return NULL;
	return call;
}

void kddm_call_end(struct kddm_rpc_call *call, int result)
{
	call->result = result;
	if (call->gather)
		kddm_gather_done(call);
	else
		kddm_wake(&call->wait);
}

bool kddm_call_take(struct kddm_rpc *rpc, struct kddm_rpc_call *call)
{
	bool taken;

	spin_lock(&rpc->calls_lock);
	taken = !hlist_unhashed(&call->list);
	if (taken)
		hlist_del_init(&call->list);
	spin_unlock(&rpc->calls_lock);
	return taken;
}

bool kddm_call_cancel(struct kddm_rpc *rpc, struct kddm_rpc_call *call)
{
	struct kddm_at_msg m = { .id = call->id, .token = call->token };

	if (!kddm_call_take(rpc, call))
		return false;
	/* The services of KDDM itself do not look. */
	if (call->client)
		kddm_rpc_tell(rpc, call->place.at, KDDM_WIRE_CANCEL, &m);
	return true;
}

static bool concerns(const struct kddm_rpc_call *call, u16 dst)
{
	return dst == KDDM_NODE_NONE || kddm_place_needs(&call->place, dst);
}

void kddm_calls_end(struct kddm_rpc *rpc, u16 dst, bool clients, int err)
{
	struct kddm_rpc_call *call;
	struct hlist_node *next;
	int i;

	spin_lock(&rpc->calls_lock);
	for (i = 0; i < RPC_LISTS; i++) {
		hlist_for_each_entry_safe(call, next, &rpc->calls[i], list) {
			if (!concerns(call, dst) || (clients && !call->client))
				continue;
			/* Whoever waits for it may be gone afterwards. */
			hlist_del_init(&call->list);
			kddm_call_end(call, err);
		}
	}
	spin_unlock(&rpc->calls_lock);
}

void kddm_rpc_show(struct kddm_net *kn, struct seq_file *m)
{
	const struct kddm_rpc_call *call;
	struct kddm_rpc *rpc = kn->rpc;
	int i;

	spin_lock(&rpc->calls_lock);
	for (i = 0; i < RPC_LISTS; i++)
		hlist_for_each_entry(call, &rpc->calls[i], list)
			seq_printf(m,
				   "call %u: service %08x, node %u, for %u ms\n",
				   call->id, call->service, call->place.at,
				   jiffies_to_msecs(jiffies - call->since));
	spin_unlock(&rpc->calls_lock);
}

int kddm_call_add(struct kddm_rpc *rpc, struct kddm_rpc_call *call)
{
	bool gone;

	spin_lock(&rpc->calls_lock);
	do {
		call->id = rpc->next++;
	} while (call_find(rpc, call->id));
	hlist_add_head(&call->list, call_list(rpc, call->id));
	spin_unlock(&rpc->calls_lock);
	/* Either we see it, or kddm_rpc_shut() sees the call. */
	smp_mb();
	gone = READ_ONCE(rpc->shut) || (call->client && READ_ONCE(rpc->hush));
	return gone ? -ESHUTDOWN : 0;
}

/* Somebody has taken it, and is just ending it. */
static int call_ended(struct kddm_rpc *rpc, struct kddm_rpc_call *call)
{
	kddm_wait(rpc->kn, RPC_CHAN, &call->wait, TASK_UNINTERRUPTIBLE,
		  MAX_SCHEDULE_TIMEOUT);
	return call->result;
}

int kddm_call_wait(struct kddm_rpc *rpc, struct kddm_rpc_call *call,
		   long timeout)
{
	int rc;

	rc = kddm_wait(rpc->kn, RPC_CHAN, &call->wait, TASK_KILLABLE, timeout);
	if (!rc)
		return call->result;
	if (kddm_call_cancel(rpc, call))
		return rc;
	return call_ended(rpc, call);
}

/* To the own node: without the network, by the handler that is here. */
static int call_self(struct kddm_net *kn, const struct kddm_rpc_service *svc,
		     const void *req, size_t len, void *reply, size_t max)
{
	struct kddm_rpc_service *here = kddm_rpc_get(kddm_rpc_id(svc->name));
	int rc = -EOPNOTSUPP;

	if (!here)
		return rc;
	if (!here->client)
		rc = here->handler(kn, kn->self, req, len, reply, max);
	kddm_rpc_service_put(here);
	if (rc > 0 && (size_t)rc > max)
		return -EMSGSIZE;
	return rc;
}

int kddm_rpc_call(struct kddm_net *kn, u16 dst,
		  const struct kddm_rpc_service *svc, const void *req,
		  size_t len, void *reply, size_t max, long timeout)
{
	struct kddm_rpc_msg m = {
		.service = kddm_rpc_id(svc->name),
		.max = min_t(size_t, max, KDDM_MAX_RPC),
		.len = len,
		.origin = kn->self,
		.data = req,
	};
	struct kddm_rpc_call call = {
		.dst = dst,
		.place = kddm_place_of(dst),
		.service = m.service,
		.since = jiffies,
		.reply = reply,
		.max = max,
	};
	struct kddm_rpc *rpc = kn->rpc;
	struct kddm_msg *msg;
	int rc;

	if (len > KDDM_MAX_RPC)
		return -EMSGSIZE;
	if (dst == kn->self)
		return call_self(kn, svc, req, len, reply, m.max);
	if (kddm_transport_full(kn, RPC_CHAN))
		return -EBUSY;
	kddm_waiter_init(&call.wait);
	rc = kddm_call_add(rpc, &call);
	if (rc) {
		if (!kddm_call_take(rpc, &call))
			call_ended(rpc, &call);
		return rc;
	}
	m.id = call.id;
	msg = kddm_rpc_msg(KDDM_WIRE_CALL, &m, GFP_KERNEL);
	trace_kddm_rpc_call(kn->self, dst, m.service, m.id, len);
	if (msg)
		kddm_rpc_xmit(rpc, dst, msg);
	else if (kddm_call_take(rpc, &call))
		return -ENOMEM;
	rc = kddm_call_wait(rpc, &call, timeout);
	trace_kddm_rpc_end(kn->self, dst, m.service, m.id, rc);
	return rc;
}
EXPORT_SYMBOL_GPL(kddm_rpc_call);

int kddm_rpc_cast(struct kddm_net *kn, u16 dst,
		  const struct kddm_rpc_service *svc, const void *req,
		  size_t len)
{
	struct kddm_rpc_msg m = {
		.service = kddm_rpc_id(svc->name),
		.len = len,
		.origin = kn->self,
		.data = req,
	};
	struct kddm_msg *msg;

	if (len > KDDM_MAX_RPC)
		return -EMSGSIZE;
	if (dst == kn->self) {
		call_self(kn, svc, req, len, NULL, 0);
		return 0;
	}
	if (READ_ONCE(kn->rpc->shut))
		return -ESHUTDOWN;
	if (kddm_transport_full(kn, RPC_CHAN))
		return -EBUSY;
	msg = kddm_rpc_msg(KDDM_WIRE_CAST, &m, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	kddm_rpc_xmit(kn->rpc, dst, msg);
	return 0;
}
EXPORT_SYMBOL_GPL(kddm_rpc_cast);

/* What comes of calls */

void kddm_call_undeliverable(struct kddm_rpc *rpc, u16 dst,
			     const struct kddm_rpc_msg *m)
{
	struct kddm_rpc_call *call;

	spin_lock(&rpc->calls_lock);
	call = call_find(rpc, m->id);
	if (call && call->dst == dst) {
		hlist_del_init(&call->list);
		kddm_call_end(call, -EHOSTDOWN);
	}
	spin_unlock(&rpc->calls_lock);
}

/*
 * A reply, or what there is of it, is put into the call with the lock held, so
 * that the caller cannot give up and go meanwhile; a part is some ten thousand
 * bytes.  @buf is for a reply of which nothing is there yet; NULL if that was
 * taken.
 */
static int put_reply(struct kddm_rpc *rpc, u16 src,
		     const struct kddm_rpc_msg *m, void **buf)
{
	struct kddm_rpc_call *call = call_of(rpc, m->id, m->token, src);
	int result = m->len;

	/* Gave up, or never asked; an error can come instead of the rest. */
	if (!call || (call->parted && !m->err))
		return -ESTALE;
	if (m->err) {
		result = m->err;
	} else if (m->total > call->max) {
		result = -EMSGSIZE;
	} else if (call->client && m->total && !*buf) {
		result = -ENOMEM;
	} else if (m->total) {
		if (call->client)
			call->reply = xchg(buf, NULL);
		memcpy(call->reply, m->data, m->len);
		if (m->total > m->len) {
			call->parted = true;
			return kddm_parts_begin(&call->parts, m->total, m->len,
						call->max) < 0 ? -EBADMSG : 0;
		}
	}
	hlist_del_init(&call->list);
	kddm_call_end(call, result);
	return 0;
}

/* Whether a call is there that wants memory for its reply. */
static bool wants_buf(struct kddm_rpc *rpc, u16 src,
		      const struct kddm_rpc_msg *m)
{
	struct kddm_rpc_call *call;
	bool wants;

	spin_lock(&rpc->calls_lock);
	call = call_of(rpc, m->id, m->token, src);
	wants = call && call->client && !m->err && m->total &&
		m->total <= call->max && !call->parted;
	spin_unlock(&rpc->calls_lock);
	return wants;
}

int kddm_call_rx_reply(struct kddm_rpc *rpc, u16 src,
		       const struct kddm_rpc_msg *m)
{
	void *buf = NULL;
	int rc;

	/* A node to which we have forwarded a call cannot reach the caller. */
	if (m->origin != rpc->kn->self) {
		if (!m->err || !m->token)
			return -EBADMSG;
		kddm_rpc_error(rpc, m->origin, m, m->err);
		return 0;
	}
	if (m->token && wants_buf(rpc, src, m))
		buf = kvmalloc(m->total, GFP_NOFS);
	spin_lock(&rpc->calls_lock);
	rc = put_reply(rpc, src, m, &buf);
	spin_unlock(&rpc->calls_lock);
	kvfree(buf);
	return rc;
}

int kddm_call_rx_part(struct kddm_rpc *rpc, u16 src,
		      const struct kddm_part_msg *m)
{
	struct kddm_rpc_call *call;
	int rc = -ESTALE;

	spin_lock(&rpc->calls_lock);
	call = call_of(rpc, m->id, m->token, src);
	if (!call || !call->parted)
		goto unlock;
	rc = kddm_parts_next(&call->parts, m->offset, m->len);
	if (rc < 0)
		goto unlock;
	memcpy(call->reply + m->offset, m->data, m->len);
	if (!rc) {
		hlist_del_init(&call->list);
		kddm_call_end(call, call->parts.total);
	}
	rc = 0;
unlock:
	spin_unlock(&rpc->calls_lock);
	return rc;
}

/* Whether a node that is said to have a call is known not to be online. */
static bool is_off(struct kddm_rpc *rpc, u16 node)
{
	return node != rpc->kn->self &&
	       kddm_node_state(rpc->kn, node) == KDDM_NODE_OFFLINE;
}

int kddm_call_rx_at(struct kddm_rpc *rpc, u16 src, const struct kddm_at_msg *m)
{
	struct kddm_rpc_call *call;

	spin_lock(&rpc->calls_lock);
	call = call_of(rpc, m->id, m->token, src);
	if (call && kddm_place_hear(&call->place, src, m) &&
	    is_off(rpc, m->node)) {
		hlist_del_init(&call->list);
		kddm_call_end(call, -EHOSTDOWN);
	}
	spin_unlock(&rpc->calls_lock);
	/* Whoever has it now does not know that it was given up. */
	if (!call && m->node == src && m->token)
		kddm_rpc_tell(rpc, src, KDDM_WIRE_CANCEL, m);
	return 0;
}
