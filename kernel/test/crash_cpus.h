/* SPDX-License-Identifier: MIT */
/*
 * What goes wrong among several CPUs, and behind locks; for crash.c's list. Each wants the CPUs
 * that its name needs, and comes back when it finds that nothing went wrong.
 */
#ifndef KERNEL_TEST_CRASH_CPUS_H
#define KERNEL_TEST_CRASH_CPUS_H

void crash_on_cpu1(void (*fn)(void)); /* one of one CPU's, there */

void crash_panic_starts(void); /* CPU 1 panics before it is online, and takes its time */
void crash_panic_deaf(void);   /* CPUs 1 and 2 do not stop when the boot CPU panics */
void crash_panic_lines(void);  /* CPU 1 panics while the boot CPU writes events, CPU 2 lines */

/* Against a lock's rule: noticed in a build with LOCKS=check. */
void crash_lock_irqs(void);   /* taken with interrupts on */
void crash_lock_on(void);     /* with interrupts off, by what turns them on again */
void crash_lock_nested(void); /* two of a kind */
void crash_lock_gather(void); /* held while text changes */
void crash_lock_starts(void); /* by CPU 1 before it is online */

/* Never freed, in every build: says whom it waits for. */
void crash_lock_held(void);

#endif
