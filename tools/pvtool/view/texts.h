/* SPDX-License-Identifier: MIT */
/*
 * The values of all sites as instructions: the member "texts" of what `pvtool view` shows (docs/page.md), without
 * a comma behind it. An array for each site of the manifest, in its order, of a text for each value.
 *
 *	texts_put(out, &model);
 */
#ifndef TOOLS_PVTOOL_VIEW_TEXTS_H
#define TOOLS_PVTOOL_VIEW_TEXTS_H

#include "family/model.h"

#include <stdio.h>

void texts_put(FILE *out, const struct model *model);

#endif
