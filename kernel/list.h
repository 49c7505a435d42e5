/* SPDX-License-Identifier: MIT */
/*
 * debug-alternative: what the pass is about to do, one line a site, from a dry run:
 *
 *	paravirt 0010203c timer_init+0x1c/0x120 irq_disable: ff 15 10 30 11 00 -> fa 0f 1f 44 00 00
 */
#ifndef KERNEL_LIST_H
#define KERNEL_LIST_H

#include "pv/patch.h"

/* For the table in use, or with keep for leaving the sites as linked. */
void list_paravirt(const struct paravirt_patch_site *start, const struct paravirt_patch_site *end,
		   bool keep);

#endif
