#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Objects that were lost with their node: who asks for them waits, the node
# comes back or does not, what is stored counts, what is not can be given up.

. "$(dirname "$0")/lib.sh"

ktap_print_header
ktap_set_plan 34

dir=/sys/module/kddm/parameters/file_dir
store=$TMP/store

set_up_store() {
	[ -e "$dir" ] || modprobe kddm || return 1
	mkdir "$store" && mount -t tmpfs none "$store" &&
		echo "$store" >"$dir"
}

# lost NODE SET ID
lost() {
	fails 1 'was lost with a node' kctl "$1" object get "$2" "$3"
}

# ask NODE SET ID: in the background
ask() {
	kctl "$1" object get "$2" "$3" >"$TMP/answer" 2>&1 &
	asked=$!
}

waits() {
	sleep 0.5 && kill -0 "$asked"
}

answered() {
	wait "$asked" && [ "$(cat "$TMP/answer")" = "$1" ]
}

# at_least MS COMMAND...: it takes so long
at_least() {
	ms=$1
	shift
	begin=$(clock)
	"$@" || return 1
	[ $(($(clock) - begin)) -ge "$ms" ]
}

set_of() {
	kctl 1 set create "$@"
}

check "three namespaces with TIPC" setup 3
check "three nodes start" start_all
check "they serve one view" all_serve 1 2 3
check "a directory" set_up_store
check "a set that does not wait" set_of now size 64 home 1
check "one that waits long" set_of long size 64 home 1 lost-timeout 60000
check "one that waits" set_of some size 64 home 1 lost-timeout 600
check "one that is stored" set_of file size 64 home 1 linker file \
	touch-home lost-timeout 600
check "it says how long" says 600 eval \
	'kctl 2 set show some | sed -n "s/^lost-timeout  *//p"'
check "too long" fails 2 'not a number from 0 to 3600000' \
	set_of late size 8 lost-timeout 3600001

for name in now long some; do
	check "node 2 writes to $name" kctl 2 object put $name 1 "$name 1"
done
check "node 2 writes to file" kctl 2 object put file 1 "file 1"
check "and stores it" kctl 2 object sync file 1
check "and writes again" kctl 2 object put file 1 "file 2"
check "node 3 may wait long" kctl 3 config set object-timeout 60000
check "node 2 is cut off" cut 2
check "the others go on" all_serve 1 3
check "who does not wait is told at once" lost 3 now 1
check "who waits is told later" at_least 600 lost 3 some 1
ask 3 long 1
check "who waits long goes on to wait" waits
check "what was stored counts" at_least 600 says "file 1" \
	kctl 3 object get file 1
check "node 2 is in reach again" heal 2
check "who waited has it" answered "long 1"
check "all serve" all_serve 1 2 3
check "node 2 has what was made anew" says "file 1" \
	kctl 2 object get file 1

check "node 2 writes once more" kctl 2 object put now 2 "now 2"
check "it is cut off" cut 2
check "the others go on" all_serve 1 3
check "it begins another life" restart 2
check "all serve once more" all_serve 1 2 3
check "what it had is lost" lost 3 now 2
check "who gives it up can make another one" eval \
	'kctl 2 object remove now 2 && kctl 3 object put now 2 new &&
	 says new kctl 1 object get now 2'
for n in 1 2 3; do
	kctl "$n" stop
done
umount "$store"
ktap_finished
