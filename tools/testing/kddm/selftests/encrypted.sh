#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# TIPC encrypts (AES-GCM): a cluster works as ever; and a node without the key,
# or with another one, never comes online.

. "$(dirname "$0")/lib.sh"

ktap_print_header
ktap_set_plan 14

# as_ever: all of cluster.sh passes, on nodes that have the key
as_ever() {
	KDDM_KEY=$TMP/key "$DIR/cluster.sh" >"$TMP/as_ever" || {
		cat "$TMP/as_ever"
		return 1
	}
	[ "$(grep -c '^ok' "$TMP/as_ever")" -ge 24 ] &&
	! grep -q '^not ok' "$TMP/as_ever"
}

# apart NODE: what the node starts, it is alone with; the others are two
apart() {
	kctl "$1" start id "$1" || return 1
	sleep 3
	says 1 kctl_count "$1" && says 2 kctl_count 1 && says 2 kctl_count 2 &&
	! kctl "$1" set list | grep -q demo
	status=$?
	kctl "$1" stop
	return $status
}

# kctl_count NODE: how many nodes it sees, in whatever state
kctl_count() {
	kctl "$1" -j nodes | grep -o '"id"' | wc -l
}

other_key() {
	kctl 3 tipc key set file "$TMP/other" && apart 3
}

right_key() {
	kctl 3 tipc key flush && kctl 3 tipc key set file "$TMP/key"
}

object_is() {
	says "$2" kctl "$1" object get demo 1
}

generate() {
	kddmctl tipc key generate >"$TMP/key" &&
	kddmctl tipc key generate >"$TMP/other" &&
	! cmp -s "$TMP/key" "$TMP/other"
}

gone() {
	! ip link show "$1" >/dev/null 2>&1
}

# without: three namespaces, of which the last has no key; when those of
# cluster.sh are gone, which takes a moment
without() {
	wait_for gone kp1 && wait_for gone kp2 && wait_for gone kp3 || return 1
	KDDM_KEY=$TMP/key KDDM_KEYED=2 setup 3
}

check "keys are made" generate
check "cluster.sh passes with encryption" as_ever
check "three namespaces, two with the key" without
check "nodes 1 and 2 start" eval 'kctl 1 start id 1 && kctl 2 start id 2'
check "and meet" eval 'kctl 1 wait nodes 2 timeout 20 &&
	kctl 2 wait nodes 2 timeout 20'
check "they share an object" eval 'kctl 1 set create demo size 8 &&
	kctl 1 object put demo 1 text && wait_for object_is 2 text'
check "node 3 has no link" links 3 0
check "without the key it stays alone" apart 3
check "with another key, too" other_key
check "no message of it was even looked at" no_drops
check "with the right key" right_key
check "it gets in" eval 'kctl 3 start id 3 && kctl 3 wait nodes 3 timeout 30'
check "and reads the object" wait_for object_is 3 text
check "what the others knew is unchanged" object_is 2 text
ktap_finished
