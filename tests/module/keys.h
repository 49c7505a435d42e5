/* SPDX-License-Identifier: MIT */
/*
 * A function of a module's that uses a key of another module's, and one of the kernel's: a bit for each that is on.
 */
#include "kernel/module/module.h"
#include "lib/export.h"
#include "tests/kernel/module/modules.h"

#define USES_KEYS(function)                                   \
	unsigned function(void);                              \
	EXPORT_SYMBOL(function);                              \
	unsigned function(void)                               \
	{                                                     \
		unsigned on = 0;                              \
                                                              \
		if (static_branch_likely(&sites_key))         \
			on |= 1;                              \
		if (static_branch_unlikely(&module_test_key)) \
			on |= 2;                              \
		return on;                                    \
	}
