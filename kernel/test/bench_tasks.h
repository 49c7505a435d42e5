/* SPDX-License-Identifier: MIT */
/*
 * bench-tasks on the command line: what a change from one task to the next costs, however many there are. Threads
 * of the kernel, 2 to 10,000, that do nothing but let the next one run. As events:
 *
 *	tasks	tasks, changes, tsc
 *
 *	why = bench_tasks();
 */
#ifndef KERNEL_TEST_BENCH_TASKS_H
#define KERNEL_TEST_BENCH_TASKS_H

/* NULL, or what was wrong. */
const char *bench_tasks(void);

#endif
