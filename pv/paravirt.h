/* SPDX-License-Identifier: MIT */
/*
 * The operations of pv/calls.h by Linux's names, for who has none of his own by these:
 *
 *	unsigned long flags;
 *	local_irq_save(flags);
 *	...
 *	local_irq_restore(flags);
 *
 * In a file for GNU as: PARA_SITE.
 */
#ifndef PV_PARAVIRT_H
#define PV_PARAVIRT_H

#ifdef __ASSEMBLER__
#include "pv/para.h"
#else
#include "pv/calls.h"

typedef pv_pte_t pte_t;

#include "pv/made/names.h"

#ifndef X86_EFLAGS_IF
#define X86_EFLAGS_IF PV_EFLAGS_IF
#endif

/* The leaf's subleaf 0. */
static inline void cpuid(uint32_t leaf, uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
	*eax = leaf;
	*ecx = 0;
	pv_cpuid(eax, ebx, ecx, edx);
}
#define cpuid(leaf, eax, ebx, ecx, edx) cpuid(PV_WORD(leaf), eax, ebx, ecx, edx)

static inline uint32_t get_kernel_rpl(void)
{
	return pv_kernel_rpl();
}

PV_ALWAYS_INLINE unsigned long arch_local_irq_save(void)
{
	return pv_irq_save();
}

#define local_irq_save(flags)    ((flags) = arch_local_irq_save())
#define local_irq_restore(flags) arch_local_irq_restore(flags)
#define local_save_flags(flags)  ((flags) = arch_local_save_flags())

PV_ALWAYS_INLINE bool irqs_disabled(void)
{
	return pv_irqs_are_off();
}
#endif

#endif
