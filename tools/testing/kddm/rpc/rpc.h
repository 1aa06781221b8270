/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client of include/linux/kddm.h that tests its RPC: what the files share.
 */
#ifndef _KDDM_TEST_RPC_H
#define _KDDM_TEST_RPC_H

#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/kddm.h>
#include <linux/types.h>

#define NODES	3
#define A	0
#define B	1
#define C	2

#define LONG	(20 * HZ)	/* for what ends much earlier */
#define SOON	(5 * HZ)	/* for what must be much earlier than that */

extern struct net *test_net[NODES];

/* The id of a node. */
u16 test_id(int node);

/* One result; @what is its name.  Returns @ok. */
bool test_check(bool ok, const char *what);
#define CHECK(ok)	test_check(ok, #ok)
#define CHECK_EQ(a, b)	test_check_eq((long)(a), (long)(b), #a " == " #b)
bool test_check_eq(long a, long b, const char *what);
/* For people, and for the script that waits for it. */
__printf(1, 2) void test_note(const char *fmt, ...);

/**
 * struct job - a task that does something meanwhile
 * @fn: what
 * @nr: which of several
 * @arg: for @fn
 * @rc: what it returned
 * @task: the task
 * @begun: it can be killed from now on
 * @done: it has returned
 */
struct job {
	int			(*fn)(struct job *job);
	int			nr;
	void			*arg;
	int			rc;
	struct task_struct	*task;
	struct completion	begun;
	struct completion	done;
};

void job_start(struct job *job);
/* Kill it. */
void job_kill(struct job *job);
/* Returns @rc, or -ETIME. */
int job_end(struct job *job);

/* A call of one number, for an answer of one number, or an error. */
s64 ask(int from, int to, const struct kddm_svc *svc, u32 key, u32 arg,
	long timeout);
/* In a handler: that answer, and that number. */
int answer(struct kddm_request *req, u32 value);
u32 argument(struct kddm_request *req);

/* Which node a handler is on: A, B or C. */
int test_node(const struct kddm_request *req);

void test_calls(void);
void test_casts(void);
void test_own(void);
void test_gather(void);
void test_gather_time(void);
void test_gather_kill(void);
void test_workers(void);
void test_peer_order(void);
void test_key_order(void);
void test_bound(void);
void test_large(void);
void test_too_large(void);
void test_forward(void);
void test_forward_ends(void);
void test_forward_cancel(void);
void test_cancel_time(void);
void test_cancel_kill(void);
void test_deferred(void);
void test_unregister(void);
void test_half(void);
void test_example(void);

/* Run by name, while the script does something to nodes. */
void test_stop_caller(void);
void test_stop_callee(void);
void test_gather_dying(void);
void test_forward_dying(void);
void test_forwarder_dying(void);
void test_gate(void);
void test_faults(void);
void test_nodes(void);
void test_barrier(void);
void test_asker(void);

#endif /* _KDDM_TEST_RPC_H */
