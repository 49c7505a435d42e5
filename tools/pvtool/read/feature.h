/* SPDX-License-Identifier: MIT */
/*
 * CPU features as the records of alternatives name them: CPUID word * 32 + bit (pv/feature.h), and
 * bit 15 for "when the CPU has it not".
 *
 *	char title[FEATURE_TITLE];
 *	puts(feature_title(26, title));			// xmm2
 *	puts(feature_title(FEATURE_NOT | 26, title));	// !xmm2
 */
#ifndef TOOLS_PVTOOL_READ_FEATURE_H
#define TOOLS_PVTOOL_READ_FEATURE_H

#include "pv/feature.h"

#include <stdbool.h>
#include <stdint.h>

#define FEATURE_WORDS PV_FEATURE_WORDS
#define FEATURE_LAST  (FEATURE_WORDS * 32 - 1)
#define FEATURE_NOT   0x8000u
#define FEATURE_TITLE 32

/* Its number, which may be beyond FEATURE_LAST. */
unsigned feature_number(uint16_t feature);

/* "xmm2", "!erms", or "9*32+3" where pv/feature.h has no name. Returns `out`. */
const char *feature_title(uint16_t feature, char out[FEATURE_TITLE]);

/* Does a record for it apply on a CPU with these features? The number is at most FEATURE_LAST. */
bool feature_applies(uint16_t feature, const uint32_t words[FEATURE_WORDS]);

#endif
