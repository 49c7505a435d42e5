// SPDX-License-Identifier: MIT
/*
 * Whose turn it is: several CPUs change text at the same time, others come and go meanwhile, and who
 * cannot wait is told why.
 */
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/trap/trap.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/host.h"
#include "pv/paravirt.h"
#include "tests/kernel/live/live_family.h"
#include "tests/kernel/machine/lacks.h"
#include "tests/kernel/machine/smp_all.h"
#include "tests/kernel/machine/tick.h"
#include <stddef.h>

/* Of each CPU; fewer where many share a host's few. */
#define CHANGES (smp_online() > 2 ? 8u : 30u)
#define TRIPS   3 /* of a CPU, off and on again */
#define PASSES  10

static atomic_t failed, wrong;

/* CPU 0 and CPU 1 have a key each, so its sites hold what was set until it is set again. */
static void change_own(void *unused)
{
	const unsigned cpu = smp_processor_id();
	const unsigned first = cpu ? LIVE_FIRST : 0, end = cpu ? LIVE_SITES : LIVE_FIRST;

	(void)unused;
	for (unsigned n = 1; n <= CHANGES && cpu < 2; n++) {
		if (live_set(cpu, n & 1))
			atomic_inc(&failed);
		for (unsigned i = first; i < end; i++)
			if (live_function[i]() != (n & 1))
				atomic_inc(&wrong);
	}
}

static void at_once(struct ktap *t)
{
	NEEDS_CPUS(t);
	live_begin(t);
	atomic_set(&failed, 0);
	atomic_set(&wrong, 0);
	live_refused = live_overlaps = 0;
	smp_all(t, change_own, NULL);
	CHECK_EQ(t, atomic_read(&failed), 0, "two CPUs change at the same time: all are made");
	CHECK_EQ(t, live_overlaps, 0, "one behind the other");
	CHECK_EQ(t, live_refused, 0, "no site is refused");
	CHECK_EQ(t, atomic_read(&wrong), 0, "and all are what their CPU has set");
	live_end(t);
}

/* ---- CPUs come and go ---- */

static volatile uint32_t over, changes;

static void change_on(void *unused)
{
	(void)unused;
	while (!over) {
		if (live_set_both(++changes & 1))
			atomic_inc(&failed);
	}
}

static volatile uint32_t starts, stopped;
static void (*on_start_was)(void);

/* On a CPU that starts: is text in the middle of a change? */
static void look_at_start(void)
{
	if (on_start_was)
		on_start_was();
	starts++;
	for (unsigned looks = 0; looks < 3000; looks++)
		for (unsigned i = 0; i < LIVE_SITES; i++)
			stopped += *(volatile uint8_t *)live_site(i) == PV_BREAKPOINT;
}

static void a_trip(struct ktap *t, unsigned cpu)
{
	uint32_t before = changes;

	CHECK_EQ(t, cpu_down(cpu), SMP_OK, "CPU %u goes while text changes", cpu);
	CHECK_EQ(t, cpu_up(cpu), SMP_OK, "CPU %u comes while text changes", cpu);
	for (unsigned ms = 0; ms < 30000 && changes - before < 2; ms++)
		timer_delay_us(1000);
	CHECK(t, changes - before >= 2, "and changes go on");
}

static void while_cpus_come_and_go(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, smp_online() > 2, "fewer than three CPUs are online");
	live_begin(t);
	atomic_set(&failed, 0);
	over = changes = starts = stopped = live_refused = 0;
	on_start_was = smp_on_start;
	smp_on_start = look_at_start;
	CHECK_EQ(t, smp_work(1, change_on, NULL), SMP_OK, "CPU 1 changes text");
	for (unsigned i = 0; i < TRIPS; i++)
		a_trip(t, smp_online() - 1);
	smp_on_start = on_start_was;
	over = 1;
	CHECK(t, smp_work_wait(1, 30000), "CPU 1 comes to its end");
	CHECK(t, !atomic_read(&failed) && !live_refused, "all of %u changes were made", changes);
	CHECK_EQ(t, starts, TRIPS, "it was looked at while a CPU starts");
	CHECK_EQ(t, stopped, 0, "and then no site was in the middle of a change");
	live_end(t);
}

