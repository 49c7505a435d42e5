/* SPDX-License-Identifier: MIT */
/*
 * Memory barriers, Linux's: mb(), rmb() and wmb() order accesses as a device sees them, too;
 * smp_mb() and its like as other CPUs do.
 *
 *	screen[i] = value;
 *	wmb();			// is on its way to the card before anything that follows
 *
 * A locked instruction orders everything that is cached, on every CPU (Intel SDM volume 3, 8.2);
 * the fences came later and order what goes around the caches, too (write-combining memory,
 * non-temporal stores). They need not be cheaper: `make bench` has both. Without a second CPU
 * smp_mb() is an add that is not locked.
 */
#ifndef ARCH_X86_CPU_BARRIER_H
#define ARCH_X86_CPU_BARRIER_H

#include "pv/alternative.h"
#include "pv/smp_locks.h"

#define mb()  alternative("lock; addl $0, (%%esp)", "mfence", X86_FEATURE_XMM2)
#define rmb() alternative("lock; addl $0, (%%esp)", "lfence", X86_FEATURE_XMM2)
#define wmb() alternative("lock; addl $0, (%%esp)", "sfence", X86_FEATURE_XMM)

/* Among CPUs only a load may pass an older store (8.2.2): the other two are for the compiler. */
#define smp_mb()  asm volatile(LOCK_PREFIX "addl $0, (%%esp)" : : : "memory")
#define smp_rmb() asm volatile("" : : : "memory")
#define smp_wmb() asm volatile("" : : : "memory")

/*
 * Publish: who sees the value sees all that was written before it. And the other side: what is read
 * after it is what was written before. That a variable is volatile orders it among such variables
 * only; the compiler may move others across it.
 */
#define smp_store_release(p, value) \
	do {                        \
		smp_wmb();          \
		*(p) = (value);     \
	} while (0)
#define smp_load_acquire(p)                   \
	({                                    \
		__typeof__(*(p)) got_ = *(p); \
		smp_rmb();                    \
		got_;                         \
	})

#endif
