/* SPDX-License-Identifier: MIT */
/*
 * Exceptions and interrupts that a guest gets, by its own IDT, as a CPU would bring them there.
 */
#ifndef HOST_INJECT_H
#define HOST_INJECT_H

#include "host/guest.h"
#include <stdbool.h>
#include <stdint.h>

/* Its IF: in its own memory, or not yet. */
bool inject_is_on(const struct guest *guest);
void inject_set(struct guest *guest, bool on);

/* An exception, with an error code where its vector has one. The guest may end by it. */
void inject_exception(struct guest *guest, uint32_t vector, uint32_t error);
void inject_page_fault(struct guest *guest, uint32_t address, uint32_t error);

/* INT n, whose instruction is behind eip already and `bytes` long, if the guest lets that be used from its ring. */
void inject_software(struct guest *guest, uint32_t vector, uint32_t bytes);

/* A bit for each that waits, and is not masked. */
uint32_t inject_wanted(const struct guest *guest);

/* An instruction has ended at eip, behind which no interrupt comes before one more has: STI, a load of SS. */
void inject_shade(struct guest *guest, uint32_t eip);

/* Does an interrupt wait that had to come before what the guest was left for, had the host seen the shade end? */
bool inject_is_late(const struct guest *guest);

/* Before it goes on: the first interrupt that waits, if it may come now; otherwise IF is watched. */
void inject_pending(struct guest *guest);

/* A store to the page with IF while that is watched. False: it is not understood, and nothing was done. */
bool inject_store(struct guest *guest);

#endif
