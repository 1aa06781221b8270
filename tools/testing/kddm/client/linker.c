// SPDX-License-Identifier: GPL-2.0-only
/*
 * A linker that counts the calls of its operations and fails on demand.
 *
 * An object is a struct item with its text elsewhere, so that it has to be
 * exported and imported; its size on the wire varies.  "Device" is an array of
 * texts, on the home node.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "client.h"

#define A	0
#define B	1
#define C	2

#define SIZE	256		/* the most on the wire */
#define LONG	40000		/* not received at once */
#define DEVICE	16		/* objects on the device */

struct item {
	char	*text;
};

enum op {
	INSTANTIATE, UNINSTANTIATE, ALLOC, FREE, FIRST_TOUCH, INSERT, PUT,
	PUT_WRITTEN, INVALIDATE, SYNC, REMOVE, EXPORT, IMPORT, DEFAULT_OWNER,
	CHANGE_STATE, NR_OPS
};

static const char * const op_names[NR_OPS] = {
	"instantiate", "uninstantiate", "alloc", "free", "first_touch",
	"insert", "put", "put after writing", "invalidate", "sync", "remove",
	"export", "import", "default_owner", "change_state"
};

static atomic_t calls[NR_OPS];
static int fail_op = -1, fail_err;	/* the next call of @fail_op fails */
static int failed_allocs;
static char device[DEVICE][SIZE];
static struct kddm_set *set[NODES];

static int count(enum op op)
{
	atomic_inc(&calls[op]);
	if (READ_ONCE(fail_op) != op)
		return 0;
	WRITE_ONCE(fail_op, -1);
	return fail_err;
}

static int test_instantiate(struct kddm_set *s)
{
	return count(INSTANTIATE);
}

static void test_uninstantiate(struct kddm_set *s)
{
	count(UNINSTANTIATE);
}

static void *test_alloc(struct kddm_set *s, u64 id)
{
	return count(ALLOC) ? NULL : kzalloc(sizeof(struct item), GFP_NOFS);
}

static void test_free(struct kddm_set *s, u64 id, void *data)
{
	struct item *item = data;

	count(FREE);
	kfree(item->text);
	kfree(item);
}

static int set_text(struct item *item, const char *text, u32 len)
{
	char *copy = kmemdup_nul(text, len, GFP_NOFS);

	if (!copy)
		return -ENOMEM;
	kfree(item->text);
	item->text = copy;
	return 0;
}

static int test_first_touch(struct kddm_set *s, u64 id, void *data)
{
	int err = count(FIRST_TOUCH);
	const char *text = id < DEVICE ? device[id] : "";

	return err ?: set_text(data, text, strlen(text));
}

static void test_insert(struct kddm_set *s, u64 id, void *data)
{
	count(INSERT);
}

static void test_put(struct kddm_set *s, u64 id, void *data, bool written)
{
	count(written ? PUT_WRITTEN : PUT);
}

static void test_invalidate(struct kddm_set *s, u64 id, void *data)
{
	count(INVALIDATE);
}

static int test_sync(struct kddm_set *s, u64 id, const void *buf, u32 len)
{
	int err = count(SYNC);

	if (err || id >= DEVICE || len >= SIZE)
		return err ?: -EINVAL;
	memcpy(device[id], buf, len);
	device[id][len] = '\0';
	return 0;
}

static void test_remove(struct kddm_set *s, u64 id)
{
	count(REMOVE);
	if (id < DEVICE)
		device[id][0] = '\0';
}

static u32 test_export(struct kddm_set *s, u64 id, const void *data, void *buf,
		       u32 max)
{
	const struct item *item = data;
	u32 len = item->text ? min_t(u32, strlen(item->text), max) : 0;

	count(EXPORT);
	memcpy(buf, item->text, len);
	return len;
}

static int test_import(struct kddm_set *s, u64 id, void *data, const void *buf,
		       u32 len)
{
	int err = count(IMPORT);

	return err ?: set_text(data, buf, len);
}

