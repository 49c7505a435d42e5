/* SPDX-License-Identifier: MIT */
/*
 * A panic stops the other CPUs, for good and wherever they are, by NMI.
 *
 *	stop_init();	// on the boot CPU, before a second one starts
 */
#ifndef ARCH_X86_SMP_STOP_H
#define ARCH_X86_SMP_STOP_H

/* Register both sides: with panic.h who stops the others, with trap.h where they stop. */
void stop_init(void);

#endif
