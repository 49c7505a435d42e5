/* SPDX-License-Identifier: MIT */
/*
 * A test as a task: one that waits lets others run, and is preempted, unlike the idle task that runs
 * all tests.
 *
 *	static void as_task(struct ktap *t)
 *	...
 *	static void wakes(struct ktap *t)
 *	{
 *		in_task(t, as_task);
 *	}
 */
#ifndef TESTS_KERNEL_TASK_IN_TASK_H
#define TESTS_KERNEL_TASK_IN_TASK_H

#include "kernel/task/task.h"
#include "kernel/test/ktap.h"

#define TASKS_ENOUGH 96 /* pages, for some tasks or a program */

#define NEEDS_MEMORY(t) KTAP_SKIP_UNLESS(t, pages_available() > TASKS_ENOUGH, "there is no memory")

/* To its end, which comes back here. */
void in_task(struct ktap *t, void (*fn)(struct ktap *t));

/* A new task, or a failed check. */
struct task *begin_task(struct ktap *t, const char *name, void (*fn)(void *), void *arg);

/* Sleep until *what is `value`; a failed check with this name after half a minute without. */
bool comes_to(struct ktap *t, const volatile uint32_t *what, uint32_t value, const char *name);

/* Is the task waiting, or at its end? Others run meanwhile: looked at a thousand times at most. */
bool task_is(const struct task *task, enum task_state state);

/*
 * Does fn(t) give all back that it takes: tasks, programs' pages, memory? It runs twice, for what comes
 * with the first of its kind and stays: a page table where a large page is split, a page of files.
 */
void gives_back(struct ktap *t, void (*fn)(struct ktap *t));

#endif
