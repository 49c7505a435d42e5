/* SPDX-License-Identifier: MIT */
/*
 * One CPU's way from reset to ap_main(), seen from the boot CPU: INIT, start-up, and a word about
 * what it can do.
 *
 *	result = smp_start(cpu, page);
 */
#ifndef ARCH_X86_SMP_SMP_START_H
#define ARCH_X86_SMP_SMP_START_H

#include "arch/x86/smp/smp.h"

#define SMP_PATIENCE_MS 1000 /* an emulated CPU may have to wait for its host */

/*
 * SMP_OK: it is on its way to ap_main(), which runs there with interrupts off, its own stack and
 * tables. SMP_NO_ANSWER, SMP_LACKS (smp_lacking has the feature's name): it is not.
 */
enum smp_result smp_start(unsigned cpu, uint32_t page);

_Noreturn void ap_main(void);

#endif
