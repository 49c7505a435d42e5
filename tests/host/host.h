/* SPDX-License-Identifier: MIT */
/*
 * pv/host.h for tests on the build machine: the calls are written down in `trace`, one letter each,
 * and text is written byte by byte with `between_bytes` called in between, as an NMI would see it.
 *
 *	S save IF	w write		Y synchronize	R restore IF	t time
 *	G the other CPUs wait	E and go on
 *
 * With `writable` set, short loops may store to text themselves, which is not written down.
 *
 * Included once.
 */
#ifndef TESTS_HOST_HOST_H
#define TESTS_HOST_HOST_H

#include "pv/feature.h"
#include "pv/host.h"
#include "tests/host/tap.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char trace[4096];
static unsigned trace_length;
static int interrupts = 1;
static void (*between_bytes)(void);
static uint8_t *writing; /* the site whose bytes are being written */
static size_t writing_n;

static void note(char c)
{
	if (trace_length < sizeof(trace) - 1)
		trace[trace_length++] = c;
	trace[trace_length] = '\0';
}

static __attribute__((unused)) void trace_clear(void)
{
	trace_length = 0;
	trace[0] = '\0';
}

uint32_t pv_host_irq_save(void)
{
	uint32_t flags = (uint32_t)interrupts;

	note('S');
	interrupts = 0;
	return flags;
}

void pv_host_irq_restore(uint32_t flags)
{
	note('R');
	interrupts = (int)flags;
}

void pv_host_text_write(uint8_t *at, const uint8_t *bytes, size_t n)
{
	note(interrupts ? '!' : 'w');
	writing = at;
	writing_n = n;
	for (size_t i = 0; i < n; i++) {
		at[i] = bytes[i];
		if (between_bytes)
			between_bytes();
	}
	writing = NULL;
}

static bool writable;

bool pv_host_text_writable(void)
{
	return writable;
}

void pv_host_sync_self(void)
{
	note(interrupts ? '!' : 'Y');
}

void pv_host_gather(void)
{
	note('G');
}

void pv_host_release(void)
{
	note('E');
}

uint64_t pv_host_time(void)
{
	static uint64_t now;

	note('t');
	return now += 1000;
}

static uint32_t host_features[PV_FEATURE_WORDS]; /* none, unless a test says so */

bool pv_host_has(unsigned feature)
{
	return feature / 32 < PV_FEATURE_WORDS && host_features[feature / 32] >> feature % 32 & 1;
}

void pv_host_say(enum pv_level level, const char *format, ...)
{
	va_list args;

	(void)level;
	va_start(args, format);
	printf("# ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
}

_Noreturn void pv_host_panic(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("Bail out! panic: ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
	exit(1);
}

#endif
