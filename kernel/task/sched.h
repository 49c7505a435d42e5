/* SPDX-License-Identifier: MIT */
/*
 * Who runs, and who waits for what.
 *
 *	static struct wait_queue queue;
 *
 *	wait_until(&queue, bytes != 0);		one task
 *	bytes = 1; wake(&queue);		another one
 *
 * There is one queue of tasks that could run, first come, first served, and one lock for it: all that
 * is said here holds for all CPUs.
 */
#ifndef KERNEL_TASK_SCHED_H
#define KERNEL_TASK_SCHED_H

#include "arch/x86/trap/regs.h"
#include "kernel/task/file.h"
#include <stdbool.h>
#include <stdint.h>

#define TASK_STACK 8192u /* bytes; a page that is not mapped lies below it */

struct attempt;
struct space;

/* Who waits for the same thing: sched.h. */
struct wait_queue {
	struct task *first;
};

/*
 *	        sched.c picks it          wait_begin()
 *	READY <-----------------> (runs) -------------> WAITS
 *	   ^                        |                     |
 *	   +---------- wake() ------+---------------------+
 *	                            | task_exit()
 *	                            v
 *	                          ENDED --> joined: gone
 */
enum task_state { TASK_READY, TASK_WAITS, TASK_ENDED };

/* Lies at the top of its stack. What `sched` is said to guard is changed under the scheduler's lock. */
struct task {
	volatile uint32_t esp; /* while it does not run */
	unsigned id;
	char name[ABI_NAME];
	volatile enum task_state state; /* sched */
	bool runs, queued;              /* sched: on a CPU; in the queue of those that could be */
	volatile bool killed;           /* it ends before it goes on in user mode, or waits */
	bool is_idle;
	struct task *next;           /* sched: in the queue, or of those that are gone */
	struct task *wait_next;      /* sched */
	struct wait_queue *waits_in; /* sched */
	uint64_t wake_at;            /* sched, ns */
	struct task *parent, *children, *sibling; /* sched: who may join it */
	bool orphan; /* sched: its parent has ended; it is below that one's, which does not join it */
	struct wait_queue ended; /* where it waits for children */
	int status;
	void (*fn)(void *); /* it begins there, and does not come back */
	void *arg;
	void (*thread)(void *); /* of the kernel: what it is to do */
	struct space *space;    /* NULL: a thread of the kernel */
	uint32_t gs;
	struct attempt *trying;
	struct file_table files;
};

/* This CPU's. */
struct task *task_current(void);

/* Its stack's ends, and where the registers of a program are that has come into the kernel. */
static inline uint32_t task_stack_start(const struct task *task)
{
	return ((uint32_t)task | 4095) + 1 - TASK_STACK;
}
static inline uint32_t task_stack_end(const struct task *task)
{
	return (uint32_t)task;
}
static inline struct user_regs *task_regs(const struct task *task)
{
	return (struct user_regs *)task_stack_end(task) - 1;
}

/* Once. */
void sched_init(void);

/* On each CPU: its idle task is what calls. */
void sched_init_cpu(void);

/* Let others run; comes back when it is this task's turn. */
void sched_yield(void);

/* A new task: begin at its fn. Then: it joins those that could run. */
void sched_make(struct task *task);
void sched_add(struct task *task);

/* The calling task's end: it is never chosen again, and `gone` is called under the lock when it is. */
_Noreturn void sched_leave(void (*gone)(struct task *task));

/* The scheduler's lock, for what task.h says is guarded by it. Interrupts are off meanwhile. */
unsigned long sched_lock(void);
void sched_unlock(unsigned long flags);

/* For wait_until(). wait_sleep() comes back when somebody woke it, and also for nothing. */
void wait_begin(struct wait_queue *queue);
void wait_sleep(void);
void wait_end(void);

/*
 * Until the condition is true, which is looked at with the task in the queue already, so that no
 * wake() is missed. Interrupts are on. False: the task has been killed.
 */
#define wait_until(queue, condition)                              \
	({                                                        \
		bool is_true_ = (condition);                      \
		while (!is_true_ && !task_current()->killed) {    \
			wait_begin(queue);                        \
			is_true_ = (condition);                   \
			if (!is_true_ && !task_current()->killed) \
				wait_sleep();                     \
			wait_end();                               \
		}                                                 \
		is_true_;                                         \
	})

/*
 * All that wait in it, or one that waits anywhere. wake() with interrupts on, wake_task() also with them off,
 * the others with the lock held.
 */
void wake(struct wait_queue *queue);
void wake_task(struct task *task);
void wake_locked(struct wait_queue *queue);
void wake_task_locked(struct task *task);

/*
 * A CPU's idle task has nothing to do: others run, or this CPU sleeps until something happens. Interrupts are on
 * afterwards.
 */
void sched_idle(void);

/* For that many nanoseconds, or until it is killed. */
void sched_sleep(uint64_t ns);

#endif
