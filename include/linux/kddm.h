/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KDDM: objects shared coherently by the kernels of a cluster.
 *
 * This is the only header that a client includes.  A client opens a set, takes
 * an object of it with kddm_get() (to read) or kddm_grab() (to write), uses its
 * data as ordinary memory, and lets go with kddm_put().  Between grab and put
 * no other node reads or writes the object; between get and put none writes it.
 *
 * Beside that it can call services on other nodes, see <linux/kddm_rpc.h>, and
 * have ids that all nodes agree on, see <linux/kddm_name.h>.
 */
#ifndef _LINUX_KDDM_H
#define _LINUX_KDDM_H

#include <linux/kddm_name.h>
#include <linux/kddm_node.h>
#include <linux/kddm_rpc.h>
#include <linux/types.h>

struct kddm_linker;
struct kddm_obj;
struct kddm_set;
struct module;
struct net;

#define KDDM_SET_NAME_LEN	16	/* characters, without the final NUL */
#define KDDM_OBJ_SIZE_MAX	65536	/* bytes */
#define KDDM_SET_HOLD_MAX	1000	/* milliseconds */
#define KDDM_SET_LOST_MAX	3600000	/* milliseconds */
#define KDDM_SET_REPLICAS_MAX	8
#define KDDM_ANY_NODE		0xffff

/**
 * DOC: flags of kddm_get() and kddm_grab()
 *
 * %KDDM_NOCREATE: -ENOENT if there is no object.
 *
 * %KDDM_TRY: do not wait for another holder: -EBUSY if a user of the object is
 * in the way, here or on another node, or waits before, or if the hold time of
 * another node is (kddm_set_attr.hold).  Messages are sent, and their answers
 * waited for.  A try that fails may still have made this node the
 * owner, and copies that nobody uses are gone.
 *
 * %KDDM_NOWAIT: wait for nothing: -EAGAIN unless the object is here and free.
 *
 * %KDDM_INTR: any signal ends the wait, with -ERESTARTSYS; without it only a
 * fatal one does.
 *
 * %KDDM_MANUAL (kddm_grab()): the set's linker does not make the first contents
 * of a new object; see kddm_is_new().
 *
 * %KDDM_EXCL (kddm_grab()): -EEXIST if there is an object.
 */
#define KDDM_NOCREATE		0x01
#define KDDM_TRY		0x02
#define KDDM_NOWAIT		0x04
#define KDDM_INTR		0x08
#define KDDM_MANUAL		0x10
#define KDDM_EXCL		0x20

/**
 * DOC: flags of a set
 *
 * %KDDM_SET_EXCLUSIVE: one holder in the cluster, also for reading: kddm_get()
 * takes an object as kddm_grab() does, and no copies are made.
 *
 * %KDDM_SET_TOUCH_HOME: the first contents of an object are made on its home
 * node, and not where it is asked for, unless by a grab with %KDDM_MANUAL or
 * %KDDM_EXCL.
 */
#define KDDM_SET_EXCLUSIVE	0x1
#define KDDM_SET_TOUCH_HOME	0x2
#define KDDM_SET_FLAGS		0x3

/**
 * struct kddm_set_attr - what a set is to be like
 * @name: 1 to %KDDM_SET_NAME_LEN printable ASCII characters, no blank, unique
 *	in the cluster
 * @linker: name of the I/O linker that provides the objects, NULL for "memory"
 * @size: bytes of each object, 1 to %KDDM_OBJ_SIZE_MAX; the most, if the linker
 *	exports and imports
 * @flags: KDDM_SET_*
 * @home: node that is home to all objects, or %KDDM_ANY_NODE: they are spread
 *	over the members of the view, and some move when that changes
 * @lost_timeout: milliseconds, 0 to %KDDM_SET_LOST_MAX, that whoever asks for
 *	an object that was lost with its node waits for that node to come back,
 *	before it gets -EIO; or, if the linker stores objects (it has @sync),
 *	the object as it was stored.  Not with %KDDM_TRY
 * @hold: minimum hold time in milliseconds, 0 (none) to %KDDM_SET_HOLD_MAX: a
 *	node that has grabbed an object keeps it at least so long, though others
 *	want to grab it; its own users, and other nodes that want to read, do
 *	not wait for that.  It is in milliseconds because it is counted in ticks
 *	of the kernel, rounded up
 * @replicas: nodes that hold what was put, 0 to %KDDM_SET_REPLICAS_MAX:
 *	kddm_put() of a grab returns when so many do, or all members of the
 *	view, if they are less.  What was put survives the failure of all but
 *	one of them; 0 and 1 are the same: the node of the writer alone
 */
