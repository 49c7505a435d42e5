/* SPDX-License-Identifier: MIT */
/*
 * What CPU this is: CPUID, once. Feature numbers are those of pv/feature.h.
 *
 *	cpu_detect(has_cpuid);
 *	if (cpu_has(X86_FEATURE_TSC)) ...
 */
#ifndef ARCH_X86_CPU_CPU_H
#define ARCH_X86_CPU_CPU_H

#include "pv/feature.h"
#include "pv/nops.h"
#include "pv/types.h"
#include <stdbool.h>
#include <stdint.h>

struct cpu {
	char vendor[13];
	char model_name[49]; /* empty if the CPU does not say */
	unsigned family, model, stepping;
	uint32_t features[PV_FEATURE_WORDS];  /* as pv/feature.h numbers them */
	uint32_t forgotten[PV_FEATURE_WORDS]; /* not in these: cpu_forget() */
	bool has_cpuid, has_fpu;
	char hypervisor[13]; /* "TCGTCGTCGTCG"; "" where there is none, or it does not say so */
};

extern struct cpu boot_cpu;

/*
 * has_cpuid: what boot.asm found. Without CPUID, or where it has no leaf 1, as early ones: a 486,
 * no features.
 */
void cpu_detect(bool has_cpuid);

/* Has the boot CPU this leaf of CPUID? One that it has not looks like another one. */
bool cpu_has_leaf(uint32_t number);

/*
 * From here on the boot CPU has it not, nor what needs it: before anybody asks. False: it had not.
 */
bool cpu_forget(unsigned feature);

/* Nothing to the CPU; the compiler keeps the loop around it. */
static inline void cpu_barrier(void)
{
	asm volatile("");
}

/* `pause`, in every loop that waits for another CPU; on the old a NOP. */
PV_ALWAYS_INLINE void cpu_relax(void)
{
	asm volatile("rep; nop" : : : "memory");
}

/* The boot CPU's. */
bool cpu_has(unsigned feature);

/* The same, where the answer is acted upon: another CPU that lacks the feature then stays off. */
bool cpu_use(unsigned feature);

/* Was cpu_use() true for it? */
bool cpu_uses(unsigned feature);

/*
 * The first feature in use that a CPU with these features lacks, -1 if none. Word 3, which CPUID
 * does not have, is derived from the others.
 */
int cpu_missing(const uint32_t features[PV_FEATURE_WORDS]);

/*
 * Whose time is measured here: "an emulator", "a virtual machine", or "a machine" where nothing says
 * otherwise.
 */
const char *cpu_whose_time(void);

enum pv_vendor cpu_vendor(void);

/*
 * From here on an FPU instruction is an exception, of MMX and SSE as well: nobody keeps their registers
 * from task to task. Before others come, which get CR0 from this one.
 */
void cpu_forbid_fpu(void);

#endif
