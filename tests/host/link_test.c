// SPDX-License-Identifier: MIT
/*
 * The module loader's reading and linking, under ASan and UBSan, of a real module: cut everywhere, and
 * each of its bytes damaged in many ways. It is refused in a sentence, or linked, and nothing beside the
 * file is read and nothing beside the memory is written.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/module/link.h"

#define strlcpy pedant_strlcpy
static size_t pedant_strlcpy(char *to, const char *from, size_t size)
{
	return (size_t)snprintf(to, size, "%s", from);
}

#include "kernel/module/link.c"
#undef SAY
#include "kernel/module/object.c"

#include "tests/host/tap.h"

#define PLACE 0x00a00000u /* where nobody's symbols are */

/* Memory is tried in all sizes, and an address space of 32 bits is soon used up. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=8";
}

static uint8_t *file;
static size_t file_size;
static unsigned asked;

static bool find(void *arg, const char *name, uint32_t *address)
{
	(void)arg;
	asked++;
	*address = PLACE + (uint32_t)strlen(name) * 16;
	return true;
}

/* Of ops those whose names have less than 16 letters, and that is their type. */
static unsigned op(uint32_t address)
{
	return (address - PLACE) / 16 < 16 ? (address - PLACE) / 16 : PV_RELOC_JMP;
}

static const struct link_symbols everybody = {find, NULL, op};

static void read_file(const char *name)
{
	char path[256];
	FILE *in;
	long size;

	snprintf(path, sizeof(path), "%s/tests/module/%s.ko",
		 getenv("BUILD") ? getenv("BUILD") : "build", name);
	in = fopen(path, "rb");
	if (!in || fseek(in, 0, SEEK_END) || (size = ftell(in)) <= 0) {
		printf("Bail out! %s cannot be read\n", path);
		exit(1);
	}
	rewind(in);
	free(file);
	file = malloc((size_t)size);
	file_size = fread(file, 1, (size_t)size, in);
	fclose(in);
}

/* A copy that ends where ASan watches. */
static uint8_t *copy(size_t size)
{
	uint8_t *to = malloc(size ? size : 1);

	memcpy(to, file, size);
	return to;
}

enum result { REFUSED, LINKED, SILENT };

static enum result try(const uint8_t *bytes, size_t size, char why[OBJECT_WHY])
{
	static struct link_plan plan;
	struct object o;
	uint8_t *base;
	bool done;

	why[0] = '\0';
	if (!object_read(&o, bytes, size, why))
		return *why ? REFUSED : SILENT;
	link_plan(&o, &plan);
	base = aligned_alloc(LINK_PAGE, plan.size ? plan.size : LINK_PAGE);
	memset(base, 0, plan.size);
	done = link_object(&o, &plan, base, &everybody, why);
	free(base);
	return done ? LINKED : *why ? REFUSED : SILENT;
}

static void cut(const char *name)
{
	unsigned linked = 0, silent = 0;
	char why[OBJECT_WHY];

	for (size_t size = 0; size < file_size; size++) {
		uint8_t *bytes = copy(size);
		const enum result result = try(bytes, size, why);

		linked += result == LINKED;
		silent += result == SILENT;
		free(bytes);
	}
	ok(!linked && !silent,
	   "%s: cut anywhere it is refused, in a sentence: %u linked, %u silent", name, linked,
	   silent);
}

static void damaged(const char *name)
{
	static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
	unsigned n[3] = {0, 0, 0};
	char why[OBJECT_WHY];
	uint8_t *bytes = copy(file_size);

	for (size_t at = 0; at < file_size; at++)
		for (unsigned v = 0; v < sizeof(values) + 8; v++) {
			const uint8_t was = bytes[at];

			bytes[at] = v < 8 ? (uint8_t)(was ^ 1 << v) : values[v - 8];
			n[try(bytes, file_size, why)]++;
			bytes[at] = was;
		}
	free(bytes);
	ok(!n[SILENT] && n[REFUSED] > 1000 && n[LINKED] > 1000,
	   "%s: each byte damaged: %u refused, %u linked, %u without a word", name, n[REFUSED],
	   n[LINKED], n[SILENT]);
}

