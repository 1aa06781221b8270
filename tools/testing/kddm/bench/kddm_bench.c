// SPDX-License-Identifier: GPL-2.0-only
/*
 * What KDDM costs, beside what TIPC costs, in one run.
 *
 * Two nodes that this kernel hosts (two network namespaces) do the following,
 * and the medians over the rounds are printed when the module is loaded:
 *
 * - raw: a datagram of 64 bytes from a thread of one namespace to a thread of
 *   the other and back, over kernel TIPC sockets of the same kind as KDDM's;
 * - get: one node writes an object of 64 bytes, the other gets it; only the get
 *   is timed.  The reader's hint is right: the writer invalidated its copy;
 * - hit: get and put of an object of which a valid copy is here.
 *
 * A round takes each of them in turn, so that a noisy machine is noisy for all.
 */
#define pr_fmt(fmt) "kddm_bench: " fmt

#include <linux/kddm.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/sort.h>
#include <linux/tipc.h>
#include <net/net_namespace.h>
#include <net/sock.h>

static int rounds = 9;
module_param(rounds, int, 0444);
MODULE_PARM_DESC(rounds, "rounds, 1 to 99; the median counts");

static int size = 64;
module_param(size, int, 0444);
MODULE_PARM_DESC(size, "bytes of an object and of a raw datagram, 1 to 65000");

#define MAX_ROUNDS	99
#define REMOTE		2000	/* remote operations of a round */
#define LOCAL		100000	/* local operations of a round */
#define SET_NAME	"kddm-bench"

static struct net *net[2];
static struct kddm_set *set[2];
static struct socket *sock[2];
static struct sockaddr_tipc addr[2];
static void *buf[2];
static u64 raw[MAX_ROUNDS], get[MAX_ROUNDS], hit[MAX_ROUNDS];

static int raw_send(int from, int len)
{
	struct msghdr msg = {
		.msg_name = &addr[!from],
		.msg_namelen = sizeof(addr[0]),
	};
	struct kvec vec = { .iov_base = buf[from], .iov_len = len };

	return kernel_sendmsg(sock[from], &msg, &vec, 1, len);
}

static int raw_recv(int at)
{
	struct kvec vec = { .iov_base = buf[at], .iov_len = size };
	struct msghdr msg = { };

	return kernel_recvmsg(sock[at], &msg, &vec, 1, size, 0);
}

static int echo(void *unused)
{
	while (raw_recv(1) == size)
		raw_send(1, size);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static int raw_open(int i)
{
	int err;

	err = sock_create_kern(net[i], AF_TIPC, SOCK_RDM, 0, &sock[i]);
	if (err)
		return err;
	err = kernel_getsockname(sock[i], (struct sockaddr *)&addr[i]);
	if (err < 0)
		return err;
	buf[i] = kzalloc(size, GFP_KERNEL);
	return buf[i] ? 0 : -ENOMEM;
}

static int bench_raw(u64 *ns)
{
	ktime_t start = ktime_get();
	int i, ret;

	for (i = 0; i < REMOTE; i++) {
		ret = raw_send(0, size);
		if (ret == size)
			ret = raw_recv(0);
		if (ret != size)
			return ret < 0 ? ret : -EIO;
	}
	*ns = ktime_to_ns(ktime_sub(ktime_get(), start)) / REMOTE;
	return 0;
}

static int bench_get(u64 *ns)
{
	struct kddm_obj *obj;
	u64 sum = 0;
	ktime_t start;
	int i;

	for (i = 0; i < REMOTE; i++) {
		obj = kddm_grab(set[1], 1, 0);
		if (IS_ERR(obj))
			return PTR_ERR(obj);
		*(u8 *)kddm_data(obj) = i;
		kddm_put(obj);
		start = ktime_get();
		obj = kddm_get(set[0], 1, 0);
		sum += ktime_to_ns(ktime_sub(ktime_get(), start));
		if (IS_ERR(obj))
			return PTR_ERR(obj);
		if (*(u8 *)kddm_data(obj) != (u8)i)
			return -EIO;
		kddm_put(obj);
	}
	*ns = sum / REMOTE;
	return 0;
}

static int bench_hit(u64 *ns)
{
	ktime_t start = ktime_get();
	struct kddm_obj *obj;
	int i;

	for (i = 0; i < LOCAL; i++) {
		obj = kddm_get(set[0], 1, 0);
		if (IS_ERR(obj))
			return PTR_ERR(obj);
		kddm_put(obj);
	}
	*ns = ktime_to_ns(ktime_sub(ktime_get(), start)) / LOCAL;
	return 0;
}

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static u64 median(u64 *v)
{
	sort(v, rounds, sizeof(*v), compare, NULL);
	return v[rounds / 2];
}

static int bench(void)
{
	u64 base, ns;
	int i, err;

	for (i = 0; i < rounds; i++) {
		err = bench_raw(&raw[i]) ?: bench_get(&get[i]) ?:
		      bench_hit(&hit[i]);
		if (err)
			return err;
	}
	base = median(raw);
	pr_info("raw TIPC round trip, %d bytes: %llu ns\n", size, base);
	ns = median(get);
	pr_info("remote get, %d bytes: %llu ns, %llu.%02llu x raw\n", size, ns,
		ns / base, ns * 100 / base % 100);
	ns = median(hit);
	pr_info("local get and put, hit: %llu ns\n", ns);
	return 0;
}

static int find_nodes(void)
{
	struct net *n;
	int found = 0;

	down_read(&net_rwsem);
	for_each_net(n) {
		if (found == 2 || kddm_self(n) < 0)
			continue;
		n = maybe_get_net(n);
		if (n)
			net[found++] = n;
	}
	up_read(&net_rwsem);
	return found;
}

static int prepare(void)
{
	struct kddm_set_attr attr = {
		.name = SET_NAME, .size = size, .home = KDDM_ANY_NODE,
	};
	int i, err;

	for (i = 0; i < 2; i++) {
		err = raw_open(i);
		if (err)
			return err;
	}
	set[0] = kddm_set_create(net[0], &attr);
	if (IS_ERR(set[0]))
		return PTR_ERR(set[0]);
	set[1] = kddm_set_open(net[1], SET_NAME);
	return PTR_ERR_OR_ZERO(set[1]);
}

static void cleanup(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		kddm_set_close(set[i]);
		if (sock[i])
			sock_release(sock[i]);
		kfree(buf[i]);
	}
	if (net[0])
		kddm_set_destroy(net[0], SET_NAME, false);
	for (i = 0; i < 2; i++)
		if (net[i])
			put_net(net[i]);
}

static int __init kddm_bench_init(void)
{
	struct task_struct *echoer;
	int err;

	if (rounds < 1 || rounds > MAX_ROUNDS || size < 1 || size > 65000)
		return -EINVAL;
	err = -ENOTCONN;
	if (find_nodes() < 2) {
		pr_err("two network namespaces that run a KDDM node are needed\n");
		goto out;
	}
	err = prepare();
	if (err)
		goto out;
	echoer = kthread_run(echo, NULL, "kddm_bench_echo");
	err = PTR_ERR_OR_ZERO(echoer);
	if (err)
		goto out;
	err = bench();
	kernel_sock_shutdown(sock[1], SHUT_RDWR);
	kthread_stop(echoer);
out:
	cleanup();
	return err;
}

static void __exit kddm_bench_exit(void)
{
}

module_init(kddm_bench_init);
module_exit(kddm_bench_exit);
MODULE_DESCRIPTION("What KDDM costs, beside raw TIPC");
MODULE_LICENSE("GPL");
