/* SPDX-License-Identifier: MIT */
/*
 * The operations, for everybody: each as a call site and in its bare form.
 * Made by pv/ops.awk from pv/ops.def; what is changed here is lost. Included by pv/calls.h.
 */
#ifndef PV_MADE_CALLS_H
#define PV_MADE_CALLS_H

/* read EFLAGS, of which IF counts */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN unsigned long pv_save_fl(void);
#else
PV_ALWAYS_INLINE unsigned long pv_save_fl(void)
{
#if CONFIG_PARAVIRT
	return PVOP_CALLEE0(unsigned long, irq.save_fl);
#else
	unsigned long result;

	asm volatile("pushf; pop %0" : "=rm"(result) : : "memory", "cc");
	return result;
#endif
}
#endif

/* set IF as in the EFLAGS given */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_restore_fl(unsigned long flags);
#else
PV_ALWAYS_INLINE void pv_restore_fl(unsigned long flags)
{
#if CONFIG_PARAVIRT
	PVOP_VCALLEE1(irq.restore_fl, flags);
#else
	asm volatile("push %0; popf" : : "ri"(flags) : "memory", "cc");
#endif
}
#endif
#define pv_restore_fl(flags) pv_restore_fl(PV_WORD(flags))

/* interrupts off */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_irq_disable(void);
#else
PV_ALWAYS_INLINE void pv_irq_disable(void)
{
#if CONFIG_PARAVIRT
	PVOP_VCALLEE0(irq.irq_disable);
#else
	asm volatile("cli" : : : "memory", "cc");
#endif
}
#endif

/* interrupts on */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_irq_enable(void);
#else
PV_ALWAYS_INLINE void pv_irq_enable(void)
{
#if CONFIG_PARAVIRT
	PVOP_VCALLEE0(irq.irq_enable);
#else
	asm volatile("sti" : : : "memory", "cc");
#endif
}
#endif

/* interrupts on and sleep, with no window between: one that is pending wakes at once */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_safe_halt(void);
#else
PV_ALWAYS_INLINE void pv_safe_halt(void)
{
#if CONFIG_PARAVIRT
	PVOP_VCALLEE0(irq.safe_halt);
#else
	asm volatile("sti; hlt" : : : "memory", "cc");
#endif
}
#endif

/* sleep as things are: with interrupts off only an NMI or a reset ends it */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_halt(void);
#else
PV_ALWAYS_INLINE void pv_halt(void)
{
#if CONFIG_PARAVIRT
	PVOP_VCALLEE0(irq.halt);
#else
	asm volatile("hlt" : : : "memory", "cc");
#endif
}
#endif

/* CPUID: leaf in *eax, subleaf in *ecx */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_cpuid(uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx);
#else
PV_ALWAYS_INLINE void pv_cpuid(uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
#if CONFIG_PARAVIRT
	PVOP_VCALL4(cpu.cpuid, eax, ebx, ecx, edx);
#else
	asm volatile("cpuid" : "+a"(*eax), "=b"(*ebx), "+c"(*ecx), "=d"(*edx) : : "memory", "cc");
#endif
}
#endif

/* read CR0 */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN uint32_t pv_read_cr0(void);
#else
PV_ALWAYS_INLINE uint32_t pv_read_cr0(void)
{
#if CONFIG_PARAVIRT
	return PVOP_CALL0(uint32_t, cpu.read_cr0);
#else
	uint32_t result;

	asm volatile("mov %%cr0, %0" : "=r"(result) : : "memory", "cc");
	return result;
#endif
}
#endif

/* write CR0 */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_write_cr0(uint32_t value);
#else
PV_ALWAYS_INLINE void pv_write_cr0(uint32_t value)
{
#if CONFIG_PARAVIRT
	PVOP_VCALL1(cpu.write_cr0, value);
#else
	asm volatile("mov %0, %%cr0" : : "r"(value) : "memory", "cc");
#endif
}
#endif
#define pv_write_cr0(value) pv_write_cr0(PV_WORD(value))

