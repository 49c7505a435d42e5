#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Run QEMU with the given arguments until the kernel ends the run, and turn the status that it
# wrote to isa-debug-exit into one that make understands. A triple fault ends QEMU with 0: that
# is no success.
#
#	tools/boot.sh 60 qemu-system-i386 -kernel build/pedant.elf ...

limit=$1
shift
status=0
timeout --foreground "$limit" "$@" -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=0x04 || status=$?
case $status in
33) exit 0 ;;
35) echo "boot: the kernel says: something failed" >&2 ;;
37) echo "boot: the kernel panicked" >&2 ;;
0) echo "boot: the machine was reset (triple fault), or QEMU was told to quit" >&2 ;;
124) echo "boot: no end after $limit seconds" >&2 ;;
*) echo "boot: QEMU failed with status $status" >&2 ;;
esac
exit 1
