/* SPDX-License-Identifier: MIT */
/*
 * Memory that is as the file says but for sites: all read-only segments, gaps between sections
 * and tables included, and code that is writable, as in an image of one segment. A part is cut at
 * addresses that are multiples of PART_PAGE.
 *
 *	struct part *parts;
 *	size_t n = parts_find(&model, &parts);
 *	uint8_t *map = parts_map(&model, false, parts[0].addr, parts[0].size);
 *	if (!map[0])
 *		... parts[0].bytes[0] has to stand at parts[0].addr ...
 */
#ifndef TOOLS_PVTOOL_FAMILY_PARTS_H
#define TOOLS_PVTOOL_FAMILY_PARTS_H

#include "family/model.h"

#define PART_PAGE 4096u

/* Behind its file_size bytes are zeros. */
struct part {
	uint32_t addr, size, file_size;
	const uint8_t *bytes;
	const struct section *section; /* NULL: a read-only segment */
};

/* To be freed. A section that is executable, but not in the file, has no bytes. */
size_t parts_find(const struct model *model, struct part **out);

/*
 * A byte a byte from `addr` on: does it belong to a site that has no fault, and is not in text
 * that is gone? To be freed. A site may end behind these bytes: there is room.
 */
uint8_t *parts_map(const struct model *model, bool gone, uint32_t addr, uint32_t size);

/* What must stand in the part where no site is: the file's bytes, or poison. To be freed. */
uint8_t *parts_bytes(const struct model *model, bool gone, const struct part *part);

/* How many of `size` bytes from `addr` on are of the page that `addr` is in. */
uint32_t parts_page(uint32_t addr, uint32_t size);

/* Is one of them in text that is given up? */
bool parts_has_init(const struct model *model, uint32_t addr, uint32_t size);

#endif
