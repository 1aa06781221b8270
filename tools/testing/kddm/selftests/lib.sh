# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the cluster tests share: nodes in network namespaces of this kernel,
# joined by a bridge, with TIPC up, and TAP output by kselftest's helpers.
# The namespaces k1, k2, ... are made by setup and removed at exit.

DIR=${DIR:-$(dirname "$0")}
# shellcheck source=/dev/null
. "$DIR/ktap_helpers.sh"

PATH=$DIR:$PATH
NODES=0
TMP=$(mktemp -d)

# on NODE COMMAND...: run it in the node's namespace
on() {
	node=$1
	shift
	nsenter "--net=/run/netns/k$node" "$@"
}

# kctl NODE WORD...: kddmctl of that node
kctl() {
	node=$1
	shift
	kddmctl -n "k$node" "$@"
}

# wait_for COMMAND...: until it succeeds, 20 seconds at most
wait_for() {
	tries=0
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		# A process is expensive where a processor is emulated.
		case $tries in
		[1-5]) sleep 0.1 ;;
		[6-9]) sleep 0.2 ;;
		50) ktap_print_msg "gave up waiting for: $*"
		    return 1 ;;
		*) sleep 0.5 ;;
		esac
	done
}

# check NAME COMMAND...: one test; what the command says is shown if it fails
check() {
	name=$1
	shift
	if "$@" >"$TMP/said" 2>&1; then
		ktap_test_pass "$name"
	else
		ktap_print_msg "$* returned $?"
		while read -r line; do
			ktap_print_msg "$line"
		done <"$TMP/said"
		ktap_test_fail "$name"
	fi
}

# says TEXT COMMAND...: the command succeeds and prints exactly this
says() {
	want=$1
	shift
	got=$("$@") || return 1
	[ "$got" = "$want" ] && return
	echo "\"$got\" rather than \"$want\""
	return 1
}

# fails STATUS PATTERN COMMAND...: that exit status, and one line that matches
fails() {
	want=$1
	pattern=$2
	shift 2
	status=0
	got=$("$@" 2>&1) || status=$?
	if [ "$status" -ne "$want" ]; then
		echo "status $status rather than $want: $got"
		return 1
	fi
	if [ "$(echo "$got" | wc -l)" -ne 1 ]; then
		echo "more than one line: $got"
		return 1
	fi
	echo "$got" | grep -Eq -e "$pattern" && return
	echo "\"$got\" does not match \"$pattern\""
	return 1
}

# count_nodes NODE STATE COUNT: so many nodes are in that state, seen from NODE
count_nodes() {
	[ "$(kctl "$1" nodes | grep -cw "$2")" -eq "$3" ]
}

# members NODE: who is in the view, of those whom NODE knows
members() {
	kctl "$1" nodes |
		sed -n 's/^[* ] *\([0-9]*\)  [a-z]*  *yes .*/\1/p' | xargs
}

# number NAME: that of the JSON that comes in
number() {
	tr ',{}' '\n' | sed -n "s/.*\"$1\": *\\([0-9]*\\).*/\\1/p"
}

# counter NODE NAME: the value of a counter in the status
counter() {
	kctl "$1" -j status | number "$2"
}

# printed MODULE: what a test module has said in the kernel log
printed() {
	dmesg | sed -n "s/.*$1: //p"
}

# all_ok MODULE: every test that the module ran, and it ran some
all_ok() {
	printed "$1" | grep -q '^not ok' && return 1
	printed "$1" | grep -q '^ok'
}

# drops: what was dropped, of all nodes of this kernel
drops() {
	grep kddm_msg_drop /sys/kernel/tracing/trace 2>/dev/null | tail -n 5
}

# undropped NODE: what `kddmctl status` says of the node, in $TMP/status, has no
# dropped message that counts
undropped() {
	told=0
	while read -r drop value; do
		want=0
		case $drop in
		malformed|stale|gaps|busy) ;;
		refused) want=${REFUSED:-0} ;;
		*) continue ;;
		esac
		told=$((told + 1))
		[ "$value" = "$want" ] && continue
		echo "node $1: $drop is \"$value\""
		drops
		[ "$drop" = stale ] || return 1
		[ "$value" -le "${STALE:-3}" ] || return 1
	done <"$TMP/status"
	[ "$told" -eq 5 ]
}

# no_drops: no node has dropped a message that counts.  A HELLO may come before
# TIPC tells who publishes, so a few are foreign; and what is on its way when a
# session begins or the view changes may be stale, $STALE at most, or 3.
# $REFUSED says how many each node has to refuse.  One process for each
# node: where every access to memory is checked they are slow to start.
no_drops() {
	for n in $(seq "$NODES"); do
		# Its status is another where the node does not run.
		kctl "$n" status >"$TMP/status"
		undropped "$n" || return 1
	done
}

teardown() {
	for n in $(seq "$NODES"); do
		kctl "$n" stop 2>/dev/null
		ip netns del "k$n" 2>/dev/null
	done
	ip link del kbr 2>/dev/null
	rm -rf "$TMP"
}

