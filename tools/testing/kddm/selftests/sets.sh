#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Which sets there are: every node finds what any node has made, has it from its
# first use, and forgets it when it is destroyed; also when nodes fail, come and
# go meanwhile.

. "$(dirname "$0")/lib.sh"

ktap_print_header
ktap_set_plan 69

ROUNDS=20
DEBUGFS=/sys/kernel/debug

# has NODE SET: the node has the set, rather than that it could find it
has() {
	[ -d $DEBUGFS/kddm ] || mount -t debugfs none $DEBUGFS 2>/dev/null
	ns=$(on "$1" readlink /proc/self/ns/net | tr -dc 0-9)
	grep -qx "set $2:" "$DEBUGFS/kddm/$ns/objects"
}

# lacks NODE SET: it has it not
lacks() {
	! has "$1" "$2"
}

# lists NODE SET...: these and perhaps others
lists() {
	kctl "$1" set list >"$TMP/list" || return 1
	shift
	for set in "$@"; do
		grep -q "^$set " "$TMP/list" && continue
		echo "no $set in:"
		cat "$TMP/list"
		return 1
	done
}

# same_list NODES...: all list the same sets
same_list() {
	for n in "$@"; do
		kctl "$n" set list | awk '{ print $1, $2 }' | sort \
			>"$TMP/list.$n"
		cmp -s "$TMP/list.$1" "$TMP/list.$n" && continue
		diff "$TMP/list.$1" "$TMP/list.$n"
		return 1
	done
}

# unused NODE SET: nothing has been counted there
unused() {
	kctl "$1" set show "$2" >"$TMP/show" || return 1
	! grep -E '^(users|objects|hits|misses|forwards|invalid).* [1-9]' \
		"$TMP/show"
}

# use SET NODE...: each reads what the one before has written
use() {
	set=$1
	shift
	old=$(kctl "$1" object get "$set" 1) || return 1
	for n in "$@"; do
		says "$old" kctl "$n" object get "$set" 1 || return 1
		old="by $n"
		kctl "$n" object put "$set" 1 "$old" || return 1
	done
}

# race ROUND: two nodes make a set of one name, and just one of them does
race() {
	kctl 1 set create "race$1" size 8 2>"$TMP/one" &
	pid=$!
	two=0
	kctl 2 set create "race$1" size 8 2>"$TMP/two" || two=$?
	one=0
	wait $pid || one=$?
	if [ $((one + two)) -ne 1 ]; then
		echo "status $one and $two"
		cat "$TMP/one" "$TMP/two"
		return 1
	fi
	cat "$TMP/one" "$TMP/two" | grep -q already
}

# races: and both can use it
races() {
	for i in $(seq "$ROUNDS"); do
		race "$i" && use "race$i" 1 2 &&
		kctl $((i % 3 + 1)) set destroy "race$i" || return 1
	done
}

# waiter SET NODE: writes what node 1 has just written, which takes a second
waiter() {
	kctl 1 object put "$1" 1 first || return 1
	kctl "$2" object put "$1" 1 second 2>"$TMP/waiter" &
	waiter=$!
	wait_for users "$2" "$1" 1
}

# users NODE SET COUNT
users() {
	kctl "$1" set show "$2" | grep -Eq "^users +$3\$"
}

refused() {
	waiter "$1" 2 || return 1
	fails 1 'open' kctl 3 set destroy "$1" || return 1
	wait "$waiter" || return 1
	says second kctl 3 object get "$1" 1
}

forced() {
	waiter "$1" 2 || return 1
	kctl 3 set destroy "$1" force || return 1
	wait "$waiter" && return 1
	grep -q 'destroyed' "$TMP/waiter"
}

# gone SET NODE...: nobody finds it, and nobody has it
gone() {
	set=$1
	shift
	for n in "$@"; do
		fails 1 "no set" kctl "$n" set show "$set" || return 1
		lacks "$n" "$set" || return 1
	done
}

