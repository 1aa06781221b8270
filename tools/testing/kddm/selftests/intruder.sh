#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Nobody but a kernel can pose as a node; see reserved.c.

. "$(dirname "$0")/lib.sh"

ktap_print_header
ktap_set_plan 5

counted() {
	dropped=$(($(counter 1 foreign) + $(counter 1 malformed)))
	[ "$(counter 1 foreign)" -ge 6 ] && [ "$dropped" -ge 10 ]
}

alive() {
	says safe kctl 2 object get demo 1 && count_nodes 1 possible 2 &&
	[ "$(counter 1 gaps)" = 0 ]
}

check "two namespaces with TIPC" setup 2
check "two nodes start" start_all
kctl 1 set create demo size 16
kctl 1 object put demo 1 safe
check "user space can neither publish the services" on 1 reserved
check "nor have a message accepted" wait_for counted
check "and the cluster goes on" alive

ktap_finished
