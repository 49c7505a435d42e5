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

/*
 * features=-NAME,-NAME: the kernel is what it would be on a CPU without them. A name that is none,
 * or a feature that this CPU lacks anyway, is said.
 */
void machine_forget(const char *list);

/* The event `boot`. */
void machine_event(void);

/* Who made the boot CPU, family, model and stepping; at any time. */
const char *machine_cpu(void);

/* CPU, memory, back end: a line each. */
void machine_report(void);

/* What is protected by now, and whether ticks arrive. Interrupts must be on. */
void machine_report_protection(void);

#endif
