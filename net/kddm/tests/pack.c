// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pack and unpack states of the model cluster.
 *
 * Each node and each message is a few bytes of fixed layout, written and read
 * side by side below.  All numbers of requests become PACK_SEQ, all versions
 * PACK_VERSION, all values PACK_VALUE.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#include "pack.h"

/*
 * With replicas there are older values and versions.  Of a version it is kept
 * whether it is the latest, the one before, or older; of a value, whether it is
 * the latest, one since the last put that has returned, or older.
 */
#define PACK_SEQ	1000
#define PACK_VERSION	1000
#define PACK_VALUE	1000
#define PACK_NONE	0xf	/* a node that is none */

struct packer {
	const struct model	*m;
	const u8		*perm;
	bool			hops;
	bool			change;
	u8			*p;
};

struct unpacker {
	struct model		*m;
	bool			hops;
	bool			change;
	const u8		*p;
};

static const int errors[] = {
	0, -ENOENT, -EEXIST, -EAGAIN, -EOWNERDEAD, -EBUSY, -ENOMEM
};

static u8 pack_id(const struct packer *k, u16 id)
{
	return id == KDDM_NODE_NONE ? PACK_NONE :
				      k->perm[model_index(k->m, id)];
}

static u16 unpack_id(const struct unpacker *k, u8 n)
{
	return n == PACK_NONE ? KDDM_NODE_NONE : model_id(k->m, n);
}

static u64 pack_set(const struct packer *k, const u64 *set)
{
	u64 to = 0;
	u16 i;

	for (i = 0; i < k->m->cfg->nodes; i++)
		if ((set[0] >> model_id(k->m, i)) & 1)
			to |= 1ULL << k->perm[i];
	return to;
}

/*
 * Three bits for the flags of a request: home asks for the absence and for
 * nothing else, and who makes the first contents themselves may make them.
 */
#define PACK_MANUAL	(KDDM_COF_NOCREATE | KDDM_COF_RECLAIM)

static u8 pack_asked(u8 flags)
{
	return flags & KDDM_COF_MANUAL ?
	       (flags & KDDM_COF_TRY) | PACK_MANUAL : flags;
}

static u8 unpack_asked(u8 b)
{
	return (b & PACK_MANUAL) == PACK_MANUAL ?
	       (b & KDDM_COF_TRY) | KDDM_COF_MANUAL : b;
}

/* The extension */

static void pack_req(struct packer *k, const struct kddm_co_req *r)
{
	*k->p++ = pack_id(k, r->node) | (r->grab << 4) |
		  (pack_asked(r->flags) << 5);
	if (k->hops)
		*k->p++ = r->hops;
}

static void unpack_req(struct unpacker *k, struct kddm_co_req *r, u16 self)
{
	u8 b = *k->p++;

	memset(r, 0, sizeof(*r));
	r->node = unpack_id(k, b & 0xf);
	r->grab = (b >> 4) & 1;
	r->flags = unpack_asked(b >> 5);
	if (k->hops)
		r->hops = *k->p++;
	if (r->node != self)
		r->seq = PACK_SEQ;
}

static void pack_ext(struct packer *k, const struct model_node *n)
{
	struct kddm_co_ext *x = n->co.x;
	u8 state = n->co.state;
	u16 i;

	*k->p++ = state == KDDM_CO_OWNER || state == KDDM_CO_WRITER ||
		  state == KDDM_CO_ACKS || state == KDDM_CO_PUSH ||
		  state == KDDM_CO_GRAB || state == KDDM_CO_UPGRADE ?
		  pack_set(k, x->bits) : 0;
	*k->p++ = state == KDDM_CO_ACKS || state == KDDM_CO_GRAB ||
		  state == KDDM_CO_PUSH ||
		  state == KDDM_CO_UPGRADE ||
		  state == KDDM_CO_DRAIN_UPGRADE ?
		  pack_set(k, x->bits + x->words) : 0;
	*k->p++ = x->qlen;
	for (i = 0; i < x->qlen; i++)
		pack_req(k, kddm_co_queue(x) + i);
}

