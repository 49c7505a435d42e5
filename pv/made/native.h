/* SPDX-License-Identifier: MIT */
/*
 * The native functions and the table of them.
 * Made by pv/ops.awk from pv/ops.def; what is changed here is lost. Included by pv/native.h.
 */
#ifndef PV_MADE_NATIVE_H
#define PV_MADE_NATIVE_H

PV_FN uint32_t native_save_fl(void);
extern void __raw_callee_save_native_save_fl(void);
PV_FN void native_restore_fl(uint32_t flags);
extern void __raw_callee_save_native_restore_fl(void);
PV_FN void native_irq_disable(void);
extern void __raw_callee_save_native_irq_disable(void);
PV_FN void native_irq_enable(void);
extern void __raw_callee_save_native_irq_enable(void);
PV_FN void native_safe_halt(void);
extern void __raw_callee_save_native_safe_halt(void);
PV_FN void native_halt(void);
extern void __raw_callee_save_native_halt(void);
PV_FN void native_irq_enter(void);
extern void __raw_callee_save_native_irq_enter(void);
PV_FN void native_irq_enter_program(void);
extern void __raw_callee_save_native_irq_enter_program(void);
PV_FN void native_cpuid(uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx);
PV_FN uint32_t native_read_cr0(void);
PV_FN void native_write_cr0(uint32_t value);
PV_FN uint32_t native_read_cr2(void);
PV_FN uint32_t native_read_cr3(void);
PV_FN void native_write_cr3(uint32_t value);
PV_FN uint32_t native_read_cr4(void);
PV_FN uint32_t native_read_cr4_safe(void);
PV_FN void native_write_cr4(uint32_t value);
PV_FN void native_clts(void);
PV_FN uint32_t native_get_debugreg(unsigned reg);
PV_FN void native_set_debugreg(unsigned reg, uint32_t value);
PV_FN void native_load_gdt(const struct desc_ptr *gdt);
PV_FN void native_load_idt(const struct desc_ptr *idt);
PV_FN void native_load_tr(uint32_t selector);
PV_FN void native_write_gdt_entry(void *gdt, unsigned entry, uint32_t low, uint32_t high);
PV_FN void native_write_idt_entry(void *idt, unsigned entry, uint32_t low, uint32_t high);
PV_FN void native_load_sp0(struct tss *tss, uint32_t sp0);
PV_FN uint64_t native_read_msr(uint32_t pv_any, uint32_t pv_any2, uint32_t msr);
PV_FN void native_write_msr(uint32_t value_low, uint32_t value_high, uint32_t msr);
PV_FN void native_wbinvd(void);
void native_iret(void);
void native_irq_enable_sysexit(void);
PV_FN void native_io_delay(void);
PV_FN uint64_t native_make_pte(uint32_t value_low, uint32_t value_high);
PV_FN uint64_t native_pte_val(uint32_t pte_low, uint32_t pte_high);
PV_FN void native_set_pte(void *entry, uint32_t pte_low, uint32_t pte_high);
PV_FN void native_set_pte_short(void *entry, uint32_t pte);
PV_FN void native_flush_tlb(void);
PV_FN void native_flush_tlb_single(uint32_t address);
PV_FN void native_enter_lazy_mmu(void);
PV_FN void native_leave_lazy_mmu(void);
PV_FN uint64_t native_read_tsc(void);
PV_FN uint64_t native_sched_clock(void);

