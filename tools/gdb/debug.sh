#!/bin/sh
# SPDX-License-Identifier: MIT
#
# QEMU stopped at its first instruction, for gdb with the commands of pedant.py: a second terminal's, by a
# socket in the build directory or by a port of this machine, or one that is started here and is QEMU's end.
#
#	tools/gdb/debug.sh build '' qemu-system-i386 -kernel build/pedant.elf ...     a socket
#	tools/gdb/debug.sh build 1234 qemu-system-i386 ...                            a port
#	tools/gdb/debug.sh build gdb qemu-system-i386 ...                             both, here

set -eu
build=$1
how=$2
shift 2

if [ "$how" = gdb ]; then
	echo "what the kernel says: tail -f $build/debug.log"
	echo "begin: hbreak kernel_run, continue, pv stats; help pv lists what there is"
	# gdb splits at blanks, so the words go through a file. What it starts is a session of its own: Ctrl-C is gdb's.
	{
		printf exec
		for word in "$@" -serial "file:$build/debug.log" -gdb stdio -S; do
			printf " '%s'" "$(printf %s "$word" | sed "s/'/'\\\\''/g")"
		done
		echo ' 2> /dev/null'
	} > "$build/debug.qemu"
	exec gdb -q "$build/pedant.elf" -x tools/gdb/pedant.py -ex "target remote | exec sh $build/debug.qemu"
fi
case $how in
'')
	rm -f "$build/debug.sock"
	at="$build/debug.sock"
	listen="unix:$at,server=on,wait=off"
	;;
*)
	at=":$how"
	listen="tcp:127.0.0.1:$how,server=on,wait=off"
	;;
esac
echo "QEMU waits. In a second terminal, in this directory:"
echo "  gdb $build/pedant.elf -x tools/gdb/pedant.py -ex 'target remote $at'"
echo "begin: hbreak kernel_run, continue, pv stats; help pv lists what there is"
exec "$@" -serial stdio -gdb "$listen" -S
