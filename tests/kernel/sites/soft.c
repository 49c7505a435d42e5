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

#define IRQ       9  /* nobody's on this machine */
#define OTHER_IRQ 10 /* kept from the start, so that the slow path runs */
#define THIRD_IRQ 11
#define STEPS_MAX 3000 /* of one path; reaching it is a failure */

void bench_iret(unsigned loops);
void soft_iret_to(uint32_t eflags);

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

/* What the hook is to see of a path: each of its instructions. */
static void step_through(void (*path)(void), void (*hook)(struct regs *))
{
	trap_debug_hook = hook;
	trap_single_step(1);
	path();
	trap_single_step(0);
	trap_debug_hook = NULL;
}

/* Ticks would be steps of their own; the timer's line is masked meanwhile. */
static irq_handler_fn *windows_begin(void)
{
	irq_set_handler(IRQ, on_irq);
	irq_set_handler(OTHER_IRQ, on_irq);
	return irq_set_handler(0, NULL);
}

static void windows_end(irq_handler_fn *timer)
{
	irq_set_handler(IRQ, NULL);
	irq_set_handler(OTHER_IRQ, NULL);
	irq_set_handler(0, timer);
	local_irq_enable();
}

/* One run of the path with an arrival after the n-th instruction; false: the path has fewer. */
static bool run_once(struct ktap *t, void (*path)(void), bool other, uint32_t n, const char *name)
{
	prepare(other);
	arrives_at = n;
	step_through(path, on_step);
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

static void all_windows(struct ktap *t, void (*path)(void), bool others_too, const char *name)
{
	irq_handler_fn *timer = windows_begin();

	if (others_too)
		every_window(t, path, false, name);
	every_window(t, path, true, name);
	windows_end(timer);
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
		step_through(by_safe_halt, on_halt_step);
	}
	CHECK(t, halts, "it came to sleep once in ten times");
	CHECK_EQ(t, halts_exposed, 0, "with the real interrupts off until then");
}

/* A return to code that has interrupts off: whatever is kept stays so until that turns them on. */
static void by_iret_off(void)
{
	soft_iret_to(0);
}

static void window_iret_off(struct ktap *t)
{
	irq_handler_fn *timer;
	uint32_t n;

	NEEDS_SOFT(t);
	timer = windows_begin();
	for (n = 1; n < STEPS_MAX; n++) {
		uint32_t virtual, real;

		local_irq_enable();
		served = steps = 0;
		arrives_at = n;
		step_through(by_iret_off, on_step);
		virtual = soft_if;
		real = native_save_fl();
		local_irq_enable();
		CHECK_EQ(t, virtual, 0, "iret to off, %u: interrupts are off", n);
		CHECK(t, real & X86_EFLAGS_IF, "iret to off, %u: and the CPU's own on", n);
		if (steps < n)
			break;
		CHECK_EQ(t, served, 1,
			 "iret to off: an interrupt after instruction %u is served once", n);
	}
	CHECK(t, n > 3 && n < STEPS_MAX, "iret to off: %u instructions were tried", n);
	windows_end(timer);
}

/*
 * A CPU starts with its own interrupts on or off, and a variable that is what it was in another
 * life. Once they are off they come on again only when the variable is what they were.
 */
static volatile uint32_t start_was_off, start_exposed, start_expected;

static PV_TEXT void on_start_step(struct regs *regs)
{
	if (!(regs->eflags & X86_EFLAGS_IF))
		start_was_off = 1;
	else if (start_was_off && soft_if != start_expected)
		start_exposed++;
}

static void start_with(struct ktap *t, uint32_t flags)
{
	uint32_t virtual, kept, real;

	native_irq_disable();
	soft_if = flags ^ X86_EFLAGS_IF;
	soft_kept = 1u << IRQ;
	start_was_off = start_exposed = 0;
	start_expected = flags;
	if (flags)
		native_irq_enable();
	step_through(pv_cpu_start, on_start_step);
	virtual = soft_if;
	kept = soft_kept;
	real = native_save_fl();
	native_irq_enable();
	local_irq_enable();
	CHECK(t, start_was_off, "start, IF %u: interrupts are off meanwhile", flags);
	CHECK_EQ(t, start_exposed, 0, "start, IF %u: and on only with the variable right", flags);
	CHECK_EQ(t, virtual, flags, "start, IF %u: which is what IF was", flags);
	CHECK_EQ(t, kept, 0, "start, IF %u: and nothing is kept from another life", flags);
	CHECK(t, real & X86_EFLAGS_IF, "start, IF %u: the CPU's own are on", flags);
}

