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
# strings too, for which they get an "x": to some awks 0011e550 and 0011e560 are one number, infinity. Distances,
# which have to fit into a word, are counted digit by digit.

# What names are made of: pieces that end in underscores, and the rest.
function piece_of(text)
{
	return match(text, /^[^_]*_+/) ? substr(text, 1, RLENGTH) : text
}

function count_words(	i, rest, word)
{
	for (i = 0; i < count; i++)
		for (rest = names[i]; rest != ""; rest = substr(rest, length(word) + 1)) {
			word = piece_of(rest)
			if (!(word in times))
				words[nr_words++] = word
			times[word]++
		}
}

# The 128 that save most; a word costs itself, a 0 and its offset.
function choose_words(	i, n, best, most, saves)
{
	for (n = 0; n < 128; n++) {
		most = 0
		for (i = 0; i < nr_words; i++) {
			saves = words[i] in byte_of ? 0 : (length(words[i]) - 1) * times[words[i]] - length(words[i]) - 3
			if (saves > most) {
				most = saves
				best = words[i]
			}
		}
		if (!most)
			return
		chosen[nr_chosen] = best
		byte_of[best] = 128 + nr_chosen++
	}
}

# The operands of db, and as a side effect how many bytes these are.
function packed(text,	rest, word, out)
{
	bytes = 1
	for (rest = text; rest != ""; rest = substr(rest, length(word) + 1)) {
		word = piece_of(rest)
		out = out (word in byte_of ? byte_of[word] : "\"" word "\"") ", "
		bytes += word in byte_of ? 1 : length(word)
	}
	return out "0"
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
		if (n++ % 16 == 0)
			blocks = blocks "\tdd 0x" addrs[i] ", " at + 0 "\n"
		if (distance > 65535)
			n = distance = 0	# a block's last, whose distance is not looked at
		records = records "\tdw " distance "\n\tdb " packed(names[i]) "\t; " addrs[i] " " names[i] "\n"
		at += 2 + bytes
	}
	if (count)
		blocks = blocks "\tdd 0x" end ", " at "\n"
	print "; Made by tools/ksyms.awk from the first link of the kernel. Do not edit."
	print "section .ksyms progbits alloc noexec nowrite align=4"
	print "global ksyms_start, ksyms_end, ksyms_names, ksyms_words"
	printf "ksyms_start:\n%sksyms_end:\nksyms_words:\n", blocks
	for (i = 0; i < nr_chosen; i++)
		printf "\tdw word%d - ksyms_words\n", i
	for (i = 0; i < nr_chosen; i++)
		printf "word%d:\tdb \"%s\", 0\n", i, chosen[i]
	printf "ksyms_names:\n%s\tdb 0\n", records
}

function keep()
{
	if (name == "")
		return
	if (length(name) > 79) {
		print "ksyms.awk: " name " is longer than lib/ksyms.h allows" > "/dev/stderr"
		failed = 1
	}
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

	count_words()
	choose_words()
	write_table()
}
