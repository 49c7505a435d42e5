/* SPDX-License-Identifier: MIT */
/*
 * bench-live on the command line: live changes of 1 to 10^5 sites, while all other CPUs work, there
 * and back; then 100 keys of 100 sites each, one by one and in one commit. What each took is its
 * event `change`, of the family "bench"; tests/bench/live.pl makes a table of them.
 *
 *	if (options.bench_live)
 *		bench_live();
 */
#ifndef KERNEL_LIVE_BENCH_H
#define KERNEL_LIVE_BENCH_H

/* Says so and does nothing where memory is short. */
void bench_live(void);

#endif
