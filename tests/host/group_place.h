/* SPDX-License-Identifier: MIT */
/*
 * What a model of passes over alternatives and lock prefixes keeps: the text that is expected, what
 * the pass does, and what is in a site's place, byte by byte.
 *
 * Included once, after tests/host/fuzz.h.
 */
#ifndef TESTS_HOST_GROUP_PLACE_H
#define TESTS_HOST_GROUP_PLACE_H

#include "pv/engine.h"
#include "pv/look.h"
#include "tests/host/group_says.h"

#define RECORDS_MAX 24

/* A pass: the entries, in order; facts NULL: a raw one, which is added to no image. */
struct pass {
	const struct pv_table *table;
	const struct pv_entry *entries;
	uint32_t n;
	const struct pv_fact *facts;
	const uint8_t *behind;
	const struct area *image; /* NULL: any */
	const void *from, *to;
};

/* What the pass does, in its order: refusals, and sites, each with the first of its records. */
static struct event {
	enum pv_why why;
	const void *record;
	const uint8_t *at;
	unsigned kind, row, len;
	bool changed; /* the site is not left alone */
} events[2 * RECORDS_MAX];
static unsigned nr_events;

static uint8_t expected[IMAGES][TEXT_MAX];
static bool changed[IMAGES][TEXT_MAX]; /* the site is written, whether this byte differs or not */
static unsigned changes, bytes_changed, bytes_padded;
static uint32_t model_start, model_end, model_asked; /* sites taken, and asked for */
static bool model_dry;

static void model_begin(bool dry)
{
	model_dry = dry;
	nr_events = changes = bytes_changed = bytes_padded = 0;
	model_start = model_end = model_asked = 0;
	for (unsigned i = 0; i < IMAGES; i++) {
		memset(changed[i], 0, areas[i].size);
		memcpy(expected[i], areas[i].image.text, areas[i].size);
	}
}

static void say(enum pv_why why, const void *record, uint32_t at, unsigned kind, unsigned row,
		unsigned len)
{
	must(nr_events < 2 * RECORDS_MAX, "no more than %u events", nr_events);
	events[nr_events++] = (struct event){why, record, (uint8_t *)(uintptr_t)at, kind,
					     row, len,    kind != PV_GONE};
}

/* A range of bytes in text, or why it is none. */
struct place {
	unsigned why;
	const struct area *area;
	unsigned image, start, len;
};

enum { GONE = PV_NR_WHYS, INNER }; /* beside enum pv_why */

static void place_find(struct place *place, const struct pass *pass, uint32_t at, unsigned len)
{
	unsigned gone = 0, inside = 0;

	*place = (struct place){.area = area_of((uint8_t *)(uintptr_t)at, 1), .len = len};
	for (unsigned i = 0; i < len; i++) {
		const uint8_t *byte = (uint8_t *)(uintptr_t)(at + i);

		for (unsigned image = 0; image < IMAGES; image++)
			if (between(byte, areas[image].image.engine, areas[image].image.engine_end))
				place->why = PV_WHY_OWN;
		inside += place->area && area_of(byte, 1) == place->area;
		gone += place->area &&
			between(byte, place->area->image.gone, place->area->image.gone_end);
	}
	if (!place->why && (inside < len || (pass->image && pass->image != place->area)))
		place->why = PV_WHY_RANGE;
	if (!place->why && gone)
		place->why = gone < len ? PV_WHY_RANGE : GONE;
	if (place->why)
		return;
	place->image = (unsigned)(place->area - areas);
	place->start = (unsigned)((uintptr_t)at - (uintptr_t)place->area->image.text);
}

static uint8_t *text_at(const struct place *p)
{
	return expected[p->image] + p->start;
}

/*
 * What who looks around a site sees, at other sites (pv/look.h, and a nest's outer one): in a dry
 * run text as it is, in a pass what it has become by then. So a dry run need not foretell a pass
 * that changes what is looked at.
 */
static uint8_t *text_seen(const struct place *p)
{
	return model_dry ? p->area->image.text + p->start : text_at(p);
}

/* Is a site of alternatives as linked, but for padding, and for lock prefixes that are off? */
static bool is_as_linked(const struct pv_table *table, uint32_t i, const uint8_t *text,
			 unsigned len, unsigned inner_end)
{
	const struct pv_fact *fact = &table->facts[i];
	const uint8_t *linked = fact_linked(table, &table->index[i], table->facts, fact, len);
	uint8_t padding[PV_SITE_MAX];

	if (!linked || inner_end > fact->run)
		return false;
	for (unsigned k = 0; k < fact->run; k++)
		if (text[k] != linked[k] && (linked[k] != 0xf0 || text[k] != 0x3e))
			return false;
	fill(padding, len - fact->run);
	return !memcmp(text + fact->run, linked + fact->run, len - fact->run) ||
	       !memcmp(text + fact->run, padding, len - fact->run);
}

/* The tables before: the first site that ends behind `at` is in the way, or around. */
static unsigned others_judge(const struct pass *pass, const struct place *p, uint32_t at,
			     unsigned len)
{
	for (const struct pv_table *t = p->area->image.tables;
	     t && (t != pass->table || !pass->image); t = t->next)
		for (uint32_t i = 0; i < t->n; i++) {
			uint32_t start = t->index[i].at;
			struct place outer;
			unsigned size;

			if (!entry_names(t, &t->index[i], t->n, &size) || !size ||
			    start + size <= at)
				continue;
			if (start >= at + len)
				break;
			if (!pass->image && t->family->groups == pass->table->family->groups &&
			    start == at && size == len)
				break;
			if (!pass->table->family->nests || !t->family->groups || at < start ||
			    at + len > start + size)
				return PV_WHY_OVERLAP;
			place_find(&outer, pass, start, size);
			if (outer.why || outer.area != p->area ||
			    !is_as_linked(t, i, text_seen(&outer), size, at + len - start))
				return INNER;
			break;
		}
	return PV_OK;
}

static unsigned place_judge(const struct pass *pass, uint32_t at, unsigned len, struct place *p)
{
	place_find(p, pass, at, len);
	if (p->why)
		return p->why;
	if (at < model_end)
		return at + len <= model_start ? PV_WHY_INDEX : PV_WHY_OVERLAP;
	if (at < model_asked)
		return PV_WHY_INDEX;
	model_asked = at;
	return others_judge(pass, p, at, len);
}

/* `rewritten` bytes of the site count, of which `pad` are padding; it is written as a whole. */
static void site_changes(const struct place *place, uint32_t at, const uint8_t *bytes,
			 unsigned rewritten, unsigned pad)
{
	uint8_t *now = text_at(place);

	model_start = at;
	model_end = at + place->len;
	if (!memcmp(now, bytes, place->len))
		return;
	memcpy(now, bytes, place->len);
	memset(changed[place->image] + place->start, true, place->len);
	changes++;
	bytes_changed += rewritten;
	bytes_padded += pad;
}

/* The text around a place, for who looks at it. */
static uint8_t *look_at(const struct place *p, struct pv_range *around)
{
	uint8_t *text = text_seen(p) - p->start;
	const struct pv_image *image = &p->area->image;

	*around = (struct pv_range){text, text + p->area->size};
	if (image->gone && image->gone <= image->text + p->start)
		around->first = text + (image->gone_end - image->text);
	else if (image->gone)
		around->end = text + (image->gone - image->text);
	return text + p->start;
}

static bool begins(const struct place *p)
{
	struct pv_range around;
	const uint8_t *at = look_at(p, &around);

	return pv_look_begins(around, at);
}

#endif
