# SPDX-License-Identifier: MIT
#
# Makes of pv/ops.def what C needs of it, as files that a person can read:
#
#	awk -v make=table -f pv/ops.awk pv/ops.def > pv/made/table.h
#
# and so for calls, names and native. Any POSIX awk will do. A line that cannot be made is an error with
# its number, and nothing is made.

BEGIN {
	split("eax edx ecx stack", REGISTER)
	for (r = 1; r <= 4; r++)
		number[REGISTER[r]] = r
	if (make !~ /^(table|calls|names|native)$/)
		fail("-v make=table, calls, names or native")
}

function fail(why)
{
	print (FILENAME ? FILENAME ":" FNR ": " : "") why > "/dev/stderr"
	failed++
	exit
}

function trim(s)
{
	gsub(/^[ \t]+|[ \t]+$/, "", s)
	return s
}

# Splits at `separator` outside of strings and brackets into part[1..]; returns how many there are.
function divide(s, separator, part,	n, i, c, depth, quoted)
{
	for (i in part)
		delete part[i]
	n = 1
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (quoted && c == "\\") {
			part[n] = part[n] c substr(s, ++i, 1)
			continue
		}
		if (c == "\"")
			quoted = !quoted
		else if (!quoted && c ~ /[({[]/)
			depth++
		else if (!quoted && c ~ /[)}\]]/)
			depth--
		if (c == separator && !quoted && !depth)
			part[++n] = ""
		else
			part[n] = part[n] c
	}
	for (i = 1; i <= n; i++)
		part[i] = trim(part[i])
	return n
}

# What a parameter is: a word, a pointer, 64 bits, or a pv_pte_t, which is 64 bits in a structure.
function kind_of(type)
{
	if (type ~ /\*$/)
		return "pointer"
	if (type ~ /^u?int64_t$/ || type ~ /long long/)
		return "pair"
	if (type == "pv_pte_t")
		return "pte"
	if (type ~ /int(8|16)_t|bool|char|short/)
		fail(name[n] ": " type ": its upper bits would be cut silently: take a uint32_t")
	if (type ~ /^(float|double|void)$/)
		fail(name[n] ": a parameter cannot be " type)
	return "word"
}

# What goes into one register: its type and name in the slot's function, and what a call gives it.
function put(r, type, word, value)
{
	if (r > 4 || at[r] != "")
		fail(name[n] ": its parameters do not fit into eax, edx, ecx and one word of stack")
	at[r] = type (type ~ /\*$/ ? "" : " ") word
	word_name[r] = word
	given[r] = value
	if (r > last)
		last = r
}

function next_free(r)
{
	for (r = 1; at[r] != ""; r++)
		;
	return r
}

function place(r, type, word,	kind)
{
	kind = kind_of(type)
	sub(/^unsigned long$/, "uint32_t", type)
	sub(/^long$/, "int32_t", type)
	if (kind == "word" || kind == "pointer") {
		put(r ? r : next_free(), type, word, word)
		return
	}
	put(r ? r : next_free(), "uint32_t", word "_low", "(uint32_t)" word (kind == "pte" ? ".pte" : ""))
	put(r ? r + 1 : next_free(), "uint32_t", word "_high",
	    "(uint32_t)(" word (kind == "pte" ? ".pte" : "") " >> 32)")
}

# One parameter, "type name" or "type name in register".
function parameter(s, fixed,	r, word)
{
	if (match(s, / in (eax|edx|ecx)$/)) {
		r = number[substr(s, RSTART + 4)]
		s = substr(s, 1, RSTART - 1)
	}
	if (!match(s, /[A-Za-z_][A-Za-z_0-9]*$/) || RSTART == 1)
		fail(name[n] ": " s ": a parameter is a type and a name")
	word = substr(s, RSTART)
	if (!fixed) {
		calls_with[n] = calls_with[n] (calls_with[n] == "" ? "" : ", ") s
		macro[n] = macro[n] (macro[n] == "" ? "" : ", ") word
		checked[n] = checked[n] (checked[n] == "" ? "" : ", ") \
			(kind_of(trim(substr(s, 1, RSTART - 1))) == "word" ? "PV_WORD(" word ")" : word)
	}
	if (fixed == (r != 0))
		place(r, trim(substr(s, 1, RSTART - 1)), word)
}

