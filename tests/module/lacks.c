// SPDX-License-Identifier: MIT
/*
 * Wants a symbol that nobody exports.
 */
#include "kernel/module/module.h"

extern int nobody_has_this;

static int start(void)
{
	return nobody_has_this;
}

module_init(start);
