/* SPDX-License-Identifier: MIT */
/*
 * Spinlocks: for a few instructions that one CPU at a time may be in.
 *
 *	static spinlock_t lock = SPINLOCK_IRQS_OFF("the counter");	// all 0 is one, too
 *	spin_lock_irqsave(&lock, flags);
 *	...
 *	spin_unlock_irqrestore(&lock, flags);
 *
 *	spin_lock_irq(&lock);		with interrupts on, and so they are again: nothing to keep
 *	...
 *	spin_unlock_irq(&lock);
 *
 * Each lock has one of two rules, which stands where it is defined:
 *
 *	IRQS_OFF	it is taken with interrupts off, by one of the above. Its holder is
 *			interrupted by nothing, is not gathered while text changes, and takes no
 *			other lock. So it goes on, and who waits may wait in any state
 *	IRQS_ON		it is taken with interrupts on, by spin_lock(). Its holder may be gathered
 *			or wait for another CPU, and so may all that wait for it
 *
 * Never both: one that waits with interrupts off, for a holder that is gathered until it comes
 * too, waits for ever. A build with LOCKS=check holds everybody to it, and a panic names the lock.
 *
 * Not recursive and not fair. Who waits says `pause`, without which an emulator that runs CPUs in
 * turns never comes to the one that holds the lock; and in the end it is a panic that says for whom
 * it waited. A plain store frees it: stores are seen in order (SDM volume 3, 8.2.2).
 */
#ifndef ARCH_X86_CPU_SPINLOCK_H
#define ARCH_X86_CPU_SPINLOCK_H

#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/percpu.h"
#include "pv/paravirt.h"
#include <stdbool.h>
#include <stdint.h>

#ifndef CONFIG_LOCKS_CHECK
#define CONFIG_LOCKS_CHECK 0
#endif

/*
 * How often one looks, a microsecond each (io_pause(): no clock is needed) after the first
 * SPIN_QUICK. An IRQS_ON lock may be held as long as its holder has patience with another CPU,
 * smp_call.c.
 */
#define SPIN_QUICK    1000u
#define SPIN_OFF_LOOK 8000000u
#define SPIN_ON_LOOK  20000000u

#define SPIN_TAKEN 31 /* the bit of `owner` by which it is taken */

/* 0: free. Who takes it says next which CPU it is, + 1. */
typedef struct {
	union {
		volatile uint32_t owner;
		volatile uint16_t owner_cpu;
	};
	bool irqs_on;
	const char *name; /* what it guards */
} spinlock_t;

#define SPINLOCK_IRQS_OFF(guards) \
	{                         \
		.name = (guards)  \
	}
#define SPINLOCK_IRQS_ON(guards)                  \
	{                                         \
		.irqs_on = true, .name = (guards) \
	}

/* The other CPUs have been stopped for good, and so has what this one did: no lock is waited for.
 */
void spin_locks_open(void);

/*
 * For those below, whose lock somebody else has: until it is taken, or locks are open, or panics when that is
 * too long. With interrupts on if `flags` has them so; which come back, since they are in eax anyway.
 */
#define SPIN_WAIT __attribute__((regparm(2)))
SPIN_WAIT unsigned long spin_wait_off(unsigned long flags, spinlock_t *lock);
SPIN_WAIT void spin_wait_on(spinlock_t *lock);

#if CONFIG_LOCKS_CHECK
void spin_check_on(const spinlock_t *lock);   /* are interrupts on? */
void spin_check_take(const spinlock_t *lock); /* may this CPU take it now? */
void spin_check_taken(const spinlock_t *lock);
void spin_check_free(const spinlock_t *lock);
void spin_check_none(const char *what); /* this CPU must hold none for what it does */
#else
#define spin_check_on(lock)    ((void)0)
#define spin_check_take(lock)  ((void)0)
#define spin_check_taken(lock) ((void)0)
#define spin_check_free(lock)  ((void)0)
#define spin_check_none(what)  ((void)0)
#endif

/*
 * How many reasons a CPU has to go on with what it does, and not to change to another task: each lock
 * that it holds or waits for is one.
 */
DECLARE_PER_CPU(volatile uint32_t, preempt_off);

static inline void preempt_disable(void)
{
	this_cpu_inc(preempt_off);
}

static inline void preempt_enable(void)
{
	this_cpu_dec(preempt_off);
}

/* Which CPU has it, of what `owner` was; -1: none, or it has not said so yet. */
static inline int spin_cpu(uint32_t owner)
{
	return (int)(owner & 0xffff) - 1;
}

/* Does this CPU have it? */
static inline bool spin_is_mine(const spinlock_t *lock)
{
	return lock->owner == ((1u << SPIN_TAKEN) | (smp_processor_id() + 1));
}

/*
 * For those below: who takes it is not preempted. Not by cmpxchg, which wants eax: that has the flags that
 * interrupts go on by.
 */
PV_ALWAYS_INLINE bool spin_take(spinlock_t *lock)
{
	bool taken;

	asm volatile(LOCK_PREFIX "btsl %2, %0"
		     : "+m"(lock->owner), "=@ccc"(taken)
		     : "i"(SPIN_TAKEN)
		     : "memory");
	if (taken)
		return false;
	lock->owner_cpu = (uint16_t)(smp_processor_id() + 1);
	return true;
}

/* Take it if it is free; was it? */
static inline bool spin_trylock(spinlock_t *lock)
{
	preempt_disable();
	if (spin_take(lock))
		return true;
	preempt_enable();
	return false;
}

/* IRQS_ON. */
static inline void spin_lock(spinlock_t *lock)
{
	preempt_disable();
	spin_check_take(lock);
	if (__builtin_expect(!spin_take(lock), 0))
		spin_wait_on(lock);
	spin_check_taken(lock);
}

static inline void spin_unlock(spinlock_t *lock)
{
	spin_check_free(lock);
	asm volatile("movl $0, %0" : "=m"(lock->owner) : : "memory");
	preempt_enable();
}

/* IRQS_OFF. While it waits, interrupts are as they were. */
static inline unsigned long spin_lock_off(spinlock_t *lock)
{
	unsigned long flags;

	preempt_disable();
	local_irq_save(flags);
	spin_check_take(lock);
	if (__builtin_expect(!spin_take(lock), 0))
		flags = spin_wait_off(flags, lock);
	spin_check_taken(lock);
	return flags;
}

#define spin_lock_irqsave(lock, flags) ((flags) = spin_lock_off(lock))

static inline void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	spin_unlock(lock);
	local_irq_restore(flags);
}

static inline void spin_lock_irq(spinlock_t *lock)
{
	spin_check_on(lock);
	preempt_disable();
	local_irq_disable();
	spin_check_take(lock);
	if (__builtin_expect(!spin_take(lock), 0))
		spin_wait_off(PV_EFLAGS_IF, lock);
	spin_check_taken(lock);
}

static inline void spin_unlock_irq(spinlock_t *lock)
{
	spin_unlock(lock);
	local_irq_enable();
}

#endif
