# SPDX-License-Identifier: MIT
#
# Makes the kernel's symbol table (lib/ksyms.h) as NASM source from the symbols of the first link:
#
#	nm -n build/pedant.elf | awk -f tools/ksyms.awk > build/ksyms.asm
#
# Taken are text symbols (t, T; weak ones, W), without NASM's local labels (name.label) and compilers' .L
# labels; a compiler's clones (name.part.0, name.cold) stay, but for what tells that its arguments are others, or that
# it is one of several files' (name.constprop.0, name.lto_priv.0). One name an address: the first
# global one, else the first. _etext_all ends the table; a text symbol behind it has no place
# there, and a table without it no end: both stop the build. No input, empty table. .ksyms must
# lie behind all text, so that its size moves no function between the two links. Addresses are
# copied as hex strings: awk's numbers and strtonum() differ between implementations. They are compared as
# strings too, for which they get an "x": to some awks 0011e550 and 0011e560 are one number, infinity. Distances,
# which have to fit into a word, are counted digit by digit.

# What names are made of: pieces that end in underscores, and the rest with the name's end.
function piece_of(text)
{
	return match(text, /^[^_]*_+/) ? substr(text, 1, RLENGTH) : text
}

# A piece is the numbers of its codes, each once, between blanks: " 115 109 112 95 ".
function count_pieces(	i, k, rest, piece)
{
	for (i = 0; i < count; i++)
		for (rest = names[i] END_OF_NAME; rest != ""; rest = substr(rest, length(piece) + 1)) {
			piece = piece_of(rest)
			if (!(piece in times)) {
				pieces[nr_pieces++] = piece
				for (k = 1; k <= length(piece); k++)
					codes[piece] = codes[piece] " " code_of[substr(piece, k, 1)] " "
			}
			times[piece]++
		}
}

function count_pairs(piece, factor,	i, n, code)
{
	n = split(codes[piece], code, " ")
	for (i = 1; i < n; i++)
		pairs[code[i] "  " code[i + 1]] += factor * times[piece]
}

# Which of all is told by no awk's own order.
function most_frequent(	pair, best)
{
	for (pair in pairs)
		if (pairs[pair] > 3 && (best == "" || pairs[pair] > pairs[best] || (pairs[pair] == pairs[best] && pair "" < best "")))
			best = pair
	return best
}

# A code's two halves are what stands most often side by side, until there are no more codes. Those that end a name come
# from the end of all codes, so that a comparison tells them: 255, 254, ...; others are 1 ... 45, and from 128 on.
function choose_pairs(	i, n, at, best, half, code)
{
	for (i = 0; i < nr_pieces; i++)
		count_pairs(pieces[i], 1)
	ending = 256
	for (n = 0; n < 173; n++) {
		best = most_frequent()
		if (best == "")
			return
		split(best, half, " ")
		if (half[2] == 0 || half[2] >= ending)
			code = --ending
		else
			code = ++others <= 45 ? others : others + 82
		halves[code] = half[1] ", " half[2]
		for (i = 0; i < nr_pieces; i++) {
			if (!index(codes[pieces[i]], " " best " "))
				continue
			count_pairs(pieces[i], -1)
			while ((at = index(codes[pieces[i]], " " best " ")))
				codes[pieces[i]] = substr(codes[pieces[i]], 1, at) code substr(codes[pieces[i]], at + length(best) + 1)
			count_pairs(pieces[i], 1)
		}
	}
}

# The operands of db, and as a side effect how many bytes these are.
function packed(text,	rest, piece, out, code)
{
	bytes = 0
	for (rest = text END_OF_NAME; rest != ""; rest = substr(rest, length(piece) + 1)) {
		piece = piece_of(rest)
		bytes += split(codes[piece], code, " ")
		out = out codes[piece]
	}
	gsub(/^ +| +$/, "", out)
	gsub(/ +/, ", ", out)
	return out
}

function number(hex,	i, n)
{
	for (i = 1; i <= length(hex); i++)
		n = 16 * n + index("0123456789abcdef", substr(hex, i, 1)) - 1
	return n
}

function write_table(	i, n, at, distance, blocks, records)
{
	for (i = 0; i < count; i++) {
		distance = number(i + 1 < count ? addrs[i + 1] : end) - number(addrs[i])
		if (n++ % 64 == 0)
			blocks = blocks "\tdd 0x" addrs[i] ", " at + 0 "\n"
		if (distance > 65535)
			n = distance = 0	# a block's last, whose distance is not looked at
		records = records "\tdb " (distance < 255 ? distance : "255, " distance % 256 ", " int(distance / 256)) "\n"
		records = records "\tdb " packed(names[i]) "\t; " addrs[i] " " names[i] "\n"
		at += (distance < 255 ? 1 : 3) + bytes
	}
	if (count)
		blocks = blocks "\tdd 0x" end ", " at "\n"
	print "; Made by tools/ksyms.awk from the first link of the kernel. Do not edit."
	print "section .ksyms progbits alloc noexec nowrite align=4"
	print "global ksyms_start, ksyms_end, ksyms_names, ksyms_pairs"
	printf "ksyms_start:\n%sksyms_end:\nksyms_pairs:\n", blocks
	for (i = 128; count && i < 256; i++)
		printf "\tdb %s\n", i in halves ? halves[i] : "0, 0"
	if (count)
		printf "\tdb %d, 0\n", ending % 256
	for (i = 1; i <= others && i <= 45; i++)
		printf "\tdb %s\n", halves[i]
	printf "ksyms_names:\n%s\tdb 0\n", records
}

function keep()
{
	if (name == "")
		return
	if (length(name) > 79) {
		print "ksyms.awk: " name " is longer than lib/ksyms.h allows" > "/dev/stderr"
		failed++
	}
	if (name ~ /[^.-~]/) {
		print "ksyms.awk: " name " has a character that lib/ksyms.h takes for a pair" > "/dev/stderr"
		failed++
	}
	addrs[count++] = addr
	names[count - 1] = name
	name = ""
}

BEGIN {
	END_OF_NAME = "$"
	code_of[END_OF_NAME] = 0
	for (n = 46; n < 127; n++)
		code_of[sprintf("%c", n)] = n
}

{ place = "x" $1 }

$3 == "_etext_all" {
	if ("x" addr != place)
		keep()
	name = ""	# what starts at the end has no bytes
	end = $1
	next
}

# What the debug information of files begins with, where gcc compiles all at once.
$3 ~ /\.c\.[0-9a-f]+$/ { next }

{
	while (match($3, /\.(constprop|isra|lto_priv)\.[0-9]+$/))
		$3 = substr($3, 1, RSTART - 1)
}

$2 !~ /^[tTW]$/ || $3 ~ /^\.L/ || index($3, "..@") || ($3 ~ /\.[a-z_]+$/ && $3 !~ /\.cold$/) { next }

end != "" {
	if (place != "x" end) {
		print "ksyms.awk: " $3 " at " $1 " lies behind _etext_all at " end > "/dev/stderr"
		failed++
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
		failed++
	}
	if (failed)
		exit 1

	count_pieces()
	choose_pairs()
	write_table()
}
