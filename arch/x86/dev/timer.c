// SPDX-License-Identifier: MIT
/*
 * The 8254 (Intel 8254 data sheet): channel 0 in mode 2 makes the ticks, channel 2 in mode 0, gated
 * by port 0x61, times the TSC. Every wait is bounded: a machine without the chip boots, without
 * ticks.
 */
#include "arch/x86/dev/timer.h"
#include "arch/x86/cpu/atomic64.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/io.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/cpu/tsc.h"
#include "arch/x86/trap/irq.h"
#include "lib/div64.h"
#include "lib/init.h"
#include "lib/printk.h"
#include "pv/paravirt.h"

#define PIT_HZ          1193182
#define PIT_CHANNEL0    0x40
#define PIT_COMMAND     0x43
#define CHANNEL0_MODE2  0x34
#define CHANNEL2_MODE0  0xb0
#define CHANNEL2        2
#define GATE            0x61
#define GATE_ON         0x01
#define GATE_SPEAKER    0x02
#define GATE_OUT2       0x20 /* channel 2's output: in mode 0 high from the end of the count on */
#define TICK_COUNT      ((PIT_HZ + TIMER_HZ / 2) / TIMER_HZ)
#define NS_A_TICK       (1000000000u / TIMER_HZ)
#define CALIBRATE_MS    5
#define CALIBRATE_COUNT (PIT_HZ * CALIBRATE_MS / 1000)
#define POLLS           2000000 /* more than a second on ISA, where a port read takes a microsecond */

volatile uint32_t timer_ticks;
void (*volatile timer_tick_hook)(void);

uint64_t boot_tsc; /* boot.asm sets it among its first instructions; 0 without a TSC */

static uint64_t tsc_start;
static uint32_t tsc_khz;
static bool present;

static void tick(unsigned irq)
{
	(void)irq;
	timer_ticks++;
	if (timer_tick_hook)
		timer_tick_hook();
}

/* A channel's count, which runs down; interrupts off, since a latch is two reads. */
static uint32_t pit_count(unsigned channel)
{
	uint16_t port = (uint16_t)(PIT_CHANNEL0 + channel);
	uint32_t low;

	outb(PIT_COMMAND, (uint8_t)(channel << 6)); /* latch */
	low = inb(port);
	return low | (uint32_t)inb(port) << 8;
}

static bool __init pit_runs(void)
{
	uint32_t first = pit_count(0);

	for (unsigned i = 0; i < 10000; i++)
		if (pit_count(0) != first)
			return true;
	return false;
}

struct moment {
	uint64_t tsc;
	uint32_t count; /* channel 2's, which runs down from 65535 */
};

/* Both clocks at once: of some attempts the one that was not interrupted between the two. */
static struct moment __init moment_now(void)
{
	struct moment best = {0, 0};
	uint64_t narrowest = UINT64_MAX;

	for (unsigned i = 0; i < 8; i++) {
		uint64_t before = rdtsc_ordered();
		uint32_t count = pit_count(CHANNEL2);
		uint64_t width = rdtsc_ordered() - before;

		if (width < narrowest) {
			narrowest = width;
			best = (struct moment){before, count};
		}
	}
	return best;
}

/*
 * The TSC's rate, from CALIBRATE_MS and more of channel 2. It does not matter when the waiting ends
 * (an emulator may lose its CPU just then), as both clocks are read. 0: the channel never got
 * there.
 */
static uint32_t __init measure_tsc(void)
{
	uint8_t gate = inb(GATE) & (uint8_t)~GATE_SPEAKER;
	struct moment start, end;
	unsigned polls = POLLS, tries = 5;
	bool over;

	outb(GATE, gate | GATE_ON);
	do {
		outb(PIT_COMMAND, CHANNEL2_MODE0);
		outb(PIT_CHANNEL0 + CHANNEL2, 0xff);
		outb(PIT_CHANNEL0 + CHANNEL2, 0xff);
		start = moment_now();
		while (start.count - pit_count(CHANNEL2) < CALIBRATE_COUNT && --polls)
			;
		end = moment_now();
		over = inb(GATE) & GATE_OUT2; /* 55 ms have passed: the count began anew */
	} while (over && polls && --tries);
	outb(GATE, gate);
	if (over || !polls || end.count >= start.count)
		return 0;
	return (uint32_t)mul_div_u64(end.tsc - start.tsc, PIT_HZ, (start.count - end.count) * 1000);
}

