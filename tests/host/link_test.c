// SPDX-License-Identifier: MIT
/*
 * The module loader's reading and linking, under ASan and UBSan, of a real module: cut everywhere, and
 * each of its bytes damaged in many ways. It is refused in a sentence, or linked, and nothing beside the
 * file is read and nothing beside the memory is written. And of a small one that is made here: each reason for
 * which one is refused, and what just is none.
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

/* ---- a small object, and what is said of it when one thing is otherwise ---- */

enum { OF_NONE, OF_TEXT, OF_DATA, OF_BSS, OF_SYMTAB, OF_STRTAB, OF_SHSTRTAB, OF_REL, OF_SECTIONS };

static struct tiny {
	struct elf_header h;
	struct elf_section s[OF_SECTIONS];
	char names[64], strings[16];
	struct elf_symbol sym[3];
	uint8_t text[16], data[8];
	struct elf_rel rel[2];
} ELF_PACKED tiny;

#define AT(member) ((uint32_t)offsetof(struct tiny, member))

static void name_section(unsigned i, unsigned at, const char *name)
{
	tiny.s[i].name = at;
	memcpy(tiny.names + at, name, strlen(name) + 1);
}

static void make_tiny(void)
{
	memset(&tiny, 0, sizeof(tiny));
	memcpy(tiny.h.ident, ELF_MAGIC, ELF_MAGIC_N);
	tiny.h.type = ET_REL;
	tiny.h.machine = EM_386;
	tiny.h.shoff = AT(s);
	tiny.h.shentsize = sizeof(struct elf_section);
	tiny.h.shnum = OF_SECTIONS;
	tiny.h.shstrndx = OF_SHSTRTAB;
	tiny.s[OF_TEXT] = (struct elf_section){.type = SHT_PROGBITS,
					       .flags = SHF_ALLOC | SHF_EXEC,
					       .offset = AT(text),
					       .size = sizeof(tiny.text),
					       .addralign = 16};
	tiny.s[OF_DATA] = (struct elf_section){.type = SHT_PROGBITS,
					       .flags = SHF_ALLOC | SHF_WRITE,
					       .offset = AT(data),
					       .size = sizeof(tiny.data),
					       .addralign = 4};
	tiny.s[OF_BSS] = (struct elf_section){
		.type = SHT_NOBITS, .flags = SHF_ALLOC | SHF_WRITE, .size = 100, .addralign = 1};
	tiny.s[OF_SYMTAB] = (struct elf_section){.type = SHT_SYMTAB,
						 .offset = AT(sym),
						 .size = sizeof(tiny.sym),
						 .link = OF_STRTAB,
						 .entsize = sizeof(struct elf_symbol)};
	tiny.s[OF_STRTAB] = (struct elf_section){
		.type = SHT_STRTAB, .offset = AT(strings), .size = sizeof(tiny.strings)};
	tiny.s[OF_SHSTRTAB] = (struct elf_section){
		.type = SHT_STRTAB, .offset = AT(names), .size = sizeof(tiny.names)};
	tiny.s[OF_REL] = (struct elf_section){.type = SHT_REL,
					      .offset = AT(rel),
					      .size = sizeof(tiny.rel),
					      .link = OF_SYMTAB,
					      .info = OF_TEXT,
					      .entsize = sizeof(struct elf_rel)};
	name_section(OF_TEXT, 1, ".text");
	name_section(OF_DATA, 8, ".data");
	name_section(OF_BSS, 16, ".bss");
	name_section(OF_REL, 24, ".rel.text");
	memcpy(tiny.strings + 1, "here", 5);
	memcpy(tiny.strings + 6, "there", 6);
	tiny.sym[1] = (struct elf_symbol){.name = 1, .section = OF_TEXT, .value = 4};
	tiny.sym[2] = (struct elf_symbol){.name = 6, .section = SHN_UNDEF};
	tiny.rel[0] = (struct elf_rel){.offset = 0, .info = 1 << 8 | R_386_32};
	tiny.rel[1] = (struct elf_rel){.offset = 12, .info = 2 << 8 | R_386_32};
}

static void says_of(const char *what, const char *wanted, size_t size)
{
	uint8_t *bytes = malloc(size);
	char why[OBJECT_WHY] = "";
	struct object o;
	bool good;

	memcpy(bytes, &tiny, size < sizeof(tiny) ? size : sizeof(tiny));
	good = object_read(&o, bytes, size, why);
	ok(good == !*wanted && !strcmp(why, wanted), "%s: %s", what, good ? "it is one" : why);
	free(bytes);
	make_tiny();
}

