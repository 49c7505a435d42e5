// SPDX-License-Identifier: MIT
/*
 * All that is believed of a file is checked here, once and in this order: its sum, where it has one, the
 * header, each section, the symbols, the relocations of what is loaded.
 */
#include "kernel/module/object.h"
#include "lib/format.h"
#include "lib/string.h"
#include "pv/seal.h"

#define SAY(why, ...) (snprintf(why, OBJECT_WHY, __VA_ARGS__), false)

bool object_is_elf(const void *file, size_t size)
{
	return size >= 4 && memcmp(file, ELF_MAGIC, 4) == 0;
}

bool object_is_image(const void *file, size_t size)
{
	const struct elf_header *elf = file;

	return size >= sizeof(*elf) && object_is_elf(file, size) && elf->type == ET_EXEC &&
	       elf->entry;
}

const char *object_name(const struct object *o, unsigned section)
{
	return o->names + o->sections[section].name;
}

const uint8_t *object_bytes(const struct object *o, unsigned section)
{
	return o->file + o->sections[section].offset;
}

static bool is_loaded(const struct object *o, unsigned section)
{
	return o->sections[section].flags & SHF_ALLOC;
}

unsigned object_section(const struct object *o, const char *name)
{
	for (unsigned i = 1; i < o->n; i++)
		if (is_loaded(o, i) && strcmp(object_name(o, i), name) == 0)
			return i;
	return 0;
}

const char *object_symbol(const struct object *o, const struct elf_symbol *symbol)
{
	return o->strings + symbol->name;
}

const struct elf_symbol *object_find(const struct object *o, const char *name)
{
	for (unsigned i = 1; i < o->symbols_n; i++) {
		const struct elf_symbol *s = &o->symbols[i];

		if (s->section != SHN_UNDEF && strcmp(object_symbol(o, s), name) == 0)
			return s;
	}
	return NULL;
}

/* ---- the header, and where sections are ---- */

static bool in_file(const struct object *o, uint32_t offset, uint32_t size)
{
	return offset <= o->size && size <= o->size - offset;
}

static bool read_header(struct object *o, char *why)
{
	const struct elf_header *h = (const void *)o->file;

	if (o->size < sizeof(*h))
		return SAY(why, "it has %u bytes, less than an ELF header", (unsigned)o->size);
	if (memcmp(h->ident, ELF_MAGIC, ELF_MAGIC_N) != 0)
		return SAY(why, "it is no little-endian ELF file of 32 bits");
	if (h->type != ET_REL || h->machine != EM_386)
		return SAY(why, "it is no relocatable object for i386: type %u, machine %u",
			   h->type, h->machine);
	if (h->shentsize != sizeof(struct elf_section) || h->shnum < 2)
		return SAY(why, "it has %u sections of %u bytes in its list", h->shnum,
			   h->shentsize);
	if (h->shnum > OBJECT_SECTIONS)
		return SAY(why, "it has %u sections, more than %u", h->shnum, OBJECT_SECTIONS);
	if (!in_file(o, h->shoff, h->shnum * sizeof(struct elf_section)))
		return SAY(why, "its list of sections ends beyond the file");
	o->sections = (const void *)(o->file + h->shoff);
	o->n = h->shnum;
	return true;
}

/* A string table that ends in a NUL: each name that begins in it ends in it. NULL: it is none. */
static const char *strings_at(const struct object *o, uint32_t section, uint32_t *size)
{
	const struct elf_section *s = &o->sections[section < o->n ? section : 0];

	if (s == o->sections || s->type != SHT_STRTAB || !s->size ||
	    !in_file(o, s->offset, s->size) || o->file[s->offset + s->size - 1] != 0)
		return NULL;
	*size = s->size;
	return (const char *)o->file + s->offset;
}

/* ---- sections ---- */

static bool is_power_of_two(uint32_t n)
{
	return (n & (n - 1)) == 0;
}

static bool check_loaded(const struct object *o, unsigned i, char *why)
{
	const struct elf_section *s = &o->sections[i];
	const char *name = object_name(o, i);

	if (s->type != SHT_PROGBITS && s->type != SHT_NOBITS && s->type != SHT_NOTE)
		return SAY(why, "section %s is loaded, and of type %u", name, s->type);
	if (s->flags & (SHF_TLS | SHF_COMPRESS))
		return SAY(why, "section %s has flags %x, which are not known", name, s->flags);
	if (s->flags & SHF_WRITE && s->flags & SHF_EXEC)
		return SAY(why, "section %s is writable and executable", name);
	if (!is_power_of_two(s->addralign) || s->addralign > 4096)
		return SAY(why, "section %s wants to be aligned to %u bytes", name, s->addralign);
	for (unsigned k = 1; k < i; k++)
		if (is_loaded(o, k) && s->size && o->sections[k].size &&
		    strcmp(object_name(o, k), name) == 0)
			return SAY(why, "there are two sections %s", name);
	return true;
}

