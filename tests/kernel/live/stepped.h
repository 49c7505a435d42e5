/* SPDX-License-Identifier: MIT */
/*
 * A live change with a debug exception behind each of its instructions, where an NMI could come.
 *
 *	stepped_begin(on_step);
 *	live_set(0, true);
 *	stepped_end();
 *
 * Not stepped is how a commit that has come to its end is told (pv_committed): a quarter of a small
 * one's instructions, all of them of printing.
 */
#ifndef TESTS_KERNEL_LIVE_STEPPED_H
#define TESTS_KERNEL_LIVE_STEPPED_H

#include "arch/x86/trap/trap.h"

void stepped_begin(trap_hook_fn *hook);
void stepped_end(void);

#endif
