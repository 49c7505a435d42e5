// SPDX-License-Identifier: MIT
/*
 * What must be right wherever a task is preempted: it is, behind each instruction in its turn.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/mm/space.h"
#include "arch/x86/smp/smp.h"
#include "pv/paravirt.h"
#include "tests/kernel/task/in_task.h"
#include "tests/kernel/task/preempt_at.h"
#include <stddef.h>

#define HOUR_NS 3600000000000ull
#define YIELDS  100
#define MOST    3000 /* instructions */

static uint32_t places;

static void count_place(uint32_t eip, bool did)
{
	(void)eip;
	places += did;
}

/* ---- who is killed as it lies down ---- */

static uint32_t place;

static void sleep_an_hour(void *unused)
{
	(void)unused;
	sched_sleep(HOUR_NS);
}

static void lie_down(void *unused)
{
	preempt_at(place, sleep_an_hour, unused);
}

static bool has_ended(const struct task *task)
{
	for (unsigned i = 0; i < YIELDS && task->state != TASK_ENDED; i++)
		sched_yield();
	return task->state == TASK_ENDED;
}

/* False: it slept before it got so far. */
static bool kill_at(struct ktap *t, uint32_t n)
{
	struct task *task;
	bool reached;

	place = n;
	task = begin_task(t, "lies down", lie_down, NULL);
	while (!preempt_is_there && task->state != TASK_WAITS)
		sched_yield();
	reached = preempt_reached();
	task_kill(task);
	CHECK(t, has_ended(task), "killed behind instruction %u of its way to sleep, it ends", n);
	wake_task(task);
	task_join(task, NULL);
	return reached;
}

static void kill_sleepers(struct ktap *t)
{
	uint32_t n = 1;

	places = 0;
	preempt_watch(count_place);
	while (n < MOST && !t->failures && kill_at(t, n))
		n++;
	preempt_watch(NULL);
	CHECK(t, places > 20, "it was preempted in %u places", places);
}

static void killed_at_each(struct ktap *t)
{
	NEEDS_STEPS(t);
	in_task(t, kill_sleepers);
}

/* ---- whose directory a CPU is in ---- */

static volatile bool over;
static uint32_t looks, wrong;

static void look_at_cr3(void *unused)
{
	(void)unused;
	while (!over) {
		looks++;
		wrong += read_cr3() != paging_cr3();
		sched_yield();
	}
}

static void leave_space(void *unused)
{
	(void)unused;
	task_current()->space = NULL;
	space_enter(NULL);
}

/* As a task that ends does it: a thread of the kernel comes in between, behind each instruction. */
static void leave_at_each(struct ktap *t)
{
	struct task *other = begin_task(t, "looks", look_at_cr3, NULL);
	bool more = true;

	places = looks = wrong = 0;
	preempt_watch(count_place);
	for (uint32_t n = 1; n < MOST && more; n++) {
		struct space *space = space_create();

		task_current()->space = space;
		space_enter(space);
		more = preempt_at(n, leave_space, NULL);
		space_destroy(space);
	}
	preempt_watch(NULL);
	over = true;
	task_join(other, NULL);
	CHECK(t, places > 5 && looks >= places, "it was preempted in %u places", places);
	CHECK_EQ(t, wrong, 0, "and a thread of the kernel is in the kernel's directory each time");
}

static void spaces_at_each(struct ktap *t)
{
	NEEDS_STEPS(t);
	over = false;
	in_task(t, leave_at_each);
}

static const struct ktap_test tests[] = {
	{.name = "killed_at_each", .run = killed_at_each, .by_name_only = true},
	KTAP_TEST(spaces_at_each),
};
KTAP_SUITE(steps, tests);
