/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The catalog: which sets there are in the cluster.
 *
 * It is a set itself, "kddm.sets", which every node makes when it starts.  Its
 * objects are buckets of descriptors (bucket.h).  Who creates or destroys a set
 * grabs its bucket, who opens one gets it; so the protocol of objects keeps two
 * nodes from doing so at once, and recovery keeps what they have done.
 *
 * A node has a set (set.h) from its first use: when it creates or opens it, or
 * when a message for one of its objects comes.  Then the sender is asked for
 * the descriptor, not the bucket, which might have to wait for a change of the
 * view that waits for this very message.  What was learned so is compared with
 * the bucket afterwards.
 *
 * To destroy a set, its descriptor is marked, then each node that has the set
 * is asked whether it can go, then the descriptor is struck out, and the nodes
 * forget the set.  A mark counts as long as whoever made it is a member of the
 * view and knows of it; so what a node leaves undone that fails meanwhile does
 * not matter.
 */
#ifndef _NET_KDDM_CATALOG_H
#define _NET_KDDM_CATALOG_H

#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include "bucket.h"
#include "main.h"

#define KDDM_CATALOG_ID		1	/* the set with the buckets */
#define KDDM_CATALOG_NAME	"kddm.sets"

/**
 * struct kddm_catalog - the catalog, seen from one node
 * @kn: the node
 * @meta: the set with the buckets
 * @destroy: held while this node destroys a set; outermost but for kn->gate
 * @destroying: id of that set, once it is marked
 * @undo: ids of sets of which a mark of this node is left in the bucket
 * @verify: compares the sets of this node with the buckets
 * @wq: for @verify, and for asking who has sent a message
 */
struct kddm_catalog {
	struct kddm_net		*kn;
	struct kddm_set		*meta;
	struct mutex		destroy;	/* see above */
	u32			destroying;
	struct xarray		undo;
	struct delayed_work	verify;
	struct workqueue_struct	*wq;
};

int kddm_catalog_init(void);
void kddm_catalog_exit(void);

int kddm_catalog_start(struct kddm_net *kn);
/* Calls of RPC end at once, and no message comes any more. */
void kddm_catalog_stop(struct kddm_net *kn);

/**
 * kddm_catalog_list() - the sets of a bucket
 * @kn: the node
 * @nr: number of the bucket
 * @desc: room for %KDDM_BUCKET_MAX of them
 *
 * Context: may sleep, for some seconds at most; a fatal signal ends it.
 * Return: how many, or -EAGAIN (suspended), -EIO (the bucket was lost),
 * -ETIMEDOUT, -EINTR, -ESHUTDOWN, -ENOMEM, -EBADMSG.
 */
int kddm_catalog_list(struct kddm_net *kn, u32 nr, struct kddm_set_desc *desc);

/**
 * kddm_catalog_find() - the descriptor of a set
 * @kn: the node
 * @name: of the set, or NULL: by id
 * @id: of the set, unless by name
 * @desc: where to
 *
 * Context: as kddm_catalog_list().
 * Return: 0, -ENOENT, or an error of kddm_catalog_list().
 */
int kddm_catalog_find(struct kddm_net *kn, const char *name, u32 id,
		      struct kddm_set_desc *desc);

/**
 * kddm_set_from() - find a set, or learn of it
 * @kn: the node
 * @src: who has sent a message for it, and so has it
 * @id: of the set
 *
 * Context: may sleep, for some seconds at most, and waits for messages of
 * channel 0 alone.
 * Return: the set with a reference, or -ENOENT (destroyed), -EHOSTDOWN (@src
 * is gone), -ETIMEDOUT, -ENODEV (no such linker here), -ESHUTDOWN, -ENOMEM,
 * -EBADMSG, or an error of the linker.
 */
struct kddm_set *kddm_set_from(struct kddm_net *kn, u16 src, u32 id);

/* For the files of the catalog alone: catalog.c */
/* The object of a bucket, whose contents are right; or an error. */
struct kddm_obj *kddm_catalog_take(struct kddm_net *kn, u32 nr, bool grab,
				   unsigned int flags);
/* Whether whoever made @mark on set @id has it in hand no more. */
bool kddm_catalog_mark_gone(struct kddm_net *kn, u32 id,
			    const struct kddm_set_mark *mark);
/* Take a mark of this node off a set: 0 or an error. */
int kddm_catalog_unmark(struct kddm_net *kn, u32 id);

/* catalog_learn.c */
int kddm_learn_init(void);
void kddm_learn_exit(void);
void kddm_learn_start(struct kddm_catalog *cat);
/* Compare with the buckets in @delay jiffies. */
void kddm_catalog_look(struct kddm_net *kn, unsigned long delay);
/* Compare one set with its bucket: 0, -EAGAIN (not settled), or an error. */
int kddm_catalog_verify(struct kddm_set *set);

#endif /* _NET_KDDM_CATALOG_H */
