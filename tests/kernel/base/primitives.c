// SPDX-License-Identifier: MIT
/*
 * Copies and 64-bit exchanges, whichever instructions this CPU has been given for them: every
 * length and alignment around a word, overlaps, and what surrounds the target.
 */
#include "arch/x86/cpu/atomic64.h"
#include "arch/x86/cpu/copy.h"
#include "arch/x86/cpu/cpu.h"
#include "kernel/test/ktap.h"
#include "lib/string.h"
#include "pv/native.h"
#include "pv/paravirt.h"

#define ROOM 128

static uint8_t pattern(unsigned i)
{
	return (uint8_t)(i * 7 + 1);
}

static bool copy_is_right(unsigned to, unsigned from, unsigned n)
{
	static uint8_t source[ROOM], target[ROOM];

	for (unsigned i = 0; i < ROOM; i++) {
		source[i] = pattern(i);
		target[i] = 0xee;
	}
	copy_bytes(target + to, source + from, n);
	for (unsigned i = 0; i < ROOM; i++)
		if (target[i] != (i >= to && i < to + n ? pattern(i - to + from) : 0xee))
			return false;
	return true;
}

static void copies_every_length(struct ktap *t)
{
	for (unsigned n = 0; n <= 70; n++)
		for (unsigned align = 0; align < 16; align++)
			CHECK(t, copy_is_right(8 + align / 4, 4 + align % 4, n),
			      "%u bytes from offset %u to %u", n, 4 + align % 4, 8 + align / 4);
}

/* Down over itself, as a screen scrolls. */
static void copies_down(struct ktap *t)
{
	static uint8_t room[ROOM];

	for (unsigned distance = 1; distance < 20; distance++) {
		bool right = true;

		for (unsigned i = 0; i < ROOM; i++)
			room[i] = pattern(i);
		copy_bytes(room, room + distance, ROOM - distance);
		for (unsigned i = 0; i < ROOM; i++)
			right &= room[i] == pattern(i + distance < ROOM ? i + distance : i);
		CHECK(t, right, "over itself, %u bytes down", distance);
	}
}

typedef uint64_t exchange_fn(volatile uint64_t *p, uint64_t expected, uint64_t desired);

static unsigned lost_registers;

/* What CPUs without CMPXCHG8B get, on any. */
static uint64_t emulated(volatile uint64_t *p, uint64_t expected, uint64_t desired)
{
	uint32_t low = (uint32_t)desired, high = (uint32_t)(desired >> 32), other = 0xd1d1d1d1;
	volatile uint64_t *at = p;

	asm volatile("call cmpxchg8b_emu"
		     : "+A"(expected), "+S"(at), "+b"(low), "+c"(high), "+D"(other)
		     :
		     : "memory");
	lost_registers += at != p || ((uint64_t)high << 32 | low) != desired || other != 0xd1d1d1d1;
	return expected;
}

static void exchange(struct ktap *t, const char *name, exchange_fn *compare_exchange)
{
	static const uint64_t values[] = {0, 1, 0x100000000, 0x100000001, 0xfedcba9876543210};
	volatile uint64_t room[3] = {~0ull, 0, ~0ull};

	for (unsigned i = 0; i < 25; i++) {
		uint64_t is = values[i / 5], expected = values[i % 5], desired = ~is;

		room[1] = is;
		CHECK_EQ(t, compare_exchange(&room[1], expected, desired), is,
			 "%s returns what was there, %llx", name, is);
		CHECK_EQ(t, room[1], is == expected ? desired : is, "%s: %llx for %llx", name, is,
			 expected);
	}
	CHECK(t, room[0] == ~0ull && room[2] == ~0ull, "%s writes nothing else", name);
}

static void exchanges_64_bits(struct ktap *t)
{
	uint64_t counter = 5;

	exchange(t, "cmpxchg64", cmpxchg64);
	lost_registers = 0;
	exchange(t, "the emulation", emulated);
	CHECK_EQ(t, lost_registers, 0, "it keeps the registers that the instruction keeps");
	CHECK_EQ(t, read64(&counter), 5, "reading changes nothing");
	CHECK_EQ(t, counter, 5, "and gives what is there");
}

static void exchange_keeps_interrupts(struct ktap *t)
{
	volatile uint64_t room = 0;
	unsigned long flags;

	local_irq_save(flags);
	emulated(&room, 0, 1);
	CHECK(t, irqs_disabled(), "interrupts that are off stay off");
	local_irq_enable();
	emulated(&room, 1, 2);
	CHECK(t, !irqs_disabled(), "interrupts that are on are on again");
	local_irq_restore(flags);
	CHECK_EQ(t, room, 2, "and both were exchanged");
}

/* How long it waits for a lock that is never given back, with so many looks, in the TSC's counts. */
static uint32_t waits(uint32_t looks)
{
	extern volatile uint32_t cmpxchg8b_locked, cmpxchg8b_patience;
	volatile uint64_t room = 0;
	uint32_t start;

	cmpxchg8b_patience = looks;
	cmpxchg8b_locked = 1;
	start = (uint32_t)native_read_tsc();
	emulated(&room, 0, 1);
	return (uint32_t)native_read_tsc() - start;
}

static bool waits_longer(void)
{
	for (unsigned tries = 0; tries < 20; tries++)
		if (waits(20000) / 20 > waits(1)) /* but for what the host does meanwhile */
			return true;
	return false;
}

/* As if an NMI had stopped its holder; but with patience for a millisecond only. */
static void exchange_outlives_a_lost_lock(struct ktap *t)
{
	extern volatile uint32_t cmpxchg8b_locked, cmpxchg8b_patience;
	const uint32_t patience = cmpxchg8b_patience;
	volatile uint64_t room = 1;

	CHECK(t, patience >= 100000 && patience <= 1000000, "%u looks are patience for some ms",
	      patience);
	cmpxchg8b_patience = 5000;
	cmpxchg8b_locked = 1;
	CHECK_EQ(t, emulated(&room, 1, 2), 1, "a lock that is never given back is waited for");
	CHECK_EQ(t, room, 2, "but not for ever");
	CHECK_EQ(t, cmpxchg8b_locked, 0, "and is free again");
	if (cpu_has(X86_FEATURE_TSC))
		CHECK(t, waits_longer(), "more looks are more patience");
	cmpxchg8b_patience = patience;
}

static const struct ktap_test tests[] = {
	KTAP_TEST(copies_every_length),
	KTAP_TEST(copies_down),
	KTAP_TEST(exchanges_64_bits),
	KTAP_TEST(exchange_keeps_interrupts),
	KTAP_TEST(exchange_outlives_a_lost_lock),
};
KTAP_SUITE(primitives, tests);
