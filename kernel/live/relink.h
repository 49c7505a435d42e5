/* SPDX-License-Identifier: MIT */
/*
 * The ops' sites back to what was linked, and patched again, while the kernel runs: what patching is worth is
 * then seen in one boot.
 *
 *	why = sites_relink(true);	through the table
 *	why = sites_relink(false);	patched
 */
#ifndef KERNEL_LIVE_RELINK_H
#define KERNEL_LIVE_RELINK_H

#include <stdbool.h>

/* By the boot CPU, with interrupts on. NULL: done. Otherwise why not; some tables may be changed then. */
const char *sites_relink(bool linked);

#endif
