// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nobody but a kernel can pose as a node.
 *
 * Run in the network namespace of a running node, as root: a process of root's
 * and one of nobody's try to publish KDDM's services, and send messages that a
 * node might send to each port that the node's own publications show.  The
 * services are reserved, so binding must fail with EACCES, and the node must
 * count the messages as foreign and stay as it is (the caller looks at that).
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
#define TYPES			5	/* HELLO to REPLY, in net/kddm/wire.h */

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

/* What node 77 might send to node 1, but for the address it comes from. */
static void send_forged(const struct tipc_socket_addr *id)
{
	struct sockaddr_tipc addr = {
		.family = AF_TIPC,
		.addrtype = TIPC_SOCKET_ADDR,
		.addr.id = *id,
	};
	unsigned char msg[32 + 24] = { 0x44, 0x4b, 1, 1, sizeof(msg) };
	int fd = socket(AF_TIPC, SOCK_RDM, 0);
	int i;

	msg[16] = 77;	/* source node */
	msg[12] = 1;	/* incarnation */
	msg[18] = 1;	/* destination node */
	msg[22] = 1;	/* session */
	for (i = 0; i < TYPES; i++) {
		msg[3] = i + 1;
		if (fd < 0 || sendto(fd, msg, sizeof(msg), 0,
				     (struct sockaddr *)&addr,
				     sizeof(addr)) != sizeof(msg)) {
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

	send_forged(id);
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
