// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model of vcmodel.h: what can happen, and what happens then.
 */
#include <linux/string.h>
#include <linux/types.h>
#include "vcmodel.h"

void vcm_fail(struct vcm *m, const char *why)
{
	if (!m->error)
		m->error = why;
}

static void boot(struct vcm *m, u16 n)
{
	m->inc[n]++;
	m->alive[n] = 1;
	m->done[n] = 0;
	kddm_vc_init(&m->node[n], n, vcm_inc(m, n));
	m->node[n].policy = m->cfg->policy;
	m->node[n].founders = m->cfg->founders;
	vcm_fill(&m->node[n], m->cfg->fill);
}

/* As they are behind the first view that all of them have founded. */
static void form(struct vcm *m)
{
	u16 n, k;

	for (n = 0; n < m->cfg->nodes; n++) {
		struct kddm_vc *vc = &m->node[n];

		vc->started = true;
		vc->serving = true;
		vc->torn = false;
		vc->member = true;
		vc->seen = KDDM_VC_NODES;
		vc->promised = KDDM_VC_NODES;
		vc->lineage = (u64)vcm_inc(m, 0) << 32 | KDDM_VC_NODES;
		vc->last.epoch = KDDM_VC_NODES;
		vc->last.lineage = vc->lineage;
		vc->last.policy = m->cfg->policy;
		for (k = 0; k < m->cfg->nodes; k++) {
			vc->inc[k] = vcm_inc(m, k);
			vc->last.inc[k] = vc->inc[k];
		}
		m->ran[n] = vc->last;
	}
}

void vcm_init(struct vcm *m, const struct vcm_cfg *cfg)
{
	u16 n;

	memset(m, 0, sizeof(*m));
	m->cfg = cfg;
	m->cuts = cfg->cuts;
	m->crashes = cfg->crashes;
	m->leaves = cfg->leaves;
	for (n = 0; n < cfg->nodes; n++)
		boot(m, n);
	if (cfg->formed)
		form(m);
}

/* Channels */

bool vcm_linked(const struct vcm *m, u16 a, u16 b)
{
	return !m->cut[a][b] && m->alive[a] && m->alive[b];
}

/* The message, as it is when it has travelled. */
static void carry(struct vcm *m, u16 a, const struct kddm_vc_send *s,
		  struct kddm_vc_msg *to)
{
	u8 buf[KDDM_VC_ROOM];
	struct kddm_vc_msg msg;
	int len;

	kddm_vc_message(&m->node[a], s, &msg);
	len = kddm_vc_encode(&msg, buf, sizeof(buf));
	if (len < 0 || kddm_vc_decode(buf, len, to))
		vcm_fail(m, "a message that does not decode");
}

static void post(struct vcm *m, u16 a, u16 b, const struct kddm_vc_send *s)
{
	struct vcm_msg *msg = &m->msg[m->nr];

	m->sent++;
	if (b >= m->cfg->nodes || a == b || !m->node[a].inc[b]) {
		vcm_fail(m, "a message to nobody");
		return;
	}
	if (!vcm_linked(m, a, b) || m->node[a].inc[b] != vcm_inc(m, b))
		return;
	if (m->nr == VCM_MSGS) {
		vcm_fail(m, "too many messages");
		return;
	}
	m->nr++;
	msg->src = a;
	msg->dst = b;
	carry(m, a, s, &msg->msg);
	msg->sum = vcm_hash(&msg->msg, sizeof(msg->msg));
}

u16 vcm_next(const struct vcm *m, u16 a, u16 b, u16 i)
{
	while (i < m->nr && (m->msg[i].src != a || m->msg[i].dst != b))
		i++;
	return i;
}

static void take(struct vcm *m, u16 i)
{
	m->nr--;
	memmove(&m->msg[i], &m->msg[i + 1], (m->nr - i) * sizeof(m->msg[0]));
}

/* What is on the way from @a to @b is lost. */
static void drop(struct vcm *m, u16 a, u16 b)
{
	u16 i = 0;

	while ((i = vcm_next(m, a, b, i)) < m->nr)
		take(m, i);
}

/*
 * The link of @a and @b is gone.  What has arrived is still taken, as long as
 * whom it is for has not noticed; who does not see the other takes nothing.
 */
static void part(struct vcm *m, u16 a, u16 b)
{
	if (!m->node[a].inc[b])
		drop(m, b, a);
	if (!m->node[b].inc[a])
		drop(m, a, b);
}

static void carry_out(struct vcm *m, u16 a, const struct kddm_vc_out *out)
{
	u16 i, b;

	if (out->nr > KDDM_VC_ACTIONS)
		vcm_fail(m, "too many messages in a step");
	for (i = 0; i < out->nr; i++)
		for (b = 0; b < KDDM_VC_NODES; b++)
			if (kddm_vc_has(&out->send[i].to, b))
				post(m, a, b, &out->send[i]);
	if (m->node[a].phase != KDDM_VC_RECONCILE)
		m->done[a] = 0;
	vcm_fill(&m->node[a], m->cfg->fill);
}

/* Moves */

static bool can_deliver(const struct vcm *m, u16 a, u16 b)
{
	return vcm_next(m, a, b, 0) < m->nr && m->node[b].inc[a];
}

