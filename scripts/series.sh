# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What make-series and check-series share: a git repository below the cache in
# which the tag "base" is the pristine base kernel, as far as the series changes
# its files.

SERIES_GIT=$KDDM_CACHE/series/git

series_git() {
	git --git-dir="$SERIES_GIT" -c core.autocrlf=false -c gc.auto=0 "$@"
}

# series_date N: the N-th patch's date.
series_date() {
	GIT_AUTHOR_DATE=$(printf '2026-01-01T00:%02d:00+0000' "$1")
	GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
	export GIT_AUTHOR_DATE GIT_COMMITTER_DATE
}

# series_author [AUTHOR]: who the patches are from.
series_author() {
	local author=${1:-KDDM developers <kddm@localhost>}

	GIT_AUTHOR_NAME=${author%% <*}
	GIT_AUTHOR_EMAIL=${author##*<}
	GIT_AUTHOR_EMAIL=${GIT_AUTHOR_EMAIL%>}
	GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME
	GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
	export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL
	export GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
}

# series_put PATH FILE MODEL: the index has FILE's content at PATH, with the mode
# of MODEL.
series_put() {
	local mode=100644

	[ ! -x "$3" ] || mode=100755
	series_git update-index --add --cacheinfo \
		"$mode,$(series_git hash-object -w "$2"),$1"
}

# series_alone: nothing that a user's git is set to (hooks, signing, attributes)
# takes part.
series_alone() {
	export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
}

# series_begin PATH...: make the repository; the paths that the base has are in
# $GIT_INDEX_FILE, and are what is tagged.
series_begin() {
	local base path

	base=$(base_dir)
	rm -rf "$SERIES_GIT"
	git init -q --bare "$SERIES_GIT"
	for path; do
		[ ! -f "$base/$path" ] ||
			series_put "$path" "$base/$path" "$base/$path"
	done
	series_author "Base <base@localhost>"
	series_date 0
	series_git tag base "$(echo "Linux $BASE_VERSION" |
		series_git commit-tree "$(series_git write-tree)")"
}
