/* SPDX-License-Identifier: MIT */
/*
 * Tasks: threads of the kernel, and programs. Each has a stack of its own, and runs on whatever CPU
 * comes to it, in turns of ten milliseconds; both are preempted. What a CPU did before there were tasks
 * (the boot CPU: everything; the others: waiting for work) is its idle task, which runs while there
 * is no other one, and is not preempted.
 *
 *	struct task *task = task_start("counter", count, &argument);
 *	...
 *	status = task_join(task);
 */
#ifndef KERNEL_TASK_TASK_H
#define KERNEL_TASK_TASK_H

#include "kernel/task/sched.h"

/* A new one, which is this task's child and does not run yet. NULL: no memory, or TASKS_MAX are there. */
#define TASKS_MAX 20000
struct task *task_make(const char *name, void (*fn)(void *), void *arg);

/* Let it run; or, instead, take one that never ran apart again. */
void task_ready(struct task *task);
void task_unmake(struct task *task);

/* Both: a thread of the kernel. It ends with status 0 when fn returns. NULL as above. */
struct task *task_start(const char *name, void (*fn)(void *), void *arg);

/* The end of the calling task. */
_Noreturn void task_exit(int status);

/* It will end, soon. */
void task_kill(struct task *task);

/* All that descend from this one, which has not ended, and what they would make meanwhile; not itself. */
void tasks_kill_below(struct task *task);

/*
 * Wait for the end of a child, of any with NULL. Returns its status, and its number in *id; -ABI_ECHILD:
 * there is none, -ABI_EINTR: this task is to end itself.
 */
int task_join(struct task *child, unsigned *id);

/* How many tasks there are, idle ones not counted. */
unsigned tasks_count(void);

/* Give the memory of tasks that are gone, which is kept for others, back. */
void tasks_trim(void);

#endif
