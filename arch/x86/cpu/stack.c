// SPDX-License-Identifier: MIT
/*
 * Where the stacks lie: linker.ld has made room for them.
 */
#include "arch/x86/cpu/stack.h"
#include "pv/host.h"
#include <stddef.h>

#define GUARD 4096u

DEFINE_PER_CPU(uint32_t, task_stack_low);
DEFINE_PER_CPU(uint32_t, task_stack_top);

static PV_TEXT uint32_t task_room_above(uint32_t address)
{
	const uint32_t low = this_cpu_read(task_stack_low), top = this_cpu_read(task_stack_top);

	return address >= low && address < top ? top - address : 0;
}

bool stack_of_task_ends(uint32_t esp)
{
	const uint32_t low = this_cpu_read(task_stack_low);

	return low && esp >= low - GUARD && esp <= low + 64;
}

PV_TEXT uint32_t stack_room_above(uint32_t address)
{
	uint32_t offset = address - (uint32_t)cpu_stacks;
	unsigned cpu = offset / sizeof(cpu_stacks[0]);

	if (cpu >= CPUS_MAX || address < (uint32_t)cpu_stacks[cpu].stack ||
	    address >= stack_top(cpu))
		return task_room_above(address);
	return stack_top(cpu) - address;
}

void *smp_stack_guard(unsigned i)
{
	extern uint8_t stacks_end_guard[];

	if (i >= 2 * CPUS_MAX)
		return i == 2 * CPUS_MAX ? stacks_end_guard : NULL;
	return i % 2 ? cpu_stacks[i / 2].double_fault_guard : cpu_stacks[i / 2].guard;
}
