// SPDX-License-Identifier: MIT
/*
 * Uses a key of another module's, and one of the kernel's.
 */
#include "kernel/module/module.h"
#include "lib/export.h"
#include "tests/kernel/module/modules.h"

unsigned second_keys(void);
EXPORT_SYMBOL(second_keys);
unsigned second_keys(void)
{
	unsigned on = 0;

	if (static_branch_likely(&sites_key))
		on |= 1;
	if (static_branch_unlikely(&module_test_key))
		on |= 2;
	return on;
}