/* the address of the last page fault */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN uint32_t pv_read_cr2(void);
#else
PV_ALWAYS_INLINE uint32_t pv_read_cr2(void)
{
#if CONFIG_PARAVIRT
	return PVOP_CALL0(uint32_t, cpu.read_cr2);
#else
	uint32_t result;

	asm volatile("mov %%cr2, %0" : "=r"(result) : : "memory", "cc");
	return result;
#endif
}
#endif

/* the page directory's physical address */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN uint32_t pv_read_cr3(void);
#else
PV_ALWAYS_INLINE uint32_t pv_read_cr3(void)
{
#if CONFIG_PARAVIRT
	return PVOP_CALL0(uint32_t, cpu.read_cr3);
#else
	uint32_t result;

	asm volatile("mov %%cr3, %0" : "=r"(result) : : "memory", "cc");
	return result;
#endif
}
#endif

/* change the page directory */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_write_cr3(uint32_t value);
#else
PV_ALWAYS_INLINE void pv_write_cr3(uint32_t value)
{
#if CONFIG_PARAVIRT
	PVOP_VCALL1(cpu.write_cr3, value);
#else
	asm volatile("mov %0, %%cr3" : : "r"(value) : "memory", "cc");
#endif
}
#endif
#define pv_write_cr3(value) pv_write_cr3(PV_WORD(value))

/* read CR4 */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN uint32_t pv_read_cr4(void);
#else
PV_ALWAYS_INLINE uint32_t pv_read_cr4(void)
{
#if CONFIG_PARAVIRT
	return PVOP_CALL0(uint32_t, cpu.read_cr4);
#else
	uint32_t result;

	asm volatile("mov %%cr4, %0" : "=r"(result) : : "memory", "cc");
	return result;
#endif
}
#endif

/* read CR4, 0 on a CPU that has none */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN uint32_t pv_read_cr4_safe(void);
#else
PV_ALWAYS_INLINE uint32_t pv_read_cr4_safe(void)
{
#if CONFIG_PARAVIRT
	return PVOP_CALL0(uint32_t, cpu.read_cr4_safe);
#else
	uint32_t result;

	pv_barrier();
	result = pv_cpu_has_cr4() ? pv_read_cr4() : 0;
	pv_barrier();
	return result;
#endif
}
#endif

/* write CR4 */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_write_cr4(uint32_t value);
#else
PV_ALWAYS_INLINE void pv_write_cr4(uint32_t value)
{
#if CONFIG_PARAVIRT
	PVOP_VCALL1(cpu.write_cr4, value);
#else
	asm volatile("mov %0, %%cr4" : : "r"(value) : "memory", "cc");
#endif
}
#endif
#define pv_write_cr4(value) pv_write_cr4(PV_WORD(value))

/* clear CR0.TS */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_clts(void);
#else
PV_ALWAYS_INLINE void pv_clts(void)
{
#if CONFIG_PARAVIRT
	PVOP_VCALL0(cpu.clts);
#else
	asm volatile("clts" : : : "memory", "cc");
#endif
}
#endif

/* read a debug register by number: 0 to 3, 6, 7; another reads as 0 */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN uint32_t pv_get_debugreg(unsigned reg);
#else
PV_ALWAYS_INLINE uint32_t pv_get_debugreg(unsigned reg)
{
#if CONFIG_PARAVIRT
	return PVOP_CALL1(uint32_t, cpu.get_debugreg, reg);
#else
	uint32_t result;

	pv_barrier();
	result = pv_bare_get_debugreg(reg);
	pv_barrier();
	return result;
#endif
}
#endif
#define pv_get_debugreg(reg) pv_get_debugreg(PV_WORD(reg))

/* write a debug register by number; one that is none is not written */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_set_debugreg(unsigned reg, uint32_t value);
#else
PV_ALWAYS_INLINE void pv_set_debugreg(unsigned reg, uint32_t value)
{
#if CONFIG_PARAVIRT
	PVOP_VCALL2(cpu.set_debugreg, reg, value);
#else
	pv_barrier();
	pv_bare_set_debugreg(reg, value);
	pv_barrier();
#endif
}
#endif
#define pv_set_debugreg(reg, value) pv_set_debugreg(PV_WORD(reg), PV_WORD(value))

