// SPDX-License-Identifier: MIT
/*
 * Interrupts are really off and really on: the witness is the timer's tick, which arrives or does
 * not, and the PIC, which shows whether one waits (tick.h). Emulators stutter: what must never
 * happen is checked strictly, what takes time in most rounds only.
 */
#include "arch/x86/trap/irq.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/trap/regs.h"
#include "arch/x86/trap/trap.h"
#include "kernel/test/ktap.h"
#include "lib/div64.h"
#include "pv/paravirt.h"
#include "tests/kernel/base/machine.h"
#include "tests/kernel/machine/lacks.h"
#include "tests/kernel/machine/tick.h"
#include <stddef.h>

#define ROUNDS   8
#define MOST     6 /* of ROUNDS */
#define ATTEMPTS 5

static void off_and_on(struct ktap *t)
{
	uint32_t before, after;
	unsigned looks;

	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
	local_irq_disable();
	before = timer_ticks;
	looks = tick_line_rises();
	tick_look(tick_length);
	after = timer_ticks;
	CHECK(t, looks != 0, "the timer's line rises while interrupts are off");
	CHECK_EQ(t, after, before, "no tick arrives while interrupts are off");
	CHECK(t, irqs_disabled(), "irqs_disabled() says off");
	before = timer_ticks;
	local_irq_enable();
	(void)irq_pending(0); /* sti holds interrupts off for one instruction more */
	after = timer_ticks;
	CHECK(t, after != before, "the waiting tick arrives with local_irq_enable()");
	CHECK(t, !irqs_disabled(), "irqs_disabled() says on");
	CHECK(t, tick_on() && tick_on(), "and ticks keep arriving");
}

static void nests(struct ktap *t)
{
	unsigned long outer, inner;

	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
	local_irq_save(outer);
	CHECK(t, irqs_disabled() && tick_off(), "off after the first save");
	local_irq_save(inner);
	CHECK(t, irqs_disabled() && tick_off(), "off after the second save");
	local_irq_restore(inner);
	CHECK(t, irqs_disabled() && tick_off(), "still off after the inner restore");
	local_irq_restore(outer);
	CHECK(t, !irqs_disabled() && tick_on(), "on after the outer restore");
	local_irq_save(outer);
	local_irq_enable();
	CHECK(t, !irqs_disabled() && tick_on(), "on when enabled inside");
	local_irq_save(inner);
	local_irq_restore(outer);
	CHECK(t, !irqs_disabled() && tick_on(), "on again by the outer flags alone");
	local_irq_disable();
	local_irq_restore(inner);
	CHECK(t, !irqs_disabled() && tick_on(), "flags that were saved as on switch on");
}

static void restores_value(struct ktap *t)
{
	unsigned long flags;

	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
	local_save_flags(flags);
	CHECK(t, flags & X86_EFLAGS_IF, "saved flags have IF set while ticks arrive");
	local_irq_restore(flags & ~(unsigned long)X86_EFLAGS_IF);
	CHECK(t, irqs_disabled() && tick_off(), "flags without IF disable");
	local_save_flags(flags);
	CHECK(t, !(flags & X86_EFLAGS_IF), "saved flags have IF clear while no tick arrives");
	local_irq_restore(flags);
	CHECK(t, irqs_disabled() && tick_off(), "restoring them changes nothing");
	local_irq_restore(flags | X86_EFLAGS_IF);
	CHECK(t, !irqs_disabled() && tick_on(), "flags with IF enable");
	local_save_flags(flags);
	CHECK(t, flags & X86_EFLAGS_IF, "and are saved as on");
	CHECK(t, !irqs_disabled() && tick_on(), "saving alone disables nothing");
	local_irq_enable();
}

/*
 * Who waits for a lock waits with interrupts as they were. Nobody has this one: a tick, or a step of this CPU while a tick
 * waits, frees it.
 */
static spinlock_t lock = SPINLOCK_IRQS_OFF("a test");

static void lock_seems_taken(void)
{
	lock.owner = 1u << SPIN_TAKEN | (CPUS_MAX + 1);
}

static void free_by_tick(void)
{
	lock.owner = 0;
}

/* By then it has looked at the lock again and again. */
#define STEPS 500

