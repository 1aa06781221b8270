// SPDX-License-Identifier: GPL-2.0-only
/*
 * A change of the view in the model cluster of model.h.
 *
 * A node fails, or home is to move.  Each node freezes when it likes: it hears
 * no more of who is gone, and sends a mark to the others; what it sends from
 * then on stays behind the mark.  When everything in front of the marks has
 * arrived, the object is recovered in one step.  In the kernel that step is
 * many, but of one object each node takes part only once, when its home asks
 * it, and nothing else moves.  Or it is interrupted when only some have been
 * told, and done again.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#include "model.h"
#include "../recover.h"

static bool all_frozen(const struct model *m)
{
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++)
		if (!m->node[i].dead && !m->node[i].frozen)
			return false;
	return true;
}

/* Whether nothing of the old view is on the way between those who are there. */
static bool flushed(const struct model *m)
{
	u16 i, j;

	for (i = 0; i < m->cfg->nodes; i++)
		for (j = 0; j < m->cfg->nodes; j++)
			if (!m->node[i].dead && !m->node[j].dead &&
			    m->head[i][j] &&
			    m->msg[m->head[i][j]].type != MODEL_MARK)
				return false;
	return true;
}

/**
 * model_list_change() - what can happen to the view
 * @m: the model
 * @mv: room for 8 * MODEL_NODES + 2
 *
 * Return: how many.
 */
unsigned int model_list_change(const struct model *m, struct model_move *mv)
{
	bool done = m->change && all_frozen(m) && flushed(m);
	bool moves = m->moves || m->cuts || m->node[m->home].dead;
	unsigned int nr = 0;
	u16 i;

	if (!m->change && m->moves < m->cfg->max_moves)
		mv[nr++] = (struct model_move) { MOVE_CHANGE, 0, 0 };
	for (i = 0; i < m->cfg->nodes; i++) {
		const struct model_node *n = &m->node[i];

		if (done && (moves || i == m->home) &&
		    model_stays(m, i))
			mv[nr++] = (struct model_move) { MOVE_RECOVER, i, 0 };
		if (n->dead)
			continue;
		if (m->down - m->cuts < m->cfg->max_crash &&
		    m->down + 1 < m->cfg->nodes)
			mv[nr++] = (struct model_move) { MOVE_CRASH, i, 0 };
		if (m->change && !n->frozen)
			mv[nr++] = (struct model_move) { MOVE_FREEZE, i, 0 };
	}
	nr += model_list_apart(m, done, mv + nr);
	if (m->lost && !m->change && m->cfg->ops & MODEL_RENEW)
		mv[nr++] = (struct model_move) { MOVE_RENEW, m->home, 0 };
	return nr;
}

/* Node @at is gone; what it has sent may still arrive. */
void model_gone(struct model *m, u16 at)
{
	struct model_node *n = &m->node[at];
	u16 i;

	n->dead = 1;
	n->nwait = 0;
	n->readers = 0;
	n->writer = 0;
	n->held = 0;
	n->timer = 0;
	n->frozen = 0;
	n->seen = 0;
	n->saw = 0;
	n->value = 0;
	n->co.x = NULL;
	kddm_co_init(&n->co, &n->env);
	for (i = 0; i < m->cfg->nodes; i++)
		model_drop_channel(m, i, at);
	m->down++;
}

/* There is no object any more, of which somebody could remember anything. */
void model_unsee(struct model *m)
{
	u16 i;

	m->exists = false;
	m->ended = true;
	m->returned = false;
	for (i = 0; i < m->cfg->nodes; i++) {
		m->node[i].seen = 0;
		m->node[i].saw = 0;
	}
	for (i = 0; i < MODEL_APART; i++) {
		m->apart[i].node.seen = 0;
		m->apart[i].node.saw = 0;
	}
}

/**
 * model_freeze() - a node takes part in the change
 * @m: the model
 * @at: index of the node
 */
void model_freeze(struct model *m, u16 at)
{
	struct model_msg *msg;
	u16 i;

	m->node[at].frozen = 1;
	for (i = 0; i < m->cfg->nodes; i++) {
		if (m->node[i].dead)
			model_drop_channel(m, i, at);
		if (m->node[i].dead || i == at)
			continue;
		msg = model_post(m, at, i);
		if (msg)
			msg->type = MODEL_MARK;
	}
}

