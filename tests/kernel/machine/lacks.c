// SPDX-License-Identifier: MIT
#include "tests/kernel/machine/lacks.h"
#include <stddef.h>

static void step(void *unused)
{
	(void)unused;
	trap_single_step(1);
	trap_single_step(0);
}

static void bound(void *unused)
{
	static const int32_t one_to_four[2] = {1, 4};

	(void)unused;
	asm volatile("bound %0, %1" : : "r"(5), "m"(one_to_four));
}

bool machine_lacks(uint32_t vector)
{
	struct regs at;

	return (vector == TRAP_DB && trap_try(step, NULL, &at) == TRAP_NONE) ||
	       (vector == 5 && trap_try(bound, NULL, &at) == TRAP_NONE);
}