static unsigned steps_with_one;

static void free_by_step(struct regs *regs)
{
	(void)regs;
	if (irq_pending(0) && ++steps_with_one == STEPS)
		lock.owner = 0;
}

static void lock_waits(struct ktap *t)
{
	unsigned long flags;
	uint32_t before;

	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
	KTAP_SKIP_UNLESS(t, !machine_lacks(TRAP_DB), LACKS);
	lock_seems_taken();
	timer_tick_hook = free_by_tick;
	spin_lock_irqsave(&lock, flags);
	timer_tick_hook = NULL;
	CHECK(t, irqs_disabled(), "a tick came while it waited, and behind that they are off");
	spin_unlock_irqrestore(&lock, flags);
	CHECK(t, !irqs_disabled(), "and on again");
	local_irq_disable();
	before = timer_ticks;
	steps_with_one = 0;
	lock_seems_taken();
	trap_debug_hook = free_by_step;
	trap_single_step(1);
	spin_lock_irqsave(&lock, flags);
	spin_unlock_irqrestore(&lock, flags); /* which has TF, too */
	trap_single_step(0);
	trap_debug_hook = NULL;
	CHECK_EQ(t, timer_ticks, before, "none comes when they were off");
	CHECK(t, irq_pending(0), "although one waited");
	CHECK(t, irqs_disabled(), "and they stay off");
	local_irq_enable();
}

/*
 * A tick waits, a quarter of its time is over. safe_halt() must take it at once. If the tick came
 * between sti and hlt and hlt slept, or if it were lost, the next one would wake, three quarters of
 * a tick later.
 */
static struct {
	unsigned single, early, slept, dead;
} halts;

static void halt_round(void)
{
	uint32_t before = timer_ticks;
	uint64_t start;

	halts.dead += !tick_line_rises();
	tick_look(tick_length / 4);
	start = timer_ns();
	safe_halt();
	local_irq_disable();
	halts.early += timer_ns() - start < 400000;
	halts.slept += timer_ticks == before;
	halts.single += timer_ticks - before == 1;
}

static void halt_rounds(void)
{
	halts.single = halts.early = halts.dead = 0;
	local_irq_disable();
	for (unsigned i = 0; i < ROUNDS; i++)
		halt_round();
	local_irq_enable();
}

static void halts_without_window(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
	for (unsigned i = 0;
	     i < ATTEMPTS && (halts.single < MOST || halts.early < MOST || halts.dead); i++)
		halt_rounds();
	CHECK_EQ(t, halts.slept, 0, "safe_halt() returns only after a tick");
	CHECK_EQ(t, halts.dead, 0, "the line rises again after each");
	CHECK(t, halts.single >= MOST, "one tick wakes it (%u of %u)", halts.single, ROUNDS);
	CHECK(t, halts.early >= MOST, "the one that waits, at once (%u of %u)", halts.early,
	      ROUNDS);
}

static void halt_wakes(struct ktap *t)
{
	uint32_t before;

	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
	if (!CHECK(t, tick_on(), "ticks arrive, so halt() can end"))
		return;
	before = timer_ticks;
	halt();
	CHECK(t, timer_ticks != before, "halt() with interrupts on ends with a tick");
	CHECK(t, !irqs_disabled() && tick_on(), "and they are still on");
	local_irq_disable();
	safe_halt();
	CHECK(t, !irqs_disabled() && tick_on(), "after safe_halt() they are on");
}

int test_string_step(void);
void test_backwards_step(void);
uint32_t test_backwards_until(volatile uint32_t *word);

static volatile uint32_t step_there;

static void step_hook(void)
{
	step_there = (uint32_t)test_string_step();
}

static void handlers_go_up(struct ktap *t)
{
	step_there = 0;
	timer_tick_hook = step_hook;
	CHECK(t, test_backwards_until(&step_there), "a tick interrupts what has DF set");
	timer_tick_hook = NULL;
	CHECK_EQ(t, (int)step_there, 4, "and its handler has it clear");
}

static uint32_t steps_up, steps_down;

static void step_up_hook(struct regs *regs)
{
	(void)regs;
	if (test_string_step() == 4)
		steps_up++;
	else
		steps_down++;
}

