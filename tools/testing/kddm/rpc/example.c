// SPDX-License-Identifier: GPL-2.0-only
/*
 * The example of Documentation/kddm/rpc.rst: a service that tells what it knows
 * of a name, and a client that asks all nodes until one knows it.
 */
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/string.h>
#include "rpc.h"

#define NAME_MAX_LEN	32

static int phone_handler(struct kddm_request *req)
{
	struct kddm_unpack *args = kddm_request_args(req);
	char name[NAME_MAX_LEN];

	kddm_unpack_str(args, name, sizeof(name));
	if (kddm_unpack_end(args))
		return -EBADMSG;
	/* Each node knows one name. */
	if (kddm_self(kddm_request_net(req)) != strlen(name))
		return -ENOENT;
	kddm_pack_u64(kddm_reply_room(req, sizeof(u64)), 5550000 + name[0]);
	return 0;
}

static struct kddm_svc phone = {
	.name		= "example-phone",
	.handler	= phone_handler,
	.workers	= 2,
};

/* The number of whoever is called @name. */
static int phone_number(struct net *net, const char *name, u64 *number)
{
	DECLARE_BITMAP(nodes, KDDM_NODE_IDS);
	u8 buf[NAME_MAX_LEN + 2];
	struct kddm_gather *all;
	struct kddm_reply reply;
	struct kddm_pack req;
	int err;

	err = kddm_nodes(net, nodes);
	if (err < 0)
		return err;
	kddm_pack_init(&req, buf, sizeof(buf));
	kddm_pack_str(&req, name);
	all = kddm_call_many(net, nodes, &phone, 0, &req, 5 * HZ);
	if (IS_ERR(all))
		return PTR_ERR(all);
	while ((err = kddm_gather_next(all, &reply)) > 0) {
		if (!reply.err) {
			*number = kddm_unpack_u64(&reply.data);
			err = kddm_unpack_end(&reply.data);
			kddm_reply_free(&reply);
			goto end;
		}
		kddm_reply_free(&reply);
	}
	if (!err)
		err = -ENOENT;
end:
	/* The others need not answer any more. */
	kddm_gather_end(all);
	return err;
}

void test_example(void)
{
	u64 number = 0;

	if (!CHECK_EQ(kddm_svc_register(&phone), 0))
		return;
	CHECK_EQ(phone_number(test_net[A], "ab", &number), 0);
	CHECK_EQ(number, 5550000 + 'a');
	CHECK_EQ(phone_number(test_net[C], "x", &number), 0);
	CHECK_EQ(number, 5550000 + 'x');
	CHECK_EQ(phone_number(test_net[B], "nobody", &number), -ENOENT);
	CHECK_EQ(phone_number(test_net[B],
			      "a name that is much too long for it", &number),
		 -EMSGSIZE);
	kddm_svc_unregister(&phone);
}
