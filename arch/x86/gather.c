// SPDX-License-Identifier: MIT
/*
 * The other CPUs wait while text changes. Each is called by an interrupt and stays in it, in code
 * without sites. Not by an NMI: that would find a CPU anywhere, on top of other interrupts too,
 * while this one finds what it interrupts in one place, the frame below its own. There the CPU goes
 * on afterwards, so it must not be in the middle of a site:
 *
 *	site:	fb		sti
 *		f4		hlt
 *	eip ->	0f 1f 40 00	nopl		a sleeping CPU's frame; the pass makes it
 *
 *	site:	ff 15 d8 42
 *	eip ->	13 00				and there is no such instruction
 *
 * Who is interrupted there says so, returns, and is called again. A CPU with nothing to do sleeps
 * outside of all sites, and waits there for another call while smp_gathering is set. One that has
 * interrupts off makes the boot CPU wait.
 *
 * Who waits long sleeps, since an emulated CPU that spins takes its host's time from the one that
 * is waited for: four of them on two cores made a pass last 10 ms. Interrupts are off, so an NMI
 * ends it.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/smp/smp.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/panic.h"
#include "arch/x86/trap/trap.h"
#include "pv/engine.h"
#include "pv/host.h"
#include "pv/kept.h"
#include "pv/native.h"
#include <stddef.h>

#define PATIENCE_MS 10000
#define SPINS       200
#define WAKE_MS     1 /* one NMI can come between the last look and the sleep */

enum { FREE, CALLED, CALL_AGAIN, WAITS };
static DEFINE_PER_CPU(volatile uint32_t, gathered);

static PV_TEXT void wait_here(void)
{
	uint32_t flags = pv_host_irq_save();

	this_cpu_write(gathered, WAITS);
	for (unsigned spins = 0; smp_gathering; spins++)
		if (spins < SPINS)
			cpu_relax();
		else
			native_halt();
	pv_host_sync_self();
	this_cpu_write(gathered, FREE);
	pv_host_irq_restore(flags);
}

/* Where this CPU goes on; 0: behind a call, since what turned interrupts on is one. */
static uint32_t interrupted_at(void)
{
	const struct regs *regs = irq_interrupted();
	const uint32_t *frame = pv_irq_frame();

	if (regs)
		return regs->eip;
	return frame ? frame[0] : 0;
}

static bool inside_site(uint32_t eip)
{
	struct pv_place site;

	return pv_find((const uint8_t *)eip, &site) && (uint32_t)site.at != eip;
}

static void on_gather(unsigned irq)
{
	(void)irq;
	if (this_cpu_read(gathered) != CALLED)
		return;
	if (inside_site(interrupted_at()))
		this_cpu_write(gathered, CALL_AGAIN);
	else
		wait_here();
}

static void call(unsigned cpu)
{
	per_cpu(gathered, cpu) = CALLED;
	apic_send(machine_cpus.apic_id[cpu], IRQ_GATHER);
}

static void wait_for(unsigned cpu)
{
	for (uint32_t us = 0; us < PATIENCE_MS * 1000; us++) {
		uint32_t now = per_cpu(gathered, cpu);

		if (now == WAITS)
			return;
		if (now == CALL_AGAIN)
			call(cpu);
		timer_delay_us(1);
	}
	panic("CPU %u does not come while text is to be changed: its interrupts are off", cpu);
}

void pv_host_gather(void)
{
	if (smp_online() == 1)
		return;
	if (smp_processor_id() || smp_gathering)
		panic("text is to be changed by CPU %u%s: only the boot CPU may, and once at a "
		      "time",
		      smp_processor_id(), smp_gathering ? " while the others wait already" : "");
	irq_set_handler(IRQ_GATHER, on_gather);
	smp_gathering = 1;
	for (unsigned cpu = 1; cpu < CPUS_MAX; cpu++)
		if (cpu_online(cpu))
			call(cpu);
	for (unsigned cpu = 1; cpu < CPUS_MAX; cpu++)
		if (cpu_online(cpu))
			wait_for(cpu);
}

static void let_go(unsigned cpu)
{
	for (unsigned ms = 0; ms < PATIENCE_MS; ms += WAKE_MS) {
		if (per_cpu(gathered, cpu) != FREE)
			smp_wake(cpu);
		if (timer_wait_for(&per_cpu(gathered, cpu), FREE, WAKE_MS))
			return;
	}
	panic("CPU %u does not go on after text was changed", cpu);
}

/* When it comes back all others have gone on, so that the next call finds none on its way out. */
void pv_host_release(void)
{
	if (!smp_gathering)
		return;
	smp_gathering = 0;
	for (unsigned cpu = 1; cpu < CPUS_MAX; cpu++)
		if (cpu_online(cpu))
			let_go(cpu);
}