/* LGDT */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_load_gdt(const struct desc_ptr *gdt);
#else
PV_ALWAYS_INLINE void pv_load_gdt(const struct desc_ptr *gdt)
{
#if CONFIG_PARAVIRT
	PVOP_VCALL1(cpu.load_gdt, gdt);
#else
	asm volatile("lgdt (%0)" : : "r"(gdt) : "memory", "cc");
#endif
}
#endif

/* LIDT */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_load_idt(const struct desc_ptr *idt);
#else
PV_ALWAYS_INLINE void pv_load_idt(const struct desc_ptr *idt)
{
#if CONFIG_PARAVIRT
	PVOP_VCALL1(cpu.load_idt, idt);
#else
	asm volatile("lidt (%0)" : : "r"(idt) : "memory", "cc");
#endif
}
#endif

/* LTR */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_load_tr(uint32_t selector);
#else
PV_ALWAYS_INLINE void pv_load_tr(uint32_t selector)
{
#if CONFIG_PARAVIRT
	PVOP_VCALL1(cpu.load_tr, selector);
#else
	asm volatile("ltr %w0" : : "r"(selector) : "memory", "cc");
#endif
}
#endif
#define pv_load_tr(selector) pv_load_tr(PV_WORD(selector))

/* store one descriptor of the GDT */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_write_gdt_entry(void *gdt, unsigned entry, uint32_t low, uint32_t high);
#else
PV_ALWAYS_INLINE void pv_write_gdt_entry(void *gdt, unsigned entry, uint32_t low, uint32_t high)
{
#if CONFIG_PARAVIRT
	PVOP_VCALL4(cpu.write_gdt_entry, gdt, entry, low, high);
#else
	pv_barrier();
	pv_bare_write_entry(gdt, entry, low, high);
	pv_barrier();
#endif
}
#endif
#define pv_write_gdt_entry(gdt, entry, low, high) pv_write_gdt_entry(gdt, PV_WORD(entry), PV_WORD(low), PV_WORD(high))

/* store one gate of the IDT */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_write_idt_entry(void *idt, unsigned entry, uint32_t low, uint32_t high);
#else
PV_ALWAYS_INLINE void pv_write_idt_entry(void *idt, unsigned entry, uint32_t low, uint32_t high)
{
#if CONFIG_PARAVIRT
	PVOP_VCALL4(cpu.write_idt_entry, idt, entry, low, high);
#else
	pv_barrier();
	pv_bare_write_entry(idt, entry, low, high);
	pv_barrier();
#endif
}
#endif
#define pv_write_idt_entry(idt, entry, low, high) pv_write_idt_entry(idt, PV_WORD(entry), PV_WORD(low), PV_WORD(high))

/* the stack for entries from user mode */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_load_sp0(struct tss *tss, uint32_t sp0);
#else
PV_ALWAYS_INLINE void pv_load_sp0(struct tss *tss, uint32_t sp0)
{
#if CONFIG_PARAVIRT
	PVOP_VCALL2(cpu.load_sp0, tss, sp0);
#else
	asm volatile("movl %1, %0" : "=m"(((uint32_t *)tss)[1]) : "ri"(sp0) : "memory", "cc");
#endif
}
#endif
#define pv_load_sp0(tss, sp0) pv_load_sp0(tss, PV_WORD(sp0))

