/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names: ids that all nodes of the cluster agree on.
 *
 * Modules on several nodes that have to speak of the same thing by a number
 * (an I/O linker, an RPC service, or what they like) ask for the number of a
 * name.  The first node that asks makes it; all others get the same, as long as
 * a node uses it.
 *
 * Clients include <linux/kddm.h>.
 */
#ifndef _LINUX_KDDM_NAME_H
#define _LINUX_KDDM_NAME_H

#include <linux/types.h>

struct net;

#define KDDM_NAME_LEN	16	/* characters, without the final NUL */

/**
 * enum kddm_name_kind - what is named
 * @KDDM_NAME_LINKER: I/O linkers
 * @KDDM_NAME_SERVICE: RPC services
 *
 * Names of different kinds have nothing to do with each other.  No id is given
 * to both kinds at a time.
 */
enum kddm_name_kind {
	KDDM_NAME_LINKER,
	KDDM_NAME_SERVICE
};

/**
 * kddm_name_get() - the id of a name
 * @net: the namespace whose node uses it
 * @kind: enum kddm_name_kind
 * @name: 1 to %KDDM_NAME_LEN printable ASCII characters, no blank
 *
 * Nodes that ask at the same time get the same id.  It is the name's until all
 * nodes that have got it have put it as often; a node that fails, or stops, has
 * put all, and its modules must put none of them.  It is not given again soon.
 *
 * Nothing is sent if this node uses the name already.
 *
 * Context: may sleep, waits for other nodes, for some seconds at most; a fatal
 * signal ends it.
 * Return: the id, above 0, to be released with kddm_name_put(); or -ENOTCONN
 * (not a running node), -EINVAL (@kind or @name), -ENOSPC (too many names with
 * this hash, or nodes that use them), -EAGAIN (this node is suspended),
 * -ETIMEDOUT (some node holds things up), -EINTR, -ESHUTDOWN (the node stops),
 * -ENOMEM, -EIO (what names there are was lost with a node; asked for once more
 * it is what the other nodes still use).
 */
int kddm_name_get(struct net *net, enum kddm_name_kind kind, const char *name);

/**
 * kddm_name_put() - release the id of a name
 * @net: the namespace
 * @kind: as in kddm_name_get()
 * @id: from kddm_name_get(); others are ignored
 *
 * The last of this node has it struck out where all see it.  If other nodes
 * cannot be reached now, that is made up for later.
 *
 * Context: may sleep, as kddm_name_get().
 */
void kddm_name_put(struct net *net, enum kddm_name_kind kind, int id);

/* The id of an I/O linker's name: kddm_name_get() and kddm_name_put(). */
static inline int kddm_linker_id_get(struct net *net, const char *name)
{
	return kddm_name_get(net, KDDM_NAME_LINKER, name);
}

static inline void kddm_linker_id_put(struct net *net, int id)
{
	kddm_name_put(net, KDDM_NAME_LINKER, id);
}

/* The same of an RPC service's name. */
static inline int kddm_svc_id_get(struct net *net, const char *name)
{
	return kddm_name_get(net, KDDM_NAME_SERVICE, name);
}

static inline void kddm_svc_id_put(struct net *net, int id)
{
	kddm_name_put(net, KDDM_NAME_SERVICE, id);
}

#endif /* _LINUX_KDDM_NAME_H */
