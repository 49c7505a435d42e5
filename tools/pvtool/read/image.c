/* SPDX-License-Identifier: MIT */
/*
 * Loads an ELF file through libelf. The file is read into memory first: libelf then works on a
 * buffer whose size we know, and a section's bytes are a pointer into it after one comparison.
 */
#include "read/image.h"
#include "read/bytes.h"

#include <gelf.h>
#include <libelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTIONS_MAX 4096u /* a linked image has some dozens */

__attribute__((format(printf, 2, 3))) static bool refuse(const struct image *image,
							 const char *format, ...)
{
	va_list args;

	fprintf(stderr, "pvtool: %s: ", image->path);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return false;
}

static bool open_elf(struct image *image)
{
	GElf_Ehdr header;

	elf_version(EV_CURRENT);
	image->elf = elf_memory((char *)image->file, image->file_size);
	if (!image->elf || elf_kind(image->elf) != ELF_K_ELF || !gelf_getehdr(image->elf, &header))
		return refuse(image, "no ELF file (%zu bytes)", image->file_size);
	if (gelf_getclass(image->elf) != ELFCLASS32 || header.e_machine != EM_386 ||
	    header.e_ident[EI_DATA] != ELFDATA2LSB)
		return refuse(image, "not ELF32 i386 (class %d, machine %d, data %d)",
			      gelf_getclass(image->elf), header.e_machine, header.e_ident[EI_DATA]);
	if (elf_getshdrnum(image->elf, &image->n_sections) < 0 || image->n_sections == 0)
		return refuse(image, "no section headers: %s", elf_errmsg(-1));
	return true;
}

static bool load_section(struct image *image, size_t i, size_t names)
{
	struct section *section = &image->sections[i];
	Elf_Scn *scn = elf_getscn(image->elf, i);
	GElf_Shdr header;

	if (!scn || !gelf_getshdr(scn, &header))
		return refuse(image, "section %zu: %s", i, elf_errmsg(-1));
	section->name = elf_strptr(image->elf, names, header.sh_name);
	if (!section->name)
		return refuse(image, "section %zu: no valid name at %#x", i, header.sh_name);
	section->addr = (uint32_t)header.sh_addr;
	section->size = (uint32_t)header.sh_size;
	section->offset = header.sh_offset;
	section->alloc = header.sh_flags & SHF_ALLOC;
	section->exec = header.sh_flags & SHF_EXECINSTR;
	if (section->alloc && header.sh_addr + header.sh_size > UINT64_C(1) << 32)
		return refuse(image, "section %zu (%s): %#x bytes at %#x wrap around", i,
			      section->name, section->size, section->addr);
	if (header.sh_type == SHT_NOBITS || header.sh_type == SHT_NULL)
		return true;
	if (header.sh_offset + header.sh_size > image->file_size)
		return refuse(image, "section %zu (%s): %#x bytes at offset %#zx, file has %#zx", i,
			      section->name, section->size, section->offset, image->file_size);
	section->bytes = image->file + section->offset;
	return true;
}

static int by_start(const void *left, const void *right)
{
	const struct section *const *a = left, *const *b = right;

	return ((*a)->addr > (*b)->addr) - ((*a)->addr < (*b)->addr);
}

/* Those that an address can be in, for image_section_at(). */
static void sort_sections(struct image *image)
{
	bool overlap = false;

	image->loaded = bytes_need(calloc(image->n_sections, sizeof(*image->loaded)));
	for (size_t i = 0; i < image->n_sections; i++) {
		if (image->sections[i].alloc && image->sections[i].size)
			image->loaded[image->n_loaded++] = &image->sections[i];
	}
	qsort(image->loaded, image->n_loaded, sizeof(*image->loaded), by_start);
	for (size_t i = 1; i < image->n_loaded; i++)
		overlap |= image->loaded[i]->addr - image->loaded[i - 1]->addr <
			   image->loaded[i - 1]->size;
	if (!overlap)
		return;
	free(image->loaded);
	image->loaded = NULL;
}

static bool load_sections(struct image *image)
{
	unsigned long long bytes = 0;
	size_t names;

	if (elf_getshdrstrndx(image->elf, &names) < 0)
		return refuse(image, "no section names: %s", elf_errmsg(-1));
	if (image->n_sections > SECTIONS_MAX)
		return refuse(image, "%zu sections, more than %u", image->n_sections, SECTIONS_MAX);
	image->sections = calloc(image->n_sections, sizeof(*image->sections));
	if (!image->sections)
		return refuse(image, "no memory for %zu sections", image->n_sections);
	for (size_t i = 0; i < image->n_sections; i++) {
		if (!load_section(image, i, names))
			return false;
		bytes += image->sections[i].bytes ? image->sections[i].size : 0;
	}
	/* So that who looks at each byte of each section comes to an end. */
	if (bytes > image->file_size)
		return refuse(image, "sections share bytes: %llu in a file of %zu", bytes,
			      image->file_size);
	sort_sections(image);
	return true;
}

