/* SPDX-License-Identifier: MIT */
/*
 * All rows, as they are measured: lines for people, an event each for programs, and at the end what
 * fits on a screen.
 */
#ifndef KERNEL_LITMUS_REPORT_H
#define KERNEL_LITMUS_REPORT_H

#include "kernel/litmus/run.h"

/*
 * Measure all ways at all places, n changes each, and print it. NULL: the whole protocol holds;
 * otherwise what went wrong with it, or why nothing could be measured.
 */
const char *litmus_measure(uint32_t n);

/* Which ways went wrong how often, a line each. Nothing where nothing was measured. */
void litmus_summary(void);

#endif
