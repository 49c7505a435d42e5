// SPDX-License-Identifier: MIT
/*
 * A guest's interrupts, in every window: one is raised behind the 1st, the 2nd, ... the last instruction of everything that turns
 * interrupts on or off, by a machine that interrupts the guest there (steps.c). Each time it must have come once, when
 * interrupts were on, and at the first instruction at which they are: not between the last ones of the back end's
 * iret, which leave the stack half taken down. And so often that a window of few instructions would be found by lot.
 */
#include "arch/x86/dev/guest.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/trap.h"
#include "kernel/task/program.h"
#include "lib/string.h"
#include "pv/native.h"
#include "pv/paravirt.h"
#include "tests/kernel/guest/plan.h"
#include "tests/kernel/task/in_task.h"
#include <stddef.h>

#define NEEDS_PLAN(t)                                       \
	KTAP_SKIP_UNLESS(t, guest_is() && guest_plan.there, \
			 "this is no guest whose machine interrupts it where it says so")

#define LINE  9 /* nobody's */
#define WAKER 12
#define FIRST 10 /* comes first, and its return is the window */
#define TICKS 100000
#define BURST \
	8 /* ticks for each that is raised in a window: each while the last one is handled ... */
#define PLAIN 32    /* ... and while nothing is */
#define CALLS "600" /* of a program, each with one more instruction until its interrupt comes */

volatile struct guest_plan guest_plan;

extern const uint8_t lguest_iret_pop[], lguest_iret_last[];
void windows_iret_to(uint32_t eflags);

/* ---- who gets them ---- */

static volatile uint32_t handled, wrong, inside, came_to;

static bool is_in_iret(uint32_t eip)
{
	return eip == (uint32_t)lguest_iret_pop || eip == (uint32_t)lguest_iret_last;
}

/* A window that says of itself that they are off, what IF was, and where: none depends on the others. */
static void judge(void)
{
	const struct irq_frame *frame = irq_interrupted();

	came_to = frame ? frame->eip : 0;
	if (inside || !frame || !(frame->eflags & X86_EFLAGS_IF) || !irqs_disabled() ||
	    is_in_iret(came_to))
		wrong++;
}

static void on_line(unsigned irq)
{
	(void)irq;
	handled++;
	judge();
}

static void on_waker(unsigned irq)
{
	(void)irq;
}

static void on_first(unsigned irq)
{
	(void)irq;
	plan_arm();
}

/* ---- windows ---- */

static void __attribute__((noinline)) section(void)
{
	inside = 1;
	asm volatile("nop\n nop" ::: "memory");
	inside = 0;
}

static void by_enable(void)
{
	local_irq_disable();
	section();
	local_irq_enable();
}

static void by_restore(void)
{
	unsigned long outer, inner;

	local_irq_save(outer);
	local_irq_save(inner);
	section();
	local_irq_restore(inner);
	section();
	local_irq_restore(outer);
}

/* As a kernel does it that has no back end yet: each is the host's to do. */
static void by_instructions(void)
{
	native_irq_disable();
	section();
	native_irq_enable();
}

static void by_iret(void)
{
	local_irq_disable();
	section();
	windows_iret_to(X86_EFLAGS_IF | 2);
}

static void by_iret_of_off(void)
{
	windows_iret_to(2);
	section();
	local_irq_enable();
}

static void by_halt(void)
{
	local_irq_disable();
	section();
	safe_halt();
}

static void fault(void *unused)
{
	(void)unused;
	asm volatile("ud2");
}

static void by_exception(void)
{
	struct regs regs;

	trap_try(fault, NULL, &regs);
}

/* The window is the return of the first one's handler, which arms it. */
static void by_return(void)
{
	guest_plan.now = 1u << FIRST;
	plan_look();
}

struct path {
	const char *name;
	void (*run)(void);
	bool sleeps, armed_there, is_long;
};

static const struct path paths[] = {
	{"irq_disable, irq_enable", by_enable, 0, 0, 0},
	{"save, restore", by_restore, 0, 0, 0},
	{"cli, sti", by_instructions, 0, 0, 0},
	{"iret", by_iret, 0, 0, 0},
	{"iret to where they are off", by_iret_of_off, 0, 0, 0},
	{"safe_halt", by_halt, true, 0, true},
	{"an interrupt's return", by_return, 0, true, true},
	{"an exception and its return", by_exception, 0, 0, true},
};
#define PATHS (sizeof(paths) / sizeof(paths[0]))

/* Once in the image: places are compared. */
static void __attribute__((noinline)) run(const struct path *path)
{
	if (!path->armed_there)
		plan_arm();
	path->run();
	plan_disarm();
}

/* ---- each once ---- */

/* As they come with none of the real time's, which are the host's to send. */
static irq_handler_fn *begin(uint32_t lines)
{
	pv_hypercall(PV_HYPERCALL_ticks, 0, 0, 0);
	local_irq_enable();
	memset((void *)&guest_plan.place, 0, sizeof(guest_plan.place));
	guest_plan.lines = lines;
	irq_set_handler(LINE, on_line);
	irq_set_handler(FIRST, on_first);
	irq_set_handler(WAKER, on_waker);
	guest_plan.waker = 1u << WAKER;
	return irq_set_handler(0, on_line);
}

static void end(irq_handler_fn *timer)
{
	guest_plan.armed = guest_plan.each_call = guest_plan.now = guest_plan.waker = 0;
	irq_set_handler(LINE, NULL);
	irq_set_handler(FIRST, NULL);
	irq_set_handler(WAKER, NULL);
	irq_set_handler(0, timer);
	local_irq_enable();
	guest_start_ticks(TIMER_HZ);
}

