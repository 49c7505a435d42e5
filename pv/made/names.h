/* SPDX-License-Identifier: MIT */
/*
 * The operations by the names of their declarations, most of them Linux's.
 * Made by pv/ops.awk from pv/ops.def; what is changed here is lost. Included by pv/paravirt.h.
 */
#ifndef PV_MADE_NAMES_H
#define PV_MADE_NAMES_H

/* read EFLAGS, of which IF counts */
PV_ALWAYS_INLINE unsigned long arch_local_save_flags(void)
{
	return pv_save_fl();
}

/* set IF as in the EFLAGS given */
PV_ALWAYS_INLINE void arch_local_irq_restore(unsigned long flags)
{
	pv_restore_fl(flags);
}
#define arch_local_irq_restore(flags) arch_local_irq_restore(PV_WORD(flags))

/* interrupts off */
PV_ALWAYS_INLINE void local_irq_disable(void)
{
	pv_irq_disable();
}

/* interrupts on */
PV_ALWAYS_INLINE void local_irq_enable(void)
{
	pv_irq_enable();
}

/* interrupts on and sleep, with no window between: one that is pending wakes at once */
PV_ALWAYS_INLINE void safe_halt(void)
{
	pv_safe_halt();
}

/* sleep as things are: with interrupts off only an NMI or a reset ends it */
PV_ALWAYS_INLINE void halt(void)
{
	pv_halt();
}

/* CPUID: leaf in *eax, subleaf in *ecx */
PV_ALWAYS_INLINE void cpuid_registers(uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
	pv_cpuid(eax, ebx, ecx, edx);
}

/* read CR0 */
PV_ALWAYS_INLINE uint32_t read_cr0(void)
{
	return pv_read_cr0();
}

/* write CR0 */
PV_ALWAYS_INLINE void write_cr0(uint32_t value)
{
	pv_write_cr0(value);
}
#define write_cr0(value) write_cr0(PV_WORD(value))

/* the address of the last page fault */
PV_ALWAYS_INLINE uint32_t read_cr2(void)
{
	return pv_read_cr2();
}

/* the page directory's physical address */
PV_ALWAYS_INLINE uint32_t read_cr3(void)
{
	return pv_read_cr3();
}

/* change the page directory */
PV_ALWAYS_INLINE void write_cr3(uint32_t value)
{
	pv_write_cr3(value);
}
#define write_cr3(value) write_cr3(PV_WORD(value))

/* read CR4 */
PV_ALWAYS_INLINE uint32_t read_cr4(void)
{
	return pv_read_cr4();
}

/* read CR4, 0 on a CPU that has none */
PV_ALWAYS_INLINE uint32_t read_cr4_safe(void)
{
	return pv_read_cr4_safe();
}

/* write CR4 */
PV_ALWAYS_INLINE void write_cr4(uint32_t value)
{
	pv_write_cr4(value);
}
#define write_cr4(value) write_cr4(PV_WORD(value))

/* clear CR0.TS */
PV_ALWAYS_INLINE void clts(void)
{
	pv_clts();
}

/* read a debug register by number: 0 to 3, 6, 7; another reads as 0 */
PV_ALWAYS_INLINE uint32_t get_debugreg(unsigned reg)
{
	return pv_get_debugreg(reg);
}
#define get_debugreg(reg) get_debugreg(PV_WORD(reg))

/* write a debug register by number; one that is none is not written */
PV_ALWAYS_INLINE void set_debugreg(unsigned reg, uint32_t value)
{
	pv_set_debugreg(reg, value);
}
#define set_debugreg(reg, value) set_debugreg(PV_WORD(reg), PV_WORD(value))

/* LGDT */
PV_ALWAYS_INLINE void load_gdt(const struct desc_ptr *gdt)
{
	pv_load_gdt(gdt);
}

/* LIDT */
PV_ALWAYS_INLINE void load_idt(const struct desc_ptr *idt)
{
	pv_load_idt(idt);
}

