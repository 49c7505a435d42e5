// SPDX-License-Identifier: MIT
/*
 * What the kernel's sites are: in sum.
 */
#include "kernel/patch/patching.h"
#include "kernel/shell/commands.h"

bool cmd_stats(unsigned n, char **words)
{
	(void)n;
	(void)words;
	patching_table();
	return true;
}
