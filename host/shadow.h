/* SPDX-License-Identifier: MIT */
/*
 * The page tables that a guest really has: the host's memory in the places where its own tables have what it
 * believes to be physical. They are filled as pages are touched, and emptied where a CPU would forget translations,
 * so they are a translation cache of a large size. The guest cannot reach them.
 */
#ifndef HOST_SHADOW_H
#define HOST_SHADOW_H

#include "host/guest.h"
#include <stdbool.h>
#include <stdint.h>

struct way;

/* False: no memory. */
bool shadow_make(struct shadow *shadow);
void shadow_free(struct shadow *shadow);

/* For CR3, with what this CPU needs on its way back (world.c) in place. */
uint32_t shadow_cr3(struct guest *guest, void *switch_table);

/* A page, by what guest_walk() said of it, and the guest's rules for its memory. False: no memory. */
bool shadow_fill(struct guest *guest, uint32_t address, const struct way *way);

/* The same where it has no memory: a page of ones, which is nobody's. */
bool shadow_fill_nothing(struct guest *guest, uint32_t address, const struct way *way);

/* May the page be code? Where the CPU can tell that. */
bool shadow_may_run(const struct guest *guest, const struct way *way);

/* All, or as much as INVLPG does: a page of whatever size; or 4 KiB, as the host's rules for it have changed. */
void shadow_flush(struct guest *guest);
void shadow_forget(struct guest *guest, uint32_t address);
void shadow_forget_page(struct guest *guest, uint32_t address);

/* Is this address the host's in every guest? */
bool shadow_is_hosts(uint32_t address);

#endif
