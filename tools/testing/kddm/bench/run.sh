#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# bench/run.sh: what KDDM costs beside raw TIPC, between two namespaces.
#
#   bench/run.sh MODULE SELFTESTS
#
# MODULE is kddm_bench.ko, SELFTESTS the directory with the built selftests,
# whose lib.sh makes the cluster.  To be run as root in a test kernel.

[ $# -eq 2 ] || { echo "usage: $0 MODULE SELFTESTS" >&2; exit 2; }
module=$1
cd "$2" || exit 2
# shellcheck disable=SC2034 # for lib.sh
DIR=.
# shellcheck source=/dev/null
. ./lib.sh

setup 2 && start_all || exit 1
for size in 64 4096 16384; do
	insmod "$module" size="$size" || exit 1
	rmmod kddm_bench || exit 1
done
dmesg | sed -n 's/.*kddm_bench: //p'
bytes=$(awk '$1 == "kddm_obj" { print $4 }' /proc/slabinfo)
echo "memory of an object beside its data: $bytes bytes, without its table slot"
