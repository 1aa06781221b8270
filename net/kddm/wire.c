// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes and reads the wire format of wire.h.
 *
 * Pure: relies on nothing but byte order and memcpy(), so that the simulation
 * in tools/testing/kddm/sim and the unit tests run this very file.  A decoder
 * accepts exactly what an encoder of a correct peer can produce.
 */
#include <linux/export.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>
#include <kunit/visibility.h>
#include "wire.h"

#define MAX_ERR		4095		/* MAX_ERRNO of linux/err.h */
#define MAX_WORDS	(KDDM_MAX_NODES / 64)

static bool is_err(u32 err)
{
	return err >= (u32)-MAX_ERR;
}

/* Which types there are, and on which channels they travel. */
static bool type_fits(u8 type, u16 chan)
{
	switch (type) {
	case KDDM_WIRE_HELLO:
	case KDDM_WIRE_CALL:
	case KDDM_WIRE_CAST:
	case KDDM_WIRE_REPLY:
	case KDDM_WIRE_VIEW:
	case KDDM_WIRE_PART:
	case KDDM_WIRE_CANCEL:
	case KDDM_WIRE_AT:
		return chan == 0;
	case KDDM_WIRE_MARK:
		return chan > 0 && chan < KDDM_CHANNELS;
	case KDDM_WIRE_CREDIT:
		return chan < KDDM_CHANNELS;
	default:
		return kddm_wire_is_obj(type) && chan > 0 &&
		       chan < KDDM_CHANNELS;
	}
}

int kddm_wire_put_hdr(void *buf, size_t size, const struct kddm_hdr *h)
{
	struct kddm_wire_hdr *w = buf;

	if (size < sizeof(*w))
		return -EMSGSIZE;
	w->magic = cpu_to_le16(KDDM_WIRE_MAGIC);
	w->version = KDDM_WIRE_VERSION;
	w->type = h->type;
	w->len = cpu_to_le32(h->len);
	w->epoch = cpu_to_le32(h->epoch);
	w->incarnation = cpu_to_le32(h->incarnation);
	w->src = cpu_to_le16(h->src);
	w->dst = cpu_to_le16(h->dst);
	w->chan = cpu_to_le16(h->chan);
	w->session = cpu_to_le16(h->session);
	w->seq = cpu_to_le32(h->seq);
	w->ack = cpu_to_le32(h->ack);
	return sizeof(*w);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_wire_put_hdr);

/* By another message, in the same datagram. */
static bool may_be_followed(const struct kddm_hdr *h)
{
	return h->type != KDDM_WIRE_HELLO && h->type != KDDM_WIRE_CREDIT &&
	       !(h->len % KDDM_WIRE_ALIGN);
}

int kddm_wire_get_hdr(const void *buf, size_t size, struct kddm_hdr *h)
{
	const struct kddm_wire_hdr *w = buf;

	/* Magic and version stay where they are in every version. */
	if (size < 4 || le16_to_cpu(w->magic) != KDDM_WIRE_MAGIC)
		return -EBADMSG;
	if (w->version != KDDM_WIRE_VERSION)
		return -EPROTONOSUPPORT;
	if (size < sizeof(*w))
		return -EBADMSG;
	h->type = w->type;
	h->len = le32_to_cpu(w->len);
	h->epoch = le32_to_cpu(w->epoch);
	h->incarnation = le32_to_cpu(w->incarnation);
	h->src = le16_to_cpu(w->src);
	h->dst = le16_to_cpu(w->dst);
	h->chan = le16_to_cpu(w->chan);
	h->session = le16_to_cpu(w->session);
	h->seq = le32_to_cpu(w->seq);
	h->ack = le32_to_cpu(w->ack);
	if (h->len < sizeof(*w) || h->len > size || size > KDDM_MSG_MAX ||
	    (h->len != size && !may_be_followed(h)) || !h->incarnation ||
	    h->src >= KDDM_MAX_NODES || h->dst >= KDDM_MAX_NODES ||
	    h->src == h->dst || !type_fits(h->type, h->chan))
		return -EBADMSG;
	if (h->type == KDDM_WIRE_CREDIT && h->len != sizeof(*w))
		return -EBADMSG;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_wire_get_hdr);

