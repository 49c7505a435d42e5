/* SPDX-License-Identifier: MIT */
/*
 * pvtool check: does the linked image keep the rules that patching and booting rely on? Where a
 * rule fails the kernel would triple-fault or, worse, work until an interrupt hits the window;
 * here it is a line with an address. Executable sections are decoded from symbol to symbol, so
 * that data between them must be an object (NASM: `global name:data (end - name)`).
 */
#include "bytes.h"
#include "code.h"
#include "decode.h"
#include "model.h"
#include "multiboot.h"
#include "pvtool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MULTIBOOT_SEARCH 8192u /* bytes of the file: Multiboot 0.6.96, 3.1 */

struct check {
	struct image image;
	struct insn *insns; /* by address, as records are */
	size_t n_insns, insns_room;
	struct record *records;
	size_t n_records;
	struct code code;
	size_t text, data;        /* bytes in executable sections, and those not code */
	const struct symbol *ops; /* pv_ops, or NULL */
	size_t findings;
};

static const char *const exempt[] = {".boot", ".pv.native", ".text.exempt", ".pv.text", NULL};
static const char *const engine[] = {".pv.text", ".text.exempt", NULL};
static const char *const engine_may_run[] = {".pv.text", ".text.exempt", ".pv.native", NULL};
static const char *const runs_on_486[] = {".boot", ".text", ".pv.text", ".text.exempt", NULL};
static const char *const expected[] = {".boot",
				       ".text",
				       ".text.exempt",
				       ".pv.text",
				       ".pv.native",
				       ".rodata",
				       ".data",
				       ".bss",
				       ".stack",
				       ".ktap",
				       ".ksyms",
				       ".parainstructions",
				       ".altinstructions",
				       ".altinstr_replacement",
				       ".smp_locks",
				       "__jump_table",
				       ".static_call_sites",
				       ".pv_relocs",
				       NULL};

__attribute__((format(printf, 2, 3))) static void finding(struct check *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	c->findings++;
}

/* A finding at an address; the caller's format begins behind "0x00101234 name+0x12: ". */
#define finding_at(c, addr, format, ...)                                                       \
	do {                                                                                   \
		char where_[IMAGE_WHERE];                                                      \
		finding(c, "0x%08x %s: " format, addr, image_where(&(c)->image, addr, where_), \
			__VA_ARGS__);                                                          \
	} while (0)

static bool is_in(const struct section *section, const char *const *names)
{
	while (section && *names && strcmp(section->name, *names) != 0)
		names++;
	return section && *names;
}

/* ---- the multiboot header ---- */

static void judge_header(struct check *c, size_t at)
{
	const uint8_t *p = c->image.file + at;
	uint32_t flags = bytes_get32(p + 4);

	if (!multiboot_is_whole(p))
		finding(c, "multiboot header at offset %#zx: checksum %#x, should be %#x", at,
			bytes_get32(p + 8), -(bytes_get32(p) + flags));
	if (at % 4)
		finding(c, "multiboot header at offset %#zx: not at a multiple of 4", at);
	if (at + multiboot_len(flags) > MULTIBOOT_SEARCH)
		finding(c, "multiboot header at offset %#zx: its %u bytes end beyond the first %u",
			at, multiboot_len(flags), MULTIBOOT_SEARCH);
	if (flags & 0xfff8)
		finding(c, "multiboot header at offset %#zx: flags %#x, a loader refuses %#x", at,
			flags, flags & 0xfff8);
}

static void check_multiboot(struct check *c)
{
	size_t at = multiboot_find(&c->image);

	if (at == SIZE_MAX) {
		finding(c, "multiboot header: no %#x in the file", MULTIBOOT_MAGIC);
		return;
	}
	judge_header(c, at);
	if (!c->code.header_len)
		finding(c, "multiboot header at offset %#zx: in no section that is loaded", at);
}

/* ---- the sweep ---- */

static void add_insn(struct check *c, const struct insn *insn)
{
	if (c->n_insns == c->insns_room) {
		c->insns_room = c->insns_room ? 2 * c->insns_room : 4096;
		c->insns = bytes_need(realloc(c->insns, c->insns_room * sizeof(*insn)));
	}
	c->insns[c->n_insns++] = *insn;
}

