// SPDX-License-Identifier: MIT
#include "kernel/interrupts.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/smp/smp.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/stray.h"
#include "arch/x86/trap/trap.h"
#include "kernel/base/event.h"
#include "lib/printk.h"

static void report_strays(void)
{
	uint32_t unexpected = atomic_read(&irq_unexpected), spurious = atomic_read(&irq_spurious);

	if (unexpected || spurious)
		pr_warn("interrupts: %u that nobody wanted, %u spurious\n", unexpected, spurious);
	for (unsigned vector = NR_TRAPS + NR_IRQS; vector < NR_VECTORS; vector++)
		if (stray_count(vector))
			pr_warn("interrupts: %u by vector %u, which is nobody's\n",
				stray_count(vector), vector);
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		if (per_cpu(trap_nmis_unexpected, cpu) > smp_wakes(cpu))
			pr_warn("interrupts: CPU %u got NMIs that nobody sent\n", cpu);
}

/* Read once: more come while they are printed. */
static uint32_t read_counts(unsigned irq, uint32_t counts[CPUS_MAX])
{
	uint32_t n = 0;

	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
		counts[cpu] = *(volatile uint32_t *)&per_cpu(irq_counts, cpu)[irq];
		n += counts[cpu];
	}
	return n;
}

static void report_irq(unsigned irq)
{
	uint32_t counts[CPUS_MAX];
	const uint32_t n = read_counts(irq, counts);

	if (!n)
		return;
	pr_info("  %3u %10u", irq, n);
	for (unsigned cpu = 0; cpu < machine_cpus.n; cpu++)
		pr_info(" %8u", counts[cpu]);
	pr_info("\n");
	event_begin("interrupts");
	event_number("irq", irq);
	event_number("n", n);
	event_end();
}

static void report_counts(void)
{
	pr_info("  irq interrupts");
	for (unsigned cpu = 0; cpu < machine_cpus.n; cpu++)
		pr_info("   CPU %2u", cpu);
	pr_info("\n");
	for (unsigned irq = 0; irq < NR_IRQS; irq++)
		report_irq(irq);
}

void interrupts_report(void)
{
	report_strays();
	if (static_branch_unlikely(&irq_statistics))
		report_counts();
}
