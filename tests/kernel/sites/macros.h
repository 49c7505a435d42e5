/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/sites/macros.asm for C: registers filled with a pattern around a site, and functions
 * for slots.
 *
 *	around_before = pattern;
 *	sites_run(t, around_irq_disable, PV_TYPE_irq_disable, NULL, PV_INLINE, NULL);
 *	... around_after
 */
#ifndef TESTS_KERNEL_SITES_MACROS_H
#define TESTS_KERNEL_SITES_MACROS_H

#include <stdint.h>

struct around {
	uint32_t eax, ecx, edx, ebx, ebp, esi, edi, esp, flags;
};

/* What the registers are right before the site (esp is noted, not set) and right after it. */
extern struct around around_before, around_after;

/* One site each; around_call calls the code at around_code instead. */
void around_irq_disable(void *unused);
void around_irq_enable(void *unused);
void around_save_fl(void *unused);
void around_restore_fl(void *unused);
void around_io_delay(void *unused);
void around_cpuid(void *unused);
void around_iret(void *unused);
void around_call(void *unused);
extern const void *around_code;

/* For slots: note arguments, count, lose what the convention lets them, return macros_result. */
void macros_target(void);
void macros_callee_eax(void);
void macros_callee(void);
void macros_iret(void);
void macros_trash(void);
extern uint32_t macros_seen[8], macros_result[2];
extern volatile uint32_t macros_count;

/* A breakpoint instruction. */
void macros_int3(void *unused);

#endif
