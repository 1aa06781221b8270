// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bench: orders to other nodes, and what these do.
 *
 * What comes from another node is checked, and cannot have more done than a
 * case needs; the set that is used is always the same.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/string.h>
#include "../main.h"
#include "../rpc.h"
#include "bench.h"

#define ORDER_TIMEOUT	(BENCH_TIME + 2 * HZ)
#define SHARE_MAX	1000		/* milliseconds */

struct wire_order {
	__le32	todo;
	__le32	first;
	__le32	count;
	__le32	size;
	__le32	stamp;
	__le32	port;
	__le32	addr;
	__le32	ms;
} __packed;

/* On both sides */

int bench_write(struct kddm_set *set, u64 id, u32 value)
{
	struct kddm_obj *obj = kddm_grab(set, id, 0);

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	*(u32 *)kddm_data(obj) = value;
	return kddm_put(obj);
}

int bench_check(struct kddm_obj *obj, u32 value)
{
	u32 found = *(u32 *)kddm_data(obj);

	kddm_put(obj);
	return found == value ? 0 : -EIO;
}

/*
 * The objects have who wrote them last: the id and one, for they begin with 0.
 * There is one more of them than nodes, so one is always free, and nobody waits
 * for ever.
 */
s64 bench_bounce(struct kddm_set *set, u32 place, u32 nodes, u32 self,
		 unsigned long end, struct bench_times *t)
{
	struct kddm_obj *held = NULL, *obj;
	s64 handed = 0;
	ktime_t start;
	u32 *last;
	u64 ns;

	while (time_before(jiffies, end)) {
		start = ktime_get();
		obj = kddm_grab(set, place, 0);
		if (IS_ERR(obj)) {
			handed = PTR_ERR(obj);
			break;
		}
		ns = ktime_to_ns(ktime_sub(ktime_get(), start));
		if (held)
			kddm_put(held);
		held = obj;
		place = (place + 1) % (nodes + 1);
		last = kddm_data(obj);
		if (*last != self + 1) {
			handed++;
			if (t)
				bench_times_note(t, ns, 1);
		}
		*last = self + 1;
		cond_resched();
	}
	if (held)
		kddm_put(held);
	return handed;
}

s64 bench_read(struct kddm_set *set, u64 id, unsigned long end,
	       struct bench_times *t)
{
	struct kddm_obj *obj;
	ktime_t start;
	s64 ops = 0;
	int err;

	while (time_before(jiffies, end)) {
		err = kddm_flush(set, id, KDDM_ANY_NODE);
		if (err)
			return err;
		start = ktime_get();
		obj = kddm_get(set, id, 0);
		if (IS_ERR(obj))
			return PTR_ERR(obj);
		if (t)
			bench_times_note(t, ktime_to_ns(ktime_sub(ktime_get(),
								  start)), 1);
		kddm_put(obj);
		ops++;
		cond_resched();
	}
	return ops;
}

/* The other node */

static int grab_all(struct kddm_set *set, const struct bench_order *o)
{
	int err = 0;
	u32 i;

	for (i = o->first; !err && i < o->first + o->count; i++) {
		err = bench_write(set, i, i + o->stamp);
		cond_resched();
	}
	return err;
}

static int get_all(struct kddm_set *set, const struct bench_order *o)
{
	struct kddm_obj *obj;
	int err = 0;
	u32 i;

	for (i = o->first; !err && i < o->first + o->count; i++) {
		obj = kddm_get(set, i, 0);
		if (IS_ERR(obj))
			return PTR_ERR(obj);
		err = bench_check(obj, i + o->stamp);
		cond_resched();
	}
	return err;
}

static s64 with_set(struct kddm_net *kn, const struct bench_order *o)
{
	unsigned long end = jiffies + msecs_to_jiffies(o->ms);
	struct kddm_set *set;
	s64 ret;

	set = kddm_set_open(kn->net, BENCH_SET);
	if (IS_ERR(set))
		return PTR_ERR(set);
	if (kddm_set_size(set) < sizeof(u32)) {
		ret = -EINVAL;
		goto close;
	}
	switch (o->todo) {
	case BENCH_DO_GRAB:
		ret = grab_all(set, o) ?: o->count;
		break;
	case BENCH_DO_GET:
		ret = get_all(set, o) ?: o->count;
		break;
	case BENCH_DO_BOUNCE:
		ret = bench_bounce(set, o->first, o->count, kn->self, end,
				   NULL);
		break;
	default:
		ret = bench_read(set, o->first, end, NULL);
		break;
	}
close:
	kddm_set_close(set);
	return ret;
}

