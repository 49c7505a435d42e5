// SPDX-License-Identifier: MIT
#include "tests/kernel/task/in_task.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/frames.h"
#include "arch/x86/mm/pages.h"
#include <stddef.h>

#define PATIENCE_NS 30000000000ull
#define LOOK_NS     100000
#define LOOKS       1000
#define TIMES       4

struct test {
	struct ktap *t;
	void (*fn)(struct ktap *t);
};

static void run(void *arg)
{
	const struct test *test = arg;

	test->fn(test->t);
}

struct task *begin_task(struct ktap *t, const char *name, void (*fn)(void *), void *arg)
{
	struct task *task = task_start(name, fn, arg);

	CHECK(t, task, "there is room for a task %s", name);
	return task;
}

void in_task(struct ktap *t, void (*fn)(struct ktap *t))
{
	struct test test = {t, fn};
	struct task *task = begin_task(t, t->name, run, &test);

	if (task)
		CHECK_EQ(t, task_join(task, NULL), 0, "the test comes to its end");
}

bool comes_to(struct ktap *t, const volatile uint32_t *what, uint32_t value, const char *name)
{
	const uint64_t start = timer_ns();

	while (*what != value && timer_ns() - start < PATIENCE_NS)
		sched_sleep(LOOK_NS);
	return CHECK_EQ(t, *what, value, "%s", name);
}

bool task_is(const struct task *task, enum task_state state)
{
	for (unsigned i = 0; i < LOOKS && (task->state != state || task->runs); i++)
		if (task_current()->is_idle)
			sched_sleep(LOOK_NS);
		else
			sched_yield();
	return task->state == state && !task->runs;
}

struct held {
	uint32_t pages, frames;
	unsigned tasks;
};

/* Those that nobody joins may still be on their way. */
static struct held held_now(unsigned tasks)
{
	const uint64_t start = timer_ns();

	while (tasks_count() > tasks && timer_ns() - start < PATIENCE_NS)
		sched_sleep(LOOK_NS);
	tasks_trim();
	return (struct held){pages_available(), frames_used(), tasks_count()};
}

/*
 * A large page is split for good when the first stack comes to lie in it, and how far up stacks come is
 * another time another: what costs a page each time has to be a leak.
 */
void gives_back(struct ktap *t, void (*fn)(struct ktap *t))
{
	const unsigned tasks = tasks_count();
	struct held before, now;

	fn(t);
	now = held_now(tasks);
	for (unsigned i = 0; i < TIMES; i++) {
		before = now;
		fn(t);
		now = held_now(tasks);
		if (now.pages == before.pages)
			break;
	}
	CHECK_EQ(t, now.tasks, tasks, "as many tasks are there as before");
	CHECK_EQ(t, now.frames, before.frames, "as many pages are programs'");
	CHECK_EQ(t, now.pages, before.pages, "and as many are free");
}
