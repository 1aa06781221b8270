#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Nodes that fail, are cut off, come back and leave: who serves, and what
# becomes of objects.

. "$(dirname "$0")/lib.sh"

ktap_print_header
ktap_set_plan 40

suspended() {
	status=0
	kctl "$1" status >"$TMP/status" || status=$?
	[ "$status" -eq 6 ] && grep -Eq '^service +suspended$' "$TMP/status"
}

# gone NODE ID...: lost, or, if the home was lost with it and nobody else has
# ever seen it, made anew
gone() {
	node=$1
	shift
	for id in "$@"; do
		says "" kctl "$node" object get demo "$id" 2>"$TMP/error" ||
			grep -q 'was lost with a node' "$TMP/error" || return 1
	done
}

# crash NODE: cut off for good, and begin another life
crash() {
	kctl "$1" stop && heal "$1"
}

# recovery_told NODE...: what their status tells of it; all know of 20 objects
recovery_told() {
	sum=0
	for n in "$@"; do
		[ "$(counter "$n" suspects)" = 0 ] &&
		[ "$(counter "$n" change-us)" -gt 0 ] &&
		[ "$(counter "$n" recovery-us)" -gt 0 ] || return 1
		sum=$((sum + $(counter "$n" recovered)))
	done
	[ "$sum" -ge 20 ]
}

epoch() {
	kctl "$1" status | sed -n 's/^epoch  *//p'
}

check "four namespaces with TIPC" setup 4
check "four nodes start" start_all
check "they serve one view" all_serve 1 2 3 4
check "of which all are members" says "1 2 3 4" members 3
check "a set" kctl 1 set create demo size 64

# The copies of 1 to 20 are with node 1, 21 to 40 are with node 2 alone.
check "node 2 writes objects" write_demo 2 two $(seq 40)
check "node 1 has copies of some" reads_demo 1 two $(seq 20)
before=$(epoch 1)
check "node 2 is cut off" cut 2
check "the others go on without it" all_serve 1 3 4
check "in a later view" [ "$(epoch 1)" -gt "$before" ]
check "with three members" says "1 3 4" members 1
check "they tell what recovery has done" wait_for recovery_told 1 3 4
check "node 2 is suspended, and says so" wait_for suspended 2
check "it serves nothing" \
	fails 1 'suspended' kctl 2 object get demo 1
check "what had copies is there" reads_demo 3 two $(seq 10)
check "what had none is not" gone 4 $(seq 21 30)
check "what is there can be written" write_demo 3 three $(seq 11 15)
check "and read" reads_demo 1 three $(seq 11 15)
check "new objects can be made" write_demo 4 four $(seq 41 50)

check "node 2 is in reach again" heal 2
check "all serve" all_serve 1 2 3 4
check "what it alone had is there again" reads_demo 3 two $(seq 31 40)
check "what others have written meanwhile counts" \
	reads_demo 2 three $(seq 11 15)
check "what nobody has written does as well" reads_demo 2 two $(seq 10)
check "new objects are there for it" reads_demo 2 four $(seq 41 50)

check "node 3 writes what node 4 reads" \
	both "write_demo 3 old $(words 60 70)" "reads_demo 4 old $(words 60 65)"
check "node 3 is cut off" cut 3
check "the others go on" all_serve 1 2 4
check "node 3 begins another life" \
	eval 'crash 3 && kctl 3 start id 3'
check "all serve once more" all_serve 1 2 3 4
check "what it had is lost but for the copies" \
	both "reads_demo 3 old $(words 60 65)" "gone 1 $(words 66 70)"

check "node 1, the lowest, writes" write_demo 1 one $(seq 80 99)
check "it leaves" kctl 1 stop
check "the others serve" all_serve 2 3 4
check "nothing is lost" \
	both "reads_demo 2 one $(words 80 99)" "reads_demo 3 two $(words 31 40)"
check "node 4 leaves" kctl 4 stop
check "two serve" all_serve 2 3
check "node 2 is alone" eval 'kctl 3 stop && all_serve 2'
check "and has everything" \
	both "reads_demo 2 one $(words 80 99)" \
	"reads_demo 2 four $(words 41 50)"
check "the last one leaves" kctl 2 stop
ktap_finished