# writes NODE SET: until told to stop, whatever comes of it
writes() {
	while [ ! -e "$TMP/stop" ]; do
		kctl "$1" object put "$2" $(($1 % 2)) "$1" 2>/dev/null
		kctl "$1" object get "$2" $(($1 % 2 + 1)) 2>/dev/null
	done
}

# churn: a set that is made, and destroyed under its users, again and again
churn() {
	rm -f "$TMP/stop"
	writers=
	for n in 1 2 4; do
		writes "$n" churn >/dev/null &
		writers="$writers $!"
	done
	status=0
	for i in $(seq 15); do
		kctl $((i % 4 + 1)) set create churn size 64 &&
		kctl $((i % 4 + 1)) object put churn 9 "$i" &&
		says "$i" kctl $(((i + 1) % 4 + 1)) object get churn 9 &&
		kctl $(((i + 2) % 4 + 1)) set destroy churn force && continue
		status=1
		break
	done
	touch "$TMP/stop"
	# shellcheck disable=SC2086
	wait $writers
	return $status
}

# fill: a bucket, by all nodes; the next one finds no room
fill() {
	samebucket 64 >"$TMP/names"
	i=0
	while read -r name; do
		i=$((i + 1))
		[ "$i" -gt 63 ] && break
		kctl $((i % 4 + 1)) set create "$name" size 8 || return 1
	done <"$TMP/names"
	absent=$name
}

# turns: one of them goes, and the one for which there was no room comes
turns() {
	for i in 3 30 63 1 62; do
		name=$(sed -n "${i}p" "$TMP/names")
		[ "$name" = "$absent" ] && continue
		kctl $((i % 4 + 1)) set destroy "$name" &&
		kctl $((i % 3 + 1)) set create "$absent" size 8 || return 1
		present=$absent
		absent=$name
	done
}

empty() {
	i=0
	kctl 1 set list | sed -n 's/^\(full-[0-9]*\) .*/\1/p' >"$TMP/names"
	while read -r name; do
		i=$((i + 1))
		kctl $((i % 4 + 1)) set destroy "$name" || return 1
	done <"$TMP/names"
}

# many COUNT: how many of the full bucket a node lists
many() {
	[ "$(kctl 2 set list | grep -c '^full-')" -eq "$1" ]
}

# join: node 4 starts while node 1 makes sets, and node 2 destroys some
join() {
	kctl 4 start id 4 &
	start=$!
	for i in $(seq 12); do
		kctl 1 set create "join$i" size 8 || return 1
		[ $((i % 3)) -ne 0 ] ||
			kctl 2 set destroy "join$i" || return 1
	done
	wait "$start"
}

joined() {
	for i in 1 2 4 5 7 8 10 11; do
		use "join$i" 4 1 2 || return 1
	done
	for i in 3 6 9 12; do
		gone "join$i" 1 2 4 || return 1
	done
}

# cut_destroying: node 2 is cut off while it destroys sets
cut_destroying() {
	for i in $(seq 30); do
		kctl 1 set create "doom$i" size 8 &&
		kctl 1 object put "doom$i" 1 x || return 1
	done
	for i in $(seq 30); do
		kctl 2 set destroy "doom$i" 2>/dev/null || break
	done &
	destroyer=$!
	sleep 0.1
	cut 2
}

# back: once it has given up
back() {
	wait "$destroyer"
	heal 2
}

# settled: what node 2 did not finish, others can; and nothing is in the way
settled() {
	for i in $(seq 30); do
		fails 1 'no set' kctl 3 set show "doom$i" >/dev/null ||
			wait_for kctl 3 set destroy "doom$i" || return 1
	done
}

# free: a set of the same name can be made
free() {
	for i in 1 10 20 30; do
		kctl 4 set create "doom$i" size 8 && use "doom$i" 1 3 4 &&
		kctl 1 set destroy "doom$i" || return 1
	done
}

check "four namespaces with TIPC" setup 4
check "four nodes start" start_all
check "they serve one view" all_serve 1 2 3 4

