// SPDX-License-Identifier: MIT
/*
 * Which CPUs run: on, off, and what one does that has nothing to do. Only the boot CPU changes
 * this, so there is no lock; the others look.
 */
#include "arch/x86/smp/smp.h"
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/smp/printk_lock.h"
#include "arch/x86/smp/smp_call.h"
#include "arch/x86/smp/smp_start.h"
#include "arch/x86/smp/stop.h"
#include "arch/x86/trap/irq.h"
#include "lib/printk.h"
#include "pv/host.h"
#include "pv/native.h"
#include "pv/paravirt.h"
#include <stddef.h>

void (*smp_before_first)(void), (*smp_after_last)(void), (*smp_on_start)(void);
volatile uint32_t smp_gathering;
DEFINE_PER_CPU(volatile uint32_t, smp_ticks);

/* What a CPU says of itself. */
enum { RESTS, RUNS };
static DEFINE_PER_CPU(volatile uint32_t, state);

/* Whether it is to leave: asked by the boot CPU, agreed to by itself. */
enum { STAY, LEAVE, LEAVING };
static DEFINE_PER_CPU(volatile uint32_t, leave);

static uint32_t start_page;
static const char *impossible = "smp_init() was not called";

static void tick(unsigned irq)
{
	(void)irq;
	this_cpu_inc(smp_ticks);
}

const char *smp_init(uint32_t page)
{
	start_page = page;
	impossible = NULL;
	if (!apic_present())
		impossible = "the boot CPU has no local APIC that can be used";
	else if (!page)
		impossible = "there is no free page below 1 MiB";
	if (impossible)
		return impossible;
	printk_lock_init();
	stop_init();
	irq_set_handler(IRQ_APIC_TIMER, tick);
	smp_call_init();
	if (!apic_timer_calibrate())
		pr_warn("smp: there is no clock to measure the APIC's timer by: other CPUs have no "
			"ticks\n");
	return NULL;
}

/* The end of a CPU's way down: from the store on it executes nothing but this. */
static PV_TEXT _Noreturn void rest(void)
{
	native_irq_disable();
	this_cpu_write(state, RESTS);
	for (;;)
		native_halt();
}

/*
 * Interrupts are off, so that what wakes comes either before the look or ends the sleep. That is
 * outside of all sites: see gather.c.
 */
static void idle(void)
{
	local_irq_disable();
	if (cmpxchg(&per_cpu(leave, smp_processor_id()), LEAVE, LEAVING) == LEAVE) {
		apic_timer_stop();
		rest();
	}
	if (!smp_gathering && !smp_work_waits()) {
		safe_halt_unpatched();
		return;
	}
	local_irq_enable();
	while (smp_gathering)
		cpu_relax();
	smp_work_run();
}

static _Noreturn void ap_main(void)
{
	pv_cpu_start();
	timer_init_cpu();
	if (smp_on_start)
		smp_on_start();
	apic_init_cpu();
	apic_timer_periodic(SMP_TICK_HZ);
	this_cpu_write(state, RUNS);
	for (;;)
		idle();
}

static enum smp_result may_change(unsigned cpu, bool on)
{
	if (smp_processor_id())
		return SMP_NOT_HERE;
	if (cpu >= machine_cpus.n)
		return SMP_NO_CPU;
	if (cpu_online(cpu) == on)
		return SMP_ALREADY;
	if (cpu == 0)
		return SMP_FIRST;
	return impossible ? SMP_IMPOSSIBLE : SMP_OK;
}

static enum smp_result bring_up(unsigned cpu)
{
	enum smp_result result;

	per_cpu(leave, cpu) = STAY;
	result = smp_start(cpu, start_page, ap_main);
	if (result == SMP_OK && !timer_wait_for(&per_cpu(state, cpu), RUNS, SMP_PATIENCE_MS))
		result = SMP_NO_ANSWER;
	if (result == SMP_NO_ANSWER)
		apic_send_init(machine_cpus.apic_id[cpu]); /* so that it does not come later */
	return result;
}

static enum smp_result complain(const char *what, unsigned cpu, enum smp_result result)
{
	const char *text = result == SMP_IMPOSSIBLE ? impossible : smp_result_text(result);

	if (result == SMP_LACKS)
		pr_warn("smp: CPU %u (APIC id %u) lacks %s, which is in use: left off\n", cpu,
			machine_cpus.apic_id[cpu], smp_lacking);
	else if (result == SMP_NO_ANSWER)
		pr_warn("smp: CPU %u (APIC id %u) does not answer: %s\n", cpu,
			machine_cpus.apic_id[cpu], cpu_online(cpu) ? "left on" : "left off");
	else if (result)
		pr_warn("smp: %s(%u): %s\n", what, cpu, text);
	return result;
}

enum smp_result cpu_up(unsigned cpu)
{
	enum smp_result result = may_change(cpu, true);

	if (result)
		return complain("cpu_up", cpu, result);
	if (smp_online() == 1 && smp_before_first)
		smp_before_first();
	result = bring_up(cpu);
	if (result == SMP_OK)
		smp_set_online(cpu, true);
	else if (smp_online() == 1 && smp_after_last)
		smp_after_last();
	return complain("cpu_up", cpu, result);
}

/* False: it did not come to rest, and stays on. */
static bool bring_down(unsigned cpu)
{
	volatile uint32_t *its_state = &per_cpu(state, cpu), *its_leave = &per_cpu(leave, cpu);

	*its_leave = LEAVE;
	apic_send(machine_cpus.apic_id[cpu], IRQ_CALL);
	if (timer_wait_for(its_state, RESTS, SMP_PATIENCE_MS))
		return true;
	if (cmpxchg(its_leave, LEAVE, STAY) == LEAVE)
		return false;
	return timer_wait_for(its_state, RESTS, SMP_PATIENCE_MS); /* it was just about to */
}

enum smp_result cpu_down(unsigned cpu)
{
	enum smp_result result = may_change(cpu, false);

	if (!result && !smp_work_done(cpu))
		result = SMP_BUSY;
	if (result)
		return complain("cpu_down", cpu, result);
	smp_calls_hold();
	smp_set_online(cpu, false);
	smp_calls_release();
	if (!bring_down(cpu)) {
		smp_set_online(cpu, true);
		return complain("cpu_down", cpu, SMP_NO_ANSWER);
	}
	if (smp_online() == 1 && smp_after_last)
		smp_after_last();
	return SMP_OK;
}

static uint32_t wakes[CPUS_MAX];

void smp_wake(unsigned cpu)
{
	wakes[cpu]++;
	apic_send_nmi(machine_cpus.apic_id[cpu]);
}

uint32_t smp_wakes(unsigned cpu)
{
	return wakes[cpu];
}
