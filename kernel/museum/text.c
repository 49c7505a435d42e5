// SPDX-License-Identifier: MIT
/*
 * The table is there for as long as the pass: who stands in an entry is in the middle of a site then, and leaves it. Before and
 * behind it a broken entry is no site's, and whoever compares text with what it should be finds it.
 */
#include "kernel/museum/text.h"
#include "kernel/patch/image.h"
#include "lib/string.h"
#include "pv/host.h"
#include "pv/index.h"
#include "pv/outside.h"
#include "pv/poke.h"
#include <stddef.h>

static const uint8_t whole, broken;

static PV_TEXT enum pv_why spot_bytes(const void *record, const void *state, struct pv_site *out)
{
	const struct spot *spot = record;
	const uint8_t *bytes = state == &broken ? spot->broken : spot->old;

	out->at = (uint8_t *)spot->at;
	out->len = out->n = spot->n;
	out->row = 0;
	if (!state)
		return PV_OK;
	out->kind = state == &broken ? PV_INLINE : PV_KEPT;
	for (unsigned i = 0; i < spot->n; i++)
		out->bytes[i] = bytes[i];
	return PV_OK;
}

static const struct pv_family spot_family = {
	.name = "museum",
	.record_size = sizeof(struct spot),
	.linked = &whole,
	.bytes = spot_bytes,
};

static bool is_data(uint32_t at, unsigned n)
{
	const struct pv_range data = {kernel_image.data, kernel_image.data_end};

	return pv_range_holds(data, at, n);
}

const uint8_t *text_look(uint32_t at, unsigned n)
{
	return is_data(at, n) || pv_image_range(&kernel_image, at, n).first ? (const uint8_t *)at
									    : NULL;
}

/* ---- text ---- */

static struct spot spots[PLAN_SPOTS];
static struct pv_entry entries[2 * PLAN_SPOTS];
static struct pv_stats stats;

static unsigned collect(const struct plan *plan)
{
	unsigned n = 0;

	for (unsigned i = 0; i < plan->n; i++)
		if (!is_data(plan->spots[i].at, plan->spots[i].n))
			spots[n++] = plan->spots[i];
	return n;
}

static const char *change_gathered(const struct pv_change *c)
{
	uint32_t tries = 0;
	const char *why;

	pv_stats_begin(&stats, NULL);
	if (pv_refused(c, 1, &stats))
		return "text holds other bytes there";
	why = pv_host_gather_outside(pv_amid_site, NULL, &tries);
	if (why)
		return why;
	pv_stats_begin(&stats, NULL);
	pv_apply(c->family, c->first, c->last, c->from, c->to, PV_GATHERED, &stats);
	pv_host_release();
	return stats.total.refused ? "the engine refused it" : NULL;
}

static const char *change_text(unsigned n, bool breaks)
{
	struct pv_table table = {.family = &spot_family, .first = spots, .last = spots + n};
	const struct pv_change c = {&spot_family, table.first, table.last,
				    breaks ? &whole : &broken, breaks ? &broken : &whole};
	const char *why = pv_live_begin();

	if (why)
		return why;
	pv_index_make(&table, entries, entries + PLAN_SPOTS);
	pv_table_add(&kernel_image, &table);
	why = change_gathered(&c);
	pv_table_remove(&kernel_image, &table);
	pv_host_sync_others();
	pv_live_end();
	return why;
}

/* ---- all ---- */

static bool data_holds(const struct plan *plan, bool breaks)
{
	for (unsigned i = 0; i < plan->n; i++) {
		const struct spot *s = &plan->spots[i];

		if (is_data(s->at, s->n) &&
		    memcmp((const void *)s->at, breaks ? s->old : s->broken, s->n) != 0)
			return false;
	}
	return true;
}

const char *text_change(const struct plan *plan, bool breaks)
{
	const unsigned n = collect(plan);
	const char *why = data_holds(plan, breaks) ? NULL : "data are not what they must be";

	if (!why && n)
		why = change_text(n, breaks);
	for (unsigned i = 0; i < plan->n && !why; i++) {
		const struct spot *s = &plan->spots[i];

		if (is_data(s->at, s->n))
			memcpy((void *)s->at, breaks ? s->broken : s->old, s->n);
	}
	return why;
}
