/* SPDX-License-Identifier: MIT */
/*
 * Several CPUs. Their numbers are places in machine_cpus; 0 is the boot CPU, which alone starts and
 * stops the others.
 *
 *	why_not = smp_init(page);
 *	if (!why_not && cpu_up(1) == SMP_OK)
 *		smp_call(1, fn, &argument);
 *	cpu_down(1);
 *
 * Between calls the others sleep with interrupts on and count ticks.
 */
#ifndef ARCH_X86_SMP_SMP_H
#define ARCH_X86_SMP_SMP_H

#include "arch/x86/cpu/percpu.h"
#include <stdbool.h>
#include <stdint.h>

#define SMP_TICK_HZ 100 /* of every CPU but the boot CPU, which has the PIT's */

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

/*
 * Make ready for others: vectors, the APIC's timer. page: the address of a free page below 1 MiB,
 * which is used and restored at each start; 0: there is none. Returns NULL, or why no other CPU can
 * be started. After apic_init(), with interrupts on.
 */
const char *smp_init(uint32_t page);

/*
 * Start a CPU, or take it off: it then rests with interrupts off in code without sites and can be
 * started again. What fails costs a line. A CPU's variables (percpu.h) live on while it is off.
 */
enum smp_result cpu_up(unsigned cpu);
enum smp_result cpu_down(unsigned cpu);

bool cpu_online(unsigned cpu);
unsigned smp_online(void); /* how many */

/* In one of its features in use: the last that a CPU turned out to lack (SMP_LACKS). */
extern char smp_lacking[32];

/* Called before a second CPU starts, and after the last but one has gone. NULL: nobody asks. */
extern void (*smp_before_first)(void), (*smp_after_last)(void);

/*
 * Called on each CPU that starts, as soon as sites run there: interrupts are off, it is not online
 * yet, and the boot CPU waits for it in cpu_up(), a second at most. NULL: nobody asks.
 */
extern void (*smp_on_start)(void);

/* A CPU's ticks; the boot CPU's are timer_ticks. */
DECLARE_PER_CPU(volatile uint32_t, smp_ticks);

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
 * waits for it, ms milliseconds at most. fn may not sleep by safe_halt() over and over: it would be
 * in the middle of that site whenever text is to be changed (gather.c).
 */
enum smp_result smp_work(unsigned cpu, void (*fn)(void *), void *arg);
bool smp_work_done(unsigned cpu);
bool smp_work_wait(unsigned cpu, uint32_t ms);

/*
 * For a panic: the other CPUs stop for good, wherever they are, by NMI. Comes back when they have,
 * or after a while. No sites. smp_stop_here() is the other side of it, in the NMI.
 */
void smp_stop_others(void);
void smp_stop_here(void);

/* End a CPU's sleep with interrupts off, by an NMI; how often that was done. */
void smp_wake(unsigned cpu);
uint32_t smp_wakes(unsigned cpu);

/* Between the files of smp: while set, a CPU with nothing to do waits outside of all sites. */
extern volatile uint32_t smp_gathering;
void smp_call_init(void);
void smp_calls_hold(void); /* no call is going on until smp_calls_release() */
void smp_calls_release(void);
bool smp_work_waits(void);
void smp_work_run(void);

#endif
