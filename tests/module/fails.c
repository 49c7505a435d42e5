// SPDX-License-Identifier: MIT
/*
 * Its init fails when the key of the kernel's is off, and it has no exit.
 */
#include "kernel/module/module.h"
#include "tests/kernel/module/modules.h"

static int start(void)
{
	return static_branch_unlikely(&module_test_key) ? 0 : -5;
}

module_init(start);