/* That this was made of the same list as the rest: backend.c holds each against its PV_TYPE_. */
enum pv_native_made {
	PV_NATIVE_patch = 0,
	PV_NATIVE_kernel_rpl = 1,
	PV_NATIVE_save_fl = 2,
	PV_NATIVE_restore_fl = 3,
	PV_NATIVE_irq_disable = 4,
	PV_NATIVE_irq_enable = 5,
	PV_NATIVE_safe_halt = 6,
	PV_NATIVE_halt = 7,
	PV_NATIVE_irq_enter = 8,
	PV_NATIVE_irq_enter_program = 9,
	PV_NATIVE_cpuid = 10,
	PV_NATIVE_read_cr0 = 11,
	PV_NATIVE_write_cr0 = 12,
	PV_NATIVE_read_cr2 = 13,
	PV_NATIVE_read_cr3 = 14,
	PV_NATIVE_write_cr3 = 15,
	PV_NATIVE_read_cr4 = 16,
	PV_NATIVE_read_cr4_safe = 17,
	PV_NATIVE_write_cr4 = 18,
	PV_NATIVE_clts = 19,
	PV_NATIVE_get_debugreg = 20,
	PV_NATIVE_set_debugreg = 21,
	PV_NATIVE_load_gdt = 22,
	PV_NATIVE_load_idt = 23,
	PV_NATIVE_load_tr = 24,
	PV_NATIVE_write_gdt_entry = 25,
	PV_NATIVE_write_idt_entry = 26,
	PV_NATIVE_load_sp0 = 27,
	PV_NATIVE_read_msr = 28,
	PV_NATIVE_write_msr = 29,
	PV_NATIVE_wbinvd = 30,
	PV_NATIVE_iret = 31,
	PV_NATIVE_irq_enable_sysexit = 32,
	PV_NATIVE_io_delay = 33,
	PV_NATIVE_make_pte = 34,
	PV_NATIVE_pte_val = 35,
	PV_NATIVE_set_pte = 36,
	PV_NATIVE_set_pte_short = 37,
	PV_NATIVE_flush_tlb = 38,
	PV_NATIVE_flush_tlb_single = 39,
	PV_NATIVE_enter_lazy_mmu = 40,
	PV_NATIVE_leave_lazy_mmu = 41,
	PV_NATIVE_read_tsc = 42,
	PV_NATIVE_sched_clock = 43,
};

/* A group's functions but for those that are jumped to, as initializers of the group. */
#define NATIVE_IRQ_OPS \
	.save_fl = PV_CALLEE_SAVE(native_save_fl), \
	.restore_fl = PV_CALLEE_SAVE(native_restore_fl), \
	.irq_disable = PV_CALLEE_SAVE(native_irq_disable), \
	.irq_enable = PV_CALLEE_SAVE(native_irq_enable), \
	.safe_halt = PV_CALLEE_SAVE(native_safe_halt), \
	.halt = PV_CALLEE_SAVE(native_halt), \
	.irq_enter = PV_CALLEE_SAVE(native_irq_enter), \
	.irq_enter_program = PV_CALLEE_SAVE(native_irq_enter_program)

#define NATIVE_CPU_OPS \
	.cpuid = native_cpuid, \
	.read_cr0 = native_read_cr0, \
	.write_cr0 = native_write_cr0, \
	.read_cr2 = native_read_cr2, \
	.read_cr3 = native_read_cr3, \
	.write_cr3 = native_write_cr3, \
	.read_cr4 = native_read_cr4, \
	.read_cr4_safe = native_read_cr4_safe, \
	.write_cr4 = native_write_cr4, \
	.clts = native_clts, \
	.get_debugreg = native_get_debugreg, \
	.set_debugreg = native_set_debugreg, \
	.load_gdt = native_load_gdt, \
	.load_idt = native_load_idt, \
	.load_tr = native_load_tr, \
	.write_gdt_entry = native_write_gdt_entry, \
	.write_idt_entry = native_write_idt_entry, \
	.load_sp0 = native_load_sp0, \
	.read_msr = native_read_msr, \
	.write_msr = native_write_msr, \
	.wbinvd = native_wbinvd, \
	.io_delay = native_io_delay

#define NATIVE_MMU_OPS \
	.make_pte = native_make_pte, \
	.pte_val = native_pte_val, \
	.set_pte = native_set_pte, \
	.set_pte_short = native_set_pte_short, \
	.flush_tlb = native_flush_tlb, \
	.flush_tlb_single = native_flush_tlb_single, \
	.enter_lazy_mmu = native_enter_lazy_mmu, \
	.leave_lazy_mmu = native_leave_lazy_mmu

#define NATIVE_TIME_OPS \
	.read_tsc = native_read_tsc, \
	.sched_clock = native_sched_clock

