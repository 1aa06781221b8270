// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects: what a trace tells of their life, in the words of whoever uses them
 * rather than in those of the machine.
 */
#include "object.h"
#include "trace.h"

/* Whether a node that has it in @state owns an object that exists. */
static bool owns(u8 state)
{
	const struct kddm_co co = { .state = state };

	return state != KDDM_CO_VOID && kddm_co_owns(&co);
}

static void tell(const struct kddm_obj *obj, u8 what, u16 node, int err)
{
	const struct kddm_set *set = obj->set;

	trace_kddm_obj_change(set->kn->self, set->id, obj->id, what, node,
			      obj->co.version, err);
}

/* @from: who may have given it to this node. */
static void tell_owner(const struct kddm_obj *obj, u8 before, u16 from)
{
	u8 after = obj->co.state;

	if (owns(after) && !owns(before))
		tell(obj, KDDM_OBJ_OWNED, from, 0);
	else if (owns(before) && after == KDDM_CO_VOID)
		tell(obj, KDDM_OBJ_REMOVED, KDDM_NODE_NONE, 0);
	else if (owns(before) && !owns(after))
		tell(obj, KDDM_OBJ_MOVED, obj->co.hint, 0);
	if (after == KDDM_CO_LOST && before != KDDM_CO_LOST)
		tell(obj, KDDM_OBJ_LOST, KDDM_NODE_NONE, 0);
}

void kddm_obj_trace_step(const struct kddm_obj *obj, u8 before,
			 const struct kddm_co_event *ev)
{
	u16 from = ev->type == KDDM_EV_OWN ? ev->src : KDDM_NODE_NONE;

	if (!trace_kddm_obj_change_enabled())
		return;
	tell_owner(obj, before, from);
	if (ev->type == KDDM_EV_FILLED)
		tell(obj, KDDM_OBJ_TOUCHED, KDDM_NODE_NONE, ev->err);
}

void kddm_obj_trace_settled(const struct kddm_obj *obj, u8 before)
{
	if (trace_kddm_obj_change_enabled())
		tell_owner(obj, before, KDDM_NODE_NONE);
}

void kddm_obj_trace_given_up(const struct kddm_obj *obj)
{
	if (trace_kddm_obj_change_enabled())
		tell(obj, KDDM_OBJ_GIVEN_UP, KDDM_NODE_NONE, 0);
}
