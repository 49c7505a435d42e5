// SPDX-License-Identifier: MIT
/*
 * A lock that knows its owner. Interrupts stay as they are: a serial port needs a millisecond for
 * ten characters, and ticks would be lost.
 */
#include "arch/x86/smp/printk_lock.h"
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/percpu.h"
#include "lib/printk.h"

static volatile uint32_t owner; /* CPU + 1, 0: free */

static bool lock(void)
{
	uint32_t self = smp_processor_id() + 1;

	if (owner == self)
		return false;
	while (cmpxchg(&owner, 0, self))
		cpu_relax();
	return true;
}

static void unlock(bool taken)
{
	if (taken)
		xchg(&owner, 0);
}

void printk_lock_init(void)
{
	printk_set_lock(lock, unlock);
}

void printk_lock_seize(void)
{
	xchg(&owner, smp_processor_id() + 1);
}
