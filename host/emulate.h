/* SPDX-License-Identifier: MIT */
/*
 * Instructions that a guest's kernel may not execute, and believes it may: they are done to what it has in place of the
 * machine's registers. Ports are all empty.
 */
#ifndef HOST_EMULATE_H
#define HOST_EMULATE_H

#include "host/guest.h"
#include <stdbool.h>

/* The instruction at the guest's eip. False: it is none of these, and is the guest's to answer for. */
bool emulate(struct guest *guest);

/* CR0, CR2, CR3 or CR4 becomes that. False: it is none of these, or may not be that. */
bool emulate_control(struct guest *guest, unsigned which, uint32_t value);

/* The instruction at eip has had its effect. False: it is not known how long it is. */
bool emulate_skip(struct guest *guest);

/* The same of one of the FPU's, which a guest has not: true if it passes, as without one. */
bool emulate_fpu(struct guest *guest);

#endif
