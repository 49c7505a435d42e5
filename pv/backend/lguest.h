/* SPDX-License-Identifier: MIT */
/*
 * The back end of a kernel that is a guest of host/'s, in ring 1: interrupts are off and on by memory moves, the rest is
 * native and traps, or asks the host. Found by pv_lguest_begin(), and of use nowhere else.
 */
#ifndef PV_BACKEND_LGUEST_H
#define PV_BACKEND_LGUEST_H

#include "pv/backend/backend.h"
#include "pv/backend/guest.h"
#include <stdbool.h>
#include <stdint.h>

extern const struct pv_backend pv_lguest_backend;

/* EFLAGS, of which IF counts, in a page of their own; and what else host and guest share. */
extern uint32_t lguest_flags[1024];
extern volatile struct pv_guest lguest_shared;

/* Is this a guest that has told its host? */
extern bool pv_in_guest;

/*
 * Tell the host of both, once: from here on lguest_flags is what the host goes by, whatever the back end. False: it
 * does not want to know. In ring 1 only.
 */
bool pv_lguest_begin(void);

/* Interrupts off and as they were, by the instructions that the host knows. For who must have no site. */
PV_ALWAYS_INLINE uint32_t lguest_irq_save(void)
{
	uint32_t flags;

	asm volatile("mov %1, %0\n"
		     "shrb $1, 1 + %1"
		     : "=a"(flags), "+m"(lguest_flags[0])
		     :
		     : "memory", "cc");
	return flags;
}

PV_ALWAYS_INLINE void lguest_irq_restore(uint32_t flags)
{
	asm volatile("mov %1, %0" : "=m"(lguest_flags[0]) : "a"(flags) : "memory");
}

#endif
