#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# failures/run.sh: nodes fail, leave and come back while objects are used.
#
#   failures/run.sh MODULE SELFTESTS [NODES [short|long]]
#
# MODULE is kddm_failures.ko, SELFTESTS the directory with the built selftests,
# whose lib.sh makes the cluster of namespaces, 8 by default.  The module knows
# what a failure may lose, see there.  At the end its busted variant, which does
# not, has to find errors.  The same comes with two replicas of each object, and
# one node that fails at a time: then nothing may be lost.  To be run as root in
# a test kernel.

if [ $# -lt 2 ]; then
	echo "usage: $0 MODULE SELFTESTS [NODES [short|long]]" >&2
	exit 2
fi
module=$1
nodes=${3:-8}
length=${4:-short}
cd "$2" || exit 2
# shellcheck disable=SC2034 # for lib.sh
DIR=.
# shellcheck source=/dev/null
. ./lib.sh

PARAMETERS=/sys/module/kddm_failures/parameters

# said: what the module has counted, left in $said
said() {
	said=$(cat $PARAMETERS/said)
}

# value NAME: one of the counts
value() {
	echo "$said" | tr ',' '\n' | sed -n "s/^ *$1 //p"
}

# marked NODES...: they fail from now on; all others do not any more
marked() {
	echo "${*:-none}" >$PARAMETERS/cut
}

# serve MEMBERS NODES...: these nodes serve a view of so many
serve() {
	members=$1
	shift
	for n in "$@"; do
		kctl "$n" wait recovered members "$members" timeout 60 ||
			return 1
	done
}

# at_once COMMAND NODES...: on all of them at the same time
at_once() {
	what=$1
	shift
	for n in "$@"; do
		( $what "$n" 2>&1 || echo "node $n: $what failed" ) &
	done >"$TMP/at_once"
	# shellcheck disable=SC2046 # numbers
	wait $(jobs -p)
	cat "$TMP/at_once"
	! grep -q failed "$TMP/at_once"
}

stop() {
	kctl "$1" stop
}

start() {
	kctl "$1" start id "$1"
}

# errors: so many were found
errors() {
	said
	echo "$said" | sed -n 's/.*errors //p'
}

no_errors() {
	echo "$said"
	dmesg | grep 'kddm_failures: node' | tail -n 5
	[ "$(errors)" = 0 ]
}

# fine: all serve, and nothing was wrong
fine() {
	# shellcheck disable=SC2046 # numbers
	serve "$nodes" $(seq "$nodes") || return 1
	marked
	said
	before=$(($(value gets) + $(value grabs)))
	sleep 1
	said
	after=$(($(value gets) + $(value grabs)))
	if [ $((after - before)) -lt "$nodes" ]; then
		echo "nothing goes on"
		return 1
	fi
	no_errors
}

# others NODES...: all nodes but these
others() {
	for n in $(seq "$nodes"); do
		case " $* " in
		*" $n "*) ;;
		*) printf '%s ' "$n" ;;
		esac
	done
}

# What happens

# crash NODE: cut off at once, for good; the others go on
crash() {
	marked "$1"
	cut "$1"
	# shellcheck disable=SC2046 # numbers
	serve $((nodes - 1)) $(others "$1")
}

# reborn NODE: it begins another life
reborn() {
	stop "$1" && heal "$1" && start "$1"
}

crash_each() {
	for c in "$@"; do
		crash "$c" && reborn "$c" && fine || return 1
	done
}

# short_cut NODE: it is away until the others have noticed, and comes back
short_cut() {
	crash "$1" && heal "$1" && fine
}

# rolling NODES...: one after the other stops and starts; nothing is lost
rolling() {
	said
	doubts=$(value doubts)
	lost=$(value lost)
	for r in "$@"; do
		stop "$r" || return 1
		# shellcheck disable=SC2046 # numbers
		serve $((nodes - 1)) $(others "$r") && start "$r" || return 1
	done
	fine || return 1
	[ "$(value doubts)" = "$doubts" ] && [ "$(value lost)" = "$lost" ]
}

# flap NODE TIMES: away and back, whether or not anybody notices
flap() {
	marked "$1"
	epoch=$(kctl 1 status | sed -n 's/^epoch  *//p')
	for i in $(seq "$2"); do
		cut "$1"
		sleep "0.$((i * 7 % 10))"
		heal "$1"
		sleep "0.$((i * 3 % 10))"
	done
	fine && [ "$(kctl 1 status | sed -n 's/^epoch  *//p')" -gt "$epoch" ]
}

# lowest LEFT: the lowest of those that are left fails, until so many are left;
# then all come back together
lowest() {
	gone=
	low=1
	while [ $((nodes - low + 1)) -gt "$1" ]; do
		gone="$gone $low"
		# shellcheck disable=SC2086 # numbers
		marked $gone
		cut $low
		low=$((low + 1))
		# shellcheck disable=SC2046 # numbers
		serve $((nodes - low + 1)) $(seq $low "$nodes") || return 1
	done
	# shellcheck disable=SC2086 # numbers
	at_once reborn $gone && fine
}

# all_cut: nobody reaches anybody; all come back with what they have
all_cut() {
	all=$(words 1 "$nodes")
	# shellcheck disable=SC2086 # numbers
	marked $all
	# shellcheck disable=SC2086 # numbers
	cut $all
	sleep 3
	# shellcheck disable=SC2086 # numbers
	heal $all
	fine
}

