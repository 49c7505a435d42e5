// SPDX-License-Identifier: MIT
/*
 * Lock prefixes as a family of the engine: one byte a site, f0 or 3e. The oldest trick of the
 * kind, and the simplest: the state is the byte.
 */
#include "pv/smp_locks.h"
#include "pv/host.h"

#define LOCK 0xf0
#define DS   0x3e /* DS is what the instruction uses anyway */

const uint8_t smp_locks_smp = LOCK, smp_locks_up = DS;

static const uint8_t *present = &smp_locks_smp;
static bool keep;

static PV_TEXT enum pv_why smp_locks_bytes(const void *record, const void *state,
					   struct pv_site *out)
{
	const uint8_t *byte = state;

	out->at = (uint8_t *)((uint32_t)record + (uint32_t) * (const int32_t *)record);
	out->len = out->n = 1;
	out->row = 0;
	out->bytes[0] = *byte;
	out->kind = byte == &smp_locks_smp ? PV_KEPT : PV_INLINE;
	return PV_OK;
}

const struct pv_family smp_locks_family = {
	.name = "smp_locks",
	.record_size = 4,
	.nests = true,
	.linked = &smp_locks_smp,
	.bytes = smp_locks_bytes,
};

const uint8_t *smp_locks_state(void)
{
	return present;
}

void smp_locks_keep(void)
{
	keep = true;
}

void smp_locks_switch(const int32_t *start, const int32_t *end, const uint8_t *to,
		      struct pv_stats *stats)
{
	if (keep)
		to = &smp_locks_smp;
	pv_apply(&smp_locks_family, start, end, present, to, PV_STOPPED, stats);
	present = to;
}
