// SPDX-License-Identifier: MIT
/*
 * CPUs come and go, and what one does that has nothing to do. Only the boot CPU starts and stops
 * others; who moves a CPU from which state to which is in cpu/state.h.
 */
#include "arch/x86/smp/smp.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/io.h"
#include "arch/x86/cpu/state.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/smp/printk_lock.h"
#include "arch/x86/smp/smp_call.h"
#include "arch/x86/smp/smp_start.h"
#include "arch/x86/smp/stop.h"
#include "arch/x86/smp/turn.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/panic.h"
#include "arch/x86/trap/sysenter.h"
#include "lib/printk.h"
#include "pv/host.h"
#include "pv/native.h"
#include "pv/paravirt.h"
#include <stddef.h>

#define PANIC_US 2000000 /* of io_pause(): what a CPU needs to stop others, at most */

void (*smp_before_first)(void), (*smp_after_last)(void), (*smp_on_start)(void);
void (*smp_idle)(void);
void (*smp_task_start)(void);
DEFINE_PER_CPU(volatile uint32_t, smp_ticks);

static uint32_t start_page;
static const char *impossible = "smp_init() was not called";

static void tick(unsigned irq)
{
	(void)irq;
	this_cpu_inc(smp_ticks);
	if (timer_slice)
		timer_slice(1000 / SMP_TICK_HZ);
}

const char *smp_init(uint32_t page)
{
	start_page = page;
	impossible = NULL;
	printk_lock_init(); /* tasks take turns on one CPU as well */
	if (!apic_present())
		impossible = "the boot CPU has no local APIC that can be used";
	else if (!page)
		impossible = "there is no free page below 1 MiB";
	if (impossible)
		return impossible;
	stop_init();
	irq_set_handler(IRQ_APIC_TIMER, tick);
	smp_call_init();
	if (!apic_timer_calibrate())
		pr_warn("smp: there is no clock to measure the APIC's timer by: other CPUs have no "
			"ticks\n");
	return NULL;
}

static PV_TEXT _Noreturn void halt_for_good(void)
{
	native_irq_disable();
	for (;;)
		native_halt();
}

/* From the move on it executes nothing but this. Comes back when the boot CPU has taken it back. */
static PV_TEXT void rest(void)
{
	uint32_t flags = pv_host_irq_save();

	if (cpu_move(smp_processor_id(), CPU_REST))
		halt_for_good();
	pv_host_irq_restore(flags);
}

static void leave(void)
{
	apic_timer_stop();
	rest();
	apic_timer_periodic(SMP_TICK_HZ);
}

/* Interrupts are off, so that what wakes comes either before the look or ends the sleep. */
static void idle(void)
{
	local_irq_disable();
	if (cpu_state(smp_processor_id()) == CPU_LEAVES)
		leave();
	if (smp_work_waits()) {
		local_irq_enable();
		smp_work_run();
	} else if (smp_idle) {
		smp_idle();
	} else {
		safe_halt();
	}
}

static _Noreturn void ap_main(void)
{
	unsigned cpu = smp_processor_id();
	void (*on_start)(void) = smp_on_start;

	if (!cpu_move(cpu, CPU_ENTER))
		halt_for_good(); /* too late: it was given up */
	panic_stop_here();
	pv_cpu_start();
	timer_init_cpu();
	if (on_start)
		on_start();
	sysenter_init_cpu();
	if (smp_task_start)
		smp_task_start();
	apic_init_cpu();
	apic_timer_periodic(SMP_TICK_HZ);
	if (!cpu_move(cpu, CPU_RUN))
		halt_for_good();
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
	if (irqs_disabled())
		return SMP_IRQS_OFF;
	return impossible ? SMP_IMPOSSIBLE : SMP_OK;
}

/* It panics, and is the first to: this CPU stops here if the NMI is late. */
static void give_way(unsigned cpu)
{
	for (uint32_t us = 0; us < PANIC_US && cpu_state(cpu) == CPU_PANICS; us++) {
		panic_stop_here();
		io_pause();
	}
	if (cpu_state(cpu) == CPU_PANICS)
		panic("CPU %u panics, and stops nobody", cpu);
}

static enum smp_result bring_up(unsigned cpu)
{
	enum smp_result result = smp_start(cpu, start_page, ap_main);

	if (result || timer_wait_for(cpu_state_word(cpu), CPU_ONLINE, SMP_PATIENCE_MS))
		return result;
	if (smp_drop(cpu))
		return SMP_NO_ANSWER;
	give_way(cpu);
	return SMP_OK; /* it came at the last moment */
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

static enum smp_result come(unsigned cpu)
{
	enum smp_result result;

	if (smp_online() == 1 && smp_before_first)
		smp_before_first();
	result = bring_up(cpu);
	if (result && smp_online() == 1 && smp_after_last)
		smp_after_last();
	return result;
}

/* False: it did not come to rest, and stays on. */
static bool bring_down(unsigned cpu)
{
	smp_calls_hold(); /* none is on its way */
	cpu_move(cpu, CPU_ASK);
	smp_calls_release();
	apic_send(machine_cpus.apic_id[cpu], IRQ_CALL);
	if (timer_wait_for(cpu_state_word(cpu), CPU_OFF, SMP_PATIENCE_MS))
		return true;
	if (cpu_move(cpu, CPU_TAKE_BACK))
		return false;
	give_way(cpu);
	return true; /* it was just about to */
}

static enum smp_result go(unsigned cpu)
{
	if (!bring_down(cpu))
		return SMP_NO_ANSWER;
	if (smp_online() == 1 && smp_after_last)
		smp_after_last();
	return SMP_OK;
}

/* No text changes meanwhile but by this CPU's own passes. */
static enum smp_result in_turn(enum smp_result (*fn)(unsigned), unsigned cpu)
{
	enum smp_result result;

	if (turn_take(TURN_CPUS))
		return SMP_IN_CHANGE;
	result = smp_processor_id() ? SMP_NOT_HERE : fn(cpu); /* a task that came here since */
	turn_give();
	return result;
}

enum smp_result cpu_up(unsigned cpu)
{
	enum smp_result result = may_change(cpu, true);

	if (!result)
		result = in_turn(come, cpu);
	return complain("cpu_up", cpu, result);
}

enum smp_result cpu_down(unsigned cpu)
{
	enum smp_result result = may_change(cpu, false);

	if (!result && !smp_work_done(cpu))
		result = SMP_BUSY;
	if (!result)
		result = in_turn(go, cpu);
	return complain("cpu_down", cpu, result);
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
