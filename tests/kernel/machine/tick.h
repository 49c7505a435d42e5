/* SPDX-License-Identifier: MIT */
/*
 * The timer's tick as a witness for interrupts: does one arrive, does one wait? Waiting is counted
 * in looks at the PIC, and how many of them a tick lasts is measured once, so that a test needs no
 * clock and no wait is without end.
 *
 *	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
 *	local_irq_disable();
 *	CHECK(t, tick_off(), "no tick arrives while they are off");
 *	local_irq_enable();
 *	CHECK(t, tick_on(), "one does when they are on");
 */
#ifndef TESTS_KERNEL_MACHINE_TICK_H
#define TESTS_KERNEL_MACHINE_TICK_H

#include <stdbool.h>

/* False: the timer's line never rises; there is nothing to test with. Leaves interrupts on. */
bool tick_arrives(void);
#define TICK_NONE "the timer's line does not rise"

/* A tick's length in looks, and to measure it again. */
extern unsigned tick_length;
void tick_measure(void);

/* Spend some looks. */
void tick_look(unsigned looks);

/* How many looks until the line is up, with the interrupt off or masked; 0: half a second was not
 * enough. */
unsigned tick_line_rises(void);

/* Until a tick waits, and a quarter of a tick longer: if it can be taken it has been. Three ticks' time
 * ends the wait for one that does not come to wait, since each is taken. */
void tick_wait(void);

/* Does a tick arrive, with interrupts as they are? A second ends the wait for one that should; off
 * is believed behind tick_wait(). */
bool tick_on(void);
bool tick_off(void);

#endif
