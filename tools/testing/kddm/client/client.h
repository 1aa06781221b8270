/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client of include/linux/kddm.h that tests it: what the files share.
 */
#ifndef _KDDM_CLIENT_H
#define _KDDM_CLIENT_H

#include <linux/iopoll.h>
#include <linux/kddm.h>
#include <linux/time64.h>
#include <linux/types.h>

#define NODES	3

extern struct net *client_net[NODES];

/* One result; @what is its name.  Returns @ok. */
bool client_check(bool ok, const char *what);
#define CHECK(ok)	client_check(ok, #ok)
#define CHECK_EQ(a, b)	client_check_eq((long)(a), (long)(b), #a " == " #b)
bool client_check_eq(long a, long b, const char *what);

/* A test begins, and ends. */
void client_begin(const char *name);
void client_end(void);

/* Wait until fn(...) is true, for @seconds at most; whether it is. */
#define client_await_for(seconds, fn, ...)				\
({									\
	bool done_;							\
									\
	read_poll_timeout(fn, done_, done_, 1000,			\
			  (seconds) * USEC_PER_SEC, false,		\
			  ##__VA_ARGS__);				\
	done_;								\
})

#define client_await(fn, ...)	client_await_for(5, fn, ##__VA_ARGS__)

/* A set, open on all nodes; or an error, and the test has failed. */
int client_open(struct kddm_set *set[NODES], struct kddm_set_attr *attr);
void client_close(struct kddm_set *set[NODES], const char *name);

/* The port of a node on the test's bridge, up or down. */
int client_link(int node, bool up);

/* Whether a get would have to wait. */
bool client_waits(struct kddm_set *set, u64 id);
/* Cut off a node, which owns the object @own of @set. */
void client_cut(struct kddm_set *set[NODES], int node, u64 own);

/* Write an object that was grabbed, and put it; @obj may be an ERR_PTR(). */
int client_put(struct kddm_obj *obj, u32 value);
/* What an object says that exists, or an error. */
long client_value(struct kddm_set *set, u64 id);

void client_test_alien(void);
void client_alien_exit(void);
void client_test_apart(void);
void client_test_api(void);
void client_test_sets(void);
void client_test_linker(void);
void client_test_names(void);
void client_test_example(void);
void client_test_leave(void);
void client_test_lost(void);
void client_test_messages(void);

#endif /* _KDDM_CLIENT_H */
