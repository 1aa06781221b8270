/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * View changes, pure: how the nodes of a cluster agree on who its members are.
 *
 * A node hears of others from below: who is in reach, in which incarnation.
 * Its machine turns that, and the messages of others, into one view after the
 * other.  It has no clock, allocates nothing, and trusts nothing but that
 * messages between two nodes arrive in order while they see each other.
 *
 * An attempt
 * ----------
 *
 * The lowest node in reach that does not leave proposes, others tell it that
 * there is something to do, and who leaves (NOTICE).  An attempt has an epoch
 * that no other has.
 *
 *  INVITE    to all in reach; each answers PROMISE: what it knows, whom it
 *            reaches, and that it will take part in no earlier attempt
 *  PROPOSE   to those who all reach each other and have a quorum: the view.
 *            They freeze, and send a MARK to each other behind the last message
 *            of the old view
 *  ACCEPT    from each one who has a mark of everybody: it holds the view to be
 *            possible from now on, whatever becomes of the attempt
 *  COMMIT    to all when all have accepted: the view is theirs; they reconcile
 *            what they know of objects
 *  DONE      from each, and RESUME to all: it is served
 *
 * Whoever loses sight of a member meanwhile says so (REFUSE) and the proposer
 * starts again with a higher epoch; if it is the proposer who is lost, the next
 * one takes its place.  CANCEL ends an attempt that leads to nothing, EXCLUDE
 * tells a node that the others go on without it.
 *
 * Who is not invited may be in reach of some members: it hears of the new view
 * from them (EXCLUDE), serves the old one no more, and tells the other members
 * of the old one, whom it may be the only one to reach.  Who does not reach
 * enough of its view does not serve it, either; nor does one who hears that a
 * later view was accepted, which others may serve (DOUBT).
 *
 * A node that leaves counts for the quorum of the view without it, so it has to
 * accept that view as its members do: it may not speak for two of them.  It
 * also sends MARKs behind the last it has sent, and stays until the view is
 * committed.  If all in reach leave, nobody has to agree.  Whoever asks it to
 * propose is told that it leaves, and asks another.
 *
 * Two attempts at once: who is invited by a lower node leaves the attempt of a
 * higher one, until it is asked to accept; a higher one waits until the
 * attempt is over.  So attempts do not wait for each other in a circle, and as
 * they always end, nobody needs a timeout.
 *
 * Quorum
 * ------
 *
 * A view may follow another if it has enough of its members: more than half, or
 * half with the lowest of them, or any, as the policy says.  A view that was
 * accepted but not known to be committed may have been committed elsewhere,
 * so enough of its members are needed too, unless one of them shows that it
 * never accepted it, and now never will, or who proposed it, that it came to
 * nothing.  This is dynamic voting as in Lotem,
 * Keidar and Dolev, "Dynamic voting for consistent primary components" (PODC
 * 1997).  A node that comes back in a new incarnation remembers nothing and
 * does not count; if most of a view has lost its memory, nobody goes on by
 * itself.
 *
 * Nodes that know of no view found a cluster, with a number (lineage) of its
 * own: incarnation and epoch of the proposer.  As long as it is not known that
 * the first view was committed, all who join remember it, and it takes as many
 * as a founding does to go on.  Where two clusters meet that
 * were founded apart, the smaller one gives way: its nodes join the other as
 * new ones, once all of them are there.
 */
#ifndef _NET_KDDM_VIEWCHANGE_H
#define _NET_KDDM_VIEWCHANGE_H

#include <linux/types.h>

#ifndef KDDM_VC_NODES
#define KDDM_VC_NODES	1024	/* ids; a power of two, at most 1024 */
#endif
#define KDDM_VC_WORDS	((KDDM_VC_NODES + 63) / 64)
#define KDDM_VC_PENDS	4	/* accepted views whose end is not known */
#define KDDM_VC_SEEN	8	/* the same, of all who take part */
#define KDDM_VC_LINES	4	/* lineages that meet in one attempt */
#define KDDM_VC_ACTIONS	12
#define KDDM_VC_NOBODY	0xffff

