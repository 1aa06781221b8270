/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KDDM: objects shared coherently by the kernels of a cluster.
 *
 * This is the only header that a client includes.  A client opens a set, takes
 * an object of it with kddm_get() (to read) or kddm_grab() (to write), uses its
 * data as ordinary memory, and lets go with kddm_put().  Between grab and put
 * no other node reads or writes the object; between get and put none writes it.
 */
#ifndef _LINUX_KDDM_H
#define _LINUX_KDDM_H

#include <linux/types.h>

struct kddm_obj;
struct kddm_set;
struct net;

#define KDDM_SET_NAME_LEN	16	/* characters, without the final NUL */
#define KDDM_OBJ_SIZE_MAX	65536	/* bytes */

/* Flags of kddm_get() and kddm_grab(). */
#define KDDM_NOCREATE		0x1	/* -ENOENT if there is no object */

/**
 * kddm_self() - the node id of a network namespace
 * @net: the namespace
 *
 * Return: 0 to 1023, or -ENOTCONN if the namespace is not a running node.
 */
int kddm_self(struct net *net);

/**
 * kddm_set_create() - create a set and open it
 * @net: the namespace whose node creates it
 * @name: 1 to %KDDM_SET_NAME_LEN characters, unique in the cluster
 * @size: bytes of each object, 1 to %KDDM_OBJ_SIZE_MAX
 * @linker: name of the I/O linker that provides the objects, "memory" if NULL
 *
 * The set exists on every node when this returns.  Its objects' homes are
 * spread over the nodes that are possible now.
 *
 * Context: may sleep, waits for other nodes; a fatal signal ends it.
 * Return: the set, to be released with kddm_set_close(), or an ERR_PTR():
 * -ENOTCONN (not a running node), -EINVAL (name or size), -ENOENT (no such
 * linker), -EEXIST, -EHOSTDOWN (a node failed meanwhile: try again), -ENOMEM.
 */
struct kddm_set *kddm_set_create(struct net *net, const char *name, u32 size,
				 const char *linker);

/**
 * kddm_set_open() - find a set by name
 * @net: the namespace
 * @name: the set's name
 *
 * Context: may sleep.
 * Return: the set, to be released with kddm_set_close(), or an ERR_PTR():
 * -ENOTCONN (not a running node), -ENOENT (no such set).
 */
struct kddm_set *kddm_set_open(struct net *net, const char *name);

/**
 * kddm_set_close() - release a set that was created or opened
 * @set: the set, or an ERR_PTR() or NULL, which are ignored
 *
 * The set and its objects live on until the set is destroyed.
 * Context: may sleep.
 */
void kddm_set_close(struct kddm_set *set);

/**
 * kddm_set_destroy() - destroy a set and its objects on all nodes
 * @net: the namespace
 * @name: the set's name
 *
 * Context: may sleep, waits for other nodes; a fatal signal ends it.
 * Return: 0, -ENOTCONN, -ENOENT, -EBUSY (open somewhere), -EHOSTDOWN.
 */
int kddm_set_destroy(struct net *net, const char *name);

/**
 * kddm_set_size() - the size of a set's objects
 * @set: the set
 *
 * Return: bytes.
 */
u32 kddm_set_size(const struct kddm_set *set);

/**
 * kddm_get() - take an object to read it
 * @set: the set
 * @id: which object
 * @flags: 0 or %KDDM_NOCREATE
 *
 * Any number of users on any number of nodes can hold an object for reading.
 * An object that does not exist is created, filled by the set's linker.
 *
 * A hit (a valid copy is here and nobody waits before) sends nothing; a miss
 * costs a request and a reply when the probable owner is right.
 *
 * Do not wait for another object, or upgrade to kddm_grab(), in an order that
 * can form a cycle: these are locks.
 *
 * Context: may sleep; a fatal signal ends the wait.
 * Return: the object, to be released with kddm_put(), or an ERR_PTR():
 * -ENOENT (with %KDDM_NOCREATE), -EINTR (killed), -EIO (its owner or home was
 * lost), -EHOSTDOWN (the owner failed during the request), -ESHUTDOWN (the
 * node stops or the set is being destroyed), -EINVAL (flags), -ERANGE (@id
 * does not fit this machine's long), -ENOMEM.
 */
struct kddm_obj *kddm_get(struct kddm_set *set, u64 id, unsigned int flags);

/**
 * kddm_grab() - take an object to write it
 * @set: the set
 * @id: which object
 * @flags: 0 or %KDDM_NOCREATE
 *
 * As kddm_get(), but there is one user in the whole cluster: the copies of all
 * other nodes are invalidated first.  The node becomes the object's owner.
 *
 * Context: may sleep; a fatal signal ends the wait.
 * Return: as kddm_get().
 */
struct kddm_obj *kddm_grab(struct kddm_set *set, u64 id, unsigned int flags);

/**
 * kddm_put() - let go of an object
 * @obj: from kddm_get() or kddm_grab(); not to be used afterwards
 *
 * Context: may sleep (sends what others waited for).
 */
void kddm_put(struct kddm_obj *obj);

/**
 * kddm_remove_held() - destroy a grabbed object and let go of it
 * @obj: from kddm_grab(); not to be used afterwards
 *
 * The next get or grab, from any node, finds no object.
 * Context: may sleep.
 */
void kddm_remove_held(struct kddm_obj *obj);

/**
 * kddm_remove() - destroy an object
 * @set: the set
 * @id: which object
 *
 * Context: may sleep; a fatal signal ends the wait.
 * Return: 0, -ENOENT if there was none, or an error of kddm_grab().
 */
int kddm_remove(struct kddm_set *set, u64 id);

/**
 * kddm_data() - the data of an object that is held
 * @obj: from kddm_get() (read only) or kddm_grab()
 *
 * Return: kddm_set_size() bytes, aligned for any type; valid until the put.
 */
void *kddm_data(struct kddm_obj *obj);

/**
 * kddm_version() - the version of an object that is held
 * @obj: from kddm_get() or kddm_grab()
 *
 * Return: a number that is higher with each grab of the object.
 */
u64 kddm_version(struct kddm_obj *obj);

#endif /* _LINUX_KDDM_H */