/* RDMSR */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN uint64_t pv_plain_read_msr(uint32_t pv_any, uint32_t pv_any2, uint32_t msr) asm("pv_read_msr");
PV_ALWAYS_INLINE uint64_t pv_read_msr(uint32_t msr) asm("pv_made_read_msr");
#endif
PV_ALWAYS_INLINE uint64_t pv_read_msr(uint32_t msr)
{
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
	uint32_t pv_any, pv_any2; /* as the registers are */

	asm("" : "=r"(pv_any), "=r"(pv_any2));
	return pv_plain_read_msr(pv_any, pv_any2, msr);
#elif CONFIG_PARAVIRT
	uint32_t pv_any, pv_any2; /* as the registers are */

	asm("" : "=r"(pv_any), "=r"(pv_any2));
	return PVOP_CALL3(uint64_t, cpu.read_msr, pv_any, pv_any2, msr);
#else
	uint64_t result;

	asm volatile("rdmsr" : "=A"(result) : "c"(msr) : "memory", "cc");
	return result;
#endif
}
#define pv_read_msr(msr, ...) pv_read_msr(PV_WORD(msr), ##__VA_ARGS__)

/* WRMSR */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_plain_write_msr(uint32_t value_low, uint32_t value_high, uint32_t msr) asm("pv_write_msr");
PV_ALWAYS_INLINE void pv_write_msr(uint32_t msr, uint64_t value) asm("pv_made_write_msr");
#endif
PV_ALWAYS_INLINE void pv_write_msr(uint32_t msr, uint64_t value)
{
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
	pv_plain_write_msr((uint32_t)value, (uint32_t)(value >> 32), msr);
#elif CONFIG_PARAVIRT
	PVOP_VCALL3(cpu.write_msr, (uint32_t)value, (uint32_t)(value >> 32), msr);
#else
	asm volatile("wrmsr" : : "A"(value), "c"(msr) : "memory", "cc");
#endif
}
#define pv_write_msr(msr, value, ...) pv_write_msr(PV_WORD(msr), value, ##__VA_ARGS__)

/* write back and drop the caches */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_wbinvd(void);
#else
PV_ALWAYS_INLINE void pv_wbinvd(void)
{
#if CONFIG_PARAVIRT
	PVOP_VCALL0(cpu.wbinvd);
#else
	asm volatile("wbinvd" : : : "memory", "cc");
#endif
}
#endif

/* wait about a microsecond for a slow device */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_io_delay(void);
#else
PV_ALWAYS_INLINE void pv_io_delay(void)
{
#if CONFIG_PARAVIRT
	PVOP_VCALL0(cpu.io_delay);
#else
	asm volatile("outb %%al, $0x80" : : : "memory", "cc");
#endif
}
#endif

/* a page table entry from its value */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN uint64_t pv_plain_make_pte(uint32_t value_low, uint32_t value_high) asm("pv_make_pte");
PV_ALWAYS_INLINE pv_pte_t pv_make_pte(uint64_t value) asm("pv_made_make_pte");
#endif
PV_ALWAYS_INLINE pv_pte_t pv_make_pte(uint64_t value)
{
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
	return (pv_pte_t){pv_plain_make_pte((uint32_t)value, (uint32_t)(value >> 32))};
#elif CONFIG_PARAVIRT
	return (pv_pte_t){PVOP_CALL2(uint64_t, mmu.make_pte, (uint32_t)value, (uint32_t)(value >> 32))};
#else
	pv_pte_t result;

	pv_barrier();
	result = (pv_pte_t){value};
	pv_barrier();
	return result;
#endif
}

/* the value of a page table entry */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN uint64_t pv_plain_pte_val(uint32_t pte_low, uint32_t pte_high) asm("pv_pte_val");
PV_ALWAYS_INLINE uint64_t pv_pte_val(pv_pte_t pte) asm("pv_made_pte_val");
#endif
PV_ALWAYS_INLINE uint64_t pv_pte_val(pv_pte_t pte)
{
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
	return pv_plain_pte_val((uint32_t)pte.pte, (uint32_t)(pte.pte >> 32));
#elif CONFIG_PARAVIRT
	return PVOP_CALL2(uint64_t, mmu.pte_val, (uint32_t)pte.pte, (uint32_t)(pte.pte >> 32));
#else
	uint64_t result;

	pv_barrier();
	result = pte.pte;
	pv_barrier();
	return result;
#endif
}

