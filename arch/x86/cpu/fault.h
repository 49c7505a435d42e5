/* SPDX-License-Identifier: MIT */
/*
 * Instructions that raise an exception, for who wants one.
 *
 *	fault_ud();	// vector 6 at this very place
 */
#ifndef ARCH_X86_CPU_FAULT_H
#define ARCH_X86_CPU_FAULT_H

static inline void fault_ud(void)
{
	asm volatile("ud2");
}

static inline void fault_div(void)
{
	asm volatile("div %b2" : : "a"(1), "d"(0), "c"(0) : "cc");
}

#endif
