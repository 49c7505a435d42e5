/* SPDX-License-Identifier: MIT */
/*
 * What a judge of an exercise says, for Exercise.pm to read: a case is a sentence, said before it is tried, so
 * that one that crashes is known by name. All that is wrong with it follows, and no line for what is right.
 *
 *	CASE("11 bytes are two NOPs, the longest first");
 *	IS_BYTES(room, nops, 11);
 *	...
 *	return judged();
 *
 * A judge is compiled with files of the learner's tree, those that its head names behind "with:". What is named
 * behind "make:" is made before, there; "free:" says that no sanitizer looks on.
 */
#ifndef TESTS_EXERCISES_JUDGE_H
#define TESTS_EXERCISES_JUDGE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static __attribute__((unused, format(printf, 1, 2))) void CASE(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("case ");
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

/* What is not so, in words. */
static __attribute__((unused, format(printf, 1, 2))) void WRONG(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("wrong ");
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

#define IS_TRUE(condition, ...)             \
	do {                                \
		if (!(condition))           \
			WRONG(__VA_ARGS__); \
	} while (0)

static __attribute__((unused)) void say_bytes(const char *what, const uint8_t *bytes, unsigned n)
{
	printf("wrong %-9s", what);
	for (unsigned i = 0; i < n; i++)
		printf(" %02x", bytes[i]);
	printf("%s\n", n ? "" : " nothing");
}

static __attribute__((unused)) bool IS_BYTES(const uint8_t *found, const uint8_t *expected,
					     unsigned n)
{
	if (!memcmp(found, expected, n))
		return true;
	say_bytes("expected", expected, n);
	say_bytes("found", found, n);
	return false;
}

static __attribute__((unused)) bool IS_NUMBER(const char *what, uint32_t found, uint32_t expected)
{
	if (found != expected)
		WRONG("%s: expected %#x, found %#x", what, expected, found);
	return found == expected;
}

static inline int judged(void)
{
	printf("judged\n");
	return 0;
}

#endif
