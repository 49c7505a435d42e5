/* SPDX-License-Identifier: MIT */
/*
 * bench on the command line: how long BENCH_LOOPS calls of each op's inline function take by the
 * TSC, a loop an op, as events `bench` { op, loops, tsc }. Under QEMU's -icount shift=0 the TSC
 * counts executed instructions exactly, and tests/bench/ops.pl compares kernels with that.
 *
 *	if (options.bench)
 *		bench_ops();
 *
 * bench_choices() measures in the same way what patching is for: a barrier, a copy, a locked
 * increment and a selected call, each patched, behind a test of a variable, behind a pointer, and
 * as every machine can run it: events `choice` { what, form, loops, tsc }, for
 * tests/bench/choices.pl.
 */
#ifndef KERNEL_TEST_BENCH_H
#define KERNEL_TEST_BENCH_H

#define BENCH_LOOPS 100

/* Says so and does nothing on a CPU without TSC. */
void bench_ops(void);

/* Does nothing on a CPU without TSC. */
void bench_choices(void);

#endif
