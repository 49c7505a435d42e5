/* SPDX-License-Identifier: MIT */
/*
 * Symbols out of what a manifest says of addresses: "in": "irq_deliver+0x38". As many as it
 * mentions; image_where() finds the same names by them that it found in the ELF file.
 *
 *	struct places places = {.doc = &doc, .image = &model->image};
 *	places_add(&places, addr, doc_string(&doc, site, "in"));
 *	places_sort(&places);
 *	...
 *	places_free(&model->image);
 */
#ifndef TOOLS_PVTOOL_MANIFEST_PLACES_H
#define TOOLS_PVTOOL_MANIFEST_PLACES_H

#include "read/doc.h"
#include "read/image.h"

struct places {
	struct doc *doc;
	struct image *image; /* with its sections */
	size_t room;
};

/* The symbol that `in` names for an address in a section; *doc has failed if it is of no such form. */
void places_add(struct places *places, uint32_t addr, const char *in);

/* Afterwards symbols can be asked for. */
void places_sort(const struct places *places);

/* Their names, and they. */
void places_free(struct image *image);

#endif