static void unpack_ext(struct unpacker *k, u16 at)
{
	struct model_node *n = &k->m->node[at];
	struct kddm_co_ext *x;
	u16 i;

	n->co.x = NULL;
	x = model_ext(k->m, at, k->p[2] ? k->p[2] : 1);
	x->bits[0] = *k->p++;
	x->bits[1] = *k->p++;
	x->qlen = *k->p++;
	for (i = 0; i < x->qlen; i++)
		unpack_req(k, kddm_co_queue(x) + i, n->env.self);
	n->co.x = x;
}

/* Nodes */

static bool drains(const struct kddm_co *co)
{
	return co->state == KDDM_CO_DRAIN ||
	       co->state == KDDM_CO_DRAIN_UPGRADE;
}

/* Only whether there ever was a version matters where there is no contents. */
static bool seen(const struct kddm_co *co)
{
	return co->version && !kddm_co_has_data(co) && !kddm_co_owns(co);
}

static u8 pack_value(const struct model *m, u64 value)
{
	if (!value)
		return 0;
	return value == m->value ? 3 : value >= m->safe ? 2 : 1;
}

static u8 pack_version(const struct model *m, const struct kddm_co *co)
{
	u64 version = co->version;

	if (kddm_co_has_data(co) || kddm_co_owns(co))
		return 3;
	if (!version)
		return 0;
	return version == m->version ? 3 : version + 1 == m->version ? 2 : 1;
}

static void pack_replica(struct packer *k, const struct model_node *n)
{
	if (!k->m->cfg->replicas)
		return;
	*k->p++ = pack_version(k->m, &n->co) |
		  (pack_value(k->m, n->value) << 2) | (n->co.backup << 4) |
		  (n->co.due << 5) | (n->co.removing << 6) |
		  (n->co.absent << 7);
	if (k->change)
		*k->p++ = pack_value(k->m, n->saw);
}

static u64 unpack_old(u8 class, u64 latest)
{
	return class < 2 ? class : latest - 3 + class;
}

/* After what is said of all objects. */
static void unpack_replica(struct unpacker *k, struct model_node *n)
{
	u8 b;

	if (!k->m->cfg->replicas)
		return;
	b = *k->p++;
	n->co.backup = (b >> 4) & 1;
	n->co.due = (b >> 5) & 1;
	n->co.removing = (b >> 6) & 1;
	n->co.absent = b >> 7;
	n->co.version = unpack_old(b & 3, PACK_VERSION);
	n->value = unpack_old((b >> 2) & 3, PACK_VALUE);
	if (k->change)
		n->saw = unpack_old(*k->p++, PACK_VALUE);
}

static void pack_node(struct packer *k, const struct model_node *n)
{
	const struct kddm_co *co = &n->co;
	u8 asked = co->want ? pack_asked(co->wflags) : 0;
	u8 want = asked & KDDM_COF_RECLAIM ? KDDM_WANT_RECLAIM : co->want;
	u16 hint = co->state == KDDM_CO_VOID ? KDDM_NODE_NONE : co->hint;
	u8 i;

	*k->p++ = co->state | (want << 4) | ((co->told || co->gone) << 6) |
		  (!!(asked & KDDM_COF_NOCREATE) << 7);
	*k->p++ = pack_id(k, hint) |
		  (pack_id(k, drains(co) ? co->inv_owner : KDDM_NODE_NONE)
		   << 4);
	*k->p++ = n->readers | (n->writer << 3) | (n->nwait << 4) |
		  (!!co->x << 7);
	*k->p++ = co->turned | (co->mine << 1) |
		  (!!(asked & KDDM_COF_TRY) << 2) |
		  ((co->x && co->past) << 3) | (n->held << 4) |
		  (n->timer << 5) | (n->frozen << 6) | (seen(co) << 7);
	if (k->change)
		*k->p++ = n->dead | (n->seen << 1);
	for (i = 0; i < n->nwait; i++)
		*k->p++ = n->wait[i];
	pack_replica(k, n);
	if (co->x)
		pack_ext(k, n);
}

static void unpack_waits(struct unpacker *k, struct model_node *n)
{
	u8 i;

	for (i = 0; i < n->nwait; i++)
		n->wait[i] = *k->p++;
}

