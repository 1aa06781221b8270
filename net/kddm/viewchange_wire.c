// SPDX-License-Identifier: GPL-2.0-only
/*
 * View changes: what is in a message, and how it travels.
 *
 * Everything is little-endian; a view is a list of its members, sorted by id.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>
#include "viewchange.h"
#include "viewchange_int.h"

/**
 * kddm_vc_message() - what is in a message
 * @vc: the machine, as the step that sends it left it
 * @send: what it sends
 * @msg: where to
 */
void kddm_vc_message(const struct kddm_vc *vc, const struct kddm_vc_send *send,
		     struct kddm_vc_msg *msg)
{
	const struct kddm_vc_proposal *p = &vc->p;
	const struct kddm_vc_view *base;
	bool unsure;
	u16 n;
	int i;

	memset(msg, 0, sizeof(*msg));
	msg->type = send->type;
	msg->flags = send->flags;
	msg->epoch = send->epoch;
	msg->seen = vc->seen;
	switch (send->type) {
	case KDDM_VC_EXCLUDE:
		msg->lineage = vc->lineage;
		break;
	case KDDM_VC_NOTICE:
		for (n = 0; n < KDDM_VC_NODES; n++)
			if (kddm_vc_has(&vc->leavers, n))
				msg->view.inc[n] = vc->inc[n];
		break;
	case KDDM_VC_INVITE:
		msg->view = p->invited;
		break;
	case KDDM_VC_PROMISE:
		msg->lineage = vc->lineage;
		msg->reach = vc->reach;
		msg->view = vc->last;
		msg->nr_pends = vc->nr_pends;
		memcpy(msg->pend, vc->pend, vc->nr_pends * sizeof(*msg->pend));
		break;
	case KDDM_VC_PROPOSE:
		msg->view = p->view;
		msg->reach = p->last_words;
		base = kddm_vc_base(p, &unsure);
		if (base)
			msg->base = *base;
		if (unsure)
			msg->flags |= KDDM_VC_UNSURE;
		for (i = 0; i < p->nr_seen; i++)
			if (p->alive & (1 << i))
				msg->pend[msg->nr_pends++] = p->seen[i];
		break;
	}
}

/* Encoding */

struct wire_head {
	__u8	type;
	__u8	flags;
	__u8	nr_pends;
	__u8	reserved;
	__le32	epoch;
	__le32	seen;
	__le64	lineage;
} __packed;

struct wire_member {
	__le16	id;
	__le32	incarnation;
} __packed;

struct wire_view {
	__le32			epoch;
	__le64			lineage;
	__u8			policy;
	__u8			reserved;
	__le16			nr;
	struct wire_member	member[];
} __packed;

struct wire_word {
	__le64	v;
} __packed;

struct wire_epoch {
	__le32	v;
} __packed;

/* Where to write, or what to read; @bad: there was not enough. */
struct wire_buf {
	void	*p;
	size_t	left;
	bool	bad;
};

/* The next @len bytes, or NULL. */
static void *next(struct wire_buf *b, size_t len)
{
	void *p = b->p;

	if (b->bad || b->left < len) {
		b->bad = true;
		return NULL;
	}
	b->p += len;
	b->left -= len;
	return p;
}

static void put_view(struct wire_buf *b, const struct kddm_vc_view *v)
{
	struct wire_view *w = next(b, sizeof(*w));
	struct wire_member *m;
	u16 nr = 0, n;

	if (!w)
		return;
	w->epoch = cpu_to_le32(v->epoch);
	w->lineage = cpu_to_le64(v->lineage);
	w->policy = v->policy;
	w->reserved = 0;
	for (n = 0; n < KDDM_VC_NODES; n++) {
		if (!v->inc[n])
			continue;
		m = next(b, sizeof(*m));
		if (!m)
			return;
		m->id = cpu_to_le16(n);
		m->incarnation = cpu_to_le32(v->inc[n]);
		nr++;
	}
	w->nr = cpu_to_le16(nr);
}

static void get_view(struct wire_buf *b, struct kddm_vc_view *v)
{
	struct wire_view *w = next(b, sizeof(*w));
	struct wire_member *m;
	u16 nr, n, id;
	int last = -1;

	if (!w)
		return;
	v->epoch = le32_to_cpu(w->epoch);
	v->lineage = le64_to_cpu(w->lineage);
	v->policy = w->policy;
	b->bad |= w->policy > KDDM_VC_NONE || w->reserved;
	nr = le16_to_cpu(w->nr);
	for (n = 0; n < nr && !b->bad; n++) {
		m = next(b, sizeof(*m));
		if (!m)
			return;
		id = le16_to_cpu(m->id);
		if (id >= KDDM_VC_NODES || id <= last || !m->incarnation)
			b->bad = true;
		else
			v->inc[id] = le32_to_cpu(m->incarnation);
		last = id;
	}
}

