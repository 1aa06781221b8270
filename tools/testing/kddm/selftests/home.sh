#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A set whose home is one node: that node leaves and fails, and comes back,
# while others own, want and lose its objects.

. "$(dirname "$0")/lib.sh"

ktap_print_header
ktap_set_plan 38

put() {
	kctl "$1" object put demo "$2" "$3"
}

has() {
	says "$3" kctl "$1" object get demo "$2"
}

# no_home NODE ID: it would have to ask the home
no_home() {
	fails 1 'home' kctl "$1" object get demo "$2"
}

lost() {
	fails 1 'was lost with a node' kctl "$1" object get demo "$2"
}

# ask COMMAND...: in the background
ask() {
	"$@" >"$TMP/answer" 2>&1 &
	asked=$!
}

# answered TEXT
answered() {
	wait "$asked" || { cat "$TMP/answer"; return 1; }
	[ "$(cat "$TMP/answer")" = "$1" ]
}

check "four namespaces with TIPC" setup 4
check "four nodes start" start_all
check "they serve one view" all_serve 1 2 3 4
check "a set with a home" kctl 1 set create demo size 64 home 1

# The home leaves, and comes back.
check "node 2 writes one" put 2 1 one
check "node 3 writes another" put 3 2 two
check "the home stops" kctl 1 stop
check "the others go on" all_serve 2 3 4
check "who knows the owner goes on" has 2 1 one
check "who would have to ask the home is told so" no_home 4 1
check "the home is back" kctl 1 start id 1
check "all serve" all_serve 1 2 3 4
check "it tells who has the first" has 4 1 one
check "and the second" has 1 2 two
check "who writes there writes the same object" put 1 1 uno
check "which its owner sees" has 2 1 uno

# The home fails with something under way.
check "node 2 writes" put 2 5 five
check "and what the home has a copy of" put 2 6 six
check "the home has it" has 1 6 six
check "the home is cut off" cut 1
ask kctl 3 object get demo 5
check "who has to drop a copy does not answer" put 2 6 sechs
check "the others go on" all_serve 2 3 4
check "who had asked has it" answered five
check "node 3 knows no more than the home did" no_home 3 6
check "it begins another life" restart 1
check "all serve again" all_serve 1 2 3 4
check "it tells what was written meanwhile" has 3 6 sechs

# An object is lost while the home is away.
check "node 2 writes a third" put 2 7 seven
check "node 3 has seen it" has 3 7 seven
check "node 2 writes it again" put 2 7 sieben
check "the home stops again" kctl 1 stop
check "the others go on" all_serve 2 3 4
check "node 2 is cut off" cut 2
check "two are left" all_serve 3 4
check "the home is back once more" kctl 1 start id 1
check "three serve" all_serve 1 3 4
check "what node 2 has is lost, and not made anew" both 'lost 3 7' 'lost 4 7'
check "node 2 comes back with it" eval \
	'heal 2 && all_serve 1 2 3 4 && has 4 7 sieben'
teardown
trap - EXIT
ktap_finished
