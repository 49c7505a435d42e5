/* SPDX-License-Identifier: MIT */
/*
 * What CPUs do for each other: calls, served in an interrupt, and work, done where nothing else is
 * to be done.
 *
 *	smp_call(1, fn, &argument);
 *	if (smp_work(1, fn, &argument) == SMP_OK)
 *		smp_work_wait(1, 100);
 */
#ifndef ARCH_X86_SMP_SMP_CALL_H
#define ARCH_X86_SMP_SMP_CALL_H

#include "arch/x86/smp/result.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * Run fn(arg) on a CPU, or on all others at once, in an interrupt there, and wait for its end. The
 * caller has interrupts on (otherwise two that call each other would wait for ever: a panic), and
 * so has the called one, sooner or later. fn has them off and cannot call on. On the caller's own
 * CPU it is just run. Calls are served one at a time. SMP_OFF: the CPU is not online.
 */
enum smp_result smp_call(unsigned cpu, void (*fn)(void *), void *arg);
void smp_call_others(void (*fn)(void *), void *arg);

/*
 * Give a CPU something to do for longer: fn(arg) runs there with interrupts on, while the boot CPU,
 * which alone may give work, goes on. smp_work_done() says whether it has ended; smp_work_wait()
 * waits for it, ms milliseconds at most.
 */
enum smp_result smp_work(unsigned cpu, void (*fn)(void *), void *arg);
bool smp_work_done(unsigned cpu);
bool smp_work_wait(unsigned cpu, uint32_t ms);

/* For smp.c: the interrupt's handler, before a second CPU starts. */
void smp_call_init(void);

/* For smp.c: no call is going on from the one to the other. */
void smp_calls_hold(void);
void smp_calls_release(void);

/* For smp.c: is there work for this CPU? Do it, interrupts on. */
bool smp_work_waits(void);
void smp_work_run(void);

#endif