# network: what ip has to do for namespaces on a bridge
network() {
	echo "link add kbr type bridge"
	echo "link set kbr up"
	for n in $(seq "$NODES"); do
		echo "netns add k$n"
		echo "link add kp$n type veth peer name eth0 netns k$n"
		echo "link set kp$n master kbr up"
	done
}

# setup COUNT: namespaces with TIPC up; KDDM is not started.  TIPC has the key
# in the file $KDDM_KEY, if that is set, on all or on the first $KDDM_KEYED.
setup() {
	NODES=$1
	KEYED=${KDDM_KEYED:-$NODES}
	trap teardown EXIT
	{ echo 1 >/sys/kernel/tracing/events/kddm/kddm_msg_drop/enable
	} 2>/dev/null
	network | ip -batch - || return 1
	for n in $(seq "$NODES"); do
		key=
		[ -z "$KDDM_KEY" ] || [ "$n" -gt "$KEYED" ] ||
			key="key $KDDM_KEY"
		# shellcheck disable=SC2086 # two words, or none
		kctl "$n" tipc up eth0 identity "kddm-test-$n" $key || return 1
	done
	for n in $(seq "$KEYED"); do
		wait_for links "$n" $((KEYED - 1)) || return 1
	done
}

# links NODE COUNT: so many links are up, without the one for broadcasts
links() {
	[ "$(on "$1" tipc link list | grep -c ':.*: up')" -eq "$2" ]
}

# start_all: KDDM on every node, with the namespace's number as id
start_all() {
	for n in $(seq "$NODES"); do
		kctl "$n" start id "$n" || return 1
	done
	for n in $(seq "$NODES"); do
		wait_for count_nodes "$n" possible "$NODES" || return 1
	done
}

# serves NODE MEMBERS: the node serves a view of so many
serves() {
	kctl "$1" status >"$TMP/status"
	grep -Eq '^service +serving$' "$TMP/status" &&
		grep -Eq "^members +$2\$" "$TMP/status"
}

# all_serve NODES...: these and no others
all_serve() {
	for n in "$@"; do
		wait_for serves "$n" $# || return 1
	done
}

# clock: milliseconds since the kernel started; not every date(1) has as much
clock() {
	sed 's/\([0-9]*\)\.\([0-9][0-9]\).*/\1\20/;q' /proc/uptime
}

# cut NODE...: from all others; heal NODE...: in reach again
cut() {
	for n in "$@"; do
		ip link set "kp$n" down || return 1
	done
}

heal() {
	for n in "$@"; do
		ip link set "kp$n" up || return 1
	done
}

# restart NODE: another life, after it was cut
restart() {
	kctl "$1" stop && heal "$1" && kctl "$1" start id "$1"
}

# write_set NODE SET TEXT ID...: write objects
write_set() {
	node=$1
	set=$2
	text=$3
	shift 3
	for id in "$@"; do
		kctl "$node" object put "$set" "$id" "$text $id" || return 1
	done
}

# reads_set NODE SET TEXT ID...: the node reads what was written
reads_set() {
	node=$1
	set=$2
	text=$3
	shift 3
	for id in "$@"; do
		says "$text $id" kctl "$node" object get "$set" "$id" ||
			return 1
	done
}

# write_demo NODE TEXT ID...: the same of the set "demo"
write_demo() {
	node=$1
	shift
	write_set "$node" demo "$@"
}

# reads_demo NODE TEXT ID...
reads_demo() {
	node=$1
	shift
	reads_set "$node" demo "$@"
}

# both COMMAND COMMAND
both() {
	eval "$1" && eval "$2"
}

# words FIRST LAST: the numbers in between on one line
words() {
	seq -s ' ' "$1" "$2"
}

# Allocations that fail, in a kernel with fault injection and debugfs.
DEBUG=/sys/kernel/debug
FAULTS=1000000000	# more than there will be

# can_fail: this kernel has fault injection
can_fail() {
	[ -e "$DEBUG/failslab/probability" ]
}

# mark_tasks: those of KDDM and of the test modules, and the workers, which run
# the work items of KDDM
mark_tasks() {
	for task in /proc/[0-9]*; do
		read -r comm <"$task/comm" || continue
		case $comm in
		kddm_*|kworker/*) echo 1 >"$task/make-it-fail" ;;
		esac
	done 2>/dev/null
}

# fail_some PERCENT: so many, also where memory could be waited for
fail_some() {
	for kind in failslab fail_page_alloc; do
		echo Y >"$DEBUG/$kind/task-filter"
		echo N >"$DEBUG/$kind/ignore-gfp-wait"
		echo 0 >"$DEBUG/$kind/verbose"
		echo "$FAULTS" >"$DEBUG/$kind/times"
		echo "$1" >"$DEBUG/$kind/probability"
	done
	# One page is all that is asked for, mostly.
	echo 0 >"$DEBUG/fail_page_alloc/min-order"
}

# fail_none: no more; how many did is still known
fail_none() {
	for kind in failslab fail_page_alloc; do
		echo 0 >"$DEBUG/$kind/probability"
	done
}

# injected KIND: how many allocations of failslab or fail_page_alloc were made
# to fail since fail_some
injected() {
	echo $((FAULTS - $(cat "$DEBUG/$1/times")))
}
