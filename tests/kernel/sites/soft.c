// SPDX-License-Identifier: MIT
/*
 * The soft back end loses nothing, in no window: a virtual interrupt arrives after the 1st, the
 * 2nd, ... the last instruction of everything that turns interrupts on, and each time it must have
 * been served exactly once when that is done. The debug exception plays the device: it does what
 * the interrupt's entry would do, keep the interrupt while the variable is off, serve it while it
 * is on.
 */
#include "pv/backend/soft.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/trap.h"
#include "kernel/test/ktap.h"
#include "pv/backend/backend.h"
#include "pv/host.h"
#include "pv/kept.h"
#include "pv/native.h"
#include "pv/paravirt.h"
#include "tests/kernel/machine/tick.h"

#define IRQ       9    /* nobody's on this machine */
#define OTHER_IRQ 10   /* kept from the start, so that the slow path runs */
#define STEPS_MAX 3000 /* of one path; reaching it is a failure */

void bench_iret(unsigned loops);

static volatile uint32_t served, served_other, served_on, steps, arrives_at;

static bool soft_runs(void)
{
	return pv_backend_current()->ops == &pv_soft_ops;
}
#define NEEDS_SOFT(t) KTAP_SKIP_UNLESS(t, soft_runs(), "the back end is not soft (pv=soft)")

/* The handlers look at the variable themselves: a site in them would be stepped like all else. */
static void on_irq(unsigned irq)
{
	served += irq == IRQ;
	served_other += irq == OTHER_IRQ;
	served_on += soft_if != 0;
}

/* The device: what the CPU and entry.asm would do if the interrupt came between two instructions.
 */
static PV_TEXT void on_step(struct regs *regs)
{
	if (!(regs->eflags & X86_EFLAGS_IF))
		return; /* the real IF is off: it comes later, so try again at the next step */
	if (++steps != arrives_at)
		return;
	if (soft_if)
		served++;
	else
		soft_kept |= 1u << IRQ;
}

static void by_irq_enable(void)
{
	local_irq_enable();
}

static void by_restore(void)
{
	arch_local_irq_restore(X86_EFLAGS_IF);
}

/* The frame that bench_iret makes has IF set and TF clear: the steps end where the iret does. */
static void by_iret(void)
{
	bench_iret(1);
}

static void by_safe_halt(void)
{
	safe_halt();
}

static void prepare(bool other)
{
	local_irq_disable();
	served = served_other = served_on = steps = 0;
	if (other)
		pv_irq_keep(OTHER_IRQ);
}

/* One run of the path with an arrival after the n-th instruction; false: the path has fewer. */
static bool run_once(struct ktap *t, void (*path)(void), bool other, uint32_t n, const char *name)
{
	prepare(other);
	arrives_at = n;
	trap_debug_hook = on_step;
	trap_single_step(1);
	path();
	trap_single_step(0);
	trap_debug_hook = NULL;
	if (steps < n)
		return false;
	CHECK_EQ(t, served, 1, "%s: an interrupt after instruction %u is served once", name, n);
	CHECK_EQ(t, served_other, other, "%s, %u: so is what was kept before", name, n);
	CHECK_EQ(t, served_on, 0, "%s, %u: handlers run with interrupts off", name, n);
	CHECK(t, soft_if && !soft_kept, "%s, %u: on, and nothing is kept", name, n);
	return !t->failures;
}

static void every_window(struct ktap *t, void (*path)(void), bool other, const char *name)
{
	uint32_t n = 1;

	while (n < STEPS_MAX && run_once(t, path, other, n, name))
		n++;
	CHECK(t, n > 3 && n < STEPS_MAX, "%s: %u instructions were tried", name, n);
}

/* Ticks would be steps of their own; the timer's line is masked meanwhile. */
static void all_windows(struct ktap *t, void (*path)(void), bool others_too, const char *name)
{
	irq_handler_fn *timer = irq_set_handler(0, NULL);

	irq_set_handler(IRQ, on_irq);
	irq_set_handler(OTHER_IRQ, on_irq);
	if (others_too)
		every_window(t, path, false, name);
	every_window(t, path, true, name);
	irq_set_handler(IRQ, NULL);
	irq_set_handler(OTHER_IRQ, NULL);
	irq_set_handler(0, timer);
	local_irq_enable();
}

static void window_irq_enable(struct ktap *t)
{
	NEEDS_SOFT(t);
	all_windows(t, by_irq_enable, true, "irq_enable");
}

static void window_restore_fl(struct ktap *t)
{
	NEEDS_SOFT(t);
	all_windows(t, by_restore, true, "restore_fl");
}

static void window_iret(struct ktap *t)
{
	NEEDS_SOFT(t);
	all_windows(t, by_iret, true, "iret");
}

/* With nothing kept it would sleep. */
static void window_safe_halt(struct ktap *t)
{
	NEEDS_SOFT(t);
	all_windows(t, by_safe_halt, false, "safe_halt");
}

/* Between the look and sleeping nothing can come: the real IF is off until safe_halt's own sti. */
static volatile uint32_t halts, halts_exposed;

static PV_TEXT void on_halt_step(struct regs *regs)
{
	if (regs->eip != (uint32_t)native_safe_halt)
		return;
	halts++;
	halts_exposed += (regs->eflags & X86_EFLAGS_IF) != 0;
}

static void halt_is_atomic(struct ktap *t)
{
	NEEDS_SOFT(t);
	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
	halts = halts_exposed = 0;
	for (unsigned i = 0; i < 10 && !halts; i++) {
		local_irq_disable();
		trap_debug_hook = on_halt_step;
		trap_single_step(1);
		safe_halt();
		trap_single_step(0);
		trap_debug_hook = NULL;
	}
	CHECK(t, halts, "it came to sleep once in ten times");
	CHECK_EQ(t, halts_exposed, 0, "with the real interrupts off until then");
}

static void real_flag_stays_on(struct ktap *t)
{
	uint32_t off, on;

	NEEDS_SOFT(t);
	local_irq_disable();
	off = native_save_fl();
	CHECK(t, irqs_disabled(), "the variable says off");
	local_irq_enable();
	on = native_save_fl();
	CHECK(t, off & X86_EFLAGS_IF && on & X86_EFLAGS_IF, "the CPU's flag is on all the time");
}

/* A tick that came while it was off is there right after, not at the next interrupt. */
static void replays_at_once(struct ktap *t)
{
	uint32_t before, after;

	NEEDS_SOFT(t);
	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
	for (unsigned i = 0; i < 10; i++) {
		local_irq_disable();
		CHECK(t, tick_line_rises(), "a tick comes while interrupts are off");
		CHECK(t, pv_irq_kept() & 1, "and is kept");
		before = timer_ticks;
		local_irq_enable();
		after = timer_ticks;
		CHECK(t, after != before, "it is served when they go on");
		CHECK(t, !(pv_irq_kept() & 1), "and kept no longer");
	}
}

static const struct ktap_test tests[] = {
	KTAP_TEST(real_flag_stays_on), KTAP_TEST(replays_at_once),  KTAP_TEST(window_irq_enable),
	KTAP_TEST(window_restore_fl),  KTAP_TEST(window_safe_halt), KTAP_TEST(window_iret),
	KTAP_TEST(halt_is_atomic),
};
KTAP_SUITE(soft, tests);
