/* SPDX-License-Identifier: MIT */
/*
 * What one op costs, for who asks while the kernel runs.
 *
 *	why = bench_op("irq_disable", &tsc, &loops);
 */
#ifndef KERNEL_TEST_BENCH_H
#define KERNEL_TEST_BENCH_H

#include <stdint.h>

/*
 * Cycles of the TSC for so many calls of the op's inline function in a loop, the least of a few tries, without ticks;
 * "empty" is the loop alone. NULL, or why it cannot be, in words.
 */
const char *bench_op(const char *name, uint64_t *tsc, uint32_t *loops);

/* All that there are. */
void bench_each(void (*each)(const char *name, void *arg), void *arg);

#endif