static u16 test_default_owner(struct kddm_set *s, u64 id, u16 nr)
{
	count(DEFAULT_OWNER);
	return id % nr;
}

static void test_change_state(struct kddm_set *s, u64 id, void *data,
			      const char *from, const char *to)
{
	count(CHANGE_STATE);
}

static const struct kddm_linker linker = {
	.name		= "test",
	.owner		= THIS_MODULE,
	.instantiate	= test_instantiate,
	.uninstantiate	= test_uninstantiate,
	.alloc		= test_alloc,
	.free		= test_free,
	.first_touch	= test_first_touch,
	.insert		= test_insert,
	.put		= test_put,
	.invalidate	= test_invalidate,
	.sync		= test_sync,
	.remove		= test_remove,
	.export		= test_export,
	.import		= test_import,
	.default_owner	= test_default_owner,
	.change_state	= test_change_state,
};

/* Objects */

static void next_fails(enum op op, int err)
{
	fail_err = err;
	failed_allocs += op == ALLOC;
	WRITE_ONCE(fail_op, op);
}

static int called(enum op op)
{
	return atomic_read(&calls[op]);
}

static int write_text(int node, u64 id, const char *text)
{
	struct kddm_obj *obj = kddm_grab(set[node], id, 0);
	int err;

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	err = set_text(kddm_data(obj), text, strlen(text));
	kddm_put(obj);
	return err;
}

/* 0 if the object says @text. */
static int read_text(int node, u64 id, const char *text)
{
	struct kddm_obj *obj = kddm_get(set[node], id, 0);
	const struct item *item;
	int err;

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	item = kddm_data(obj);
	err = strcmp(item->text ?: "", text) ? -EILSEQ : 0;
	kddm_put(obj);
	return err;
}

/* Home waits for an object, and gets word that it has been removed. */
static void removed_for_home(void)
{
	struct kddm_obj *obj;

	CHECK_EQ(write_text(B, NODES + A, "old"), 0);
	CHECK_EQ(kddm_sync(set[B], NODES + A), 0);
	obj = kddm_grab(set[B], NODES + A, 0);
	if (!CHECK_EQ(PTR_ERR_OR_ZERO(obj), 0))
		return;
	CHECK_EQ(kddm_prefetch(set[A], NODES + A, true), 0);
	msleep(50);	/* it stands in line */
	CHECK_EQ(kddm_remove_held(obj), 0);
	CHECK_EQ(read_text(A, NODES + A, ""), 0);
	CHECK_EQ(strcmp(device[NODES + A], ""), 0);
}

/* Object @id is home on node id % NODES, by test_default_owner(). */
static void every_op(void)
{
	enum op op;

	strscpy(device[1], "on the device");
	CHECK_EQ(read_text(A, 1, "on the device"), 0);
	CHECK_EQ(write_text(B, 1, "written"), 0);
	CHECK_EQ(read_text(C, 1, "written"), 0);
	CHECK_EQ(write_text(A, 1, "a longer text"), 0);
	CHECK_EQ(kddm_sync(set[A], 1), 0);
	CHECK_EQ(strcmp(device[1], "a longer text"), 0);
	CHECK_EQ(kddm_remove(set[B], 1), 0);
	CHECK_EQ(read_text(C, 1, ""), 0);
	CHECK_EQ(kddm_sync(set[C], 99), -ENOENT);
	removed_for_home();
	for (op = 0; op < NR_OPS; op++)
		if (op != UNINSTANTIATE)
			client_check(called(op), op_names[op]);
}

static void alloc_fails(void)
{
	next_fails(ALLOC, -ENOMEM);
	CHECK_EQ(write_text(A, 2, "x"), -ENOMEM);
	CHECK_EQ(write_text(A, 2, "two"), 0);
	next_fails(ALLOC, -ENOMEM);
	CHECK_EQ(read_text(B, 2, "two"), -ENOMEM);
	CHECK_EQ(read_text(B, 2, "two"), 0);
}