/* Decodes from `at` to `stop`; zeros at the end are padding and not `add %al,(%eax)`. */
static void sweep_code(struct check *c, const struct section *s, uint64_t at, uint64_t stop)
{
	uint64_t end = s->addr + (uint64_t)s->size, padding = stop;
	const uint8_t *bytes;
	struct insn insn;

	while (padding > at && s->bytes[padding - 1 - s->addr] == 0)
		padding--;
	for (; at < padding; at += insn.len) {
		bytes = s->bytes + (at - s->addr);
		if (!insn_decode((uint32_t)at, bytes, end - at, &insn)) {
			finding_at(c, (uint32_t)at, "%s does not decode",
				   BYTES_HEX(bytes, stop - at < 8 ? stop - at : 8));
			return;
		}
		if (at + insn.len > stop) {
			finding_at(c, (uint32_t)at, "%s (%s) does not end before 0x%08x", insn.name,
				   BYTES_HEX(bytes, insn.len), (uint32_t)stop);
			return;
		}
		add_insn(c, &insn);
	}
	c->data += stop - at;
}

/* For instructions and for records: both begin with their address. */
static int by_addr(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

static const void *find(const void *all, size_t n, size_t size, uint32_t addr)
{
	return n ? bsearch(&addr, all, n, size, by_addr) : NULL;
}

static void sweep_section(struct check *c, const struct section *s)
{
	uint64_t end = (uint64_t)s->addr + s->size, at = s->addr;

	while (at < end) {
		struct span span = code_span(&c->code, s, at);

		if (span.data)
			c->data += span.end - at;
		else
			sweep_code(c, s, at, span.end);
		at = span.end;
	}
	c->text += s->size;
}

static void sweep(struct check *c)
{
	for (size_t i = 0; i < c->image.n_sections; i++) {
		const struct section *s = &c->image.sections[i];

		if (s->alloc && s->exec && s->bytes)
			sweep_section(c, s);
	}
	if (!c->n_insns)
		finding(c, "no instruction in any executable section");
	else
		qsort(c->insns, c->n_insns, sizeof(*c->insns), by_addr);
}

/* ---- the paravirt table ---- */

static void check_table(struct check *c)
{
	const struct symbol *begin = image_symbol(&c->image, "__parainstructions");
	const struct symbol *end = image_symbol(&c->image, "__parainstructions_end");
	const struct section *s = image_section(&c->image, ".parainstructions");
	const uint8_t *table;
	uint32_t size;

	if (!begin || !end || end->addr < begin->addr) {
		finding(c, "__parainstructions at %#x, __parainstructions_end at %#x: no table",
			begin ? begin->addr : 0, end ? end->addr : 0);
		return;
	}
	size = end->addr - begin->addr;
	if (!s || s->addr != begin->addr || s->size != size)
		finding(c, ".parainstructions: %u bytes at %#x, but its symbols hold %u at %#x",
			s ? s->size : 0, s ? s->addr : 0, size, begin->addr);
	table = image_bytes(&c->image, begin->addr, size);
	if (!table || size < MODEL_RECORD)
		finding(c, "__parainstructions: %u bytes at %#x: empty", table ? size : 0,
			begin->addr);
	if (size % MODEL_RECORD)
		finding(c, "__parainstructions: %u bytes are no whole number of %u-byte records",
			size, MODEL_RECORD);
	if (!table)
		return;
	c->n_records = size / MODEL_RECORD;
	c->records = model_records(table, c->n_records);
}

static void check_slot(struct check *c, const struct record *r, const uint8_t *bytes)
{
	const struct symbol *ops = c->ops;
	uint32_t slot = (ops ? ops->addr : 0) + 4u * r->type;

	if (!ops || 4u * r->type >= ops->size)
		finding_at(c, r->instr, "record %zu: type %u, but pv_ops has %u slots", r->index,
			   r->type, ops ? ops->size / 4 : 0);
	if (bytes[0] != 0xff || (bytes[1] != 0x15 && bytes[1] != 0x25))
		finding_at(c, r->instr, "record %zu: neither ff 15 nor ff 25 but %s", r->index,
			   BYTES_HEX(bytes, MODEL_SITE));
	else if (bytes_get32(bytes + 2) != slot)
		finding_at(c, r->instr, "record %zu: type %u is slot %#x, the bytes say %#x",
			   r->index, r->type, slot, bytes_get32(bytes + 2));
}

static void check_record(struct check *c, const struct record *r)
{
	const struct section *s = image_section_at(&c->image, r->instr);
	const uint8_t *bytes = image_bytes(&c->image, r->instr, MODEL_SITE);

	if (!s || strcmp(s->name, ".text") != 0)
		finding_at(c, r->instr, "record %zu: site in %s, it must be in .text", r->index,
			   s ? s->name : "no section");
	if (r->len != MODEL_SITE)
		finding_at(c, r->instr, "record %zu: length %u, not %u", r->index, r->len,
			   MODEL_SITE);
	if (!bytes) {
		finding_at(c, r->instr, "record %zu: no bytes there", r->index);
		return;
	}
	check_slot(c, r, bytes);
	if (!find(c->insns, c->n_insns, sizeof(*c->insns), r->instr))
		finding_at(c, r->instr, "record %zu: no instruction begins there", r->index);
}

static void check_records(struct check *c)
{
	for (size_t i = 0; i < c->n_records; i++) {
		const struct record *r = &c->records[i], *before = r - 1;

		check_record(c, r);
		if (i && r->instr == before->instr)
			finding_at(c, r->instr, "record %zu: the same site as record %zu", r->index,
				   before->index);
		else if (i && r->instr - before->instr < before->len)
			finding_at(c, r->instr, "record %zu: overlaps record %zu at 0x%08x",
				   r->index, before->index, before->instr);
	}
}

/* ---- rules for each instruction ---- */

/* May half-written text be left for this place? Only to stop the machine. */
static bool never_returns(const struct image *image, uint32_t addr)
{
	size_t i = image_symbols_from(image, addr);

	for (; i < image->n_symbols && image->symbols[i].addr == addr; i++) {
		const char *name = image->symbols[i].name;
		size_t len = strlen(name);

		if (strcmp(name, "panic") == 0 || strcmp(name, "pv_host_panic") == 0 ||
		    (len >= 6 && strcmp(name + len - 6, "_fatal") == 0))
			return true;
	}
	return false;
}

static void check_target(struct check *c, const struct insn *insn, const struct section *s)
{
	const struct section *to = image_section_at(&c->image, insn->target);
	char where[IMAGE_WHERE];

	if (!insn->has_target || !is_in(s, engine) || is_in(to, engine_may_run) ||
	    never_returns(&c->image, insn->target))
		return;
	finding_at(c, insn->addr, "%s to 0x%08x %s leaves %s for %s, which may be half written",
		   insn->name, insn->target, image_where(&c->image, insn->target, where), s->name,
		   to ? to->name : "no section");
}

static void check_insn(struct check *c, const struct insn *insn)
{
	const struct section *s = image_section_at(&c->image, insn->addr);
	const uint8_t *bytes = image_bytes(&c->image, insn->addr, insn->len);

	if (!s || !bytes) /* sections that overlap, in a damaged file */
		return;
	if (insn->privileged && !is_in(s, exempt))
		finding_at(c, insn->addr, "%s (%s) outside the native functions", insn->name,
			   BYTES_HEX(bytes, insn->len));
	if (insn->beyond && is_in(s, runs_on_486))
		finding_at(c, insn->addr, "%s (%s) is %s, which a 486 lacks", insn->name,
			   BYTES_HEX(bytes, insn->len), insn->beyond);
	if (insn->has_slot && c->ops && insn->slot - c->ops->addr < c->ops->size &&
	    strcmp(s->name, ".text") == 0 &&
	    !find(c->records, c->n_records, sizeof(*c->records), insn->addr))
		finding_at(c, insn->addr, "%s through pv_ops+%#x has no record", insn->name,
			   insn->slot - c->ops->addr);
	check_target(c, insn, s);
}

static void check_sections(struct check *c)
{
	for (size_t i = 0; i < c->image.n_sections; i++) {
		const struct section *s = &c->image.sections[i];

		if (s->alloc && !is_in(s, expected))
			finding(c, "section %s: %u bytes at 0x%08x that linker.ld does not expect",
				s->name, s->size, s->addr);
	}
}

static int report(const struct check *c)
{
	if (c->findings) {
		fprintf(stderr, "pvtool: %s: %zu finding%s\n", c->image.path, c->findings,
			c->findings == 1 ? "" : "s");
		return PVTOOL_FINDINGS;
	}
	printf("pvtool: %s: %zu instructions, %zu sites, %zu bytes of text (%zu of them data)\n",
	       c->image.path, c->n_insns, c->n_records, c->text, c->data);
	return PVTOOL_CLEAN;
}

int check_run(const struct options *options)
{
	struct check c = {0};
	int status;

	if (!image_load(&c.image, options->image))
		return PVTOOL_FAILED;
	c.code = code_of(&c.image);
	c.ops = image_symbol(&c.image, "pv_ops");
	check_multiboot(&c);
	check_sections(&c);
	sweep(&c);
	check_table(&c);
	check_records(&c);
	for (size_t i = 0; i < c.n_insns; i++)
		check_insn(&c, &c.insns[i]);
	status = report(&c);
	free(c.insns);
	free(c.records);
	image_free(&c.image);
	return status;
}