# Registers that nothing goes to, below the last one that something does: as they are.
function fill(	r, any)
{
	for (r = 1; r < last; r++) {
		if (at[r] != "")
			continue
		any = "pv_any" (anys[n] == "" ? "" : 2)
		anys[n] = anys[n] (anys[n] == "" ? "" : ", ") any
		put(r, "uint32_t", any, any)
	}
}

function join(list, from,	r, s)
{
	for (r = 1; r <= last; r++)
		s = s (r > 1 ? ", " : from) list[r]
	return s
}

function declaration(s,	open, head, m, i)
{
	open = index(s, "(")
	if (s !~ /\)$/)
		fail(name[n] ": " s " is no declaration of a function")
	head = substr(s, 1, open - 1)
	match(head, /[A-Za-z_][A-Za-z_0-9]*$/)
	fn[n] = RSTART > 1 ? substr(head, RSTART) : ""
	result[n] = trim(RSTART > 1 ? substr(head, 1, RSTART - 1) : head)
	slot_result[n] = result[n] == "pv_pte_t" ? "uint64_t" : result[n] == "unsigned long" ? "uint32_t" : result[n]
	for (i = 1; i <= 4; i++)
		at[i] = given[i] = word_name[i] = ""
	last = 0
	s = substr(s, open + 1, length(s) - open - 1)
	if (s != "void") {
		m = divide(s, ",", parts)
		for (i = 1; i <= m; i++)
			parameter(parts[i], 1)
		for (i = 1; i <= m; i++)
			parameter(parts[i], 0)
		fill()
	}
	takes[n] = last ? join(at, "") : "void"
	passes[n] = join(given, ", ")
	names[n] = join(word_name, "")
	words[n] = last
}

function check_convention()
{
	if (convention[n] ~ /^callee/ && words[n] > 1)
		fail(name[n] ": a callee-save op has one parameter at most, in eax")
	if (convention[n] == "callee_eax" && result[n] == "void")
		fail(name[n] ": callee_eax has a result")
	if (convention[n] ~ /^(callee|jump)$/ && result[n] != "void")
		fail(name[n] ": " convention[n] " has no result")
	if (convention[n] == "jump" && (words[n] || fn[n] != ""))
		fail(name[n] ": a jump is void (void), for NASM")
	if (convention[n] == "callee_eax" && slot_result[n] ~ /64/)
		fail(name[n] ": callee_eax returns what fits into eax")
}

function new_group(group)
{
	if (group in group_of)
		fail("the lines of the group " group " are not together")
	group_of[group] = ++groups
	group_name[groups] = group
}

/^PV_OP\(/ {
	line = trim($0)
	if (line !~ /\)$/ || divide(substr(line, 7, length(line) - 7), ",", part) != 6)
		fail("PV_OP(group, name, convention, declaration, bare form, \"text\")")
	n++
	name[n] = part[2]
	convention[n] = part[3]
	if (part[2] in seen)
		fail(part[2] ": there is one already")
	seen[part[2]]++
	if (group_name[groups] != part[1])
		new_group(part[1])
	group[n] = part[1]
	bare[n] = part[5]
	text[n] = substr(part[6], 2, length(part[6]) - 2)
	if (convention[n] ~ /^(data|hook)$/)
		member[n] = part[4]
	else if (convention[n] ~ /^(fast|callee|callee_eax|jump)$/)
		declaration(part[4])
	else
		fail(name[n] ": " convention[n] " is no convention")
	check_convention()
	next
}

