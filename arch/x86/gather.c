// SPDX-License-Identifier: MIT
/*
 * The other CPUs wait while text changes. Each is called by an interrupt and waits in it:
 *
 *	boot CPU			another CPU
 *	gathered = CALLED, interrupt ->	in the middle of a site? one instruction further, and again
 *	looks until all are WAITS	otherwise gathered = WAITS, and it sleeps
 *	  ... text changes ...
 *	gathered = GO, NMI ----------->	wakes, serializes, gathered = FREE
 *	looks until all are FREE	goes on where it was
 *
 * An interrupt, and no NMI: a handler has interrupts off, and one that turns them on is let go on
 * to its end. So there is one place where the CPU goes on afterwards, what was interrupted. Were
 * that the middle of a site, it would go on in the middle of something else:
 *
 *	site:	9d		popf		turns interrupts on
 *	eip ->	0f 1f 40 00	nopl
 *
 *	site:	ff 15 d8 42			the pass makes this of it
 *	eip ->	13 00				and there is no such instruction
 *
 * So it leaves the site first, a single step (EFLAGS.TF) at a time, and waits in the debug
 * exception then. Each step brings it nearer to the site's end; without them it might never be
 * found elsewhere, when interrupts are on in there only. Where it goes on is irq_interrupted(),
 * whoever delivers the interrupt; NULL is behind a call, which is a site of one instruction.
 *
 * Who waits long sleeps, since an emulated CPU that spins takes its host's time from the one that
 * is waited for: four of them on two cores made a pass last 10 ms. Interrupts are off, so an NMI
 * ends it.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/cpu/state.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/smp/smp.h"
#include "arch/x86/smp/turn.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/panic.h"
#include "arch/x86/trap/trap.h"
#include "pv/engine.h"
#include "pv/host.h"
#include "pv/native.h"
#include <stddef.h>

#define PATIENCE_MS 10000
#define AGAIN_MS    1 /* an NMI can come between the last look and the sleep; an interrupt, never */
#define SPINS       200
#define EFLAGS_TF   0x100u

/* The boot CPU writes CALLED and GO, the CPU itself WAITS and FREE, each when it is its turn. */
enum { FREE, CALLED, WAITS, GO };
static DEFINE_PER_CPU(volatile uint32_t, gathered);

static bool gathering, took_turn;

static PV_TEXT void wait_here(void)
{
	uint32_t flags = pv_host_irq_save();

	this_cpu_write(trap_step_hook, NULL);
	this_cpu_write(gathered, WAITS);
	for (unsigned spins = 0; this_cpu_read(gathered) != GO; spins++)
		if (spins < SPINS)
			cpu_relax();
		else
			native_halt();
	pv_host_sync_self();
	this_cpu_write(gathered, FREE);
	pv_host_irq_restore(flags);
}

static PV_TEXT bool inside_site(uint32_t eip)
{
	struct pv_place site;

	return pv_find((const uint8_t *)eip, &site) && (uint32_t)site.at != eip;
}

static PV_TEXT void on_step(struct regs *regs)
{
	if (inside_site(regs->eip))
		return;
	regs->eflags &= ~EFLAGS_TF;
	wait_here();
}

static void on_gather(unsigned irq)
{
	struct irq_frame *frame = irq_interrupted();

	(void)irq;
	if (this_cpu_read(gathered) != CALLED || irq_is_nested())
		return; /* it came twice; or is called again, when there is one place to look at */
	if (frame && inside_site(frame->eip)) {
		this_cpu_write(trap_step_hook, on_step);
		frame->eflags |= EFLAGS_TF;
	} else {
		wait_here();
	}
}

/* Whatever became of the last call, another one does no harm. */
static void call(unsigned cpu)
{
	apic_send(machine_cpus.apic_id[cpu], IRQ_GATHER);
}

static void wait_for(unsigned cpu)
{
	for (unsigned ms = 0; ms < PATIENCE_MS; ms += AGAIN_MS) {
		if (timer_wait_for(&per_cpu(gathered, cpu), WAITS, AGAIN_MS))
			return;
		call(cpu);
	}
	panic("CPU %u does not come while text is to be changed: its interrupts are off", cpu);
}

/* In cpu_up() and cpu_down() it is this CPU's already. */
static void take_turn(void)
{
	const char *why = NULL;

	took_turn = !turn_is_mine(TURN_CPUS);
	if (took_turn)
		why = turn_take(TURN_PASS);
	if (why)
		panic("text is to be changed by CPU %u: %s", smp_processor_id(), why);
}

void pv_host_gather(void)
{
	if (smp_online() == 1)
		return;
	if (smp_processor_id() || gathering)
		panic("text is to be changed by CPU %u%s: only the boot CPU may, and once at a "
		      "time",
		      smp_processor_id(), gathering ? " while the others wait already" : "");
	spin_check_none("changes text");
	take_turn();
	irq_set_handler(IRQ_GATHER, on_gather);
	gathering = true;
	for (unsigned cpu = 1; cpu < CPUS_MAX; cpu++)
		if (cpu_online(cpu)) {
			per_cpu(gathered, cpu) = CALLED;
			call(cpu);
		}
	for (unsigned cpu = 1; cpu < CPUS_MAX; cpu++)
		if (cpu_online(cpu))
			wait_for(cpu);
}

static void let_go(unsigned cpu)
{
	for (unsigned ms = 0; ms < PATIENCE_MS; ms += AGAIN_MS) {
		if (per_cpu(gathered, cpu) != FREE)
			smp_wake(cpu);
		if (timer_wait_for(&per_cpu(gathered, cpu), FREE, AGAIN_MS))
			return;
	}
	panic("CPU %u does not go on after text was changed", cpu);
}

/* When it comes back all others have gone on, so that the next call finds none on its way out. */
void pv_host_release(void)
{
	if (!gathering)
		return;
	for (unsigned cpu = 1; cpu < CPUS_MAX; cpu++)
		if (cpu_online(cpu))
			per_cpu(gathered, cpu) = GO;
	for (unsigned cpu = 1; cpu < CPUS_MAX; cpu++)
		if (cpu_online(cpu))
			let_go(cpu);
	gathering = false;
	if (took_turn)
		turn_give();
}