/* What a node has sent since it froze is not sent at all. */
static enum kddm_taken take_back(struct model *m, u16 at, u64 *version)
{
	enum kddm_taken taken = KDDM_TAKEN_NONE;
	struct model_msg msg;
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++) {
		while (model_head(m, at, i)) {
			model_take(m, at, i, &msg);
			if (msg.type != KDDM_EV_OWN)
				continue;
			if (taken)
				model_fail(m, at, "the ownership sent twice");
			m->node[at].sent.used = false;
			taken = kddm_recover_taken(msg.flags);
			*version = msg.version;
			if (msg.data)
				m->node[at].value = msg.value;
		}
	}
	return taken;
}

/* What it has sent to who is back may not have arrived. */
static enum kddm_taken take_sent(struct model *m, u16 at, u64 *version)
{
	struct model_node *n = &m->node[at];
	struct model_sent *s = &n->sent;
	enum kddm_taken taken;

	if (!s->used || !s->late || (!s->unsent && m->node[s->dst].dead))
		return KDDM_TAKEN_NONE;
	s->used = false;
	taken = s->unsent ? kddm_recover_taken(s->flags) :
		kddm_recover_sent(&n->co, s->flags, s->version);
	*version = s->version;
	if (taken == KDDM_TAKEN_SENT || taken == KDDM_TAKEN_OWN)
		n->value = s->value;
	return taken;
}

/*
 * 5: a put that has returned is not lost with less nodes than there are
 * replicas.  One that has not may be; then the last but one counts.
 */
static void check_safe(struct model *m, const struct kddm_verdict *v,
		       bool ended)
{
	struct model_node *n;
	u16 i;

	if (!m->cfg->replicas)
		return;
	if (v->kind != KDDM_VERDICT_OWNER) {
		m->ending = false;
		if (m->returned && !ended && m->down < m->cfg->replicas)
			model_fail(m, 0, "a put that has returned is lost");
		return;
	}
	n = &m->node[model_index(m, v->owner)];
	if (!n->co.removing)
		m->ending = false;
	if (kddm_co_owns(&n->co) || n->co.sent)
		return;
	if (n->value < m->safe && m->down < m->cfg->replicas)
		model_fail(m, 0, "an old put comes back");
	for (i = 0; i < m->cfg->nodes; i++)
		if (!m->node[i].dead && m->node[i].saw > n->value)
			model_fail(m, i, "time runs backwards");
	m->value = n->value;
	if (m->safe > n->value)
		m->safe = n->value;
}

/* Who has removed it is gone, or was; what was judged then is not served. */
static bool is_undone(const struct model *m)
{
	const struct model_node *n = &m->node[m->ender];

	return (m->breaks || m->cuts) && (n->dead || n->late);
}

/*
 * Whoever comes back may have the object if nobody else has had it since; what
 * was made by others, who did not know of it, and removed was another one.
 */
static void check_owner(struct model *m, const struct model_node *n)
{
	u32 life = n->co.sent ? n->sent.life : n->late ? n->life : m->life;
	bool back = n->late || n->co.sent;
	u16 i;

	m->unsure |= n->co.state == KDDM_CO_FILL;
	if (n->co.state == KDDM_CO_FILL)
		return;
	if (!m->exists && !(back && (life != m->life || !m->ended)) &&
	    !is_undone(m))
		model_fail(m, 0, "it comes back to life");
	for (i = 0; i < m->cfg->nodes; i++)
		if (back && life == m->life && !m->node[i].dead &&
		    m->node[i].saw > n->value)
			model_fail(m, i, "an old value comes back");
	if (m->exists && !back)
		return;
	for (i = 0; i < m->cfg->nodes && life != m->life; i++)
		m->node[i].saw = 0;
	m->exists = true;
	m->ended = false;
	m->ending = n->co.removing;
	m->life = life;
	m->value = n->value;
}