# Anything else would be lost without a word.
!/^PV_NOTE\(".*"\)$/ && !/^[ \t]*$/ { fail("neither PV_OP nor PV_NOTE") }

END {
	if (failed)
		exit 1
	begin()
	if (make == "table")
		make_table()
	else if (make == "calls")
		make_calls()
	else if (make == "names")
		make_names()
	else
		make_native()
	print "#endif"
}

function begin(	about)
{
	about["table"] = "The table of operations: what back ends fill."
	about["calls"] = "The operations, for everybody: each as a call site and in its bare form."
	about["names"] = "The operations by the names of their declarations, most of them Linux's."
	about["native"] = "The native functions and the table of them."
	print "/* SPDX-License-Identifier: MIT */"
	print "/*\n * " about[make]
	print " * Made by pv/ops.awk from pv/ops.def; what is changed here is lost. Included by " includer() ".\n */"
	print "#ifndef PV_MADE_" toupper(make) "_H"
	print "#define PV_MADE_" toupper(make) "_H\n"
}

function includer()
{
	if (make == "names")
		return "pv/paravirt.h"
	return make == "table" ? "pv/paravirt_types.h" : make == "calls" ? "pv/calls.h" : "pv/native.h"
}

# ---- table.h

function make_table(	g)
{
	for (g = 1; g <= groups; g++)
		table_group(group_name[g])
	print "struct pv_ops {"
	for (g = 1; g <= groups; g++)
		print "\tstruct pv_" group_name[g] "_ops " group_name[g] ";"
	print "};\n"
	print "/* X(group) for each, in the order of their slots. */"
	print "#define PV_EACH_GROUP(X) \\"
	print_list(group_call, table_groups())
	print ""
	print "/*\n * What the callee-save functions take and give, since their slots have one type for all."
	print " * Never defined: for the checks in PVOP_CALLEE0() and its kin.\n */"
	print "extern const struct pv_callee_signatures {"
	for (g = 1; g <= groups; g++)
		table_signatures(group_name[g])
	print "} pv_callee_signatures;\n"
}

function table_groups(	g)
{
	for (g = 1; g <= groups; g++)
		group_call[g] = "X(" group_name[g] ")"
	return groups
}

function table_group(g,	i)
{
	print "struct pv_" g "_ops {"
	for (i = 1; i <= n; i++) {
		if (group[i] != g)
			continue
		print "\t/* " text[i] " */"
		if (member[i])
			print "\t" member[i] ";"
		else if (convention[i] ~ /^callee/)
			print "\tstruct paravirt_callee_save " name[i] "; /* " slot_result[i] " (" takes[i] ") */"
		else if (convention[i] == "jump")
			print "\tvoid (*" name[i] ")(void); /* jumped to */"
		else
			print "\t" slot_result[i] "(PV_FN *" name[i] ")(" takes[i] ");"
	}
	print "};\n"
}

function table_signatures(g,	i, any)
{
	for (i = 1; i <= n; i++) {
		if (group[i] != g || convention[i] !~ /^callee/)
			continue
		if (!any++)
			print "\tstruct {"
		print "\t\t" slot_result[i] " (*" name[i] ")(" takes[i] ");"
	}
	if (any)
		print "\t} " g ";"
}

# ---- calls.h

function make_calls(	i)
{
	for (i = 1; i <= n; i++)
		if (fn[i] != "")
			make_call(i)
}

# The head of a function, whose sites are its caller's whatever the optimizer thinks of their length.
function head(i, called)
{
	print "PV_ALWAYS_INLINE " typed(result[i]) called "(" parameters(i) ")"
}

function typed(type)
{
	return type (type ~ /\*$/ ? "" : " ")
}

function parameters(i)
{
	return calls_with[i] == "" ? "void" : calls_with[i]
}

