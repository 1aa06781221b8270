// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects: they move to another node.
 *
 * An owned object moves by the protocol's own rules: another node is asked to
 * grab it.  A flush asks for one object and waits.  A node that leaves hands
 * over all it owns: it asks for many at a time, and goes on from there as the
 * objects leave it, in turns, until a turn finds nothing.
 *
 * Nodes may leave at the same moment.  One that does takes nothing any more,
 * and says so, and who asked turns to another; what was on its way to it when
 * it began to leave comes before its last turn, and is handed on.  So an object
 * ends at a node that stays, if any does.  As long as the users of a node that
 * was told to stop are not gone it may yet stay, and it is asked again.
 *
 * A node that leaves by force may have users inside.  Of what they read a copy
 * goes to the heir, which becomes the owner as if this node had failed; what
 * they write is lost.
 *
 * The heir is a node with a copy, or else the home, or else the node that is to
 * be home when this one and all that are no heirs are gone: so the objects of a
 * node spread.  Both are calls of the RPC service "kddm-move".
 */
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "catalog.h"
#include "member.h"
#include "nodeset.h"
#include "object.h"
#include "rpc.h"
#include "views.h"

#define WORDS		(KDDM_MAX_NODES / 64)
#define TAKE_TIMEOUT	(5 * HZ)
#define CALL_TIMEOUT	(10 * HZ)
#define TURN_DELAY	1		/* ms */
#define MANY		512		/* objects in a message */

enum move_op {
	OP_TAKE = 1,
	OP_TAKE_MANY,
	OP_COPY,
};

/* Opens each request; OP_TAKE and OP_COPY have one id, and an empty reply. */
struct wire_move {
	__le32	op;
	__le32	set;
	__le64	objid[];
} __packed;

/* To OP_TAKE_MANY: so many of the first of them are on their way. */
struct wire_moved {
	__le32	nr;
};

static struct kddm_rpc_service svc_move;

/* Heirs */

/* Those that could be one, but for @not. */
static void heirs(struct kddm_net *kn, const u64 *not, u64 *nodes)
{
	u16 n;

	memset(nodes, 0, WORDS * sizeof(*nodes));
	kddm_node_set(kn, KDDM_NODE_POSSIBLE, nodes);
	nodeset_del(nodes, WORDS, kn->self);
	for (n = 0; n < WORDS; n++)
		nodes[n] &= ~not[n];
	for (n = 0; n < KDDM_MAX_NODES; n++)
		if (nodeset_has(nodes, WORDS, n) && !kddm_views_member(kn, n))
			nodeset_del(nodes, WORDS, n);
}

static u16 first_of(const u64 *nodes, u16 words)
{
	u16 i;

	for (i = 0; i < words; i++)
		if (nodes[i])
			return i * 64 + __ffs64(nodes[i]);
	return KDDM_NODE_NONE;
}

/* The first of @up in the rank of the object. */
static u16 next_home(struct kddm_net *kn, u64 id, const u64 *up)
{
	u16 rank[KDDM_REPLICAS_MAX], i, nr = 0;
	const struct kddm_view *view;

	rcu_read_lock();
	view = rcu_dereference(kn->views->members);
	if (view)
		nr = kddm_view_rank(view, id, rank, KDDM_REPLICAS_MAX);
	rcu_read_unlock();
	for (i = 0; i < nr; i++)
		if (nodeset_has(up, WORDS, rank[i]))
			return rank[i];
	return first_of(up, WORDS);
}

/* Busy.  The first of @up with a copy of an owned object. */
static u16 copy_at(struct kddm_obj *obj, const u64 *up)
{
	u16 i, words = obj->co.x ? obj->co.x->words : 0;

	for (i = 0; i < words; i++) {
		u64 both = up[i] & obj->co.x->bits[i];

		if (both)
			return i * 64 + __ffs64(both);
	}
	return KDDM_NODE_NONE;
}

/* Busy.  Who of @up should have the object. */
static u16 heir(struct kddm_obj *obj, const u64 *up)
{
	u16 node = copy_at(obj, up);

	if (node != KDDM_NODE_NONE)
		return node;
	if (nodeset_has(up, WORDS, obj->home))
		return obj->home;
	return next_home(obj->set->kn, obj->id, up);
}

/* Flush */

/* Who wants to get rid of an object does not hold it. */
static void give_up_hold(struct kddm_obj *obj)
{
	struct kddm_co_event run = { .type = KDDM_EV_RUN };

	if (obj->co.state != KDDM_CO_OWNER || obj->co.readers ||
	    !kddm_obj_held(obj))
		return;
	kddm_obj_hold_end(obj);
	kddm_obj_event(obj, &run, NULL);	/* who waits shall have it */
}