/* The first place from `at` on where it may come. 0: there is none. */
static uint32_t expected_at(uint32_t at, uint32_t n)
{
	for (; at < n; at++)
		if (guest_plan.place[at].on && !is_in_iret(guest_plan.place[at].eip))
			return guest_plan.place[at].eip;
	return 0;
}

/* All places of a path, without an interrupt; how many. Once more: the first time touches pages. */
static uint32_t places(const struct path *path)
{
	guest_plan.at = 0;
	run(path);
	run(path);
	return guest_plan.n;
}

/* Raised behind the n-th instruction. False: the path has not so many. */
static bool try_at(struct ktap *t, const struct path *path, uint32_t at, uint32_t n)
{
	const uint32_t before = guest_plan.brought;
	uint32_t where, brought;

	handled = wrong = came_to = 0;
	guest_plan.at = at;
	run(path);
	if (!guest_plan.came)
		return false;
	brought = guest_plan.brought - before - path->armed_there;
	where = expected_at(at, n);
	CHECK_EQ(t, brought, 1, "%s, %u: one was raised", path->name, at);
	CHECK_EQ(t, handled, 1, "%s, %u: and came once", path->name, at);
	CHECK_EQ(t, wrong, 0, "%s, %u: while interrupts were on", path->name, at);
	if (where)
		CHECK_EQ(t, came_to, where, "%s, %u: as soon as they were", path->name, at);
	else
		CHECK(t, path->sleeps, "%s, %u: which they were at its end", path->name, at);
	return t->failures < 8;
}

static uint32_t ons(uint32_t n)
{
	uint32_t sum = 0;

	while (n--)
		sum += guest_plan.place[n].on;
	return sum;
}

static void windows(struct ktap *t, const struct path *path)
{
	const uint32_t n = places(path), on = ons(n);
	uint32_t at = 1;

	CHECK(t, n > 8 && n < PLAN_PLACES, "%s has %u places", path->name, n);
	CHECK(t, on && on < n, "%s: interrupts are on at %u of them, and off at others", path->name,
	      on);
	while (at < n && try_at(t, path, at, n))
		at++;
	CHECK(t, at + 2 >= n, "%s: %u of %u places were tried", path->name, at, n);
}

static void each(struct ktap *t)
{
	irq_handler_fn *timer;

	NEEDS_PLAN(t);
	timer = begin(1u << LINE);
	for (unsigned i = 0; i < PATHS; i++)
		windows(t, &paths[i]);
	end(timer);
}

/* ---- a program's calls ---- */

static void calls(struct ktap *t)
{
	struct arguments arguments = {0};
	irq_handler_fn *timer;
	struct task *task;
	uint32_t before;
	const char *why;

	NEEDS_PLAN(t);
	KTAP_SKIP_UNLESS(t, paging_enabled(), "paging is off");
	NEEDS_MEMORY(t);
	arguments_add(&arguments, "work");
	arguments_add(&arguments, "null_call");
	arguments_add(&arguments, CALLS);
	arguments_add(&arguments, "1");
	timer = begin(1u << LINE);
	handled = wrong = 0;
	guest_plan.at = guest_plan.came = 0;
	before = guest_plan.brought;
	guest_plan.each_call = 1;
	why = program_run("work", &arguments, &task);
	if (CHECK(t, !why, "a program runs: %s", why ? why : ""))
		CHECK_EQ(t, task_join(task, NULL), 0, "and ends well");
	guest_plan.each_call = 0;
	plan_disarm();
	CHECK(t, guest_plan.brought - before > 100, "%u of its calls were interrupted",
	      guest_plan.brought - before);
	CHECK_EQ(t, handled, guest_plan.brought - before, "by as many as came");
	CHECK_EQ(t, wrong, 0, "while interrupts were on");
	end(timer);
}

/* ---- very often ---- */

static volatile uint32_t ticks, burst;

static void on_tick(unsigned irq)
{
	(void)irq;
	ticks++;
	judge();
	if (++burst >= BURST)
		return;
	guest_plan.now = 1;
	plan_look();
}

static void often(const struct path *path)
{
	for (uint32_t at = 1;; at++) {
		guest_plan.at = at;
		burst = 0;
		run(path);
		for (unsigned i = 0; i < PLAIN; i++) {
			guest_plan.now = 1;
			plan_look();
		}
		if (!guest_plan.came || ticks >= TICKS)
			break;
	}
}

static void many(struct ktap *t)
{
	irq_handler_fn *timer;
	uint32_t before, rounds = 0;

	NEEDS_PLAN(t);
	timer = begin(1);
	irq_set_handler(0, on_tick);
	ticks = wrong = 0;
	before = guest_plan.brought;
	for (; ticks < TICKS && rounds < TICKS; rounds++)
		for (unsigned i = 0; i < PATHS; i++)
			if (!paths[i].is_long)
				often(&paths[i]);
	CHECK(t, ticks >= TICKS, "%u ticks came, in %u rounds through all windows", ticks, rounds);
	CHECK_EQ(t, ticks, guest_plan.brought - before, "as many as were raised");
	CHECK_EQ(t, wrong, 0, "and none while interrupts were off");
	end(timer);
}

static const struct ktap_test tests[] = {
	KTAP_TEST(each),
	KTAP_TEST(calls),
};
KTAP_SUITE(windows, tests);

static const struct ktap_test often_tests[] = {KTAP_TEST(many)};
KTAP_SUITE(ticks, often_tests);
