/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: every message sent, accepted and dropped; every change of a
 * node, a set, and the state of an object; every wait for an object, and every
 * call of another node.  Documentation/kddm/debugging.rst has their fields.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kddm

#if !defined(_NET_KDDM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _NET_KDDM_TRACE_H

#include <linux/tracepoint.h>
#include "event.h"
#include "member.h"
#include "transport.h"

TRACE_DEFINE_ENUM(KDDM_DROP_MALFORMED);
TRACE_DEFINE_ENUM(KDDM_DROP_FOREIGN);
TRACE_DEFINE_ENUM(KDDM_DROP_STALE);
TRACE_DEFINE_ENUM(KDDM_DROP_REFUSED);
TRACE_DEFINE_ENUM(KDDM_DROP_GAP);
TRACE_DEFINE_ENUM(KDDM_DROP_BUSY);

TRACE_DEFINE_ENUM(KDDM_ADD_ONLINE);
TRACE_DEFINE_ENUM(KDDM_ADD_POSSIBLE);
TRACE_DEFINE_ENUM(KDDM_REMOVE_POSSIBLE);
TRACE_DEFINE_ENUM(KDDM_REMOVE_ONLINE);

TRACE_DEFINE_ENUM(KDDM_CO_INVALID);
TRACE_DEFINE_ENUM(KDDM_CO_VOID);
TRACE_DEFINE_ENUM(KDDM_CO_LOST);
TRACE_DEFINE_ENUM(KDDM_CO_SHARED);
TRACE_DEFINE_ENUM(KDDM_CO_DRAIN);
TRACE_DEFINE_ENUM(KDDM_CO_GET);
TRACE_DEFINE_ENUM(KDDM_CO_GRAB);
TRACE_DEFINE_ENUM(KDDM_CO_UPGRADE);
TRACE_DEFINE_ENUM(KDDM_CO_DRAIN_UPGRADE);
TRACE_DEFINE_ENUM(KDDM_CO_OWNER);
TRACE_DEFINE_ENUM(KDDM_CO_ACKS);
TRACE_DEFINE_ENUM(KDDM_CO_WRITER);
TRACE_DEFINE_ENUM(KDDM_CO_FILL);
TRACE_DEFINE_ENUM(KDDM_CO_PUSH);

TRACE_DEFINE_ENUM(KDDM_EV_GET);
TRACE_DEFINE_ENUM(KDDM_EV_GRAB);
TRACE_DEFINE_ENUM(KDDM_EV_PUT);
TRACE_DEFINE_ENUM(KDDM_EV_REMOVE);
TRACE_DEFINE_ENUM(KDDM_EV_DOWNGRADE);
TRACE_DEFINE_ENUM(KDDM_EV_DROP);
TRACE_DEFINE_ENUM(KDDM_EV_REPLICATE);
TRACE_DEFINE_ENUM(KDDM_EV_FILLED);
TRACE_DEFINE_ENUM(KDDM_EV_GET_REQ);
TRACE_DEFINE_ENUM(KDDM_EV_GRAB_REQ);
TRACE_DEFINE_ENUM(KDDM_EV_DATA);
TRACE_DEFINE_ENUM(KDDM_EV_OWN);
TRACE_DEFINE_ENUM(KDDM_EV_INVAL);
TRACE_DEFINE_ENUM(KDDM_EV_ACK);
TRACE_DEFINE_ENUM(KDDM_EV_NAK);
TRACE_DEFINE_ENUM(KDDM_EV_REMOVED);
TRACE_DEFINE_ENUM(KDDM_EV_REPLICA);
TRACE_DEFINE_ENUM(KDDM_EV_RUN);

TRACE_DEFINE_ENUM(KDDM_SET_MADE);
TRACE_DEFINE_ENUM(KDDM_SET_KNOWN);
TRACE_DEFINE_ENUM(KDDM_SET_UNMADE);
TRACE_DEFINE_ENUM(KDDM_SET_FORGOTTEN);

