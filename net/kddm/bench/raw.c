// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bench: TIPC without KDDM, between the same two nodes.
 *
 * A round trip is a message of the same size there and back, over datagram
 * sockets as KDDM has them.  The other node says hello first, by which this
 * one learns its address, and ends with a message of one byte.
 *
 * A stream is a connection, on which TIPC does what keeps a fast sender from
 * overrunning the receiver.  This node says when it begins.  Each message comes
 * from and goes to memory of its own, as objects do, up to STREAM bytes in all.
 *
 * Every wait ends after IDLE.
 */
#include <linux/kddm.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/tipc.h>
#include <net/sock.h>
#include "../main.h"
#include "bench.h"

#define IDLE	(2 * HZ)
#define HELLO	1		/* bytes of the first and of the last message */
#define STREAM	SZ_16M

static int sock_open(struct net *net, int type, struct socket **sock)
{
	int err;

	err = sock_create_kern(net, AF_TIPC, type, 0, sock);
	if (err) {
		*sock = NULL;
		return err;
	}
	WRITE_ONCE((*sock)->sk->sk_rcvtimeo, IDLE);
	WRITE_ONCE((*sock)->sk->sk_sndtimeo, IDLE);
	return 0;
}

/* An error of a socket, as KDDM would say it. */
static int plain_error(int err)
{
	switch (err) {
	case -EAGAIN:
		return -ETIMEDOUT;
	case -ERESTARTSYS:
		return -EINTR;
	default:
		return err;
	}
}

static int send_to(struct socket *sock, struct sockaddr_tipc *to, void *buf,
		   u32 len)
{
	struct kvec vec = { .iov_base = buf, .iov_len = len };
	struct msghdr msg = { };
	int ret;

	if (to) {
		msg.msg_name = to;
		msg.msg_namelen = sizeof(*to);
	}
	ret = kernel_sendmsg(sock, &msg, &vec, 1, len);
	return ret < 0 ? plain_error(ret) : 0;
}

/* Bytes, or a negative error number. */
static int recv_from(struct socket *sock, struct sockaddr_tipc *from, void *buf,
		     u32 len, int flags)
{
	struct kvec vec = { .iov_base = buf, .iov_len = len };
	struct msghdr msg = { .msg_name = from };
	int ret;

	ret = kernel_recvmsg(sock, &msg, &vec, 1, len, flags);
	return ret < 0 ? plain_error(ret) : ret;
}

static struct sockaddr_tipc sock_addr(u32 port, u32 node)
{
	return (struct sockaddr_tipc) {
		.family = AF_TIPC,
		.addrtype = TIPC_SOCKET_ADDR,
		.addr.id.ref = port,
		.addr.id.node = node,
	};
}

/* This node */

int bench_raw_open(struct bench *b)
{
	struct bench_raw *r = &b->raw;
	int err;

	r->size = b->size;
	r->buf = kvzalloc(r->size, GFP_KERNEL);
	if (!r->buf)
		return -ENOMEM;
	err = sock_open(b->net, SOCK_RDM, &r->sock);
	if (err)
		return err;
	err = sock_open(b->net, SOCK_STREAM, &r->listener);
	return err ?: kernel_listen(r->listener, 1);
}

void bench_raw_close(struct bench *b)
{
	struct bench_raw *r = &b->raw;

	if (r->listener)
		sock_release(r->listener);
	if (r->sock)
		sock_release(r->sock);
	kvfree(r->buf);
	memset(r, 0, sizeof(*r));
}

/* Have the first peer come to a socket of this node. */
static int invite(struct bench *b, enum bench_do todo, struct socket *sock)
{
	struct bench_order o = {
		.todo = todo,
		.count = b->count,
		.size = b->size,
	};
	struct sockaddr_tipc self;
	int ret;

	ret = kernel_getsockname(sock, (struct sockaddr *)&self);
	if (ret < 0)
		return ret;
	o.port = self.addr.id.ref;
	o.addr = self.addr.id.node;
	bench_part_start(b, 0, b->peer[0], &o);
	return 0;
}

/* What the peer says weighs more: why it did not come, for example. */
static int invite_end(struct bench *b, int err)
{
	s64 ret = bench_part_end(b, 0);

	return ret < 0 && err != -EINTR ? ret : err;
}

static int trip(struct bench_raw *r, struct sockaddr_tipc *to)
{
	int ret;

	ret = send_to(r->sock, to, r->buf, r->size);
	if (ret)
		return ret;
	ret = recv_from(r->sock, NULL, r->buf, r->size, 0);
	return ret < 0 ? ret : ret == r->size ? 0 : -EPROTO;
}

int bench_raw_trips(struct bench *b)
{
	struct sockaddr_tipc peer = { };
	struct bench_raw *r = &b->raw;
	ktime_t start;
	int err;
	u32 i;

	err = invite(b, BENCH_DO_ECHO, r->sock);
	if (err)
		return err;
	err = recv_from(r->sock, &peer, r->buf, r->size, 0);
	if (err >= 0)
		err = err == HELLO ? 0 : -EPROTO;
	for (i = 0; !err && i < b->count; i++) {
		start = ktime_get();
		err = trip(r, &peer);
		bench_times_add(&b->ref,
				ktime_to_ns(ktime_sub(ktime_get(), start)));
		err = err ?: bench_stop(b);
		cond_resched();
	}
	if (peer.family == AF_TIPC)
		send_to(r->sock, &peer, r->buf, HELLO);
	return invite_end(b, err);
}

