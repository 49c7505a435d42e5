/* SPDX-License-Identifier: MIT */
/*
 * Time: 1000 interrupts a second from the PIT, and nanoseconds from the TSC, or from the PIT's
 * counter on a CPU without one; from something slower where there is neither.
 *
 *	timer_init();
 *	start = timer_ns();
 */
#ifndef ARCH_X86_DEV_TIMER_H
#define ARCH_X86_DEV_TIMER_H

#include "arch/x86/cpu/percpu.h"
#include "pv/static_call.h"
#include <stdbool.h>
#include <stdint.h>

#define TIMER_HZ 1000

/* Measure the TSC against the PIT, start the ticks. What is missing is said. */
void timer_init(void);

/* On each other CPU, before it asks for the time. */
void timer_init_cpu(void);

/* The TSC when the kernel began; 0 without one. */
extern uint64_t boot_tsc;

/* Ticks since timer_init(). */
extern volatile uint32_t timer_ticks;

/* Called at each tick, in the interrupt, while set. */
extern void (*volatile timer_tick_hook)(void);

/* The same of each CPU, with the milliseconds since its last one: tasks' turns. Set while one CPU runs. */
extern void (*timer_slice)(uint32_t ms);

/*
 * Nanoseconds since the kernel began (since timer_init() without a TSC). Never goes back on one
 * CPU, and goes on while it is asked again and again; that the TSCs of several agree is up to the
 * machine. Without a clock of known rate, !timer_measured(), real time passes faster.
 */
uint64_t timer_ns_by_source(void);
DECLARE_STATIC_CALL(timer_clock, timer_ns_by_source); /* the source itself, from the pass on */
static inline uint64_t timer_ns(void)
{
	return static_call(timer_clock)();
}
bool timer_measured(void);

/* The TSC when a CPU's time was 0. */
DECLARE_PER_CPU(uint64_t, timer_tsc_start);

/* The same for a panic: no lock, no site; ticks only without a TSC, and CPUs may differ. */
uint64_t timer_ns_bare(void);

/* 0: there is no TSC, or it could not be measured. */
uint32_t timer_tsc_khz(void);

/* Are there ticks? */
bool timer_present(void);

/*
 * Wait without sleeping, at least that long; shorter only when a clock stops. Who calls this in a
 * loop needs no `pause` of its own: there is one in here, even where a single-stepped CPU finds the
 * time over when it first looks.
 */
void timer_delay_us(uint32_t us);

/* Until another CPU has written the value, for ms milliseconds; false: it has not. */
bool timer_wait_for(const volatile uint32_t *what, uint32_t value, uint32_t ms);

/*
 * Sleep until the next tick. False, without sleeping, when the line does not rise within a few
 * milliseconds: a machine whose timer is dead is reported, and does not sleep for ever.
 */
bool timer_wait_tick(void);

#endif
