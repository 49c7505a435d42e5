/* SPDX-License-Identifier: MIT */
/*
 * A panic stops the other CPUs, for good and wherever they are, by NMI: each then comes to
 * panic_stop_here().
 *
 *	stop_init();	// on the boot CPU, before a second one starts
 */
#ifndef ARCH_X86_SMP_STOP_H
#define ARCH_X86_SMP_STOP_H

void stop_init(void);

#endif
