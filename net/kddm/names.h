/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the cluster at work: linux/kddm_name.h for this node.
 *
 * The names are in tables (nametab.h), which are the objects of a set of KDDM's
 * own, "kddm.names", that every node makes when it starts.  Who asks for a name
 * that its node does not use yet grabs the name's table; so the protocol of
 * objects has two nodes agree.
 *
 * In the tables a node uses a name or it does not.  How often is counted on the
 * node, which is also what the tables are made to agree with: after each change
 * of the view a node enters what others have taken it to use no more, or what
 * was lost; and the member of lowest id strikes out who is gone.
 */
#ifndef _NET_KDDM_NAMES_H
#define _NET_KDDM_NAMES_H

#include <linux/kddm_name.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include "main.h"
#include "nametab.h"

#define KDDM_NAMES_ID	2	/* the set with the tables */
#define KDDM_NAMES_NAME	"kddm.names"

/**
 * struct kddm_names - names, seen from one node
 * @kn: the node
 * @set: the set with the tables
 * @lock: held while this node looks at a table or changes it, so that the
 *	table and @uses agree; outermost but for kn->gate
 * @uses_lock: protects @uses; a leaf
 * @uses: struct name_use: what this node uses
 * @todo: tables that may not agree with @uses, or have uses of who is gone; a
 *	bit for each
 * @tidy: makes them agree
 */
struct kddm_names {
	struct kddm_net		*kn;
	struct kddm_set		*set;
	struct mutex		lock;		/* see above */
	spinlock_t		uses_lock;	/* see above */
	struct list_head	uses;
	unsigned long		todo;
	struct delayed_work	tidy;
};

int kddm_names_init(void);
void kddm_names_exit(void);
int kddm_names_start(struct kddm_net *kn);
/* No message comes any more. */
void kddm_names_stop(struct kddm_net *kn);

/**
 * kddm_names_list() - the names in a table
 * @kn: the node
 * @nr: number of the table
 * @t: where to copy the table, which is right
 * @version: where to put the version of it
 *
 * Context: may sleep, for some seconds at most; a fatal signal ends it.
 * Return: 0, or an error of kddm_name_get().
 */
int kddm_names_list(struct kddm_net *kn, u32 nr, struct kddm_nametab *t,
		    u64 *version);
/* How often this node uses a name. */
u32 kddm_names_count(struct kddm_net *kn, u32 id);

/*
 * kddm_name_get() and _put() for an administrator, who can put no more than was
 * got so.  The latter returns 0, -ENOENT or -ENOTCONN.
 */
int kddm_names_hold(struct net *net, u32 kind, const char *name);
int kddm_names_release(struct net *net, u32 kind, const char *name);

#endif /* _NET_KDDM_NAMES_H */
