// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nobody but a kernel can pose as a node.
 *
 * Run in the network namespace of node 1, which runs, as root: a process of
 * root's and one of nobody's try to publish KDDM's services, and send to the
 * port that the node's own publication shows what another node might send, ten
 * messages each.  The services are reserved, so binding must fail with EACCES,
 * and the node must count all messages as foreign and stay as it is (the caller
 * looks at that).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/tipc.h>

#define SERVICE_ONLINE		24
#define SERVICE_POSSIBLE	25
#define NOBODY			65534
#define MEMBER			2	/* a node of the cluster */
#define STRANGER		77	/* and one that is not there */
#define HEADER			32	/* bytes */
#define TYPES			5	/* that a forger sends */

static int try_bind(unsigned int type)
{
	struct sockaddr_tipc addr = {
		.family = AF_TIPC,
		.addrtype = TIPC_SERVICE_ADDR,
		.scope = TIPC_CLUSTER_SCOPE,
		.addr.name.name = { .type = type, .instance = 77 },
	};
	int fd = socket(AF_TIPC, SOCK_RDM, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ? -errno : 0;
	close(fd);
	return err;
}

/* The socket address behind the first publication of a service. */
static int published(unsigned int type, struct tipc_socket_addr *id)
{
	struct sockaddr_tipc top = {
		.family = AF_TIPC,
		.addrtype = TIPC_SERVICE_ADDR,
		.addr.name.name = { TIPC_TOP_SRV, TIPC_TOP_SRV },
	};
	struct tipc_subscr sub = {
		.seq = { type, 0, ~0 },
		.timeout = 1000,
		.filter = TIPC_SUB_PORTS,
	};
	struct tipc_event event;
	int fd, found = 0;

	fd = socket(AF_TIPC, SOCK_SEQPACKET, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&top, sizeof(top)) ||
	    send(fd, &sub, sizeof(sub), 0) != sizeof(sub)) {
		perror("topology server");
		exit(1);
	}
	while (!found && recv(fd, &event, sizeof(event), 0) == sizeof(event) &&
	       event.event == TIPC_PUBLISHED) {
		*id = event.port;
		found = 1;
	}
	close(fd);
	return found;
}

/* What a message is made of; net/kddm/wire.h has the layout. */
static const struct {
	unsigned char type;
	unsigned char body;	/* bytes */
} forged[TYPES] = {
	{ 1, 44 },		/* HELLO */
	{ 2, 0 },		/* CREDIT */
	{ 3, 20 },		/* CALL */
	{ 4, 20 },		/* CAST */
	{ 5, 20 },		/* REPLY */
};

/* Well-formed messages of node @src to node 1, but for where they come from. */
static void send_forged(const struct tipc_socket_addr *id, unsigned char src)
{
	struct sockaddr_tipc addr = {
		.family = AF_TIPC,
		.addrtype = TIPC_SOCKET_ADDR,
		.addr.id = *id,
	};
	unsigned char msg[HEADER + 44];
	int fd = socket(AF_TIPC, SOCK_RDM, 0);
	size_t i, len;

	for (i = 0; i < TYPES; i++) {
		len = HEADER + forged[i].body;
		memset(msg, 0, sizeof(msg));
		msg[0] = 0x44;		/* magic */
		msg[1] = 0x4b;
		msg[2] = 1;		/* version */
		msg[3] = forged[i].type;
		msg[4] = len;
		msg[12] = 1;		/* incarnation */
		msg[16] = src;
		msg[18] = 1;		/* destination */
		msg[22] = 1;		/* session */
		if (forged[i].type == 1)	/* HELLO: the channels' ports */
			memset(msg + HEADER + 32, 1, 3 * 4);
		if (fd < 0 || sendto(fd, msg, len, 0, (struct sockaddr *)&addr,
				     sizeof(addr)) != (ssize_t)len) {
			perror("sendto");
			exit(1);
		}
	}
	close(fd);
}

static int attempt(const char *who, const struct tipc_socket_addr *id)
{
	int online = try_bind(SERVICE_ONLINE);
	int possible = try_bind(SERVICE_POSSIBLE);

	send_forged(id, STRANGER);
	send_forged(id, MEMBER);
	if (online == -EACCES && possible == -EACCES)
		return 0;
	printf("# %s: binding the services gave %d and %d\n", who, online,
	       possible);
	return 1;
}

int main(void)
{
	struct tipc_socket_addr id;
	int failed, status;
	pid_t pid;

	if (!published(SERVICE_ONLINE, &id)) {
		printf("# no node publishes its service here\n");
		return 1;
	}
	failed = attempt("root", &id);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (setgid(NOBODY) || setuid(NOBODY))
			_exit(2);
		status = attempt("nobody", &id);
		fflush(stdout);
		_exit(status);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		failed = 1;
	return failed;
}