#define SAYS(what, wanted, ...)                      \
	do {                                         \
		__VA_ARGS__;                         \
		says_of(what, wanted, sizeof(tiny)); \
	} while (0)

static void header_says(void)
{
	make_tiny();
	SAYS("a good one", "", );
	says_of("half a header", "it has 51 bytes, less than an ELF header", 51);
	SAYS("64 bits", "it is no little-endian ELF file of 32 bits", tiny.h.ident[4] = 2);
	SAYS("a program", "it is no relocatable object for i386: type 2, machine 3",
	     tiny.h.type = ET_EXEC);
	SAYS("another machine", "it is no relocatable object for i386: type 1, machine 62",
	     tiny.h.machine = 62);
	SAYS("other sections", "it has 8 sections of 41 bytes in its list", tiny.h.shentsize++);
	SAYS("a single one", "it has 1 sections of 40 bytes in its list", tiny.h.shnum = 1);
	SAYS("many", "it has 257 sections, more than 256", tiny.h.shnum = OBJECT_SECTIONS + 1);
	SAYS("as many as may be, and not there", "its list of sections ends beyond the file",
	     tiny.h.shnum = OBJECT_SECTIONS);
	SAYS("a list at the end", "its sections have no names",
	     tiny.h.shoff = sizeof(tiny) - sizeof(tiny.s));
	SAYS("and a byte further", "its list of sections ends beyond the file",
	     tiny.h.shoff = sizeof(tiny) - sizeof(tiny.s) + 1);
	SAYS("beyond", "its list of sections ends beyond the file",
	     tiny.h.shoff = sizeof(tiny) + 1);
}

static void sections_say(void)
{
	const char *no_names = "its sections have no names";

	SAYS("names in no section", no_names, tiny.h.shstrndx = OF_SECTIONS);
	SAYS("in the one that is none", no_names, tiny.h.shstrndx = 0);
	SAYS("in code", no_names, tiny.h.shstrndx = OF_TEXT);
	SAYS("in an empty one", no_names, tiny.s[OF_SHSTRTAB].size = 0);
	SAYS("without an end", no_names, tiny.names[sizeof(tiny.names) - 1] = 'x');
	SAYS("not in the file", no_names, tiny.s[OF_SHSTRTAB].offset = sizeof(tiny));
	SAYS("a name at their end", "", tiny.s[OF_BSS].name = sizeof(tiny.names) - 1);
	SAYS("and behind it", "the name of section 3 is not in the file",
	     tiny.s[OF_BSS].name = sizeof(tiny.names));
	SAYS("bytes up to the file's end", "", tiny.s[OF_DATA].offset = sizeof(tiny) - 8);
	SAYS("and behind it", "section .data ends beyond the file",
	     tiny.s[OF_DATA].offset = sizeof(tiny) - 7);
	SAYS("more bytes than there are", "section .text ends beyond the file",
	     tiny.s[OF_TEXT].size = 0xfffffff0);
	SAYS("no bytes anywhere", "", tiny.s[OF_BSS].offset = 0xfffffff0);
	SAYS("a note", "", tiny.s[OF_DATA].type = SHT_NOTE);
	SAYS("what nobody loads", "section .data is loaded, and of type 8193",
	     tiny.s[OF_DATA].type = 0x2001);
	SAYS("of a thread", "section .data has flags 403, which are not known",
	     tiny.s[OF_DATA].flags |= SHF_TLS);
	SAYS("compressed", "section .data has flags 803, which are not known",
	     tiny.s[OF_DATA].flags |= SHF_COMPRESS);
	SAYS("both", "section .data is writable and executable", tiny.s[OF_DATA].flags |= SHF_EXEC);
	SAYS("aligned to a page", "", tiny.s[OF_DATA].addralign = 4096);
	SAYS("to two", "section .data wants to be aligned to 8192 bytes",
	     tiny.s[OF_DATA].addralign = 8192);
	SAYS("to three bytes", "section .data wants to be aligned to 3 bytes",
	     tiny.s[OF_DATA].addralign = 3);
	SAYS("two of a name", "there are two sections .data",
	     tiny.s[OF_BSS].name = tiny.s[OF_DATA].name);
	SAYS("of which one is empty", "", tiny.s[OF_BSS].name = tiny.s[OF_DATA].name;
	     tiny.s[OF_BSS].size = 0);
	SAYS("and the first one", "", tiny.s[OF_BSS].name = tiny.s[OF_DATA].name;
	     tiny.s[OF_DATA].size = 0);
	SAYS("64 MiB", "", tiny.s[OF_BSS].size = OBJECT_MEMORY - 16 - 16 - 8 - 4 - 1);
	SAYS("and a byte", "it wants 65536 KiB of memory, more than 65536",
	     tiny.s[OF_BSS].size = OBJECT_MEMORY - 16 - 16 - 8 - 4);
}

