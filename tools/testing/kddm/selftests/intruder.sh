#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Nobody but a kernel can pose as a node; see reserved.c.

. "$(dirname "$0")/lib.sh"

ktap_print_header
ktap_set_plan 6

# counted: all 20 messages, beside what was foreign before: a HELLO may come
# before TIPC tells who publishes
counted() {
	[ "$(counter 1 foreign)" -ge $((before + 20)) ]
}

TRACE=/sys/kernel/tracing/trace

# traced: each of them, with where it came from, if the kernel has tracepoints
traced() {
	[ -e "$TRACE" ] || return 0
	drop="kddm_msg_drop: self=1 chan=0 from=[0-9a-f]*:[0-9]* len=[0-9]*"
	lines=$(grep -c "$drop reason=foreign" "$TRACE")
	[ "$lines" -ge $((before + 20)) ] && return
	echo "$lines lines"
	drops
	return 1
}

alive() {
	says safe kctl 2 object get demo 1 && count_nodes 1 possible 2 &&
	[ "$(counter 1 foreign)" = $((before + 20)) ] &&
	[ "$(counter 1 malformed)" = 0 ] &&
	[ "$(counter 1 stale)" = 0 ] && [ "$(counter 1 gaps)" = 0 ]
}

check "two namespaces with TIPC" setup 2
check "two nodes start" start_all
kctl 1 set create demo size 16
kctl 1 object put demo 1 safe
before=$(counter 1 foreign)
check "user space can neither publish the services" on 1 reserved
check "nor have a message accepted" wait_for counted
check "which is traced" traced
check "and the cluster goes on" alive

ktap_finished
