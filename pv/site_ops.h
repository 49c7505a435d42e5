/* SPDX-License-Identifier: MIT */
/*
 * The operations as call sites. Included by pv/paravirt.h, which is what users include.
 */
#ifndef PV_SITE_OPS_H
#define PV_SITE_OPS_H

#include "pv/paravirt_types.h"
#include "pv/types.h"

static inline unsigned long arch_local_save_flags(void)
{
	return PVOP_CALLEE0(unsigned long, irq.save_fl);
}

static inline void arch_local_irq_restore(unsigned long flags)
{
	PVOP_VCALLEE1(irq.restore_fl, flags);
}

static inline void local_irq_disable(void)
{
	PVOP_VCALLEE0(irq.irq_disable);
}

static inline void local_irq_enable(void)
{
	PVOP_VCALLEE0(irq.irq_enable);
}

/* Sleep until an interrupt; one that is pending now wakes at once (no window between sti and hlt).
 */
static inline void safe_halt(void)
{
	PVOP_VCALLEE0(irq.safe_halt);
}

/*
 * The same by the table and not by a site: the CPU sleeps in a function, and not between the
 * instructions of a site, which may be others when it wakes.
 */
static inline void safe_halt_unpatched(void)
{
	void (*fn)(void) = pv_ops.irq.safe_halt.fn;

	asm("" : "+r"(fn)); /* otherwise this is a call through the table: a site */
	fn();
}

/* Sleep with IF as it is: with interrupts off only an NMI or a reset ends it. */
static inline void halt(void)
{
	PVOP_VCALLEE0(irq.halt);
}

static inline void cpuid(uint32_t leaf, uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
	*eax = leaf;
	*ecx = 0;
	PVOP_VCALL4(cpu.cpuid, eax, ebx, ecx, edx);
}

static inline uint32_t read_cr0(void)
{
	return PVOP_CALL0(uint32_t, cpu.read_cr0);
}

static inline void write_cr0(uint32_t value)
{
	PVOP_VCALL1(cpu.write_cr0, value);
}

static inline uint32_t read_cr2(void)
{
	return PVOP_CALL0(uint32_t, cpu.read_cr2);
}

static inline uint32_t read_cr3(void)
{
	return PVOP_CALL0(uint32_t, cpu.read_cr3);
}

static inline void write_cr3(uint32_t value)
{
	PVOP_VCALL1(cpu.write_cr3, value);
}

static inline uint32_t read_cr4(void)
{
	return PVOP_CALL0(uint32_t, cpu.read_cr4);
}

/* 0 on a CPU without CR4. */
static inline uint32_t read_cr4_safe(void)
{
	return PVOP_CALL0(uint32_t, cpu.read_cr4_safe);
}

static inline void write_cr4(uint32_t value)
{
	PVOP_VCALL1(cpu.write_cr4, value);
}

static inline void clts(void)
{
	PVOP_VCALL0(cpu.clts);
}

/* reg: 0-3, 6, 7; another reads as 0 and is not written. */
static inline uint32_t get_debugreg(unsigned reg)
{
	return PVOP_CALL1(uint32_t, cpu.get_debugreg, reg);
}

static inline void set_debugreg(unsigned reg, uint32_t value)
{
	PVOP_VCALL2(cpu.set_debugreg, reg, value);
}

static inline void load_gdt(const struct desc_ptr *gdt)
{
	PVOP_VCALL1(cpu.load_gdt, gdt);
}

static inline void load_idt(const struct desc_ptr *idt)
{
	PVOP_VCALL1(cpu.load_idt, idt);
}

static inline void load_tr(uint16_t selector)
{
	PVOP_VCALL1(cpu.load_tr, selector);
}

static inline void write_gdt_entry(void *gdt, unsigned entry, uint32_t low, uint32_t high)
{
	PVOP_VCALL4(cpu.write_gdt_entry, gdt, entry, low, high);
}

static inline void write_idt_entry(void *idt, unsigned entry, uint32_t low, uint32_t high)
{
	PVOP_VCALL4(cpu.write_idt_entry, idt, entry, low, high);
}

static inline void load_sp0(struct tss *tss, uint32_t sp0)
{
	PVOP_VCALL2(cpu.load_sp0, tss, sp0);
}

/* The MSR's number goes where RDMSR wants it; what is in the registers before it does not matter.
 */
static inline uint64_t read_msr(uint32_t msr)
{
	uint32_t any, any2;

	asm("" : "=r"(any), "=r"(any2));
	return PVOP_CALL3(uint64_t, cpu.read_msr, any, any2, msr);
}

static inline void write_msr(uint32_t msr, uint64_t value)
{
	PVOP_VCALL3(cpu.write_msr, (uint32_t)value, (uint32_t)(value >> 32), msr);
}

static inline void wbinvd(void)
{
	PVOP_VCALL0(cpu.wbinvd);
}

static inline void io_delay(void)
{
	PVOP_VCALL0(cpu.io_delay);
}

static inline pte_t make_pte(uint64_t value)
{
	return (pte_t){
		PVOP_CALL2(uint64_t, mmu.make_pte, (uint32_t)value, (uint32_t)(value >> 32))};
}

static inline uint64_t pte_val(pte_t pte)
{
	return PVOP_CALL2(uint64_t, mmu.pte_val, (uint32_t)pte.pte, (uint32_t)(pte.pte >> 32));
}

static inline void flush_tlb(void)
{
	PVOP_VCALL0(mmu.flush_tlb);
}

static inline void flush_tlb_single(uint32_t address)
{
	PVOP_VCALL1(mmu.flush_tlb_single, address);
}

static inline uint64_t read_tsc(void)
{
	return PVOP_CALL0(uint64_t, time.read_tsc);
}

/* Nanoseconds since the start. */
static inline uint64_t sched_clock(void)
{
	return PVOP_CALL0(uint64_t, time.sched_clock);
}

static inline uint32_t get_kernel_rpl(void)
{
	return pv_ops.init.kernel_rpl;
}

#endif
