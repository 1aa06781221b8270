/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recovery of objects, pure: what becomes of one when the cluster has changed.
 *
 * It happens between the commit of a view and its service (viewchange.h), when
 * every message of the view before has arrived and no new one leaves.  Most
 * objects need nothing but that their owner forgets who is gone (prune).  The
 * others are suspects: the trail to their owner may lead to a node that is
 * gone, or has a new home, or a request is under way and may have been lost.
 * For a suspect
 *
 *  - every node lets go of what is under way, and says what is left (reset):
 *    it owns the object, or has a copy, or knows that there was one;
 *  - the home judges, or another member if that is away: the owner stays, or
 *    else a copy becomes the owner, or else the object is lost, or there never
 *    was one (judge);
 *  - every node is told, and issues its requests again (settle).
 *
 * All copies that survivors hold are the latest: nobody writes before all
 * others have dropped theirs and said so.  That does not hold of a node that
 * comes back from a time apart: its copies may be old, and are given up.  What
 * it owned counts if nobody else has the object, and nobody has seen a higher
 * version.  That home knows of none does not count against it: home may be
 * another one by now.  Who becomes the owner here raises the version above all
 * that can be made without this view, so that what was lost sight of before is
 * known to be old; and home keeps in mind that
 * there may be such an owner (tomb), lest the object that is removed meanwhile
 * comes back with it.  That goes with the ownership, since home may fail too.
 *
 * With replicas, what was put last is with nodes that only keep it (backup).
 * If nobody has a copy any more, the newest of these becomes the owner.  It
 * counts only if nobody has seen anything newer: a put that has not returned
 * may be lost, but what somebody has read is not taken back silently.
 *
 * A message that hands over the ownership may be lost with the link, and both
 * nodes be there.  When they meet again, who sent it hears that, and still has
 * what it said (sent).  That counts if the object would be lost otherwise, and
 * nobody has seen anything newer: it may have been given up meanwhile.
 *
 * A lost object stays so until its owner comes back, or somebody gives it up
 * (renew): then there is none, and a new one can be made.
 *
 * All of it can be done again from any point, if the next change of the view
 * comes too soon; so nobody who has but seen the object hears of a new version
 * before all who have its contents do, see kddm_recover_first().
 */
#ifndef _NET_KDDM_RECOVER_H
#define _NET_KDDM_RECOVER_H

#include <linux/types.h>
#include "coherence.h"

/**
 * enum kddm_claim_kind - what a node has of an object
 * @KDDM_CLAIM_NONE: nothing
 * @KDDM_CLAIM_ABSENT: it is home, and knows of no object
 * @KDDM_CLAIM_BACKUP: the contents as they were when it last heard of them
 * @KDDM_CLAIM_GONE: that there was no object when it last heard
 * @KDDM_CLAIM_COPY: a copy
 * @KDDM_CLAIM_VOID: it owns the absence, away from home
 * @KDDM_CLAIM_OWNER: it is the owner
 * @KDDM_CLAIM_NR: how many there are
 */
enum kddm_claim_kind {
	KDDM_CLAIM_NONE,
	KDDM_CLAIM_ABSENT,
	KDDM_CLAIM_BACKUP,
	KDDM_CLAIM_GONE,
	KDDM_CLAIM_COPY,
	KDDM_CLAIM_VOID,
	KDDM_CLAIM_OWNER,
	KDDM_CLAIM_NR
};

/* What a node reports of an object to whoever judges it, after a change */
#define KDDM_REPORT_NONE	0
#define KDDM_REPORT_OWNER	1	/* it owns it */
#define KDDM_REPORT_SUSPECT	2	/* it has to be recovered */

/**
 * struct kddm_claim - what a node says of an object
 * @kind: enum kddm_claim_kind
 * @sent: as in struct kddm_co; it has the contents, if any
 * @known: it knows that there was an object
 * @tomb: as in struct kddm_co
 * @base: epoch of the last view in which it was not out of date, 0 for a new
 *	node
 * @version: the highest that it has seen, 0 for none
 */
