// SPDX-License-Identifier: GPL-2.0-only
/*
 * kddmctl: set up TIPC, which connects the nodes: a bearer, and keys.
 *
 * The family "TIPCv2" has no specification, so its messages are written here,
 * by the library's own means.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/tipc.h>
#include <linux/tipc_netlink.h>
#include "kddmctl.h"

#define UDP_PORT	6118
#define NETID_DEFAULT	4711
#define ID_LEN		16
#define SALT_LEN	4
#define KEY_MIN		(16 + SALT_LEN)
#define KEY_MAX		(32 + SALT_LEN)
#define ADDRESS_WAIT	10000	/* milliseconds; TIPC takes one second */

static const struct ynl_family tipc_family = {
	.name		= TIPC_GENL_V2_NAME,
	.hdr_len	= sizeof(struct genlmsghdr),
};

static const struct ynl_policy_attr no_attrs[1];
static const struct ynl_policy_nest no_policy = { .table = no_attrs };

/* The family; the socket brings the module. */
static int tipc_connect(struct ctl *ctl)
{
	struct ynl_error err = { };
	int fd;

	ctl_close(ctl);
	progress_start(ctl);
	fd = socket(AF_TIPC, SOCK_RDM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ctl_error(ctl,
				 "the kernel has no TIPC (CONFIG_TIPC), or its module is not loaded");
	close(fd);
	ctl->ys = ynl_sock_create(&tipc_family, &err);
	if (ctl->ys)
		return 0;
	return ctl_error(ctl, "%s", err.msg[0] ? err.msg : strerror(errno));
}

static struct nlmsghdr *request(struct ctl *ctl, __u8 cmd)
{
	struct nlmsghdr *nlh;

	nlh = ynl_gemsg_start_req(ctl->ys, ctl->ys->family_id, cmd,
				  TIPC_GENL_V2_VERSION);
	ctl->ys->req_policy = &no_policy;
	ctl->ys->req_hdr_len = tipc_family.hdr_len;
	return nlh;
}

/* 0, or EXIT_FAILED after having said what TIPC could not do. */
static int send_request(struct ctl *ctl, struct nlmsghdr *nlh,
			const char *what)
{
	struct ynl_req_state yrs = { .yarg = { .ys = ctl->ys } };

	if (!ynl_exec(ctl->ys, nlh, &yrs))
		return 0;
	if (ctl_forbidden(ctl))
		return ctl_failed(ctl);
	return ctl_error(ctl, "%s: %s", what, ctl_reason(ctl));
}

/* The node's address in TIPC, 0 as long as it has none. */
static __u32 own_address(void)
{
	struct sockaddr_tipc sa = { };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_TIPC, SOCK_RDM | SOCK_CLOEXEC, 0);
	__u32 address = 0;

	if (fd < 0)
		return 0;
	if (!getsockname(fd, (struct sockaddr *)&sa, &len))
		address = sa.addr.id.node;
	close(fd);
	return address;
}

/**
 * struct up - what "tipc up" is about
 * @dev: network device, or NULL for UDP
 * @bearer: as TIPC calls it
 * @local: UDP address
 * @remote: UDP address of another node, or a group of them
 * @has_remote: it was given
 * @identity: of the node, or NULL: TIPC takes it from the device or address
 * @netid: number of the network
 * @has_netid: it was given
 * @key: to be set, if it has bytes
 */
struct up {
	const char		*dev;
	char			bearer[TIPC_MAX_BEARER_NAME];
	struct sockaddr_storage	local;
	struct sockaddr_storage	remote;
	bool			has_remote;
	const char		*identity;
	__u64			netid;
	bool			has_netid;
	struct data		key;
};

