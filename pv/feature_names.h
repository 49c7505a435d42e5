/* SPDX-License-Identifier: MIT */
/*
 * Features as numbers, CPUID word * 32 + bit, and what they are called in lists and statistics.
 */
#ifndef PV_FEATURE_NAMES_H
#define PV_FEATURE_NAMES_H

#include <stdint.h>

#define PV_FEATURE_WORDS 10 /* 0 to 9; a number from PV_FEATURE_WORDS * 32 on is none */

/* "xmm2"; NULL for a feature that has no name here. */
const char *pv_feature_name(unsigned feature);

/*
 * Statistics have a line for each name, and line 0 for all other features; and as many more, in the
 * same order, for records that apply when the CPU has the feature not: "!xmm2".
 */
#define PV_FEATURE_NAMES 27
#define PV_FEATURE_ROWS  (2 * PV_FEATURE_NAMES)
extern const uint8_t pv_feature_rows[PV_FEATURE_WORDS * 32]; /* of the first half */
const char *pv_feature_row_name(unsigned row);

#endif