/*
 * Drop a copy.  Returns 0: it is gone, or never was; 1: this node is the owner,
 * and *@node, if @not is not NULL, is who should have the object, not one of
 * @not; or an error.
 */
static int let_go(struct kddm_set *set, u64 id, const u64 *not, u16 *node)
{
	struct kddm_co_event ev = { .type = KDDM_EV_DROP };
	struct kddm_obj *obj = kddm_obj_lock(set, id);
	u64 up[WORDS];
	int err = 0;

	if (!obj)
		return 0;
	kddm_obj_begin(obj);
	give_up_hold(obj);
	if (kddm_co_has_data(&obj->co) && kddm_co_owns(&obj->co)) {
		err = obj->co.state == KDDM_CO_OWNER && !obj->co.readers ?
		      1 : -EBUSY;
		if (not) {
			heirs(set->kn, not, up);
			*node = heir(obj, up);
		}
	} else if (obj->co.state == KDDM_CO_SHARED && !obj->adrift) {
		err = kddm_obj_event(obj, &ev, NULL);
	} else if (kddm_co_has_data(&obj->co)) {
		err = -EBUSY;
	}
	kddm_obj_end(obj);
	kddm_kick(set->kn, kddm_obj_channel(id));
	return err;
}

static int ask(struct kddm_set *set, u64 id, u16 node, enum move_op op)
{
	DEFINE_RAW_FLEX(struct wire_move, w, objid, 1);
	int err;

	w->op = cpu_to_le32(op);
	w->set = cpu_to_le32(set->id);
	w->objid[0] = cpu_to_le64(id);
	err = kddm_rpc_call(set->kn, node, &svc_move, w, __struct_size(w),
			    NULL, 0, CALL_TIMEOUT);
	return min(err, 0);
}

/* Whether the node that said @err takes nothing, now or ever. */
static bool refuses(int err)
{
	return err == -EHOSTDOWN || err == -EAGAIN;
}

static int flush_any(struct kddm_set *set, u64 id)
{
	u64 not[WORDS] = { };
	u16 node = KDDM_NODE_NONE;
	int err;

	for (;;) {
		err = let_go(set, id, not, &node);
		if (err <= 0)
			return err;
		if (node == KDDM_NODE_NONE)
			return -EHOSTDOWN;
		err = ask(set, id, node, OP_TAKE);
		if (!refuses(err))
			return err;
		nodeset_add(not, node);
	}
}

static int flush_to(struct kddm_set *set, u64 id, u16 node)
{
	int err;

	if (node == set->kn->self ||
	    kddm_node_state(set->kn, node) != KDDM_NODE_POSSIBLE)
		return -EHOSTDOWN;
	err = let_go(set, id, NULL, NULL);
	return err > 0 ? ask(set, id, node, OP_TAKE) : err;
}

int kddm_flush(struct kddm_set *set, u64 id, u16 node)
{
	int err;

	if (id > ULONG_MAX)
		return -ERANGE;
	if (READ_ONCE(set->dead))
		return -ESHUTDOWN;
	err = node == KDDM_ANY_NODE ? flush_any(set, id) :
				      flush_to(set, id, node);
	/* Another node may have been faster, or it is in use only there. */
	if (err == -EBUSY && !let_go(set, id, NULL, NULL))
		return 0;
	/* Removed meanwhile: it is not here any more either. */
	return err == -ENOENT ? 0 : err;
}
EXPORT_SYMBOL_GPL(kddm_flush);

int kddm_flush_set(struct kddm_set *set, u16 node)
{
	unsigned long i = 0;
	struct kddm_obj *obj;
	int err, first = 0;

	if (READ_ONCE(set->dead))
		return -ESHUTDOWN;
	while ((obj = kddm_obj_next(set, &i))) {
		kddm_obj_end(obj);
		err = kddm_flush(set, i, node);
		if (err && !first)
			first = err;
		if (err && err != -EBUSY)
			break;
		if (i++ == ULONG_MAX)
			break;
		cond_resched();
	}
	return first;
}
EXPORT_SYMBOL_GPL(kddm_flush_set);

/* Leaving */

/**
 * struct leaving - a node hands over what it owns
 * @kn: the node
 * @batch: for each heir, objects of a set that it is still to be asked to take
 * @nr: and how many
 * @up: those that may be heirs
 * @gone: those that will not, whatever happens
 * @later: those that do not take anything in this turn
 * @left: objects that this turn has found here, or on their way here
 * @here: objects with contents here, when that was last counted
 * @since: jiffies of the last progress
 */
