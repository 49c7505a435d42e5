/* SPDX-License-Identifier: MIT */
/*
 * Spinlocks: for a few instructions that one CPU at a time may be in.
 *
 *	static spinlock_t lock;			// all 0: free
 *	spin_lock_irqsave(&lock, flags);	// where an interrupt handler takes it too
 *	...
 *	spin_unlock_irqrestore(&lock, flags);
 *
 * Not recursive and not fair. Who waits says `pause`, without which an emulator that runs CPUs in
 * turns never comes to the one that holds the lock. A plain store frees it: stores are seen in
 * order (SDM volume 3, 8.2.2).
 */
#ifndef ARCH_X86_CPU_SPINLOCK_H
#define ARCH_X86_CPU_SPINLOCK_H

#include "arch/x86/cpu/cpu.h"
#include "pv/paravirt.h"
#include "pv/smp_locks.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct {
	volatile uint32_t locked;
} spinlock_t;

/* Take it if it is free; was it? */
static inline bool spin_trylock(spinlock_t *lock)
{
	uint8_t was_free;

	asm volatile(LOCK_PREFIX "btsl $0, %0\n\tsetnc %1"
		     : "+m"(lock->locked), "=qm"(was_free)
		     :
		     : "memory", "cc");
	return was_free;
}

static inline void spin_lock(spinlock_t *lock)
{
	while (!spin_trylock(lock))
		while (lock->locked)
			cpu_relax();
}

static inline void spin_unlock(spinlock_t *lock)
{
	asm volatile("movl $0, %0" : "=m"(lock->locked) : : "memory");
}

#define spin_lock_irqsave(lock, flags) \
	do {                           \
		local_irq_save(flags); \
		spin_lock(lock);       \
	} while (0)

#define spin_unlock_irqrestore(lock, flags) \
	do {                                \
		spin_unlock(lock);          \
		local_irq_restore(flags);   \
	} while (0)

#endif
