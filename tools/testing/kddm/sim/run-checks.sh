#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run-checks.sh: prove what is said of the pure files of net/kddm.
#
#   run-checks.sh [--long] DIR [DOC]
#
# --long       more nodes, users and steps, walks with a new seed each time:
#              about an hour and 8 GiB
#
# DIR is where make put the programs, DOC is coherence.rst.  As many checks run
# at a time as there are CPUs; each is reported when it ends.  Closes with
# "N passed, N failed".

set -u

long=
case ${1:-} in
--long) long=1; shift ;;
-h|--help) awk 'NR > 2 && !/^#/ { exit } NR > 2 { print substr($0, 3) }' "$0"
	   exit 0 ;;
esac
dir=$(realpath "${1:?name the directory of the programs}")
here=$(dirname "$(realpath "$0")")
doc=${2:-}
passed=0 failed=0 jobs=$(nproc)
declare -A started=()
# Tables of states are large, and looked up anywhere.
export GLIBC_TUNABLES=glibc.malloc.hugetlb=1
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# one NAME PROGRAM [ARGUMENT...]: run a check, leave its report in a file
one() {
	local name=$1 report=$logs/$BASHPID start=$SECONDS status=0

	shift
	PATH=$dir:$PATH "$@" >"$report.log" 2>&1 || status=1
	if [ $status = 0 ]; then
		echo "ok - $name ($((SECONDS - start)) s)"
		sed 's/^/#  > /' "$report.log" | tail -n 9
	else
		echo "not ok - $name: $*"
		sed 's/^/#  > /' "$report.log" | head -n 100
	fi >"$report"
	return $status
}

# reap: wait for a check to end, report and count it
reap() {
	local pid

	if wait -n -p pid "${!started[@]}"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
	unset "started[$pid]"
	cat "$logs/$pid"
}

