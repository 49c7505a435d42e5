/* SPDX-License-Identifier: MIT */
/*
 * What the one or the other emulator lacks that every CPU has: v86 makes no debug exceptions, by TF or otherwise, and has no
 * BOUND. Tests of it, and by it, are skipped there for this reason, which runs on other machines do
 * not let pass (tests/lib/Pedant.pm).
 *
 *	KTAP_SKIP_UNLESS(t, !machine_lacks(TRAP_DB), LACKS);
 */
#ifndef TESTS_KERNEL_MACHINE_LACKS_H
#define TESTS_KERNEL_MACHINE_LACKS_H

#include "arch/x86/trap/trap.h"
#include <stdbool.h>
#include <stdint.h>

#define LACKS "this machine lacks an exception that every CPU has"

/* TRAP_DB: a single step; 5: BOUND. */
bool machine_lacks(uint32_t vector);

#endif
