// SPDX-License-Identifier: MIT
/*
 * bench on the command line: how long BENCH_LOOPS calls of each op's inline function take by the
 * TSC, a loop an op, as events `bench` { op, loops, tsc }. Under QEMU's -icount shift=0 the TSC
 * counts executed instructions exactly, and tests/bench/ops.pl compares kernels with that.
 *
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
#include "arch/x86/dev/guest.h"
#include "arch/x86/trap/irq.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/event.h"
#include "kernel/base/run.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/native.h"
#include "pv/paravirt.h"
#include <stddef.h>

#define BENCH_LOOPS 100
#define TRIES       3

void bench_iret(unsigned loops);

static uint64_t scratch_table[4];
static struct tss scratch_tss;
static volatile uint32_t sink;
static uint32_t cr0, cr3, cr4;
static unsigned long flags;
static uint64_t msr;

/*
 * X(op, feature, a call of it): it is skipped without the feature; 0 is X86_FEATURE_FPU: not asked.
 * iret is called by its bench_iret().
 */
#define BENCHES(X)                                                                \
	X(empty, 0, cpu_barrier())                                                \
	X(save_fl, 0, (void)arch_local_save_flags())                              \
	X(restore_fl, 0, local_irq_restore(flags))                                \
	X(irq_disable, 0, local_irq_disable())                                    \
	X(irq_enable, 0, local_irq_enable())                                      \
	X(cpuid, X86_FEATURE_TSC, uint32_t a; uint32_t b; uint32_t c; uint32_t d; \
	  cpuid(0, &a, &b, &c, &d))                                               \
	X(read_cr0, 0, (void)read_cr0())                                          \
	X(write_cr0, 0, write_cr0(cr0))                                           \
	X(read_cr2, 0, (void)read_cr2())                                          \
	X(read_cr3, 0, (void)read_cr3())                                          \
	X(write_cr3, X86_FEATURE_PSE, write_cr3(cr3))                             \
	X(read_cr4, X86_FEATURE_PSE, (void)read_cr4())                            \
	X(read_cr4_safe, 0, (void)read_cr4_safe())                                \
	X(write_cr4, X86_FEATURE_PSE, write_cr4(cr4))                             \
	X(clts, 0, clts())                                                        \
	X(get_debugreg, 0, (void)get_debugreg(0))                                 \
	X(set_debugreg, 0, set_debugreg(0, 0))                                    \
	X(write_gdt_entry, 0, write_gdt_entry(scratch_table, 1, 2, 3))            \
	X(write_idt_entry, 0, write_idt_entry(scratch_table, 1, 2, 3))            \
	X(load_sp0, 0, load_sp0(&scratch_tss, 4096))                              \
	X(read_msr, X86_FEATURE_APIC, (void)read_msr(MSR_APIC_BASE))              \
	X(write_msr, X86_FEATURE_APIC, write_msr(MSR_APIC_BASE, msr))             \
	X(wbinvd, 0, wbinvd())                                                    \
	X(io_delay, 0, io_delay())                                                \
	X(make_pte, 0, sink = (uint32_t)make_pte(msr).pte)                        \
	X(pte_val, 0, sink = (uint32_t)pte_val((pte_t){msr}))                     \
	X(flush_tlb, 0, flush_tlb())                                              \
	X(flush_tlb_single, 0, flush_tlb_single(0x1000))                          \
	X(enter_lazy_mmu, 0, arch_enter_lazy_mmu_mode())                          \
	X(leave_lazy_mmu, 0, arch_leave_lazy_mmu_mode())                          \
	X(read_tsc, 0, (void)read_tsc())                                          \
	X(sched_clock, 0, (void)sched_clock())

#define BENCH(name, feature, ...)                                \
	static void __attribute__((noinline)) bench_##name(void) \
	{                                                        \
		for (unsigned i = 0; i < BENCH_LOOPS; i++) {     \
			__VA_ARGS__;                             \
		}                                                \
	}
BENCHES(BENCH)

static void __attribute__((noinline)) bench_return(void)
{
	bench_iret(BENCH_LOOPS);
}

#define BENCH_ENTRY(name, feature, ...) {#name, bench_##name, feature},
static const struct bench {
	const char *name;
	void (*run)(void);
	unsigned feature;
} benches[] = {BENCHES(BENCH_ENTRY){"iret", bench_return, 0}};

struct cost {
	uint64_t tsc;
	uint32_t entries; /* of a guest: how often its host was needed */
};

/* A guest's host may have had something else to do in between. */
static struct cost measure(void (*run)(void))
{
	struct cost least = {~0ull, 0};

	run(); /* once for the caches, and so that an emulator has translated it */
	for (unsigned i = 0; i < TRIES; i++) {
		const uint32_t entries = guest_entries();
		const uint64_t start = native_read_tsc();
		uint64_t end;

		run();
		end = native_read_tsc();
		if (end - start < least.tsc)
			least = (struct cost){end - start, guest_entries() - entries};
	}
	return least;
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

/* NULL, or why not on this CPU. */
static const char *lacks(const struct bench *bench)
{
	if (!cpu_has(X86_FEATURE_TSC))
		return "the CPU has no TSC to count with";
	if (bench->feature && !cpu_has(bench->feature))
		return "this CPU lacks what it needs";
	if (bench->feature == X86_FEATURE_APIC && !apic_has_msr())
		return "this CPU lacks what it needs";
	return NULL;
}

const char *bench_op(const char *name, uint64_t *tsc, uint32_t *loops)
{
	const struct bench *bench = benches, *end = benches + sizeof(benches) / sizeof(benches[0]);
	irq_handler_fn *tick;
	const char *why;

	while (bench < end && strcmp(bench->name, name))
		bench++;
	why = bench == end ? "there is no loop for it" : lacks(bench);
	if (why)
		return why;
	remember_values();
	tick = irq_set_handler(0, NULL);
	*tsc = measure(bench->run).tsc;
	*loops = BENCH_LOOPS;
	irq_set_handler(0, tick);
	local_irq_enable();
	return NULL;
}

void bench_each(void (*each)(const char *name, void *arg), void *arg)
{
	for (unsigned i = 0; i < sizeof(benches) / sizeof(benches[0]); i++)
		each(benches[i].name, arg);
}

static void bench_ops(void)
{
	irq_handler_fn *tick;
	unsigned measured = 0;
	struct cost cost;

	if (!options.bench)
		return;
	if (!cpu_has(X86_FEATURE_TSC)) {
		pr_warn("bench: the CPU has no TSC to count with\n");
		return;
	}
	remember_values();
	tick = irq_set_handler(0, NULL);
	for (unsigned i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
		const struct bench *bench = &benches[i];

		if (lacks(bench))
			continue;
		cost = measure(bench->run);
		event_begin("bench");
		event_text("op", bench->name);
		event_number("loops", BENCH_LOOPS);
		event_number("tsc", cost.tsc);
		if (guest_is())
			event_number("entries", cost.entries);
		event_end();
		measured++;
	}
	irq_set_handler(0, tick);
	local_irq_enable();
	pr_info("bench: %u ops, %u calls each: the figures are events on the second port\n",
		measured - 1, BENCH_LOOPS); /* "empty" is no op */
}
RUN(RUN_MEASURE, "bench", bench_ops);
