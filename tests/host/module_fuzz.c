// SPDX-License-Identifier: MIT
/*
 * Fuzzing the module loader's reading and linking: a module of the tests' is cut and changed in places
 * and words that the input says, then read and linked in memory of its exact size. It is refused in a
 * sentence, or what lies where is where it may be.
 */
#include "tests/host/fuzz_input.h"

int snprintf(char *to, size_t size, const char *format, ...);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);

static size_t pedant_strlcpy(char *to, const char *from, size_t size)
{
	const size_t n = strlen(from), fits = n < size ? n : size - 1;

	memcpy(to, from, fits);
	to[fits] = 0;
	return n;
}
#define strlcpy pedant_strlcpy
#define LIB_FORMAT_H
#define LIB_STRING_H

#include "kernel/module/link.c"
#undef SAY
#include "kernel/module/object.c"

#define SIZE_MAX_LINKED 16384 /* of what is linked here; the rest is planned only */

/* MODULES is where the build has them. */
#define MODULE_FILE(name)                                                                    \
	asm(".pushsection .rodata\n"                                                         \
	    ".globl " #name "_file, " #name "_end\n" #name "_file: .incbin \"" MODULES #name \
	    ".ko\"\n" #name "_end: .popsection\n");                                          \
	extern const uint8_t name##_file[], name##_end[]
MODULE_FILE(sites);
MODULE_FILE(second);
MODULE_FILE(fails);
MODULE_FILE(called);

static const struct {
	const uint8_t *file, *end;
} files[] = {{sites_file, sites_end},
	     {second_file, second_end},
	     {fails_file, fails_end},
	     {called_file, called_end}};
#define FILES (sizeof(files) / sizeof(files[0]))

/* Some have it, some not. */
static bool find(void *arg, const char *name, uint32_t *address)
{
	(void)arg;
	*address = 0x00c00000 + (uint32_t)strlen(name);
	return strlen(name) % 7 != 0 || name[0] == '_';
}

static unsigned op(uint32_t address)
{
	return address % 3 ? address % PV_RELOC_JMP : PV_RELOC_JMP;
}

static const struct link_symbols symbols = {find, NULL, op};

static uint32_t take16(struct input *in)
{
	return take8(in) | (uint32_t)take8(in) << 8;
}

static void change(uint8_t *file, size_t size, struct input *in)
{
	const uint8_t how = take8(in);
	const size_t n = how & 3 ? (how & 1 ? 1 : 4) : 2, at = take16(in) % size;
	const uint32_t value = n == 1 ? take8(in) : n == 2 ? take16(in) : take32(in);
	uint32_t word = 0;

	if (at + n > size)
		return;
	memcpy(&word, file + at, n);
	word = how & 4 ? word + value : how & 8 ? word ^ value : value;
	memcpy(file + at, &word, n);
}

static void is_in(const uint8_t *base, const struct link_plan *plan, struct link_section s,
		  const char *name)
{
	must(s.at >= base && s.size <= plan->size && (size_t)(s.at - base) <= plan->size - s.size,
	     "section %s in the module", name);
}

static void look(const struct object *o, const struct link_plan *plan, uint8_t *base)
{
	static const char *const tables[] = {
		"__jump_table",     ".static_call_sites",    ".parainstructions",
		".altinstructions", ".altinstr_replacement", ".smp_locks",
		".export"};
	static const char *const functions[] = {"init_module", "cleanup_module", "sites_run"};
	uint32_t at;

	must(plan->text <= plan->rodata && plan->rodata <= plan->data && plan->data <= plan->size,
	     "parts in their order");
	must(plan->calls >= plan->rodata && plan->calls + plan->calls_size <= plan->data,
	     "records of calls among what is only read: %u bytes", plan->calls_size);
	must(!plan->ops_room || (plan->ops_n <= plan->ops_room &&
				 plan->ops >= plan->calls + plan->calls_size &&
				 plan->ops + 4 + 5 * plan->ops_room <= plan->data),
	     "records of ops behind them: %u of %u", plan->ops_n, plan->ops_room);
	for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		is_in(base, plan, link_section(o, plan, base, tables[i]), tables[i]);
	for (unsigned i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		at = link_address(o, plan, base, functions[i]);
		must(!at || at - (uint32_t)base <= plan->size, "%s in the module", functions[i]);
	}
}

void fuzz_one(const uint8_t *bytes, size_t n)
{
	static struct link_plan plan;
	static char why[OBJECT_WHY];
	struct input in = input_begin(bytes, n);
	const uint8_t which = take8(&in);
	const uint8_t *from = files[which % FILES].file;
	size_t size = (size_t)(files[which % FILES].end - from);
	struct object o;
	uint8_t *file, *base;

	if (which & 0x80)
		size = 1 + take16(&in) % size;
	file = exact(size);
	memcpy(file, from, size);
	while (in.at < in.end)
		change(file, size, &in);
	why[0] = '\0';
	if (!object_read(&o, file, size, why)) {
		must(why[0], "a sentence");
		return;
	}
	link_plan(&o, &plan);
	must(plan.size <= OBJECT_MEMORY + OBJECT_SECTIONS * LINK_PAGE, "no more than is allowed");
	if (plan.size > SIZE_MAX_LINKED)
		return;
	base = exact(plan.size);
	if (!link_object(&o, &plan, base, &symbols, why))
		must(why[0], "a sentence");
	else
		look(&o, &plan, base);
}
