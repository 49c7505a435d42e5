/* SPDX-License-Identifier: MIT */
/*
 * What the CPU was doing when it entered the kernel, and by which of the IDT's vectors.
 *
 *	if (regs->vector == TRAP_PF)
 *		panic_regs(regs, "page fault");
 */
#ifndef ARCH_X86_TRAP_REGS_H
#define ARCH_X86_TRAP_REGS_H

#include <stdint.h>

#define TRAP_DB     1
#define TRAP_NMI    2
#define TRAP_BP     3
#define TRAP_UD     6
#define TRAP_DF     8
#define TRAP_NP     11
#define TRAP_SS     12
#define TRAP_GP     13
#define TRAP_PF     14
#define TRAP_MC     18
#define TRAP_NONE   0xffffffffu
#define NR_TRAPS    32
#define NR_IRQS     32
#define NR_VECTORS  256 /* those above are nobody's: stray.h */
#define IRQ_VECTOR0 32

#define SYSCALL_VECTOR 0x80

/* As entry.asm pushes it. esp is the value before pushad: of no use, the frame has no esp. */
struct regs {
	uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
	uint32_t vector, error, eip, cs, eflags;
};
_Static_assert(sizeof(struct regs) == 52, "entry.asm counts on it");

/* The same of a program: the CPU has pushed its stack pointer, too. */
struct user_regs {
	struct regs regs;
	uint32_t esp, ss;
};

/* Did it come from a program? Those are in ring 3, and the kernel in ring 0 or, of a guest, 1. */
static inline int regs_of_user(const struct regs *regs)
{
	return regs->cs & 2;
}

#endif
