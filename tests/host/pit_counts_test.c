// SPDX-License-Identifier: MIT
/*
 * The 8254's clock for years, on a counter that is made up: what passed is what really passed while
 * it is read in each of its rounds, and never more.
 */
#include "arch/x86/dev/pit_counts.h"
#include "lib/div64.c"
#include "tests/host/host.h"

#define ROUND  65536u
#define SECOND 1000000000ull
#define DAY    (86400 * (uint64_t)PIT_HZ)

static uint64_t real; /* counts since the beginning */
static uint16_t offset;

/* As the chip counts: down, 0 stands for 65536. */
static uint16_t reading(void)
{
	return (uint16_t)(offset - real);
}

static struct pit_counts begin(uint16_t first)
{
	real = 0;
	offset = first;
	return (struct pit_counts){.last = first};
}

static uint32_t random_below(uint32_t n)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

/* Each step from each place around the counter's ends. */
static void every_wrap(void)
{
	static const uint32_t steps[] = {0, 1, 2, 1193, 32767, 32768, 65534, 65535};
	unsigned wrong = 0;

	for (uint32_t first = 0; first < ROUND; first++)
		for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
			struct pit_counts counts = begin((uint16_t)first);

			real += steps[i];
			wrong += pit_counts_add(&counts, reading()) != steps[i];
		}
	ok(!wrong, "a step of less than a round is what it is, from each reading: %u are not",
	   wrong);
}

static void many_steps(void)
{
	struct pit_counts counts = begin(0);
	unsigned wrong = 0;

	for (unsigned i = 0; i < 1000000; i++) {
		real += random_below(ROUND);
		wrong += pit_counts_add(&counts, reading()) != real;
	}
	ok(!wrong, "a million steps add up: %u times they do not", wrong);
}

/* Too late by whole rounds: these are lost, and no others. */
static void never_ahead(void)
{
	struct pit_counts counts = begin(77);
	unsigned ahead = 0, back = 0;
	uint64_t before = 0, now;

	for (unsigned i = 0; i < 100000; i++) {
		real += random_below(10 * ROUND);
		now = pit_counts_add(&counts, reading());
		ahead += now > real;
		back += now < before;
		before = now;
	}
	ok(!ahead && !back, "read too late it is never ahead (%u times) and goes never back (%u)",
	   ahead, back);
	ok((real - before) % ROUND == 0, "what is lost are whole rounds");
}

/* 2^32 milliseconds are 49.7 days, 2^32 counts an hour. */
static void after(uint64_t days)
{
	struct pit_counts counts = {.passed = days * DAY, .last = 5};
	uint64_t before = pit_counts_ns(counts.passed), now;

	ok(before / SECOND == days * 86400, "after %llu days it is that late",
	   (unsigned long long)days);
	now = pit_counts_ns(pit_counts_add(&counts, (uint16_t)(5 - 11932)));
	ok(now - before >= 9999000 && now - before <= 10001000, "and goes on, by 10 ms: %llu ns",
	   (unsigned long long)(now - before));
}

int main(void)
{
	every_wrap();
	many_steps();
	never_ahead();
	for (unsigned i = 0; i < 7; i++)
		after(((const uint64_t[]){0, 1, 49, 50, 366, 36525, 200000})[i]);
	return tests_end();
}