struct kddm_claim {
	u8	kind;
	u8	sent;
	bool	known;
	bool	tomb;
	u32	base;
	u64	version;
};

enum kddm_verdict_kind {
	KDDM_VERDICT_VOID,
	KDDM_VERDICT_LOST,
	KDDM_VERDICT_OWNER,
	KDDM_VERDICT_NR
};

/**
 * struct kddm_verdict - what becomes of an object
 * @kind: enum kddm_verdict_kind
 * @tomb: for home, see struct kddm_co
 * @owner: who owns it, for KDDM_VERDICT_OWNER
 * @base: copies of nodes with a lower base go
 * @version: of the object from now on
 * @from: of the contents; a replica of that version stays one
 */
struct kddm_verdict {
	u8	kind;
	bool	tomb;
	u16	owner;
	u32	base;
	u64	version;
	u64	from;
};

/**
 * struct kddm_judge - the claims so far, see kddm_judge_hear()
 * @base: highest of all nodes
 * @known: somebody knows that there was an object
 * @absent: home knows of none
 * @tomb: home has a tomb
 * @seen: highest version that anybody has seen
 * @now: the same of those who were not apart
 * @best: the best claim
 * @node: whose it is
 * @owned: the latest of who owns it, or its absence
 * @owner: who that is
 * @sent: the latest of what was sent and has not arrived
 * @sender: whose that is
 */
struct kddm_judge {
	u32			base;
	bool			known;
	bool			absent;
	bool			tomb;
	u64			seen;
	u64			now;
	struct kddm_claim	best;
	u16			node;
	struct kddm_claim	owned;
	u16			owner;
	struct kddm_claim	sent;
	u16			sender;
};

/**
 * enum kddm_taken - a message that was taken back
 * @KDDM_TAKEN_NONE: there was none that matters
 * @KDDM_TAKEN_OWN: the ownership, had not left; the contents are there again
 * @KDDM_TAKEN_VOID: that of the absence, or of a new object, the same
 * @KDDM_TAKEN_SENT: the ownership, did not arrive; the contents are there again
 * @KDDM_TAKEN_SENT_VOID: that of the absence, or of a new object, the same
 */
enum kddm_taken {
	KDDM_TAKEN_NONE,
	KDDM_TAKEN_OWN,
	KDDM_TAKEN_VOID,
	KDDM_TAKEN_SENT,
	KDDM_TAKEN_SENT_VOID
};

bool kddm_recover_moved(const struct kddm_co_env *env, u16 home,
			const u64 *gone, u16 nwords);
bool kddm_recover_suspect(const struct kddm_co *co,
			  const struct kddm_co_env *env, u16 home,
			  const u64 *gone, u16 nwords);
void kddm_recover_prune(struct kddm_co *co, const u64 *gone, u16 nwords);
enum kddm_taken kddm_recover_taken(u8 flags);
enum kddm_taken kddm_recover_sent(const struct kddm_co *co, u8 flags,
				  u64 version);
void kddm_recover_reset(struct kddm_co *co, const struct kddm_co_env *env,
			enum kddm_taken taken, u64 version,
			struct kddm_claim *claim);
void kddm_judge_hear(struct kddm_judge *j, u16 node,
		     const struct kddm_claim *claim, u64 *copies, u16 nwords);
void kddm_judge_decide(const struct kddm_judge *j, u32 epoch,
		       struct kddm_verdict *v);
bool kddm_claim_holds(const struct kddm_claim *claim);
bool kddm_recover_first(const struct kddm_verdict *v, bool holds, bool home);
int kddm_recover_settle(struct kddm_co *co, const struct kddm_co_env *env,
			const struct kddm_verdict *v, u32 base,
			const u64 *copies, u16 nwords,
			struct kddm_co_ext **spare, bool *drop);
bool kddm_recover_renew(struct kddm_co *co);
void kddm_recover_trail(struct kddm_co *co, const struct kddm_co_env *env,
			u16 owner);

#endif /* _NET_KDDM_RECOVER_H */
