/* SPDX-License-Identifier: MIT */
/*
 * A model out of a manifest, the JSON that pvtool manifest writes: sections without bytes, names of
 * what it mentions, back ends, sites with lists of values. What can be asked of it is what a dump
 * is judged by: state.h, listed.h, dump.h.
 *
 *	if (manifest_is(bytes, size) && manifest_load(&model, path, bytes, size)) {
 *		...
 *		manifest_free(&model);
 *	}
 */
#ifndef TOOLS_PVTOOL_MANIFEST_LOAD_H
#define TOOLS_PVTOOL_MANIFEST_LOAD_H

#include "family/listed.h"

#define MANIFEST_MAX (64u << 20) /* bytes; a reader of JSON needs many times as much memory */

/* By its first byte. */
bool manifest_is(const uint8_t *bytes, size_t size);

/* False, after a line on stderr, if it is no manifest, or one that contradicts itself. */
bool manifest_load(struct model *model, const char *path, const uint8_t *bytes, size_t size);
void manifest_free(struct model *model);

#endif