TRACE_DEFINE_ENUM(KDDM_OBJ_TOUCHED);
TRACE_DEFINE_ENUM(KDDM_OBJ_OWNED);
TRACE_DEFINE_ENUM(KDDM_OBJ_MOVED);
TRACE_DEFINE_ENUM(KDDM_OBJ_REMOVED);
TRACE_DEFINE_ENUM(KDDM_OBJ_LOST);
TRACE_DEFINE_ENUM(KDDM_OBJ_GIVEN_UP);

DECLARE_EVENT_CLASS(kddm_msg,
	TP_PROTO(const struct kddm_hdr *h),

	TP_ARGS(h),

	TP_STRUCT__entry(
		__field(u16, src)
		__field(u16, dst)
		__field(u16, chan)
		__field(u16, session)
		__field(u8, type)
		__field(u32, len)
		__field(u32, seq)
		__field(u32, ack)
	),

	TP_fast_assign(
		__entry->src = h->src;
		__entry->dst = h->dst;
		__entry->chan = h->chan;
		__entry->session = h->session;
		__entry->type = h->type;
		__entry->len = h->len;
		__entry->seq = h->seq;
		__entry->ack = h->ack;
	),

	TP_printk("%u -> %u chan=%u session=%u type=%u len=%u seq=%u ack=%u",
		  __entry->src, __entry->dst, __entry->chan,
		  __entry->session, __entry->type, __entry->len,
		  __entry->seq, __entry->ack)
);

DEFINE_EVENT(kddm_msg, kddm_msg_tx,
	TP_PROTO(const struct kddm_hdr *h),
	TP_ARGS(h)
);

DEFINE_EVENT(kddm_msg, kddm_msg_rx,
	TP_PROTO(const struct kddm_hdr *h),
	TP_ARGS(h)
);

TRACE_EVENT(kddm_msg_drop,
	TP_PROTO(u16 self, u16 chan, u32 addr, u32 port, u32 len, u8 reason),

	TP_ARGS(self, chan, addr, port, len, reason),

	TP_STRUCT__entry(
		__field(u16, self)
		__field(u16, chan)
		__field(u32, addr)
		__field(u32, port)
		__field(u32, len)
		__field(u8, reason)
	),

	TP_fast_assign(
		__entry->self = self;
		__entry->chan = chan;
		__entry->addr = addr;
		__entry->port = port;
		__entry->len = len;
		__entry->reason = reason;
	),

	TP_printk("self=%u chan=%u from=%x:%u len=%u reason=%s",
		  __entry->self, __entry->chan, __entry->addr, __entry->port,
		  __entry->len,
		  __print_symbolic(__entry->reason,
				   { KDDM_DROP_MALFORMED, "malformed" },
				   { KDDM_DROP_FOREIGN, "foreign" },
				   { KDDM_DROP_STALE, "stale" },
				   { KDDM_DROP_REFUSED, "refused" },
				   { KDDM_DROP_GAP, "gap" },
				   { KDDM_DROP_BUSY, "busy" }))
);

TRACE_EVENT(kddm_node_change,
	TP_PROTO(const struct kddm_node_event *ev),

	TP_ARGS(ev),

	TP_STRUCT__entry(
		__field(u16, self)
		__field(u16, id)
		__field(u32, incarnation)
		__field(u8, change)
	),

	TP_fast_assign(
		__entry->self = ev->kn->self;
		__entry->id = ev->id;
		__entry->incarnation = ev->incarnation;
		__entry->change = ev->change;
	),

	TP_printk("self=%u node=%u incarnation=%08x %s",
		  __entry->self, __entry->id, __entry->incarnation,
		  __print_symbolic(__entry->change,
				   { KDDM_ADD_ONLINE, "add online" },
				   { KDDM_ADD_POSSIBLE, "add possible" },
				   { KDDM_REMOVE_POSSIBLE, "remove possible" },
				   { KDDM_REMOVE_ONLINE, "remove online" }))
);

TRACE_EVENT(kddm_view,
	TP_PROTO(u16 self, u32 epoch, u8 service, u16 members),

	TP_ARGS(self, epoch, service, members),

	TP_STRUCT__entry(
		__field(u32, epoch)
		__field(u16, self)
		__field(u16, members)
		__field(u8, service)
	),

	TP_fast_assign(
		__entry->epoch = epoch;
		__entry->self = self;
		__entry->members = members;
		__entry->service = service;
	),

	TP_printk("self=%u epoch=%u %s members=%u", __entry->self,
		  __entry->epoch,
		  __print_symbolic(__entry->service,
				   { 0, "suspended" },
				   { 1, "changing" },
				   { 2, "serving" }),
		  __entry->members)
);

