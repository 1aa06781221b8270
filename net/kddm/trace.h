/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: every message sent, accepted and dropped, every change of a
 * node.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kddm

#if !defined(_NET_KDDM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _NET_KDDM_TRACE_H

#include <linux/tracepoint.h>
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

#endif /* _NET_KDDM_TRACE_H */

/* This part must be outside protection */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH ../../net/kddm
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
