#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What a trace tells of the life of sets and objects.

. "$(dirname "$0")/lib.sh"

EVENTS=/sys/kernel/tracing/events/kddm

ktap_print_header
if [ ! -d "$EVENTS" ]; then
	ktap_skip_all "the kernel has no tracepoints"
	exit "$KSFT_SKIP"
fi
ktap_set_plan 29

TRACE=/sys/kernel/tracing/trace

# traced EVENT SELF REST: there is such a line
traced() {
	grep -q "$1: self=$2 set=[0-9]* $3" "$TRACE" && return
	grep "$1" "$TRACE" | tail -n 5
	return 1
}

obj() {
	traced kddm_obj_change "$1" "$2"
}

view() {
	grep -q "kddm_view: self=$1 epoch=[0-9]* $2" "$TRACE" && return
	grep kddm_view: "$TRACE" | tail -n 5
	return 1
}

# changes SELF NODE: the latest two that SELF saw of NODE
changes() {
	seen="s/.*kddm_node_change: self=$1 node=$2 incarnation=[0-9a-f]* //p"
	sed -n "$seen" "$TRACE" | tail -n 2 | tr '\n' ','
}

set_change() {
	traced kddm_set_change "$1" "name=traced $2"
}

check "three namespaces with TIPC" setup 3
echo 1 >"$EVENTS/kddm_node_change/enable"
check "three nodes start" start_all
check "node 1 sees node 2 come in two steps" \
	says "add online,add possible," changes 1 2
check "they serve one view" all_serve 1 2 3
echo 1 >"$EVENTS/kddm_set_change/enable"
echo 1 >"$EVENTS/kddm_obj_change/enable"
echo 1 >"$EVENTS/kddm_view/enable"
check "node 1 creates a set" kctl 1 set create traced size 64 home 1
check "that is traced" set_change 1 created
check "it has what it needs" set_change 1 instantiated
check "node 2 writes an object" kctl 2 object put traced 5 x
check "it has the set, which it did not create" eval \
	'set_change 2 instantiated && ! set_change 2 created >/dev/null'
check "it makes the first contents" obj 2 "id=5 first-touch .* err=0"
check "and owns it" obj 2 "id=5 owned"
check "node 3 writes it" kctl 3 object put traced 5 y
check "it has it from node 2" obj 3 "id=5 owned node=2"
check "node 2 knows" obj 2 "id=5 moved node=3"
check "node 3 removes another one" eval \
	'kctl 3 object put traced 6 z && kctl 3 object remove traced 6'
check "that is traced" obj 3 "id=6 removed"
check "node 3 fails" both "cut 3" "all_serve 1 2"
check "node 1 sees it go in two steps" \
	wait_for says "remove possible,remove online," changes 1 3
check "and node 2 stay" says "add online,add possible," changes 1 2
check "node 1 has a view without it" view 1 "serving members=2"
check "node 3 is suspended" wait_for view 3 suspended
check "the object is lost at home" wait_for obj 1 "id=5 lost"
check "nowhere else" eval '! obj 2 "id=5 lost" >/dev/null'
check "it is removed" kctl 2 object remove traced 5
check "that gives it up" obj 1 "id=5 given-up"
check "node 2 destroys the set" kctl 2 set destroy traced
check "that is traced" set_change 2 destroyed
check "it is forgotten there" set_change 2 forgotten
check "and on node 1, which did not destroy it" eval \
	'wait_for set_change 1 forgotten && ! set_change 1 destroyed >/dev/null'
echo 0 >"$EVENTS/kddm_node_change/enable"
echo 0 >"$EVENTS/kddm_view/enable"
echo 0 >"$EVENTS/kddm_obj_change/enable"
echo 0 >"$EVENTS/kddm_set_change/enable"
ktap_finished
