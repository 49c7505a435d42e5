#!/bin/sh
# SPDX-License-Identifier: MIT
#
# How many bytes of an image a boot loader loads, by its program headers: code, constants with all tables (.pv_index,
# .ksyms and what fills their pages, too), data that is not zero. Symbols and what debuggers want are in the file, and
# not in memory. Status 1 where a limit, in bytes, is reached.
#
#	tools/loaded.sh build/pedant-small.elf 131072

image=$1
limit=${2:-0}
loads=$(LC_ALL=C readelf -lW "$image" | awk '$1 == "LOAD" { print $5 }') || exit 2
[ -n "$loads" ] || { echo "loaded: $image: nothing of it is loaded" >&2; exit 2; }
sum=0
each=
for bytes in $loads; do
	sum=$((sum + bytes))
	each="$each${each:+, }$((bytes))"
done
echo "$image: $sum bytes are loaded ($each), of a file of $(($(wc -c < "$image")))"
[ "$limit" -eq 0 ] || [ "$sum" -lt "$limit" ] || { echo "loaded: $image: that is not below $limit" >&2; exit 1; }
