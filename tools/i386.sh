#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Run an i386 program of the build machine: by itself where the machine runs such programs, otherwise (some
# virtual machines and containers) by QEMU's user mode, where leaks cannot be looked for.
#
#	tools/i386.sh PROGRAM [ARGUMENT...]
#	tools/i386.sh --native		succeeds when the machine runs them itself

set -eu

# The C library's own loader is one.
runs_natively() {
	/lib/ld-linux.so.2 --version > /dev/null 2>&1
}

if [ "$1" = --native ]; then
	runs_natively
elif runs_natively; then
	exec "$@"
else
	ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS} exec qemu-i386 "$@"
fi
