/* SPDX-License-Identifier: MIT */
/*
 * The machine, told at boot.
 *
 *	machine_event();
 *	machine_report();
 *	...paging, interrupts...
 *	machine_report_protection();
 */
#ifndef KERNEL_MACHINE_H
#define KERNEL_MACHINE_H

/* The event `boot`. */
void machine_event(void);

/* CPU, memory, back end: a line each. */
void machine_report(void);

/* What is protected by now, and whether ticks arrive. Interrupts must be on. */
void machine_report_protection(void);

#endif
