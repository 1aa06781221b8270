/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Torture test of KDDM: what its files share.
 *
 * main.c        parameters, life, and the report
 * operations.c  what threads do with objects, at random
 * oracle.c      what must be in an object, and whether it is
 * signals.c     who waits is disturbed
 */
#ifndef _KDDM_TORTURE_H
#define _KDDM_TORTURE_H

#include <linux/atomic.h>
#include <linux/kddm.h>
#include <linux/prandom.h>
#include <linux/printk.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define MAX_NODES	16

/* What is counted; a test in which one of them never came was none. */
enum count {
	GETS, GRABS, REMOVES, ABSENT, BUSY, AGAIN, FOUND, CREATED, MANUALS,
	UPGRADES, ATOMIC_UPGRADES, DOWNGRADES, PREFETCHES, RANGES, FLUSHES,
	MOVES, SET_FLUSHES, WALKED, PUSHES, SYNCS, REMOVED, VALUES,
	KILLED, INTERRUPTED,
	/* Only with a linker that stores. */
	STORED,
	/* It need not be. */
	TIMEOUTS,
	/* Only with faults=1; they need not be. */
	NOMEM_TAKES, NOMEM_UPGRADES, NOMEM_PREFETCHES, NOMEM_FLUSHES,
	NOMEM_CALLS,
	NR_COUNTS
};

/**
 * struct thread - one that uses objects
 * @task: the thread
 * @set: the set, open on its node
 * @rnd: its random choices
 * @node: id of its node
 * @value: room for an object
 * @lock: protects @victim
 * @victim: it wants a signal
 * @count: what it has done
 */
struct thread {
	struct task_struct	*task;
	struct kddm_set		*set;
	struct rnd_state	rnd;
	int			node;
	void			*value;
	spinlock_t		lock;	/* see above */
	bool			victim;
	u64			count[NR_COUNTS];
};

/**
 * struct torture - what the test is like
 * @nobjects: so many objects
 * @size: of each, bytes
 * @nnodes: nodes of this kernel
 * @ids: theirs
 * @nthreads: of all nodes
 * @threads: these
 * @is_page: the linker gives folios
 * @stores: the linker is that of the test, which looks at what it is to store
 * @exclusive: readers are alone, too
 * @faults: allocations are made to fail
 * @busted: some write without the right to
 * @errors: so many were found
 */
struct torture {
	int		nobjects;
	int		size;
	int		nnodes;
	int		ids[MAX_NODES];
	int		nthreads;
	struct thread	*threads;
	bool		is_page;
	bool		stores;
	bool		exclusive;
	bool		faults;
	bool		busted;
	atomic_t	errors;
};

extern struct torture torture;

#define torture_error(t, id, fmt, ...)					\
do {									\
	if (atomic_inc_return(&torture.errors) <= 20)			\
		pr_alert("node %d object %llu: " fmt "\n",		\
			 (t)->node, (u64)(id), ##__VA_ARGS__);		\
} while (0)

static inline u32 torture_random(struct thread *t, u32 below)
{
	return prandom_u32_state(&t->rnd) % below;
}

static inline bool torture_chance(struct thread *t, unsigned int percent)
{
	return torture_random(t, 100) < percent;
}

/* One of them, at random. */
void torture_operation(struct thread *t);
/* Sleep a little, now and then. */
void torture_dawdle(struct thread *t);

/* Of a thread, at its beginning. */
void signals_allow(void);
/* From here to there it may get signals; then it has none. */
void signals_begin(struct thread *t);
void signals_end(struct thread *t);
int signals_start(void);
void signals_stop(void);

/* What a call does while the test holds nothing. */
enum blind {
	BLIND_NONE, BLIND_REMOVES, BLIND_CREATES
};

int oracle_init(void);
void oracle_exit(void);

/* Of who holds the object @id, which has the contents @data. */
void oracle_reader_enters(struct thread *t, u64 id, const void *data);
void oracle_reader_leaves(struct thread *t, u64 id, const void *data);
void oracle_writer_enters(struct thread *t, u64 id, const void *data);
/* Make new contents. */
void oracle_writes(struct thread *t, u64 id, void *data);
/* The object is about to be removed. */
void oracle_removes(struct thread *t, u64 id);
void oracle_writer_leaves(struct thread *t, u64 id);
/* It is said to be new. */
void oracle_is_new(struct thread *t, u64 id, const void *data);
/* When these contents were written; to compare. */
u64 oracle_stamp(const void *data);
/* The contents are to be stored, and there is a reader. */
void oracle_stores(struct thread *t, u64 id, const void *data);

/*
 * A call begins that removes or creates an object by itself; in the latter case
 * with the contents that are put into t->value.  False: not now.
 */
bool oracle_blind_begins(struct thread *t, u64 id, enum blind what);
/* It has returned, and done it or not. */
void oracle_blind_ends(struct thread *t, u64 id, bool done);

#endif /* _KDDM_TORTURE_H */
