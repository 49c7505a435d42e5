/* SPDX-License-Identifier: MIT */
/*
 * The privileged operations, for everybody. Each is one call site that the patcher rewrites; the
 * names are Linux's. No caller sees the table or a macro:
 *
 *	unsigned long flags;
 *	local_irq_save(flags);
 *	...
 *	local_irq_restore(flags);
 *
 * With CONFIG_PARAVIRT=0 the same names are bare instructions, for a kernel to measure against.
 * What each does on bare hardware is in the Intel SDM, volume 2, under the instruction's name. What
 * each is, as a site and bare, stands in pv/made/calls.h, which is made of pv/ops.def.
 */
#ifndef PV_PARAVIRT_H
#define PV_PARAVIRT_H

#include "pv/types.h"
#include <stdbool.h>

#if CONFIG_PARAVIRT
#include "pv/paravirt_types.h"
#else
#include "pv/bare_ops.h"
#endif
#include "pv/made/calls.h"

/* The leaf's subleaf 0. */
static inline void cpuid(uint32_t leaf, uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
	*eax = leaf;
	*ecx = 0;
	cpuid_registers(eax, ebx, ecx, edx);
}
#define cpuid(leaf, eax, ebx, ecx, edx) cpuid(PV_WORD(leaf), eax, ebx, ecx, edx)

/*
 * As safe_halt(), by the table and not by a site: the CPU sleeps in a function, and not between the
 * instructions of a site, which may be others when it wakes.
 */
static inline void safe_halt_unpatched(void)
{
#if CONFIG_PARAVIRT
	void (*fn)(void) = pv_ops.irq.safe_halt.fn;

	asm("" : "+r"(fn)); /* otherwise this is a call through the table: a site */
	fn();
#else
	safe_halt();
#endif
}

static inline uint32_t get_kernel_rpl(void)
{
#if CONFIG_PARAVIRT
	return pv_ops.init.kernel_rpl;
#else
	return 0;
#endif
}

/*
 * Another CPU comes under the back end that was installed before: the first thing that it runs with
 * sites, with interrupts off.
 */
#if CONFIG_PARAVIRT
void pv_cpu_start(void);
#else
static inline void pv_cpu_start(void)
{
}
#endif

static inline unsigned long arch_local_irq_save(void)
{
	unsigned long flags = arch_local_save_flags();
	local_irq_disable();
	return flags;
}

#define local_irq_save(flags)    ((flags) = arch_local_irq_save())
#define local_irq_restore(flags) arch_local_irq_restore(flags)
#define local_save_flags(flags)  ((flags) = arch_local_save_flags())

static inline bool irqs_disabled(void)
{
	return !(arch_local_save_flags() & X86_EFLAGS_IF);
}

#endif
