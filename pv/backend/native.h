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
PV_FN uint64_t native_read_msr(uint32_t any, uint32_t any2, uint32_t msr);
PV_FN void native_write_msr(uint32_t low, uint32_t high, uint32_t msr);
PV_FN void native_wbinvd(void);
void native_iret(void);
PV_FN void native_io_delay(void);
PV_FN void native_flush_tlb(void);
PV_FN void native_flush_tlb_single(uint32_t address);
PV_FN uint64_t native_read_tsc(void);
PV_FN uint32_t native_read_cr4_safe(void);
PV_FN uint64_t native_sched_clock(void);

/* Parts of a struct pv_ops, for a back end that changes only some of it. */
#define NATIVE_CPU_OPS                                                                           \
	.cpuid = native_cpuid, .read_cr0 = native_read_cr0, .write_cr0 = native_write_cr0,       \
	.read_cr2 = native_read_cr2, .read_cr3 = native_read_cr3, .write_cr3 = native_write_cr3, \
	.read_cr4 = native_read_cr4, .read_cr4_safe = native_read_cr4_safe,                      \
	.write_cr4 = native_write_cr4, .clts = native_clts, .get_debugreg = native_get_debugreg, \
	.set_debugreg = native_set_debugreg, .load_gdt = native_load_gdt,                        \
	.load_idt = native_load_idt, .load_tr = native_load_tr,                                  \
	.write_gdt_entry = native_write_entry, .write_idt_entry = native_write_entry,            \
	.load_sp0 = native_load_sp0, .read_msr = native_read_msr, .write_msr = native_write_msr, \
	.wbinvd = native_wbinvd, .io_delay = native_io_delay
#define NATIVE_MMU_OPS                                               \
	.make_pte = paravirt_ident_64, .pte_val = paravirt_ident_64, \
	.flush_tlb = native_flush_tlb, .flush_tlb_single = native_flush_tlb_single
#define NATIVE_TIME_OPS .read_tsc = native_read_tsc, .sched_clock = native_sched_clock

#endif
