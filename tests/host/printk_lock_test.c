/* SPDX-License-Identifier: MIT */
/*
 * Who panics takes printk's lock last (arch/x86/smp/printk_lock.c): whoever has it gets to its end first, unless
 * it stopped with it. The other CPUs do something each time that their state is looked at, or that time goes by,
 * which no machine does in the same order twice.
 *
 *	gcc -m32 -std=gnu11 -g -I. -o printk_lock_test tests/host/printk_lock_test.c
 *
 * Output is TAP, the plan last.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The lock and the ports of a machine, of which there is none here. */
#define ARCH_X86_CPU_IO_H
#define ARCH_X86_CPU_SPINLOCK_H
#define ARCH_X86_CPU_PERCPU_H
#define ARCH_X86_TRAP_PANIC_H
#define SELF 1u

typedef struct {
	volatile uint32_t owner;
} spinlock_t;
#define SPINLOCK_IRQS_OFF(guards) \
	{                         \
		0                 \
	}
#define this_cpu_read(name)                 1
#define preempt_disable()                   ((void)0)
#define preempt_enable()                    ((void)0)
#define spin_lock_irqsave(lock, flags)      ((void)(lock), (flags) = 0)
#define spin_unlock_irqrestore(lock, flags) ((lock)->owner = 0, (void)(flags))

static int spin_cpu(uint32_t owner)
{
	return (int)(owner & 0xffff) - 1;
}

static bool spin_is_mine(const spinlock_t *lock)
{
	return lock->owner == SELF + 1;
}

static bool spin_trylock(spinlock_t *lock)
{
	if (lock->owner)
		return false;
	lock->owner = SELF + 1;
	return true;
}

static void panic_stop_here(void)
{
}

static void io_pause(void);

#include "arch/x86/smp/printk_lock.c"
#include "tests/host/tap.h"

static void (*when_looked)(void), (*when_paused)(void);
static bool stopped[4];
static unsigned pauses;

enum cpu_state cpu_state(unsigned cpu)
{
	if (when_looked)
		when_looked();
	return stopped[cpu] ? CPU_STOPPED : CPU_ONLINE;
}

static void io_pause(void)
{
	pauses++;
	if (when_paused)
		when_paused();
}

void printk_set_lock(bool (*take_it)(unsigned long *), void (*give_it)(unsigned long))
{
	(void)take_it;
	(void)give_it;
}

/* CPU 2 has it, if any. */
static void last(uint32_t owner, void (*looked)(void), void (*paused)(void))
{
	pauses = 0;
	stopped[0] = stopped[2] = false;
	lock.owner = owner;
	when_looked = looked;
	when_paused = paused;
	printk_lock_last();
}

static void ends_its_line(void)
{
	if (pauses == 1000)
		lock.owner = 0;
}

static void stops_with_it(void)
{
	stopped[2] = pauses >= 1000;
}

/* CPU 2 ends its line, and stops before the next one; CPU 0 has waited, and writes a line now. */
static void hands_it_on(void)
{
	if (!stopped[2])
		lock.owner = 0 + 1;
	stopped[2] = true;
}

int main(void)
{
	last(0, NULL, NULL);
	ok(spin_is_mine(&lock) && pauses <= 1, "one that is free is taken at once");
	last(2 + 1, NULL, ends_its_line);
	ok(spin_is_mine(&lock) && pauses >= 1000, "who has it gets to the end of its line");
	last(2 + 1, stops_with_it, NULL);
	ok(lock.owner == 2 + 1 && pauses <= 1001, "who stopped with it is not waited for");
	last(2 + 1, hands_it_on, ends_its_line);
	ok(spin_is_mine(&lock) && pauses >= 1000,
	   "who stopped behind it had handed it on: that one's line ends, too");
	last(1u << 31, NULL, ends_its_line);
	ok(spin_is_mine(&lock) && pauses >= 1000, "who has not said yet who it is, is waited for");
	last(2 + 1, NULL, NULL);
	ok(lock.owner == 2 + 1 && pauses == LAST_US, "and all of it has an end");
	return tests_end();
}
