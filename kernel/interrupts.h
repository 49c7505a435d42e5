/* SPDX-License-Identifier: MIT */
/*
 * What the kernel says of interrupts at its end.
 */
#ifndef KERNEL_INTERRUPTS_H
#define KERNEL_INTERRUPTS_H

#include <stdbool.h>

/* Count them from now on, or no more. */
void interrupts_count(bool on);

/* Those that nobody wanted; and, when they were counted, how often each came to each CPU. */
void interrupts_report(void);

#endif
