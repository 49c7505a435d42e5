// SPDX-License-Identifier: MIT
/*
 * A function for each op: the loop is written out, so that the compiler sees the op's inline
 * function in it and nothing else. The timer is masked meanwhile, so that no tick is counted. Not
 * here: what cannot be done a hundred times in a row (load_gdt and load_idt want the present
 * tables, load_tr a task that is not busy, halt and safe_halt sleep) and irq_enter, which is
 * NASM's.
 */
#include "kernel/test/bench.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/desc.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/trap/irq.h"
#include "kernel/base/event.h"
#include "lib/printk.h"
#include "pv/backend/native.h"
#include "pv/paravirt.h"
#include <stddef.h>

void bench_iret(unsigned loops);

static uint64_t scratch_table[4];
static struct tss scratch_tss;
static volatile uint32_t sink;
static uint32_t cr0, cr3, cr4;
static unsigned long flags;
static uint64_t msr;

#define BENCH(name, statement)                                   \
	static void __attribute__((noinline)) bench_##name(void) \
	{                                                        \
		for (unsigned i = 0; i < BENCH_LOOPS; i++) {     \
			statement;                               \
		}                                                \
	}

BENCH(empty, cpu_barrier())
BENCH(save_fl, (void)arch_local_save_flags())
BENCH(restore_fl, local_irq_restore(flags))
BENCH(irq_disable, local_irq_disable())
BENCH(irq_enable, local_irq_enable())
BENCH(cpuid, uint32_t a; uint32_t b; uint32_t c; uint32_t d; cpuid(0, &a, &b, &c, &d))
BENCH(read_cr0, (void)read_cr0())
BENCH(write_cr0, write_cr0(cr0))
BENCH(read_cr2, (void)read_cr2())
BENCH(read_cr3, (void)read_cr3())
BENCH(write_cr3, write_cr3(cr3))
BENCH(read_cr4, (void)read_cr4())
BENCH(read_cr4_safe, (void)read_cr4_safe())
BENCH(write_cr4, write_cr4(cr4))
BENCH(clts, clts())
BENCH(get_debugreg, (void)get_debugreg(0))
BENCH(set_debugreg, set_debugreg(0, 0))
BENCH(write_gdt_entry, write_gdt_entry(scratch_table, 1, 2, 3))
BENCH(write_idt_entry, write_idt_entry(scratch_table, 1, 2, 3))
BENCH(load_sp0, load_sp0(&scratch_tss, 4096))
BENCH(read_msr, (void)read_msr(MSR_APIC_BASE))
BENCH(write_msr, write_msr(MSR_APIC_BASE, msr))
BENCH(wbinvd, wbinvd())
BENCH(io_delay, io_delay())
BENCH(make_pte, sink = (uint32_t)make_pte(msr).pte)
BENCH(pte_val, sink = (uint32_t)pte_val((pte_t){msr}))
BENCH(flush_tlb, flush_tlb())
BENCH(flush_tlb_single, flush_tlb_single(0x1000))
BENCH(read_tsc, (void)read_tsc())
BENCH(sched_clock, (void)sched_clock())

static void __attribute__((noinline)) bench_return(void)
{
	bench_iret(BENCH_LOOPS);
}

static const struct bench {
	const char *name;
	void (*run)(void);
	unsigned feature; /* skipped without it; 0 is X86_FEATURE_FPU: not asked */
} benches[] = {
	{"empty", bench_empty, 0},
	{"save_fl", bench_save_fl, 0},
	{"restore_fl", bench_restore_fl, 0},
	{"irq_disable", bench_irq_disable, 0},
	{"irq_enable", bench_irq_enable, 0},
	{"cpuid", bench_cpuid, X86_FEATURE_TSC},
	{"read_cr0", bench_read_cr0, 0},
	{"write_cr0", bench_write_cr0, 0},
	{"read_cr2", bench_read_cr2, 0},
	{"read_cr3", bench_read_cr3, 0},
	{"write_cr3", bench_write_cr3, X86_FEATURE_PSE},
	{"read_cr4", bench_read_cr4, X86_FEATURE_PSE},
	{"read_cr4_safe", bench_read_cr4_safe, 0},
	{"write_cr4", bench_write_cr4, X86_FEATURE_PSE},
	{"clts", bench_clts, 0},
	{"get_debugreg", bench_get_debugreg, 0},
	{"set_debugreg", bench_set_debugreg, 0},
	{"write_gdt_entry", bench_write_gdt_entry, 0},
	{"write_idt_entry", bench_write_idt_entry, 0},
	{"load_sp0", bench_load_sp0, 0},
	{"read_msr", bench_read_msr, X86_FEATURE_APIC},
	{"write_msr", bench_write_msr, X86_FEATURE_APIC},
	{"wbinvd", bench_wbinvd, 0},
	{"iret", bench_return, 0},
	{"io_delay", bench_io_delay, 0},
	{"make_pte", bench_make_pte, 0},
	{"pte_val", bench_pte_val, 0},
	{"flush_tlb", bench_flush_tlb, 0},
	{"flush_tlb_single", bench_flush_tlb_single, 0},
	{"read_tsc", bench_read_tsc, 0},
	{"sched_clock", bench_sched_clock, 0},
};

static uint64_t measure(void (*run)(void))
{
	uint64_t start, end;

	run(); /* once for the caches, and so that an emulator has translated it */
	start = native_read_tsc();
	run();
	end = native_read_tsc();
	return end - start;
}

static void remember_values(void)
{
	cr0 = read_cr0();
	cr3 = read_cr3();
	cr4 = read_cr4_safe();
	if (apic_has_msr())
		msr = read_msr(MSR_APIC_BASE);
	local_save_flags(flags);
}

void bench_ops(void)
{
	irq_handler_fn *tick;
	unsigned measured = 0;

	if (!cpu_has(X86_FEATURE_TSC)) {
		pr_warn("bench: the CPU has no TSC to count with\n");
		return;
	}
	remember_values();
	tick = irq_set_handler(0, NULL);
	for (unsigned i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
		const struct bench *bench = &benches[i];

		if (bench->feature && !cpu_has(bench->feature))
			continue;
		if (bench->feature == X86_FEATURE_APIC && !apic_has_msr())
			continue;
		event_begin("bench");
		event_text("op", bench->name);
		event_number("loops", BENCH_LOOPS);
		event_number("tsc", measure(bench->run));
		event_end();
		measured++;
	}
	irq_set_handler(0, tick);
	local_irq_enable();
	pr_info("bench: %u ops, %u calls each: the figures are events on the second port\n",
		measured - 1, BENCH_LOOPS); /* "empty" is no op */
}
