/* SPDX-License-Identifier: MIT */
/*
 * What stands in .pv_index (pv/index.h): all sites in the order of their addresses, and facts. Made
 * of the model alone, the same bytes each time.
 *
 *	struct site_index index;
 *	char why[SITE_INDEX_WHY];
 *	if (site_index_make(&index, &model) && site_index_fits(&index, &model, why))
 *		memcpy(section, index.bytes, index.size);	// zeros behind
 *	site_index_free(&index);
 */
#ifndef TOOLS_PVTOOL_FAMILY_SITE_INDEX_H
#define TOOLS_PVTOOL_FAMILY_SITE_INDEX_H

#include "family/model.h"

#define SITE_INDEX_SECTION ".pv_index"
#define SITE_INDEX_WHY     1024

struct index_item {
	const struct site *site;
	const struct record *record;
};

/* Of a family that has records. */
struct index_part {
	const struct family *family;
	struct index_item *items; /* in the order of the index */
	size_t n;
	uint32_t entries, facts; /* offsets; facts 0: none */
};

struct site_index {
	struct index_part parts[MODEL_FAMILIES];
	size_t n_parts;
	uint32_t linked; /* offset of the long sites' bytes, the last thing */
	uint32_t size;
	uint8_t *bytes;

	/* Why there is none: the first record that the kernel could not patch. */
	struct index_item bad;
	const char *why;
};

/* False if there cannot be one: index->bad and index->why. To be freed in both cases. */
bool site_index_make(struct site_index *index, const struct model *model);
void site_index_free(struct site_index *index);

/* Is there a section for it, and room? If not, `why` says what is wrong and how to mend it. */
bool site_index_fits(const struct site_index *index, const struct model *model,
		     char why[SITE_INDEX_WHY]);

/* A field of it, or some bytes. */
struct index_place {
	char name[64]; /* "entry 3, address" */
	uint32_t at, len;
	struct index_item item; /* whose it is, or NULL */
};

/* What stands at an offset; behind the index's end, everything from there on. */
void site_index_place(const struct site_index *index, uint32_t offset, struct index_place *out);

#endif
