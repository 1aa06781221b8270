#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# failures/starts.sh: a node starts and stops many times while others use
# objects.
#
#   failures/starts.sh SELFTESTS [TIMES]
#
# SELFTESTS is the directory with the built selftests, whose lib.sh makes the
# cluster of three namespaces; TIMES is 1000 by default.  To be run as root in a
# test kernel, which says itself what it has found.

if [ $# -lt 1 ]; then
	echo "usage: $0 SELFTESTS [TIMES]" >&2
	exit 2
fi
times=${2:-1000}
cd "$1" || exit 2
# shellcheck disable=SC2034 # for lib.sh
DIR=.
# shellcheck source=/dev/null
. ./lib.sh

# once NUMBER: node 3 is a member, and each reads what the other has written
once() {
	kctl 1 object put demo $(($1 % 50)) "$1" &&
	kctl 3 start id 3 &&
	kctl 3 wait recovered members 3 timeout 60 &&
	says "$1" kctl 3 object get demo $(($1 % 50)) &&
	kctl 3 object put demo 100 "$1" &&
	kctl 3 stop &&
	says "$1" kctl 2 object get demo 100
}

many() {
	for i in $(seq "$times"); do
		if ! once "$i"; then
			echo "time $i"
			return 1
		fi
	done
}

two() {
	kctl 1 start id 1 && kctl 2 start id 2 &&
		kctl 1 wait recovered members 2 timeout 20
}

ktap_print_header
ktap_set_plan 5
[ -e /sys/module/kddm ] || modprobe kddm
modprobe -q tipc
check "three namespaces with TIPC" setup 3
check "two nodes serve" two
check "a set" kctl 1 set create demo size 16
check "node 3 starts and stops $times times" many
check "the others stop" eval 'kctl 2 stop && kctl 1 stop'
ktap_finished
