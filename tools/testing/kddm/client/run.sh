#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# client/run.sh: the client interface, on a cluster of namespaces.
#
#   client/run.sh MODULE SELFTESTS
#
# MODULE is kddm_client.ko, SELFTESTS the directory with the built selftests,
# whose lib.sh makes the cluster.  Then user space and the module, two front
# ends, use one set.  To be run as root in a test kernel.

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

peek() {
	cat /sys/module/kddm_client/parameters/peek
}

# refused: node 1 has said why it does not want node 9, and has not got it
refused() {
	wait_for grep -q 'node 9 at .* refused: version 2' "$TMP/events"
	status=$?
	kill "$monitor"
	[ "$status" -eq 0 ] && count_nodes 1 possible 3
}

# unloaded: nodes that run, with a set and an object, stop when the module goes
unloaded() {
	kctl 1 set create left size 64 && kctl 2 object put left 1 over &&
		says over kctl 3 object get left 1 && modprobe -r kddm &&
		[ ! -e /sys/module/kddm ]
}

ktap_print_header
ktap_set_plan 11
[ -e /sys/module/kddm ] || modprobe kddm
check "three namespaces with TIPC" setup 3
check "three nodes start" start_all
kddmctl -n k1 monitor >"$TMP/events" 2>&1 &
monitor=$!
check "node 2 may be stopped soon" kctl 2 config set stop-timeout 1000
check "the module runs its tests" insmod "$module" \
	kddmctl="$(command -v kddmctl)"
printed kddm_client | sed 's/^/# /'
check "all are passed" all_ok kddm_client
check "another protocol version is refused" refused
check "what the kernel wrote, kddmctl reads" \
	says kernel kctl 2 object get kddm-client 1
check "what kddmctl writes, the kernel reads" \
	eval 'kctl 3 object put kddm-client 1 user && says user peek'
# shellcheck disable=SC2034 # for lib.sh: what the other version has sent, and
# three for each of the views
REFUSED=1 STALE=24
check "no message was dropped" no_drops
check "the module goes" rmmod kddm_client
if [ -e /sys/module/kddm/initstate ]; then
	check "so does the subsystem, with its nodes" unloaded
else
	ktap_test_skip "so does the subsystem, with its nodes: it is built in"
fi
ktap_finished