/* What the members had, whoever was cut off has brought back. */
static void check_lost(struct model *m)
{
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++)
		if (m->node[i].dead)
			return;
	/* Versions of two lives cannot be compared. */
	if (!m->cfg->max_crash && m->life == 1 && !m->other_life &&
	    !m->ended && !m->unsure)
		model_fail(m, 0, "lost, though nobody has failed");
}

/* What was judged has to be true. */
static void check_verdict(struct model *m, const struct kddm_verdict *v,
			  const struct kddm_claim *claim)
{
	bool ended = m->ending;		/* the last put need not be there */
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++) {
		if (m->node[i].dead || m->node[i].late)
			continue;
		if (kddm_co_has_data(&m->node[i].co) &&
		    !m->node[i].co.stale && v->kind != KDDM_VERDICT_OWNER)
			model_fail(m, i, "lost, but there is a copy");
		/* With replicas home may know of one that was never put. */
		if (m->exists && !m->cfg->replicas && !m->cuts &&
		    claim[i].known && claim[i].kind != KDDM_CLAIM_ABSENT &&
		    claim[i].kind != KDDM_CLAIM_VOID &&
		    v->kind == KDDM_VERDICT_VOID)
			model_fail(m, i, "forgotten, but it was seen");
		if (m->exists && !ended && m->node[i].seen &&
		    !m->other_life && v->kind == KDDM_VERDICT_VOID &&
		    (!m->cfg->replicas ||
		     (!m->restarted && m->down < m->cfg->replicas)))
			model_fail(m, i, "time runs backwards");
	}
	check_safe(m, v, ended);
	if (v->kind == KDDM_VERDICT_LOST)
		check_lost(m);
	if (v->kind == KDDM_VERDICT_OWNER)
		check_owner(m, &m->node[model_index(m, v->owner)]);
}

/* There is no object any more, though nobody has removed it. */
static void forget(struct model *m)
{
	bool ended = m->ended;

	model_unsee(m);
	m->ended = ended;
}

static void note_verdict(struct model *m, const struct kddm_verdict *v)
{
	m->version = v->version;
	m->lost = v->kind == KDDM_VERDICT_LOST;
	m->heir = v->kind == KDDM_VERDICT_OWNER ? model_index(m, v->owner) :
						  KDDM_NODE_NONE;
	if (v->kind == KDDM_VERDICT_OWNER)
		return;
	forget(m);
	if (v->kind == KDDM_VERDICT_VOID && !v->tomb)
		m->version = 0;
}

/* Whose object has gone to others, leaves as a reader does. */
static void note_stale(struct model_node *n)
{
	if (n->co.stale && n->writer) {
		n->writer = 0;
		n->readers = 1;
	}
}

static void settle(struct model *m, u16 at, const struct kddm_verdict *v,
		   u64 copies)
{
	struct model_node *n = &m->node[at];
	struct kddm_co_ext *spare = NULL;
	u32 base = m->base[at];
	bool drop;
	int err;

	model_replicas(m, at);
	err = kddm_recover_settle(&n->co, &n->env, v, base, &copies, 1, &spare,
				  &drop);
	if (err == -ENOBUFS) {
		spare = model_ext(m, at, 1);
		err = kddm_recover_settle(&n->co, &n->env, v, base, &copies, 1,
					  &spare, &drop);
		n->buf = n->co.x == (struct kddm_co_ext *)n->ext[1];
	}
	if (err)
		model_fail_no(m, at, err, "cannot be settled");
	if (drop) {
		model_mark(n, MODEL_OP_KEPT, 0);
		n->value = 0;
	}
	note_stale(n);
	n->adrift = 0;
	if (!m->cfg->max_cut)	/* nobody comes back */
		n->co.tomb = 0;
}

/* Comes back, and has no entry of the object. */
static bool knows_nothing(const struct model_node *n)
{
	return n->late && kddm_co_forgettable(&n->co, &n->env);
}

/* Who is told, if not all are. */
static u64 in_order(const struct model *m, const struct kddm_verdict *v,
		    const struct kddm_claim *claim, u16 home, u64 told)
{
	u64 first = 0;
	bool holds;
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++) {
		holds = model_id(m, i) == v->owner ||
			(claim[i].base >= v->base &&
			 kddm_claim_holds(&claim[i]));
		if (!m->node[i].dead && kddm_recover_first(v, holds, i == home))
			first |= 1ULL << i;
	}
	return (told & first) == first ? told : told & first;
}

