/* SPDX-License-Identifier: MIT */
/*
 * What two clocks say at the same time, to measure one by the other.
 *
 *	struct moment start = moment_now(timer_ns, count);
 */
#ifndef ARCH_X86_DEV_MOMENT_H
#define ARCH_X86_DEV_MOMENT_H

#include <stdint.h>

struct moment {
	uint64_t time;
	uint32_t count;
};

/* Of some attempts the one that was interrupted least between the two. */
struct moment moment_now(uint64_t (*time)(void), uint32_t (*count)(void));

#endif
