#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Run an i386 program of the build machine: by itself where the machine runs such programs, otherwise (some
# virtual machines and containers) by QEMU's user mode, where leaks cannot be looked for.
#
#	tools/i386.sh PROGRAM [ARGUMENT...]
#	tools/i386.sh --native		succeeds when the machine runs them itself
#	tools/i386.sh --builds COMPILER...	succeeds when what that makes runs at all

set -eu

# The C library's own loader is one (or what I386_LOADER names).
runs_natively() {
	"${I386_LOADER:-/lib/ld-linux.so.2}" --version > /dev/null 2>&1
}

through=
if ! runs_natively; then
	through=qemu-i386
	export ASAN_OPTIONS="detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
fi

case $1 in
--native) runs_natively ;;
--builds)
	shift
	program=$(mktemp)
	trap 'rm -f "$program"' EXIT
	echo 'int main(void) { return sizeof(void *) != 4; }' | "$@" -xc -o "$program" - 2> /dev/null &&
		$through "$program"
	;;
*) exec $through "$@" ;;
esac