static void window_start(struct ktap *t)
{
	irq_handler_fn *timer;

	NEEDS_SOFT(t);
	timer = windows_begin();
	start_with(t, X86_EFLAGS_IF);
	start_with(t, 0);
	windows_end(timer);
}

/* A halt with interrupts off is left by no interrupt; here the step leaves it out. */
static volatile uint32_t halt_skipped, halt_real_if;

static PV_TEXT void on_final_halt_step(struct regs *regs)
{
	if (regs->eip == (uint32_t)native_halt) {
		halt_skipped++;
		halt_real_if = regs->eflags & X86_EFLAGS_IF;
		regs->eip++; /* hlt */
	}
	on_step(regs);
}

static void by_halt(void)
{
	halt();
}

static void window_halt(struct ktap *t)
{
	irq_handler_fn *timer;
	uint32_t n;

	NEEDS_SOFT(t);
	timer = windows_begin();
	for (n = 1; n < STEPS_MAX; n++) {
		prepare(false);
		halt_skipped = 0;
		arrives_at = n;
		step_through(by_halt, on_final_halt_step);
		CHECK_EQ(t, halt_skipped, 1, "halt, %u: the CPU would sleep", n);
		CHECK_EQ(t, halt_real_if, 0, "halt, %u: with its own interrupts off", n);
		CHECK_EQ(t, soft_if, 0, "halt, %u: interrupts are still off", n);
		CHECK_EQ(t, served, 0, "halt, %u: nothing is served", n);
		local_irq_enable();
		if (steps < n)
			break;
		CHECK_EQ(t, served, 1, "halt: what came after instruction %u is served once", n);
	}
	CHECK(t, n > 3 && n < STEPS_MAX, "halt: %u instructions were tried", n);
	windows_end(timer);
}

/* A handler that turns interrupts on: others come on top of it, and its own frame stays its own. */
static const uint32_t *volatile frame_before, *volatile frame_on_top, *volatile frame_after;
static volatile uint32_t third_served, third_on;

static void on_top(unsigned irq)
{
	served += irq == IRQ;
	frame_on_top = pv_irq_frame();
}

static void on_third(unsigned irq)
{
	third_served += irq == THIRD_IRQ;
	third_on += soft_if != 0;
}

static void lets_others_in(unsigned irq)
{
	served_other += irq == OTHER_IRQ;
	frame_before = pv_irq_frame();
	pv_irq_keep(IRQ);
	local_irq_enable();
	frame_after = pv_irq_frame();
	pv_irq_keep(THIRD_IRQ); /* for the loop that called this */
}

static void handler_enables(struct ktap *t)
{
	NEEDS_SOFT(t);
	irq_set_handler(IRQ, on_top);
	irq_set_handler(OTHER_IRQ, lets_others_in);
	irq_set_handler(THIRD_IRQ, on_third);
	prepare(true);
	third_served = third_on = 0;
	frame_on_top = frame_before = frame_after = NULL;
	by_iret();
	irq_set_handler(IRQ, NULL);
	irq_set_handler(OTHER_IRQ, NULL);
	irq_set_handler(THIRD_IRQ, NULL);
	CHECK_EQ(t, served_other, 1, "the handler that enables runs once");
	CHECK_EQ(t, served, 1, "what was let in runs once");
	CHECK(t, frame_before && frame_before == frame_after,
	      "the frame is the handler's before and after");
	CHECK(t, !frame_on_top, "what runs on top of it interrupted nobody");
	CHECK_EQ(t, third_served, 1, "the next one runs once");
	CHECK_EQ(t, third_on, 0, "with interrupts off, whatever the one before left");
	CHECK(t, soft_if && !soft_kept && !pv_irq_frame(), "on at the end, nothing kept, no frame");
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

/* As behind a program's system call, whose gate turned the real one off: both are on, whatever the variable was. */
static void program_enters(struct ktap *t)
{
	uint32_t virtual, real;

	NEEDS_SOFT(t);
	native_irq_disable();
	soft_if = 0;
	__raw_callee_save_soft_irq_enter_program();
	virtual = soft_if;
	real = native_save_fl();
	local_irq_enable(); /* and serve what came meanwhile */
	CHECK_EQ(t, virtual, X86_EFLAGS_IF, "the variable");
	CHECK(t, real & X86_EFLAGS_IF, "and the real one");
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
	KTAP_TEST(window_iret_off),    KTAP_TEST(window_start),     KTAP_TEST(window_halt),
	KTAP_TEST(handler_enables),    KTAP_TEST(halt_is_atomic),   KTAP_TEST(program_enters),
};
KTAP_SUITE(soft, tests);
