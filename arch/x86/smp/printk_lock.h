/* SPDX-License-Identifier: MIT */
/*
 * One CPU at a time prints a line; what interrupts a line on the same CPU prints in the middle of
 * it, as before.
 *
 *	printk_lock_init();	// before a second CPU starts
 *	printk_lock_seize();	// a panic, once the other CPUs have stopped
 */
#ifndef ARCH_X86_SMP_PRINTK_LOCK_H
#define ARCH_X86_SMP_PRINTK_LOCK_H

void printk_lock_init(void);

/* This CPU's from now on, whoever had it. */
void printk_lock_seize(void);

#endif
