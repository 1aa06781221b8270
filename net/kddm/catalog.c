// SPDX-License-Identifier: GPL-2.0-only
/*
 * The catalog: creation and destruction of sets on all nodes, by two RPC
 * services.  "kddm-set" runs on the coordinator, one request at a time.
 * "kddm-set-tell" runs on every node and calls nobody else, so that no circle
 * of calls can form: add a descriptor; prepare, abort or commit a destruction;
 * hand out descriptors to a node that joins.
 *
 * Two nodes that have only just met may both take themselves for the
 * coordinator.  Then a name that both use is refused by whoever has it.
 */
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "catalog.h"
#include "linker.h"
#include "member.h"
#include "rpc.h"
#include "set.h"

#define SET_TIMEOUT	(10 * HZ)
/* Memory is short on one of the two nodes: how long to wait for more, ms. */
#define SHORT_DELAY	20

/**
 * struct kddm_catalog - the catalog of one node
 * @coord: serialises what this node does as the coordinator
 * @meet: fetches what new nodes know
 * @lock: protects @met; innermost
 * @met: nodes that @meet has to ask
 * @kn: the node
 */
struct kddm_catalog {
	struct mutex		coord;	/* see above */
	struct delayed_work	meet;
	spinlock_t		lock;	/* see above */
	u64			met[KDDM_MAX_NODES / 64];
	struct kddm_net		*kn;
};

enum set_op {
	OP_CREATE = 1,
	OP_DESTROY,
	OP_ADD,
	OP_PREPARE,
	OP_ABORT,
	OP_COMMIT,
	OP_NEXT,
};

/*
 * Request and reply of both services; an op ignores what it does not need.
 * @home: the only home, or KDDM_ANY_NODE.
 * @force: of a destruction: also under users.
 */
struct wire_set {
	__le32			op;
	__le32			id;
	__le32			size;
	__le32			flags;
	__le32			hold;
	__le32			lost_timeout;
	__le16			home;
	__u8			replicas;
	__u8			force;
	char			name[KDDM_SET_NAME_LEN];
	char			linker[KDDM_SET_NAME_LEN];
} __packed;

static struct kddm_rpc_service svc_set, svc_tell;

static void str_from_wire(char *str, const char *wire)
{
	memcpy(str, wire, KDDM_SET_NAME_LEN);
	str[KDDM_SET_NAME_LEN] = '\0';
}

static bool home_ok(u16 home)
{
	return home == KDDM_ANY_NODE || home < KDDM_MAX_NODES;
}

static int desc_from_wire(struct kddm_set_desc *desc, const struct wire_set *w)
{
	desc->id = le32_to_cpu(w->id);
	desc->size = le32_to_cpu(w->size);
	desc->flags = le32_to_cpu(w->flags);
	desc->hold = le32_to_cpu(w->hold);
	desc->lost_timeout = le32_to_cpu(w->lost_timeout);
	desc->replicas = w->replicas;
	desc->home = le16_to_cpu(w->home);
	str_from_wire(desc->name, w->name);
	str_from_wire(desc->linker, w->linker);
	if (!desc->id || !kddm_name_ok(desc->name) || !desc->size ||
	    desc->size > KDDM_OBJ_SIZE_MAX || desc->flags & ~KDDM_SET_FLAGS ||
	    desc->hold > KDDM_SET_HOLD_MAX ||
	    desc->lost_timeout > KDDM_SET_LOST_MAX ||
	    desc->replicas > KDDM_SET_REPLICAS_MAX || !home_ok(desc->home))
		return -EBADMSG;
	return 0;
}

static void set_to_wire(const struct kddm_set *set, struct wire_set *w)
{
	memset(w, 0, sizeof(*w));
	w->id = cpu_to_le32(set->id);
	w->size = cpu_to_le32(set->size);
	w->flags = cpu_to_le32(set->flags);
	w->hold = cpu_to_le32(set->hold);
	w->lost_timeout = cpu_to_le32(set->lost_timeout);
	w->replicas = set->replicas;
	memcpy(w->name, set->name, KDDM_SET_NAME_LEN);
	memcpy(w->linker, set->linker->name,
	       min_t(size_t, strlen(set->linker->name), KDDM_SET_NAME_LEN));
	w->home = cpu_to_le16(set->home);
}

/* Every node */

static int tell_add(struct kddm_net *kn, const struct wire_set *w)
{
	struct kddm_set_desc desc;
	int err;

	err = desc_from_wire(&desc, w);
	if (err)
		return err;
	return kddm_set_add(kn, &desc);
}

