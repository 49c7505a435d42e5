// SPDX-License-Identifier: MIT
/*
 * Numbers are drawn, and served in their order: two CPUs that change text again and again leave
 * room for a third one.
 */
#include "arch/x86/smp/turn.h"
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/io.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/cpu/state.h"
#include "arch/x86/trap/panic.h"
#include "pv/kept.h"
#include "pv/native.h"
#include "pv/paravirt.h"
#include <stddef.h>

#define LOOKS 60000000u /* a microsecond each, for one turn: an emulator's changes are slow */

static volatile uint32_t drawn, served;
static uint32_t owner; /* whose turn it is or was last, for the panic */

/* What it draws its number for, from before it does so to the end of its turn. */
static DEFINE_PER_CPU(uint32_t, asks);

/* In the back end's sense, or in truth: in a handler the soft one's variable may be on. */
static bool can_be_called(void)
{
	return !irqs_disabled() && native_save_fl() & PV_EFLAGS_IF;
}

/* Without waiting. */
static bool take_free(void)
{
	uint32_t number = served;

	return cmpxchg_always(&drawn, number, number + 1) == number;
}

static uint32_t draw(void)
{
	uint32_t number;

	do
		number = drawn;
	while (cmpxchg_always(&drawn, number, number + 1) != number);
	return number;
}

static void wait_for(uint32_t number)
{
	uint32_t looks = 0, last = served, now;

	for (; (now = served) != number; last = now) {
		looks = now == last ? looks + 1 : 0;
		if (looks > LOOKS)
			panic("CPU %u waits for its turn to change text or CPUs, which CPU %u does "
			      "not give on",
			      smp_processor_id(), owner);
		if (looks > SPIN_QUICK)
			io_pause();
		cpu_relax();
	}
}

static const char *take(enum turn what)
{
	const bool may_wait = can_be_called();

	if (cpu_state(smp_processor_id()) != CPU_ONLINE)
		return "this CPU is not online";
	if (this_cpu_read(asks))
		return "this CPU is in the middle of a change";
	if (!may_wait && what != TURN_PASS)
		return "interrupts are off";
	spin_check_none("takes its turn to change text or CPUs");
	this_cpu_write(asks, what);
	if (may_wait) {
		wait_for(draw());
	} else if (!take_free()) {
		this_cpu_write(asks, TURN_NONE);
		return "interrupts are off, and another CPU is in the middle of a change";
	}
	owner = smp_processor_id();
	return NULL;
}

/* It is a CPU's, so the task that takes it stays there. */
const char *turn_take(enum turn what)
{
	const char *why;

	preempt_disable();
	why = take(what);
	if (why)
		preempt_enable();
	return why;
}

void turn_give(void)
{
	this_cpu_write(asks, TURN_NONE);
	served = served + 1; /* stores are seen in order (SDM volume 3, 8.2.2) */
	preempt_enable();
}

bool turn_is_mine(enum turn what)
{
	return this_cpu_read(asks) == what;
}