/**
 * enum kddm_vc_policy - what a quorum of a view is
 * @KDDM_VC_AUTO: as TIEBREAK in a view of two, as MAJORITY in others
 * @KDDM_VC_MAJORITY: more than half
 * @KDDM_VC_TIEBREAK: more than half, or half with the lowest id
 * @KDDM_VC_NONE: anybody
 */
enum kddm_vc_policy {
	KDDM_VC_AUTO,
	KDDM_VC_MAJORITY,
	KDDM_VC_TIEBREAK,
	KDDM_VC_NONE
};

/**
 * enum kddm_vc_phase - where a node stands in an attempt
 * @KDDM_VC_IDLE: in none
 * @KDDM_VC_INVITED: promised
 * @KDDM_VC_FLUSH: has the view, waits for marks; frozen from here on
 * @KDDM_VC_ACCEPTED: waits for the others
 * @KDDM_VC_RECONCILE: committed
 * @KDDM_VC_GONE: has left the cluster
 */
enum kddm_vc_phase {
	KDDM_VC_IDLE,
	KDDM_VC_INVITED,
	KDDM_VC_FLUSH,
	KDDM_VC_ACCEPTED,
	KDDM_VC_RECONCILE,
	KDDM_VC_GONE
};

enum kddm_vc_type {
	KDDM_VC_NOTICE,
	KDDM_VC_INVITE,
	KDDM_VC_PROMISE,
	KDDM_VC_NACK,
	KDDM_VC_REFUSE,
	KDDM_VC_PROPOSE,
	KDDM_VC_MARK,
	KDDM_VC_ACCEPT,
	KDDM_VC_COMMIT,
	KDDM_VC_DONE,
	KDDM_VC_RESUME,
	KDDM_VC_CANCEL,
	KDDM_VC_EXCLUDE,
	KDDM_VC_NR_TYPES
};

/* Flags of messages */
#define KDDM_VC_SERVING	0x01	/* PROMISE: serves its view, nothing is amiss */
#define KDDM_VC_LEAVING	0x02	/* PROMISE: wants to leave for good */
#define KDDM_VC_MORE	0x04	/* PROMISE: reaches others than the invited */
/* CANCEL: nobody else would do better; EXCLUDE: the view is committed */
#define KDDM_VC_FINAL	0x08
#define KDDM_VC_FUTILE	0x10	/* CANCEL: somebody else might */
#define KDDM_VC_FRESH	0x20	/* NOTICE: there is news */
#define KDDM_VC_UNSURE	0x40	/* PROPOSE: @base may never have been one */
#define KDDM_VC_DOUBT	0x80	/* CANCEL: the view served may be over */

struct kddm_vc_set {
	u64	w[KDDM_VC_WORDS];
};

/**
 * struct kddm_vc_view - a view
 * @epoch: of the attempt that made it; 0: no view
 * @lineage: of its cluster
 * @policy: enum kddm_vc_policy
 * @inc: incarnation of each member, 0 for those who are none
 */
struct kddm_vc_view {
	u32	epoch;
	u64	lineage;
	u8	policy;
	u32	inc[KDDM_VC_NODES];
};

/**
 * struct kddm_vc_msg - a message
 * @type: enum kddm_vc_type
 * @flags: KDDM_VC_*
 * @epoch: of the attempt
 * @seen: NACK: the highest epoch that the sender knows
 * @lineage: PROMISE: of the sender, 0 for a new node; EXCLUDE: of the view
 * @reach: PROMISE: whom of the invited the sender sees; PROPOSE: who leaves,
 *	and sends a mark to all members
 * @view: INVITE: who is invited; PROMISE: the sender's latest view; PROPOSE:
 *	the proposed view; NOTICE: no view, but who leaves; nothing in others
 * @base: PROPOSE: the view that it follows, or if it is not known whether the
 *	cluster was founded (KDDM_VC_UNSURE), the view that founds it
 * @nr_pends: PROMISE, PROPOSE: entries of @pend
 * @pend: PROMISE: views accepted since @view; PROPOSE: views accepted by
 *	anybody since @base and possibly committed: only their epochs
 */
