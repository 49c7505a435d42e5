/* SPDX-License-Identifier: MIT */
/*
 * A CPU that is gathered, for gather.c: between the two there is one word a CPU, and the rule by
 * which it finds its place.
 *
 *	 FREE ------> CALLED ------> WAITS ------> GO ------> FREE
 *	      caller    |    itself         caller    itself
 *	 FREE <---------+
 *	         caller: given up
 */
#ifndef ARCH_X86_GATHER_WAIT_H
#define ARCH_X86_GATHER_WAIT_H

#include "arch/x86/cpu/percpu.h"
#include "arch/x86/trap/regs.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * Each call is another one: who was told by the last one that it may wait, and comes to it when that
 * was given up, must not take the next one for it.
 */
enum gathered { GATHER_FREE, GATHER_WAITS, GATHER_GO, GATHER_CALLED /* and all numbers above */ };
DECLARE_PER_CPU(volatile uint32_t, gathered);

/*
 * No CPU waits while it goes on, or returns to, where `inside` says, and, when there is `carry`, while
 * interrupts are kept for it. `carry`: what its EFLAGS become before it goes on. Set while nobody is
 * called.
 */
struct gather_rule {
	bool (*inside)(uint32_t address);
	uint32_t (*carry)(uint32_t flags);
};
extern struct gather_rule gather_rule;

/* Does what has this frame return to the inside of something, by the rule? */
bool gather_returns_inside(uint32_t frame);

/* The kernel's own code, which was interrupted: does it go on, or return to, where `inside` says? */
bool gather_goes_on_inside(bool (*inside)(uint32_t address), const struct regs *regs);

/* The interrupt's handler. */
void gather_on_call(unsigned irq);

#endif
