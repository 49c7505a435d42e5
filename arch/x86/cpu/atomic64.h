/* SPDX-License-Identifier: MIT */
/*
 * Changing 64 bits at once, on CPUs with CMPXCHG8B and without: a 486 calls a function that does
 * the same with interrupts off and a lock.
 *
 *	static uint64_t last;
 *	seen = cmpxchg64(&last, old, new);	// new is there now if seen == old
 *
 * All access to such a variable goes through these. Without the instruction, a handler of NMIs that
 * uses them may have to wait for what it has interrupted: a moment, then it goes on.
 */
#ifndef ARCH_X86_CPU_ATOMIC64_H
#define ARCH_X86_CPU_ATOMIC64_H

#include "pv/alternative.h"

/* If *p is `expected` it becomes `desired`. Returns what it was. Needs no alignment. */
static inline uint64_t cmpxchg64(volatile uint64_t *p, uint64_t expected, uint64_t desired)
{
	alternative_io("call cmpxchg8b_emu", "lock; cmpxchg8b (%%esi)", X86_FEATURE_CX8,
		       "+A"(expected), "S"(p), "b"((uint32_t)desired),
		       "c"((uint32_t)(desired >> 32))
		       : "memory");
	return expected;
}

static inline uint64_t read64(volatile uint64_t *p)
{
	return cmpxchg64(p, 0, 0);
}

#endif