struct kddm_vc_msg {
	u8			type;
	u8			flags;
	u8			nr_pends;
	u32			epoch;
	u32			seen;
	u64			lineage;
	struct kddm_vc_set	reach;
	struct kddm_vc_view	view;
	struct kddm_vc_view	base;
	struct kddm_vc_view	pend[KDDM_VC_SEEN];
};

/**
 * struct kddm_vc_promise - what a proposer keeps of a PROMISE
 * @lineage: see struct kddm_vc_msg
 * @last: epoch of the sender's latest view
 * @flags: KDDM_VC_*
 * @nr_pends: entries of @pend
 * @pend: epochs of the views it has accepted since
 * @reach: see struct kddm_vc_msg
 */
struct kddm_vc_promise {
	u64			lineage;
	u32			last;
	u8			flags;
	u8			nr_pends;
	u32			pend[KDDM_VC_PENDS];
	struct kddm_vc_set	reach;
};

/**
 * struct kddm_vc_proposal - an attempt, as its proposer sees it
 * @invited: who was invited, with incarnations
 * @awaited: who has to answer
 * @promised: who has promised
 * @parting: of those, who leaves
 * @last_words: of these, who sees all members, and sends marks
 * @from: what they said
 * @nr_lines: lineages among them
 * @line: the latest view of each lineage
 * @nr_seen: entries of @seen
 * @seen: views that any of them has accepted since its latest
 * @alive: bit mask of those of @seen that may have been committed
 * @base: which of @line the view follows, -1 for none
 * @full: there were more lineages or views than there is room for
 * @view: what is proposed
 */
struct kddm_vc_proposal {
	struct kddm_vc_view	invited;
	struct kddm_vc_set	awaited;
	struct kddm_vc_set	promised;
	struct kddm_vc_set	parting;
	struct kddm_vc_set	last_words;
	struct kddm_vc_promise	from[KDDM_VC_NODES];
	u8			nr_lines;
	struct kddm_vc_view	line[KDDM_VC_LINES];
	u8			nr_seen;
	struct kddm_vc_view	seen[KDDM_VC_SEEN];
	u8			alive;
	s8			base;
	bool			full;
	struct kddm_vc_view	view;
};

/**
 * struct kddm_vc - the machine of one node
 * @self: node id
 * @founders: nodes that it takes to found a cluster
 * @policy: of a cluster founded here
 * @phase: enum kddm_vc_phase
 * @role: what the own attempt waits for: KDDM_VC_PROMISE, _ACCEPT or _DONE;
 *	0 if there is none
 * @serving: @last is served here
 * @started: takes part
 * @leaving: wants to leave
 * @need: there is something to do
 * @member: has been a member of a view of @lineage
 * @changed: @reach has changed since the last promise
 * @fresh: news that nobody has been told of
 * @torn: a member of @last has been out of reach since it became the latest
 *	view: messages were lost, and the next view makes up for them, even if
 *	it has the same members
 * @proposer: whose attempt it is, KDDM_VC_NOBODY
 * @told: who was told that there is something to do, KDDM_VC_NOBODY
 * @seen: the highest epoch known
 * @promised: the epoch of the latest attempt taken part in
 * @lineage: of @last and @pend, 0 for a new node
 * @inc: incarnation of those in reach and of @self, 0 for others
 * @hopeless: whose attempts lead to nothing, as far as known
 * @leavers: who is about to leave and does not propose
 * @waiting: whose invitations wait until this attempt is over
 * @marks: from whom a MARK of this attempt has come
 * @parting: FLUSH, ACCEPTED: who leaves, and has to send one as well
 * @reach: INVITED: who of the invited is in reach
 * @more: INVITED: somebody else is, too
 * @over: epoch of a later view than @last that others know of, 0: none
 * @last: the latest view known to be committed
 * @cur: FLUSH to RECONCILE: the view of this attempt
 * @nr_pends: entries of @pend
 * @pend: views accepted since @last
 * @p: the own attempt
 */