static int tell_next(struct kddm_net *kn, u32 id, void *reply, size_t max)
{
	struct kddm_set *set;
	int len = sizeof(struct wire_set);

	/* What is about to go is not spread. */
	while ((set = kddm_set_next(kn, &id)) && READ_ONCE(set->doomed)) {
		kddm_set_unref(set);
		if (!++id)
			return -ENOENT;
	}
	if (!set)
		return -ENOENT;
	if (len <= max)
		set_to_wire(set, reply);
	else
		len = -EMSGSIZE;
	kddm_set_unref(set);
	return len;
}

static int tell_handler(struct kddm_net *kn, u16 src, const void *req,
			size_t len, void *reply, size_t max)
{
	const struct wire_set *w = req;

	if (len != sizeof(*w))
		return -EBADMSG;
	switch (le32_to_cpu(w->op)) {
	case OP_ADD:
		return tell_add(kn, w);
	case OP_PREPARE:
		return kddm_set_prepare(kn, le32_to_cpu(w->id), w->force);
	case OP_ABORT:
		kddm_set_abort(kn, le32_to_cpu(w->id));
		return 0;
	case OP_COMMIT:
		return kddm_set_commit(kn, le32_to_cpu(w->id));
	case OP_NEXT:
		return tell_next(kn, le32_to_cpu(w->id), reply, max);
	default:
		return -EOPNOTSUPP;
	}
}

/* The coordinator */

static bool has(const u64 *nodes, u16 n)
{
	return nodes[n / 64] & BIT_ULL(n % 64);
}

/*
 * Tell one node.  What has been decided (@decided) has to get there: lack of
 * memory, which says that it did not, is waited out for a while.
 */
static int tell(struct kddm_net *kn, u16 n, const struct wire_set *w,
		bool decided)
{
	unsigned long end = jiffies + SET_TIMEOUT;
	int ret;

	for (;;) {
		ret = kddm_rpc_call(kn, n, &svc_tell, w, sizeof(*w), NULL, 0,
				    SET_TIMEOUT);
		if (ret != -ENOMEM || !decided || time_after(jiffies, end))
			return ret;
		msleep(SHORT_DELAY);
	}
}

/*
 * Tell all nodes in @nodes, up to the first error if @stop; those that may have
 * done it are left in @told: an error need not mean that they did not get it.
 * A node that fails meanwhile does not count, nor does one that does not know
 * the set it is to forget.
 */
static int tell_all(struct kddm_net *kn, struct wire_set *w, enum set_op op,
		    const u64 *nodes, u64 *told, bool stop)
{
	int err = 0, ret;
	u16 n;

	w->op = cpu_to_le32(op);
	memset(told, 0, KDDM_MAX_NODES / 8);
	for (n = 0; n < KDDM_MAX_NODES && !(err && stop); n++) {
		if (!has(nodes, n))
			continue;
		ret = tell(kn, n, w, !stop);
		told[n / 64] |= BIT_ULL(n % 64);
		if (ret == -ENOENT && op != OP_ADD)
			ret = 0;
		if (ret < 0 && ret != -EALREADY && ret != -EHOSTDOWN && !err)
			err = ret;
	}
	return err;
}

static int coord_create(struct kddm_net *kn, const struct wire_set *req,
			void *reply, size_t max)
{
	u64 nodes[KDDM_MAX_NODES / 64] = { }, told[KDDM_MAX_NODES / 64];
	char name[KDDM_SET_NAME_LEN + 1];
	struct wire_set w = *req;
	u16 home = le16_to_cpu(req->home);
	int err;

	str_from_wire(name, req->name);
	if (kddm_set_id(kn, name))
		return -EEXIST;
	if (home != KDDM_ANY_NODE &&
	    kddm_node_state(kn, home) != KDDM_NODE_POSSIBLE)
		return -EHOSTDOWN;
	do {
		w.id = cpu_to_le32(get_random_u32());
	} while (!w.id);
	kddm_node_set(kn, KDDM_NODE_ONLINE, nodes);
	err = tell_all(kn, &w, OP_ADD, nodes, told, true);
	if (err) {
		memcpy(nodes, told, sizeof(nodes));
		tell_all(kn, &w, OP_PREPARE, nodes, told, false);
		tell_all(kn, &w, OP_COMMIT, nodes, told, false);
	} else if (max >= sizeof(w.id)) {
		memcpy(reply, &w.id, sizeof(w.id));
		err = sizeof(w.id);
	}
	return err;
}

