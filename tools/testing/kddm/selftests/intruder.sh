#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Nobody but a kernel can pose as a node; see reserved.c.

. "$(dirname "$0")/lib.sh"

ktap_print_header
ktap_set_plan 5

# counted: all 20 messages, beside what was foreign before: a HELLO may come
# before TIPC tells who publishes
counted() {
	[ "$(counter 1 foreign)" -ge $((before + 20)) ]
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
check "and the cluster goes on" alive

ktap_finished
