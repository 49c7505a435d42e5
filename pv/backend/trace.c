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
	const struct pv_template *template = &pv_trace_templates[type];

	return (pv_slot(ops, type) == pv_slot(&pv_trace_ops, type) &&
		paravirt_patch_insns(out, type, template->start, template->end)) ||
	       paravirt_patch_default(type, ops, out);
}
