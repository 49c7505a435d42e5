/* SPDX-License-Identifier: MIT */
/*
 * For tests of what a guest has not: its tables and its ports are the host's.
 */
#ifndef TESTS_KERNEL_BASE_MACHINE_H
#define TESTS_KERNEL_BASE_MACHINE_H

#include "arch/x86/dev/guest.h"
#include "kernel/test/ktap.h"
#include "lib/string.h"

/* Three back ends that this kernel can be switched to, the first without what it is before. */
#define BACKEND_NAMES 3
static inline const char *backend_name(unsigned i)
{
	static const char *const machine[] = {"soft", "native", "trace"};
	static const char *const guest[] = {"trace", "lguest", "trace"};

	return guest_runs_here() ? guest[i % BACKEND_NAMES] : machine[i % BACKEND_NAMES];
}

/* Another one than this. */
static inline const char *backend_other_than(const char *name)
{
	return strcmp(name, backend_name(0)) ? backend_name(0) : backend_name(1);
}

#define NEEDS_MACHINE(t) KTAP_SKIP_UNLESS(t, !guest_runs_here(), "a guest has none of its own")

#endif