/* All of them, as initializers of struct pv_ops; what follows them there replaces some. */
#define NATIVE_OPS \
	.irq = {NATIVE_IRQ_OPS}, \
	.cpu = {NATIVE_CPU_OPS, .iret = native_iret, .irq_enable_sysexit = native_irq_enable_sysexit}, \
	.mmu = {NATIVE_MMU_OPS}, \
	.time = {NATIVE_TIME_OPS}

/* X(group, name, convention, result, (parameters), (arguments)) for each function. */
#define PV_EACH_FUNCTION(X) \
	X(irq, save_fl, callee_eax, uint32_t, (void), ()) \
	X(irq, restore_fl, callee, void, (uint32_t flags), (flags)) \
	X(irq, irq_disable, callee, void, (void), ()) \
	X(irq, irq_enable, callee, void, (void), ()) \
	X(irq, safe_halt, callee, void, (void), ()) \
	X(irq, halt, callee, void, (void), ()) \
	X(irq, irq_enter, callee, void, (void), ()) \
	X(irq, irq_enter_program, callee, void, (void), ()) \
	X(cpu, cpuid, fast, void, (uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx), (eax, ebx, ecx, edx)) \
	X(cpu, read_cr0, fast, uint32_t, (void), ()) \
	X(cpu, write_cr0, fast, void, (uint32_t value), (value)) \
	X(cpu, read_cr2, fast, uint32_t, (void), ()) \
	X(cpu, read_cr3, fast, uint32_t, (void), ()) \
	X(cpu, write_cr3, fast, void, (uint32_t value), (value)) \
	X(cpu, read_cr4, fast, uint32_t, (void), ()) \
	X(cpu, read_cr4_safe, fast, uint32_t, (void), ()) \
	X(cpu, write_cr4, fast, void, (uint32_t value), (value)) \
	X(cpu, clts, fast, void, (void), ()) \
	X(cpu, get_debugreg, fast, uint32_t, (unsigned reg), (reg)) \
	X(cpu, set_debugreg, fast, void, (unsigned reg, uint32_t value), (reg, value)) \
	X(cpu, load_gdt, fast, void, (const struct desc_ptr *gdt), (gdt)) \
	X(cpu, load_idt, fast, void, (const struct desc_ptr *idt), (idt)) \
	X(cpu, load_tr, fast, void, (uint32_t selector), (selector)) \
	X(cpu, write_gdt_entry, fast, void, (void *gdt, unsigned entry, uint32_t low, uint32_t high), (gdt, entry, low, high)) \
	X(cpu, write_idt_entry, fast, void, (void *idt, unsigned entry, uint32_t low, uint32_t high), (idt, entry, low, high)) \
	X(cpu, load_sp0, fast, void, (struct tss *tss, uint32_t sp0), (tss, sp0)) \
	X(cpu, read_msr, fast, uint64_t, (uint32_t pv_any, uint32_t pv_any2, uint32_t msr), (pv_any, pv_any2, msr)) \
	X(cpu, write_msr, fast, void, (uint32_t value_low, uint32_t value_high, uint32_t msr), (value_low, value_high, msr)) \
	X(cpu, wbinvd, fast, void, (void), ()) \
	X(cpu, iret, jump, void, (void), ()) \
	X(cpu, irq_enable_sysexit, jump, void, (void), ()) \
	X(cpu, io_delay, fast, void, (void), ()) \
	X(mmu, make_pte, fast, uint64_t, (uint32_t value_low, uint32_t value_high), (value_low, value_high)) \
	X(mmu, pte_val, fast, uint64_t, (uint32_t pte_low, uint32_t pte_high), (pte_low, pte_high)) \
	X(mmu, set_pte, fast, void, (void *entry, uint32_t pte_low, uint32_t pte_high), (entry, pte_low, pte_high)) \
	X(mmu, set_pte_short, fast, void, (void *entry, uint32_t pte), (entry, pte)) \
	X(mmu, flush_tlb, fast, void, (void), ()) \
	X(mmu, flush_tlb_single, fast, void, (uint32_t address), (address)) \
	X(mmu, enter_lazy_mmu, fast, void, (void), ()) \
	X(mmu, leave_lazy_mmu, fast, void, (void), ()) \
	X(time, read_tsc, fast, uint64_t, (void), ()) \
	X(time, sched_clock, fast, uint64_t, (void), ())

#endif
