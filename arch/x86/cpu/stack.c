// SPDX-License-Identifier: MIT
/*
 * Where the stacks lie: linker.ld has made room for them.
 */
#include "arch/x86/cpu/stack.h"
#include "pv/host.h"
#include <stddef.h>

PV_TEXT uint32_t stack_room_above(uint32_t address)
{
	uint32_t offset = address - (uint32_t)cpu_stacks;
	unsigned cpu = offset / sizeof(cpu_stacks[0]);

	if (cpu >= CPUS_MAX || address < (uint32_t)cpu_stacks[cpu].stack ||
	    address >= stack_top(cpu))
		return 0;
	return stack_top(cpu) - address;
}

void *smp_stack_guard(unsigned i)
{
	extern uint8_t stacks_end_guard[];

	if (i >= 2 * CPUS_MAX)
		return i == 2 * CPUS_MAX ? stacks_end_guard : NULL;
	return i % 2 ? cpu_stacks[i / 2].double_fault_guard : cpu_stacks[i / 2].guard;
}
