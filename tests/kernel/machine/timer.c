// SPDX-License-Identifier: MIT
/*
 * Waits are as long as they say, by the clock that there is, and none goes on for ever.
 */
#include "arch/x86/dev/timer.h"
#include "arch/x86/cpu/cpu.h"
#include "pv/native.h"
#include "pv/paravirt.h"
#include "tests/kernel/machine/smp_all.h"
#include "tests/kernel/machine/tick.h"

#define ATTEMPTS 500         /* of which one is not disturbed by the host */
#define LONG     20000000000 /* nanoseconds that no disturbance lasts */

static volatile uint32_t never;

static void patience_is_time(struct ktap *t)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < ATTEMPTS && least >= 1800000; i++) {
		uint64_t start = timer_ns(), passed;

		CHECK(t, !timer_wait_for(&never, 1, 1), "what nobody writes does not come");
		passed = timer_ns() - start;
		CHECK(t, passed >= 1000000, "1 ms of patience is that long: %llu ns", passed);
		least = passed < least ? passed : least;
	}
	CHECK(t, least < 1800000, "and not twice as long: %llu ns", least);
	CHECK(t, timer_wait_for(&never, 0, 0), "what is there needs no patience");
}

static void delays_are_no_shorter(struct ktap *t)
{
	static const uint32_t us[] = {0, 1, 10, 999, 2000};

	for (unsigned i = 0; i < sizeof(us) / sizeof(us[0]); i++) {
		uint64_t start = timer_ns(), passed;

		timer_delay_us(us[i]);
		passed = timer_ns() - start;
		CHECK(t, passed >= us[i] * 1000ull, "%u us take %llu ns", us[i], passed);
		CHECK(t, passed < LONG, "and come to an end");
	}
}

/* The 8254 counts for 55 ms: three rounds without a look have to be three rounds later. */
#define ROUNDS_TICKS 165

static void check_rounds(struct ktap *t)
{
	const uint64_t start = timer_ns();
	const uint32_t first = timer_ticks;

	while (timer_ticks - first < ROUNDS_TICKS)
		halt();
	CHECK(t, timer_ns() - start >= ROUNDS_TICKS * 500000ull,
	      "%u ms without a look at the clock have been: %llu ns", ROUNDS_TICKS,
	      timer_ns() - start);
}

/* Whichever clock it is: who looks at it again and again sees it move. */
static void goes_on(struct ktap *t)
{
	uint64_t last = timer_ns(), now = last;
	unsigned still = 0;

	for (unsigned i = 0; i < 1000; i++) {
		for (unsigned looks = 0; now == last && looks < 100000; looks++)
			now = timer_ns();
		still += now == last;
		CHECK(t, now >= last, "%llu ns come not before %llu", now, last);
		last = now;
	}
	CHECK_EQ(t, still, 0, "it never stands still");
	CHECK(t, timer_measured() || !timer_tsc_khz(), "a rate that is told was measured");
	if (cpu_has(X86_FEATURE_TSC))
		CHECK(t, boot_tsc && boot_tsc < native_read_tsc(),
		      "when it began is known: at %llu", boot_tsc);
	if (timer_measured() && !timer_tsc_khz() && tick_arrives())
		check_rounds(t);
}

/* A CPU whose TSC is a minute ahead of the others': they go on by their own, and so does it. */
static void wait_2_ms(void *arg)
{
	uint64_t start = timer_ns();

	timer_delay_us(2000);
	*(volatile uint64_t *)arg = timer_ns() - start;
}

static void one_is_ahead(struct ktap *t)
{
	uint64_t *its_start = &per_cpu(timer_tsc_start, 1), was, mine = 0, its = 0;

	NEEDS_CPUS(t);
	KTAP_SKIP_UNLESS(t, timer_tsc_khz(), "the clock is no TSC");
	was = *its_start;
	*its_start -= 60000ull * timer_tsc_khz();
	smp_call(1, wait_2_ms, &its);
	wait_2_ms(&mine);
	*its_start = was;
	CHECK(t, its >= 2000000 && its < LONG, "its own delay is one: %llu ns", its);
	CHECK(t, mine >= 2000000 && mine < LONG, "and so are those of others: %llu ns", mine);
}

static const struct ktap_test tests[] = {
	KTAP_TEST(patience_is_time),
	KTAP_TEST(delays_are_no_shorter),
	KTAP_TEST(goes_on),
	KTAP_TEST(one_is_ahead),
};
KTAP_SUITE(timer, tests);
