/* SPDX-License-Identifier: MIT */
/*
 * Something for all CPUs at once.
 *
 *	NEEDS_CPUS(t);
 *	smp_all(t, hammer);		// hammer(cpu) on each, from the same moment on
 */
#ifndef TESTS_KERNEL_MACHINE_SMP_ALL_H
#define TESTS_KERNEL_MACHINE_SMP_ALL_H

#include "arch/x86/smp/smp.h"
#include "arch/x86/smp/smp_call.h"
#include "kernel/test/ktap.h"

#define NEEDS_CPUS(t) KTAP_SKIP_UNLESS(t, smp_online() > 1, "one CPU is online")

/*
 * fn(arg) on every CPU, the boot CPU included, with interrupts on; none begins before all are
 * there. A failed check for each that has not ended half a minute later.
 */
void smp_all(struct ktap *t, void (*fn)(void *), void *arg);

/* fn(arg) on the others only, at once; to be ended by smp_others_end(). */
void smp_others_begin(struct ktap *t, void (*fn)(void *), void *arg);
void smp_others_end(struct ktap *t);

/* Does the CPU get ticks? False after a second without. */
bool smp_ticks_come(unsigned cpu);

/* For smp_call(): the number of the CPU that ran it, to *(uint32_t *)arg. */
void smp_note_cpu(void *arg);

/* For smp_work(): whether interrupts are on, to *(uint32_t *)arg; ends when smp_released is set. */
void smp_until_released(void *arg);
extern volatile uint32_t smp_released;

#endif
