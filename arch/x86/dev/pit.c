// SPDX-License-Identifier: MIT
/*
 * Channel 0 runs in mode 2, which makes the ticks. Channel 2, gated by port 0x61, measures in mode
 * 0, whose output tells when a count was not read in time, and is the clock in mode 2: it counts on
 * for ever. Every wait is bounded.
 */
#include "arch/x86/dev/pit.h"
#include "arch/x86/cpu/atomic64.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/io.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/dev/moment.h"
#include "arch/x86/dev/pit_counts.h"
#include "lib/init.h"
#include "pv/paravirt.h"

#define CHANNEL0        0x40
#define COMMAND         0x43
#define CHANNEL0_MODE2  0x34
#define CHANNEL2        2
#define CHANNEL2_MODE0  0xb0
#define CHANNEL2_MODE2  0xb4
#define GATE            0x61
#define GATE_ON         0x01
#define GATE_SPEAKER    0x02
#define GATE_OUT2       0x20 /* channel 2's output: in mode 0 high from the end of the count on */
#define CALIBRATE_MS    5
#define CALIBRATE_COUNT (PIT_HZ * CALIBRATE_MS / 1000)
#define POLLS           2000000 /* more than a second on ISA, where a port read takes a microsecond */

static void __init load(unsigned channel, uint8_t command, uint16_t count)
{
	uint16_t port = (uint16_t)(CHANNEL0 + channel);

	outb(COMMAND, command);
	outb(port, (uint8_t)count);
	outb(port, (uint8_t)(count >> 8));
}

/* A channel's count, which runs down; interrupts off, since a latch is two reads. */
static uint16_t count_of(unsigned channel)
{
	uint16_t port = (uint16_t)(CHANNEL0 + channel);
	uint16_t low;

	outb(COMMAND, (uint8_t)(channel << 6)); /* latch */
	low = inb(port);
	return (uint16_t)(low | inb(port) << 8);
}

static bool __init counts(unsigned channel)
{
	uint16_t first = count_of(channel);

	for (unsigned i = 0; i < 10000; i++)
		if (count_of(channel) != first)
			return true;
	return false;
}

bool __init pit_start_ticks(unsigned hz)
{
	load(0, CHANNEL0_MODE2, (uint16_t)((PIT_HZ + hz / 2) / hz));
	return counts(0);
}

/* Runs down from 65535. */
static uint32_t channel2_count(void)
{
	return count_of(CHANNEL2);
}

/*
 * From CALIBRATE_MS and more of channel 2. It does not matter when the waiting ends (an emulator
 * may lose its CPU just then), as both clocks are read.
 */
uint32_t __init pit_measure_khz(uint64_t (*read)(void))
{
	uint8_t gate = inb(GATE) & (uint8_t)~GATE_SPEAKER;
	struct moment start, end;
	unsigned polls = POLLS, tries = 5;
	bool over;

	outb(GATE, gate | GATE_ON);
	do {
		load(CHANNEL2, CHANNEL2_MODE0, 0xffff);
		start = moment_now(read, channel2_count);
		while (start.count - channel2_count() < CALIBRATE_COUNT && --polls)
			;
		end = moment_now(read, channel2_count);
		over = inb(GATE) & GATE_OUT2; /* 55 ms have passed: the count began anew */
	} while (over && polls && --tries);
	outb(GATE, gate);
	if (over || !polls || end.count >= start.count)
		return 0;
	return (uint32_t)mul_div_u64(end.time - start.time, PIT_HZ,
				     (start.count - end.count) * 1000);
}

/*
 * The clock's last reading, and what it was told as, in nanoseconds: for who finds the lock taken,
 * since that is never waited for.
 */
static spinlock_t lock = SPINLOCK_IRQS_OFF("the 8254's counter");
static struct pit_counts counts_since;
static uint64_t told;

bool __init pit_start_clock(void)
{
	outb(GATE, (inb(GATE) & (uint8_t)~GATE_SPEAKER) | GATE_ON);
	load(CHANNEL2, CHANNEL2_MODE2, 0); /* 65536 */
	if (!counts(CHANNEL2))
		return false;
	counts_since = (struct pit_counts){.last = count_of(CHANNEL2)};
	return true;
}

static uint64_t read_clock(void)
{
	uint64_t ns = pit_counts_ns(pit_counts_add(&counts_since, count_of(CHANNEL2)));

	cmpxchg64(&told, told, ns);
	return ns;
}

/*
 * One CPU reads, the others take what it told last: that is a reading's length ago, and nobody
 * stands still should it never come back.
 */
uint64_t pit_clock_ns(void)
{
	unsigned long flags;
	uint64_t ns;

	local_irq_save(flags);
	if (spin_trylock(&lock)) {
		ns = read_clock();
		spin_unlock(&lock);
	} else {
		io_delay(); /* a look takes time, whoever is looking */
		ns = read64(&told);
	}
	local_irq_restore(flags);
	return ns;
}
