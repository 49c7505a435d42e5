// SPDX-License-Identifier: MIT
/*
 * Replaces what cannot be: a function that is not made for it.
 */
#include "kernel/module/module.h"
#include "tests/kernel/module/modules.h"

static unsigned another(unsigned x)
{
	return x;
}

REPLACE(module_test_old, another);
