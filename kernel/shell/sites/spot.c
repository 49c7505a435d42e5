// SPDX-License-Identifier: MIT
/*
 * Sites by the tables' indexes. A table without one has lost it by damage, and is passed over: statistics say so.
 */
#include "kernel/shell/sites/spot.h"
#include "kernel/shell/sites/names.h"
#include "lib/format.h"
#include "lib/string.h"
#include "pv/alternative.h"
#include "pv/facts.h"
#include "pv/feature.h"
#include "pv/jump_label.h"
#include "pv/patch.h"
#include "pv/replace.h"
#include "pv/smp_locks.h"
#include "pv/static_call.h"

/* Entries of a group have the same place and length. */
static void spot_at(const struct pv_image *image, const struct pv_table *t, uint32_t i,
		    struct spot *out)
{
	struct pv_site site, next;

	pv_entry_site(t, i, &site);
	*out = (struct spot){image, t, i, 1, site.at, site.len};
	while (t->family->groups && i + out->n < t->n) {
		pv_entry_site(t, i + out->n, &next);
		if (next.at != site.at || next.len != site.len)
			return;
		out->n++;
	}
}

static bool each_in(const struct pv_image *image, const struct pv_table *t, uint32_t from,
		    uint32_t end, spot_visit_fn *visit, void *arg)
{
	struct spot spot;

	for (uint32_t i = 0; i < t->n && t->index[i].at < end; i += spot.n) {
		spot_at(image, t, i, &spot);
		if (spot.len && (uint32_t)spot.at >= from && !visit(&spot, arg))
			return false;
	}
	return true;
}

bool spots_each(uint32_t from, uint32_t end, spot_visit_fn *visit, void *arg)
{
	for (const struct pv_image *image = pv_images; image; image = image->next)
		for (const struct pv_table *t = image->tables; t; t = t->next)
			if (!each_in(image, t, from, end, visit, arg))
				return false;
	return true;
}

/* ---- find ---- */

struct wanted {
	const struct pv_table *table;
	uint8_t *at;
	struct spot *out;
};

static bool is_wanted(const struct spot *spot, void *arg)
{
	const struct wanted *w = arg;

	if (spot->table != w->table || spot->at != w->at)
		return true;
	*w->out = *spot;
	return false;
}

bool spot_find(uint32_t byte, struct spot *out)
{
	struct pv_place place;
	struct wanted w = {.out = out};

	if (!pv_is_text(byte) || !pv_find((const uint8_t *)byte, &place))
		return false;
	w.table = place.table;
	w.at = place.at;
	return !spots_each((uint32_t)place.at, (uint32_t)place.at + 1, is_wanted, &w);
}

static bool is_inside(const struct spot *spot, void *arg)
{
	struct wanted *w = arg;

	if (spot->table == w->table || !spot->table->family->nests)
		return true;
	*w->out = *spot;
	return false;
}

bool spot_inside(const struct spot *outer, struct spot *out)
{
	struct wanted w = {.table = outer->table, .out = out};

	return outer->table->family->groups &&
	       !spots_each((uint32_t)outer->at, (uint32_t)outer->at + outer->len, is_inside, &w);
}

bool spot_is_gone(const struct spot *spot)
{
	return spot->at >= spot->image->gone && spot->at < spot->image->gone_end;
}

/* ---- what records say ---- */

static const void *record(const struct spot *spot, uint32_t i)
{
	return pv_table_record(spot->table, spot->entry + i);
}

static void add(char *text, size_t room, const char *more)
{
	strlcpy(text + strlen(text), more, room - strlen(text));
}

static void features(const struct spot *spot, char what[SPOT_WHAT])
{
	char name[24];

	what[0] = '\0';
	for (uint32_t i = 0; i < spot->n; i++) {
		const struct alt_instr *alt = record(spot, i);
		const unsigned feature = alt->cpuid & ~(unsigned)PV_ALT_FLAG_NOT;
		const char *known = pv_feature_name(feature);

		snprintf(name, sizeof(name), "%s%s", i ? ", " : "",
			 alt->cpuid & PV_ALT_FLAG_NOT ? "!" : "");
		add(what, SPOT_WHAT, name);
		snprintf(name, sizeof(name), "%u", feature);
		add(what, SPOT_WHAT, known ? known : name);
	}
}

static const struct pv_keyed *keyed_of(const struct pv_family *family)
{
	if (family == &jump_label_family)
		return &pv_static_keys;
	return family == &static_call_family ? &pv_static_calls : NULL;
}

void spot_what(const struct spot *spot, char what[SPOT_WHAT])
{
	const struct pv_family *family = spot->table->family;
	const struct pv_keyed *keyed = keyed_of(family);
	char name[KSYM_NAME];
	struct pv_site site;

	strlcpy(what, "", SPOT_WHAT);
	if (family->groups) {
		features(spot, what);
	} else if (keyed) {
		names_of((const void *)pv_keyed_key(keyed, record(spot, 0)), name);
		strlcpy(what, name, SPOT_WHAT);
	} else if (family->rows) {
		family->bytes(record(spot, 0), NULL, &site);
		strlcpy(what, site.row < family->rows ? family->name_row(site.row) : "?",
			SPOT_WHAT);
	} else if (family == &replace_family) {
		strlcpy(what, "a function's entry", SPOT_WHAT);
	}
}

void spot_record(const struct spot *spot, char text[2 * SPOT_WHAT])
{
	const struct pv_family *family = spot->table->family;
	char what[SPOT_WHAT];

	spot_what(spot, what);
	if (family == &jump_label_family) {
		const struct jump_entry *e = record(spot, 0);

		snprintf(text, 2 * SPOT_WHAT, "key %s, %s, to %pS", what,
			 pv_keyed_to(&e->key) & PV_JUMP_LIKELY ? "likely" : "unlikely",
			 (void *)pv_keyed_to(&e->target));
	} else if (family == &static_call_family) {
		const struct static_call_site *site = record(spot, 0);

		snprintf(text, 2 * SPOT_WHAT, "call %s, %s", what,
			 pv_keyed_to(&site->key) & PV_CALL_TAIL ? "a jump" : "a call");
	} else if (family == &smp_locks_family) {
		strlcpy(text, "a lock prefix", 2 * SPOT_WHAT);
	} else if (family->rows) {
		snprintf(text, 2 * SPOT_WHAT, "%s %s", family->row_is, what);
	} else {
		strlcpy(text, what, 2 * SPOT_WHAT);
	}
}

/* ---- as linked ---- */

static const uint8_t *linked_group(const struct spot *spot)
{
	const struct pv_table *t = spot->table;

	if (!t->facts)
		return NULL;
	return pv_fact_linked(t->facts, &t->facts[spot->entry], record(spot, 0),
			      t->family->record_size, spot->len);
}

bool spot_linked(const struct spot *spot, uint8_t bytes[PV_SITE_MAX + 1])
{
	const struct pv_family *family = spot->table->family;
	const uint8_t *group;
	struct pv_site site;

	if (family->groups) {
		group = linked_group(spot);
		if (group)
			memcpy(bytes, group, spot->len);
		return group != NULL;
	}
	if (family->bytes(record(spot, 0), family->linked, &site))
		return false;
	memcpy(bytes, site.bytes, spot->len);
	return true;
}
