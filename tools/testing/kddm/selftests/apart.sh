#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Nodes that meet late: two of three that cannot see each other yet, and two
# that have started apart with the same id.

. "$(dirname "$0")/lib.sh"

ktap_print_header
ktap_set_plan 24

# isolated on|off: whether nodes 2 and 3 are kept from each other
isolated() {
	ip link set dev kp2 type bridge_slave isolated "$1" &&
	ip link set dev kp3 type bridge_slave isolated "$1"
}

# sees NODE COUNT: the node counts so many possible nodes, itself included
sees() {
	count_nodes "$1" possible "$2"
}

# service_is NODE SERVICE
service_is() {
	kctl "$1" status | grep -Eq "^service +$2\$"
}

# state_is NODE STATE
state_is() {
	kctl "$1" status | grep -Eq "^state +$2$"
}

# one_expelled: of nodes 1 and 2
one_expelled() {
	{ state_is 1 running && state_is 2 expelled; } ||
	{ state_is 2 running && state_is 1 expelled; }
}

# shared: what the one that lost writes, the other reads
shared() {
	kctl "$lost" object put demo 1 both &&
	says both kctl "$kept" object get demo 1
}

apart() {
	isolated on && on 2 tipc bearer disable media eth device eth0 &&
	on 2 tipc bearer enable media eth device eth0 &&
	wait_for links 2 1 && wait_for links 3 1
}

start_apart() {
	for n in 1 2 3; do
		kctl "$n" start id "$n" || return 1
	done
	wait_for sees 1 3 && wait_for sees 2 2 && wait_for sees 3 2
}

together() {
	isolated off
	for n in 1 2 3; do
		wait_for sees "$n" 3 || return 1
	done
}

check "three namespaces with TIPC" setup 3
check "nodes 2 and 3 are kept apart" apart
check "they start, and each sees node 1" start_apart
check "nodes 1 and 2 serve" \
	eval 'wait_for service_is 1 serving && wait_for service_is 2 serving'
check "node 3, which does not reach node 2, is suspended" \
	service_is 3 suspended
check "nor a member, though node 1 reaches it" says "1 2" members 1
check "node 1 creates a set" kctl 1 set create demo size 8
check "node 2 writes" kctl 2 object put demo 1 new
check "node 3 is not served" \
	fails 1 'suspended' kctl 3 object get demo 1
check "they meet" together
check "node 3 is served" wait_for service_is 3 serving
check "it sees what node 2 has written" says new kctl 3 object get demo 1
check "the set is destroyed" kctl 3 set destroy demo
check "all stop" eval 'kctl 1 stop && kctl 2 stop && kctl 3 stop'

# One id twice
check "nodes 1 and 2 are parted" \
	eval 'ip link set kp1 down && wait_for links 1 0'
check "both start with id 5" \
	eval 'kctl 1 start id 5 && kctl 2 start id 5'
check "they meet, and one has to go" \
	eval 'ip link set kp1 up && wait_for one_expelled'
if state_is 1 expelled; then
	lost=1
	kept=2
else
	lost=2
	kept=1
fi
status_expelled() {
	kctl $lost status >/dev/null
	[ $? -eq 4 ]
}

check "its status says so" status_expelled
check "it makes no sets" fails 1 'not' kctl $lost set create demo size 8
check "it stops" kctl $lost stop
check "it starts with another id" kctl $lost start id 6
check "and is seen" wait_for sees $kept 2
check "the other makes a set" kctl $kept set create demo size 8
check "which it can use" shared
ktap_finished
