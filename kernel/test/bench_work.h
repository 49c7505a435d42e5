/* SPDX-License-Identifier: MIT */
/*
 * bench-work on the command line: the workloads of tests/user/work.c, one after the other, on a CPU that has
 * no ticks meanwhile, but for the one that counts them. As events:
 *
 *	sample	workload, text, loops, tsc, beside, khz	khz: a millisecond of the TSC; 0: not known
 *	called	workload, op, calls, loops	with the back end trace: between two such samples
 *
 * Under QEMU's -icount shift=0 the TSC counts executed instructions exactly.
 *
 *	why = bench_work("*", "boot");
 */
#ifndef KERNEL_TEST_BENCH_WORK_H
#define KERNEL_TEST_BENCH_WORK_H

/* `text`: how the sites are, for the event. NULL, or what was wrong. */
const char *bench_work(const char *glob, const char *text);

#endif
