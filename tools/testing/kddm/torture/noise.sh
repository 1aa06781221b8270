#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# torture/noise.sh: torture, while processes send random and mutated messages
# to the sockets of all nodes.
#
#   torture/noise.sh MODULE SELFTESTS [SECONDS]
#
# MODULE is kddm_torture.ko, SELFTESTS the directory with the built selftests.
# Nothing but counters may move: objects stay coherent, no session and no view
# ends.  To be run as root in a test kernel.

if [ $# -lt 2 ]; then
	echo "usage: $0 MODULE SELFTESTS [SECONDS]" >&2
	exit 2
fi
module=$1
seconds=${3:-30}
nodes=3
cd "$2" || exit 2
# shellcheck disable=SC2034 # for lib.sh
DIR=.
# shellcheck source=/dev/null
. ./lib.sh

result() {
	cat /sys/module/kddm_torture/parameters/result
}

# field NODE NAME: of the status
field() {
	kctl "$1" status | sed -n "s/^$2  *//p"
}

# ports NODE: of the sockets of its namespace
ports() {
	on "$1" tipc socket list | sed -n 's/^socket \([0-9]*\).*/\1/p'
}

# noise FROM TO: in the background
noise() {
	src=$(((($2) % nodes) + 1))
	set -- "$1" "$2" "$(ports "$2")"
	# shellcheck disable=SC2086 # the ports are words
	on "$1" noise "$seconds" "$1$2" "$src" "$2" \
		"$(field "$src" incarnation)" "$(field "$src" epoch)" \
		"$(field "$2" address)" $3 >"$TMP/sent.$1.$2" &
	pids="$pids $!"
}

all_noise() {
	pids=
	for from in $(seq "$nodes") $((nodes + 1)); do
		for to in $(seq "$nodes"); do
			noise "$from" "$to"
		done
	done
}

# in_noise: torture meanwhile, which finds nothing wrong
in_noise() {
	insmod "$module" seconds="$seconds" || return 1
	all_noise
	failed=0
	for pid in $pids; do
		wait "$pid" || failed=$((failed + 1))
	done
	end=$(($(date +%s) + 120))
	while [ "$(result)" = -1 ]; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		sleep 1
	done
	found=$(result)
	rmmod kddm_torture || return 1
	echo "messages sent: $(cat "$TMP"/sent.* | xargs)"
	dmesg | grep kddm_torture: | tail -n 26
	[ "$found" = 0 ] && [ "$failed" = 0 ]
}

# counted: it has come where it should
counted() {
	for n in $(seq "$nodes"); do
		[ "$(counter "$n" malformed)" -gt 100 ] &&
		[ "$(counter "$n" foreign)" -gt 100 ] || return 1
	done
}

# unmoved: no session and no view has ended
unmoved() {
	for n in $(seq "$nodes"); do
		echo "node $n: $(kctl "$n" -j status)"
		[ "$(counter "$n" gaps)" = 0 ] &&
		[ "$(counter "$n" busy)" = 0 ] &&
		[ "$(field "$n" epoch)" = "$epoch" ] &&
		count_nodes "$n" possible "$nodes" || return 1
	done
}

# usable: all is as if nothing had been
usable() {
	kctl 1 set create after size 64 && kctl 2 object put after 1 x &&
		says x kctl 3 object get after 1 && kctl 1 set destroy after
}

# start_some: all but the last namespace, which is no node
start_some() {
	for n in $(seq "$nodes"); do
		kctl "$n" start id "$n" || return 1
	done
	for n in $(seq "$nodes"); do
		wait_for count_nodes "$n" possible "$nodes" || return 1
	done
}

ktap_print_header
ktap_set_plan 7
[ -e /sys/module/kddm ] || modprobe kddm
modprobe -q tipc
check "$((nodes + 1)) namespaces with TIPC" setup $((nodes + 1))
check "$nodes nodes start" start_some
check "they serve one view" all_serve 1 2 3
epoch=$(field 1 epoch)
check "$seconds s of torture in noise find no error" in_noise
sed 's/^/# /' "$TMP/said"
check "it was heard, and dropped" counted
check "no session and no view has ended" unmoved
sed 's/^/# /' "$TMP/said"
check "the cluster can be used" usable
ktap_finished
