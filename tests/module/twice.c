// SPDX-License-Identifier: MIT
/*
 * Exports what the kernel has.
 */
#include "lib/export.h"

unsigned module_test_inits;
EXPORT_SYMBOL(module_test_inits);
