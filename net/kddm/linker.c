// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O linkers: the table of those that exist, and "memory", whose objects are
 * zeroed memory of whichever node holds them.
 *
 * Objects of up to a page come from a slab cache of their size, which all sets
 * of that size share: the linker's data of a set is its cache.
 */
#include <linux/export.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include "linker.h"

/* Protects both lists. */
static DEFINE_MUTEX(lock);

/* The table */

/**
 * struct entry - a registered linker
 * @list: place among them
 * @linker: the operations
 */
struct entry {
	struct list_head		list;
	const struct kddm_linker	*linker;
};

static LIST_HEAD(linkers);

static struct entry *find(const char *name)
{
	struct entry *e;

	lockdep_assert_held(&lock);
	list_for_each_entry(e, &linkers, list) {
		if (!strcmp(e->linker->name, name))
			return e;
	}
	return NULL;
}

int kddm_linker_register(const struct kddm_linker *linker)
{
	struct entry *e;
	int err = 0;

	if (!kddm_name_ok(linker->name) || !linker->alloc != !linker->free ||
	    !linker->export != !linker->import)
		return -EINVAL;
	e = kzalloc_obj(*e);
	if (!e)
		return -ENOMEM;
	e->linker = linker;
	mutex_lock(&lock);
	if (find(linker->name))
		err = -EEXIST;
	else
		list_add_tail(&e->list, &linkers);
	mutex_unlock(&lock);
	if (err)
		kfree(e);
	return err;
}
EXPORT_SYMBOL_GPL(kddm_linker_register);

void kddm_linker_unregister(const struct kddm_linker *linker)
{
	struct entry *e;

	mutex_lock(&lock);
	e = find(linker->name);
	if (e && e->linker != linker)
		e = NULL;
	if (e)
		list_del(&e->list);
	mutex_unlock(&lock);
	kfree(e);
}
EXPORT_SYMBOL_GPL(kddm_linker_unregister);

const struct kddm_linker *kddm_linker_get(const char *name)
{
	const struct kddm_linker *linker = NULL;
	struct entry *e;

	mutex_lock(&lock);
	e = find(*name ? name : kddm_linker_memory.name);
	if (e && try_module_get(e->linker->owner))
		linker = e->linker;
	mutex_unlock(&lock);
	return linker;
}

void kddm_linker_put(const struct kddm_linker *linker)
{
	module_put(linker->owner);
}

int kddm_linker_error(int err)
{
	switch (err) {
	case 0:
		return 0;
	case -EAGAIN:		/* These have a meaning for the protocol. */
	case -EBUSY:
	case -EEXIST:
	case -EHOSTDOWN:
	case -ENOENT:
	case -EOWNERDEAD:
	case -ESHUTDOWN:
	case -ESTALE:
		return -EIO;
	default:
		return IS_ERR_VALUE((unsigned long)err) ? err : -EIO;
	}
}

/**
 * struct touch - a first touch in a work item
 * @work: on the stack
 * @set: whose linker
 * @id: object
 * @data: its memory
 * @err: what came of it
 */
struct touch {
	struct work_struct	work;
	struct kddm_set		*set;
	u64			id;
	void			*data;
	int			err;
};

static void touch_work(struct work_struct *work)
{
	struct touch *t = container_of(work, struct touch, work);

	kddm_linker_clear(t->set, t->data);
	t->err = t->set->linker->first_touch(t->set, t->id, t->data);
}

static int touch_by_work(struct kddm_set *set, u64 id, void *data)
{
	struct touch t = { .set = set, .id = id, .data = data };

	INIT_WORK_ONSTACK(&t.work, touch_work);
	queue_work(system_dfl_wq, &t.work);
	flush_work(&t.work);
	destroy_work_on_stack(&t.work);
	return t.err;
}

/*
 * Whoever receives a message does what it asks for, and may be killed: that is
 * not the error of the one who has sent it.
 */
int kddm_linker_first_touch(struct kddm_set *set, u64 id, void *data)
{
	int err;

	if (!set->linker->first_touch)
		return 0;
	err = set->linker->first_touch(set, id, data);
	if (err && fatal_signal_pending(current))
		err = touch_by_work(set, id, data);
	return kddm_linker_error(err);
}

void **kddm_set_priv(struct kddm_set *set)
{
	return &set->priv;
}
EXPORT_SYMBOL_GPL(kddm_set_priv);

/* Memory */

/**
 * struct size_cache - a slab cache
 * @list: place among them
 * @users: sets that use it
 * @size: of its objects, bytes
 * @name: "kddm-" and the size
 * @slab: the cache
 */
struct size_cache {
	struct list_head	list;
	unsigned int		users;
	u32			size;
	char			name[16];
	struct kmem_cache	*slab;
};

static LIST_HEAD(caches);

static struct size_cache *cache_new(u32 size)
{
	struct size_cache *c = kzalloc_obj(*c);

	if (!c)
		return NULL;
	c->size = size;
	snprintf(c->name, sizeof(c->name), "kddm-%u", size);
	c->slab = kmem_cache_create(c->name, size, __alignof__(u64), 0, NULL);
	if (!c->slab) {
		kfree(c);
		return NULL;
	}
	list_add(&c->list, &caches);
	return c;
}

static int memory_instantiate(struct kddm_set *set)
{
	u32 size = kddm_set_size(set);
	struct size_cache *c, *found = NULL;

	if (size > PAGE_SIZE)
		return 0;
	mutex_lock(&lock);
	list_for_each_entry(c, &caches, list) {
		if (c->size == size)
			found = c;
	}
	if (!found)
		found = cache_new(size);
	if (found)
		found->users++;
	mutex_unlock(&lock);
	*kddm_set_priv(set) = found;
	return found ? 0 : -ENOMEM;
}

static void memory_uninstantiate(struct kddm_set *set)
{
	struct size_cache *c = *kddm_set_priv(set);

	if (!c)
		return;
	mutex_lock(&lock);
	if (!--c->users) {
		list_del(&c->list);
		kmem_cache_destroy(c->slab);
		kfree(c);
	}
	mutex_unlock(&lock);
}

static void *memory_alloc(struct kddm_set *set, u64 id)
{
	struct size_cache *c = set->linker == &kddm_linker_memory ?
			       set->priv : NULL;
	gfp_t gfp = GFP_NOFS;

	if (!kddm_linker_is_plain(set->linker))
		gfp |= __GFP_ZERO;
	if (c)
		return kmem_cache_alloc(c->slab, gfp);
	return kvmalloc(set->size, gfp);
}

static void memory_free(struct kddm_set *set, u64 id, void *data)
{
	kvfree(data);		/* kfree() knows the cache */
}

const struct kddm_linker kddm_linker_memory = {
	.name		= "memory",
	.instantiate	= memory_instantiate,
	.uninstantiate	= memory_uninstantiate,
	.alloc		= memory_alloc,
	.free		= memory_free,
};

/* No owner: a set must not keep this module from being unloaded. */
static const struct kddm_linker * const own[] = {
	&kddm_linker_memory, &kddm_linker_page, &kddm_linker_file,
};

int kddm_linkers_init(void)
{
	int i, err = 0;

	for (i = 0; i < ARRAY_SIZE(own) && !err; i++)
		err = kddm_linker_register(own[i]);
	if (err)
		kddm_linkers_exit();
	return err;
}

void kddm_linkers_exit(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(own); i++)
		kddm_linker_unregister(own[i]);
}
