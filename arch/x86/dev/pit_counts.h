/* SPDX-License-Identifier: MIT */
/*
 * How much time has passed, from readings of a counter of 16 bits: pure arithmetic, so that it can
 * be tested with any readings (tests/host/pit_counts_test.c).
 *
 *	struct pit_counts counts = {.last = first_reading};
 *	ns = pit_counts_ns(pit_counts_add(&counts, reading));
 *
 * The counter runs down and begins anew behind 0, so the difference of two readings, in 16 bits, is
 * what passed between them. Of readings that are further apart than the 65536 counts of a round (55
 * ms), whole rounds are lost: the time is never later than it really is, and who waits never waits
 * too short.
 */
#ifndef ARCH_X86_DEV_PIT_COUNTS_H
#define ARCH_X86_DEV_PIT_COUNTS_H

#include "lib/div64.h"
#include <stdint.h>

#define PIT_HZ 1193182u

struct pit_counts {
	uint64_t passed; /* 490 000 years of them fit */
	uint16_t last;
};

/* Takes the next reading. Returns the counts since the first one. */
static inline uint64_t pit_counts_add(struct pit_counts *counts, uint16_t reading)
{
	counts->passed += (uint16_t)(counts->last - reading);
	counts->last = reading;
	return counts->passed;
}

static inline uint64_t pit_counts_ns(uint64_t counts)
{
	return mul_div_u64(counts, 1000000000, PIT_HZ);
}

#endif
