// SPDX-License-Identifier: MIT
/*
 * Features by name, and their lines in statistics: one for each feature that has a name, and line 0
 * for all others, and the same once more for what is asked the other way round. Tables from one list, so that a record's line is found by a load.
 */
#include "pv/feature.h"
#include <stddef.h>

#define NAMED(X)                        \
	X(FPU, "fpu")                   \
	X(VME, "vme")                   \
	X(DE, "de")                     \
	X(PSE, "pse")                   \
	X(TSC, "tsc")                   \
	X(MSR, "msr")                   \
	X(PAE, "pae")                   \
	X(MCE, "mce")                   \
	X(CX8, "cx8")                   \
	X(APIC, "apic")                 \
	X(SEP, "sep")                   \
	X(PGE, "pge")                   \
	X(CMOV, "cmov")                 \
	X(PAT, "pat")                   \
	X(CLFLUSH, "clflush")           \
	X(XMM, "xmm")                   \
	X(XMM2, "xmm2")                 \
	X(NX, "nx")                     \
	X(RDTSCP, "rdtscp")             \
	X(LFENCE_RDTSC, "lfence_rdtsc") \
	X(ALWAYS, "always")             \
	X(POPCNT, "popcnt")             \
	X(HYPERVISOR, "hypervisor")     \
	X(SMEP, "smep")                 \
	X(ERMS, "erms")                 \
	X(SMAP, "smap")

enum row {
	ROW_OTHER,
#define X(feature, name) ROW_##feature,
	NAMED(X)
#undef X
		NR_ROWS
};
_Static_assert(NR_ROWS == PV_FEATURE_NAMES, "pv/feature_names.h says how many");

/* Each behind its "!". */
static const char *const names[NR_ROWS] = {[ROW_OTHER] = "!other",
#define X(feature, name) [ROW_##feature] = "!" name,
					   NAMED(X)
#undef X
};

const uint8_t pv_feature_rows[PV_FEATURE_WORDS * 32] = {
#define X(feature, name) [X86_FEATURE_##feature] = ROW_##feature,
	NAMED(X)
#undef X
};

const char *pv_feature_row_name(unsigned row)
{
	if (row >= PV_FEATURE_ROWS)
		return "?";
	return row < NR_ROWS ? names[row] + 1 : names[row - NR_ROWS];
}

const char *pv_feature_name(unsigned feature)
{
	unsigned row = feature < PV_FEATURE_WORDS * 32 ? pv_feature_rows[feature] : ROW_OTHER;

	return row == ROW_OTHER ? NULL : names[row] + 1;
}