static void first_touch_fails(void)
{
	int node;

	for (node = 0; node < NODES; node++) {
		next_fails(FIRST_TOUCH, -EIO);
		CHECK_EQ(read_text(node, 3, ""), -EIO);
		next_fails(FIRST_TOUCH, -ENOMEM);
		CHECK_EQ(write_text(node, 4, "x"), -ENOMEM);
		CHECK_EQ(PTR_ERR(kddm_get(set[node], 3, KDDM_NOCREATE)),
			 -ENOENT);
	}
	CHECK_EQ(write_text(B, 3, "three"), 0);
	CHECK_EQ(read_text(C, 3, "three"), 0);
}

/* Errors that mean something to KDDM are not the linker's. */
static void errors_of_others(void)
{
	static const int err[] = {
		-EAGAIN, -EBUSY, -EEXIST, -EHOSTDOWN, -ENOENT, -EOWNERDEAD,
		-ESHUTDOWN, -ESTALE, 1,
	};
	int i, node;

	for (i = 0; i < ARRAY_SIZE(err); i++) {
		for (node = 0; node < NODES; node++) {
			next_fails(FIRST_TOUCH, err[i]);
			CHECK_EQ(read_text(node, 3, ""), -EIO);
			next_fails(FIRST_TOUCH, err[i]);
			CHECK_EQ(write_text(node, 4, "x"), -EIO);
		}
	}
	CHECK_EQ(write_text(A, 5, "five"), 0);
	for (i = 0; i < ARRAY_SIZE(err); i++) {
		next_fails(IMPORT, err[i]);
		CHECK_EQ(read_text(B, 5, "five"), -EIO);
	}
	CHECK_EQ(read_text(B, 5, "five"), 0);
	for (i = 0; i < ARRAY_SIZE(err); i++) {
		for (node = 0; node < NODES; node++) {
			next_fails(SYNC, err[i]);
			CHECK_EQ(kddm_sync(set[node], 5), -EIO);
		}
	}
}

/* What one node cannot take in is not lost to the others, nor to itself. */
static void import_fails_of(const char *five, const char *cinq)
{
	CHECK_EQ(write_text(A, 5, five), 0);
	next_fails(IMPORT, -EIO);
	CHECK_EQ(read_text(B, 5, five), -EIO);
	CHECK_EQ(read_text(B, 5, five), 0);
	next_fails(IMPORT, -EIO);
	CHECK_EQ(write_text(C, 5, "x"), -EIO);	/* it is the owner now */
	CHECK_EQ(read_text(A, 5, five), 0);
	next_fails(IMPORT, -ENOMEM);
	CHECK_EQ(read_text(C, 5, five), -ENOMEM);
	CHECK_EQ(read_text(C, 5, five), 0);
	CHECK_EQ(write_text(C, 5, cinq), 0);
	CHECK_EQ(read_text(B, 5, cinq), 0);
}

static void import_fails(void)
{
	import_fails_of("five", "cinq");
}

/* No two places near each other look the same. */
static char *long_text(u32 len)
{
	char *text = kvmalloc(len + 1, GFP_KERNEL);
	u32 i;

	for (i = 0; text && i < len; i++)
		text[i] = 'a' + (i + i / 26 + i / 676) % 26;
	if (text)
		text[len] = '\0';
	return text;
}

static void long_import_fails(void)
{
	char *five = long_text(LONG);
	char *cinq = long_text(LONG - 1);

	if (client_check(five && cinq, "memory"))
		import_fails_of(five, cinq);
	else
		fail_op = -1;
	kvfree(five);
	kvfree(cinq);
}

static void sync_fails(void)
{
	CHECK_EQ(write_text(A, 6, "six"), 0);
	next_fails(SYNC, -EIO);
	CHECK_EQ(kddm_sync(set[B], 6), -EIO);
	next_fails(SYNC, -ENOMEM);
	CHECK_EQ(kddm_sync(set[A], 6), -ENOMEM);
	CHECK_EQ(kddm_sync(set[B], 6), 0);
	CHECK_EQ(strcmp(device[6], "six"), 0);
}