/* LTR */
PV_ALWAYS_INLINE void load_tr(uint32_t selector)
{
	pv_load_tr(selector);
}
#define load_tr(selector) load_tr(PV_WORD(selector))

/* store one descriptor of the GDT */
PV_ALWAYS_INLINE void write_gdt_entry(void *gdt, unsigned entry, uint32_t low, uint32_t high)
{
	pv_write_gdt_entry(gdt, entry, low, high);
}
#define write_gdt_entry(gdt, entry, low, high) write_gdt_entry(gdt, PV_WORD(entry), PV_WORD(low), PV_WORD(high))

/* store one gate of the IDT */
PV_ALWAYS_INLINE void write_idt_entry(void *idt, unsigned entry, uint32_t low, uint32_t high)
{
	pv_write_idt_entry(idt, entry, low, high);
}
#define write_idt_entry(idt, entry, low, high) write_idt_entry(idt, PV_WORD(entry), PV_WORD(low), PV_WORD(high))

/* the stack for entries from user mode */
PV_ALWAYS_INLINE void load_sp0(struct tss *tss, uint32_t sp0)
{
	pv_load_sp0(tss, sp0);
}
#define load_sp0(tss, sp0) load_sp0(tss, PV_WORD(sp0))

/* RDMSR */
PV_ALWAYS_INLINE uint64_t read_msr(uint32_t msr)
{
	return pv_read_msr(msr);
}
#define read_msr(msr, ...) read_msr(PV_WORD(msr), ##__VA_ARGS__)

/* WRMSR */
PV_ALWAYS_INLINE void write_msr(uint32_t msr, uint64_t value)
{
	pv_write_msr(msr, value);
}
#define write_msr(msr, value, ...) write_msr(PV_WORD(msr), value, ##__VA_ARGS__)

/* write back and drop the caches */
PV_ALWAYS_INLINE void wbinvd(void)
{
	pv_wbinvd();
}

/* wait about a microsecond for a slow device */
PV_ALWAYS_INLINE void io_delay(void)
{
	pv_io_delay();
}

/* a page table entry from its value */
PV_ALWAYS_INLINE pv_pte_t make_pte(uint64_t value)
{
	return pv_make_pte(value);
}

/* the value of a page table entry */
PV_ALWAYS_INLINE uint64_t pte_val(pv_pte_t pte)
{
	return pv_pte_val(pte);
}

/* store a page table entry of 8 bytes (PAE), its upper half first: it gets present last */
PV_ALWAYS_INLINE void set_pte(void *entry, pv_pte_t pte)
{
	pv_set_pte(entry, pte);
}

/* store a page table entry of 4 bytes */
PV_ALWAYS_INLINE void set_pte_short(void *entry, uint32_t pte)
{
	pv_set_pte_short(entry, pte);
}
#define set_pte_short(entry, pte) set_pte_short(entry, PV_WORD(pte))

/* forget all translations */
PV_ALWAYS_INLINE void flush_tlb(void)
{
	pv_flush_tlb();
}

/* forget one page's translation */
PV_ALWAYS_INLINE void flush_tlb_single(uint32_t address)
{
	pv_flush_tlb_single(address);
}
#define flush_tlb_single(address) flush_tlb_single(PV_WORD(address))

/* with interrupts off until it is left: what flush_tlb_single is told may be forgotten as late as then, so a guest tells its host of many pages at once */
PV_ALWAYS_INLINE void arch_enter_lazy_mmu_mode(void)
{
	pv_enter_lazy_mmu();
}

/* by now it is forgotten */
PV_ALWAYS_INLINE void arch_leave_lazy_mmu_mode(void)
{
	pv_leave_lazy_mmu();
}

/* the time stamp counter */
PV_ALWAYS_INLINE uint64_t read_tsc(void)
{
	return pv_read_tsc();
}

/* nanoseconds since the start */
PV_ALWAYS_INLINE uint64_t sched_clock(void)
{
	return pv_sched_clock();
}

#endif