static void unpack_node(struct unpacker *k, u16 at)
{
	struct model_node *n = &k->m->node[at];
	struct kddm_co *co = &n->co;
	u8 b = *k->p++;
	bool known, x;
	u8 asked;

	kddm_co_init(co, &n->env);
	co->state = b & 0xf;
	co->want = (b >> 4) & 3;
	co->told = co->state == KDDM_CO_VOID && b & 0x40;
	co->gone = co->state != KDDM_CO_VOID && b & 0x40;
	asked = b & 0x80 ? KDDM_COF_NOCREATE : 0;
	if (co->want == KDDM_WANT_RECLAIM)
		asked |= KDDM_COF_RECLAIM;
	b = *k->p++;
	co->hint = unpack_id(k, b & 0xf);
	co->inv_owner = unpack_id(k, b >> 4);
	b = *k->p++;
	n->readers = b & 7;
	co->readers = n->readers;
	n->writer = (b >> 3) & 1;
	n->nwait = (b >> 4) & 7;
	x = b >> 7;
	b = *k->p++;
	co->turned = b & 1;
	co->mine = (b >> 1) & 1;
	co->past = (b >> 3) & 1;
	n->held = (b >> 4) & 1;
	n->timer = (b >> 5) & 1;
	n->frozen = (b >> 6) & 1;
	known = b >> 7 || kddm_co_has_data(co) || kddm_co_owns(co);
	co->wflags = unpack_asked(asked | (b & 4 ? KDDM_COF_TRY : 0));
	if (co->wflags & KDDM_COF_MANUAL)
		co->want = KDDM_WANT_GRAB;
	if (k->change) {
		n->dead = *k->p & 1;
		n->seen = *k->p++ >> 1;
	}
	unpack_waits(k, n);
	co->seq = PACK_SEQ;
	if (drains(co))
		co->inv_seq = PACK_SEQ;
	co->version = known ? PACK_VERSION : 0;
	n->env.home = model_id(k->m, k->m->home);
	n->value = kddm_co_has_data(co) ? PACK_VALUE : 0;
	unpack_replica(k, n);
	if (x)
		unpack_ext(k, at);
}

/* Whom node @i is past, and who was past it. */
static void pack_ledger(struct packer *k, const u8 *inv, u16 i)
{
	const struct model_node *n = &k->m->node[i];
	u16 j;

	for (j = 0; j < n->nwait; j++)
		*k->p++ = pack_set(k, &n->past[j]);
	for (j = 0; n->nwait && j < k->m->cfg->nodes; j++)
		*k->p++ = k->m->over[i][inv[j]];
}

static void unpack_ledger(struct unpacker *k, u16 i)
{
	struct model_node *n = &k->m->node[i];
	u16 j;

	for (j = 0; j < n->nwait; j++)
		n->past[j] = *k->p++;
	for (j = 0; n->nwait && j < k->m->cfg->nodes; j++)
		k->m->over[i][j] = *k->p++;
}

/* Messages */

static bool void_flag(u8 type)
{
	return type == KDDM_EV_OWN || type == KDDM_EV_REPLICA;
}

static void pack_msg(struct packer *k, const struct model_msg *msg)
{
	bool req = msg->type == KDDM_EV_GET_REQ ||
		   msg->type == KDDM_EV_GRAB_REQ;
	bool origin = req || msg->type == KDDM_EV_INVAL;
	u8 err = sizeof(errors) / sizeof(*errors) - 1;

	while (err && errors[err] != msg->err)
		err--;
	/* CREATE and VOID, and the flags of a request, share bits. */
	*k->p++ = (msg->type - KDDM_EV_GET_REQ) |
		  (void_flag(msg->type) ? msg->flags << 1 :
					  pack_asked(msg->flags) << 4);
	*k->p++ = pack_id(k, origin ? msg->origin : KDDM_NODE_NONE) |
		  (err << 4) | (msg->data << 7);
	if (msg->type == KDDM_EV_OWN)
		*k->p++ = msg->nwords ? pack_set(k, msg->need) : 0;
	if (req && k->hops)
		*k->p++ = msg->hops;
}