/* What is known of the object as a whole. */
struct truth {
	u64	value, version, safe;
	u32	life;
	u16	heir;
	bool	exists, lost, ended, returned, ending;
};

static struct truth get_truth(const struct model *m)
{
	return (struct truth) {
		m->value, m->version, m->safe, m->life, m->heir, m->exists,
		m->lost, m->ended, m->returned, m->ending,
	};
}

static void set_truth(struct model *m, const struct truth *t)
{
	m->value = t->value;
	m->version = t->version;
	m->safe = t->safe;
	m->life = t->life;
	m->heir = t->heir;
	m->exists = t->exists;
	m->lost = t->lost;
	m->ended = t->ended;
	m->returned = t->returned;
	m->ending = t->ending;
}

/* Returns who was told; if that is nobody, nothing has been judged. */
static u64 judge(struct model *m, u16 home, u64 told)
{
	struct kddm_claim claim[MODEL_NODES] = { };
	struct truth before = get_truth(m);
	struct kddm_judge j = { };
	struct kddm_verdict v;
	u64 copies = 0, version = 0;
	enum kddm_taken taken;
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++) {
		struct model_node *n = &m->node[i];

		if (n->dead)
			continue;
		taken = take_back(m, i, &version) ?:
			take_sent(m, i, &version);
		if (!knows_nothing(n))
			kddm_recover_reset(&n->co, &n->env, taken, version,
					   &claim[i]);
		n->adrift = 1;
		claim[i].base = m->base[i];
		kddm_judge_hear(&j, model_id(m, i), &claim[i], &copies, 1);
	}
	/* Where nobody is apart, states are packed with other versions. */
	kddm_judge_decide(&j, m->cfg->max_cut ? m->epoch + 1 : 0, &v);
	check_verdict(m, &v, claim);
	note_verdict(m, &v);
	told = in_order(m, &v, claim, home, told);
	if (!told)
		set_truth(m, &before);
	for (i = 0; i < m->cfg->nodes; i++) {
		if (m->node[i].dead || !((told >> i) & 1))
			continue;
		m->node[i].env.home = model_id(m, home);
		settle(m, i, &v, copies);
	}
	return told;
}

static bool is_orphan(const struct model_msg *msg, u64 gone)
{
	return (msg->type == KDDM_EV_GET_REQ ||
		msg->type == KDDM_EV_GRAB_REQ) && (gone >> msg->origin) & 1;
}

/* What was held back leaves, but for requests that nobody waits for. */
static void release(struct model *m, u16 src, u16 dst, u64 gone)
{
	struct model_msg msg, *copy;
	u16 nr = 0, i;

	if (m->node[dst].dead)
		model_drop_channel(m, src, dst);
	for (i = m->head[src][dst]; i; i = m->msg[i].next)
		nr++;
	for (i = 0; i < nr; i++) {
		model_take(m, src, dst, &msg);
		if (msg.type == MODEL_MARK || is_orphan(&msg, gone))
			continue;
		copy = model_post(m, src, dst);
		msg.next = 0;
		*copy = msg;
		m->removed += msg.type == KDDM_EV_REMOVED;
		if (msg.type == KDDM_EV_OWN)
			model_sends(m, src, &msg);
	}
}

/* The owner tells the new home, and everybody forgets who is gone. */
static void carry_on(struct model *m, u16 home, const u64 *gone)
{
	u64 moved = home == m->home ? 0 : MODEL_ALL;
	u16 i, j;

	for (i = 0; i < m->cfg->nodes; i++) {
		struct model_node *n = &m->node[i];

		if (n->dead)
			continue;
		kddm_recover_prune(&n->co, gone, 1);
		if (n->env.home != model_id(m, home))
			moved |= 1ULL << i;
		n->env.home = model_id(m, home);
		if (n->late)
			kddm_co_init(&n->co, &n->env);
		for (j = 0; j < m->cfg->nodes; j++)
			release(m, i, j, *gone);
	}
	for (i = 0; i < m->cfg->nodes; i++)
		if (!m->node[i].dead && (moved >> i) & 1 &&
		    kddm_co_owns(&m->node[i].co))
			kddm_recover_trail(&m->node[home].co,
					   &m->node[home].env, model_id(m, i));
	if (m->node[home].co.state != KDDM_CO_VOID)
		return;
	/* Nobody knows of an object. */
	forget(m);
	m->ending = false;
	m->lost = false;
	m->version = m->node[home].co.version;
}

