#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# rpc/run.sh: the RPC of clients, on a cluster of namespaces.
#
#   rpc/run.sh MODULE SELFTESTS
#
# MODULE is kddm_rpc.ko, SELFTESTS the directory with the built selftests, whose
# lib.sh makes the cluster.  The module runs its tests; then some more while
# nodes are stopped, started, and cut off.  To be run as root in a test kernel.

if [ $# -lt 2 ]; then
	echo "usage: $0 MODULE SELFTESTS" >&2
	exit 2
fi
module=$1
cd "$2" || exit 2
# shellcheck disable=SC2034 # for lib.sh
DIR=.
# shellcheck source=/dev/null
. ./lib.sh

# no_bad_drops: late replies are stale, and what is beyond a bound is dropped
no_bad_drops() {
	for n in 1 2 3; do
		for drop in malformed gaps refused; do
			says 0 counter "$n" "$drop" || return 1
		done
	done
}

running() {
	printed kddm_rpc | grep -q "^# $1: running"
}

# with TEST COMMAND...: the module runs it; the command when it has begun
with() {
	test=$1
	shift
	echo "$test" >/sys/module/kddm_rpc/parameters/run &
	writer=$!
	wait_for running "$test" && "$@"
	status=$?
	wait "$writer" && [ "$status" -eq 0 ] && return
	printed kddm_rpc | grep "$test"
	return 1
}

# stop NODE: at once, whoever waits for an answer
stop() {
	timeout 10 kddmctl -n "k$1" stop
}

start() {
	kctl "$1" start id "$1" && all_serve 1 2 3
}

come_back() {
	heal "$1"
	# Its session has ended for good if something was lost.
	wait_for serves 1 3 || { kctl "$1" stop; kctl "$1" start id "$1"; }
	all_serve 1 2 3
}

# late_cut NODE: once all that waits for something does so
late_cut() {
	sleep 1
	cut "$1"
}

# again_and_again: until the module, which looks once a tick, has seen enough
again_and_again() {
	for _ in $(seq 30); do
		kctl 3 stop && kctl 3 start id 3 || return 1
		printed kddm_rpc | grep -q '^# gate: .* early' && return
	done
}

stopped() {
	printed kddm_rpc | grep -q "^# nodes: stopped"
}

stop_and_start() {
	kctl 3 stop && wait_for stopped && kctl 3 start id 3
}

stays() {
	printed kddm_rpc | grep -q "^# barrier: stays"
}

# stop_twice: node 2 has a user, who closes the set after the first time
stop_twice() {
	kctl 2 config set stop-timeout 1000 &&
	fails 1 'in use' kctl 2 stop && wait_for stays && stop 2
}

in_state() {
	kctl "$1" status | grep -q "^state *$2"
}

# stop_asker: node 3, while it waits until node 2 has stopped
stop_asker() {
	kctl 2 config set stop-timeout 20000
	kctl 3 stop node 2 >"$TMP/asked" 2>&1 &
	asker=$!
	wait_for in_state 2 stopping && says 1 counter 2 users && stop 3
	wait "$asker"
	[ $? -eq 1 ] && grep 'not running' "$TMP/asked" &&
		wait_for in_state 2 stopped && return
	cat "$TMP/asked"
	return 1
}

# Allocations that fail

# short_of_memory PERCENT: for ten seconds
short_of_memory() {
	fail_some "$1"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		mark_tasks
		sleep 1
	done
	fail_none
}

ktap_print_header
ktap_set_plan 25
[ -e /sys/module/kddm ] || modprobe kddm
check "three namespaces with TIPC" setup 3
check "three nodes start" start_all
check "all are in the view" all_serve 1 2 3
check "the module runs its tests" insmod "$module"
check "all are passed" all_ok kddm_rpc
check "no message was malformed, or lost" no_bad_drops
if can_fail; then
	check "memory is short" with faults short_of_memory 2
else
	ktap_test_skip "memory is short: this kernel has no failslab"
fi
check "a node stops while it calls" with stop-caller stop 1
check "it starts again" start 1
check "a node stops while it is called" with stop-callee stop 2
check "it starts again, too" start 2
check "requests wait until a node serves" with gate again_and_again
check "all are in the view again" all_serve 1 2 3
check "nodes go and come" with nodes stop_and_start
check "all are in the view once more" all_serve 1 2 3
check "the barrier waits for a node that may stop" with barrier stop_twice
check "it starts once more" start 2
check "who has asked a node to stop says when it does not know" \
	with asker stop_asker
check "they start again" eval 'kctl 3 start id 3 && start 2'
check "a node dies while replies are gathered" with gather-dying cut 3
check "it comes back" come_back 3
check "a node dies that has passed calls on" with forwarder-dying late_cut 2
check "it comes back, too" come_back 2
check "a node dies to which a call was forwarded" with forward-dying cut 3
check "the module goes" rmmod kddm_rpc
printed kddm_rpc | sed 's/^/# /'
ktap_finished
