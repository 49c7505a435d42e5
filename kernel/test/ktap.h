/* SPDX-License-Identifier: MIT */
/*
 * Self-tests: suites in tests/, one file a subject, registered by a linker section, reported as
 * KTAP version 1 on the console and as JSON events. A test that checks nothing fails.
 *
 *	static void masks_ticks(struct ktap *t)
 *	{
 *		KTAP_SKIP_UNLESS(t, timer_present(), "no timer");
 *		CHECK(t, irqs_disabled(), "interrupts are off after local_irq_disable()");
 *		CHECK_EQ(t, ticks, 0, "no tick arrives while they are off");
 *	}
 *
 *	static const struct ktap_test tests[] = {KTAP_TEST(masks_ticks)};
 *	KTAP_SUITE(irq, tests);
 *
 * selftest=GLOB says which of them run, once the kernel is up: those whose "suite" or "suite.test" it
 * matches, after the results about the boot; "off" runs none. One that matches nothing, not even a
 * result about the boot, is a failure.
 */
#ifndef KERNEL_TEST_KTAP_H
#define KERNEL_TEST_KTAP_H

#include <stdbool.h>
#include <stdint.h>

/* One running test. */
struct ktap {
	const char *suite, *name;
	unsigned checks, failures;
	bool quiet;       /* print no diagnostics: for the test of the framework itself */
	const char *skip; /* the reason; NULL: not skipped */
	char first[256];  /* the first failure's sentence */
};

struct ktap_test {
	const char *name;
	void (*run)(struct ktap *t);
	bool by_name_only; /* runs only when selftest= is exactly suite.name */
	bool patches; /* text to what no record of the image says: not in a guest whose host looks */
};

struct ktap_suite {
	const char *name;
	const struct ktap_test *tests;
	unsigned n;
};

/* A test is named for its function. */
#define KTAP_TEST(function)                        \
	{                                          \
		.name = #function, .run = function \
	}

#define KTAP_PATCHES(function)                                      \
	{                                                           \
		.name = #function, .run = function, .patches = true \
	}

#define KTAP_SUITE(suite, list)                                         \
	static const struct ktap_suite suite_##suite                    \
		__attribute__((section(".ktap"), used, aligned(4))) = { \
			#suite, list, sizeof(list) / sizeof((list)[0])}

/* A check is a sentence that is true. Returns whether it was. */
#define CHECK(t, condition, ...) ktap_check(t, condition, __FILE__, __LINE__, __VA_ARGS__)
#define CHECK_EQ(t, found, expected, ...) \
	ktap_check_eq(t, (uint64_t)(found), (uint64_t)(expected), __FILE__, __LINE__, __VA_ARGS__)

/* The rest of the test needs something that the machine lacks. */
#define KTAP_SKIP_UNLESS(t, condition, reason) \
	do {                                   \
		if (!(condition)) {            \
			(t)->skip = (reason);  \
			return;                \
		}                              \
	} while (0)

bool ktap_check(struct ktap *t, bool ok, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
bool ktap_check_eq(struct ktap *t, uint64_t found, uint64_t expected, const char *file, int line,
		   const char *format, ...) __attribute__((format(printf, 6, 7)));

/*
 * The test of exactly this name, suite.test, for who asks while the kernel runs: it is no result, so nothing is printed, counted
 * or told. False: there is none.
 */
bool ktap_try(const char *name, struct ktap *t);

/* "ok", "fail" or "skip", from what the checks left in *t. */
const char *ktap_result(struct ktap *t);

#endif