static bool out_of_sight(const struct vcm *m, u16 a, u16 b)
{
	return !m->node[a].inc[b];
}

static bool can_up(const struct vcm *m, u16 a, u16 b)
{
	return vcm_linked(m, a, b) && out_of_sight(m, a, b) &&
	       (out_of_sight(m, b, a) ||
		m->node[b].inc[a] == vcm_inc(m, a)) &&
	       m->node[a].phase != KDDM_VC_GONE &&
	       m->node[b].phase != KDDM_VC_GONE;
}

static bool can_down(const struct vcm *m, u16 a, u16 b)
{
	return m->alive[a] && m->node[a].inc[b] &&
	       (!vcm_linked(m, a, b) || m->node[a].inc[b] != vcm_inc(m, b) ||
		m->node[b].phase == KDDM_VC_GONE);
}

static void list_pair(const struct vcm *m, u16 a, u16 b, struct vcm_move *mv,
		      unsigned int *nr)
{
	if (can_deliver(m, a, b))
		mv[(*nr)++] = (struct vcm_move) { VCM_DELIVER, a, b };
	if (can_up(m, a, b))
		mv[(*nr)++] = (struct vcm_move) { VCM_UP, a, b };
	if (can_down(m, a, b))
		mv[(*nr)++] = (struct vcm_move) { VCM_DOWN, a, b };
	if (a > b)
		return;
	if (m->cuts && vcm_linked(m, a, b))
		mv[(*nr)++] = (struct vcm_move) { VCM_CUT, a, b };
	if (m->cut[a][b] && out_of_sight(m, a, b) && out_of_sight(m, b, a))
		mv[(*nr)++] = (struct vcm_move) { VCM_HEAL, a, b };
}

unsigned int vcm_list(const struct vcm *m, struct vcm_move *mv)
{
	unsigned int nr = 0;
	u16 a, b;

	for (a = 0; a < m->cfg->nodes; a++) {
		const struct kddm_vc *vc = &m->node[a];

		if (m->alive[a] && !vc->started)
			mv[nr++] = (struct vcm_move) { VCM_START, a, 0 };
		if (m->alive[a] && vc->phase == KDDM_VC_RECONCILE &&
		    m->done[a] != vc->promised)
			mv[nr++] = (struct vcm_move) { VCM_RECONCILED, a, 0 };
		if (m->alive[a] && m->crashes && vc->started &&
		    m->inc[a] < VCM_LIVES)
			mv[nr++] = (struct vcm_move) { VCM_CRASH, a, 0 };
		if (!m->alive[a])
			mv[nr++] = (struct vcm_move) { VCM_BOOT, a, 0 };
		if (m->alive[a] && m->leaves && vc->started && !vc->leaving)
			mv[nr++] = (struct vcm_move) { VCM_LEAVE, a, 0 };
		for (b = 0; b < m->cfg->nodes; b++)
			if (a != b)
				list_pair(m, a, b, mv, &nr);
	}
	return nr;
}

static void deliver(struct vcm *m, u16 a, u16 b, struct kddm_vc_out *out)
{
	u16 i = vcm_next(m, a, b, 0);
	struct kddm_vc_msg msg = m->msg[i].msg;

	take(m, i);
	if (kddm_vc_receive(&m->node[b], a, &msg, out))
		vcm_fail(m, "a message refused");
}

static void crash(struct vcm *m, u16 a)
{
	u16 b;

	m->crashes--;
	m->alive[a] = 0;
	memset(&m->node[a], 0, sizeof(m->node[a]));
	for (b = 0; b < m->cfg->nodes; b++)
		part(m, a, b);
}

void vcm_do(struct vcm *m, const struct vcm_move *mv)
{
	struct kddm_vc_out out = { };
	u16 a = mv->a, b = mv->b;
	bool served;

	served = m->node[vcm_whose(mv)].serving;
	switch (mv->type) {
	case VCM_START:
		kddm_vc_start(&m->node[a], &out);
		break;
	case VCM_DELIVER:
		deliver(m, a, b, &out);
		break;
	case VCM_UP:
		kddm_vc_up(&m->node[a], b, vcm_inc(m, b), &out);
		break;
	case VCM_DOWN:
		drop(m, b, a);
		kddm_vc_down(&m->node[a], b, &out);
		break;
	case VCM_RECONCILED:
		m->done[a] = m->node[a].promised;
		kddm_vc_reconciled(&m->node[a], m->node[a].promised, &out);
		break;
	case VCM_CUT:
		m->cuts--;
		m->cut[a][b] = 1;
		m->cut[b][a] = 1;
		part(m, a, b);
		return;
	case VCM_HEAL:
		m->cut[a][b] = 0;
		m->cut[b][a] = 0;
		return;
	case VCM_CRASH:
		crash(m, a);
		return;
	case VCM_BOOT:
		boot(m, a);
		return;
	case VCM_LEAVE:
		m->leaves--;
		kddm_vc_leave(&m->node[a], &out);
		break;
	}
	a = vcm_whose(mv);
	if (m->node[a].serving && !served)
		vcm_check_serve(m, a);
	carry_out(m, a, &out);
}
