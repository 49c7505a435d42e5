/* SPDX-License-Identifier: MIT */
#include "read/relocs.h"
#include "read/bytes.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

/* The name of entry i of the symbols that a section of relocations has; NULL: there is none. */
static const char *symbol_name(const struct image *image, const GElf_Shdr *relocs, size_t i)
{
	Elf_Scn *scn = elf_getscn(image->elf, relocs->sh_link);
	Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;
	GElf_Shdr header;
	GElf_Sym sym;

	if (!data || data->d_type != ELF_T_SYM || !gelf_getshdr(scn, &header) ||
	    i >= data->d_size / sizeof(Elf32_Sym) || !gelf_getsym(data, (int)i, &sym))
		return NULL;
	return elf_strptr(image->elf, header.sh_link, sym.st_name);
}

static bool is_distance(const GElf_Rel *rel)
{
	const unsigned type = (unsigned)GELF_R_TYPE(rel->r_info);

	return type == R_386_PC32 || type == R_386_PLT32;
}

static bool is_wanted(const GElf_Rel *rel, const char *name, const char *prefix)
{
	return (is_distance(rel) || GELF_R_TYPE(rel->r_info) == R_386_32) && name &&
	       strncmp(name, prefix, strlen(prefix)) == 0;
}

/* `out` has room for all of the section. */
static size_t load_section(const struct image *image, Elf_Scn *scn, const char *prefix,
			   struct reloc *out)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Shdr header;
	GElf_Rel rel;
	size_t n = 0;

	if (!data || data->d_type != ELF_T_REL || !gelf_getshdr(scn, &header) ||
	    header.sh_info >= image->n_sections || !image->sections[header.sh_info].alloc)
		return 0;
	for (size_t i = 0; i < data->d_size / sizeof(Elf32_Rel); i++) {
		const char *name;

		if (!gelf_getrel(data, (int)i, &rel))
			continue;
		name = symbol_name(image, &header, GELF_R_SYM(rel.r_info));
		if (is_wanted(&rel, name, prefix))
			out[n++] = (struct reloc){(uint32_t)rel.r_offset, name, is_distance(&rel)};
	}
	return n;
}

static int by_addr(const void *left, const void *right)
{
	const struct reloc *a = left, *b = right;

	return (a->addr > b->addr) - (a->addr < b->addr);
}

size_t relocs_load(const struct image *image, const char *prefix, struct reloc **out)
{
	/* Sections of an image that was loaded share no bytes. */
	const size_t room = image->file_size / sizeof(Elf32_Rel);
	Elf_Scn *scn = NULL;
	size_t n = 0;

	*out = bytes_need(calloc(room + 1, sizeof(**out)));
	while ((scn = elf_nextscn(image->elf, scn)))
		n += load_section(image, scn, prefix, *out + n);
	qsort(*out, n, sizeof(**out), by_addr);
	return n;
}

bool reloc_target(const struct image *image, const struct reloc *reloc, uint32_t *target)
{
	const uint8_t *bytes = image_bytes(image, reloc->addr, 4);

	if (bytes)
		*target = bytes_get32(bytes) + (reloc->distance ? reloc->addr + 4 : 0);
	return bytes != NULL;
}

bool relocs_kept(const struct image *image)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr header;

	while ((scn = elf_nextscn(image->elf, scn)))
		if (gelf_getshdr(scn, &header) && header.sh_type == SHT_REL)
			return true;
	return false;
}
