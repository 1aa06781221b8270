#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# torture/run.sh: the torture module on a cluster of namespaces of this kernel.
#
#   torture/run.sh MODULE SELFTESTS [SECONDS [NODES]]
#
# MODULE is kddm_torture.ko, SELFTESTS the directory with the built selftests,
# whose lib.sh makes the cluster.  First the test itself, then for a few seconds
# its busted variant, which has to fail.  To be run as root in a test kernel.

if [ $# -lt 2 ]; then
	echo "usage: $0 MODULE SELFTESTS [SECONDS [NODES]]" >&2
	exit 2
fi
module=$1
seconds=${3:-60}
nodes=${4:-4}
cd "$2" || exit 2
# shellcheck disable=SC2034 # for lib.sh
DIR=.
# shellcheck source=/dev/null
. ./lib.sh

result() {
	cat /sys/module/kddm_torture/parameters/result
}

# torture SECONDS PARAMETERS...: run it; what it found is left in $found
torture() {
	time=$1
	shift
	insmod "$module" seconds="$time" "$@" || return 1
	left=$((time + 120))
	while [ "$(result)" = -1 ]; do
		left=$((left - 1))
		if [ "$left" -eq 0 ]; then
			echo "the threads did not end"
			return 1
		fi
		sleep 1
	done
	found=$(result)
	rmmod kddm_torture || return 1
	dmesg | grep kddm_torture: | tail -n 15
}

quiet() {
	torture "$seconds" && [ "$found" = 0 ]
}

# busy: a node that is used can not be stopped, and goes on
busy() {
	insmod "$module" seconds=12 && sleep 1 || return 1
	status=0
	kctl 2 stop 2>"$TMP/stop" || status=$?
	while [ "$(result)" = -1 ]; do
		sleep 1
	done
	found=$(result)
	rmmod kddm_torture
	cat "$TMP/stop"
	[ "$status" = 1 ] && grep -q 'in use' "$TMP/stop" &&
		count_nodes 1 possible "$nodes"
}

loud() {
	torture 5 busted=1 nobjects=2 && [ "$found" -gt 0 ]
}

ktap_print_header
ktap_set_plan 6
[ -e /sys/module/kddm ] || modprobe kddm
modprobe -q tipc
check "$nodes namespaces with TIPC" setup "$nodes"
check "$nodes nodes start" start_all
check "$seconds s of torture find no error" quiet
sed 's/^/# /' "$TMP/said"
check "no message was dropped" no_drops
check "a node that is used cannot be stopped" busy
check "the busted variant fails" loud
sed 's/^/# /' "$TMP/said"
ktap_finished