/* In a pass all others wait, and none of them in the middle of a change. */
static void while_passes_are_made(struct ktap *t)
{
	uint32_t half = 0, before;

	NEEDS_CPUS(t);
	live_begin(t);
	atomic_set(&failed, 0);
	over = changes = live_refused = 0;
	CHECK_EQ(t, smp_work(1, change_on, NULL), SMP_OK, "CPU 1 changes text");
	for (unsigned pass = 0; pass < PASSES; pass++) {
		before = changes;
		for (unsigned ms = 0; ms < 30000 && changes == before; ms++)
			timer_delay_us(1000);
		CHECK(t, changes != before, "it goes on");
		pv_host_gather();
		for (unsigned i = 0; i < LIVE_SITES; i++)
			half += *live_site(i) == PV_BREAKPOINT;
		pv_host_release();
	}
	over = 1;
	CHECK(t, smp_work_wait(1, 30000), "CPU 1 comes to its end");
	CHECK(t, !atomic_read(&failed) && !live_refused, "all of %u changes were made", changes);
	CHECK_EQ(t, half, 0, "in no pass a site was in the middle of a change");
	live_end(t);
}

static void sum_sites(void *arg)
{
	uint32_t *sum = arg;

	*sum = 0;
	for (unsigned i = 0; i < LIVE_SITES; i++)
		*sum += live_function[i]();
}

static void between_changes(struct ktap *t)
{
	uint32_t sum;

	NEEDS_CPUS(t);
	live_begin(t);
	for (unsigned form = 1; form < 4; form++) {
		CHECK_EQ(t, cpu_down(1), SMP_OK, "CPU 1 goes");
		CHECK(t, !live_set_both(form & 1), "a change that it misses");
		CHECK_EQ(t, cpu_up(1), SMP_OK, "CPU 1 comes");
		smp_call(1, sum_sites, &sum);
		CHECK_EQ(t, sum, (form & 1) * LIVE_SITES, "and has it");
	}
	live_end(t);
}

/* ---- who cannot wait ---- */

static const char *volatile reason;

static void try_it(void *unused)
{
	(void)unused;
	reason = live_set(0, true);
	if (!reason)
		live_set(0, false);
}

static void on_tick(void)
{
	timer_tick_hook = NULL;
	try_it(NULL);
}

static void on_step(struct regs *regs)
{
	(void)regs;
	if (!reason)
		try_it(NULL);
}

static void on_start(void)
{
	if (on_start_was)
		on_start_was();
	try_it(NULL);
}

#define DONE "done"
#define CHECK_REASON(t, expected, who)                                                    \
	CHECK(t, reason && !strcmp(reason, expected), "%s: %s, found: %s", who, expected, \
	      reason ? reason : DONE)

static void in_handlers(struct ktap *t)
{
	KTAP_SKIP_UNLESS(t, !machine_lacks(TRAP_DB), LACKS);
	live_begin(t);
	reason = NULL;
	if (tick_arrives()) { /* a machine may have none, and no clock */
		timer_tick_hook = on_tick;
		for (unsigned i = 0; i < 5000 && timer_tick_hook; i++)
			tick_look(100);
		timer_tick_hook = NULL;
		CHECK_REASON(t, "interrupts are off", "in an interrupt");
	}
	reason = NULL;
	trap_debug_hook = on_step;
	trap_single_step(1);
	trap_single_step(0);
	trap_debug_hook = NULL;
	CHECK_REASON(t, "interrupts are off", "in an exception");
	live_end(t);
}

static void in_a_turn(struct ktap *t)
{
	enum printk_level level = printk_set_level(PRINTK_ERR);

	live_begin(t);
	CHECK(t, !pv_live_begin(), "it is this CPU's turn");
	try_it(NULL);
	CHECK_REASON(t, "this CPU is in the middle of a change", "in its own turn");
	if (cpu_online(1)) {
		CHECK_EQ(t, cpu_down(1), SMP_IN_CHANGE, "it takes no CPU off meanwhile");
		CHECK(t, cpu_online(1), "which stays on");
	}
	pv_live_end();
	printk_set_level(level);
	live_end(t);
}

static void on_other_cpus(struct ktap *t)
{
	NEEDS_CPUS(t);
	live_begin(t);
	reason = NULL;
	smp_call(1, try_it, NULL);
	CHECK_REASON(t, "interrupts are off", "in a call of another CPU");
	CHECK_EQ(t, smp_work(1, try_it, NULL), SMP_OK, "CPU 1 tries");
	CHECK(t, smp_work_wait(1, 30000) && !reason, "and may: %s", reason ? reason : DONE);
	on_start_was = smp_on_start;
	smp_on_start = on_start;
	cpu_down(1);
	cpu_up(1);
	smp_on_start = on_start_was;
	CHECK_REASON(t, "this CPU is not online", "of a CPU that starts");
	live_end(t);
}

static const struct ktap_test tests[] = {
	KTAP_PATCHES(at_once),
	KTAP_PATCHES(while_cpus_come_and_go),
	KTAP_PATCHES(while_passes_are_made),
	KTAP_PATCHES(between_changes),
	KTAP_PATCHES(in_handlers),
	KTAP_PATCHES(in_a_turn),
	KTAP_PATCHES(on_other_cpus),
};
KTAP_SUITE(live_turns, tests);
