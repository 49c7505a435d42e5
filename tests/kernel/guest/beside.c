// SPDX-License-Identifier: MIT
/*
 * Guests that never sleep, and what has to go on beside them: each other, with a time slice each, and all that the host
 * changes in its own text meanwhile, for which the CPUs that they run on have to come out of them. The guest's side is
 * at the end.
 */
#include "arch/x86/dev/guest.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/smp/smp.h"
#include "arch/x86/trap/panic.h"
#include "host/run.h"
#include "host/world.h"
#include "kernel/live/change.h"
#include "kernel/live/switch.h"
#include "pv/backend/backend.h"
#include "pv/jump_label.h"
#include "pv/static_call.h"
#include "tests/kernel/base/machine.h"
#include "tests/kernel/guest/made.h"
#include "tests/kernel/guest/steps.h"
#include "tests/kernel/live/branch.h"
#include "tests/kernel/task/in_task.h"
#include <stddef.h>

#define MOST       5 /* guests */
#define TURNS      10
#define ROUNDS     40
#define LOOK_NS    3000000
#define PATIENCE_S 60

static DEFINE_STATIC_KEY_FALSE(beside_key);
BRANCH(beside_branch, static_branch_unlikely(&beside_key))

/* ---- guests, each in a task ---- */

static struct one {
	struct guest *guest;
	struct task *task;
	uint32_t seen; /* of its loops */
} ones[MOST];

static void live(void *guest)
{
	made_live(guest);
}

static bool begin(struct ktap *t, unsigned n, const char *cmdline)
{
	for (unsigned i = 0; i < n; i++) {
		ones[i] = (struct one){.guest = made_guest(t, MADE_FIRST + i, cmdline)};
		if (ones[i].guest)
			ones[i].task = begin_task(t, "guest", live, ones[i].guest);
	}
	return !t->failures;
}

/* All are told first: who never sleeps could keep the CPU from who waits for another one's end. */
static void end(struct ktap *t, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (ones[i].guest)
			steps_plan(ones[i].guest)->over = 1;
	for (unsigned i = 0; i < n; i++) {
		struct guest *guest = ones[i].guest;

		if (!guest)
			continue;
		if (ones[i].task && CHECK_EQ(t, task_join(ones[i].task, NULL), 0, "%u ends", i + 1))
			CHECK_EQ(t, guest->status, MACHINE_PASSED, "guest %u passes: %s", i + 1,
				 guest->why);
		guest_destroy(guest);
	}
	tasks_trim();
}

/* Has it got on since the last time? */
static bool gets_on(struct one *one)
{
	const uint32_t seen = one->seen;

	one->seen = steps_plan(one->guest)->loops;
	return one->seen != seen;
}

/*
 * A task has turns as they have. The boot CPU's idle task, which others' CPUs are stopped by, would have none beside
 * them: it keeps its CPU.
 */
static void let_run(void)
{
	if (task_current()->is_idle)
		timer_delay_us(LOOK_NS / 1000);
	else
		sched_sleep(LOOK_NS);
}

/* Until each of them has got on; they have their time, which is nobody's measure. */
static bool all_get_on(struct ktap *t, unsigned n, const char *what)
{
	const uint64_t start = timer_ns();

	for (unsigned i = 0; i < n; i++) {
		while (!gets_on(&ones[i]) && ones[i].guest->state != GUEST_ENDED &&
		       timer_ns() - start < PATIENCE_S * 1000000000ull)
			let_run();
		if (!CHECK(t,
			   ones[i].guest->state != GUEST_ENDED &&
				   timer_ns() - start < PATIENCE_S * 1000000000ull,
			   "%s: guest %u gets on", what, i + 1))
			return false;
	}
	return true;
}

/* ---- a time slice each ---- */

static void one_too_many(struct ktap *t)
{
	const unsigned n = smp_online() + 1 < MOST ? smp_online() + 1 : MOST;

	if (begin(t, n, "selftest=beside.loops"))
		for (unsigned i = 0; i < TURNS && all_get_on(t, n, "one more than CPUs"); i++)
			;
	end(t, n);
}

static void turns(struct ktap *t)
{
	NEEDS_IMAGE(t);
	in_task(t, one_too_many);
}

