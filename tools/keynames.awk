# SPDX-License-Identifier: MIT
#
# Names of data that can be a static key or is a static call's, for the shell (kernel/shell/sites/names.h), as NASM source from
# the symbols of the first link:
#
#	nm -n -S build/pedant.elf | awk -f tools/keynames.awk > build/keynames.asm
#
# A key lies at a multiple of 16, and so does each of an array; which of them are keys is for the tables to say. Data may move
# from the first link to the second, all of it by as much: places are distances from _data. Numbers are made digit
# by digit, since awks differ in what they take for hexadecimal.

function number_of(text,	i, n)
{
	for (i = 1; i <= length(text); i++)
		n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
	return n + 0
}

# An awk's index that nothing was assigned to is "", and not 0.
BEGIN { count = bare = 0 }

$NF == "_data" { data = number_of($1) }

$3 ~ /^[bBdD]$/ && ($4 ~ /^__SCK__/ || ($1 ~ /0$/ && $2 ~ /0$/)) {
	at[count] = number_of($1)
	size[count] = number_of($2)
	name[count++] = $4
}

# An assembler need not say how large it is: one key. Names that begin with _ are the linker's.
$2 ~ /^[bBdD]$/ && $1 ~ /0$/ && $3 !~ /^_/ { bare_at[bare] = number_of($1); bare_name[bare++] = $3 }

END {
	for (i = 0; i < bare; i++) {
		at[count] = bare_at[i]
		size[count] = 16
		name[count++] = bare_name[i]
	}
	print "extern _data\nsection .rodata.key_names progbits alloc noexec nowrite align=4"
	print "global key_names:data, key_names_end:data\nkey_names:"
	for (i = 0; i < count; i++)
		if (at[i] >= data)
			printf "dd _data + %d, %d, name_%d\n", at[i] - data, size[i], i
	print "key_names_end:"
	for (i = 0; i < count; i++)
		printf "name_%d: db \"%s\", 0\n", i, name[i]
}
