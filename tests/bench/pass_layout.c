// SPDX-License-Identifier: MIT
/*
 * One image out of a list: text, which is filler but for its sites, records in the list's order,
 * and what stands at each site as linked and in the end. Records of a group are neighbours in the
 * list. Branches lead half of the text away.
 */
#include "tests/bench/pass_field.h"

#define NOT      0x8000u
#define SITE_MAX 255
#define LOCKED   3 /* lock incl (%eax) */

struct room {
	uint8_t *at, *end;
};

static void *room_take(struct room *room, uint32_t bytes)
{
	uint8_t *at = room->at;

	room->at += (bytes + 3) & ~3u;
	if (room->at > room->end)
		die("pass: tables are larger than was thought", bytes);
	return at;
}

static uint32_t words(const uint8_t *bytes, uint32_t n)
{
	uint32_t word = 0;

	for (uint32_t i = 0; i < n; i++)
		word |= (uint32_t)bytes[i] << 8 * i;
	return word;
}

static struct place place_make(uint32_t at, const uint8_t *bytes, uint32_t len, struct room *room)
{
	uint32_t half = len < 2 ? 1 : len < 4 ? 2 : 4;
	uint8_t *copy;

	if (len <= 8)
		return (struct place){at, len, words(bytes, half), words(bytes + len - half, half)};
	copy = room_take(room, len);
	for (uint32_t i = 0; i < len; i++)
		copy[i] = bytes[i];
	return (struct place){at, len, (uint32_t)copy, 0};
}

static void add_place(struct table *t, unsigned world, uint32_t at, uint32_t len,
		      const uint8_t *linked, const uint8_t *final, struct room *room)
{
	t->linked[world][t->sites] = place_make(at, linked, len, room);
	t->final[world][t->sites] = place_make(at, final, len, room);
}

struct paravirt_record {
	uint32_t at;
	uint8_t type, len;
	uint16_t clobbers;
};

/* Its byte stands behind all addresses. */
static void add_found(struct table *t, const struct world_op *op, uint32_t at, struct room *room)
{
	uint32_t *records = (uint32_t *)(void *)t->record[WORLD_NOW];
	uint8_t linked[5], final[5];

	records[t->records] = at;
	((uint8_t *)(records + t->all))[t->records] = op->type | (op->jumps ? 0x80 : 0);
	code_found_linked(linked, op, at);
	code_found_final(final, op, at);
	add_place(t, WORLD_NOW, at, 5, linked, final, room);
}

static void add_paravirt(struct image *image, const struct spec *spec,
			 const struct world_op *worlds[WORLDS], struct room *room)
{
	struct table *t = &image->table[FAMILY_PARAVIRT];
	uint32_t at = (uint32_t)image->text + spec->at;
	uint8_t linked[6], final[6];

	for (unsigned world = 0; world < WORLDS; world++) {
		const struct world_op *op = &worlds[world][spec->what];

		if (field_found && world == WORLD_NOW) {
			add_found(t, op, at, room);
			continue;
		}
		((struct paravirt_record *)(void *)t->record[world])[t->records] =
			(struct paravirt_record){at, op->type, 6, 7};
		code_op_linked(linked, op);
		code_op_final(final, op, at);
		add_place(t, world, at, 6, linked, final, room);
	}
	t->records++;
	t->sites++;
}

struct alternative_record {
	uint32_t site, replacement;
	uint16_t feature;
	uint8_t len, n;
};

static bool applies(const struct spec *spec)
{
	unsigned feature = spec->what & ~NOT;

	return (field_features[feature / 32] >> feature % 32 & 1) != (spec->what / NOT);
}

/* The replacement as it would be at `at`. */
static void replacement_at(const struct image *image, const struct spec *spec, uint8_t *at,
			   uint32_t here)
{
	uint32_t to = (uint32_t)image->text +
		      (spec->at + image->text_bytes / 2) % image->text_bytes;

	if (spec->kind == REPL_OTHER || (spec->n && spec->n != 5))
		code_fill(at, spec->n, 1);
	else if (spec->n)
		code_branch(at, spec->kind == REPL_JMP ? 0xe9 : 0xe8, to - here + (uint32_t)at);
}

