/* SPDX-License-Identifier: MIT */
/*
 * The privileged operations, each one call site that the patcher rewrites; no caller sees the table
 * or a macro. All names here begin with pv_ or PV_; Linux's, in addition, come with pv/paravirt.h.
 *
 *	unsigned long flags = pv_irq_save();
 *	...
 *	pv_restore_fl(flags);
 *
 * With CONFIG_PARAVIRT=0 the same names are bare instructions, for a kernel to measure against.
 * What each does on bare hardware is in the Intel SDM, volume 2, under the instruction's name. What
 * each is, as a site and bare, stands in pv/made/calls.h, which is made of pv/ops.def.
 */
#ifndef PV_CALLS_H
#define PV_CALLS_H

#include "pv/types.h"
#include <stdbool.h>

#if CONFIG_PARAVIRT
#include "pv/paravirt_types.h"
#else
#include "pv/bare_ops.h"
#endif
#include "pv/made/calls.h"

static inline uint32_t pv_kernel_rpl(void)
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

/* Interrupts off; returns what pv_restore_fl() wants. */
PV_ALWAYS_INLINE unsigned long pv_irq_save(void)
{
	unsigned long flags = pv_save_fl();

	pv_irq_disable();
	return flags;
}

PV_ALWAYS_INLINE bool pv_irqs_are_off(void)
{
	return !(pv_save_fl() & PV_EFLAGS_IF);
}

#endif