static bool check_sections(struct object *o, char *why)
{
	const struct elf_header *h = (const void *)o->file;
	uint32_t names_size = 0;
	uint64_t loaded = 0;

	o->names = strings_at(o, h->shstrndx, &names_size);
	if (!o->names)
		return SAY(why, "its sections have no names");
	for (unsigned i = 1; i < o->n; i++) {
		const struct elf_section *s = &o->sections[i];

		if (s->name >= names_size)
			return SAY(why, "the name of section %u is not in the file", i);
		if (s->type != SHT_NOBITS && !in_file(o, s->offset, s->size))
			return SAY(why, "section %s ends beyond the file", object_name(o, i));
		if (!is_loaded(o, i))
			continue;
		if (!check_loaded(o, i, why))
			return false;
		loaded += s->size + (uint64_t)s->addralign;
	}
	if (loaded > OBJECT_MEMORY)
		return SAY(why, "it wants %u KiB of memory, more than %u",
			   (unsigned)(loaded / 1024), OBJECT_MEMORY / 1024);
	return true;
}

/* ---- symbols ---- */

static bool check_symbol(const struct object *o, unsigned i, uint32_t strings_size, char *why)
{
	const struct elf_symbol *s = &o->symbols[i];

	if (s->name >= strings_size)
		return SAY(why, "the name of symbol %u is not in the file", i);
	if (s->section == SHN_COMMON)
		return SAY(why, "symbol %s is common: compile with -fno-common",
			   object_symbol(o, s));
	if (s->section == SHN_ABS || s->section == SHN_UNDEF)
		return true;
	if (s->section >= o->n)
		return SAY(why, "symbol %s is in section %u, and there are %u", object_symbol(o, s),
			   s->section, o->n);
	if (is_loaded(o, s->section) && s->value > o->sections[s->section].size)
		return SAY(why, "symbol %s is beyond its section", object_symbol(o, s));
	if (is_loaded(o, s->section) && (s->info & 15) == STT_GNU_IFUNC)
		return SAY(why, "symbol %s is an indirect function", object_symbol(o, s));
	return true;
}

static bool check_symbols(struct object *o, char *why)
{
	uint32_t strings_size = 0;
	unsigned table = 0;

	for (unsigned i = 1; i < o->n; i++) {
		if (o->sections[i].type != SHT_SYMTAB)
			continue;
		if (table)
			return SAY(why, "it has two lists of symbols");
		table = i;
	}
	if (!table)
		return SAY(why, "it has no symbols");
	o->strings = strings_at(o, o->sections[table].link, &strings_size);
	if (!o->strings || o->sections[table].entsize != sizeof(struct elf_symbol) ||
	    o->sections[table].size % sizeof(struct elf_symbol))
		return SAY(why, "its list of symbols is broken");
	o->symbols = (const void *)object_bytes(o, table);
	o->symbols_n = o->sections[table].size / sizeof(struct elf_symbol);
	for (unsigned i = 0; i < o->symbols_n; i++)
		if (!check_symbol(o, i, strings_size, why))
			return false;
	return true;
}

/* ---- relocations ---- */

static bool check_relocation(const struct object *o, const struct elf_rel *rel, unsigned target,
			     char *why)
{
	const struct elf_section *to = &o->sections[target];
	const char *name = object_name(o, target);

	if (to->size < 4 || rel->offset > to->size - 4)
		return SAY(why, "a relocation is beyond its section %s", name);
	if (rel->info >> 8 >= o->symbols_n)
		return SAY(why, "a relocation of section %s wants symbol %u, and there are %u",
			   name, rel->info >> 8, o->symbols_n);
	return true;
}

static bool check_relocations_of(const struct object *o, unsigned i, char *why)
{
	const struct elf_section *s = &o->sections[i];
	const struct elf_rel *rel = (const void *)object_bytes(o, i);

	if (s->info == 0 || s->info >= o->n)
		return SAY(why, "section %s relocates no section", object_name(o, i));
	if (!is_loaded(o, s->info))
		return true;
	if (s->type == SHT_RELA || o->sections[s->info].type == SHT_NOBITS)
		return SAY(why, "section %s is none that i386 has", object_name(o, i));
	if (s->entsize != sizeof(*rel) || s->size % sizeof(*rel) ||
	    o->sections[s->link < o->n ? s->link : 0].type != SHT_SYMTAB)
		return SAY(why, "the relocations of section %s are broken",
			   object_name(o, s->info));
	for (unsigned n = s->size / sizeof(*rel); n--; rel++)
		if (!check_relocation(o, rel, s->info, why))
			return false;
	return true;
}

/* Who built it has said what it was. Behind it nothing of the module stands. */
static bool check_seal(struct object *o, char *why)
{
	const uint8_t *seal = o->file + o->size - PV_SEAL;
	uint32_t said, sum;

	if (o->size < PV_SEAL || memcmp(seal, PV_SEAL_MAGIC, PV_SEAL_MAGIC_N) != 0)
		return true;
	o->size -= PV_SEAL;
	memcpy(&said, seal + PV_SEAL_MAGIC_N, sizeof(said));
	sum = pv_sum_lanes(o->file, (uint32_t)o->size);
	return said == sum || SAY(why, "it is damaged: its sum is %08x, and was %08x", sum, said);
}

bool object_read(struct object *o, const void *file, size_t size, char why[OBJECT_WHY])
{
	*o = (struct object){.file = file, .size = size};
	if (!check_seal(o, why) || !read_header(o, why) || !check_sections(o, why) ||
	    !check_symbols(o, why))
		return false;
	for (unsigned i = 1; i < o->n; i++)
		if ((o->sections[i].type == SHT_REL || o->sections[i].type == SHT_RELA) &&
		    !check_relocations_of(o, i, why))
			return false;
	return true;
}
