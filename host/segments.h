/* SPDX-License-Identifier: MIT */
/*
 * A guest's segments: of its own table what cannot hurt, and of its registers what can be loaded. SDM volume 3, 3.4.
 */
#ifndef HOST_SEGMENTS_H
#define HOST_SEGMENTS_H

#include "host/guest.h"
#include <stdbool.h>
#include <stdint.h>

/* The descriptor of its kernel's code (PV_GUEST_CS), which is the host's. */
#define GUEST_CS_HIGH 0x00cfbb00u
#define GUEST_CS_LOW  0x0000ffffu

/* Read its table, which has come or changed. */
void segments_read(struct guest *guest);

/*
 * A load of this selector has failed: is its descriptor another one by now? It is read then, as a CPU does at each load, and the
 * load may be tried again.
 */
bool segments_refresh(struct guest *guest, uint32_t selector);

/* May this selector be cs, or ss, in that ring? */
bool segments_is_code(const struct guest *guest, uint32_t selector, unsigned ring);
bool segments_is_stack(const struct guest *guest, uint32_t selector, unsigned ring);

/* Make its registers such that they can be loaded; false: cs or ss cannot. */
bool segments_check(struct guest *guest);

/* LTR: where the stack of its kernel is to be found. False: there is no such task. */
bool segments_set_task(struct guest *guest, uint32_t selector);

#endif