/* ---- changes ---- */

static volatile uint32_t entered;

static void count_and_run(struct guest *guest, uint32_t *cr2)
{
	__atomic_fetch_add(&entered, 1, __ATOMIC_SEQ_CST);
	world_run(guest, cr2);
}

/* The key, the call by which guests are entered, and from time to time the back end, or all other CPUs. */
static void change(struct ktap *t, unsigned i)
{
	unsigned cpus = smp_online();

	CHECK(t, static_branch_enable(&beside_key) && beside_branch(), "a key goes on");
	CHECK(t, static_call_update(guest_enter, count_and_run), "guests are entered otherwise");
	let_run();
	if (i % 8 == 3)
		CHECK(t, !switch_backend(backend_name(i / 8)), "another back end");
	if (i % 16 == 7) {
		for (unsigned cpu = 1; cpu < cpus; cpu++)
			CHECK_EQ(t, cpu_down(cpu), SMP_OK, "CPU %u goes", cpu);
		for (unsigned cpu = 1; cpu < cpus; cpu++)
			CHECK_EQ(t, cpu_up(cpu), SMP_OK, "and CPU %u comes", cpu);
	}
	CHECK(t, static_call_update(guest_enter, world_run), "and as before");
	CHECK(t, static_branch_disable(&beside_key) && !beside_branch(), "the key goes off");
}

static void change_beside(struct ktap *t)
{
	const char *first = pv_backend_current()->name;
	uint32_t before = 0;

	entered = 0;
	change_events(false);
	switch_quietly(true);
	if (begin(t, 2, "selftest=beside.changes") && all_get_on(t, 2, "first")) {
		before = (uint32_t)(ones[0].guest->counts.machine + ones[1].guest->counts.machine);
		for (unsigned i = 0; i < ROUNDS && !t->failures; i++) {
			change(t, i);
			if (i % 4 == 0)
				all_get_on(t, 2, "after changes");
		}
		CHECK(t,
		      ones[0].guest->counts.machine + ones[1].guest->counts.machine >
			      before + ROUNDS,
		      "guests were left for them");
		CHECK(t, entered, "they were entered %u times while it was otherwise", entered);
	}
	CHECK(t, !switch_backend(first), "back to %s", first);
	switch_quietly(false);
	change_events(true);
	end(t, 2);
}

static void changes(struct ktap *t)
{
	NEEDS_IMAGE(t);
	if (smp_online() == 1)
		in_task(t, change_beside);
	else
		change_beside(t);
}

static const struct ktap_test tests[] = {KTAP_TEST(turns), KTAP_TEST(changes)};
KTAP_SUITE(guest_beside, tests);

/* ---- the guest ---- */

/* Until its host says so, or forgot to. */
static bool goes_on(uint64_t start)
{
	guest_plan.loops++;
	return !guest_plan.over && timer_ns() - start < 2 * PATIENCE_S * 1000000000ull;
}

static void loop(struct ktap *t, bool and_change)
{
	const uint64_t start = timer_ns();
	uint32_t n = 0, wrong = 0;

	KTAP_SKIP_UNLESS(t, guest_is(), "this is no guest");
	change_events(false);
	for (; goes_on(start); n++) {
		unsigned long flags;

		local_irq_save(flags);
		wrong += !irqs_disabled();
		local_irq_restore(flags);
		if (and_change && n % 64 == 0)
			wrong += !static_branch_enable(&beside_key) || !beside_branch();
		if (and_change && n % 64 == 32)
			wrong += !static_branch_disable(&beside_key) || beside_branch();
	}
	change_events(true);
	CHECK(t, guest_plan.over, "the host has seen enough");
	CHECK_EQ(t, wrong, 0, "%u rounds, and nothing went wrong", n);
}

static void loops(struct ktap *t)
{
	loop(t, false);
}

static void loops_and_changes(struct ktap *t)
{
	loop(t, true);
}

static const struct ktap_test of_guest[] = {
	{.name = "loops", .run = loops, .by_name_only = true},
	{.name = "changes", .run = loops_and_changes, .by_name_only = true},
};
KTAP_SUITE(beside, of_guest);