function tail(i, called)
{
	if (index(checked[i], "PV_WORD"))
		make_check(i, called)
	print ""
}

function make_call(i)
{
	print "/* " text[i] " */"
	if (is_plain(i)) {
		print "#if CONFIG_PARAVIRT && PV_SITES_RELOCS"
		print "PV_FN " typed(result[i]) "pv_" name[i] "(" parameters(i) ");"
		print "#else"
		head(i, "pv_" name[i])
		print "{\n#if CONFIG_PARAVIRT"
	} else {
		print "#if CONFIG_PARAVIRT && PV_SITES_RELOCS"
		print "PV_FN " typed(slot_result[i]) "pv_plain_" name[i] "(" takes[i] ") asm(\"pv_" name[i] "\");"
		print "PV_ALWAYS_INLINE " typed(result[i]) "pv_" name[i] "(" parameters(i) ") asm(\"pv_made_" name[i] "\");"
		print "#endif"
		head(i, "pv_" name[i])
		print "{\n#if CONFIG_PARAVIRT && PV_SITES_RELOCS"
		make_plain(i)
		print "#elif CONFIG_PARAVIRT"
	}
	make_site(i)
	print "#else"
	make_bare(i)
	print "#endif\n}"
	if (is_plain(i))
		print "#endif"
	tail(i, "pv_" name[i])
}

# Are its parameters, as a caller has them, where the slot's function looks for them?
function is_plain(i)
{
	return passes[i] == "" macro_passes(i) && result[i] != "pv_pte_t"
}

function macro_passes(i)
{
	return macro[i] == "" ? "" : ", " macro[i]
}

function make_plain(i,	call)
{
	make_anys(i)
	call = "pv_plain_" name[i] "(" substr(passes[i], 3) ")"
	if (result[i] == "void")
		print "\t" call ";"
	else
		print "\treturn " (result[i] == "pv_pte_t" ? "(pv_pte_t){" call "}" : call) ";"
}

function make_anys(i)
{
	if (anys[i] == "")
		return
	print "\tuint32_t " anys[i] "; /* as the registers are */\n"
	print "\tasm(\"\" : " outputs(anys[i]) ");"
}

# The name is also that of the slot, whose function may have more parameters: pv_ops.cpu.write_msr(...).
function make_check(i, called,	more)
{
	more = divide(macro[i], ",", parts) < words[i]
	print "#define " called "(" macro[i] (more ? ", ..." : "") ") " called "(" checked[i] \
	      (more ? ", ##__VA_ARGS__" : "") ")"
}

function make_site(i,	call)
{
	make_anys(i)
	call = (convention[i] ~ /^callee/ ? "CALLEE" : "CALL") words[i] "("
	if (result[i] == "void")
		call = "PVOP_V" call
	else
		call = "PVOP_" call slot_result_of_call(i) ", "
	call = call group[i] "." name[i] passes[i] ")"
	if (result[i] == "void")
		print "\t" call ";"
	else if (result[i] == "pv_pte_t")
		print "\treturn (pv_pte_t){" call "};"
	else
		print "\treturn " call ";"
}

function slot_result_of_call(i)
{
	return result[i] == "pv_pte_t" ? "uint64_t" : result[i]
}

function outputs(list,	m, i, s)
{
	m = divide(list, ",", parts)
	for (i = 1; i <= m; i++)
		s = s (i > 1 ? ", " : "") "\"=r\"(" parts[i] ")"
	return s
}

