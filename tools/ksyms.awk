# SPDX-License-Identifier: MIT
#
# Makes the kernel's symbol table (lib/ksyms.h) as NASM source from the symbols of the first link:
#
#	nm -n build/pedant.elf | awk -f tools/ksyms.awk > build/ksyms.asm
#
# Taken are text symbols (t, T; weak ones, W), without NASM's local labels (name.label) and compilers' .L
# labels; a compiler's clones (name.part.0, name.cold) stay. One name an address: the first
# global one, else the first. _etext_all ends the table; a text symbol behind it has no place
# there, and a table without it no end: both stop the build. No input, empty table. .ksyms must
# lie behind all text, so that its size moves no function between the two links. Addresses are
# copied as hex strings: awk's numbers and strtonum() differ between implementations. They are compared as
# strings too, for which they get an "x": to some awks 0011e550 and 0011e560 are one number, infinity.

function keep()
{
	if (name == "")
		return
	addrs[count++] = addr
	names[count - 1] = name
	name = ""
}

{ place = "x" $1 }

$3 == "_etext_all" {
	if ("x" addr != place)
		keep()
	name = ""	# what starts at the end has no bytes
	end = $1
	next
}

NF != 3 || $2 !~ /^[tTW]$/ || $3 ~ /^\.L/ || index($3, "..@") || ($3 ~ /\.[a-z_]+$/ && $3 !~ /\.cold$/) { next }

end != "" {
	if (place != "x" end) {
		print "ksyms.awk: " $3 " at " $1 " lies behind _etext_all at " end > "/dev/stderr"
		failed = 1
	}
	next
}

place != "x" addr || name == "" {
	keep()
	addr = $1
	name = $3
	global = $2 != "t"
	next
}

!global && $2 != "t" {
	name = $3
	global = 1
}

END {
	keep()
	if (count && end == "") {
		print "ksyms.awk: " count " text symbols, but no _etext_all" > "/dev/stderr"
		failed = 1
	}
	if (failed)
		exit 1

	print "; Made by tools/ksyms.awk from the first link of the kernel. Do not edit."
	print "section .ksyms progbits alloc noexec nowrite align=4"
	print "global ksyms_start, ksyms_end, ksyms_names"
	print "ksyms_start:"
	for (i = 0; i < count; i++) {
		printf "\tdd 0x%s, %d\t; %s\n", addrs[i], offset, names[i]
		offset += length(names[i]) + 1
	}
	if (count)
		printf "\tdd 0x%s, %d\n", end, offset
	print "ksyms_end:"
	print "ksyms_names:"
	for (i = 0; i < count; i++)
		printf "\tdb \"%s\", 0\n", names[i]
	print "\tdb 0"
}
