// SPDX-License-Identifier: MIT
/*
 * NOPs, options, modules.
 */
#include "kernel/base/cmdline.h"
#include "kernel/base/multiboot.h"
#include "kernel/module/tables.h"
#include "kernel/museum/exhibit.h"
#include "lib/string.h"
#include "pv/nops.h"
#include "pv/patch.h"
#include "pv/relocs.h"
#include <stddef.h>

enum { OF_486, OF_P6 }; /* in pv_nops_tables */

static const void *nop_of_5(void)
{
	return pv_nops_tables[OF_P6]->bytes[5];
}

static const void *nop_of_4(void)
{
	return pv_nops_tables[OF_P6]->bytes[4];
}

static const void *nop_of_486(void)
{
	return pv_nops_tables[OF_486]->bytes[5];
}

static void nops_of_intel(enum pv_vendor vendor, unsigned family)
{
	(void)vendor;
	(void)family;
	pv_nops = pv_nops_tables[OF_P6];
}

static void parse_underscores(struct options *out, const char *line, const char *loader)
{
	static const char right[] = "noreplace-";
	static char spelt[CMDLINE_MAX];

	strlcpy(spelt, line, sizeof(spelt));
	for (char *at = spelt; *at; at++)
		if (!strncmp(at, right, sizeof(right) - 1))
			at[sizeof(right) - 2] = '_';
	RIGHT(cmdline_parse)(out, spelt, loader);
}

/* Of the families in tables.c. */
static struct pv_part *part_of(struct module_tables *sites, const struct pv_family *family)
{
	struct pv_part *part = sites->part;

	while (part->table.family != family)
		part++;
	return part;
}

static void paravirt_from_alternatives(struct module_tables *sites, const char *name,
				       const struct object *o, const struct link_plan *plan,
				       uint8_t *base)
{
	struct pv_part *ops;
	const struct pv_part *alternatives;

	RIGHT(tables_plan)(sites, name, o, plan, base);
	ops = part_of(sites, &paravirt_family);
	alternatives = part_of(sites, &alternative_family);
	ops->table.first = alternatives->table.first;
	ops->table.last = alternatives->table.last;
}

static const void *as_linked(void *unused)
{
	(void)unused;
	return paravirt_linked();
}

static void calls_left_out(struct module_tables *sites, const char *name, const struct object *o,
			   const struct link_plan *plan, uint8_t *base)
{
	RIGHT(tables_plan)(sites, name, o, plan, base);
	part_of(sites, &pv_relocs_family)->now = as_linked;
}

const struct exhibit museum_rest[] = {
	{
		.name = "nop-of-two",
		.mistake = 6,
		.title = "a five-byte NOP is made of two instructions",
		.what = "pv_nops_tables, p6, 5 bytes: 66 66 90 66 90",
		.expected =
			"each NOP is one instruction: whoever is preempted stands before it or behind it",
		.test = "cpu.nops_decode",
		.see = "make break M=049",
		.changes = {MUSEUM_BYTES_AT(nop_of_5, 5, 0x66, 0x66, 0x90, 0x66, 0x90)},
	},
	{
		.name = "wrong-section",
		.mistake = 18,
		.title = "a module's hook patches the alternatives by mistake",
		.what = "tables_plan() takes .altinstructions for .parainstructions",
		.expected = "each table is found by its own section's name",
		.test = "module.comes_and_goes",
		.changes = {MUSEUM_JUMP_RIGHT(tables_plan, paravirt_from_alternatives)},
	},
	{
		.name = "nop-of-p6",
		.mistake = 41,
		.title = "a NOP of 0f 1f is in the table for CPUs that lack it",
		.what = "pv_nops_tables, 486, 5 bytes: 0f 1f 44 00 00",
		.expected = "a 486 and a Pentium get what they know: 0f 1f is #UD there",
		.test = "cpu.nops_are_of_their_cpu",
		.see = "make break M=051",
		.changes = {MUSEUM_BYTES_AT(nop_of_486, 5, 0x0f, 0x1f, 0x44, 0x00, 0x00)},
	},
	{
		.name = "all-are-intel",
		.mistake = 41,
		.title = "every CPU gets the NOPs of a Pentium Pro",
		.what = "pv_nops_select() looks neither at the vendor nor at the family",
		.expected = "a CPU of which nothing is known gets the NOPs of a 486",
		.test = "cpu.nops_selected",
		.see = "make break M=053",
		.changes = {MUSEUM_JUMP(pv_nops_select, nops_of_intel)},
	},
	{
		.name = "nop-off-by-one",
		.mistake = 42,
		.title = "a table of NOPs is off by one",
		.what = "pv_nops_tables, p6, 4 bytes: 0f 1f 00 90",
		.expected = "the NOP of n bytes is one instruction of n bytes",
		.test = "cpu.nops_decode",
		.see = "make break M=050",
		.changes = {MUSEUM_BYTES_AT(nop_of_4, 4, 0x0f, 0x1f, 0x00, 0x90)},
	},
	{
		.name = "option-misspelt",
		.mistake = 43,
		.title = "the documentation names an option, and the code spells it otherwise",
		.what = "cmdline_parse() reads noreplace_ where noreplace- stands",
		.expected = "noreplace-paravirt and noreplace-smp are known",
		.test = "cmdline.each_option",
		.see = "make break M=041",
		.changes = {MUSEUM_JUMP_RIGHT(cmdline_parse, parse_underscores)},
	},
	{
		.name = "module-unpatched",
		.mistake = 44,
		.title = "modules are patched otherwise than the kernel itself",
		.what = "tables_plan() leaves ops that a module calls by name as linked",
		.expected = "a site is the same bytes in the kernel and in a module",
		.test = "module.calls_ops_by_name",
		.changes = {MUSEUM_JUMP_RIGHT(tables_plan, calls_left_out)},
	},
	{.name = NULL},
};
