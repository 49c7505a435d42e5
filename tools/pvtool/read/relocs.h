/* SPDX-License-Identifier: MIT */
/*
 * Relocations that a linker keeps in what it has linked (--emit-relocs): which places in it refer to
 * which symbol, by its address or by a distance.
 *
 *	struct reloc *relocs;
 *	size_t n = relocs_load(&image, "__SCT__", &relocs);
 *	...
 *	free(relocs);
 */
#ifndef TOOLS_PVTOOL_READ_RELOCS_H
#define TOOLS_PVTOOL_READ_RELOCS_H

#include "read/image.h"

struct reloc {
	uint32_t addr;    /* of four bytes */
	const char *name; /* of the symbol; the image's; "" of a section */
	bool distance;    /* else an address */
};

/* Those to a symbol whose name begins so, in sections that are loaded, by address. */
size_t relocs_load(const struct image *image, const char *prefix, struct reloc **out);

/* What the four bytes of one refer to, as linked; false where they are not in the file. */
bool reloc_target(const struct image *image, const struct reloc *reloc, uint32_t *target);

/* Has the linker kept any? */
bool relocs_kept(const struct image *image);

#endif
