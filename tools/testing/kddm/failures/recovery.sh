#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# failures/recovery.sh: how long recovery takes, and who waits meanwhile.
#
#   failures/recovery.sh MODULE SELFTESTS [NODES [OBJECTS]]
#
# MODULE is kddm_fill.ko, SELFTESTS the directory with the built selftests,
# whose lib.sh makes the cluster of namespaces, 4 by default; OBJECTS is 10000
# by default.  The times are printed; what is judged is only that all is there.
# To be run as root in a test kernel.

if [ $# -lt 2 ]; then
	echo "usage: $0 MODULE SELFTESTS [NODES [OBJECTS]]" >&2
	exit 2
fi
module=$1
nodes=${3:-4}
objects=${4:-10000}
cd "$2" || exit 2
# shellcheck disable=SC2034 # for lib.sh
DIR=.
# shellcheck source=/dev/null
. ./lib.sh

PARAMETERS=/sys/module/kddm_fill/parameters
last=$nodes

# serve MEMBERS NODES...: these nodes serve a view of so many
serve() {
	members=$1
	shift
	for n in "$@"; do
		kctl "$n" wait recovered members "$members" timeout 120 ||
			return 1
	done
}

is_filled() {
	case $(cat $PARAMETERS/filled) in
	0) return 1 ;;
	esac
}

fill() {
	insmod "$module" count="$objects" || return 1
	tries=6000
	until is_filled; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
	[ "$(cat $PARAMETERS/filled)" = 1 ] && sleep 1 &&
		cat $PARAMETERS/said
}

# most FIELD NODES...: of the status
most() {
	field=$1
	shift
	for n in "$@"; do
		kctl "$n" status | sed -n "s/^$field  *//p"
	done | sort -n | tail -n 1
}

# sum FIELD NODES...: of the status
sum() {
	field=$1
	shift
	for n in "$@"; do
		kctl "$n" status | sed -n "s/^$field  *//p"
	done | awk '{ s += $1 } END { print s }'
}

# told WHAT NODES...: what the change took on these nodes
told() {
	what=$1
	shift
	recovered=$(sum recovered "$@")
	sent=$(($(sum tx "$@") - sent))
	ktap_print_msg "$what, $nodes nodes, $objects objects:" \
		"recovery $(most recovery-us "$@") us at most," \
		"requests held back for $(most change-us "$@") us at most;" \
		"$recovered recovered, $sent messages"
	ktap_print_msg "meanwhile $(cat $PARAMETERS/said)"
}

all() {
	seq "$nodes"
}

others() {
	seq $((nodes - 1))
}

# begin: what is counted is counted from now on
begin() {
	cat $PARAMETERS/said >/dev/null
	# shellcheck disable=SC2046 # numbers
	sent=$(sum tx $(others))
}

crashes() {
	ip link set "kp$last" down
	# shellcheck disable=SC2046 # numbers
	serve $((nodes - 1)) $(others)
}

# It comes back as it was.
returns() {
	ip link set "kp$last" up
	# shellcheck disable=SC2046 # numbers
	serve "$nodes" $(all)
}

joins() {
	kctl $((nodes + 1)) start id $((nodes + 1)) || return 1
	# shellcheck disable=SC2046 # numbers
	serve $((nodes + 1)) $(seq $((nodes + 1)))
}

leaves() {
	kctl $((nodes + 1)) stop || return 1
	# shellcheck disable=SC2046 # numbers
	serve "$nodes" $(all)
}

# One more than at first, to join and leave.
start_most() {
	for n in $(all); do
		kctl "$n" start id "$n" || return 1
	done
	# shellcheck disable=SC2046 # numbers
	serve "$nodes" $(all)
}

none_malformed() {
	for n in $(all); do
		[ "$(counter "$n" malformed)" = 0 ] || return 1
	done
}

ktap_print_header
ktap_set_plan 9
[ -e /sys/module/kddm ] || modprobe kddm
modprobe -q tipc
check "$((nodes + 1)) namespaces with TIPC" setup $((nodes + 1))
check "$nodes of them start" start_most
check "$objects objects are made, each on two nodes" fill
# The detection is TIPC's; what is measured begins behind it.
begin
check "one more node joins" joins
# shellcheck disable=SC2046 # numbers
told "join" $(all)
begin
check "it leaves" leaves
# shellcheck disable=SC2046 # numbers
told "leave" $(all)
begin
check "a node crashes" crashes
# shellcheck disable=SC2046 # numbers
told "crash" $(others)
begin
check "it comes back" returns
# shellcheck disable=SC2046 # numbers
told "return" $(all)
check "the objects go" rmmod kddm_fill
check "no message was malformed" none_malformed
ktap_finished