/* The same of what can come in the middle of a pass. */
static void debug_goes_up(struct ktap *t)
{
	steps_up = steps_down = 0;
	local_irq_disable();
	trap_debug_hook = step_up_hook;
	test_backwards_step();
	trap_debug_hook = NULL;
	local_irq_enable();
	CHECK(t, steps_up > 2, "what has DF set is stepped through: %u steps", steps_up);
	CHECK_EQ(t, steps_down, 0, "and each handler has it clear");
}

static volatile unsigned hook_calls, hook_on, hook_nested;

/* In the interrupt; the first call lasts until the next tick waits. */
static void hook(void)
{
	uint32_t before = timer_ticks;

	hook_on += !irqs_disabled();
	if (!hook_calls++)
		tick_wait();
	hook_nested += timer_ticks != before;
}

static void handlers_run_off(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
	hook_calls = hook_on = hook_nested = 0;
	timer_tick_hook = hook;
	for (unsigned i = 0; i < 4; i++)
		tick_on();
	timer_tick_hook = NULL;
	CHECK(t, hook_calls >= 4, "the hook runs at each tick (%u)", hook_calls);
	CHECK_EQ(t, hook_on, 0, "irqs_disabled() says off in each handler");
	CHECK_EQ(t, hook_nested, 0, "no tick interrupts a tick's handler");
	handlers_go_up(t);
	if (!machine_lacks(TRAP_DB))
		debug_goes_up(t);
	CHECK(t, !irqs_disabled() && tick_on(), "interrupts are on again behind it");
}

static void masked_stays_away(struct ktap *t)
{
	uint32_t strays = atomic_read(&irq_unexpected), before;
	irq_handler_fn *handler;

	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
	handler = irq_set_handler(0, NULL);
	before = timer_ticks;
	CHECK(t, tick_line_rises(), "the line rises while the interrupt is masked");
	tick_look(tick_length);
	CHECK_EQ(t, timer_ticks, before, "no tick arrives while it is masked");
	CHECK_EQ(t, atomic_read(&irq_unexpected), strays, "and nothing arrives without a handler");
	CHECK(t, !irqs_disabled(), "though interrupts are on");
	CHECK(t, !irq_set_handler(0, handler), "there was no handler meanwhile");
	CHECK(t, tick_on(), "unmasked, it comes");
}

/* Nanoseconds that ten ticks may last. */
#define TEN_MIN 5000000
#define TEN_MAX 1000000000 /* a busy host is slow */

/* Ticks that were late come closely, so the time is taken from the start, until it is right. */
static void tick_rate(struct ktap *t)
{
	uint32_t first;
	uint64_t start, ns = 0;

	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
	KTAP_SKIP_UNLESS(t, timer_tsc_khz(), "no TSC to measure with");
	if (!CHECK(t, tick_on(), "ticks arrive, so they can be counted"))
		return;
	first = timer_ticks;
	start = timer_ns();
	for (unsigned i = 0; i < ATTEMPTS && (ns < TEN_MIN || ns > TEN_MAX); i++) {
		for (unsigned n = 0; n < 5; n++)
			tick_on();
		ns = mul_div_u64(timer_ns() - start, 10, timer_ticks - first);
	}
	CHECK(t, ns >= TEN_MIN, "ten ticks last 5 ms at least (%llu us)", div_u64(ns, 1000));
	CHECK(t, ns <= TEN_MAX, "ten ticks last a second at most (%llu us)", div_u64(ns, 1000));
}

static unsigned steps_back(unsigned reads)
{
	uint64_t last = timer_ns();
	unsigned back = 0;

	while (reads--) {
		uint64_t now = timer_ns();

		back += now < last;
		last = now;
	}
	return back;
}

