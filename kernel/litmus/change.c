// SPDX-License-Identifier: MIT
/*
 * All stores are volatile: in this order, each of this size. The other CPUs are told by nothing but
 * these stores, unless the way says so.
 */
#include "kernel/litmus/change.h"
#include <stddef.h>

typedef volatile uint32_t __attribute__((may_alias, aligned(1))) word;

volatile uint32_t litmus_meaning;

static void put(uint8_t *data, enum litmus_text to, unsigned i)
{
	((volatile uint8_t *)data)[i] = litmus_bytes[to][i];
}

static void put_tails(uint8_t *data, enum litmus_text to)
{
	for (unsigned i = 1; i < LITMUS_BYTES; i++)
		put(data, to, i);
}

void litmus_write(uint8_t *data, enum litmus_text text)
{
	put(data, text, 0);
	put_tails(data, text);
}

static const char *bytes(const struct litmus_memory *site, enum litmus_text to)
{
	litmus_write(site->data, to);
	return NULL;
}

static const char *first_last(const struct litmus_memory *site, enum litmus_text to)
{
	put_tails(site->data, to);
	put(site->data, to, 0);
	return NULL;
}

static const char *backwards(const struct litmus_memory *site, enum litmus_text to)
{
	for (unsigned i = LITMUS_BYTES; i-- > 0;)
		put(site->data, to, i);
	return NULL;
}

static uint32_t first_four(enum litmus_text to)
{
	const uint8_t *b = litmus_bytes[to];

	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static const char *four_and_one(const struct litmus_memory *site, enum litmus_text to)
{
	*(word *)site->data = first_four(to);
	put(site->data, to, 4);
	return NULL;
}

/* With the three bytes behind the site, which stay. */
static uint64_t eight(const uint8_t *data, enum litmus_text to)
{
	uint64_t value = 0;

	for (unsigned i = 8; i-- > 0;)
		value = value << 8 | (i < LITMUS_BYTES ? litmus_bytes[to][i] : data[i]);
	return value;
}

/* By the x87: 32-bit code has no other store of eight bytes that every CPU with an FPU knows. */
static const char *one_store(const struct litmus_memory *site, enum litmus_text to)
{
	uint64_t value = eight(site->data, to);

	asm volatile("fildll %1\n"
		     "fistpll (%0)"
		     :
		     : "r"(site->data), "m"(value)
		     : "memory");
	return NULL;
}

static const char *locked(const struct litmus_memory *site, enum litmus_text to)
{
	litmus_cmpxchg8b(site->data, eight(site->data, !to), eight(site->data, to));
	return NULL;
}

static void put_breakpoint(uint8_t *data)
{
	*(volatile uint8_t *)data = 0xcc;
}

/* Locked: no CPU finds it new while another one finds it old behind that. */
static void instant(enum litmus_text to)
{
	__atomic_exchange_n(&litmus_meaning, to, __ATOMIC_SEQ_CST);
}

#define FIRST  1u
#define SECOND 2u

static void by_breakpoint(uint8_t *data, enum litmus_text to, unsigned rounds)
{
	put_breakpoint(data);
	if (rounds & FIRST)
		litmus_synchronize();
	instant(to);
	put_tails(data, to);
	if (rounds & SECOND)
		litmus_synchronize();
	put(data, to, 0);
}

static const char *no_round(const struct litmus_memory *site, enum litmus_text to)
{
	by_breakpoint(site->data, to, 0);
	return NULL;
}

static const char *no_first(const struct litmus_memory *site, enum litmus_text to)
{
	by_breakpoint(site->data, to, SECOND);
	return NULL;
}

static const char *no_second(const struct litmus_memory *site, enum litmus_text to)
{
	by_breakpoint(site->data, to, FIRST);
	return NULL;
}

static const char *both_rounds(const struct litmus_memory *site, enum litmus_text to)
{
	by_breakpoint(site->data, to, FIRST | SECOND);
	return NULL;
}

const char *litmus_steps(const struct litmus_memory *site, enum litmus_text to)
{
	put_breakpoint(site->data);
	litmus_synchronize();
	put_breakpoint(site->data); /* this and the last one for TCG: pv/poke.c */
	litmus_synchronize();
	instant(to);
	put_tails(site->data, to);
	litmus_synchronize();
	put(site->data, to, 0);
	litmus_synchronize();
	put(site->data, to, 0);
	return NULL;
}

const struct litmus_change litmus_changes[LITMUS_CHANGES] = {
	{"plain byte copy", bytes, false, false},
	{"first byte last", first_last, false, false},
	{"last byte first", backwards, false, false},
	{"4 + 1 bytes", four_and_one, false, false},
	{"one 8-byte store", one_store, false, false},
	{"locked cmpxchg8b", locked, false, false},
	{"breakpoint, no round", no_round, true, false},
	{"breakpoint, no 1st round", no_first, true, false},
	{"breakpoint, no 2nd round", no_second, true, false},
	{"breakpoint, both rounds", both_rounds, true, false},
	{"the whole protocol", litmus_commit, true, true},
};
