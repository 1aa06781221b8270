#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The bench: that each case runs, what is said to wrong commands, and that
# nothing is left behind, whoever ends it.  How fast it is does not matter here.

. "$(dirname "$0")/lib.sh"

ktap_print_header
ktap_set_plan 31

# A short run.
QUICK="rounds 1 count 10"

# left_behind: what a bench should not leave on any node
left_behind() {
	for n in $(seq "$NODES"); do
		says '[]' kctl "$n" -j set list || return 1
	done
	for comm in /proc/[0-9]*/comm; do
		case $(cat "$comm" 2>/dev/null) in
		kddm_bench/*)
			echo "a thread is left: $comm"
			return 1
			;;
		esac
	done
}

# ended SIGNAL WORD...: a bench that is ended so while it measures leaves
# nothing behind as soon as its process has gone
ended() {
	signal=$1
	shift
	kddmctl -n k1 bench rounds 99 count 500 "$@" \
		>"$TMP/ended" 2>&1 &
	pid=$!
	wait_for eval 'kctl 2 set show kddm-bench-case' || return 1
	sleep 0.3
	kill -s "$signal" "$pid"
	status=0
	wait "$pid" || status=$?
	# 128 and the number of the signal
	if [ "$status" -le 128 ]; then
		echo "status $status"
		cat "$TMP/ended"
		return 1
	fi
	left_behind
}

# cases COUNT WORD...: so many lines of results, each with a ratio
cases() {
	want=$1
	shift
	# shellcheck disable=SC2086 # words
	kctl 1 bench $QUICK "$@" >"$TMP/table" || return 1
	got=$(sed '1,/^case /d' "$TMP/table" |
		grep -Ec '^[a-z-]+ +[0-9]+ (here|away) .* [0-9]+\.[0-9]+$')
	[ "$got" -eq "$want" ] && return
	echo "$got cases rather than $want"
	cat "$TMP/table"
	return 1
}

# needed COUNT: so many lines of the last table say what they need
needed() {
	says "$1" grep -c 'needs [0-9]' "$TMP/table"
}

# positive: each number of the JSON that has to be more than 0 is
positive() {
	# shellcheck disable=SC2086 # words
	kctl 1 -j bench $QUICK case get-owner size 64 >"$TMP/json" || return 1
	for key in ops mean p50 p99 max rate; do
		if grep -q "\"$key\":0[,.}]" "$TMP/json" ||
		   ! grep -q "\"$key\":[0-9]" "$TMP/json"; then
			echo "$key:"
			cat "$TMP/json"
			return 1
		fi
	done
	grep -q '"machine":{"system":"Linux"' "$TMP/json" &&
	grep -q '"node":1,"peers":\[2,3\]' "$TMP/json"
}

# scaled: what two CPUs do is compared with what one did, if there are two
# shellcheck disable=SC2086 # words
scaled() {
	cases $((1 + more / 2)) case hit-grab || return 1
	[ "$more" -gt 0 ] || return 0
	grep -q '2 CPUs: [0-9.]* x as much, reference [0-9.]* x$' \
		"$TMP/table" &&
	kctl 1 -j bench $QUICK case hit-grab >"$TMP/json" &&
	grep -Eq '"cpus":2,.*"scale":[0-9.]+,"raw_scale":[0-9.]+' "$TMP/json"
}

# busy: while node 1 measures, nobody else does; then somebody does
busy() {
	kddmctl -n k1 bench rounds 99 count 500 >/dev/null 2>&1 &
	first=$!
	wait_for eval 'kctl 2 set show kddm-bench' || return 1
	refused=0
	fails 1 'runs in' eval 'kctl 2 -j bench case rpc >/dev/null' ||
		refused=1
	fails 1 'runs in' eval 'kctl 1 -j bench case rpc >/dev/null' ||
		refused=1
	kill "$first" && wait "$first"
	[ "$refused" -eq 0 ] && left_behind &&
	kctl 2 bench rounds 1 count 1 case rpc >/dev/null
}

# forgotten: the claim of a node that failed does not last
forgotten() {
	kctl 2 set create kddm-bench size 8 &&
	kctl 2 set create kddm-bench-case size 8 &&
	cases 1 case produce size 64 && left_behind
}

# measure WORD...: a case that needs one other node, without the table
measure() {
	kctl 1 -j bench case stream "$@" >/dev/null
}

# unprivileged: root of a user namespace of its own is not enough
unprivileged() {
	nsenter --net=/run/netns/k1 unshare -r kddmctl -j bench case rpc \
		>/dev/null
}

check "three namespaces with TIPC" setup 3
check "not a running node" fails 1 'running node' kctl 1 bench
check "three nodes start" start_all

# Bad arguments
check "an unknown word" fails 2 'bogus' kctl 1 bench bogus
check "no such case" fails 2 'nosuch.*get-owner' kctl 1 bench case nosuch
check "no word for the case" fails 2 'missing' kctl 1 bench case
check "a size that is too small" fails 2 'size.*4' kctl 1 bench size 3
check "a size that no case has" fails 2 '12345' kctl 1 bench size 12345
check "no rounds" fails 2 'rounds.*1 to 99' kctl 1 bench rounds 0
check "a list of nodes that is none" fails 2 'list' kctl 1 bench nodes 2,,3
check "a node id that is too high" fails 2 '1023' kctl 1 bench nodes 2,1024
check "this node as another" \
	fails 1 'node 1 is this node' measure nodes 1,2
check "a node twice" fails 1 'node 2 is named twice' measure nodes 2,2
check "no such node" fails 1 'not there' measure nodes 77
check "more objects than fit" \
	fails 1 'too many objects' measure size 65536 count 10000
check "no right to" fails 1 'CAP_NET_ADMIN' unprivileged

check "all that left nothing" left_behind

# The cases
more=0
[ "$(nproc)" -lt 2 ] || more=2
check "every case that three nodes can do" cases $((64 + more))
check "the others say what they need" needed $((22 - more))
check "one case of one size" cases 2 case get-forward size 4096
check "hits, on each number of CPUs" \
	cases $((1 + more / 2)) nodes 2 case hit-get
check "with one CPU and more, beside each other" scaled
check "what is kept on two and on three nodes" \
	cases 2 case replicas size 4096
check "no more replicas than nodes" \
	eval 'cases 1 nodes 2 case replicas size 64 && needed 1'
check "the other way round, and with other ids" \
	eval 'kctl 3 bench rounds 1 count 1 nodes 2,1 case get-forward \
	      >/dev/null'
check "JSON" positive

# How it ends
check "nothing is left when it is done" eval 'left_behind && no_drops'
check "nor when it is terminated" ended TERM case stream
check "nor when it is killed among several" ended KILL case bounce
check "one at a time" busy
check "what a dead node left is no obstacle" forgotten
ktap_finished