static bool load_segment(struct image *image, size_t i)
{
	struct segment *out = &image->segments[image->n_segments];
	GElf_Phdr header;

	if (!gelf_getphdr(image->elf, (int)i, &header))
		return refuse(image, "segment %zu: %s", i, elf_errmsg(-1));
	if (header.p_type != PT_LOAD || !header.p_memsz)
		return true;
	if (header.p_offset + header.p_filesz > image->file_size ||
	    header.p_filesz > header.p_memsz || header.p_vaddr + header.p_memsz > UINT64_C(1) << 32)
		return refuse(
			image, "segment %zu: %#llx bytes at offset %#llx, %#llx at %#llx", i,
			(unsigned long long)header.p_filesz, (unsigned long long)header.p_offset,
			(unsigned long long)header.p_memsz, (unsigned long long)header.p_vaddr);
	*out = (struct segment){(uint32_t)header.p_vaddr, (uint32_t)header.p_memsz,
				(uint32_t)header.p_filesz, image->file + header.p_offset,
				header.p_flags & PF_W};
	image->n_segments++;
	return true;
}

static bool load_segments(struct image *image)
{
	size_t n;

	if (elf_getphdrnum(image->elf, &n) < 0 || n > SECTIONS_MAX)
		return refuse(image, "its program headers cannot be read");
	image->segments = calloc(n + 1, sizeof(*image->segments));
	if (!image->segments)
		return refuse(image, "no memory for %zu segments", n);
	for (size_t i = 0; i < n; i++) {
		if (!load_segment(image, i))
			return false;
	}
	return true;
}

/* A function names an address before an object, before a label, before the end of a blob. */
static int symbol_rank(const char *name, int type, bool global)
{
	size_t len = strlen(name);

	if (type != STT_FUNC && type != STT_OBJECT)
		type = len > 4 && strcmp(name + len - 4, "_end") == 0 ? -1 : 0;
	else
		type = type == STT_FUNC ? 2 : 1;
	return 2 * type + global;
}

static bool add_symbol(struct image *image, const GElf_Sym *sym, size_t i, size_t names)
{
	struct symbol *out = &image->symbols[image->n_symbols];
	int type = GELF_ST_TYPE(sym->st_info);

	if (type == STT_SECTION || type == STT_FILE || sym->st_shndx == SHN_UNDEF)
		return true;
	out->name = elf_strptr(image->elf, names, sym->st_name);
	if (!out->name)
		return refuse(image, "symbol %zu: no valid name at %#x", i, sym->st_name);
	out->addr = (uint32_t)sym->st_value;
	out->size = (uint32_t)sym->st_size;
	out->section = sym->st_shndx < image->n_sections ? sym->st_shndx : image->n_sections;
	out->data = type == STT_OBJECT;
	out->func = type == STT_FUNC;
	out->global = GELF_ST_BIND(sym->st_info) != STB_LOCAL;
	out->rank = symbol_rank(out->name, type, out->global);
	image->n_symbols++;
	return true;
}

static int by_address(const void *left, const void *right)
{
	const struct symbol *a = left, *b = right;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return a->rank != b->rank ? a->rank - b->rank : strcmp(a->name, b->name);
}

static bool load_symbols(struct image *image)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr header = {0};
	Elf_Data *data;
	GElf_Sym sym;
	size_t n;

	while ((scn = elf_nextscn(image->elf, scn)) && gelf_getshdr(scn, &header) &&
	       header.sh_type != SHT_SYMTAB)
		;
	if (!scn || !(data = elf_getdata(scn, NULL)) || data->d_type != ELF_T_SYM)
		return true;
	image->has_symbols = true;
	n = data->d_size / sizeof(Elf32_Sym);
	image->symbols = calloc(n + 1, sizeof(*image->symbols));
	if (!image->symbols)
		return refuse(image, "no memory for %zu symbols", n);
	for (size_t i = 1; i < n; i++) {
		if (!gelf_getsym(data, (int)i, &sym))
			return refuse(image, "symbol %zu: %s", i, elf_errmsg(-1));
		if (!add_symbol(image, &sym, i, header.sh_link))
			return false;
	}
	qsort(image->symbols, image->n_symbols, sizeof(*image->symbols), by_address);
	return true;
}

