/* SPDX-License-Identifier: MIT */
/*
 * One CPU's way from reset to the kernel, seen from the boot CPU: INIT, start-up, and a word about
 * what it can do.
 *
 *	result = smp_start(cpu, page, ap_main);
 */
#ifndef ARCH_X86_SMP_SMP_START_H
#define ARCH_X86_SMP_SMP_START_H

#include "arch/x86/smp/result.h"
#include <stdbool.h>
#include <stdint.h>

#define SMP_PATIENCE_MS 1000 /* an emulated CPU may have to wait for its host */

/* In one of its features in use: the last that a CPU turned out to lack (SMP_LACKS). */
extern char smp_lacking[32];

/* Reset one that does not come, so that it does not come later. False: it has come, or panics. */
bool smp_drop(unsigned cpu);

/*
 * For a CPU that is CPU_OFF. SMP_OK: it is on its way to entry(), which runs there with interrupts
 * off, its own stack and tables, and does not return; it is still CPU_WOKEN. SMP_NO_ANSWER,
 * SMP_LACKS (smp_lacking has the feature's name): it is off again.
 */
enum smp_result smp_start(unsigned cpu, uint32_t page, void (*entry)(void));

#endif