# ok NAME PROGRAM [ARGUMENT...]: start a check when there is room for it
ok() {
	[ ${#started[@]} -lt "$jobs" ] || reap
	one "$@" &
	started[$!]=1
}

# finds PROGRAM [ARGUMENT...]: it has to find an error
finds() {
	"$@"
	[ $? = 1 ]
}

# bounded PROGRAM [ARGUMENT...]: it finds no error, to the end or to its bound
bounded() {
	local status=0

	"$@" || status=$?
	[ $status = 0 ] || [ $status = 3 ]
}

# within SECONDS PROGRAM [ARGUMENT...]: it takes no more time of a CPU
within() {
	local most=$1 took status=0

	shift
	exec 3>&1
	TIMEFORMAT="%U %S"
	took=$( { time "$@" >&3 2>&3; } 2>&1 ) || status=$?
	exec 3>&-
	took=$(awk -v t="$took" \
	       'BEGIN { split(t, s, " "); printf "%.0f", s[1] + s[2] }')
	echo "$took s of a CPU, $most at most"
	[ $status = 0 ] && [ "$took" -le "$most" ]
}

# same PROGRAM [ARGUMENT...]: with rubbish where no machine reads, it finds as
# much: see vcstate.c
same() {
	local clean dirty

	clean=$("$@") && dirty=$("$@" -P) || return
	printf '%s\n' "$clean" "$dirty"
	[ "${clean%;*}" = "${dirty%;*}" ]
}

# shown PROGRAM [ARGUMENT...]: it finds an error, tells the seed and a way to it
# of a few moves, and finds it again
shown() {
	local first again

	first=$("$@")
	[ $? = 1 ] || return
	again=$("$@")
	printf '%s\n' "$first"
	[ "$first" = "$again" ] && grep -q '^ERROR: seed [0-9]' <<<"$first" &&
	grep -Eq '^[1-9]?[0-9] of its [0-9]+ moves are enough:' <<<"$first"
}

all=get,grab,nocreate,remove,forget
more=$all,try,downgrade,drop,fail
every=$more,manual,upgrade

ok "table: every cell" table
ok "counts: messages of each operation" counts
ok "2 nodes, sanitized" explore-asan -n 2 -m 6 -o $every,kill
ok "2 nodes, first touch at home, sanitized" \
	explore-asan -n 2 -m 6 -t -o $every,kill
ok "2 nodes, no short cuts" explore -n 2 -m 6 -o $every,kill,slow
ok "2 nodes, hold time, sanitized" explore-asan -n 2 -m 6 -o $every,kill,hold
ok "2 nodes, hold time, first touch at home, sanitized" \
	explore-asan -n 2 -m 6 -t -o $every,kill,hold
ok "2 nodes, hold time, no short cuts" \
	explore -n 2 -m 6 -o $every,kill,slow,hold
ok "fuzz: any message" fuzz 2000000
ok "views" view
ok "recovery: one object" recover
ok "wire format" wire
ok "what RPC packs, and messages in parts" rpc
ok "what recovery says, there and back" recwire
ok "tables of names" names
ok "what KUnit explores" spaces
[ -z "$doc" ] || ok "coherence.rst is true" doc "$doc"
ok "2 nodes, 2 users, messages counted" \
	explore -n 2 -u 2 -m 6 -r 1 -c -o $more,kill
ok "2 nodes, 2 users, first touch at home" \
	explore -n 2 -u 2 -m 6 -r 1 -t -o $more,kill
ok "2 nodes, 3 users, hold time" \
	explore -n 2 -u 3 -m 6 -r 1 -o get,grab,remove,kill,hold
ok "2 nodes, 3 users" explore -n 2 -u 3 -m 6 -r 1 -o get,grab,remove,kill
ok "3 nodes, sanitized" explore-asan -n 3 -m 8 -o get,grab,remove,forget
ok "3 nodes" explore -n 3 -m 8 -o $all
ok "3 nodes, every operation, fair, messages counted" \
	explore -n 3 -m 8 -r 1 -f 2,1 -c -S 30000000 -o $every
ok "3 nodes, users are killed" explore -n 3 -m 8 -o $all,kill -r 1
ok "3 nodes, 2 users" explore -n 3 -u 2 -m 8 -r 1 -o get,grab,remove
ok "2 nodes, 3 users, fair" explore -n 2 -u 3 -m 6 -f 0,2 -o grab
ok "3 nodes, 2 users, fair" explore -n 3 -u 2 -m 8 -f 0,3 -o grab
ok "4 nodes, no remove" explore -n 4 -m 10 -o get,grab,forget
ok "4 nodes, remove, writers only, fair" \
	explore -n 4 -m 10 -r 1 -f 0,2 -o grab,remove
ok "4 nodes, at most 2 users at once, get, grab, remove" \
	explore -n 4 -m 10 -r 1 -w 2 -f 1,0 -c -o get,grab,remove
ok "4 nodes, at most 4 operations in all, every operation" \
	explore -n 4 -m 10 -r 1 -l 4 -f 2,2 -o $every
ok "2 objects, remove" explore2 -r
ok "2 objects, one home, remove" explore2 -r -s
ok "2 objects, 2 users" explore2 -u 2
ok "2 objects, taken in any order: a deadlock" finds explore2 -x
ok "walk, busted: a seed, and a short way to the error" \
	shown walk -n 5 -z -r 7
ok "walk, 5 nodes, sanitized" walk-asan -n 5 -k -u 3 -f -s 1000000 -r 1
ok "3 nodes, hold time, sanitized" \
	explore-asan -n 3 -m 8 -o get,grab,remove,forget,hold
ok "3 nodes, hold time" explore -n 3 -m 8 -o $all,hold
ok "walk, 5 nodes, hold time, sanitized" \
	walk-asan -n 5 -k -u 3 -t -s 1000000 -r 1
ok "walk, 12 nodes, hold time" walk -n 12 -t -s 5000000 -r 1
ok "views: stories" vctests
ok "views: 2 nodes, links and nodes fail, sanitized" \
	vcexplore-asan -n 2 -q auto -c 1 -k 1
ok "views: 2 nodes, three faults" vcexplore -n 2 -F -q auto -c 2 -k 1 -l 1
ok "views: 3 nodes found a cluster" vcexplore -n 3 -k 0
ok "views: 3 nodes, one fails" vcexplore -n 3 -F -k 1
ok "views: 3 nodes, a link fails" vcexplore -n 3 -F -c 1 -k 0
ok "views: 3 nodes, half is enough, one leaves" \
	vcexplore -n 3 -F -q tiebreak -l 1 -k 0
ok "views: 3 nodes, anybody may go on" vcexplore -n 3 -F -q none -c 1 -k 0
ok "views: 4 nodes, one leaves" vcexplore -n 4 -F -l 1 -k 0
ok "views: 3 nodes, all leave" vcexplore -n 3 -F -l 3 -k 0
ok "views: 3 nodes, one leaves while a link fails, the first million states" \
	bounded vcexplore -n 3 -F -c 1 -k 0 -l 1 -S 1
ok "views: 3 nodes, a link and a node fail, the first million states" \
	bounded vcexplore -n 3 -F -c 1 -k 1 -S 1
ok "views: 3 nodes join while a link fails, the first million states" \
	bounded vcexplore -n 3 -c 1 -k 0 -S 1
ok "views: 3 nodes join while one fails, the first million states" \
	bounded vcexplore -n 3 -k 1 -S 1
ok "views: 3 nodes need two to found a cluster, one link fails, the same" \
	bounded vcexplore -n 3 -f 2 -q auto -c 1 -k 0 -S 1
ok "views: 2 nodes join, four faults, the first million states" \
	bounded vcexplore -n 2 -q auto -c 2 -k 1 -l 1 -S 1
ok "views: 2 nodes, all that can fail does, and both leave" \
	vcexplore -n 2 -F -c 2 -k 1 -l 2
ok "views: 3 nodes, two links fail, the first 10 million states" \
	bounded vcexplore -n 3 -F -c 2 -k 0 -S 10
ok "views: 2 nodes, all of a state is compared" same vcexplore -n 2 -c 1 -k 1
ok "views: 3 nodes, all of a state is compared" \
	same vcexplore -n 3 -F -c 1 -k 0
ok "views: 2,000 walks of 2 to 5 nodes, sanitized" \
	vcwalk-asan -w 2000 -r 1 -s 60
ok "views: 15,000 walks of 2 to 5 nodes" vcwalk -w 15000 -r 1 -s 120
ok "views: 32 to 256 nodes, what a change costs" vcscale -n 256
ok "recovery: 32 to 256 nodes, what an object costs" recscale -n 256
ok "2 nodes, one fails, home moves, sanitized" \
	explore-asan -n 2 -m 6 -k 1 -j 1 -r 1 -o $every
ok "2 nodes, one fails, home moves, first touch at home, hold time" \
	explore -n 2 -m 6 -k 1 -j 1 -r 1 -t -o $every,kill,hold
ok "2 nodes, 2 users, one fails" explore -n 2 -u 2 -m 6 -k 1 -r 1 -o $more
ok "3 nodes, one fails" \
	explore -n 3 -m 8 -k 1 -r 1 -o get,grab,remove,forget,drop
ok "3 nodes, two fail" explore -n 3 -m 8 -k 2 -o get,grab,forget,kill
ok "3 nodes, home moves" \
	explore -n 3 -m 8 -j 1 -r 1 -o get,grab,remove,forget
ok "3 nodes, 2 users, one fails" explore -n 3 -u 2 -m 8 -k 1 -o get,grab
ok "2 nodes, 2 replicas, one fails, home moves, sanitized" \
	explore-asan -n 2 -m 6 -R 2 -k 1 -j 1 -r 1 -o get,grab,remove,drop,try
ok "2 nodes, 2 replicas, one fails, home moves" \
	explore -n 2 -m 6 -R 2 -k 1 -j 1 -r 1 -o $more
ok "2 nodes, 2 replicas, users are killed" explore -n 2 -m 6 -R 2 -o $more,kill
ok "3 nodes, 2 replicas, one fails" \
	explore -n 3 -m 8 -R 2 -k 1 -o get,grab,drop
ok "3 nodes, 3 replicas, two fail" explore -n 3 -m 8 -R 3 -k 2 -o get,grab
ok "3 nodes, one fails, lost objects are given up" \
	explore -n 3 -m 8 -k 1 -r 1 -o get,grab,remove,forget,drop,renew
ok "walk, 3 nodes are cut off and come back, sanitized" \
	walk-asan -n 3 -c 2 -B 2 -t -s 1000000 -r 1
ok "walk, 4 nodes fail, are cut off, recoveries are interrupted" \
	walk -n 4 -x 1 -c 2 -j 1 -B 3 -s 10000000 -r 1
ok "walk, the same with 2 replicas" \
	walk -n 4 -x 1 -c 2 -j 1 -B 3 -R 2 -s 10000000 -r 1
ok "walk, 5 nodes, 3 replicas, two fail, three are cut off" \
	walk -n 5 -x 2 -c 3 -j 1 -B 3 -R 3 -s 5000000 -r 1
ok "walk, 40 nodes, sanitized, wide ids" walk-asan -n 40 -i 25 -s 500000 -r 1
ok "walk, 4 nodes, 10 million steps" \
	walk -n 4 -k -u 3 -f -s 10000000 -r 2
ok "walk, 12 nodes, 10 million steps" walk -n 12 -f -s 10000000 -r 1
ok "walk, 64 nodes, 1000 objects, sanitized" \
	walk-asan -n 64 -i 16 -b 1000 -s 3000000 -r 1
ok "walk, 6 nodes, 1 user, fair" walk -n 6 -u 1 -f -s 4000000 -r 1
if [ -n "$long" ]; then
	ok "coverage by the unit tests" "$here/coverage.py" "$dir/coverage"
	ok "views: 3 nodes, one leaves while a link fails" \
		vcexplore -n 3 -F -c 1 -k 0 -l 1
	ok "2 nodes, 2 users, hold time" \
		explore -n 2 -u 2 -m 6 -r 1 -o $more,kill,hold
	ok "3 nodes, every operation, first touch at home, messages counted" \
		explore -n 3 -m 8 -r 1 -t -c -S 40000000 -o $every
	ok "2 nodes, 2 users, hold time, first touch at home" \
		explore -n 2 -u 2 -m 6 -r 1 -t -o $more,kill,hold
	ok "4 nodes, at most 2 users at once, get, grab, try, drop" \
		explore -n 4 -m 10 -w 2 -f 0,0 -c -o get,grab,try,drop
	ok "views: 1024 nodes, what a change costs" vcscale -n 1024
	ok "recovery: 1024 nodes, what an object costs" recscale -n 1024
	ok "views: 4 nodes, one fails, the first 5 million states" \
		bounded vcexplore -n 4 -F -k 1 -S 5
	ok "views: 4 nodes, a link fails, the first 5 million states" \
		bounded vcexplore -n 4 -F -c 1 -k 0 -S 5
	ok "views: 5 nodes, one leaves, the first 5 million states" \
		bounded vcexplore -n 5 -F -l 1 -k 0 -S 5
	ok "views: 3 nodes, one fails, two leave, the first 20 million states" \
		bounded vcexplore -n 3 -F -k 1 -l 2 -S 20
	ok "views: 3 nodes, a link fails, two leave, first 20 million states" \
		bounded vcexplore -n 3 -F -c 1 -k 0 -l 2 -S 20
	ok "views: 5 nodes, one fails, the first 5 million states" \
		bounded vcexplore -n 5 -F -k 1 -S 5
	ok "views: 3 nodes, two links fail, the first 60 million states" \
		bounded vcexplore -n 3 -F -c 2 -k 0 -S 60
	ok "views: 3 nodes, a link and a node fail, first 60 million states" \
		bounded vcexplore -n 3 -F -c 1 -k 1 -S 60
	ok "views: 3 nodes join, a link fails, the first 60 million states" \
		bounded vcexplore -n 3 -c 1 -k 0 -S 60
	ok "views: 3 nodes join, one fails, the first 60 million states" \
		bounded vcexplore -n 3 -k 1 -S 60
	ok "views: 2 nodes join, four faults, the first 60 million states" \
		bounded vcexplore -n 2 -q auto -c 2 -k 2 -S 60
	ok "views: walks of 2 to 5 nodes, 5 minutes" vcwalk -s 300
	ok "views: walks of 5 nodes, 3 minutes" vcwalk -n 5 -q majority -s 180
	ok "views: walks of 2 to 5 nodes, 2 minutes, sanitized" \
		vcwalk-asan -s 120
	ok "3 nodes, every operation, hold time" \
		explore -n 3 -m 8 -r 1 -S 60000000 -o $every,hold
	ok "3 nodes, every operation, hold time, first touch at home" \
		explore -n 3 -m 8 -r 1 -t -S 60000000 -o $every,hold
	ok "3 nodes, every operation, users are killed" \
		explore -n 3 -m 8 -r 1 -S 60000000 -o $more,kill
	ok "3 nodes, users are killed, hold time" \
		explore -n 3 -m 8 -o $all,kill,hold -r 1
	ok "3 nodes, 2 users, hold time" \
		explore -n 3 -u 2 -m 8 -r 1 -o get,grab,remove,hold
	ok "2 nodes, 3 users, all operations" \
		explore -n 2 -u 3 -m 6 -S 60000000 -o $all,kill
	ok "3 nodes, 2 users, all operations" \
		explore -n 3 -u 2 -m 8 -r 1 -S 60000000 -o $all
	ok "4 nodes, no remove, fair" \
		explore -n 4 -m 10 -f 2,1 -o get,grab,forget
	ok "4 nodes, remove" \
		explore -n 4 -m 10 -r 1 -S 60000000 -o get,grab,remove
	ok "4 nodes, at most 2 users at once, get, grab, remove, try" \
		explore -n 4 -m 10 -r 1 -w 2 -f 2,1 -c \
		-o get,grab,remove,try
	ok "4 nodes, at most 3 users at once, get, grab, try" \
		explore -n 4 -m 10 -w 3 -f 2,1 -o get,grab,try
	ok "3 nodes, one fails, every operation" \
		explore -n 3 -m 8 -k 1 -r 1 -S 40000000 -o $more
	ok "3 nodes, one fails, every operation, first touch at home, hold" \
		explore -n 3 -m 8 -k 1 -r 1 -t -S 40000000 -o $more,hold
	ok "3 nodes, 2 replicas, one fails, remove" \
		explore -n 3 -m 8 -R 2 -k 1 -r 1 -o get,grab,remove,drop
	ok "3 nodes, 3 replicas, two fail, remove" \
		explore -n 3 -m 8 -R 3 -k 2 -r 1 -o get,grab,remove
	ok "3 nodes, 2 replicas, get, grab, remove, try" \
		explore -n 3 -m 8 -R 2 -r 1 -o get,grab,remove,try
	ok "2 objects, 2 users, writers who remove" explore2 -u 2 -g -r
	ok "4 nodes, no create" \
		explore -n 4 -m 10 -S 60000000 -o get,grab,nocreate
	ok "walk, 64 nodes, 1000 objects, 100 million steps, sanitized" \
		within 600 walk-asan -n 64 -i 16 -b 1000 -s 100000000
	for nodes in 2 3 5 8 16 32 64; do
		ok "walk, $nodes nodes, 100 million steps" \
			walk -n $nodes -k -u 4 -b 8 -s 100000000
	done
fi
while [ ${#started[@]} -gt 0 ]; do
	reap
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
