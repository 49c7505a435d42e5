/* SPDX-License-Identifier: MIT */
/*
 * An i386 ELF file in memory: its sections, its symbols by address, and the bytes at an address.
 * Whatever the file says is checked when it is loaded: afterwards every section's bytes lie
 * inside the file and every name is a string, so that users need no checks of their own.
 *
 *	struct image image;
 *	char where[IMAGE_WHERE];
 *	if (!image_load(&image, "build/pedant.elf"))
 *		return 2;
 *	puts(image_where(&image, 0x100012, where));
 *	image_free(&image);
 */
#ifndef TOOLS_PVTOOL_READ_IMAGE_H
#define TOOLS_PVTOOL_READ_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_WHERE 160 /* room for "name+0x12"; a longer name is cut and ends in "..." */

struct section {
	const char *name;
	uint32_t addr, size;
	size_t offset;        /* of its bytes in the file */
	const uint8_t *bytes; /* NULL if it has none (.bss) */
	bool alloc, exec;
};

/* What a loader puts into memory, gaps between sections included; zeros behind the file's bytes. */
struct segment {
	uint32_t addr, size, file_size;
	const uint8_t *bytes;
	bool write;
};

struct symbol {
	const char *name;
	uint32_t addr, size;
	size_t section; /* index into sections[]; the number of sections if it is in none */
	bool data;      /* an object: bytes that are not code */
	bool func;      /* a function, as its maker said */
	bool global;
	int rank; /* which of several at one address names it: the highest */
};

struct image {
	const char *path;
	uint8_t *file;
	size_t file_size;
	struct Elf *elf;
	struct section *sections;
	size_t n_sections;
	const struct section **loaded; /* by address; NULL where some of them overlap */
	size_t n_loaded;
	struct segment *segments; /* those that are loaded */
	size_t n_segments;
	struct symbol *symbols; /* by address, then rank */
	size_t n_symbols;
	bool has_symbols; /* a table of them, be it empty */
	char *names;      /* of symbols that are not of the file's table */
};

/*
 * Reads the file. False, after a line on stderr, if it cannot be read or is damaged; of the first
 * one also if it has no symbol table.
 */
bool image_load(struct image *image, const char *path);
bool image_load_any(struct image *image, const char *path);

/* As image_load_any(), of a file that was read, which is the image's from then on, whatever is returned. */
bool image_take(struct image *image, const char *path, uint8_t *file, size_t size);

/* Has it symbols? Otherwise it is freed, after a line on stderr. */
bool image_require_symbols(struct image *image);

/*
 * Other symbols than the file's table has: n of them, in any order, with rank 0. The arrays are the
 * image's from here on, and freed with it; `names` holds the symbols' names.
 */
void image_take_symbols(struct image *image, struct symbol *symbols, size_t n, char *names);
void image_free(struct image *image);

/* The section of that name, or the allocated one that holds `addr`; NULL if there is none. */
const struct section *image_section(const struct image *image, const char *name);
const struct section *image_section_at(const struct image *image, uint32_t addr);

/* `len` bytes at `addr`, or NULL unless all of them lie in one section that has bytes. */
const uint8_t *image_bytes(const struct image *image, uint32_t addr, uint32_t len);

/* Is it in a segment that nobody may write to? */
bool image_is_read_only(const struct image *image, uint32_t addr);

/* Are they all in one section of data that may be written to? */
bool image_is_data(const struct image *image, uint32_t addr, uint32_t len);

/* How many bytes that the file has lie in the section of `addr`, from there on. */
uint32_t image_room(const struct image *image, uint32_t addr);

/* The symbol of that name, a global one before a local one; NULL if there is none. */
const struct symbol *image_symbol(const struct image *image, const char *name);

/* The first index into symbols[] whose address is at least `addr`; n_symbols if none is. */
size_t image_symbols_from(const struct image *image, uint64_t addr);

/* Writes "name+0x12", "section+0x12" where no symbol precedes, or "nowhere"; returns `out`. */
const char *image_where(const struct image *image, uint32_t addr, char out[IMAGE_WHERE]);

#endif
