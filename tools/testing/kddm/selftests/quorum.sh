#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Quorum policies: who goes on when a cluster falls apart, that all nodes have
# to be set alike, and that founders wait for each other.

. "$(dirname "$0")/lib.sh"

ktap_print_header
ktap_set_plan 37

# recovered NODE MEMBERS: the node serves a view of so many
recovered() {
	kctl "$1" wait recovered members "$2" timeout 20
}

# suspended NODE
suspended() {
	status=0
	kctl "$1" status >"$TMP/status" || status=$?
	[ "$status" -eq 6 ] && grep -Eq '^service +suspended$' "$TMP/status"
}

# awaits NODE NODES: what a node says that it waits for
awaits() {
	kctl "$1" status | grep -Eq "^awaited +$2\$"
}

# config WORDS...: on all nodes
config() {
	for n in 1 2 3; do
		kctl "$n" config set "$@" || return 1
	done
}

# start NODES...
start() {
	for n in "$@"; do
		kctl "$n" start id "$n" || return 1
	done
}

stop() {
	for n in "$@"; do
		kctl "$n" stop || return 1
	done
}

# refused NODE WHY: the node has seen an event of it
refused() {
	grep -q "refused: $2" "$TMP/monitor$1"
}

check "three namespaces with TIPC" setup 3

# Two nodes: auto is a tiebreak
check "two nodes with quorum auto" start 1 2
check "serve" recovered 1 2
check "node 2 is cut off" cut 2
check "node 1, the lowest, goes on" recovered 1 1
check "node 2 is suspended" wait_for suspended 2
check "and says for whom it waits" awaits 2 1
check "they meet again" heal 2
check "and serve" eval 'recovered 1 2 && recovered 2 2'
check "they stop" stop 2 1

# Two nodes: majority
check "quorum majority" config quorum majority
check "two nodes" start 1 2
check "serve" recovered 1 2
check "node 2 is cut off" cut 2
check "nobody goes on" eval 'wait_for suspended 1 && wait_for suspended 2'
check "they meet again" heal 2
check "and serve" eval 'recovered 1 2 && recovered 2 2'

# A node that is set otherwise
kctl 1 monitor >"$TMP/monitor1" &
watcher=$!
wait_for grep -q ready "$TMP/monitor1"
check "node 3 is set to quorum none" kctl 3 config set quorum none
check "it does not start, and says why" \
	fails 1 'node [12] has quorum policy majority, not none' \
	kctl 3 start id 3
check "the others tell of it" wait_for refused 1 quorum
check "and serve on" eval 'recovered 1 2 && recovered 2 2'
check "node 3 of another cluster starts alone" \
	eval 'kctl 3 start id 3 cluster 9 && recovered 3 1'
check "the others tell of that, too" wait_for refused 1 cluster
kill $watcher
check "it stops" stop 3
check "with the others' quorum it is one of them" \
	eval 'kctl 3 config set quorum majority && start 3 && recovered 1 3'
check "they stop" stop 1 2 3

# None: everybody goes on
check "quorum none" config quorum none
check "three nodes" start 1 2 3
check "serve" recovered 1 3
check "node 3 is cut off" cut 3
check "all go on, apart" eval 'recovered 1 2 && recovered 3 1'
check "node 3 meets the others again" heal 3
check "they are one cluster" eval 'recovered 1 3 && recovered 3 3'
check "they stop" stop 1 2 3

# Founders
config quorum auto founders 3 start-timeout 100
check "two of three founders wait" \
	eval 'start 1 2 && suspended 1 && suspended 2'
check "the third one comes" start 3
check "they found a cluster" eval 'recovered 1 3 && recovered 3 3'
ktap_finished
