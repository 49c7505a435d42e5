/* SPDX-License-Identifier: MIT */
/*
 * Counters that several CPUs change at once. Each function is one locked instruction, whose prefix
 * is recorded (pv/smp_locks.h): none on one CPU. xchg locks by itself (SDM volume 3, 8.1.2.1). The
 * 486 has them all.
 *
 *	static atomic_t users = ATOMIC_INIT(1);
 *	if (atomic_dec_and_test(&users))
 *		free_it();
 */
#ifndef ARCH_X86_CPU_ATOMIC_H
#define ARCH_X86_CPU_ATOMIC_H

#include "pv/smp_locks.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct {
	volatile uint32_t counter;
} atomic_t;

#define ATOMIC_INIT(value) \
	{                  \
		(value)    \
	}

static inline uint32_t atomic_read(const atomic_t *v)
{
	return v->counter;
}

static inline void atomic_set(atomic_t *v, uint32_t value)
{
	v->counter = value;
}

static inline void atomic_inc(atomic_t *v)
{
	asm volatile(LOCK_PREFIX "incl %0" : "+m"(v->counter) : : "memory", "cc");
}

static inline void atomic_add(uint32_t n, atomic_t *v)
{
	asm volatile(LOCK_PREFIX "addl %1, %0" : "+m"(v->counter) : "ri"(n) : "memory", "cc");
}

/* One less; was it the last? */
static inline bool atomic_dec_and_test(atomic_t *v)
{
	uint8_t zero;

	asm volatile(LOCK_PREFIX "decl %0\n\tsete %1"
		     : "+m"(v->counter), "=qm"(zero)
		     :
		     : "memory", "cc");
	return zero;
}

/* The value after the addition. */
static inline uint32_t atomic_add_return(uint32_t n, atomic_t *v)
{
	uint32_t before = n;

	asm volatile(LOCK_PREFIX "xaddl %0, %1"
		     : "+r"(before), "+m"(v->counter)
		     :
		     : "memory", "cc");
	return before + n;
}

/* If *p is `from` it becomes `to`. Returns what *p was. */
static inline uint32_t cmpxchg(volatile uint32_t *p, uint32_t from, uint32_t to)
{
	uint32_t before;

	asm volatile(LOCK_PREFIX "cmpxchgl %2, %1"
		     : "=a"(before), "+m"(*p)
		     : "r"(to), "0"(from)
		     : "memory", "cc");
	return before;
}

/* The same with its prefix at all times: for what has to hold while prefixes come and go. */
static inline uint32_t cmpxchg_always(volatile uint32_t *p, uint32_t from, uint32_t to)
{
	uint32_t before;

	asm volatile("lock; cmpxchgl %2, %1"
		     : "=a"(before), "+m"(*p)
		     : "r"(to), "0"(from)
		     : "memory", "cc");
	return before;
}

static inline uint32_t xchg(volatile uint32_t *p, uint32_t value)
{
	asm volatile("xchgl %0, %1" : "+r"(value), "+m"(*p) : : "memory");
	return value;
}

#endif
