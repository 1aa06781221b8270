#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Namespaces that go, and their nodes with them: what these own is handed over,
# as by a stop.

. "$(dirname "$0")/lib.sh"

ktap_print_header
ktap_set_plan 28

# goes NODE: its namespace does; nobody waits for that
goes() {
	ip netns del "k$1"
}

# use NODE: in the background, until there is the file over
use() {
	until [ -e "$TMP/over" ]; do
		kctl "$1" object put demo "10$1" "used $1" &&
		kctl "$1" object get demo 60 || return 1
	done >"$TMP/used.$1" 2>&1 &
	users="$users $!"
}

# used: by all users, without an error
used() {
	touch "$TMP/over"
	for user in $users; do
		wait "$user" || { cat "$TMP"/used.*; return 1; }
	done
}

# undropped_by NODE: as no_drops, of one node
undropped_by() {
	kctl "$1" status >"$TMP/status"
	undropped "$1"
}

check "six namespaces with TIPC" setup 6
check "six nodes start" start_all
check "they serve one view" all_serve 1 2 3 4 5 6
check "a set" kctl 1 set create demo size 64
check "one of larger objects, with replicas" \
	kctl 1 set create large size 4096 replicas 2

check "node 3 writes objects" write_demo 3 three $(seq 40)
check "node 2 has copies of some" reads_demo 2 three $(seq 31 40)
check "the namespace of node 3 goes" goes 3
check "the others go on" all_serve 1 2 4 5 6
check "what it alone had is there" reads_demo 1 three $(seq 10)
check "on another node too" reads_demo 4 three $(seq 11 30)
check "what had copies as well" reads_demo 5 three $(seq 31 40)
check "what is there can be written" write_demo 6 six $(seq 1 5)
check "and read" reads_demo 2 six $(seq 1 5)

check "node 1, the lowest, writes" both \
	"write_demo 1 one $(words 50 69)" "write_set 1 large one $(words 1 12)"
use 2
use 4
check "its namespace goes while others use objects" goes 1
check "they go on" all_serve 2 4 5 6
check "nobody was told of an error" used
check "nothing is lost" reads_demo 5 one $(seq 50 69)
check "nor of the larger objects" reads_set 5 large one $(seq 12)
check "nor what it had not written" both \
	"reads_demo 2 six $(words 1 5)" "reads_demo 4 three $(words 6 40)"

check "nodes 2 and 5 write" both \
	"write_demo 2 two $(words 70 79)" "write_demo 5 five $(words 80 89)"
check "their namespaces go at once" both "goes 2" "goes 5"
check "two go on" all_serve 4 6
check "nothing is lost" both \
	"reads_demo 6 two $(words 70 79)" "reads_demo 4 five $(words 80 89)"
check "node 4 is alone" both "goes 6" "all_serve 4"
check "and has everything" both \
	"reads_demo 4 six $(words 1 5)" "reads_demo 4 one $(words 50 69)"
check "no message was dropped" undropped_by 4
ktap_finished
