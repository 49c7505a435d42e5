/* SPDX-License-Identifier: MIT */
/*
 * Several CPUs. Their numbers are places in machine_cpus; 0 is the boot CPU, which alone starts and
 * stops the others.
 *
 *	why_not = smp_init(page);
 *	if (!why_not && cpu_up(1) == SMP_OK)
 *		smp_call(1, fn, &argument);	// smp_call.h
 *	cpu_down(1);
 *
 * Between calls the others sleep with interrupts on and count ticks.
 */
#ifndef ARCH_X86_SMP_SMP_H
#define ARCH_X86_SMP_SMP_H

#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/state.h"
#include "arch/x86/smp/result.h"
#include <stdint.h>

#define SMP_TICK_HZ 100 /* of every CPU but the boot CPU, which has the PIT's */

/*
 * Make ready for others: vectors, the APIC's timer. page: the address of a free page below 1 MiB,
 * which is used and restored at each start; 0: there is none. Returns NULL, or why no other CPU can
 * be started. After apic_init(), with interrupts on. From here on printk() lets one in at a time, and
 * a panic stops the other CPUs (panic_stop_others).
 */
const char *smp_init(uint32_t page);

/*
 * Start a CPU, or take it off: it then rests with interrupts off in code without sites and can be
 * started again. Interrupts are on, since another CPU may wait for this one. What fails costs a
 * line. A CPU's variables (percpu.h) live on while it is off. What happens meanwhile: cpu/state.h.
 */
enum smp_result cpu_up(unsigned cpu);
enum smp_result cpu_down(unsigned cpu);

/* Every CPU that is online, but the boot CPU. */
#define for_each_other(cpu)                           \
	for (unsigned cpu = 1; cpu < CPUS_MAX; cpu++) \
		if (cpu_online(cpu))

/* Called before a second CPU starts, and after the last but one has gone. NULL: nobody asks. */
extern void (*smp_before_first)(void), (*smp_after_last)(void);

/*
 * Called on each CPU that starts, as soon as sites run there: interrupts are off, it is not online
 * yet, and the boot CPU waits for it in cpu_up(), a second at most. After that it may be reset, so
 * no lock is taken here, and nothing is printed. NULL: nobody asks.
 */
extern void (*smp_on_start)(void);

/*
 * Tasks: called on each CPU that starts, as smp_on_start, but for good; and where one has nothing to do,
 * instead of sleep: with interrupts off, which are on when it comes back. Set while one CPU runs. NULL:
 * there are none.
 */
extern void (*smp_task_start)(void);
extern void (*smp_idle)(void);

/* A CPU's ticks; the boot CPU's are timer_ticks. */
DECLARE_PER_CPU(volatile uint32_t, smp_ticks);

/* End a CPU's sleep with interrupts off, by an NMI; how often that was done. */
void smp_wake(unsigned cpu);
uint32_t smp_wakes(unsigned cpu);

#endif
