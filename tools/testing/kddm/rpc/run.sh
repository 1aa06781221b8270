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

DEBUG=/sys/kernel/debug

said() {
	dmesg | sed -n 's/.*kddm_rpc: //p'
}

# all_ok: every test that the module ran, and it ran some
all_ok() {
	said | grep '^not ok' && return 1
	said | grep -q '^ok'
}

# no_bad_drops: late replies are stale, and what is beyond a bound is dropped
no_bad_drops() {
	for n in 1 2 3; do
		for drop in malformed gaps refused; do
			says 0 counter "$n" "$drop" || return 1
		done
	done
}

running() {
	said | grep -q "^# $1: running"
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
	said | grep "$test"
	return 1
}

serves() {
	kctl "$1" status >"$TMP/status"
	grep -Eq '^service +serving$' "$TMP/status" &&
		grep -Eq "^members +$2\$" "$TMP/status"
}

all_serve() {
	for n in 1 2 3; do
		wait_for serves "$n" 3 || return 1
	done
}

# stop NODE: at once, whoever waits for an answer
stop() {
	timeout 10 ip netns exec "k$1" kddmctl stop
}

start() {
	kctl "$1" start id "$1" && all_serve
}

cut() {
	ip link set kp3 down
}

heal() {
	ip link set kp3 up
	# Its session has ended for good if something was lost.
	wait_for serves 1 3 || { kctl 3 stop; kctl 3 start id 3; }
	all_serve
}

again_and_again() {
	for _ in 1 2 3 4 5; do
		kctl 3 stop && kctl 3 start id 3 || return 1
	done
}

stopped() {
	said | grep -q "^# nodes: stopped"
}

stop_and_start() {
	kctl 3 stop && wait_for stopped && kctl 3 start id 3
}

# Allocations that fail

mark() {
	for task in /proc/[0-9]*; do
		read -r comm <"$task/comm" || continue
		case $comm in
		kddm_*|kworker/*) echo 1 >"$task/make-it-fail" ;;
		esac
	done 2>/dev/null
}

fail_some() {
	for kind in failslab fail_page_alloc; do
		echo Y >"$DEBUG/$kind/task-filter"
		echo N >"$DEBUG/$kind/ignore-gfp-wait"
		echo 0 >"$DEBUG/$kind/verbose"
		echo 1000000 >"$DEBUG/$kind/times"
		echo "$1" >"$DEBUG/$kind/probability"
	done
	echo 0 >"$DEBUG/fail_page_alloc/min-order"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		mark
		sleep 1
	done
	for kind in failslab fail_page_alloc; do
		echo 0 >"$DEBUG/$kind/probability"
	done
}

plan=18
faults=
[ ! -e "$DEBUG/failslab/probability" ] || faults=y
[ -z "$faults" ] || plan=$((plan + 1))
ktap_print_header
ktap_set_plan "$plan"
[ -e /sys/module/kddm ] || modprobe kddm
check "three namespaces with TIPC" setup 3
check "three nodes start" start_all
check "all are in the view" all_serve
check "the module runs its tests" insmod "$module"
check "all are passed" all_ok
check "no message was malformed, or lost" no_bad_drops
if [ -n "$faults" ]; then
	check "memory is short" with faults fail_some 2
fi
check "a node stops while it calls" with stop-caller stop 1
check "it starts again" start 1
check "a node stops while it is called" with stop-callee stop 2
check "it starts again, too" start 2
check "requests wait until a node serves" with gate again_and_again
check "all are in the view again" all_serve
check "nodes go and come" with nodes stop_and_start
check "all are in the view once more" all_serve
check "a node dies while replies are gathered" with gather-dying cut
check "it comes back" heal
check "a node dies to which a call was forwarded" with forward-dying cut
check "the module goes" rmmod kddm_rpc
said | sed 's/^/# /'
ktap_finished
