// SPDX-License-Identifier: MIT
/*
 * Nothing may be lost by what nobody expects: without its end, an interrupt of this priority would
 * keep all below it away for ever.
 */
#include "arch/x86/trap/stray.h"
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/trap/regs.h"
#include <stddef.h>

#define FIRST (NR_TRAPS + NR_IRQS)

bool (*stray_acknowledge)(unsigned vector);

static atomic_t counts[NR_VECTORS - FIRST];

void stray_handle(struct regs *regs);
void trap_handle(struct regs *regs);

void stray_handle(struct regs *regs)
{
	if (stray_acknowledge && stray_acknowledge(regs->vector))
		atomic_inc(&counts[regs->vector - FIRST]);
	else
		trap_handle(regs);
}

uint32_t stray_count(unsigned vector)
{
	return atomic_read(&counts[vector - FIRST]);
}