# By name, by id, from the first use on
check "node 1 makes a set" kctl 1 set create demo size 64
check "node 1 has it" has 1 demo
check "node 3 lists it" lists 3 demo
check "and shows it, with nothing counted" unused 3 demo
check "but has it not" lacks 3 demo
check "all list the same" same_list 1 2 3 4
check "node 3 uses it" use demo 3
check "now it has it" has 3 demo
check "all use it" use demo 1 2 3 4
check "a set that is at home where it was never used" \
	kctl 1 set create away size 64 home 4
check "node 4 has it not" lacks 4 away
check "nodes 1, 2 and 3 use it" use away 1 2 3
check "node 4 has it" has 4 away
check "and uses it" use away 4 1
check "a set that KDDM has for itself is not listed" \
	eval '! kctl 2 set list | grep -q kddm.sets'
check "there cannot be another" \
	fails 1 'already' kctl 2 set create kddm.sets size 8
check "it cannot be destroyed" \
	fails 1 'own' kctl 2 set destroy kddm.sets force
check "nor written" fails 1 'own' kctl 2 object put kddm.sets 1 x
check "no message was dropped" no_drops

# Two who want the same
check "two nodes make a set of one name, in $ROUNDS rounds" races

# Destroying
check "a set with a hold time" kctl 1 set create long size 64 home 1 hold 1000
check "it is not destroyed while it is open" refused long
check "but if that is forced, and the user is told" forced long
check "it is gone" gone long 1 2 3 4
check "a set of that name is another one" \
	eval 'kctl 4 set create long size 32 && use long 1 2 3 4'
check "and is destroyed" kctl 2 set destroy long
check "it is gone as well" gone long 1 2 3 4
check "a set is destroyed while it is used, again and again" churn
check "it is gone at last" gone churn 1 2 3 4
check "no such set" fails 1 'no set' kctl 3 set destroy churn

# No room
check "63 sets of one bucket" fill
check "all are listed" many 63
check "there is no room for one more" \
	fails 1 'too many' kctl 3 set create "$absent" size 8
check "but for others" \
	eval 'kctl 3 set create other size 8 && kctl 4 set destroy other'
check "one goes and another comes, again and again" turns
check "no more than there is room for" many 63
check "the last one can be used" use "$present" 4 2
check "all go" empty
check "and are gone" many 0
check "all list the same" same_list 1 2 3 4

# Nodes that come and go
check "a set with an object that has a copy" \
	eval 'kctl 2 set create orphan size 64 && use orphan 2 3'
check "node 4 has not heard of it" lacks 4 orphan
check "its maker is cut off" cut 2
check "the others go on" all_serve 1 3 4
check "node 4 finds the set" \
	eval 'says "by 3" kctl 4 object get orphan 1 && has 4 orphan'
check "they make sets, and destroy one that node 2 has" \
	eval 'kctl 4 set create later size 8 && use later 1 3 4 &&
	      kctl 3 set destroy demo'
check "node 2, which is suspended, lists what it has" \
	eval 'lists 2 demo orphan && lacks 2 later'
check "but makes none" \
	fails 1 'suspended' kctl 2 set create never size 8
check "node 2 comes back" heal 2
check "all serve" all_serve 1 2 3 4
check "it forgets what was destroyed" wait_for lacks 2 demo
check "and finds what was made" use later 2
check "all list the same" same_list 1 2 3 4

check "node 4 leaves" kctl 4 stop
check "it joins while sets come and go" join
check "all serve" all_serve 1 2 3 4
check "it sees those that are there, and no others" joined
check "all list the same" same_list 1 2 3 4

check "node 2 is cut off while it destroys sets" cut_destroying
check "the others go on" all_serve 1 3 4
check "it comes back" back
check "all serve" all_serve 1 2 3 4
check "what it left undone others can finish" settled
check "the names are free" free
check "all list the same" wait_for same_list 1 2 3 4
check "all sets can be used" eval 'use orphan 1 2 && use later 2 4'
ktap_finished
