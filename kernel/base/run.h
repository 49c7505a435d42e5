/* SPDX-License-Identifier: MIT */
/*
 * What a kernel does when it is up, beside being one: self-tests, benchmarks, whatever is linked.
 * Each registers itself, by the name of the option that asks for it, and kernel_main() knows of the
 * moments only. So a kernel without self-tests is one that was linked without them, and the command
 * line says of an option that nobody is here for it.
 *
 *	static void bench_ops(void)
 *	{
 *		if (options.bench)
 *			...
 *	}
 *	RUN(RUN_MEASURE, "bench", bench_ops);
 */
#ifndef KERNEL_BASE_RUN_H
#define KERNEL_BASE_RUN_H

#include <stdbool.h>
#include <stdint.h>

/* The moments, in their order, all of them with CPUs and modules up. Those of one moment come in the
 * order of the link. */
enum run_when {
	RUN_MEASURE,
	RUN_CRASH,   /* go wrong on purpose, before anything is said of the boot */
	RUN_JUDGE,   /* what adds to the results about the boot (kernel/base/result.h) */
	RUN_TEST,    /* nobody adds to them any more */
	RUN_SUMMARY, /* before the statistics */
	RUN_END      /* behind the last line: nothing is printed any more */
};

struct run {
	const char *name;
	void (*run)(void);
	uint32_t when;
};

#define RUN(moment, option, function)                                                      \
	static const struct run run_##function                                             \
		__attribute__((section(".runs"), used, aligned(4))) = {option, (function), \
								       (moment)}

/* All of a moment. */
void run_all(enum run_when when);

/* Is anyone here for this option? */
bool run_is_there(const char *name);

#endif
