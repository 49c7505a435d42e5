/* SPDX-License-Identifier: MIT */
/*
 * The time stamp counter where the order matters. RDTSC does not wait for the instructions before
 * it (Intel SDM volume 2B); LFENCE does, where X86_FEATURE_LFENCE_RDTSC says so, and CPUs that lack
 * that run in order or are what they were measured with.
 *
 * The counter itself is read through pv_ops, since a guest's may be another: so the fence is the
 * alternative, and RDTSCP, which would be both at once, is not used.
 *
 *	start = rdtsc_ordered();
 */
#ifndef ARCH_X86_CPU_TSC_H
#define ARCH_X86_CPU_TSC_H

#include "pv/alternative.h"
#include "pv/paravirt.h"

static inline uint64_t rdtsc_ordered(void)
{
	alternative("", "lfence", X86_FEATURE_LFENCE_RDTSC);
	return read_tsc();
}

#endif
