/* SPDX-License-Identifier: MIT */
/*
 * The native functions of native.asm, for the native table and for other back ends that keep some
 * of them. They may also be called directly where a site must not be: in code that runs while text
 * is half written.
 */
#ifndef PV_BACKEND_NATIVE_H
#define PV_BACKEND_NATIVE_H

#include "pv/paravirt_types.h"

/* Callee-save: they change their result and EFLAGS only. */
uint32_t native_save_fl(void);
PV_FN void native_restore_fl(uint32_t flags);
void native_irq_disable(void);
void native_irq_enable(void);
void native_safe_halt(void);
void native_halt(void);

/* The same six as PV_CALLEE_SAVE() wants them. */
extern void __raw_callee_save_native_save_fl(void);
extern void __raw_callee_save_native_restore_fl(void);
extern void __raw_callee_save_native_irq_disable(void);
extern void __raw_callee_save_native_irq_enable(void);
extern void __raw_callee_save_native_safe_halt(void);
extern void __raw_callee_save_native_halt(void);

PV_FN void native_cpuid(uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx);
PV_FN uint32_t native_read_cr0(void);
PV_FN void native_write_cr0(uint32_t value);
PV_FN uint32_t native_read_cr2(void);
PV_FN uint32_t native_read_cr3(void);
PV_FN void native_write_cr3(uint32_t value);
PV_FN uint32_t native_read_cr4(void);
PV_FN void native_write_cr4(uint32_t value);
PV_FN void native_clts(void);
PV_FN uint32_t native_get_debugreg(unsigned reg);
PV_FN void native_set_debugreg(unsigned reg, uint32_t value);
PV_FN void native_load_gdt(const struct desc_ptr *gdt);
PV_FN void native_load_idt(const struct desc_ptr *idt);
PV_FN void native_load_tr(uint32_t selector);
PV_FN void native_write_entry(void *table, unsigned entry, uint32_t low, uint32_t high);
PV_FN void native_load_sp0(struct tss *tss, uint32_t sp0);
PV_FN uint64_t native_read_msr(uint32_t msr);
PV_FN void native_write_msr(uint32_t msr, uint32_t low, uint32_t high);
PV_FN void native_wbinvd(void);
void native_iret(void);
PV_FN void native_io_delay(void);
PV_FN void native_flush_tlb(void);
PV_FN void native_flush_tlb_single(uint32_t address);
PV_FN uint64_t native_read_tsc(void);

#endif
