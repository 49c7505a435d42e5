/* SPDX-License-Identifier: MIT */
/*
 * The operations as bare instructions with the constraints that they have by nature: the yardstick.
 * Nothing here goes through a table. Included by pv/paravirt.h when CONFIG_PARAVIRT is 0.
 */
#ifndef PV_BARE_OPS_H
#define PV_BARE_OPS_H

#include "pv/host.h"
#include "pv/types.h"

static inline unsigned long arch_local_save_flags(void)
{
	unsigned long flags;

	asm volatile("pushf\n\tpop %0" : "=rm"(flags) : : "memory");
	return flags;
}

static inline void arch_local_irq_restore(unsigned long flags)
{
	asm volatile("push %0\n\tpopf" : : "ri"(flags) : "memory", "cc");
}

static inline void local_irq_disable(void)
{
	asm volatile("cli" : : : "memory");
}

static inline void local_irq_enable(void)
{
	asm volatile("sti" : : : "memory");
}

static inline void safe_halt(void)
{
	asm volatile("sti\n\thlt" : : : "memory");
}

static inline void safe_halt_unpatched(void)
{
	safe_halt();
}

static inline void halt(void)
{
	asm volatile("hlt" : : : "memory");
}

static inline void cpuid(uint32_t leaf, uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
	asm volatile("cpuid"
		     : "=a"(*eax), "=b"(*ebx), "=c"(*ecx), "=d"(*edx)
		     : "0"(leaf), "2"(0)
		     : "memory");
}

#define PV_BARE_READ(name, source)                                               \
	static inline uint32_t name(void)                                        \
	{                                                                        \
		uint32_t value;                                                  \
		asm volatile("mov %%" source ", %0" : "=r"(value) : : "memory"); \
		return value;                                                    \
	}
#define PV_BARE_WRITE(name, target)                                          \
	static inline void name(uint32_t value)                              \
	{                                                                    \
		asm volatile("mov %0, %%" target : : "r"(value) : "memory"); \
	}

PV_BARE_READ(read_cr0, "cr0")
PV_BARE_WRITE(write_cr0, "cr0")
PV_BARE_READ(read_cr2, "cr2")
PV_BARE_READ(read_cr3, "cr3")
PV_BARE_WRITE(write_cr3, "cr3")
PV_BARE_READ(read_cr4, "cr4")
PV_BARE_WRITE(write_cr4, "cr4")
PV_BARE_READ(bare_read_dr0, "dr0")
PV_BARE_READ(bare_read_dr1, "dr1")
PV_BARE_READ(bare_read_dr2, "dr2")
PV_BARE_READ(bare_read_dr3, "dr3")
PV_BARE_READ(bare_read_dr6, "dr6")
PV_BARE_READ(bare_read_dr7, "dr7")
PV_BARE_WRITE(bare_write_dr0, "dr0")
PV_BARE_WRITE(bare_write_dr1, "dr1")
PV_BARE_WRITE(bare_write_dr2, "dr2")
PV_BARE_WRITE(bare_write_dr3, "dr3")
PV_BARE_WRITE(bare_write_dr6, "dr6")
PV_BARE_WRITE(bare_write_dr7, "dr7")

/* 0 on a CPU without CR4. */
static inline uint32_t read_cr4_safe(void)
{
	return pv_host_has_cr4() ? read_cr4() : 0;
}

static inline void clts(void)
{
	asm volatile("clts" : : : "memory");
}

static inline uint32_t get_debugreg(unsigned reg)
{
	switch (reg) {
	case 0: return bare_read_dr0();
	case 1: return bare_read_dr1();
	case 2: return bare_read_dr2();
	case 3: return bare_read_dr3();
	case 6: return bare_read_dr6();
	case 7: return bare_read_dr7();
	default: return 0;
	}
}

static inline void set_debugreg(unsigned reg, uint32_t value)
{
	switch (reg) {
	case 0: bare_write_dr0(value); break;
	case 1: bare_write_dr1(value); break;
	case 2: bare_write_dr2(value); break;
	case 3: bare_write_dr3(value); break;
	case 6: bare_write_dr6(value); break;
	case 7: bare_write_dr7(value); break;
	default: break;
	}
}

static inline void load_gdt(const struct desc_ptr *gdt)
{
	asm volatile("lgdt (%0)" : : "r"(gdt) : "memory");
}

static inline void load_idt(const struct desc_ptr *idt)
{
	asm volatile("lidt (%0)" : : "r"(idt) : "memory");
}

static inline void load_tr(uint16_t selector)
{
	asm volatile("ltr %0" : : "r"(selector) : "memory");
}

static inline void bare_write_entry(void *table, unsigned entry, uint32_t low, uint32_t high)
{
	volatile uint32_t *words = (uint32_t *)table + 2 * entry;

	words[0] = low;
	words[1] = high;
}

static inline void write_gdt_entry(void *gdt, unsigned entry, uint32_t low, uint32_t high)
{
	bare_write_entry(gdt, entry, low, high);
}

static inline void write_idt_entry(void *idt, unsigned entry, uint32_t low, uint32_t high)
{
	bare_write_entry(idt, entry, low, high);
}

static inline void load_sp0(struct tss *tss, uint32_t sp0)
{
	((volatile uint32_t *)tss)[1] = sp0;
}

static inline uint64_t read_msr(uint32_t msr)
{
	uint64_t value;

	asm volatile("rdmsr" : "=A"(value) : "c"(msr) : "memory");
	return value;
}

static inline void write_msr(uint32_t msr, uint64_t value)
{
	asm volatile("wrmsr" : : "A"(value), "c"(msr) : "memory");
}

static inline void wbinvd(void)
{
	asm volatile("wbinvd" : : : "memory");
}

static inline void io_delay(void)
{
	asm volatile("outb %%al, $0x80" : : : "memory");
}

static inline pte_t make_pte(uint64_t value)
{
	return (pte_t){value};
}

static inline uint64_t pte_val(pte_t pte)
{
	return pte.pte;
}

static inline void flush_tlb(void)
{
	write_cr3(read_cr3());
}

static inline void flush_tlb_single(uint32_t address)
{
	asm volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static inline uint64_t read_tsc(void)
{
	uint64_t value;

	asm volatile("rdtsc" : "=A"(value));
	return value;
}

static inline uint64_t sched_clock(void)
{
	return pv_host_time();
}

static inline uint32_t get_kernel_rpl(void)
{
	return 0;
}

#endif