static int coord_destroy(struct kddm_net *kn, const struct wire_set *req)
{
	u64 nodes[KDDM_MAX_NODES / 64] = { }, told[KDDM_MAX_NODES / 64];
	char name[KDDM_SET_NAME_LEN + 1];
	struct wire_set w = { .force = req->force };
	int err;
	u32 id;

	str_from_wire(name, req->name);
	id = kddm_set_id(kn, name);
	if (!id)
		return -ENOENT;
	w.id = cpu_to_le32(id);
	kddm_node_set(kn, KDDM_NODE_ONLINE, nodes);
	err = tell_all(kn, &w, OP_PREPARE, nodes, told, true);
	memcpy(nodes, told, sizeof(nodes));
	tell_all(kn, &w, err ? OP_ABORT : OP_COMMIT, nodes, told, false);
	return err;
}

static int coord_handler(struct kddm_net *kn, u16 src, const void *req,
			 size_t len, void *reply, size_t max)
{
	const struct wire_set *w = req;
	int err;

	if (len != sizeof(*w))
		return -EBADMSG;
	err = mutex_lock_killable(&kn->catalog->coord);
	if (err)
		return err;
	switch (le32_to_cpu(w->op)) {
	case OP_CREATE:
		err = coord_create(kn, w, reply, max);
		break;
	case OP_DESTROY:
		err = coord_destroy(kn, w);
		break;
	default:
		err = -EOPNOTSUPP;
	}
	mutex_unlock(&kn->catalog->coord);
	return err;
}

/* Ask the coordinator, whoever it is. */
static int ask(struct kddm_net *kn, const struct wire_set *w, void *reply,
	       size_t max)
{
	u64 up[KDDM_MAX_NODES / 64] = { };
	u16 n;

	kddm_node_set(kn, KDDM_NODE_POSSIBLE, up);
	for (n = 0; n < KDDM_MAX_NODES; n++)
		if (has(up, n))
			return kddm_rpc_call(kn, n, &svc_set, w, sizeof(*w),
					     reply, max, SET_TIMEOUT);
	return -ENOTCONN;
}

/* For clients */

/* Whether the set could be made here. */
static int attr_ok(struct net *net, const struct kddm_set_attr *attr,
		   const char *name)
{
	const struct kddm_linker *linker;

	if (!kddm_name_ok(attr->name) || !attr->size ||
	    attr->size > KDDM_OBJ_SIZE_MAX || attr->flags & ~KDDM_SET_FLAGS ||
	    attr->hold > KDDM_SET_HOLD_MAX ||
	    attr->lost_timeout > KDDM_SET_LOST_MAX ||
	    attr->replicas > KDDM_SET_REPLICAS_MAX)
		return -EINVAL;
	linker = kddm_name_ok(name) ? kddm_linker_get(name) : NULL;
	if (!linker)
		return -ENOENT;
	kddm_linker_put(linker);
	return 0;
}

struct kddm_set *kddm_set_create(struct net *net,
				 const struct kddm_set_attr *attr)
{
	const char *linker = attr->linker ?: kddm_linker_memory.name;
	struct wire_set w = {
		.op = cpu_to_le32(OP_CREATE),
		.size = cpu_to_le32(attr->size),
		.flags = cpu_to_le32(attr->flags),
		.hold = cpu_to_le32(attr->hold),
		.lost_timeout = cpu_to_le32(attr->lost_timeout),
		.replicas = attr->replicas,
		.home = cpu_to_le16(attr->home),
	};
	struct kddm_set *set;
	struct kddm_net *kn;
	__le32 id;
	int err;

	err = attr_ok(net, attr, linker);
	if (err)
		return ERR_PTR(err);
	kn = kddm_enter(net);
	if (IS_ERR(kn))
		return ERR_CAST(kn);
	memcpy(w.name, attr->name, strlen(attr->name));
	memcpy(w.linker, linker, strlen(linker));
	err = ask(kn, &w, &id, sizeof(id));
	kddm_exit(kn);
	if (err < 0)
		return ERR_PTR(err);
	set = kddm_set_open(net, attr->name);
	return set == ERR_PTR(-ENOENT) ? ERR_PTR(-EAGAIN) : set;
}
EXPORT_SYMBOL_GPL(kddm_set_create);

int kddm_set_destroy(struct net *net, const char *name, bool force)
{
	struct wire_set w = {
		.op = cpu_to_le32(OP_DESTROY),
		.force = force,
	};
	struct kddm_net *kn;
	int err;

	if (!kddm_name_ok(name))
		return -ENOENT;
	kn = kddm_enter(net);
	if (IS_ERR(kn))
		return PTR_ERR(kn);
	memcpy(w.name, name, strlen(name));
	err = ask(kn, &w, NULL, 0);
	kddm_exit(kn);
	return err < 0 ? err : 0;
}
EXPORT_SYMBOL_GPL(kddm_set_destroy);

