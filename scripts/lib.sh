# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the tools in scripts/ share: where things are, messages, long steps
# with elapsed time, and the environment that every kernel make runs in.
#
# A tool sources this file first.  Its own opening comment is its --help text.

KDDM_ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
KDDM_CACHE=${KDDM_CACHE:-$HOME/.cache/kddm}
mkdir -p -- "$KDDM_CACHE"
KDDM_CACHE=$(cd -- "$KDDM_CACHE" && pwd -P)
export KDDM_CACHE

# The distribution's own python3: it sees python3-yaml and python3-jsonschema.
export PYTHON3=${PYTHON3:-/usr/bin/python3}
export PYTHONDONTWRITEBYTECODE=1

BASE_VERSION=$(<"$KDDM_ROOT/scripts/base-version")
BASE_PACKAGE=linux-source-$BASE_VERSION
TREE=$KDDM_CACHE/tree
BUILD=$KDDM_CACHE/build
# The flavours of the kernel: the first ones are booted, the others are there
# for their objects (warnings, 32 bit, big endian, no KDDM).
FLAVOURS="uml, uml-debug, uml-module, uml-gcov, x86, x86-kcsan"
FLAVOURS+=" (i386, s390, without)"
JOBS=$(nproc)

# Parts of the project that the kernel tree receives.
# shellcheck disable=SC2034
PROJECT_DIRS="net/kddm include Documentation tools/testing/kddm"

msg() {
	printf '%s\n' "$*" >&2
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# usage: print the opening comment of the running tool.
usage() {
	awk 'NR <= 2 { next } /^#/ { sub(/^# ?/, ""); print; next } { exit }' "$0"
}

# help_wanted "$@": print the usage and end the tool when --help is there.
help_wanted() {
	local arg

	for arg; do
		case $arg in
		-h|--help) usage; exit 0 ;;
		--) return 0 ;;
		esac
	done
}

# base_dir: the pristine base tree.
base_dir() {
	printf '%s\n' "${KDDM_LINUX:-$KDDM_CACHE/base/$BASE_PACKAGE}"
}

# base_id: a line that changes when the base does.
base_id() {
	local base

	base=$(base_dir)
	printf '%s %s %s\n' "$base" "$(stat -c %Y "$base/Makefile")" \
	       "$([ ! -e "$base/.git" ] || git -C "$base" rev-parse HEAD)"
}

# copy_base DIR: copy the base kernel, by hard links where it is possible.
copy_base() {
	local base links=-l

	base=$(base_dir)
	rm -rf "$1.new"
	mkdir -p "$1.new"
	if [ "$(stat -c %d "$base")" != "$(stat -c %d "$1.new")" ]; then
		links=
	fi
	cp -a $links "$base/." "$1.new/"
	rm -rf "$1.new/.git" "$1"
	mv "$1.new" "$1"
}

# locked NAME: hold the lock NAME until the tool ends.
locked() {
	mkdir -p "$KDDM_CACHE/lock"
	exec 9>"$KDDM_CACHE/lock/$1"
	if ! flock -n 9; then
		msg "waiting for another ${0##*/} ($1)"
		flock 9
	fi
}

# ticker TEXT LOG: say every now and then that TEXT is still going on.
ticker() {
	local start=$SECONDS width nothing

	# A read that times out sleeps without a process that outlives us.
	exec {nothing}<> <(:)
	if [ -t 2 ]; then
		width=$(($(tput cols 2>/dev/null || echo 80) - 2))
		while ! read -r -t 1 -u "$nothing"; do
			printf '\r%-*.*s' "$width" "$width" \
			       "  $1: $((SECONDS - start)) s  $(tail -n 1 "$2" |
				tr -cd '[:print:]')" >&2
		done
	else
		while ! read -r -t 30 -u "$nothing"; do
			printf '  %s: %d s, %d lines of log\n' "$1" \
			       $((SECONDS - start)) "$(wc -l <"$2")" >&2
		done
	fi
}

# cpu_time: what the commands of this tool that have ended took, in seconds.
cpu_time() {
	local stat

	read -r stat <"/proc/$$/stat"
	read -ra stat <<<"${stat##*) }"
	echo $(((stat[13] + stat[14]) / $(getconf CLK_TCK)))
}

