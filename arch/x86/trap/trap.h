/* SPDX-License-Identifier: MIT */
/*
 * Exceptions. Most come through entry.asm's common path, which contains sites like all other code.
 * Vectors 1, 2, 3 and 18 can come while text is half written: their path (stub, trap_exempt(),
 * hooks) has none, and the double fault is a task of its own.
 *
 *	struct regs at;
 *	vector = trap_try(function, argument, &at);	// TRAP_NONE: it returned
 */
#ifndef ARCH_X86_TRAP_TRAP_H
#define ARCH_X86_TRAP_TRAP_H

#include "arch/x86/cpu/percpu.h"
#include <stdint.h>

#define TRAP_DB     1
#define TRAP_NMI    2
#define TRAP_BP     3
#define TRAP_UD     6
#define TRAP_DF     8
#define TRAP_GP     13
#define TRAP_PF     14
#define TRAP_MC     18
#define TRAP_NONE   0xffffffffu
#define NR_TRAPS    32
#define NR_IRQS     32
#define IRQ_VECTOR0 32

struct desc_ptr;

/* As entry.asm pushes it. esp is the value before pushad: of no use, the frame has no esp. */
struct regs {
	uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
	uint32_t vector, error, eip, cs, eflags;
};
_Static_assert(sizeof(struct regs) == 52, "entry.asm counts on it");

/* The IDT: 32 exceptions and 32 interrupts. */
void trap_init(void);

/* "page fault" and so on. */
const char *trap_name(unsigned vector);

/*
 * Run fn(arg). If it raises an exception (not NMI, #MC or a double fault), come back with its
 * vector and the registers at that point in *at; interrupts are then as they were at the call.
 */
uint32_t trap_try(void (*fn)(void *), void *arg, struct regs *at);

/* How many NMIs came to a CPU, and how many of them while no hook was set: nobody sent those. */
DECLARE_PER_CPU(volatile uint32_t, trap_nmis);
DECLARE_PER_CPU(volatile uint32_t, trap_nmis_unexpected);

/*
 * A CPU's: called for each NMI, and for each debug exception, while set. They may come in the
 * middle of a pass: such a function lies in PV_TEXT and calls nothing outside it.
 */
typedef void trap_hook_fn(struct regs *regs);
DECLARE_PER_CPU(trap_hook_fn *volatile, trap_nmi_hook);
DECLARE_PER_CPU(trap_hook_fn *volatile, trap_debug_hook);

/* Set or clear EFLAGS.TF: a debug exception after every instruction from here on. */
void trap_single_step(int on);

/* What the IDT register holds, for another CPU's. */
void trap_idt(struct desc_ptr *ptr);

/* In entry.asm. */
void segments_reload(void);
void double_fault_entry(void);

#endif
