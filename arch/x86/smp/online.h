/* SPDX-License-Identifier: MIT */
/*
 * Which CPUs run, and the words for what came of asking one of them for something.
 *
 *	for (unsigned cpu = 1; cpu < CPUS_MAX; cpu++)
 *		if (cpu_online(cpu))
 *			send(cpu);
 */
#ifndef ARCH_X86_SMP_ONLINE_H
#define ARCH_X86_SMP_ONLINE_H

#include <stdbool.h>

enum smp_result {
	SMP_OK,
	SMP_NO_CPU,     /* the machine has none of this number */
	SMP_ALREADY,    /* it is what it should become */
	SMP_OFF,        /* it is not online */
	SMP_FIRST,      /* the boot CPU cannot go down */
	SMP_NOT_HERE,   /* only the boot CPU may do this */
	SMP_IMPOSSIBLE, /* smp_init() gave a reason, or was not called */
	SMP_NO_ANSWER,  /* it was started and did not come, or does not come to rest */
	SMP_LACKS,      /* it lacks a feature in use */
	SMP_BUSY,       /* it works (smp_work()) */
};

const char *smp_result_text(enum smp_result result);

bool cpu_online(unsigned cpu);
unsigned smp_online(void); /* how many */

/* Only the boot CPU changes this (smp.c), so there is no lock; the others look. */
void smp_set_online(unsigned cpu, bool on);

#endif
