/* SPDX-License-Identifier: MIT */
/*
 * TAP: a line for each thing that must be so, and the plan last.
 *
 *	ok(n == 3, "three of them, found %u", n);
 *	return tests_end();
 */
#ifndef TESTS_HOST_TAP_H
#define TESTS_HOST_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static unsigned tests_done, tests_failed;

static __attribute__((format(printf, 2, 3))) bool ok(bool condition, const char *format, ...)
{
	va_list args;

	tests_failed += !condition;
	printf("%sok %u - ", condition ? "" : "not ", ++tests_done);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	return condition;
}

static int tests_end(void)
{
	printf("1..%u\n", tests_done);
	return tests_failed != 0;
}

#endif