/**
 * struct area - memory for the messages of a stream
 * @buf: of each
 * @nr: how many
 */
struct area {
	void	**buf;
	u32	nr;
};

static void area_free(struct area *a)
{
	while (a->nr)
		kvfree(a->buf[--a->nr]);
	kvfree(a->buf);
	a->buf = NULL;
}

static int area_init(struct area *a, u32 size, u32 count)
{
	u32 nr = clamp(count, 1, max(STREAM / size, 1));

	a->nr = 0;
	a->buf = kvcalloc(nr, sizeof(*a->buf), GFP_KERNEL);
	if (!a->buf)
		return -ENOMEM;
	for (; a->nr < nr; a->nr++) {
		a->buf[a->nr] = kvzalloc(size, GFP_KERNEL);
		if (!a->buf[a->nr]) {
			area_free(a);
			return -ENOMEM;
		}
	}
	return 0;
}

static int stream_in(struct bench *b, struct socket *sock,
		     const struct area *a)
{
	ktime_t begin = ktime_get();
	ktime_t start = begin;
	ktime_t now;
	int ret;
	u32 i;

	ret = send_to(sock, NULL, a->buf[0], HELLO);
	for (i = 0; !ret && i < b->count; i++) {
		ret = recv_from(sock, NULL, a->buf[i % a->nr], b->size,
				MSG_WAITALL);
		if (ret < 0)
			break;
		ret = ret == b->size ? bench_stop(b) : -EPROTO;
		now = ktime_get();
		bench_times_note(&b->ref, ktime_to_ns(ktime_sub(now, start)),
				 1);
		start = now;
		cond_resched();
	}
	bench_times_count(&b->ref, ktime_to_ns(ktime_sub(start, begin)), i);
	return ret;
}

int bench_raw_stream(struct bench *b)
{
	struct bench_raw *r = &b->raw;
	struct socket *sock = NULL;
	struct area area;
	int err;

	err = area_init(&area, b->size, b->count);
	if (err)
		return err;
	err = invite(b, BENCH_DO_STREAM, r->listener);
	if (err)
		goto free;
	err = kernel_accept(r->listener, &sock, 0);
	if (!err) {
		WRITE_ONCE(sock->sk->sk_rcvtimeo, IDLE);
		WRITE_ONCE(sock->sk->sk_sndtimeo, IDLE);
		err = stream_in(b, sock, &area);
		sock_release(sock);
	}
	err = invite_end(b, plain_error(err));
free:
	area_free(&area);
	return err;
}

/* The other node */

s64 bench_raw_echo(struct kddm_net *kn, const struct bench_order *o)
{
	struct sockaddr_tipc to = sock_addr(o->port, o->addr);
	struct socket *sock = NULL;
	void *buf = NULL;
	s64 ops = 0;
	int ret;

	if (!o->size)
		return -EINVAL;
	ret = sock_open(kn->net, SOCK_RDM, &sock);
	if (ret)
		return ret;
	buf = kvzalloc(o->size, GFP_KERNEL);
	ret = buf ? send_to(sock, &to, buf, HELLO) : -ENOMEM;
	while (!ret && kddm_run(kn) == KDDM_RUNNING) {
		ret = recv_from(sock, NULL, buf, o->size, 0);
		if (ret == HELLO)
			break;
		if (ret >= 0)
			ret = ret == o->size ?
			      send_to(sock, &to, buf, o->size) : -EPROTO;
		ops += !ret;
	}
	sock_release(sock);
	kvfree(buf);
	return ret < 0 ? ret : ops;
}

s64 bench_raw_send(struct kddm_net *kn, const struct bench_order *o)
{
	struct sockaddr_tipc to = sock_addr(o->port, o->addr);
	struct socket *sock = NULL;
	struct area area = { };
	s64 ops = 0;
	int ret;

	if (!o->size)
		return -EINVAL;
	ret = sock_open(kn->net, SOCK_STREAM, &sock);
	if (ret)
		return ret;
	ret = area_init(&area, o->size, o->count);
	if (!ret)
		ret = kernel_connect(sock, (struct sockaddr_unsized *)&to,
				     sizeof(to), 0);
	if (!ret)
		ret = recv_from(sock, NULL, area.buf[0], HELLO, 0);
	if (ret == HELLO)
		ret = 0;
	for (; ret == 0 && ops < o->count; ops++) {
		ret = send_to(sock, NULL, area.buf[ops % area.nr],
			      o->size);
		cond_resched();
	}
	/* This node's end goes first only when the other one has it all. */
	if (!ret)
		recv_from(sock, NULL, area.buf[0], HELLO, 0);
	sock_release(sock);
	area_free(&area);
	return ret < 0 ? ret : ops;
}
