/* SPDX-License-Identifier: MIT */
/*
 * The native functions of native.S and native.c, for the native table and for other back ends
 * that keep some of them. They may also be called directly where a site must not be: in code that
 * runs while text is half written.
 */
#ifndef PV_NATIVE_H
#define PV_NATIVE_H

#include "pv/paravirt_types.h"

/* Some ops share a function, or need none. */
#define native_write_gdt_entry native_write_entry
#define native_write_idt_entry native_write_entry
#define native_make_pte        paravirt_ident_64
#define native_pte_val         paravirt_ident_64
#define native_enter_lazy_mmu  paravirt_nop
#define native_leave_lazy_mmu  paravirt_nop

/*
 * A prototype native_NAME for each op; NATIVE_OPS, a struct pv_ops of all of them, and
 * NATIVE_CPU_OPS and so on, its groups:
 *
 *	PV_TABLE(mine, .init.patch = my_patch, .irq.halt = PV_CALLEE_SAVE(my_halt));
 */
#include "pv/made/native.h"

/*
 * CR4 came with the features that it controls, and a CPU without any of them may lack it: reading
 * it there is #UD (SDM volume 3, 2.5).
 */
bool pv_cpu_has_cr4(void);

#endif
