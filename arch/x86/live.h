/* SPDX-License-Identifier: MIT */
/*
 * For host.c: interrupts have gone off to write to text, and are about to go on. While a live change
 * runs, the longest time between the two is remembered.
 */
#ifndef ARCH_X86_LIVE_H
#define ARCH_X86_LIVE_H

void live_irqs_off(void);
void live_irqs_on(void);

#endif