static s64 carry_out(struct kddm_net *kn, const struct bench_order *o)
{
	if (o->count > KDDM_BENCH_COUNT_MAX || o->size > KDDM_BENCH_SIZE_MAX ||
	    o->ms > SHARE_MAX)
		return -EINVAL;
	switch (o->todo) {
	case BENCH_DO_GRAB:
	case BENCH_DO_GET:
	case BENCH_DO_BOUNCE:
	case BENCH_DO_READ:
		return with_set(kn, o);
	case BENCH_DO_ECHO:
		return bench_raw_echo(kn, o);
	case BENCH_DO_STREAM:
		return bench_raw_send(kn, o);
	default:
		return -EINVAL;
	}
}

static int order_handler(struct kddm_net *kn, u16 src, const void *req,
			 size_t len, void *reply, size_t max)
{
	const struct wire_order *w = req;
	struct bench_order o;
	__le64 wire;
	s64 ret;

	if (len != sizeof(*w) || max < sizeof(wire))
		return -EINVAL;
	o.todo = le32_to_cpu(w->todo);
	o.first = le32_to_cpu(w->first);
	o.count = le32_to_cpu(w->count);
	o.size = le32_to_cpu(w->size);
	o.stamp = le32_to_cpu(w->stamp);
	o.port = le32_to_cpu(w->port);
	o.addr = le32_to_cpu(w->addr);
	o.ms = le32_to_cpu(w->ms);
	ret = carry_out(kn, &o);
	if (ret < 0)
		return ret;
	wire = cpu_to_le64(ret);
	memcpy(reply, &wire, sizeof(wire));
	return sizeof(wire);
}

static int echo_handler(struct kddm_net *kn, u16 src, const void *req,
			size_t len, void *reply, size_t max)
{
	if (len > max)
		return -EMSGSIZE;
	memcpy(reply, req, len);
	return len;
}

static struct kddm_rpc_service svc_order = {
	.name		= "kddm-bench",
	.handler	= order_handler,
	.owner		= THIS_MODULE,
};

static struct kddm_rpc_service svc_echo = {
	.name		= "kddm-bench-echo",
	.handler	= echo_handler,
	.direct		= true,
	.owner		= THIS_MODULE,
};

/* This node */

static s64 order(const struct bench *b, u16 node, const struct bench_order *o)
{
	const struct wire_order w = {
		.todo = cpu_to_le32(o->todo),
		.first = cpu_to_le32(o->first),
		.count = cpu_to_le32(o->count),
		.size = cpu_to_le32(o->size),
		.stamp = cpu_to_le32(o->stamp),
		.port = cpu_to_le32(o->port),
		.addr = cpu_to_le32(o->addr),
		.ms = cpu_to_le32(o->ms),
	};
	struct kddm_net *kn = kddm_enter(b->net);
	__le64 wire;
	s64 ret;

	if (IS_ERR(kn))
		return PTR_ERR(kn);
	ret = kddm_rpc_call(kn, node, &svc_order, &w, sizeof(w), &wire,
			    sizeof(wire), ORDER_TIMEOUT);
	kddm_exit(kn);
	if (ret < 0)
		return ret;
	return ret == sizeof(wire) ? (s64)le64_to_cpu(wire) : -EPROTO;
}

s64 bench_order(struct bench *b, u16 node, const struct bench_order *o)
{
	s64 ret = order(b, node, o);

	if (ret < 0)
		b->culprit = node;
	return ret;
}

static void part_work(struct work_struct *work)
{
	struct bench_part *part = container_of(work, struct bench_part, work);

	part->result = order(part->b, part->node, &part->order);
}

void bench_part_start(struct bench *b, u32 i, u16 node,
		      const struct bench_order *o)
{
	struct bench_part *part = &b->part[i];

	part->b = b;
	part->node = node;
	part->order = *o;
	INIT_WORK(&part->work, part_work);
	queue_work(bench_wq, &part->work);
}

s64 bench_part_end(struct bench *b, u32 i)
{
	struct bench_part *part = &b->part[i];

	flush_work(&part->work);
	if (part->result < 0)
		b->culprit = part->node;
	return part->result;
}

int bench_echo_call(struct bench *b, u16 node, void *buf, u32 len)
{
	struct kddm_net *kn = kddm_enter(b->net);
	int ret;

	if (IS_ERR(kn))
		return PTR_ERR(kn);
	ret = kddm_rpc_call(kn, node, &svc_echo, buf, len, buf, len,
			    ORDER_TIMEOUT);
	kddm_exit(kn);
	if (ret < 0)
		b->culprit = node;
	return ret < 0 ? ret : ret == len ? 0 : -EPROTO;
}

int __init bench_order_init(void)
{
	int err;

	err = kddm_rpc_register(&svc_order);
	if (err)
		return err;
	err = kddm_rpc_register(&svc_echo);
	if (err)
		kddm_rpc_unregister(&svc_order);
	return err;
}

void bench_order_exit(void)
{
	kddm_rpc_unregister(&svc_echo);
	kddm_rpc_unregister(&svc_order);
}
