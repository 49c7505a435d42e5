// SPDX-License-Identifier: MIT
/*
 * Atomics: what they return, and that nothing is lost when all CPUs use them.
 */
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/atomic64.h"
#include "arch/x86/dev/timer.h"
#include "tests/kernel/machine/smp_all.h"

/*
 * Each instruction of atomic.h, on all CPUs, for so long that they meet although their host may
 * have fewer, and other things to do.
 */
#define BATCH    10000
#define BATCH_NS 40000000
#define BATCHES  1000 /* should there be no clock */

static atomic_t sum, steps;

static void step_inc(void)
{
	atomic_inc(&sum);
}

static void step_add(void)
{
	atomic_add(1, &sum);
}

static void step_add_return(void)
{
	atomic_add_return(1, &sum);
}

static void step_dec(void)
{
	atomic_dec_and_test(&sum);
}

static void step_cmpxchg(void)
{
	uint32_t seen = atomic_read(&sum);

	while (cmpxchg(&sum.counter, seen, seen + 1) != seen)
		seen = atomic_read(&sum);
}

/* With 64 bits: by what this CPU has for it, and as one without CMPXCHG8B does it. */
static volatile uint64_t wide;

static uint64_t emulated(volatile uint64_t *p, uint64_t expected, uint64_t desired)
{
	asm volatile("call cmpxchg8b_emu"
		     : "+A"(expected)
		     : "S"(p), "b"((uint32_t)desired), "c"((uint32_t)(desired >> 32))
		     : "memory");
	return expected;
}

static void step_cmpxchg64(void)
{
	uint64_t seen = 0, before;

	do {
		before = seen;
		seen = cmpxchg64(&wide, before, before + 0x100000001);
	} while (seen != before);
}

static void step_emulated(void)
{
	uint64_t seen = 0, before;

	do {
		before = seen;
		seen = emulated(&wide, before, before + 0x100000001);
	} while (seen != before);
}

static const struct step {
	const char *name;
	void (*run)(void);
	uint32_t each;
} all_steps[] =
	{
		{"atomic_inc", step_inc, 1},
		{"atomic_add", step_add, 1},
		{"atomic_add_return", step_add_return, 1},
		{"atomic_dec_and_test", step_dec, 0xffffffff},
		{"cmpxchg", step_cmpxchg, 1},
},
  wide_steps[] = {
	  {"cmpxchg64", step_cmpxchg64, 1},
	  {"cmpxchg64's emulation", step_emulated, 1},
};

static void run_steps(void *arg)
{
	const struct step *step = arg;
	unsigned batches = smp_online() > 1 ? BATCHES : 1;
	uint64_t start = timer_ns();

	do {
		for (unsigned i = 0; i < BATCH; i++)
			step->run();
		atomic_add(BATCH, &steps);
	} while (--batches && timer_ns() - start < BATCH_NS);
}

static void loses_nothing(struct ktap *t)
{
	extern volatile uint32_t cmpxchg8b_patience;
	const uint32_t patience = cmpxchg8b_patience;

	for (unsigned i = 0; i < sizeof(all_steps) / sizeof(all_steps[0]); i++) {
		struct step step = all_steps[i];

		atomic_set(&sum, 0);
		atomic_set(&steps, 0);
		smp_all(t, run_steps, &step);
		CHECK_EQ(t, atomic_read(&sum), step.each * atomic_read(&steps),
			 "%s loses nothing in %u steps", step.name, atomic_read(&steps));
	}
	cmpxchg8b_patience = UINT32_MAX; /* a host may stop the holder for long */
	for (unsigned i = 0; i < sizeof(wide_steps) / sizeof(wide_steps[0]); i++) {
		struct step step = wide_steps[i];

		wide = 0;
		atomic_set(&steps, 0);
		smp_all(t, run_steps, &step);
		CHECK_EQ(t, wide, 0x100000001 * atomic_read(&steps), "%s loses nothing in %u steps",
			 step.name, atomic_read(&steps));
	}
	cmpxchg8b_patience = patience;
}

static void returns(struct ktap *t)
{
	atomic_t v = ATOMIC_INIT(5);
	uint32_t word = 7;

	CHECK_EQ(t, atomic_read(&v), 5, "the value that it begins with");
	CHECK_EQ(t, atomic_add_return(10, &v), 15, "the value after the addition");
	CHECK(t, !atomic_dec_and_test(&v) && atomic_read(&v) == 14, "not the last");
	atomic_set(&v, 1);
	CHECK(t, atomic_dec_and_test(&v) && atomic_read(&v) == 0, "the last");
	CHECK_EQ(t, cmpxchg(&word, 6, 1), 7, "cmpxchg says what was there");
	CHECK_EQ(t, word, 7, "and changes nothing when that is another value");
	CHECK_EQ(t, cmpxchg(&word, 7, 1), 7, "otherwise");
	CHECK_EQ(t, word, 1, "it does");
	CHECK_EQ(t, xchg(&word, 2), 1, "xchg says what was there");
	CHECK_EQ(t, word, 2, "and what is there now is the other");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(returns),
	KTAP_TEST(loses_nothing),
};
KTAP_SUITE(atomic, tests);
