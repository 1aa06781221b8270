// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be done with and said of an object without an event: the shortest
 * way in, and questions that the coherence machine's callers have.
 */
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/string.h>
#include <linux/types.h>
#include "coherence_int.h"
#include "gate.h"
#include "nodeset.h"

/**
 * kddm_co_hit() - enter an object that is here and free
 * @co: the object
 * @grab: to write
 * @held: the hold time lasts; who waits for its end is passed
 *
 * The short way for the common case; kddm_co_step() would do the same.
 *
 * Return: true if the user is inside; false if kddm_co_step() has to decide.
 */
bool kddm_co_hit(struct kddm_co *co, bool grab, bool held)
{
	if (co->want != KDDM_WANT_NONE || (qlen(co) && !held))
		return false;
	if (!grab) {
		if (co->state != KDDM_CO_SHARED && co->state != KDDM_CO_OWNER)
			return false;
		co->readers++;
		return true;
	}
	if (co->state != KDDM_CO_OWNER || co->readers ||
	    (co->x && !nodeset_empty(copyset(co->x), co->x->words)))
		return false;
	co->state = KDDM_CO_WRITER;
	co->version++;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_co_hit);

/**
 * kddm_co_leave() - leave an object for which nobody waits
 * @co: the object, with a local user inside; no writer, if it has replicas
 *
 * The short way for the common case; kddm_co_step() would do the same.
 *
 * Return: true if the user is out; false if kddm_co_step() has to decide.
 */
bool kddm_co_leave(struct kddm_co *co)
{
	if (qlen(co))
		return false;
	if (co->state == KDDM_CO_WRITER) {
		co->state = KDDM_CO_OWNER;
		return true;
	}
	if (!co->readers ||
	    (co->state != KDDM_CO_SHARED && co->state != KDDM_CO_OWNER))
		return false;
	co->readers--;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_co_leave);

/**
 * kddm_co_open() - how far the gate of an object can be opened
 * @co: the object; its gate is shut
 *
 * Return: the word that the gate becomes, see gate.h; 0: it stays shut.
 */
u32 kddm_co_open(const struct kddm_co *co)
{
	u32 gate = KDDM_GATE_OPEN | co->readers;

	if (co->want != KDDM_WANT_NONE || qlen(co) ||
	    co->readers > KDDM_GATE_READERS)
		return 0;
	switch (co->state) {
	case KDDM_CO_SHARED:
		return gate;
	case KDDM_CO_OWNER:
		if (co->x && !nodeset_empty(copyset(co->x), co->x->words))
			return gate;
		return gate | KDDM_GATE_OWNER;
	default:
		return 0;
	}
}
EXPORT_SYMBOL_IF_KUNIT(kddm_co_open);

/**
 * kddm_co_shut() - take over what has happened at the gate
 * @co: the object, as it was when the gate was opened
 * @gate: what the gate has become; nobody finds it open any more
 */
void kddm_co_shut(struct kddm_co *co, u32 gate)
{
	co->readers = gate & KDDM_GATE_READERS;
	co->version += (gate & KDDM_GATE_WRITES) / KDDM_GATE_WRITE;
	if (gate & KDDM_GATE_WRITER)
		co->state = KDDM_CO_WRITER;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_co_shut);

/**
 * kddm_co_forgettable() - whether kddm_co_init() would give the same state
 * @co: the object
 * @env: who and where
 *
 * Return: true if nothing is lost when the entry is freed.
 */
bool kddm_co_forgettable(const struct kddm_co *co,
			 const struct kddm_co_env *env)
{
	if (co->want != KDDM_WANT_NONE || co->readers || co->x || co->backup)
		return false;
	if (env->self == env->home)
		return co->state == KDDM_CO_VOID && !co->tomb;
	return co->state == KDDM_CO_INVALID && !(env->keep && co->version) &&
	       (co->hint == KDDM_NODE_NONE || co->hint == env->home);
}
EXPORT_SYMBOL_IF_KUNIT(kddm_co_forgettable);

/**
 * kddm_co_init() - an object of which this node knows nothing
 * @co: the object
 * @env: who and where
 */
void kddm_co_init(struct kddm_co *co, const struct kddm_co_env *env)
{
	memset(co, 0, sizeof(*co));
	co->hint = KDDM_NODE_NONE;
	co->inv_owner = KDDM_NODE_NONE;
	co->state = env->self == env->home ? KDDM_CO_VOID : KDDM_CO_INVALID;
}
EXPORT_SYMBOL_IF_KUNIT(kddm_co_init);

/**
 * kddm_co_has_data() - whether this node has the contents of the object
 * @co: the object
 *
 * Return: true in every state in which a local user may be inside.
 */
bool kddm_co_has_data(const struct kddm_co *co)
{
	switch (co->state) {
	case KDDM_CO_SHARED:
	case KDDM_CO_DRAIN:
	case KDDM_CO_UPGRADE:
	case KDDM_CO_DRAIN_UPGRADE:
	case KDDM_CO_OWNER:
	case KDDM_CO_ACKS:
	case KDDM_CO_WRITER:
	case KDDM_CO_PUSH:
		return true;
	default:
		return false;
	}
}
EXPORT_SYMBOL_IF_KUNIT(kddm_co_has_data);

/**
 * kddm_co_owns() - whether this node owns the object, or its absence
 * @co: the object
 *
 * Return: true in every state in which requests end here.
 */
bool kddm_co_owns(const struct kddm_co *co)
{
	switch (co->state) {
	case KDDM_CO_VOID:
	case KDDM_CO_OWNER:
	case KDDM_CO_ACKS:
	case KDDM_CO_WRITER:
	case KDDM_CO_FILL:
	case KDDM_CO_PUSH:
		return true;
	default:
		return false;
	}
}
EXPORT_SYMBOL_IF_KUNIT(kddm_co_owns);

/**
 * kddm_co_state_name() - for logs and traces
 * @state: enum kddm_co_state
 *
 * Return: the name in lower case.
 */
const char *kddm_co_state_name(u8 state)
{
	static const char * const name[KDDM_CO_NR_STATES] = {
		"invalid", "void", "lost", "shared", "drain", "get", "grab",
		"upgrade", "drain-upgrade", "owner", "acks", "writer", "fill",
		"push",
	};

	return state < KDDM_CO_NR_STATES ? name[state] : "?";
}
EXPORT_SYMBOL_IF_KUNIT(kddm_co_state_name);

/**
 * kddm_co_event_name() - for logs and traces
 * @type: enum kddm_co_event_type
 *
 * Return: the name in lower case.
 */
const char *kddm_co_event_name(u8 type)
{
	static const char * const name[KDDM_EV_NR] = {
		"get", "grab", "put", "remove", "downgrade", "drop",
		"replicate", "filled",
		"get-req", "grab-req", "data",
		"own", "inval", "ack", "nak", "removed", "replica",
		"run",
	};

	return type < KDDM_EV_NR ? name[type] : "?";
}
EXPORT_SYMBOL_IF_KUNIT(kddm_co_event_name);