TRACE_EVENT(kddm_set_change,
	TP_PROTO(u16 self, u32 set, const char *name, u8 change),

	TP_ARGS(self, set, name, change),

	TP_STRUCT__entry(
		__field(u16, self)
		__field(u32, set)
		__string(name, name)
		__field(u8, change)
	),

	TP_fast_assign(
		__entry->self = self;
		__entry->set = set;
		__assign_str(name);
		__entry->change = change;
	),

	TP_printk("self=%u set=%u name=%s %s", __entry->self, __entry->set,
		  __get_str(name),
		  __print_symbolic(__entry->change,
				   { KDDM_SET_MADE, "created" },
				   { KDDM_SET_KNOWN, "instantiated" },
				   { KDDM_SET_UNMADE, "destroyed" },
				   { KDDM_SET_FORGOTTEN, "forgotten" }))
);

TRACE_EVENT(kddm_obj_state,
	TP_PROTO(u16 self, u32 set, u64 id, u8 before, u8 after, u8 event,
		 u64 version),

	TP_ARGS(self, set, id, before, after, event, version),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, version)
		__field(u32, set)
		__field(u16, self)
		__field(u8, before)
		__field(u8, after)
		__field(u8, event)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->version = version;
		__entry->set = set;
		__entry->self = self;
		__entry->before = before;
		__entry->after = after;
		__entry->event = event;
	),

	TP_printk("self=%u set=%u id=%llu %s -> %s event=%s version=%llu",
		  __entry->self, __entry->set, __entry->id,
		  __print_symbolic(__entry->before,
				   { KDDM_CO_INVALID, "invalid" },
				   { KDDM_CO_VOID, "void" },
				   { KDDM_CO_LOST, "lost" },
				   { KDDM_CO_SHARED, "shared" },
				   { KDDM_CO_DRAIN, "drain" },
				   { KDDM_CO_GET, "get" },
				   { KDDM_CO_GRAB, "grab" },
				   { KDDM_CO_UPGRADE, "upgrade" },
				   { KDDM_CO_DRAIN_UPGRADE, "drain-upgrade" },
				   { KDDM_CO_OWNER, "owner" },
				   { KDDM_CO_ACKS, "acks" },
				   { KDDM_CO_WRITER, "writer" },
				   { KDDM_CO_FILL, "fill" },
				   { KDDM_CO_PUSH, "push" }),
		  __print_symbolic(__entry->after,
				   { KDDM_CO_INVALID, "invalid" },
				   { KDDM_CO_VOID, "void" },
				   { KDDM_CO_LOST, "lost" },
				   { KDDM_CO_SHARED, "shared" },
				   { KDDM_CO_DRAIN, "drain" },
				   { KDDM_CO_GET, "get" },
				   { KDDM_CO_GRAB, "grab" },
				   { KDDM_CO_UPGRADE, "upgrade" },
				   { KDDM_CO_DRAIN_UPGRADE, "drain-upgrade" },
				   { KDDM_CO_OWNER, "owner" },
				   { KDDM_CO_ACKS, "acks" },
				   { KDDM_CO_WRITER, "writer" },
				   { KDDM_CO_FILL, "fill" },
				   { KDDM_CO_PUSH, "push" }),
		  __print_symbolic(__entry->event,
				   { KDDM_EV_GET, "get" },
				   { KDDM_EV_GRAB, "grab" },
				   { KDDM_EV_PUT, "put" },
				   { KDDM_EV_REMOVE, "remove" },
				   { KDDM_EV_DOWNGRADE, "downgrade" },
				   { KDDM_EV_DROP, "drop" },
				   { KDDM_EV_REPLICATE, "replicate" },
				   { KDDM_EV_FILLED, "filled" },
				   { KDDM_EV_GET_REQ, "get-req" },
				   { KDDM_EV_GRAB_REQ, "grab-req" },
				   { KDDM_EV_DATA, "data" },
				   { KDDM_EV_OWN, "own" },
				   { KDDM_EV_INVAL, "inval" },
				   { KDDM_EV_ACK, "ack" },
				   { KDDM_EV_NAK, "nak" },
				   { KDDM_EV_REMOVED, "removed" },
				   { KDDM_EV_REPLICA, "replica" },
				   { KDDM_EV_RUN, "run" }),
		  __entry->version)
);

