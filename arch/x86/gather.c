// SPDX-License-Identifier: MIT
/*
 * The other CPUs wait while text changes. Each is called by an interrupt and waits in it, or
 * shortly behind it (gather_wait.c):
 *
 *	boot CPU			another CPU
 *	gathered = CALLED, interrupt ->	in the middle of a site? one instruction further, and again
 *	looks until all are WAITS	otherwise gathered = WAITS, and it sleeps
 *	  ... text changes ...
 *	gathered = GO, NMI ----------->	wakes, serializes, gathered = FREE
 *	looks until all are FREE	goes on where it was
 */
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/cpu/state.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/gather_wait.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/smp/smp.h"
#include "arch/x86/smp/turn.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/panic.h"
#include "lib/format.h"
#include "pv/host.h"
#include "pv/outside.h"
#include <stddef.h>

#define PATIENCE_MS 10000
#define AGAIN_MS    1 /* an NMI can come between the last look and the sleep; an interrupt, never */

/* A switch's: others are let go between tries, so that none waits long for one that does not come. */
#define TRY_MS 8 /* the first one; each lasts twice as long as the one before */
#define TRIES  8 /* about two seconds in all */

static bool gathering, took_turn;
static uint32_t call_number = GATHER_CALLED;

/* Whatever became of the last call, another one does no harm. */
static void call(unsigned cpu)
{
	apic_send(machine_cpus.apic_id[cpu], IRQ_GATHER);
}

static void call_all(void)
{
	irq_set_handler(IRQ_GATHER, gather_on_call);
	gathering = true;
	call_number = call_number == UINT32_MAX ? GATHER_CALLED : call_number + 1;
	for_each_other(cpu)
	{
		per_cpu(gathered, cpu) = call_number;
		call(cpu);
	}
}

/* Does it wait, within *ms? These become less. */
static bool comes(unsigned cpu, uint32_t *ms)
{
	while (!timer_wait_for(&per_cpu(gathered, cpu), GATHER_WAITS, AGAIN_MS)) {
		if (*ms < AGAIN_MS)
			return false;
		*ms -= AGAIN_MS;
		call(cpu);
	}
	return true;
}

/* Returns who does not come; 0: all wait. */
static unsigned wait_for_all(uint32_t ms)
{
	for_each_other(cpu)
	{
		if (!comes(cpu, &ms))
			return cpu;
	}
	return 0;
}

static void let_go(unsigned cpu)
{
	for (unsigned ms = 0; ms < PATIENCE_MS; ms += AGAIN_MS) {
		if (per_cpu(gathered, cpu) != GATHER_FREE)
			smp_wake(cpu);
		if (timer_wait_for(&per_cpu(gathered, cpu), GATHER_FREE, AGAIN_MS))
			return;
	}
	panic("CPU %u does not go on after text was changed", cpu);
}

static void let_all_go(void)
{
	for_each_other(cpu) if (per_cpu(gathered, cpu) == GATHER_WAITS)
		per_cpu(gathered, cpu) = GATHER_GO;
	for_each_other(cpu) let_go(cpu);
	gathering = false;
}

/* Nothing was changed. Who has not come yet need not any more. */
static void give_up(void)
{
	gather_rule.carry = NULL;
	for_each_other(cpu) cmpxchg_always(&per_cpu(gathered, cpu), call_number, GATHER_FREE);
	let_all_go();
}

static void must_be_allowed(void)
{
	if (smp_processor_id() || gathering)
		panic("text is to be changed by CPU %u%s: only the boot CPU may, and once at a "
		      "time",
		      smp_processor_id(), gathering ? " while the others wait already" : "");
	spin_check_none("changes text");
}

/* In cpu_up() and cpu_down(), and in pv_switch(), it is this CPU's already. */
static void take_turn(void)
{
	const char *why = NULL;

	took_turn = !turn_is_mine(TURN_CPUS) && !turn_is_mine(TURN_LIVE);
	if (took_turn)
		why = turn_take(TURN_PASS);
	if (why)
		panic("text is to be changed by CPU %u: %s", smp_processor_id(), why);
}

void pv_host_gather(void)
{
	unsigned cpu;

	if (smp_online() == 1)
		return;
	must_be_allowed();
	take_turn();
	gather_rule = (struct gather_rule){.inside = pv_amid_site};
	call_all();
	cpu = wait_for_all(PATIENCE_MS);
	if (cpu)
		panic("CPU %u does not come while text is to be changed: its interrupts are off",
		      cpu);
}

const char *pv_host_gather_outside(bool (*inside)(uint32_t address),
				   uint32_t (*carry)(uint32_t flags), uint32_t *tries)
{
	static char why[80];
	unsigned cpu = 0;

	if (smp_processor_id())
		return "only the boot CPU may gather the others";
	gather_rule = (struct gather_rule){inside, carry};
	if (gather_returns_inside((uint32_t)__builtin_frame_address(0)))
		return "this CPU is in the middle of something that changes";
	took_turn = false; /* it is the caller's */
	for (unsigned i = 0; i < TRIES; i++) {
		++*tries;
		gather_rule.carry = carry;
		call_all();
		cpu = wait_for_all(TRY_MS << i);
		if (!cpu)
			return NULL;
		give_up();
	}
	snprintf(why, sizeof(why),
		 "CPU %u has interrupts off all the time, or is in the middle of something", cpu);
	return why;
}

/* When it comes back all others have gone on, so that the next call finds none on its way out. */
void pv_host_release(void)
{
	if (!gathering)
		return;
	let_all_go();
	if (took_turn)
		turn_give();
}
