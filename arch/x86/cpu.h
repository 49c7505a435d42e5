/* SPDX-License-Identifier: MIT */
/*
 * What CPU this is: CPUID, once. Feature numbers are those of pv/feature.h.
 *
 *	cpu_detect(has_cpuid);
 *	if (cpu_has(X86_FEATURE_TSC)) ...
 */
#ifndef ARCH_X86_CPU_H
#define ARCH_X86_CPU_H

#include "pv/feature.h"
#include "pv/nops.h"
#include <stdbool.h>
#include <stdint.h>

struct cpu {
	char vendor[13];
	char model_name[49]; /* empty if the CPU does not say */
	unsigned family, model, stepping;
	uint32_t features[PV_FEATURE_WORDS]; /* as pv/feature.h numbers them */
	bool has_cpuid, has_fpu;
};

extern struct cpu boot_cpu;

/* has_cpuid: what boot.asm found. Without CPUID: a 486, no features. */
void cpu_detect(bool has_cpuid);

/* Nothing to the CPU; the compiler keeps the loop around it. */
static inline void cpu_barrier(void)
{
	asm volatile("");
}

bool cpu_has(unsigned feature);
enum pv_vendor cpu_vendor(void);

#endif
