#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# failures/recovery.sh: how long recovery takes, and who waits meanwhile.
#
#   failures/recovery.sh MODULE SELFTESTS [NODES [OBJECTS]]
#
# MODULE is kddm_fill.ko, SELFTESTS the directory with the built selftests,
# whose lib.sh makes the cluster of namespaces, 4 by default; OBJECTS is 10000
# by default.  The times are printed, and whether they are what they are to be;
# what is judged is only that all is there, and that who has no objects leaves
# nothing to recover.  To be run as root in a test kernel.

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
OWN=16

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

# fill PARAMETERS...
fill() {
	insmod "$module" count="$objects" "$@" || return 1
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

# target TEXT US LIMIT: whether it is met, which depends on the machine as well
target() {
	verdict=missed
	[ "$2" -gt "$3" ] || verdict=met
	ktap_print_msg "target $1 within $(($3 / 1000)) ms: $verdict, $2 us"
}

# told WHAT NODES...: what the change took on these nodes
told() {
	what=$1
	shift
	recovered=$(sum recovered "$@")
	recovery=$(most recovery-us "$@")
	sent=$(($(sum tx "$@") - sent))
	said=$(cat $PARAMETERS/said)
	ktap_print_msg "$what, $nodes nodes, $objects objects:" \
		"recovery $recovery us at most," \
		"requests held back for $(most change-us "$@") us at most;" \
		"$recovered recovered, $sent messages"
	ktap_print_msg "meanwhile $said"
}

# Behind told: the targets

# recovery_target: of a crash, once it is known
recovery_target() {
	if [ "$objects" -le 10000 ]; then
		target "recovery" "$recovery" 50000
	elif [ "$objects" -le 1000000 ]; then
		target "recovery" "$recovery" 1000000
	fi
}

# user_targets: of a join or leave, which nobody has to detect.  A remote
# operation is a grab, which is no faster than a get.
user_targets() {
	remote=$(echo "$said" |
		 sed 's/^remote [0-9]*, longest \([0-9]*\) .*/\1/')
	remotes=$(echo "$said" | sed 's/^remote \([0-9]*\),.*/\1/')
	hits=$(echo "$said" | sed 's/.* local \([0-9]*\), .*/\1/')
	hit=$(echo "$said" | sed 's/.*longest \([0-9]*\) us$/\1/')
	[ "$remotes" -gt 0 ] || remote=1000000000
	target "$remotes unrelated objects from another node" "$remote" 20000
	[ "$hits" -gt 0 ] || hit=1000000000
	target "$hits local hits go on" "$hit" 20000
}

all() {
	seq "$nodes"
}

others() {
	seq $((nodes - 1))
}

# begin NODES...: what is counted on these is counted from now on
begin() {
	cat $PARAMETERS/said >/dev/null
	sent=$(sum tx "$@")
}

crashes() {
	cut "$last"
	# shellcheck disable=SC2046 # numbers
	serve $((nodes - 1)) $(others)
}

# It comes back as it was.
returns() {
	heal "$last"
	# shellcheck disable=SC2046 # numbers
	serve "$nodes" $(all)
}

joins() {
	kctl $((nodes + 1)) start id $((nodes + 1)) || return 1
	# shellcheck disable=SC2046 # numbers
	serve $((nodes + 1)) $(seq $((nodes + 1)))
}

# The one more, for good; it has no objects, and is home to none.
crashes_bare() {
	cut $((nodes + 1))
	# shellcheck disable=SC2046 # numbers
	serve "$nodes" $(all)
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
ktap_set_plan 14
[ -e /sys/module/kddm ] || modprobe kddm
modprobe -q tipc
check "$((nodes + 1)) namespaces with TIPC" setup $((nodes + 1))
check "$nodes of them start" start_most
check "$objects objects are made, each on two nodes" fill
# Nodes are numbers, and words.
# shellcheck disable=SC2046
{
	# The detection is TIPC's; what is measured begins behind it.
	begin $(all)
	check "one more node joins" joins
	told "join" $(all)
	user_targets
	begin $(all)
	check "it leaves" leaves
	told "leave" $(all)
	user_targets
	begin $(others)
	check "a node crashes" crashes
	told "crash" $(others)
	recovery_target
	begin $(all)
	check "it comes back" returns
	told "return" $(all)
	check "the objects go" rmmod kddm_fill
	# Homes do not move, and what is not on the node that is gone costs
	# nothing.  Objects of KDDM's own sets, whose homes do, are counted too.
	check "$objects objects are made whose home is node 1" fill home=1
	check "one more node joins" joins
	begin $(all)
	check "it crashes" crashes_bare
	told "crash of a node without objects" $(all)
	recovery_target
	check "that leaves none of them to recover" [ "$recovered" -le $OWN ]
}
check "the objects go" rmmod kddm_fill
check "no message was malformed" none_malformed
ktap_finished
