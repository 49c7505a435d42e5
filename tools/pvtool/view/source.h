/* SPDX-License-Identifier: MIT */
/*
 * Where code comes from: by an image's debug information, an address has a line of its function's own
 * file. What a function inlined, all of it, is the line that called it there. A thin skin over libdw; nothing
 * else includes it.
 *
 *	struct source source;
 *	struct place place;
 *	source_open(&source, &image);
 *	if (source_place(&source, 0x101230, &place))
 *		printf("%s:%u\n", place.file, place.line);
 *	source_close(&source);
 */
#ifndef TOOLS_PVTOOL_VIEW_SOURCE_H
#define TOOLS_PVTOOL_VIEW_SOURCE_H

#include "read/image.h"

struct source {
	struct Dwarf *dwarf; /* NULL: the image has no debug information */
	uint64_t unit;       /* the one that was searched for and found last, or 0 */
};

struct place {
	const char *file; /* relative to where the compiler ran, if it lies below */
	const char *path; /* as the compiler was told; both last as long as the source */
	unsigned line;    /* from 1 on */
};

/* Of an image without debug information, or with some that is damaged, no address has a place. */
void source_open(struct source *source, const struct image *image);
void source_close(struct source *source);

/* False if nothing is known of it; *out is unspecified then. */
bool source_place(struct source *source, uint32_t addr, struct place *out);

/*
 * Where the function that holds the address is declared; false as above. Assembler declares none: then it is
 * the file that was assembled, and line 0.
 */
bool source_function(struct source *source, uint32_t addr, struct place *out);

#endif
