// SPDX-License-Identifier: GPL-2.0-only
/*
 * A node with another version of the protocol.
 *
 * It is a socket of the kernel, next to node B, that is published as a node
 * with an id of its own.  The others send it their HELLO; its answer has only
 * the four bytes that every version has in common.  run.sh looks at what node A
 * tells of it; until the module goes it stays published.
 */
#include <linux/err.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/tipc.h>
#include <linux/uio.h>
#include <net/sock.h>
#include "client.h"

#define ALIEN		9	/* its id */
#define TIPC_ONLINE	24	/* as in net/kddm/member.h */
#define WAIT		(10 * HZ)

/* What opens every message, as in net/kddm/wire.h. */
struct opening {
	__le16	magic;
	__u8	version;
	__u8	type;
};

static struct socket *sock;

static int publish(void)
{
	struct sockaddr_tipc addr = {
		.family = AF_TIPC,
		.addrtype = TIPC_SERVICE_RANGE,
		.scope = TIPC_CLUSTER_SCOPE,
		.addr.nameseq.type = TIPC_ONLINE,
		.addr.nameseq.lower = ALIEN,
		.addr.nameseq.upper = ALIEN,
	};

	return kernel_bind(sock, (struct sockaddr_unsized *)&addr,
			   sizeof(addr));
}

/* The next HELLO, and who sent it; returns an error of the socket. */
static int hello(struct opening *opening, struct sockaddr_tipc *from)
{
	struct msghdr msg = { .msg_name = from };
	struct kvec vec = { opening, sizeof(*opening) };
	int err;

	err = kernel_recvmsg(sock, &msg, &vec, 1, sizeof(*opening), MSG_TRUNC);
	return min(err, 0);
}

static int answer(struct opening *opening, struct sockaddr_tipc *to)
{
	struct msghdr msg = { .msg_name = to, .msg_namelen = sizeof(*to) };
	struct kvec vec = { opening, sizeof(*opening) };
	int err;

	opening->version++;
	err = kernel_sendmsg(sock, &msg, &vec, 1, sizeof(*opening));
	return min(err, 0);
}

/* Each node wants to meet it, and may say so more than once. */
static void meet(void)
{
	struct sockaddr_tipc from = { };
	struct opening opening;
	u32 seen[NODES];
	int i, n = 0;

	while (n < NODES && CHECK_EQ(hello(&opening, &from), 0)) {
		for (i = 0; i < n; i++)
			if (seen[i] == from.addr.id.node)
				break;
		if (i < n)
			continue;
		seen[n++] = from.addr.id.node;
		CHECK_EQ(answer(&opening, &from), 0);
	}
}

void client_test_alien(void)
{
	client_begin("a node with another protocol version");
	if (CHECK_EQ(sock_create_kern(client_net[1], AF_TIPC, SOCK_RDM, 0,
				      &sock), 0)) {
		sock->sk->sk_rcvtimeo = WAIT;
		if (CHECK_EQ(publish(), 0))
			meet();
	}
	client_end();
}

void client_alien_exit(void)
{
	if (sock)
		sock_release(sock);
}
