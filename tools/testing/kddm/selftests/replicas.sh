#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Sets with replicas: what was put survives the node that put it, and others,
# and is where it belongs again before the next one fails.

. "$(dirname "$0")/lib.sh"

ktap_print_header
ktap_set_plan 39

# remove NODE ID...: from both sets
remove() {
	node=$1
	shift
	for id in "$@"; do
		kctl "$node" object remove two "$id" &&
			kctl "$node" object remove three "$id" || return 1
	done
}

# gone NODE SET ID...: there are no such objects
gone() {
	node=$1
	set=$2
	shift 2
	for id in "$@"; do
		fails 1 "no object $id" kctl "$node" object get "$set" "$id" \
			nocreate || return 1
	done
}

# all_kept SET NUMBER NODES...: so many copies and replicas are on these nodes
all_kept() {
	set=$1
	number=$2
	sum=0
	shift 2
	for n in "$@"; do
		sum=$((sum + $(kctl "$n" set show "$set" |
			       sed -n 's/^objects  *//p')))
	done
	[ "$sum" -ge "$number" ]
}

# restored NODE MEMBERS: the node says that all replicas are where they belong
restored() {
	kctl "$1" wait recovered replicas members "$2" timeout 20
}

# unkept NODE: it is cut off, and what it puts at once is not known to be kept
unkept() {
	cut "$1"
	status=0
	timeout 20 kddmctl -n "k$1" object put three 1 lone ||
		status=$?
	[ "$status" -ne 0 ] && [ "$status" -ne 124 ]
}

check "five namespaces with TIPC" setup 5
check "five nodes start" start_all
check "they serve one view" all_serve 1 2 3 4 5
check "a set with two replicas" kctl 1 set create two size 64 replicas 2
check "one with three" kctl 1 set create three size 64 replicas 3
check "it says so" says 3 eval \
	'kctl 1 set show three | sed -n "s/^replicas  *//p"'
check "too many" fails 2 'not a number from 1 to 8' \
	kctl 1 set create nine size 8 replicas 9
check "none" fails 2 'not a number from 1 to 8' \
	kctl 1 set create zero size 8 replicas 0

check "node 2 writes" write_set 2 two a $(seq 20)
check "and to the other set" write_set 2 three a $(seq 20)
check "each object is on two nodes" all_kept two 40 1 2 3 4 5
check "or on three" all_kept three 60 1 2 3 4 5
check "another node writes some again" write_set 3 two b $(seq 5)
check "one node removes some" remove 4 18 19 20

check "node 2 is cut off" cut 2
check "the others go on without it" all_serve 1 3 4 5
check "nothing of it is lost" reads_set 1 two a $(seq 6 17)
check "nor what others wrote" reads_set 4 two b $(seq 5)
check "what was removed stays so" gone 5 two 18 19 20
check "it is as with three" reads_set 3 three a $(seq 17)
check "replicas are made again" both \
	"restored 1 4" "all_kept three 51 1 3 4 5"
check "node 3 is cut off" cut 3
check "the others go on" all_serve 1 4 5
check "all is there with three" reads_set 1 three a $(seq 17)
check "and with two" both \
	"reads_set 5 two a $(words 6 17)" "reads_set 5 two b $(words 1 5)"
check "what was removed from three stays so still" gone 4 three 18 19 20
check "node 4 writes" write_set 4 two c $(seq 17)
check "they come back in another life" both "restart 2" "restart 3"
check "all serve" all_serve 1 2 3 4 5
check "they have what was put" both \
	"reads_set 2 two c $(words 1 17)" "reads_set 3 three a $(words 1 17)"
check "replicas are made again" both \
	"restored 5 5" "all_kept two 34 1 2 3 4 5"
check "node 4 leaves" both "kctl 4 stop" "all_serve 1 2 3 5"
check "nothing is lost" reads_set 3 two c $(seq 17)
check "node 1, the lowest, is cut off" both "cut 1" "all_serve 2 3 5"
check "all is there" both \
	"reads_set 5 two c $(words 1 17)" "reads_set 2 three a $(words 1 17)"
check "node 5 is to wait for a second at most" \
	kctl 5 config set object-timeout 1000
check "node 5 writes" write_set 5 three d 1
check "it ends when it cannot reach those who are to keep it" unkept 5
check "such a node does not say that replicas are complete" \
	wait_for eval 'kctl 5 status | grep -q "^replicas *incomplete"'
ktap_finished
