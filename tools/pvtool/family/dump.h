/* SPDX-License-Identifier: MIT */
/*
 * A piece of a running kernel's memory, in a file: what QEMU's pmemsave writes.
 *
 *	struct dump dump;
 *	if (!dump_load(&dump, &model, options))
 *		return PVTOOL_FAILED;
 *	found = dump_bytes(&dump, site, 6);	// not NULL: sites lie in executable sections
 */
#ifndef TOOLS_PVTOOL_FAMILY_DUMP_H
#define TOOLS_PVTOOL_FAMILY_DUMP_H

#include "family/model.h"
#include "read/options.h"

#define DUMP_POISON 0xcc /* every byte of memory that was given up */

struct dump {
	const char *path;
	uint8_t *bytes;
	size_t size;
	uint32_t base; /* address of bytes[0] */
};

/*
 * Reads options->dump. False, after a line on stderr, unless it can be read and covers all bytes
 * of executable sections, and pv_ops if there is one.
 */
bool dump_load(struct dump *dump, const struct model *model, const struct options *options);
/*
 * Memory as a loader leaves it, with the file's bytes and zeros elsewhere. False, after a line on
 * stderr, if that is more than BYTES_FILE_MAX.
 */
bool dump_linked(struct dump *dump, const struct model *model);
/* The same of any kernel's image: pv_ops is not asked for. */
bool dump_load_image(struct dump *dump, const struct image *image, const struct options *options);
void dump_free(struct dump *dump);

/* `len` bytes of memory at `addr`, or NULL if the dump has not all of them. */
const uint8_t *dump_bytes(const struct dump *dump, uint32_t addr, uint32_t len);

/* Is it text that was given up after boot, and nothing but poison now? */
bool dump_is_gone(const struct dump *dump, const struct model *model, uint32_t addr, uint32_t len);

#endif