/* store a page table entry of 8 bytes (PAE), its upper half first: it gets present last */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_plain_set_pte(void *entry, uint32_t pte_low, uint32_t pte_high) asm("pv_set_pte");
PV_ALWAYS_INLINE void pv_set_pte(void *entry, pv_pte_t pte) asm("pv_made_set_pte");
#endif
PV_ALWAYS_INLINE void pv_set_pte(void *entry, pv_pte_t pte)
{
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
	pv_plain_set_pte(entry, (uint32_t)pte.pte, (uint32_t)(pte.pte >> 32));
#elif CONFIG_PARAVIRT
	PVOP_VCALL3(mmu.set_pte, entry, (uint32_t)pte.pte, (uint32_t)(pte.pte >> 32));
#else
	pv_barrier();
	pv_bare_set_pte(entry, pte);
	pv_barrier();
#endif
}

/* store a page table entry of 4 bytes */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_set_pte_short(void *entry, uint32_t pte);
#else
PV_ALWAYS_INLINE void pv_set_pte_short(void *entry, uint32_t pte)
{
#if CONFIG_PARAVIRT
	PVOP_VCALL2(mmu.set_pte_short, entry, pte);
#else
	asm volatile("movl %1, %0" : "=m"(*(uint32_t *)entry) : "ri"(pte) : "memory", "cc");
#endif
}
#endif
#define pv_set_pte_short(entry, pte) pv_set_pte_short(entry, PV_WORD(pte))

/* forget all translations */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_flush_tlb(void);
#else
PV_ALWAYS_INLINE void pv_flush_tlb(void)
{
#if CONFIG_PARAVIRT
	PVOP_VCALL0(mmu.flush_tlb);
#else
	pv_barrier();
	pv_write_cr3(pv_read_cr3());
	pv_barrier();
#endif
}
#endif

/* forget one page's translation */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_flush_tlb_single(uint32_t address);
#else
PV_ALWAYS_INLINE void pv_flush_tlb_single(uint32_t address)
{
#if CONFIG_PARAVIRT
	PVOP_VCALL1(mmu.flush_tlb_single, address);
#else
	asm volatile("invlpg (%0)" : : "r"(address) : "memory", "cc");
#endif
}
#endif
#define pv_flush_tlb_single(address) pv_flush_tlb_single(PV_WORD(address))

/* with interrupts off until it is left: what flush_tlb_single is told may be forgotten as late as then, so a guest tells its host of many pages at once */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_enter_lazy_mmu(void);
#else
PV_ALWAYS_INLINE void pv_enter_lazy_mmu(void)
{
#if CONFIG_PARAVIRT
	PVOP_VCALL0(mmu.enter_lazy_mmu);
#else
	pv_barrier();
	(void)0;
	pv_barrier();
#endif
}
#endif

/* by now it is forgotten */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN void pv_leave_lazy_mmu(void);
#else
PV_ALWAYS_INLINE void pv_leave_lazy_mmu(void)
{
#if CONFIG_PARAVIRT
	PVOP_VCALL0(mmu.leave_lazy_mmu);
#else
	pv_barrier();
	(void)0;
	pv_barrier();
#endif
}
#endif

/* the time stamp counter */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN uint64_t pv_read_tsc(void);
#else
PV_ALWAYS_INLINE uint64_t pv_read_tsc(void)
{
#if CONFIG_PARAVIRT
	return PVOP_CALL0(uint64_t, time.read_tsc);
#else
	uint64_t result;

	asm volatile("rdtsc" : "=A"(result) : : "memory", "cc");
	return result;
#endif
}
#endif

/* nanoseconds since the start */
#if CONFIG_PARAVIRT && PV_SITES_RELOCS
PV_FN uint64_t pv_sched_clock(void);
#else
PV_ALWAYS_INLINE uint64_t pv_sched_clock(void)
{
#if CONFIG_PARAVIRT
	return PVOP_CALL0(uint64_t, time.sched_clock);
#else
	uint64_t result;

	pv_barrier();
	result = pv_host_time();
	pv_barrier();
	return result;
#endif
}
#endif

#endif
