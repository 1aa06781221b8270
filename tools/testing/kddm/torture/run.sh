#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# torture/run.sh: the torture module on a cluster of namespaces of this kernel.
#
#   torture/run.sh [--not-busted] MODULE SELFTESTS [SECONDS [NODES]]
#
# MODULE is kddm_torture.ko, SELFTESTS the directory with the built selftests,
# whose lib.sh makes the cluster.  First the test itself, half of the time with
# an ordinary set, and then with other kinds of sets; then, if the kernel has
# fault injection, some more with allocations that fail; then (unless
# --not-busted) for a few seconds its busted variant, which has to fail.  To be
# run as root in a test kernel.

busted=y
if [ "${1:-}" = --not-busted ]; then
	busted=
	shift
fi
if [ $# -lt 2 ]; then
	echo "usage: $0 [--not-busted] MODULE SELFTESTS [SECONDS [NODES]]" >&2
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

meanwhile=

DIRECTORY=/sys/module/kddm/parameters/file_dir
store=$TMP/store

result() {
	cat /sys/module/kddm_torture/parameters/result
}

# torture SECONDS PARAMETERS...: run it; what it found is left in $found.
# $meanwhile is done again and again until it ends.
torture() {
	time=$1
	shift
	end=$(($(date +%s) + time + 120))
	# With faults, its set may be one of those that cannot be made.
	for try in 1 2 3 4 5 6 7 8 9 10; do
		insmod "$module" seconds="$time" "$@" && break
		[ "$try" -lt 10 ] && [ -n "$meanwhile" ] || return 1
	done
	while [ "$(result)" = -1 ]; do
		if [ "$(date +%s)" -gt "$end" ]; then
			echo "the threads did not end"
			return 1
		fi
		${meanwhile:-:}
		sleep 1
	done
	found=$(result)
	# The set has to go for good.
	[ -z "$meanwhile" ] || fail_none
	rmmod kddm_torture || return 1
	last_run
}

# last_run: what the module has said since it was loaded
last_run() {
	printed kddm_torture |
		awk '/^Start of test/ { text = "" } { text = text $0 "\n" }
		     END { printf "%s", text }'
}

quiet() {
	torture "$@" && [ "$found" = 0 ]
}

# kind SECONDS NAME PARAMETERS...: with another kind of set
kind() {
	time=$1
	name=$2
	shift 2
	check "$time s of $name" quiet "$time" "$@"
	ktap_print_msg "$(tail -n 1 "$TMP/said")"
}

# in_file SECONDS: what is stored is in files, below a directory of this test
in_file() {
	mkdir "$store" && mount -t tmpfs none "$store" &&
		echo "$store" >"$DIRECTORY" || return 1
	quiet "$1" linker=file touch_home=1 home=2
	status=$?
	umount "$store" && return $status
}

# kinds SECONDS: so long each
kinds() {
	kind "$1" "two replicas" replicas=2
	kind "$1" "three replicas, stored" replicas=3 linker=torture
	kind "$1" "first touch at home, stored" touch_home=1 linker=torture
	kind "$1" "one home for all objects" home=2 touch_home=1 replicas=2
	kind "$1" "readers that are alone" exclusive=1
	kind "$1" "a hold time" hold=3
	check "$1 s of objects in files" in_file "$1"
	ktap_print_msg "$(tail -n 1 "$TMP/said")"
}

# busy: a node that is used can not be stopped, and goes on
busy() {
	kctl 2 config set stop-timeout 1000
	insmod "$module" seconds=4 && sleep 1 || return 1
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

# shake: a set comes and goes, or cannot for want of memory
shake() {
	mark_tasks
	kctl 2 set create shaken size 64 2>>"$TMP/shaken"
	kctl 2 set destroy shaken 2>>"$TMP/shaken"
} >/dev/null

# operations: how often an object was taken in the last run
operations() {
	last_run | awk '/^(gets|grabs): / { sum += $2 } END { print sum + 0 }'
}

# faulty WHICH SECONDS PARAMETERS...: it fails only with the errors that it may,
# and WHICH allocations, failslab or fail_page_alloc, do fail, if there were
# enough: with many nodes, and every access to memory checked, a short time is
# some hundred operations
faulty() {
	which=$1
	shift
	: >"$TMP/shaken"
	meanwhile=shake
	fail_some 5
	quiet "$@" faults=1
	status=$?
	fail_none
	meanwhile=
	echo "allocations that were made to fail: slab $(injected failslab)," \
		"pages $(injected fail_page_alloc)"
	sort "$TMP/shaken" | uniq -c
	[ "$(injected "$which")" -gt 0 ] || [ "$(operations)" -lt 1000 ] ||
		return 1
	[ "$status" -eq 0 ] &&
		! grep -Ev 'no memory|no set|there is a set' "$TMP/shaken"
}

# sets_whole: what was left half done can be ended, and all begins afresh
sets_whole() {
	kctl 2 set destroy shaken 2>/dev/null
	for n in $(seq "$nodes"); do
		kctl "$n" set list | grep shaken && return 1
	done
	kctl 2 set create shaken size 64 &&
	kctl 2 object put shaken 1 value || return 1
	for n in $(seq "$nodes"); do
		says value kctl "$n" object get shaken 1 &&
		count_nodes "$n" possible "$nodes" || return 1
	done
	kctl 2 set destroy shaken
}

# show: what the last check has said
show() {
	sed 's/^/# /' "$TMP/said"
}

# without_memory SECONDS: so long each
without_memory() {
	check "$1 s in which objects cannot be allocated" \
		faulty failslab "$1" nobjects=64
	show
	check "$1 s of replicas that cannot be allocated" faulty failslab "$1" \
		nobjects=64 replicas=2 touch_home=1 linker=torture
	show
	check "$1 s in which pages cannot be allocated" faulty fail_page_alloc \
		"$1" nobjects=64 linker=page size=4096
	show
	check "sets come and go again" sets_whole
	check "10 s of torture find no error again" quiet 10
	check "no message was dropped meanwhile" no_drops
}

plan=6
faults=
! can_fail || faults=y
[ -z "$faults" ] || plan=$((plan + 6))
[ -z "$busted" ] || plan=$((plan + 1))
plan=$((plan + 7))	# the kinds
ktap_print_header
ktap_set_plan "$plan"
[ -e /sys/module/kddm ] || modprobe kddm
modprobe -q tipc
check "$nodes namespaces with TIPC" setup "$nodes"
check "$nodes nodes start" start_all
plain=$((seconds / 2))
kinds $(((seconds - plain + 6) / 7))
check "$plain s of torture find no error" quiet "$plain"
show
check "10 s of torture of objects of 64 KiB find no error" \
	quiet 10 size=65536 nobjects=4
check "no message was dropped" no_drops
check "a node that is used cannot be stopped" busy
if [ -n "$faults" ]; then
	without_memory $((seconds < 180 ? seconds / 6 : 45))
else
	ktap_print_msg "this kernel has no fault injection"
fi
if [ -n "$busted" ]; then
	check "the busted variant fails" loud
	show
fi
ktap_finished
