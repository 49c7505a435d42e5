/* SPDX-License-Identifier: MIT */
/*
 * Where a kind's table is, and which form its records have. A section of that name, or the symbols
 * around it; of a kind that hides in another section, the longest run of records that can all be
 * right. The form is the one in which the most bytes of the table are records that can be right.
 *
 *	tables_find(&kernel, &branches_kind, &kernel.tables[KIND_BRANCHES]);
 */
#ifndef TOOLS_PVTOOL_LINUX_TABLES_H
#define TOOLS_PVTOOL_LINUX_TABLES_H

#include "linux/kernel.h"

/*
 * *out has no form if there is no such table. Its records are to be freed. False, after a line on
 * stderr, if there are more than any kernel has.
 */
bool tables_find(const struct kernel *kernel, const struct kind *kind, struct kernel_table *out);

#endif
