/* SPDX-License-Identifier: MIT */
/*
 * The functions that have sites, as they were linked, with their lines of source: the member "functions" of
 * what `pvtool view` shows (docs/page.md), without a comma behind it.
 *
 *	struct listing_lost lost = listing_put(out, &model);
 */
#ifndef TOOLS_PVTOOL_VIEW_LISTING_H
#define TOOLS_PVTOOL_VIEW_LISTING_H

#include "family/model.h"

#include <stdio.h>

/* Functions without source: no debug information, or its file is not there; or whose file is newer than the image. */
struct listing_lost {
	size_t missing, newer;
};

struct listing_lost listing_put(FILE *out, const struct model *model);

#endif
