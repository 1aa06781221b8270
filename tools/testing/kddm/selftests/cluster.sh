#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A cluster of three nodes: sets are found by name, objects are coherent,
# nodes come and go.

. "$(dirname "$0")/lib.sh"

ktap_print_header
ktap_set_plan 24

# object_is NODE TEXT
object_is() {
	says "$2" kctl "$1" object get demo 7
}

saw() {
	grep -Eq -e "$1" "$TMP/events"
}

check "three namespaces with TIPC" setup 3
# Not by "on": a shell between would be killed in its place.
kddmctl -n k1 monitor >"$TMP/events" 2>&1 &
monitor=$!
check "three nodes start and see each other" start_all
check "node 1 creates a set" kctl 1 set create demo size 64
check "node 2 finds it" wait_for kctl 2 set list
check "a second set of that name is refused" \
	fails 1 'demo' kctl 3 set create demo size 64
check "node 1 writes an object" kctl 1 object put demo 7 hello
check "node 2 reads it" object_is 2 hello
check "node 3 overwrites it" kctl 3 object put demo 7 world
check "node 1 reads the new value" object_is 1 world
check "node 2 reads the new value" object_is 2 world
check "an absent object is not made up" \
	fails 1 'object|exist' kctl 2 object get demo 8 nocreate
check "node 2 removes the object" kctl 2 object remove demo 7
check "it is gone for node 1" \
	fails 1 'object|exist' kctl 1 object get demo 7 nocreate
check "it is gone for node 3" \
	fails 1 'object|exist' kctl 3 object get demo 7 nocreate
check "node 3 creates it anew" kctl 3 object put demo 7 again
check "node 1 reads the new object" object_is 1 again
check "no message was dropped" no_drops
check "node 3 stops" kctl 3 stop
check "the others see it go" wait_for count_nodes 1 possible 2
check "it starts again" kctl 3 start id 3
check "and is seen" wait_for count_nodes 1 possible 3
check "and knows the set" wait_for kctl 3 object get demo 9
check "the set is destroyed" kctl 2 set destroy demo
sleep 0.2
kill "$monitor"
wait "$monitor" 2>/dev/null
check "the monitor saw nodes and sets come and go" \
	eval 'saw possible && saw demo'

ktap_finished
