#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Boot the kernel without isa-debug-exit, wait for its last line, and let QEMU write its VGA
# screen as a PNG file. Four CPUs, so that lock prefixes have something to do.
#
#	tools/screenshot.sh build/pedant.elf docs/screen.png

set -eu
image=$1
png=$2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{
	tries=0
	until grep -q '^pedant: ' "$log" || [ $tries = 300 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	sleep 1 # the summary is drawn behind the last line
	echo "screendump $png -f png"
	echo quit
} | qemu-system-i386 -kernel "$image" -smp 4 -display none -no-reboot -serial "file:$log" -monitor stdio > /dev/null
grep -q '^pedant: ' "$log" || {
	echo "screenshot: the kernel did not reach its last line:" >&2
	tail "$log" >&2
	exit 1
}
echo "screenshot: $png"
