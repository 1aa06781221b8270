#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Names: nodes that ask at once get one id, which lives as long as one of them;
# who fails, leaves or restarts uses nothing any more; who was apart does.

. "$(dirname "$0")/lib.sh"

ktap_print_header
ktap_set_plan 40

# hold NODE KIND NAME: the id
hold() {
	kctl "$1" name hold "$2" "$3" | sed -n 's/^id //p'
}

# id_of NODE KIND NAME: as the list has it
id_of() {
	kctl "$1" name list | awk -v k="$2" -v n="$3" \
		'$1 == k && $2 == n { print $3 }'
}

# users NODE NAME NODES...: these and no others use it
users() {
	node=$1
	name=$2
	shift 2
	[ "$(kctl "$node" name list | awk -v n="$name" '$2 == n {
		for (i = 5; i <= NF; i++) printf "%s ", $i }')" = \
	  "$(echo "$*" | sed 's/$/ /; s/^ $//')" ]
}

# free NODE NAME: nobody uses it
free() {
	[ -z "$(kctl "$1" name list | awk -v n="$2" '$2 == n')" ]
}

# gets NODE KIND NAME: an id; gets_other ID NODE KIND NAME: but not that one
gets() {
	[ "$(hold "$@")" -gt 0 ]
}

gets_other() {
	id=$1
	shift
	got=$(hold "$@") && [ "$got" -gt 0 ] && [ "$got" -ne "$id" ]
}

# none PATTERN: no name is listed that matches
none() {
	! kctl 1 name list | grep "$1"
}

# agree NAME: all nodes ask at once for the same, and get the same id
agree() {
	pids=
	for n in $(seq "$NODES"); do
		hold "$n" linker "$1" >"$TMP/id.$n" &
		pids="$pids $!"
	done
	for pid in $pids; do
		wait "$pid"
	done
	for n in $(seq "$NODES"); do
		cat "$TMP/id.$n"
	done | sort -u >"$TMP/ids"
	[ "$(wc -l <"$TMP/ids")" -eq 1 ] && [ "$(cat "$TMP/ids")" -gt 0 ] &&
		return
	cat "$TMP/ids"
	return 1
}

# race ROUNDS: so many names, one after the other
race() {
	for i in $(seq "$1"); do
		agree "race-$i" || return 1
	done
}

# let_go ROUNDS: all of these, on all nodes at once
let_go() {
	pids=
	for n in $(seq "$NODES"); do
		for i in $(seq "$1"); do
			kctl "$n" name release linker "race-$i" || echo failed
		done >"$TMP/let_go.$n" &
		pids="$pids $!"
	done
	for pid in $pids; do
		wait "$pid"
	done
	[ -z "$(cat "$TMP"/let_go.*)" ]
}

# count_is NODE NAME COUNT: how often it says that it uses it
count_is() {
	[ "$(kctl "$1" name list |
	     awk -v n="$2" '$2 == n { print $4 }')" = "$3" ]
}

check "four namespaces with TIPC" setup 4
check "four nodes start" start_all
check "they serve one view" all_serve 1 2 3 4
check "there are no names" none 'linker\|service'
check "node 2 asks for one" gets 2 linker ext
a=$(id_of 2 linker ext)
check "node 3 gets the same id" says "$a" hold 3 linker ext
check "node 4 sees it" says "$a" id_of 4 linker ext
check "who uses it is told" users 1 ext 2 3
check "a service of that name is another" gets_other "$a" 3 service ext
check "it is released" kctl 3 name release service ext
check "a second time it is not held" fails 1 'is not held here' \
	kctl 3 name release service ext
check "nor by who has not asked" fails 1 'is not held here' \
	kctl 1 name release linker ext
check "node 2 asks again" says "$a" hold 2 linker ext
check "that is counted" count_is 2 ext 2
check "once released it is still used" both \
	"kctl 2 name release linker ext" "users 4 ext 2 3"
check "then no more by node 2" both \
	"kctl 2 name release linker ext" "users 4 ext 3"
check "the last one frees it" both \
	"kctl 3 name release linker ext" "free 2 ext"
check "the next id is another one" gets_other "$a" 1 linker ext

check "all ask at once, 20 times" race 20
check "all let go at once" let_go 20
check "nothing is left" wait_for none race
check "16 characters" gets 1 service abcdefghijklmnop
check "17 do not" fails 2 'does not have 1 to 16' \
	kctl 1 name hold service abcdefghijklmnopq
check "nor a blank" fails 1 'printable ASCII' kctl 1 name hold service 'a b'
check "KDDM's set of names is not shown" eval \
	'! kctl 2 set list | grep -q kddm.names'
check "nor made, nor written" both \
	"fails 1 already kctl 2 set create kddm.names size 8" \
	"fails 1 own kctl 2 object put kddm.names 1 x"

check "node 1 uses a name" gets 1 linker kept
d=$(id_of 1 linker kept)
check "so does node 2" says "$d" hold 2 linker kept
check "and node 4, beside one of its own" both \
	"says $d hold 4 linker kept" "gets 4 linker mine"
check "node 4 fails" both "cut 4" "all_serve 1 2 3"
check "its uses are dropped" both \
	"wait_for users 3 kept 1 2" "wait_for free 3 mine"
check "the name has its id still" says "$d" id_of 3 linker kept
check "node 4, which was apart, comes back" both "heal 4" "all_serve 1 2 3 4"
check "what it uses is entered again" both \
	"wait_for users 3 kept 1 2 4" "wait_for users 3 mine 4"
check "with the id that it had" says "$d" id_of 3 linker kept
check "node 4 lives another life" both "cut 4" "restart 4"
check "it uses nothing" both \
	"wait_for users 3 kept 1 2" "wait_for free 3 mine"
check "node 1, the lowest, leaves" both "kctl 1 stop" "all_serve 2 3 4"
check "its uses are dropped" wait_for users 3 kept 2
check "no message was dropped" no_drops
ktap_finished