static void unpack_msg(struct unpacker *k, u16 src, u16 dst)
{
	struct model_msg *msg = model_post(k->m, src, dst);
	u8 b = *k->p++;

	msg->type = KDDM_EV_GET_REQ + (b & 0xf);
	msg->flags = void_flag(msg->type) ? (b & 0xf0) >> 1 :
					    unpack_asked(b >> 4);
	b = *k->p++;
	msg->origin = unpack_id(k, b & 0xf);
	if (msg->type == KDDM_EV_NAK)
		msg->err = errors[(b >> 4) & 7];
	msg->data = b >> 7;
	if (msg->type == KDDM_EV_OWN) {
		msg->need[0] = *k->p++;
		msg->nwords = !!msg->need[0];
	}
	if (k->hops && (msg->type == KDDM_EV_GET_REQ ||
			msg->type == KDDM_EV_GRAB_REQ))
		msg->hops = *k->p++;
	if (msg->type != KDDM_EV_REMOVED)
		msg->seq = PACK_SEQ;
	msg->version = PACK_VERSION;
	msg->value = msg->data ? PACK_VALUE : 0;
	k->m->removed += msg->type == KDDM_EV_REMOVED;
}

static void pack_channel(struct packer *k, u8 *map, u16 src, u16 dst, u16 bit)
{
	u16 i = k->m->head[src][dst];
	u8 *nr = k->p;

	if (!i)
		return;
	map[bit / 8] |= 1 << (bit % 8);
	*k->p++ = 0;
	for (; i; i = k->m->msg[i].next, (*nr)++)
		pack_msg(k, &k->m->msg[i]);
}

size_t model_pack(const struct model *m, const u8 *perm, bool hops, u8 *to)
{
	bool change = m->cfg->max_crash || m->cfg->max_moves;
	struct packer k = { m, perm, hops, change, to };
	u16 nodes = m->cfg->nodes, i, j;
	u8 inv[MODEL_NODES], *map;

	for (i = 0; i < nodes; i++)
		inv[perm[i]] = i;
	*k.p++ = m->exists | (m->down << 1) | (m->given_up << 7);
	if (m->cfg->max_start)
		*k.p++ = m->started;
	if (change) {
		*k.p++ = perm[m->home] | (m->lost << 4) | (m->change << 5) |
			 (m->moves << 6);
		*k.p = 0;
		for (i = 0; i < nodes; i++)
			*k.p |= ((m->gone >> i) & 1) << perm[i];
		k.p++;
	}
	if (m->cfg->replicas)
		*k.p++ = (m->safe == m->value) | (m->returned << 1) |
			 (m->ending << 2) | (m->stale << 3);
	for (i = 0; i < nodes; i++)
		pack_node(&k, &m->node[inv[i]]);
	for (i = 0; m->cfg->fair && i < nodes; i++)
		pack_ledger(&k, inv, inv[i]);
	map = k.p;
	k.p += (nodes * nodes + 7) / 8;
	memset(map, 0, k.p - map);
	for (i = 0; i < nodes; i++)
		for (j = 0; j < nodes; j++)
			pack_channel(&k, map, inv[i], inv[j], i * nodes + j);
	return k.p - to;
}

size_t model_unpack(struct model *m, bool hops, const u8 *from)
{
	bool change = m->cfg->max_crash || m->cfg->max_moves;
	struct unpacker k = { m, hops, change, from };
	u16 nodes = m->cfg->nodes, i;
	const u8 *map;
	u8 b, nr;

	model_init(m, m->cfg);
	b = *k.p++;
	m->exists = b & 1;
	m->down = (b >> 1) & 0x3f;
	m->given_up = b >> 7;
	m->version = PACK_VERSION;
	m->value = PACK_VALUE;
	m->values = PACK_VALUE;
	if (m->cfg->max_start)
		m->started = *k.p++;
	if (change) {
		b = *k.p++;
		m->home = b & 0xf;
		m->lost = (b >> 4) & 1;
		m->change = (b >> 5) & 1;
		m->moves = b >> 6;
		m->gone = *k.p++;
	}
	if (m->cfg->replicas) {
		b = *k.p++;
		m->safe = PACK_VALUE - 2 * !(b & 1);
		m->returned = (b >> 1) & 1;
		m->ending = (b >> 2) & 1;
		m->stale = (b >> 3) & 1;
	}
	for (i = 0; i < nodes; i++)
		unpack_node(&k, i);
	for (i = 0; m->cfg->fair && i < nodes; i++)
		unpack_ledger(&k, i);
	map = k.p;
	k.p += (nodes * nodes + 7) / 8;
	for (i = 0; i < nodes * nodes; i++) {
		if (!(map[i / 8] & (1 << (i % 8))))
			continue;
		for (nr = *k.p++; nr; nr--)
			unpack_msg(&k, i / nodes, i % nodes);
	}
	return k.p - from;
}