static void time_goes_on(struct ktap *t)
{
	uint64_t off;

	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
	CHECK_EQ(t, steps_back(1000), 0, "time never goes back in 1000 readings");
	local_irq_disable();
	off = timer_ns();
	for (unsigned i = 0; i < 6; i++) {
		CHECK_EQ(t, steps_back(20), 0, "nor while interrupts are off");
		tick_look(tick_length / 2);
	}
	for (unsigned i = 0; i < 50 && timer_ns() <= off; i++)
		tick_look(tick_length); /* without a TSC it can stand still for a while */
	CHECK(t, timer_ns() > off, "it goes on while they are off");
	CHECK(t, timer_ns() < off + 1000000000, "and does not leap");
	local_irq_enable();
	CHECK_EQ(t, steps_back(200), 0, "nor when the ticks that waited arrive");
	off = timer_ns();
	CHECK(t, tick_on() && tick_on() && timer_ns() > off, "it goes on with the ticks");
}

/*
 * An interrupt that nobody sent, as the PIC's two last ones can be: nothing is in service. Counted,
 * and not delivered; one that is another's is delivered.
 */
static volatile uint32_t delivered;

static void on_delivery(unsigned irq)
{
	delivered += irq;
}

static void spurious_ones(struct ktap *t)
{
	uint32_t before = atomic_read(&irq_spurious);
	irq_handler_fn *was[2];

	NEEDS_MACHINE(t);
	was[0] = irq_set_handler(7, on_delivery);
	was[1] = irq_set_handler(15, on_delivery);
	delivered = 0;
	asm volatile("int %0" : : "i"(IRQ_VECTOR0 + 7) : "memory");
	CHECK_EQ(t, atomic_read(&irq_spurious), before + 1, "7 is counted as spurious");
	asm volatile("int %0" : : "i"(IRQ_VECTOR0 + 15) : "memory");
	CHECK_EQ(t, atomic_read(&irq_spurious), before + 2, "and so is 15");
	CHECK_EQ(t, delivered, 0, "neither is delivered");
	irq_set_handler(7, was[0]);
	irq_set_handler(15, was[1]);
	atomic_set(&irq_spurious, before);
	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
	CHECK(t, tick_on() && tick_on(), "and ticks keep arriving");
}

/*
 * Another CPU takes the handler away, before the first, the second, ... instruction of a delivery:
 * it is run or it is not, and nothing else is called. A debug exception plays that CPU.
 */
#define IRQ       9 /* nobody's on this machine */
#define STEPS_MAX 500

static volatile uint32_t runs, steps, taken_at;

static void on_irq(unsigned irq)
{
	runs += irq == IRQ;
}

static void on_step(struct regs *regs)
{
	(void)regs;
	if (++steps == taken_at)
		irq_set_handler(IRQ, NULL);
}

static void deliver_stepped(void *arg)
{
	(void)arg;
	trap_single_step(1);
	irq_deliver(IRQ, NULL);
	trap_single_step(0);
}

static void handler_goes(struct ktap *t)
{
	struct regs at;

	KTAP_SKIP_UNLESS(t, !machine_lacks(TRAP_DB), LACKS);
	for (taken_at = 1, steps = STEPS_MAX; taken_at <= steps && !t->failures; taken_at++) {
		irq_set_handler(IRQ, on_irq);
		runs = steps = 0;
		local_irq_disable();
		trap_debug_hook = on_step;
		CHECK_EQ(t, trap_try(deliver_stepped, NULL, &at), TRAP_NONE,
			 "no exception when the handler goes before instruction %u", taken_at);
		trap_debug_hook = NULL;
		local_irq_enable();
		CHECK(t, runs <= 1, "it runs once at most");
		if (steps < taken_at)
			CHECK_EQ(t, runs, 1, "and once when it stays");
	}
	CHECK(t, taken_at > 10 && taken_at < STEPS_MAX, "%u instructions were tried", taken_at);
	irq_set_handler(IRQ, NULL);
}

static const struct ktap_test tests[] = {
	KTAP_TEST(off_and_on),
	KTAP_TEST(nests),
	KTAP_TEST(restores_value),
	KTAP_TEST(lock_waits),
	KTAP_TEST(halts_without_window),
	KTAP_TEST(halt_wakes),
	KTAP_TEST(handlers_run_off),
	KTAP_TEST(masked_stays_away),
	KTAP_TEST(tick_rate),
	KTAP_TEST(time_goes_on),
	KTAP_TEST(spurious_ones),
	KTAP_TEST(handler_goes),
};
KTAP_SUITE(irq, tests);
