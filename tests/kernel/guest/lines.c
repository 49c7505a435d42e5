// SPDX-License-Identifier: MIT
/*
 * Several of a guest's interrupts at once: the lowest comes first, what is masked waits, and comes when it is masked no
 * more, at once and not with the next tick; and nobody who sleeps is woken by it. Raised where the guest says (plan.h).
 */
#include "arch/x86/dev/timer.h"
#include "arch/x86/trap/irq.h"
#include "pv/paravirt.h"
#include "tests/kernel/guest/plan.h"
#include <stddef.h>

#define WAKER 12

#define LINES 5
static const uint8_t lines[LINES] = {1, 5, 8, 11, 15};
static volatile uint8_t order[2 * LINES];
static volatile uint32_t n_order, wrong, inside, woken;

static void on_several(unsigned irq)
{
	if (n_order < sizeof(order))
		order[n_order++] = (uint8_t)irq;
	wrong += inside || !irqs_disabled() || !irq_interrupted() ||
		 !(irq_interrupted()->eflags & X86_EFLAGS_IF);
}

/* Those of a set, lowest first, since the last look. */
static void came(struct ktap *t, uint32_t set, const char *what)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < LINES; i++) {
		if (!(set >> i & 1))
			continue;
		CHECK_EQ(t, n < n_order ? order[n] : 0xff, lines[i], "%s: the %u. is the lowest",
			 what, n + 1);
		n++;
	}
	CHECK_EQ(t, n_order, n, "%s: and no others came", what);
	n_order = 0;
}

static void raise(uint32_t set)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < LINES; i++)
		bits |= (set >> i & 1u) << lines[i];
	guest_plan.now = bits;
	plan_look();
}

/* Of all that are raised while interrupts are off, those that are not masked come when they go on. */
static void of_set(struct ktap *t, uint32_t masked)
{
	const uint32_t all = (1u << LINES) - 1;

	for (unsigned i = 0; i < LINES; i++)
		irq_set_handler(lines[i], masked >> i & 1 ? NULL : on_several);
	local_irq_disable();
	inside = 1;
	raise(all);
	CHECK_EQ(t, n_order, 0, "%x masked: none comes while interrupts are off", masked);
	for (unsigned i = 0; i < LINES; i++)
		CHECK(t, irq_pending(lines[i]), "%x masked: %u waits", masked, lines[i]);
	inside = 0;
	local_irq_enable();
	came(t, all & ~masked, "when they go on");
	for (unsigned i = 0; i < LINES; i++) {
		irq_set_handler(lines[i], on_several);
		came(t, masked & 1u << i, "when one is masked no more");
	}
}

/* A mask that is set while one waits and interrupts are off keeps it from coming. */
static void masked_late(struct ktap *t)
{
	local_irq_disable();
	raise(3);
	irq_set_handler(lines[0], NULL);
	local_irq_enable();
	came(t, 2, "masked while it waits");
	local_irq_disable();
	irq_set_handler(lines[0], on_several);
	CHECK_EQ(t, n_order, 0, "not masked any more, but interrupts are off");
	local_irq_enable();
	came(t, 1, "and on");
}

static void on_waker(unsigned irq)
{
	woken += irq == WAKER;
}

static void sleeps_on(struct ktap *t)
{
	irq_set_handler(WAKER, on_waker);
	irq_set_handler(lines[0], NULL);
	guest_plan.asleep = 1u << WAKER;
	pv_hypercall(PV_HYPERCALL_ticks, 0xffffffff, 0,
		     0); /* who sleeps has to wait for something */
	woken = 0;
	local_irq_disable();
	raise(1);
	safe_halt();
	CHECK_EQ(t, woken, 1, "who sleeps is not woken by what is masked");
	pv_hypercall(PV_HYPERCALL_ticks, 0, 0, 0);
	CHECK_EQ(t, n_order, 0, "which waits");
	guest_plan.asleep = 0;
	irq_set_handler(WAKER, NULL);
	irq_set_handler(lines[0], on_several);
	came(t, 1, "on");
}

static void several(struct ktap *t)
{
	NEEDS_PLAN(t);
	pv_hypercall(PV_HYPERCALL_ticks, 0, 0, 0);
	local_irq_enable();
	n_order = wrong = 0;
	for (uint32_t masked = 0; masked < 1u << LINES; masked++)
		of_set(t, masked);
	masked_late(t);
	sleeps_on(t);
	CHECK_EQ(t, wrong, 0, "all came while interrupts were on");
	for (unsigned i = 0; i < LINES; i++)
		irq_set_handler(lines[i], NULL);
	guest_start_ticks(TIMER_HZ);
}

static const struct ktap_test tests[] = {KTAP_TEST(several)};
KTAP_SUITE(window_lines, tests);
