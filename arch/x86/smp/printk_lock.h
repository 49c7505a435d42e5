/* SPDX-License-Identifier: MIT */
/*
 * One CPU at a time writes a line, or what else takes printk_lock(): an event. What interrupts it
 * on the same CPU (a trap) prints in the middle of it, as before.
 *
 *	printk_lock_init();	// before tasks run, or a second CPU
 *	printk_lock_last();	// a panic, before the other CPUs are stopped
 */
#ifndef ARCH_X86_SMP_PRINTK_LOCK_H
#define ARCH_X86_SMP_PRINTK_LOCK_H

void printk_lock_init(void);

/*
 * Wait until nobody is in the middle of a line, and let nobody begin one. Comes back after a while
 * all the same: whoever has it may have stopped for good.
 */
void printk_lock_last(void);

#endif
