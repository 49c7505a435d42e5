#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Install what the given jobs need and this machine lacks: Debian's and Ubuntu's packages, as
# root or by sudo without a password. Says what it does; says nothing when nothing is missing.
# When it may not install, it prints the one command to run and fails.
#
#	tools/setup.sh build run test iso lint clang bochs bench fuzz linux npm page debug book

set -eu

have_header() {
	echo "#include <$1>" | cc -E - > /dev/null 2>&1
}

have_m32() {
	echo 'int main(void) { return 0; }' | cc -m32 -xc -o /dev/null - > /dev/null 2>&1
}

# The targets are x32 code in a 64-bit program (tests/host/fuzz.mk).
have_fuzzer() {
	target='int LLVMFuzzerTestOneInput(const char *data, unsigned long n) { return !data && n; }'
	echo "$target" | clang -mx32 -fsanitize=address -xc -c -o /dev/null - &&
		echo "$target" | clang -fsanitize=fuzzer,address -nostdlib++ -xc -o /dev/null - \
			-xnone -l:libstdc++.so.6
}

# gdb-minimal has none, and the commands of tools/gdb/ are written in it.
gdb_has_python() {
	gdb -nx -batch -ex 'python print("yes")' 2> /dev/null | grep -q yes
}

need() { # package, test
	package=$1
	shift
	"$@" > /dev/null 2>&1 || missing="$missing $package"
}
command_exists() {
	command -v "$1"
}

look_for() { # job
	case $1 in
	build)
		need libc6-dev have_header stdio.h
		need binutils command_exists objdump
		need nasm command_exists nasm
		need libelf-dev have_header gelf.h
		need libdw-dev have_header elfutils/libdw.h
		need libzydis-dev have_header Zydis/Zydis.h
		need libjansson-dev have_header jansson.h
		need libmd-dev have_header sha2.h
		;;
	run) need qemu-system-x86 command_exists qemu-system-i386 ;;
	iso)
		need grub-common command_exists grub-mkrescue
		need grub-pc-bin test -d /usr/lib/grub/i386-pc
		need xorriso command_exists xorriso
		need xz-utils command_exists xz
		;;
	linux) need xz-utils command_exists xz ;;
	test)
		need perl perl -MTAP::Harness -MJSON::PP -e 1
		need gcc-multilib have_m32
		tools/i386.sh --native || need qemu-user command_exists qemu-i386
		need patch command_exists patch
		need spin command_exists spin
		;;
	lint)
		need clang-format command_exists clang-format
		need cppcheck command_exists cppcheck
		;;
	bench) need gnuplot-nox command_exists gnuplot ;;
	fuzz)
		need clang command_exists clang
		need libclang-rt-dev have_fuzzer
		;;
	bochs)
		need bochs command_exists bochs
		need bochsbios test -e /usr/share/bochs/BIOS-bochs-latest
		need vgabios test -e /usr/share/bochs/VGABIOS-lgpl-latest
		need bochs-term test -n "$(ls /usr/lib/bochs/plugins/libbx_term* /usr/lib/*/bochs/plugins/libbx_term* 2> /dev/null)"
		;;
	npm) # who installs the rest is npm.sh
		need nodejs command_exists node
		need npm command_exists npm
		;;
	page) need chromium command_exists chromium ;;
	debug) need gdb gdb_has_python ;;
	book) need pandoc command_exists pandoc ;;
	clang) need clang command_exists clang ;;
	*)
		echo "setup: no such job: $1" >&2
		exit 2
		;;
	esac
}
look() { # jobs
	missing=""
	for job in "$@"; do look_for "$job"; done
}
look "$@"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
	as_root=""
elif sudo -n true 2> /dev/null; then
	as_root="sudo -n"
else
	as_root=none
fi
if [ "$as_root" = none ] || ! command -v apt-get > /dev/null; then
	echo "setup: missing:$missing" >&2
	echo "setup: please run: sudo apt-get install --no-install-recommends$missing" >&2
	exit 1
fi

echo "setup: installing$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# What a release does not know is part of another of its packages, or not to be had: that is looked for last.
install_missing() {
	known=""
	for package in $missing; do
		! apt-cache show "$package" > /dev/null 2>&1 || known="$known $package"
	done
	# shellcheck disable=SC2086
	$as_root apt-get -q install -y --no-install-recommends $known
}
# A mirror in the middle of its own update fails in part, and still has what is wanted: only whether the
# packages are there then decides.
if ! { $as_root apt-get -q update || echo "setup: apt-get update failed, in part at least"; install_missing; } \
	> "$log" 2>&1 < /dev/null; then
	cat "$log" >&2
	echo "setup: apt-get failed, its output is above" >&2
	exit 1
fi
look "$@"
[ -z "$missing" ] || {
	echo "setup: installed what there is; still missing:$missing" >&2
	exit 1
}
echo "setup: done"