TRACE_EVENT(kddm_obj_change,
	TP_PROTO(u16 self, u32 set, u64 id, u8 what, u16 node, u64 version,
		 int err),

	TP_ARGS(self, set, id, what, node, version, err),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, version)
		__field(u32, set)
		__field(int, err)
		__field(u16, self)
		__field(u16, node)
		__field(u8, what)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->version = version;
		__entry->set = set;
		__entry->err = err;
		__entry->self = self;
		__entry->node = node;
		__entry->what = what;
	),

	TP_printk("self=%u set=%u id=%llu %s node=%d version=%llu err=%d",
		  __entry->self, __entry->set, __entry->id,
		  __print_symbolic(__entry->what,
				   { KDDM_OBJ_TOUCHED, "first-touch" },
				   { KDDM_OBJ_OWNED, "owned" },
				   { KDDM_OBJ_MOVED, "moved" },
				   { KDDM_OBJ_REMOVED, "removed" },
				   { KDDM_OBJ_LOST, "lost" },
				   { KDDM_OBJ_GIVEN_UP, "given-up" }),
		  (s16)__entry->node, __entry->version, __entry->err)
);

TRACE_EVENT(kddm_obj_wait,
	TP_PROTO(u16 self, u32 set, u64 id, bool grab),

	TP_ARGS(self, set, id, grab),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, set)
		__field(u16, self)
		__field(bool, grab)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->set = set;
		__entry->self = self;
		__entry->grab = grab;
	),

	TP_printk("self=%u set=%u id=%llu %s", __entry->self, __entry->set,
		  __entry->id, __entry->grab ? "grab" : "get")
);

TRACE_EVENT(kddm_obj_wait_end,
	TP_PROTO(u16 self, u32 set, u64 id, bool grab, int err),

	TP_ARGS(self, set, id, grab, err),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, set)
		__field(u16, self)
		__field(bool, grab)
		__field(int, err)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->set = set;
		__entry->self = self;
		__entry->grab = grab;
		__entry->err = err;
	),

	TP_printk("self=%u set=%u id=%llu %s err=%d", __entry->self,
		  __entry->set, __entry->id, __entry->grab ? "grab" : "get",
		  __entry->err)
);

TRACE_EVENT(kddm_rpc_call,
	TP_PROTO(u16 self, u16 dst, u32 service, u32 id, u32 len),

	TP_ARGS(self, dst, service, id, len),

	TP_STRUCT__entry(
		__field(u16, self)
		__field(u16, dst)
		__field(u32, service)
		__field(u32, id)
		__field(u32, len)
	),

	TP_fast_assign(
		__entry->self = self;
		__entry->dst = dst;
		__entry->service = service;
		__entry->id = id;
		__entry->len = len;
	),

	TP_printk("self=%u dst=%u service=%08x id=%u len=%u", __entry->self,
		  __entry->dst, __entry->service, __entry->id, __entry->len)
);

TRACE_EVENT(kddm_rpc_end,
	TP_PROTO(u16 self, u16 dst, u32 service, u32 id, int result),

	TP_ARGS(self, dst, service, id, result),

	TP_STRUCT__entry(
		__field(u16, self)
		__field(u16, dst)
		__field(u32, service)
		__field(u32, id)
		__field(int, result)
	),

	TP_fast_assign(
		__entry->self = self;
		__entry->dst = dst;
		__entry->service = service;
		__entry->id = id;
		__entry->result = result;
	),

	TP_printk("self=%u dst=%u service=%08x id=%u result=%d",
		  __entry->self, __entry->dst, __entry->service, __entry->id,
		  __entry->result)
);

#endif /* _NET_KDDM_TRACE_H */

/* This part must be outside protection */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH ../../net/kddm
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
