/* SPDX-License-Identifier: MIT */
/*
 * A task is preempted behind a given instruction, and no other one: it is stepped so far, and gets an interrupt
 * there. With one CPU online, and an APIC to send it by.
 *
 *	preempt_watch(on_switch);
 *	for (uint32_t n = 1; preempt_at(n, fn, arg); n++)
 *		;	fn(arg) behind its first instruction, its second, ... to the last one
 *	preempt_watch(NULL);
 */
#ifndef TESTS_KERNEL_TASK_PREEMPT_AT_H
#define TESTS_KERNEL_TASK_PREEMPT_AT_H

#include <stdbool.h>
#include <stdint.h>

#define NEEDS_STEPS(t)                                                                 \
	do {                                                                           \
		KTAP_SKIP_UNLESS(t, smp_online() == 1, "more than one CPU is online"); \
		KTAP_SKIP_UNLESS(t, apic_present(), "no local APIC");                  \
		KTAP_SKIP_UNLESS(t, paging_enabled(), "paging is off");                \
		NEEDS_MEMORY(t);                                                       \
	} while (0)

/*
 * fn(eip, did) for each place where the task may have been preempted, and whether it was; another
 * one has to be ready then. NULL: nobody is told any more.
 */
void preempt_watch(void (*fn)(uint32_t eip, bool did));

/* fn(arg) in this task. False: it had fewer instructions than n, or another task came before. */
bool preempt_at(uint32_t n, void (*fn)(void *), void *arg);

/* Has it come so far? */
bool preempt_reached(void);

/* Is the task that does so just there, and preempted? */
extern volatile bool preempt_is_there;

#endif