static void put_set(struct wire_buf *b, const struct kddm_vc_set *set)
{
	struct wire_word *w = next(b, sizeof(set->w));
	u16 i;

	for (i = 0; w && i < KDDM_VC_WORDS; i++)
		w[i].v = cpu_to_le64(set->w[i]);
}

static void get_set(struct wire_buf *b, struct kddm_vc_set *set)
{
	struct wire_word *w = next(b, sizeof(set->w));
	u16 i;

	for (i = 0; w && i < KDDM_VC_WORDS; i++)
		set->w[i] = le64_to_cpu(w[i].v);
}

static void put_epoch(struct wire_buf *b, u32 epoch)
{
	struct wire_epoch *w = next(b, sizeof(*w));

	if (w)
		w->v = cpu_to_le32(epoch);
}

static void get_epoch(struct wire_buf *b, u32 *epoch)
{
	struct wire_epoch *w = next(b, sizeof(*w));

	if (w)
		*epoch = le32_to_cpu(w->v);
}

/**
 * kddm_vc_encode() - write a message
 * @msg: the message
 * @buf: where to
 * @size: room in @buf, bytes
 *
 * Return: bytes written, or -EMSGSIZE.
 */
int kddm_vc_encode(const struct kddm_vc_msg *msg, void *buf, size_t size)
{
	struct wire_buf b = { buf, size, false };
	struct wire_head *w = next(&b, sizeof(*w));
	int i;

	if (!w)
		return -EMSGSIZE;
	w->type = msg->type;
	w->flags = msg->flags;
	w->nr_pends = msg->nr_pends;
	w->reserved = 0;
	w->epoch = cpu_to_le32(msg->epoch);
	w->seen = cpu_to_le32(msg->seen);
	w->lineage = cpu_to_le64(msg->lineage);
	switch (msg->type) {
	case KDDM_VC_NOTICE:
	case KDDM_VC_INVITE:
		put_view(&b, &msg->view);
		break;
	case KDDM_VC_PROMISE:
		put_set(&b, &msg->reach);
		put_view(&b, &msg->view);
		for (i = 0; i < msg->nr_pends; i++)
			put_view(&b, &msg->pend[i]);
		break;
	case KDDM_VC_PROPOSE:
		put_set(&b, &msg->reach);
		put_view(&b, &msg->view);
		put_view(&b, &msg->base);
		for (i = 0; i < msg->nr_pends; i++)
			put_epoch(&b, msg->pend[i].epoch);
		break;
	}
	return b.bad ? -EMSGSIZE : (int)(size - b.left);
}

static u8 most_pends(u8 type)
{
	switch (type) {
	case KDDM_VC_PROMISE:
		return KDDM_VC_PENDS;
	case KDDM_VC_PROPOSE:
		return KDDM_VC_SEEN;
	default:
		return 0;
	}
}

/**
 * kddm_vc_decode() - read and check a message
 * @buf: what has come
 * @size: bytes in @buf
 * @msg: where to
 *
 * Return: 0, or -EBADMSG for what no node sends.
 */
int kddm_vc_decode(const void *buf, size_t size, struct kddm_vc_msg *msg)
{
	struct wire_buf b = { (void *)buf, size, false };
	struct wire_head *w = next(&b, sizeof(*w));
	int i;

	if (!w || w->type >= KDDM_VC_NR_TYPES || w->reserved ||
	    w->nr_pends > most_pends(w->type))
		return -EBADMSG;
	memset(msg, 0, sizeof(*msg));
	msg->type = w->type;
	msg->flags = w->flags;
	msg->nr_pends = w->nr_pends;
	msg->epoch = le32_to_cpu(w->epoch);
	msg->seen = le32_to_cpu(w->seen);
	msg->lineage = le64_to_cpu(w->lineage);
	switch (msg->type) {
	case KDDM_VC_NOTICE:
	case KDDM_VC_INVITE:
		get_view(&b, &msg->view);
		break;
	case KDDM_VC_PROMISE:
		get_set(&b, &msg->reach);
		get_view(&b, &msg->view);
		for (i = 0; i < msg->nr_pends; i++)
			get_view(&b, &msg->pend[i]);
		break;
	case KDDM_VC_PROPOSE:
		get_set(&b, &msg->reach);
		get_view(&b, &msg->view);
		get_view(&b, &msg->base);
		for (i = 0; i < msg->nr_pends; i++)
			get_epoch(&b, &msg->pend[i].epoch);
		break;
	}
	return b.bad || b.left ? -EBADMSG : 0;
}

/**
 * kddm_vc_type_name() - for logs and traces
 * @type: enum kddm_vc_type
 *
 * Return: the name in lower case.
 */
const char *kddm_vc_type_name(u8 type)
{
	static const char * const name[KDDM_VC_NR_TYPES] = {
		"notice", "invite", "promise", "nack", "refuse", "propose",
		"mark", "accept", "commit", "done", "resume", "cancel",
		"exclude",
	};

	return type < KDDM_VC_NR_TYPES ? name[type] : "?";
}