/* What is linked: a jump where the feature makes a way free, NOPs at the end. */
static void alternative_linked(const struct image *image, const struct spec *spec, uint8_t *bytes)
{
	uint32_t code = spec->len - spec->nops, at = (uint32_t)image->text + spec->at;
	uint32_t to = (uint32_t)image->text +
		      (spec->at + image->text_bytes / 3) % image->text_bytes;

	code_fill(bytes, code, 0);
	if (code == 5 && (spec->kind == REPL_JMP || spec->kind == REPL_EMPTY))
		code_branch(bytes, 0xe9, to - at + (uint32_t)bytes);
	else if (code == 5 && spec->kind == REPL_CALL)
		code_branch(bytes, 0xe8, to - at + (uint32_t)bytes);
	for (uint32_t i = code; i < spec->len; i++)
		bytes[i] = 0x90;
}

static void add_record(struct image *image, const struct spec *spec)
{
	struct table *t = &image->table[FAMILY_ALTERNATIVES];
	struct alternative_record *record = (struct alternative_record *)(void *)t->record[0] +
					    t->records++;
	uint8_t *at = image->replacements + image->replacement_bytes;

	image->replacement_bytes += spec->n;
	replacement_at(image, spec, at, (uint32_t)at);
	*record = (struct alternative_record){
		(uint32_t)image->text + spec->at - (uint32_t)&record->site,
		(uint32_t)at - (uint32_t)&record->replacement, spec->what, spec->len, spec->n};
}

/* Returns how many records the group has. */
static uint32_t add_alternatives(struct image *image, const struct spec *spec, uint32_t left,
				 struct room *room)
{
	struct table *t = &image->table[FAMILY_ALTERNATIVES];
	uint32_t n = 0, at = (uint32_t)image->text + spec->at;
	uint8_t linked[SITE_MAX], final[SITE_MAX];

	alternative_linked(image, spec, linked);
	for (uint32_t i = 0; i < spec->len; i++)
		final[i] = linked[i];
	engine_nops(final + spec->len - spec->nops, spec->nops);
	for (; n < left && spec[n].family == FAMILY_ALTERNATIVES && spec[n].at == spec->at; n++) {
		add_record(image, &spec[n]);
		if (!applies(&spec[n]))
			continue;
		replacement_at(image, &spec[n], final, at);
		engine_nops(final + spec[n].n, spec->len - spec[n].n);
	}
	add_place(t, 0, at, spec->len, linked, final, room);
	t->sites++;
	return n;
}

static void add_lock(struct image *image, const struct spec *spec, struct room *room)
{
	static const uint8_t lock = 0xf0, ds = 0x3e;
	struct table *t = &image->table[FAMILY_SMP_LOCKS];
	uint32_t *record = (uint32_t *)(void *)t->record[0] + t->records++;
	uint8_t *at = image->text + spec->at;

	*record = (uint32_t)at - (uint32_t)record;
	add_place(t, 0, (uint32_t)at, 1, &lock, &ds, room);
	t->sites++;
	at[1] = 0xff; /* see LOCKED */
	at[2] = 0x00;
}

/* Shell's sort: most lists are nearly in order. */
static void places_sort(struct place *places, uint32_t n)
{
	uint32_t gap = 1;

	while (gap < n / 3)
		gap = 3 * gap + 1;
	for (; gap; gap /= 3)
		for (uint32_t i = gap; i < n; i++) {
			struct place place = places[i];
			uint32_t k = i;

			for (; k >= gap && places[k - gap].at > place.at; k -= gap)
				places[k] = places[k - gap];
			places[k] = place;
		}
}

static uint32_t worlds_of(unsigned family)
{
	return family == FAMILY_PARAVIRT ? WORLDS : 1;
}

static void table_make(struct table *t, unsigned family, uint32_t records, uint32_t longs,
		       struct room *room)
{
	static const uint8_t sizes[FAMILIES] = {8, 12, 4};

