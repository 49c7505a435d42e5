/* SPDX-License-Identifier: MIT */
/*
 * Branches of static keys. Their records are put in order after the link, once: by key, then by site,
 * with what the kernel cannot know of a branch as flags in the key's low bits.
 *
 *	if (branches_arrange(&model))
 *		... write model.image.file, and load it again
 */
#ifndef TOOLS_PVTOOL_FAMILY_BRANCHES_H
#define TOOLS_PVTOOL_FAMILY_BRANCHES_H

#include "family/model.h"

#define BRANCH_LIKELY 1u /* no jump while the key is on */
#define BRANCH_INIT   2u /* in text that is given up */
#define BRANCH_SHORT  4u /* two bytes */
#define BRANCH_LINKED 8u /* a jump, as linked */

/* Are the records of the image as they should be? If not, they are now. False: nothing to do. */
bool branches_arrange(struct model *model);

/* The flags that a record should have. */
unsigned branch_flags(const struct model *model, const struct record *record);

/* A record's fact: pv_sum() of its addresses. */
uint32_t branch_sum(const struct record *record);

#endif