/* An address of IPv4 or IPv6; false if the word is none. */
static bool parse_address(const char *word, struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *v6 = (void *)ss;
	struct sockaddr_in *v4 = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	if (inet_pton(AF_INET, word, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(UDP_PORT);
		return true;
	}
	if (inet_pton(AF_INET6, word, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(UDP_PORT);
		return true;
	}
	return false;
}

/* The group that TIPC's own tool takes: of the network's number. */
static void default_group(struct up *up)
{
	char text[INET6_ADDRSTRLEN];

	if (up->local.ss_family == AF_INET)
		snprintf(text, sizeof(text), "228.0.%llu.%llu",
			 up->netid >> 8 & 0xff, up->netid & 0xff);
	else
		snprintf(text, sizeof(text), "ff02::%llu", up->netid & 0xffff);
	parse_address(text, &up->remote);
}

static int check_key(const struct ctl *ctl, const struct data *key)
{
	if (key->len == KEY_MIN || key->len == KEY_MIN + 8 ||
	    key->len == KEY_MAX)
		return 0;
	return usage_error(ctl,
			   "the key has %zu bytes, not %d, %d or %d (AES and 4 of salt)",
			   key->len, KEY_MIN, KEY_MIN + 8, KEY_MAX);
}

/* A key as "tipc key generate" writes it. */
static int read_key(const struct ctl *ctl, const char *path, struct data *key)
{
	struct data text = { };
	int ret = data_from_file(ctl, path, &text);

	if (ret)
		return ret;
	while (text.len && (text.bytes[text.len - 1] == '\n' ||
			    text.bytes[text.len - 1] == '\r'))
		text.len--;
	if (text.len > 2 * KEY_MAX || memchr(text.bytes, '\0', text.len)) {
		ret = usage_error(ctl, "%s is not the file of a key",
				  printable(path));
	} else {
		text.bytes[text.len] = '\0';
		ret = data_from_hex(ctl, (char *)text.bytes, key);
		if (!ret)
			ret = check_key(ctl, key);
	}
	free(text.bytes);
	return ret;
}

static int up_options(struct args *args, struct up *up)
{
	const char *path;
	int ret;

	while (args->argc) {
		if (args_is(args, "remote")) {
			const char *word = args_word(args, "remote");

			if (!word)
				return EXIT_USAGE;
			if (up->dev || !parse_address(word, &up->remote) ||
			    up->remote.ss_family != up->local.ss_family)
				return usage_error(args->ctl,
						   "remote \"%s\" is not an address like the own one",
						   printable(word));
			up->has_remote = true;
		} else if (args_is(args, "identity")) {
			up->identity = args_word(args, "identity");
			if (!up->identity)
				return EXIT_USAGE;
			if (!*up->identity || strlen(up->identity) >= ID_LEN)
				return usage_error(args->ctl,
						   "identity \"%s\" does not have 1 to %d characters",
						   printable(up->identity),
						   ID_LEN - 1);
		} else if (args_is(args, "netid")) {
			up->has_netid = args_number(args, "netid", 1, 9999,
						    &up->netid);
			if (!up->has_netid)
				return EXIT_USAGE;
		} else if (args_is(args, "key")) {
			path = args_word(args, "key");
			if (!path)
				return EXIT_USAGE;
			ret = read_key(args->ctl, path, &up->key);
			if (ret)
				return ret;
		} else {
			return args_unknown(args,
					    "remote, identity, netid or key");
		}
	}
	return 0;
}

/* A word with a dot or a colon is an address, any other a device. */
static int up_place(struct args *args, struct up *up)
{
	const char *word = args_word(args, "the device or address");

	if (!word)
		return EXIT_USAGE;
	if (parse_address(word, &up->local)) {
		snprintf(up->bearer, sizeof(up->bearer), "udp:kddm");
		return 0;
	}
	if (!*word || strlen(word) >= IFNAMSIZ)
		return usage_error(args->ctl,
				   "\"%s\" is neither a network device nor an address",
				   printable(word));
	up->dev = word;
	snprintf(up->bearer, sizeof(up->bearer), "eth:%s", word);
	return 0;
}

/* The device has to be up, or TIPC waits for it in silence. */
static int device_up(const struct ctl *ctl, const char *dev)
{
	struct ifreq ifr = { };
	int ret = 0, fd;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ctl_error(ctl, "%s: %s", printable(dev),
				 strerror(errno));
	memcpy(ifr.ifr_name, dev, strlen(dev));
	if (ioctl(fd, SIOCGIFFLAGS, &ifr)) {
		ret = errno == ENODEV ?
		      ctl_error(ctl, "there is no network device \"%s\"",
				printable(dev)) :
		      ctl_error(ctl, "%s: %s", printable(dev),
				strerror(errno));
	} else if (!(ifr.ifr_flags & IFF_UP)) {
		ifr.ifr_flags |= IFF_UP;
		if (ioctl(fd, SIOCSIFFLAGS, &ifr))
			ret = ctl_error(ctl, "cannot set %s up: %s",
					printable(dev), strerror(errno));
	}
	close(fd);
	return ret;
}

/* TIPC would keep an identity from an address that is not there. */
static int address_here(const struct ctl *ctl, const struct up *up)
{
	struct sockaddr_storage sa = up->local;
	char text[INET6_ADDRSTRLEN] = "";
	int ret = 0, fd;

	if (sa.ss_family == AF_INET) {
		struct sockaddr_in *v4 = (void *)&sa;

		v4->sin_port = 0;
		inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
	} else {
		struct sockaddr_in6 *v6 = (void *)&sa;

		v6->sin6_port = 0;
		inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
	}
	fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)))
		ret = ctl_error(ctl, "%s: %s", text, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ret;
}

