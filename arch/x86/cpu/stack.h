/* SPDX-License-Identifier: MIT */
/*
 * A CPU's stacks: the kernel's, and one for the double fault. The page below each is a guard, which
 * is not mapped once paging is on, so that an overflow faults at once. There is one behind the last
 * stack, too, so that each ends at a guard.
 *
 *	boot_stack_guard = cpu_stacks[0].guard		boot_stack_top = the end of
 * cpu_stacks[0].stack
 */
#ifndef ARCH_X86_CPU_STACK_H
#define ARCH_X86_CPU_STACK_H

#include "arch/x86/cpu/percpu.h"
#include <stdbool.h>
#include <stdint.h>

struct cpu_stacks {
	uint8_t guard[4096], stack[16384];
	uint8_t double_fault_guard[4096], double_fault_stack[4096];
};
_Static_assert(sizeof(struct cpu_stacks) == 28672 && CPUS_MAX == 16, "linker.ld counts on it");

extern struct cpu_stacks cpu_stacks[CPUS_MAX];

/* What a stack pointer starts with. */
static inline uint32_t stack_top(unsigned cpu)
{
	return (uint32_t)(cpu_stacks[cpu].stack + sizeof(cpu_stacks[cpu].stack));
}

/* A task's stack, while one runs on this CPU: its two ends, 0 where it is the CPU's own. */
DECLARE_PER_CPU(uint32_t, task_stack_low);
DECLARE_PER_CPU(uint32_t, task_stack_top);

/* Has a task that runs here come to the lower end of its stack with this stack pointer? */
bool stack_of_task_ends(uint32_t esp);

/* Bytes from this address to the top of the kernel stack that it lies in; 0: in none. */
uint32_t stack_room_above(uint32_t address);

/* The guards, page by page: i from 0 on, until it returns NULL. */
void *smp_stack_guard(unsigned i);

#endif
