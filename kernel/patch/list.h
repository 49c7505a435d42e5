/* SPDX-License-Identifier: MIT */
/*
 * debug-alternative: what a pass is about to do, one line a site, from a dry run:
 *
 *	paravirt 0010203c timer_init+0x1c/0x120 irq_disable: ff 15 10 30 11 00 -> 3e 3e 3e 3e 3e fa
 */
#ifndef KERNEL_PATCH_LIST_H
#define KERNEL_PATCH_LIST_H

#include "pv/engine.h"

/* The records from first to last, taken from one state to another, as for pv_apply(). */
void list_sites(const struct pv_family *family, const void *first, const void *last,
		const void *from, const void *to);

#endif
