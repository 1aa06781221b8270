#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A node stops while others look at it: users who ask for its status, and who
# needs memory.  What goes wrong is seen best under KASAN and lockdep.
#
#   stop.sh [SECONDS]

. "$(dirname "$0")/lib.sh"

time=${1:-5}

ktap_print_header
ktap_set_plan 11

# Without rights, where there is a way.
as="setpriv --reuid 65534 --clear-groups"
$as true 2>/dev/null || as=

# ask: for the status of node 1, as fast as it is told; $TMP/told is how often
ask() {
	while [ ! -e "$TMP/over" ]; do
		# shellcheck disable=SC2086 # some words, or none
		on 1 $as kddmctl -force -b "$TMP/asks"
	done 2>&1 | grep -c '^state' >"$TMP/told"
}

# reclaim: what can be freed
reclaim() {
	echo 4 >/proc/sys/vm/drop_caches	# not a word
	while [ ! -e "$TMP/over" ]; do
		echo 2 >/proc/sys/vm/drop_caches
	done
}

# once: node 1 comes, has copies of what node 2 has written, and goes
once() {
	kctl 1 start id 1 && kctl 1 -force -b "$TMP/reads" >/dev/null &&
		kctl 1 stop
}

again_and_again() {
	end=$(($(clock) + time * 1000))
	n=0
	while [ "$(clock)" -lt "$end" ] || [ "$n" -lt 3 ]; do
		n=$((n + 1))
		once || return 1
	done
}

# beside COMMAND: node 1 comes and goes again and again meanwhile
beside() {
	rm -f "$TMP/over"
	"$1" &
	other=$!
	again_and_again
	status=$?
	touch "$TMP/over"
	wait "$other"
	return $status
}

running() {
	kctl 1 status >"$TMP/status"
	grep -q '^state *running' "$TMP/status"
}

not_running() {
	! running
}

# killed_start: somebody asks for a set while the node waits for others
killed_start() {
	kctl 1 config set founders 2 start-timeout 60000
	kddmctl -n k1 start id 1 &
	starter=$!
	wait_for running || return 1
	kddmctl -n k1 set show demo 2>/dev/null &
	asker=$!
	# It waits for a second.
	sleep 0.5
	kill -9 "$starter"
	wait "$asker"
	wait "$starter"
	wait_for not_running
}

chmod 755 "$TMP"
yes status | head -n 100 >"$TMP/asks"
check "two namespaces with TIPC" setup 2
check "two nodes start" start_all
check "a set" kctl 2 set create demo size 64 home 2
for i in $(seq 50); do
	echo "object put demo $i text" >>"$TMP/writes"
	echo "object get demo $i" >>"$TMP/reads"
done
check "with objects" kctl 2 -b "$TMP/writes"
check "node 1 stops" kctl 1 stop
check "it comes and goes while a user asks for its status" beside ask
check "who gets it often enough" [ "$(cat "$TMP/told")" -ge 100 ]
check "and while memory is reclaimed" beside reclaim
check "node 2 stops" kctl 2 stop
check "a start of node 1 that waits for others is killed" killed_start
kctl 1 config set founders 1
check "both start again" eval 'start_all && all_serve 1 2'
ktap_finished