struct kddm_set_attr {
	const char	*name;
	const char	*linker;
	u32		size;
	u32		flags;
	u32		lost_timeout;
	u16		home;
	u16		hold;
	u8		replicas;
};

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
 * @attr: what it is to be like
 *
 * When this returns, every node can open the set, and other nodes have a copy
 * of what is known of it.  What a node needs for it is made there on its first
 * use: when it opens the set, or becomes home to one of its objects.
 *
 * Context: may sleep, waits for other nodes, for some seconds at most; a fatal
 * signal ends it.
 * Return: the set, to be released with kddm_set_close(), or an ERR_PTR():
 * -ENOTCONN (not a running node), -EINVAL (name, size, flags or hold time),
 * -ENOENT (no such linker on this node), -EEXIST, -EHOSTDOWN (@attr->home is no
 * node of the cluster), -ENOSPC (too many sets whose names have the same hash;
 * of 64 hashes each has room for 63), -EAGAIN (this node is suspended), -EIO
 * (what is known of sets whose names have the same hash was lost with a node),
 * -ETIMEDOUT (some node holds things up), -EINTR, -ESHUTDOWN (the node stops),
 * -ENOMEM, or an error of the linker.
 */
struct kddm_set *kddm_set_create(struct net *net,
				 const struct kddm_set_attr *attr);

/**
 * kddm_set_open() - find a set by name
 * @net: the namespace
 * @name: the set's name
 *
 * Sends nothing if this node has the set.
 *
 * Context: may sleep, waits for other nodes, for some seconds at most; a fatal
 * signal ends it.
 * Return: the set, to be released with kddm_set_close(), or an ERR_PTR():
 * -ENOTCONN (not a running node), -ENOENT (no such set), -EBUSY (somebody tries
 * to destroy it), -EPERM ("kddm.sets" and "kddm.names", which are KDDM's
 * own), -ENODEV (its linker is not on this node); -EAGAIN, -EIO, -ETIMEDOUT,
 * -EINTR, -ESHUTDOWN, -ENOMEM as kddm_set_create(), or an error of the linker.
 */
struct kddm_set *kddm_set_open(struct net *net, const char *name);

/**
 * kddm_set_open_id() - find a set by its id
 * @net: the namespace
 * @id: what kddm_set_id() has said, on any node of the cluster
 *
 * As kddm_set_open(): shorter than a name in a message from another node.  No
 * other set gets the id as long as the set is there.
 *
 * Context: as kddm_set_open().
 * Return: as kddm_set_open().
 */
