/* SPDX-License-Identifier: MIT */
/*
 * Lays the index out and fills it: the header; for each family's table its entries, and its facts
 * if its records form groups; last the linked bytes of sites that are too long for their fact.
 */
#include "family/site_index.h"
#include "family/facts.h"
#include "family/keyed.h"
#include "read/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER     (uint32_t)sizeof(struct pv_index)
#define PART       (uint32_t)sizeof(struct pv_index_part)
#define ENTRY      (uint32_t)sizeof(struct pv_entry)
#define FACT       (uint32_t) FACT_SIZE
#define PART_AT(i) ((uint32_t)offsetof(struct pv_index, part) + (uint32_t)(i)*PART)

_Static_assert(MODEL_FAMILIES <= PV_INDEX_PARTS, "a part for each family");

/* Bytes of a fact; 0: the family has none. */
static uint32_t fact_size(const struct family *family)
{
	return family->groups ? FACT : family->looks ? 1 : family->sums ? 4 : 0;
}

static bool is_long(const struct index_item *item)
{
	return item->site->family->groups && item->record == item->site->records &&
	       item->site->len > FACT_LINKED_MAX;
}

/* ---- the sites, sorted ---- */

static int by_entry(const void *left, const void *right)
{
	const struct record *a = ((const struct index_item *)left)->record;
	const struct record *b = ((const struct index_item *)right)->record;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static void add_part(struct site_index *index, const struct model *model,
		     const struct family *family)
{
	size_t n = model_table(model, family)->n;
	struct index_part *part = &index->parts[index->n_parts];

	if (!n)
		return;
	index->n_parts++;
	part->family = family;
	part->items = bytes_need(calloc(n, sizeof(*part->items)));
	for (size_t i = 0; i < model->n_sites; i++) {
		const struct site *site = &model->sites[i];

		for (size_t k = 0; site->family == family && k < site->n; k++)
			part->items[part->n++] = (struct index_item){site, &site->records[k]};
	}
	qsort(part->items, part->n, sizeof(*part->items), by_entry);
}

/* ---- what cannot be ---- */

/* `before`: the item of the site before, or NULL. */
static const char *item_fault(const struct index_item *item, const struct index_item *before)
{
	const struct site *site = item->site;

	if (site->fault)
		return site->fault;
	if (site->n > UINT8_MAX)
		return "its site has more than 255 records";
	if (before && before->site != site && site->addr - before->site->addr < before->site->len)
		return "its site overlaps another one of the family";
	return NULL;
}

static bool is_good(struct site_index *index)
{
	for (size_t p = 0; p < index->n_parts; p++) {
		struct index_part *part = &index->parts[p];

		for (size_t i = 0; i < part->n; i++) {
			const struct index_item *item = &part->items[i];

			index->why = item_fault(item, i ? item - 1 : NULL);
			if (!index->why)
				continue;
			index->bad = *item;
			if (item->site->fault)
				index->bad.record = item->site->bad;
			return false;
		}
	}
	return true;
}

/* ---- the bytes ---- */

static void lay_out(struct site_index *index)
{
	uint32_t at = HEADER;

	for (size_t p = 0; p < index->n_parts; p++) {
		struct index_part *part = &index->parts[p];

		part->entries = at;
		at += (uint32_t)part->n * ENTRY;
		if (!fact_size(part->family))
			continue;
		part->facts = at;
		at += ((uint32_t)part->n * fact_size(part->family) + 3) / 4 * 4;
	}
	index->linked = at;
	for (size_t p = 0; p < index->n_parts; p++) {
		const struct index_part *part = &index->parts[p];

		for (size_t i = 0; part->facts && i < part->n; i++)
			at += is_long(&part->items[i]) ? part->items[i].site->len : 0;
	}
	index->size = (at + 3) / 4 * 4;
	index->bytes = bytes_need(calloc(index->size, 1));
}

static void fill_header(struct site_index *index, const struct model *model)
{
	bytes_put32(index->bytes + offsetof(struct pv_index, magic), PV_INDEX_MAGIC);
	bytes_put32(index->bytes + offsetof(struct pv_index, size), index->size);
	fact_sources(model, index->bytes + offsetof(struct pv_index, sources));
	for (size_t p = 0; p < index->n_parts; p++) {
		const struct index_part *part = &index->parts[p];
		uint8_t *out = index->bytes + PART_AT(p);

		bytes_put32(out + offsetof(struct pv_index_part, first),
			    model_table(model, part->family)->addr);
		bytes_put32(out + offsetof(struct pv_index_part, records), (uint32_t)part->n);
		bytes_put32(out + offsetof(struct pv_index_part, entries), part->entries);
		bytes_put32(out + offsetof(struct pv_index_part, facts), part->facts);
	}
}

static void fill_entries(struct site_index *index, const struct index_part *part)
{
	for (size_t i = 0; i < part->n; i++) {
		const struct record *record = part->items[i].record;
		uint8_t *out = index->bytes + part->entries + i * ENTRY;

		bytes_put32(out + offsetof(struct pv_entry, at), record->addr);
		bytes_put32(out + offsetof(struct pv_entry, record), (uint32_t)record->index);
	}
}

/* *long_at: where the next long site's bytes go. */
static void fill_facts(struct site_index *index, const struct model *model,
		       const struct index_part *part, uint32_t *long_at)
{
	for (size_t i = 0; i < part->n; i++) {
		const struct site *site = part->items[i].site;

		if (part->family->looks) {
			index->bytes[part->facts + i] = fact_look(model, site);
			continue;
		}
		if (part->family->sums) { /* in the records' order */
			bytes_put32(index->bytes + part->facts + 4 * part->items[i].record->index,
				    keyed_sum(part->family, part->items[i].record));
			continue;
		}
		fact_make(model, site, part->items[i].record, *long_at - part->facts,
			  index->bytes + part->facts + i * FACT);
		if (!is_long(&part->items[i]))
			continue;
		memcpy(index->bytes + *long_at, image_bytes(&model->image, site->addr, site->len),
		       site->len);
		*long_at += site->len;
	}
}

bool site_index_make(struct site_index *index, const struct model *model)
{
	uint32_t long_at;

	*index = (struct site_index){0};
	for (size_t i = 0; i < MODEL_FAMILIES; i++)
		add_part(index, model, model_families[i]);
	if (!is_good(index))
		return false;
	lay_out(index);
	fill_header(index, model);
	long_at = index->linked;
	for (size_t p = 0; p < index->n_parts; p++) {
		fill_entries(index, &index->parts[p]);
		if (index->parts[p].facts)
			fill_facts(index, model, &index->parts[p], &long_at);
	}
	return true;
}

void site_index_free(struct site_index *index)
{
	for (size_t p = 0; p < index->n_parts; p++)
		free(index->parts[p].items);
	free(index->bytes);
	*index = (struct site_index){0};
}

/* ---- room ---- */

#define ROOM_TEXT 512

/* The linker script's line: all but the last number follows the tables by itself. */
static void say_room(const struct site_index *index, char out[ROOM_TEXT])
{
	int len = snprintf(out, ROOM_TEXT, ". += %u", HEADER - 4);
	uint32_t rest = index->size - HEADER;

	for (size_t p = 0; p < index->n_parts; p++) {
		const struct family *family = index->parts[p].family;

		rest -= (uint32_t)index->parts[p].n * (ENTRY + fact_size(family));
		len += snprintf(out + len, ROOM_TEXT - (size_t)len, " + %u * SIZEOF(%s) / %u",
				ENTRY + fact_size(family), family->section, family->record_size);
	}
	snprintf(out + len, ROOM_TEXT - (size_t)len, " + %u;", rest);
}

static bool no_section(const struct site_index *index, char why[SITE_INDEX_WHY])
{
	char room[ROOM_TEXT];

	say_room(index, room);
	snprintf(why, SITE_INDEX_WHY,
		 "there is none; in the linker script, behind the tables:\n"
		 "\t" SITE_INDEX_SECTION " ALIGN(8) : {\n\t\t__pv_index = .; LONG(0)\n\t\t%s\n"
		 "\t\t__pv_index_end = .;\n\t}",
		 room);
	return false;
}

static bool too_small(const struct site_index *index, uint32_t size, char why[SITE_INDEX_WHY])
{
	char room[ROOM_TEXT];

	say_room(index, room);
	snprintf(why, SITE_INDEX_WHY,
		 "%u bytes, and the index has %u; in the linker script, behind LONG(0):\n\t%s",
		 size, index->size, room);
	return false;
}

/* The kernel finds it by these two. */
static bool has_ends(const struct model *model, const struct section *s)
{
	const struct symbol *begin = image_symbol(&model->image, "__pv_index");
	const struct symbol *end = image_symbol(&model->image, "__pv_index_end");

	return begin && end && begin->addr == s->addr && end->addr - s->addr == s->size;
}

bool site_index_fits(const struct site_index *index, const struct model *model,
		     char why[SITE_INDEX_WHY])
{
	const struct section *s = image_section(&model->image, SITE_INDEX_SECTION);
	const char *fault = NULL;

	if (!s || !s->size)
		return no_section(index, why);
	if (!s->bytes)
		fault = "no bytes in the file: LONG(0) at its start makes some";
	else if (s->addr % 4)
		fault = "not at a multiple of 4";
	else if (!has_ends(model, s))
		fault = "__pv_index and __pv_index_end are not its ends";
	if (!fault)
		return s->size >= index->size || too_small(index, s->size, why);
	snprintf(why, SITE_INDEX_WHY, "%s", fault);
	return false;
}

/* ---- for people ---- */

struct field {
	uint32_t at, len;
	const char *name;
};

#define FIELD(type, member)                                                                \
	{                                                                                  \
		offsetof(struct type, member), sizeof(((struct type *)0)->member), #member \
	}

/* The field of a thing that begins at `start`. The list ends with the thing. */
static void place_field(struct index_place *out, const char *what, size_t i, uint32_t start,
			uint32_t offset, const struct field *field)
{
	while (offset - start - field->at >= field->len)
		field++;
	out->at = start + field->at;
	out->len = field->len;
	snprintf(out->name, sizeof(out->name), "%s %zu, %s", what, i, field->name);
}

static void place_header(uint32_t offset, struct index_place *out)
{
	static const struct field fields[] = {
		FIELD(pv_index_part, first), FIELD(pv_index_part, records),
		FIELD(pv_index_part, entries), FIELD(pv_index_part, facts)};
	static const char *const words[] = {"magic", "size", "sources, at", "sources, size",
					    "sources, sum"};
	uint32_t part = (offset - PART_AT(0)) / PART;

	if (offset >= PART_AT(0)) {
		place_field(out, "part", part, PART_AT(part), offset, fields);
		return;
	}
	out->at = offset / 4 * 4;
	out->len = 4;
	snprintf(out->name, sizeof(out->name), "%s", words[out->at / 4]);
}

static void place_entry(const struct index_part *part, uint32_t offset, struct index_place *out)
{
	static const struct field fields[] = {FIELD(pv_entry, at), FIELD(pv_entry, record)};
	size_t i = (offset - part->entries) / ENTRY;

	place_field(out, "entry", i, part->entries + (uint32_t)i * ENTRY, offset, fields);
	out->item = part->items[i];
}

static void place_fact(const struct index_part *part, uint32_t offset, struct index_place *out)
{
	static const struct field fields[] = {FIELD(pv_fact, sum),       FIELD(pv_fact, source),
					      FIELD(pv_fact, n),         FIELD(pv_fact, run),
					      FIELD(pv_fact, rel_at),    FIELD(pv_fact, kind),
					      FIELD(pv_fact, linked[0]), FIELD(pv_fact, linked[1])};
	size_t i = (offset - part->facts) / fact_size(part->family);

	out->item = part->items[i];
	if (part->family->looks) {
		out->at = part->facts + (uint32_t)i;
		out->len = 1;
		snprintf(out->name, sizeof(out->name), "byte behind %zu", i);
		return;
	}
	if (part->family->sums) {
		out->at = part->facts + 4 * (uint32_t)i;
		out->len = 4;
		snprintf(out->name, sizeof(out->name), "sum %zu", i);
		for (size_t k = 0; k < part->n; k++)
			if (part->items[k].record->index == i)
				out->item = part->items[k];
		return;
	}
	place_field(out, "fact", i, part->facts + (uint32_t)i * FACT, offset, fields);
}

static void place_linked(const struct site_index *index, uint32_t offset, struct index_place *out)
{
	uint32_t at = index->linked;

	for (size_t p = 0; p < index->n_parts; p++) {
		const struct index_part *part = &index->parts[p];

		for (size_t i = 0; part->facts && i < part->n; i++) {
			if (!is_long(&part->items[i]))
				continue;
			if (offset - at < part->items[i].site->len) {
				*out = (struct index_place){.at = at,
							    .len = part->items[i].site->len};
				out->item = part->items[i];
				strcpy(out->name, "linked bytes");
				return;
			}
			at += part->items[i].site->len;
		}
	}
	*out = (struct index_place){.at = at, .len = index->size - at};
	strcpy(out->name, "fill behind the linked bytes");
}

void site_index_place(const struct site_index *index, uint32_t offset, struct index_place *out)
{
	*out = (struct index_place){.at = offset, .len = UINT32_MAX - offset};
	strcpy(out->name, "behind its end");
	if (offset < HEADER)
		place_header(offset, out);
	else if (offset >= index->linked && offset < index->size)
		place_linked(index, offset, out);
	for (size_t p = 0; p < index->n_parts; p++) {
		const struct index_part *part = &index->parts[p];

		if (offset >= part->entries && offset - part->entries < part->n * ENTRY)
			place_entry(part, offset, out);
		if (part->facts && offset >= part->facts &&
		    offset - part->facts < part->n * fact_size(part->family))
			place_fact(part, offset, out);
	}
}
