/* SPDX-License-Identifier: MIT */
/*
 * Code that is copied to another place: a back end's template, an alternative's replacement.
 * Relative branches that leave it get their new distance; those within it stay.
 *
 *	const char *fault = move_code(bytes, n, start, site, out);
 *	if (fault)
 *		printf("the code at %#x %s\n", start, fault);
 */
#ifndef TOOLS_PVTOOL_FAMILY_MOVE_H
#define TOOLS_PVTOOL_FAMILY_MOVE_H

#include "read/decode.h"

/*
 * The n bytes that were linked at `from`, as they must read at `to`: into out, room for n. NULL, or
 * why that cannot be: "is not whole instructions" and the like.
 */
const char *move_code(const uint8_t *bytes, size_t n, uint32_t from, uint32_t to, uint8_t *out);

/* Does the branch of an instruction, decoded where it was linked, leave the n bytes at `from`? To
 * their end is within: what follows them there follows them everywhere. */
bool move_leaves(const struct insn *insn, uint32_t from, size_t n);

#endif
