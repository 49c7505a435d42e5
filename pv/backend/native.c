// SPDX-License-Identifier: MIT
/*
 * Native functions that are no instruction: those are in native.S, where each short function's
 * body is at the same time the template for its sites, so the two cannot differ. Their table is in
 * backend.c.
 */
#include "pv/native.h"
#include "pv/feature.h"
#include "pv/host.h"

bool pv_cpu_has_cr4(void)
{
	return pv_host_has(X86_FEATURE_VME) || pv_host_has(X86_FEATURE_DE) ||
	       pv_host_has(X86_FEATURE_PSE) || pv_host_has(X86_FEATURE_TSC) ||
	       pv_host_has(X86_FEATURE_PAE) || pv_host_has(X86_FEATURE_MCE) ||
	       pv_host_has(X86_FEATURE_PGE);
}

PV_FN uint32_t native_read_cr4_safe(void)
{
	return pv_cpu_has_cr4() ? native_read_cr4() : 0;
}

PV_FN uint64_t native_sched_clock(void)
{
	return pv_host_time();
}
