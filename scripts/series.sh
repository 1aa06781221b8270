# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What make-series and check-series share: a git repository below the cache in
# which the tag "base" is the pristine base kernel.

SERIES_GIT=$KDDM_CACHE/series/git

series_git() {
	git --git-dir="$SERIES_GIT" -c core.autocrlf=false -c gc.auto=0 \
	    -c core.safecrlf=false -c advice.detachedHead=false "$@"
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

# series_tree DIR INDEX: the git tree of all files in DIR.
series_tree() {
	GIT_INDEX_FILE=$KDDM_CACHE/series/$2.index \
		series_git --work-tree="$1" add -A -f . >&2
	GIT_INDEX_FILE=$KDDM_CACHE/series/$2.index series_git write-tree
}

# series_import: have the base in the repository.  Nothing that a user's git is
# set to (hooks, signing, attributes) takes part.
series_import() {
	local base tree id

	export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
	base=$(base_dir)
	id=$(base_id)
	if [ "$(cat "$KDDM_CACHE/series/base" 2>/dev/null)" = "$id" ]; then
		return
	fi
	msg "  importing the base kernel into git (once)"
	mkdir -p "$KDDM_CACHE/series"
	rm -rf "$SERIES_GIT" "$KDDM_CACHE"/series/{*.index,tree}
	git init -q --bare "$SERIES_GIT"
	git --git-dir="$SERIES_GIT" config core.bare false
	series_author "Base <base@localhost>"
	series_date 0
	tree=$(cd "$base" && series_tree "$base" base)
	series_git tag base "$(echo "Linux $BASE_VERSION" |
		series_git commit-tree "$tree")"
	printf '%s\n' "$id" >"$KDDM_CACHE/series/base"
}