/* What a recovery that was interrupted has told may have told nobody else. */
static bool is_suspect(const struct model *m, const struct model_node *n,
		       u16 home, const u64 *gone)
{
	struct kddm_co_env env = n->env;

	if (n->adrift)
		return true;
	if (n->late)
		return !knows_nothing(n);
	if (kddm_recover_suspect(&n->co, &env, model_id(m, home), gone, 1))
		return true;
	env.home = model_id(m, m->home);
	return kddm_recover_suspect(&n->co, &env, model_id(m, home), gone, 1);
}

static bool suspect(struct model *m, u16 home, const u64 *gone)
{
	u16 i;

	for (i = 0; i < m->cfg->nodes; i++)
		if (!m->node[i].dead &&
		    is_suspect(m, &m->node[i], home, gone))
			return true;
	return false;
}

/* It is interrupted: those who have been told go on, behind their marks. */
static void interrupted(struct model *m, u64 told)
{
	struct model_msg *msg;
	u16 i, j;

	m->breaks++;
	m->epoch++;
	m->broken = true;
	for (i = 0; i < m->cfg->nodes; i++) {
		for (j = 0; j < m->cfg->nodes && !m->node[i].dead; j++) {
			if (m->node[j].dead || i == j || m->head[i][j])
				continue;
			msg = model_post(m, i, j);
			if (msg)
				msg->type = MODEL_MARK;
		}
	}
	for (i = 0; i < m->cfg->nodes; i++)
		if (!m->node[i].dead && (told >> i) & 1)
			model_run(m, i);
}

/* It was judged, or there was no need; what was held back has left. */
static void forget_sent(const struct model *m, struct model_sent *s)
{
	if (s->late && (s->unsent || !m->node[s->dst].dead))
		s->used = false;
}

/**
 * model_recover() - the change is done
 * @m: the model
 * @home: index of the object's home from now on
 * @told: bit mask of nodes: all, or it is interrupted when these are told
 */
void model_recover(struct model *m, u16 home, u64 told)
{
	u64 gone = 0, all = told;
	u16 i, j;

	model_rejoin(m);
	for (i = 0; i < m->cfg->nodes; i++) {
		if (m->gone & (1 << i))
			gone |= 1ULL << model_id(m, i);
		for (j = 0; m->node[i].dead && j < m->cfg->nodes; j++)
			model_drop_channel(m, i, j);
	}
	if (suspect(m, home, &gone))
		told = judge(m, home, told);
	else if (all == MODEL_ALL)
		carry_on(m, home, &gone);
	if (all != MODEL_ALL) {
		interrupted(m, told);
		return;
	}
	m->home = home;
	m->gone = 0;
	m->epoch++;
	m->change = false;
	m->broken = false;
	m->stale = m->cfg->replicas && m->exists;
	for (i = 0; i < m->cfg->nodes; i++) {
		m->node[i].frozen = 0;
		m->node[i].late = 0;
		forget_sent(m, &m->node[i].sent);
	}
	for (i = 0; i < m->cfg->nodes; i++)
		if (!m->node[i].dead)
			model_run(m, i);
}

/**
 * model_renew() - home is told to give up the object, which is lost
 * @m: the model
 */
void model_renew(struct model *m)
{
	if (!kddm_recover_renew(&m->node[m->home].co))
		model_fail(m, m->home, "lost, but home knows nothing of it");
	m->lost = false;
	m->ended = true;
	m->ender = m->home;
	m->given_up = true;
	m->version = m->node[m->home].co.version;
	model_run(m, m->home);
}
