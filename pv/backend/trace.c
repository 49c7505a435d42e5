// SPDX-License-Identifier: MIT
/*
 * The trace back end's counters, each CPU's own, so that one instruction is exact; the counting
 * functions are in trace.S.
 */
#include "pv/backend/backend.h"
#include "pv/backend/percpu.h"

extern const struct pv_ops pv_trace_ops; /* in trace.S */

PV_PERCPU_SECTION uint64_t pv_trace_counts[PV_NR_TYPES];

PV_BACKEND(trace, .ring = PV_RING_ANY);