static int set_net(struct ctl *ctl, const struct up *up)
{
	char id[ID_LEN] = { };
	struct nlmsghdr *nlh;
	struct nlattr *nest;
	__u64 word[2];

	if (!up->identity && !up->has_netid)
		return 0;
	if (own_address())
		return ctl_error(ctl,
				 "TIPC is up: its identity and network id cannot change");
	nlh = request(ctl, TIPC_NL_NET_SET);
	nest = ynl_attr_nest_start(nlh, TIPC_NLA_NET);
	if (up->has_netid)
		ynl_attr_put_u32(nlh, TIPC_NLA_NET_ID, up->netid);
	if (up->identity) {
		memcpy(id, up->identity, strlen(up->identity));
		memcpy(word, id, sizeof(word));
		ynl_attr_put_u64(nlh, TIPC_NLA_NET_NODEID, word[0]);
		ynl_attr_put_u64(nlh, TIPC_NLA_NET_NODEID_W1, word[1]);
	}
	ynl_attr_nest_end(nlh, nest);
	return send_request(ctl, nlh, "cannot set identity or network id");
}

static int enable(struct ctl *ctl, const struct up *up)
{
	struct nlattr *nest, *udp;
	struct nlmsghdr *nlh;

	nlh = request(ctl, TIPC_NL_BEARER_ENABLE);
	nest = ynl_attr_nest_start(nlh, TIPC_NLA_BEARER);
	ynl_attr_put_str(nlh, TIPC_NLA_BEARER_NAME, up->bearer);
	if (!up->dev) {
		udp = ynl_attr_nest_start(nlh, TIPC_NLA_BEARER_UDP_OPTS);
		ynl_attr_put(nlh, TIPC_NLA_UDP_LOCAL, &up->local,
			     sizeof(up->local));
		ynl_attr_put(nlh, TIPC_NLA_UDP_REMOTE, &up->remote,
			     sizeof(up->remote));
		ynl_attr_nest_end(nlh, udp);
	}
	ynl_attr_nest_end(nlh, nest);
	return send_request(ctl, nlh, "no bearer");
}

static int set_key(struct ctl *ctl, const struct data *data, bool master)
{
	struct nlmsghdr *nlh;
	struct nlattr *nest;
	union {
		struct tipc_aead_key	key;
		char			bytes[TIPC_AEAD_KEY_SIZE_MAX];
	} key = { };

	memcpy(key.key.alg_name, "gcm(aes)", strlen("gcm(aes)"));
	key.key.keylen = data->len;
	memcpy(key.key.key, data->bytes, data->len);
	nlh = request(ctl, TIPC_NL_KEY_SET);
	nest = ynl_attr_nest_start(nlh, TIPC_NLA_NODE);
	ynl_attr_put(nlh, TIPC_NLA_NODE_KEY, &key,
		     sizeof(key.key) + data->len);
	if (master)
		ynl_attr_put(nlh, TIPC_NLA_NODE_KEY_MASTER, NULL, 0);
	ynl_attr_nest_end(nlh, nest);
	memset(&key, 0, sizeof(key));
	return send_request(ctl, nlh, "cannot set the key");
}

