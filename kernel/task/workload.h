/* SPDX-License-Identifier: MIT */
/*
 * What programs that measure and the kernel say to each other. A program of the benchmark has one more
 * file, WORKLOAD_FILE. It writes a byte there where a sample begins, and a struct where it ends:
 *
 *	begin_sample();			tests/user/work.h
 *	for (i = 0; i < loops; i++) null_call();
 *	end_sample(loops, now() - start, 0);
 */
#ifndef KERNEL_TASK_WORKLOAD_H
#define KERNEL_TASK_WORKLOAD_H

#include <stdint.h>

#define WORKLOAD_FILE 3

/*
 * How often something was done, and by how much the TSC went on meanwhile; and by how much it goes on for
 * what is done beside it, measured alone. lmbench takes that off.
 */
struct workload_sample {
	uint32_t loops;
	uint64_t tsc, beside;
};

#endif
