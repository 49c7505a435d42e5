/* SPDX-License-Identifier: MIT */
/*
 * Programs, in ring 3, as the entries see them: what they call, what they do wrong, and when they
 * go on. What that means is the upper floors', which register themselves here.
 *
 *	user_syscall = call_by_number;
 *	user_fault = end_the_task;
 *	sysenter_init_cpu();
 *
 * A program gives its system call's number in eax and arguments in ebx, ecx, edx, esi, edi; it
 * calls the code at USER_PAGE, or uses int 0x80 itself. ds, es and ss are flat whenever it comes
 * back, fs is the kernel's, gs is its own.
 */
#ifndef ARCH_X86_TRAP_USER_H
#define ARCH_X86_TRAP_USER_H

#include "arch/x86/cpu/percpu.h"
#include "arch/x86/trap/regs.h"
#include <stdbool.h>
#include <stdint.h>

/* Addresses of programs, the same in each; all others are the kernel's. */
#define USER_BASE 0xc0000000u
#define USER_END  0xf0000000u
#define USER_PAGE (USER_END - 4096) /* with the code that makes system calls: sysenter.asm */

static inline bool user_owns(uint32_t address)
{
	return address - USER_BASE < USER_END - USER_BASE;
}

/*
 * Set while one CPU runs. They are called on the program's kernel stack with interrupts on, but
 * user_leave with them off, and may take as long as they like, or never come back.
 */
extern void (*user_syscall)(struct user_regs *regs); /* the result goes to eax */
extern void (*user_fault)(struct user_regs *regs, uint32_t cr2);
extern void (*user_leave)(struct user_regs *regs); /* trap_attention was not 0: make it 0 */

/*
 * A page fault at a program's address, of a program or of the kernel (regs says which). True: the
 * page is there now. With interrupts on if they were.
 */
extern bool (*user_page_fault)(const struct regs *regs, uint32_t address);

/* A CPU's: something is to be done before the program that runs there goes on. */
DECLARE_PER_CPU(volatile uint32_t, trap_attention);

/* Go on as a program, with these registers, which lie where its kernel stack begins. In paths.asm. */
_Noreturn void user_enter(struct user_regs *regs);

/* For trap.c: true if the page is there now. */
bool user_page_comes(const struct regs *regs, uint32_t address);

#endif
