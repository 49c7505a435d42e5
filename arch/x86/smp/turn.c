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
#include "arch/x86/trap/irq.h"
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

void (*turn_yield)(void);

/* Numbers, plus 1, that were given up by who drew them: a CPU has one at most. */
#define GIVEN_UP (2 * CPUS_MAX)
static volatile uint32_t given_up[GIVEN_UP];

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

/*
 * Its number is passed over. False: it came up meanwhile, and is not. Each of the two who look stores first,
 * so one of them sees the other's, and one of them only gets it.
 */
static bool give_up(uint32_t number)
{
	volatile uint32_t *mark = &given_up[number % GIVEN_UP];

	xchg(mark, number + 1);
	return served != number || xchg(mark, 0) != number + 1;
}

static void serve_next(void)
{
	uint32_t number = served;

	do
		xchg(&served, ++number);
	while (given_up[number % GIVEN_UP] == number + 1 &&
	       xchg(&given_up[number % GIVEN_UP], 0) == number + 1);
}

static bool is_online(void)
{
	return cpu_state(smp_processor_id()) == CPU_ONLINE;
}

/* False: it has been given up, since the CPU is to go, by who has the turn. */
static bool wait_for(uint32_t number, bool may_leave)
{
	uint32_t looks = 0, last = served, now;

	for (; (now = served) != number; last = now) {
		if (may_leave && !is_online() && give_up(number))
			return false;
		looks = now == last ? looks + 1 : 0;
		if (looks > LOOKS)
			panic("CPU %u waits for its turn to change text or CPUs, which CPU %u does "
			      "not give on",
			      smp_processor_id(), owner);
		if (looks > SPIN_QUICK)
			io_pause();
		cpu_relax();
	}
	return true;
}

static const char *why_not(enum turn what, bool may_wait)
{
	if (!is_online())
		return "this CPU is not online";
	if (this_cpu_read(asks))
		return "this CPU is in the middle of a change";
	if (!may_wait && what != TURN_PASS)
		return "interrupts are off";
	return NULL;
}

static const char *take(enum turn what, bool may_wait, bool may_leave, bool *again)
{
	const char *why = why_not(what, may_wait);

	*again = may_leave && !is_online();
	if (why)
		return why;
	spin_check_none("takes its turn to change text or CPUs");
	this_cpu_write(asks, what);
	if (may_wait)
		*again = !wait_for(draw(), may_leave);
	else if (!take_free())
		why = "interrupts are off, and another CPU is in the middle of a change";
	if (why || *again)
		this_cpu_write(asks, TURN_NONE);
	else
		owner = smp_processor_id();
	return why;
}

/*
 * Who waits and has the turn stays on its CPU. If that is to go, a task waits on another one; but not a handler,
 * nor who has another reason to stay.
 */
const char *turn_take(enum turn what)
{
	const bool may_wait = can_be_called();
	const bool may_leave = turn_yield && may_wait && !irq_in_handler() &&
			       !this_cpu_read(preempt_off);
	const char *why;
	bool again;

	do {
		preempt_disable();
		why = take(what, may_wait, may_leave, &again);
		if (why || again)
			preempt_enable();
		if (again)
			turn_yield();
	} while (again);
	return why;
}

void turn_give(void)
{
	this_cpu_write(asks, TURN_NONE);
	serve_next();
	preempt_enable();
}

bool turn_is_mine(enum turn what)
{
	return this_cpu_read(asks) == what;
}