/* No node has the set any more; so often it could not be made. */
static bool is_over(int failed)
{
	return called(INSTANTIATE) - failed == called(UNINSTANTIATE);
}

/* As "echo 2 >/proc/sys/vm/drop_caches". */
static void reclaim(void)
{
	struct file *file = filp_open("/proc/sys/vm/drop_caches", O_WRONLY, 0);
	loff_t pos = 0;

	if (IS_ERR(file))
		return;
	kernel_write(file, "2", 1, &pos);
	filp_close(file, NULL);
}

static bool is_stored(u64 id, const char *text)
{
	reclaim();
	return !strcmp(device[id], text);
}

static bool has_failed(void)
{
	reclaim();
	return READ_ONCE(fail_op) == -1;
}

/* Whatever else there is to be reclaimed goes first, and is slow. */
#define reclaimed(fn, ...)	client_await_for(60, fn, ##__VA_ARGS__)

/* The object says @text, and that was on the device alone. */
static void recalled(int node, u64 id, const char *text)
{
	int before = called(FIRST_TOUCH);

	CHECK_EQ(read_text(node, id, text), 0);
	CHECK_EQ(called(FIRST_TOUCH) - before, 1);
}

/* All are at home on A. */
static void memory_is_short(void)
{
	struct kddm_obj *obj;

	/* The owner is A, and B, which has A take it. */
	CHECK_EQ(write_text(A, 3, "three"), 0);
	CHECK_EQ(write_text(B, 4, "four"), 0);
	CHECK(reclaimed(is_stored, 3, "three"));
	CHECK(reclaimed(is_stored, 4, "four"));
	recalled(A, 3, "three");
	recalled(C, 4, "four");

	/* What is away exists; who writes it has what was there. */
	CHECK_EQ(write_text(A, 3, "III"), 0);
	CHECK(reclaimed(is_stored, 3, "III"));
	obj = kddm_grab(set[B], 3, KDDM_NOCREATE);
	if (CHECK_EQ(PTR_ERR_OR_ZERO(obj), 0)) {
		CHECK_EQ(strcmp(((struct item *)kddm_data(obj))->text, "III"),
			 0);
		kddm_put(obj);
	}

	/* The device fails: the contents stay, or cannot be had just now. */
	CHECK_EQ(write_text(A, 4, "IV"), 0);
	next_fails(SYNC, -EIO);
	CHECK(reclaimed(has_failed));
	CHECK(reclaimed(is_stored, 4, "IV"));
	next_fails(FIRST_TOUCH, -EIO);
	CHECK_EQ(read_text(A, 4, "IV"), -EIO);
	next_fails(FIRST_TOUCH, -EIO);
	CHECK_EQ(read_text(B, 4, "IV"), -EIO);
	next_fails(ALLOC, -ENOMEM);
	CHECK_EQ(write_text(A, 4, "x"), -ENOMEM);
	recalled(B, 4, "IV");
	CHECK_EQ(read_text(A, 4, "IV"), 0);

	/* It is removed, and made anew. */
	CHECK_EQ(write_text(A, 4, "iv"), 0);
	CHECK(reclaimed(is_stored, 4, "iv"));
	CHECK_EQ(kddm_remove(set[A], 4), 0);
	CHECK_EQ(strcmp(device[4], ""), 0);
	CHECK_EQ(PTR_ERR(kddm_get(set[A], 4, KDDM_NOCREATE)), -ENOENT);
	CHECK_EQ(read_text(C, 4, ""), 0);

	/* So is one that cannot be read, whatever the device says of it. */
	CHECK_EQ(write_text(A, 4, "four"), 0);
	CHECK(reclaimed(is_stored, 4, "four"));
	next_fails(FIRST_TOUCH, -ENODATA);
	CHECK_EQ(read_text(C, 4, "four"), -EIO);
	next_fails(FIRST_TOUCH, -ENODATA);
	CHECK_EQ(kddm_remove(set[B], 4), 0);
	CHECK_EQ(PTR_ERR(kddm_get(set[A], 4, KDDM_NOCREATE)), -ENOENT);
}