int kddm_wire_put_hello(void *buf, size_t size, const struct kddm_hello *m)
{
	struct kddm_wire_hello *w = buf;
	int i;

	if (size < sizeof(*w))
		return -EMSGSIZE;
	w->cluster = cpu_to_le32(m->cluster);
	w->peer_incarnation = cpu_to_le32(m->peer_incarnation);
	w->peer_session = cpu_to_le16(m->peer_session);
	w->past_session = cpu_to_le16(m->past_session);
	w->past_incarnation = cpu_to_le32(m->past_incarnation);
	w->flags = cpu_to_le32(m->flags);
	for (i = 0; i < KDDM_CHANNELS; i++) {
		w->past_rcvd[i] = cpu_to_le32(m->past_rcvd[i]);
		w->port[i] = cpu_to_le32(m->port[i]);
	}
	return sizeof(*w);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_wire_put_hello);

int kddm_wire_get_hello(const void *body, size_t size, struct kddm_hello *m)
{
	const struct kddm_wire_hello *w = body;
	int i;

	if (size != sizeof(*w))
		return -EBADMSG;
	m->cluster = le32_to_cpu(w->cluster);
	m->peer_incarnation = le32_to_cpu(w->peer_incarnation);
	m->peer_session = le16_to_cpu(w->peer_session);
	m->past_session = le16_to_cpu(w->past_session);
	m->past_incarnation = le32_to_cpu(w->past_incarnation);
	m->flags = le32_to_cpu(w->flags);
	if (m->flags & ~KDDM_HELLO_ALL)
		return -EBADMSG;
	for (i = 0; i < KDDM_CHANNELS; i++) {
		m->past_rcvd[i] = le32_to_cpu(w->past_rcvd[i]);
		m->port[i] = le32_to_cpu(w->port[i]);
		if (!m->port[i])
			return -EBADMSG;
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_wire_get_hello);

int kddm_wire_put_rpc(void *buf, size_t size, const struct kddm_rpc_msg *m)
{
	u32 total = m->total > m->len ? m->total : m->len;
	struct kddm_wire_rpc *w = buf;

	if (size < sizeof(*w) || m->len > KDDM_MAX_RPC ||
	    size - sizeof(*w) < m->len)
		return -EMSGSIZE;
	w->service = cpu_to_le32(m->service);
	w->id = cpu_to_le32(m->id);
	w->token = cpu_to_le32(m->token);
	w->key = cpu_to_le32(m->key);
	w->incarnation = cpu_to_le32(m->incarnation);
	w->err = cpu_to_le32((u32)m->err);
	w->max = cpu_to_le32(m->max);
	w->total = cpu_to_le32(total);
	w->len = cpu_to_le32(m->len);
	w->origin = cpu_to_le16(m->origin);
	w->hops = cpu_to_le16(m->hops);
	if (m->data && m->len)
		memcpy(w + 1, m->data, m->len);
	return sizeof(*w) + m->len;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_wire_put_rpc);

/* What each type of RPC message may carry. */
static bool rpc_fits(const struct kddm_rpc_msg *m, u32 err, u8 type)
{
	switch (type) {
	case KDDM_WIRE_CALL:
		return !err && m->max <= KDDM_RPC_LARGE;
	case KDDM_WIRE_CAST:
		return !err && !m->max && !m->token &&
		       (m->total > m->len || !m->id);
	case KDDM_WIRE_REPLY:
		if (m->service || m->max || m->key || m->hops)
			return false;
		return !err || (is_err(err) && !m->total);
	default:
		return false;
	}
}

int kddm_wire_get_rpc(const void *body, size_t size, u8 type,
		      struct kddm_rpc_msg *m)
{
	const struct kddm_wire_rpc *w = body;
	u32 err;

	if (size < sizeof(*w))
		return -EBADMSG;
	m->service = le32_to_cpu(w->service);
	m->id = le32_to_cpu(w->id);
	m->token = le32_to_cpu(w->token);
	m->key = le32_to_cpu(w->key);
	m->incarnation = le32_to_cpu(w->incarnation);
	err = le32_to_cpu(w->err);
	m->err = (int)err;
	m->max = le32_to_cpu(w->max);
	m->total = le32_to_cpu(w->total);
	m->len = le32_to_cpu(w->len);
	m->origin = le16_to_cpu(w->origin);
	m->hops = le16_to_cpu(w->hops);
	m->data = w + 1;
	if (m->len > KDDM_MAX_RPC || size - sizeof(*w) != m->len ||
	    m->total > KDDM_RPC_LARGE || m->total < m->len ||
	    (m->total && !m->len))
		return -EBADMSG;
	if (m->origin >= KDDM_MAX_NODES || m->hops > KDDM_RPC_HOPS ||
	    !m->hops != !m->incarnation)
		return -EBADMSG;
	return rpc_fits(m, err, type) ? 0 : -EBADMSG;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_wire_get_rpc);

int kddm_wire_put_part(void *buf, size_t size, const struct kddm_part_msg *m)
{
	struct kddm_wire_part *w = buf;

	if (size < sizeof(*w) || m->len > KDDM_RPC_PART ||
	    size - sizeof(*w) < m->len)
		return -EMSGSIZE;
	w->id = cpu_to_le32(m->id);
	w->token = cpu_to_le32(m->token);
	w->offset = cpu_to_le32(m->offset);
	w->len = cpu_to_le32(m->len);
	w->origin = cpu_to_le16(m->origin);
	w->reply = cpu_to_le16(m->reply);
	if (m->data && m->len)
		memcpy(w + 1, m->data, m->len);
	return sizeof(*w) + m->len;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_wire_put_part);

int kddm_wire_get_part(const void *body, size_t size, struct kddm_part_msg *m)
{
	const struct kddm_wire_part *w = body;
	u16 reply;

	if (size < sizeof(*w))
		return -EBADMSG;
	m->id = le32_to_cpu(w->id);
	m->token = le32_to_cpu(w->token);
	m->offset = le32_to_cpu(w->offset);
	m->len = le32_to_cpu(w->len);
	m->origin = le16_to_cpu(w->origin);
	reply = le16_to_cpu(w->reply);
	m->reply = reply;
	m->data = w + 1;
	if (!m->len || m->len > KDDM_RPC_PART ||
	    size - sizeof(*w) != m->len || m->offset > KDDM_RPC_LARGE ||
	    m->origin >= KDDM_MAX_NODES || reply > 1)
		return -EBADMSG;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_wire_get_part);

int kddm_wire_put_cancel(void *buf, size_t size, const struct kddm_at_msg *m)
{
	struct kddm_wire_cancel *w = buf;

	if (size < sizeof(*w))
		return -EMSGSIZE;
	w->id = cpu_to_le32(m->id);
	w->token = cpu_to_le32(m->token);
	return sizeof(*w);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_wire_put_cancel);

int kddm_wire_get_cancel(const void *body, size_t size, struct kddm_at_msg *m)
{
	const struct kddm_wire_cancel *w = body;

	if (size != sizeof(*w))
		return -EBADMSG;
	m->id = le32_to_cpu(w->id);
	m->token = le32_to_cpu(w->token);
	m->node = 0;
	m->hops = 0;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_wire_get_cancel);

int kddm_wire_put_at(void *buf, size_t size, const struct kddm_at_msg *m)
{
	struct kddm_wire_at *w = buf;

	if (size < sizeof(*w))
		return -EMSGSIZE;
	w->id = cpu_to_le32(m->id);
	w->token = cpu_to_le32(m->token);
	w->node = cpu_to_le16(m->node);
	w->hops = cpu_to_le16(m->hops);
	return sizeof(*w);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_wire_put_at);

int kddm_wire_get_at(const void *body, size_t size, struct kddm_at_msg *m)
{
	const struct kddm_wire_at *w = body;

	if (size != sizeof(*w))
		return -EBADMSG;
	m->id = le32_to_cpu(w->id);
	m->token = le32_to_cpu(w->token);
	m->node = le16_to_cpu(w->node);
	m->hops = le16_to_cpu(w->hops);
	if (m->node >= KDDM_MAX_NODES || !m->hops || m->hops > KDDM_RPC_HOPS)
		return -EBADMSG;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_wire_get_at);

int kddm_wire_put_mark(void *buf, size_t size, u32 epoch)
{
	struct kddm_wire_mark *w = buf;

	if (size < sizeof(*w))
		return -EMSGSIZE;
	w->epoch = cpu_to_le32(epoch);
	return sizeof(*w);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_wire_put_mark);

int kddm_wire_get_mark(const void *body, size_t size, u32 *epoch)
{
	const struct kddm_wire_mark *w = body;

	if (size != sizeof(*w) || !w->epoch)
		return -EBADMSG;
	*epoch = le32_to_cpu(w->epoch);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_wire_get_mark);

int kddm_wire_put_obj(void *buf, size_t size, const struct kddm_obj_msg *m)
{
	struct kddm_wire_obj *w = buf;
	size_t words = (size_t)m->nwords * sizeof(__le64);
	__le64 word;
	void *p;
	int i;

	if (m->nwords > MAX_WORDS || m->len > KDDM_MAX_DATA ||
	    size < sizeof(*w) + words + m->len)
		return -EMSGSIZE;
	w->set = cpu_to_le32(m->set);
	w->origin = cpu_to_le16(m->origin);
	w->hops = cpu_to_le16(m->hops);
	w->objid = cpu_to_le64(m->objid);
	w->version = cpu_to_le64(m->version);
	w->seq = cpu_to_le32(m->seq);
	w->err = cpu_to_le32((u32)m->err);
	w->nwords = cpu_to_le16(m->nwords);
	w->flags = m->flags;
	w->pad = 0;
	w->len = cpu_to_le32(m->len);
	p = w + 1;
	for (i = 0; i < m->nwords; i++, p += sizeof(word)) {
		word = cpu_to_le64(m->need[i]);
		memcpy(p, &word, sizeof(word));
	}
	if (m->data && m->len)
		memcpy(p, m->data, m->len);
	return sizeof(*w) + words + m->len;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_wire_put_obj);

/* What each type of object message may carry beside its fixed part. */
static bool obj_fits(const struct kddm_obj_msg *m)
{
	bool own = m->type == KDDM_EV_OWN;
	bool data = own || m->type == KDDM_EV_DATA ||
		    m->type == KDDM_EV_REPLICA;
	bool nak = m->type == KDDM_EV_NAK;

	if (m->nwords > (own ? MAX_WORDS : 0))
		return false;
	if (m->len > (data ? KDDM_MAX_DATA : 0))
		return false;
	return nak ? is_err((u32)m->err) : !m->err;
}

int kddm_wire_get_obj(const void *body, size_t size, u8 wire_type,
		      struct kddm_obj_msg *m)
{
	const struct kddm_wire_obj *w = body;
	const void *p = w + 1;
	__le64 word;
	int i;

	if (size < sizeof(*w) || !kddm_wire_is_obj(wire_type) || w->pad)
		return -EBADMSG;
	m->type = wire_type - KDDM_WIRE_OBJ;
	m->flags = w->flags;
	m->origin = le16_to_cpu(w->origin);
	m->hops = le16_to_cpu(w->hops);
	m->set = le32_to_cpu(w->set);
	m->objid = le64_to_cpu(w->objid);
	m->version = le64_to_cpu(w->version);
	m->seq = le32_to_cpu(w->seq);
	m->err = (int)le32_to_cpu(w->err);
	m->nwords = le16_to_cpu(w->nwords);
	m->len = le32_to_cpu(w->len);
	m->missing = 0;
	if (m->flags & ~KDDM_COF_ALL || m->origin >= KDDM_MAX_NODES ||
	    !obj_fits(m))
		return -EBADMSG;
	if (size - sizeof(*w) !=
	    (size_t)m->nwords * sizeof(word) + (size_t)m->len)
		return -EBADMSG;
	for (i = 0; i < m->nwords; i++, p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		m->need[i] = le64_to_cpu(word);
	}
	m->data = p;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_wire_get_obj);