struct kddm_vc {
	u16			self;
	u16			founders;
	u8			policy;
	u8			phase;
	u8			role;
	bool			serving;
	bool			started;
	bool			leaving;
	bool			need;
	bool			member;
	bool			changed;
	bool			fresh;
	bool			torn;
	u16			proposer;
	u16			told;
	u32			seen;
	u32			promised;
	u64			lineage;
	u32			inc[KDDM_VC_NODES];
	struct kddm_vc_set	hopeless;
	struct kddm_vc_set	leavers;
	struct kddm_vc_set	waiting;
	struct kddm_vc_set	marks;
	struct kddm_vc_set	parting;
	struct kddm_vc_set	reach;
	bool			more;
	u32			over;
	struct kddm_vc_view	last;
	struct kddm_vc_view	cur;
	u8			nr_pends;
	struct kddm_vc_view	pend[KDDM_VC_PENDS];
	struct kddm_vc_proposal	p;
};

/**
 * struct kddm_vc_send - a message to be sent; see kddm_vc_message()
 * @type: enum kddm_vc_type
 * @flags: KDDM_VC_*
 * @epoch: see struct kddm_vc_msg
 * @to: to whom
 */
struct kddm_vc_send {
	u8			type;
	u8			flags;
	u32			epoch;
	struct kddm_vc_set	to;
};

struct kddm_vc_out {
	u8			nr;
	struct kddm_vc_send	send[KDDM_VC_ACTIONS];
};

static inline bool kddm_vc_has(const struct kddm_vc_set *s, u16 n)
{
	return (s->w[n / 64] >> (n % 64)) & 1;
}

static inline void kddm_vc_add(struct kddm_vc_set *s, u16 n)
{
	s->w[n / 64] |= 1ULL << (n % 64);
}

static inline void kddm_vc_del(struct kddm_vc_set *s, u16 n)
{
	s->w[n / 64] &= ~(1ULL << (n % 64));
}

static inline bool kddm_vc_empty(const struct kddm_vc_set *s)
{
	u16 i;

	for (i = 0; i < KDDM_VC_WORDS; i++)
		if (s->w[i])
			return false;
	return true;
}

void kddm_vc_init(struct kddm_vc *vc, u16 self, u32 incarnation);
void kddm_vc_start(struct kddm_vc *vc, struct kddm_vc_out *out);
void kddm_vc_leave(struct kddm_vc *vc, struct kddm_vc_out *out);
void kddm_vc_up(struct kddm_vc *vc, u16 node, u32 incarnation,
		struct kddm_vc_out *out);
void kddm_vc_down(struct kddm_vc *vc, u16 node, struct kddm_vc_out *out);
int kddm_vc_receive(struct kddm_vc *vc, u16 src, const struct kddm_vc_msg *msg,
		    struct kddm_vc_out *out);
void kddm_vc_reconciled(struct kddm_vc *vc, u32 epoch,
			struct kddm_vc_out *out);
void kddm_vc_message(const struct kddm_vc *vc, const struct kddm_vc_send *send,
		     struct kddm_vc_msg *msg);
/* Room for kddm_vc_encode(): a head, a set, and the views of a PROMISE. */
#define KDDM_VC_ROOM	(32 + 8 * KDDM_VC_WORDS + \
			 (KDDM_VC_PENDS + 1) * (32 + 6 * KDDM_VC_NODES))
int kddm_vc_encode(const struct kddm_vc_msg *msg, void *buf, size_t size);
int kddm_vc_decode(const void *buf, size_t size, struct kddm_vc_msg *msg);
const char *kddm_vc_type_name(u8 type);

#endif /* _NET_KDDM_VIEWCHANGE_H */
