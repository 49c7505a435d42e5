/* SPDX-License-Identifier: MIT */
/*
 * What a guest with one self-test says, as far as it tells what happened to it.
 *
 *	listen_begin("smp_locks.both_states", false);
 *	... listen_line, for each line ...
 *	listen_outcome(&outcome, guest_why(number));
 */
#ifndef KERNEL_MUSEUM_LISTEN_H
#define KERNEL_MUSEUM_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#define OUTCOME_TEXT 256

struct outcome {
	enum { OUTCOME_PASSED, OUTCOME_SKIPPED, OUTCOME_FAILED } is;
	char text[OUTCOME_TEXT]; /* what failed, or why it was skipped */
};

/* Of lines of a guest that is asked this test. passes: they are the log's all the same. */
void listen_begin(const char *test, bool passes);
bool listen_line(const char *line, size_t n);

/* Once it has ended, as its host says. The test's own failure counts more than a panic, and that more than other results. */
void listen_outcome(struct outcome *out, bool passed, const char *why);

#endif