/* Joining */

/* Learn the sets that node @n knows. */
static int fetch(struct kddm_net *kn, u16 n)
{
	struct wire_set w = { .op = cpu_to_le32(OP_NEXT) };
	struct wire_set reply;
	u32 id = 0;
	int ret;

	do {
		w.id = cpu_to_le32(id);
		ret = kddm_rpc_call(kn, n, &svc_tell, &w, sizeof(w), &reply,
				    sizeof(reply), SET_TIMEOUT);
		if (ret < 0)
			break;
		if (ret != sizeof(reply) || le32_to_cpu(reply.id) < id) {
			ret = -EBADMSG;
			break;
		}
		ret = tell_add(kn, &reply);
		if (ret == -EEXIST)
			pr_notice_ratelimited("kddm: node %u has another set \"%.*s\"\n",
					      n, KDDM_SET_NAME_LEN,
					      reply.name);
		else if (ret == -ENOENT)
			pr_notice_ratelimited("kddm: node %u has set \"%.*s\" with a linker that is not here\n",
					      n, KDDM_SET_NAME_LEN,
					      reply.name);
		else if (ret && ret != -EALREADY)
			break;
		ret = 0;
		id = le32_to_cpu(reply.id) + 1;
	} while (id);
	/* The end of the other's list. */
	return ret == -ENOENT ? 0 : ret;
}

static void meet(struct kddm_catalog *cat, u16 id, unsigned long delay)
{
	spin_lock(&cat->lock);
	cat->met[id / 64] |= BIT_ULL(id % 64);
	spin_unlock(&cat->lock);
	mod_delayed_work(system_percpu_wq, &cat->meet, delay);
}

static void meet_work(struct work_struct *work)
{
	struct kddm_catalog *cat = container_of(to_delayed_work(work),
						struct kddm_catalog, meet);
	u64 met[KDDM_MAX_NODES / 64];
	u16 n;

	spin_lock(&cat->lock);
	memcpy(met, cat->met, sizeof(met));
	memset(cat->met, 0, sizeof(met));
	spin_unlock(&cat->lock);
	for (n = 0; n < KDDM_MAX_NODES; n++)
		if (has(met, n) && fetch(cat->kn, n) == -ENOMEM)
			meet(cat, n, msecs_to_jiffies(SHORT_DELAY));
}

void kddm_catalog_meet(struct kddm_net *kn, u16 id)
{
	meet(kn->catalog, id, 0);
}

int kddm_catalog_join(struct kddm_net *kn)
{
	u64 up[KDDM_MAX_NODES / 64] = { };
	int err = 0;
	u16 n;

	kddm_node_set(kn, KDDM_NODE_POSSIBLE, up);
	for (n = 0; n < KDDM_MAX_NODES; n++) {
		if (n == kn->self || !has(up, n))
			continue;
		err = fetch(kn, n);
		if (err != -EHOSTDOWN)
			break;
	}
	return err == -EHOSTDOWN ? 0 : err;
}

int kddm_catalog_start(struct kddm_net *kn)
{
	struct kddm_catalog *cat;

	cat = kzalloc_obj(*cat);
	if (!cat)
		return -ENOMEM;
	mutex_init(&cat->coord);
	INIT_DELAYED_WORK(&cat->meet, meet_work);
	spin_lock_init(&cat->lock);
	cat->kn = kn;
	kn->catalog = cat;
	return 0;
}

void kddm_catalog_stop(struct kddm_net *kn)
{
	cancel_delayed_work_sync(&kn->catalog->meet);
	kfree(kn->catalog);
	kn->catalog = NULL;
}

static struct kddm_rpc_service svc_set = {
	.name		= "kddm-set",
	.handler	= coord_handler,
	.ordered	= true,
	.owner		= THIS_MODULE,
};

static struct kddm_rpc_service svc_tell = {
	.name		= "kddm-set-tell",
	.handler	= tell_handler,
	.ordered	= true,		/* PREPARE before COMMIT */
	.owner		= THIS_MODULE,
};

int kddm_catalog_init(void)
{
	int err;

	err = kddm_rpc_register(&svc_tell);
	if (err)
		return err;
	err = kddm_rpc_register(&svc_set);
	if (err)
		kddm_rpc_unregister(&svc_tell);
	return err;
}

void kddm_catalog_exit(void)
{
	kddm_rpc_unregister(&svc_set);
	kddm_rpc_unregister(&svc_tell);
}
