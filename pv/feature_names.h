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

/* Statistics have a line for each name, and line 0 for all other features. */
#define PV_FEATURE_ROWS 27
extern const uint8_t pv_feature_rows[PV_FEATURE_WORDS * 32];
const char *pv_feature_row_name(unsigned row);

#endif