/* With its sum behind it. What the first letters were nobody needs to know. */
static void sealed(const char *name)
{
	const size_t size = file_size + PV_SEAL;
	const uint32_t sum = pv_sum_lanes(file, (uint32_t)file_size);
	unsigned linked = 0, silent = 0;
	char why[OBJECT_WHY];
	uint8_t *bytes = malloc(size);

	memcpy(bytes, file, file_size);
	memcpy(bytes + file_size, PV_SEAL_MAGIC, PV_SEAL_MAGIC_N);
	memcpy(bytes + file_size + PV_SEAL_MAGIC_N, &sum, sizeof(sum));
	ok(try(bytes, size, why) == LINKED, "%s: sealed it is linked: %s", name, why);
	for (size_t bit = 0; bit < 8 * size; bit++) {
		enum result result;

		if (bit / 8 >= file_size && bit / 8 < file_size + PV_SEAL_MAGIC_N)
			continue;
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		result = try(bytes, size, why);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		linked += result == LINKED || !strstr(why, "it is damaged: its sum is");
		silent += result == SILENT;
	}
	free(bytes);
	ok(!linked && !silent, "%s: sealed, each bit of it matters: %u linked, %u silent", name,
	   linked, silent);
}

/* What each field of the headers says, made huge, and all fields that point somewhere. */
static void fields(const char *name)
{
	static const uint32_t values[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
	unsigned n[3] = {0, 0, 0};
	uint8_t *bytes = copy(file_size);
	char why[OBJECT_WHY];

	for (size_t at = 0; at + 4 <= file_size; at += 4)
		for (unsigned v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			uint8_t was[4];

			memcpy(was, bytes + at, 4);
			memcpy(bytes + at, &values[v], 4);
			n[try(bytes, file_size, why)]++;
			memcpy(bytes + at, was, 4);
		}
	free(bytes);
	ok(!n[SILENT] && n[REFUSED] > 100, "%s: each word damaged: %u refused, %u linked", name,
	   n[REFUSED], n[LINKED]);
}

static void whole(void)
{
	static struct link_plan plan;
	struct link_section table;
	char why[OBJECT_WHY] = "";
	struct object o;
	uint8_t *base;
	uint32_t run;

	ok(object_is_elf(file, file_size) && object_read(&o, file, file_size, why),
	   "a module is one: %s", why);
	link_plan(&o, &plan);
	base = aligned_alloc(LINK_PAGE, plan.size);
	memset(base, 0, plan.size);
	asked = 0;
	ok(link_object(&o, &plan, base, &everybody, why), "it is linked: %s", why);
	ok(asked > 5, "what it has not is asked for, %u times", asked);
	ok(plan.text && plan.text <= plan.rodata && plan.rodata < plan.data &&
		   plan.data < plan.size && !(plan.rodata % LINK_PAGE) && !(plan.data % LINK_PAGE),
	   "its parts are pages of their own");
	run = link_address(&o, &plan, base, "sites_run");
	ok(run >= (uint32_t)base && run < (uint32_t)base + plan.text, "a function is in its text");
	ok(link_address(&o, &plan, base, "sites_key") >= (uint32_t)base + plan.data,
	   "a key is in its data");
	ok(!link_address(&o, &plan, base, "printk"), "what others have is not in it");
	table = link_section(&o, &plan, base, ".static_call_sites");
	ok(table.at == base + plan.calls && table.size == CALL_RECORD &&
		   plan.calls_size == 3 * CALL_RECORD,
	   "two calls are found behind the one that is linked: %u bytes", plan.calls_size);
	for (unsigned i = 0; i < plan.calls_size / CALL_RECORD; i++) {
		const uint32_t *record = (const uint32_t *)(base + plan.calls) + 2 * i;
		const uint8_t *site = (const uint8_t *)((uint32_t)record + *record);

		if (site < base || site + 5 > base + plan.text || (*site != 0xe8 && *site != 0xe9))
			ok(false, "record %u names no call", i);
	}
	free(base);
}

/* pv_static_call_set() has a longer name, and so is none. */
static void ops(void)
{
	static struct link_plan plan;
	const struct pv_relocs *found;
	char why[OBJECT_WHY] = "";
	struct object o;
	unsigned right = 0, jumps = 0;
	uint8_t *base;

	object_read(&o, file, file_size, why);
	link_plan(&o, &plan);
	base = aligned_alloc(LINK_PAGE, plan.size);
	memset(base, 0, plan.size);
	ok(link_object(&o, &plan, base, &everybody, why), "called: it is linked: %s", why);
	found = (const struct pv_relocs *)(base + plan.ops);
	ok(found->n == 7 && plan.ops_n == 7 && plan.ops_room == 8,
	   "seven ops are called by name, and one function that is none: %u, %u, %u", found->n,
	   plan.ops_n, plan.ops_room);
	for (unsigned i = 0; i < found->n; i++) {
		const uint8_t byte = ((const uint8_t *)(found->at + found->n))[i];
		const uint8_t *at = (const uint8_t *)found->at[i];
		uint32_t distance;

		if (at < base || at + PV_RELOC_LEN > base + plan.text)
			continue;
		memcpy(&distance, at + 1, sizeof(distance));
		jumps += *at == 0xe9;
		right += *at == (byte & PV_RELOC_JMP ? 0xe9 : 0xe8) &&
			 op((uint32_t)at + PV_RELOC_LEN + distance) == (byte & (PV_RELOC_JMP - 1));
	}
	ok(right == 7 && jumps == 1, "each with what it calls: %u, one of them a jump", right);
	free(base);
}

static void refuse(const char *what, size_t at, const void *bytes, size_t n, const char *sentence)
{
	uint8_t *damaged_file = copy(file_size);
	char why[OBJECT_WHY];

	memcpy(damaged_file + at, bytes, n);
	ok(try(damaged_file, file_size, why) == REFUSED && strstr(why, sentence), "%s: %s", what,
	   why);
	free(damaged_file);
}

/* Where a header's field is. */
static size_t field_of(const char *section, size_t field)
{
	struct object o;
	char why[OBJECT_WHY];

	object_read(&o, file, file_size, why);
	for (unsigned i = 1; i < o.n; i++)
		if (!strcmp(object_name(&o, i), section))
			return (size_t)((const uint8_t *)&o.sections[i] - file) + field;
	printf("Bail out! no section %s\n", section);
	exit(1);
}

#define FIELD(section, member) field_of(section, offsetof(struct elf_section, member))

static size_t bytes_of(const char *section)
{
	uint32_t offset;

	memcpy(&offset, file + FIELD(section, offset), 4);
	return offset;
}

static void sentences(void)
{
	static const uint32_t write_exec = 7, three = 3, huge = 0x7ffffff0;
	static const uint8_t exec = 2, other = 62, gotpc = 10, class64 = 2;

	refuse("a program", 16, &exec, 1, "no relocatable object");
	refuse("another machine's", 18, &other, 1, "no relocatable object");
	refuse("one of 64 bits", 4, &class64, 1, "32 bits");
	refuse("text that is written to", FIELD(".text", flags), &write_exec, 4,
	       "writable and executable");
	refuse("an odd alignment", FIELD(".data", addralign), &three, 4, "aligned");
	refuse("a section beyond the end", FIELD(".text", offset), &huge, 4, "beyond the file");
	refuse("data without end", FIELD(".bss", size), &huge, 4, "KiB of memory");
	refuse("an unknown relocation", bytes_of(".rel.text") + 4, &gotpc, 1, "of type 10");
	refuse("a name for no symbol", bytes_of(".symtab"), &huge, 4, "name of symbol 0");
	refuse("a relocation beyond its section", bytes_of(".rel.text"), &huge, 4,
	       "beyond its section");
}

int main(void)
{
	static const char *const names[] = {"sites", "second", "fails", "called"};

	read_file("sites");
	whole();
	sentences();
	read_file("called");
	ops();
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		read_file(names[i]);
		cut(names[i]);
		damaged(names[i]);
		fields(names[i]);
		sealed(names[i]);
	}
	free(file);
	return tests_end();
}
