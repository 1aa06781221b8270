// SPDX-License-Identifier: GPL-2.0-only
/*
 * The linker "file": objects that outlive the cluster, in a file of their home
 * node, one file for each set.
 *
 * Object n is at n times the size of an object.  Its first contents are read
 * from there, on the home node, and kddm_sync() writes them there; what was
 * never written is a hole, and zero.  An object that is removed becomes a hole
 * again.
 *
 * The files are below the directory that the module's parameter "file_dir"
 * says, called by set, cluster id and node id ("demo.0.3"), since all nodes of
 * this machine share the directory.  Without the parameter there is no such set
 * on this machine: a set is made on the word of another node, which must not
 * decide about files here.
 *
 * A set of this linker has %KDDM_SET_TOUCH_HOME, and a fixed home: where homes
 * move with the members, what is stored would stay behind.
 */
#include <linux/err.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "linker.h"

static char file_dir[256];
module_param_string(file_dir, file_dir, sizeof(file_dir), 0644);
MODULE_PARM_DESC(file_dir, "directory for the objects of linker \"file\"");

static int file_instantiate(struct kddm_set *set)
{
	size_t len = strcspn(file_dir, "\n");
	struct file *file;
	char *path;

	if (!(set->flags & KDDM_SET_TOUCH_HOME) || set->home == KDDM_ANY_NODE)
		return -EINVAL;
	if (!len || strchr(set->name, '/'))
		return -EACCES;
	path = kasprintf(GFP_KERNEL, "%.*s/%s.%u.%u", (int)len, file_dir,
			 set->name, set->kn->cluster, set->kn->self);
	if (!path)
		return -ENOMEM;
	file = filp_open(path, O_RDWR | O_CREAT | O_LARGEFILE | O_NOFOLLOW,
			 0600);
	kfree(path);
	if (IS_ERR(file))	/* -ENOENT would mean that there is no linker */
		return file == ERR_PTR(-ENOENT) ? -ENOTDIR : PTR_ERR(file);
	*kddm_set_priv(set) = file;
	return 0;
}

static void file_uninstantiate(struct kddm_set *set)
{
	filp_close(*kddm_set_priv(set), NULL);
}

static bool file_place(struct kddm_set *set, u64 id, loff_t *pos)
{
	return !check_mul_overflow(id, (u64)set->size, (u64 *)pos) &&
	       *pos >= 0 && *pos <= LLONG_MAX - set->size;
}

static int file_first_touch(struct kddm_set *set, u64 id, void *data)
{
	ssize_t n = 1;
	loff_t pos;
	u32 got;

	if (!file_place(set, id, &pos))
		return -EFBIG;
	/* What was removed may be made anew elsewhere: it is zero. */
	if (kddm_obj_home(set, id) != set->kn->self)
		return 0;
	/* A part may be all before an error; behind the end is nothing. */
	for (got = 0; n > 0 && got < set->size; got += max(n, 0))
		n = kernel_read(*kddm_set_priv(set), data + got,
				set->size - got, &pos);
	return min(n, 0);
}

static int file_sync(struct kddm_set *set, u64 id, const void *buf, u32 len)
{
	struct file *file = *kddm_set_priv(set);
	loff_t pos, start;
	ssize_t n;

	if (!file_place(set, id, &pos))
		return -EFBIG;
	start = pos;
	n = kernel_write(file, buf, len, &pos);
	if (n < 0)
		return n;
	return n == len ? vfs_fsync_range(file, start, pos - 1, 1) : -EIO;
}

static void file_remove(struct kddm_set *set, u64 id)
{
	loff_t pos;
	int err;

	if (!file_place(set, id, &pos))
		return;
	err = vfs_fallocate(*kddm_set_priv(set), FALLOC_FL_PUNCH_HOLE |
			    FALLOC_FL_KEEP_SIZE, pos, set->size);
	if (err)
		pr_warn_ratelimited("kddm: set \"%s\": object %llu is not removed from its file: %d\n",
				    set->name, id, err);
}

const struct kddm_linker kddm_linker_file = {
	.name		= "file",
	.instantiate	= file_instantiate,
	.uninstantiate	= file_uninstantiate,
	.first_touch	= file_first_touch,
	.sync		= file_sync,
	.remove		= file_remove,
};