void __init timer_init(void)
{
	outb(PIT_COMMAND, CHANNEL0_MODE2);
	outb(PIT_CHANNEL0, TICK_COUNT & 0xff);
	outb(PIT_CHANNEL0, TICK_COUNT >> 8);
	present = pit_runs();
	if (!present)
		pr_warn("timer: the 8254 does not count: no ticks, no time\n");
	else
		irq_set_handler(0, tick);
	if (!cpu_use(X86_FEATURE_TSC))
		return;
	tsc_start = boot_tsc;
	tsc_khz = present ? measure_tsc() : 0;
	if (present && !tsc_khz)
		pr_warn("timer: the 8254's channel 2 does not finish: the TSC's rate is unknown\n");
}

bool timer_present(void)
{
	return present;
}

/* Before any tick came it is not known whether the line leads to the CPU: do not sleep for it. */
static unsigned first_tick(unsigned polls)
{
	local_irq_enable();
	while (!timer_ticks && --polls)
		irq_pending(0);
	local_irq_disable();
	return polls;
}

bool timer_wait_tick(void)
{
	unsigned polls = POLLS / 4; /* a busy emulator can be late by many ticks */
	unsigned long flags;

	local_irq_save(flags);
	while (present && !irq_pending(0) && --polls)
		;
	if (present && polls && timer_ticks)
		safe_halt();
	else if (present && polls)
		polls = first_tick(polls);
	local_irq_restore(flags);
	return present && polls;
}

uint32_t timer_tsc_khz(void)
{
	return tsc_khz;
}

/*
 * Ticks and what the counter has done since the last one. While interrupts are off, one tick can
 * wait and the others are lost; the counter still has the right phase. So a reading that would be a
 * step back is a tick short: one that is lost for good if one waits already, otherwise one whose
 * interrupt is late, as an emulator's can be.
 */
static uint64_t pit_ns(void)
{
	static spinlock_t lock;
	static uint64_t last;
	static uint32_t lost;
	unsigned long flags;
	uint32_t count;
	uint64_t ns;
	bool due;

	if (!present)
		return 0;
	spin_lock_irqsave(&lock, flags);
	due = irq_pending(0);
	count = pit_count(0);
	due |= irq_pending(0) && count > TICK_COUNT / 2; /* it came between the two */
	ns = (uint64_t)(timer_ticks + lost + due) * NS_A_TICK +
	     (uint32_t)mul_div_u64(TICK_COUNT - count, NS_A_TICK, TICK_COUNT);
	if (ns < last) {
		ns += NS_A_TICK;
		lost += due;
	}
	last = ns > last ? ns : last;
	ns = last;
	spin_unlock_irqrestore(&lock, flags);
	return ns;
}

/* CPUs' counters may differ by a little: no CPU is told an earlier time than any was told before.
 */
static uint64_t not_before_others(uint64_t ns)
{
	static uint64_t last;
	uint64_t seen = read64(&last), before;

	do {
		before = seen;
		if (ns <= before)
			return before;
		seen = cmpxchg64(&last, before, ns);
	} while (seen != before);
	return ns;
}

uint64_t timer_ns(void)
{
	if (!tsc_khz)
		return not_before_others(pit_ns());
	return not_before_others(mul_div_u64(rdtsc_ordered() - tsc_start, 1000000, tsc_khz));
}

void timer_delay_us(uint32_t us)
{
	uint64_t start = timer_ns();

	if (!present && !tsc_khz) {
		for (; us; us--, cpu_relax())
			io_delay();
		return;
	}
	do
		cpu_relax(); /* at least once, see the header */
	while (timer_ns() - start < (uint64_t)us * 1000);
}

bool timer_wait_for(const volatile uint32_t *what, uint32_t value, uint32_t ms)
{
	for (uint32_t us = 0; us < ms * 1000; us++) {
		if (*what == value)
			return true;
		timer_delay_us(1);
	}
	return *what == value;
}
