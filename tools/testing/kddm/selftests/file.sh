#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The linker "file": objects outlive the whole cluster.

. "$(dirname "$0")/lib.sh"

ktap_print_header
ktap_set_plan 27

dir=/sys/module/kddm/parameters/file_dir
store=$TMP/store

# object_is NODE ID TEXT
object_is() {
	says "$3" kctl "$1" object get demo "$2"
}

set_up_store() {
	[ -e "$dir" ] || modprobe kddm || return 1
	mkdir "$store" && mount -t tmpfs none "$store" &&
	[ -z "$(tr -d "\n" <$dir)" ]
}

# create [NODE]
create() {
	kctl "${1:-1}" set create demo size 64 linker file touch-home home 2
}

has_files() {
	for n in 1 2 3; do
		[ -f "$store/demo.0.$n" ] || return 1
	done
}

write_all() {
	for i in $(seq 20); do
		kctl $((i % 3 + 1)) object put demo "$i" "object $i" &&
		kctl $(((i + 1) % 3 + 1)) object sync demo "$i" || return 1
	done
}

# read_all [FIRST]
read_all() {
	for i in $(seq "${1:-1}" 20); do
		object_is $((i % 2 + 1)) "$i" "object $i" || return 1
	done
}

# known NODE: of how many objects the node has the contents in memory
known() {
	kctl "$1" -j set show demo | number objects
}

# all_away: after some reclaim no node has any in memory
all_away() {
	echo 2 >/proc/sys/vm/drop_caches
	sleep 0.2
	for n in 1 2 3; do
		[ "$(known "$n")" -eq 0 ] || return 1
	done
}

# other_cluster: it has a node 2 on this machine, too, in another network
other_cluster() {
	kctl 3 stop && cut 3 && wait_for links 3 0 &&
		kctl 3 start id 2 cluster 9 && create 3 || return 1
	for i in $(seq 20); do
		object_is 3 "$i" '' &&
		kctl 3 object put demo "$i" other &&
		kctl 3 object sync demo "$i" || return 1
	done
	kctl 3 stop && heal 3 && wait_for links 3 2 && kctl 3 start id 3
}

stop_all() {
	kctl 1 stop && kctl 2 stop && kctl 3 stop
}

check "three namespaces with TIPC" setup 3
check "three nodes start" start_all
check "a directory" set_up_store
check "without permission there are no files" \
	fails 1 'allow' create
echo "$store/none" >"$dir"
check "nor without the directory" fails 1 'no directory' create
echo "$store" >"$dir"
check "only with the first touch at home" \
	fails 1 'touch-home' kctl 1 set create demo size 64 linker file home 2
check "only with a home that stays" \
	fails 1 'or a home' kctl 1 set create demo size 64 linker file \
	touch-home
check "a set" create
check "objects are written and stored" write_all
check "each node has its file" has_files
check "one is written and not stored" kctl 1 object put demo 100 lost
check "the whole cluster stops" stop_all
check "and starts" start_all
check "the set is made again" create
check "and its objects are there" read_all
check "but for what was not stored" object_is 2 100 ''
check "one more is written" kctl 1 object put demo 101 kept
check "when memory is short they are only in the file" wait_for all_away
check "and are read again" read_all
check "the new one, too" object_is 3 101 kept
check "one is removed" kctl 3 object remove demo 7
check "the cluster stops and starts again" \
	eval 'stop_all && start_all && create'
check "it has gone from its file" object_is 1 7 ''
check "what was short of memory is there" object_is 1 101 kept
check "the others are there" object_is 3 8 'object 8'
check "another cluster has files of its own" other_cluster
check "and changes nothing here" eval \
	'stop_all && start_all && create && read_all 8'
echo >"$dir"
stop_all
umount "$store"
ktap_finished