/* @home: that of all objects, or KDDM_ANY_NODE */
static void in_set_at(u16 home, u32 flags, u32 size, void (*test)(void),
		      const char *name)
{
	struct kddm_set_attr attr = {
		.name = "client-linker", .linker = "test", .size = size,
		.flags = flags, .home = home,
	};

	client_begin(name);
	memset(device, 0, sizeof(device));
	failed_allocs = 0;
	if (!client_open(set, &attr)) {
		test();
		client_check(fail_op == -1, "what was to fail was called");
		fail_op = -1;
		client_close(set, attr.name);
		/* Somebody may still be looking at it. */
		CHECK(client_await(is_over, 0));
		/* One that failed gave nothing. */
		CHECK_EQ(called(ALLOC) - called(FREE), failed_allocs);
	}
	memset(calls, 0, sizeof(calls));
	client_end();
}

static void in_set(u32 flags, u32 size, void (*test)(void), const char *name)
{
	in_set_at(KDDM_ANY_NODE, flags, size, test, name);
}

static void instantiate_fails(void)
{
	struct kddm_set_attr attr = {
		.name = "client-linker", .linker = "test", .size = SIZE,
		.home = KDDM_ANY_NODE,
	};
	int i;

	client_begin("linker: a set that a node cannot make");
	for (i = 0; i < NODES; i++) {
		next_fails(INSTANTIATE, -ENOSPC);
		CHECK_EQ(PTR_ERR(kddm_set_create(client_net[i], &attr)),
			 -ENOSPC);
		CHECK_EQ(PTR_ERR(kddm_set_open(client_net[i], attr.name)),
			 -ENOENT);
	}
	memset(calls, 0, sizeof(calls));
	client_end();
}

/* One that opens it cannot make it, and one that is a home cannot. */
static void elsewhere(const char *name)
{
	next_fails(INSTANTIATE, -EMFILE);
	CHECK_EQ(PTR_ERR(kddm_set_open(client_net[B], name)), -EMFILE);
	next_fails(INSTANTIATE, -ENOMEM);
	CHECK_EQ(PTR_ERR(kddm_set_open(client_net[B], name)), -ENOMEM);
	set[B] = kddm_set_open(client_net[B], name);
	if (!CHECK_EQ(PTR_ERR_OR_ZERO(set[B]), 0))
		return;
	next_fails(INSTANTIATE, -EHOSTDOWN);
	CHECK_EQ(read_text(A, C, ""), -EIO);
	next_fails(INSTANTIATE, -EIO);
	CHECK_EQ(read_text(A, C, ""), -EIO);
	next_fails(INSTANTIATE, -ENOMEM);
	CHECK_EQ(write_text(B, NODES + C, "x"), -ENOMEM);
	CHECK_EQ(write_text(B, C, "two"), 0);
	CHECK_EQ(read_text(A, C, "two"), 0);
	CHECK_EQ(fail_op, -1);
	kddm_set_close(set[B]);
}

static void instantiate_fails_elsewhere(void)
{
	struct kddm_set_attr attr = {
		.name = "client-linker", .linker = "test", .size = SIZE,
		.home = KDDM_ANY_NODE,
	};

	client_begin("linker: a set that another node cannot make");
	set[A] = kddm_set_create(client_net[A], &attr);
	if (CHECK_EQ(PTR_ERR_OR_ZERO(set[A]), 0)) {
		elsewhere(attr.name);
		fail_op = -1;
		kddm_set_close(set[A]);
		CHECK_EQ(kddm_set_destroy(client_net[A], attr.name, false), 0);
		CHECK(client_await(is_over, 5));
	}
	memset(calls, 0, sizeof(calls));
	client_end();
}

#define KEPT	16	/* objects, on the device at most */

