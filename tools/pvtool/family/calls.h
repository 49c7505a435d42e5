/* SPDX-License-Identifier: MIT */
/*
 * The keys of static calls, as the file has them.
 *
 *	uint32_t names[CALL_KEY_NAMES];
 *	if (calls_key(&model, record->key, names))
 *		... names[i] has to be text ...
 */
#ifndef TOOLS_PVTOOL_FAMILY_CALLS_H
#define TOOLS_PVTOOL_FAMILY_CALLS_H

#include "family/model.h"

/* The function of each version (0: nothing), the trampoline, and what that is linked to. */
#define CALL_KEY_NAMES 4u

/* False: there are no data. */
bool calls_key(const struct model *model, uint32_t key, uint32_t names[CALL_KEY_NAMES]);

#endif
