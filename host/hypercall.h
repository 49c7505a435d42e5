/* SPDX-License-Identifier: MIT */
#ifndef HOST_HYPERCALL_H
#define HOST_HYPERCALL_H

struct guest;

/* What the guest asks for, by its registers: pv/backend/hypercall.def. */
void hypercall(struct guest *guest);

#endif
