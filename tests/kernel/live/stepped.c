// SPDX-License-Identifier: MIT
/*
 * The flag is the caller's from the return on, and so is that of whom it returns to.
 */
#include "tests/kernel/live/stepped.h"
#include "pv/poke.h"
#include <stddef.h>

static pv_committed_fn *tell;

static void tell_unstepped(const struct pv_change *changes, unsigned n,
			   const struct pv_stats *stats, const char *why_not)
{
	trap_single_step(0);
	tell(changes, n, stats, why_not);
	trap_single_step(1);
}

void stepped_begin(trap_hook_fn *hook)
{
	tell = pv_committed;
	if (tell)
		pv_committed = tell_unstepped;
	trap_debug_hook = hook;
	trap_single_step(1);
}

void stepped_end(void)
{
	trap_single_step(0);
	trap_debug_hook = NULL;
	pv_committed = tell;
}