struct leaving {
	struct kddm_net		*kn;
	struct wire_move	*batch[KDDM_MAX_NODES];
	u16			nr[KDDM_MAX_NODES];
	u64			up[WORDS];
	u64			gone[WORDS];
	u64			later[WORDS];
	u64			left;
	u64			here;
	unsigned long		since;
};

static void look_for_heirs(struct leaving *l)
{
	u64 not[WORDS];
	u16 i;

	for (i = 0; i < WORDS; i++)
		not[i] = l->gone[i] | l->later[i];
	heirs(l->kn, not, l->up);
}

static void refused(struct leaving *l, u16 node, int err)
{
	nodeset_add(err == -EAGAIN ? l->later : l->gone, node);
	look_for_heirs(l);
}

/* Whether objects have left since one last asked: what heirs say is no sign. */
static bool gets_on(struct leaving *l)
{
	u64 before = l->here;

	l->here = kddm_sets_objects(l->kn);
	if (l->here < before)
		l->since = jiffies;
	return l->here < before;
}

static bool is_over(struct leaving *l)
{
	unsigned int ms = READ_ONCE(l->kn->config.leave_timeout);

	return fatal_signal_pending(current) ||
	       (time_after(jiffies, l->since + msecs_to_jiffies(ms)) &&
		!gets_on(l));
}

/* Returns how many of them are on their way, or an error. */
static int ask_many(struct leaving *l, u16 node, u16 first)
{
	struct wire_move *w = l->batch[node];
	u16 nr = l->nr[node] - first;
	struct wire_moved reply;
	int ret;

	memmove(w->objid, w->objid + first, nr * sizeof(w->objid[0]));
	l->nr[node] = nr;
	ret = kddm_rpc_call(l->kn, node, &svc_move, w,
			    struct_size(w, objid, nr), &reply, sizeof(reply),
			    CALL_TIMEOUT);
	if (ret < 0)
		return ret;
	if (ret != sizeof(reply) || le32_to_cpu(reply.nr) > nr)
		return -EBADMSG;
	return le32_to_cpu(reply.nr);
}

/* What is not taken is found again in the next turn. */
static void send(struct leaving *l, u16 node)
{
	int nr = 0;

	while (l->nr[node] && !is_over(l)) {
		nr = ask_many(l, node, nr);
		if (nr < 0 || nr == l->nr[node])
			break;
		if (!nr)
			msleep(TURN_DELAY);
	}
	l->nr[node] = 0;
	if (refuses(nr))
		refused(l, node, nr);
}

static int add(struct leaving *l, struct kddm_set *set, u64 id, u16 node)
{
	struct wire_move *w = l->batch[node];

	if (!w) {
		w = kvmalloc(struct_size(w, objid, MANY), GFP_KDDM);
		l->batch[node] = w;
	}
	w->op = cpu_to_le32(OP_TAKE_MANY);
	w->set = cpu_to_le32(set->id);
	w->objid[l->nr[node]++] = cpu_to_le64(id);
	return l->nr[node] == MANY;
}

/* Who has a copy becomes the owner by recovery. */
static void copy(struct leaving *l, struct kddm_set *set, u64 id, u16 node)
{
	int err = ask(set, id, node, OP_COPY);

	if (!err)
		l->since = jiffies;
	else if (refuses(err))
		refused(l, node, err);
}

/*
 * Busy.  Returns who is to have the object, if anybody, or a copy of it while
 * there are readers.
 */
static u16 look_at(struct leaving *l, struct kddm_obj *obj)
{
	const struct kddm_co *co = &obj->co;

	if (obj->forsaken)
		return KDDM_NODE_NONE;
	give_up_hold(obj);
	/* It may be more than the others have memory for: it stays there. */
	if (obj->away)
		return KDDM_NODE_NONE;
	if (kddm_co_has_data(co) && kddm_co_owns(co)) {
		if (co->readers && copy_at(obj, l->up) != KDDM_NODE_NONE)
			return KDDM_NODE_NONE;
		l->left++;
		return co->state == KDDM_CO_OWNER ? heir(obj, l->up) :
						    KDDM_NODE_NONE;
	}
	/*
	 * What was asked for before comes, though nobody waits for it; what is
	 * adrift may come back.
	 */
	if (co->want != KDDM_WANT_NONE || obj->adrift)
		l->left++;
	return KDDM_NODE_NONE;
}

static int hand_over_set(struct kddm_set *set, void *arg)
{
	struct leaving *l = arg;
	struct kddm_obj *obj;
	unsigned long i = 0;
	bool read;
	u16 node;

	while (!is_over(l) && (obj = kddm_obj_next(set, &i))) {
		node = look_at(l, obj);
		read = obj->co.readers;
		kddm_obj_end(obj);
		kddm_kick(l->kn, kddm_obj_channel(i));
		if (node != KDDM_NODE_NONE && read)
			copy(l, set, i, node);
		else if (node != KDDM_NODE_NONE && add(l, set, i, node))
			send(l, node);
		if (i++ == ULONG_MAX)
			break;
		cond_resched();
	}
	for (node = 0; node < KDDM_MAX_NODES; node++)
		if (l->nr[node])
			send(l, node);
	return 0;
}

