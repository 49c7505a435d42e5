// SPDX-License-Identifier: MIT
/*
 * The trace back end's patch hook and its counters; the counting functions are in trace.asm. On one
 * CPU inc is exact; it is one instruction.
 */
#include "pv/backend/backend.h"

uint32_t pv_trace_counts[PV_NR_TYPES];

bool pv_trace_patch(uint8_t type, const struct pv_ops *ops, struct pv_insns *out);

bool pv_trace_patch(uint8_t type, const struct pv_ops *ops, struct pv_insns *out)
{
	return paravirt_patch_template(type, ops, &pv_trace_ops, pv_trace_templates, out) ||
	       paravirt_patch_default(type, ops, out);
}
