#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Install what tools/npm/package.json names, at the versions and with the sums of its lock file, into a directory
# of its own: v86, a machine that node boots; what the page is made of; what opens a page. The registry is whatever
# npm is set up for. Nothing of what is installed runs meanwhile. Does nothing when all of it is there; otherwise
# fails with one line that says why.
#
#	tools/npm.sh build/npm
#
# Who wants newer ones: change package.json, then
#
#	cd tools/npm && npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts

set -eu

dir=$1
here=$(dirname "$0")/npm

fail() {
	echo "npm: $1" >&2
	exit 1
}
# npm writes the list that is hidden in node_modules when all is there.
installed() {
	cmp -s "$here/package-lock.json" "$dir/package-lock.json" && [ -e "$dir/node_modules/.package-lock.json" ]
}

! installed || exit 0
command -v node > /dev/null || fail "there is no node here (package nodejs)"
command -v npm > /dev/null || fail "there is no npm here (package npm)"
mkdir -p "$dir"
rm -rf "$dir/node_modules"
cp "$here/package.json" "$here/package-lock.json" "$dir/"
npm ci --prefix "$dir" --ignore-scripts --no-audit --no-fund --fetch-retries 1 --fetch-timeout 30000 \
	--cache "$dir/cache" > "$dir/npm.log" 2>&1 < /dev/null ||
	fail "nothing installed, $dir/npm.log: $(grep -m1 -i 'err' "$dir/npm.log" || tail -1 "$dir/npm.log")"
rm -rf "$dir/cache"
echo "npm: installed what tools/npm/package.json names in $dir"
