// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of all sizes.
 */
#include <linux/crc32.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "rpc.h"

static atomic_t cast_sum;

/* The reply is the request, backwards by words. */
static int handler(struct kddm_request *req)
{
	struct kddm_unpack *args = kddm_request_args(req);
	struct kddm_pack *reply;
	u32 left = args->len;

	reply = kddm_reply_room(req, args->len + 4);
	if (reply->err == -EMSGSIZE) {
		atomic_set(&cast_sum, crc32_le(~0, args->buf, args->len));
		return 0;
	}
	kddm_pack_u32(reply, crc32_le(~0, args->buf, args->len));
	while (left >= 4)
		kddm_pack_bytes(reply, args->buf + (left -= 4), 4);
	return 0;
}

static struct kddm_svc svc = {
	.name		= "test-large",
	.handler	= handler,
	.max_request	= KDDM_MESSAGE_MAX - 4,
	.max_reply	= KDDM_MESSAGE_MAX,
};

static struct kddm_svc small = {
	.name		= "test-large",
	.handler	= handler,
	.max_request	= KDDM_MESSAGE_MAX,
	.max_reply	= KDDM_MESSAGE,
};

static struct kddm_svc daring = {
	.name		= "test-large",
	.handler	= handler,
	.max_request	= KDDM_MESSAGE_MAX,
	.max_reply	= KDDM_MESSAGE_MAX,
};

static int there_and_back(int from, int to, u8 *buf, u32 len)
{
	struct kddm_reply reply;
	struct kddm_pack req;
	u32 left = len;
	int err;

	get_random_bytes(buf, min(len, 4096));
	kddm_pack_init(&req, buf, len);
	kddm_pack_room(&req, len);
	err = kddm_call(test_net[from], test_id(to), &svc, 0, &req, &reply,
			LONG);
	if (err)
		return err;
	if (reply.data.len != len / 4 * 4 + 4 ||
	    kddm_unpack_u32(&reply.data) != crc32_le(~0, buf, len))
		err = -EBADMSG;
	while (left >= 4 && !err) {
		left -= 4;
		if (memcmp(kddm_unpack_ref(&reply.data, 4), buf + left, 4))
			err = -EILSEQ;
	}
	kddm_reply_free(&reply);
	return err;
}

static const u32 sizes[] = {
	0, 1, 4, 1000, 32768, 32772, 65532, 65536, 65537, 65540, 65600, 98304,
	131072, 200000, 1048576, KDDM_MESSAGE_MAX - 4,
};

static u32 sum_later(u32 old)
{
	unsigned long end = jiffies + LONG;

	while (atomic_read(&cast_sum) == old && time_before(jiffies, end))
		schedule_timeout_uninterruptible(1);
	return atomic_read(&cast_sum);
}

void test_large(void)
{
	u8 *buf = kvzalloc(KDDM_MESSAGE_MAX, GFP_KERNEL);
	struct kddm_pack req;
	int i;

	if (!buf || !CHECK_EQ(kddm_svc_register(&svc), 0))
		goto free;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (!CHECK_EQ(there_and_back(A, B, buf, sizes[i]), 0))
			test_note("with %u bytes", sizes[i]);
		if (!CHECK_EQ(there_and_back(C, C, buf, sizes[i]), 0))
			test_note("with %u bytes, own node", sizes[i]);
	}
	atomic_set(&cast_sum, 0);
	kddm_pack_init(&req, buf, 1000000);
	kddm_pack_room(&req, 1000000);
	CHECK_EQ(kddm_cast(test_net[A], test_id(C), &svc, 0, &req), 0);
	CHECK_EQ(sum_later(0), crc32_le(~0, buf, 1000000));
	kddm_svc_unregister(&svc);
free:
	kvfree(buf);
}

static int call(const struct kddm_svc *as, u8 *buf, u32 len)
{
	struct kddm_pack req;

	kddm_pack_init(&req, buf, len);
	kddm_pack_room(&req, len);
	return kddm_call(test_net[A], test_id(B), as, 0, &req, NULL, LONG);
}

void test_too_large(void)
{
	u8 *buf = kvzalloc(KDDM_MESSAGE_MAX + 4, GFP_KERNEL);

	if (!buf || !CHECK_EQ(kddm_svc_register(&svc), 0))
		goto free;
	CHECK_EQ(call(&svc, buf, KDDM_MESSAGE_MAX), -EMSGSIZE);
	CHECK_EQ(call(&daring, buf, KDDM_MESSAGE_MAX + 4), -EMSGSIZE);
	/* It is the other side that does not want it. */
	CHECK_EQ(call(&daring, buf, KDDM_MESSAGE_MAX), -EMSGSIZE);
	CHECK_EQ(call(&small, buf, KDDM_MESSAGE), -EMSGSIZE);
	CHECK_EQ(call(&small, buf, KDDM_MESSAGE - 4), 0);
	kddm_svc_unregister(&svc);
free:
	kvfree(buf);
}
