/* SPDX-License-Identifier: MIT */
/*
 * Families whose records belong to keys, static keys and static calls. Their records are put in
 * order after the link, once: by key, then by site, with what the kernel cannot know of a site as
 * flags in the key's low bits.
 *
 *	if (keyed_arrange(&model))
 *		... write model.image.file, and load it again
 */
#ifndef TOOLS_PVTOOL_FAMILY_KEYED_H
#define TOOLS_PVTOOL_FAMILY_KEYED_H

#include "family/model.h"

/* Are the records of the image as they should be? If not, they are now. False: nothing to do. */
bool keyed_arrange(struct model *model);

/* A record's fact: pv_sum() of its addresses. */
uint32_t keyed_sum(const struct family *family, const struct record *record);

#endif
