/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own file, which the boot loader has brought as a module: guests are made of it, so what is changed in it is
 * what they are.
 *
 *	why = file_find();
 *	if (!why)
 *		why = plan_make(&plan, exhibit, file_look);
 *	if (!why)
 *		why = file_change(&plan, true);
 */
#ifndef KERNEL_MUSEUM_FILE_H
#define KERNEL_MUSEUM_FILE_H

#include "kernel/museum/plan.h"

/* NULL, or why there is none: no module is an image with this kernel's constants, byte for byte. */
const char *file_find(void);

/* Which module, once it was found. */
unsigned file_module(void);

plan_look_fn file_look;

/* All spots, or none: every byte is held against what stands there before. */
const char *file_change(const struct plan *plan, bool broken);

#endif