/*
 * Returns true if nothing is left, and nothing comes back: while the view
 * changes, what left this node is held back, and may be taken back.
 */
static bool turn(struct leaving *l)
{
	u32 epoch = READ_ONCE(l->kn->epoch);

	memset(l->later, 0, sizeof(l->later));
	look_for_heirs(l);
	l->left = 0;
	kddm_sets_each(l->kn, hand_over_set, l);
	return !l->left && kddm_views_open(l->kn, epoch);
}

static void hand_over(struct leaving *l)
{
	u64 least = U64_MAX;

	l->since = jiffies;
	gets_on(l);
	while (!turn(l)) {
		/* The last who leaves has nobody to hand over to. */
		if (nodeset_empty(l->up, WORDS) &&
		    nodeset_empty(l->later, WORDS))
			return;
		if (l->left < least) {
			least = l->left;
			l->since = jiffies;
		}
		if (is_over(l))
			return;
		msleep(TURN_DELAY);
	}
}

void kddm_objects_hand_over(struct kddm_net *kn)
{
	struct leaving *l = kvzalloc_obj(*l, GFP_KDDM);
	u16 node;

	l->kn = kn;
	hand_over(l);
	for (node = 0; node < KDDM_MAX_NODES; node++)
		kvfree(l->batch[node]);
	kvfree(l);
}

/* The service */

/* The answer of a node that takes nothing: it leaves, or perhaps does. */
static int refusal(struct kddm_net *kn, int err)
{
	if (err != -ESHUTDOWN || kddm_run(kn) == KDDM_RUNNING)
		return err;
	return READ_ONCE(kn->departing) ? -EHOSTDOWN : -EAGAIN;
}

static int take(struct kddm_set *set, u64 id, bool grab)
{
	struct kddm_obj *obj;

	obj = kddm_obj_take(set, id, grab, KDDM_NOCREATE | KDDM_TRY,
			    TAKE_TIMEOUT);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	return kddm_obj_put(obj, TAKE_TIMEOUT);
}

static int take_many(struct kddm_set *set, const struct wire_move *w, u32 nr,
		     struct wire_moved *reply)
{
	int err = 0;
	u32 i;

	for (i = 0; i < nr; i++) {
		err = kddm_obj_prefetch(set, le64_to_cpu(w->objid[i]), true,
					KDDM_COF_NOCREATE | KDDM_COF_TRY);
		if (err)	/* as many as there may be are under way */
			break;
	}
	kddm_kick_all(set->kn);
	if (err == -ESHUTDOWN)
		return err;
	reply->nr = cpu_to_le32(i);
	return sizeof(*reply);
}

static int move_handler(struct kddm_net *kn, u16 src, const void *req,
			size_t len, void *reply, size_t max)
{
	const struct wire_move *w = req;
	struct kddm_set *set;
	int err;

	if (len < sizeof(*w) || (len - sizeof(*w)) % sizeof(w->objid[0]))
		return -EBADMSG;
	len = (len - sizeof(*w)) / sizeof(w->objid[0]);
	if (READ_ONCE(kn->departing))
		return -EHOSTDOWN;
	set = kddm_set_from(kn, src, le32_to_cpu(w->set));
	if (IS_ERR(set))
		return set == ERR_PTR(-ENOENT) ? -ESHUTDOWN :
			      refusal(kn, PTR_ERR(set));
	switch (le32_to_cpu(w->op)) {
	case OP_TAKE:
	case OP_COPY:
		err = len == 1 ? take(set, le64_to_cpu(w->objid[0]),
				      w->op == cpu_to_le32(OP_TAKE)) : -EBADMSG;
		break;
	case OP_TAKE_MANY:
		err = len <= MANY && max >= sizeof(struct wire_moved) ?
		      take_many(set, w, len, reply) : -EBADMSG;
		break;
	default:
		err = -EOPNOTSUPP;
	}
	kddm_set_unref(set);
	return refusal(kn, err);
}

static struct kddm_rpc_service svc_move = {
	.name		= "kddm-move",
	.handler	= move_handler,
	.owner		= THIS_MODULE,
};

int kddm_obj_move_init(void)
{
	return kddm_rpc_register(&svc_move);
}

void kddm_obj_move_exit(void)
{
	kddm_rpc_unregister(&svc_move);
}
