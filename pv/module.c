// SPDX-License-Identifier: MIT
/*
 * A module's sites. Nobody runs its text before it is added, nor when it goes, so it is written to as
 * in a pass where the others wait. What is there all the time is who meets a breakpoint: pv_images is
 * walked by other CPUs while it changes.
 */
#include "pv/module.h"
#include "pv/index.h"

#define ALIGN 8u

/* ---- what indexes and facts take ---- */

static size_t aligned(size_t bytes)
{
	return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

static bool is_whole(const struct pv_table *t)
{
	const size_t bytes = (size_t)((const uint8_t *)t->last - (const uint8_t *)t->first);

	return t->last >= t->first && bytes % t->family->record_size == 0;
}

/* What is linked there stands beside the facts. */
static size_t long_sites(const struct pv_table *t)
{
	const uint8_t *record = t->first;
	struct pv_site site;
	size_t bytes = 0;

	for (uint32_t n = pv_table_records(t); n--; record += t->family->record_size) {
		t->family->bytes(record, NULL, &site);
		bytes += site.len;
	}
	return bytes;
}

static size_t facts_size(const struct pv_table *t)
{
	const size_t n = pv_table_records(t);

	if (t->family->groups)
		return aligned(n * sizeof(struct pv_fact)) + aligned(long_sites(t));
	return t->family->look ? aligned(n) : 0;
}

size_t pv_module_room(const struct pv_module *m)
{
	size_t bytes = 0, spare = 0;

	for (const struct pv_part *part = m->parts; part < m->parts + m->n; part++) {
		const size_t entries = pv_table_records(&part->table) * sizeof(struct pv_entry);

		bytes += entries + facts_size(&part->table);
		spare = spare < entries ? entries : spare;
	}
	return bytes + spare;
}

static void *take(uint8_t **room, size_t bytes)
{
	uint8_t *at = *room;

	*room += aligned(bytes);
	return at;
}

static void make_index(const struct pv_module *m, struct pv_table *t, uint8_t **room)
{
	const size_t n = pv_table_records(t);
	struct pv_facts_room facts = {.facts = NULL};
	struct pv_entry *entries = take(room, n * sizeof(*entries));

	if (t->family->groups) {
		facts.facts = take(room, n * sizeof(struct pv_fact));
		facts.sources = m->sources;
		facts.sources_size = m->sources_size;
		facts.linked_size = long_sites(t);
		facts.linked = take(room, facts.linked_size);
	} else if (t->family->look) {
		facts.behind = take(room, n);
	}
	pv_index_make(t, entries, (struct pv_entry *)*room);
	if (t->family->groups || t->family->look)
		pv_facts_make(t, &facts);
}

/* ---- it comes ---- */

/* A record that names a site of somebody else's would have that written. */
static const char *foreign(const struct pv_module *m)
{
	struct pv_site site;

	for (const struct pv_part *part = m->parts; part < m->parts + m->n; part++) {
		const struct pv_table *t = &part->table;
		const uint8_t *record = t->first;

		if (!is_whole(t))
			return "a table is not whole records";
		for (uint32_t n = pv_table_records(t); n--; record += t->family->record_size) {
			t->family->bytes(record, NULL, &site);
			if (!pv_image_range(&m->image, (uint32_t)site.at, site.len).first)
				return "a record's site is not in its text";
		}
	}
	return NULL;
}

/* Text is as linked. What is empty is no table: nothing could be found in it. */
static void add_tables(struct pv_module *m, uint8_t *room)
{
	for (struct pv_part *part = m->parts; part < m->parts + m->n; part++) {
		struct pv_table *t = &part->table;

		if (t->first == t->last)
			continue;
		if (part->keyed)
			part->keyed->prepare(t);
		make_index(m, t, &room);
		pv_table_add(&m->image, t);
	}
}

static bool patch(struct pv_part *part)
{
	const struct pv_table *t = &part->table;
	const void *to = part->keyed ? part->keyed->state(part->keyed) : part->now(part->arg);
	const uint32_t refused = part->stats->total.refused;
	const uint64_t start = pv_host_time();

	pv_apply(t->family, t->first, t->last, t->family->linked, to, PV_GATHERED, part->stats);
	part->stats->ns += pv_host_time() - start;
	return part->stats->total.refused == refused;
}

/* Whose walk has begun before the image was gone knows it until all are synchronized. */
static void forget(struct pv_module *m)
{
	for (struct pv_part *part = m->parts; part < m->parts + m->n; part++)
		if (part->keyed && part->keyed->forget && part->table.first != part->table.last)
			part->keyed->forget(&part->table);
	pv_image_remove(&m->image);
}

static const char *add(struct pv_module *m, void *room)
{
	const char *why = foreign(m);
	bool whole = true;

	if (why)
		return why;
	m->image.tables = NULL;
	pv_image_add(&m->image);
	add_tables(m, room);
	for (struct pv_part *part = m->parts; part < m->parts + m->n; part++)
		whole &= part->table.first == part->table.last || patch(part);
	if (whole)
		return NULL;
	forget(m);
	pv_host_sync_others();
	return "a site was refused";
}

const char *pv_module_add(struct pv_module *m, void *room)
{
	const char *why = pv_host_live_begin();

	if (why)
		return why;
	why = add(m, room);
	pv_host_live_end();
	return why;
}

/* ---- it goes ---- */

static const struct pv_image *leaving;

static PV_TEXT bool is_inside(uint32_t address)
{
	return pv_image_range(leaving, address, 1).first;
}

static const char *held(const struct pv_module *m)
{
	const char *why = NULL;

	for (const struct pv_part *part = m->parts; part < m->parts + m->n && !why; part++)
		if (part->keyed && part->keyed->held)
			why = part->keyed->held(&m->image);
	return why;
}

static const char *leave(struct pv_module *m)
{
	uint32_t tries = 0;
	const char *why = held(m);

	leaving = &m->image;
	if (!why)
		why = pv_host_gather_outside(is_inside, NULL, &tries);
	if (why)
		return why;
	forget(m);
	pv_host_release();
	return NULL;
}

const char *pv_module_remove(struct pv_module *m)
{
	const char *why = pv_host_live_begin();

	if (why)
		return why;
	why = leave(m);
	pv_host_live_end();
	return why;
}
