// SPDX-License-Identifier: MIT
/*
 * A branch of a key that changes all the time, and a count that two CPUs lose without its lock prefix.
 */
#include "tests/kernel/live/stress.h"
#include "arch/x86/cpu/atomic.h"
#include "kernel/module/module.h"
#include "lib/export.h"
#include "tests/kernel/live/branch.h"

BRANCH(stress_in_module, static_branch_unlikely(&stress_keys[0]))
EXPORT_SYMBOL(stress_in_module);

void stress_count_there(atomic_t *n);
EXPORT_SYMBOL(stress_count_there);
void stress_count_there(atomic_t *n)
{
	atomic_inc(n);
}