function make_bare(i,	value)
{
	if (result[i] != "void")
		print "\t" result[i] " result;\n"
	if (bare[i] ~ /^asm\(/) {
		print "\t" bare_asm(substr(bare[i], 5, length(bare[i]) - 5)) ";"
	} else {
		value = bare[i] == "-" ? native_call(i) : bare[i]
		print "\tpv_barrier();"
		print "\t" (result[i] == "void" ? "" : "result = ") value ";"
		print "\tpv_barrier();"
	}
	if (result[i] != "void")
		print "\treturn result;"
}

# The clobbers of a site, whatever else it has.
function bare_asm(s,	m)
{
	m = divide(s, ":", parts)
	return "asm volatile(" parts[1] " :" operands(parts[2]) " :" operands(parts[3]) \
	       " : " (m > 3 ? parts[4] ", " : "") "\"memory\", \"cc\")"
}

function operands(s)
{
	return s == "" ? "" : " " s
}

function native_call(i,	s)
{
	s = "native_" name[i] "(" substr(passes[i], 3) ")"
	gsub(/pv_any2|pv_any/, "0", s)
	return result[i] == "pv_pte_t" ? "(pv_pte_t){" s "}" : s
}

# ---- names.h

function make_names(	i)
{
	for (i = 1; i <= n; i++) {
		if (fn[i] == "")
			continue
		print "/* " text[i] " */"
		head(i, fn[i])
		print "{\n\t" (result[i] == "void" ? "" : "return ") "pv_" name[i] "(" macro[i] ");\n}"
		tail(i, fn[i])
	}
}

# ---- native.h

function make_native(	i, g)
{
	for (i = 1; i <= n; i++)
		if (!member[i])
			native_prototype(i)
	print "\n/* That this was made of the same list as the rest: backend.c holds each against its PV_TYPE_. */"
	print "enum pv_native_made {"
	for (i = 1; i <= n; i++)
		print "\tPV_NATIVE_" name[i] " = " i - 1 ","
	print "};"
	print "\n/* A group's functions but for those that are jumped to, as initializers of the group. */"
	for (g = 1; g <= groups; g++)
		native_group(group_name[g])
	print "/* All of them, as initializers of struct pv_ops; what follows them there replaces some. */"
	print "#define NATIVE_OPS \\"
	native_all()
	print ""
	print "/* X(group, name, convention, result, (parameters), (arguments)) for each function. */"
	print "#define PV_EACH_FUNCTION(X) \\"
	native_each()
	print ""
}

function native_prototype(i)
{
	if (convention[i] == "jump")
		print "void native_" name[i] "(void);"
	else
		print "PV_FN " slot_result[i] " native_" name[i] "(" takes[i] ");"
	if (convention[i] ~ /^callee/)
		print "extern void __raw_callee_save_native_" name[i] "(void);"
}

function native_value(i)
{
	return convention[i] ~ /^callee/ ? "PV_CALLEE_SAVE(native_" name[i] ")" : "native_" name[i]
}

function print_list(list, m, i)
{
	for (i = 1; i <= m; i++)
		print "\t" list[i] (i < m ? " \\" : "")
}

function native_group(g,	i, m)
{
	for (i = 1; i <= n; i++)
		if (group[i] == g && !member[i] && convention[i] != "jump")
			list[++m] = "." name[i] " = " native_value(i) ","
	if (!m)
		return
	sub(/,$/, "", list[m])
	print "#define NATIVE_" toupper(g) "_OPS \\"
	print_list(list, m)
	print ""
	in_group[g] = "NATIVE_" toupper(g) "_OPS"
}

function native_all(	g, i, m, all)
{
	for (g = 1; g <= groups; g++) {
		all = in_group[group_name[g]]
		for (i = 1; i <= n; i++)
			if (group[i] == group_name[g] && convention[i] == "jump")
				all = all (all == "" ? "" : ", ") "." name[i] " = native_" name[i]
		if (all != "")
			list[++m] = "." group_name[g] " = {" all "},"
	}
	sub(/,$/, "", list[m])
	print_list(list, m)
}

function native_each(	i, m)
{
	for (i = 1; i <= n; i++)
		if (!member[i])
			list[++m] = "X(" group[i] ", " name[i] ", " convention[i] ", " slot_result[i] ", (" takes[i] "), (" names[i] "))"
	print_list(list, m)
}