bool image_load_any(struct image *image, const char *path)
{
	uint8_t *file;
	size_t size;

	*image = (struct image){.path = path};
	return bytes_read_file(path, &file, &size) && image_take(image, path, file, size);
}

bool image_take(struct image *image, const char *path, uint8_t *file, size_t size)
{
	*image = (struct image){.path = path, .file = file, .file_size = size};
	if (open_elf(image) && load_sections(image) && load_segments(image) && load_symbols(image))
		return true;
	image_free(image);
	return false;
}

bool image_require_symbols(struct image *image)
{
	if (image->has_symbols)
		return true;
	refuse(image, "no symbol table, without which nothing can be named");
	image_free(image);
	return false;
}

bool image_load(struct image *image, const char *path)
{
	return image_load_any(image, path) && image_require_symbols(image);
}

void image_take_symbols(struct image *image, struct symbol *symbols, size_t n, char *names)
{
	free(image->symbols);
	free(image->names);
	image->symbols = symbols;
	image->n_symbols = n;
	image->names = names;
	image->has_symbols = true;
	qsort(symbols, n, sizeof(*symbols), by_address);
}

void image_free(struct image *image)
{
	elf_end(image->elf);
	free(image->names);
	free(image->symbols);
	free(image->segments);
	free(image->loaded);
	free(image->sections);
	free(image->file);
	*image = (struct image){0};
}

const struct section *image_section(const struct image *image, const char *name)
{
	for (size_t i = 0; i < image->n_sections; i++) {
		if (strcmp(image->sections[i].name, name) == 0)
			return &image->sections[i];
	}
	return NULL;
}

static const struct section *sorted_section_at(const struct image *image, uint32_t addr)
{
	size_t low = 0, high = image->n_loaded;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (image->loaded[middle]->addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low && addr - image->loaded[low - 1]->addr < image->loaded[low - 1]->size
		       ? image->loaded[low - 1]
		       : NULL;
}

const struct section *image_section_at(const struct image *image, uint32_t addr)
{
	if (image->loaded)
		return sorted_section_at(image, addr);
	for (size_t i = 0; i < image->n_sections; i++) {
		const struct section *section = &image->sections[i];

		if (section->alloc && addr >= section->addr && addr - section->addr < section->size)
			return section;
	}
	return NULL;
}

const uint8_t *image_bytes(const struct image *image, uint32_t addr, uint32_t len)
{
	const struct section *section = image_section_at(image, addr);

	if (!section || !section->bytes || section->size - (addr - section->addr) < len)
		return NULL;
	return section->bytes + (addr - section->addr);
}

bool image_is_read_only(const struct image *image, uint32_t addr)
{
	for (size_t i = 0; i < image->n_segments; i++) {
		const struct segment *s = &image->segments[i];

		if (!s->write && addr - s->addr < s->size)
			return true;
	}
	return false;
}

bool image_is_data(const struct image *image, uint32_t addr, uint32_t len)
{
	const struct section *s = image_section_at(image, addr);

	return s && !s->exec && len <= s->size && addr - s->addr <= s->size - len &&
	       !image_is_read_only(image, addr);
}

uint32_t image_room(const struct image *image, uint32_t addr)
{
	const struct section *section = image_section_at(image, addr);

	return section && section->bytes ? section->size - (addr - section->addr) : 0;
}

const struct symbol *image_symbol(const struct image *image, const char *name)
{
	const struct symbol *found = NULL;

	for (size_t i = 0; i < image->n_symbols; i++) {
		const struct symbol *symbol = &image->symbols[i];

		if (strcmp(symbol->name, name) == 0 && (!found || symbol->global))
			found = symbol;
	}
	return found;
}

size_t image_symbols_from(const struct image *image, uint64_t addr)
{
	size_t low = 0, high = image->n_symbols;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (image->symbols[middle].addr < addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *image_where(const struct image *image, uint32_t addr, char out[IMAGE_WHERE])
{
	const struct section *section = image_section_at(image, addr);
	size_t i = image_symbols_from(image, (uint64_t)addr + 1);
	const char *name = section ? section->name : "nowhere";
	uint32_t base = section ? section->addr : addr;

	while (section && i-- > 0 && image->symbols[i].addr >= section->addr) {
		if (image->symbols[i].section != (size_t)(section - image->sections) ||
		    strncmp(image->symbols[i].name, "..@", 3) == 0)
			continue; /* ..@43.site: NASM's name for a label inside a macro */
		name = image->symbols[i].name;
		base = image->symbols[i].addr;
		break;
	}
	snprintf(out, IMAGE_WHERE, "%.120s%s+0x%x", name, strlen(name) > 120 ? "..." : "",
		 addr - base);
	return out;
}
