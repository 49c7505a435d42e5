// SPDX-License-Identifier: MIT
/*
 * Counted on each CPU. Looks are bounded, since a lost one never comes.
 */
#include "tests/kernel/live/own_irq.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/trap/irq.h"
#include "pv/paravirt.h"
#include <stddef.h>

#define IRQ     21 /* nobody's, of each CPU's APIC */
#define WAITS   100
#define LOOKS   1000000u
#define LOST_NS 5000000000ull

static DEFINE_PER_CPU(volatile uint32_t, served);
static DEFINE_PER_CPU(volatile uint32_t, on_inside);

static void on_irq(unsigned irq)
{
	(void)irq;
	if (!irqs_disabled() || irq_is_nested())
		this_cpu_inc(on_inside); /* in a handler they are off */
	this_cpu_inc(served);
}

void own_irq_begin(void)
{
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		per_cpu(served, cpu) = per_cpu(on_inside, cpu) = 0;
	irq_set_handler(IRQ, on_irq);
}

void own_irq_end(void)
{
	irq_set_handler(IRQ, NULL);
}

void own_irq_send(void)
{
	apic_send(machine_cpus.apic_id[smp_processor_id()], IRQ);
}

static bool comes(uint32_t n)
{
	for (uint32_t looks = 0; this_cpu_read(served) != n; looks++)
		if (looks == LOOKS)
			return false;
	return true;
}

static bool comes_to(unsigned cpu, uint32_t n)
{
	const uint64_t start = timer_ns();

	while (per_cpu(served, cpu) == n)
		if (timer_ns() - start > LOST_NS)
			return false;
	return !per_cpu(on_inside, cpu);
}

bool own_irq_comes(unsigned cpu)
{
	return comes_to(cpu, 0);
}

bool own_irq_of(unsigned cpu)
{
	const uint32_t n = per_cpu(served, cpu);

	apic_send(machine_cpus.apic_id[cpu], IRQ);
	return comes_to(cpu, n);
}

bool own_irq(void)
{
	const uint32_t n = this_cpu_read(served);
	unsigned long flags;
	bool early;

	local_irq_save(flags);
	own_irq_send();
	for (unsigned i = 0; i < WAITS; i++)
		cpu_relax();
	early = this_cpu_read(served) != n || !irqs_disabled();
	local_irq_restore(flags);
	return comes(n + 1) && !early && !irqs_disabled() && !this_cpu_read(on_inside);
}
