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
#include "arch/x86/trap/regs.h"
#include <stdint.h>

struct desc_ptr;

/* The IDT: a gate for every vector. After gdt_init(). In idt.c. */
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

/*
 * A CPU's, instead of trap_debug_hook for a single step (DR6.BS), while set: gather.c's way out of
 * a site.
 */
DECLARE_PER_CPU(trap_hook_fn *volatile, trap_step_hook);

/*
 * An exception in an interrupt's handler, or in a hook, is its own, not that of the code which it
 * interrupted and which had said trap_try(): around the handler.
 */
struct attempt;
struct attempt *trap_try_suspend(void);
void trap_try_resume(struct attempt *outer);

/* Set or clear EFLAGS.TF: a debug exception after every instruction from here on. */
void trap_single_step(int on);

/* What the IDT register holds, for another CPU's. In idt.c. */
void trap_idt(struct desc_ptr *ptr);

#endif
