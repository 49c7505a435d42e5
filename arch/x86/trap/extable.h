/* SPDX-License-Identifier: MIT */
/*
 * Instructions of the kernel that may fault, each with the place where it then goes on. In NASM, with
 * arch/x86/trap/extable.inc:
 *
 *	.load:	mov	eax, [esi]
 *		EXTABLE	.load, .bad
 *
 * The table is the section __ex_table, of records { s32 instruction, s32 goes_on }, each relative to
 * its own field, as Linux's were.
 */
#ifndef ARCH_X86_TRAP_EXTABLE_H
#define ARCH_X86_TRAP_EXTABLE_H

#include "arch/x86/trap/regs.h"
#include <stdbool.h>

/* An exception that is no breakpoint: send it on if it is one of these. False: it is not. */
bool extable_fix(struct regs *regs);

/* Is it one of these that faulted? */
bool extable_knows(const struct regs *regs);

#endif
