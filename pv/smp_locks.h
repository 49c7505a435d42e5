/* SPDX-License-Identifier: MIT */
/*
 * Lock prefixes by Linux's name; what they are is in pv/smp_locks_types.h. For C, and for files of
 * GNU as, where it stands before an instruction; in NASM: pv/smp_locks.inc.
 *
 *	asm volatile(LOCK_PREFIX "incl %0" : "+m"(*counter));
 */
#ifndef PV_SMP_LOCKS_H
#define PV_SMP_LOCKS_H

#ifndef CONFIG_PARAVIRT
#define CONFIG_PARAVIRT 1
#endif

#ifdef __ASSEMBLER__
/* clang-format off */
.macro LOCK_PREFIX instruction:vararg
#if CONFIG_PARAVIRT
	.pushsection .smp_locks, "a", @progbits
	.balign 4
	.long 673f - .
	.popsection
673:
#endif
	lock \instruction
.endm
/* clang-format on */
#else
#include "pv/smp_locks_types.h"

#define LOCK_PREFIX PV_LOCK_PREFIX
#endif

#endif
