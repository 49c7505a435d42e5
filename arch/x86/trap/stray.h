/* SPDX-License-Identifier: MIT */
/*
 * Vectors 64 to 255, which this kernel gives to nobody. An interrupt there was firmware's, which
 * left it pending, or a device still on: it is counted, and is named at the end. What comes without
 * an interrupt controller having sent it is an instruction, `int`, that nobody meant: an exception
 * as all.
 *
 *	stray_acknowledge = acknowledge;	// the controller's driver
 *	if (stray_count(vector)) ...
 */
#ifndef ARCH_X86_TRAP_STRAY_H
#define ARCH_X86_TRAP_STRAY_H

#include <stdbool.h>
#include <stdint.h>

/* Did a controller send this vector to this CPU? Then it is told that it came. NULL: there is none.
 */
extern bool (*stray_acknowledge)(unsigned vector);

/* How often it came, to all CPUs. vector: 64 to 255. */
uint32_t stray_count(unsigned vector);

#endif