static void symbols_say(void)
{
	const char *broken = "its list of symbols is broken";

	SAYS("none", "it has no symbols", tiny.s[OF_SYMTAB].type = SHT_PROGBITS);
	SAYS("two lists", "it has two lists of symbols", tiny.s[OF_REL].type = SHT_SYMTAB);
	SAYS("without names", broken, tiny.s[OF_SYMTAB].link = OF_SYMTAB);
	SAYS("of another size", broken, tiny.s[OF_SYMTAB].entsize++);
	SAYS("and a half", broken, tiny.s[OF_SYMTAB].size++);
	SAYS("a name at their end", "", tiny.sym[1].name = sizeof(tiny.strings) - 1);
	SAYS("and behind it", "the name of symbol 1 is not in the file",
	     tiny.sym[1].name = sizeof(tiny.strings));
	SAYS("a common one", "symbol here is common: compile with -fno-common",
	     tiny.sym[1].section = SHN_COMMON);
	SAYS("a number", "", tiny.sym[1].section = SHN_ABS; tiny.sym[1].value = 1000);
	SAYS("in the last section", "", tiny.sym[1].section = OF_SECTIONS - 1);
	SAYS("behind it", "symbol here is in section 8, and there are 8",
	     tiny.sym[1].section = OF_SECTIONS);
	SAYS("at a section's end", "", tiny.sym[1].value = sizeof(tiny.text));
	SAYS("behind it", "symbol here is beyond its section",
	     tiny.sym[1].value = sizeof(tiny.text) + 1);
	SAYS("beyond one that is not loaded", "", tiny.sym[1].section = OF_STRTAB;
	     tiny.sym[1].value = 1000);
	SAYS("that is found when it is called", "symbol here is an indirect function",
	     tiny.sym[1].info = STB_WEAK << 4 | STT_GNU_IFUNC);
	SAYS("not loaded", "", tiny.sym[1].section = OF_STRTAB; tiny.sym[1].info = STT_GNU_IFUNC);
}

static void relocations_say(void)
{
	const char *broken = "the relocations of section .text are broken";

	SAYS("of no section", "section .rel.text relocates no section", tiny.s[OF_REL].info = 0);
	SAYS("of one that is not there", "section .rel.text relocates no section",
	     tiny.s[OF_REL].info = OF_SECTIONS);
	SAYS("of one that is not loaded", "", tiny.s[OF_REL].info = OF_STRTAB;
	     tiny.s[OF_REL].entsize = 3);
	SAYS("with addends", "section .rel.text is none that i386 has",
	     tiny.s[OF_REL].type = SHT_RELA);
	SAYS("of no bytes", "section .rel.text is none that i386 has",
	     tiny.s[OF_REL].info = OF_BSS);
	SAYS("of another size", broken, tiny.s[OF_REL].entsize++);
	SAYS("and a half", broken, tiny.s[OF_REL].size--);
	SAYS("without symbols", broken, tiny.s[OF_REL].link = OF_STRTAB);
	SAYS("of no symbols", broken, tiny.s[OF_REL].link = OF_SECTIONS);
	SAYS("beyond", "a relocation is beyond its section .text", tiny.rel[1].offset++);
	SAYS("of three bytes", "a relocation is beyond its section .text", tiny.s[OF_TEXT].size = 3;
	     tiny.sym[1].value = 0);
	SAYS("the first one", "a relocation is beyond its section .text",
	     tiny.rel[0].offset = 0xfffffffc);
	SAYS("of a symbol that is not there",
	     "a relocation of section .text wants symbol 3, and there are 3",
	     tiny.rel[1].info = 3 << 8 | R_386_32);
}

int main(void)
{
	static const char *const names[] = {"sites", "second", "fails", "called"};

	header_says();
	sections_say();
	symbols_say();
	relocations_say();
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
