// SPDX-License-Identifier: MIT
/*
 * Waiting for a lock, and in a build with LOCKS=check what its rule says. One lock of each kind can
 * be held at a time, the one with interrupts off as the inner one: so no circle of locks is
 * possible.
 */
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/io.h"
#include "arch/x86/cpu/state.h"
#include "arch/x86/trap/panic.h"
#include "pv/host.h"
#include "pv/paravirt.h"
#include <stddef.h>

static volatile bool open;
DEFINE_PER_CPU(volatile uint32_t, preempt_off);

PV_TEXT void spin_locks_open(void)
{
	open = true;
}

/*
 * Until it looks free. False: locks are open, so go on without it. Counts *polls, and panics when
 * they are too many.
 */
static bool poll(const spinlock_t *lock, uint32_t *polls)
{
	uint32_t owner, most = lock->irqs_on ? SPIN_ON_LOOK : SPIN_OFF_LOOK;

	while ((owner = lock->owner) != 0) {
		if (open)
			return false;
		if (++*polls > most)
			panic("CPU %u waits for the lock of %s, which CPU %d does not free",
			      smp_processor_id(), lock->name, spin_cpu(owner));
		if (*polls > SPIN_QUICK)
			io_pause();
		cpu_relax();
	}
	return true;
}

SPIN_WAIT unsigned long spin_wait_off(unsigned long flags, spinlock_t *lock)
{
	uint32_t polls = 0;
	bool wait;

	do {
		if (flags & PV_EFLAGS_IF)
			local_irq_enable();
		wait = poll(lock, &polls);
		local_irq_disable();
	} while (wait && !spin_take(lock));
	return flags;
}

SPIN_WAIT void spin_wait_on(spinlock_t *lock)
{
	uint32_t polls = 0;

	while (poll(lock, &polls) && !spin_take(lock))
		;
}

#if CONFIG_LOCKS_CHECK
static DEFINE_PER_CPU(const spinlock_t *, held_off);
static DEFINE_PER_CPU(const spinlock_t *, held_on);

static const char *on_or_off(bool on)
{
	return on ? "on" : "off";
}

void spin_check_on(const spinlock_t *lock)
{
	if (!open && irqs_disabled())
		panic("lock of %s: interrupts are off, and would be on when it is free",
		      lock->name);
}

void spin_check_take(const spinlock_t *lock)
{
	const spinlock_t *held = this_cpu_read(held_off);

	if (open)
		return;
	if (irqs_disabled() == lock->irqs_on)
		panic("lock of %s: its rule is interrupts %s, and they are %s", lock->name,
		      on_or_off(lock->irqs_on), on_or_off(!lock->irqs_on));
	if (!held && lock->irqs_on)
		held = this_cpu_read(held_on);
	if (held)
		panic("lock of %s: taken while the one of %s is held", lock->name, held->name);
	if (cpu_state(smp_processor_id()) == CPU_STARTS)
		panic("lock of %s: taken by CPU %u, which starts and may be reset", lock->name,
		      smp_processor_id());
}

void spin_check_taken(const spinlock_t *lock)
{
	if (lock->irqs_on)
		this_cpu_write(held_on, lock);
	else
		this_cpu_write(held_off, lock);
}

void spin_check_free(const spinlock_t *lock)
{
	if (open)
		return;
	if (!spin_is_mine(lock))
		panic("lock of %s: freed by CPU %u, held by %d", lock->name, smp_processor_id(),
		      spin_cpu(lock->owner));
	if (this_cpu_read(held_on) == lock)
		this_cpu_write(held_on, NULL);
	if (this_cpu_read(held_off) == lock)
		this_cpu_write(held_off, NULL);
}

void spin_check_none(const char *what)
{
	const spinlock_t *held = this_cpu_read(held_off);

	if (!held)
		held = this_cpu_read(held_on);
	if (held && !open)
		panic("CPU %u %s while it holds the lock of %s", smp_processor_id(), what,
		      held->name);
}
#endif
