/* SPDX-License-Identifier: MIT */
/*
 * One thing at a time of those that no other CPU may disturb: text changes live, text changes while
 * all others wait, a CPU comes or goes.
 *
 *	why = turn_take(TURN_LIVE);
 *	if (why)
 *		return why;
 *	...
 *	turn_give();
 *
 * Not a spinlock: who has the turn may take locks, call other CPUs and wait for them, for as long as
 * it takes. Who waits for it has interrupts on, so it can be called and gathered meanwhile, holds
 * no lock, and comes on in the order in which it asked. So nobody waits in a circle: the one whose
 * turn it is waits only for answers to calls, which all others give, and for locks whose holders
 * wait for nothing but that.
 */
#ifndef ARCH_X86_SMP_TURN_H
#define ARCH_X86_SMP_TURN_H

#include <stdbool.h>

enum turn {
	TURN_NONE,
	TURN_LIVE, /* pv/poke.h; wants interrupts on */
	TURN_CPUS, /* cpu_up(), cpu_down() and the passes in them; the same */
	TURN_PASS, /* gather.c; with interrupts off it is taken only where nobody has it */
};

/*
 * NULL: it is this CPU's turn. Or why it cannot be, at once: with interrupts off it cannot wait, a
 * CPU that comes or goes changes nothing, and one that has the turn or waits for it, and was
 * interrupted, would wait for itself.
 */
const char *turn_take(enum turn what);
void turn_give(void);

/* Has this CPU the turn, for that? */
bool turn_is_mine(enum turn what);

/* How a task leaves a CPU that is about to go; set while one CPU runs. NULL: there are no tasks. */
extern void (*turn_yield)(void);

#endif
