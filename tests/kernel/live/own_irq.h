/* SPDX-License-Identifier: MIT */
/*
 * A CPU's interrupt to itself, sent while interrupts are off: it comes once, when they are on again.
 *
 *	own_irq_begin();
 *	... on each CPU, again and again: own_irq() ...
 *	own_irq_end();
 */
#ifndef TESTS_KERNEL_LIVE_OWN_IRQ_H
#define TESTS_KERNEL_LIVE_OWN_IRQ_H

#include <stdbool.h>

void own_irq_begin(void);
void own_irq_end(void);

/* False: it came too early, twice, never, or interrupts were not what they should be. */
bool own_irq(void);

/* Another CPU's, which has one as soon as it can: false when it does not come. */
bool own_irq_of(unsigned cpu);

/* Send it, and no more; has one come to that CPU since own_irq_begin(), or does it? */
void own_irq_send(void);
bool own_irq_comes(unsigned cpu);

#endif
