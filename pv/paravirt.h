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
 * What each does on bare hardware is in the Intel SDM, volume 2, under the instruction's name.
 */
#ifndef PV_PARAVIRT_H
#define PV_PARAVIRT_H

#include "pv/types.h"
#include <stdbool.h>

#ifndef CONFIG_PARAVIRT
#define CONFIG_PARAVIRT 1
#endif

#if CONFIG_PARAVIRT
#include "pv/site_ops.h"
#else
#include "pv/bare_ops.h"
#endif

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
