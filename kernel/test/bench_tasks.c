// SPDX-License-Identifier: MIT
/*
 * bench-tasks on the command line: what a change from one task to the next costs, however many there are. Threads
 * of the kernel, 2 to 10,000, that do nothing but let the next one run. As events:
 *
 *	tasks	tasks, changes, tsc
 *
 * All of them run once before the clock is started by the first and stopped by it, some rounds later: in each
 * round each one has had its turn.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/trap/irq.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/event.h"
#include "kernel/base/result.h"
#include "kernel/base/run.h"
#include "kernel/task/task.h"
#include "pv/native.h"
#include <stddef.h>

#define ROUNDS 4

static const unsigned numbers[] = {2, 10, 100, 1000, 10000};

static volatile bool over;
static uint64_t took;

static void pass_on(void *unused)
{
	(void)unused;
	while (!over)
		sched_yield();
}

static void lead(void *unused)
{
	uint64_t start;

	(void)unused;
	sched_yield();
	start = native_read_tsc();
	for (unsigned i = 0; i < ROUNDS; i++)
		sched_yield();
	took = native_read_tsc() - start;
	over = true;
}

static void tasks_event(unsigned n)
{
	event_begin("tasks");
	event_number("tasks", n);
	event_number("changes", (uint64_t)n * ROUNDS);
	event_number("tsc", took);
	event_end();
}

/* Those that there are begin together. */
static const char *measure_with(unsigned n)
{
	unsigned made = 1;

	over = false;
	if (!task_start("leads", lead, NULL))
		return "no memory for a task";
	while (made < n && task_start("passes", pass_on, NULL))
		made++;
	for (unsigned i = 0; i < made; i++)
		task_join(NULL, NULL);
	if (made < n)
		return "no memory for all tasks";
	tasks_event(n);
	return NULL;
}

static const char *measure(void)
{
	const char *why = NULL;
	irq_handler_fn *tick;

	if (!cpu_has(X86_FEATURE_TSC))
		return "the CPU has no TSC to measure with";
	tick = irq_set_handler(0, NULL);
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && !why; i++)
		why = measure_with(numbers[i]);
	irq_set_handler(0, tick);
	tasks_trim();
	return why;
}

static void bench_tasks(void)
{
	if (options.bench_tasks)
		result_boot("bench-tasks", measure());
}
RUN(RUN_MEASURE, "bench-tasks", bench_tasks);
