#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Memory that is short: copies are dropped, owned objects are moved, and nothing
# is lost.

. "$(dirname "$0")/lib.sh"

ktap_print_header
ktap_set_plan 9

# known NODE: how many objects of the set the node knows
known() {
	kctl "$1" -j set list | number objects
}

write_all() {
	for i in $(seq 60); do
		kctl 1 object put demo "$i" "object $i" || return 1
	done
}

read_all() {
	for i in $(seq 60); do
		says "object $i" kctl "$1" object get demo "$i" || return 1
	done
}

# all_known NODE: so many that it must have them all
all_known() {
	[ "$(known "$1")" -ge 60 ]
}

# fewer NODE COUNT: after some reclaim the node knows fewer
fewer() {
	echo 2 >/proc/sys/vm/drop_caches
	sleep 0.2
	[ "$(known "$1")" -lt "$2" ]
}

check "three namespaces with TIPC" setup 3
check "three nodes start" start_all
check "a set whose home is node 3" kctl 1 set create demo size 64 home 3
check "node 1 writes objects" write_all
check "node 2 has copies" eval 'read_all 2 && all_known 2'
check "when memory is short they go" wait_for fewer 2 30
check "when there are none left, owned objects move" wait_for fewer 1 30
check "all can be read again" read_all 2
check "no message was dropped" no_drops
ktap_finished
