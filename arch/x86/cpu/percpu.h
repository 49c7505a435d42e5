/* SPDX-License-Identifier: MIT */
/*
 * A CPU's own variables, one instruction each, so that an interrupt cannot come in between:
 *
 *	static DEFINE_PER_CPU(uint32_t, ticks);
 *	this_cpu_inc(ticks);
 *	sum += per_cpu(ticks, cpu);		// another CPU's
 *
 * They lie in .bss.percpu and begin as 0. CPU n's copy is n times the section's size further on,
 * and its %fs has that distance as its base:
 *
 *	_percpu      _percpu_end
 *	| CPU 0's    | CPU 1's    | CPU 2's    | ...
 *
 * CPU 0's copy is the section itself, so flat %fs is right from the first instruction on, and a
 * variable's plain name is CPU 0's. In NASM: [fs:variable].
 */
#ifndef ARCH_X86_CPU_PERCPU_H
#define ARCH_X86_CPU_PERCPU_H

#include <stdint.h>

#define CPUS_MAX 16 /* CPUs that there is room for */

#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name
#define DEFINE_PER_CPU(type, name)  __attribute__((section(".bss.percpu"))) __typeof__(type) name

/* This CPU's copy of a variable of four bytes: a number or a pointer. */
#define this_cpu_read(var)                                                    \
	({                                                                    \
		uint32_t value_;                                              \
		_Static_assert(sizeof(var) == 4, "one instruction: 4 bytes"); \
		asm volatile("movl %%fs:%1, %0" : "=r"(value_) : "m"(var));   \
		(__typeof__(var))value_;                                      \
	})
#define this_cpu_write(var, value)                                                                 \
	do {                                                                                       \
		_Static_assert(sizeof(var) == 4, "one instruction: 4 bytes");                      \
		asm volatile("movl %1, %%fs:%0" : "=m"(var) : "ri"((uint32_t)(value)) : "memory"); \
	} while (0)
#define this_cpu_inc(var)                                                     \
	do {                                                                  \
		_Static_assert(sizeof(var) == 4, "one instruction: 4 bytes"); \
		asm volatile("incl %%fs:%0" : "+m"(var) : : "memory", "cc");  \
	} while (0)
#define this_cpu_dec(var)                                                     \
	do {                                                                  \
		_Static_assert(sizeof(var) == 4, "one instruction: 4 bytes"); \
		asm volatile("decl %%fs:%0" : "+m"(var) : : "memory", "cc");  \
	} while (0)

extern uint8_t _percpu[], _percpu_end[];

/* How far CPU number `cpu`'s copies are from CPU 0's, in bytes. */
static inline uint32_t per_cpu_offset(unsigned cpu)
{
	return cpu * (uint32_t)(_percpu_end - _percpu);
}

static inline void *per_cpu_address(volatile void *variable, unsigned cpu)
{
	uint32_t address = (uint32_t)variable + per_cpu_offset(cpu);

	asm("" : "+r"(address)); /* not inside the object that the compiler knows */
	return (void *)address;
}

/* Any CPU's copy, as a variable. cpu: 0 to CPUS_MAX - 1. */
#define per_cpu(var, cpu) (*(__typeof__(var) *)per_cpu_address(&(var), cpu))

/* The number of the CPU that runs; 0 is the one that booted. */
DECLARE_PER_CPU(uint32_t, cpu_number);
#define smp_processor_id() this_cpu_read(cpu_number)

#endif
