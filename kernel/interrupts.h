/* SPDX-License-Identifier: MIT */
/*
 * What the kernel says of interrupts at its end.
 */
#ifndef KERNEL_INTERRUPTS_H
#define KERNEL_INTERRUPTS_H

/* Those that nobody wanted; and, when they were counted, how often each came to each CPU. */
void interrupts_report(void);

#endif