	*t = (struct table){.size = sizes[family], .all = records};
	for (unsigned world = 0; world < WORLDS; world++) {
		bool own = world < worlds_of(family);

		t->record[world] = own ? room_take(room, records * t->size) : t->record[0];
		t->linked[world] = own ? room_take(room, records * sizeof(struct place))
				       : t->linked[0];
		t->final[world] = own ? room_take(room, records * sizeof(struct place))
				      : t->final[0];
	}
	if (field_found && family == FAMILY_PARAVIRT)
		t->size = 4;
	t->room_size = records * (16 + (family == FAMILY_ALTERNATIVES ? 20 : 1)) + longs;
	for (unsigned i = 0; i < 2; i++)
		t->room[i] = room_take(room, t->room_size);
}

static void tables_make(struct image *image, const struct spec *list, uint32_t records,
			struct room *room)
{
	uint32_t n[FAMILIES] = {0}, longs = 0, replacements = 8;

	for (uint32_t i = 0; i < records; i++) {
		n[list[i].family]++;
		longs += list[i].len > 8 ? list[i].len + 3u : 0;
		replacements += list[i].n;
	}
	image->tables_bytes = replacements + 4 * longs + 4096;
	for (unsigned family = 0; family < FAMILIES; family++)
		image->tables_bytes += n[family] * (worlds_of(family) * (12 + 32) + 72);
	image->tables = (uint8_t *)bench_pages(image->tables_bytes);
	*room = (struct room){image->tables, image->tables + image->tables_bytes};
	image->replacements = room_take(room, replacements);
	for (unsigned family = 0; family < FAMILIES; family++)
		table_make(&image->table[family], family, n[family],
			   family == FAMILY_ALTERNATIVES ? longs : 0, room);
}

/* Instructions of 1 to 7 bytes, none with a lock prefix. */
static void fill(uint8_t *text, uint32_t n)
{
	for (uint32_t i = 0, len; i < n; i += len) {
		len = 1 + (i * 2654435761u >> 29) % 7;
		len = len == 6 ? 3 : len;
		len = len < n - i ? len : n - i;
		code_fill(text + i, len, len & 1);
	}
}

/* Whatever is no site; a prefix has its instruction behind it. */
static void fill_between(struct image *image)
{
	const struct place *next[FAMILIES], *end[FAMILIES];
	uint8_t *at = image->text, *text_end = image->text + image->text_bytes;

	for (unsigned family = 0; family < FAMILIES; family++) {
		next[family] = image->table[family].linked[0];
		end[family] = next[family] + image->table[family].sites;
	}
	for (;;) {
		unsigned first = FAMILIES;
		uint8_t *site = text_end;

		for (unsigned family = 0; family < FAMILIES; family++)
			if (next[family] < end[family] && (uint8_t *)next[family]->at < site) {
				first = family;
				site = (uint8_t *)next[family]->at;
			}
		if (site > at)
			fill(at, (uint32_t)(site - at));
		if (first == FAMILIES)
			return;
		at = site + (first == FAMILY_SMP_LOCKS ? LOCKED : next[first]->len);
		next[first]++;
	}
}

void image_make(struct image *image, const struct spec *list, uint32_t records, uint32_t text_bytes,
		const struct world_op *worlds[WORLDS])
{
	struct room room;

	*image = (struct image){.text = (uint8_t *)bench_pages(text_bytes),
				.text_bytes = text_bytes};
	tables_make(image, list, records, &room);
	for (uint32_t i = 0, n; i < records; i += n) {
		n = 1;
		if (list[i].family == FAMILY_PARAVIRT)
			add_paravirt(image, &list[i], worlds, &room);
		else if (list[i].family == FAMILY_ALTERNATIVES)
			n = add_alternatives(image, &list[i], records - i, &room);
		else
			add_lock(image, &list[i], &room);
	}
	for (unsigned family = 0; family < FAMILIES; family++)
		for (unsigned world = 0; world < worlds_of(family); world++) {
			struct table *t = &image->table[family];

			places_sort(t->linked[world], t->sites);
			places_sort(t->final[world], t->sites);
		}
	fill_between(image);
}

void image_free(struct image *image)
{
	bench_pages_free((uint32_t)image->text, image->text_bytes);
	bench_pages_free((uint32_t)image->tables, image->tables_bytes);
}
