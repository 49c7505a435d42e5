/* SPDX-License-Identifier: MIT */
/*
 * One way to change, at one place, n times, under all other CPUs; and what they have seen.
 *
 *	struct litmus_row row;
 *	litmus_run_row(&row, &memory, &litmus_changes[0], LITMUS_IN_LINE, 1000);
 */
#ifndef KERNEL_LITMUS_RUN_H
#define KERNEL_LITMUS_RUN_H

#include "kernel/litmus/change.h"

/*
 * Passes of the other CPUs through the site. Each is counted once; of one that began while nothing
 * was changed only what is wrong counts.
 */
struct litmus_seen {
	uint64_t as_old;  /* the old instruction, while the change went on */
	uint64_t as_new;  /* the new one, from then on */
	uint64_t torn;    /* another one: some bytes old, some new */
	uint64_t trapped; /* an exception, but for a breakpoint that the way handles */
	uint64_t stale;   /* the old one, in a pass that began when the change had ended */
	uint64_t back;    /* the old one, in a pass that began when somebody had seen the new one */
};

struct litmus_row {
	const struct litmus_change *change;
	enum litmus_place place;
	uint32_t changes; /* that were made */
	uint32_t wrong;   /* of these, with anything torn, trapped, stale or back */
	struct litmus_seen seen;
	const char *why; /* NULL, or why there are no more */
};

void litmus_run_row(struct litmus_row *row, const struct litmus_memory *memory,
		    const struct litmus_change *change, enum litmus_place place, uint32_t n);

/*
 * The instrument, on this CPU alone: write all 32 mixtures at all places, and run them. NULL, or
 * what was taken for something else.
 */
const char *litmus_run_mixtures(const struct litmus_memory *memory);

#endif