/* TIPC tries for a second whether somebody else has its address. */
static int wait_address(struct ctl *ctl, __u32 *address)
{
	__u64 end = now_ms() + ADDRESS_WAIT;

	progress_note("waiting for a TIPC address ... ");
	while (!(*address = own_address())) {
		if (now_ms() >= end)
			return ctl_error(ctl, "TIPC got no address");
		usleep(50000);
	}
	return 0;
}

static int bring_up(struct ctl *ctl, const struct up *up)
{
	__u32 address;
	char text[9];
	int ret;

	ret = set_net(ctl, up);
	if (!ret)
		ret = enable(ctl, up);
	if (!ret && up->key.len)
		ret = set_key(ctl, &up->key, false);
	if (!ret)
		ret = wait_address(ctl, &address);
	if (ret)
		return ret;
	snprintf(text, sizeof(text), "%08x", address);
	if (ctl->json) {
		json_open(NULL, '{');
		json_string("bearer", up->bearer);
		json_string("address", text);
		json_bool("key", up->key.len);
		json_close();
	} else {
		printf("%s is up, TIPC address %s%s\n", up->bearer, text,
		       up->key.len ? ", encrypted" : "");
	}
	return output_end(ctl);
}

int cmd_tipc_up(struct ctl *ctl, struct args *args)
{
	struct up up = { .netid = NETID_DEFAULT };
	int ret;

	ret = up_place(args, &up);
	if (!ret)
		ret = up_options(args, &up);
	if (!ret && !up.dev && !up.has_remote)
		default_group(&up);
	if (!ret)
		ret = up.dev ? device_up(ctl, up.dev) : address_here(ctl, &up);
	if (!ret)
		ret = tipc_connect(ctl);
	if (!ret)
		ret = bring_up(ctl, &up);
	ctl_close(ctl);
	free(up.key.bytes);
	return ret;
}

int cmd_tipc_key_set(struct ctl *ctl, struct args *args)
{
	bool hex = args_is(args, "hex"), master = false;
	struct data key = { };
	const char *word;
	int ret;

	if (!hex && !args_is(args, "file")) {
		if (args->argc)
			return args_unknown(args, "file or hex");
		return usage_error(ctl, "file or hex is missing");
	}
	word = args_word(args, hex ? "the key" : "the key's file");
	if (!word)
		return EXIT_USAGE;
	master = args_is(args, "master");
	if (!args_end(args))
		return EXIT_USAGE;
	if (hex) {
		ret = data_from_hex(ctl, word, &key);
		if (!ret)
			ret = check_key(ctl, &key);
	} else {
		ret = read_key(ctl, word, &key);
	}
	if (!ret)
		ret = tipc_connect(ctl);
	if (!ret)
		ret = set_key(ctl, &key, master);
	ctl_close(ctl);
	free(key.bytes);
	return ret;
}

int cmd_tipc_key_generate(struct ctl *ctl, struct args *args)
{
	unsigned char key[KEY_MAX];
	__u64 bits = 256;
	size_t i, len;

	if (args_is(args, "bits") &&
	    !args_number(args, "bits", 128, 256, &bits))
		return EXIT_USAGE;
	if (bits % 64)
		return usage_error(ctl, "bits are 128, 192 or 256");
	if (!args_end(args))
		return EXIT_USAGE;
	len = bits / 8 + SALT_LEN;
	if (getrandom(key, len, 0) != (ssize_t)len)
		return ctl_error(ctl, "%s", strerror(errno));
	if (ctl->json) {
		json_open(NULL, '{');
		json_hex("key", key, len);
		json_close();
	} else {
		for (i = 0; i < len; i++)
			printf("%02x", key[i]);
		putchar('\n');
	}
	return output_end(ctl);
}

int cmd_tipc_key_flush(struct ctl *ctl, struct args *args)
{
	int ret;

	if (!args_end(args))
		return EXIT_USAGE;
	ret = tipc_connect(ctl);
	if (!ret)
		ret = send_request(ctl, request(ctl, TIPC_NL_KEY_FLUSH),
				   "cannot forget the keys");
	ctl_close(ctl);
	return ret;
}
