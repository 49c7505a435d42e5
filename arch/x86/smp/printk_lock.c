// SPDX-License-Identifier: MIT
/*
 * The rule is interrupts off, although a serial port needs a millisecond for ten characters and a
 * PC's timer loses ticks meanwhile: somebody always prints with interrupts off, and would wait for
 * ever for a CPU that was gathered in the middle of its line. Who waits has interrupts as it likes.
 */
#include "arch/x86/smp/printk_lock.h"
#include "arch/x86/cpu/io.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/cpu/state.h"
#include "arch/x86/trap/panic.h"
#include "lib/printk.h"

#define LAST_US 2000000 /* of io_pause(); a line takes 45 ms at most */

static spinlock_t lock = SPINLOCK_IRQS_OFF("the log and the serial ports");

/*
 * A CPU that is to stop since another one panics does so where no line is half written. The one
 * that panics has stopped the others, and meets no site on its way to the ports.
 */
static bool take(unsigned long *flags)
{
	bool has;

	panic_stop_here();
	preempt_disable(); /* so that it is one CPU that is asked */
	has = this_cpu_read(panic_runs) || spin_is_mine(&lock);
	preempt_enable();
	if (has)
		return false;
	spin_lock_irqsave(&lock, *flags);
	return true;
}

static void give_back(unsigned long flags)
{
	spin_unlock_irqrestore(&lock, flags);
}

void printk_lock_init(void)
{
	printk_set_lock(take, give_back);
}

void printk_lock_last(void)
{
	for (unsigned us = 0; us < LAST_US && !spin_is_mine(&lock); us++) {
		uint32_t owner = lock.owner;
		int cpu = spin_cpu(owner);

		if (!owner)
			spin_trylock(&lock);
		else if (cpu >= 0 && cpu_state((unsigned)cpu) == CPU_STOPPED && lock.owner == owner)
			return; /* it stopped with it, and not behind it, when another took it */
		io_pause();
	}
}
