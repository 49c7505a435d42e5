/* SPDX-License-Identifier: MIT */
/*
 * A machine that interrupts a guest behind each of its instructions, where the guest says so (plan.h): it goes on with TF set, or to a breakpoint. What comes of it is to the host an interrupt of the machine's like all others, after
 * which something may be pending; what it does with that is what it always does.
 *
 *	steps_begin(false);
 *	guest_make(&guest, ...);
 */
#ifndef TESTS_KERNEL_GUEST_STEPS_H
#define TESTS_KERNEL_GUEST_STEPS_H

#include "host/guest.h"
#include "tests/kernel/guest/plan.h"
#include <stdbool.h>

/* For guests of this same image only. stops: by breakpoints (stops.h), not by TF. False: the call that leads into a guest cannot be changed. */
bool steps_begin(bool stops);
void steps_end(void);

/* The guest's own, in its memory. */
volatile struct guest_plan *steps_plan(const struct guest *guest);

/* Raise them, as far as they do not wait already, and count. */
void steps_raise(struct guest *guest, uint32_t lines);

#endif
