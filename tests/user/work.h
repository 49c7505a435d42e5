/* SPDX-License-Identifier: MIT */
/*
 * Samples of a benchmark (kernel/task/workload.h).
 *
 *	uint64_t start = begin_sample();
 *	...
 *	end_sample(loops, now() - start, 0);
 */
#ifndef TESTS_USER_WORK_H
#define TESTS_USER_WORK_H

#include "kernel/task/workload.h"
#include "tests/user/user.h"

static inline uint64_t now(void)
{
	uint64_t tsc;

	asm volatile("rdtsc" : "=A"(tsc));
	return tsc;
}

static inline uint64_t begin_sample(void)
{
	write(WORKLOAD_FILE, "", 1);
	return now();
}

static inline void end_sample(uint32_t loops, uint64_t tsc, uint64_t beside)
{
	struct workload_sample sample = {loops, tsc, beside};

	write(WORKLOAD_FILE, &sample, sizeof(sample));
}

#endif
