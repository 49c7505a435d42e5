#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fetches a kernel of Debian's for i386 into a directory, as DIR/vmlinuz: the newest 6.1 for 686 with PAE that can be
# had. apt's own lists and the machine's architectures stay as they are. Status 3, after a line that says why, when
# there is none to be had.
#
#	tools/linux-package.sh build/linux

set -eu

dir=$1
mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
dir=$(cd "$dir" && pwd)
if [ -s "$dir/vmlinuz" ]; then exit 0; fi

skip() {
	echo "linux: skipped: $1"
	exit 3
}
command -v apt-get > /dev/null && command -v dpkg-deb > /dev/null || skip "this machine has no apt-get"

apt="-oAPT::Architecture=i386 -oAPT::Architectures=i386 -oDir::State::Lists=$dir/lists -oDir::Cache=$dir/cache -oAPT::Sandbox::User=root"
# Part of a mirror may be in the middle of its own update; whether there is a package decides.
# shellcheck disable=SC2086
apt-get $apt -q update > "$dir/update.log" 2>&1 || true
# shellcheck disable=SC2086
packages=$(apt-cache $apt pkgnames linux-image-6.1 | grep -E '^linux-image-6\.1\.[0-9.]+-[0-9]+-686-pae$' | sort -rV)
[ -n "$packages" ] || skip "apt-get knows no linux-image-6.1...-686-pae for i386 ($(tail -n 1 "$dir/update.log"))"

for package in $packages; do
	echo "linux: downloading $package"
	# shellcheck disable=SC2086
	(cd "$dir" && apt-get $apt -q download "$package") > "$dir/download.log" 2>&1 || continue
	rm -rf "$dir/package"
	dpkg-deb -x "$dir/$package"_*.deb "$dir/package"
	cp "$dir/package/boot/vmlinuz-${package#linux-image-}" "$dir/vmlinuz"
	rm -rf "$dir/package" "$dir/$package"_*.deb
	exit 0
done
skip "no package could be downloaded: $(tail -n 1 "$dir/download.log")"
