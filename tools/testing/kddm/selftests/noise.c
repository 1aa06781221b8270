// SPDX-License-Identifier: GPL-2.0-only
/*
 * Noise: a process sends random and mutated messages to the sockets of nodes.
 *
 *   noise SECONDS SEED SRC DST INCARNATION EPOCH ADDRESS PORT...
 *
 * They go to the PORTs of TIPC's node ADDRESS (hexadecimal), whose node id is
 * DST; those that are well formed, but for what is changed of them then, claim
 * to come from node SRC in the given INCARNATION and EPOCH.  Half of the time
 * they have the importance of KDDM's own.  Prints how many were sent.
 *
 * None of them comes from a socket that a node has published: they may be
 * counted, and nothing else.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <linux/tipc.h>

#define HEADER	32		/* bytes; net/kddm/wire.h has the layout */
#define LONGEST	66000

#ifndef SOL_TIPC
#define SOL_TIPC 271
#endif

/**
 * struct claim - whom the messages claim to come from, and to whom they go
 * @src: node id
 * @dst: node id
 * @incarnation: of @src
 * @epoch: of the view
 */
struct claim {
	unsigned int	src;
	unsigned int	dst;
	unsigned int	incarnation;
	unsigned int	epoch;
};

static unsigned int below(unsigned int n)
{
	return (unsigned int)(((unsigned long long)random() * n) >> 31);
}

static void put(unsigned char *at, unsigned int value, int bytes)
{
	for (; bytes; bytes--, value >>= 8)
		*at++ = value;
}

/* Short ones mostly, since there are more of them in a second. */
static size_t some_length(void)
{
	switch (below(8)) {
	case 0:
		return 1 + below(LONGEST);
	case 1:
		return 1 + below(HEADER);
	default:
		return HEADER + below(200);
	}
}

/* A message that a node could have sent: 1 to 10, or of an object. */
static size_t well_formed(unsigned char *msg, const struct claim *c)
{
	size_t len = some_length(), i;

	if (len < HEADER)
		len = HEADER;
	for (i = HEADER; i < len && i < HEADER + 256; i++)
		msg[i] = below(3) ? 0 : random();
	put(msg, 0x4b44, 2);
	msg[2] = 1;
	msg[3] = below(2) ? 1 + below(10) : 32 + below(32);
	put(msg + 4, len, 4);
	put(msg + 8, c->epoch, 4);
	put(msg + 12, c->incarnation, 4);
	put(msg + 16, c->src, 2);
	put(msg + 18, c->dst, 2);
	put(msg + 20, below(3), 2);
	put(msg + 22, 1 + below(3), 2);
	put(msg + 24, below(1000), 4);
	put(msg + 28, below(1000), 4);
	return len;
}

static size_t make(unsigned char *msg, const struct claim *c)
{
	unsigned int kind = below(4), n;
	size_t len, i;

	if (!kind) {
		len = some_length();
		for (i = 0; i < len && i < 4096; i++)
			msg[i] = random();
		return len;
	}
	len = well_formed(msg, c);
	if (kind == 1)
		for (n = 1 + below(4); n; n--)
			msg[below(below(2) || len > 4096 ? HEADER : len)] =
				random();
	if (kind == 2 && !below(4))
		len = 1 + below(len);
	return len;
}

static int open_socket(int importance)
{
	int fd = socket(AF_TIPC, SOCK_RDM, 0);

	if (fd < 0 || setsockopt(fd, SOL_TIPC, TIPC_IMPORTANCE, &importance,
				 sizeof(importance))) {
		perror("socket");
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	struct sockaddr_tipc to = {
		.family = AF_TIPC,
		.addrtype = TIPC_SOCKET_ADDR,
	};
	static unsigned char msg[LONGEST];
	unsigned long sent = 0, refused = 0;
	struct claim c;
	time_t end;
	size_t len;
	int fd[2];

	if (argc < 9) {
		fprintf(stderr,
			"usage: noise SECONDS SEED SRC DST INCARNATION EPOCH ADDRESS PORT...\n");
		return 2;
	}
	end = time(NULL) + atoi(argv[1]);
	srandom(atoi(argv[2]));
	c.src = atoi(argv[3]);
	c.dst = atoi(argv[4]);
	c.incarnation = strtoul(argv[5], NULL, 10);
	c.epoch = strtoul(argv[6], NULL, 10);
	to.addr.id.node = strtoul(argv[7], NULL, 16);
	fd[0] = open_socket(TIPC_LOW_IMPORTANCE);
	fd[1] = open_socket(TIPC_CRITICAL_IMPORTANCE);
	do {
		len = make(msg, &c);
		to.addr.id.ref = strtoul(argv[8 + below(argc - 8)], NULL, 10);
		if (sendto(fd[below(2)], msg, len, MSG_DONTWAIT,
			   (struct sockaddr *)&to, sizeof(to)) < 0)
			refused++;
		else
			sent++;
		/* What comes back, since there was no room, fills our queue. */
		while (recv(fd[sent & 1], msg, sizeof(msg), MSG_DONTWAIT) >= 0)
			;
		if (!(sent & 63))
			usleep(1000);
	} while (time(NULL) < end);
	printf("%lu\n", sent);
	return sent ? 0 : 1;
}
