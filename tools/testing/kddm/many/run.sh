#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# many/run.sh: many objects on one node, and whether anything stands still.
#
#   many/run.sh MODULE SELFTESTS [OBJECTS]
#
# MODULE is kddm_many.ko, SELFTESTS the directory with the built selftests,
# whose lib.sh makes the node.  OBJECTS is 200000 by default.
#
# A thread of real-time priority on each CPU says by how much it was late.  That
# is also what this machine does to a guest; so the same is measured while
# nothing of KDDM runs, before and after.  A step has failed if it was late by
# more than 10 ms, and by more than twice what the machine does by itself; or so
# more than three times as often.  To be run as root in a test kernel.

if [ $# -lt 2 ]; then
	echo "usage: $0 MODULE SELFTESTS [OBJECTS]" >&2
	exit 2
fi
module=$1
objects=${3:-200000}
cd "$2" || exit 2
# shellcheck disable=SC2034 # for lib.sh
DIR=.
# shellcheck source=/dev/null
. ./lib.sh

RUN=/sys/module/kddm_many/parameters/run
BYTES=64
SPIN=4000	# milliseconds

# last: what the module said last
last() {
	printed kddm_many | tail -n 1
}

late() {
	last | sed -n 's/.*; late \([0-9]*\) us.*/\1/p'
}

often() {
	last | sed -n 's/.* \([0-9]*\) times 10000 us.*/\1/p'
}

took() {
	last | sed -n 's/.* in \([0-9]*\) ms.*/\1/p'
}

# alone: what this machine does by itself
alone() {
	echo spin >$RUN || return 1
	now=$(late)
	[ "$now" -le "$noise" ] || noise=$now
	now=$(often)
	[ "$now" -le "$noises" ] || noises=$now
	note=$(last)
}

in_time() {
	now=$(late)
	limit=$((2 * noise))
	[ "$limit" -gt 10000 ] || limit=10000
	if [ "$now" -gt "$limit" ]; then
		echo "late $now us, more than $limit us"
		return 1
	fi
	now=$(often)
	limit=$((2 + 3 * noises * $(took) / SPIN))
	[ "$now" -le "$limit" ] && return
	echo "late $now times, more than $limit"
	return 1
}

# step WORD: the module does it with all objects
step() {
	echo "$1" >$RUN || return 1
	note=$(last)
	in_time
}

# beside COMMAND...: the module watches while it runs
beside() {
	echo begin >$RUN || return 1
	start=$(clock)
	"$@" || return 1
	ms=$(($(clock) - start))
	echo end >$RUN || return 1
	note="$ms ms; $(last)"
	in_time
}

known() {
	kctl 1 -j set show kddm-many | number objects
}

knows() {
	says "$1" known
}

# all_listed: one by one, of whatever state
all_listed() {
	listed=$(kctl 1 -j object list kddm-many summary | tr ',{}' '\n' |
		 sed -n 's/.*: *\([0-9]*\)$/\1/p' |
		 {
			sum=0
			while read -r n; do
				sum=$((sum + n))
			done
			echo $sum
		 })
	[ "$listed" = "$objects" ] && return
	echo "$listed are listed"
	return 1
}

reclaim() {
	echo 2 >/proc/sys/vm/drop_caches
}

# available: kB
available() {
	sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo
}

# cost BEFORE AFTER: in kB; all that an object takes, its data included
cost() {
	bytes=$((($1 - $2) * 1024 / objects))
	note="$bytes bytes per object, $((bytes - BYTES)) beside its data"
	# 96, a slot in the table, and what slabs and freed memory round up
	[ "$bytes" -le $((BYTES + 96 + 32)) ]
}

# shown NAME COMMAND...: check, and what was measured
shown() {
	note=
	check "$@"
	[ -z "$note" ] || ktap_print_msg "$note"
}

noise=0 noises=0
ktap_print_header
ktap_set_plan 17
check "a namespace with TIPC" setup 1
check "a node starts" wait_for kctl 1 start id 1
reclaim
check "the module opens a set" \
	insmod "$module" count="$objects" size="$BYTES" spin_ms=$SPIN
before=$(available)
shown "what this machine does by itself" alone
shown "$objects objects are created" step create
after=$(available)
check "the node knows them" knows "$objects"
shown "they take no more memory than promised" cost "$before" "$after"
shown "they are read" step read
shown "they are walked over" step walk
shown "they are listed as a number" beside kctl 1 set list
shown "they are listed one by one" beside all_listed
shown "memory is short" beside reclaim
shown "every second one is removed" step remove
echo close >$RUN
shown "the set is destroyed" beside kctl 1 set destroy kddm-many
shown "what this machine does by itself, once more" alone
check "the module goes" rmmod kddm_many
check "no message was dropped" no_drops
ktap_finished
