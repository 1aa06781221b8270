// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moves and states of the model cluster in words, for traces.
 */
#include "show.h"

static void show_msg(FILE *f, const struct model *m,
		     const struct model_msg *msg)
{
	u16 i;

	fprintf(f, "%s %u->%u", kddm_co_event_name(msg->type), msg->src,
		msg->dst);
	if (msg->type == KDDM_EV_GET_REQ || msg->type == KDDM_EV_GRAB_REQ ||
	    msg->type == KDDM_EV_INVAL)
		fprintf(f, " of %u", model_index(m, msg->origin));
	fprintf(f, " seq %u", msg->seq);
	if (msg->hops)
		fprintf(f, " hops %u", msg->hops);
	if (msg->flags)
		fprintf(f, " flags %#x", msg->flags);
	for (i = 0; i < msg->nwords; i++)
		if (msg->need[i])
			fprintf(f, " need[%u] %#llx", i, msg->need[i]);
	if (msg->type == KDDM_EV_DATA || msg->type == KDDM_EV_OWN)
		fprintf(f, " version %llu value %llu", msg->version,
			msg->value);
	if (msg->err)
		fprintf(f, " err %d", msg->err);
}

static void show_op(FILE *f, u8 op)
{
	fputs(op & MODEL_OP_UPGRADE ? "upgrade" :
	      op & MODEL_OP_GRAB ? "grab" : "get", f);
	if (op & MODEL_OP_NOCREATE)
		fputs("-nocreate", f);
	if (op & MODEL_OP_TRY)
		fputs("-try", f);
	if (op & MODEL_OP_MANUAL)
		fputs("-manual", f);
}

void show_event(FILE *f, const struct model *m, const struct model_move *mv,
		const struct model_msg *msg)
{
	switch (mv->type) {
	case MOVE_START:
	case MOVE_UPGRADE:
		fprintf(f, "node %u: user calls ", mv->a);
		show_op(f, mv->b);
		break;
	case MOVE_PUT:
		fprintf(f, "node %u: user puts", mv->a);
		break;
	case MOVE_REMOVE:
		fprintf(f, "node %u: user removes", mv->a);
		break;
	case MOVE_DOWNGRADE:
		fprintf(f, "node %u: the writer goes on as a reader", mv->a);
		break;
	case MOVE_DROP:
		fprintf(f, "node %u: drops its copy", mv->a);
		break;
	case MOVE_FILLED:
		fprintf(f, "node %u: %s the first contents", mv->a,
			mv->b ? "fails to make" : "has made");
		break;
	case MOVE_DELIVER:
		fprintf(f, "node %u: receives ", mv->b);
		show_msg(f, m, msg);
		break;
	case MOVE_KILL:
		fprintf(f, "node %u: the first who waits is killed", mv->a);
		break;
	case MOVE_FORGET:
		fprintf(f, "node %u: forgets the object", mv->a);
		break;
	case MOVE_OVER:
		fprintf(f, "node %u: its hold time is over", mv->a);
		break;
	case MOVE_CRASH:
		fprintf(f, "node %u fails", mv->a);
		break;
	case MOVE_CHANGE:
		fprintf(f, "home is to move");
		break;
	case MOVE_REPLICATE:
		fprintf(f, "node %u: brings the replicas up to date", mv->a);
		break;
	case MOVE_RENEW:
		fprintf(f, "node %u: gives up the lost object", mv->a);
		break;
	case MOVE_FREEZE:
		fprintf(f, "node %u freezes", mv->a);
		break;
	case MOVE_RECOVER:
		fprintf(f, "recovery, node %u is home", mv->a);
		break;
	case MOVE_CUT:
		fprintf(f, "node %u is cut off", mv->a);
		break;
	case MOVE_RETURN:
		fprintf(f, "node %u is back", mv->a);
		break;
	case MOVE_BREAK:
		fprintf(f, "recovery, node %u is home, ", mv->a);
		fprintf(f, "interrupted when %s%u is told",
			mv->b < MODEL_NODES ? "only " : "all but ",
			mv->b % MODEL_NODES);
		break;
	}
}

void show_move(FILE *f, const struct model *m, const struct model_move *mv)
{
	const struct model_msg *msg = NULL;

	if (mv->type == MOVE_DELIVER)
		msg = &m->msg[m->head[mv->a][mv->b]];
	show_event(f, m, mv, msg);
}

static void show_ext(FILE *f, const struct model *m, struct kddm_co_ext *x)
{
	u16 i;

	if (!x)
		return;
	fprintf(f, " copyset %#llx acks %#llx", x->bits[0], x->bits[x->words]);
	for (i = 0; i < x->qlen; i++)
		fprintf(f, "%s%s of %u", i ? ", " : " queue: ",
			kddm_co_queue(x)[i].grab ? "grab" : "get",
			model_index(m, kddm_co_queue(x)[i].node));
}

void show_state(FILE *f, const struct model *m)
{
	static const char * const want[] = {
		"", " wants get", " wants grab", " wants reclaim"
	};
	u16 i, j, k;

	for (i = 0; i < m->cfg->nodes; i++) {
		const struct kddm_co *co = &m->node[i].co;

		if (m->cfg->nodes > 8 && co->state == KDDM_CO_INVALID && !co->x)
			continue;
		fprintf(f, "    %u%s: %-13s hint %2d seq %u version %llu%s",
			i, i == m->cfg->home ? " (home)" : "       ",
			kddm_co_state_name(co->state),
			co->hint == KDDM_NODE_NONE ?
			-1 : model_index(m, co->hint),
			co->seq, co->version, want[co->want & 3]);
		if (co->readers)
			fprintf(f, " readers %u", co->readers);
		if (m->node[i].nwait)
			fprintf(f, " waiting %u", m->node[i].nwait);
		show_ext(f, m, co->x);
		fprintf(f, "%s%s%s\n", co->told ? " told" : "",
			m->node[i].held ? " held" : "",
			m->node[i].dead ? " LEFT" : "");
	}
	for (i = 0; i < m->cfg->nodes; i++)
		for (j = 0; j < m->cfg->nodes; j++)
			for (k = m->head[i][j]; k; k = m->msg[k].next) {
				fprintf(f, "      on the way: ");
				show_msg(f, m, &m->msg[k]);
				fprintf(f, "\n");
			}
}
