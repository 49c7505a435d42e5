/* SPDX-License-Identifier: MIT */
/*
 * What stands at the sites in a dump: the member "dump" of what `pvtool view` shows (docs/page.md), without a
 * comma behind it.
 *
 *	if (!live_is_ours(&model, &dump))
 *		return PVTOOL_FAILED;
 *	live_put(out, &model, &state);
 */
#ifndef TOOLS_PVTOOL_VIEW_LIVE_H
#define TOOLS_PVTOOL_VIEW_LIVE_H

#include "family/state.h"

#include <stdio.h>

/*
 * Is it memory of this kernel? False, after a line on stderr, if more than half of the sites hold nothing
 * that they may ever hold: then it is something else, or begins elsewhere.
 */
bool live_is_ours(const struct model *model, const struct dump *dump);

void live_put(FILE *out, const struct model *model, const struct state *state);

#endif