# step NAME TEXT COMMAND...: run an external command with its output in the
# log NAME; show that it goes on; when it fails, show the end of the log.
# Returns the command's status.
step() {
	local text=$2 log=$KDDM_CACHE/log/$1.log
	local start=$SECONDS rc=0 tick cpu

	cpu=$(cpu_time)
	shift 2
	mkdir -p "$KDDM_CACHE/log"
	: >"$log"
	ticker "$text" "$log" 9>&- &
	tick=$!
	"$@" >>"$log" 2>&1 </dev/null || rc=$?
	kill "$tick" 2>/dev/null || true
	wait "$tick" 2>/dev/null || true
	[ ! -t 2 ] || printf '\r\033[K' >&2
	if [ "$rc" -eq 0 ]; then
		msg "  $text: done in $((SECONDS - start)) s," \
		    "$(($(cpu_time) - cpu)) s of CPU"
	else
		msg "  $text: FAILED (status $rc) after $((SECONDS - start)) s," \
		    "the end of $log:"
		# With -j the cause can be far from the end.
		head -n -30 "$log" | grep -m 5 -E 'error:|\*\*\* ' |
			sed 's/^/  | /' >&2 || true
		tail -n 30 "$log" | sed 's/^/  | /' >&2
	fi
	return "$rc"
}

# flavour_arch FLAVOUR: the ARCH it is built for.
flavour_arch() {
	case $1 in
	uml|uml-debug|uml-module|uml-gcov) echo um ;;
	x86|x86-kcsan|without) echo x86_64 ;;
	i386) echo i386 ;;
	s390) echo s390 ;;
	*) die "no flavour \"$1\": there are $FLAVOURS" ;;
	esac
}

# flavour_fragments FLAVOUR: its files in tools/testing/kddm/configs.
flavour_fragments() {
	case $1 in
	uml) echo "common.config kunit.config um.config" ;;
	uml-debug) echo "common.config um.config debug.config kasan.config" \
			"module.config" ;;
	uml-module) echo "common.config um.config debug.config module.config" ;;
	uml-gcov) echo "common.config kunit.config um.config gcov.config" ;;
	x86-kcsan) echo "common.config x86.config kcsan.config" ;;
	x86|i386) echo "common.config kunit.config x86.config" ;;
	s390) echo "common.config kunit.config" ;;
	without) echo "common.config x86.config without.config" ;;
	*) die "no flavour \"$1\": there are $FLAVOURS" ;;
	esac
}

# flavour_cross FLAVOUR: the prefix of its compiler.
flavour_cross() {
	case $1 in
	s390) echo s390x-linux-gnu- ;;
	esac
}

# flavour_kernel FLAVOUR: the file to boot.
flavour_kernel() {
	case $(flavour_arch "$1") in
	um) echo "$BUILD/$1/linux" ;;
	x86_64) echo "$BUILD/$1/arch/x86/boot/bzImage" ;;
	esac
}

# have COMMAND: is it there?
have() {
	command -v "$1" >/dev/null
}

# The compiler: behind ccache when that is installed.  What is compiled in two
# trees of the same content, at the same places below the cache, is shared.
CC_PREFIX=
if have ccache; then
	export CCACHE_DIR=${CCACHE_DIR:-$KDDM_CACHE/ccache}
	export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-5G}
	export CCACHE_BASEDIR=$KDDM_CACHE CCACHE_NOHASHDIR=1
	# The compiler's list of headers will do: no run of the preprocessor
	# before each compilation, which is a quarter of a first build.
	export CCACHE_DEPEND=1
	CC_PREFIX="ccache "
fi

# The same input gives the same kernel: a second build finds its objects in
# ccache and does not link again for a new date.
export KBUILD_BUILD_TIMESTAMP="Thu Jan  1 00:00:00 UTC 1970"
export KBUILD_BUILD_USER=kddm KBUILD_BUILD_HOST=kddm KBUILD_BUILD_VERSION=1
export LC_ALL=C.UTF-8
unset MAKEFLAGS MAKELEVEL KBUILD_OUTPUT ARCH CROSS_COMPILE

# kmake FLAVOUR ARGUMENTS: fill KMAKE with a make of the tree for FLAVOUR.
# shellcheck disable=SC2034
kmake() {
	local flavour=$1 cross

	shift
	cross=$(flavour_cross "$flavour")
	KMAKE=(make -C "$TREE" "O=$BUILD/$flavour"
	       "ARCH=$(flavour_arch "$flavour")" "PYTHON3=$PYTHON3"
	       "CROSS_COMPILE=$cross" "CC=$CC_PREFIX${cross}gcc"
	       "HOSTCC=${CC_PREFIX}gcc" "-j$JOBS" "$@")
}
