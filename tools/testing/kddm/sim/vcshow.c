// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moves and states of nodes that change views, in words, for traces.
 */
#include <string.h>
#include "vcshow.h"

static void show_view(FILE *f, const struct vcm *m, const char *name,
		      const struct kddm_vc_view *v)
{
	u16 n;

	if (!v->epoch)
		return;
	fprintf(f, " %s %u/%llx {", name, v->epoch, v->lineage);
	for (n = 0; n < m->cfg->nodes; n++)
		if (v->inc[n])
			fprintf(f, " %u.%u", n, v->inc[n] & 0xff);
	fprintf(f, " }");
}

void vcm_show_move(FILE *f, const struct vcm *m, const struct vcm_move *mv)
{
	const struct kddm_vc_msg *msg;

	switch (mv->type) {
	case VCM_START:
		fprintf(f, "%u takes part", mv->a);
		break;
	case VCM_DELIVER:
		msg = &m->msg[vcm_next(m, mv->a, mv->b, 0)].msg;
		fprintf(f, "%u receives %s of %u, epoch %u", mv->b,
			kddm_vc_type_name(msg->type), mv->a, msg->epoch);
		if (msg->flags)
			fprintf(f, " flags %#x", msg->flags);
		show_view(f, m, "view", &msg->view);
		break;
	case VCM_UP:
		fprintf(f, "%u notices %u", mv->a, mv->b);
		break;
	case VCM_DOWN:
		fprintf(f, "%u notices that %u is gone", mv->a, mv->b);
		break;
	case VCM_RECONCILED:
		fprintf(f, "%u has reconciled", mv->a);
		break;
	case VCM_CUT:
		fprintf(f, "the link of %u and %u breaks", mv->a, mv->b);
		break;
	case VCM_HEAL:
		fprintf(f, "the link of %u and %u heals", mv->a, mv->b);
		break;
	case VCM_CRASH:
		fprintf(f, "%u crashes", mv->a);
		break;
	case VCM_BOOT:
		fprintf(f, "%u comes back", mv->a);
		break;
	case VCM_LEAVE:
		fprintf(f, "%u wants to leave", mv->a);
		break;
	}
}

void vcm_show(FILE *f, const struct vcm *m)
{
	static const char * const phase[] = {
		"idle", "invited", "flush", "accepted", "reconcile", "gone"
	};
	u16 a, b, i;

	for (a = 0; a < m->cfg->nodes; a++) {
		const struct kddm_vc *vc = &m->node[a];

		if (!m->alive[a]) {
			fprintf(f, "    %u crashed\n", a);
			continue;
		}
		fprintf(f, "    %u.%u %s%s%s%s of %d promised %u lineage %llx",
			a, m->inc[a], phase[vc->phase],
			vc->serving ? " SERVES" : "", vc->need ? " need" : "",
			vc->changed ? " changed" : "", (short)vc->proposer,
			vc->promised, vc->lineage);
		show_view(f, m, "last", &vc->last);
		show_view(f, m, "cur", &vc->cur);
		for (i = 0; i < vc->nr_pends; i++)
			show_view(f, m, "pend", &vc->pend[i]);
		fprintf(f, " sees {");
		for (b = 0; b < m->cfg->nodes; b++)
			if (vc->inc[b])
				fprintf(f, " %u.%u", b, vc->inc[b] & 0xff);
		fprintf(f, " } hopeless %#llx waiting %#llx\n",
			vc->hopeless.w[0], vc->waiting.w[0]);
	}
	for (i = 0; i < m->nr; i++)
		fprintf(f, "      on the way from %u to %u: %s %u\n",
			m->msg[i].src, m->msg[i].dst,
			kddm_vc_type_name(m->msg[i].msg.type),
			m->msg[i].msg.epoch);
}

int vcm_policy(const char *word)
{
	static const char * const name[] = {
		"auto", "majority", "tiebreak", "none"
	};
	int i;

	for (i = 0; i < 4; i++)
		if (!strcmp(word, name[i]))
			return i;
	return -1;
}
