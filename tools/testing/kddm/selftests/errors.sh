#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Bad input: each gets its exit status and one line that says what is wrong,
# and changes nothing.

. "$(dirname "$0")/lib.sh"

ktap_print_header
ktap_set_plan 37

# without_tipc COMMAND...: in a namespace where TIPC has no address
without_tipc() {
	ip netns add kx || return 1
	status=0
	ip netns exec kx "$@" || status=$?
	ip netns del kx
	return $status
}

alive() {
	says kept kctl 1 object get demo 1 &&
	says kept kctl 2 object get demo 1 && count_nodes 1 possible 2
}

check "two namespaces with TIPC" setup 2

# Before the start
check "no TIPC: told which command configures it" \
	fails 1 "run 'kddmctl tipc up DEV'" without_tipc kddmctl start id 5
status_stopped() {
	kctl 1 status >"$TMP/status"
	[ $? -eq 3 ] && grep -q stopped "$TMP/status"
}

check "status of a stopped node" status_stopped
check "stop of a stopped node" fails 1 'not' kctl 1 stop
check "sets of a stopped node" fails 1 'not' kctl 1 set create a size 8
check "objects of a stopped node" fails 1 'not' kctl 1 object get a 1
check "start with an id too high" fails 2 '1024.*1023' kctl 1 start id 1024
check "start with a word for an id" fails 2 'one' kctl 1 start id one
check "start with a negative id" fails 2 '"-1"' kctl 1 start id -1
check "start with an unknown word" fails 2 'bogus' kctl 1 start bogus 1

check "two nodes start" start_all
check "a second start" fails 1 'running|already|started' kctl 1 start id 1
check "no such verb" fails 2 'frobnicate' kctl 1 frobnicate
check "no such set verb" fails 2 'frob' kctl 1 set frob
check "set without a name" fails 2 '.' kctl 1 set create
check "set without a size" fails 2 'size' kctl 1 set create a
check "set with size 0" fails 2 'size' kctl 1 set create a size 0
check "set with size 65537" fails 2 'size' kctl 1 set create a size 65537
check "set with a size that is no number" \
	fails 2 'many' kctl 1 set create a size many
check "set with a name of 17 characters" \
	fails 2 'name.*16' kctl 1 set create abcdefghijklmnopq size 8
check "set with a name of two words" \
	fails 1 'name.*blank' kctl 1 set create 'two words' size 8
check "set with a name that a terminal would obey" \
	fails 1 'name.*blank' kctl 1 set create "$(printf 'a\033[2J')" size 8
check "set with no such linker" \
	fails 1 'linker' kctl 1 set create a size 8 linker nosuch
check "a set of 16 characters" \
	kctl 1 set create abcdefghijklmnop size 8
check "a set" kctl 1 set create demo size 8
check "an object" kctl 1 object put demo 1 kept
check "destroying no such set" \
	fails 1 'nosuch' kctl 1 set destroy nosuch
check "object of no such set" \
	fails 1 'nosuch' kctl 1 object get nosuch 1
check "object larger than the set's size" \
	fails 1 'size|large|8' kctl 1 object put demo 1 123456789
check "object id that is no number" \
	fails 2 'x' kctl 1 object get demo x
check "object id of 65 bits" \
	fails 2 '18446744073709551616' \
	kctl 1 object get demo 18446744073709551616
check "removing no such object" \
	fails 1 'no object 99' kctl 1 object remove demo 99

check "all that changed nothing" alive

# A node with an id that is taken
kctl 2 stop
check "an id that is in use" fails 1 'in use' kctl 2 start id 1
check "the other, which has it, has lost nothing" \
	both "says kept kctl 1 object get demo 1" "count_nodes 1 possible 1"
kctl 2 start id 2
wait_for count_nodes 1 possible 2
check "nor is anything lost when it comes with its own" alive
check "a node of another cluster stays out" \
	eval 'kctl 2 stop && kctl 2 start id 2 cluster 99 && sleep 1 &&
	      count_nodes 1 possible 1 && kctl 2 stop && kctl 2 start id 2 &&
	      wait_for count_nodes 1 possible 2'
ktap_finished