# together FIRST LAST: they stop and start at the same time, nothing is lost
together() {
	said
	doubts=$(value doubts)
	lost=$(value lost)
	some=$(words "$1" "$2")
	# shellcheck disable=SC2086 # numbers
	at_once stop $some || return 1
	# shellcheck disable=SC2046 # numbers
	serve $((nodes - $2 + $1 - 1)) $(others "$some") || return 1
	# shellcheck disable=SC2086 # numbers
	at_once start $some && fine || return 1
	[ "$(value doubts)" = "$doubts" ] && [ "$(value lost)" = "$lost" ]
}

# spare_memory: allocations of KDDM succeed again; some did not meanwhile
spare_memory() {
	fail_none
	echo 0 >$PARAMETERS/faults
	slab=$(injected failslab)
	echo "allocations that were made to fail: $slab"
	[ "$slab" -gt 0 ]
}

# short_of_memory NODE: the same as crash_each, while memory is short
short_of_memory() {
	mark_tasks
	echo 1 >$PARAMETERS/faults
	fail_some 10
	crash "$1"
	status=$?
	spare_memory && [ "$status" -eq 0 ] && reborn "$1" && fine
}

# one_by_one NODES...: crash_each, when the replicas are there again
one_by_one() {
	for c in "$@"; do
		kctl "$c" wait recovered replicas members "$nodes" \
			timeout 60 || return 1
		crash_each "$c" || return 1
	done
}

# whole: the cluster stops and starts; its objects are gone
whole() {
	all=$(words 1 "$nodes")
	# shellcheck disable=SC2086 # numbers
	marked $all
	# shellcheck disable=SC2086 # numbers
	at_once stop $all && at_once start $all && fine
}

load() {
	insmod "$module" "$@" && sleep 1
}

unload() {
	said
	echo "$said"
	rmmod kddm_failures
}

# loud PARAMETERS...: who does not know of a failure finds errors
loud() {
	load busted=1 "$@" || return 1
	crash 2 && reborn 2
	sleep 1
	found=$(errors)
	rmmod kddm_failures
	echo "$found errors"
	[ "$found" -gt 0 ]
}

# step NAME COMMAND...: a check, and how long it took and what was counted
step() {
	begun=$(date +%s)
	check "$@"
	said 2>/dev/null
	ktap_print_msg "$(($(date +%s) - begun)) s; $said"
}

# tolerance MILLISECONDS: what is cut off is noticed so soon
tolerance() {
	for n in $(seq "$nodes"); do
		on "$n" tipc bearer set tolerance "$1" media eth \
			device eth0 || return 1
	done
}

# all_start: those that begin another life are to found no cluster of their own
all_start() {
	for n in $(seq "$nodes"); do
		kctl "$n" config set founders "$nodes" start-timeout 100 ||
			return 1
	done
	start_all && fine_start
}

fine_start() {
	# shellcheck disable=SC2046 # numbers
	serve "$nodes" $(seq "$nodes")
}

# short_step NAME NODE: while allocations fail, if this kernel can do that
short_step() {
	if can_fail; then
		step "$1" short_of_memory "$2"
	else
		ktap_test_skip "$1: this kernel has no failslab"
	fi
}

ktap_print_header
last=$nodes
plan=19
[ "$length" != long ] || plan=25
ktap_set_plan "$plan"
[ -e /sys/module/kddm ] || modprobe kddm
modprobe -q tipc
step "$nodes namespaces with TIPC" setup "$nodes"
# Links are probed that much more often, for which a kernel that checks each
# lock and each access to memory has no time.
[ "$nodes" -gt 8 ] || [ -e /proc/lockdep ] || tolerance 500
step "they start" all_start
step "objects are used" load
step "a node crashes, and begins another life" crash_each 3
step "a node is cut off for a time" short_cut 2
if [ "$length" = long ]; then
	step "each node stops and starts, nothing is lost" \
		rolling $(seq "$nodes")
	step "others crash" crash_each 1 $((nodes / 2)) "$last"
	step "a node comes and goes 20 times" flap 5 20
	step "the lowest one fails each time" lowest $((nodes - 5))
	step "half of them stop, and start together, nothing is lost" \
		together $((nodes / 2 + 1)) "$last"
	step "the whole cluster stops and starts" whole
else
	step "three nodes stop and start, nothing is lost" \
		rolling 1 4 "$last"
fi
short_step "memory is short while a node crashes" 3
step "all are cut off from each other, and come back" all_cut
step "a node comes and goes 4 times" flap 4 4
step "the test ends" unload
step "who does not know of a failure finds errors" loud nobjects=64
step "objects with replicas are used" load replicas=2
if [ "$length" = long ]; then
	step "each node crashes, nothing is lost" one_by_one $(seq "$nodes")
	step "each node stops and starts, nothing is lost" \
		rolling $(seq "$nodes")
	step "a node comes and goes 20 times, nothing is lost" flap 6 20
else
	step "two nodes crash, nothing is lost" one_by_one 1 "$last"
	step "a node stops and starts, nothing is lost" rolling 2
fi
short_step "memory is short meanwhile, nothing is lost" 4
step "a node is cut off for a time, nothing is lost" short_cut 2
step "the test of replicas ends" unload
step "who believes in replicas that are none finds errors" \
	loud replicas=2 nobjects=1024
step "the nodes stop" at_once stop $(seq "$nodes")
ktap_finished
