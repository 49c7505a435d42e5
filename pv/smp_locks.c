// SPDX-License-Identifier: MIT
/*
 * Lock prefixes as a family of the engine: one byte a site, f0 or 3e. The oldest trick of the
 * kind, and the simplest: the state is the byte.
 */
#include "pv/host.h"
#include "pv/look.h"
#include "pv/smp_locks_types.h"
#include "pv/sweep.h"

#define LOCK 0xf0
#define DS   0x3e /* DS is what the instruction uses anyway */

const uint8_t smp_locks_smp = LOCK, smp_locks_up = DS;

static const uint8_t *present = &smp_locks_smp;
static bool never; /* change: sites stay as they were linked */

PV_TEXT_PART uint32_t lock_at(const void *record)
{
	return (uint32_t)record + *(const uint32_t *)record;
}

static PV_TEXT enum pv_why smp_locks_bytes(const void *record, const void *state,
					   struct pv_site *out)
{
	const uint8_t *byte = state;

	out->at = (uint8_t *)lock_at(record);
	out->len = out->n = 1;
	out->row = 0;
	if (!state)
		return PV_OK;
	out->bytes[0] = *byte;
	out->kind = byte == &smp_locks_smp ? PV_KEPT : PV_INLINE;
	return PV_OK;
}

/* Up to where sites are usual: what is compared stands in text, too. */
PV_TEXT_PART uint32_t usual_limit(const struct pv_sweep *s)
{
	uint32_t edge = s->edge - (PV_LOOK_BYTES - 1);

	return s->limit < edge ? s->limit : edge;
}

static PV_TEXT uint32_t smp_locks_sweep(struct pv_sweep *s, uint32_t first)
{
	const uint8_t from = *(const uint8_t *)s->from, to = *(const uint8_t *)s->to;
	const uint32_t *records = (const uint32_t *)(const void *)s->records, n = s->n;
	const struct pv_entry *const far = pv_sweep_far(s), *entry = s->index + first;
	const uint32_t count = s->count;
	const uint8_t *behind = s->behind;
	uint32_t end = s->end, limit = s->limit ? usual_limit(s) : 0, i = first;

	for (; i < count; i++, entry++) {
		const uint32_t at = entry->at, record = entry->record;

		pv_ahead(entry, far);
		if (record >= n || lock_at(&records[record]) != at)
			break;
		if (at < end || at >= limit) {
			s->end = end;
			if (pv_sweep_place(s, at, 1))
				break;
			limit = usual_limit(s);
			if (at >= limit)
				break;
		}
		if (*(const pv_half *)at != (from | behind[i] << 8))
			break;
		if (from != to)
			*(uint8_t *)at = to;
		end = at + 1;
	}
	if (i == first)
		return i;
	s->end = end;
	s->start = end - 1;
	s->stats->total.kind[s->to == &smp_locks_smp ? PV_KEPT : PV_INLINE] += i - first;
	if (from != to)
		s->stats->bytes += i - first;
	return i;
}

const struct pv_family smp_locks_family = {
	.name = "smp_locks",
	.record_size = 4,
	.nests = true,
	.linked = &smp_locks_smp,
	.bytes = smp_locks_bytes,
	.look = pv_look_lock,
	.sweep = smp_locks_sweep,
};

const uint8_t *smp_locks_state(void)
{
	return present;
}

void smp_locks_keep(void)
{
	never = true;
}

void smp_locks_switch(const int32_t *start, const int32_t *end, const uint8_t *to,
		      struct pv_stats *stats)
{
	if (never)
		to = &smp_locks_smp;
	pv_apply(&smp_locks_family, start, end, present, to, PV_STOPPED, stats);
	for (const struct pv_image *image = pv_images; image; image = image->next)
		for (const struct pv_table *t = image->tables; t; t = t->next)
			if (t->family == &smp_locks_family && t->first != start)
				pv_apply(t->family, t->first, t->last, present, to, PV_STOPPED,
					 stats);
	present = to;
}