/*
 * A, which wrote them, is apart.  Who kept them could not make the set at
 * first, and cannot make anything of them at first, and then can.
 */
static void keepers(void)
{
	u64 id;

	for (id = 0; id < KEPT; id++) {
		next_fails(INSTANTIATE, -ENOMEM);
		CHECK_EQ(write_text(A, id, "kept"), 0);
	}
	CHECK_EQ(called(INSTANTIATE), NODES + 1);
	fail_op = -1;
	CHECK_EQ(client_link(A, false), 0);
	for (id = 0; id < KEPT; id++) {
		next_fails(IMPORT, -ENODATA);
		if (id % 2)
			CHECK_EQ(write_text(C, id, "x"), -ENODATA);
		else
			CHECK_EQ(read_text(C, id, "kept"), -ENODATA);
		CHECK_EQ(read_text(C, id, "kept"), 0);
		CHECK_EQ(write_text(C, id, "new"), 0);
	}
	CHECK_EQ(client_link(A, true), 0);
	/* Waits until A serves. */
	for (id = 0; id < KEPT; id++)
		CHECK_EQ(read_text(A, id, "new"), 0);
}

static void replicas_fail(void)
{
	struct kddm_set_attr attr = {
		.name = "client-linker", .linker = "test", .size = SIZE,
		.home = kddm_self(client_net[C]), .replicas = 2,
	};

	client_begin("linker: replicas that a node cannot make anything of");
	set[A] = kddm_set_create(client_net[A], &attr);
	set[C] = kddm_set_open(client_net[C], attr.name);
	if (CHECK_EQ(PTR_ERR_OR_ZERO(set[A]), 0) &&
	    CHECK_EQ(PTR_ERR_OR_ZERO(set[C]), 0))
		keepers();
	fail_op = -1;
	kddm_set_close(set[C]);
	kddm_set_close(set[A]);
	CHECK_EQ(kddm_set_destroy(client_net[A], attr.name, false), 0);
	CHECK(client_await(is_over, 1));
	memset(calls, 0, sizeof(calls));
	client_end();
}

static void registers(void)
{
	struct kddm_linker bad = linker;

	client_begin("linker: registration");
	CHECK_EQ(kddm_linker_register(&linker), -EEXIST);
	/* Of one that is not registered, there is nothing to forget. */
	kddm_linker_unregister(&bad);
	CHECK_EQ(kddm_linker_register(&bad), -EEXIST);
	bad.name = "no good";
	CHECK_EQ(kddm_linker_register(&bad), -EINVAL);
	bad.name = "half";
	bad.import = NULL;
	CHECK_EQ(kddm_linker_register(&bad), -EINVAL);
	client_end();
}

void client_test_linker(void)
{
	u32 flags;

	client_begin("linker");
	if (!CHECK_EQ(kddm_linker_register(&linker), 0)) {
		client_end();
		return;
	}
	registers();
	in_set(0, SIZE, every_op, "linker: every operation");
	in_set(KDDM_SET_TOUCH_HOME, SIZE, every_op,
	       "linker: every operation, first touch at home");
	for (flags = 0; flags <= KDDM_SET_TOUCH_HOME;
	     flags += KDDM_SET_TOUCH_HOME) {
		in_set(flags, SIZE, first_touch_fails,
		       "linker: first touch fails");
		in_set(flags, SIZE, import_fails, "linker: import fails");
		in_set(flags, SIZE, errors_of_others,
		       "linker: errors that are not its own");
	}
	in_set(0, LONG, long_import_fails, "linker: long import fails");
	in_set(0, SIZE, alloc_fails, "linker: no memory");
	in_set(0, SIZE, sync_fails, "linker: sync fails");
	in_set_at(kddm_self(client_net[A]), KDDM_SET_TOUCH_HOME, SIZE,
		  memory_is_short, "linker: memory is short");
	instantiate_fails();
	instantiate_fails_elsewhere();
	replicas_fail();
	kddm_linker_unregister(&linker);
}