struct kddm_set *kddm_set_open_id(struct net *net, u32 id);

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
 * @force: also if it is open somewhere: its users get -ESHUTDOWN from all calls
 *	but those that let go of an object and kddm_set_close(), and their waits
 *	end so; what they hold stays theirs until they put it
 *
 * A node that cannot be reached is not asked.  When it comes back, it forgets
 * the set, with users as if by @force.
 *
 * Context: may sleep, waits for other nodes; a fatal signal ends it.
 * Return: 0, -ENOTCONN, -ENOENT, -EBUSY (open somewhere, or somebody else is
 * about to destroy it), -EPERM (KDDM's own); -EAGAIN, -EIO, -ETIMEDOUT,
 * -EINTR, -ESHUTDOWN, -ENOMEM as kddm_set_create().
 */
int kddm_set_destroy(struct net *net, const char *name, bool force);

/**
 * kddm_set_id() - the id of a set
 * @set: the set
 *
 * Return: a number that is not 0, the same on all nodes of the cluster.
 */
u32 kddm_set_id(const struct kddm_set *set);

/**
 * kddm_set_name() - the name of a set
 * @set: the set
 *
 * Return: a string, which is there as long as the set is open.
 */
const char *kddm_set_name(const struct kddm_set *set);

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
 * @flags: KDDM_*
 *
 * Any number of users on any number of nodes can hold an object for reading.
 * An object that does not exist is created, filled by the set's linker.
 *
 * A hit (a valid copy is here and nobody waits before) sends nothing; a miss
 * costs a request and a reply when the probable owner is right.
 *
 * Do not wait for another object in an order that can form a cycle: these are
 * locks.  See kddm_upgrade() for the same object.
 *
 * Context: may sleep, unless %KDDM_NOWAIT; a fatal signal ends the wait.  The
 * caller may receive and handle messages for others meanwhile.
 * Return: the object, to be released with kddm_put(), or an ERR_PTR(): -ENOENT
 * (with %KDDM_NOCREATE), -EBUSY (%KDDM_TRY), -EAGAIN (%KDDM_NOWAIT),
 * -ERESTARTSYS (%KDDM_INTR), -EINTR (killed), -EIO (it was lost with a node:
 * see @lost_timeout of struct kddm_set_attr, and kddm_remove()),
 * -EHOSTDOWN (the set's only home is no member of the view), -ESHUTDOWN (the
 * node stops or the set is being destroyed), -EINVAL (flags), -ERANGE (@id does
 * not fit this machine's long), -ENODEV (the set's linker is not on the
 * object's home), -ETIMEDOUT (home could not learn what the set is), -ENOMEM,
 * or an error of the set's linker, also on the object's home.
 */
struct kddm_obj *kddm_get(struct kddm_set *set, u64 id, unsigned int flags);

/**
 * kddm_grab() - take an object to write it
 * @set: the set
 * @id: which object
 * @flags: KDDM_*
 *
 * As kddm_get(), but there is one user in the whole cluster: the copies of all
 * other nodes are invalidated first.  The node becomes the object's owner.
 *
 * Context: as kddm_get().
 * Return: as kddm_get(); and -EEXIST (%KDDM_EXCL).
 */
struct kddm_obj *kddm_grab(struct kddm_set *set, u64 id, unsigned int flags);

/**
 * kddm_find() - take an object to read it, if a copy is here
 * @set: the set
 * @id: which object
 *
 * Sends nothing and waits for nothing.
 *
 * Context: any task.
 * Return: the object, to be released with kddm_put(), or an ERR_PTR(): -ENOENT
 * (no copy here), -EAGAIN (there is one, but a writer has it, or somebody waits
 * before), -ERANGE.
 */
struct kddm_obj *kddm_find(struct kddm_set *set, u64 id);

/**
 * kddm_is_new() - whether a grabbed object has yet to be filled
 * @obj: from kddm_grab() with %KDDM_MANUAL or %KDDM_EXCL
 *
 * Return: true for an object that did not exist; its data are zero, and the
 * caller has to give them their first value before kddm_put().
 */
bool kddm_is_new(struct kddm_obj *obj);

/**
 * kddm_upgrade() - go on as a writer
 * @obj: from kddm_get(), and the caller's only hold of it
 * @flags: 0, %KDDM_TRY or %KDDM_INTR
 *
 * Nobody writes between the get and what follows unless somebody waited for it,
 * or another node was faster; the return value tells.  The caller stands before
 * all other users of this node that wait.
 *
 * Context: as kddm_grab().
 * Return: 0 (nobody wrote in between), 1 (look again: somebody may have
 * written), or an error of kddm_grab(): then the object is let go.
 */
int kddm_upgrade(struct kddm_obj *obj, unsigned int flags);

/**
 * kddm_downgrade() - go on as a reader
 * @obj: from kddm_grab()
 *
 * Nobody writes in between; readers who wait get in.
 *
 * Context: may sleep (sends what others waited for).
 * Return: as kddm_put(); with an error the object is let go.
 */
int kddm_downgrade(struct kddm_obj *obj);

/**
 * kddm_prefetch() - have an object brought here
 * @set: the set
 * @id: which object
 * @grab: as the owner, rather than as a copy
 *
 * Does not wait for it.  A hint: it may come to nothing without notice.  The
 * object is created if it does not exist.
 *
 * Context: may sleep (for memory, to send, and, where the object is at home,
 * for the linker's @first_touch).
 * Return: 0 (it is here, or on the way), -EAGAIN (enough are), -ESHUTDOWN,
 * -ERANGE, -ENOMEM.
 */
int kddm_prefetch(struct kddm_set *set, u64 id, bool grab);

/**
 * kddm_prefetch_range() - have objects brought here
 * @set: the set
 * @first: the first of them
 * @count: how many, one id after the other; at most 1024 can be under way
 * @grab: as the owner, rather than as copies
 *
 * As kddm_prefetch() of each; what goes to the same node, and comes from there,
 * travels together, which takes a fraction of the time with small objects.
 *
 * Context: as kddm_prefetch().
 * Return: as kddm_prefetch(); after an error the objects at the beginning may
 * be on their way.
 */
int kddm_prefetch_range(struct kddm_set *set, u64 first, u32 count, bool grab);

/**
 * kddm_set_value() - create an object with a value
 * @set: the set
 * @id: which object
 * @data: the value, copied by the set's linker
 * @len: bytes, at most kddm_set_size(); what is behind them becomes zero
 *
 * Context: as kddm_grab().
 * Return: 0, -EEXIST, -EINVAL (@len), or an error of kddm_grab().
 */
int kddm_set_value(struct kddm_set *set, u64 id, const void *data, u32 len);

/**
 * kddm_flush() - give up this node's copy of an object
 * @set: the set
 * @id: which object
 * @node: a node that shall have it, or %KDDM_ANY_NODE
 *
 * A copy is dropped.  The owner hands the object over, preferably to a node
 * that has a copy: one stays in the cluster.  If others wait for its hold time,
 * the first of them gets it at once.
 *
 * Context: may sleep, waits for the other node; a fatal signal ends it.
 * Return: 0 (this node has no copy), -EBUSY (in use here or there), -EHOSTDOWN
 * (there is no such node, or no other), -EAGAIN (@node may be about to leave),
 * -ETIMEDOUT, -EINTR, -ESHUTDOWN, -ERANGE, -ENOMEM, or the linker's error.
 */
int kddm_flush(struct kddm_set *set, u64 id, u16 node);

/**
 * kddm_flush_set() - give up this node's copies of all objects of a set
 * @set: the set
 * @node: as in kddm_flush()
 *
 * Objects that come meanwhile may stay.
 *
 * Context: as kddm_flush().
 * Return: 0, or the first error of kddm_flush(); objects in use (-EBUSY) do not
 * keep it from going on.
 */
int kddm_flush_set(struct kddm_set *set, u16 node);

/**
 * kddm_push() - have another node take a copy of an object
 * @set: the set
 * @id: which object
 * @node: the node, which may be this one
 *
 * The copy is an ordinary one: it can be read there, and goes when somebody
 * writes.  In a set with %KDDM_SET_EXCLUSIVE it is the object that moves.
 *
 * Context: may sleep, waits for the other node, which may wait for a writer; a
 * fatal signal ends it.
 * Return: 0 (it had one), -ENOENT (no object), -EHOSTDOWN (no such node),
 * -EBUSY (it has too many requests), -ETIMEDOUT, -EINTR, -ESHUTDOWN, -ERANGE,
 * or another error of kddm_get().
 */
int kddm_push(struct kddm_set *set, u64 id, u16 node);

/**
 * kddm_sync() - have the linker store an object
 * @set: the set
 * @id: which object
 *
 * On the object's home node, which is where the device is.
 *
 * Context: may sleep, waits for other nodes; a fatal signal ends it.
 * Return: 0 (stored, or the linker stores nothing), -ENOENT (no object),
 * -EAGAIN (the home kept moving), -EBUSY (it has too many requests), -ESTALE
 * (others have gone on without this node), -ETIMEDOUT, or an error of
 * kddm_get() or of the linker.
 */
int kddm_sync(struct kddm_set *set, u64 id);

/**
 * struct kddm_obj_info - what this node knows of an object
 * @id: the object
 * @version: of the data
 * @owner: this node owns it, or its absence
 * @valid: a valid copy is here
 * @users: readers or a writer inside
 */
struct kddm_obj_info {
	u64		id;
	u64		version;
	bool		owner;
	bool		valid;
	u32		users;
};

/**
 * kddm_walk() - look at all objects that this node knows
 * @set: the set
 * @from: lowest id
 * @fn: called for each, in the order of ids; may sleep, but not use the set;
 *	a value other than 0 ends the walk
 * @arg: for @fn
 *
 * Objects that come or go meanwhile may be seen or not.
 *
 * Context: may sleep.
 * Return: 0, or what @fn returned.
 */
int kddm_walk(struct kddm_set *set, u64 from,
	      int (*fn)(const struct kddm_obj_info *info, void *arg),
	      void *arg);

/**
 * kddm_put() - let go of an object
 * @obj: from kddm_get() or kddm_grab(); not to be used afterwards
 *
 * Context: may sleep (sends what others waited for).
 * In a set with replicas, a put after kddm_grab() waits for other nodes; a
 * fatal signal ends the wait.
 *
 * Return: 0; or -ESTALE after kddm_grab(): this node was apart from the cluster
 * so long that others have made another owner, or it has left the cluster by
 * force, and what was written is void;
 * or, with replicas, -EINTR (killed) or -ESHUTDOWN: what was written may yet be
 * lost.  The object is let go in any case.
 */
int kddm_put(struct kddm_obj *obj);

/**
 * kddm_remove_held() - destroy a grabbed object and let go of it
 * @obj: from kddm_grab(); not to be used afterwards
 *
 * The next get or grab, from any node, finds no object.
 * Context: may sleep.
 * Return: as kddm_put(); with an error the object is not destroyed.
 */
int kddm_remove_held(struct kddm_obj *obj);

/**
 * kddm_remove() - destroy an object
 * @set: the set
 * @id: which object
 *
 * An object that was lost is given up: it does not come back, and a new one can
 * be made.
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

/**
 * struct kddm_linker - where the objects of a set come from
 * @name: 1 to %KDDM_SET_NAME_LEN printable characters
 * @owner: the module, held by each set
 * @instantiate: the set is made on this node, for its first use here; an error
 *	is that of the creation or of the opening, or, on a node that becomes
 *	home to an object, that of the get or grab.  Messages for other objects
 *	may wait meanwhile: it must not use KDDM, nor wait for another node
 * @uninstantiate: it is gone
 * @alloc: memory for object @id, aligned for any type, zeroed; NULL: -ENOMEM
 * @free: what @alloc gave
 * @first_touch: give the object its first contents, in zeroed memory; an error
 *	is that of the get or grab, and the object does not exist.  Or, on the
 *	home node, what @sync has stored, for an object that was left to the
 *	device when memory was short
 * @insert: a copy has become valid here
 * @put: a user is about to let go, after having (@written) grabbed it
 * @invalidate: the copy is about to become invalid here
 * @sync: store the contents, @len bytes as exported; on the home node
 * @remove: the object no longer exists; on the home node
 * @export: write the contents into a message: returns bytes, at most @max,
 *	which is the set's size; must not fail
 * @import: take the contents from a message; an error is that of the get or
 *	grab, and the next one tries again
 * @default_owner: which of the @nr members that may be home is it: below
 *	@nr, the same on all nodes, whenever it is asked; must not sleep
 * @change_state: a step of the protocol has changed the state; names for traces
 *
 * All but @name and @owner may be NULL; the operations of "memory" then do.  A
 * linker with @export has @import too.
 *
 * They are called without spin locks, one at a time for each object (but @sync
 * and @default_owner), and all but @default_owner may sleep; the protocol of
 * other objects goes on meanwhile, that of this object waits.  They must not
 * use the set.  -EAGAIN, -EBUSY, -EEXIST, -EHOSTDOWN, -ENOENT, -EOWNERDEAD,
 * -ESHUTDOWN and -ESTALE are KDDM's own: users get -EIO instead if
 * @instantiate, @first_touch, @import or @sync says so.
 */
struct kddm_linker {
	const char	*name;
	struct module	*owner;
	int		(*instantiate)(struct kddm_set *set);
	void		(*uninstantiate)(struct kddm_set *set);
	void		*(*alloc)(struct kddm_set *set, u64 id);
	void		(*free)(struct kddm_set *set, u64 id, void *data);
	int		(*first_touch)(struct kddm_set *set, u64 id,
				       void *data);
	void		(*insert)(struct kddm_set *set, u64 id, void *data);
	void		(*put)(struct kddm_set *set, u64 id, void *data,
			       bool written);
	void		(*invalidate)(struct kddm_set *set, u64 id,
				      void *data);
	int		(*sync)(struct kddm_set *set, u64 id, const void *buf,
				u32 len);
	void		(*remove)(struct kddm_set *set, u64 id);
	u32		(*export)(struct kddm_set *set, u64 id,
				  const void *data, void *buf, u32 max);
	int		(*import)(struct kddm_set *set, u64 id, void *data,
				  const void *buf, u32 len);
	u16		(*default_owner)(struct kddm_set *set, u64 id, u16 nr);
	void		(*change_state)(struct kddm_set *set, u64 id,
					void *data, const char *from,
					const char *to);
};

/**
 * kddm_linker_register() - make a linker known on this machine
 * @linker: the linker; stays until kddm_linker_unregister()
 *
 * Every node that is to know a set needs its linker.
 *
 * Context: may sleep.
 * Return: 0, -EINVAL (name, an export without import, memory without a way to
 * free it), -EEXIST, -ENOMEM.
 */
int kddm_linker_register(const struct kddm_linker *linker);

/**
 * kddm_linker_unregister() - forget a linker
 * @linker: the sets that use it hold its module; if it was not registered,
 *	nothing happens
 *
 * Context: may sleep.
 */
void kddm_linker_unregister(const struct kddm_linker *linker);

/**
 * kddm_set_priv() - the linker's own data of a set
 * @set: the set
 *
 * Return: a place for a pointer, NULL at first.
 */
void **kddm_set_priv(struct kddm_set *set);

#endif /* _LINUX_KDDM_H */
