/* SPDX-License-Identifier: MIT */
/*
 * What a pass over records that say what stood at their site must do, worked out a second time from
 * the rules in pv/site.h and pv/engine.h: entry by entry, byte by byte, with nothing of the code
 * under test but its families and its tables of NOPs.
 *
 *	model_run(&pass);	the pass in text[][], verdicts[], counts
 *
 * Included once, after tests/host/fuzz_families.h.
 */
#ifndef TESTS_HOST_ENGINE_MODEL_H
#define TESTS_HOST_ENGINE_MODEL_H

#include "pv/engine.h"
#include "tests/host/fuzz.h"

#define RECORDS_MAX 24

/*
 * A pass: the entries, in order; `image` is where the table was added, NULL: a raw one. `bytes`, or
 * NULL: what says it in the family's place. `live`, or NULL: it is the first walk of a live change,
 * which writes breakpoints, and this is what else it asks of a site that is good.
 */
struct verdict;
struct pass {
	const struct pv_table *table;
	const struct pv_entry *entries;
	uint32_t n;
	const struct area *image;
	const void *from, *to;
	enum pv_why (*bytes)(const void *record, const void *state, struct pv_site *out);
	enum pv_why (*live)(const struct pass *pass, const struct verdict *v);
};

static uint8_t expected[IMAGES][TEXT_MAX];
static struct verdict {
	enum pv_why why;
	const void *record;
	const uint8_t *at;
	struct pv_site site; /* as it will be */
	bool changed;
} verdicts[RECORDS_MAX];
static unsigned bytes_changed, bytes_padded, sites_changed;

/* Padding: the longest NOPs first. */
static void model_pad(const struct pv_family *family, struct pv_site *site)
{
	for (unsigned at = site->n, run; !family->pads && at < site->len; at += run) {
		run = site->len - at < pv_nops->max ? site->len - at : pv_nops->max;
		memcpy(site->bytes + at, pv_nops->bytes[run], run);
	}
}

static const uint8_t *model_record(const struct pv_table *table, uint32_t i)
{
	return (const uint8_t *)table->first + i * table->family->record_size;
}

/* Does an entry's record name its place? */
static bool model_named(const struct pv_table *table, const struct pv_entry *entry,
			struct pv_site *site)
{
	uint32_t n = (uint32_t)(((uintptr_t)table->last - (uintptr_t)table->first) /
				table->family->record_size);

	if (entry->record >= n)
		return false;
	table->family->bytes(model_record(table, entry->record), NULL, site);
	return (uintptr_t)site->at == entry->at;
}

static enum pv_why model_says(const struct pass *pass, const void *record, uint32_t at,
			      struct pv_site *was, struct pv_site *is)
{
	const struct pv_family *family = pass->table->family;
	enum pv_why why = (pass->bytes ? pass->bytes : family->bytes)(record, pass->from, was);

	if (!why)
		why = (pass->bytes ? pass->bytes : family->bytes)(record, pass->to, is);
	if (why)
		return why;
	if ((uintptr_t)was->at != at || (uintptr_t)is->at != at || was->len != is->len ||
	    !is->len || was->n > was->len || is->n > is->len)
		return PV_WHY_LENGTH;
	model_pad(family, was);
	model_pad(family, is);
	return PV_OK;
}

/* In text, and outside of what is the engine's own, byte by byte. */
static enum pv_why model_place(const struct pass *pass, uint32_t at, unsigned len,
			       const struct area **area)
{
	enum pv_why why = PV_OK;
	unsigned inside = 0;

	*area = area_of((uint8_t *)(uintptr_t)at, 1);
	for (unsigned i = 0; i < len; i++) {
		const uint8_t *byte = (uint8_t *)(uintptr_t)(at + i);

		for (unsigned k = 0; k < IMAGES; k++)
			if (byte >= areas[k].image.engine && byte < areas[k].image.engine_end)
				why = PV_WHY_OWN;
		inside += *area && area_of(byte, 1) == *area &&
			  byte < (*area)->image.text + (*area)->size;
	}
	if (!why && (inside < len || (pass->image && pass->image != *area)))
		why = PV_WHY_RANGE;
	return why;
}

/* The tables before: only the first site that ends behind `at` is in the way. */
static enum pv_why model_others(const struct pass *pass, const struct area *area, uint32_t at,
				unsigned len)
{
	for (const struct pv_table *t = area->image.tables; t && t != pass->table; t = t->next)
		for (uint32_t i = 0; i < t->n; i++) {
			struct pv_site site;
			uint32_t start = t->index[i].at;

			if (!model_named(t, &t->index[i], &site) || !site.len ||
			    start + site.len <= at)
				continue;
			if (start < at + len &&
			    (pass->image || t->family->groups != pass->table->family->groups ||
			     start != at || site.len != len))
				return PV_WHY_OVERLAP;
			break;
		}
	return PV_OK;
}

/* Of the last site that was taken, and of the last that was looked at. */
static uint32_t model_start, model_end, model_asked;

static enum pv_why model_order(uint32_t at, unsigned len)
{
	if (at < model_end)
		return at + len <= model_start ? PV_WHY_INDEX : PV_WHY_OVERLAP;
	return at < model_asked ? PV_WHY_INDEX : PV_OK;
}

static void model_write(const struct pass *pass, const struct area *area, const struct pv_site *was,
			struct verdict *v)
{
	const struct pv_site *is = &v->site;
	uint8_t *text = expected[area - areas] + (is->at - area->image.text);

	model_start = (uint32_t)is->at;
	model_end = model_start + is->len;
	v->changed = memcmp(was->bytes, is->bytes, is->len) != 0;
	if (!v->changed)
		return;
	if (pass->live)
		*text = PV_BREAKPOINT;
	else
		memcpy(text, is->bytes, is->len);
	sites_changed++;
	bytes_changed += is->len;
	if (was->kind == PV_KEPT && is->kind == PV_KEPT && is->n < is->len)
		bytes_changed -= is->n;
	bytes_padded += is->len - is->n;
}

static void model_entry(const struct pass *pass, const struct pv_entry *entry, struct verdict *v)
{
	struct pv_site named, was;
	const struct area *area = NULL;
	uint32_t at = entry->at;

	v->at = (const uint8_t *)(uintptr_t)at;
	v->record = NULL;
	v->changed = false;
	v->why = PV_WHY_INDEX;
	if (entry->record < pass->n)
		v->record = model_record(pass->table, entry->record);
	if (!model_named(pass->table, entry, &named))
		return;
	v->why = model_says(pass, v->record, at, &was, &v->site);
	if (!v->why)
		v->why = model_place(pass, at, was.len, &area);
	if (!v->why)
		v->why = model_order(at, was.len);
	if (v->why)
		return;
	model_asked = at;
	v->why = model_others(pass, area, at, was.len);
	if (!v->why &&
	    memcmp(expected[area - areas] + (was.at - area->image.text), was.bytes, was.len))
		v->why = PV_WHY_BYTES;
	if (!v->why && pass->live)
		v->why = pass->live(pass, v);
	if (!v->why)
		model_write(pass, area, &was, v);
}

static void model_begin(void)
{
	bytes_changed = bytes_padded = sites_changed = 0;
	for (unsigned i = 0; i < IMAGES; i++)
		memcpy(expected[i], areas[i].image.text, areas[i].size);
}

/* What the pass makes of `expected`. */
static void model_run(const struct pass *pass)
{
	model_start = model_end = model_asked = 0;
	for (uint32_t i = 0; i < pass->n; i++)
		model_entry(pass, &pass->entries[i], &verdicts[i]);
}

#endif
